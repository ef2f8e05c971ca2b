/** Times, sizes and numbers as readable text, in the language of the screens. */
import { endOffset, isEarlierToday, localAt, phoneZone } from '../../record/times.js';
import {
  rememberEnglish,
  inPlainEnglish,
  isolateDirection,
  joinInLine,
  hasText,
  language,
  lookUp,
  t,
} from '../../shell/strings.js';
import type { Occurred as Whole, Say } from '../../shell/app.js';

/** The time of a record; any part may be missing. */
export type Occurred = Partial<Whole>;

/** Chromium has no Welsh names of days and months and would show English ones, so every browser uses these. */
const WELSH_NAMES = {
  weekday: {
    long: 'Sul Llun Mawrth Mercher Iau Gwener Sadwrn'.split(' ').map((name) => `Dydd ${name}`),
    short: 'Sul Llun Maw Mer Iau Gwen Sad'.split(' '),
  },
  month: {
    long: 'Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr'.split(' '),
    short: 'Ion Chwef Maw Ebr Mai Meh Gorff Awst Medi Hyd Tach Rhag'.split(' '),
  },
};

function formatWelsh(english: Intl.DateTimeFormat, { weekday, month }: Intl.DateTimeFormatOptions, date: Date) {
  return english
    .formatToParts(date)
    .map(({ type, value }) => {
      if (type === 'weekday' && (weekday === 'long' || weekday === 'short'))
        return WELSH_NAMES.weekday[weekday][date.getUTCDay()];
      return type === 'month' && (month === 'long' || month === 'short')
        ? WELSH_NAMES.month[month][date.getUTCMonth()]
        : value;
    })
    .join('');
}

/** A day of May is `maja` in Polish; the short name that browsers have, `maj`, is that of the month alone. */
const formatPolish = (polish: Intl.DateTimeFormat, { day, month }: Intl.DateTimeFormatOptions, date: Date) =>
  polish
    .formatToParts(date)
    .map(({ type, value }) => (type === 'month' && day && month === 'short' && value === 'maj' ? 'maja' : value))
    .join('');

