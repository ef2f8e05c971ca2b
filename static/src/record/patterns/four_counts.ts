/**
 * Counts for an officer under four words: Fixated, Obsessive, Unwanted, Repeated. Numbers with their entries and
 * nothing else: no tick, no sum, no threshold from which anything follows.
 *
 * A line has a zero only where dates give it. Elsewhere a zero would look like an answer to a question that was perhaps
 * never asked, so the line is left out.
 */
import type { Patterns } from './patterns.js';

/** `count`: of days, accounts or messages, if not of entries */
export type CountLine = { key: string; count: number; ids: string[]; person?: string; day?: string };
type WordCounts = { word: 'fixated' | 'obsessive' | 'unwanted' | 'repeated'; lines: CountLine[] };

const NIGHT_FROM = 23;
const NIGHT_UNTIL = 5;
const KEY_DATE_KINDS = ['notice', 'blocked', 'report', 'served'];

/** @param days counts the days from one local date to another */
export function fourCounts(counts: Patterns, days: (from: string, to: string) => number): WordCounts[] {
  return [
    { word: 'fixated', lines: fixated(counts, days) },
    { word: 'obsessive', lines: obsessive(counts) },
    { word: 'unwanted', lines: unwanted(counts) },
    { word: 'repeated', lines: repeated(counts) },
  ]
    .map(({ word, lines }) => ({
      word,
      lines: lines.filter(({ key, count, ids }) => count || ids.length || key.startsWith('after_')),
    }))
    .filter(({ lines }) => lines.length) as WordCounts[];
}

const entryLine = (key: string, ids: string[]): CountLine => ({ key, count: ids.length, ids });

function fixated(
  { actors, marks, since, until, all, undated, accounts }: Patterns,
  days: (from: string, to: string) => number,
): CountLine[] {
  const undatedIds = new Set(undated);
  return [
    ...actors.map(({ code, ids }) => ({ ...entryLine('same_person', ids), person: code })),
    ...(since
      ? [
          // Both days count, as on the pages of a pack.
          { key: 'span', count: days(since, until) + 1, ids: all.filter((id) => !undatedIds.has(id)) },
        ]
      : []),
    entryLine('watching', marks.watching ?? []),
    entryLine('others', marks.third_party ?? []),
    {
      key: 'accounts',
      count: accounts.length,
      ids: pickInOrder(
        all,
        accounts.flatMap(({ ids }) => ids),
      ),
    },
  ];
}

function obsessive({ messages, fullest, run, hours, marks, all }: Patterns): CountLine[] {
  const night = hours.filter(({ hour }) => hour >= NIGHT_FROM || hour < NIGHT_UNTIL).flatMap(({ ids }) => ids);
  return [
    { key: 'messages', count: messages.count, ids: messages.ids },
    entryLine('most', fullest.ids),
    { key: 'run', count: run.days, ids: run.ids },
    entryLine('night', pickInOrder(all, night)),
    entryLine('home', marks.at_home ?? []),
  ];
}

/** Shows both sides: entries where the keeper made contact first are listed too. */
function unwanted({ key_dates, marks, new_accounts, new_account_ids, breaches, all }: Patterns): CountLine[] {
  return [
    entryLine('told', marks.told_to_stop ?? []),
    ...key_dates
      .filter(({ kind }) => KEY_DATE_KINDS.includes(kind))
      .map(({ kind, day, after }) => ({ ...entryLine(`after_${kind === 'blocked' ? 'block' : kind}`, after), day })),
    { key: 'new_accounts', count: new_accounts.length, ids: new_account_ids },
    entryLine(
      'breaches',
      pickInOrder(
        all,
        breaches.flatMap(({ ids }) => ids),
      ),
    ),
    entryLine('i_first', marks.i_contacted_first ?? []),
    entryLine('i_replied', marks.i_replied ?? []),
  ];
}

function repeated({ all, days, no_day, undated, months, behaviours, channels }: Patterns): CountLine[] {
  const withoutDay = new Set([...no_day, ...undated]);
  return [
    entryLine('all', all),
    { key: 'days', count: days, ids: all.filter((id) => !withoutDay.has(id)) },
    {
      key: 'months',
      count: months.filter(({ ids }) => ids.length).length,
      ids: pickInOrder(
        all,
        months.flatMap(({ ids }) => ids),
      ),
    },
    {
      key: 'kinds',
      count: behaviours.length,
      ids: pickInOrder(
        all,
        behaviours.flatMap(({ ids }) => ids),
      ),
    },
    {
      key: 'ways',
      count: channels.length,
      ids: pickInOrder(
        all,
        channels.flatMap(({ ids }) => ids),
      ),
    },
  ];
}

/** Return each once, in order of time. */
function pickInOrder(all: readonly string[], selected: readonly string[]): string[] {
  const selectedIds = new Set(selected);
  return all.filter((id) => selectedIds.has(id));
}

/**
 * Return entry numbers as a person writes them: `1 to 4, 7, 9`; those without a number are counted at the end.
 * @param fresh label of an entry without a number
 * @param to word between the first and the last number of a run
 */
export function numberList(numbers: readonly (number | null)[], fresh: string, to: string = 'to'): string {
  const sortedNumbers = [...new Set(numbers.filter((number) => number !== null))].sort((a, b) => Number(a) - Number(b));
  const runs: [number, number][] = [];
  for (const number of sortedNumbers) {
    const last = runs.at(-1);
    if (last && last[1] + 1 === number) last[1] = number;
    else runs.push([Number(number), Number(number)]);
  }
  const words = runs.flatMap(([first, last]) =>
    first === last ? [`${first}`] : last === first + 1 ? [`${first}`, `${last}`] : [`${first} ${to} ${last}`],
  );
  const unnumbered = numbers.length - numbers.filter((number) => number !== null).length;
  return [
    ...words,
    ...Array.from({ length: Math.min(unnumbered, 1) }, () => (unnumbered === 1 ? fresh : `${unnumbered} ${fresh}`)),
  ].join(', ');
}
