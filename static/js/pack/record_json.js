/** `12_record.json` and the sidecars as the phone expects them: docs/pack.md; the twin of diary/pack/proofs.py. */
import { concat, utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { objectOf, textOf, wholeOf } from '../record/reading.js';
import { RECORD_LIMIT, rows } from './proofs.js';

/** @typedef {import('../core/encoding.js').Json} Json */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */

/**
 * Every version with every field that has a value, and a newline at the end.
 * @param {JsonObject} capsule
 * @returns {Uint8Array}
 */
export function recordFile(capsule) {
  const versions = rows(capsule, 'versions').map((version) => pick({
    ...version, fields: said(version), receipt_at: wholeOf(objectOf(version, 'receipt'), 'ts'),
  }, ['c', 'fields', 'kind', 'parents', 'receipt_at', 'record', 'schema', 'seq', 'seq_no', 'version']));
  const whole = { ...pick(capsule, ['counts', 'pack']), t: 'record/v1', versions };
  return concat(canon(whole, { limit: RECORD_LIMIT }), utf8('\n'));
}

/**
 * One exhibit's digests and every field of its newest version.
 * @param {JsonObject} capsule
 * @param {JsonObject} exhibit a row of the capsule
 * @returns {Uint8Array}
 */
export function sidecar(capsule, exhibit) {
  const newest = /** @type {JsonObject} */ (rows(capsule, 'versions').filter((version) => version['record'] === exhibit['record']).at(-1));
  const madeAt = wholeOf(objectOf(capsule, 'pack'), 'made_at') ?? 0;
  return canon({
    ...pick(exhibit, ['file', 'item', 'record', 'sha256', 'sha512']), fields: said(newest),
    made_at: `${new Date(madeAt).toISOString().slice(0, 19)}Z`, size_bytes: exhibit['size'] ?? null, t: 'sidecar/v1',
  }, { limit: RECORD_LIMIT });
}

/** @param {JsonObject} exhibit @returns {string} its sidecar's path under `data/` */
export function sidecarName(exhibit) {
  return `restricted/14_sidecars/${textOf(exhibit, 'item').replace('/', '-')}.json`;
}

/** @param {JsonObject} version @returns {JsonObject} its fields of both parts that have a value */
function said(version) {
  const fields = { ...objectOf(objectOf(version, 'open'), 'fields'), ...objectOf(objectOf(version, 'restricted'), 'fields') };
  return Object.fromEntries(Object.entries(fields).filter(/** @returns {pair is [string, Json]} */ (pair) => pair[1] !== null && pair[1] !== undefined));
}

/** @param {JsonObject} from @param {readonly string[]} names @returns {JsonObject} */
function pick(from, names) {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
}
