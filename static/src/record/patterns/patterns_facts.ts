/**
 * The facts of one incident that counting needs; twin of diary/record/patterns_facts.py.
 *
 * A fact is never more precise than the keeper was: an entry with only a month has no day of its own, one with only a
 * part of a day has no hour, and one without a time has no place in any order. Empty members are left out, because
 * the list of entries holds ten thousand facts.
 */
import { MARKS } from '../vocabulary/marks.js';
import { codesOf, isBlank, objectOf, objectsOf, switchOf, textOf, wholeOf } from '../reading.js';
import { isZone, offsetAt } from '../times.js';
import type { Fields } from '../reading.js';

/** Records of every kind except incidents, in feed order */
export type Diary = { [kind: string]: readonly Kept[] | undefined };
export type Kept = { record: string; fields: Fields; taken_out?: number | null };

/** One incident; `day` and `last` are local dates, '' if no time is known */
export type Fact = {
  record: string;
  day: string;
  last: string;
  /** less precise than a day */
  range?: boolean;
  /** ms UTC, if the clock time is known */
  at?: number;
  /** of the local day */
  minute?: number;
  about?: boolean;
  behaviours?: string[];
  channel?: string;
  place?: string;
  actors?: string[];
  targets?: string[];
  accounts?: string[];
  account?: string;
  witness?: boolean;
  files?: number;
  breaches?: [string, number][];
  orders?: string[];
  count?: number;
  count_about?: boolean;
  schedule?: string;
  marks?: string[];
};
/** A local date, and the instant if the clock time is known too */
export type Moment = { day: string; at: number | null };

/** field → code → the marks it makes */
const MARKED: Map<string, Map<string, string[]>> = new Map();
for (const [mark, made] of Object.entries(MARKS.marks)) {
  for (const [field, codes] of Object.entries(made)) {
    const ofField = MARKED.get(field) ?? new Map();
    MARKED.set(field, ofField);
    for (const code of codes) ofField.set(code, [...(ofField.get(code) ?? []), mark]);
  }
}

const CLOCK_KNOWN = new Set(['exact', 'minute', 'hour']);
const DAY_KNOWN = new Set([...CLOCK_KNOWN, 'part_of_day', 'day']);
const MINUTE = 60_000;
const DAY = 86_400_000;
const MOST_OFFSET = 18 * 60;
/** Years 1900 to 2200. */
const EARLIEST = -2_208_988_800_000;
const LATEST = 7_258_118_400_000;

export function factOf(record: string, fields: Fields, restricted: Fields): Fact {
  const when = whenOf(fields, 'occurred_start', 'occurred_end');
  const [day, last, one] = daysOf(when);
  const clock = Boolean(day) && CLOCK_KNOWN.has(when.precision);
  const count = wholeOf(fields, 'count');
  const told =
    codesOf(fields, 'witness_ids').length || !isBlank(fields.told_others) || textOf(restricted, 'witness_names');
  return said({
    record,
    day,
    last,
    range: Boolean(day) && !one,
    at: clock ? when.start : null,
    minute: clock && when.start !== null ? minuteOf(when.start, when.offset) : null,
    about: when.precision === 'hour',
    behaviours: once(codesOf(fields, 'behaviours')),
    channel: textOf(fields, 'channel'),
    place: textOf(fields, 'place_category'),
    actors: once(codesOf(fields, 'actor_ids')),
    targets: once(codesOf(fields, 'targeted_person_ids')),
    accounts: once(codesOf(fields, 'account_ids')),
    account: textOf(fields, 'channel_account').replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''),
    witness: Boolean(told),
    files: once(codesOf(fields, 'attachment_ids')).length,
    breaches: breachesOf(fields),
    orders: once(codesOf(fields, 'order_ids')),
    count: count !== null && count >= 0 ? count : null,
    count_about: switchOf(fields, 'count_is_estimate') === true,
    schedule: textOf(fields, 'schedule_id'),
    marks: marksOf(fields),
  });
}

/** Drop empty members; a count or a minute of 0 is not empty. */
function said(fact: { [Name in keyof Fact]: Fact[Name] | null }): Fact {
  const kept = Object.entries(fact).filter(([name, value]) =>
    name === 'day' || name === 'last' || name === 'count' || name === 'minute' || name === 'at'
      ? value !== null
      : Boolean(value) && (value as string | unknown[]).length !== 0,
  );
  return Object.fromEntries(kept) as Fact;
}

