/**
 * A picture made ready for the engine: dark letters on white, whatever the colour of a bubble or the theme, and small
 * type made larger. The picture that is kept is never changed.
 */
import { difference, findSurfaces } from './surfaces.js';
import type { Box, PictureText, Pixels } from './picture_text.js';
import type { Surfaces } from './surfaces.js';

/** A picture is made larger until it is this wide, at most twice as wide. */
const WIDTH_PIXELS = 1400;
const MAX_PIXELS = 12_000_000;
/** Differences of 255 below this one are the pattern of a page, not ink. */
const NO_INK = 28;
const FULL_INK = 110;

/**
 * @returns a picture that is up to twice as large, for the engine alone. `inPicture` turns what was read back to the
 *   size of the picture. Pixels that cannot be used are returned as they are.
 */
export function prepareForReading(pixels: Pixels): Pixels {
  const surfaces = findSurfaces(pixels);
  if (!surfaces) return pixels;
  return enlarge(inkOf(pixels, surfaces), pixels.width, pixels.height);
}

/** Turn the boxes of what was read in a prepared picture into pixels of a picture of this size. */
export function inPicture(text: PictureText, width: number, height: number): PictureText {
  const [across, down] = [width / text.width, height / text.height];
  const scaled = ([left, top, right, bottom]: Box): Box => [left * across, top * down, right * across, bottom * down];
  return {
    ...text,
    width,
    height,
    lines: text.lines.map((line) => ({
      box: scaled(line.box),
      words: line.words.map((word) => ({
        ...word,
        box: scaled(word.box),
        ...(word.capital === undefined ? {} : { capital: word.capital * down }),
      })),
    })),
  };
}

/** Return one byte a pixel: 255 where the surface shows, 0 where there is ink. */
export function inkOf({ width, height, data }: Pixels, surfaces: Surfaces): Uint8Array {
  const { step, columns, rows, colours, labels } = surfaces;
  const ink = new Uint8Array(width * height).fill(255);
  const before = new Int32Array(columns);
  const after = new Int32Array(columns);
  const colourAt = (row: number, column: number): number => {
    if (row < 0 || row >= rows || column < 0 || column >= columns) return -1;
    const at = row * columns + column;
    return labels[at] === -1 ? -1 : (colours[at] as number);
  };
  for (let row = 0; row < rows; row++) {
    let last = -1;
    for (let column = 0; column < columns; column++) {
      const own = colourAt(row, column);
      if (own !== -1) last = own;
      before[column] = last;
    }
    last = -1;
    for (let column = columns - 1; column >= 0; column--) {
      const own = colourAt(row, column);
      if (own !== -1) last = own;
      after[column] = last;
    }
    const bottom = row === rows - 1 ? height : (row + 1) * step;
    for (let column = 0; column < columns; column++) {
      const near = [
        before[column] as number,
        after[column] as number,
        before[Math.max(0, column - 1)] as number,
        after[Math.min(columns - 1, column + 1)] as number,
        colourAt(row - 1, column),
        colourAt(row + 1, column),
      ].filter((colour) => colour !== -1);
      const first = near[0];
      if (first === undefined) continue;
      const second = near.find((colour) => difference(colour, first) > 6) ?? first;
      const between = difference(first, second);
      const right = column === columns - 1 ? width : (column + 1) * step;
      for (let y = row * step; y < bottom; y++)
        for (let x = column * step; x < right; x++) {
          const at = (y * width + x) * 4;
          const colour = ((data[at] as number) << 16) | ((data[at + 1] as number) << 8) | (data[at + 2] as number);
          const [one, other] = [difference(colour, first), difference(colour, second)];
          const distance = Math.min(one, other);
          if (distance < NO_INK) continue;
          // The softened edge of a bubble is a mixture of its colour and the page's.
          if (between > 6 && one + other < between + 12) continue;
          ink[y * width + x] = 255 - Math.min(255, Math.round(((distance - NO_INK) * 255) / FULL_INK));
        }
    }
  }
  return ink;
}

function enlarge(ink: Uint8Array, width: number, height: number): Pixels {
  const wanted = Math.min(2, Math.max(1, WIDTH_PIXELS / width), Math.sqrt(MAX_PIXELS / (width * height)));
  const scale = Math.max(1, wanted);
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const data = new Uint8ClampedArray(size.width * size.height * 4).fill(255);
  const out = new Uint32Array(data.buffer);
  for (let y = 0; y < size.height; y++) {
    const fromY = Math.min(height - 1, Math.max(0, (y + 0.5) / scale - 0.5));
    const top = Math.floor(fromY);
    const down = fromY - top;
    const row = top * width;
    const next = Math.min(height - 1, top + 1) * width;
    for (let x = 0; x < size.width; x++) {
      const fromX = Math.min(width - 1, Math.max(0, (x + 0.5) / scale - 0.5));
      const left = Math.floor(fromX);
      const across = fromX - left;
      const right = Math.min(width - 1, left + 1);
      const upper = (ink[row + left] as number) * (1 - across) + (ink[row + right] as number) * across;
      const lower = (ink[next + left] as number) * (1 - across) + (ink[next + right] as number) * across;
      const grey = Math.round(upper * (1 - down) + lower * down);
      out[y * size.width + x] = (255 << 24) | (grey << 16) | (grey << 8) | grey;
    }
  }
  return { ...size, data };
}
