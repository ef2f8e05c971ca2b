/** The words of a screenshot, read line by line: each piece alone, in the language that fits it. */
import { around } from './lines.js';
import { findBlobs } from './blobs.js';
import { LINE_PIXELS, drawPiece, findPieces, partOf } from './pieces.js';
import { inkOf } from './prepare.js';
import { clock, isAmount, runsRightToLeft } from './screen_words.js';
import { FIGURE_STEP, findTime, groupAcross, stepAt, tallHeight, wordsAcross } from './shapes.js';
import { findSurfaces } from './surfaces.js';
import type { Blobs } from './blobs.js';
import type { Drawn, Ink, Piece } from './pieces.js';
import type { Box, Pixels, ReadLine, ReadWord } from './picture_text.js';

/**
 * Read one line of letters. Boxes are in pixels of that picture. `language`: a code of the engine's data; `letters`:
 * the only ones that there can be, for the engine's `tessedit_char_whitelist`, or none for any
 */
export type ReadOneLine = (line: Ink, language: string, letters?: string) => ReadWord[];

const TIME = /^\d{1,2}[:.]\d{2}(?: ?[ap]m)?$/iu;
const TICKS = /^[vVwWyY7/\\«»>✓✔"'~.,-]{1,4}$/u;
const PERIOD = /^[ap]\.?m\.?$/iu;
/** Figures are read with the data of this language. */
const FIGURES = 'eng';
const URDU = 'urd';
/** How high a line is drawn, in pixels; the second, where nothing was read in the first. */
const SIZES = [LINE_PIXELS, 40];
const AMOUNT_LETTERS = '0123456789£€$.,+-−';

/** Words of this confidence are to be looked at. */
const UNSURE = 70;
/** A piece with no word below this is read in the language of the picture alone. */
const READ_WELL = 88;
/** As many of the longest pieces show the language of a picture, */
const LANGUAGE_SAMPLE = 5;
/** if they are read this much better in it than in any other. */
const PLAIN_LANGUAGE = 1.02;
/** What is read with less beside a time is no word: ticks. */
const NOTHING_READ = 60;

/**
 * @param languages the one of the messages first
 * @returns lines with boxes in the picture's own pixels; null if it is no screenshot
 */
export function readPieces(pixels: Pixels, languages: string[], readLine: ReadOneLine): ReadLine[] | null {
  const surfaces = findSurfaces(pixels);
  if (!surfaces) return null;
  const ink: Ink = { width: pixels.width, height: pixels.height, data: inkOf(pixels, surfaces) };
  const blobs = findBlobs(ink);
  if (!blobs) return null;
  const readOnce = readingEachOnce(readLine);
  const read = (piece: Piece, language: string, letters?: string): ReadWord[] => {
    for (const size of SIZES) {
      const drawn = drawPiece(piece, ink, blobs, !letters && language !== URDU, size);
      const words = placed(readOnce(drawn.ink, language, letters), drawn);
      // A line as long as two words has words: in another size the engine may find them.
      if (words.length || piece.box[2] - piece.box[0] < piece.capital * 3) return words;
    }
    return [];
  };
  const { pieces, times } = takeTimes(findPieces(blobs, surfaces, pixels), blobs, languages, read);
  const { readings, best } = readInLanguages(pieces, languages, read);
  const words = readings.map((reading, no) => {
    const piece = pieces[no] as Piece;
    const chosen = readAmount(choose(reading, best, languages), piece, blobs, read);
    if (runsRightToLeft(textOf(chosen))) return chosen;
    const capital = capitalOf(chosen, piece, blobs);
    return doubtSpaces(withHeight(joinFigures(chosen, piece, blobs), capital), piece, blobs);
  });
  return [...words, ...times].flatMap((line) => lineOf(line));
}

/** Return a reader that reads a line which is drawn exactly like an earlier one, such as a name, from memory. */
function readingEachOnce(readLine: ReadOneLine): ReadOneLine {
  const known = new Map<string, { data: Uint8Array; words: ReadWord[] }[]>();
  return (line, language, letters) => {
    const key = [language, letters, line.width, line.height].join();
    const alike = known.get(key) ?? [];
    const found = alike.find(({ data }) => data.every((value, at) => value === line.data[at]));
    if (found) return found.words;
    const words = readLine(line, language, letters);
    known.set(key, [...alike, { data: line.data, words }]);
    return words;
  };
}

/**
 * Read each piece in every language, but in the language of the picture alone where that language is plain from the
 * longest pieces and the piece is read well in it. Each further language costs as much time as the first.
 * @returns the words of each piece by language, null where it was not read in one; and the place of the best language
 */
function readInLanguages(
  pieces: Piece[],
  languages: string[],
  read: ReadPiece,
): { readings: (ReadWord[] | null)[][]; best: number } {
  const readings = pieces.map(() => languages.map((): ReadWord[] | null => null));
  const readIn = (no: number, at: number): ReadWord[] => {
    const reading = readings[no] as (ReadWord[] | null)[];
    return (reading[at] ??= read(pieces[no] as Piece, languages[at] as string));
  };
  const weights = (): number[] =>
    languages.map((_, at) =>
      sumOf(readings.filter((reading) => !reading.includes(null)).map((reading) => weightOf(reading[at] ?? []))),
    );
  const lengthOf = ({ box, capital }: Piece): number => (box[2] - box[0]) / capital;
  const longestFirst = [...pieces.keys()].sort((a, b) => lengthOf(pieces[b] as Piece) - lengthOf(pieces[a] as Piece));
  for (const no of longestFirst.slice(0, LANGUAGE_SAMPLE)) for (const at of languages.keys()) readIn(no, at);
  const sampled = weights();
  const likely = bestOf(sampled);
  const isPlain =
    !languages.includes(URDU) &&
    sampled.every((weight, at) => at === likely || weight * PLAIN_LANGUAGE < (sampled[likely] as number));
  for (const no of longestFirst.slice(LANGUAGE_SAMPLE)) {
    if (isPlain && isReadWell(readIn(no, likely))) continue;
    for (const at of languages.keys()) readIn(no, at);
  }
  return { readings, best: isPlain ? likely : bestOf(weights()) };
}

const isReadWell = (words: ReadWord[]): boolean =>
  words.length > 0 && words.every(({ confidence }) => confidence >= READ_WELL);

const withHeight = (words: ReadWord[], capital: number): ReadWord[] => words.map((word) => ({ ...word, capital }));

/** Return how high a capital of a piece's type is: small letters without a high one are three quarters of it. */
function capitalOf(words: ReadWord[], piece: Piece, { boxes }: Blobs): number {
  const tall = tallHeight(piece.blobs.map((no) => boxes[no] as Box));
  return /^[acegmnopqrsuvwxyząęćńśźżóêôâŵŷ\P{L}]+$/u.test(textOf(words)) && !/\d/.test(textOf(words))
    ? tall / 0.75
    : tall;
}

/** Put figures of one number together that were read apart: beside a 1 there is as much room as at a space. */
function joinFigures(words: ReadWord[], piece: Piece, blobs: Blobs): ReadWord[] {
  const joined: ReadWord[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    const at = last ? stepAt((word.box[0] + last.box[2]) / 2, piece.blobs, blobs) : null;
    const figures = last && /\d$/.test(last.text) && /^\d/.test(word.text);
    const amount = last && /^[-+−–]?[£€$][\d.,]*$/u.test(last.text) && /^[\d.,]/u.test(word.text);
    if (last && at && (figures || amount) && at.step < at.height * FIGURE_STEP) {
      const confidence = Math.min(last.confidence, word.confidence);
      joined[joined.length - 1] = {
        ...last,
        text: last.text + word.text,
        box: around([last.box, word.box]),
        confidence,
      };
    } else joined.push(word);
  }
  return joined;
}

/** Doubt words where a gap may be a space or not, or where the engine sees other words than the gaps show. */
function doubtSpaces(words: ReadWord[], piece: Piece, blobs: Blobs): ReadWord[] {
  if (!/\p{L}/u.test(textOf(words))) return words;
  const { words: drawn, sure } = wordsAcross(piece.blobs, blobs);
  return sure && drawn.length === words.length ? words : words.map(unsure);
}

type ReadPiece = (piece: Piece, language: string, letters?: string) => ReadWord[];

/**
 * Read an amount again, with nothing but the letters of one, where it was read badly or not each mark that is drawn has
 * become a letter: £21.42 without its point is a hundred times as much.
 */
function readAmount(words: ReadWord[], piece: Piece, blobs: Blobs, read: ReadPiece): ReadWord[] {
  const text = textOf(words);
  if (words.length > 3 || !/\d/.test(text) || !/^[^\p{L}]*$/u.test(text)) return words;
  const drawn = groupAcross(piece.blobs, blobs, 1).length;
  const isWhole = (one: string): boolean => isAmount(one) && one.replace(/\s/g, '').length === drawn;
  if (isWhole(text) && words.every(isSure)) return words;
  const again = read(piece, FIGURES, AMOUNT_LETTERS);
  const figures = again.map((word) => word.text).join('');
  if (!isAmount(figures)) return isAmount(text) ? words.map(unsure) : words;
  const least = Math.min(...again.map((word) => word.confidence));
  const confidence = isWhole(figures) ? Math.max(least, NOTHING_READ) : NOTHING_READ;
  return [{ text: figures, box: piece.box, confidence }];
}

/** Read a time twice, once with nothing but figures. Where the two differ, it is to be looked at. */
function readTime(piece: Piece, read: ReadPiece): ReadWord | null {
  const figures = read(piece, FIGURES, '0123456789:.');
  const text = figures.map((word) => word.text).join('');
  const match = /^(\d{1,2})[:.](\d{2})$/.exec(text);
  if (!match || !clock(match[1] as string, match[2] as string, undefined)) return null;
  const plain = read(piece, FIGURES);
  const agreed = plain.map((word) => word.text).join('') === text;
  const sure = Math.max(
    Math.min(...figures.map(({ confidence }) => confidence)),
    Math.min(...plain.map(({ confidence }) => confidence)),
  );
  return { text, box: piece.box, confidence: agreed ? sure : Math.min(sure, UNSURE) };
}

/** Read the times among pieces, with what belongs to them. @returns the pieces that are left */
function takeTimes(
  all: Piece[],
  blobs: Blobs,
  languages: string[],
  read: ReadPiece,
): { pieces: Piece[]; times: ReadWord[][] } {
  if (!languages.includes(FIGURES)) return { pieces: all, times: [] };
  const pieces: Piece[] = [];
  const times: { word: ReadWord; surface: number; after: ReadWord[] }[] = [];
  for (const piece of all) {
    const found = findTime(piece.blobs, blobs);
    const word = found && readTime(partOf(piece, found.time, blobs), read);
    if (!found || !word) {
      pieces.push(piece);
      continue;
    }
    times.push({ word: { ...word, capital: word.box[3] - word.box[1] }, surface: piece.surface, after: [] });
    for (const rest of [found.before, found.after]) if (rest.length) pieces.push(partOf(piece, rest, blobs));
  }
  const left = pieces.filter((piece) => {
    const time = times.find((one) => one.surface === piece.surface && isBehind(piece.box, one.word.box));
    const after = time ? readAfterTime(piece, languages, read) : null;
    if (time && after) time.after.push(...after.map((word) => ({ ...word, capital: time.word.capital as number })));
    return !after;
  });
  return { pieces: left, times: times.map(({ word, after }) => [word, ...after]) };
}

/** Tell whether a short piece stands on the line of a time, just after it. */
function isBehind([left, top, right, bottom]: Box, time: Box): boolean {
  const height = time[3] - time[1];
  const [from, level] = [left - time[2], Math.min(bottom, time[3]) - Math.max(top, time[1])];
  return (
    from > 0 && from < height * 1.5 && right - left < height * 6 && level > height * 0.4 && bottom - top < height * 1.6
  );
}

/** Read what stands after a time. @returns am or pm, nothing for ticks, null for words */
function readAfterTime(piece: Piece, languages: string[], read: ReadPiece): ReadWord[] | null {
  if (languages.includes(URDU) && runsRightToLeft(textOf(read(piece, URDU).filter(isRead)))) return null;
  const words = read(piece, FIGURES);
  const [first, ...rest] = words;
  if (!first || words.every(({ text }) => TICKS.test(text))) return [];
  if (PERIOD.test(first.text) && rest.every(({ text }) => TICKS.test(text))) return [first];
  return words.some(isRead) ? null : [];
}

const unsure = (word: ReadWord): ReadWord => ({ ...word, confidence: Math.min(word.confidence, UNSURE) });
const isRead = ({ confidence }: ReadWord): boolean => confidence >= NOTHING_READ;
const isSure = ({ confidence }: ReadWord): boolean => confidence > UNSURE;

const placed = (words: ReadWord[], { place }: Drawn): ReadWord[] =>
  words.map((word) => ({ ...word, box: place(word.box) }));

const sumOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
const textOf = (words: ReadWord[]): string => words.map(({ text }) => text).join(' ');
/** The confidence of each letter: a long word says more about a language than a short one. */
const weightOf = (words: ReadWord[]): number => sumOf(words.map(({ text, confidence }) => text.length * confidence));
const meanOf = (words: ReadWord[]): number =>
  weightOf(words) / Math.max(1, sumOf(words.map((word) => word.text.length)));
const bestOf = (values: number[]): number => values.indexOf(Math.max(...values));

/** One language for the whole picture, but a time is a time in each, and another script is plain from its own line. */
function choose(all: (ReadWord[] | null)[], best: number, languages: string[]): ReadWord[] {
  const reading = all.filter((words) => words !== null);
  const time = reading.find((words) => TIME.test(textOf(words)));
  if (time) return time;
  const backwards = reading.some((words) => runsRightToLeft(textOf(words)));
  // Beside Urdu, names and figures may be of another script.
  const mixed = backwards || languages.includes(URDU);
  const no = mixed ? bestOf(all.map((words) => meanOf(words ?? []))) : best;
  const chosen = (all[no] ?? []).map((word) =>
    languages[no] === FIGURES && word.text === '|' ? { ...unsure(word), text: 'I' } : word,
  );
  // Where two languages see other spaces, words may be joined or cut.
  const agreed = reading.every((words) => words.length === chosen.length);
  return agreed ? chosen : chosen.map(unsure);
}

const lineOf = (words: ReadWord[]): ReadLine[] =>
  words.length ? [{ words, box: around(words.map(({ box }) => box)) }] : [];
