/**
 * Which records go into a pack with the chosen entries; the twin of diary/pack/capsule/selection.py.
 *
 * A person, an account, a vehicle or a message schedule is included only when something in the pack names it. A
 * record about the whole (an order, a report, a notice to stop) is included unless every entry it names is left out.
 * What was taken out stays out. Private notes are not read here at all.
 */
import { referencedIds, reachableFrom } from '../record/referenced_ids.js';
import { booleanOf, codesOf, isLeftOutOfPacks, textOf, integerOf } from '../record/reading.js';
import { roleCodes } from '../record/roles.js';
import { isLate, isTakenOut, historiesOf, sealedAt } from '../record/record_history.js';
import { attachmentsOf, canInclude } from './exhibits.js';
import type { JsonObject } from '../core/encoding.js';
import type { OpenedVersion, RecordHistory } from '../record/record_history.js';
import type { AbsentEntry } from './diary_version.js';

type PackSelection = {
  incidents: RecordHistory[];
  attached: RecordHistory[];
  registers: RecordHistory[];
  records: Set<string>;
};

/** Kinds that may be in a pack besides incidents and files. */
export const REGISTER_KINDS = [
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
  'sitting',
  'statement',
  'vehicle',
];
/**
 * What was shared with whom is the keeper's own: no advocate puts it into a pack. A list of what was left out does not
 * name it either.
 */
export const KEEPERS_OWN_KINDS: readonly string[] = ['consent', 'export'];
/** Included only with something that names them: people unrelated to the entries of a pack must not be disclosed. */
const ONLY_IF_NAMED = new Set(['account', 'case', 'person', 'schedule', 'vehicle']);
/** A person's accounts and vehicles, and sightings of an account, are included with them. */
const OWNER_FIELDS = {
  account: ['person_id'],
  sighting: ['account_id', 'person_id'],
  vehicle: ['person_ids'],
} as Record<string, string[]>;
const REFERENCE_PREFIXES = {
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
  sitting: 'SI',
  statement: 'ST',
  vehicle: 'V',
} as Record<string, string>;

/**
 * Return everything that goes into a pack of the wanted incidents.
 * @param items the files requested by number: then only these, and what they name
 */
export function selectRecords(
  opened: readonly OpenedVersion[],
  wantedIds: readonly string[],
  request: { intimate?: boolean; filesLater?: boolean },
  items: ReadonlySet<string> | null = null,
): PackSelection {
  const incidents = historiesOf(opened, 'incident');
  const chosen = incidents.filter((history) => wantedIds.includes(history.record) && history.taken_out === null);
  const candidates = request.filesLater
    ? []
    : historiesOf(opened, 'attachment').filter((history) => canInclude(history, request));
  const attachments = items
    ? candidates.filter((history) => items.has(history.record))
    : attachmentsOf(opened, request.filesLater ? [] : chosen, request);
  const others = REGISTER_KINDS.flatMap((kind) =>
    historiesOf(opened, kind).filter(
      (history) => history.taken_out === null && (kind !== 'sitting' || isChosenSitting(history)),
    ),
  );
  const registers = includedRegisters(
    others,
    new Set(incidents.map((history) => history.record)),
    chosen,
    attachments,
    items !== null,
  );
  const namedIds = new Set(registers.flatMap((history) => [...referencedIds(history)]));
  const attachedIds = new Set(attachments.map((history) => history.record));
  const extraFiles = items
    ? []
    : candidates.filter((history) => namedIds.has(history.record) && !attachedIds.has(history.record));
  const files = [...attachments, ...extraFiles];
  return {
    incidents: chosen,
    attached: files,
    registers,
    records: new Set([...chosen, ...files, ...registers].map((history) => history.record)),
  };
}

/** A sitting needs the keeper's explicit choice: it names files that the keeper may not have seen. */
const isChosenSitting = ({ newest }: RecordHistory) => booleanOf(newest.fields, 'include_in_pack') === true;

