import type { Bytes } from '../core/bytes.js';

type Wish = { purpose: Copy['purpose']; width: number; quality: number; most: number };

const TYPE = 'image/jpeg';
const COPIES: readonly Wish[] = [
  { purpose: 'print', width: 900, quality: 0.8, most: 12_000 },
  { purpose: 'preview', width: 320, quality: 0.6, most: 4_000 },
];
const STILL = { purpose: 'preview', width: 640, quality: 0.7, most: 4_000 } as Wish;
const MASKED = { purpose: 'masked', width: 900, quality: 0.8, most: 12_000 } as Wish;
const PIXELS = 40_000_000;
/** Ms to wait for a video; one that shows nothing by then gets no still. */
const PATIENCE = 4_000;

/** Called once by main.js. */
export function browserPictures(): Required<Pictures> {
  return { make, film, mask };
}

/**
 * Paint the boxes into the pixels of a re-encoded copy: it contains nothing of what they cover.
 * @param print the print copy
 * @param boxes in its pixels
 */
async function mask(print: Blob, boxes: readonly Box[]): Promise<Copy | null> {
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

/** Make a still of a film, and measure the duration of a film or a sound; null if this browser cannot play it. */
async function film(file: Blob) {
  const url = URL.createObjectURL(file);
  const player = document.createElement('video');
  Object.assign(player, { muted: true, playsInline: true, preload: 'auto' });
  try {
    player.src = url;
    await heard(player, 'loadeddata');
    if (player.duration === Infinity) {
      // A recording made in a browser has no duration until its end was sought.
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

function heard(player: HTMLVideoElement, name: string): Promise<void> {
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

/** @returns print copy first; null when this browser cannot decode it */
async function make(file: Blob): Promise<Copy[] | null> {
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

async function copyOf(
  picture: ImageBitmap | HTMLVideoElement,
  { purpose, width: wide, quality, most }: Wish,
  over?: (pen: CanvasRenderingContext2D) => void,
): Promise<Copy> {
  const scale = Math.min(1, wide / picture.width, most / picture.height);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas =
    typeof OffscreenCanvas === 'function'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d', { alpha: false }) as CanvasRenderingContext2D;
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

function encoded(canvas: OffscreenCanvas | HTMLCanvasElement, quality: number): Promise<Blob> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: TYPE, quality });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), TYPE, quality);
  });
}

export type Purpose = 'print' | 'preview' | 'masked';

/** A copy as the browser made it, not sealed yet. */
export type Copy = {
  purpose: Purpose;
  bytes: Bytes;
  width: number;
  height: number;
  media_type: string;
  recipe: string;
};

/** A covered part of a picture, in pixels of the print copy. */
export type Box = { x: number; y: number; w: number; h: number };

/** What a browser makes of a picture; null if it cannot. */
export type Pictures = {
  make(bytes: Blob): Promise<Copy[] | null>;
  /** a still of a film, and the duration of a film or a sound; absent where nothing can play */
  film?(bytes: Blob): Promise<{ made: Copy[]; duration_ms?: number } | null>;
  /** a copy of a print copy with boxes painted over it */
  mask?(bytes: Blob, boxes: Box[]): Promise<Copy | null>;
};
