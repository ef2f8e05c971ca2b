/**
 * The facts of one incident that counting needs; twin of diary/record/patterns_facts.py.
 *
 * A fact is never more precise than the keeper was: an entry with only a month has no day of its own, one with only a
 * part of a day has no hour, and one without a time has no place in any order. Empty members are left out, because
 * the list of entries holds ten thousand facts.
 */
import { RECORD_EARLIEST_MS, RECORD_LATEST_MS, OFFSET_LIMIT_MINUTES } from '../../core/constants.js';
import { MARKS } from '../vocabulary/marks.js';
import { codesOf, isBlank, objectOf, objectsOf, booleanOf, textOf, integerOf } from '../reading.js';
import { isZone, offsetAt } from '../times.js';
import type { Fields } from '../reading.js';

/** Records of every kind except incidents, in feed order */
export type Diary = { [kind: string]: readonly CountedRecord[] | undefined };
export type CountedRecord = { record: string; fields: Fields; taken_out?: number | null };

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
  /** the fields of its time, by which an alleged breach is judged; absent without one */
  when?: Fields;
  orders?: string[];
  count?: number;
  count_about?: boolean;
  schedule?: string;
  marks?: string[];
  /** whether there is a reason to be in touch, such as children */
  reason?: boolean;
};
/** A local date, and the instant if the clock time is known too */
export type DayMoment = { day: string; at: number | null };

/** field → code → the marks it makes */
const MARKS_BY_FIELD: Map<string, Map<string, string[]>> = new Map();
for (const [mark, made] of Object.entries(MARKS.marks)) {
  for (const [field, codes] of Object.entries(made)) {
    const ofField = MARKS_BY_FIELD.get(field) ?? new Map();
    MARKS_BY_FIELD.set(field, ofField);
    for (const code of codes) ofField.set(code, [...(ofField.get(code) ?? []), mark]);
  }
}

const CLOCK_KNOWN = new Set(['exact', 'minute', 'hour']);
const DAY_KNOWN = new Set([...CLOCK_KNOWN, 'part_of_day', 'day']);
const OCCURRED_FIELDS = ['occurred_start', 'occurred_end', 'precision', 'tz', 'utc_offset_min'];
const MINUTE = 60_000;
const DAY = 86_400_000;

export function factOf(record: string, fields: Fields, restricted: Fields): Fact {
  const when = whenOf(fields, 'occurred_start', 'occurred_end');
  const [day, last, isOneDay] = localDaysOf(when);
  const hasClock = Boolean(day) && CLOCK_KNOWN.has(when.precision);
  const count = integerOf(fields, 'count');
  const breaches = breachesOf(fields);
  const hasWitness =
    codesOf(fields, 'witness_ids').length || !isBlank(fields.told_others) || textOf(restricted, 'witness_names');
  return dropEmpty({
    record,
    day,
    last,
    range: Boolean(day) && !isOneDay,
    at: hasClock ? when.start : null,
    minute: hasClock && when.start !== null ? minuteOf(when.start, when.offset) : null,
    about: when.precision === 'hour',
    behaviours: unique(codesOf(fields, 'behaviours')),
    channel: textOf(fields, 'channel'),
    place: textOf(fields, 'place_category'),
    actors: unique(codesOf(fields, 'actor_ids')),
    targets: unique(codesOf(fields, 'targeted_person_ids')),
    accounts: unique(codesOf(fields, 'account_ids')),
    account: textOf(fields, 'channel_account').replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''),
    witness: Boolean(hasWitness),
    files: unique(codesOf(fields, 'attachment_ids')).length,
    breaches,
    when: breaches.length ? Object.fromEntries(OCCURRED_FIELDS.map((name) => [name, fields[name] ?? null])) : null,
    orders: unique(codesOf(fields, 'order_ids')),
    count: count !== null && count >= 0 ? count : null,
    count_about: booleanOf(fields, 'count_is_estimate') === true,
    schedule: textOf(fields, 'schedule_id'),
    marks: marksOf(fields),
    reason: Boolean(textOf(fields, 'lawful_contact_context')),
  });
}

