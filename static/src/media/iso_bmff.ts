/**
 * ISO media files (HEIC, AVIF, MP4, QuickTime), which are nested boxes. Finds the EXIF of a picture; of a film, when
 * and with what it was made, its duration, and whether it holds a location.
 *
 * Sizes in the file are not trusted: a box never extends beyond its parent, and the number of boxes read is limited,
 * so a file made to loop still ends.
 */
import { localTime, offsetOf, plain, readTiff } from './tiff.js';
import type { About, Peek } from './file_peek.js';

/** `at`: the first byte of its content */
type Box = { type: string; at: number; end: number };

const MOST = 2_000;
const HELD = 1_000_000;
/** Seconds from 1904, the epoch of these files, to 1970. */
const EPOCH = 2_082_844_800;
const APPLE = 'com.apple.quicktime.';

export async function readBoxes(peek: Peek): Promise<About> {
  const left = { n: MOST };
  const top = await boxes(peek, 0, peek.size, left);
  const moov = top.find(({ type }) => type === 'moov');
  if (moov) return film(peek, moov, left);
  const meta = top.find(({ type }) => type === 'meta');
  return meta ? still(peek, meta, left) : {};
}

/** Return the boxes between two offsets. */
async function boxes(peek: Peek, from: number, end: number, left: { n: number }): Promise<Box[]> {
  const found = [];
  for (let at = from; at + 8 <= end && left.n > 0; left.n--) {
    const head = view(await peek.bytes(at, 16));
    if (head.byteLength < 8) break;
    const short = head.getUint32(0);
    const isLong = short === 1 && head.byteLength === 16;
    const size = isLong ? Number(head.getBigUint64(8)) : short === 0 ? end - at : short;
    const start = at + (isLong ? 16 : 8);
    if (size < start - at || at + size > end) break;
    found.push({
      type: String.fromCharCode(head.getUint8(4), head.getUint8(5), head.getUint8(6), head.getUint8(7)),
      at: start,
      end: at + size,
    });
    at += size;
  }
  return found;
}

/** @returns its content, cut at a megabyte */
async function content(peek: Peek, box: Box | undefined): Promise<Uint8Array> {
  return box ? peek.bytes(box.at, Math.min(box.end - box.at, HELD)) : new Uint8Array(0);
}

async function film(peek: Peek, moov: Box, left: { n: number }): Promise<About> {
  const inside = await boxes(peek, moov.at, moov.end, left);
  const about: About = {
    place: false,
    ...header(
      await content(
        peek,
        inside.find(({ type }) => type === 'mvhd'),
      ),
    ),
  };
  for (const udta of inside.filter(({ type }) => type === 'udta')) {
    for (const box of await boxes(peek, udta.at, udta.end, left)) {
      if (box.type === '\xa9xyz' || box.type === 'loci') about.place = true;
      if (box.type === '\xa9mak') about.make = plain((await content(peek, box)).subarray(4));
      if (box.type === '\xa9mod') about.model = plain((await content(peek, box)).subarray(4));
    }
  }
  const meta = inside.find(({ type }) => type === 'meta');
  return meta ? { ...about, ...(await appleWords(peek, meta, left)) } : about;
}

/** Read creation time and duration. */
function header(bytes: Uint8Array): About {
  const seen = view(bytes);
  const is64 = seen.byteLength > 0 && seen.getUint8(0) === 1;
  if (seen.byteLength < (is64 ? 32 : 20)) return {};
  const made = is64 ? Number(seen.getBigUint64(4)) : seen.getUint32(4);
  const scale = seen.getUint32(is64 ? 20 : 12);
  const length = is64 ? Number(seen.getBigUint64(24)) : seen.getUint32(16);
  const taken = (made - EPOCH) * 1000;
  const duration = scale > 0 ? Math.round((length / scale) * 1000) : 0;
  return {
    ...(taken > 0 && taken < 7_258_118_400_000 ? { taken_at: taken } : {}),
    ...(duration > 0 && duration < 30 * 86_400_000 ? { duration_ms: duration } : {}),
  };
}

