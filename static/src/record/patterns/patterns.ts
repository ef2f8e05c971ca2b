/**
 * The pattern in numbers: each count with its entries, and no conclusion; twin of diary/record/patterns.py.
 *
 * Both are tested against tests/vectors/patterns.json. Here the facts of the incidents are an input: the phone keeps
 * them in its list of entries, and need not open ten thousand versions to count them.
 */
import { MARKS } from '../vocabulary/marks.js';
import { accountsUsed, into, keyDates, sidesOf } from './patterns_dates.js';
import { compare, daysBetween, inOrder, nextDay } from './patterns_facts.js';
import { objectsOf, switchOf, textOf, wholeOf } from '../reading.js';
import type { Fact } from './patterns_facts.js';
import type { Fields } from '../reading.js';
import type { Diary, Kept } from './patterns_facts.js';

type Tally = { code: string; ids: string[] };
export type Gap = { days: number; from: string; to: string; ids: string[] };

const LONG_GAP_DAYS = 30;
/** Target of an entry that names nobody: the keeper. */
const NOBODY = Object.freeze(['']);
const MONDAY = '2024-01-01';

/**
 * Compute everything that the Patterns screen and the fact sheet show. Every list of records is in order of time.
 * @param standingFacts facts of the incidents not taken out, in feed order
 * @param tz zone for instants that came without one
 */
export function countPatterns(standing: readonly Fact[], diary: Diary, tz: string, takenOut: number = 0) {
  const accounts = leadsOf(diary.account ?? []);
  const people = leadsOf(diary.person ?? []);
  const merged = [people, accounts].some((leads) => [...leads].some(([record, lead]) => record !== lead));
  const facts = inOrder(merged ? standing.map((fact) => led(fact, people, accounts)) : standing);
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
    behaviours: by(facts, ({ behaviours }) => behaviours),
    channels: byOne(facts, ({ channel }) => channel),
    places: byOne(facts, ({ place }) => place),
    ...weekOf(facts),
    key_dates: keyDates(facts, diary, tz).map((one) => ({ ...one, ...sidesOf(one, dated) })),
    ...accountsUsed(facts, diary, accounts, tz),
    firsts: MARKS.firsts.map((mark) => firstOf(marked, mark)),
    marks: marksOf(marked),
    witness: ids(facts.filter(({ witness }) => witness)),
    files: ids(facts.filter(({ files }) => files)),
    neither: ids(facts.filter(({ witness, files }) => !witness && !files)),
    breaches: breachesOf(facts),
    orders: by(facts, ({ orders }) => orders),
    targets: by(facts, ({ targets }) => (targets?.length ? targets : NOBODY)),
    actors: by(facts, ({ actors }) => actors),
    messages: messagesOf(facts, diary.schedule ?? []),
  };
}
export type Patterns = ReturnType<typeof countPatterns>;

const ids = (facts: readonly Fact[]) => facts.map(({ record }) => record);

/** Return where each merged record finally leads; in a circle, each record stands for itself. */
export function leadsOf(records: readonly Kept[]): Map<string, string> {
  const into = new Map(records.map(({ record, fields }) => [record, textOf(fields, 'merged_into')]));
  const found: Map<string, string> = new Map();
  for (const [record, first] of into) {
    const seen = new Set([record]);
    let at = first;
    while (at && !seen.has(at) && into.get(at)) {
      seen.add(at);
      at = into.get(at) as string;
    }
    found.set(record, !at || seen.has(at) ? record : at);
  }
  return found;
}

/** Return the fact with merged people and accounts counted as one. */
function led(fact: Fact, people: Map<string, string>, accounts: Map<string, string>): Fact {
  if (!fact.actors && !fact.targets && !fact.accounts) return fact;
  const through = (list: string[] | undefined, leads: Map<string, string>) =>
    list && [...new Set(list.map((one) => leads.get(one) ?? one))];
  return {
    ...fact,
    actors: through(fact.actors, people),
    targets: through(fact.targets, people),
    accounts: through(fact.accounts, accounts),
  } as Fact;
}

/** Count entries by code, most entries first, then by the code. */
function by(facts: readonly Fact[], codes: (fact: Fact) => readonly string[] | undefined): Tally[] {
  const found: Map<string, string[]> = new Map();
  for (const fact of facts) {
    const list = codes(fact);
    if (list) for (const code of list) into(found, code, fact.record);
  }
  return ranked(found);
}

/** Like `tallyBy`, for a field with a single code. */
function byOne(facts: readonly Fact[], codeOf: (fact: Fact) => string | undefined): Tally[] {
  const found: Map<string, string[]> = new Map();
  for (const fact of facts) {
    const code = codeOf(fact);
    if (code) into(found, code, fact.record);
  }
  return ranked(found);
}

function ranked(found: Map<string, string[]>): Tally[] {
  return [...found]
    .map(([code, list]) => ({ code, ids: list }))
    .sort((a, b) => b.ids.length - a.ids.length || compare(a.code, b.code));
}

