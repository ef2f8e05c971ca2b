/**
 * The size of a picture as its header states it. It is read before the picture is decoded, because a small file can
 * state a size that no phone has memory for.
 */
const FIRST_BYTES = 64;
const SEGMENT_BYTES = 9;
const MAX_SEGMENTS = 2_000;
/** Start of frame: C0 to CF, without the tables C4, C8 and CC among them. */
const isStartOfFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** In pixels, before a rotation that the file asks for. */
export type StatedSize = { width: number; height: number; isJpeg: boolean };

/**
 * Read the size of a JPEG, PNG, GIF, WebP or BMP.
 * @returns null for another format, and for a header that is cut off
 */
export async function readStatedSize(file: Blob): Promise<StatedSize | null> {
  const view = await viewOf(file, 0, FIRST_BYTES);
  const is = (text: string, at = 0) => [...text].every((letter, n) => view.getUint8(at + n) === letter.charCodeAt(0));
  try {
    if (view.getUint16(0) === 0xffd8) return await readJpegSize(file);
    if (is('\x89PNG') && is('IHDR', 12)) return sizeOfOther(view.getUint32(16), view.getUint32(20));
    if (is('GIF8')) return sizeOfOther(view.getUint16(6, true), view.getUint16(8, true));
    if (is('BM')) return sizeOfOther(Math.abs(view.getInt32(18, true)), Math.abs(view.getInt32(22, true)));
    return is('RIFF') && is('WEBP', 8) ? readWebpSize(view, is) : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const sizeOfOther = (width: number, height: number): StatedSize => ({ width, height, isJpeg: false });

async function viewOf(file: Blob, from: number, length: number) {
  return new DataView(await file.slice(from, from + length).arrayBuffer());
}

/** @throws RangeError if it is cut off */
async function readJpegSize(file: Blob): Promise<StatedSize | null> {
  for (let at = 2, n = 0; n < MAX_SEGMENTS; n++) {
    const segment = await viewOf(file, at, SEGMENT_BYTES);
    const marker = segment.getUint8(1);
    if (segment.getUint8(0) !== 0xff) return null;
    if (isStartOfFrame(marker)) return { width: segment.getUint16(7), height: segment.getUint16(5), isJpeg: true };
    // FF before a marker is padding.
    at += marker === 0xff ? 1 : 2 + segment.getUint16(2);
  }
  return null;
}

/** @throws RangeError if it is cut off */
function readWebpSize(view: DataView, is: (text: string, at: number) => boolean): StatedSize | null {
  if (is('VP8X', 12)) return sizeOfOther(1 + readUint24(view, 24), 1 + readUint24(view, 27));
  if (is('VP8 ', 12)) return sizeOfOther(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  if (!is('VP8L', 12)) return null;
  const sizes = view.getUint32(21, true);
  return sizeOfOther(1 + (sizes & 0x3fff), 1 + ((sizes >>> 14) & 0x3fff));
}

function readUint24(view: DataView, at: number) {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}
