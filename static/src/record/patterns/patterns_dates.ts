/**
 * Key dates, and the accounts that appeared after a block; twin of diary/record/patterns_dates.py.
 *
 * [Note: the same day] If only the day of one side is known, an entry on that day is neither before nor after: it is
 * counted apart. Nothing is counted on the side that would look worse.
 */
import { compareText, dayMomentOf } from './patterns_facts.js';
import { objectsOf, booleanOf, textOf } from '../reading.js';
import type { Fact, DayMoment, Diary, CountedRecord } from './patterns_facts.js';

/** `code`: the kind that the keeper chose for their own day, '' elsewhere */
type KeyDate = { kind: string; record: string; day: string; at: number | null; words: string; code: string };
type Block = { account: string; person: string; moment: DayMoment };

/** Kind of record, its time field, and the name of the day. */
const DATED_RECORDS = [
  ['notice', 'at', 'notice'],
  ['report', 'at', 'report'],
  ['order', 'served_on', 'served'],
];

/** Kinds of the keeper's own days that count as a standard key date. */
const OWN_KINDS: Record<string, string> = { house_move: 'moved', blocked: 'blocked' };

/** Return in order: told to stop, blocked, reported, order served, moved home, and the keeper's own. */
export function keyDates(facts: readonly Fact[], diary: Diary, tz: string): KeyDate[] {
  const dates: KeyDate[] = [];
  const addDate = (kind: string, record: string, moment: DayMoment | null, words: string = '', code: string = '') => {
    if (moment) dates.push({ kind, record, day: moment.day, at: moment.at, words, code });
  };
  for (const [source, field, kind] of DATED_RECORDS) {
    for (const { record, fields } of standingRecords(diary, String(source)))
      addDate(String(kind), record, dayMomentOf(fields[String(field)], tz));
  }
  for (const { record, fields } of standingRecords(diary, 'account'))
    addDate('blocked', record, dayMomentOf(fields.blocked_on, tz));
  for (const { record, fields } of standingRecords(diary, 'impact')) {
    if (textOf(fields, 'domain') === 'home_or_moved') addDate('moved', record, dayMomentOf(fields.started, tz));
  }
  for (const { record, fields } of standingRecords(diary, 'background')) {
    for (const row of objectsOf(fields, 'key_dates')) {
      addDate(
        OWN_KINDS[textOf(row, 'kind')] ?? 'own',
        record,
        dayMomentOf(row.on, tz),
        textOf(row, 'about') || textOf(row, 'kind_text'),
        textOf(row, 'kind'),
      );
    }
  }
  // A block that an entry mentions but no account record has.
  const blockingFact = facts.find(({ marks, day }) => day && marks?.includes('blocked'));
  if (blockingFact && !dates.some(({ kind }) => kind === 'blocked'))
    addDate('blocked', blockingFact.record, { day: blockingFact.day, at: blockingFact.at ?? null });
  return dates.sort((a, b) => compareText(a.day, b.day));
}

/** Return the entries before, after, and on the same day. The entry that gives the date is on neither side. */
export function splitAround(keyDate: KeyDate, dated: readonly Fact[]) {
  const sides: { before: string[]; same: string[]; after: string[] } = { before: [], same: [], after: [] };
  for (const fact of dated) if (fact.record !== keyDate.record) sides[sideOf(keyDate, fact)].push(fact.record);
  return sides;
}

/** See [Note: the same day]. */
function sideOf({ day, at }: KeyDate, fact: Fact): 'before' | 'same' | 'after' {
  if (at !== null && fact.at !== undefined) return fact.at < at ? 'before' : 'after';
  if (fact.last < day) return 'before';
  return fact.day > day ? 'after' : 'same';
}

/** Return every account or number used, those that are new after a block, and the entries that mention them. */
export function accountsUsed(allFacts: readonly Fact[], diary: Diary, leads: Map<string, string>, tz: string) {
  const fieldsByAccount = new Map(standingRecords(diary, 'account').map(({ record, fields }) => [record, fields]));
  const used: Map<string, string[]> = new Map(
    [...fieldsByAccount.keys()].map((record) => [leads.get(record) ?? record, []]),
  );
  const facts = findNamedAccounts(allFacts, fieldsByAccount, leads);
  const labelsByKey: Map<string, string> = new Map();
  for (const { accounts, account, record } of facts) {
    if (accounts?.length) for (const accountId of accounts) appendTo(used, accountId, record);
    else if (account) {
      const key = accountKey(account);
      const label = labelsByKey.get(key) ?? `@${account.toLowerCase()}`;
      labelsByKey.set(key, label);
      appendTo(used, label, record);
    }
  }
  const sightings = firstSeen(facts, diary, leads, fieldsByAccount, tz);
  const blocks: Block[] = [...fieldsByAccount].flatMap(([record, fields]) => {
    const moment = dayMomentOf(fields.blocked_on, tz);
    return moment ? [{ account: leads.get(record) ?? record, person: textOf(fields, 'person_id'), moment }] : [];
  });
  const statedNew = statedAsNew(diary, fieldsByAccount, leads);
  const newAccounts = [...used.keys()].filter(
    (account) => statedNew.get(account) ?? isNewAfterBlock(account, sightings.get(account), blocks, fieldsByAccount),
  );
  const mentioning = new Set(newAccounts.flatMap((account) => used.get(account) ?? []));
  for (const { marks, record } of facts) if (marks?.includes('new_account')) mentioning.add(record);
  return {
    accounts: [...used].map(([account, list]) => ({ account, ids: list })),
    new_accounts: newAccounts,
    new_account_ids: facts.map(({ record }) => record).filter((record) => mentioning.has(record)),
  };
}

