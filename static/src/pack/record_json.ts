/**
 * `12_record.json` and the sidecars as the phone expects them: docs/pack.md; the twin of
 * diary/pack/proofs/record_json.py.
 */
import { concat, utf8 } from '../core/bytes.js';
import { PACK_RECORD_LIMIT_BYTES } from '../core/constants.js';
import { canonicalBytes } from '../core/encoding.js';
import { objectOf, textOf, integerOf } from '../record/reading.js';
import { delayOf, isTakenOut, sealedAt, historyOf } from '../record/record_history.js';
import { entryLabels, rowsOf } from './proofs.js';
import type { Json, JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';
import type { OpenedVersion } from '../record/record_history.js';

/** Return every version with every field that has a value, what is derived from them, and a newline at the end. */
export function recordFile(capsule: JsonObject): Uint8Array {
  const versions = rowsOf(capsule, 'versions').map((version) =>
    pick(
      {
        ...version,
        fields: fieldsWithValues(version),
        receipt_at: receiptAt(version),
      },
      ['c', 'fields', 'kind', 'parents', 'receipt_at', 'record', 'schema', 'seq', 'seq_no', 'version'],
    ),
  );
  // The other contents of the pages, so that they can be laid out again from here.
  const pageFacts = pick(capsule, [
    'asked',
    'counts',
    'custody',
    'gaps',
    'own_words',
    'pack',
    'refs',
    'sheet',
    'start_with',
    ...(capsule.hold_words ? ['hold_words'] : []),
    ...(capsule.left_out ? ['left_out'] : []),
  ]);
  const value = {
    ...pageFacts,
    exhibits: rowsOf(capsule, 'exhibits').map(exhibitRow),
    records: derivedRows(capsule),
    t: 'record/v1',
    versions,
  };
  return concat(canonicalBytes(value, { limit: PACK_RECORD_LIMIT_BYTES }), utf8('\n'));
}

/** Return an exhibit's row without its keys: `printed` and `still` state whether the pages had a copy. */
function exhibitRow(row: JsonObject): JsonObject {
  return {
    ...pick(row, ['file', 'hold_picture', 'item', 'looked_at', 'record', 'sha256', 'sha512', 'size']),
    ...(row.order === true ? { order: true } : {}),
    printed: row.print !== null || row.received !== null,
    ...(row.poster ? { still: true } : {}),
  };
}

/**
 * Return a row per record, in the order of their earliest versions: name, times, delay, and each revision field by
 * field.
 */
function derivedRows(capsule: JsonObject): JsonObject[] {
  return recordRows(rowsOf(capsule, 'versions'), referenceNames(capsule));
}

/**
 * Return the same rows for versions from elsewhere.
 * @param versions in the form of a capsule
 * @param names the reference of each record
 */
export function recordRows(versions: readonly Fields[], names: ReadonlyMap<string, string>): JsonObject[] {
  const grouped: Map<string, Fields[]> = new Map();
  for (const version of versions) {
    const record = textOf(version, 'record');
    grouped.set(record, [...(grouped.get(record) ?? []), version]);
  }
  return [...grouped].map(([record, versions]) => recordRow(versions, names.get(record) ?? ''));
}

/** Return the reference of each record of a pack: `7`, `U1`, `JB/3`, `S1`. A link in a field is looked up here. */
function referenceNames(capsule: JsonObject): Map<string, string> {
  const files = rowsOf(capsule, 'exhibits').map((row) => [textOf(row, 'record'), textOf(row, 'item')] as const);
  const refs = rowsOf(capsule, 'refs').map((row) => [textOf(row, 'record'), textOf(row, 'ref')] as const);
  return new Map([...entryLabels(capsule), ...files, ...refs]);
}

/** Derive the row of one record from its versions. */
function recordRow(versions: readonly Fields[], reference: string): JsonObject {
  const opened = versions.map(openedOf);
  const history = historyOf(opened);
  const first = versions.find((version) => version.version === history.first.version) as Fields;
  const devices = new Map(opened.map((row) => [row.version, textOf(objectOf(row.fields, '_author'), 'device')]));
  return {
    commitment: first.c ?? null,
    delay_ms: history.first.kind === 'incident' ? delayOf(history) : null,
    first: history.first.version,
    kind: history.first.kind,
    newest: history.newest.version,
    received_at: receiptAt(first),
    record: history.record,
    recorded_at: sealedAt(history.first),
    ref: reference,
    revisions: history.revisions.map((row, index) => ({
      at: row.at,
      by: devices.get(row.version) ?? '',
      changes: row.changes,
      kind: row.kind,
      no: index + 1,
      reason: row.reason,
      version: row.version,
    })),
    seq_no: integerOf(first, 'seq_no'),
    taken_out: opened
      .filter(isTakenOut)
      .map(({ fields, version }) => ({ at: fields.taken_out ?? null, reason: textOf(fields, 'reason'), version })),
  };
}

export function openedOf(version: Fields): OpenedVersion {
  return {
    record: textOf(version, 'record'),
    version: textOf(version, 'version'),
    kind: textOf(version, 'kind'),
    fields: objectOf(objectOf(version, 'open'), 'fields'),
    restricted: objectOf(objectOf(version, 'restricted'), 'fields'),
  };
}

const receiptAt = (version: Fields) => integerOf(objectOf(version, 'receipt'), 'ts');

/**
 * Return one exhibit's digests and every field of the version in force.
 * @param exhibit a row of the capsule
 */
export function sidecar(capsule: JsonObject, exhibit: JsonObject): Uint8Array {
  const ownVersions = rowsOf(capsule, 'versions').filter((version) => version.record === exhibit.record);
  const { newest: inForce } = historyOf(ownVersions.map(openedOf));
  const newest = ownVersions.find((version) => version.version === inForce.version) as JsonObject;
  const madeAt = integerOf(objectOf(capsule, 'pack'), 'made_at') ?? 0;
  return canonicalBytes(
    {
      ...pick(exhibit, ['file', 'item', 'record', 'sha256', 'sha512']),
      fields: fieldsWithValues(newest),
      made_at: `${new Date(madeAt).toISOString().slice(0, 19)}Z`,
      size_bytes: exhibit.size ?? null,
      t: 'sidecar/v1',
    },
    { limit: PACK_RECORD_LIMIT_BYTES },
  );
}

/** @returns its sidecar's path under `data/` */
export function sidecarName(exhibit: JsonObject): string {
  return `restricted/14_sidecars/${textOf(exhibit, 'item').replace('/', '-')}.json`;
}

/** @returns the fields of both parts that have a value */
function fieldsWithValues(version: JsonObject): JsonObject {
  const fields = {
    ...objectOf(objectOf(version, 'open'), 'fields'),
    ...objectOf(objectOf(version, 'restricted'), 'fields'),
  };
  return Object.fromEntries(
    Object.entries(fields).filter((pair): pair is [string, Json] => pair[1] !== null && pair[1] !== undefined),
  );
}

function pick(source: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((reference) => [reference, source[reference] ?? null]));
}
