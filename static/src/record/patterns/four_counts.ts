/**
 * Counts for an officer under four words: Fixated, Obsessive, Unwanted, Repeated. Numbers with their entries and
 * nothing else: no tick, no sum, no threshold from which anything follows.
 */
import type { Patterns } from './patterns.js';

/** `count`: of days, accounts or messages, if not of entries */
export type Line = { key: string; count: number; ids: string[]; person?: string; day?: string };
type Word = { word: 'fixated' | 'obsessive' | 'unwanted' | 'repeated'; lines: Line[] };

const NIGHT_FROM = 23;
const NIGHT_UNTIL = 5;
const KEYS = ['notice', 'blocked', 'report', 'served'];

/** @param days counts the days from one local date to another */
export function four(counts: Patterns, days: (from: string, to: string) => number): Word[] {
  return [
    { word: 'fixated', lines: fixated(counts, days) },
    { word: 'obsessive', lines: obsessive(counts) },
    { word: 'unwanted', lines: unwanted(counts) },
    { word: 'repeated', lines: repeated(counts) },
  ];
}

const entries = (key: string, ids: string[]): Line => ({ key, count: ids.length, ids });

function fixated(
  { actors, marks, since, until, all, undated, accounts }: Patterns,
  days: (from: string, to: string) => number,
): Line[] {
  const gone = new Set(undated);
  return [
    ...actors.map(({ code, ids }) => ({ ...entries('same_person', ids), person: code })),
    ...(since ? [{ key: 'span', count: days(since, until), ids: all.filter((one) => !gone.has(one)) }] : []),
    entries('watching', marks.watching ?? []),
    entries('others', marks.third_party ?? []),
    {
      key: 'accounts',
      count: accounts.length,
      ids: inOrder(
        all,
        accounts.flatMap(({ ids }) => ids),
      ),
    },
  ];
}

function obsessive({ messages, fullest, run, hours, marks, all }: Patterns): Line[] {
  const night = hours.filter(({ hour }) => hour >= NIGHT_FROM || hour < NIGHT_UNTIL).flatMap(({ ids }) => ids);
  return [
    { key: 'messages', count: messages.count, ids: messages.ids },
    entries('most', fullest.ids),
    { key: 'run', count: run.days, ids: run.ids },
    entries('night', inOrder(all, night)),
    entries('home', marks.at_home ?? []),
  ];
}

/** Shows both sides: entries where the keeper made contact first are listed too. */
function unwanted({ key_dates, marks, new_accounts, new_account_ids, breaches, all }: Patterns): Line[] {
  return [
    entries('told', marks.told_to_stop ?? []),
    ...key_dates
      .filter(({ kind }) => KEYS.includes(kind))
      .map(({ kind, day, after }) => ({ ...entries(`after_${kind === 'blocked' ? 'block' : kind}`, after), day })),
    { key: 'new_accounts', count: new_accounts.length, ids: new_account_ids },
    entries(
      'breaches',
      inOrder(
        all,
        breaches.flatMap(({ ids }) => ids),
      ),
    ),
    entries('i_first', marks.i_contacted_first ?? []),
    entries('i_replied', marks.i_replied ?? []),
  ];
}

function repeated({ all, days, no_day, undated, months, behaviours, channels }: Patterns): Line[] {
  const elsewhere = new Set([...no_day, ...undated]);
  return [
    entries('all', all),
    { key: 'days', count: days, ids: all.filter((one) => !elsewhere.has(one)) },
    {
      key: 'months',
      count: months.filter(({ ids }) => ids.length).length,
      ids: inOrder(
        all,
        months.flatMap(({ ids }) => ids),
      ),
    },
    {
      key: 'kinds',
      count: behaviours.length,
      ids: inOrder(
        all,
        behaviours.flatMap(({ ids }) => ids),
      ),
    },
    {
      key: 'ways',
      count: channels.length,
      ids: inOrder(
        all,
        channels.flatMap(({ ids }) => ids),
      ),
    },
  ];
}

/** Return each once, in order of time. */
function inOrder(all: readonly string[], some: readonly string[]): string[] {
  const wanted = new Set(some);
  return all.filter((one) => wanted.has(one));
}

/**
 * Return entry numbers as a person writes them: `1 to 4, 7, 9`; those without a number are counted at the end.
 * @param fresh label of an entry without a number
 * @param to word between the first and the last number of a run
 */
export function numberList(numbers: readonly (number | null)[], fresh: string, to: string = 'to'): string {
  const known = [...new Set(numbers.filter((one) => one !== null))].sort((a, b) => Number(a) - Number(b));
  const runs: [number, number][] = [];
  for (const one of known) {
    const last = runs.at(-1);
    if (last && last[1] + 1 === one) last[1] = one;
    else runs.push([Number(one), Number(one)]);
  }
  const words = runs.flatMap(([first, last]) =>
    first === last ? [`${first}`] : last === first + 1 ? [`${first}`, `${last}`] : [`${first} ${to} ${last}`],
  );
  const without = numbers.length - numbers.filter((one) => one !== null).length;
  return [
    ...words,
    ...Array.from({ length: Math.min(without, 1) }, () => (without === 1 ? fresh : `${without} ${fresh}`)),
  ].join(', ');
}
