/** Messages of a conversation: its bubbles, or, where an app draws none, the names above the words. */
import { around, middleHeight } from './lines.js';
import { difference } from './surfaces.js';
import { clock, heading, isCallBack, isMissedCall, isNegation, runsRightToLeft, timeAtEnd } from './screen_words.js';
import type { Line } from './lines.js';
import type { Box, Doubt, ProposedRow, ReadWord, ScreenshotReading } from './picture_text.js';
import type { Surfaces } from './surfaces.js';

/** A word that is less sure than this is one to look at. */
const SURE = 80;
/** A word that turns a sentence round must be surer. */
const SURE_OF_NEGATION = 90;
/** Times, names above words and quotes are written in type of at most this part of a message's. */
const SMALL_TYPE = 0.86;
/** Cells of ink that no word covers: an emoji, a picture, a word that was not read. */
const UNREAD_CELLS = 8;
const HINTS: Record<string, string | null> = {
  imessage: 'imessage',
  sendachat: 'snapchat',
  aa: 'messenger',
  'message…': 'instagram',
  'message...': 'instagram',
  message: null,
  textmessage: 'sms',
};
const OUT_OF_WHATSAPP = [0xd9fdd3, 0x005c4b, 0xe1ffc7, 0x056162, 0x144d37];

type Bubble = { no: number; box: Box; colour: number; lines: Line[]; inner: Bubble[] };
type Stamp = { words: ReadWord[]; time: string | null; period: boolean; sure: boolean };
type Found = { row: ProposedRow; colour: number; bare: boolean; period: boolean; stamped: boolean };

/** @param dropped words that the engine was too unsure of @returns null if no message is plain enough to be proposed */
export function readMessages(
  lines: Line[],
  dropped: ReadWord[],
  grid: Surfaces,
  width: number,
  height: number,
): ScreenshotReading | null {
  const bubbles = findBubbles(lines, grid, width);
  const page = [...grid.surfaces].sort((one, other) => other.cells - one.cells)[0]?.colour ?? -1;
  const inside = new Set(bubbles.flatMap(({ no, inner }) => [no, ...inner.map((one) => one.no)]));
  const outside = lines.filter(({ surface }) => !inside.has(surface)).sort((one, other) => one.box[1] - other.box[1]);
  const { title, bottom } = titleOf(outside, bubbles, width);
  const hint = hintOf(lines, height);
  const chat = bubbles.filter(
    ({ lines: own, box }) => !(own.length === 1 && own[0] === hint?.line) && box[1] >= bottom,
  );
  const centred = chat.filter(({ box }) => isCentred(box, width) && box[2] - box[0] < width * 0.6);
  const beside = chat.filter((bubble) => !centred.includes(bubble));
  // Among filled bubbles, one in the colour of the page is a frame around a quote.
  const filled = beside.filter(({ colour }) => difference(colour, page) >= 4);
  const messages = filled.length ? filled : beside;
  if (!messages.length) return readNamed(outside, title, bottom, hint, width);
  const between = outside.filter(({ box }) => box[1] > bottom && isCentred(box, width));
  // A centred line that is no heading may be one that was not read: the day after it is in doubt.
  const marks = [...between, ...centred.flatMap((bubble) => bubble.lines)];
  const capital = capitalHeight(messages.flatMap((bubble) => bubble.lines.flatMap(({ words }) => words)));
  const found: Found[] = [];
  for (const bubble of messages) {
    const one = rowOf(bubble, { grid, dropped, capital, width, height });
    if (one) found.push(one);
  }
  for (const bubble of centred) {
    const [line] = bubble.lines;
    if (bubble.lines.length === 1 && line && isMissedCall(line.text)) found.push(missedRow(line));
  }
  found.sort((one, other) => one.row.box[1] - other.row.box[1]);
  placeNames(found, outside, bottom, capital);
  placeDays(found, marks);
  checkSides(found);
  checkStamps(found);
  const cut = chat.filter(({ box }) => box[1] - bottom < grid.step * 3 || height - box[3] < grid.step * 3);
  for (const { row } of found) if (cut.some(({ box }) => sameBox(box, row.box))) doubt(row, 'text');
  const green = messages.some(({ colour }) => OUT_OF_WHATSAPP.some((one) => difference(one, colour) < 6));
  const app = hint?.app ?? (green && found.some(({ stamped }) => stamped) ? 'whatsapp' : null);
  const rows = found.map(({ row }) => row);
  return rows.length ? { kind: 'messages', app, title, rows, quality: 'good' } : null;
}