function whenOf(fields: Fields, start: string, end: string) {
  const begins = possible(wholeOf(fields, start));
  const precision = textOf(fields, 'precision') || (begins === null ? 'unknown' : 'minute');
  const tz = textOf(fields, 'tz');
  const given = wholeOf(fields, 'utc_offset_min');
  const offset =
    given === null || Math.abs(given) > MOST_OFFSET ? (begins === null ? 0 : (zoneOffset(begins, tz) ?? 0)) : given;
  return { start: begins, end: possible(wholeOf(fields, end)), precision, tz, offset };
}

function possible(ms: number | null) {
  return ms !== null && ms >= EARLIEST && ms < LATEST ? ms : null;
}

/** Return the minutes ahead of UTC, or null for an unknown zone. */
function zoneOffset(at: number, tz: string) {
  return isZone(tz) ? offsetAt(at, tz) : null;
}

const dateAt = (at: number, offset: number) =>
  new Date(Math.floor(at / 1000) * 1000 + offset * MINUTE).toISOString().slice(0, 10);

function minuteOf(at: number, offset: number) {
  const local = new Date(Math.floor(at / 1000) * 1000 + offset * MINUTE);
  return local.getUTCHours() * 60 + local.getUTCMinutes();
}

/** Return first and last local date, and whether it is one day; the end of a range uses the offset at its own time. */
function daysOf({ start, end, precision, tz, offset }: ReturnType<typeof whenOf>): [string, string, boolean] {
  if (start === null || precision === 'unknown') return ['', '', false];
  const day = dateAt(start, offset);
  if (DAY_KNOWN.has(precision)) return [day, day, true];
  if (end === null || end <= start) return [day, day, false];
  const last = dateAt(end - 1, zoneOffset(end - 1, tz) ?? offset);
  return [day, last > day ? last : day, false];
}

const once = (codes: string[]) => [...new Set(codes)];

/** Return order and term of each alleged breach, each once; an unnamed term is 0. */
function breachesOf(fields: Fields): [string, number][] {
  const found: Map<string, [string, number]> = new Map();
  for (const row of objectsOf(fields, 'alleged_breaches')) {
    const [order, term] = [textOf(row, 'order_id'), wholeOf(row, 'term_no') ?? 0];
    if (order) found.set(`${order} ${term}`, [order, term]);
  }
  return [...found.values()];
}

/** @returns in the order of the table */
function marksOf(fields: Fields): string[] {
  const found: Set<string> = new Set();
  for (const [field, made] of MARKED)
    for (const code of codesOf(fields, field)) for (const mark of made.get(code) ?? []) found.add(mark);
  return found.size > 1 ? Object.keys(MARKS.marks).filter((mark) => found.has(mark)) : [...found];
}

/**
 * Read a time in any form that a record may hold: a date, a local time, ms UTC, or one object (docs/record.md,
 * Times).
 */
export function momentOf(value: Fields[string], tz: string): Moment | null {
  if (typeof value === 'string') return isDate(value.slice(0, 10)) ? { day: value.slice(0, 10), at: null } : null;
  const ms = wholeOf({ ms: value }, 'ms');
  if (ms !== null) return possible(ms) === null ? null : { day: dateAt(ms, zoneOffset(ms, tz) ?? 0), at: ms };
  const when = whenOf(objectOf({ at: value }, 'at'), 'start', 'end');
  if (when.start === null || when.precision === 'unknown') return null;
  return { day: dateAt(when.start, when.offset), at: CLOCK_KNOWN.has(when.precision) ? when.start : null };
}

function isDate(text: string) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith('0000')) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text;
}

/** Return the whole days from one local date to another. */
export function daysBetween(first: string, second: string) {
  return Math.round((Date.parse(`${second}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / DAY);
}

/** Return the next local date. */
export function nextDay(day: string) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY).toISOString().slice(0, 10);
}

/**
 * Sort by time, entries without one last; within a day by clock, entries without one first; then in the given order.
 */
export function inOrder(facts: readonly Fact[]): Fact[] {
  return [...facts].sort(
    (a, b) => Number(!a.day) - Number(!b.day) || compare(a.day, b.day) || (a.at ?? -1e15) - (b.at ?? -1e15),
  );
}

/** Compare character by character, without a locale, as both languages do. */
export function compare(a: string, b: string) {
  return a < b ? -1 : a > b ? 1 : 0;
}