/** Return the incidents of a choice. A choice of dates leaves out entries without a date. */
export function selectIncidents(
  opened: readonly OpenedVersion[],
  { from, to, records }: { from: number | null; to: number | null; records: readonly string[] | null },
): RecordHistory[] {
  const histories = historiesOf(opened, 'incident').filter(
    (history) => history.taken_out === null && !isLeftOutOfPacks(history.newest.fields),
  );
  if (records) return histories.filter((history) => records.includes(history.record));
  if (from === null && to === null) return histories;
  return histories.filter(({ newest }) => {
    const at = integerOf(newest.fields, 'occurred_start');
    return at !== null && (from === null || at >= from) && (to === null || at < to);
  });
}

/**
 * Return the included records of other kinds, kind by kind, each kind in feed order.
 * @param onlyNamed only what is named
 */
function includedRegisters(
  others: readonly RecordHistory[],
  entries: ReadonlySet<string>,
  chosen: readonly RecordHistory[],
  attachments: readonly RecordHistory[],
  onlyNamed: boolean,
) {
  const names = new Map(others.map((item) => [item.record, referencedIds(item)]));
  const chosenIds = new Set(chosen.map((item) => item.record));
  const startIds = new Set(
    [...chosen, ...attachments].flatMap((item) => [...referencedIds(item)]).filter((item) => names.has(item)),
  );
  for (const item of others) {
    const entryIds = [...(names.get(item.record) ?? [])].filter((id) => entries.has(id));
    if (
      entryIds.some((id) => chosenIds.has(id)) ||
      (!entryIds.length && !onlyNamed && !ONLY_IF_NAMED.has(item.newest.kind))
    )
      startIds.add(item.record);
  }
  let includedIds = reachableFrom(startIds, names);
  for (;;) {
    const addedIds = others
      .filter((item) => !includedIds.has(item.record) && belongsToIncluded(item, includedIds))
      .map((item) => item.record);
    if (!addedIds.length) return others.filter((item) => includedIds.has(item.record));
    includedIds = reachableFrom([...includedIds, ...addedIds], names);
  }
}

/** Return whether it is an account, a sighting or a vehicle of an included record. */
function belongsToIncluded({ newest }: RecordHistory, includedIds: ReadonlySet<string>) {
  return (OWNER_FIELDS[newest.kind] ?? []).some((name) =>
    codesOf(newest.fields, name).some((owner) => includedIds.has(owner)),
  );
}

/**
 * Return the reference of each record that is no entry and no file: its rank within its kind over the whole diary,
 * and `S1`, `O2`.
 */
export function assignReferences(opened: readonly OpenedVersion[], { registers }: PackSelection): JsonObject[] {
  const people = roleCodes(
    opened
      .filter((version) => version.kind === 'person' && !isTakenOut(version))
      .map(({ record, fields }) => ({ record, role: textOf(fields, 'role'), code: textOf(fields, 'role_code') })),
  );
  const ranks: Map<string, number> = new Map();
  for (const kind of REGISTER_KINDS) {
    [...new Set(opened.filter((version) => version.kind === kind).map((version) => version.record))].forEach(
      (record, rank) => ranks.set(record, rank + 1),
    );
  }
  return registers.map(({ record, newest: { kind } }) => {
    const no = ranks.get(record) ?? 0;
    return { kind, no, record, ref: people.get(record) || registerCode(kind, no) };
  });
}

/** Return what a record is called by its rank within its kind: `O2`; `P3` for a person without a role. */
export const registerCode = (kind: string, no: number) => `${REFERENCE_PREFIXES[kind] ?? 'P'}${no}`;

/**
 * Count the entries by what became of them: included, withheld, removed and earlier add up to the total.
 * @param earlierEntries of a supplement, the entries of earlier packs: those were not withheld
 */
