/**
 * ISO media files (HEIC, AVIF, MP4, QuickTime): boxes in boxes. Finds the EXIF of a picture and, of a film, when and
 * with what it was made, how long it is, and whether it says where.
 *
 * Sizes come from the file and are not believed: a box never reaches beyond the one it stands in, and the number of
 * boxes looked at is counted, so that a file made to go round in circles ends.
 */
import { localTime, offsetOf, plain, readTiff } from './tiff.js';

/** @typedef {import('./exif.js').Peek} Peek */
/** @typedef {import('./exif.js').About} About */
/** @typedef {{type: string, at: number, end: number}} Box `at`: its content's first byte */

const MOST = 2_000;
const HELD = 1_000_000;
/** Seconds between 1904, where these files count from, and 1970. */
const EPOCH = 2_082_844_800;
const APPLE = 'com.apple.quicktime.';

/** @param {Peek} peek @returns {Promise<About>} */
export async function readBoxes(peek) {
  const left = { n: MOST };
  const top = await boxes(peek, 0, peek.size, left);
  const moov = top.find(({ type }) => type === 'moov');
  if (moov) return film(peek, moov, left);
  const meta = top.find(({ type }) => type === 'meta');
  return meta ? still(peek, meta, left) : {};
}

/** The boxes between two places. @param {Peek} peek @param {number} from @param {number} end @param {{n: number}} left @returns {Promise<Box[]>} */
async function boxes(peek, from, end, left) {
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

/** @param {Peek} peek @param {Box|undefined} box @returns {Promise<Uint8Array>} its content, cut at a megabyte */
async function content(peek, box) {
  return box ? peek.bytes(box.at, Math.min(box.end - box.at, HELD)) : new Uint8Array(0);
}

/** @param {Peek} peek @param {Box} moov @param {{n: number}} left @returns {Promise<About>} */
async function film(peek, moov, left) {
  const inside = await boxes(peek, moov.at, moov.end, left);
  /** @type {About} */
  const about = {
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

/** When it was made and how long it is. @param {Uint8Array} bytes @returns {About} */
function header(bytes) {
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

/** QuickTime's own list of names and values, as iPhones write it. @param {Peek} peek @param {Box} meta @param {{n: number}} left @returns {Promise<About>} */
async function appleWords(peek, meta, left) {
  // As a full box it begins with four bytes of its own, as QuickTime writes it, it does not.
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
  /** @type {Map<string, string>} */
  const said = new Map();
  if (list) {
    for (const item of await boxes(peek, list.at, list.end, left)) {
      const index = view(Uint8Array.from(item.type, (letter) => letter.charCodeAt(0))).getUint32(0);
      const name = names[index - 1];
      const [data] = name ? await boxes(peek, item.at, item.end, left) : [];
      if (name && data)
        said.set(name, plain(await peek.bytes(data.at + 8, Math.max(0, Math.min(64, data.end - data.at - 8)))));
    }
  }
  const get = (/** @type {string} */ name) => said.get(APPLE + name) ?? '';
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

/** @param {Uint8Array} bytes content of `keys` @returns {string[]} */
function keyNames(bytes) {
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

/** The EXIF of a HEIC or AVIF picture: an item of type `Exif`, wherever `iloc` says it lies. @param {Peek} peek @param {Box} meta @param {{n: number}} left @returns {Promise<About>} */
async function still(peek, meta, left) {
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
  if (!where || where.length < 12) return { place: true }; // it is there, and cannot be read: better said once too often
  const bytes = await peek.bytes(where.at, Math.min(where.length, HELD));
  const skip = 4 + (bytes.length > 4 ? view(bytes).getUint32(0) : 0);
  return skip < bytes.length ? { place: false, ...readTiff(bytes.subarray(skip)) } : { place: true };
}

/** @param {Uint8Array} bytes content of `iinf` @returns {number|null} */
function exifItem(bytes) {
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

/** Where an item's first stretch lies in the file. @param {Uint8Array} bytes content of `iloc` @param {number} wanted @returns {{at: number, length: number}|null} */
function itemPlace(bytes, wanted) {
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
  /** @param {number} size @returns {number} */
  const next = (size) => {
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + seen.getUint8(at + i); // beyond the end: RangeError, caught by whoever reads
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

/** @param {Uint8Array} bytes */
function view(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
