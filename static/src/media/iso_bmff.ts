/**
 * ISO media files (HEIC, AVIF, MP4, QuickTime), which are nested boxes. Finds the EXIF of a picture; of a film, when
 * and with what it was made, its duration, and whether it holds a location.
 *
 * Sizes in the file are not trusted: a box never extends beyond its parent, and the number of boxes read is limited,
 * so a file made to loop still ends.
 */
import { parseLocalTime, parseOffset, cleanText, readTiff } from './tiff.js';
import type { FileMetadata, ReadableFile } from './file_peek.js';

/** `at`: the first byte of its content */
type Box = { type: string; at: number; end: number };

const MAX_BOXES = 2_000;
const MAX_CONTENT_BYTES = 1_000_000;
/** Seconds from 1904, the epoch of these files, to 1970. */
const EPOCH_OFFSET_S = 2_082_844_800;
const APPLE_PREFIX = 'com.apple.quicktime.';

export async function readBoxes(file: ReadableFile): Promise<FileMetadata> {
  const budget = { n: MAX_BOXES };
  const topBoxes = await readChildBoxes(file, 0, file.size, budget);
  const moov = topBoxes.find(({ type }) => type === 'moov');
  if (moov) return readFilm(file, moov, budget);
  const meta = topBoxes.find(({ type }) => type === 'meta');
  return meta ? readStillMetadata(file, meta, budget) : {};
}

/** Return the boxes between two offsets. */
async function readChildBoxes(file: ReadableFile, from: number, end: number, budget: { n: number }): Promise<Box[]> {
  const result = [];
  for (let at = from; at + 8 <= end && budget.n > 0; budget.n--) {
    const head = dataView(await file.bytes(at, 16));
    if (head.byteLength < 8) break;
    const shortSize = head.getUint32(0);
    const isLong = shortSize === 1 && head.byteLength === 16;
    const size = isLong ? Number(head.getBigUint64(8)) : shortSize === 0 ? end - at : shortSize;
    const start = at + (isLong ? 16 : 8);
    if (size < start - at || at + size > end) break;
    result.push({
      type: String.fromCharCode(head.getUint8(4), head.getUint8(5), head.getUint8(6), head.getUint8(7)),
      at: start,
      end: at + size,
    });
    at += size;
  }
  return result;
}

/** @returns its content, cut at a megabyte */
async function readContent(file: ReadableFile, box: Box | undefined): Promise<Uint8Array> {
  return box ? file.bytes(box.at, Math.min(box.end - box.at, MAX_CONTENT_BYTES)) : new Uint8Array(0);
}

async function readFilm(file: ReadableFile, moov: Box, budget: { n: number }): Promise<FileMetadata> {
  const children = await readChildBoxes(file, moov.at, moov.end, budget);
  const metadata: FileMetadata = {
    place: false,
    ...readMovieHeader(
      await readContent(
        file,
        children.find(({ type }) => type === 'mvhd'),
      ),
    ),
  };
  for (const udta of children.filter(({ type }) => type === 'udta')) {
    for (const box of await readChildBoxes(file, udta.at, udta.end, budget)) {
      if (box.type === '\xa9xyz' || box.type === 'loci') metadata.place = true;
      if (box.type === '\xa9mak') metadata.make = cleanText((await readContent(file, box)).subarray(4));
      if (box.type === '\xa9mod') metadata.model = cleanText((await readContent(file, box)).subarray(4));
    }
  }
  const meta = children.find(({ type }) => type === 'meta');
  return meta ? { ...metadata, ...(await readAppleMetadata(file, meta, budget)) } : metadata;
}

/** Read creation time and duration. */
function readMovieHeader(bytes: Uint8Array): FileMetadata {
  const data = dataView(bytes);
  const is64 = data.byteLength > 0 && data.getUint8(0) === 1;
  if (data.byteLength < (is64 ? 32 : 20)) return {};
  const created = is64 ? Number(data.getBigUint64(4)) : data.getUint32(4);
  const scale = data.getUint32(is64 ? 20 : 12);
  const length = is64 ? Number(data.getBigUint64(24)) : data.getUint32(16);
  const taken = (created - EPOCH_OFFSET_S) * 1000;
  const duration = scale > 0 ? Math.round((length / scale) * 1000) : 0;
  return {
    ...(taken > 0 && taken < 7_258_118_400_000 ? { taken_at: taken } : {}),
    ...(duration > 0 && duration < 30 * 86_400_000 ? { duration_ms: duration } : {}),
  };
}

