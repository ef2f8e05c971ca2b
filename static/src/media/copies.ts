/**
 * Copies of a picture, for print and for the screen, without what is not picture. They are made in a worker where the
 * browser can (copies_worker.ts), else on the page.
 */
import { IMAGE_LIMIT_PIXELS, JPEG_LIMIT_PIXELS, PRINT_WHOLE_PIXELS, PRINT_WIDTH_PIXELS } from '../core/constants.js';
import { readStatedSize } from './picture_size.js';
import { withoutMetadata } from './plain_jpeg.js';
import type { Bytes } from '../core/bytes.js';

export type CopyPurpose = 'print' | 'preview' | 'masked';

/** A copy as the browser made it, not sealed yet. */
export type ImageCopy = {
  purpose: CopyPurpose;
  bytes: Bytes;
  width: number;
  height: number;
  media_type: string;
  recipe: string;
};

/** A covered part of a picture, in pixels of the print copy. */
export type MaskBox = { x: number; y: number; w: number; h: number };

type CopySpec = { purpose: ImageCopy['purpose']; width: number; quality: number; maxHeight: number };

const TYPE = 'image/jpeg';
/** The longest side of a copy for print. A larger canvas fails in some browsers. */
const PRINT_LENGTH_PIXELS = 12_000;
/** The width at which a very large picture is decoded, and the height of a very wide one. */
const DECODED_PIXELS = 2 * PRINT_WIDTH_PIXELS;
const COPY_SPECS: readonly CopySpec[] = [
  { purpose: 'print', width: PRINT_WIDTH_PIXELS, quality: 0.8, maxHeight: PRINT_LENGTH_PIXELS },
  { purpose: 'preview', width: 320, quality: 0.6, maxHeight: 4_000 },
];
const STILL_SPEC = { purpose: 'preview', width: 640, quality: 0.7, maxHeight: 4_000 } as CopySpec;
const MASKED_SPEC = { ...COPY_SPECS[0], purpose: 'masked' } as CopySpec;

/** @returns print copy first; null when this browser cannot decode it */
export async function makeCopies(file: Blob): Promise<ImageCopy[] | null> {
  const image = await decode(file).catch(() => null);
  if (!image) return null;
  try {
    const copies = [];
    for (const spec of COPY_SPECS) copies.push(await copyOf(image, spec));
    return copies;
  } catch {
    return null;
  } finally {
    image.close();
  }
}

/**
 * Decode a picture, a very large JPEG at a smaller size. The limits are those of a pack's worker.
 * @returns null for a picture of more pixels than its format may have
 */
async function decode(file: Blob): Promise<ImageBitmap | null> {
  const stated = await readStatedSize(file);
  const pixels = stated ? stated.width * stated.height : 0;
  if (pixels > (stated?.isJpeg ? JPEG_LIMIT_PIXELS : IMAGE_LIMIT_PIXELS)) return null;
  if (pixels > IMAGE_LIMIT_PIXELS) return decodeAtSize(file);
  const image = await createImageBitmap(file);
  if (image.width * image.height <= IMAGE_LIMIT_PIXELS) return image;
  image.close();
  return null;
}

/** The browser tells the shape, because the header states the size before the picture is turned as the file asks. */
async function decodeAtSize(file: Blob): Promise<ImageBitmap> {
  const image = await createImageBitmap(file, { resizeWidth: DECODED_PIXELS, resizeQuality: 'high' });
  if (!isWide(image)) return image;
  image.close();
  return createImageBitmap(file, { resizeHeight: DECODED_PIXELS, resizeQuality: 'high' });
}

/** Return whether a picture is too wide to be read in one piece. */
function isWide({ width, height }: { width: number; height: number }) {
  return width * PRINT_WIDTH_PIXELS > height * PRINT_WHOLE_PIXELS;
}

/** Return the size of a copy. What is too wide to be read in one piece is limited in height instead of width. */
export function copySize(image: { width: number; height: number }, { purpose, width: maxWidth, maxHeight }: CopySpec) {
  const [widest, highest] = purpose !== 'preview' && isWide(image) ? [maxHeight, maxWidth] : [maxWidth, maxHeight];
  const scale = Math.min(1, widest / image.width, highest / image.height);
  return {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  };
}

async function copyOf(
  image: ImageBitmap | HTMLVideoElement,
  spec: CopySpec,
  drawOver?: (context: CanvasRenderingContext2D) => void,
): Promise<ImageCopy> {
  const { purpose, quality } = spec;
  const { width, height } = copySize(image, spec);
  const canvas =
    typeof OffscreenCanvas === 'function'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { alpha: false }) as CanvasRenderingContext2D;
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  drawOver?.(context);
  const blob = await encodeImage(canvas, quality);
  return {
    purpose,
    // As pages print it, so that its digest is that of the picture in 04.
    bytes: withoutMetadata(new Uint8Array(await blob.arrayBuffer())) as Bytes,
    width,
    height,
    media_type: TYPE,
    recipe: `width ${width}, jpeg quality ${Math.round(quality * 100)}`,
  };
}

function encodeImage(canvas: OffscreenCanvas | HTMLCanvasElement, quality: number): Promise<Blob> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: TYPE, quality });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), TYPE, quality);
  });
}

/**
 * Paint the boxes into the pixels of a re-encoded copy: it contains nothing of what they cover.
 * @param print the print copy
 * @param boxes in its pixels
 */
export async function maskCopy(print: Blob, boxes: readonly MaskBox[]): Promise<ImageCopy | null> {
  const image = await createImageBitmap(print).catch(() => null);
  if (!image) return null;
  try {
    return await copyOf(image, MASKED_SPEC, (context) => {
      context.fillStyle = 'black';
      for (const { x, y, w, h } of boxes) context.fillRect(x, y, w, h);
    });
  } finally {
    image.close();
  }
}

/** Return a copy of the frame that a film shows. */
export function copyStill(film: HTMLVideoElement): Promise<ImageCopy> {
  return copyOf(film, STILL_SPEC);
}