/** Return the local day on which each account was first seen, by account after merges; undated ones are left out. */
export function firstSeenDays(allFacts: readonly Fact[], diary: Diary, leads: Map<string, string>, tz: string) {
  const fieldsByAccount = new Map(standingRecords(diary, 'account').map(({ record, fields }) => [record, fields]));
  const facts = findNamedAccounts(allFacts, fieldsByAccount, leads);
  return new Map(
    [...firstSeen(facts, diary, leads, fieldsByAccount, tz)].map(([account, { day }]) => [account, day] as const),
  );
}

const NUMBER_MARKS = /[ ()./-]/g;
const NUMBER = /^\+?[0-9]{7,20}$/;
const UK_PREFIX = /^(?:\+44|0044|44(?=[0-9]{10}$))0?/;
const ADDRESS_START = /^(?:https?:\/\/)?(?:www\.)?@?/;

/** Return a number, handle or address as it is compared: numbers as dialled in the UK, others without `@` and www. */
export function accountKey(text: string): string {
  const lowerText = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '').toLowerCase();
  const digits = lowerText.replace(NUMBER_MARKS, '');
  return NUMBER.test(digits)
    ? digits.replace(UK_PREFIX, '0')
    : lowerText.replace(ADDRESS_START, '').replace(/\/+$/, '');
}

/**
 * Return the facts, each that names an account in words only with the account of that number, handle or address. A
 * handle also needs the entry's platform, if both are known. Words that fit several accounts are left as they are.
 */
function findNamedAccounts(
  facts: readonly Fact[],
  fieldsByAccount: ReadonlyMap<string, CountedRecord['fields']>,
  leads: ReadonlyMap<string, string>,
): Fact[] {
  const accountsByKey: Map<string, { account: string; platform: string }[]> = new Map();
  for (const [record, fields] of fieldsByAccount)
    for (const key of new Set(['number', 'handle', 'url'].map((name) => accountKey(textOf(fields, name)))))
      if (key)
        accountsByKey.set(key, [
          ...(accountsByKey.get(key) ?? []),
          { account: leads.get(record) ?? record, platform: textOf(fields, 'platform') },
        ]);
  return facts.map((fact) => {
    if (!fact.account || fact.accounts?.length) return fact;
    const key = accountKey(fact.account);
    const named = new Set(
      (accountsByKey.get(key) ?? [])
        .filter(({ platform }) => NUMBER.test(key) || !platform || !fact.channel || platform === fact.channel)
        .map(({ account }) => account),
    );
    return named.size === 1 ? { ...fact, accounts: [...named] } : fact;
  });
}

export function appendTo<K>(map: Map<K, string[]>, key: K, record: string) {
  const list = map.get(key);
  if (list) list.push(record);
  else map.set(key, [record]);
}

/** Return the earliest sighting of each account. */
function firstSeen(
  facts: readonly Fact[],
  diary: Diary,
  leads: Map<string, string>,
  fieldsByAccount: Map<string, CountedRecord['fields']>,
  tz: string,
) {
  const sightings: Map<string, DayMoment> = new Map();
  const noteSighting = (account: string, moment: DayMoment | null) => {
    const earlier = sightings.get(account);
    if (moment && (!earlier || (compareText(moment.day, earlier.day) || (moment.at ?? 0) - (earlier.at ?? 0)) < 0))
      sightings.set(account, moment);
  };
  for (const [record, fields] of fieldsByAccount)
    noteSighting(leads.get(record) ?? record, dayMomentOf(fields.first_seen, tz));
  for (const { fields } of standingRecords(diary, 'sighting')) {
    const account = textOf(fields, 'account_id');
    if (account) noteSighting(leads.get(account) ?? account, dayMomentOf(fields.at, tz));
  }
  for (const { day, range, at, accounts } of facts) {
    if (day && !range && accounts) for (const account of accounts) noteSighting(account, { day, at: at ?? null });
  }
  return sightings;
}

/** Return what the keeper stated about an account being new: it overrides any date. */
function statedAsNew(diary: Diary, fieldsByAccount: Map<string, CountedRecord['fields']>, leads: Map<string, string>) {
  const result: Map<string, boolean> = new Map();
  for (const [record, fields] of fieldsByAccount) {
    const [account, isNew] = [leads.get(record) ?? record, booleanOf(fields, 'new_after_block')];
    if (isNew !== null) result.set(account, Boolean(result.get(account)) || isNew);
  }
  for (const { fields } of standingRecords(diary, 'sighting')) {
    const account = textOf(fields, 'account_id');
    if (booleanOf(fields, 'after_block') === true && fieldsByAccount.has(account))
      result.set(leads.get(account) ?? account, true);
  }
  return result;
}

/**
 * Tell whether it was first seen after another account of the same person was blocked; on the same day only by the
 * clock.
 */
function isNewAfterBlock(
  account: string,
  sighting: DayMoment | undefined,
  blocks: readonly Block[],
  fieldsByAccount: Map<string, CountedRecord['fields']>,
) {
  const accountFields = fieldsByAccount.get(account);
  if (!sighting || !accountFields) return false;
  const person = textOf(accountFields, 'person_id');
  return blocks.some((block) => {
    if (block.account === account || (person && block.person && person !== block.person)) return false;
    if (sighting.day !== block.moment.day) return sighting.day > block.moment.day;
    return sighting.at !== null && block.moment.at !== null && sighting.at > block.moment.at;
  });
}

/** Return the records of a kind that were not taken out. */
function standingRecords(diary: Diary, kind: string): readonly CountedRecord[] {
  return (diary[kind] ?? []).filter((row) => (row.taken_out ?? null) === null);
}
