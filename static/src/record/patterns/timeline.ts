/**
 * The timeline: one lane a kind of behaviour, one mark an entry; twin of diary/pack/documents/timeline.py. The frame is
 * an argument: a page of a pack and a screen differ in size, and in nothing else. tests/pack/test_timeline.py holds
 * lanes, marks, ticks and lines to those of the pack.
 *
 * [Note: where a mark stands] An entry whose clock time is known stands at that time, one of which only the day is
 * known somewhere within the day, and one of a longer time in the middle of it, with a line from its beginning to its
 * end. An entry without a time stands apart from the axis. Marks that would cover each other are stacked. No entry is
 * left out: the number beside the lane counts all of them.
 *
 * [Note: flags off the axis] The axis is that of the entries and of days near them. An account that was first seen on
 * any other day, or beside entries without a date only, would stand outside the picture. It has no flag and is not
 * counted beside the lane. The list of new accounts has it.
 */
import {
  TIMELINE_DAILY_TICKS_DAYS,
  TIMELINE_MONTHLY_TICKS_DAYS,
  TIMELINE_QUARTERLY_TICKS_DAYS,
  TIMELINE_WEEKLY_TICKS_DAYS,
  TIMELINE_YEARS_LIMIT,
} from '../../core/constants.js';
import { codesOf } from '../reading.js';
import { offsetIn } from '../times.js';
import { mergeFacts } from './patterns.js';
import { firstSeenDays } from './patterns_dates.js';
import { compareText } from './patterns_facts.js';
import type { Patterns } from './patterns.js';
import type { Diary, Fact } from './patterns_facts.js';

/** Local minutes since 1970, both null without a time; an open mark is hollow */
type Spot = { start: number | null; end: number | null; isSure: boolean };
/**
 * - `accounts`: new after a block
 * - `behaviours`: of one `code`
 * - `no_behaviour`: entries without any
 * - `own_contact`, `reason`: the keeper's own contact, and entries with a reason to be in touch
 */
export type TimelineLane = {
  kind: 'accounts' | 'behaviours' | 'no_behaviour' | 'own_contact' | 'reason';
  code: string;
  ids: string[];
  spots: Spot[];
};
type TimelineDay = { minute: number; kind: string };
/** Days since 1970; null without a dated entry */
type Axis = { first: number | null; last: number | null };
export type Timeline = Axis & { lanes: TimelineLane[]; dates: TimelineDay[] };
/**
 * The picture in whole units of any length. `left`, `end`: of the axis and of the marks without a date, which get
 * `undated` at the end, `undatedGap` after the axis and `undatedPadding` within.
 */
export type TimelineFrame = {
  left: number;
  end: number;
  undated: number;
  undatedGap: number;
  undatedPadding: number;
  markGap: number;
  tickDistance: number;
};
/** `x` is the middle of a mark, `level` its place in the stack from 0 */
export type PlacedMark = { x: number; level: number; isSure: boolean };
export type PlacedLane = {
  lane: TimelineLane;
  marks: PlacedMark[];
  spans: { from: number; to: number; level: number }[];
  topLevel: number;
};
export type PlacedTimeline = {
  lanes: PlacedLane[];
  ticks: number[];
  lines: { x: number; kind: string }[];
  undatedLeft: number | null;
};

const DAY_MS = 86_400_000;
const DAY_MINUTES = 1_440;
/** Answers that do not say whose an account is. */
const NO_BASIS = new Set(['not_sure', 'prefer_not_to_say', 'unknown']);

const ordinalOf = (day: string) => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
const dayOfOrdinal = (ordinal: number) => new Date(ordinal * DAY_MS).toISOString().slice(0, 10);

/**
 * Return the lanes with their spots, and the first and last day of the axis.
 * @param standingFacts facts of the incidents not taken out, in feed order
 * @param counts of the same facts
 */