/** Created on first use: the lock shows no date, and creating a format costs as much as drawing the lock. */
const lazyFormat = (options: Intl.DateTimeFormatOptions) => {
  const formats: Record<string, Intl.DateTimeFormat> = {};
  const formatFor = (locale: string) =>
    (formats[locale] ??= new Intl.DateTimeFormat(locale, { timeZone: 'UTC', numberingSystem: 'latn', ...options }));
  const formatIn = (locale: string, date: Date) =>
    locale === 'cy'
      ? formatWelsh(formatFor('en-GB'), options, date)
      : locale === 'pl'
        ? formatPolish(formatFor(locale), options, date)
        : formatFor(locale).format(date);
  return { format: (date: Date) => rememberEnglish(formatIn(language(), date), () => formatIn('en-GB', date)) };
};
// The local text is parsed as UTC, so that the time the keeper chose is shown wherever the phone is now.
const DAY = lazyFormat({ weekday: 'long', day: 'numeric', month: 'long' });
const DAY_YEAR = lazyFormat({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const MONTH = lazyFormat({ month: 'long', year: 'numeric' });
const SHORT_MONTH = lazyFormat({ month: 'short', year: 'numeric' });
const SHORT_DAY = lazyFormat({ weekday: 'short' });
const WEEKDAY = lazyFormat({ weekday: 'long' });
const SHORT = lazyFormat({ day: 'numeric', month: 'short', year: 'numeric' });

const asDate = (local: string) => new Date(`${local.slice(0, 10)}T00:00:00Z`);

/**
 * The time of day at `at`, on this phone.
 * @param at ms UTC
 * @returns `14:03`
 */
export function clockTime(at: number): string {
  return localAt(at, phoneZone()).slice(11);
}

/**
 * The day of `at`, on this phone.
 * @param at ms UTC
 * @returns `3 Nov 2026`
 */
export function dateText(at: number): string {
  return SHORT.format(asDate(localAt(at, phoneZone())));
}

/**
 * The day and the time of day at `at`, on this phone.
 * @param at ms UTC
 * @returns `3 Nov 2026, 14:03`
 */
export function dateTimeText(at: number): string {
  return rememberEnglish(joinInLine([dateText(at), clockTime(at)]), () =>
    inPlainEnglish(() => `${dateText(at)}, ${clockTime(at)}`),
  );
}

/**
 * A time within the last days by weekday.
 * @param at ms UTC
 * @returns `Tuesday 10:20`, or `3 Nov 2026, 10:20` for an older time
 */
export function recentTimeText(at: number, now: number): string {
  if (now - at > 6 * 86_400_000 || at > now + 86_400_000) return dateTimeText(at);
  return rememberEnglish(`${WEEKDAY.format(asDate(localAt(at, phoneZone())))} ${clockTime(at)}`, () =>
    inPlainEnglish(() => `${WEEKDAY.format(asDate(localAt(at, phoneZone())))} ${clockTime(at)}`),
  );
}

/**
 * A day as a heading; today and yesterday by name.
 * @param date `2026-11-03`
 * @param now ms UTC
 */
export function dayHeading(date: string, now: number): string {
  const today = localAt(now, phoneZone()).slice(0, 10);
  const yesterday = new Date(asDate(today).getTime() - 86_400_000).toISOString().slice(0, 10);
  if (date === today) return t('say.today', { day: DAY.format(asDate(date)) });
  if (date === yesterday) return t('say.yesterday', { day: DAY.format(asDate(date)) });
  return (date.slice(0, 4) === today.slice(0, 4) ? DAY : DAY_YEAR).format(asDate(date));
}

/**
 * The local text of an entry's time. Another program may have written `occurred_local`, so it is used only if it has
 * our format; otherwise the instant and its offset are used. One odd row must never break a list.
 * @returns `2026-11-03T20:14`, or '' if nothing is known
 */
function localOf({ occurred_local, occurred_start, utc_offset_min, tz }: Occurred): string {
  if (/^\d{4}-\d\d-\d\d/.test(occurred_local ?? '') && !Number.isNaN(asDate(String(occurred_local)).getTime()))
    return String(occurred_local);
  return occurred_start === null || occurred_start === undefined ? '' : atOffset(occurred_start, utc_offset_min, tz);
}

/** @param offset minutes; if missing, the time zone is used */
function atOffset(at: number, offset: number | null | undefined, tz: string | undefined) {
  const shifted = offset === null ? null : new Date(at + (offset as number) * 60_000);
  if (shifted && !Number.isNaN(shifted.getTime())) return shifted.toISOString().slice(0, 16);
  try {
    return localAt(at, tz || phoneZone());
  } catch {
    return '';
  }
}

/** The local date an entry is filed under; '' if its time is not known. */
export function localDateOf(occurred: Occurred): string {
  return occurred.precision === 'unknown' ? '' : localOf(occurred).slice(0, 10);
}

/** The time within its day, as exact as it was given: `21:10`, `about 21:10`, `evening`, '' for a whole day. */
export function timeOfDay(occurred: Occurred): string {
  const local = localOf(occurred);
  if (occurred.precision === 'minute' || occurred.precision === 'exact') return local.slice(11, 16);
  if (occurred.precision === 'hour') return t('say.about', { time: local.slice(11, 16) });
  if (isEarlierToday(occurred.precision, occurred.occurred_local)) return earlierTodayText(occurred);
  if (occurred.precision === 'part_of_day') return partOfDayText(occurred, local);
  if (occurred.precision === 'date_range') return rangeText(occurred, local);
  if (occurred.precision === 'month') return monthText(local);
  return occurred.precision === 'season' ? seasonText(occurred.occurred_local ?? '') : '';
}

function monthText(local: string) {
  const date = asDate(local);
  return Number.isNaN(date.getTime()) ? '' : t('say.month', { month: MONTH.format(date) });
}

/** `Summer 2026`, in whatever form the record has it, or the recorded text. Never anything that looks like a date. */
export function seasonText(local: string) {
  const [, season, year] = /^(Winter|Spring|Summer|Autumn) ([\d/]+)$/.exec(local) ?? [];
  if (season && year) return lookUp(`say.${season}`, { year });
  return /^\p{L}/u.test(local) ? local : '';
}

function partOfDayText({ occurred_local }: Occurred, local: string) {
  const part = local === occurred_local ? local.slice(11) : (occurred_local ?? '');
  // Another program may have written the label, `Early morning`, in place of the code.
  const key = `say.part_${part.replace(' ', '_').toLowerCase()}`;
  return hasText(key) ? lookUp(key).toLocaleLowerCase(language()) : part.replace('_', ' ').toLowerCase();
}

/** In quotes, since the day need not be today when it is read. */
function earlierTodayText({
  occurred_start: start = null,
  occurred_end: end,
  utc_offset_min: offset,
  tz = '',
}: Occurred) {
  if (!end) return '';
  const endingOffset = typeof offset === 'number' ? endOffset(tz, start, end, offset) : null;
  return t('say.earlier_today', { time: atOffset(end, endingOffset, tz).slice(11) });
}

function rangeText({ occurred_end, occurred_local, utc_offset_min, tz }: Occurred, local: string) {
  const hours = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)\/(\d{4}-\d\d-\d\d)T(\d\d:\d\d)$/.exec(occurred_local ?? '');
  if (hours) {
    const endDay = hours[1] === hours[3] ? '' : `${SHORT.format(asDate(String(hours[3])))}, `;
    return `${hours[2]} ${t('say.to')} ${endDay}${hours[4]}`;
  }
  const typed = local === occurred_local ? local.slice(11) : '';
  // The end is the first instant after the range.
  const lastDay = typed || (occurred_end ? atOffset(occurred_end - 1, utc_offset_min, tz) : local);
  const date = asDate(lastDay);
  return Number.isNaN(date.getTime()) ? '' : t('say.until', { day: SHORT.format(date) });
}

/** The full time of an entry, in one line. */
export function occurredText(occurred: Occurred): string {
  const date = localDateOf(occurred);
  if (!date) return t('entries.unknown_day');
  const time = timeOfDay(occurred);
  // Never more exact than the keeper stated: a month does not become its first day.
  if (time && (occurred.precision === 'month' || occurred.precision === 'season'))
    return time[0]?.toUpperCase() + time.slice(1);
  const dayName = DAY_YEAR.format(asDate(date));
  return joinInLine([dayName, time]);
}

/** One decimal, with the point or comma of the language. */
function tenthsText(n: number) {
  const tenths = { minimumFractionDigits: 1, maximumFractionDigits: 1, numberingSystem: 'latn' };
  return n.toLocaleString(language(), tenths);
}

/** A readable size: `3.1 MB`, in Polish `3,1 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return t('say.bytes', { n: bytes });
  const [unit, divisor] = bytes < 1e6 ? ['KB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  const n = bytes / Number(divisor);
  return rememberEnglish(isolateDirection(`${n >= 10 ? Math.round(n) : tenthsText(n)} ${unit}`), () =>
    inPlainEnglish(() => sizeText(bytes)),
  );
}

/** Monday to Sunday, in the short form of the language. */
export function shortDayNames(): string[] {
  // 5 January 2026 was a Monday.
  return Array.from({ length: 7 }, (_, i) => SHORT_DAY.format(new Date(Date.UTC(2026, 0, 5 + i))));
}

/**
 * @param text `2026-05`
 * @returns `May 2026`
 */
export function monthName(text: string): string {
  return SHORT_MONTH.format(asDate(`${text}-01`));
}

/**
 * A date, or the text unchanged if it is not one.
 * @param text `2026-11-03`
 * @returns `3 Nov 2026`
 */
export function isoDateText(text: string): string {
  const date = /^\d{4}-\d\d-\d\d$/.test(text) ? asDate(text) : null;
  return date && !Number.isNaN(date.getTime()) ? SHORT.format(date) : text;
}

/** Times on pages made for others: in English, in the format of the screens. */
export const ENGLISH_TIMES = {
  when: (fields) => inPlainEnglish(() => occurredText({ precision: 'unknown', ...fields })),
  at: (ms) => inPlainEnglish(() => dateTimeText(ms)),
} as Say;

/**
 * The number of an entry as text.
 * @param seq_no null: not numbered yet; undefined: unknown while older entries load
 * @param style `reg`: within a sentence about a record of a register
 * @returns '' while unknown
 */
export function entryNumberText(seq_no: number | null | undefined, style: 'list' | 'reg' = 'list'): string {
  if (seq_no === undefined) return '';
  if (style === 'reg') return seq_no === null ? t('reg.entry_new') : t('reg.entry', { n: seq_no });
  return seq_no === null ? t('entries.new') : t('entries.number', { n: seq_no });
}
