/**
 * What one cell of a phone bill says: a date, a time, a length, which way a call went. A date that can be read in
 * several orders is returned in each of them; nothing is chosen here.
 */

export type DateOrder = 'dmy' | 'mdy' | 'ymd';
/** `days`: `2026-11-03` by the order that gives it; `rest`: what stands after the date */
export type ReadDate = { days: Partial<Record<DateOrder, string>>; rest: string };
/** `clock`: `21:10` or `21:10:05`; `offset`: minutes east of UTC, null if not written */
export type ReadTime = { clock: string; offset: number | null };
/** A length as written: `units` says what its numbers are, or that there are two ways to read them. */
export type ReadLength = { numbers: number[]; units: 'seconds' | 'two' | 'one' };
/** `null`: the words are not known */
export type Way = { direction: 'in' | 'out'; type: 'call' | 'missed_call'; note: string };

/** No list of calls is older. */
const FIRST_YEAR = 2000;
const MAX_CELL_LENGTH = 100;
const ORDERS = ['dmy', 'mdy', 'ymd'] as const;
const NUMERIC_DATE = /^(\d{1,4})([/.\- ])(\d{1,2})\2(\d{1,4})(?!\d)(.*)$/;
const DAY_AND_MONTH = /^(\d{1,2})(?:st|nd|rd|th)?[ \-/.]{0,2}([a-z]{3,9})[ \-/.,]{0,2}(\d{4}|\d{2})(?!\d)(.*)$/i;
const MONTH_AND_DAY = /^([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?!\d)(.*)$/i;
const WEEKDAY = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}[., ]{1,2}/i;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const FULL_MONTHS = 'january february march april may june july august september october november december sept'.split(
  ' ',
);
const TIME =
  /^(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d{1,9})?)?(?: ?([ap])\.?m\.?)?(?: ?(z|utc|gmt|[+-]\d{2}:?\d{2}))?$/i;
const WORDED_LENGTH =
  /^(?:(\d{1,3}) ?h(?:(?:ou)?rs?)?,? ?)?(?:(\d{1,4}) ?m(?:in(?:ute)?s?)?,? ?)?(?:(\d{1,6}) ?s(?:ec(?:ond)?s?)?)?$/i;

const WAYS: [RegExp, Way | null][] = [
  [/^(?:in|incoming|inbound|received|eingehend|entrant|entrante|przychodząc[ae])(?: (?:voice )?call)?$/, call('in')],
  [
    /^(?:out|outgoing|outbound|dialled|dialed|made|ausgehend|sortant|saliente|wychodząc[ae])(?: (?:voice )?call)?$/,
    call('out'),
  ],
  [/^(?:missed|missed (?:voice |video )?call)$/, missed('')],
  [/^(?:rejected|declined)(?: call)?$/, missed('Rejected')],
  [/^blocked(?: call)?$/, missed('Blocked by the phone')],
  [/^(?:voicemail|went to voicemail)$/, missed('Went to voicemail')],
];
const NOT_A_CALL = /\b(?:sms|mms|texts?|text messages?|picture messages?|data|gprs|internet|wi-?fi)\b/i;

function call(direction: 'in' | 'out'): Way {
  return { direction, type: 'call', note: '' };
}
function missed(note: string): Way {
  return { direction: 'in', type: 'missed_call', note };
}

/** Return a cell without the marks that spreadsheets put around a number: `="07700 900123"`, `'07700 900123`. */
export function plainCell(cell: string): string {
  const text = cell.replace(/[\s\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, ' ').trim();
  return (/^="([^"]*)"$/.exec(text)?.[1] ?? text.replace(/^'/, '')).trim();
}

/**
 * Read a date, with what follows it in the same cell.
 * @param lastDay `2026-11-03`; no call can be later
 * @returns null for no date, and for one that cannot be
 */
