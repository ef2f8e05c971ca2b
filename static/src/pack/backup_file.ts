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
import { BACKUP_FRAME_LIMIT_BYTES } from '../core/constants.js';
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { ZipWriter } from './zip.js';
import type { JsonObject } from '../core/encoding.js';
import type { Receipt } from '../crypto/signing.js';
import type { Bytes } from '../core/bytes.js';

/** What the copy states of a version. Nothing but the copy vouches for its number and receipt */
export type VersionFacts = { record: string; version: string; seq: number | null; receipt: Receipt | null };
type Member = { name: string; from: number; size: number };

const TYPE = 'backup/v1';
const END_BYTES = 22;
const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_HEADER_BYTES = 30;
const NOT_A_COPY = 'This is not a backup file, or it is damaged. Nothing on this phone was changed.';

/** Return the bytes after their u32 length. */
function withLength(bytes: Uint8Array) {
  return encodeFrames([bytes]);
}

/** @throws `cancelled`, or `too_large` beyond 4 GiB */
export async function writeKept({
  head,
  versions,
  blobs,
  signal,
}: {
  head: JsonObject;
  versions: AsyncIterable<{ about: VersionFacts; push: Uint8Array }>;
  blobs: AsyncIterable<{ blob: string; parts: AsyncIterable<Uint8Array> }>;
  signal?: AbortSignal;
}): Promise<Blob> {
  const zip = new ZipWriter();
  const checkAborted = () => {
    if (signal?.aborted) throw new KeptError('cancelled');
  };
  await zip.add('kept.json', [canonicalBytes({ ...head, t: TYPE })]);
  await zip.add(
    'versions.bin',
    (async function* encode() {
      for await (const { about, push } of versions) {
        checkAborted();
        yield withLength(encodeFrames([canonicalBytes(about), push]));
      }
    })(),
  );
  for await (const { blob, parts } of blobs) {
    await zip.add(
      `parts/${blob}`,
      (async function* encode() {
        for await (const part of parts) {
          checkAborted();
          yield withLength(part);
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
  async *versions(): AsyncGenerator<{ about: VersionFacts; push: Bytes }> {
    for await (const frame of this.frames('versions.bin')) {
      const [about, push, ...rest] = decodeFrames(frame, { maxParts: 2 });
      if (!about || !push || rest.length) throw new KeptError('not_a_copy', NOT_A_COPY);
      yield { about: parseCanonicalObject(about) as VersionFacts, push };
    }
  }

  async *frames(name: string): AsyncGenerator<Bytes> {
    const member = this.members.get(name);
    if (!member) throw new KeptError('not_a_copy', NOT_A_COPY);
    let offset = member.from;
    const end = member.from + member.size;
    while (offset < end) {
      const length = new DataView(await this.file.slice(offset, offset + 4).arrayBuffer()).getUint32(0);
      if (length > BACKUP_FRAME_LIMIT_BYTES || offset + 4 + length > end) throw new KeptError('not_a_copy', NOT_A_COPY);
      yield new Uint8Array(await this.file.slice(offset + 4, offset + 4 + length).arrayBuffer());
      offset += 4 + length;
    }
  }
}

/** @throws `not_a_copy`; nothing in it has been opened yet */
export async function openKept(file: Blob): Promise<KeptFile> {
  try {
    const members = await readDirectory(file);
    const headMember = members.get('kept.json');
    if (!headMember || headMember.size > BACKUP_FRAME_LIMIT_BYTES) throw new KeptError('not_a_copy', NOT_A_COPY);
    const head = parseCanonicalObject(
      new Uint8Array(await file.slice(headMember.from, headMember.from + headMember.size).arrayBuffer()),
    );
    if (head.t !== TYPE || !members.has('versions.bin')) throw new KeptError('not_a_copy', NOT_A_COPY);
    return new KeptFile(file, members, head);
  } catch {
    throw new KeptError('not_a_copy', NOT_A_COPY);
  }
}

async function readDirectory(file: Blob): Promise<Map<string, Member>> {
  const tail = new DataView(await file.slice(Math.max(0, file.size - END_BYTES)).arrayBuffer());
  if (tail.byteLength !== END_BYTES || tail.getUint32(0, true) !== END_SIGNATURE)
    throw new KeptError('not_a_copy', NOT_A_COPY);
  const [count, length, start] = [tail.getUint16(8, true), tail.getUint32(12, true), tail.getUint32(16, true)];
  const central = new Uint8Array(await file.slice(start, start + length).arrayBuffer());
  const view = new DataView(central.buffer);
  const members: Map<string, Member> = new Map();
  let offset = 0;
  for (let i = 0; i < count; i++) {
    const isPlain = view.getUint32(offset, true) === CENTRAL_SIGNATURE && view.getUint16(offset + 10, true) === 0;
    const [size, packed, nameLength, rest] = [
      view.getUint32(offset + 24, true),
      view.getUint32(offset + 20, true),
      view.getUint16(offset + 28, true),
      view.getUint16(offset + 30, true) + view.getUint16(offset + 32, true),
    ];
    const name = fromUtf8(central.subarray(offset + 46, offset + 46 + nameLength));
    const from = view.getUint32(offset + 42, true) + LOCAL_HEADER_BYTES + utf8(name).length;
    if (!isPlain || size !== packed || members.has(name) || from + size > start)
      throw new KeptError('not_a_copy', NOT_A_COPY);
    members.set(name, { name, from, size });
    offset += 46 + nameLength + rest;
  }
  return members;
}
