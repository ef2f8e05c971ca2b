/**
 * Which records go into a pack with the chosen entries; the twin of diary/pack/choose.py.
 *
 * A person, an account, a vehicle or a message schedule is included only when something in the pack names it. A
 * record about the whole (an order, a report, a notice to stop) is included unless every entry it names is left out.
 * What was taken out stays out. Private notes are not read here at all.
 */
import { namedBy, reached } from '../record/referenced_ids.js';
import { codesOf, switchOf, textOf, wholeOf } from '../record/reading.js';
import { roleCodes } from '../record/roles.js';
import { isLate, isTakenOut, tellAll } from '../record/record_history.js';
import { attachedTo, mayGo } from './exhibits.js';
import type { JsonObject } from '../core/encoding.js';
import type { Opened, Told } from '../record/record_history.js';
import type { Absent } from './diary_version.js';

type Chosen = { incidents: Told[]; attached: Told[]; registers: Told[]; records: Set<string> };

/** Kinds that may be in a pack besides incidents and files. */
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
/** Included only with something that names them: people unrelated to the entries of a pack must not be disclosed. */
const NAMED_ONLY = new Set(['account', 'case', 'person', 'schedule', 'vehicle']);
/** A person's accounts and vehicles, and sightings of an account, are included with them. */
const BELONGS = {
  account: ['person_id'],
  sighting: ['account_id', 'person_id'],
  vehicle: ['person_ids'],
} as Record<string, string[]>;
const SHORT = {
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
} as Record<string, string>;

/**
 * Return everything that goes into a pack of the wanted incidents.
 * @param items the files requested by number: then only these, and what they name
 */
export function choose(
  opened: readonly Opened[],
  wanted: readonly string[],
  wish: { intimate?: boolean },
  items: ReadonlySet<string> | null = null,
): Chosen {
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

/** Return the incidents of a choice. A choice of dates leaves out entries without a date. */
export function incidentsMeant(
  opened: readonly Opened[],
  { from, to, records }: { from: number | null; to: number | null; records: readonly string[] | null },
): Told[] {
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
 * Return the included records of other kinds, kind by kind, each kind in feed order.
 * @param alone only what is named
 */
function along(
  others: readonly Told[],
  entries: ReadonlySet<string>,
  chosen: readonly Told[],
  attached: readonly Told[],
  alone: boolean,
) {
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

/** Return whether it is an account, a sighting or a vehicle of an included record. */
function belongs({ newest }: Told, found: ReadonlySet<string>) {
  return (BELONGS[newest.kind] ?? []).some((name) => codesOf(newest.fields, name).some((owner) => found.has(owner)));
}

/**
 * Return the reference of each record that is no entry and no file: its rank within its kind over the whole diary,
 * and `S1`, `O2`.
 */
export function references(opened: readonly Opened[], { registers }: Chosen): JsonObject[] {
  const people = roleCodes(
    opened
      .filter((one) => one.kind === 'person' && !isTakenOut(one))
      .map(({ record, fields }) => ({ record, role: textOf(fields, 'role'), code: textOf(fields, 'role_code') })),
  );
  const ranks: Map<string, number> = new Map();
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
 * Count the entries by what became of them: included, withheld, removed and earlier add up to the total.
 * @param before of a supplement, the entries of earlier packs: those were not withheld
 */
export function countsOf(
  entries: readonly Told[],
  chosen: readonly Told[],
  before: ReadonlySet<string> | null = null,
): JsonObject {
  const having = (kind: 'addition' | 'amendment') =>
    chosen.filter((one) => one.revisions.some((revision) => revision.kind === kind)).length;
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

/** Add to the counts the entries of which nothing is here: erased for good, or not readable. */
export function withAbsent(counts: JsonObject, absent: readonly Absent[]): JsonObject {
  const having = (cause: string) => absent.filter(({ why }) => why === cause).length;
  return {
    ...counts,
    removed: Number(counts.removed) + having('removed'),
    total: Number(counts.total) + absent.length,
    withheld: Number(counts.withheld) + having('withheld'),
  };
}

/** Return whether an entry is in force, is not in this pack, and was in an earlier one. */
const isEarlier = (one: Told, inside: ReadonlySet<string>, before: ReadonlySet<string> | null) =>
  one.taken_out === null && !inside.has(one.record) && Boolean(before?.has(one.record));

/**
 * Return every entry that is not in the pack, by number, with the reason; never a word of it.
 * @param before as for `countsOf`
 */
export function gapsOf(
  entries: readonly Told[],
  chosen: readonly Told[],
  numbers: ReadonlyMap<string, number | null>,
  before: ReadonlySet<string> | null = null,
  absent: readonly Absent[] = [],
): JsonObject[] {
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
