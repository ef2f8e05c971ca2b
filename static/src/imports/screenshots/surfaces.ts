/**
 * The flat surfaces of a screenshot: the page, its bars, each bubble. They are found on a grid of single pixels, so
 * that a picture of 20,000 rows costs little and no softened edge joins a bubble to the page.
 */
import type { Box, Pixels } from './picture_text.js';

/** Cells across the narrower side of a picture, at most twice as many. */
const CELLS_ACROSS = 360;
/** The side, in cells, of the smallest square that counts as a surface. The strokes of letters are thinner. */
const SQUARE = 4;
/** Steps of 255 by which neighbours of one surface may differ, per channel: a gradient, but not an edge. */
const SAME_COLOUR = 3;
const MAX_CELLS = 12_000_000;

/** `box`: in pixels of the picture; `colour`: 0xRRGGBB in its middle; `cells`: how much of the grid it covers */
export type Surface = { box: Box; colour: number; cells: number };
/** `labels`: the place of each cell's surface in `surfaces`, or -1; `step`: pixels to a cell */
export type Surfaces = {
  step: number;
  columns: number;
  rows: number;
  colours: Uint32Array;
  labels: Int32Array;
  surfaces: Surface[];
};

/** Return the largest difference of two 0xRRGGBB colours in one channel. */
export function difference(one: number, other: number): number {
  return Math.max(
    Math.abs((one >> 16) - (other >> 16)),
    Math.abs(((one >> 8) & 255) - ((other >> 8) & 255)),
    Math.abs((one & 255) - (other & 255)),
  );
}

/** @returns null for pixels that are missing, cut short or too many */
export function findSurfaces({ width, height, data }: Pixels): Surfaces | null {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 15 && height > 15)) return null;
  if (data.length < width * height * 4) return null;
  const step = Math.max(1, Math.floor(Math.min(width, height) / CELLS_ACROSS));
  const columns = Math.floor(width / step);
  const rows = Math.floor(height / step);
  if (columns * rows > MAX_CELLS) return null;
  const colours = sample(data, width, step, columns, rows);
  const flat = flatCells(colours, columns, rows);
  grow(colours, flat, columns);
  return { step, columns, rows, colours, ...label(colours, flat, columns, rows, step) };
}

function sample(data: Uint8ClampedArray, width: number, step: number, columns: number, rows: number): Uint32Array {
  const colours = new Uint32Array(columns * rows);
  const middle = step >> 1;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = ((row * step + middle) * width + column * step + middle) * 4;
      colours[row * columns + column] =
        ((data[at] as number) << 16) | ((data[at + 1] as number) << 8) | (data[at + 2] as number);
    }
  return colours;
}

/** Mark each cell that lies in a square of one colour. */
function flatCells(colours: Uint32Array, columns: number, rows: number): Uint8Array {
  const sizes = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      sizes[at] = 1;
      if (!row || !column) continue;
      const colour = colours[at] as number;
      const same =
        difference(colour, colours[at - 1] as number) <= SAME_COLOUR &&
        difference(colour, colours[at - columns] as number) <= SAME_COLOUR &&
        difference(colour, colours[at - columns - 1] as number) <= SAME_COLOUR;
      if (same)
        sizes[at] = Math.min(
          SQUARE,
          1 + Math.min(sizes[at - 1] as number, sizes[at - columns] as number, sizes[at - columns - 1] as number),
        );
    }
  const across = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    let left = 0;
    for (let column = columns - 1; column >= 0; column--) {
      const at = row * columns + column;
      left = sizes[at] === SQUARE ? SQUARE : left - 1;
      across[at] = left > 0 ? 1 : 0;
    }
  }
  const flat = new Uint8Array(columns * rows);
  for (let column = 0; column < columns; column++) {
    let left = 0;
    for (let row = rows - 1; row >= 0; row--) {
      const at = row * columns + column;
      left = across[at] ? Math.max(SQUARE, left) : left - 1;
      flat[at] = left > 0 ? 1 : 0;
    }
  }
  return flat;
}

/** Let surfaces grow into cells of their own colour: into corners and between letters. */
function grow(colours: Uint32Array, flat: Uint8Array, columns: number): void {
  const take = (at: number, from: number): void => {
    if (!flat[at] && flat[from] && difference(colours[at] as number, colours[from] as number) <= SAME_COLOUR)
      flat[at] = 1;
  };
  for (let pass = 0; pass < 2; pass++) {
    for (let at = columns + 1; at < flat.length; at++) {
      if (at % columns) take(at, at - 1);
      take(at, at - columns);
    }
    for (let at = flat.length - columns - 2; at >= 0; at--) {
      if ((at + 1) % columns) take(at, at + 1);
      take(at, at + columns);
    }
  }
}

function label(
  colours: Uint32Array,
  flat: Uint8Array,
  columns: number,
  rows: number,
  step: number,
): { labels: Int32Array; surfaces: Surface[] } {
  const labels = new Int32Array(columns * rows).fill(-1);
  const surfaces: Surface[] = [];
  const waiting: number[] = [];
  for (let start = 0; start < flat.length; start++) {
    if (!flat[start] || labels[start] !== -1) continue;
    const no = surfaces.length;
    labels[start] = no;
    waiting.push(start);
    let [left, top, right, bottom, cells] = [columns, rows, 0, 0, 0];
    const join = (at: number, next: number): void => {
      if (!flat[next] || labels[next] !== -1) return;
      if (difference(colours[at] as number, colours[next] as number) > SAME_COLOUR) return;
      labels[next] = no;
      waiting.push(next);
    };
    while (waiting.length) {
      const at = waiting.pop() as number;
      const column = at % columns;
      const row = (at - column) / columns;
      cells++;
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
      if (column) join(at, at - 1);
      if (column < columns - 1) join(at, at + 1);
      if (row) join(at, at - columns);
      if (row < rows - 1) join(at, at + columns);
    }
    const box: Box = [left * step, top * step, (right + 1) * step, (bottom + 1) * step];
    surfaces.push({ box, colour: colours[start] as number, cells });
  }
  return { labels, surfaces };
}
