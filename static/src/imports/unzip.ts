/**
 * Reads one entry of a zip file from an untrusted source.
 *
 * Nothing is ever written under a name from the file: names are display text, so `../` in one leads nowhere. Only the
 * central directory and the requested entry are read, so a 200 MB export costs the memory of its text alone.
 *
 * [Note: bombs] The sizes in a header are used only to refuse: unpacking stops at the limit by counting the bytes
 * that come out. A zip inside the zip is never opened.
 */
import { Inflate } from '../../vendor/fflate/browser.js';
import { KeptError } from '../core/errors.js';

/** The bytes of the file */
export type ByteSource = { size: number; read(from: number, to: number): Promise<Uint8Array> };
export type ZipEntry = {
  name: string;
  size: number;
  packed: number;
  method: number;
  crc: number;
  offset: number;
  locked: boolean;
};

/** A download of somebody's account has a file for each of their pictures. */
export const MAX_ENTRIES = 60_000;
export const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** Deflate reaches 1,032 : 1. Chats reach about 5 : 1, and 100 : 1 allows for years of one repeated word. */
export const MAX_RATIO = 100;
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;
const END_RECORD_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
export const CHUNK_BYTES = 64 * 1024;

/**
 * Return the entries in the order of the directory, without folders.
 * @throws zip_half if it has no end, zip_damaged if its headers contradict each other, zip_too_much
 */
export async function readEntries(file: ByteSource): Promise<ZipEntry[]> {
  const { at, count, size } = await findDirectory(file);
  if (count > MAX_ENTRIES || size > MAX_DIRECTORY_BYTES) throw new KeptError('zip_too_much');
  if (at + size > file.size || count * 46 > size) throw new KeptError('zip_damaged');
  const bytes = await file.read(at, at + size);
  const view = dataView(bytes);
  const entries: ZipEntry[] = [];
  let from = 0;
  for (let i = 0; i < count; i++) {
    if (from + 46 > size || view.getUint32(from, true) !== 0x02014b50) throw new KeptError('zip_damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(from + field, true));
    const nameEnd = from + 46 + (nameLength as number);
    const extraEnd = nameEnd + (extraLength as number);
    if (extraEnd > size) throw new KeptError('zip_damaged');
    const name = new TextDecoder().decode(bytes.subarray(from + 46, nameEnd));
    const entry = applyZip64(
      {
        name,
        method: view.getUint16(from + 10, true),
        locked: (view.getUint16(from + 8, true) & 1) === 1,
        crc: view.getUint32(from + 16, true),
        packed: view.getUint32(from + 20, true),
        size: view.getUint32(from + 24, true),
        offset: view.getUint32(from + 42, true),
      },
      bytes.subarray(nameEnd, extraEnd),
    );
    if (entry.offset + entry.packed > at) throw new KeptError('zip_damaged');
    if (!/[/\\]$/.test(name)) entries.push(entry);
    from = extraEnd + (commentLength as number);
  }
  return entries;
}

/** Return the last part of a path. */
export function baseName(name: string): string {
  return name.split(/[/\\]/).at(-1) ?? '';
}

/**
 * Unpack one entry piece by piece.
 * @param options `pause` may throw to stop
 * @throws zip_locked, zip_unknown (unsupported compression), zip_too_much, zip_damaged
 */
export async function unpack(
  file: ByteSource,
  entry: ZipEntry,
  {
    limit = MAX_TEXT_BYTES,
    pause = async () => undefined,
  }: { limit?: number; pause?: (done: number, total: number) => Promise<void> } = {},
): Promise<Uint8Array> {
  if (entry.locked) throw new KeptError('zip_locked');
  if (entry.method !== 0 && entry.method !== 8) throw new KeptError('zip_unknown');
  if (entry.size > limit || entry.size > entry.packed * MAX_RATIO + CHUNK_BYTES) throw new KeptError('zip_too_much');
  const from = await dataOffset(file, entry);
  const maxBytes = Math.min(limit, entry.size);
  const chunks: Uint8Array[] = [];
  let received = 0;
  let hasEnded = false;
  const receive = (chunk: Uint8Array, isLast: boolean) => {
    received += chunk.length;
    hasEnded = isLast;
    if (received > maxBytes) throw new KeptError('zip_damaged'); // more than its own header says: a bomb, or damaged
    chunks.push(chunk.slice());
  };
  const inflate = new Inflate(receive);
  for (let at = 0; at < entry.packed || at === 0; at += CHUNK_BYTES) {
    const chunkEnd = Math.min(entry.packed, at + CHUNK_BYTES);
    const chunk = await file.read(from + at, from + chunkEnd);
    if (entry.method === 0) receive(chunk, chunkEnd === entry.packed);
    else pushChunk(inflate, chunk, chunkEnd === entry.packed);
    await pause(chunkEnd, entry.packed);
    if (entry.packed === 0) break;
  }
  const unpacked = concatenate(chunks, received);
  if (!hasEnded || received !== entry.size || crc32(unpacked) !== entry.crc) throw new KeptError('zip_damaged');
  return unpacked;
}

function pushChunk(inflate: Inflate, chunk: Uint8Array, isLast: boolean) {
  try {
    inflate.push(chunk, isLast);
  } catch (error) {
    throw error instanceof KeptError ? error : new KeptError('zip_damaged');
  }
}

/**
 * Return the offset of an entry's data. The local header must name the same entry: two readers must not see two
 * files.
 */
export async function dataOffset(file: ByteSource, entry: ZipEntry) {
  if (entry.offset + 30 > file.size) throw new KeptError('zip_damaged');
  const head = await file.read(entry.offset, entry.offset + 30);
  const view = dataView(head);
  if (view.getUint32(0, true) !== 0x04034b50) throw new KeptError('zip_damaged');
  const nameEnd = entry.offset + 30 + view.getUint16(26, true);
  const start = nameEnd + view.getUint16(28, true);
  if (start + entry.packed > file.size) throw new KeptError('zip_damaged');
  const name = new TextDecoder().decode(await file.read(entry.offset + 30, nameEnd));
  if (name !== entry.name) throw new KeptError('zip_damaged');
  return start;
}

async function findDirectory(file: ByteSource): Promise<{ at: number; count: number; size: number }> {
  if (file.size < END_RECORD_BYTES) throw new KeptError('zip_half');
  const from = Math.max(0, file.size - END_RECORD_BYTES - MAX_COMMENT_BYTES);
  const tail = await file.read(from, file.size);
  const view = dataView(tail);
  for (let at = tail.length - END_RECORD_BYTES; at >= 0; at--) {
    if (
      view.getUint32(at, true) !== 0x06054b50 ||
      at + END_RECORD_BYTES + view.getUint16(at + 20, true) !== tail.length
    )
      continue;
    const [count, size, start] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 12, true),
      view.getUint32(at + 16, true),
    ];
    if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) return findZip64Directory(file, from + at);
    return { at: start, count, size };
  }
  throw new KeptError('zip_half');
}

