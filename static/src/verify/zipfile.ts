/**
 * Reads the list of a zip's members from the file itself: judged before any member is, in bounded memory.
 *
 * The twin of what diary/pack/verify/pack_reader.py takes from Python's zipfile. The zip may be hostile, so every
 * number in it is checked against the size of the file before it is used.
 */
import { ZIP_KNOWN_FLAG_BITS } from '../core/constants.js';
import type { Bytes } from '../core/bytes.js';

/** One member as the list has it */
export type MemberRow = {
  /** as text, up to a zero byte; other than ASCII it is decoded badly */
  name: string;
  /** whether there was a zero byte */
  cut: boolean;
  /** the name's bytes */
  raw: Bytes;
  flags: number;
  method: number;
  crc: number;
  /** bytes in the zip */
  packed: number;
  /** bytes unpacked, as claimed */
  size: number;
  /** offset of its own header */
  at: number;
  /** of the file, 0 where the maker gave none */
  mode: number;
  /** whether it is marked as a folder as DOS does, or is on another disk */
  odd: boolean;
  /** whether an extra field gives it another name, as some readers would take it */
  renamed: boolean;
};
/** `start`: where the list begins; `endAt`: where its end record begins */
export type Directory = { rows: MemberRow[]; start: number; comment: number; endAt: number };

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const LOCATOR_64_BYTES = 20;
/** Version 6.3: the most Python's zipfile reads. A member that asks for more is not ours. */
const VERSION_MOST = 63;
const COMMENT_MOST = 65_535;
const DIRECTORY_MOST = 64 << 20;
const UTF8 = 0x800;
const UNICODE_PATH = 0x7075;
/** Encrypted, and followed by a descriptor: readers differ on a header that contradicts the list in these. */
const FLAGS = 0x9;
const STORED = 0;
const NONE_32 = 0xffffffff;

export async function bytesAt(file: Blob, from: number, until: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.slice(Math.max(0, from), until).arrayBuffer());
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @returns null when it is not a zip */
export async function readDirectory(file: Blob): Promise<Directory | null> {
  const found = await findEnd(file);
  if (!found) return null;
  const { endAt, comment, count, length, offset, listEnd } = found;
  // Anything before the zip shifts every offset in it by as much.
  const start = listEnd - length;
  const shift = start - offset;
  if (start < 0 || shift < 0 || length > DIRECTORY_MOST) return null;
  const rows = rowsOf(await bytesAt(file, start, start + length), shift);
  return rows && rows.length === count ? { rows, start, comment, endAt } : null;
}

async function findEnd(file: Blob) {
  const from = Math.max(0, file.size - END_BYTES - COMMENT_MOST);
  const tail = await bytesAt(file, from, file.size);
  const view = viewOf(tail);
  for (let offset = tail.length - END_BYTES; offset >= 0; offset--) {
    if (view.getUint32(offset, true) !== END) continue;
    const comment = view.getUint16(offset + 20, true);
    if (offset + END_BYTES + comment > tail.length) continue;
    const endRecord = {
      endAt: from + offset,
      comment,
      count: view.getUint16(offset + 10, true),
      length: view.getUint32(offset + 12, true),
      offset: view.getUint32(offset + 16, true),
      listEnd: from + offset,
    };
    // Some readers look for the record of a large zip, others only when the numbers here do not fit.
    const hasLocator = offset >= LOCATOR_64_BYTES && view.getUint32(offset - LOCATOR_64_BYTES, true) === LOCATOR_64;
    if (hasLocator || isZip64(endRecord)) return readZip64End(file, endRecord);
    // Readers that use the count, or the disk, see other members.
    return endRecord.count === view.getUint16(offset + 8, true) && !view.getUint32(offset + 4, true) ? endRecord : null;
  }
  return null;
}

function isZip64({ count, length, offset }: { count: number; length: number; offset: number }) {
  return count === 0xffff || length === NONE_32 || offset === NONE_32;
}

/**
 * Zip64: the real numbers are before the end record. Python writes them from 2 GiB on, and in the end record the true
 * ones as long as they fit. Each number there is therefore the real one or the mark that it does not fit: with another,
 * two readers would see two packs.
 */
async function readZip64End(
  file: Blob,
  endRecord: { endAt: number; comment: number; count: number; length: number; offset: number; listEnd: number },
) {
  if (endRecord.endAt < 76) return null;
  const bytes = await bytesAt(file, endRecord.endAt - 76, endRecord.endAt);
  const view = viewOf(bytes);
  if (view.getUint32(56, true) !== LOCATOR_64 || view.getUint32(0, true) !== END_64) return null;
  // Some readers look directly before the locator, others where it says: it must be the same record.
  if (view.getUint32(60, true) || view.getBigUint64(64, true) !== BigInt(endRecord.endAt - 76)) return null;
  // One disk, which holds all of its members.
  if (
    view.getUint32(16, true) ||
    view.getUint32(20, true) ||
    view.getBigUint64(24, true) !== view.getBigUint64(32, true)
  )
    return null;
  const [count, length, offset] = [32, 40, 48].map((offset) => Number(view.getBigUint64(offset, true)));
  const isSame = (said: number, real: number | undefined, mark: number) => said === real || said === mark;
  if (
    !isSame(endRecord.count, count, 0xffff) ||
    !isSame(endRecord.length, length, NONE_32) ||
    !isSame(endRecord.offset, offset, NONE_32)
  )
    return null;
  return {
    ...endRecord,
    count: Number(count),
    length: Number(length),
    offset: Number(offset),
    listEnd: endRecord.endAt - 76,
  };
}

