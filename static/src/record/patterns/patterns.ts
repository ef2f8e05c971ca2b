/**
 * The pattern in numbers: each count with its entries, and no conclusion; twin of diary/record/patterns.py.
 *
 * Both are tested against tests/vectors/patterns.json. Here the facts of the incidents are an input: the phone keeps
 * them in its list of entries, and need not open ten thousand versions to count them.
 */
import { LONG_GAP_DAYS } from '../../core/constants.js';
import { MARKS } from '../vocabulary/marks.js';
import { accountsUsed, appendTo, keyDates, splitAround } from './patterns_dates.js';
import { canBeBroken } from '../breaches.js';
import { compareText, daysBetween, sortByTime, nextDay } from './patterns_facts.js';
import { codesOf, objectsOf, booleanOf, textOf, integerOf } from '../reading.js';
import type { Fact } from './patterns_facts.js';
import type { Fields } from '../reading.js';
import type { Diary, CountedRecord } from './patterns_facts.js';

type Tally = { code: string; ids: string[] };
export type Gap = { days: number; from: string; to: string; ids: string[] };

/**
 * The kinds that a count needs beside entries. Schedules are long, and needed only where an entry has no count of its
 * own: the entry may name one, or be named by one.
 */
export const COUNTED_KINDS = ['person', 'account', 'sighting', 'order', 'notice', 'report', 'background', 'impact'];

/** Target of an entry that names nobody: the keeper. */
const KEEPER_TARGET = Object.freeze(['']);
const MONDAY = '2024-01-01';

/**
 * Compute everything that the Patterns screen and the fact sheet show. Every list of records is in order of time.
 * @param standingFacts facts of the incidents not taken out, in feed order
 * @param tz zone for instants that came without one
 */
export function countPatterns(standingFacts: readonly Fact[], diary: Diary, tz: string, takenOut: number = 0) {
  const { facts, accounts } = mergeFacts(standingFacts, diary);
  const dated = facts.filter(({ day }) => day);
  const marked = facts.filter(({ marks }) => marks);
  return {
    all: ids(facts),
    undated: ids(facts.filter(({ day }) => !day)),
    taken_out: takenOut,
    since: dated[0]?.day ?? '',
    until: dated.reduce((latest, { last }) => (last > latest ? last : latest), ''),
    ...daysOf(dated),
    gaps: gapsOf(dated),
    months: monthsOf(dated),
    over_months: ids(dated.filter(({ day, last }) => day.slice(0, 7) !== last.slice(0, 7))),
    behaviours: tallyBy(facts, ({ behaviours }) => behaviours),
    channels: tallyByOne(facts, ({ channel }) => channel),
    places: tallyByOne(facts, ({ place }) => place),
    ...weekOf(facts),
    key_dates: keyDates(facts, diary, tz).map((keyDate) => ({ ...keyDate, ...splitAround(keyDate, dated) })),
    ...accountsUsed(facts, diary, accounts, tz),
    firsts: MARKS.firsts.map((mark) => firstOf(marked, mark)),
    marks: marksOf(marked),
    witness: ids(facts.filter(({ witness }) => witness)),
    files: ids(facts.filter(({ files }) => files)),
    neither: ids(facts.filter(({ witness, files }) => !witness && !files)),
    breaches: breachesOf(facts, diary.order ?? []),
    orders: tallyBy(facts, ({ orders }) => orders),
    targets: tallyBy(facts, ({ targets }) => (targets?.length ? targets : KEEPER_TARGET)),
    actors: tallyBy(facts, ({ actors }) => actors),
    messages: messagesOf(facts, diary.schedule ?? []),
  };
}
export type Patterns = ReturnType<typeof countPatterns>;

/** Return the facts in order of time, with merged people and accounts counted as one, and where each account leads. */
export function mergeFacts(standingFacts: readonly Fact[], diary: Diary) {
  const accounts = leadsOf(diary.account ?? []);
  const people = leadsOf(diary.person ?? []);
  const merged = [people, accounts].some((leads) => [...leads].some(([record, lead]) => record !== lead));
  return {
    facts: sortByTime(merged ? standingFacts.map((fact) => withLeads(fact, people, accounts)) : standingFacts),
    accounts,
  };
}

const ids = (facts: readonly Fact[]) => facts.map(({ record }) => record);

/** Return where each merged record finally leads; in a circle, each record stands for itself. */
export function leadsOf(records: readonly CountedRecord[]): Map<string, string> {
  const mergedInto = new Map(records.map(({ record, fields }) => [record, textOf(fields, 'merged_into')]));
  const leads: Map<string, string> = new Map();
  for (const [record, target] of mergedInto) {
    const seen = new Set([record]);
    let current = target;
    while (current && !seen.has(current) && mergedInto.get(current)) {
      seen.add(current);
      current = mergedInto.get(current) as string;
    }
    leads.set(record, !current || seen.has(current) ? record : current);
  }
  return leads;
}

