/**
 * File metadata: the device and time of making, the duration, and whether it holds a location. Read on the phone from
 * JPEG, PNG, WebP, TIFF, HEIC, AVIF, MP4 and QuickTime, and the duration from other sounds and films. It is shown as a
 * claim, not as proof: anyone can write it into a file.
 *
 * Bounded: at most a megabyte of any one piece, and a limited number of pieces. No failure leaves this module.
 */
import { readBoxes } from './iso_bmff.js';
import { readSound } from './sound.js';
import { readTiff } from './tiff.js';
import type { FileMetadata, ReadableFile } from './file_peek.js';

const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/';
const GPS_TAG = 'GPSLatitude';
const MAX_PIECE_BYTES = 1_000_000;
const MAX_PIECES = 2_000;
const READERS = new Map([
  ['image/jpeg', readJpeg],
  ['image/png', readPng],
  ['image/webp', readWebp],
  ['image/tiff', (file: ReadableFile) => readTiffFile(file)],
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
export async function readMetadata(file: ReadableFile, type: string): Promise<FileMetadata | null> {
  const reader = READERS.get(type);
  try {
    return await (reader ? reader(file) : readSound(file, type));
  } catch {
    return null;
  }
}

export function readableBytes(bytes: Uint8Array): ReadableFile {
  return { size: bytes.length, bytes: async (from, length) => bytes.subarray(from, from + length) };
}

async function readTiffFile(file: ReadableFile): Promise<FileMetadata> {
  return { place: false, ...readTiff(await file.bytes(0, MAX_PIECE_BYTES)) };
}

async function readJpeg(file: ReadableFile): Promise<FileMetadata> {
  let metadata: FileMetadata = { place: false };
  for (let at = 2, n = 0; at + 4 <= file.size && n < MAX_PIECES; n++) {
    const head = await file.bytes(at, 4);
    if (head[0] !== 0xff || head[1] === 0xda || head[1] === 0xd9) break;
    if (head[1] === 0xff) {
      at += 1; // padding
      continue;
    }
    const length = ((head[2] ?? 0) << 8) | (head[3] ?? 0);
    if (length < 2) break;
    if (head[1] === 0xe1) metadata = mergeMetadata(metadata, readSegment(await file.bytes(at + 4, length - 2)));
    at += 2 + length;
  }
  return metadata;
}

function readSegment(bytes: Uint8Array): FileMetadata {
  const start = String.fromCharCode(...bytes.subarray(0, XMP.length));
  if (start.startsWith(EXIF)) return readTiff(bytes.subarray(EXIF.length));
  return start === XMP ? { place: includesWord(bytes, GPS_TAG) } : {};
}

async function readPng(file: ReadableFile): Promise<FileMetadata> {
  let metadata: FileMetadata = { place: false };
  for (let at = 8, n = 0; at + 12 <= file.size && n < MAX_PIECES; n++) {
    const head = await file.bytes(at, 8);
    const length = new DataView(head.buffer, head.byteOffset, head.length).getUint32(0);
    const type = String.fromCharCode(...head.subarray(4, 8));
    if (type === 'IEND') break;
    if (type === 'eXIf')
      metadata = mergeMetadata(metadata, readTiff(await file.bytes(at + 8, Math.min(length, MAX_PIECE_BYTES))));
    if (type === 'iTXt')
      metadata = mergeMetadata(metadata, {
        place: includesWord(await file.bytes(at + 8, Math.min(length, MAX_PIECE_BYTES)), GPS_TAG),
      });
    at += 12 + length;
  }
  return metadata;
}

async function readWebp(file: ReadableFile): Promise<FileMetadata> {
  let metadata: FileMetadata = { place: false };
  for (let at = 12, n = 0; at + 8 <= file.size && n < MAX_PIECES; n++) {
    const head = await file.bytes(at, 8);
    const length = new DataView(head.buffer, head.byteOffset, head.length).getUint32(4, true);
    const type = String.fromCharCode(...head.subarray(0, 4));
    const content =
      type === 'EXIF' || type === 'XMP ' ? await file.bytes(at + 8, Math.min(length, MAX_PIECE_BYTES)) : null;
    if (content && type === 'EXIF')
      metadata = mergeMetadata(
        metadata,
        readTiff(String.fromCharCode(...content.subarray(0, 6)) === EXIF ? content.subarray(6) : content),
      );
    else if (content) metadata = mergeMetadata(metadata, { place: includesWord(content, GPS_TAG) });
    at += 8 + length + (length % 2);
  }
  return metadata;
}

/** A location in any of the pieces counts. */
function mergeMetadata(a: FileMetadata, b: FileMetadata): FileMetadata {
  return { ...a, ...b, place: Boolean(a.place || b.place) };
}

/** @param word in ASCII */
function includesWord(bytes: Uint8Array, word: string) {
  return new TextDecoder('latin1').decode(bytes).includes(word);
}
