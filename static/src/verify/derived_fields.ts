/**
 * The contents of 12_record.json besides its versions: counts, numbers, names and files, each of which follows from
 * what is proved. The twin of diary/pack/besidecheck.py. Nobody signs these; what the keeper entered once for the
 * whole pack is in no proof.
 */
import { recordRows } from '../pack/record_json.js';
import { namesOf } from '../pack/proofs.js';
import { objectOf, objectsOf, textOf, wholeOf } from '../record/reading.js';
import { isLate, tell } from '../record/record_history.js';
import { objectIn, sameJson } from './proof_check.js';
import type { JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';
import type { Opened } from '../record/record_history.js';
import type { OpenedPack } from './pack_reader.js';

const SIDECARS = 'data/restricted/14_sidecars/';
const NAMES = 'asked counts custody exhibits gaps own_words pack records refs sheet start_with t versions'.split(' ');
const ROW = 'c fields kind parents receipt_at record schema seq seq_no version'.split(' ');

/** Check that all other contents of a parsed 12_record.json follow from its versions and from the files here. */
export async function standsBeside(record: Fields, pack: OpenedPack) {
  const versions = objectsOf(record, 'versions');
  const about = objectOf(record, 'pack');
  const folder = textOf(about, 'folder');
  try {
    return (
      isExactly(
        Object.keys(record).filter((name) => name !== 'hold_words'),
        NAMES,
      ) &&
      versions.every((row) => isExactly(Object.keys(row), ROW)) &&
      (pack.isPart || folder === pack.folder) &&
      folder.startsWith(`PACK_${textOf(about, 'initials')}_${wholeOf(about, 'no')}_`) &&
      isFeed(versions.map((row) => wholeOf(row, 'seq'))) &&
      areNumbers(record, versions) &&
      areCounts(objectOf(record, 'counts'), versions) &&
      areNames(record) &&
      (await areFiles(record, pack))
    );
  } catch {
    return false;
  }
}

/** Check that the derived rows follow from the versions, and the counts from the entries. */
export function follows(record: Fields) {
  const rows = objectsOf(record, 'records');
  const [counts, gaps] = [objectOf(record, 'counts'), objectsOf(record, 'gaps')];
  const entries = rows.filter(({ kind }) => kind === 'incident').length;
  const earlier = gaps.filter(({ why }) => why === 'earlier').length;
  const told = {
    // Only a supplement counts what an earlier pack holds.
    ...(earlier || Object.hasOwn(counts, 'earlier') ? { earlier } : {}),
    included: entries,
    removed: gaps.filter(({ why }) => why === 'removed').length,
    total: entries + gaps.length,
    withheld: gaps.filter(({ why }) => why === 'withheld').length,
  };
  if (Object.entries(told).some(([name, number]) => counts[name] !== number)) return false;
  try {
    const names = new Map(rows.map((row) => [textOf(row, 'record'), textOf(row, 'ref')]));
    return sameJson(recordRows(objectsOf(record, 'versions').map(asVersion), names), record.records);
  } catch {
    return false;
  }
}

const isExactly = (names: readonly string[], wanted: readonly string[]) =>
  names.length === wanted.length && names.every((name) => wanted.includes(name));

/** Convert a version of 12_record.json, which has both parts in one, back to two parts by the names of its kind. */
function asVersion(row: Fields) {
  const fields = objectOf(row, 'fields') as JsonObject;
  const apart = new Set(namesOf(textOf(row, 'kind'), wholeOf(row, 'schema') ?? 0).restricted);
  const part = (restricted: boolean) => ({
    fields: Object.fromEntries(Object.entries(fields).filter(([name]) => apart.has(name) === restricted)),
  });
  return {
    ...row,
    c: textOf(row, 'c'),
    receipt: { ts: wholeOf(row, 'receipt_at') },
    open: part(false),
    restricted: part(true),
  };
}

/** Check that numbers rise, none appears twice, and versions without one come last. */
function isFeed(seqs: readonly (number | null)[]) {
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
function areNumbers(record: Fields, versions: readonly Fields[]) {
  const entries = versions.filter(({ kind }) => kind === 'incident');
  const here = new Map(entries.map((row) => [textOf(row, 'record'), wholeOf(row, 'seq_no')]));
  const each = entries.every((row) => here.get(textOf(row, 'record')) === wholeOf(row, 'seq_no'));
  const numbers = [...here.values()].filter((number) => number !== null);
  const all = [
    ...numbers,
    ...objectsOf(record, 'gaps')
      .map((gap) => wholeOf(gap, 'seq_no'))
      .filter((number) => number !== null),
  ].sort((a, b) => Number(a) - Number(b));
  const led = record.start_with;
  const asked = objectsOf(record, 'asked').map((row) => textOf(row, 'record'));
  return (
    each &&
    numbers.every((number, i) => i === 0 || Number(number) > Number(numbers[i - 1])) &&
    all.every((number, i) => number === i + 1) &&
    Array.isArray(led) &&
    led.every((number) => numbers.includes(number)) &&
    asked.length === here.size &&
    [...here.keys()].every((one, i) => asked[i] === one)
  );
}

/** Check how many entries were added to, amended, and written late. */
function areCounts(counts: Fields, versions: readonly Fields[]) {
  const grouped: Map<string, Opened[]> = new Map();
  for (const row of versions.filter(({ kind }) => kind === 'incident')) {
    const { open, restricted } = asVersion(row);
    const one = {
      record: textOf(row, 'record'),
      version: textOf(row, 'version'),
      kind: 'incident',
      fields: open.fields,
      restricted: restricted.fields,
    };
    grouped.set(one.record, [...(grouped.get(one.record) ?? []), one]);
  }
  const told = [...grouped.values()].map(tell);
  const having = (kind: string) => told.filter(({ revisions }) => revisions.some((one) => one.kind === kind)).length;
  return (
    counts.added_to === having('addition') &&
    counts.amended === having('amendment') &&
    counts.late === told.filter(isLate).length
  );
}

/** Check that the reference of each record matches its number, its file or the list of references. */
function areNames(record: Fields) {
  const items = new Map(objectsOf(record, 'exhibits').map((row) => [textOf(row, 'record'), textOf(row, 'item')]));
  const refs = new Map(objectsOf(record, 'refs').map((row) => [textOf(row, 'record'), row]));
  const rows = objectsOf(record, 'records');
  const others = new Set(
    rows.filter(({ kind }) => kind !== 'incident' && kind !== 'attachment').map((row) => textOf(row, 'record')),
  );
  return (
    others.size === refs.size &&
    [...others].every((one) => refs.has(one)) &&
    rows.every((row) => {
      const [id, kind, name, number] = [
        textOf(row, 'record'),
        textOf(row, 'kind'),
        textOf(row, 'ref'),
        wholeOf(row, 'seq_no'),
      ];
      if (kind === 'incident') return number === null ? name.startsWith('U') : name === String(number);
      if (kind === 'attachment') return name === (items.get(id) ?? '');
      const told = refs.get(id) ?? {};
      return textOf(told, 'kind') === kind && textOf(told, 'ref') === name;
    })
  );
}

/**
 * Check that the list of exhibits agrees with the sidecars, one each, and that the custody log records the export of
 * each.
 */
async function areFiles(record: Fields, pack: OpenedPack) {
  const rows = objectsOf(record, 'exhibits');
  const items = new Set(rows.map((row) => textOf(row, 'item')));
  const custody = objectsOf(record, 'custody');
  const went = new Set(custody.filter(({ action }) => action === 'exported').map((line) => textOf(line, 'item')));
  const sidecars: Fields[] = [];
  for (const path of [...pack.digests.keys()].filter((one) => one.startsWith(SIDECARS)))
    sidecars.push(...[objectIn(await pack.read(path)) ?? []].flat());
  const said = (one: Fields, size: unknown) =>
    JSON.stringify(
      [textOf(one, 'item'), one.file, one.record, one.sha256, one.sha512, size].map((value) => value ?? null),
    );
  const [listed, told] = [rows.map((row) => said(row, row.size)), sidecars.map((one) => said(one, one.size_bytes))].map(
    (list) => list.sort(),
  );
  return (
    sameJson(listed, told) &&
    items.size === rows.length &&
    went.size === items.size &&
    [...went].every((one) => items.has(one)) &&
    custody.every((line) => items.has(textOf(line, 'item')))
  );
}
