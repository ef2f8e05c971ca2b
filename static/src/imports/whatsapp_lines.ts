/**
 * The lines of a WhatsApp chat export: where a message begins, and its date and time in the format of the exporting
 * phone.
 *
 *   Android   24/11/2026, 21:10 - Sam: text          11/24/26, 9:10 PM - Sam: text
 *   iOS       [24/11/2026, 21:10:05] Sam: text       [24.11.26, 9:10:05 PM] Sam: text
 *
 * Invisible marks (left-to-right, right-to-left, embeddings, isolates) may stand between any two of these parts, and
 * the space before AM or PM is often a no-break space. Digits may be Arabic, Persian or Devanagari.
 */

/** Day first, month first, year first */
export type DateOrder = 'dmy' | 'mdy' | 'ymd';
/** The beginning of a message */
export type MessageStart = {
  /** the same for all lines of one export */
  shape: string;
  /** as written, left to right */
  date: [number, number, number];
  yearFirst: boolean;
  /** German and similar formats: always the day first */
  dotted: boolean;
  /** `21:10` or `21:10:05`; null if not a valid time */
  clock: string | null;
  /** everything after, unchanged */
  rest: string;
};

const MARK = '[\\u200e\\u200f\\u061c\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*';
const SPACE = '[ \\u00a0\\u202f\\u2007\\u2009]';
const MORNING = ['am', 'ص', 'ق.ظ', 'ق.ظ.', '上午', '오전', 'पूर्वाह्न'];
const EVENING = ['pm', 'م', 'ب.ظ', 'ب.ظ.', '下午', '오후', 'अपराह्न'];
const MERIDIEM = `[aApP]\\.?${SPACE}?[mM]\\.?|${[...MORNING, ...EVENING]
  .slice()
  .sort((a, b) => b.length - a.length)
  .filter((word) => !/^[ap]m$/.test(word))
  .map((word) => word.replaceAll('.', '\\.'))
  .join('|')}`;
const DATE = `(\\d{1,4})${MARK}([./-])${SPACE}?${MARK}(\\d{1,2})${MARK}\\3${SPACE}?${MARK}(\\d{1,4})\\.?${MARK}`;
const TIME = `(?:(${MERIDIEM})${SPACE}?)?(\\d{1,2})[:.](\\d{2})(?:[:.](\\d{2}))?${MARK}${SPACE}*${MARK}(${MERIDIEM})?`;
const DATE_END = `(?:,|،|${SPACE}(?:à|um|at|a las))?${SPACE}+`;
const TIME_END = `(?:(\\])${MARK}${SPACE}?|${MARK}${SPACE}[-–—]${MARK}${SPACE})`;
const MESSAGE_START = new RegExp(`^${MARK}(\\[)?${MARK}${DATE}${DATE_END}${MARK}${TIME}${MARK}${TIME_END}`);
const MARKS = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g;
/** One digit replaces one digit, so offsets in the line stay valid. */
const OTHER_DIGITS = /[٠-٩۰-۹०-९]/g;

/** @returns the text without invisible marks, trimmed */
export function withoutMarks(text: string): string {
  return text.replace(MARKS, '').trim();
}

function plainDigit(digit: string) {
  const code = digit.charCodeAt(0);
  return String(code - (code < 0x670 ? 0x660 : code < 0x700 ? 0x6f0 : 0x966));
}

/** Parse the beginning of a message; null for any other line. */
export function parseStart(line: string): MessageStart | null {
  const firstCode = line.charCodeAt(0);
  // Fast path: rejects nearly every continuation line before the regular expression runs.
  if (firstCode < 128 && firstCode !== 91 && (firstCode < 48 || firstCode > 57)) return null;
  const match = MESSAGE_START.exec(firstCode < 128 ? line : line.replace(OTHER_DIGITS, plainDigit));
  if (!match) return null;
  const [prefix, openBracket, a, separator, b, c, meridiemBefore, hour, minute, second, meridiemAfter, closeBracket] =
    match;
  if (Boolean(openBracket) !== Boolean(closeBracket)) return null;
  const yearFirst = (a as string).length === 4;
  if (!yearFirst && (a as string).length > 2) return null;
  const date = [Number(a), Number(b), Number(c)] as [number, number, number];
  return {
    shape: `${openBracket ? '[' : '-'}${separator}${second === undefined ? '' : 's'}${yearFirst ? 'y' : ''}`,
    date,
    yearFirst,
    dotted: separator === '.',
    clock: clockOf(
      Number(hour),
      Number(minute),
      second === undefined ? null : Number(second),
      meridiemBefore ?? meridiemAfter ?? null,
    ),
    rest: line.slice(prefix.length),
  };
}

function clockOf(hour: number, minute: number, second: number | null, meridiem: string | null): string | null {
  if (minute > 59 || (second ?? 0) > 59) return null;
  const pad = (n: number) => String(n).padStart(2, '0');
  let hour24 = hour;
  if (meridiem) {
    if (hour > 12) return null;
    const word = meridiem.toLowerCase().replace(/[.\s\u00a0\u202f]/g, '');
    const isEvening = EVENING.some((evening) => evening.replaceAll('.', '') === word);
    hour24 = (hour % 12) + (isEvening ? 12 : 0);
  }
  if (hour24 > 23) return null;
  return `${pad(hour24)}:${pad(minute)}${second === null ? '' : `:${pad(second)}`}`;
}

/** Return the date of a message as `2026-11-24`; null if it is invalid in this order. */
export function dateOf({ date: [a, b, c], yearFirst }: MessageStart, order: DateOrder): string | null {
  const [year, month, day] = yearFirst ? [a, b, c] : order === 'mdy' ? [c, a, b] : [c, b, a];
  const fullYear = year < 100 ? 2000 + year : year;
  // WhatsApp started in 2009. A year beyond the century belongs to another calendar, which is not converted here.
  if (fullYear < 2009 || fullYear > 2100 || month < 1 || month > 12) return null;
  const at = new Date(Date.UTC(fullYear, month - 1, day));
  return at.getUTCDate() === day && day > 0 ? at.toISOString().slice(0, 10) : null;
}

/** Return the possible date orders of an export. One: it is certain. Two: only the keeper can tell. */
export function possibleOrders(starts: Iterable<MessageStart>): DateOrder[] {
  let [dayFirst, monthFirst, total] = [0, 0, 0];
  for (const start of starts) {
    if (start.yearFirst) return ['ymd'];
    if (start.dotted) return ['dmy'];
    total++;
    if (start.date[0] > 12) dayFirst++;
    if (start.date[1] > 12) monthFirst++;
  }
  if (!total) return [];
  if (dayFirst && !monthFirst) return ['dmy'];
  if (monthFirst && !dayFirst) return ['mdy'];
  return ['dmy', 'mdy'];
}