export function readDate(cell: string, lastDay: string): ReadDate | null {
  const text = plainCell(cell).replace(WEEKDAY, '');
  if (text.length > MAX_CELL_LENGTH) return null;
  const days: ReadDate['days'] = {};
  const add = (orders: readonly DateOrder[], year: string, month: number, day: string) => {
    const found = dayOf(year, month, Number(day));
    if (found && found <= lastDay) for (const order of orders) days[order] = found;
  };
  const numeric = NUMERIC_DATE.exec(text);
  const [, a = '', , b = '', c = ''] = numeric ?? [];
  const worded = numeric ? null : DAY_AND_MONTH.exec(text);
  const monthFirst = numeric || worded ? null : MONTH_AND_DAY.exec(text);
  // A year of four digits at the front, or the name of a month, leaves one reading in a file of any order.
  if (numeric && a.length === 4 && c.length <= 2) add(ORDERS, a, Number(b), c);
  if (numeric && a.length <= 2 && (c.length === 2 || c.length === 4)) {
    add(['dmy'], c, Number(b), a);
    add(['mdy'], c, Number(a), b);
    if (a.length === 2 && c.length === 2) add(['ymd'], a, Number(b), c);
  }
  if (worded) {
    const [, first = '', month = '', last = ''] = worded;
    const isYearClear = last.length === 4 || first.length === 1;
    add(isYearClear ? ORDERS : ['dmy', 'mdy'], last, monthOf(month), first);
    if (!isYearClear) add(['ymd'], first, monthOf(month), last);
  }
  if (monthFirst) {
    const [, month = '', day = '', year = ''] = monthFirst;
    add(ORDERS, year, monthOf(month), day);
  }
  const rest = (numeric?.[5] ?? worded?.[4] ?? monthFirst?.[4] ?? '').replace(/^[T,\s]+/, '').trim();
  return Object.keys(days).length ? { days, rest } : null;
}

/** @returns the number of an English month, 0 for another word */
function monthOf(word: string): number {
  const name = word.toLowerCase();
  if (!FULL_MONTHS.includes(name) && !MONTHS.includes(name)) return 0;
  return MONTHS.indexOf(name.slice(0, 3)) + 1;
}

function dayOf(written: string, month: number, day: number): string | null {
  const year = written.length === 2 ? FIRST_YEAR + Number(written) : Number(written);
  const date = new Date(Date.UTC(year, month - 1, day));
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCFullYear() === year;
  return year >= FIRST_YEAR && isReal ? date.toISOString().slice(0, 10) : null;
}

/** Read a time of day; null for anything else. */
export function readTime(cell: string): ReadTime | null {
  const match = TIME.exec(plainCell(cell).slice(0, MAX_CELL_LENGTH));
  if (!match) return null;
  const [, hours = '', minutes = '', seconds, half, zone] = match;
  const hour = Number(hours);
  if (Number(minutes) > 59 || Number(seconds ?? 0) > 59 || hour > 23 || (half && (hour < 1 || hour > 12))) return null;
  const hour24 = half ? (hour % 12) + (/p/i.test(half) ? 12 : 0) : hour;
  const clock = `${String(hour24).padStart(2, '0')}:${minutes}${seconds ? `:${seconds}` : ''}`;
  return { clock, offset: zone === undefined ? null : offsetOf(zone) };
}

function offsetOf(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (!match) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

/** Read the length of a call; null for anything else. */
export function readLength(cell: string): ReadLength | null {
  const text = plainCell(cell);
  if (text.length > MAX_CELL_LENGTH || !text) return null;
  const parts = /^(\d{1,5})(?::(\d{2}))?(?::(\d{2}))?$/.exec(text);
  if (parts) {
    const numbers = parts.slice(1).flatMap((part) => (part === undefined ? [] : [Number(part)]));
    if (numbers.slice(1).some((number) => number > 59)) return null;
    if (numbers.length === 3) return { numbers: [secondsIn(numbers)], units: 'seconds' };
    return { numbers, units: numbers.length === 2 ? 'two' : 'one' };
  }
  const worded = WORDED_LENGTH.exec(text);
  if (!worded?.slice(1).some(Boolean)) return null;
  return { numbers: [secondsIn(worded.slice(1).map((part) => Number(part ?? 0)))], units: 'seconds' };
}

const secondsIn = ([hours = 0, minutes = 0, seconds = 0]: number[]) => hours * 3600 + minutes * 60 + seconds;

/** Tell which way a call went; null for words that are not known. */
export function wayOf(cell: string): Way | null {
  const text = plainCell(cell).toLowerCase();
  return WAYS.find(([words]) => words.test(text))?.[1] ?? null;
}

/** Tell whether a kind of use is a text message or data, and no call. */
export const isNoCall = (cell: string) => NOT_A_CALL.test(plainCell(cell).slice(0, MAX_CELL_LENGTH));

/** Tell whether a cell looks like a telephone number with its area. */
export function looksLikeNumber(cell: string): boolean {
  const text = plainCell(cell);
  const digits = text.replace(/\D/g, '');
  return /^\+?[\d ()\-*xX]{7,24}$/.test(text) && digits.length >= 5 && /^(?:\+|0|44|\()/.test(text);
}