/** Zip64: the same three numbers in 64 bits, found through a locator just before the end. */
async function findZip64Directory(file: ByteSource, end: number) {
  if (end < 20) throw new KeptError('zip_damaged');
  const locator = dataView(await file.read(end - 20, end));
  if (locator.getUint32(0, true) !== 0x07064b50) throw new KeptError('zip_damaged');
  const at = readUint64(locator, 8);
  if (at + 56 > end) throw new KeptError('zip_damaged');
  const record = dataView(await file.read(at, at + 56));
  if (record.getUint32(0, true) !== 0x06064b50) throw new KeptError('zip_damaged');
  return { count: readUint64(record, 32), size: readUint64(record, 40), at: readUint64(record, 48) };
}

/** Take sizes and offset from a zip64 extra field if they did not fit. */
function applyZip64(entry: ZipEntry, extra: Uint8Array): ZipEntry {
  const view = dataView(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (id === 1) {
      let fieldOffset = at + 4;
      const result = { ...entry };
      for (const field of ['size', 'packed', 'offset'] as const) {
        if (result[field] !== 0xffffffff) continue;
        if (fieldOffset + 8 > Math.min(extra.length, at + 4 + length)) throw new KeptError('zip_damaged');
        result[field] = readUint64(view, fieldOffset);
        fieldOffset += 8;
      }
      return result;
    }
    at += 4 + length;
  }
  return entry;
}

function readUint64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new KeptError('zip_damaged');
  return Number(value);
}

const dataView = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function concatenate(chunks: Uint8Array[], length: number) {
  const result = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  return result;
}

let crcTable: Uint32Array | null = null;

/** @param previous checksum of the preceding bytes */
export function crc32(bytes: Uint8Array, previous: number = 0): number {
  crcTable ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let remainder = n;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? 0xedb88320 ^ (remainder >>> 1) : remainder >>> 1;
    return remainder;
  });
  let crc = (previous ^ 0xffffffff) >>> 0;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
