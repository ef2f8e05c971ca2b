/** What letters are known by before they are read: size, the spaces between them, colour, the form of a clock. */
import { around } from './lines.js';
import type { Box, Pixels } from './picture_text.js';
import type { Blobs } from './blobs.js';

/** A gap that is narrower than this part of a capital's height is no space; a wider one than the second always is. */
const NO_SPACE = 0.27;
const ALWAYS_SPACE = 0.36;
/** A gap between words is at least this wide, but for a few pairs of letters. */
const MAY_BE_SPACE = 0.29;
/** Between the gaps in a word and those between words there are none, for at least this part. */
const STEP = 0.075;
/** Figures of one number are less far from each other, from middle to middle, as a part of their height. */
export const FIGURE_STEP = 0.92;
/** Words keep this distance on either side of a time. */
const ROUND_A_TIME = 0.25;
/** Ink of letters leaves the way from its background to its colour by less than this part. */
const SEVERAL_COLOURS = 0.18;
/** The cosine between two ways of ink: above it they are of one colour. */
const SAME_WAY = 0.93;

const heightOf = (box: Box): number => box[3] - box[1];
const widthOf = (box: Box): number => box[2] - box[0];

function middle(values: number[]): number {
  const inOrder = [...values].sort((one, other) => one - other);
  return inOrder[inOrder.length >> 1] ?? 0;
}

/** Return how high the highest letters stand on their line, in pixels: capitals, figures, b, d, f, h, k, l. */
export function tallHeight(boxes: Box[]): number {
  const heights = boxes.map(heightOf).sort((one, other) => one - other);
  // Of Arabic scripts half of the blobs are dots.
  const usual = heights[Math.floor(heights.length * 0.8)] ?? 1;
  const letters = boxes.filter((box) => heightOf(box) > usual * 0.45);
  const line = middle(letters.map(([, , , bottom]) => bottom));
  const standing = letters.filter(([, , , bottom]) => Math.abs(bottom - line) <= Math.max(1, usual * 0.1));
  return Math.max(1, ...standing.map(heightOf));
}

/** Put blobs of one line in groups, from the left, where a gap is as wide as `gap` pixels. */
export function groupAcross(list: number[], { boxes }: Blobs, gap: number): number[][] {
  const left = (no: number): number => (boxes[no] as Box)[0];
  const groups: number[][] = [];
  let right = Number.NEGATIVE_INFINITY;
  for (const no of [...list].sort((one, other) => left(one) - left(other))) {
    if (left(no) - right < gap) groups.at(-1)?.push(no);
    else groups.push([no]);
    right = Math.max(right, (boxes[no] as Box)[2]);
  }
  return groups;
}

/**
 * Put the blobs of a line in words: where its gaps have a step in their widths, the wider ones are spaces.
 * @returns `sure`: false where a gap may be a space or not
 */
export function wordsAcross(list: number[], blobs: Blobs): { words: number[][]; sure: boolean } {
  const tall = tallHeight(list.map((no) => blobs.boxes[no] as Box));
  const boxes = groupAcross(list, blobs, 1).map((group) => around(group.map((no) => blobs.boxes[no] as Box)));
  const gaps = boxes.slice(1).map((box, no) => (box[0] - (boxes[no] as Box)[2]) / tall);
  gaps.sort((one, other) => one - other);
  const at = gaps.findIndex((gap, no) => {
    const next = gaps[no + 1] ?? 0;
    return gap < ALWAYS_SPACE && next >= NO_SPACE && next - gap >= STEP;
  });
  const step = gaps[at];
  const wide = step === undefined ? ALWAYS_SPACE : Math.max(step + STEP / 2, NO_SPACE - STEP / 2);
  // A wide gap in a word is no space where those between words are much wider.
  const clear = step !== undefined && (gaps[at + 1] as number) - step > 2 * STEP;
  const sure = clear || !gaps.some((gap) => gap < wide && gap > MAY_BE_SPACE);
  return { words: groupAcross(list, blobs, Math.max(2, tall * wide)), sure };
}

/** Return how far two figures are from each other, from middle to middle, at this place of a line, and how high. */
export function stepAt(x: number, list: number[], { boxes }: Blobs): { step: number; height: number } | null {
  const all = list.map((no) => boxes[no] as Box);
  const before = all.filter((box) => box[0] + box[2] < x * 2).sort((one, other) => other[2] - one[2])[0];
  const after = all.filter((box) => box[0] + box[2] >= x * 2).sort((one, other) => one[0] - other[0])[0];
  if (!before || !after) return null;
  return {
    step: (after[0] + after[2] - before[0] - before[2]) / 2,
    height: Math.max(heightOf(before), heightOf(after)),
  };
}

/** The blobs of a line, split at a time within it. */
export type TimeInLine = { before: number[]; time: number[]; after: number[] };

