/**
 * Times as a person gives them: converts the choices on screen to the time block of an incident.
 *
 * Instants are integer ms UTC; local times are text, `2026-10-25T01:30` or `2026-10-25`, in the IANA zone `tz`.
 * [Note: the repeated hour] When clocks go back, one local time is two instants, and only the person knows which;
 * when they go forward, some local times do not exist. Neither is guessed: callers get a list.
 */

export type TimeBlock = {
  /** ms UTC; null only when precision is unknown */
  occurred_start: number | null;
  /** ms UTC, the first instant after; null for a single moment */
  occurred_end: number | null;
  /** what the person chose */
  occurred_local: string | null;
  tz: string;
  /** minutes east of UTC at the start */
  utc_offset_min: number | null;
  precision: 'exact' | 'minute' | 'hour' | 'part_of_day' | 'day' | 'date_range' | 'month' | 'season' | 'unknown';
  time_source: string | null;
};
type PartOfDay = 'early_morning' | 'morning' | 'afternoon' | 'evening' | 'night';
/**
 * `date`: any day of a month or season; `stamped`: the time is shown on the message or call itself; `time` and
 * `untilTime` of a range are both present or both absent.
 */
export type Picked = {
  how: 'exact' | 'about' | 'part' | 'day' | 'between' | 'month' | 'season';
  date: string;
  time?: string;
  second?: boolean;
  part?: PartOfDay;
  until?: string;
  untilTime?: string;
  stamped?: boolean;
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** First and last local hour of each part of a day; night extends into the next morning. */
const PARTS_OF_DAY = {
  early_morning: [5, 8],
  morning: [8, 12],
  afternoon: [12, 17],
  evening: [17, 22],
  night: [22, 29],
} as const;

/** No keeper was alive before this. */
const EARLIEST = '1900-01-01';
const SEASONS = ['Winter', 'Spring', 'Summer', 'Autumn'] as const;

const formatCache: Map<string, Intl.DateTimeFormat> = new Map();

function formatFor(tz: string) {
  const cached = formatCache.get(tz);
  if (cached) return cached;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: tz,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formatCache.set(tz, format);
  return format;
}

/** Browsers accept other short names too, and read BST as the time of Bangladesh. */
const SHORT_ZONES = new Set([
  'CET',
  'EET',
  'EST',
  'GMT',
  'HST',
  'MET',
  'MST',
  'PRC',
  'ROC',
  'ROK',
  'UCT',
  'UTC',
  'WET',
]);
const zoneCache: Map<string, boolean> = new Map();

/**
 * Tell whether `tz` is a zone of the IANA database, under its name there. Browsers accept more: other spellings, bare
 * offsets, names of their own. A pack made elsewhere could not read those, so they count as unknown. Records written
 * on this phone carry their offset as well.
 */
export function isZone(tz: string) {
  const cached = zoneCache.get(tz);
  if (cached !== undefined) return cached;
  let isKnown = false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: tz }).resolvedOptions();
    // An alias comes back under the zone's own name.
    isKnown =
      !/^[+-]/.test(tz) &&
      (!/^[A-Z]{3}$/.test(tz) || SHORT_ZONES.has(tz)) &&
      (timeZone === tz || timeZone.toLowerCase() !== tz.toLowerCase());
  } catch {
    /* not accepted by the browser either */
  }
  zoneCache.set(tz, isKnown);
  return isKnown;
}

/** @returns the local time as if it were UTC, ms; NaN if invalid */
function asUtc(local: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?$/.exec(local);
  if (!match) return NaN;
  const [year, month, dayOfMonth, hours, minutes] = match.slice(1).map((n) => Number(n ?? 0));
  const at = Date.UTC(year as number, (month as number) - 1, dayOfMonth, hours, minutes);
  // Date.UTC rolls 31 April over into May; a date that does not round-trip is invalid.
  return new Date(at).toISOString().slice(0, 10) === local.slice(0, 10) ? at : NaN;
}

/** Asking the browser costs more than drawing a row; crossing a border is noticed within a second. */
const ZONE_CACHE_MS = 1_000;
let cachedZone = { name: '', until: -Infinity };

/** Return the zone of this phone, an IANA name. */
export function phoneZone(): string {
  const now = performance.now();
  if (now >= cachedZone.until)
    cachedZone = {
      name: Intl.DateTimeFormat().resolvedOptions().timeZone || 'Europe/London',
      until: now + ZONE_CACHE_MS,
    };
  return cachedZone.name;
}

/**
 * Return the minutes east of UTC that `tz` had at instant `at`.
 * @param at ms UTC
 */
export function offsetAt(at: number, tz: string): number {
  const part = Object.fromEntries(
    formatFor(tz)
      .formatToParts(at)
      .map((item) => [item.type, Number(item.value)]),
  );
  const local = Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute, part.second);
  // Liberia was 44 minutes and a half behind until 1972: round down to the whole minute, as everywhere.
  return Math.floor((local - Math.floor(at / 1000) * 1000) / MINUTE);
}