export function countsOf(
  entries: readonly RecordHistory[],
  chosen: readonly RecordHistory[],
  earlierEntries: ReadonlySet<string> | null = null,
): JsonObject {
  const countWith = (kind: 'addition' | 'amendment') =>
    chosen.filter((history) => history.revisions.some((revision) => revision.kind === kind)).length;
  const removed = entries.filter((history) => history.taken_out !== null).length;
  const chosenIds = new Set(chosen.map((history) => history.record));
  const earlier = entries.filter((history) => isEarlier(history, chosenIds, earlierEntries)).length;
  return {
    ...(earlierEntries ? { earlier } : {}),
    added_to: countWith('addition'),
    amended: countWith('amendment'),
    included: chosen.length,
    late: chosen.filter(isLate).length,
    removed,
    total: entries.length,
    withheld: entries.length - chosen.length - removed - earlier,
  };
}

/** Add to the counts the entries of which nothing is here: erased for good, or not readable. */
export function addAbsent(counts: JsonObject, absent: readonly AbsentEntry[]): JsonObject {
  const countWith = (reason: string) => absent.filter(({ why }) => why === reason).length;
  return {
    ...counts,
    removed: Number(counts.removed) + countWith('removed'),
    total: Number(counts.total) + absent.length,
    withheld: Number(counts.withheld) + countWith('withheld'),
  };
}

/** Return whether an entry is in force, is not in this pack, and was in an earlier one. */
const isEarlier = (
  history: RecordHistory,
  chosenIds: ReadonlySet<string>,
  earlierEntries: ReadonlySet<string> | null,
) => history.taken_out === null && !chosenIds.has(history.record) && Boolean(earlierEntries?.has(history.record));

/** One record that was left out: its kind, its number and when its first version was sealed; nothing of its content. */
export type LeftOutRow = { at: number | null; kind: string; no: number | null };

/**
 * Return every record that stands and is not in the pack. Private notes are not read.
 * @param numbers of the entries; a file has none, any other record its rank within its kind
 * @param earlier for a supplement, the entries and files of earlier packs; of other records it lists none, since
 *   earlier packs may have them
 */
export function leftOutOf(
  opened: readonly OpenedVersion[],
  packed: ReadonlySet<string>,
  numbers: ReadonlyMap<string, number | null>,
  earlier: ReadonlySet<string> = new Set(),
): LeftOutRow[] {
  const others = earlier.size ? [] : REGISTER_KINDS.filter((kind) => !KEEPERS_OWN_KINDS.includes(kind));
  return ['incident', 'attachment', ...others].flatMap((kind) =>
    historiesOf(opened, kind).flatMap(({ record, first, taken_out }, index) => {
      if (taken_out !== null || packed.has(record) || earlier.has(record)) return [];
      const no = kind === 'incident' ? (numbers.get(record) ?? null) : kind === 'attachment' ? null : index + 1;
      return [{ at: sealedAt(first), kind, no }];
    }),
  );
}

/**
 * Return every entry that is not in the pack, by number, with the reason; never a word of it.
 * @param earlierEntries as for `countsOf`
 */
export function gapsOf(
  entries: readonly RecordHistory[],
  chosen: readonly RecordHistory[],
  numbers: ReadonlyMap<string, number | null>,
  earlierEntries: ReadonlySet<string> | null = null,
  absent: readonly AbsentEntry[] = [],
): JsonObject[] {
  const chosenIds = new Set(chosen.map((history) => history.record));
  const gaps = entries
    .filter((history) => !chosenIds.has(history.record))
    .map((history) => ({
      at: history.taken_out,
      seq_no: numbers.get(history.record) ?? null,
      why:
        history.taken_out !== null ? 'removed' : isEarlier(history, chosenIds, earlierEntries) ? 'earlier' : 'withheld',
    }));
  return [...gaps, ...absent.map(({ at, no, why }) => ({ at, seq_no: no, why }))].sort(
    (a, b) => (a.seq_no ?? Infinity) - (b.seq_no ?? Infinity) || 0,
  );
}
