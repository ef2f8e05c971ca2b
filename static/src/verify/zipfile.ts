/**
 * Reads the list of a zip's members from the file itself: judged before any member is, in bounded memory.
 *
 * The twin of what diary/pack/verify/pack_reader.py takes from Python's zipfile. The zip may be hostile, so every
 * number in it is checked against the size of the file before it is used.
 */
import {
  ZIP_DIRECTORY_LIMIT_BYTES,
  ZIP_EXTRA_FIELD_LIMIT_BYTES,
  ZIP_KNOWN_EXTRA_KINDS,
  ZIP_KNOWN_FLAG_BITS,
  ZIP_VERSION_LIMIT,
} from '../core/constants.js';
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
  /** whether it is marked, as DOS does, as a folder, a volume label, a device or a link: not taken out as a file */
  isDosSpecial: boolean;
  /** the system that it comes from */
  host: number;
  /** the version of the program that made it */
  madeBy: number;
  /** of the format, times ten */
  versionNeeded: number;
  /** 0 unless the zip claims to be on several */
  disk: number;
  /** whether an extra field gives it another name, as some readers would take it */
  renamed: boolean;
  /** whether it has a comment, or an extra field that common programs do not write */
  oddExtra: boolean;
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
export const UTF8 = 0x800;
const ZIP64_EXTRA = 1;
const UNICODE_PATH = 0x7075;
const DOS_SPECIAL = 0x458;
const DESCRIPTOR = 0x08074b50;
const DESCRIPTOR_BYTES_LIMIT = 24;
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
  if (start < 0 || shift < 0 || length > ZIP_DIRECTORY_LIMIT_BYTES) return null;
  const rows = rowsOf(await bytesAt(file, start, start + length), shift);
  return rows && rows.length === count ? { rows, start, comment, endAt } : null;
}

async function findEnd(file: Blob) {
  const from = Math.max(0, file.size - END_BYTES - COMMENT_MOST);
  const tail = await bytesAt(file, from, file.size);
  const view = viewOf(tail);
  for (let offset = tail.length - 4; offset >= 0; offset--) {
    if (view.getUint32(offset, true) !== END) continue;
    // Readers differ on which record counts when the last one does not fit.
    if (offset + END_BYTES > tail.length) return null;
    const comment = view.getUint16(offset + 20, true);
    if (offset + END_BYTES + comment > tail.length) return null;
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
  // The number of disks, and that of bytes after itself: with others some readers find no record, or a longer one.
  if (view.getUint32(72, true) !== 1 || view.getBigUint64(4, true) !== 44n) return null;
  if (view.getUint16(14, true) > ZIP_VERSION_LIMIT) return null;
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
      hasComment: Boolean(commentLength),
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
  {
    nameLength,
    extraLength,
    hasComment,
    before: shift,
  }: { nameLength: number; extraLength: number; hasComment: boolean; before: number },
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
  // Python refuses a zip in which one ends later.
  if (extraEnd(extra) > extra.length) return null;
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
    isDosSpecial: Boolean(view.getUint32(offset + 38, true) & DOS_SPECIAL),
    host: view.getUint8(offset + 5),
    madeBy: view.getUint8(offset + 4),
    versionNeeded: view.getUint16(offset + 6, true),
    disk: view.getUint16(offset + 34, true),
    renamed: givesOtherName(extra),
    oddExtra: hasComment || hasOddExtra(extra) || !hasTrueZip64(extra, [size, packed, place + shift]),
  };
}

function readZip64Sizes(extra: Uint8Array, sizes: number[]) {
  const content = zip64Field(extra);
  if (!content) return sizes;
  const view = viewOf(content);
  let next = 0;
  return sizes.map((size) => {
    if (size !== NONE_32 || next + 8 > content.length) return size;
    next += 8;
    return Number(view.getBigUint64(next - 8, true));
  });
}

const zip64Field = (extra: Uint8Array) => extraFields(extra).find(({ kind }) => kind === ZIP64_EXTRA)?.content;

/** Return the kind and content of each extra field. The content of the last one may be cut off. */
function extraFields(extra: Uint8Array) {
  const view = viewOf(extra);
  const fields: { kind: number; content: Uint8Array }[] = [];
  for (let offset = 0; offset + 4 <= extra.length; ) {
    const end = offset + 4 + view.getUint16(offset + 2, true);
    fields.push({ kind: view.getUint16(offset, true), content: extra.subarray(offset + 4, end) });
    offset = end;
  }
  return fields;
}

/** Return whether extra fields hold more than the size, the times and the owner, each once and as short as usual. */
function hasOddExtra(extra: Uint8Array) {
  const fields = extraFields(extra);
  return (
    new Set(fields.map(({ kind }) => kind)).size !== fields.length ||
    fields.some(
      ({ kind, content }) =>
        !(ZIP_KNOWN_EXTRA_KINDS as readonly number[]).includes(kind) || content.length > ZIP_EXTRA_FIELD_LIMIT_BYTES,
    ) ||
    extraEnd(extra) !== extra.length
  );
}

