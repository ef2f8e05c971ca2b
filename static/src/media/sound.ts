/**
 * How long a sound or film is by its own header: WAV, FLAC, AMR, Ogg (Opus, Vorbis, Speex), MP3, WebM and Matroska. Of
 * some, also when they were made. MP4 and QuickTime are read in iso_bmff.ts.
 *
 * [Note: no estimate] An MP3 without a frame count, and a WebM as browsers record it, do not say how long they are. The
 * length could only be estimated from their size, so none is returned. A header that does not fit its file, or a file
 * that is cut off, has none either.
 */
import { parseLocalTime } from './tiff.js';
import type { FileMetadata, ReadableFile } from './file_peek.js';

const MAX_CHUNKS = 200;
/** An hour of AMR has 6 MB. Its frames have to be counted. */
const MAX_AMR_BYTES = 20_000_000;
const HEADER_BYTES = 1 << 16;
const MAX_DAYS = 30;
/** Bytes of a frame of 20 ms by its type, with the byte that gives the type. */
const AMR_FRAMES = [13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1];
const AMR_WB_FRAMES = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1];
const MP3_RATES = [44_100, 48_000, 32_000];
/** 2001-01-01, the epoch of Matroska. */
const MATROSKA_EPOCH = Date.UTC(2001, 0, 1);
const [SEGMENT, INFO, SCALE, DURATION, DATE] = [0x18538067, 0x1549a966, 0x2ad7b1, 0x4489, 0x4461];

/** @param type detected from the first bytes */
export async function readSound(file: ReadableFile, type: string): Promise<FileMetadata | null> {
  const readers: Record<string, (file: ReadableFile) => Promise<FileMetadata>> = {
    'audio/wav': readWav,
    'audio/flac': readFlac,
    'audio/amr': readAmr,
    'application/ogg': readOgg,
    'audio/mpeg': readMp3,
    'audio/webm': readMatroska,
    'video/webm': readMatroska,
  };
  const metadata = (await readers[type]?.(file)) ?? {};
  return Object.keys(metadata).length ? metadata : null;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));

function lasting(seconds: number): FileMetadata {
  const ms = Math.round(seconds * 1000);
  return ms > 0 && ms < MAX_DAYS * 86_400_000 ? { duration_ms: ms } : {};
}

/** RIFF chunks; `bext` is the extension of broadcasters (EBU Tech 3285). */
async function readWav(file: ReadableFile): Promise<FileMetadata> {
  let bytesPerSecond = 0;
  let made: FileMetadata = {};
  for (let at = 12, n = 0; at + 8 <= file.size && n < MAX_CHUNKS; n++) {
    const head = viewOf(await file.bytes(at, 8));
    const [name, size] = [ascii(new Uint8Array(head.buffer, head.byteOffset, 4), 0, 4), head.getUint32(4, true)];
    if (at + 8 + size > file.size) return made;
    if (name === 'fmt ' && size >= 16) bytesPerSecond = viewOf(await file.bytes(at + 8, 16)).getUint32(8, true);
    if (name === 'bext' && size >= 338) {
      const [date, time] = (await Promise.all([file.bytes(at + 328, 10), file.bytes(at + 338, 8)])).map((bytes) =>
        ascii(bytes, 0, bytes.length),
      );
      const taken = parseLocalTime(`${date?.replace(/[-_. /]/g, ':')} ${time?.replace(/[-_. ]/g, ':')}`);
      if (taken) made = { taken_local: taken };
    }
    if (name === 'data') return { ...made, ...(bytesPerSecond ? lasting(size / bytesPerSecond) : {}) };
    at += 8 + size + (size % 2);
  }
  return made;
}

/** The first block (RFC 9639) has the sample rate in 20 bits and the number of samples in 36. */
async function readFlac(file: ReadableFile): Promise<FileMetadata> {
  const bytes = await file.bytes(4, 38);
  if (bytes.length < 38 || ((bytes[0] as number) & 127) !== 0) return {};
  const data = viewOf(bytes);
  const rate = data.getUint32(14) >>> 12;
  const samples = ((bytes[17] as number) & 15) * 2 ** 32 + data.getUint32(18);
  return rate ? lasting(samples / rate) : {};
}

/** Frames of 20 ms (RFC 4867). */
async function readAmr(file: ReadableFile): Promise<FileMetadata> {
  const start = ascii(await file.bytes(0, 9), 0, 9);
  const isWide = start === '#!AMR-WB\n';
  if ((!isWide && !start.startsWith('#!AMR\n')) || file.size > MAX_AMR_BYTES) return {};
  const sizes = isWide ? AMR_WB_FRAMES : AMR_FRAMES;
  let frames = 0;
  for (let at = isWide ? 9 : 6; at < file.size; ) {
    const piece = await file.bytes(at, HEADER_BYTES);
    let place = 0;
    while (place < piece.length) {
      const size = sizes[((piece[place] as number) >> 3) & 15] as number;
      if (!size || at + place + size > file.size) return {};
      frames++;
      place += size;
    }
    at += place;
  }
  return lasting(frames / 50);
}

