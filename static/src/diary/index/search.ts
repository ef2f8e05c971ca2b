/** Search entries by their text, and count patterns. Both read the list; no version of an entry is opened. */
import { foldText, NAME_FIELDS, NAMED_KINDS, searchWords } from '../../record/patterns/search_text.js';
import { COUNTED_KINDS, countPatterns, leadsOf } from '../../record/patterns/patterns.js';
import { timelineOf } from '../../record/patterns/timeline.js';
import { objectsOf, textOf } from '../../record/reading.js';
import { requireOpenOf } from '../session/require_open.js';
import { pictureWordsByEntry } from '../attachments/picture_texts.js';
import { rebuildList } from './rebuild.js';
import { readKind } from '../records/records.js';
import type { Patterns } from '../../record/patterns/patterns.js';
import type { Timeline } from '../../record/patterns/timeline.js';
import type { ReadRecord } from '../records/records.js';
import type { Context, Open, Fields } from '../types.js';

/** Names of records, by id */
type NamedRecords = Record<string, { kind: string; fields: Fields; name: string }>;
type PatternResult = { counts: Patterns; timeline: Timeline; known: NamedRecords };

export function searchMethods(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const patterns = cached((open) => computePatterns(ctx, open));
  const names = cached(readNames);
  const pictureWords = cached(
    async (open) =>
      new Map([...(await pictureWordsByEntry(open))].map(([record, words]) => [record, foldText(words)] as const)),
  );
  return {
    findEntries: async (query: string) => findRecords(ctx, requireOpen(), query, names, null),
    /** Return the entries that match only with the words that the phone read in their pictures. */
    async findInPictures(query: string) {
      const open = requireOpen();
      const words = await pictureWords(open);
      if (!words.size) return [];
      const written = new Set(await findRecords(ctx, open, query, names, null));
      return ((await findRecords(ctx, open, query, names, words)) ?? []).filter((record) => !written.has(record));
    },
    /** Return the names of people, accounts and orders, for filters. */
    readKnown: async (): Promise<NamedRecords> =>
      namedRecordsOf(await readAll(requireOpen(), ['person', 'account', 'order'])),
    readPatterns: async () => patterns(requireOpen()),
  };
}

/** Cache a result for an open diary until something is written or arrives. A lock drops it with the open diary. */
function cached<T>(compute: (open: Open) => Promise<T>): (open: Open) => Promise<T> {
  const cache: WeakMap<Open, { turn: string; found: Promise<T> }> = new WeakMap();
  return (open) => {
    const key = [open.index.revision, open.store.root.line.n, open.store.root.feed.seq].join();
    const previous = cache.get(open);
    if (previous?.turn === key) return previous.found;
    const result = compute(open);
    cache.set(open, { turn: key, found: result });
    result.catch(() => cache.delete(open));
    return result;
  };
}

/**
 * Return the entries that contain every word of the query; null for no query.
 * @param more folded words to look in besides, by entry
 */
async function findRecords(
  ctx: Context,
  open: Open,
  query: string,
  names: (open: Open) => Promise<Map<string, string>>,
  more: ReadonlyMap<string, string> | null,
): Promise<string[] | null> {
  const words = searchWords(query);
  if (!words.length) return null;
  await open.index.allTexts();
  await rebuildList(ctx, open); // the searched texts were lost: rebuild them first, or entries would seem to be missing
  const [texts, nameByRecord] = await Promise.all([open.index.allTexts(), names(open)]);
  // The people that each word names are looked up once per word, not once per entry.
  const recordsByWord = words.map(
    (word) => new Set([...nameByRecord].flatMap(([record, recordName]) => (recordName.includes(word) ? [record] : []))),
  );
  return open.index
    .allRows()
    .filter(({ record, links }) => {
      const text = `${texts.get(record) ?? ''} \n ${more?.get(record) ?? ''}`;
      return words.every(
        (word, i) => text.includes(word) || (links ?? []).some((link: string) => recordsByWord[i]?.has(link)),
      );
    })
    .map(({ record }) => record);
}

/** @returns folded names by record */
async function readNames(open: Open): Promise<Map<string, string>> {
  const records = Object.values(await readAll(open, NAMED_KINDS)).flat();
  const leads = leadsOf(records);
  const names = new Map(
    records.map(({ record, fields }) => {
      const rows = objectsOf(fields, 'accounts').flatMap((row) => Object.values(row));
      const values = [...NAME_FIELDS.flatMap((name) => fields[name] ?? []), ...rows].filter(
        (value) => typeof value === 'string',
      );
      return [record, foldText(values.join(' \n '))];
    }),
  );
  // Two merged records are found by either name.
  return new Map(
    [...names].map(([record, ownName]) => {
      const leadRecord = leads.get(record) ?? record;
      return [record, leadRecord === record ? ownName : `${ownName} \n ${names.get(leadRecord) ?? ''}`];
    }),
  );
}

async function readAll(open: Open, kinds: readonly string[]): Promise<Record<string, ReadRecord[]>> {
  const lists = await Promise.all(kinds.map((kind) => readKind(open, kind)));
  return Object.fromEntries(kinds.map((kind, i) => [kind, lists[i] ?? []]));
}

async function computePatterns(ctx: Context, open: Open): Promise<PatternResult> {
  const rows = open.index.allRows();
  const facts = rows.flatMap(({ f, taken_out }) => (f && (taken_out ?? null) === null ? [f] : []));
  const kinds = await readAll(open, COUNTED_KINDS);
  if (facts.some(({ count }) => count === undefined)) Object.assign(kinds, await readAll(open, ['schedule']));
  const counts = countPatterns(facts, kinds, ctx.zone(), rows.length - facts.length);
  return { counts, timeline: timelineOf(facts, kinds, ctx.zone(), counts), known: namedRecordsOf(kinds) };
}

function namedRecordsOf(kinds: Record<string, ReadRecord[]>): NamedRecords {
  return Object.fromEntries(
    Object.values(kinds)
      .flat()
      .map(({ record, kind, fields }) => [record, { kind, fields, name: nameOf(fields) }]),
  );
}

/** Return the name of a record, '' when it has none. */
function nameOf(fields: Fields): string {
  const label = ['name', 'handle', 'display_name', 'number', 'title', 'url']
    .map((name) => textOf(fields, name))
    .find(Boolean);
  return label ?? '';
}
