/**
 * Which records go into a pack with the chosen entries; the twin of diary/pack/choose.py.
 *
 * A person, an account, a vehicle or a message schedule comes along only when something in the pack names it. What is
 * about the whole (an order, a report, a notice to stop) comes along unless every entry it names stays behind. What was
 * taken out stays out, and a private note is not looked at here at all.
 */
import { namedBy, reached } from '../record/named.js';
import { codesOf, switchOf, textOf, wholeOf } from '../record/reading.js';
import { roleCodes } from '../record/roles.js';
import { isLate, isTakenOut, tellAll } from '../record/told.js';
import { attachedTo, mayGo } from './exhibits.js';

/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {import('../record/told.js').Opened} Opened */
/** @typedef {import('../record/told.js').Told} Told */
/** @typedef {{incidents: Told[], attached: Told[], registers: Told[], records: Set<string>}} Chosen */

/** What may stand in a pack beside incidents and files. */
export const REGISTERS = [
  'account',
  'background',
  'case',
  'consent',
  'export',
  'impact',
  'notice',
  'order',
  'person',
  'report',
  'schedule',
  'sighting',
  'statement',
  'vehicle',
];
/** Only with something that names them: who a stranger to the pack's entries is, is nobody's business. */
const NAMED_ONLY = new Set(['account', 'case', 'person', 'schedule', 'vehicle']);
/** An account of a person, and what was seen of an account, belong with them. */
const BELONGS = /** @type {Record<string, string[]>} */ ({
  account: ['person_id'],
  sighting: ['account_id', 'person_id'],
  vehicle: ['person_ids'],
});
const SHORT = /** @type {Record<string, string>} */ ({
  account: 'A',
  background: 'BG',
  case: 'CA',
  consent: 'CS',
  export: 'EX',
  impact: 'IM',
  notice: 'NC',
  order: 'O',
  report: 'R',
  schedule: 'MS',
  sighting: 'SG',
  statement: 'ST',
  vehicle: 'V',
});

/**
 * Everything that goes into a pack of the wanted incidents.
 * @param {readonly Opened[]} opened @param {readonly string[]} wanted @param {{intimate?: boolean}} wish
 * @param {ReadonlySet<string>|null} [items] the files somebody asked for by number: then these alone, and what they name
 * @returns {Chosen}
 */
export function choose(opened, wanted, wish, items = null) {
  const incidents = tellAll(opened, 'incident');
  const chosen = incidents.filter((one) => wanted.includes(one.record) && one.taken_out === null);
  const going = tellAll(opened, 'attachment').filter((one) => mayGo(one, wish));
  const attached = items ? going.filter((one) => items.has(one.record)) : attachedTo(opened, chosen, wish);
  const others = REGISTERS.flatMap((kind) => tellAll(opened, kind).filter((one) => one.taken_out === null));
  const registers = along(others, new Set(incidents.map((one) => one.record)), chosen, attached, items !== null);
  const named = new Set(registers.flatMap((one) => [...namedBy(one)]));
  const already = new Set(attached.map((one) => one.record));
  const more = items ? [] : going.filter((one) => named.has(one.record) && !already.has(one.record));
  const files = [...attached, ...more];
  return {
    incidents: chosen,
    attached: files,
    registers,
    records: new Set([...chosen, ...files, ...registers].map((one) => one.record)),
  };
}

/**
 * The incidents a choice means. A choice of dates leaves out what has no date.
 * @param {readonly Opened[]} opened @param {{from: number|null, to: number|null, records: readonly string[]|null}} chosen
 * @returns {Told[]}
 */
export function incidentsMeant(opened, { from, to, records }) {
  const told = tellAll(opened, 'incident').filter(
    (one) => one.taken_out === null && switchOf(one.newest.fields, 'include_in_pack') !== false,
  );
  if (records) return told.filter((one) => records.includes(one.record));
  if (from === null && to === null) return told;
  return told.filter(({ newest }) => {
    const at = wholeOf(newest.fields, 'occurred_start');
    return at !== null && (from === null || at >= from) && (to === null || at < to);
  });
}

/**
 * The records of other kinds that come along, kind by kind, each kind in feed order.
 * @param {readonly Told[]} others @param {ReadonlySet<string>} entries @param {readonly Told[]} chosen @param {readonly Told[]} attached
 * @param {boolean} alone only what is named
 */