export function timelineOf(standingFacts: readonly Fact[], diary: Diary, tz: string, counts: Patterns): Timeline {
  const { facts, accounts } = mergeFacts(standingFacts, diary);
  const lanes = [...accountLanes(facts, diary, accounts, tz, counts), ...entryLanes(facts, counts)];
  const dates = [...counts.key_dates]
    .sort((a, b) => compareText(a.day, b.day) || (a.at ?? 0) - (b.at ?? 0))
    .map(({ day, at, kind }) => ({ minute: ordinalOf(day) * DAY_MINUTES + minuteOfDay(at, tz), kind }));
  const axis = axisDays(facts, lanes, dates);
  return { lanes: lanes.flatMap((lane) => withoutFarFlags(lane, axis)), dates, ...axis };
}

/** Sort kinds with equally many entries as a list of codes does. The lanes of others stay where they are. */
export function inListOrder(lanes: readonly TimelineLane[], codes: readonly string[]): TimelineLane[] {
  const rank = new Map(codes.map((code, index) => [code, index]));
  return [...lanes].sort((a, b) =>
    a.kind === 'behaviours' && b.kind === 'behaviours'
      ? b.ids.length - a.ids.length || (rank.get(a.code) ?? codes.length) - (rank.get(b.code) ?? codes.length)
      : 0,
  );
}

/** Return the local minute of a key date whose instant is known, else 0. */
function minuteOfDay(at: number | null, tz: string): number {
  if (at === null) return 0;
  const local = new Date(Math.floor(at / 1000) * 1000 + (offsetIn(at, tz) ?? 0) * 60_000);
  return local.getUTCHours() * 60 + local.getUTCMinutes();
}

function accountLanes(
  facts: readonly Fact[],
  diary: Diary,
  leads: Map<string, string>,
  tz: string,
  { new_accounts: newAccounts }: Patterns,
): TimelineLane[] {
  if (!newAccounts.length) return [];
  const days = firstSeenDays(facts, diary, leads, tz);
  const fields = new Map((diary.account ?? []).map((row) => [row.record, row.fields]));
  const flags = newAccounts
    .map((account) => {
      const bases = codesOf(fields.get(account) ?? {}, 'attribution_basis').filter((code) => !NO_BASIS.has(code));
      return { account, day: days.get(account) ?? '', isSure: bases.some((code) => code !== 'guess') };
    })
    .sort((a, b) => Number(!a.day) - Number(!b.day) || compareText(a.day, b.day));
  const spots = flags.map(({ day, isSure }) => {
    const start = day ? ordinalOf(day) * DAY_MINUTES : null;
    return { start, end: start === null ? null : start + DAY_MINUTES, isSure };
  });
  return [{ kind: 'accounts', code: '', ids: flags.map(({ account }) => account), spots }];
}

/** Return the lane with the flags that are drawn, or nothing without any: see [Note: flags off the axis]. */
function withoutFarFlags(lane: TimelineLane, axis: Axis): TimelineLane[] {
  if (lane.kind !== 'accounts') return [lane];
  const isDrawn = lane.spots.map(({ start }) => start === null || isOnAxis(start, axis));
  const spots = lane.spots.filter((_, index) => isDrawn[index]);
  return spots.length ? [{ ...lane, ids: lane.ids.filter((_, index) => isDrawn[index]), spots }] : [];
}

/** Whether the day of a local minute is one of the axis. */
function isOnAxis(minute: number, { first, last }: Axis): boolean {
  const day = Math.floor(minute / DAY_MINUTES);
  return first !== null && last !== null && first <= day && day <= last;
}

function entryLanes(facts: readonly Fact[], counts: Patterns): TimelineLane[] {
  const byRecord = new Map(facts.map((fact) => [fact.record, fact]));
  const unsure = new Set(counts.marks.person_not_sure ?? []);
  const laneOf = (kind: TimelineLane['kind'], code: string, ids: string[]): TimelineLane => ({
    kind,
    code,
    ids,
    spots: ids.flatMap((record) => {
      const fact = byRecord.get(record);
      return fact ? [spotOf(fact, !unsure.has(record))] : [];
    }),
  });
  const idsWhere = (matches: (fact: Fact) => boolean) => facts.filter(matches).map(({ record }) => record);
  return [
    ...counts.behaviours.map(({ code, ids }) => laneOf('behaviours', code, ids)),
    laneOf(
      'no_behaviour',
      '',
      idsWhere(({ behaviours }) => !behaviours?.length),
    ),
    laneOf('own_contact', '', counts.marks.own_contact ?? []),
    laneOf(
      'reason',
      '',
      idsWhere(({ reason }) => Boolean(reason)),
    ),
  ].filter(({ ids }) => ids.length);
}

