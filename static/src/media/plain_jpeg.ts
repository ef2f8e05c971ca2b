/**
 * A JPEG without anything but its picture. Browsers write a colour profile into the copies they make, and pages of
 * packs take a picture only without one: diary/pack/plain_jpeg.py has the list.
 */

const START_OF_SCAN = 0xda;
const HEADER_BYTES = 16;
/** Frames, tables, restart interval, scans, and the JFIF header */
const KEPT_MARKERS = new Set([0xc0, 0xc1, 0xc2, 0xc4, 0xdb, 0xdd, START_OF_SCAN, 0xe0]);

/** Return a JPEG without its other segments, such as EXIF and colour profiles; other bytes are returned as they are. */
export function withoutMetadata(jpeg: Uint8Array): Uint8Array {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  if (jpeg.length < 4 || view.getUint16(0) !== 0xffd8) return jpeg;
  const kept = [jpeg.subarray(0, 2)];
  let position = 2;
  while (position + 4 <= jpeg.length && jpeg[position] === 0xff) {
    const marker = jpeg[position + 1] as number;
    const length = view.getUint16(position + 2);
    if (marker === START_OF_SCAN) break;
    const isKept = KEPT_MARKERS.has(marker) && !(marker === 0xe0 && length !== HEADER_BYTES);
    if (isKept) kept.push(jpeg.subarray(position, position + 2 + length));
    position += 2 + length;
  }
  if (jpeg[position + 1] !== START_OF_SCAN) return jpeg;
  kept.push(jpeg.subarray(position));
  const plain = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of kept) {
    plain.set(part, at);
    at += part.length;
  }
  return plain;
}