/** Read QuickTime's own list of names and values, as iPhones write it. */
async function readAppleMetadata(file: ReadableFile, meta: Box, budget: { n: number }): Promise<FileMetadata> {
  // A full box starts with four extra bytes; QuickTime writes the box without them.
  const isFull =
    dataView(await file.bytes(meta.at, 8)).byteLength === 8 &&
    String.fromCharCode(...(await file.bytes(meta.at + 4, 4))) !== 'hdlr';
  const children = await readChildBoxes(file, meta.at + (isFull ? 4 : 0), meta.end, budget);
  const names = keyNames(
    await readContent(
      file,
      children.find(({ type }) => type === 'keys'),
    ),
  );
  const list = children.find(({ type }) => type === 'ilst');
  const values: Map<string, string> = new Map();
  if (list) {
    for (const item of await readChildBoxes(file, list.at, list.end, budget)) {
      const index = dataView(Uint8Array.from(item.type, (letter) => letter.charCodeAt(0))).getUint32(0);
      const name = names[index - 1];
      const [data] = name ? await readChildBoxes(file, item.at, item.end, budget) : [];
      if (name && data)
        values.set(name, cleanText(await file.bytes(data.at + 8, Math.max(0, Math.min(64, data.end - data.at - 8)))));
    }
  }
  const tagValue = (name: string) => values.get(APPLE_PREFIX + name) ?? '';
  const creationDate = tagValue('creationdate');
  const taken = parseLocalTime(
    creationDate
      .replace('T', ' ')
      .replaceAll('-', ':')
      .replace(/^(\d{4}:\d\d:\d\d.\d\d:\d\d:\d\d).*$/, '$1'),
  );
  const offset = parseOffset(/[+-]\d\d:?\d\d$/.exec(creationDate)?.[0] ?? '');
  return {
    ...(tagValue('make') ? { make: tagValue('make') } : {}),
    ...(tagValue('model') ? { model: tagValue('model') } : {}),
    ...(tagValue('software') ? { software: tagValue('software') } : {}),
    ...(taken ? { taken_local: taken } : {}),
    ...(taken && offset !== null ? { offset_min: offset } : {}),
    ...([...values.keys()].some((name) => name.includes('location')) ? { place: true } : {}),
  };
}

/** @param bytes content of `keys` */
function keyNames(bytes: Uint8Array): string[] {
  const data = dataView(bytes);
  const names = [];
  for (let at = 8; at + 8 <= bytes.length && names.length < 256; ) {
    const size = data.getUint32(at);
    if (size < 8 || at + size > bytes.length) break;
    names.push(cleanText(bytes.subarray(at + 8, at + size)));
    at += size;
  }
  return names;
}

/** Find the EXIF of a HEIC or AVIF picture: an item of type `Exif`, located through `iloc`. */
async function readStillMetadata(file: ReadableFile, meta: Box, budget: { n: number }): Promise<FileMetadata> {
  const children = await readChildBoxes(file, meta.at + 4, meta.end, budget);
  const names = await readContent(
    file,
    children.find(({ type }) => type === 'iinf'),
  );
  const id = findExifItem(names);
  if (id === null) return { place: false };
  const extent = findItemExtent(
    await readContent(
      file,
      children.find(({ type }) => type === 'iloc'),
    ),
    id,
  );
  // EXIF exists but cannot be read: assume a location, which is the safe error.
  if (!extent || extent.length < 12) return { place: true };
  const bytes = await file.bytes(extent.at, Math.min(extent.length, MAX_CONTENT_BYTES));
  const tiffStart = 4 + (bytes.length > 4 ? dataView(bytes).getUint32(0) : 0);
  return tiffStart < bytes.length ? { place: false, ...readTiff(bytes.subarray(tiffStart)) } : { place: true };
}

/** @param bytes content of `iinf` */
function findExifItem(bytes: Uint8Array): number | null {
  for (let at = 0; at + 12 <= bytes.length; at++) {
    if (bytes[at] !== 0x69 || String.fromCharCode(...bytes.subarray(at, at + 4)) !== 'infe') continue;
    const data = dataView(bytes.subarray(at + 4));
    const version = data.getUint8(0);
    const from = version === 3 ? 8 : 6;
    if (data.byteLength < from + 6) continue;
    if (String.fromCharCode(...bytes.subarray(at + 4 + from + 2, at + 4 + from + 6)) === 'Exif')
      return version === 3 ? data.getUint32(4) : data.getUint16(4);
  }
  return null;
}

/**
 * Return the place of an item's first extent in the file.
 * @param bytes content of `iloc`
 */
function findItemExtent(bytes: Uint8Array, itemId: number): { at: number; length: number } | null {
  const data = dataView(bytes);
  if (data.byteLength < 8) return null;
  const version = data.getUint8(0);
  const [offsetSize, lengthSize, baseSize, indexSize] = [
    data.getUint8(4) >> 4,
    data.getUint8(4) & 15,
    data.getUint8(5) >> 4,
    version ? data.getUint8(5) & 15 : 0,
  ];
  let at = 6;
  const readInteger = (size: number): number => {
    let value = 0;
    // Reading beyond the end throws RangeError; `readMetadata` catches it.
    for (let i = 0; i < size; i++) value = value * 256 + data.getUint8(at + i);
    at += size;
    return value;
  };
  const count = readInteger(version < 2 ? 2 : 4);
  for (let i = 0; i < Math.min(count, MAX_BOXES); i++) {
    const id = readInteger(version < 2 ? 2 : 4);
    if (version) readInteger(2);
    readInteger(2);
    const base = readInteger(baseSize);
    const extents = readInteger(2);
    for (let n = 0; n < Math.min(extents, MAX_BOXES); n++) {
      readInteger(indexSize);
      const [offset, length] = [readInteger(offsetSize), readInteger(lengthSize)];
      if (id === itemId) return { at: base + offset, length };
    }
  }
  return null;
}

function dataView(bytes: Uint8Array) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