/** Return the mark of an entry: filled if its day is known and the keeper does not say that the person is unsure. */
function spotOf({ day, last, range, minute }: Fact, isPersonSure: boolean): Spot {
  if (!day) return { start: null, end: null, isSure: false };
  const start = ordinalOf(day) * DAY_MINUTES;
  if (minute !== undefined) return { start: start + minute, end: start + minute, isSure: isPersonSure };
  return { start, end: (ordinalOf(last) + 1) * DAY_MINUTES, isSure: isPersonSure && !range };
}

const isLong = ({ start, end }: Spot) => start !== null && end !== null && end - start > DAY_MINUTES;

/** Return the first and last day of an entry, and of key dates and new accounts that are near these. */
function axisDays(facts: readonly Fact[], lanes: readonly TimelineLane[], dates: readonly TimelineDay[]): Axis {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const fact of facts) {
    if (!fact.day) continue;
    first = Math.min(first, ordinalOf(fact.day));
    last = Math.max(last, ordinalOf(fact.last));
  }
  if (first > last) return { first: null, last: null };
  const margin = last > first ? Math.max(1, Math.floor((last - first) / 8)) : 0;
  const [from, to] = [first - margin, last + margin];
  const others = lanes.flatMap(({ spots }) => spots.flatMap(({ start }) => (start === null ? [] : [start])));
  for (const minute of [...dates.map((date) => date.minute), ...others]) {
    const day = Math.floor(minute / DAY_MINUTES);
    if (day < from || day > to) continue;
    first = Math.min(first, day);
    last = Math.max(last, day);
  }
  if (last - first + 1 <= TIMELINE_WEEKLY_TICKS_DAYS) return { first, last };
  // Whole months, so that the first tick stands at the beginning.
  const [firstMonth, lastMonth] = [first, last].map((ordinal) => monthNumber(dayOfOrdinal(ordinal)));
  return { first: monthStart(firstMonth ?? 0), last: monthStart((lastMonth ?? 0) + 1) - 1 };
}

/** Months since year 0. */
const monthNumber = (day: string) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;

function monthStart(month: number): number {
  const year = String(Math.floor(month / 12)).padStart(4, '0');
  return ordinalOf(`${year}-${String((month % 12) + 1).padStart(2, '0')}-01`);
}

/**
 * Place the marks of some lanes in a frame.
 * @param sizeOf the diameter of a lane's marks
 */
export function placeTimeline(
  timeline: Timeline,
  lanes: readonly TimelineLane[],
  frame: TimelineFrame,
  sizeOf: (lane: TimelineLane) => number,
): PlacedTimeline {
  const { first, last, dates } = timeline;
  const hasUndated = timeline.lanes.some(({ spots }) => spots.some(({ start }) => start === null));
  const right = frame.end - (hasUndated ? frame.undated + frame.undatedGap : 0);
  const undatedLeft = first === null ? frame.left : right + frame.undatedGap;
  const start = (first ?? 0) * DAY_MINUTES;
  const length = ((last ?? 0) + 1) * DAY_MINUTES - start;
  const xOf = (minute: number) => frame.left + Math.floor(((minute - start) * (right - frame.left)) / length);
  const ticks: number[] = [];
  for (const minute of first === null || last === null ? [] : tickMinutes(first, last)) {
    const x = xOf(minute);
    if (!ticks.length || x - (ticks.at(-1) ?? 0) >= frame.tickDistance) ticks.push(x);
  }
  return {
    lanes: lanes.map((lane) => placeLane(lane, sizeOf(lane), frame, xOf, undatedLeft)),
    ticks,
    lines: dates
      .filter(({ minute }) => isOnAxis(minute, timeline))
      .map(({ minute, kind }) => ({ x: xOf(minute), kind }))
      .sort((a, b) => a.x - b.x),
    undatedLeft: hasUndated ? undatedLeft : null,
  };
}