/** The last page (RFC 3533) gives the position of its last sample. */
async function readOgg(file: ReadableFile): Promise<FileMetadata> {
  const head = await file.bytes(0, 512);
  const content = head.subarray(27 + (head[26] ?? 0));
  const data = viewOf(content);
  const isOpus = ascii(content, 0, 8) === 'OpusHead';
  const rate = isOpus
    ? 48_000
    : ascii(content, 0, 7) === '\x01vorbis'
      ? data.getUint32(12, true)
      : ascii(content, 0, 8) === 'Speex   '
        ? data.getUint32(36, true)
        : 0;
  const serial = viewOf(head).getUint32(14, true);
  const tail = await file.bytes(Math.max(0, file.size - HEADER_BYTES - 27 - 255), HEADER_BYTES + 27 + 255);
  for (let at = 0; rate && at + 27 <= tail.length; at++) {
    if (tail[at] !== 0x4f || ascii(tail, at, at + 4) !== 'OggS') continue;
    const segments = tail.subarray(at + 27, at + 27 + (tail[at + 26] as number));
    // The name of a page can also stand in sound, so only a page that reaches to the end of the file counts.
    if (at + 27 + segments.length + segments.reduce((sum, size) => sum + size, 0) !== tail.length) continue;
    const page = viewOf(tail.subarray(at));
    const position = page.getBigInt64(6, true);
    if (page.getUint32(14, true) !== serial || position < 0n) return {};
    return lasting((Number(position) - (isOpus ? data.getUint16(10, true) : 0)) / rate);
  }
  return {};
}

/** Some encoders write the number of frames into the first one, as `Xing`, `Info` or `VBRI`. */
async function readMp3(file: ReadableFile): Promise<FileMetadata> {
  const tag = await file.bytes(0, 10);
  const size = [6, 7, 8, 9].reduce((sum, i) => sum * 128 + ((tag[i] ?? 0) & 127), 0);
  const start = ascii(tag, 0, 3) === 'ID3' ? 10 + size + ((tag[5] ?? 0) & 16 ? 10 : 0) : 0;
  const frame = await file.bytes(start, 200);
  const [sync = 0, version = 0, rates = 0, channels = 0] = frame;
  if (sync !== 0xff || (version & 0xe6) !== 0xe2) return {};
  const kind = (version >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const rate = (MP3_RATES[(rates >> 2) & 3] ?? 0) / (kind === 3 ? 1 : kind === 2 ? 2 : 4);
  const isMono = channels >> 6 === 3;
  const xing = 4 + (kind === 3 ? (isMono ? 17 : 32) : isMono ? 9 : 17);
  const data = viewOf(frame);
  const hasCount = /^(?:Xing|Info)$/.test(ascii(frame, xing, xing + 4)) && (data.getUint32(xing + 4) & 1) === 1;
  const frames = hasCount ? data.getUint32(xing + 8) : ascii(frame, 36, 40) === 'VBRI' ? data.getUint32(50) : 0;
  return kind !== 1 && rate ? lasting((frames * (kind === 3 ? 1_152 : 576)) / rate) : {};
}

type Element = { id: number; at: number; size: number };

/** An element of EBML (RFC 8794). `size`: -1 if it is not written */
async function elementAt(file: ReadableFile, at: number): Promise<Element | null> {
  const bytes = await file.bytes(at, 12);
  const width = Math.clz32(bytes[0] ?? 0) - 23;
  const sizeWidth = Math.clz32(bytes[width] ?? 0) - 23;
  if (width > 4 || sizeWidth > 8 || bytes.length < width + sizeWidth) return null;
  const id = bytes.subarray(0, width).reduce((sum, byte) => sum * 256 + byte, 0);
  const written = bytes.subarray(width, width + sizeWidth);
  const isUnknown = written.every((byte, i) => byte === (i ? 255 : 2 ** (9 - sizeWidth) - 1));
  const size = written.reduce((sum, byte, i) => sum * 256 + (i ? byte : byte & (2 ** (8 - sizeWidth) - 1)), 0);
  return { id, at: at + width + sizeWidth, size: isUnknown ? -1 : size };
}

async function readMatroska(file: ReadableFile): Promise<FileMetadata> {
  const header = await elementAt(file, 0);
  const segment = header && (await elementAt(file, header.at + header.size));
  if (segment?.id !== SEGMENT) return {};
  for (let at = segment.at, n = 0; n < MAX_CHUNKS; n++) {
    const element = await elementAt(file, at);
    if (!element || element.size < 0) return {};
    if (element.id === INFO) return readInfo(file, element);
    at = element.at + element.size;
  }
  return {};
}

async function readInfo(file: ReadableFile, info: Element): Promise<FileMetadata> {
  let scale = 1_000_000;
  let length = 0;
  let made: FileMetadata = {};
  for (let at = info.at, n = 0; at < info.at + info.size && n < MAX_CHUNKS; n++) {
    const element = await elementAt(file, at);
    if (!element || element.size < 0) break;
    at = element.at + element.size;
    if (element.size > 8) continue;
    const bytes = await file.bytes(element.at, element.size);
    const data = viewOf(bytes);
    if (element.id === SCALE) scale = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (element.id === DURATION && (element.size === 4 || element.size === 8))
      length = element.size === 4 ? data.getFloat32(0) : data.getFloat64(0);
    if (element.id === DATE && element.size === 8) {
      const taken = MATROSKA_EPOCH + Math.round(Number(data.getBigInt64(0)) / 1_000_000);
      if (taken > 0 && taken < 7_258_118_400_000) made = { taken_at: taken };
    }
  }
  return { ...made, ...lasting((length * scale) / 1_000_000_000) };
}
