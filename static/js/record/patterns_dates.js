/**
 * Days that something changed, and the accounts that came after a block; the twin of diary/record/patterns_dates.py.
 *
 * [Note: the same day] Where only the day of one side is known, what happened on it is neither before nor after: it is
 * counted apart. Nothing is put on the side that would look worse.
 */
import { compare, momentOf } from './patterns_facts.js';
import { objectsOf, switchOf, textOf } from './reading.js';

/** @typedef {import('./patterns_facts.js').Fact} Fact */
/** @typedef {import('./patterns_facts.js').Moment} Moment */
/** @typedef {import('./patterns.js').Diary} Diary */
/** @typedef {import('./patterns.js').Kept} Kept */
/** @typedef {{kind: string, record: string, day: string, at: number|null, words: string, code: string}} KeyDate `code`: the keeper's own kind of day, '' elsewhere */
/** @typedef {{account: string, person: string, moment: Moment}} Block */

/** Kind of record, the field with its time, and what the day is called. */
const DATED = [
  ['notice', 'at', 'notice'],
  ['report', 'at', 'report'],
  ['order', 'served_on', 'served'],
];

/** What a day that the keeper named is counted as, besides their own. @type {Record<string, string>} */
const OWN = { house_move: 'moved', blocked: 'blocked' };

/** In order: told to stop, blocked, reported, order served, moved home, and the keeper's own. @param {readonly Fact[]} facts @param {Diary} diary @param {string} tz @returns {KeyDate[]} */
export function keyDates(facts, diary, tz) {
  /** @type {KeyDate[]} */
  const found = [];
  /** @param {string} kind @param {string} record @param {Moment|null} moment @param {string} [words] @param {string} [code] */
  const note = (kind, record, moment, words = '', code = '') => {
    if (moment) found.push({ kind, record, day: moment.day, at: moment.at, words, code });
  };
  for (const [source, field, kind] of DATED) {
    for (const { record, fields } of standing(diary, String(source)))
      note(String(kind), record, momentOf(fields[String(field)], tz));
  }
  for (const { record, fields } of standing(diary, 'account')) note('blocked', record, momentOf(fields.blocked_on, tz));
  for (const { record, fields } of standing(diary, 'impact')) {
    if (textOf(fields, 'domain') === 'home_or_moved') note('moved', record, momentOf(fields.started, tz));
  }
  for (const { record, fields } of standing(diary, 'background')) {
    for (const row of objectsOf(fields, 'key_dates')) {
      note(
        OWN[textOf(row, 'kind')] ?? 'own',
        record,
        momentOf(row.on, tz),
        textOf(row, 'about') || textOf(row, 'kind_text'),
        textOf(row, 'kind'),
      );
    }
  }
  // A block that no account record tells of, but an entry does.
  const told = facts.find(({ marks, day }) => day && marks?.includes('blocked'));
  if (told && !found.some(({ kind }) => kind === 'blocked'))
    note('blocked', told.record, { day: told.day, at: told.at ?? null });
  return found.sort((a, b) => compare(a.day, b.day));
}

/** Entries before, after, and those of which it can't be told. The key's own entry is on neither side. @param {KeyDate} key @param {readonly Fact[]} dated */
export function sidesOf(key, dated) {
  /** @type {{before: string[], same: string[], after: string[]}} */
  const found = { before: [], same: [], after: [] };
  for (const fact of dated) if (fact.record !== key.record) found[sideOf(key, fact)].push(fact.record);
  return found;
}

/** See [Note: the same day]. @param {KeyDate} key @param {Fact} fact @returns {'before'|'same'|'after'} */
function sideOf({ day, at }, fact) {
  if (at !== null && fact.at !== undefined) return fact.at < at ? 'before' : 'after';
  if (fact.last < day) return 'before';
  return fact.day > day ? 'after' : 'same';
}