/** Like `offsetAt`; null without an instant or a zone, and for an unknown zone. */
export function offsetIn(ms: number | null, tz: string): number | null {
  return ms === null || !isZone(tz) ? null : offsetAt(ms, tz);
}

/**
 * Return the minutes east of UTC at the end of a range, as `ClaimedTime.end_offset_minutes` of times.py does: clocks
 * may have changed since it began.
 * @param start ms UTC
 * @param end ms UTC
 * @param offset stored for its start
 */
export function endOffset(tz: string, start: number | null, end: number | null, offset: number): number {
  return offsetIn(start, tz) === offset ? (offsetIn(end, tz) ?? offset) : offset;
}

/**
 * Return the local time in `tz` at instant `at`, to the minute.
 * @param at ms UTC
 * @returns `2026-11-03T20:14`
 */
export function localAt(at: number, tz: string): string {
  return new Date(at + offsetAt(at, tz) * MINUTE).toISOString().slice(0, 16);
}

/**
 * Return every instant with this local time in `tz`: normally one; none in a skipped hour; two in a repeated hour,
 * earlier first.
 * @param local `2026-10-25T01:30`, or a date for its midnight
 * @returns ms UTC
 */
export function instantsOf(local: string, tz: string): number[] {
  const guess = asUtc(local);
  if (Number.isNaN(guess)) return [];
  const offsets = new Set([offsetAt(guess - DAY, tz), offsetAt(guess + DAY, tz)]);
  return [...offsets]
    .map((offset) => guess - offset * MINUTE)
    .filter((at) => at + offsetAt(at, tz) * MINUTE === guess)
    .sort((a, b) => a - b);
}

/** Return the first instant of local date `date` plus `hours`, even if clocks change at that moment. */
function localStart(date: string, hours: number, tz: string): number {
  const localTime = new Date(asUtc(date) + hours * HOUR).toISOString().slice(0, 16);
  const instant = instantsOf(localTime, tz)[0];
  // A skipped midnight (some zones change then): the day begins when the clocks have moved.
  return instant ?? asUtc(localTime) - offsetAt(asUtc(localTime) - DAY, tz) * MINUTE;
}

/** @returns the next local date */
function nextDate(date: string): string {
  return new Date(asUtc(date) + DAY).toISOString().slice(0, 10);
}

function timeBlock(
  start: number | null,
  end: number | null,
  local: string | null,
  tz: string,
  precision: TimeBlock['precision'],
  source: string | null = null,
): TimeBlock {
  return {
    occurred_start: start,
    occurred_end: end,
    occurred_local: local,
    tz,
    utc_offset_min: start === null ? null : offsetAt(start, tz),
    precision,
    time_source: source,
  };
}

/** What `occurred_local` ends with where "Earlier today" was tapped: the day was meant up to that moment. */
const EARLIER_TODAY = ' earlier_today';

/** Whether a time was given as "Earlier today": it ends when that was tapped. */
export const isEarlierToday = (precision: string | undefined, local: string | null | undefined): boolean =>
  precision === 'day' && Boolean(local?.endsWith(EARLIER_TODAY));

const wholeDay = (date: string, tz: string) =>
  timeBlock(localStart(date, 0, tz), localStart(nextDate(date), 0, tz), date, tz, 'day');

/**
 * Return the time block for one of the chips under the text box.
 * @param now ms UTC, this phone's clock
 */
export function fromChip(
  chip: 'just_now' | 'earlier_today' | 'yesterday' | 'not_sure',
  now: number,
  tz: string,
): TimeBlock {
  const today = localAt(now, tz).slice(0, 10);
  if (chip === 'just_now') {
    const minute = Math.floor(now / MINUTE) * MINUTE;
    return timeBlock(minute, null, localAt(minute, tz), tz, 'minute', 'app_clock');
  }
  if (chip === 'earlier_today')
    return { ...wholeDay(today, tz), occurred_end: now, occurred_local: `${today}${EARLIER_TODAY}` };
  if (chip === 'yesterday') return wholeDay(new Date(asUtc(today) - DAY).toISOString().slice(0, 10), tz);
  return timeBlock(null, null, null, tz, 'unknown');
}

/**
 * Return what is missing or wrong in `picked`, or null if it is a complete time.
 * @param now ms UTC
 */