/** Return the fact with merged people and accounts counted as one. */
function withLeads(fact: Fact, people: Map<string, string>, accounts: Map<string, string>): Fact {
  if (!fact.actors && !fact.targets && !fact.accounts) return fact;
  const resolve = (list: string[] | undefined, leads: Map<string, string>) =>
    list && [...new Set(list.map((id) => leads.get(id) ?? id))];
  return {
    ...fact,
    actors: resolve(fact.actors, people),
    targets: resolve(fact.targets, people),
    accounts: resolve(fact.accounts, accounts),
  } as Fact;
}

/** Count entries by code, most entries first, then by the code. */
function tallyBy(facts: readonly Fact[], codes: (fact: Fact) => readonly string[] | undefined): Tally[] {
  const recordsByCode: Map<string, string[]> = new Map();
  for (const fact of facts) {
    const list = codes(fact);
    if (list) for (const code of list) appendTo(recordsByCode, code, fact.record);
  }
  return rankTallies(recordsByCode);
}

/** Like `tallyBy`, for a field with a single code. */
function tallyByOne(facts: readonly Fact[], codeOf: (fact: Fact) => string | undefined): Tally[] {
  const recordsByCode: Map<string, string[]> = new Map();
  for (const fact of facts) {
    const code = codeOf(fact);
    if (code) appendTo(recordsByCode, code, fact.record);
  }
  return rankTallies(recordsByCode);
}

function rankTallies(recordsByCode: Map<string, string[]>): Tally[] {
  return [...recordsByCode]
    .map(([code, list]) => ({ code, ids: list }))
    .sort((a, b) => b.ids.length - a.ids.length || compareText(a.code, b.code));
}

/**
 * Count distinct days; find the fullest one and the longest run of consecutive days. Ranges have no day of their own.
 */
function daysOf(dated: readonly Fact[]) {
  const days: Map<string, string[]> = new Map();
  for (const { range, day, record } of dated) if (!range) appendTo(days, day, record);
  let fullest = '';
  let longest: string[] = [];
  let run: string[] = [];
  for (const [day, list] of days) {
    if (!fullest || list.length > (days.get(fullest) as string[]).length) fullest = day;
    const previous = run.at(-1);
    if (previous !== undefined && nextDay(previous) === day) run.push(day);
    else run = [day];
    if (run.length > longest.length) longest = run;
  }
  return {
    days: days.size,
    no_day: ids(dated.filter(({ range }) => range)),
    fullest: { day: fullest, ids: days.get(fullest) ?? [] },
    run: { days: longest.length, from: longest[0] ?? '', ids: longest.flatMap((day) => days.get(day) ?? []) },
  };
}

/** Find the gaps between the last day reached and the next day with an entry; entries of one day have no gap. */
function gapsOf(dated: readonly Fact[]) {
  const gaps: Gap[] = [];
  let latest: Fact | null = null;
  for (const fact of dated) {
    if (latest && fact.day > latest.last)
      gaps.push({
        days: daysBetween(latest.last, fact.day),
        from: latest.last,
        to: fact.day,
        ids: [latest.record, fact.record],
      });
    if (!latest || fact.last >= latest.last) latest = fact;
  }
  const longest: Gap | null = gaps.reduce(
    (longestSoFar: Gap | null, gap) => (longestSoFar && longestSoFar.days >= gap.days ? longestSoFar : gap),
    null,
  );
  const sorted = gaps.map(({ days }) => days).sort((a, b) => a - b);
  const middle = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return {
    longest,
    // Halves are rounded down, as in the pack.
    median: sorted.length ? Math.floor(((middle[0] as number) + (middle[1] as number)) / 2) : null,
    long: gaps.filter(({ days }) => days > LONG_GAP_DAYS),
  };
}

/**
 * List every month from the first to the last, empty ones included: an empty month is a fact. An entry that spans two
 * months is in neither.
 */
function monthsOf(dated: readonly Fact[]) {
  const recordsByMonth: Map<string, string[]> = new Map();
  for (const { day, last, record } of dated)
    if (day.slice(0, 7) === last.slice(0, 7)) appendTo(recordsByMonth, day.slice(0, 7), record);
  const known = [...recordsByMonth.keys()].sort();
  const last = known.at(-1) ?? '';
  const months = [];
  for (let month = known[0] ?? '~'; month <= last; ) {
    months.push({ month, ids: recordsByMonth.get(month) ?? [] });
    const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5))];
    month = `${String(year + Math.floor(number / 12)).padStart(4, '0')}-${String((number % 12) + 1).padStart(2, '0')}`;
  }
  return months;
}

