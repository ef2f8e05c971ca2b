/**
 * Proof files as the phone expects them: docs/pack.md; the twin of diary/pack/proofs.py.
 *
 * A servable proof gives restricted fields as digests, and may give an open field as a digest too where it
 * repeats something kept apart. Which ones is for the typesetter to say, so the caller names them; what
 * each field or digest is, is not.
 */
import { b64, unb64 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { allOpen, fieldDigest, saltsOf } from '../crypto/commitment.js';
import { objectOf, textOf, wholeOf } from '../record/reading.js';
import { SCHEMAS } from '../record/schemas.js';

/** @typedef {import('../core/encoding.js').Json} Json */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */

/** What is written for an export has no 1 MiB bound. */
export const RECORD_LIMIT = 64 << 20;

/**
 * The names of a kind of record.
 * @param {string} kind
 * @param {number} number of its schema
 * @returns {{open: readonly string[], restricted: readonly string[]}}
 */
export function namesOf(kind, number) {
  const kinds =
    /** @type {Record<string, Record<string, {open: readonly string[], restricted: readonly string[]}>>} */ (SCHEMAS);
  const names = kinds[kind]?.[String(number)];
  if (!names) throw new KeptError('bad_request', 'This entry was made by a newer version. Update this one first.');
  return names;
}

/**
 * What each incident is called: `7`, or `U1`, `U2`… in the order they came for those without a number.
 * @param {JsonObject} capsule
 * @returns {Map<string, string>}
 */
export function entryLabels(capsule) {
  /** @type {Map<string, string>} */ const labels = new Map();
  let waiting = 0;
  for (const version of rows(capsule, 'versions')) {
    const record = textOf(version, 'record');
    if (version['kind'] !== 'incident' || labels.has(record)) continue;
    const number = wholeOf(version, 'seq_no');
    labels.set(record, number === null ? `U${++waiting}` : String(number));
  }
  return labels;
}

/**
 * How each record's proofs are named: `0007`, `U0001`, an exhibit's `JB-3`, or `order-0002`.
 * @param {JsonObject} capsule
 * @returns {Map<string, string>}
 */
export function fileLabels(capsule) {
  const labels = new Map(
    [...entryLabels(capsule)].map(([record, label]) => [
      record,
      label.startsWith('U') ? `U${label.slice(1).padStart(4, '0')}` : label.padStart(4, '0'),
    ]),
  );
  for (const exhibit of rows(capsule, 'exhibits'))
    labels.set(textOf(exhibit, 'record'), textOf(exhibit, 'item').replace('/', '-'));
  for (const ref of rows(capsule, 'refs'))
    labels.set(textOf(ref, 'record'), `${textOf(ref, 'kind')}-${String(wholeOf(ref, 'no')).padStart(4, '0')}`);
  return labels;
}

/**
 * Every version with the name of its proofs, without their folder. People, orders and the like have names in them:
 * what is proved of those is proved in the restricted part.
 * @param {JsonObject} capsule
 * @param {'servable' | 'restricted'} part
 * @returns {Map<string, JsonObject>}
 */
export function proofNames(capsule, part) {
  const labels = fileLabels(capsule);
  const shown = rows(capsule, 'versions').filter(
    ({ kind }) => part === 'restricted' || kind === 'incident' || kind === 'attachment',
  );
  return new Map(
    shown.map((version) => [
      `proof/${labels.get(textOf(version, 'record'))}-${textOf(version, 'version').slice(0, 8)}.json`,
      version,
    ]),
  );
}

/**
 * `proof/keys.json`, the same in both folders.
 * @param {JsonObject} capsule
 * @returns {Uint8Array}
 */
export function keysFile(capsule) {
  return canon({ ...objectOf(capsule, 'keys'), t: 'keys/v1' });
}

/**
 * One version's proof with exactly the names in `withheld` as digests.
 * @param {JsonObject} version a row of the capsule
 * @param {ReadonlySet<string>} withheld
 * @returns {Uint8Array}
 */
export function proof(version, withheld) {
  const names = namesOf(textOf(version, 'kind'), Number(version['schema']));
  const parts = { open: objectOf(version, 'open'), restricted: objectOf(version, 'restricted') };
  const openSalt = saltsOf(unb64(textOf(parts.open, 'seed')));
  const seed = textOf(parts.restricted, 'seed');
  const restrictedSalt = seed ? saltsOf(unb64(seed)) : openSalt;
  /** @type {Record<string, Json>} */ const fields = {};
  /** @type {Record<string, Json>} */ const digests = {};
  const given = objectOf(parts.restricted, 'digests');
  /** @param {string} name @param {Uint8Array} salt @param {Json} value */
  const put = (name, salt, value) => {
    if (withheld.has(name)) digests[name] = given[name] ?? b64(fieldDigest(name, salt, value));
    else fields[name] = { s: b64(salt), v: value };
  };
  const open = objectOf(parts.open, 'fields');
  const restricted = objectOf(parts.restricted, 'fields');
  for (const name of allOpen(names)) put(name, openSalt(name), open[name] ?? null);
  for (const name of names.restricted) put(name, restrictedSalt(name), restricted[name] ?? null);
  return canon(
    {
      c: version['c'] ?? null,
      fields,
      kind: version['kind'] ?? null,
      receipt: version['receipt'] ?? null,
      record: version['record'] ?? null,
      seq_no: version['seq_no'] ?? null,
      sig: version['sig'] ?? null,
      t: 'proof/v1',
      version: version['version'] ?? null,
      withheld: digests,
    },
    { limit: RECORD_LIMIT },
  );
}

/** The names of one version, open (reserved ones too) and restricted. @param {JsonObject} version a row of the capsule */
export function allNames(version) {
  const names = namesOf(textOf(version, 'kind'), Number(version['schema']));
  return { open: allOpen(names), restricted: names.restricted };
}

/**
 * The objects of a list the capsule always has.
 * @param {JsonObject} capsule
 * @param {string} name
 * @returns {JsonObject[]}
 */
export function rows(capsule, name) {
  return /** @type {JsonObject[]} */ (capsule[name]);
}
