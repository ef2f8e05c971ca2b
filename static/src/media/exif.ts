/**
 * File metadata: the device and time of making, the duration, and whether it holds a location. Read on the phone from
 * JPEG, PNG, WebP, TIFF, HEIC, AVIF, MP4 and QuickTime. It is shown as a claim, not as proof: anyone can write it
 * into a file.
 *
 * Bounded: at most a megabyte of any one piece, and a limited number of pieces. No failure leaves this module.
 */
import { readBoxes } from './iso_bmff.js';
import { readTiff } from './tiff.js';
import type { About, Peek } from './file_peek.js';

const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/';
const GPS = 'GPSLatitude';
const HELD = 1_000_000;
const PIECES = 2_000;
const READERS = new Map([
  ['image/jpeg', jpeg],
  ['image/png', png],
  ['image/webp', webp],
  ['image/tiff', (peek: Peek) => tiff(peek)],
  ['image/heic', readBoxes],
  ['image/avif', readBoxes],
  ['video/mp4', readBoxes],
  ['video/quicktime', readBoxes],
  ['video/3gpp', readBoxes],
  ['audio/mp4', readBoxes],
]);

/**
 * @param type detected from the first bytes
 * @returns null if it cannot be read
 */
export async function readAbout(peek: Peek, type: string): Promise<About | null> {
  const reader = READERS.get(type);
  if (!reader) return null;
  try {
    return await reader(peek);
  } catch {
    return null;
  }
}

export function peekBytes(bytes: Uint8Array): Peek {
  return { size: bytes.length, bytes: async (from, length) => bytes.subarray(from, from + length) };
}

async function tiff(peek: Peek): Promise<About> {
  return { place: false, ...readTiff(await peek.bytes(0, HELD)) };
}

async function jpeg(peek: Peek): Promise<About> {
  let about: About = { place: false };
  for (let at = 2, n = 0; at + 4 <= peek.size && n < PIECES; n++) {
    const head = await peek.bytes(at, 4);
    if (head[0] !== 0xff || head[1] === 0xda || head[1] === 0xd9) break;
    if (head[1] === 0xff) {
      at += 1; // padding
      continue;
    }
    const length = ((head[2] ?? 0) << 8) | (head[3] ?? 0);
    if (length < 2) break;
    if (head[1] === 0xe1) about = together(about, segment(await peek.bytes(at + 4, length - 2)));
    at += 2 + length;
  }
  return about;
}

function segment(bytes: Uint8Array): About {
  const start = String.fromCharCode(...bytes.subarray(0, XMP.length));
  if (start.startsWith(EXIF)) return readTiff(bytes.subarray(EXIF.length));
  return start === XMP ? { place: holds(bytes, GPS) } : {};
}

async function png(peek: Peek): Promise<About> {
  let about: About = { place: false };
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

async function webp(peek: Peek): Promise<About> {
  let about: About = { place: false };
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

/** A location in any of the pieces counts. */
function together(a: About, b: About): About {
  return { ...a, ...b, place: Boolean(a.place || b.place) };
}

/** @param word in ASCII */
function holds(bytes: Uint8Array, word: string) {
  return new TextDecoder('latin1').decode(bytes).includes(word);
}
