/**
 * The sealed copy, `.kept`: a stored zip of what the phone holds, sealed as it is there, and the keys under the words
 * (docs/formats.md, section 8). Written and read member by member, so that a diary of half a gigabyte passes through
 * a small phone.
 *
 *   kept.json     {"t":"backup/v1","made_at","keys":{…},"versions","blobs","feed":{"seq","head"}|null,"notary","log"}
 *   versions.bin  frames, one a version, in feed order and then as written:
 *       frames(canon{"record","version","seq","receipt"} ‖ push)
 *   parts/<blob>  frames, one a sealed part
 */
import { fromUtf8, utf8 } from '../core/bytes.js';
import { canon, frames, parseObject, readFrames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { ZipWriter } from './zip.js';
import type { JsonObject } from '../core/encoding.js';
import type { Receipt } from '../crypto/signing.js';
import type { Bytes } from '../core/bytes.js';

/** What the copy states of a version. Nothing but the copy vouches for its number and receipt */
export type About = { record: string; version: string; seq: number | null; receipt: Receipt | null };
type Member = { name: string; from: number; size: number };

const TYPE = 'backup/v1';
const TAIL = 22;
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 30;
/** No version and no sealed part is longer. */
const FRAME = 4 * 1024 * 1024;
const NOT_ONE = 'This is not a sealed copy, or it is damaged. Nothing on this phone was changed.';

/** Return the bytes after their u32 length. */
function framed(bytes: Uint8Array) {
  return frames([bytes]);
}

/** @throws `cancelled`, or `too_large` beyond 4 GiB */
export async function writeKept({
  head,
  versions,
  blobs,
  signal,
}: {
  head: JsonObject;
  versions: AsyncIterable<{ about: About; push: Uint8Array }>;
  blobs: AsyncIterable<{ blob: string; parts: AsyncIterable<Uint8Array> }>;
  signal?: AbortSignal;
}): Promise<Blob> {
  const zip = new ZipWriter();
  const go = () => {
    if (signal?.aborted) throw new KeptError('cancelled');
  };
  await zip.add('kept.json', [canon({ ...head, t: TYPE })]);
  await zip.add(
    'versions.bin',
    (async function* each() {
      for await (const { about, push } of versions) {
        go();
        yield framed(frames([canon(about), push]));
      }
    })(),
  );
  for await (const { blob, parts } of blobs) {
    await zip.add(
      `parts/${blob}`,
      (async function* each() {
        for await (const part of parts) {
          go();
          yield framed(part);
        }
      })(),
    );
  }
  return (await zip.finish()) as Blob;
}

/** A sealed copy that the user chose. */
export class KeptFile {
  file: Blob;
  members: Map<string, Member>;
  head: JsonObject;

  constructor(file: Blob, members: Map<string, Member>, head: JsonObject) {
    this.file = file;
    this.members = members;
    this.head = head;
  }

  /** The ids of the files in it. */
  get blobs() {
    return [...this.members.keys()].flatMap((name) => (/^parts\/[\w-]{22}$/.test(name) ? [name.slice(6)] : []));
  }

  /** @throws not_a_copy */
  async *versions(): AsyncGenerator<{ about: About; push: Bytes }> {
    for await (const frame of this.frames('versions.bin')) {
      const [about, push, ...more] = readFrames(frame, { atMost: 2 });
      if (!about || !push || more.length) throw new KeptError('not_a_copy', NOT_ONE);
      yield { about: parseObject(about) as About, push };
    }
  }

  async *frames(name: string): AsyncGenerator<Bytes> {
    const member = this.members.get(name);
    if (!member) throw new KeptError('not_a_copy', NOT_ONE);
    let at = member.from;
    const end = member.from + member.size;
    while (at < end) {
      const length = new DataView(await this.file.slice(at, at + 4).arrayBuffer()).getUint32(0);
      if (length > FRAME || at + 4 + length > end) throw new KeptError('not_a_copy', NOT_ONE);
      yield new Uint8Array(await this.file.slice(at + 4, at + 4 + length).arrayBuffer());
      at += 4 + length;
    }
  }
}

/** @throws `not_a_copy`; nothing in it has been opened yet */
export async function openKept(file: Blob): Promise<KeptFile> {
  try {
    const members = await directory(file);
    const first = members.get('kept.json');
    if (!first || first.size > FRAME) throw new KeptError('not_a_copy', NOT_ONE);
    const head = parseObject(new Uint8Array(await file.slice(first.from, first.from + first.size).arrayBuffer()));
    if (head.t !== TYPE || !members.has('versions.bin')) throw new KeptError('not_a_copy', NOT_ONE);
    return new KeptFile(file, members, head);
  } catch {
    throw new KeptError('not_a_copy', NOT_ONE);
  }
}

async function directory(file: Blob): Promise<Map<string, Member>> {
  const tail = new DataView(await file.slice(Math.max(0, file.size - TAIL)).arrayBuffer());
  if (tail.byteLength !== TAIL || tail.getUint32(0, true) !== END) throw new KeptError('not_a_copy', NOT_ONE);
  const [count, length, start] = [tail.getUint16(8, true), tail.getUint32(12, true), tail.getUint32(16, true)];
  const central = new Uint8Array(await file.slice(start, start + length).arrayBuffer());
  const view = new DataView(central.buffer);
  const members: Map<string, Member> = new Map();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const isPlain = view.getUint32(at, true) === CENTRAL && view.getUint16(at + 10, true) === 0;
    const [size, packed, nameLength, more] = [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint16(at + 28, true),
      view.getUint16(at + 30, true) + view.getUint16(at + 32, true),
    ];
    const name = fromUtf8(central.subarray(at + 46, at + 46 + nameLength));
    const from = view.getUint32(at + 42, true) + LOCAL + utf8(name).length;
    if (!isPlain || size !== packed || members.has(name) || from + size > start)
      throw new KeptError('not_a_copy', NOT_ONE);
    members.set(name, { name, from, size });
    at += 46 + nameLength + more;
  }
  return members;
}