function along(others, entries, chosen, attached, alone) {
  const names = new Map(others.map((one) => [one.record, namedBy(one)]));
  const inside = new Set(chosen.map((one) => one.record));
  const start = new Set([...chosen, ...attached].flatMap((one) => [...namedBy(one)]).filter((one) => names.has(one)));
  for (const one of others) {
    const about = [...(names.get(one.record) ?? [])].filter((id) => entries.has(id));
    if (about.some((id) => inside.has(id)) || (!about.length && !alone && !NAMED_ONLY.has(one.newest.kind)))
      start.add(one.record);
  }
  let found = reached(start, names);
  for (;;) {
    const more = others.filter((one) => !found.has(one.record) && belongs(one, found)).map((one) => one.record);
    if (!more.length) return others.filter((one) => found.has(one.record));
    found = reached([...found, ...more], names);
  }
}

/** Whether it is an account, a sighting or a vehicle of somebody who comes along. @param {Told} told @param {ReadonlySet<string>} found */
function belongs({ newest }, found) {
  return (BELONGS[newest.kind] ?? []).some((name) => codesOf(newest.fields, name).some((owner) => found.has(owner)));
}

/**
 * What each record that is no entry and no file is called: rank within its kind over the whole diary, and `S1`, `O2`.
 * @param {readonly Opened[]} opened @param {Chosen} chosen
 * @returns {JsonObject[]}
 */
export function references(opened, { registers }) {
  const people = roleCodes(
    opened
      .filter((one) => one.kind === 'person' && !isTakenOut(one))
      .map(({ record, fields }) => ({ record, role: textOf(fields, 'role'), code: textOf(fields, 'role_code') })),
  );
  /** @type {Map<string, number>} */ const ranks = new Map();
  for (const kind of REGISTERS) {
    [...new Set(opened.filter((one) => one.kind === kind).map((one) => one.record))].forEach((record, rank) =>
      ranks.set(record, rank + 1),
    );
  }
  return registers.map(({ record, newest: { kind } }) => {
    const no = ranks.get(record) ?? 0;
    return { kind, no, record, ref: people.get(record) || `${SHORT[kind] ?? 'P'}${no}` };
  });
}

/**
 * How many entries there are and what became of them: included, withheld, removed and earlier add up to the total.
 * @param {readonly Told[]} entries @param {readonly Told[]} chosen
 * @param {ReadonlySet<string>|null} [before] of a supplement, the entries of earlier packs: those were not withheld
 * @returns {JsonObject}
 */
export function countsOf(entries, chosen, before = null) {
  /** @param {'addition' | 'amendment'} kind */
  const having = (kind) => chosen.filter((one) => one.revisions.some((revision) => revision.kind === kind)).length;
  const removed = entries.filter((one) => one.taken_out !== null).length;
  const inside = new Set(chosen.map((one) => one.record));
  const earlier = entries.filter((one) => isEarlier(one, inside, before)).length;
  return {
    ...(before ? { earlier } : {}),
    added_to: having('addition'),
    amended: having('amendment'),
    included: chosen.length,
    late: chosen.filter(isLate).length,
    removed,
    total: entries.length,
    withheld: entries.length - chosen.length - removed - earlier,
  };
}

/**
 * The counts with the entries of which nothing is here: erased for good, or not to be opened.
 * @param {JsonObject} counts @param {readonly import('./capsule.js').Absent[]} absent @returns {JsonObject}
 */
export function withAbsent(counts, absent) {
  const having = (/** @type {string} */ cause) => absent.filter(({ why }) => why === cause).length;
  return {
    ...counts,
    removed: Number(counts['removed']) + having('removed'),
    total: Number(counts['total']) + absent.length,
    withheld: Number(counts['withheld']) + having('withheld'),
  };
}

/** Whether an entry stands, is not here, and was in an earlier pack. @param {Told} one @param {ReadonlySet<string>} inside @param {ReadonlySet<string>|null} before */
const isEarlier = (one, inside, before) =>
  one.taken_out === null && !inside.has(one.record) && Boolean(before?.has(one.record));

/**
 * Every entry that is not in the pack, by number, with why; never a word of it.
 * @param {readonly Told[]} entries @param {readonly Told[]} chosen @param {ReadonlyMap<string, number | null>} numbers
 * @param {ReadonlySet<string>|null} [before] as for `countsOf` @param {readonly import('./capsule.js').Absent[]} [absent]
 * @returns {JsonObject[]}
 */
export function gapsOf(entries, chosen, numbers, before = null, absent = []) {
  const inside = new Set(chosen.map((one) => one.record));
  const left = entries
    .filter((one) => !inside.has(one.record))
    .map((one) => ({
      at: one.taken_out,
      seq_no: numbers.get(one.record) ?? null,
      why: one.taken_out !== null ? 'removed' : isEarlier(one, inside, before) ? 'earlier' : 'withheld',
    }));
  return [...left, ...absent.map(({ at, no, why }) => ({ at, seq_no: no, why }))].sort(
    (a, b) => (a.seq_no ?? Infinity) - (b.seq_no ?? Infinity) || 0,
  );
}