/** Every account or number used, those that are new after a block, and the entries that tell of them. @param {readonly Fact[]} facts @param {Diary} diary @param {Map<string, string>} leads @param {string} tz */
export function accountsUsed(facts, diary, leads, tz) {
  const known = new Map(standing(diary, 'account').map(({ record, fields }) => [record, fields]));
  /** @type {Map<string, string[]>} */
  const used = new Map([...known.keys()].map((record) => [leads.get(record) ?? record, []]));
  for (const { accounts, account, record } of facts) {
    if (accounts?.length) for (const one of accounts) into(used, one, record);
    else if (account) into(used, `@${account.toLowerCase()}`, record);
  }
  const first = firstSeen(facts, diary, leads, known, tz);
  /** @type {Block[]} */
  const blocks = [...known].flatMap(([record, fields]) => {
    const moment = momentOf(fields.blocked_on, tz);
    return moment ? [{ account: leads.get(record) ?? record, person: textOf(fields, 'person_id'), moment }] : [];
  });
  const said = saidNew(diary, known, leads);
  const fresh = [...used.keys()].filter(
    (account) => said.get(account) ?? isAfter(account, first.get(account), blocks, known),
  );
  const told = new Set(fresh.flatMap((account) => used.get(account) ?? []));
  for (const { marks, record } of facts) if (marks?.includes('new_account')) told.add(record);
  return {
    accounts: [...used].map(([account, list]) => ({ account, ids: list })),
    new_accounts: fresh,
    new_account_ids: facts.map(({ record }) => record).filter((record) => told.has(record)),
  };
}

/** @template K @param {Map<K, string[]>} map @param {K} key @param {string} record */
export function into(map, key, record) {
  const there = map.get(key);
  if (there) there.push(record);
  else map.set(key, [record]);
}

/** The earliest that anything tells of each account. @param {readonly Fact[]} facts @param {Diary} diary @param {Map<string, string>} leads @param {Map<string, Kept['fields']>} known @param {string} tz */
function firstSeen(facts, diary, leads, known, tz) {
  /** @type {Map<string, Moment>} */
  const found = new Map();
  /** @param {string} account @param {Moment|null} moment */
  const see = (account, moment) => {
    const there = found.get(account);
    if (moment && (!there || (compare(moment.day, there.day) || (moment.at ?? 0) - (there.at ?? 0)) < 0))
      found.set(account, moment);
  };
  for (const [record, fields] of known) see(leads.get(record) ?? record, momentOf(fields.first_seen, tz));
  for (const { fields } of standing(diary, 'sighting')) {
    const account = textOf(fields, 'account_id');
    if (account) see(leads.get(account) ?? account, momentOf(fields.at, tz));
  }
  for (const { day, range, at, accounts } of facts) {
    if (day && !range && accounts) for (const account of accounts) see(account, { day, at: at ?? null });
  }
  return found;
}

/** What the keeper said of an account themselves: it stands before any date. @param {Diary} diary @param {Map<string, Kept['fields']>} known @param {Map<string, string>} leads */
function saidNew(diary, known, leads) {
  /** @type {Map<string, boolean>} */
  const found = new Map();
  for (const [record, fields] of known) {
    const [account, said] = [leads.get(record) ?? record, switchOf(fields, 'new_after_block')];
    if (said !== null) found.set(account, Boolean(found.get(account)) || said);
  }
  for (const { fields } of standing(diary, 'sighting')) {
    const account = textOf(fields, 'account_id');
    if (switchOf(fields, 'after_block') === true && known.has(account)) found.set(leads.get(account) ?? account, true);
  }
  return found;
}

/** Whether it was first seen after another account of the same person was blocked; of the same day only by the clock. @param {string} account @param {Moment|undefined} seen @param {readonly Block[]} blocks @param {Map<string, Kept['fields']>} known */
function isAfter(account, seen, blocks, known) {
  const own = known.get(account);
  if (!seen || !own) return false;
  const person = textOf(own, 'person_id');
  return blocks.some((block) => {
    if (block.account === account || (person && block.person && person !== block.person)) return false;
    if (seen.day !== block.moment.day) return seen.day > block.moment.day;
    return seen.at !== null && block.moment.at !== null && seen.at > block.moment.at;
  });
}

/** The records of a kind that were not taken out. @param {Diary} diary @param {string} kind @returns {readonly Kept[]} */
function standing(diary, kind) {
  return (diary[kind] ?? []).filter((one) => (one.taken_out ?? null) === null);
}
