/**
 * The worker that reads the words in a picture. It gets pictures that other people may have made, and its policy lets
 * it load scripts of this host and connect to nothing: the page fetches what it needs.
 */
import { IMAGE_LIMIT_PIXELS } from '../../../core/constants.js';
import { answerCalls } from '../../../core/answer_calls.js';
import { inPicture } from '../prepare.js';
import { readScreenshot } from '../reading.js';
import { recogniser } from './recognise.js';
import type { PictureText, Pixels, ProposedRow, ScreenshotReading } from '../picture_text.js';
import type { Decoder, GreyPicture } from './recognise.js';

// Libraries write to the console when they fail, and may quote words.
for (const name of Object.keys(console)) Object.assign(console, { [name]: () => undefined });
// Some browsers draw on the page only.
if (!new OffscreenCanvas(1, 1).getContext('2d')) throw new Error('no drawing in a worker');

/** Letters of a small picture have too few pixels: it is read at twice its size. */
const SMALL_WIDTH_PIXELS = 800;
/** Twice the longest print copy: what is larger would not fit into the memory of an old phone. */
const READ_LIMIT_PIXELS = IMAGE_LIMIT_PIXELS / 2;

/**
 * @param draw what is made of the picture once it is decoded
 * @returns null when the browser cannot decode it, or it has more pixels than are read
 */
async function decode<Result>(picture: Blob, draw: (image: ImageBitmap) => Result): Promise<Result | null> {
  const image = await createImageBitmap(picture).catch(() => null);
  if (!image) return null;
  try {
    return image.width * image.height > READ_LIMIT_PIXELS ? null : draw(image);
  } finally {
    image.close();
  }
}

function drawn(image: ImageBitmap, scale: number): Pixels | null {
  const [width, height] = [image.width * scale, image.height * scale];
  const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) return null;
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}

function greyOf(image: ImageBitmap): GreyPicture | null {
  const scale = image.width < SMALL_WIDTH_PIXELS && image.width * image.height * 4 <= READ_LIMIT_PIXELS ? 2 : 1;
  const pixels = drawn(image, scale);
  if (!pixels) return null;
  const { width, height, data } = pixels;
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += 4)
    grey[i] = ((data[at] ?? 0) * 299 + (data[at + 1] ?? 0) * 587 + (data[at + 2] ?? 0) * 114) / 1000;
  return { width, height, scale, grey };
}

const decoder: Decoder = {
  pixels: (picture) => decode(picture, (image) => drawn(image, 1)),
  grey: (picture) => decode(picture, greyOf),
};

answerCalls({
  ...recogniser(decoder),
  /**
   * Return the rows that a screenshot may have, from the words that were read in it. It needs no engine. The text may
   * be of a copy of another size: the rows are in its pixels.
   */
  async rows(picture: Blob, text: PictureText): Promise<ScreenshotReading | null> {
    const pixels = await decoder.pixels(picture);
    if (!pixels) return null;
    const reading = readScreenshot(inPicture(text, pixels.width, pixels.height), pixels);
    const [across, down] = [text.width / pixels.width, text.height / pixels.height];
    const rows = reading.rows.map((row): ProposedRow => {
      const [left, top, right, bottom] = row.box;
      return { ...row, box: [left * across, top * down, right * across, bottom * down] };
    });
    return { ...reading, rows };
  },
});
