/** `12_record.json` and the sidecars as the phone expects them: docs/pack.md; the twin of diary/pack/recordjson.py. */
import { concat, utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { objectOf, textOf, wholeOf } from '../record/reading.js';
import { delayOf, isTakenOut, sealedAt, tell } from '../record/told.js';
import { RECORD_LIMIT, entryLabels, rows } from './proofs.js';

/** @typedef {import('../core/encoding.js').Json} Json */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */

/**
 * Every version with every field that has a value, what follows from them, and a newline at the end.
 * @param {JsonObject} capsule
 * @returns {Uint8Array}
 */
export function recordFile(capsule) {
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
  // What the pages say besides, so that they can be laid out again from here.
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
    ...(capsule['hold_words'] ? ['hold_words'] : []),
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

/**
 * An exhibit's row without its keys: `printed` and `still` say whether there was a copy for the pages.
 * @param {JsonObject} row
 * @returns {JsonObject}
 */
function exhibitRow(row) {
  return {
    ...pick(row, ['file', 'hold_picture', 'item', 'looked_at', 'record', 'sha256', 'sha512', 'size']),
    ...(row['order'] === true ? { order: true } : {}),
    printed: row['print'] !== null || row['received'] !== null,
    ...(row['poster'] ? { still: true } : {}),
  };
}

/**
 * One row a record, in the order of their earliest versions: name, times, delay, and each revision field by field.
 * @param {JsonObject} capsule
 * @returns {JsonObject[]}
 */
function derived(capsule) {
  return recordRows(rows(capsule, 'versions'), namesOfRecords(capsule));
}

/**
 * The same for whoever has the versions from elsewhere.
 * @param {readonly JsonObject[]} versions as a capsule has them
 * @param {ReadonlyMap<string, string>} names what each record is called
 * @returns {JsonObject[]}
 */
export function recordRows(versions, names) {
  /** @type {Map<string, JsonObject[]>} */ const grouped = new Map();
  for (const version of versions) {
    const record = textOf(version, 'record');
    grouped.set(record, [...(grouped.get(record) ?? []), version]);
  }
  return [...grouped].map(([record, group]) => recordRow(group, names.get(record) ?? ''));
}

/**
 * What each record of a pack is called: `7`, `U1`, `JB/3`, `S1`. A link in a field is looked up here.
 * @param {JsonObject} capsule
 * @returns {Map<string, string>}
 */
function namesOfRecords(capsule) {
  const files = rows(capsule, 'exhibits').map(
    (row) => /** @type {const} */ ([textOf(row, 'record'), textOf(row, 'item')]),
  );
  const refs = rows(capsule, 'refs').map((row) => /** @type {const} */ ([textOf(row, 'record'), textOf(row, 'ref')]));
  return new Map([...entryLabels(capsule), ...files, ...refs]);
}

/**
 * What follows from one record's versions.
 * @param {readonly JsonObject[]} group
 * @param {string} name
 * @returns {JsonObject}
 */
function recordRow(group, name) {
  const opened = group.map(openedOf);
  const told = tell(opened);
  const first = /** @type {JsonObject} */ (group.find((version) => version['version'] === told.first.version));
  const devices = new Map(opened.map((one) => [one.version, textOf(objectOf(one.fields, '_author'), 'device')]));
  return {
    commitment: first['c'] ?? null,
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
      .map(({ fields, version }) => ({ at: fields['taken_out'] ?? null, reason: textOf(fields, 'reason'), version })),
  };
}

/** @param {JsonObject} version @returns {import('../record/told.js').Opened} */
export function openedOf(version) {
  return {
    record: textOf(version, 'record'),
    version: textOf(version, 'version'),
    kind: textOf(version, 'kind'),
    fields: objectOf(objectOf(version, 'open'), 'fields'),
    restricted: objectOf(objectOf(version, 'restricted'), 'fields'),
  };
}

/** @param {JsonObject} version */
const receiptAt = (version) => wholeOf(objectOf(version, 'receipt'), 'ts');

/**
 * One exhibit's digests and every field of the version that stands.
 * @param {JsonObject} capsule
 * @param {JsonObject} exhibit a row of the capsule
 * @returns {Uint8Array}
 */
export function sidecar(capsule, exhibit) {
  const own = rows(capsule, 'versions').filter((version) => version['record'] === exhibit['record']);
  const { newest: stands } = tell(own.map(openedOf));
  const newest = /** @type {JsonObject} */ (own.find((version) => version['version'] === stands.version));
  const madeAt = wholeOf(objectOf(capsule, 'pack'), 'made_at') ?? 0;
  return canon(
    {
      ...pick(exhibit, ['file', 'item', 'record', 'sha256', 'sha512']),
      fields: said(newest),
      made_at: `${new Date(madeAt).toISOString().slice(0, 19)}Z`,
      size_bytes: exhibit['size'] ?? null,
      t: 'sidecar/v1',
    },
    { limit: RECORD_LIMIT },
  );
}

/** @param {JsonObject} exhibit @returns {string} its sidecar's path under `data/` */
export function sidecarName(exhibit) {
  return `restricted/14_sidecars/${textOf(exhibit, 'item').replace('/', '-')}.json`;
}

/** @param {JsonObject} version @returns {JsonObject} its fields of both parts that have a value */
function said(version) {
  const fields = {
    ...objectOf(objectOf(version, 'open'), 'fields'),
    ...objectOf(objectOf(version, 'restricted'), 'fields'),
  };
  return Object.fromEntries(
    Object.entries(fields).filter(
      /** @returns {pair is [string, Json]} */ (pair) => pair[1] !== null && pair[1] !== undefined,
    ),
  );
}

/** @param {JsonObject} from @param {readonly string[]} names @returns {JsonObject} */
function pick(from, names) {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
}
