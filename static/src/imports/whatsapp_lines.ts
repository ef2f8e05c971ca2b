/**
 * The lines of a WhatsApp chat export: where a message begins, and its date and time in the format of the exporting
 * phone.
 *
 *   Android   24/11/2026, 21:10 - Sam: text          11/24/26, 9:10 PM - Sam: text
 *   iOS       [24/11/2026, 21:10:05] Sam: text       [24.11.26, 9:10:05 PM] Sam: text
 *
 * Invisible marks (left-to-right, right-to-left, embeddings, isolates) may stand between any two of these parts, and
 * the space before AM or PM is often a no-break space. Digits may be of any script, and the period of the day in about
 * 80 languages (day_periods.ts).
 *
 * [Note: no silent merge] A line that begins like a message of its file, has a sender and cannot be read is nobody's
 * words. If it joined the message before it, its words would be given to the wrong sender. So it is listed as not
 * understood. A line without a sender stays: people write lists of dates and times into a message.
 */
import { ALL_HOURS, hoursOfPeriod } from './day_periods.js';

/** Day first, month first, year first */
export type DateOrder = 'dmy' | 'mdy' | 'ymd';
/** The beginning of a message */
export type MessageStart = {
  /** the same for all lines of one export */
  shape: string;
  /** as written, left to right */
  date: [number, number, number];
  /** in which this language and others write a date of this look */
  orders: readonly DateOrder[];
  /** `21:10` or `21:10:05`; null if not a valid time */
  clock: string | null;
  /** everything after, unchanged */
  rest: string;
};

const MARK = '[\\u200e\\u200f\\u061c\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*';
const SPACE = '[ \\u00a0\\u202f\\u2007\\u2009]';
/** Marks and spaces in any order. No two of these or of MARK stand side by side: that would take long to refuse. */
const GAP = '[\\u200e\\u200f\\u061c\\u202a-\\u202e\\u2066-\\u2069\\ufeff \\u00a0\\u202f\\u2007\\u2009]*';
/** A period of the day. Before the time it is one word: more could be the beginning of a sentence. */
const PERIOD_BEFORE = `[\\p{L}\\p{M}][\\p{L}\\p{M}.'’]{0,19}`;
const PERIOD_AFTER = `${PERIOD_BEFORE}(?:${SPACE}${PERIOD_BEFORE}){0,3}`;
const JOINED = `${MARK}\\k<separator>${SPACE}?${MARK}`;
const FIRST_JOIN = `${MARK}(?<separator>[./-])(?<space>${SPACE})?${MARK}`;
const DATE = `(?<a>\\d{1,4})${FIRST_JOIN}(?<b>\\d{1,2})${JOINED}(?<c>\\d{1,4})\\.?${MARK}`;
const CLOCK = '(?<hour>\\d{1,2})[:.](?<minute>\\d{2})(?:[:.](?<second>\\d{2}))?';
const TIME = `(?:(?<before>${PERIOD_BEFORE})${GAP})?${CLOCK}${GAP}(?:(?<after>${PERIOD_AFTER})${GAP})?`;
const DATE_END = `(?<dateEnd>(?:${SPACE}?г\\.?)?(?:,|،|${SPACE}(?:à|um|at|a las|klo|kl\\.))?)${SPACE}${GAP}`;
const TIME_END = `(?:(?<closing>\\])${MARK}${SPACE}?|${SPACE}${MARK}[-–—]${MARK}${SPACE})`;
const MESSAGE_START = new RegExp(`^${MARK}(?:(?<opening>\\[)${MARK})?${DATE}${DATE_END}${TIME}${TIME_END}`, 'u');
const ORDERS: readonly DateOrder[] = ['dmy', 'mdy', 'ymd'];
const YEAR_FIRST: readonly DateOrder[] = ['ymd'];
/** With dots the year comes first only where spaces follow them: 26. 11. 24. in Korean, 24.11.26 in German. */
const DOTS: readonly DateOrder[] = ['dmy', 'mdy'];
/** WhatsApp's first */
const FIRST_YEAR = 2009;
/** Longer than any date and time. */
const MAX_START_LENGTH = 120;
/** Day, month, year, hour and minute, and perhaps the second. */
const NUMBERS_OF_A_START = [5, 6];
const MARKS = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g;
/** One digit replaces one digit, so offsets in the line stay valid. None that needs two code units is among them. */
const OTHER_DIGITS = /(?=[\u0660-\uffff])\p{Nd}/gu;

/** @returns the text without invisible marks, trimmed */
export function withoutMarks(text: string): string {
  return text.replace(MARKS, '').trim();
}

/** In Unicode the ten digits of a script follow each other, and begin at a code that ends in 0 or 6. */
function plainDigit(digit: string) {
  const code = digit.charCodeAt(0);
  const endsAtF = /\p{Nd}/u.test(String.fromCharCode(code | 15));
  return String((code % 16) - (endsAtF ? 6 : 0));
}