export function pickedFault(
  picked: Picked,
  now: number,
  tz: string,
): null | 'date' | 'time' | 'part' | 'until' | 'until_time' | 'order' | 'future' | 'early' | 'skipped' | 'twice' {
  if (/^\d{4}-/.test(picked.date) && picked.date < EARLIEST) return 'early';
  if (Number.isNaN(asUtc(picked.date))) return 'date';
  const today = localAt(now, tz).slice(0, 10);
  if (picked.how === 'month' || picked.how === 'season')
    return localStart(spanOf(picked)[0], 0, tz) > now ? 'future' : null;
  if (picked.date > today) return 'future';
  if (picked.how === 'part' && !picked.part) return 'part';
  if (picked.how === 'between') return rangeFault(picked, now, tz);
  if (picked.how !== 'exact' && picked.how !== 'about') return null;
  const local = `${picked.date}T${picked.time ?? ''}`;
  if (!isMinute(local)) return 'time';
  const instants = instantsOf(local, tz);
  if (instants.length === 0) return 'skipped';
  if (instants.length === 2 && picked.second === undefined) return 'twice';
  return ((instants[picked.second ? 1 : 0] ?? instants[0]) as number) > now ? 'future' : null;
}

const isMinute = (local: string) => local.length === 16 && !Number.isNaN(asUtc(local));

function rangeFault(
  { date, time, until = '', untilTime }: Picked,
  now: number,
  tz: string,
): ReturnType<typeof pickedFault> {
  if (Number.isNaN(asUtc(until))) return 'until';
  if (until < date) return 'order';
  if (!time && !untilTime) return until > localAt(now, tz).slice(0, 10) ? 'future' : null;
  if (!isMinute(`${date}T${time ?? ''}`)) return 'time';
  if (!isMinute(`${until}T${untilTime ?? ''}`)) return 'until_time';
  const [start] = instantsOf(`${date}T${time}`, tz);
  const end = instantsOf(`${until}T${untilTime}`, tz).at(-1);
  if (start === undefined || end === undefined) return 'skipped';
  if (end < start) return 'order';
  return end > now ? 'future' : null;
}

/** Return the first day of a month or season, and the first day after it. */
function spanOf({ how, date }: Picked): [string, string] {
  const [year, month] = [Number(date.slice(0, 4)), Number(date.slice(5, 7))];
  // Northern seasons by whole months; winter begins in the December before.
  const first = how === 'month' ? month : month - (month % 3);
  const day = (monthNumber: number) => new Date(Date.UTC(year, monthNumber - 1, 1)).toISOString().slice(0, 10);
  return [day(first), day(first + (how === 'month' ? 1 : 3))];
}

/**
 * Return `Summer 2026`; a winter is named after the year it began.
 * @param date any day of it
 */
export function seasonOf(date: string): string {
  const [first] = spanOf({ how: 'season', date });
  return `${SEASONS[Math.floor((Number(first.slice(5, 7)) % 12) / 3)]} ${first.slice(0, 4)}`;
}

/**
 * Return the time block for "Pick a time".
 * @throws RangeError with the code of `pickedFault`, if there is one; call that first
 * @param now ms UTC
 */
export function fromPicked(picked: Picked, now: number, tz: string): TimeBlock {
  const fault = pickedFault(picked, now, tz);
  if (fault) throw new RangeError(fault);
  const { how, date } = picked;
  if (how === 'day') return wholeDay(date, tz);
  if (how === 'between') return rangeBlock(picked, tz);
  if (how === 'month' || how === 'season') {
    const [first, next] = spanOf(picked);
    return timeBlock(
      localStart(first, 0, tz),
      localStart(next, 0, tz),
      how === 'month' ? date.slice(0, 7) : seasonOf(date),
      tz,
      how,
    );
  }
  if (how === 'part') {
    const part = picked.part as PartOfDay;
    return timeBlock(
      localStart(date, PARTS_OF_DAY[part][0], tz),
      localStart(date, PARTS_OF_DAY[part][1], tz),
      `${date} ${part}`,
      tz,
      'part_of_day',
    );
  }
  const local = `${date}T${picked.time}`;
  const instants = instantsOf(local, tz);
  const start = (instants[picked.second ? 1 : 0] ?? instants[0]) as number;
  if (how === 'about') return timeBlock(start, null, local, tz, 'hour');
  return picked.stamped
    ? timeBlock(start, null, local, tz, 'exact', 'message_or_call_stamp')
    : timeBlock(start, null, local, tz, 'minute');
}

function rangeBlock({ date, time, until = '', untilTime }: Picked, tz: string) {
  if (!time)
    return timeBlock(localStart(date, 0, tz), localStart(nextDate(until), 0, tz), `${date}/${until}`, tz, 'date_range');
  const [from, to] = [`${date}T${time}`, `${until}T${untilTime}`];
  // Where an hour was repeated, take the widest range: from its first to its second instance.
  return timeBlock(
    instantsOf(from, tz)[0] ?? null,
    instantsOf(to, tz).at(-1) ?? null,
    `${from}/${to}`,
    tz,
    'date_range',
  );
}
