/**
 * Stored zip files: reading the server's front part, writing the finished pack.
 *
 * We have our own writer because the finished pack must be the same bytes the command line writes: sizes and
 * checksums in the local headers (no data descriptors), version 2.0, one fixed date. A member's header is put in its
 * place when its length is known: in a list of Blobs, which a browser may keep off its heap, or in a file the user
 * chose, which the browser shows under its name only when it is closed (pack/targets.js).
 */
import { KeptError } from '../core/errors.js';
import { BlobTarget } from './targets.js';
import type { Target } from './targets.js';

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const FIXED_DATE = 0x0021; // 1980-01-01, the earliest a zip can hold: an export carries no other clock
const MODE = 0o100644 * 0x10000;
const SIZE_MOST = 0xffffffff;

const CRC_TABLE = new Uint32Array(256).map((_, n) => {
  let value = n;
  for (let k = 0; k < 8; k++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/**
 * Return the CRC-32 of `bytes`, continuing from `previous`.
 * @returns unsigned
 */
export function crc32(bytes: Uint8Array, previous: number = 0): number {
  let value = ~previous;
  for (let i = 0; i < bytes.length; i++)
    value = (CRC_TABLE[(value ^ (bytes[i] as number)) & 255] as number) ^ (value >>> 8);
  return ~value >>> 0;
}

function fail(sentence: string): never {
  throw new KeptError('pack_failed', sentence);
}

/** The fields both headers of a member have */
type ZipEntry = {
  name: Uint8Array;
  crc: number;
  size: number;
  offset: number;
};

function localHeader({ name, crc, size }: ZipEntry): Uint8Array {
  const bytes = new Uint8Array(30 + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, LOCAL_SIGNATURE, true);
  view.setUint16(4, 20, true);
  view.setUint16(12, FIXED_DATE, true);
  view.setUint32(14, crc, true);
  view.setUint32(18, size, true);
  view.setUint32(22, size, true);
  view.setUint16(26, name.length, true);
  bytes.set(name, 30);
  return bytes;
}

function centralHeader({ name, crc, size, offset }: ZipEntry): Uint8Array {
  const bytes = new Uint8Array(46 + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CENTRAL_SIGNATURE, true);
  view.setUint16(4, 0x0314, true); // made on unix, version 2.0
  view.setUint16(6, 20, true);
  view.setUint16(14, FIXED_DATE, true);
  view.setUint32(16, crc, true);
  view.setUint32(20, size, true);
  view.setUint32(24, size, true);
  view.setUint16(28, name.length, true);
  view.setUint32(38, MODE, true);
  view.setUint32(42, offset, true);
  bytes.set(name, 46);
  return bytes;
}

/** Writes a stored zip. Members come in the order they are added. */
export class ZipWriter {
  target: Target;

  #entries: ZipEntry[] = [];
  #offset = 0;

  /** @param target where the bytes go; default: a Blob */
  constructor(target: Target = new BlobTarget()) {
    this.target = target;
  }

  /**
   * Add one member, reading its chunks one at a time.
   * @param name ASCII path
   * @throws `too_large` beyond the limit of a plain zip (4 GiB)
   */
  async add(name: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const { target } = this;
    const entry = { name: new TextEncoder().encode(name), crc: 0, size: 0, offset: this.#offset };
    const head = localHeader(entry).length;
    await target.reserve(head);
    for await (const chunk of chunks) {
      entry.crc = crc32(chunk, entry.crc);
      entry.size += chunk.length;
      // The largest number of 32 bits means that the real one stands elsewhere.
      if (this.#offset + head + entry.size >= SIZE_MOST) {
        throw new KeptError(
          'too_large',
          'This pack is too big for one file. Choose fewer entries and make a second pack.',
        );
      }
      await target.write(chunk);
    }
    await target.fill(localHeader(entry));
    this.#entries.push(entry);
    this.#offset += head + entry.size;
  }

  /** @returns the finished zip, null when it was written to a file; nothing may be added afterwards */
  async finish(): Promise<Blob | null> {
    const central = this.#entries.map(centralHeader);
    const length = central.reduce((sum, header) => sum + header.length, 0);
    const end = new Uint8Array(22);
    const view = new DataView(end.buffer);
    view.setUint32(0, END_SIGNATURE, true);
    view.setUint16(8, central.length, true);
    view.setUint16(10, central.length, true);
    view.setUint32(12, length, true);
    view.setUint32(16, this.#offset, true);
    await this.target.reserve(0);
    for (const part of [...central, end]) await this.target.write(part);
    return this.target.finish();
  }
}

type Directory = {
  count: number;
  /** where the central directory begins */
  start: number;
  /** where it ends, which is where the end record begins */
  end: number;
};

function directoryOf(view: DataView): Directory {
  const end = view.byteLength - 22; // a comment would be something we did not ask for
  if (end < 0 || view.getUint32(end, true) !== END_SIGNATURE) fail('The server sent something that is not a zip.');
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (start + view.getUint32(end + 12, true) !== end) fail('The list of files in the pack does not fit.');
  return { count, start, end };
}

/**
 * Read every member of a stored zip, held whole in memory.
 *
 * Refuse whatever a stored zip made for us has no reason to hold: compression, a name twice, a name that is not plain
 * ASCII, members that overlap or leave gaps, two headers that disagree, a wrong checksum.
 * @returns views into `bytes`, in the order of the file
 * @throws `pack_failed`
 */
export function readZip(bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const directory = directoryOf(view);
  const members: Map<string, Uint8Array> = new Map();
  let offset = directory.start;
  let expected = 0;
  for (let i = 0; i < directory.count; i++) {
    if (offset + 46 > directory.end || view.getUint32(offset, true) !== CENTRAL_SIGNATURE)
      fail('The list of files in the pack is damaged.');
    const length = view.getUint16(offset + 28, true);
    const next = offset + 46 + length + view.getUint16(offset + 30, true) + view.getUint16(offset + 32, true);
    if (next > directory.end) fail('The list of files in the pack is damaged.');
    const name = nameOf(bytes.subarray(offset + 46, offset + 46 + length));
    if (members.has(name)) fail(`${name} is in the pack twice.`);
    const body = memberBody(view, bytes, offset, expected, name);
    members.set(name, body.bytes);
    expected = body.next;
    offset = next;
  }
  if (offset !== directory.end || expected !== directory.start)
    fail('The pack holds something that is not in its list of files.');
  return members;
}

function nameOf(nameBytes: Uint8Array): string {
  if (!nameBytes.length || nameBytes.some((byte) => byte < 0x21 || byte > 0x7e))
    fail('A file in the pack has a name that is not plain letters.');
  return new TextDecoder().decode(nameBytes);
}

/**
 * @param offset its central header
 * @param expected where the member before it ended
 */
function memberBody(
  view: DataView,
  bytes: Uint8Array,
  offset: number,
  expected: number,
  name: string,
): { bytes: Uint8Array; next: number } {
  const flags = view.getUint16(offset + 8, true);
  const size = view.getUint32(offset + 24, true);
  const local = view.getUint32(offset + 42, true);
  const isStored =
    view.getUint16(offset + 10, true) === 0 && view.getUint32(offset + 20, true) === size && (flags & ~0x0800) === 0;
  if (
    !isStored ||
    local !== expected ||
    local + 30 > view.byteLength ||
    view.getUint32(local, true) !== LOCAL_SIGNATURE
  ) {
    fail(`${name} is not stored in the pack as it should be.`);
  }
  const nameLength = view.getUint16(local + 26, true);
  const start = local + 30 + nameLength + view.getUint16(local + 28, true);
  const next = start + size;
  const hasSameName = new TextDecoder().decode(bytes.subarray(local + 30, local + 30 + nameLength)) === name;
  if (!hasSameName || next > view.byteLength || view.getUint32(local + 22, true) !== size)
    fail(`${name} is not stored in the pack as it should be.`);
  const body = bytes.subarray(start, next);
  if (crc32(body) !== view.getUint32(offset + 16, true)) fail(`${name} was damaged on the way.`);
  return { bytes: body, next };
}
