/**
 * The numbers of the page that the phone makes by itself. They are those of the Patterns screen, over the entries of
 * the pack, as on the set pages (diary/pack/documents/patterns.py).
 */
import { COUNTED_KINDS, countPatterns } from '../../record/patterns/patterns.js';
import { factOf } from '../../record/patterns/patterns_facts.js';
import { textOf } from '../../record/reading.js';
import { historiesOf } from '../../record/record_history.js';
import { wordsFor } from './chronology_words.js';
import type { Patterns } from '../../record/patterns/patterns.js';
import type { Diary } from '../../record/patterns/patterns_facts.js';
import type { OpenedVersion, RecordHistory } from '../../record/record_history.js';
import type { Cell } from './cells.js';

/**
 * Count the patterns of the entries of a pack.
 * @param incidents in order of time
 * @param refs the references of the included records
 */
export function countPack(
  opened: readonly OpenedVersion[],
  incidents: readonly RecordHistory[],
  refs: ReadonlyMap<string, string>,
  tz: string,
): Patterns {
  const diary = countedKinds(opened, refs);
  const facts = incidents.map(({ record, newest }) => factOf(record, newest.fields, newest.restricted));
  return countPatterns(facts, diary, tz);
}

/** Return the included records of every kind that is counted beside entries. */
export function countedKinds(opened: readonly OpenedVersion[], refs: ReadonlyMap<string, string>): Diary {
  return Object.fromEntries(
    [...COUNTED_KINDS, 'schedule'].map((kind) => [
      kind,
      historiesOf(opened, kind)
        .filter(({ record }) => refs.has(record))
        .map(({ record, newest }) => ({ record, fields: newest.fields })),
    ]),
  );
}

/** Return the people the keeper names as doing it, with how often: the first line an officer looks for. */
export function actorLines(
  { actors }: Patterns,
  opened: readonly OpenedVersion[],
  refs: ReadonlyMap<string, string>,
  mask: (text: string) => string,
): string[] {
  const names = new Map(
    historiesOf(opened, 'person').map(({ record, newest: { fields } }) => [
      record,
      ['suspect', ''].includes(textOf(fields, 'role')) ? mask(textOf(fields, 'name')) : '',
    ]),
  );
  return actors
    .filter(({ code }) => refs.has(code))
    .map(({ code, ids }) => `${[refs.get(code), names.get(code)].filter(Boolean).join(' ')}: ${ids.length}`);
}

/**
 * Return the messages counted, and for each day that mattered how many entries are before and after it.
 * @param labels of entries and other records
 */
export function countCells(counts: Patterns, labels: ReadonlyMap<string, string>): Cell[] {
  const { messages, key_dates: dates } = counts;
  const days = dates.map(({ kind, record, day, before, same, after }) => {
    const label = labels.get(record);
    return wordsFor('day_counts', {
      what: `${wordsFor(`day_${kind}`)}${label ? ` (${label})` : ''}`,
      day,
      before: before.length,
      same: same.length,
      after: after.length,
    });
  });
  return [
    {
      key: 'messages',
      text: messages.count ? (messages.about ? wordsFor('about', { n: messages.count }) : String(messages.count)) : '',
    },
    { key: 'days', text: days.join('\n') },
  ];
}

/**
 * Return the entries in which each order is said to be broken, in order of time.
 * @param labels of entries and other records
 */
export function breachesByOrder(
  { breaches, all }: Patterns,
  labels: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const ids: Map<string, Set<string>> = new Map();
  for (const { order, ids: entries } of breaches) ids.set(order, new Set([...(ids.get(order) ?? []), ...entries]));
  return new Map(
    [...ids].map(([order, entries]) => [
      labels.get(order) ?? '',
      all
        .filter((record) => entries.has(record))
        .map((record) => labels.get(record) ?? '')
        .join(', '),
    ]),
  );
}
