/**
 * What a file says of itself: with what and when it was made, how long it is, and whether it says where. Read on the
 * phone, from JPEG, PNG, WebP, TIFF, HEIC, AVIF, MP4 and QuickTime; said in words and believed by nobody: anyone can
 * write these words into a file.
 *
 * Bounded: at most a megabyte of any one piece, a counted number of pieces, and no failure leaves here.
 */
import { readBoxes } from './boxes.js';
import { readTiff } from './tiff.js';

/** @typedef {{size: number, bytes(from: number, length: number): Promise<Uint8Array>}} Peek reads what is there, fewer bytes at the end */
/** @typedef {{make?: string, model?: string, software?: string, taken_local?: string, offset_min?: number, taken_at?: number, duration_ms?: number, place?: boolean}} About `place`: whether it says where */

const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/';
const GPS = 'GPSLatitude';
const HELD = 1_000_000;
const PIECES = 2_000;
const READERS = new Map([
  ['image/jpeg', jpeg],
  ['image/png', png],
  ['image/webp', webp],
  ['image/tiff', (/** @type {Peek} */ peek) => tiff(peek)],
  ['image/heic', readBoxes],
  ['image/avif', readBoxes],
  ['video/mp4', readBoxes],
  ['video/quicktime', readBoxes],
  ['video/3gpp', readBoxes],
  ['audio/mp4', readBoxes],
]);

/** @param {Peek} peek @param {string} type what its first bytes show @returns {Promise<About|null>} null where it cannot be told */
export async function readAbout(peek, type) {
  const reader = READERS.get(type);
  if (!reader) return null;
  try {
    return await reader(peek);
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes @returns {Peek} */
export function peekBytes(bytes) {
  return { size: bytes.length, bytes: async (from, length) => bytes.subarray(from, from + length) };
}

/** @param {Peek} peek @returns {Promise<About>} */
async function tiff(peek) {
  return { place: false, ...readTiff(await peek.bytes(0, HELD)) };
}

/** @param {Peek} peek @returns {Promise<About>} */
async function jpeg(peek) {
  /** @type {About} */
  let about = { place: false };
  for (let at = 2, n = 0; at + 4 <= peek.size && n < PIECES; n++) {
    const head = await peek.bytes(at, 4);
    if (head[0] !== 0xff || head[1] === 0xda || head[1] === 0xd9) break;
    if (head[1] === 0xff) {
      at += 1; // filling
      continue;
    }
    const length = ((head[2] ?? 0) << 8) | (head[3] ?? 0);
    if (length < 2) break;
    if (head[1] === 0xe1) about = together(about, segment(await peek.bytes(at + 4, length - 2)));
    at += 2 + length;
  }
  return about;
}

/** @param {Uint8Array} bytes @returns {About} */
function segment(bytes) {
  const start = String.fromCharCode(...bytes.subarray(0, XMP.length));
  if (start.startsWith(EXIF)) return readTiff(bytes.subarray(EXIF.length));
  return start === XMP ? { place: holds(bytes, GPS) } : {};
}

/** @param {Peek} peek @returns {Promise<About>} */
async function png(peek) {
  /** @type {About} */
  let about = { place: false };
  for (let at = 8, n = 0; at + 12 <= peek.size && n < PIECES; n++) {
    const head = await peek.bytes(at, 8);
    const length = new DataView(head.buffer, head.byteOffset, head.length).getUint32(0);
    const type = String.fromCharCode(...head.subarray(4, 8));
    if (type === 'IEND') break;
    if (type === 'eXIf') about = together(about, readTiff(await peek.bytes(at + 8, Math.min(length, HELD))));
    if (type === 'iTXt')
      about = together(about, { place: holds(await peek.bytes(at + 8, Math.min(length, HELD)), GPS) });
    at += 12 + length;
  }
  return about;
}

/** @param {Peek} peek @returns {Promise<About>} */
async function webp(peek) {
  /** @type {About} */
  let about = { place: false };
  for (let at = 12, n = 0; at + 8 <= peek.size && n < PIECES; n++) {
    const head = await peek.bytes(at, 8);
    const length = new DataView(head.buffer, head.byteOffset, head.length).getUint32(4, true);
    const type = String.fromCharCode(...head.subarray(0, 4));
    const held = type === 'EXIF' || type === 'XMP ' ? await peek.bytes(at + 8, Math.min(length, HELD)) : null;
    if (held && type === 'EXIF')
      about = together(about, readTiff(String.fromCharCode(...held.subarray(0, 6)) === EXIF ? held.subarray(6) : held));
    else if (held) about = together(about, { place: holds(held, GPS) });
    at += 8 + length + (length % 2);
  }
  return about;
}

/** A place said anywhere is a place said. @param {About} a @param {About} b @returns {About} */
function together(a, b) {
  return { ...a, ...b, place: Boolean(a.place || b.place) };
}

/** @param {Uint8Array} bytes @param {string} word in ASCII */
function holds(bytes, word) {
  return new TextDecoder('latin1').decode(bytes).includes(word);
}
