/**
 * The lines of letters in a screenshot, found before the engine reads them. Each becomes a small picture of its own in
 * one size: beside large type the engine loses small type, and across two bubbles it reads one line.
 */
import { around, surfaceAt } from './lines.js';
import { groupAcross, tallHeight, withoutPictures, wordsAcross } from './shapes.js';
import type { Box, Pixels } from './picture_text.js';
import type { Blobs, Ink } from './blobs.js';
import type { Surfaces } from './surfaces.js';

export type { Ink } from './blobs.js';

/** Letters on one line of one surface. `blobs`: their places in `Blobs`; `capital`: how high capitals are, in pixels */
export type Piece = { box: Box; blobs: number[]; surface: number; capital: number };

type Row = { blobs: number[]; box: Box; top: number; bottom: number };

const heightOf = (box: Box): number => box[3] - box[1];
const widthOf = (box: Box): number => box[2] - box[0];

function middle(values: number[]): number {
  const inOrder = [...values].sort((one, other) => one - other);
  return inOrder[inOrder.length >> 1] ?? 0;
}

/** Find the lines of letters, each in one piece, or in several where there are wide gaps. */
export function findPieces(blobs: Blobs, surfaces: Surfaces, pixels: Pixels): Piece[] {
  const { width } = pixels;
  const bySurface = new Map<number, number[]>();
  const unit = width / 360;
  for (const [no, box] of blobs.boxes.entries()) {
    // Lines between parts of the screen, pictures, faces; and single pixels.
    if (heightOf(box) > unit * 34 || widthOf(box) > width * 0.6 || heightOf(box) * widthOf(box) < unit * unit * 0.8)
      continue;
    if (widthOf(box) > unit * 40 && heightOf(box) < unit * 3) continue;
    const surface = surfaceAt(box, surfaces);
    const others = bySurface.get(surface);
    if (others) others.push(no);
    else bySurface.set(surface, [no]);
  }
  return [...bySurface].flatMap(([surface, list]) =>
    linesOn(list, blobs, unit).flatMap((row) => {
      const behind = surfaces.surfaces[surface]?.colour;
      return cut(behind === undefined ? row : withoutPictures(row, blobs, pixels, behind), surface, blobs);
    }),
  );
}

/** Put the blobs of one surface in lines. */
function linesOn(list: number[], blobs: Blobs, unit: number): number[][] {
  const boxOf = (no: number): Box => blobs.boxes[no] as Box;
  const letters = list.filter((no) => heightOf(boxOf(no)) >= unit * 4.2);
  const marks = list.filter((no) => heightOf(boxOf(no)) < unit * 4.2);
  const rows: Row[] = [];
  for (const no of letters.sort((one, other) => boxOf(one)[0] - boxOf(other)[0])) {
    const box = boxOf(no);
    let [best, most] = [null as Row | null, 0];
    for (const row of rows) {
      const common = Math.min(row.bottom, box[3]) - Math.max(row.top, box[1]);
      const part = common / Math.min(row.bottom - row.top, heightOf(box));
      if (part > 0.5 && part > most && box[0] - row.box[2] < Math.max(row.bottom - row.top, heightOf(box)) * 2.5)
        [best, most] = [row, part];
    }
    if (!best) rows.push({ blobs: [no], box: [...box], top: box[1], bottom: box[3] });
    else {
      best.blobs.push(no);
      best.box = around([best.box, box]);
      const recent = best.blobs.slice(-7).map(boxOf);
      best.top = middle(recent.map(([, top]) => top));
      best.bottom = middle(recent.map(([, , , bottom]) => bottom));
    }
  }
  joinRows(rows);
  // Quotation marks are higher than dots: a row that is one of them is no row.
  const low = rows.filter((row) => rows.some((other) => isMarkOf(row.box, other.box)));
  for (const row of low) {
    rows.splice(rows.indexOf(row), 1);
    marks.push(...row.blobs);
  }
  // Dots, accents and dashes belong to the line that is nearest.
  for (const no of marks) {
    const box = boxOf(no);
    let [best, least] = [null as Row | null, Number.POSITIVE_INFINITY];
    for (const row of rows) {
      const height = row.box[3] - row.box[1];
      if (box[0] > row.box[2] + height || box[2] < row.box[0] - height) continue;
      const away = Math.max(0, row.box[1] - box[3], box[1] - row.box[3]);
      if (away > height * 0.4) continue;
      const nearest = Math.min(
        ...row.blobs.map((other) => {
          const [left, top, right, bottom] = boxOf(other);
          return Math.max(0, left - box[2], box[0] - right) + 2 * Math.max(0, top - box[3], box[1] - bottom);
        }),
      );
      if (nearest < least) [best, least] = [row, nearest];
    }
    if (best) best.blobs.push(no);
  }
  return rows.map((row) => row.blobs);
}

/** Join what is beside each other on one line: letters of Arabic scripts stand lower and lower along a word. */
function joinRows(rows: Row[]): void {
  for (const [no, row] of rows.entries())
    for (let at = rows.length - 1; at > no; at--) {
      const { box, blobs } = rows[at] as Row;
      const [high, low] = [Math.max(heightOf(row.box), heightOf(box)), Math.min(heightOf(row.box), heightOf(box))];
      const common = Math.min(row.box[3], box[3]) - Math.max(row.box[1], box[1]);
      const apart = Math.max(row.box[0], box[0]) - Math.min(row.box[2], box[2]);
      if (common < low * 0.6 || apart > high / 2) continue;
      row.blobs.push(...blobs);
      row.box = around([row.box, box]);
      rows.splice(at, 1);
    }
}

