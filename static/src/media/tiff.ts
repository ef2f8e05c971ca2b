/**
 * The directories of a TIFF structure, which holds EXIF in every container. Reads at most four directories and
 * returns only what the screens show. The location itself is never read, only whether there is one.
 *
 * The file is not trusted: every offset is checked before it is followed, nothing is followed twice, and values that
 * make no sense count as absent.
 */

type TiffMetadata = {
  make?: string;
  model?: string;
  software?: string;
  taken_local?: string;
  offset_min?: number;
  place?: boolean;
};

const MAX_ENTRIES = 512;
const MAX_TEXT_LENGTH = 64;
const TAGS = {
  make: 0x010f,
  model: 0x0110,
  software: 0x0131,
  changed: 0x0132,
  exif: 0x8769,
  gps: 0x8825,
  taken: 0x9003,
  offset: 0x9011,
};
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

/**
 * @param bytes from the first byte of the TIFF structure
 * @returns empty if it is not a TIFF structure
 */
export function readTiff(bytes: Uint8Array): TiffMetadata {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 8) return {};
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return {};
  const isLittleEndian = order === 0x4949;
  if (view.getUint16(2, isLittleEndian) !== 42) return {};
  const mainDirectory = readDirectory(view, view.getUint32(4, isLittleEndian), isLittleEndian);
  const exifDirectory = mainDirectory.has(TAGS.exif)
    ? readDirectory(view, readLong(view, mainDirectory.get(TAGS.exif), isLittleEndian), isLittleEndian)
    : new Map();
  const text = (tags: Map<number, TiffEntry>, tag: number) => readAscii(bytes, view, tags.get(tag));
  const taken = parseLocalTime(
    text(exifDirectory, TAGS.taken) || text(mainDirectory, TAGS.taken) || text(mainDirectory, TAGS.changed),
  );
  const offset = parseOffset(text(exifDirectory, TAGS.offset));
  const metadata: TiffMetadata = {
    make: text(mainDirectory, TAGS.make),
    model: text(mainDirectory, TAGS.model),
    software: text(mainDirectory, TAGS.software),
  };
  if (taken) metadata.taken_local = taken;
  if (taken && offset !== null) metadata.offset_min = offset;
  metadata.place =
    mainDirectory.has(TAGS.gps) &&
    hasLocation(view, readLong(view, mainDirectory.get(TAGS.gps), isLittleEndian), isLittleEndian);
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== ''));
}

/** `at`: offset of the value */
type TiffEntry = { type: number; count: number; at: number };

function readDirectory(view: DataView, at: number, isLittleEndian: boolean): Map<number, TiffEntry> {
  const entries: Map<number, TiffEntry> = new Map();
  if (at < 8 || at + 2 > view.byteLength) return entries;
  const count = Math.min(view.getUint16(at, isLittleEndian), MAX_ENTRIES);
  for (let i = 0; i < count; i++) {
    const entry = at + 2 + 12 * i;
    if (entry + 12 > view.byteLength) break;
    const [type, n] = [view.getUint16(entry + 2, isLittleEndian), view.getUint32(entry + 4, isLittleEndian)];
    const size = (SIZES[type] ?? 0) * n;
    entries.set(view.getUint16(entry, isLittleEndian), {
      type,
      count: n,
      at: size <= 4 ? entry + 8 : view.getUint32(entry + 8, isLittleEndian),
    });
  }
  return entries;
}

function readLong(view: DataView, entry: TiffEntry | undefined, isLittleEndian: boolean) {
  return entry && entry.at + 4 <= view.byteLength ? view.getUint32(entry.at, isLittleEndian) : 0;
}

/** A location exists unless its directory holds only its own version; an unreadable directory counts as a location. */
function hasLocation(view: DataView, at: number, isLittleEndian: boolean) {
  if (at < 8 || at + 2 > view.byteLength) return true;
  const tags = [...readDirectory(view, at, isLittleEndian).keys()];
  return tags.length === 0 ? view.getUint16(at, isLittleEndian) > 0 : tags.some((tag) => tag !== 0);
}

function readAscii(bytes: Uint8Array, view: DataView, entry: TiffEntry | undefined) {
  if (entry?.type !== 2 || entry.at >= view.byteLength) return '';
  return cleanText(
    bytes.subarray(entry.at, Math.min(entry.at + Math.min(entry.count, MAX_TEXT_LENGTH), view.byteLength)),
  );
}

/**
 * Return the text of a file as one short line, without control characters or marks that change the writing direction.
 */
export function cleanText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}\ufffd]/gu, '')
    .trim()
    .slice(0, MAX_TEXT_LENGTH);
}

/** Parse `2026:11:03 20:14:05` as local time; null if invalid: cameras without a clock write zeros or blanks. */
export function parseLocalTime(text: string) {
  const match = /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const utcDate = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const isValid =
    year >= 1970 &&
    utcDate.getUTCMonth() === month - 1 &&
    utcDate.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return isValid ? utcDate.toISOString().slice(0, 19) : null;
}

/** Parse `+01:00` into minutes. */
export function parseOffset(text: string): number | null {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(text.trim());
  if (!match) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return minutes <= 14 * 60 ? (match[1] === '-' ? -minutes : minutes) : null;
}
