/**
 * Key dates, and the accounts that appeared after a block; twin of diary/record/patterns_dates.py.
 *
 * [Note: the same day] If only the day of one side is known, an entry on that day is neither before nor after: it is
 * counted apart. Nothing is counted on the side that would look worse.
 */
import { compare, momentOf } from './patterns_facts.js';
import { objectsOf, switchOf, textOf } from '../reading.js';
import type { Fact, Moment, Diary, Kept } from './patterns_facts.js';

/** `code`: the kind that the keeper chose for their own day, '' elsewhere */
type KeyDate = { kind: string; record: string; day: string; at: number | null; words: string; code: string };
type Block = { account: string; person: string; moment: Moment };

/** Kind of record, its time field, and the name of the day. */
const DATED = [
  ['notice', 'at', 'notice'],
  ['report', 'at', 'report'],
  ['order', 'served_on', 'served'],
];

/** Kinds of the keeper's own days that count as a standard key date. */
const OWN: Record<string, string> = { house_move: 'moved', blocked: 'blocked' };

/** Return in order: told to stop, blocked, reported, order served, moved home, and the keeper's own. */
export function keyDates(facts: readonly Fact[], diary: Diary, tz: string): KeyDate[] {
  const found: KeyDate[] = [];
  const note = (kind: string, record: string, moment: Moment | null, words: string = '', code: string = '') => {
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
  // A block that an entry mentions but no account record has.
  const told = facts.find(({ marks, day }) => day && marks?.includes('blocked'));
  if (told && !found.some(({ kind }) => kind === 'blocked'))
    note('blocked', told.record, { day: told.day, at: told.at ?? null });
  return found.sort((a, b) => compare(a.day, b.day));
}

/** Return the entries before, after, and on the same day. The entry that gives the date is on neither side. */
export function sidesOf(key: KeyDate, dated: readonly Fact[]) {
  const found: { before: string[]; same: string[]; after: string[] } = { before: [], same: [], after: [] };
  for (const fact of dated) if (fact.record !== key.record) found[sideOf(key, fact)].push(fact.record);
  return found;
}

/** See [Note: the same day]. */
function sideOf({ day, at }: KeyDate, fact: Fact): 'before' | 'same' | 'after' {
  if (at !== null && fact.at !== undefined) return fact.at < at ? 'before' : 'after';
  if (fact.last < day) return 'before';
  return fact.day > day ? 'after' : 'same';
}

/** Return every account or number used, those that are new after a block, and the entries that mention them. */
export function accountsUsed(facts: readonly Fact[], diary: Diary, leads: Map<string, string>, tz: string) {
  const known = new Map(standing(diary, 'account').map(({ record, fields }) => [record, fields]));
  const used: Map<string, string[]> = new Map([...known.keys()].map((record) => [leads.get(record) ?? record, []]));
  for (const { accounts, account, record } of facts) {
    if (accounts?.length) for (const one of accounts) into(used, one, record);
    else if (account) into(used, `@${account.toLowerCase()}`, record);
  }
  const first = firstSeen(facts, diary, leads, known, tz);
  const blocks: Block[] = [...known].flatMap(([record, fields]) => {
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

export function into<K>(map: Map<K, string[]>, key: K, record: string) {
  const there = map.get(key);
  if (there) there.push(record);
  else map.set(key, [record]);
}

/** Return the earliest sighting of each account. */
function firstSeen(
  facts: readonly Fact[],
  diary: Diary,
  leads: Map<string, string>,
  known: Map<string, Kept['fields']>,
  tz: string,
) {
  const found: Map<string, Moment> = new Map();
  const see = (account: string, moment: Moment | null) => {
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

/** Return what the keeper stated about an account being new: it overrides any date. */
function saidNew(diary: Diary, known: Map<string, Kept['fields']>, leads: Map<string, string>) {
  const found: Map<string, boolean> = new Map();
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

/**
 * Tell whether it was first seen after another account of the same person was blocked; on the same day only by the
 * clock.
 */
function isAfter(
  account: string,
  seen: Moment | undefined,
  blocks: readonly Block[],
  known: Map<string, Kept['fields']>,
) {
  const own = known.get(account);
  if (!seen || !own) return false;
  const person = textOf(own, 'person_id');
  return blocks.some((block) => {
    if (block.account === account || (person && block.person && person !== block.person)) return false;
    if (seen.day !== block.moment.day) return seen.day > block.moment.day;
    return seen.at !== null && block.moment.at !== null && seen.at > block.moment.at;
  });
}

/** Return the records of a kind that were not taken out. */
function standing(diary: Diary, kind: string): readonly Kept[] {
  return (diary[kind] ?? []).filter((one) => (one.taken_out ?? null) === null);
}