/** Read QuickTime's own list of names and values, as iPhones write it. */
async function appleWords(peek: Peek, meta: Box, left: { n: number }): Promise<About> {
  // A full box starts with four extra bytes; QuickTime writes the box without them.
  const isFull =
    view(await peek.bytes(meta.at, 8)).byteLength === 8 &&
    String.fromCharCode(...(await peek.bytes(meta.at + 4, 4))) !== 'hdlr';
  const inside = await boxes(peek, meta.at + (isFull ? 4 : 0), meta.end, left);
  const names = keyNames(
    await content(
      peek,
      inside.find(({ type }) => type === 'keys'),
    ),
  );
  const list = inside.find(({ type }) => type === 'ilst');
  const said: Map<string, string> = new Map();
  if (list) {
    for (const item of await boxes(peek, list.at, list.end, left)) {
      const index = view(Uint8Array.from(item.type, (letter) => letter.charCodeAt(0))).getUint32(0);
      const name = names[index - 1];
      const [data] = name ? await boxes(peek, item.at, item.end, left) : [];
      if (name && data)
        said.set(name, plain(await peek.bytes(data.at + 8, Math.max(0, Math.min(64, data.end - data.at - 8)))));
    }
  }
  const get = (name: string) => said.get(APPLE + name) ?? '';
  const made = get('creationdate');
  const taken = localTime(
    made
      .replace('T', ' ')
      .replaceAll('-', ':')
      .replace(/^(\d{4}:\d\d:\d\d.\d\d:\d\d:\d\d).*$/, '$1'),
  );
  const offset = offsetOf(/[+-]\d\d:?\d\d$/.exec(made)?.[0] ?? '');
  return {
    ...(get('make') ? { make: get('make') } : {}),
    ...(get('model') ? { model: get('model') } : {}),
    ...(get('software') ? { software: get('software') } : {}),
    ...(taken ? { taken_local: taken } : {}),
    ...(taken && offset !== null ? { offset_min: offset } : {}),
    ...([...said.keys()].some((name) => name.includes('location')) ? { place: true } : {}),
  };
}

/** @param bytes content of `keys` */
function keyNames(bytes: Uint8Array): string[] {
  const seen = view(bytes);
  const names = [];
  for (let at = 8; at + 8 <= bytes.length && names.length < 256; ) {
    const size = seen.getUint32(at);
    if (size < 8 || at + size > bytes.length) break;
    names.push(plain(bytes.subarray(at + 8, at + size)));
    at += size;
  }
  return names;
}

/** Find the EXIF of a HEIC or AVIF picture: an item of type `Exif`, located through `iloc`. */
async function still(peek: Peek, meta: Box, left: { n: number }): Promise<About> {
  const inside = await boxes(peek, meta.at + 4, meta.end, left);
  const names = await content(
    peek,
    inside.find(({ type }) => type === 'iinf'),
  );
  const id = exifItem(names);
  if (id === null) return { place: false };
  const where = itemPlace(
    await content(
      peek,
      inside.find(({ type }) => type === 'iloc'),
    ),
    id,
  );
  // EXIF exists but cannot be read: assume a location, which is the safe error.
  if (!where || where.length < 12) return { place: true };
  const bytes = await peek.bytes(where.at, Math.min(where.length, HELD));
  const skip = 4 + (bytes.length > 4 ? view(bytes).getUint32(0) : 0);
  return skip < bytes.length ? { place: false, ...readTiff(bytes.subarray(skip)) } : { place: true };
}

/** @param bytes content of `iinf` */
function exifItem(bytes: Uint8Array): number | null {
  for (let at = 0; at + 12 <= bytes.length; at++) {
    if (bytes[at] !== 0x69 || String.fromCharCode(...bytes.subarray(at, at + 4)) !== 'infe') continue;
    const seen = view(bytes.subarray(at + 4));
    const version = seen.getUint8(0);
    const from = version === 3 ? 8 : 6;
    if (seen.byteLength < from + 6) continue;
    if (String.fromCharCode(...bytes.subarray(at + 4 + from + 2, at + 4 + from + 6)) === 'Exif')
      return version === 3 ? seen.getUint32(4) : seen.getUint16(4);
  }
  return null;
}

/**
 * Return the place of an item's first extent in the file.
 * @param bytes content of `iloc`
 */
function itemPlace(bytes: Uint8Array, wanted: number): { at: number; length: number } | null {
  const seen = view(bytes);
  if (seen.byteLength < 8) return null;
  const version = seen.getUint8(0);
  const [offsetSize, lengthSize, baseSize, indexSize] = [
    seen.getUint8(4) >> 4,
    seen.getUint8(4) & 15,
    seen.getUint8(5) >> 4,
    version ? seen.getUint8(5) & 15 : 0,
  ];
  let at = 6;
  const next = (size: number): number => {
    let value = 0;
    // Reading beyond the end throws RangeError; `readMetadata` catches it.
    for (let i = 0; i < size; i++) value = value * 256 + seen.getUint8(at + i);
    at += size;
    return value;
  };
  const count = next(version < 2 ? 2 : 4);
  for (let i = 0; i < Math.min(count, MOST); i++) {
    const id = next(version < 2 ? 2 : 4);
    if (version) next(2);
    next(2);
    const base = next(baseSize);
    const stretches = next(2);
    for (let n = 0; n < Math.min(stretches, MOST); n++) {
      next(indexSize);
      const [offset, length] = [next(offsetSize), next(lengthSize)];
      if (id === wanted) return { at: base + offset, length };
    }
  }
  return null;
}

function view(bytes: Uint8Array) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