/** @param bytes the list */
function rowsOf(bytes: Uint8Array, shift: number): MemberRow[] | null {
  const view = viewOf(bytes);
  const rows: MemberRow[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 46 > bytes.length || view.getUint32(offset, true) !== CENTRAL) return null;
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => view.getUint16(offset + place, true));
    const end = offset + 46 + Number(nameLength) + Number(extraLength) + Number(commentLength);
    if (end > bytes.length) return null;
    const row = rowAt(bytes, view, offset, {
      nameLength: Number(nameLength),
      extraLength: Number(extraLength),
      before: shift,
    });
    if (!row) return null;
    rows.push(row);
    offset = end;
  }
  return rows;
}

function rowAt(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  { nameLength, extraLength, before: shift }: { nameLength: number; extraLength: number; before: number },
): MemberRow | null {
  const flags = view.getUint16(offset + 8, true);
  const raw = bytes.slice(offset + 46, offset + 46 + nameLength);
  const name = textOf(raw, flags);
  if (name === null || view.getUint8(offset + 6) > VERSION_MOST) return null;
  const sizes = [
    view.getUint32(offset + 24, true),
    view.getUint32(offset + 20, true),
    view.getUint32(offset + 42, true),
  ];
  const extra = bytes.subarray(offset + 46 + nameLength, offset + 46 + nameLength + extraLength);
  if (!isExtraWhole(extra)) return null;
  const realSizes = readZip64Sizes(extra, sizes);
  const [size = 0, packed = 0, place = 0] = realSizes;
  const mode =
    view.getUint8(offset + 5) === 3 || view.getUint32(offset + 38, true) > 0xffff
      ? view.getUint16(offset + 40, true)
      : 0;
  return {
    name: name.split('\0')[0] ?? '',
    cut: name.includes('\0'),
    raw,
    flags,
    method: view.getUint16(offset + 10, true),
    crc: view.getUint32(offset + 16, true),
    packed,
    size,
    at: place + shift,
    mode,
    odd: Boolean(view.getUint32(offset + 38, true) & 0x10) || view.getUint16(offset + 34, true) > 0,
    renamed: givesOtherName(extra),
  };
}

function readZip64Sizes(extra: Uint8Array, sizes: number[]) {
  const view = viewOf(extra);
  for (let offset = 0; offset + 4 <= extra.length; ) {
    const length = view.getUint16(offset + 2, true);
    if (view.getUint16(offset, true) === 1 && offset + 4 + length <= extra.length) {
      let next = offset + 4;
      return sizes.map((size) => {
        if (size !== NONE_32 || next + 8 > offset + 4 + length) return size;
        next += 8;
        return Number(view.getBigUint64(next - 8, true));
      });
    }
    offset += 4 + length;
  }
  return sizes;
}

function textOf(raw: Uint8Array, flags: number): string | null {
  if (!(flags & UTF8)) return Array.from(raw, (byte) => String.fromCharCode(byte)).join('');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return null;
  }
}

/** Return whether the last extra field ends where the extra fields do, or before. Python refuses a zip otherwise. */
function isExtraWhole(extra: Uint8Array) {
  const view = viewOf(extra);
  let offset = 0;
  while (offset + 4 <= extra.length) offset += 4 + view.getUint16(offset + 2, true);
  return offset <= extra.length;
}

/** Return whether an extra field gives a member another name. */
function givesOtherName(extra: Uint8Array) {
  const view = viewOf(extra);
  for (let offset = 0; offset + 4 <= extra.length; offset += 4 + view.getUint16(offset + 2, true)) {
    if (view.getUint16(offset, true) === UNICODE_PATH) return true;
  }
  return false;
}

/**
 * Return where a member's own bytes begin and end, and whether its own header agrees with the list. Null when there
 * is none.
 */
export async function placeOf(
  file: Blob,
  row: MemberRow,
): Promise<{ start: number; end: number; sameName: boolean; agrees: boolean; renamed: boolean } | null> {
  const head = await bytesAt(file, row.at, row.at + 30);
  if (head.length !== 30 || viewOf(head).getUint32(0, true) !== LOCAL) return null;
  const view = viewOf(head);
  const nameLength = view.getUint16(26, true);
  const start = row.at + 30 + nameLength + view.getUint16(28, true);
  const rest = await bytesAt(file, row.at + 30, start);
  const name = rest.subarray(0, nameLength);
  const sameName = name.length === row.raw.length && name.every((byte, i) => byte === row.raw[i]);
  return {
    start,
    end: start + row.packed,
    sameName,
    agrees: matchesList(view, row),
    renamed: givesOtherName(rest.subarray(nameLength)),
  };
}

/** @param view a member's own header */
function matchesList(view: DataView, { flags: listed, method, crc, packed, size }: MemberRow) {
  const flags = view.getUint16(6, true);
  const hasDescriptor = Boolean(flags & 0x8);
  const isSame = (value: number, expected: number) =>
    value === expected || value === NONE_32 || (hasDescriptor && value === 0);
  const headerCrc = view.getUint32(14, true);
  return (
    (headerCrc === crc || (hasDescriptor && headerCrc === 0)) &&
    isSame(view.getUint32(18, true), packed) &&
    isSame(view.getUint32(22, true), size) &&
    view.getUint16(8, true) === method &&
    !((flags ^ listed) & FLAGS) &&
    !((flags | listed) & ~ZIP_KNOWN_FLAG_BITS) && // readers differ on every other flag
    // Some readers take all bytes of a member that is not packed, others only as many as its size says.
    (method !== STORED || packed === size)
  );
}
