/**
 * The rows that a screenshot may have, found on the phone from the words that it read there. They are proposals:
 * nothing here is stored, and nothing but the screen that asks about each row gets them.
 */
import { KeptError } from '../../core/errors.js';
import { cutText, toWellFormed } from '../../core/text.js';
import { integerOf, objectsOf, textOf } from '../../record/reading.js';
import { pictureToRead } from './picture_source.js';
import { readTexts } from './picture_texts.js';
import type {
  Box,
  Doubt,
  PictureText,
  ProposedRow,
  ReadLine,
  ReadWord,
  ScreenshotReading,
} from '../../imports/screenshots/picture_text.js';
import type { Context, Fields, Open } from '../types.js';

/** What was found in a picture of this size, in pixels of its print copy. `readAt`: ms, when its words were read */
export type PictureRows = ScreenshotReading & {
  width: number;
  height: number;
  readAt: number;
  engine: string;
  engineVersion: string;
};

/** A long screenshot has some dozens. */
const MAX_ROWS = 200;
const MAX_ROW_CHARACTERS = 4_000;
const MAX_NAME_CHARACTERS = 200;
const KINDS = ['messages', 'calls', 'email', 'payments'] as const;
const TYPES: ReadonlySet<string> = new Set(['text', 'missed_call', 'call', 'image', 'email', 'other']);
const DOUBTS = ['side', 'time', 'text', 'day', 'who'] as const;
const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
/** Characters that change the order of the text around them or hide it, and control characters. Joiners are kept. */
const UNSAFE = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff]|(?!\n)\p{Cc}/gu;

/** Where the list that is made from a picture is stored until it is kept. */
export const listDraftKey = (attachment: string): string => `t/list:${attachment}`;

/**
 * Find the rows of a picture whose words were read.
 * @throws not_found when they were not; reader_no_picture when this browser cannot show it; reader_failed
 */
export async function findPictureRows(ctx: Context, open: Open, attachment: string): Promise<PictureRows> {
  const stored = (await readTexts(open)).get(attachment)?.fields;
  if (!stored || !ctx.pictureReader) throw new KeptError('not_found');
  const source = await pictureToRead(open, attachment);
  if (!source) throw new KeptError('reader_no_picture');
  const text = textFrom(stored);
  const reading = await ctx.pictureReader.rows(source.picture, text);
  if (!reading) throw new KeptError('reader_no_picture');
  const { width, height, engine, version: engineVersion } = text;
  const readAt = integerOf(stored, 'read_at') ?? 0;
  return { ...boundedReading(reading, width, height), width, height, readAt, engine, engineVersion };
}

/** Return the stored words in the form of the engine. What does not have the form of a line or a word is left out. */
export function textFrom(fields: Fields): PictureText {
  const lines = (Array.isArray(fields.lines) ? (fields.lines as unknown[]) : []).flatMap((line): ReadLine[] => {
    if (!Array.isArray(line)) return [];
    const box = boxFrom(line.slice(0, 4));
    const words = (Array.isArray(line[4]) ? (line[4] as unknown[]) : []).flatMap(wordFrom);
    return box && words.length ? [{ box, words }] : [];
  });
  return {
    width: integerOf(fields, 'width') ?? 0,
    height: integerOf(fields, 'height') ?? 0,
    lines,
    engine: textOf(fields, 'engine'),
    version: textOf(fields, 'engine_version'),
    languages: [],
  };
}

function wordFrom(word: unknown): ReadWord[] {
  if (!Array.isArray(word)) return [];
  const [text, left, top, right, bottom, confidence, capital] = word as unknown[];
  const box = boxFrom([left, top, right, bottom]);
  if (!box || typeof text !== 'string' || typeof confidence !== 'number') return [];
  return [{ text, box, confidence, ...(typeof capital === 'number' && capital > 0 ? { capital } : {}) }];
}

const boxFrom = (values: readonly unknown[]): Box | null =>
  values.length === 4 && values.every((value) => Number.isFinite(value)) ? (values as Box) : null;

/**
 * Return the reading within limits, because whoever made the picture chose its words. Rows outside the picture are left
 * out, and a row that crosses its edge is cut.
 */
export function boundedReading(reading: ScreenshotReading, width: number, height: number): ScreenshotReading {
  const kind = KINDS.find((one) => one === reading.kind) ?? 'none';
  const rows = objectsOf({ rows: reading.rows }, 'rows')
    .slice(0, MAX_ROWS)
    .flatMap((row) => boundedRow(row, width, height));
  return {
    kind: rows.length ? kind : 'none',
    app: typeof reading.app === 'string' && /^[a-z_]{1,40}$/.test(reading.app) ? reading.app : null,
    title: nameFrom(reading.title),
    rows: kind === 'none' ? [] : rows,
    quality: reading.quality === 'good' && kind !== 'none' ? 'good' : 'poor',
  };
}

function boundedRow(row: Fields, width: number, height: number): ProposedRow[] {
  const read = boxFrom(Array.isArray(row.box) ? row.box : []);
  if (!read) return [];
  const within = (value: number, limit: number) => Math.round(Math.min(limit, Math.max(0, value)));
  const box: Box = [within(read[0], width), within(read[1], height), within(read[2], width), within(read[3], height)];
  if (box[2] - box[0] < 1 || box[3] - box[1] < 1) return [];
  const doubts = new Set(DOUBTS.filter((doubt) => Array.isArray(row.doubts) && row.doubts.includes(doubt)));
  const time = textOf(row, 'time');
  // A time that no clock shows is to be looked at, like one that could not be read.
  if (time && !CLOCK.test(time)) doubts.add('time');
  const type = textOf(row, 'type');
  if (!TYPES.has(type)) doubts.add('text');
  const whole = plainText(textOf(row, 'text'));
  const text = cutText(whole, MAX_ROW_CHARACTERS);
  if (text.length < whole.length) doubts.add('text');
  const side = row.side === 'left' || row.side === 'right' ? row.side : 'unknown';
  if (side === 'unknown') doubts.add('side');
  return [
    {
      box,
      side,
      type: TYPES.has(type) ? type : 'other',
      time: CLOCK.test(time) ? time : null,
      day: nameFrom(row.day),
      who: nameFrom(row.who),
      text,
      doubts: [...doubts] satisfies Doubt[],
    },
  ];
}

const plainText = (text: string): string => toWellFormed(text).replace(UNSAFE, '').trim();

const nameFrom = (value: unknown): string | null =>
  (typeof value === 'string' && cutText(plainText(value).replace(/\s+/g, ' '), MAX_NAME_CHARACTERS)) || null;