/** Parse the beginning of a message; null for any other line. */
export function parseStart(line: string): MessageStart | null {
  const firstCode = line.charCodeAt(0);
  // Fast path: rejects nearly every continuation line before the regular expression runs.
  if (firstCode < 128 && firstCode !== 91 && (firstCode < 48 || firstCode > 57)) return null;
  const match = MESSAGE_START.exec(line.slice(0, MAX_START_LENGTH).replace(OTHER_DIGITS, plainDigit));
  if (!match) return null;
  const { opening, a, separator, space, b, c, dateEnd, before, hour, minute, second, after, closing } =
    match.groups as {
      [name: string]: string | undefined;
    };
  if (Boolean(opening) !== Boolean(closing)) return null;
  const yearFirst = a?.length === 4;
  if (!yearFirst && Number(a?.length) > 2) return null;
  return {
    shape: [opening ?? '-', separator, second && 's', yearFirst && 'y', dateEnd?.trim()].filter(Boolean).join(''),
    date: [Number(a), Number(b), Number(c)],
    orders: yearFirst ? YEAR_FIRST : separator === '.' && !space ? DOTS : ORDERS,
    clock: clockOf(
      Number(hour),
      Number(minute),
      second === undefined ? null : Number(second),
      [before, after].filter((word) => word !== undefined),
    ),
    rest: line.slice(match[0].length),
  };
}

/**
 * @param periods words for the period of the day, such as PM or 晚上
 * @returns null for a time that no clock shows, and where a word is unknown or leaves two readings
 */
function clockOf(hour: number, minute: number, second: number | null, periods: string[]): string | null {
  if (minute > 59 || (second ?? 0) > 59 || hour > 23 || periods.length > 1) return null;
  const pad = (n: number) => String(n).padStart(2, '0');
  let hour24 = hour;
  if (periods[0]) {
    const hours = hoursOfPeriod(periods[0]);
    if (hours === undefined) return null;
    if (hours !== ALL_HOURS) {
      const readings = [hour % 12, (hour % 12) + 12].filter((reading) => hours & (1 << reading));
      if (hour > 12 || readings.length !== 1) return null;
      hour24 = readings[0] as number;
    }
  }
  return `${pad(hour24)}:${pad(minute)}${second === null ? '' : `:${pad(second)}`}`;
}

/**
 * Return what stands after the date and time of a line that begins like the messages of its file, although they cannot
 * be read: three numbers joined as in the file's dates, five or six numbers in all, and the same end.
 * @param shape of the file's messages
 * @returns null for any other line
 */
export function restOfUnread(line: string, shape: string): string | null {
  const match = unreadStart(shape).exec(line);
  const numbers = match?.[0].match(/\p{Nd}+/gu) ?? [];
  return match && NUMBERS_OF_A_START.includes(numbers.length) ? line.slice(match[0].length) : null;
}

const unreadStarts: Map<string, RegExp> = new Map();

function unreadStart(shape: string): RegExp {
  const [bracket = '', separator = ''] = shape;
  const existing = unreadStarts.get(bracket + separator);
  if (existing) return existing;
  const [begin, end] = bracket === '[' ? [`\\[${MARK}`, '\\]'] : ['', `${SPACE}[-–—]${SPACE}`];
  const era = `(?:\\p{L}{1,6}\\.?${SPACE}?)?`;
  const joined = `${MARK}\\${separator}${SPACE}?${MARK}`;
  const expression = `^${MARK}${begin}${era}\\p{Nd}{1,4}${joined}\\p{Nd}{1,2}${joined}[^\\]]{1,60}?${end}`;
  const created = new RegExp(expression, 'u');
  unreadStarts.set(bracket + separator, created);
  return created;
}

/**
 * Return the date of a message as `2026-11-24`; null if it does not exist in this order, is before WhatsApp, or is
 * after `last`. A later year belongs to another calendar, which is not converted here. A date whose look rules the
 * order out is read in its own.
 * @param last such as `2026-11-25`
 */
export function dateOf({ date: [a, b, c], orders }: MessageStart, order: DateOrder, last: string): string | null {
  const readAs = orders.includes(order) ? order : orders[0];
  const [year, month, day] = readAs === 'ymd' ? [a, b, c] : readAs === 'mdy' ? [c, a, b] : [c, b, a];
  const fullYear = year < 100 ? 2000 + year : year;
  if (fullYear < FIRST_YEAR || fullYear > 9999 || month < 1 || month > 12) return null;
  const at = new Date(Date.UTC(fullYear, month - 1, day));
  const date = at.toISOString().slice(0, 10);
  return at.getUTCDate() === day && day > 0 && date <= last ? date : null;
}

/**
 * Return the possible date orders of an export. One: it is certain. Several: only the keeper can tell. An order is
 * possible if no other one reads more of the dates, or if some date can be read in no other.
 * @param starts one for each date is enough
 */
export function possibleOrders(starts: Iterable<MessageStart>, last: string): DateOrder[] {
  const counts = ORDERS.map((order) => ({ order, read: 0, alone: 0 }));
  for (const start of starts) {
    const readings = counts.filter(({ order }) => start.orders.includes(order) && dateOf(start, order, last));
    for (const count of readings) {
      count.read++;
      if (readings.length === 1) count.alone++;
    }
  }
  const most = Math.max(...counts.map(({ read }) => read));
  return counts.filter(({ read, alone }) => read > 0 && (read === most || alone > 0)).map(({ order }) => order);
}
