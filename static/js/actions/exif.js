/** Whether a JPEG carries the place it was taken. Reads the file's own directory and nothing more; never throws. */

const EXIF = 'Exif\0\0';
const GPS_TAG = 0x8825;

/** @param {Uint8Array} first the first part of the file @returns {boolean|null} null when this cannot be told */
export function hasPlace(first) {
  try {
    if (first[0] !== 0xff || first[1] !== 0xd8) return null;
    const view = new DataView(first.buffer, first.byteOffset, first.length);
    for (let at = 2; at + 4 <= first.length && first[at] === 0xff && first[at + 1] !== 0xda;) {
      const length = view.getUint16(at + 2);
      if (first[at + 1] === 0xe1 && String.fromCharCode(...first.subarray(at + 4, at + 10)) === EXIF) return hasGps(view, at + 10);
      at += 2 + length;
    }
    return false;
  } catch {
    return null;
  }
}

/** @param {DataView} view @param {number} tiff where the directory's own counting begins */
function hasGps(view, tiff) {
  const little = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, little);
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i++) if (view.getUint16(directory + 2 + 12 * i, little) === GPS_TAG) return true;
  return false;
}