/** Return whether a box is small compared with the line that it is in. */
function isMarkOf(mark: Box, line: Box): boolean {
  const height = heightOf(line);
  if (heightOf(mark) > height * 0.55 || widthOf(mark) > height * 0.8) return false;
  const middle = (mark[1] + mark[3]) / 2;
  return (
    middle > line[1] - height * 0.3 && middle < line[3] && mark[2] > line[0] - height && mark[0] < line[2] + height
  );
}

/** Cut a line at gaps wider than the space between two words. */
function cut(list: number[], surface: number, blobs: Blobs): Piece[] {
  const { boxes, ink } = blobs;
  const boxOf = (no: number): Box => boxes[no] as Box;
  const capital = capitalOf(list.map(boxOf));
  // Filled shapes as high as a letter and as wide: emoji, dots of a list, icons.
  const isShape = (no: number): boolean => {
    const box = boxOf(no);
    const [across, down] = [widthOf(box), heightOf(box)];
    return Math.min(across, down) > capital * 1.35 && (ink[no] as number) > across * down * 0.6;
  };
  const letters = list.filter((no) => !isShape(no));
  return groupAcross(letters, blobs, capital * 0.75).map((group) => pieceOf(group, surface, blobs));
}

function pieceOf(list: number[], surface: number, blobs: Blobs): Piece {
  const own = list.map((no) => blobs.boxes[no] as Box);
  return { box: around(own), blobs: list, surface, capital: capitalOf(own) };
}

/** Return about how high a capital is. Of Arabic scripts half of the blobs are dots. */
const capitalOf = (boxes: Box[]): number => Math.max(middle(boxes.map(heightOf)) * 1.15, tallHeight(boxes) * 0.8);

/** Return these blobs of a piece as a piece. */
export const partOf = ({ surface }: Piece, list: number[], blobs: Blobs): Piece => pieceOf(list, surface, blobs);

/** The engine's own height of a line is 36; more pixels than this tell it nothing. */
export const LINE_PIXELS = 48;
const MARGIN = 0.3;

/** The engine loses narrow spaces: each is drawn this much wider, as a part of a capital's height. */
const WIDER_SPACE = 0.35;

/** `place`: turns a box of the drawing into one of the picture */
export type Drawn = { ink: Ink; place: (box: Box) => Box };

/**
 * Draw one piece, and nothing that stands near it, in the size that the engine reads best.
 * @param spaced whether gaps are spaces: between letters of Arabic scripts there are gaps, too
 * @param linePixels how high a line becomes
 */
export function drawPiece(
  piece: Piece,
  { width, data }: Ink,
  blobs: Blobs,
  spaced: boolean,
  linePixels: number = LINE_PIXELS,
): Drawn {
  const words = spaced ? wordsAcross(piece.blobs, blobs).words : [piece.blobs];
  const boxes = words.map((word) => around(word.map((no) => blobs.boxes[no] as Box)));
  const [left, top, right, bottom] = around(boxes);
  const wider = Math.round(tallHeight(piece.blobs.map((no) => blobs.boxes[no] as Box)) * WIDER_SPACE);
  const [across, down] = [right - left + wider * (words.length - 1), bottom - top];
  const own = new Uint8Array(across * down).fill(255);
  for (const [at, word] of words.entries())
    for (const no of word)
      for (let run = blobs.first[no] as number; run !== -1; run = blobs.next[run] as number) {
        const y = blobs.rows[run] as number;
        const from = Math.max(left, (blobs.from[run] as number) - 1);
        const to = Math.min(right, (blobs.to[run] as number) + 1);
        own.set(data.subarray(y * width + from, y * width + to), (y - top) * across + from - left + at * wider);
      }
  const scale = Math.min(4, linePixels / Math.max(down, piece.capital * 1.3));
  const margin = Math.round(LINE_PIXELS * MARGIN);
  const size = { width: Math.round(across * scale) + 2 * margin, height: Math.round(down * scale) + 2 * margin };
  const out = new Uint8Array(size.width * size.height).fill(255);
  resize({ width: across, height: down, data: own }, scale, margin, size, out);
  const placeX = (value: number): number => {
    const x = (value - margin) / scale + left;
    // Each space before this place was made wider.
    const before = boxes.filter((box, at) => x >= box[0] + at * wider - wider / 2).length - 1;
    return Math.max(0, x - Math.max(0, before) * wider);
  };
  const placeY = (value: number): number => Math.max(0, (value - margin) / scale + top);
  return { ink: { ...size, data: out }, place: ([a, b, c, d]) => [placeX(a), placeY(b), placeX(c), placeY(d)] };
}

function resize(
  own: Ink,
  scale: number,
  margin: number,
  size: { width: number; height: number },
  out: Uint8Array,
): void {
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= own.width || y >= own.height ? 255 : (own.data[y * own.width + x] as number);
  // Smaller: the mean of several points of each pixel. Larger: between the four nearest.
  const points = scale < 0.75 ? 2 : 1;
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) {
      let sum = 0;
      for (let a = 0; a < points; a++)
        for (let b = 0; b < points; b++) {
          const fromX = (x - margin + (a + 0.5) / points) / scale - 0.5;
          const fromY = (y - margin + (b + 0.5) / points) / scale - 0.5;
          const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
          if (left < -1 || top < -1 || left >= own.width || top >= own.height) {
            sum += 255;
            continue;
          }
          const [aside, below] = [fromX - left, fromY - top];
          sum +=
            (at(left, top) * (1 - aside) + at(left + 1, top) * aside) * (1 - below) +
            (at(left, top + 1) * (1 - aside) + at(left + 1, top + 1) * aside) * below;
        }
      out[y * size.width + x] = Math.round(sum / (points * points));
    }
}
