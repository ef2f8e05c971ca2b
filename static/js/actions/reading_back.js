/** Finding entries by what they say, and the pattern they make. Both read the list; no version of an entry is opened. */
import { folded, wanted } from '../record/folding.js';
import { countPatterns, leadsOf } from '../record/patterns.js';
import { objectsOf, textOf } from '../record/reading.js';
import { insideOf } from './inside.js';
import { mendList } from './mending.js';
import { readKind } from './records.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./records.js').Read} Read */
/** @typedef {import('../record/patterns.js').Patterns} Patterns */
/** @typedef {Record<string, {kind: string, fields: Record<string, any>, name: string}>} Known what records are called, by id */
/** @typedef {{counts: Patterns, known: Known}} Pattern */

/** Everything but entries that a count or a search needs. Schedules are long, and asked for only where an entry has no count of its own. */
const KINDS = ['person', 'account', 'sighting', 'order', 'notice', 'report', 'background', 'impact'];
/** Whose names an entry is found by. */
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

/** @param {Context} ctx */
export function readingBackMethods(ctx) {
  const inside = insideOf(ctx);
  const patterns = remembered((open) => patternsOf(ctx, open));
  const names = remembered(namesOf);
  return {
    findEntries: async (/** @type {string} */ query) => find(ctx, inside(), query, names),
    /** The names of people, accounts and orders, for filters. @returns {Promise<Known>} */
    readKnown: async () => knownOf(await readAll(inside(), ['person', 'account', 'order'])),
    readPatterns: async () => patterns(inside()),
  };
}

/**
 * What was worked out of an open diary, for as long as nothing is written or comes; goes with the open diary at a lock.
 * @template T @param {(open: Open) => Promise<T>} work @returns {(open: Open) => Promise<T>}
 */
function remembered(work) {
  /** @type {WeakMap<Open, {turn: string, found: Promise<T>}>} */
  const known = new WeakMap();
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

/** Records of the entries in which every word of the query is found; null for no query. @param {Context} ctx @param {Open} open @param {string} query @param {(open: Open) => Promise<Map<string, string>>} names @returns {Promise<string[]|null>} */
async function find(ctx, open, query, names) {
  const words = wanted(query);
  if (!words.length) return null;
  await open.index.allTexts();
  await mendList(ctx, open); // what was to be searched was lost: nothing may seem not to be there
  const [texts, named] = await Promise.all([open.index.allTexts(), names(open)]);
  // Which people each word names is asked once a word, not once an entry.
  const naming = words.map(
    (word) => new Set([...named].flatMap(([record, called]) => (called.includes(word) ? [record] : []))),
  );
  return open.index
    .all()
    .filter(({ record, links }) => {
      const text = texts.get(record) ?? '';
      return words.every(
        (word, i) => text.includes(word) || (links ?? []).some((/** @type {string} */ one) => naming[i]?.has(one)),
      );
    })
    .map(({ record }) => record);
}

/** @param {Open} open @returns {Promise<Map<string, string>>} folded names by record */
async function namesOf(open) {
  const all = Object.values(await readAll(open, NAMED)).flat();
  const leads = leadsOf(/** @type {any} */ (all));
  const names = new Map(
    all.map(({ record, fields }) => {
      const rows = objectsOf(fields, 'accounts').flatMap((row) => Object.values(row));
      const said = [...NAMES.flatMap((name) => fields[name] ?? []), ...rows].filter((one) => typeof one === 'string');
      return [record, folded(said.join(' \n '))];
    }),
  );
  // Two that were brought together are found by either name.
  return new Map(
    [...names].map(([record, own]) => {
      const lead = leads.get(record) ?? record;
      return [record, lead === record ? own : `${own} \n ${names.get(lead) ?? ''}`];
    }),
  );
}

/** @param {Open} open @param {readonly string[]} kinds @returns {Promise<Record<string, Read[]>>} */
async function readAll(open, kinds) {
  const read = await Promise.all(kinds.map((kind) => readKind(open, kind)));
  return Object.fromEntries(kinds.map((kind, i) => [kind, read[i] ?? []]));
}

/** @param {Context} ctx @param {Open} open @returns {Promise<Pattern>} */
async function patternsOf(ctx, open) {
  const all = open.index.all();
  const facts = all.flatMap(({ f, taken_out }) => (f && (taken_out ?? null) === null ? [f] : []));
  const kinds = await readAll(open, KINDS);
  if (facts.some(({ count, schedule }) => count === undefined && schedule))
    Object.assign(kinds, await readAll(open, ['schedule']));
  return { counts: countPatterns(facts, kinds, ctx.zone(), all.length - facts.length), known: knownOf(kinds) };
}

/** @param {Record<string, Read[]>} kinds @returns {Known} */
function knownOf(kinds) {
  return Object.fromEntries(
    Object.values(kinds)
      .flat()
      .map(({ record, kind, fields }) => [record, { kind, fields, name: nameOf(fields) }]),
  );
}

/** What a record is called, '' when it has no name of any kind. @param {Record<string, any>} fields @returns {string} */
function nameOf(fields) {
  const first = ['name', 'handle', 'display_name', 'number', 'title', 'url']
    .map((name) => textOf(fields, name))
    .find(Boolean);
  return first ?? '';
}