/** Group by weekday (Monday 0) and local hour; both 01:30s of an autumn night are in hour 1. */
function weekOf(facts: readonly Fact[]) {
  const weekdays: string[][] = Array.from({ length: 7 }, () => []);
  const cells: Map<number, string[]> = new Map();
  // Entries of one day follow each other, so each date is parsed once.
  let parsedDay = '';
  let weekday = 0;
  for (const { day, range, minute, record } of facts) {
    if (!day || range) continue;
    if (day !== parsedDay) weekday = ((daysBetween(MONDAY, day) % 7) + 7) % 7;
    parsedDay = day;
    weekdays[weekday]?.push(record);
    if (minute !== undefined) appendTo(cells, weekday * 24 + Math.floor(minute / 60), record);
  }
  return {
    weekdays,
    hours: [...cells]
      .sort(([a], [b]) => a - b)
      .map(([cell, list]) => ({ weekday: Math.floor(cell / 24), hour: cell % 24, ids: list })),
    no_hour: ids(facts.filter(({ minute }) => minute === undefined)),
    about: ids(facts.filter(({ about, minute }) => about && minute !== undefined)),
  };
}

/** Find the earliest dated entry of a mark, and all of its entries; null if none is dated. */
function firstOf(facts: readonly Fact[], mark: string) {
  const marked = facts.filter(({ marks }) => marks?.includes(mark));
  const first = marked.find(({ day }) => day);
  return { mark, first: first?.record ?? null, day: first?.day ?? '', ids: ids(marked) };
}

function marksOf(facts: readonly Fact[]): Record<string, string[]> {
  const recordsByMark: Map<string, string[]> = new Map();
  for (const { marks, record } of facts) for (const mark of marks ?? []) appendTo(recordsByMark, mark, record);
  return Object.fromEntries(recordsByMark);
}

/** Group alleged breaches by order and term; one before service or after the order's end does not count. */
function breachesOf(facts: readonly Fact[], orders: readonly CountedRecord[]) {
  const fieldsByOrder = new Map(
    orders.filter(({ taken_out }) => (taken_out ?? null) === null).map(({ record, fields }) => [record, fields]),
  );
  const byTerm: Map<string, { order: string; term: number; ids: string[] }> = new Map();
  for (const { breaches, record, when } of facts) {
    if (!breaches) continue;
    for (const [order, term] of breaches) {
      if (!canBeBroken(fieldsByOrder.get(order) ?? {}, when ?? {})) continue;
      const breach = byTerm.get(`${order} ${term}`) ?? { order, term, ids: [] };
      breach.ids.push(record);
      byTerm.set(`${order} ${term}`, breach);
    }
  }
  return [...byTerm.values()].sort((a, b) => compareText(a.order, b.order) || a.term - b.term);
}

/**
 * Count messages and calls inside entries: the entry's own count, otherwise the incoming ones of its schedules. These
 * are the one that the entry names and those that name the entry; each is counted once.
 */
function messagesOf(facts: readonly Fact[], schedules: readonly CountedRecord[]) {
  const counts: Map<string, { count: number; about: boolean }> = new Map();
  const schedulesByEntry: Map<string, string[]> = new Map();
  for (const { record, fields, taken_out } of schedules) {
    if ((taken_out ?? null) !== null) continue;
    counts.set(record, incomingCount(fields));
    for (const entry of codesOf(fields, 'incident_ids')) appendTo(schedulesByEntry, entry, record);
  }
  const total = { count: 0, about: false, ids: [] as string[] };
  const counted: Set<string> = new Set();
  for (const fact of facts) {
    if (fact.count === undefined) {
      const linked = [fact.schedule ?? '', ...(schedulesByEntry.get(fact.record) ?? [])].filter((id) => counts.has(id));
      if (!linked.length) continue;
      for (const id of linked) {
        const part = counts.get(id);
        // Two entries may share a schedule: its messages came once.
        if (!part || counted.has(id)) continue;
        counted.add(id);
        total.count += part.count;
        total.about ||= part.about;
      }
    } else {
      total.count += fact.count;
      total.about ||= Boolean(fact.count_about);
    }
    total.ids.push(fact.record);
  }
  return total;
}

/** Count the incoming messages: the schedule's own count, or its rows that came to the keeper. */
function incomingCount(fields: Fields) {
  const statedCount = integerOf(fields, 'count');
  if (statedCount !== null && statedCount >= 0)
    return { count: statedCount, about: booleanOf(fields, 'count_is_estimate') === true };
  const count = objectsOf(fields, 'rows').filter((row) => textOf(row, 'direction') === 'in').length;
  return { count, about: !['', 'complete'].includes(textOf(fields, 'complete')) };
}
