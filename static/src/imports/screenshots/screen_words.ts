/** Words that apps write on a screen: times, days, calls, amounts. English, Polish and Urdu. */

const DAYS = [
  'today|yesterday|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun',
  'dzisiaj|dziś|wczoraj|poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela',
  'آج|کل|گزشتہ کل|پیر|منگل|بدھ|جمعرات|جمعہ|ہفتہ|اتوار',
].join('|');
const MONTHS = [
  'january|february|march|april|may|june|july|august|september|october|november|december',
  'jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec',
  'stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia',
  'جنوری|فروری|مارچ|اپریل|مئی|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|دسمبر',
].join('|');
const DATE = `(?:(?:${DAYS})[,.]? )?\\d{1,2}(?:st|nd|rd|th)? (?:${MONTHS})[,.]?(?: \\d{4})?`;
const NUMBERS = '\\d{1,2}[/.]\\d{1,2}[/.]\\d{2,4}';
const CLOCK = '(\\d{1,2})[:.](\\d{2})(?: ?([ap])\\.?m\\.?)?';
const HEADING = new RegExp(`^(${DATE}|${NUMBERS}|${DAYS})(?:,| at| o)?(?: ${CLOCK})?$`, 'iu');
const ONLY_CLOCK = new RegExp(`^${CLOCK}$`, 'iu');
const CLOCK_AT_END = new RegExp(`^(.*?)(?:^|\\s)${CLOCK}$`, 'iu');
const MISSED_CALLS = [
  'missed (?:(?:group )?(?:voice|video|audio) )?call|missed',
  'nieodebrane(?: połączenie(?: (?:głosowe|wideo))?)?',
  'مسڈ(?: (?:وائس|ویڈیو))?(?: کال)?',
].join('|');
const MISSED = new RegExp(`^(?:${MISSED_CALLS})(?: \\(\\d+\\))?$`, 'iu');
const OTHER_CALLS = [
  'incoming|outgoing|mobile|declined',
  'przychodzące|wychodzące|odrzucone',
  'آنے والی|جانے والی',
].join('|');
const ANSWERED = new RegExp(`^(?:${OTHER_CALLS})(?: (?:call|\\(\\d+\\)))?$`, 'iu');
const CALL_BACK = /^(?:tap to call back|call back|dotknij, aby oddzwonić|oddzwoń)$/iu;
const AMOUNT = /^([-+−–]? ?[£€$] ?\d[\d,]*(?:\.\d{2})?)$/u;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/gu;
const NEGATIONS = [
  "not|no|never|none|nothing|nobody|cannot|without|nor|neither|\\p{L}+n['’`]?t",
  'nie|nigdy|nic|nikt|bez',
  'مت|نہیں|نہ',
].join('|');
const NEGATION = new RegExp(`^(?:${NEGATIONS})$`, 'iu');

/** @returns HH:MM of 24 hours; null for an impossible time */
export function clock(hour: string, minute: string, period: string | undefined): string | null {
  const [hours, minutes] = [Number(hour), Number(minute)];
  if (minutes > 59 || hours > 23 || (period && (hours > 12 || hours < 1))) return null;
  const hour24 = period ? (hours % 12) + (period.toLowerCase() === 'p' ? 12 : 0) : hours;
  return `${String(hour24).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

/** Read a line that is nothing but a time. */
export function onlyTime(line: string): string | null {
  const match = ONLY_CLOCK.exec(line.trim());
  return match ? clock(match[1] as string, match[2] as string, match[3]) : null;
}

/** Read a time at the end of a line. @returns the words before it as `rest` */
export function timeAtEnd(line: string): { rest: string; time: string } | null {
  const match = CLOCK_AT_END.exec(line.trim());
  const time = match && clock(match[2] as string, match[3] as string, match[4]);
  return match && time ? { rest: (match[1] as string).trim(), time } : null;
}

/** Read a heading between messages: a day, with or without a time, or a time by itself. */
export function heading(line: string): { day: string | null; time: string | null } | null {
  const text = line.trim();
  const alone = onlyTime(text);
  if (alone) return { day: null, time: alone };
  const match = HEADING.exec(text);
  if (!match) return null;
  const time = match[2] && match[3] ? clock(match[2], match[3], match[4]) : null;
  return { day: match[1] as string, time };
}

/** Tell whether a line is nothing but an app's words for a missed call. */
export const isMissedCall = (line: string): boolean => MISSED.test(line.trim());
/** Tell whether a line is nothing but an app's words for a call of a call list. */
export const isCall = (line: string): boolean => isMissedCall(line) || ANSWERED.test(line.trim());
export const isCallBack = (line: string): boolean => CALL_BACK.test(line.trim());
export const isAmount = (line: string): boolean => AMOUNT.test(line.trim());
/** Tell whether a word turns a sentence round. */
export const isNegation = (word: string): boolean => NEGATION.test(word.replace(/[.,!?؟۔]+$/u, ''));

/** Tell whether most letters of a text are of a script that runs from right to left. */
export function runsRightToLeft(text: string): boolean {
  return (text.match(RIGHT_TO_LEFT)?.length ?? 0) * 2 > (text.match(/\p{L}/gu)?.length ?? 0);
}
