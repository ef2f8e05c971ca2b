/** Joined pixels of ink: letters, parts of letters and marks. */
import type { Box } from './picture_text.js';

/** Ink, one byte for each pixel: 255 means no ink. */
export type Ink = { width: number; height: number; data: Uint8Array };
/** Joined pixels of ink, as runs in rows. `first`, `next`: the runs of a blob, -1 at the end; `ink`: pixels */
export type Blobs = {
  boxes: Box[];
  ink: number[];
  first: Int32Array;
  next: Int32Array;
  rows: Int32Array;
  from: Int32Array;
  to: Int32Array;
};

/** Fainter pixels join nothing. */
const JOINS_BELOW = 215;
const MAX_RUNS = 2_000_000;
const MAX_BLOBS = 30_000;

/** @returns null for a picture with more pieces of ink than a screenshot has: a photograph */
export function findBlobs({ width, height, data }: Ink): Blobs | null {
  let capacity = 1 << 16;
  let [rows, from, to, parent] = [0, 1, 2, 3].map(() => new Int32Array(capacity)) as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const larger = (old: Int32Array): Int32Array => {
    const one = new Int32Array(capacity);
    one.set(old);
    return one;
  };
  const root = (run: number): number => {
    let at = run;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  let count = 0;
  let [aboveStart, aboveEnd] = [0, 0];
  for (let y = 0; y < height; y++) {
    const rowStart = count;
    let above = aboveStart;
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if ((data[at] as number) >= JOINS_BELOW) continue;
      const start = x;
      while (x < width && (data[at] as number) < JOINS_BELOW) {
        x++;
        at++;
      }
      if (count === capacity) {
        if (capacity >= MAX_RUNS) return null;
        capacity *= 2;
        [rows, from, to, parent] = [larger(rows), larger(from), larger(to), larger(parent)];
      }
      rows[count] = y;
      from[count] = start;
      to[count] = x;
      parent[count] = count;
      while (above < aboveEnd && (to[above] as number) < start) above++;
      for (let one = above; one < aboveEnd && (from[one] as number) <= x; one++) {
        const [mine, other] = [root(count), root(one)];
        if (mine < other) parent[other] = mine;
        else parent[mine] = other;
      }
      count++;
    }
    [aboveStart, aboveEnd] = [rowStart, count];
  }
  const places = new Int32Array(count).fill(-1);
  const next = new Int32Array(count).fill(-1);
  const firsts: number[] = [];
  const boxes: Box[] = [];
  const ink: number[] = [];
  for (let run = count - 1; run >= 0; run--) {
    const top = root(run);
    let no = places[top] as number;
    const [y, left, right] = [rows[run] as number, from[run] as number, to[run] as number];
    if (no === -1) {
      if (boxes.length >= MAX_BLOBS) return null;
      no = places[top] = boxes.length;
      boxes.push([left, y, right, y + 1]);
      ink.push(0);
      firsts.push(-1);
    }
    const box = boxes[no] as Box;
    if (left < box[0]) box[0] = left;
    if (right > box[2]) box[2] = right;
    if (y < box[1]) box[1] = y;
    ink[no] = (ink[no] as number) + right - left;
    next[run] = firsts[no] as number;
    firsts[no] = run;
  }
  return { boxes, ink, first: Int32Array.from(firsts), next, rows, from, to };
}
