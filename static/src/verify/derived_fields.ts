/**
 * The contents of 12_record.json besides its versions: counts, numbers, names and files, each of which follows from
 * what is proved. The twin of diary/pack/verify/derived_fields.py. What the keeper entered once for the whole pack is
 * in no proof: it is only checked that a pack which somebody else prepared has nothing of the kind.
 */
import { FIRST_ENTRIES_LIMIT } from '../core/constants.js';
import { askedRow } from '../pack/capsule.js';
import { recordRows } from '../pack/record_json.js';
import { fieldNamesOf } from '../pack/proofs.js';
import { KEEPERS_OWN_KINDS } from '../pack/selection.js';
import { booleanOf, objectOf, objectsOf, textOf, integerOf } from '../record/reading.js';
import { isLate, historiesOf, historyOf } from '../record/record_history.js';
import { hasValidCustody } from './custody_check.js';
import { readObject, sameJson } from './proof_check.js';
import { hasValidCodes, hasValidItems } from './reference_check.js';
import type { JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';
import type { OpenedVersion } from '../record/record_history.js';
import type { OpenedPack } from './pack_reader.js';

const SIDECARS = 'data/restricted/14_sidecars/';
const RECORD_KEYS = 'asked counts custody exhibits gaps own_words pack records refs sheet start_with t versions'.split(
  ' ',
);
const OPTIONAL_RECORD_KEYS = new Set(['hold_words', 'left_out']);
const VERSION_KEYS = 'c fields kind parents receipt_at record schema seq seq_no version'.split(' ');

/** Check that all other contents of a parsed 12_record.json follow from its versions and from the files here. */
export async function isDerivedFromProofs(record: Fields, pack: OpenedPack) {
  const versions = objectsOf(record, 'versions');
  const packFacts = objectOf(record, 'pack');
  const folder = textOf(packFacts, 'folder');
  try {
    const opened = versions.map(toOpened);
    return (
      hasExactly(
        Object.keys(record).filter((name) => !OPTIONAL_RECORD_KEYS.has(name)),
        RECORD_KEYS,
      ) &&
      versions.every((row) => hasExactly(Object.keys(row), VERSION_KEYS)) &&
      (pack.isPart || folder === pack.folder) &&
      folder.startsWith(`PACK_${textOf(packFacts, 'initials')}_${integerOf(packFacts, 'no')}_`) &&
      isFeedOrder(versions.map((row) => integerOf(row, 'seq'))) &&
      hasValidNumbers(record, versions) &&
      hasValidCounts(objectOf(record, 'counts'), versions) &&
      hasValidReferences(record) &&
      (await hasValidExhibits(record, pack)) &&
      isPreparerSilent(record) &&
      hasValidCards(record, opened) &&
      hasValidItems(objectsOf(record, 'exhibits'), textOf(packFacts, 'initials')) &&
      hasValidCodes(record, opened) &&
      hasValidCustody(record, opened)
    );
  } catch {
    return false;
  }
}

/** Check that the derived rows follow from the versions, and the counts from the entries. */
export function hasDerivedRows(record: Fields) {
  const rows = objectsOf(record, 'records');
  const [counts, gaps] = [objectOf(record, 'counts'), objectsOf(record, 'gaps')];
  const entries = rows.filter(({ kind }) => kind === 'incident').length;
  const earlier = gaps.filter(({ why }) => why === 'earlier').length;
  const expected = {
    // Only a supplement counts what an earlier pack holds.
    ...(earlier || Object.hasOwn(counts, 'earlier') ? { earlier } : {}),
    included: entries,
    removed: gaps.filter(({ why }) => why === 'removed').length,
    total: entries + gaps.length,
    withheld: gaps.filter(({ why }) => why === 'withheld').length,
  };
  if (Object.entries(expected).some(([name, number]) => counts[name] !== number)) return false;
  // An entry that is missing for another reason would be in none of the counts.
  const isContinuing = ['supplement', 'items'].includes(textOf(objectOf(record, 'pack'), 'kind'));
  const reasons: readonly unknown[] = ['removed', 'withheld', ...(isContinuing ? ['earlier'] : [])];
  if (gaps.some(({ why }) => !reasons.includes(why))) return false;
  try {
    const names = new Map(rows.map((row) => [textOf(row, 'record'), textOf(row, 'ref')]));
    return sameJson(recordRows(objectsOf(record, 'versions').map(splitVersion), names), record.records);
  } catch {
    return false;
  }
}

const hasExactly = (names: readonly string[], expected: readonly string[]) =>
  names.length === expected.length && names.every((name) => expected.includes(name));

/** Convert a version of 12_record.json, which has both parts in one, back to two parts by the names of its kind. */
function splitVersion(row: Fields) {
  const fields = objectOf(row, 'fields') as JsonObject;
  const restrictedNames = new Set(fieldNamesOf(textOf(row, 'kind'), integerOf(row, 'schema') ?? 0).restricted);
  const partOf = (restricted: boolean) => ({
    fields: Object.fromEntries(Object.entries(fields).filter(([name]) => restrictedNames.has(name) === restricted)),
  });
  return {
    ...row,
    c: textOf(row, 'c'),
    receipt: { ts: integerOf(row, 'receipt_at') },
    open: partOf(false),
    restricted: partOf(true),
  };
}

function toOpened(row: Fields): OpenedVersion {
  const { open, restricted } = splitVersion(row);
  return {
    record: textOf(row, 'record'),
    version: textOf(row, 'version'),
    kind: textOf(row, 'kind'),
    fields: open.fields,
    restricted: restricted.fields,
  };
}

/** Check that numbers rise, none appears twice, and versions without one come last. */
function isFeedOrder(seqs: readonly (number | null)[]) {
  const known = seqs.filter((seq) => seq !== null);
  return (
    seqs.slice(known.length).every((seq) => seq === null) &&
    known.every((seq, i) => i === 0 || seq > Number(known[i - 1]))
  );
}

/**
 * Check that entry numbers rise in the order of the feed, and that with the gaps none is missing and none appears
 * twice.
 */
function hasValidNumbers(record: Fields, versions: readonly Fields[]) {
  const entries = versions.filter(({ kind }) => kind === 'incident');
  const entryNumbers = new Map(entries.map((row) => [textOf(row, 'record'), integerOf(row, 'seq_no')]));
  const isConsistent = entries.every((row) => entryNumbers.get(textOf(row, 'record')) === integerOf(row, 'seq_no'));
  const numbers = [...entryNumbers.values()].filter((number) => number !== null);
  const allNumbers = [
    ...numbers,
    ...objectsOf(record, 'gaps')
      .map((gap) => integerOf(gap, 'seq_no'))
      .filter((number) => number !== null),
  ].sort((a, b) => Number(a) - Number(b));
  const asked = objectsOf(record, 'asked').map((row) => textOf(row, 'record'));
  return (
    isConsistent &&
    numbers.every((number, i) => i === 0 || Number(number) > Number(numbers[i - 1])) &&
    allNumbers.every((number, i) => number === i + 1) &&
    hasValidStart(record, versions, numbers.map(Number)) &&
    asked.length === entryNumbers.size &&
    [...entryNumbers.keys()].every((entryId, i) => asked[i] === entryId)
  );
}

/**
 * Check that 'start with these' names entries here, each once and in order. The keeper may choose others for a pack
 * than those marked; an advocate may not.
 */
function hasValidStart(record: Fields, versions: readonly Fields[], numbers: readonly number[]) {
  const startWith = record.start_with;
  if (!Array.isArray(startWith) || !startWith.every((number) => numbers.includes(number as number))) return false;
  if (!isPrepared(record))
    return (
      startWith.length <= FIRST_ENTRIES_LIMIT &&
      startWith.every((number, i) => i === 0 || Number(number) > Number(startWith[i - 1]))
    );
  const marked = historiesOf(versions.map(toOpened), 'incident')
    .filter(({ newest }) => booleanOf(newest.fields, 'start_with_this') === true)
    .map((history) => history.record);
  const markedNumbers = versions
    .filter((row) => marked.includes(textOf(row, 'record')))
    .map((row) => integerOf(row, 'seq_no'));
  const expected = numbers.filter((number) => markedNumbers.includes(number)).slice(-FIRST_ENTRIES_LIMIT);
  return sameJson(startWith, expected);
}

const isPrepared = (record: Fields) => Object.keys(objectOf(objectOf(record, 'pack'), 'prepared')).length > 0;

/** Check that a pack which somebody else prepared has nothing that only the keeper can say. */
function isPreparerSilent(record: Fields) {
  return (
    !isPrepared(record) ||
    (record.own_words === '' &&
      !Object.hasOwn(record, 'left_out') &&
      Object.values(objectOf(record, 'sheet')).every((text) => text === '') &&
      !objectsOf(record, 'versions').some((row) => KEEPERS_OWN_KINDS.includes(textOf(row, 'kind'))))
  );
}

/** Check that the question cards and the time of each entry are those in its versions. */
function hasValidCards(record: Fields, versions: readonly OpenedVersion[]) {
  const numbers = new Map(
    objectsOf(record, 'versions').map((row) => [textOf(row, 'record'), integerOf(row, 'seq_no')]),
  );
  return sameJson(
    historiesOf(versions, 'incident').map((entry) => askedRow(entry, numbers.get(entry.record) ?? null)),
    record.asked,
  );
}

/** Check how many entries were added to, amended, and written late. */
function hasValidCounts(counts: Fields, versions: readonly Fields[]) {
  const grouped: Map<string, OpenedVersion[]> = new Map();
  for (const row of versions.filter(({ kind }) => kind === 'incident')) {
    const version = toOpened(row);
    grouped.set(version.record, [...(grouped.get(version.record) ?? []), version]);
  }
  const histories = [...grouped.values()].map(historyOf);
  const countWith = (kind: string) =>
    histories.filter(({ revisions }) => revisions.some((revision) => revision.kind === kind)).length;
  return (
    counts.added_to === countWith('addition') &&
    counts.amended === countWith('amendment') &&
    counts.late === histories.filter(isLate).length
  );
}

/** Check that the reference of each record matches its number, its file or the list of references. */
function hasValidReferences(record: Fields) {
  const items = new Map(objectsOf(record, 'exhibits').map((row) => [textOf(row, 'record'), textOf(row, 'item')]));
  const refs = new Map(objectsOf(record, 'refs').map((row) => [textOf(row, 'record'), row]));
  const rows = objectsOf(record, 'records');
  const unnumbered = rows.filter((row) => row.kind === 'incident' && integerOf(row, 'seq_no') === null);
  const otherRecords = new Set(
    rows.filter(({ kind }) => kind !== 'incident' && kind !== 'attachment').map((row) => textOf(row, 'record')),
  );
  return (
    otherRecords.size === refs.size &&
    [...otherRecords].every((record) => refs.has(record)) &&
    rows.every((row) => {
      const [id, kind, name, number] = [
        textOf(row, 'record'),
        textOf(row, 'kind'),
        textOf(row, 'ref'),
        integerOf(row, 'seq_no'),
      ];
      if (kind === 'incident') return name === (number === null ? `U${unnumbered.indexOf(row) + 1}` : String(number));
      if (kind === 'attachment') return name === (items.get(id) ?? '');
      const reference = refs.get(id) ?? {};
      return textOf(reference, 'kind') === kind && textOf(reference, 'ref') === name;
    })
  );
}

/**
 * Check that the list of exhibits agrees with the sidecars, one each, and that the custody log records the export of
 * each.
 */
async function hasValidExhibits(record: Fields, pack: OpenedPack) {
  const rows = objectsOf(record, 'exhibits');
  const items = new Set(rows.map((row) => textOf(row, 'item')));
  const custody = objectsOf(record, 'custody');
  const exported = new Set(custody.filter(({ action }) => action === 'exported').map((line) => textOf(line, 'item')));
  const sidecars: Fields[] = [];
  for (const path of [...pack.digests.keys()].filter((row) => row.startsWith(SIDECARS)))
    sidecars.push(...[readObject(await pack.read(path)) ?? []].flat());
  const rowText = (row: Fields, size: unknown) =>
    JSON.stringify(
      [textOf(row, 'item'), row.file, row.record, row.sha256, row.sha512, size].map((value) => value ?? null),
    );
  const [listed, sidecarRows] = [
    rows.map((row) => rowText(row, row.size)),
    sidecars.map((row) => rowText(row, row.size_bytes)),
  ].map((list) => list.sort());
  return (
    sameJson(listed, sidecarRows) &&
    items.size === rows.length &&
    exported.size === items.size &&
    [...exported].every((row) => items.has(row)) &&
    custody.every((line) => items.has(textOf(line, 'item')))
  );
}