const isName = ({ text }: Line): boolean => /\p{L}{2}|\d{4}/u.test(text);

/** In small type a capital S looks like a small one. */
const isDoubtfulName = ({ text, sure }: Line): boolean => sure < SURE || /^\p{Ll}/u.test(text);

function doubt(row: ProposedRow, kind: Doubt): void {
  if (!row.doubts.includes(kind)) row.doubts.push(kind);
}

const sameBox = (one: Box, other: Box): boolean => one.every((value, no) => value === other[no]);

function isCentred([left, , right]: Box, width: number): boolean {
  return Math.abs(left + right - width) < width * 0.05 && left > width * 0.08;
}

function findBubbles(lines: Line[], { surfaces }: Surfaces, width: number): Bubble[] {
  const bySurface = new Map<number, Bubble>();
  for (const line of lines) {
    const surface = surfaces[line.surface];
    if (!surface || surface.box[2] - surface.box[0] > width * 0.92) continue;
    const bubble = bySurface.get(line.surface);
    if (bubble) bubble.lines.push(line);
    else
      bySurface.set(line.surface, {
        no: line.surface,
        box: surface.box,
        colour: surface.colour,
        lines: [line],
        inner: [],
      });
  }
  const all = [...bySurface.values()].sort((one, other) => one.box[1] - other.box[1] || other.box[3] - one.box[3]);
  const outer: Bubble[] = [];
  for (const bubble of all) {
    const around = outer.slice(-8).find(({ box }) => contains(box, bubble.box));
    if (around) around.inner.push(bubble);
    else outer.push(bubble);
    bubble.lines.sort((one, other) => one.box[1] - other.box[1]);
  }
  return outer;
}

const contains = (one: Box, other: Box): boolean =>
  other[0] >= one[0] && other[1] >= one[1] && other[2] <= one[2] && other[3] <= one[3];

/** Return the name under the phone's own clock. Without that clock the top of the screen is not in the picture. */
function titleOf(outside: Line[], bubbles: Bubble[], width: number): { title: string | null; bottom: number } {
  const status = outside.find(({ box, text }) => box[3] < width * 0.16 && /\d{1,2}[:.]\d{2}/.test(text));
  if (!status) return { title: null, bottom: 0 };
  const first = Math.min(width * 0.42, ...bubbles.filter(({ box }) => box[1] > status.box[3]).map(({ box }) => box[1]));
  const name = outside.find(({ box }) => box[1] >= status.box[3] && box[3] < first);
  if (!name || heading(name.text)) return { title: null, bottom: status.box[3] };
  return { title: name.sure >= SURE ? name.text : null, bottom: name.box[3] };
}

function hintOf(lines: Line[], height: number): { line: Line; app: string | null } | null {
  const low = lines.filter(({ box }) => box[1] > height * 0.8).sort((one, other) => other.box[3] - one.box[3]);
  for (const line of low.slice(0, 2)) {
    const app = HINTS[line.text.toLowerCase().replace(/\s/g, '')];
    if (app !== undefined) return { line, app };
  }
  return null;
}

