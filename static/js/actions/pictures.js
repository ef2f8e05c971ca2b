/**
 * Print copy and preview of a picture, made by the browser that keeps it: decoded and encoded again, so that nothing
 * of the file's own description (place, owner, camera) is in them. What the browser cannot decode (HEIC in Chromium)
 * has neither, and is kept just as it came. Of a film one still is made, so that a list of files can be told apart.
 */

/** @typedef {import('./types.d.ts').Copy} Copy */
/** @typedef {import('./types.d.ts').Box} Box */
/** @typedef {{purpose: Copy['purpose'], width: number, quality: number, most: number}} Wish */

const TYPE = 'image/jpeg';
/** @type {readonly Wish[]} */
const COPIES = [
  { purpose: 'print', width: 900, quality: 0.8, most: 12_000 },
  { purpose: 'preview', width: 320, quality: 0.6, most: 4_000 },
];
const STILL = /** @type {Wish} */ ({ purpose: 'preview', width: 640, quality: 0.7, most: 4_000 });
const MASKED = /** @type {Wish} */ ({ purpose: 'masked', width: 900, quality: 0.8, most: 12_000 });
const PIXELS = 40_000_000;
/** A film that shows nothing by then has no still; nobody waits longer for one. */
const PATIENCE = 4_000;

/** Made once by main.js. @returns {Required<import('./types.d.ts').Pictures>} */
export function browserPictures() {
  return { make, film, mask };
}

/**
 * The boxes are painted into the pixels of a copy that is encoded anew: nothing of what they cover is in it.
 * @param {Blob} print the print copy @param {readonly Box[]} boxes in its pixels @returns {Promise<Copy|null>}
 */
async function mask(print, boxes) {
  const picture = await createImageBitmap(print).catch(() => null);
  if (!picture) return null;
  try {
    return await copyOf(picture, MASKED, (pen) => {
      pen.fillStyle = 'black';
      for (const { x, y, w, h } of boxes) pen.fillRect(x, y, w, h);
    });
  } finally {
    picture.close();
  }
}

/** A still of a film and the length of it or of a sound. What this browser cannot play has neither. @param {Blob} file */
async function film(file) {
  const url = URL.createObjectURL(file);
  const player = document.createElement('video');
  Object.assign(player, { muted: true, playsInline: true, preload: 'auto' });
  try {
    player.src = url;
    await heard(player, 'loadeddata');
    if (player.duration === Infinity) {
      // A recording made in a browser says its length only once its end was looked for.
      player.currentTime = 1e9;
      await heard(player, 'durationchange').catch(() => undefined);
      player.currentTime = 0;
      await heard(player, 'seeked').catch(() => undefined);
    }
    const length = Number.isFinite(player.duration) ? { duration_ms: Math.round(player.duration * 1000) } : {};
    const { videoWidth: width, videoHeight: height } = player;
    if (!width || width * height > PIXELS) return { made: [], ...length };
    return { made: [await copyOf(Object.assign(player, { width, height }), STILL)], ...length };
  } catch {
    return null;
  } finally {
    player.removeAttribute('src');
    player.load();
    URL.revokeObjectURL(url);
  }
}

/** @param {HTMLVideoElement} player @param {string} name @returns {Promise<void>} */
function heard(player, name) {
  return new Promise((done, failed) => {
    const late = setTimeout(failed, PATIENCE);
    player.addEventListener('error', failed, { once: true });
    player.addEventListener(
      name,
      () => {
        clearTimeout(late);
        done();
      },
      { once: true },
    );
  });
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

/** @param {ImageBitmap|HTMLVideoElement} picture @param {Wish} wish @param {(pen: CanvasRenderingContext2D) => void} [over] @returns {Promise<Copy>} */
async function copyOf(picture, { purpose, width: wide, quality, most }, over) {
  const scale = Math.min(1, wide / picture.width, most / picture.height);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas =
    typeof OffscreenCanvas === 'function'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
  pen.fillStyle = 'white';
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(picture, 0, 0, width, height);
  over?.(pen);
  const blob = await encoded(canvas, quality);
  return {
    purpose,
    bytes: new Uint8Array(await blob.arrayBuffer()),
    width,
    height,
    media_type: TYPE,
    recipe: `width ${width}, jpeg quality ${Math.round(quality * 100)}`,
  };
}

/** @param {OffscreenCanvas|HTMLCanvasElement} canvas @param {number} quality @returns {Promise<Blob>} */
function encoded(canvas, quality) {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: TYPE, quality });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), TYPE, quality);
  });
}
