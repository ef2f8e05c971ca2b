/**
 * The directories of a TIFF structure, which holds EXIF in every container. Reads at most four directories and
 * returns only what the screens show. The location itself is never read, only whether there is one.
 *
 * The file is not trusted: every offset is checked before it is followed, nothing is followed twice, and values that
 * make no sense count as absent.
 */

type Said = {
  make?: string;
  model?: string;
  software?: string;
  taken_local?: string;
  offset_min?: number;
  place?: boolean;
};

const ENTRIES = 512;
const TEXT = 64;
const NAMES = {
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
export function readTiff(bytes: Uint8Array): Said {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 8) return {};
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return {};
  const little = order === 0x4949;
  if (view.getUint16(2, little) !== 42) return {};
  const first = directory(view, view.getUint32(4, little), little);
  const inner = first.has(NAMES.exif) ? directory(view, long(view, first.get(NAMES.exif), little), little) : new Map();
  const text = (of: Map<number, Entry>, tag: number) => ascii(bytes, view, of.get(tag), little);
  const taken = localTime(text(inner, NAMES.taken) || text(first, NAMES.taken) || text(first, NAMES.changed));
  const offset = offsetOf(text(inner, NAMES.offset));
  const said: Said = {
    make: text(first, NAMES.make),
    model: text(first, NAMES.model),
    software: text(first, NAMES.software),
  };
  if (taken) said.taken_local = taken;
  if (taken && offset !== null) said.offset_min = offset;
  said.place = first.has(NAMES.gps) && hasPlace(view, long(view, first.get(NAMES.gps), little), little);
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== ''));
}

/** `at`: offset of the value */
type Entry = { type: number; count: number; at: number };

function directory(view: DataView, at: number, little: boolean): Map<number, Entry> {
  const found: Map<number, Entry> = new Map();
  if (at < 8 || at + 2 > view.byteLength) return found;
  const count = Math.min(view.getUint16(at, little), ENTRIES);
  for (let i = 0; i < count; i++) {
    const entry = at + 2 + 12 * i;
    if (entry + 12 > view.byteLength) break;
    const [type, n] = [view.getUint16(entry + 2, little), view.getUint32(entry + 4, little)];
    const size = (SIZES[type] ?? 0) * n;
    found.set(view.getUint16(entry, little), {
      type,
      count: n,
      at: size <= 4 ? entry + 8 : view.getUint32(entry + 8, little),
    });
  }
  return found;
}

function long(view: DataView, entry: Entry | undefined, little: boolean) {
  return entry && entry.at + 4 <= view.byteLength ? view.getUint32(entry.at, little) : 0;
}

/** A location exists unless its directory holds only its own version; an unreadable directory counts as a location. */
function hasPlace(view: DataView, at: number, little: boolean) {
  if (at < 8 || at + 2 > view.byteLength) return true;
  const tags = [...directory(view, at, little).keys()];
  return tags.length === 0 ? view.getUint16(at, little) > 0 : tags.some((tag) => tag !== 0);
}

function ascii(bytes: Uint8Array, view: DataView, entry: Entry | undefined, _little: boolean) {
  if (entry?.type !== 2 || entry.at >= view.byteLength) return '';
  return plain(bytes.subarray(entry.at, Math.min(entry.at + Math.min(entry.count, TEXT), view.byteLength)));
}

/**
 * Return the text of a file as one short line, without control characters or marks that change the writing direction.
 */
export function plain(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}\ufffd]/gu, '')
    .trim()
    .slice(0, TEXT);
}

/** Parse `2026:11:03 20:14:05` as local time; null if invalid: cameras without a clock write zeros or blanks. */
export function localTime(text: string) {
  const found = /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const real = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const isReal =
    year >= 1970 &&
    real.getUTCMonth() === month - 1 &&
    real.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return isReal ? real.toISOString().slice(0, 19) : null;
}

/** Parse `+01:00` into minutes. */
export function offsetOf(text: string): number | null {
  const found = /^([+-])(\d\d):?(\d\d)$/.exec(text.trim());
  if (!found) return null;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return minutes <= 14 * 60 ? (found[1] === '-' ? -minutes : minutes) : null;
}