/** Yield hours of one day, days, weeks, or the beginnings of months, quarters or years. */
function* tickMinutes(first: number, last: number): Generator<number> {
  const days = last - first + 1;
  if (days === 1) for (let hour = 0; hour < 24; hour += 3) yield first * DAY_MINUTES + hour * 60;
  else if (days <= TIMELINE_WEEKLY_TICKS_DAYS) {
    const isDaily = days <= TIMELINE_DAILY_TICKS_DAYS;
    // Day 4 was a Monday.
    const from = isDaily ? first : first + ((((4 - first) % 7) + 7) % 7);
    for (let day = from; day <= last; day += isDaily ? 1 : 7) yield day * DAY_MINUTES;
  } else {
    const [from, to] = [monthNumber(dayOfOrdinal(first)), monthNumber(dayOfOrdinal(last))];
    if (days <= TIMELINE_QUARTERLY_TICKS_DAYS) {
      const step = days <= TIMELINE_MONTHLY_TICKS_DAYS ? 1 : 3;
      for (let month = from; month <= to; month += 1) if (month % step === 0) yield monthStart(month) * DAY_MINUTES;
      return;
    }
    const [firstYear, lastYear] = [Math.floor(from / 12), Math.floor(to / 12)];
    const step = Math.ceil((lastYear - firstYear + 1) / TIMELINE_YEARS_LIMIT);
    for (let year = firstYear + Number(from % 12 > 0); year <= lastYear; year += step)
      yield monthStart(year * 12) * DAY_MINUTES;
  }
}

/** See [Note: where a mark stands]. */
function placeLane(
  lane: TimelineLane,
  size: number,
  frame: TimelineFrame,
  xOf: (minute: number) => number,
  undatedLeft: number,
): PlacedLane {
  const pitch = size + frame.markGap;
  const points: { x: number; spot: Spot }[] = [];
  const sameDayCounts: Map<string, number> = new Map();
  const undated: Spot[] = [];
  for (const spot of lane.spots) {
    if (spot.start === null || spot.end === null) {
      undated.push(spot);
      continue;
    }
    const [start, end] = [xOf(spot.start), xOf(spot.end)];
    // An odd number of places around the middle of the day.
    const places =
      spot.start === spot.end
        ? 1
        : Math.max(1, Math.floor(Math.floor(Math.max(0, end - start - size) / pitch) / 2) * 2 + 1);
    const key = `${spot.start} ${spot.end}`;
    const rank = sameDayCounts.get(key) ?? 0;
    sameDayCounts.set(key, rank + 1);
    const step = isLong(spot) ? 0 : rank % places;
    const shift = Math.floor((step + 1) / 2) * pitch * (step % 2 ? 1 : -1);
    points.push({ x: Math.floor((start + end) / 2) + shift, spot });
  }
  points.sort((a, b) => a.x - b.x);
  const levelEnds: number[] = [];
  const placed = points.map(({ x, spot }) => {
    const free = levelEnds.findIndex((end) => end + pitch <= x);
    const level = free < 0 ? levelEnds.length : free;
    levelEnds[level] = x;
    return { x, level, spot };
  });
  const columns = Math.max(1, Math.floor((frame.end - undatedLeft - 2 * frame.undatedPadding) / pitch));
  undated.forEach((spot, index) => {
    const x = undatedLeft + frame.undatedPadding + Math.floor(size / 2) + (index % columns) * pitch;
    placed.push({ x, level: Math.floor(index / columns), spot });
  });
  return {
    lane,
    marks: placed.map(({ x, level, spot }) => ({ x, level, isSure: spot.isSure })),
    spans: placed.flatMap(({ level, spot }) =>
      isLong(spot) && spot.start !== null && spot.end !== null
        ? [{ from: xOf(spot.start), to: xOf(spot.end), level }]
        : [],
    ),
    topLevel: placed.reduce((top, { level }) => Math.max(top, level), 0),
  };
}
