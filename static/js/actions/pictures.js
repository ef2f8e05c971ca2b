/**
 * Print copy and preview of a picture, made by the browser that keeps it: decoded and encoded again, so that nothing
 * of the file's own description (place, owner, camera) is in them. What the browser cannot decode (HEIC in Chromium)
 * has neither, and is kept just as it came.
 */

/** @typedef {{purpose: 'print'|'preview', bytes: Uint8Array, width: number, height: number, media_type: string, recipe: string}} Copy */

const TYPE = 'image/jpeg';
const COPIES = /** @type {const} */ ([
  { purpose: 'print', width: 900, quality: 0.8, most: 12_000 },
  { purpose: 'preview', width: 320, quality: 0.6, most: 4_000 },
]);
const PIXELS = 40_000_000;

/** Made once by main.js. @returns {{make(file: Blob): Promise<Copy[]|null>}} */
export function browserPictures() {
  return { make };
}

/** @param {Blob} file @returns {Promise<Copy[]|null>} print copy first; null when this browser cannot decode it */
async function make(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return null;
  }
  try {
    if (picture.width * picture.height > PIXELS) return null;
    const copies = [];
    for (const wish of COPIES) copies.push(await copyOf(picture, wish));
    return copies;
  } catch {
    return null;
  } finally {
    picture.close();
  }
}

/** @param {ImageBitmap} picture @param {typeof COPIES[number]} wish @returns {Promise<Copy>} */
async function copyOf(picture, { purpose, width: wide, quality, most }) {
  const scale = Math.min(1, wide / picture.width, most / picture.height);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas = typeof OffscreenCanvas === 'function' ? new OffscreenCanvas(width, height) : Object.assign(document.createElement('canvas'), { width, height });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
  pen.fillStyle = 'white';
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(picture, 0, 0, width, height);
  const blob = await encoded(canvas, quality);
  return { purpose, bytes: new Uint8Array(await blob.arrayBuffer()), width, height, media_type: TYPE, recipe: `width ${width}, jpeg quality ${Math.round(quality * 100)}` };
}

/** @param {OffscreenCanvas|HTMLCanvasElement} canvas @param {number} quality @returns {Promise<Blob>} */
function encoded(canvas, quality) {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: TYPE, quality });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), TYPE, quality);
  });
}