/** Return how high capitals and figures of messages are, in pixels. */
function capitalHeight(words: ReadWord[]): number {
  // Times and ticks are small, and in some languages few other words have a capital.
  const large = words.filter(({ text }) => !/^\d{1,2}[:.]\d{2}|^[ap]m$|^[^\p{L}]+$/iu.test(text));
  const backwards = large.filter(({ text }) => runsRightToLeft(text));
  if (backwards.length * 2 > large.length) return middleHeight(backwards);
  if (large.length && large.every(({ capital }) => capital)) return middleHeight(large);
  const plain = large.filter(({ text }) => /[A-Z0-9bdfhklłŁ]/.test(text) && !/[gjpqyąęQ,;@()/ĄĘŚŻŹĆŃÓ]/.test(text));
  return middleHeight(plain.length > 2 ? plain : large.length ? large : words);
}

type Scene = { grid: Surfaces; dropped: ReadWord[]; capital: number; width: number; height: number };

function rowOf(bubble: Bubble, scene: Scene): Found | null {
  const { grid, capital, width } = scene;
  const { box } = bubble;
  const stamp = takeStamp(bubble.lines, box, capital);
  const taken = new Set(stamp?.words);
  let lines = bubble.lines
    .map((line) => ({ ...line, words: line.words.filter((word) => !taken.has(word)) }))
    .filter(({ words }) => words.length);
  const row: ProposedRow = {
    box,
    side: 'unknown',
    type: 'text',
    time: stamp?.time ?? null,
    day: null,
    who: null,
    text: '',
    doubts: [],
  };
  const [first, second] = lines;
  // A name in a colour of its own, above the words of a group's message.
  if (
    first &&
    second &&
    isName(first) &&
    inkSaturation(first, bubble, grid) > 45 &&
    inkSaturation(second, bubble, grid) < 35
  ) {
    row.who = textOf(first);
    if (isDoubtfulName(first)) doubt(row, 'who');
    lines = lines.slice(1);
  }
  const pictures = new Set(lines.flatMap((line) => picturesAmong(line, bubble, grid)));
  if (pictures.size) doubt(row, 'text');
  lines = lines
    .map((line) => ({ ...line, words: line.words.filter((word) => !pictures.has(word)) }))
    .filter((line) => line.words.length);
  const words = lines.flatMap((line) => line.words);
  // A bubble in small type, beside or above a message, is a quote of another one. Arabic letters have no such height.
  const small = capitalHeight(words) < capital * SMALL_TYPE && !runsRightToLeft(textOf({ words }));
  if (words.length && small && !stamp) return null;
  const last = lines.at(-1);
  if (lines.length > 1 && last && isCallBack(textOf(last)) && isMissedCall(textOf(lines[0] as Line))) {
    row.type = 'missed_call';
    lines = lines.slice(0, -1);
  }
  row.text = lines.map(textOf).join(' ');
  if (!row.text) {
    row.type = bubble.inner.length ? 'image' : 'other';
    doubt(row, 'text');
  }
  if (row.type === 'text' && isMissedCall(row.text)) doubt(row, 'text');
  if (isDoubtful(words)) doubt(row, 'text');
  // A time that is left at an end of the words may be the app's own.
  if (!stamp && /^\S*\d[:.]\d{2}|\d[:.]\d{2}(?:\s*\S{1,3}){0,2}$/u.test(row.text)) {
    doubt(row, 'time');
    doubt(row, 'text');
  }
  if (bubble.inner.length || unreadCells(bubble, stamp, grid) > UNREAD_CELLS) doubt(row, 'text');
  row.side = sideOf(box, width);
  if (row.side === 'unknown') doubt(row, 'side');
  if (stamp && (!stamp.time || !stamp.sure)) doubt(row, 'time');
  return { row, colour: bubble.colour, bare: !stamp, period: stamp?.period ?? false, stamped: Boolean(stamp) };
}

