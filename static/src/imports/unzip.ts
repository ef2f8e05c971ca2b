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
export type Bytes = { size: number; read(from: number, to: number): Promise<Uint8Array> };
export type Entry = {
  name: string;
  size: number;
  packed: number;
  method: number;
  crc: number;
  offset: number;
  locked: boolean;
};

export const MOST_ENTRIES = 20_000;
export const MOST_TEXT = 64 * 1024 * 1024;
/** Deflate reaches 1,032 : 1. Chats reach about 5 : 1, and 100 : 1 allows for years of one repeated word. */
export const MOST_RATIO = 100;
const MOST_DIRECTORY = 8 * 1024 * 1024;
const END = 22;
const MOST_COMMENT = 65_535;
export const STEP = 64 * 1024;

/**
 * Return the entries in the order of the directory, without folders.
 * @throws zip_half if it has no end, zip_damaged if its headers contradict each other, zip_too_much
 */
export async function entriesOf(file: Bytes): Promise<Entry[]> {
  const { at, count, size } = await directoryOf(file);
  if (count > MOST_ENTRIES || size > MOST_DIRECTORY) throw new KeptError('zip_too_much');
  if (at + size > file.size || count * 46 > size) throw new KeptError('zip_damaged');
  const bytes = await file.read(at, at + size);
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  let from = 0;
  for (let i = 0; i < count; i++) {
    if (from + 46 > size || view.getUint32(from, true) !== 0x02014b50) throw new KeptError('zip_damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(from + field, true));
    const nameEnd = from + 46 + (nameLength as number);
    const extraEnd = nameEnd + (extraLength as number);
    if (extraEnd > size) throw new KeptError('zip_damaged');
    const name = new TextDecoder().decode(bytes.subarray(from + 46, nameEnd));
    const entry = widened(
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
export function plainName(name: string): string {
  return name.split(/[/\\]/).at(-1) ?? '';
}

/**
 * Unpack one entry piece by piece.
 * @param options `pause` may throw to stop
 * @throws zip_locked, zip_unknown (unsupported compression), zip_too_much, zip_damaged
 */
export async function unpack(
  file: Bytes,
  entry: Entry,
  {
    limit = MOST_TEXT,
    pause = async () => undefined,
  }: { limit?: number; pause?: (done: number, total: number) => Promise<void> } = {},
): Promise<Uint8Array> {
  if (entry.locked) throw new KeptError('zip_locked');
  if (entry.method !== 0 && entry.method !== 8) throw new KeptError('zip_unknown');
  if (entry.size > limit || entry.size > entry.packed * MOST_RATIO + STEP) throw new KeptError('zip_too_much');
  const from = await dataOf(file, entry);
  const most = Math.min(limit, entry.size);
  const pieces: Uint8Array[] = [];
  let got = 0;
  let ended = false;
  const take = (piece: Uint8Array, last: boolean) => {
    got += piece.length;
    ended = last;
    if (got > most) throw new KeptError('zip_damaged'); // more than its own header says: a bomb, or damaged
    pieces.push(piece.slice());
  };
  const inflate = new Inflate(take);
  for (let at = 0; at < entry.packed || at === 0; at += STEP) {
    const to = Math.min(entry.packed, at + STEP);
    const piece = await file.read(from + at, from + to);
    if (entry.method === 0) take(piece, to === entry.packed);
    else feed(inflate, piece, to === entry.packed);
    await pause(to, entry.packed);
    if (entry.packed === 0) break;
  }
  const whole = joined(pieces, got);
  if (!ended || got !== entry.size || crc32(whole) !== entry.crc) throw new KeptError('zip_damaged');
  return whole;
}

function feed(inflate: Inflate, piece: Uint8Array, last: boolean) {
  try {
    inflate.push(piece, last);
  } catch (error) {
    throw error instanceof KeptError ? error : new KeptError('zip_damaged');
  }
}

/**
 * Return the offset of an entry's data. The local header must name the same entry: two readers must not see two
 * files.
 */
export async function dataOf(file: Bytes, entry: Entry) {
  if (entry.offset + 30 > file.size) throw new KeptError('zip_damaged');
  const head = await file.read(entry.offset, entry.offset + 30);
  const view = viewOf(head);
  if (view.getUint32(0, true) !== 0x04034b50) throw new KeptError('zip_damaged');
  const nameEnd = entry.offset + 30 + view.getUint16(26, true);
  const start = nameEnd + view.getUint16(28, true);
  if (start + entry.packed > file.size) throw new KeptError('zip_damaged');
  const name = new TextDecoder().decode(await file.read(entry.offset + 30, nameEnd));
  if (name !== entry.name) throw new KeptError('zip_damaged');
  return start;
}

async function directoryOf(file: Bytes): Promise<{ at: number; count: number; size: number }> {
  if (file.size < END) throw new KeptError('zip_half');
  const from = Math.max(0, file.size - END - MOST_COMMENT);
  const tail = await file.read(from, file.size);
  const view = viewOf(tail);
  for (let at = tail.length - END; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50 || at + END + view.getUint16(at + 20, true) !== tail.length) continue;
    const [count, size, start] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 12, true),
      view.getUint32(at + 16, true),
    ];
    if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) return wideDirectory(file, from + at);
    return { at: start, count, size };
  }
  throw new KeptError('zip_half');
}

/** Zip64: the same three numbers in 64 bits, found through a locator just before the end. */
async function wideDirectory(file: Bytes, end: number) {
  if (end < 20) throw new KeptError('zip_damaged');
  const locator = viewOf(await file.read(end - 20, end));
  if (locator.getUint32(0, true) !== 0x07064b50) throw new KeptError('zip_damaged');
  const at = wide(locator, 8);
  if (at + 56 > end) throw new KeptError('zip_damaged');
  const record = viewOf(await file.read(at, at + 56));
  if (record.getUint32(0, true) !== 0x06064b50) throw new KeptError('zip_damaged');
  return { count: wide(record, 32), size: wide(record, 40), at: wide(record, 48) };
}

/** Take sizes and offset from a zip64 extra field if they did not fit. */
function widened(entry: Entry, extra: Uint8Array): Entry {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (id === 1) {
      let next = at + 4;
      const made = { ...entry };
      for (const field of ['size', 'packed', 'offset'] as const) {
        if (made[field] !== 0xffffffff) continue;
        if (next + 8 > Math.min(extra.length, at + 4 + length)) throw new KeptError('zip_damaged');
        made[field] = wide(view, next);
        next += 8;
      }
      return made;
    }
    at += 4 + length;
  }
  return entry;
}

function wide(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new KeptError('zip_damaged');
  return Number(value);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function joined(pieces: Uint8Array[], length: number) {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

let table: Uint32Array | null = null;

/** @param previous checksum of the preceding bytes */
export function crc32(bytes: Uint8Array, before: number = 0): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let crc = (before ^ 0xffffffff) >>> 0;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