/**
 * Count distinct days; find the fullest one and the longest run of consecutive days. Ranges have no day of their own.
 */
function daysOf(dated: readonly Fact[]) {
  const days: Map<string, string[]> = new Map();
  for (const { range, day, record } of dated) if (!range) into(days, day, record);
  let fullest = '';
  let best: string[] = [];
  let run: string[] = [];
  for (const [day, list] of days) {
    if (!fullest || list.length > (days.get(fullest) as string[]).length) fullest = day;
    const before = run.at(-1);
    if (before !== undefined && nextDay(before) === day) run.push(day);
    else run = [day];
    if (run.length > best.length) best = run;
  }
  return {
    days: days.size,
    no_day: ids(dated.filter(({ range }) => range)),
    fullest: { day: fullest, ids: days.get(fullest) ?? [] },
    run: { days: best.length, from: best[0] ?? '', ids: best.flatMap((day) => days.get(day) ?? []) },
  };
}

/** Find the gaps between the last day reached and the next day with an entry; entries of one day have no gap. */
function gapsOf(dated: readonly Fact[]) {
  const found: Gap[] = [];
  let reach: Fact | null = null;
  for (const fact of dated) {
    if (reach && fact.day > reach.last)
      found.push({
        days: daysBetween(reach.last, fact.day),
        from: reach.last,
        to: fact.day,
        ids: [reach.record, fact.record],
      });
    if (!reach || fact.last >= reach.last) reach = fact;
  }
  const longest: Gap | null = found.reduce(
    (most: Gap | null, gap) => (most && most.days >= gap.days ? most : gap),
    null,
  );
  const sorted = found.map(({ days }) => days).sort((a, b) => a - b);
  const middle = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return {
    longest,
    // Halves are rounded down, as in the pack.
    median: sorted.length ? Math.floor(((middle[0] as number) + (middle[1] as number)) / 2) : null,
    long: found.filter(({ days }) => days > LONG_GAP_DAYS),
  };
}

/**
 * List every month from the first to the last, empty ones included: an empty month is a fact. An entry that spans two
 * months is in neither.
 */
function monthsOf(dated: readonly Fact[]) {
  const found: Map<string, string[]> = new Map();
  for (const { day, last, record } of dated)
    if (day.slice(0, 7) === last.slice(0, 7)) into(found, day.slice(0, 7), record);
  const known = [...found.keys()].sort();
  const last = known.at(-1) ?? '';
  const months = [];
  for (let month = known[0] ?? '~'; month <= last; ) {
    months.push({ month, ids: found.get(month) ?? [] });
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
  let read = '';
  let weekday = 0;
  for (const { day, range, minute, record } of facts) {
    if (!day || range) continue;
    if (day !== read) weekday = ((daysBetween(MONDAY, day) % 7) + 7) % 7;
    read = day;
    weekdays[weekday]?.push(record);
    if (minute !== undefined) into(cells, weekday * 24 + Math.floor(minute / 60), record);
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
  const found: Map<string, string[]> = new Map();
  for (const { marks, record } of facts) for (const mark of marks ?? []) into(found, mark, record);
  return Object.fromEntries(found);
}

/** Group alleged breaches by order and term. */
function breachesOf(facts: readonly Fact[]) {
  const found: Map<string, { order: string; term: number; ids: string[] }> = new Map();
  for (const { breaches, record } of facts) {
    if (!breaches) continue;
    for (const [order, term] of breaches) {
      const one = found.get(`${order} ${term}`) ?? { order, term, ids: [] };
      one.ids.push(record);
      found.set(`${order} ${term}`, one);
    }
  }
  return [...found.values()].sort((a, b) => compare(a.order, b.order) || a.term - b.term);
}

/** Count messages and calls inside entries: the entry's own count, otherwise the incoming ones of its schedule. */
function messagesOf(facts: readonly Fact[], schedules: readonly Kept[]) {
  const counts = new Map(
    schedules
      .filter((one) => (one.taken_out ?? null) === null)
      .map(({ record, fields }) => [record, inSchedule(fields)]),
  );
  const total = { count: 0, about: false, ids: [] as string[] };
  for (const fact of facts) {
    const own =
      fact.count === undefined
        ? counts.get(fact.schedule ?? '')
        : { count: fact.count, about: Boolean(fact.count_about) };
    if (!own) continue;
    total.count += own.count;
    total.about ||= own.about;
    total.ids.push(fact.record);
  }
  return total;
}

/** Count the incoming messages: the schedule's own count, or its rows that came to the keeper. */
function inSchedule(fields: Fields) {
  const said = wholeOf(fields, 'count');
  if (said !== null && said >= 0) return { count: said, about: switchOf(fields, 'count_is_estimate') === true };
  const count = objectsOf(fields, 'rows').filter((row) => textOf(row, 'direction') === 'in').length;
  return { count, about: !['', 'complete'].includes(textOf(fields, 'complete')) };
}