/** Return whether a ZIP64 field of the list has some of these numbers, in their order, and nothing else. */
function hasTrueZip64(extra: Uint8Array, numbers: readonly number[]) {
  const content = zip64Field(extra);
  return !content || orderedChoices(numbers).some((chosen) => isSame(content, packNumbers(chosen)));
}

/** Return each choice of numbers, none and all included, in their order. */
function orderedChoices([first, ...rest]: readonly number[]): number[][] {
  if (first === undefined) return [[]];
  const others = orderedChoices(rest);
  return [...others, ...others.map((chosen) => [first, ...chosen])];
}

function packNumbers(numbers: readonly number[]) {
  const bytes = new Uint8Array(8 * numbers.length);
  numbers.forEach((number, i) => viewOf(bytes).setBigUint64(8 * i, BigInt(number), true));
  return bytes;
}

export const isSame = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

function textOf(raw: Uint8Array, flags: number): string | null {
  if (!(flags & UTF8)) return Array.from(raw, (byte) => String.fromCharCode(byte)).join('');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return null;
  }
}

/** Return where the last extra field says that it ends. */
function extraEnd(extra: Uint8Array) {
  const view = viewOf(extra);
  let offset = 0;
  while (offset + 4 <= extra.length) offset += 4 + view.getUint16(offset + 2, true);
  return offset;
}

/** Return whether an extra field gives a member another name. */
const givesOtherName = (extra: Uint8Array) => extraFields(extra).some(({ kind }) => kind === UNICODE_PATH);

/**
 * Where a member's own bytes begin and end, and what its own header says: whether its name is the listed one, whether
 * the rest agrees with the list, and whether it has an extra field that gives another name or is odd.
 */
export type MemberPlace = {
  start: number;
  end: number;
  sameName: boolean;
  agrees: boolean;
  renamed: boolean;
  oddExtra: boolean;
};

/** Return the place of a member. Null when it has no header of its own. */
export async function placeOf(file: Blob, row: MemberRow): Promise<MemberPlace | null> {
  const head = await bytesAt(file, row.at, row.at + 30);
  if (head.length !== 30 || viewOf(head).getUint32(0, true) !== LOCAL) return null;
  const view = viewOf(head);
  const nameLength = view.getUint16(26, true);
  const start = row.at + 30 + nameLength + view.getUint16(28, true);
  const rest = await bytesAt(file, row.at + 30, start);
  const name = rest.subarray(0, nameLength);
  const extra = rest.subarray(nameLength);
  return {
    start,
    end: start + row.packed,
    sameName: isSame(name, row.raw),
    agrees: isSame(name, row.raw) && matchesList(view, row) && matchesLocalZip64(view, extra, row),
    renamed: givesOtherName(extra),
    oddExtra: hasOddExtra(extra),
  };
}

/**
 * Return whether between a member's data and what follows there is nothing, or its data descriptor if it has one.
 * @param end where the next member, or the list, begins
 */
export async function isGapRight(file: Blob, row: MemberRow, place: MemberPlace, end: number) {
  const length = end - place.end;
  if (!(row.flags & 0x8)) return length === 0;
  if (length <= 0 || length > DESCRIPTOR_BYTES_LIMIT) return false;
  const gap = await bytesAt(file, place.end, end);
  const sizes = packNumbers([row.packed, row.size]);
  const shortSizes = [...sizes.subarray(0, 4), ...sizes.subarray(8, 12)];
  const fitsShort = Math.max(row.packed, row.size) <= NONE_32;
  const head = new Uint8Array(8);
  viewOf(head).setUint32(0, DESCRIPTOR, true);
  viewOf(head).setUint32(4, row.crc, true);
  // Programs differ in whether they write the signature, and in the width of the sizes.
  return [head, head.subarray(4)].some((start) =>
    [sizes, ...(fitsShort ? [shortSizes] : [])].some((end) => isSame(gap, Uint8Array.of(...start, ...end))),
  );
}

/**
 * Return whether the sizes in a member's own ZIP64 field are those listed: readers that go from member to member use
 * them.
 * @param view its own header
 */
function matchesLocalZip64(view: DataView, extra: Uint8Array, { packed, size }: MemberRow) {
  const content = zip64Field(extra);
  const marked = [
    ...(view.getUint32(22, true) === NONE_32 ? [size] : []),
    ...(view.getUint32(18, true) === NONE_32 ? [packed] : []),
  ];
  // A member can be one byte shorter than 4 GiB.
  if (!content) return marked.every((listed) => listed === NONE_32);
  return [
    packNumbers([size, packed]),
    ...(marked.length ? [packNumbers(marked)] : []),
    ...(view.getUint16(6, true) & 0x8 ? [new Uint8Array(16)] : []),
  ].some((permitted) => isSame(content, permitted));
}

/** @param view a member's own header */
function matchesList(view: DataView, { flags: listed, method, crc, packed, size, versionNeeded }: MemberRow) {
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
    // Programs that do not take the member for a newer one's.
    Math.max(view.getUint16(4, true), versionNeeded) <= ZIP_VERSION_LIMIT &&
    flags === listed &&
    !(flags & ~ZIP_KNOWN_FLAG_BITS) && // readers differ on every other flag
    // Some readers take all bytes of a member that is not packed, others only as many as its size says.
    (method !== STORED || packed === size)
  );
}