/** Drop empty members; a count or a minute of 0 is not empty. */
function dropEmpty(fact: { [Name in keyof Fact]: Fact[Name] | null }): Fact {
  const members = Object.entries(fact).filter(([name, value]) =>
    name === 'day' || name === 'last' || name === 'count' || name === 'minute' || name === 'at'
      ? value !== null
      : Boolean(value) && (value as string | unknown[]).length !== 0,
  );
  return Object.fromEntries(members) as Fact;
}

function whenOf(fields: Fields, start: string, end: string) {
  const startMs = validInstant(integerOf(fields, start));
  const precision = textOf(fields, 'precision') || (startMs === null ? 'unknown' : 'minute');
  const tz = textOf(fields, 'tz');
  const storedOffset = integerOf(fields, 'utc_offset_min');
  const offset =
    storedOffset === null || Math.abs(storedOffset) > OFFSET_LIMIT_MINUTES
      ? startMs === null
        ? 0
        : (zoneOffset(startMs, tz) ?? 0)
      : storedOffset;
  return { start: startMs, end: validInstant(integerOf(fields, end)), precision, tz, offset };
}

function validInstant(ms: number | null) {
  return ms !== null && ms >= RECORD_EARLIEST_MS && ms < RECORD_LATEST_MS ? ms : null;
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
function localDaysOf({ start, end, precision, tz, offset }: ReturnType<typeof whenOf>): [string, string, boolean] {
  if (start === null || precision === 'unknown') return ['', '', false];
  const day = dateAt(start, offset);
  if (DAY_KNOWN.has(precision)) return [day, day, true];
  if (end === null || end <= start) return [day, day, false];
  const last = dateAt(end - 1, zoneOffset(end - 1, tz) ?? offset);
  return [day, last > day ? last : day, false];
}

const unique = (codes: string[]) => [...new Set(codes)];

/** Return order and term of each alleged breach, each once; an unnamed term is 0. */
function breachesOf(fields: Fields): [string, number][] {
  const byTerm: Map<string, [string, number]> = new Map();
  for (const row of objectsOf(fields, 'alleged_breaches')) {
    const [order, term] = [textOf(row, 'order_id'), integerOf(row, 'term_no') ?? 0];
    if (order) byTerm.set(`${order} ${term}`, [order, term]);
  }
  return [...byTerm.values()];
}

/** @returns in the order of the table */
function marksOf(fields: Fields): string[] {
  const marks: Set<string> = new Set();
  for (const [field, codeMarks] of MARKS_BY_FIELD)
    for (const code of codesOf(fields, field)) for (const mark of codeMarks.get(code) ?? []) marks.add(mark);
  return marks.size > 1 ? Object.keys(MARKS.marks).filter((mark) => marks.has(mark)) : [...marks];
}

/**
 * Read a time in any form that a record may hold: a date, a local time, ms UTC, or one object (docs/record.md,
 * Times).
 */
export function dayMomentOf(value: Fields[string], tz: string): DayMoment | null {
  if (typeof value === 'string') return isDate(value.slice(0, 10)) ? { day: value.slice(0, 10), at: null } : null;
  const ms = integerOf({ ms: value }, 'ms');
  if (ms !== null) return validInstant(ms) === null ? null : { day: dateAt(ms, zoneOffset(ms, tz) ?? 0), at: ms };
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
export function sortByTime(facts: readonly Fact[]): Fact[] {
  return [...facts].sort(
    (a, b) => Number(!a.day) - Number(!b.day) || compareText(a.day, b.day) || (a.at ?? -1e15) - (b.at ?? -1e15),
  );
}

/** Compare character by character, without a locale, as both languages do. */
export function compareText(a: string, b: string) {
  return a < b ? -1 : a > b ? 1 : 0;
}
