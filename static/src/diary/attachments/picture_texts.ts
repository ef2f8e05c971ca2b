/**
 * Records of what the phone read in pictures (kind `picture_text`). They are records of their own and no fields of the
 * attachment: a pack, a grant and a preview take every field of an attachment, and every version of it, but no record
 * of this kind. So words that nobody checked cannot get into any of them.
 */
import { codesOf, integerOf, textOf } from '../../record/reading.js';
import { currentVersionOf } from '../../record/current_version.js';
import type { PictureText, ReadWord } from '../../imports/screenshots/picture_text.js';
import type { Batch, Fields, Open } from '../types.js';

export const TEXT_KIND = 'picture_text';
/** In characters of all words: six full pages, and small beside the largest version. */
const MAX_CHARACTERS = 20_000;
/**
 * The mean of a line's words by their letters, 0 to 100. Lines in a script that the engine has data for are above it,
 * also small ones in the dark. Lines in another script, and what it sees in a photo without words, are below.
 */
const MIN_LINE_CONFIDENCE = 55;
const LETTER = /[\p{L}\p{N}]/gu;

/** @param at ms */
export function fieldsOfText(attachment: string, text: PictureText, at: number): Fields {
  let room = MAX_CHARACTERS;
  const lines = [];
  for (const { box, words } of text.lines) {
    room -= words.reduce((sum, word) => sum + word.text.length, 0);
    if (room < 0) break;
    lines.push([...box, words.map(storedWord)]);
  }
  const { width, height, engine, version, languages } = text;
  return { of_id: attachment, read_at: at, engine, engine_version: version, languages, width, height, lines };
}

/**
 * Return the words of each line that was read well enough. What does not have the form of a line is left out. `isPoor`:
 * more than half of the letters are in lines that are left out, such as those in a script that the engine cannot read
 */
export function readableText(fields: Fields): { lines: string[]; isPoor: boolean } {
  const lines: string[] = [];
  let [readable, unreadable] = [0, 0];
  for (const line of Array.isArray(fields.lines) ? (fields.lines as unknown[]) : []) {
    const words = wordsOf(line);
    const letters = words.reduce((sum, word) => sum + word.letters, 0);
    const confidence = words.reduce((sum, word) => sum + word.letters * word.confidence, 0) / letters;
    if (confidence >= MIN_LINE_CONFIDENCE) {
      lines.push(words.map(({ text }) => text).join(' '));
      readable += letters;
    } else unreadable += letters;
  }
  return { lines, isPoor: unreadable > readable };
}

const storedWord = ({ text, box, confidence, capital }: ReadWord) => [
  text,
  ...box,
  confidence,
  ...(capital === undefined ? [] : [capital]),
];

function wordsOf(line: unknown): { text: string; letters: number; confidence: number }[] {
  const words: unknown = Array.isArray(line) ? line[4] : null;
  return (Array.isArray(words) ? (words as unknown[]) : []).flatMap((word) => {
    const [text, confidence]: unknown[] = Array.isArray(word) ? [word[0], word[5]] : [];
    if (typeof text !== 'string' || typeof confidence !== 'number') return [];
    return [{ text, letters: text.match(LETTER)?.length ?? 0, confidence }];
  });
}

const readAt = (fields: Fields): number => integerOf(fields, 'read_at') ?? 0;

/** @returns by attachment: its records, one from each device that read it, and the fields of the newest */
export async function readTexts(
  open: Pick<Open, 'store' | 'book'>,
  batch?: Batch,
): Promise<Map<string, { records: string[]; fields: Fields }>> {
  const ids = batch?.kinds.get(TEXT_KIND) ?? (await open.store.readJson<string[]>(`k/${TEXT_KIND}`)) ?? [];
  const texts: Map<string, { records: string[]; fields: Fields }> = new Map();
  for (const { record, versions, meta } of await open.book.manyVersions([...ids], batch)) {
    const own = versions.filter(({ kind }) => kind === TEXT_KIND);
    if (!own.length || meta.erased_at) continue;
    const { shown, taken_out } = currentVersionOf(own);
    if (taken_out !== null) continue;
    const attachment = textOf(shown.fields, 'of_id');
    const other = texts.get(attachment);
    const isNewer = !other || readAt(shown.fields) > readAt(other.fields);
    const fields = isNewer ? shown.fields : other.fields;
    texts.set(attachment, { records: [...(other?.records ?? []), record], fields });
  }
  return texts;
}

/** @returns the words in the pictures of each entry, which both name each other */
export async function pictureWordsByEntry(open: Open): Promise<Map<string, string>> {
  const texts = await readTexts(open);
  const wordsByEntry: Map<string, string> = new Map();
  for (const { record, versions } of await open.book.manyVersions([...texts.keys()])) {
    const own = versions.filter(({ kind }) => kind === 'attachment');
    const text = texts.get(record);
    if (!own.length || !text) continue;
    const { shown, taken_out } = currentVersionOf(own);
    if (taken_out !== null) continue;
    const words = readableText(text.fields).lines.join(' \n ');
    for (const entry of codesOf(shown.fields, 'incident_ids'))
      wordsByEntry.set(entry, `${wordsByEntry.get(entry) ?? ''} \n ${words}`);
  }
  return wordsByEntry;
}
