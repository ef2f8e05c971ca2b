/** Words put together as lines of one surface. The engine's own lines go across bubbles. */
import { runsRightToLeft } from './screen_words.js';
import type { Box, PictureText, ReadWord } from './picture_text.js';
import type { Surfaces } from './surfaces.js';

const MAX_WORDS = 20_000;
/** Below this confidence a word is no word: ticks, pictures, a script that the engine does not know. */
const NO_WORD = 25;

/** `surface`: place in `surfaces`, -1 without pixels; `height`: the usual height of its words */
export type Line = { text: string; words: ReadWord[]; box: Box; surface: number; height: number; sure: number };

/** @returns null for more words than a screenshot can have */
export function usableWords(text: PictureText): { words: ReadWord[]; dropped: ReadWord[] } | null {
  const words: ReadWord[] = [];
  const dropped: ReadWord[] = [];
  for (const line of text.lines)
    for (const word of line.words) {
      if (words.length + dropped.length >= MAX_WORDS) return null;
      const [left, top, right, bottom] = word.box;
      const possible = word.box.every(Number.isFinite) && left >= 0 && top >= 0 && right > left && bottom > top;
      if (!possible || right > text.width + 1 || bottom > text.height + 1) continue;
      if (!word.text.trim()) continue;
      if (word.confidence >= NO_WORD) words.push(word);
      else dropped.push(word);
    }
  return { words, dropped };
}

/** Return the surface that most of a box's rim lies on. */
export function surfaceAt([left, top, right, bottom]: Box, { step, columns, rows, labels }: Surfaces): number {
  const counts = new Map<number, number>();
  const count = (column: number, row: number): void => {
    if (column < 0 || row < 0 || column >= columns || row >= rows) return;
    const no = labels[row * columns + column] as number;
    if (no !== -1) counts.set(no, (counts.get(no) ?? 0) + 1);
  };
  const [from, to] = [Math.floor(left / step) - 1, Math.ceil(right / step)];
  const [above, below] = [Math.floor(top / step) - 1, Math.ceil(bottom / step)];
  for (let column = from; column <= to; column++) {
    count(column, above);
    count(column, below);
  }
  for (let row = above; row <= below; row++) {
    count(from, row);
    count(to, row);
  }
  let best = -1;
  for (const [no, times] of counts) if (best === -1 || times > (counts.get(best) as number)) best = no;
  return best;
}

/** Return the smallest box around boxes. */
export function around(boxes: Box[]): Box {
  const box: Box = [...(boxes[0] as Box)];
  for (const [left, top, right, bottom] of boxes) {
    box[0] = Math.min(box[0], left);
    box[1] = Math.min(box[1], top);
    box[2] = Math.max(box[2], right);
    box[3] = Math.max(box[3], bottom);
  }
  return box;
}

const typeOf = ({ box, capital }: ReadWord): number => capital ?? box[3] - box[1];

/** Return the height of type that half of these words reach. */
export function middleHeight(words: ReadWord[]): number {
  const heights = words.map(typeOf).sort((one, other) => one - other);
  return heights[heights.length >> 1] ?? 0;
}

/** Put the words of one surface in lines, from the top. */
export function linesOf(words: ReadWord[], surface: number): Line[] {
  const groups: { words: ReadWord[]; top: number; bottom: number }[] = [];
  for (const word of [...words].sort((one, other) => one.box[1] + one.box[3] - other.box[1] - other.box[3])) {
    const middle = (word.box[1] + word.box[3]) / 2;
    const group = groups.slice(-4).find(({ top, bottom }) => middle > top && middle < bottom);
    if (group) {
      group.words.push(word);
      group.top = Math.min(group.top, word.box[1]);
      group.bottom = Math.max(group.bottom, word.box[3]);
    } else groups.push({ words: [word], top: word.box[1], bottom: word.box[3] });
  }
  return groups.map((group) => lineOf(group.words, surface));
}

/** Return one line of words in the order in which they are read. */
export function lineOf(words: ReadWord[], surface: number): Line {
  const backwards = runsRightToLeft(words.map(({ text }) => text).join(' '));
  const inOrder = [...words].sort((one, other) => (backwards ? other.box[2] - one.box[2] : one.box[0] - other.box[0]));
  return {
    text: inOrder.map(({ text }) => text.trim()).join(' '),
    words: inOrder,
    box: around(words.map(({ box }) => box)),
    surface,
    height: middleHeight(words.map(({ text, box, confidence }) => ({ text, box, confidence }))),
    sure: Math.min(...words.map(({ confidence }) => confidence)),
  };
}
