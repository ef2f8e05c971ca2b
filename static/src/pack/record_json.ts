/** `12_record.json` and the sidecars as the phone expects them: docs/pack.md; the twin of diary/pack/recordjson.py. */
import { concat, utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { objectOf, textOf, wholeOf } from '../record/reading.js';
import { delayOf, isTakenOut, sealedAt, tell } from '../record/record_history.js';
import { RECORD_LIMIT, entryLabels, rows } from './proofs.js';
import type { Json, JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';
import type { Opened } from '../record/record_history.js';

/** Return every version with every field that has a value, what is derived from them, and a newline at the end. */
export function recordFile(capsule: JsonObject): Uint8Array {
  const versions = rows(capsule, 'versions').map((version) =>
    pick(
      {
        ...version,
        fields: said(version),
        receipt_at: receiptAt(version),
      },
      ['c', 'fields', 'kind', 'parents', 'receipt_at', 'record', 'schema', 'seq', 'seq_no', 'version'],
    ),
  );
  // The other contents of the pages, so that they can be laid out again from here.
  const beside = pick(capsule, [
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
  ]);
  const whole = {
    ...beside,
    exhibits: rows(capsule, 'exhibits').map(exhibitRow),
    records: derived(capsule),
    t: 'record/v1',
    versions,
  };
  return concat(canon(whole, { limit: RECORD_LIMIT }), utf8('\n'));
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
function derived(capsule: JsonObject): JsonObject[] {
  return recordRows(rows(capsule, 'versions'), namesOfRecords(capsule));
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
  return [...grouped].map(([record, group]) => recordRow(group, names.get(record) ?? ''));
}

/** Return the reference of each record of a pack: `7`, `U1`, `JB/3`, `S1`. A link in a field is looked up here. */
function namesOfRecords(capsule: JsonObject): Map<string, string> {
  const files = rows(capsule, 'exhibits').map((row) => [textOf(row, 'record'), textOf(row, 'item')] as const);
  const refs = rows(capsule, 'refs').map((row) => [textOf(row, 'record'), textOf(row, 'ref')] as const);
  return new Map([...entryLabels(capsule), ...files, ...refs]);
}

/** Derive the row of one record from its versions. */
function recordRow(group: readonly Fields[], name: string): JsonObject {
  const opened = group.map(openedOf);
  const told = tell(opened);
  const first = group.find((version) => version.version === told.first.version) as Fields;
  const devices = new Map(opened.map((one) => [one.version, textOf(objectOf(one.fields, '_author'), 'device')]));
  return {
    commitment: first.c ?? null,
    delay_ms: told.first.kind === 'incident' ? delayOf(told) : null,
    first: told.first.version,
    kind: told.first.kind,
    newest: told.newest.version,
    received_at: receiptAt(first),
    record: told.record,
    recorded_at: sealedAt(told.first),
    ref: name,
    revisions: told.revisions.map((one, index) => ({
      at: one.at,
      by: devices.get(one.version) ?? '',
      changes: one.changes,
      kind: one.kind,
      no: index + 1,
      reason: one.reason,
      version: one.version,
    })),
    seq_no: wholeOf(first, 'seq_no'),
    taken_out: opened
      .filter(isTakenOut)
      .map(({ fields, version }) => ({ at: fields.taken_out ?? null, reason: textOf(fields, 'reason'), version })),
  };
}

export function openedOf(version: Fields): Opened {
  return {
    record: textOf(version, 'record'),
    version: textOf(version, 'version'),
    kind: textOf(version, 'kind'),
    fields: objectOf(objectOf(version, 'open'), 'fields'),
    restricted: objectOf(objectOf(version, 'restricted'), 'fields'),
  };
}

const receiptAt = (version: Fields) => wholeOf(objectOf(version, 'receipt'), 'ts');

/**
 * Return one exhibit's digests and every field of the version in force.
 * @param exhibit a row of the capsule
 */
export function sidecar(capsule: JsonObject, exhibit: JsonObject): Uint8Array {
  const own = rows(capsule, 'versions').filter((version) => version.record === exhibit.record);
  const { newest: stands } = tell(own.map(openedOf));
  const newest = own.find((version) => version.version === stands.version) as JsonObject;
  const madeAt = wholeOf(objectOf(capsule, 'pack'), 'made_at') ?? 0;
  return canon(
    {
      ...pick(exhibit, ['file', 'item', 'record', 'sha256', 'sha512']),
      fields: said(newest),
      made_at: `${new Date(madeAt).toISOString().slice(0, 19)}Z`,
      size_bytes: exhibit.size ?? null,
      t: 'sidecar/v1',
    },
    { limit: RECORD_LIMIT },
  );
}

/** @returns its sidecar's path under `data/` */
export function sidecarName(exhibit: JsonObject): string {
  return `restricted/14_sidecars/${textOf(exhibit, 'item').replace('/', '-')}.json`;
}

/** @returns the fields of both parts that have a value */
function said(version: JsonObject): JsonObject {
  const fields = {
    ...objectOf(objectOf(version, 'open'), 'fields'),
    ...objectOf(objectOf(version, 'restricted'), 'fields'),
  };
  return Object.fromEntries(
    Object.entries(fields).filter((pair): pair is [string, Json] => pair[1] !== null && pair[1] !== undefined),
  );
}

function pick(from: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
}