/** Find one or two figures, a colon and two figures, alone between spaces, by their form. */
export function findTime(list: number[], blobs: Blobs): TimeInLine | null {
  // A figure 4 may touch the column of the colon.
  const clusters = groupAcross(list, blobs, 0);
  const boxes = clusters.map((group) => around(group.map((no) => blobs.boxes[no] as Box)));
  for (const [at, group] of clusters.entries()) {
    const [before, next] = [boxes[at - 1], boxes[at + 1]];
    if (
      !before ||
      !next ||
      !isColon(
        group.map((no) => blobs.boxes[no] as Box),
        next,
      )
    )
      continue;
    const isFigure = (box: Box): boolean =>
      Math.abs(heightOf(box) - heightOf(next)) <= Math.max(1, heightOf(next) * 0.12) &&
      Math.abs(box[3] - next[3]) <= Math.max(1, heightOf(next) * 0.12);
    const gap = (no: number): number => (boxes[no + 1] as Box)[0] - (boxes[no] as Box)[2];
    const away = heightOf(next) * ROUND_A_TIME;
    let [first, last] = [at, at];
    // From the left of a 1 to the next figure there is as much room as at a space: the steps are the same.
    const follows = (no: number): boolean => {
      const [one, other] = [boxes[no] as Box, boxes[no + 1] as Box];
      const colon = no === at || no + 1 === at;
      return colon || (other[0] + other[2] - one[0] - one[2]) / 2 < heightOf(next) * FIGURE_STEP;
    };
    while (first > 0 && follows(first - 1) && isFigure(boxes[first - 1] as Box)) first--;
    while (last < boxes.length - 1 && follows(last) && isFigure(boxes[last + 1] as Box)) last++;
    const alone = (first === 0 || gap(first - 1) >= away) && (last === boxes.length - 1 || gap(last) >= away);
    const [hours, minutes] = [
      (boxes[at - 1] as Box)[2] - (boxes[first] as Box)[0],
      (boxes[last] as Box)[2] - (boxes[at + 1] as Box)[0],
    ].map((width) => width / heightOf(next)) as [number, number];
    if (!alone || first === at || hours > 2 || minutes < 0.8 || minutes > 2) continue;
    const part = (from: number, to: number): number[] => clusters.slice(from, to).flat();
    return { before: part(0, first), time: part(first, last + 1), after: part(last + 1, clusters.length) };
  }
  return null;
}

/** Tell whether these are two dots, one above the other, beside a figure. */
function isColon(dots: Box[], figure: Box): boolean {
  const [one, other] = [...dots].sort((a, b) => a[1] - b[1]);
  if (dots.length !== 2 || !one || !other) return false;
  const height = heightOf(figure);
  const small = [one, other].every((box) => heightOf(box) < height * 0.4 && widthOf(box) < height * 0.4);
  const above =
    other[1] - one[3] > height * 0.08 && one[1] > figure[1] && Math.abs(other[3] - figure[3]) < height * 0.2;
  return small && above;
}

type Direction = { way: [number, number, number]; spread: number };

/**
 * Return the way that ink of blobs goes from the colour behind it, of length 1, and how far its pixels leave that way,
 * as a part of their distance. Letters of one colour go one way, with their softened edges.
 */
function directionOf(list: number[], blobs: Blobs, width: number, { data }: Pixels, behind: number): Direction {
  const [red, green, blue] = [behind >> 16, (behind >> 8) & 255, behind & 255];
  const parts: [number, number, number][] = [];
  for (const no of list)
    for (let run = blobs.first[no] as number; run !== -1; run = blobs.next[run] as number) {
      const row = (blobs.rows[run] as number) * width;
      for (let x = blobs.from[run] as number; x < (blobs.to[run] as number); x++) {
        const at = (row + x) * 4;
        parts.push([(data[at] as number) - red, (data[at + 1] as number) - green, (data[at + 2] as number) - blue]);
      }
    }
  const sum = [0, 1, 2].map((no) => parts.reduce((all, part) => all + (part[no] as number), 0));
  const length = Math.max(1, Math.hypot(...sum));
  const way = sum.map((value) => value / length) as [number, number, number];
  let [along, aside] = [0, 0];
  for (const part of parts) {
    const far = part[0] * way[0] + part[1] * way[1] + part[2] * way[2];
    const square = part[0] ** 2 + part[1] ** 2 + part[2] ** 2;
    along += square;
    aside += Math.max(0, square - far * far);
  }
  return { way, spread: Math.sqrt(aside / Math.max(1, along)) };
}

/**
 * Leave out what is drawn among letters in several colours, or in one of its own and higher than they are: emoji.
 * @param behind 0xRRGGBB of the surface
 */
export function withoutPictures(list: number[], blobs: Blobs, pixels: Pixels, behind: number): number[] {
  const clusters = groupAcross(list, blobs, 1);
  const boxes = clusters.map((group) => around(group.map((no) => blobs.boxes[no] as Box)));
  const usual = middle(boxes.map(heightOf));
  const isLarge = (box: Box): boolean => heightOf(box) > usual * 1.3 && widthOf(box) > usual * 0.9;
  const ways = clusters.map((group) => directionOf(group, blobs, pixels.width, pixels, behind));
  const plain = ways.filter((_, no) => !isLarge(boxes[no] as Box));
  const text = [0, 1, 2].map((part) => middle(plain.map(({ way }) => way[part] as number)));
  const isPicture = (no: number): boolean => {
    const box = boxes[no] as Box;
    const { way, spread } = ways[no] as Direction;
    if (spread > SEVERAL_COLOURS) return heightOf(box) > usual / 2;
    const alike = way.reduce((sum, value, part) => sum + value * (text[part] as number), 0);
    return isLarge(box) && plain.length > 0 && alike < SAME_WAY;
  };
  const letters = clusters.filter((_, no) => !isPicture(no));
  // Where most letters have coloured edges, the screen smooths them in colours.
  return clusters.length > 4 && letters.length * 2 < clusters.length ? list : letters.flat();
}
