/** Search entries by their text, and count patterns. Both read the list; no version of an entry is opened. */
import { folded, wanted } from '../../record/patterns/search_text.js';
import { countPatterns, leadsOf } from '../../record/patterns/patterns.js';
import { objectsOf, textOf } from '../../record/reading.js';
import { insideOf } from '../session/require_open.js';
import { mendList } from './rebuild.js';
import { readKind } from '../records/records.js';
import type { Patterns } from '../../record/patterns/patterns.js';
import type { Read } from '../records/records.js';
import type { Context, Open, Fields } from '../types.js';

/** Names of records, by id */
type Known = Record<string, { kind: string; fields: Fields; name: string }>;
type Pattern = { counts: Patterns; known: Known };

/**
 * Everything but entries that a count or a search needs. Schedules are long, and read only where an entry has no
 * count of its own.
 */
const KINDS = ['person', 'account', 'sighting', 'order', 'notice', 'report', 'background', 'impact'];
/** The kinds whose names find an entry. */
const NAMED = ['person', 'account', 'vehicle', 'order'];
const NAMES = [
  'name',
  'aliases',
  'role_code',
  'handle',
  'display_name',
  'number',
  'url',
  'reg',
  'make',
  'model',
  'court',
  'case_no',
];

export function readingBackMethods(ctx: Context) {
  const inside = insideOf(ctx);
  const patterns = remembered((open) => patternsOf(ctx, open));
  const names = remembered(namesOf);
  return {
    findEntries: async (query: string) => find(ctx, inside(), query, names),
    /** Return the names of people, accounts and orders, for filters. */
    readKnown: async (): Promise<Known> => knownOf(await readAll(inside(), ['person', 'account', 'order'])),
    readPatterns: async () => patterns(inside()),
  };
}

/** Cache a result for an open diary until something is written or arrives. A lock drops it with the open diary. */
function remembered<T>(work: (open: Open) => Promise<T>): (open: Open) => Promise<T> {
  const known: WeakMap<Open, { turn: string; found: Promise<T> }> = new WeakMap();
  return (open) => {
    const turn = [open.index.turn, open.store.root.line.n, open.store.root.feed.seq].join();
    const before = known.get(open);
    if (before?.turn === turn) return before.found;
    const found = work(open);
    known.set(open, { turn, found });
    found.catch(() => known.delete(open));
    return found;
  };
}

/** Return the entries that contain every word of the query; null for no query. */
async function find(
  ctx: Context,
  open: Open,
  query: string,
  names: (open: Open) => Promise<Map<string, string>>,
): Promise<string[] | null> {
  const words = wanted(query);
  if (!words.length) return null;
  await open.index.allTexts();
  await mendList(ctx, open); // the searched texts were lost: rebuild them first, or entries would seem to be missing
  const [texts, named] = await Promise.all([open.index.allTexts(), names(open)]);
  // The people that each word names are looked up once per word, not once per entry.
  const naming = words.map(
    (word) => new Set([...named].flatMap(([record, called]) => (called.includes(word) ? [record] : []))),
  );
  return open.index
    .all()
    .filter(({ record, links }) => {
      const text = texts.get(record) ?? '';
      return words.every((word, i) => text.includes(word) || (links ?? []).some((one: string) => naming[i]?.has(one)));
    })
    .map(({ record }) => record);
}

/** @returns folded names by record */
async function namesOf(open: Open): Promise<Map<string, string>> {
  const all = Object.values(await readAll(open, NAMED)).flat();
  const leads = leadsOf(all);
  const names = new Map(
    all.map(({ record, fields }) => {
      const rows = objectsOf(fields, 'accounts').flatMap((row) => Object.values(row));
      const said = [...NAMES.flatMap((name) => fields[name] ?? []), ...rows].filter((one) => typeof one === 'string');
      return [record, folded(said.join(' \n '))];
    }),
  );
  // Two merged records are found by either name.
  return new Map(
    [...names].map(([record, own]) => {
      const lead = leads.get(record) ?? record;
      return [record, lead === record ? own : `${own} \n ${names.get(lead) ?? ''}`];
    }),
  );
}

async function readAll(open: Open, kinds: readonly string[]): Promise<Record<string, Read[]>> {
  const read = await Promise.all(kinds.map((kind) => readKind(open, kind)));
  return Object.fromEntries(kinds.map((kind, i) => [kind, read[i] ?? []]));
}

async function patternsOf(ctx: Context, open: Open): Promise<Pattern> {
  const all = open.index.all();
  const facts = all.flatMap(({ f, taken_out }) => (f && (taken_out ?? null) === null ? [f] : []));
  const kinds = await readAll(open, KINDS);
  if (facts.some(({ count, schedule }) => count === undefined && schedule))
    Object.assign(kinds, await readAll(open, ['schedule']));
  return { counts: countPatterns(facts, kinds, ctx.zone(), all.length - facts.length), known: knownOf(kinds) };
}

function knownOf(kinds: Record<string, Read[]>): Known {
  return Object.fromEntries(
    Object.values(kinds)
      .flat()
      .map(({ record, kind, fields }) => [record, { kind, fields, name: nameOf(fields) }]),
  );
}

/** Return the name of a record, '' when it has none. */
function nameOf(fields: Fields): string {
  const first = ['name', 'handle', 'display_name', 'number', 'title', 'url']
    .map((name) => textOf(fields, name))
    .find(Boolean);
  return first ?? '';
}
