/**
 * A picture made ready for the engine: dark letters on white, whatever the colour of a bubble or the theme. The picture
 * that is kept is never changed.
 */
import { difference } from './surfaces.js';
import type { Box, PictureText, Pixels } from './picture_text.js';
import type { Surfaces } from './surfaces.js';

/** Differences of 255 below this one are the pattern of a page, not ink. */
const NO_INK = 28;
const FULL_INK = 110;

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
          // Most of a screenshot is the very colour of its surface.
          if (colour === first || colour === second) continue;
          const one = difference(colour, first);
          const other = difference(colour, second);
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