/** Tell whether words must be looked at. Of a script that runs from right to left the engine is too often sure. */
function isDoubtful(words: ReadWord[]): boolean {
  // In many types l, I and | look alike.
  if (/^l\p{Ll}/u.test(words[0]?.text ?? '')) return true;
  if (runsRightToLeft(words.map(({ text }) => text).join(' '))) return true;
  return words.some(
    ({ text, confidence }) =>
      confidence < (isNegation(text) ? SURE_OF_NEGATION : SURE) ||
      // Words that were joined, and marks that no message has: pieces of pictures.
      /n['’]t\p{L}/u.test(text) ||
      /^[|l_~\\\]}{[]+$/.test(text),
  );
}

/** Return words in a colour of their own, of one or two letters: emoji, taken for letters. */
function picturesAmong(line: Line, bubble: Bubble, grid: Surfaces): ReadWord[] {
  const short = line.words.filter(({ text }) => text.length <= 3 && !/^\d/.test(text));
  return short.filter((word) => inkSaturation({ ...line, box: word.box }, bubble, grid) > 60);
}

const textOf = ({ words }: { words: ReadWord[] }): string => words.map(({ text }) => text.trim()).join(' ');

function sideOf([left, , right]: Box, width: number): 'left' | 'right' | 'unknown' {
  // A bubble at the very edge was cut, so its margins say nothing.
  if (left < width * 0.004 || width - right < width * 0.004) return 'unknown';
  const [before, after] = [left, width - right];
  if (Math.abs(before - after) < width * 0.05) return 'unknown';
  return before < after ? 'left' : 'right';
}

/** Find the time that the app wrote: in small type, in the last line, with nothing after it but am, pm and ticks. */
function takeStamp(lines: Line[], box: Box, capital: number): Stamp | null {
  const line = lines.at(-1);
  if (!line) return null;
  const words = [...line.words].sort((one, other) => one.box[0] - other.box[0]);
  const at = words.map(({ text }) => /^\d{1,2}[:.]\d{2}/.test(text)).lastIndexOf(true);
  if (at === -1) return null;
  if (at === 0 && words.length > 1 && runsRightToLeft(line.text))
    return stampAtLeft(words[0] as ReadWord, box, capital);
  const [main, ...after] = words.slice(at) as [ReadWord, ...ReadWord[]];
  const match = /^(\d{1,2})[:.](\d{2})(.*)$/.exec(main.text) as RegExpExecArray;
  if (middleHeight([main]) > capital * SMALL_TYPE) return null;
  if (box[2] - main.box[2] > capital * 6) return null;
  const joined = (match[3] as string).replace(/[^\p{L}]/gu, '');
  const period = /^[ap]\.?m\.?$/iu.test(joined)
    ? joined
    : after[0] && /^[ap]\.?m\.?$/iu.test(after[0].text)
      ? after[0].text
      : null;
  const rest = period && !joined ? after.slice(1) : after;
  const ticks = rest.every(({ text }) => /^[vVwWyY7/\\«»>✓✔"'~.-]{1,4}$/u.test(text));
  const plain = ticks && (!match[3] || Boolean(period));
  // Figures just before a time may be its first one.
  const before = words[at - 1];
  const whole = !before || !/\d$/.test(before.text) || main.box[0] - before.box[2] > main.box[3] - main.box[1];
  const sure =
    whole && plain && main.confidence >= SURE && (joined !== '' || !period || (after[0] as ReadWord).confidence >= 60);
  const time = plain ? clock(match[1] as string, match[2] as string, period?.[0]) : null;
  return { words: [main, ...after], time, period: Boolean(period), sure };
}

/** Read the time at the left end of words that run from right to left. */
function stampAtLeft(word: ReadWord, box: Box, capital: number): Stamp | null {
  const match = /^(\d{1,2})[:.](\d{2})$/.exec(word.text);
  if (!match || word.box[0] - box[0] > capital * 2 || middleHeight([word]) > capital * SMALL_TYPE) return null;
  const time = clock(match[1] as string, match[2] as string, undefined);
  return { words: [word], time, period: false, sure: word.confidence >= SURE };
}

/** Return how far the ink of a line is from grey, 0 to 255. */
function inkSaturation(line: Line, { colour }: Bubble, { step, columns, colours }: Surfaces): number {
  const [left, top, right, bottom] = line.box.map((value) => Math.floor(value / step)) as Box;
  const inks: { far: number; ink: number }[] = [];
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) {
      const ink = colours[row * columns + column];
      if (ink !== undefined) inks.push({ far: difference(ink, colour), ink });
    }
  inks.sort((one, other) => other.far - one.far);
  const strongest = inks.slice(0, Math.max(1, inks.length >> 4));
  const parts = [16, 8, 0].map(
    (shift) => strongest.reduce((sum, { ink }) => sum + ((ink >> shift) & 255), 0) / strongest.length,
  );
  return Math.max(...parts) - Math.min(...parts);
}

/** Count the cells of a bubble that are ink and that no word covers. */
function unreadCells(bubble: Bubble, stamp: Stamp | null, { step, columns, colours, labels }: Surfaces): number {
  const [left, top, right, bottom] = bubble.box.map((value) => Math.round(value / step)) as Box;
  const read = new Uint8Array((right - left) * (bottom - top));
  const cover = (box: Box, margin: number): void => {
    const from = Math.max(left, Math.floor(box[0] / step - margin));
    const to = Math.min(right, Math.ceil(box[2] / step + margin));
    for (
      let row = Math.max(top, Math.floor(box[1] / step - margin));
      row < Math.min(bottom, box[3] / step + margin);
      row++
    )
      for (let column = from; column < to; column++) read[(row - top) * (right - left) + column - left] = 1;
  };
  for (const line of bubble.lines) for (const word of line.words) cover(word.box, 3);
  if (stamp) {
    const box = around(stamp.words.map((word) => word.box));
    cover([box[0], box[1], bubble.box[2], box[3]], 3);
  }
  let unread = 0;
  for (let row = top + 1; row < bottom - 1; row++) {
    let [start, end] = [right, left];
    for (let column = left; column < right; column++)
      if (labels[row * columns + column] === bubble.no) {
        start = Math.min(start, column);
        end = column;
      }
    for (let column = start + 1; column < end; column++) {
      const at = row * columns + column;
      if (labels[at] === bubble.no || read[(row - top) * (right - left) + column - left]) continue;
      if (difference(colours[at] as number, bubble.colour) > 40) unread++;
    }
  }
  return unread;
}

function missedRow(line: Line): Found {
  const row: ProposedRow = {
    box: line.box,
    side: 'unknown',
    type: 'missed_call',
    time: null,
    day: null,
    who: null,
    text: line.text,
    doubts: ['side', ...(line.sure < SURE ? (['text'] as const) : [])],
  };
  return { row, colour: -1, bare: true, period: false, stamped: false };
}

/** Give each message the name in small type just above it, as apps show it in groups. */
function placeNames(found: Found[], outside: Line[], bottom: number, capital: number): void {
  for (const line of outside) {
    if (line.box[1] <= bottom || heading(line.text) || !isName(line) || middleHeight(line.words) > capital) continue;
    const next = found.find(({ row }) => row.box[1] >= line.box[3] - 2);
    if (!next || next.row.box[1] - line.box[3] > capital * 1.5) continue;
    if (/repl(?:ied|y)|odpowied/iu.test(line.text)) {
      doubt(next.row, 'text');
      doubt(next.row, 'side');
      continue;
    }
    if (next.row.side === 'right' || next.row.who || Math.abs(line.box[0] - next.row.box[0]) > capital * 3) continue;
    next.row.who = line.text;
    if (isDoubtfulName(line)) doubt(next.row, 'who');
  }
}

function placeDays(found: Found[], marks: Line[]): void {
  const inOrder = [...marks].sort((one, other) => one.box[1] - other.box[1]);
  let [next, day, sure] = [0, null as string | null, true];
  for (const { row, stamped } of found) {
    let time: string | null = null;
    let fresh = false;
    while (next < inOrder.length && (inOrder[next] as Line).box[1] < row.box[1]) {
      const mark = inOrder[next++] as Line;
      const read = heading(mark.text);
      // A time without a day is of the same day or of another one: the picture does not say.
      if (read?.day) [day, sure] = [read.day, mark.sure >= SURE && !runsRightToLeft(mark.text)];
      else sure = false;
      time = read?.time ?? timeAtEnd(mark.text)?.time ?? null;
      // A heading's time is the time of the message just below it.
      fresh = Boolean(read) && mark.sure >= SURE && row.box[1] - mark.box[3] < mark.height * 4;
    }
    row.day = day;
    if (!sure) doubt(row, 'day');
    if (!stamped && time && !row.time) {
      row.time = time;
      if (!fresh) doubt(row, 'time');
    }
  }
}

/** Bubbles of one colour are of one side. Where they are not, no side of that colour is certain. */
function checkSides(found: Found[]): void {
  for (const { row, colour } of found) {
    const alike = found.filter((other) => difference(other.colour, colour) < 4 && other.row.side !== 'unknown');
    if (alike.some((other) => other.row.side !== row.side)) doubt(row, 'side');
  }
}

/** Doubt a time that goes back within a day, and one that has lost its am or pm. */
function checkStamps(found: Found[]): void {
  const stamped = found.filter((one) => one.stamped);
  const marked = stamped.filter(({ period }) => period).length;
  for (const one of stamped)
    if (marked && !one.period) {
      one.row.time = null;
      doubt(one.row, 'time');
    }
  if (stamped.length * 2 > found.length)
    for (const one of found)
      if (one.bare) {
        doubt(one.row, 'time');
        doubt(one.row, 'text');
      }
  let before: ProposedRow | null = null;
  for (const { row } of found) {
    if (!row.time) continue;
    if (before?.time && before.day === row.day && before.time > row.time) {
      doubt(row, 'time');
      doubt(before, 'time');
    }
    before = row;
  }
}

/** Read a screen that writes a name in small capitals above the words and draws no bubbles. */
function readNamed(
  outside: Line[],
  title: string | null,
  bottom: number,
  hint: { line: Line; app: string | null } | null,
  width: number,
): ScreenshotReading | null {
  const body = outside.filter((line) => line.box[1] > bottom && line !== hint?.line);
  const marks = body.filter(({ text, box }) => heading(text) && isCentred(box, width));
  const plain = body.filter((line) => !marks.includes(line));
  const isLabelText = ({ text }: Line): boolean => text === 'ME' || text === title?.toUpperCase();
  const capital = capitalHeight(plain.filter((line) => !isLabelText(line)).flatMap(({ words }) => words));
  const isLabel = (line: Line): boolean => isLabelText(line) && middleHeight(line.words) < capital * SMALL_TYPE;
  const found: Found[] = [];
  let name: Line | null = null;
  let own: Line[] = [];
  const close = (): void => {
    if (name && own.length) {
      const box = around([name.box, ...own.map((line) => line.box)]);
      const words = own.flatMap((line) => line.words);
      const row: ProposedRow = {
        box,
        side: 'unknown',
        type: 'text',
        time: null,
        day: null,
        who: name.text,
        text: own.map(({ text }) => text).join(' '),
        doubts: ['side'],
      };
      if (isDoubtful(words) || /(?:^|\s)[^\sI0-9]$/u.test(row.text)) doubt(row, 'text');
      found.push({ row, colour: -1, bare: true, period: false, stamped: true });
    }
    own = [];
  };
  for (const line of body) {
    if (isLabel(line) || marks.includes(line)) {
      close();
      name = isLabel(line) ? line : name;
    } else if (name) own.push(line);
  }
  close();
  if (found.length < 2) return null;
  placeDays(found, marks);
  return { kind: 'messages', app: hint?.app ?? null, title, rows: found.map(({ row }) => row), quality: 'good' };
}
