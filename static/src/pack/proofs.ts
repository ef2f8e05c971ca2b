/**
 * Proof files as the phone expects them: docs/pack.md; the twin of diary/pack/proofs/proof_files.py.
 *
 * A servable proof gives restricted fields as digests. It may also give an open field as a digest where it repeats
 * something restricted. The typesetter decides which, so the caller names them; the value of each field or digest is
 * not the typesetter's choice.
 */
import { b64, unb64 } from '../core/bytes.js';
import { PACK_RECORD_LIMIT_BYTES } from '../core/constants.js';
import { canonicalBytes } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { openNames, fieldDigest, fieldSaltDeriver } from '../crypto/commitment.js';
import { objectOf, textOf, integerOf } from '../record/reading.js';
import { SCHEMAS } from '../record/vocabulary/schemas.js';
import type { Json, JsonObject } from '../core/encoding.js';

const EXPORT_FIELDS = new Set(['kind', 'made_at', 'manifest_sha256', 'pack_id', 'pack_no']);

/**
 * Return the field names of a kind of record.
 * @param schema of its schema
 */
export function fieldNamesOf(kind: string, schema: number): { open: readonly string[]; restricted: readonly string[] } {
  const kinds = SCHEMAS as Record<string, Record<string, { open: readonly string[]; restricted: readonly string[] }>>;
  const names = kinds[kind]?.[String(schema)];
  if (!names) throw new KeptError('bad_request', 'This entry was made by a newer version. Update this one first.');
  return names;
}

/** Return the label of each incident: `7`, or `U1`, `U2`… in order of arrival for those without a number. */
export function entryLabels(capsule: JsonObject): Map<string, string> {
  const labels: Map<string, string> = new Map();
  let unnumbered = 0;
  for (const version of rowsOf(capsule, 'versions')) {
    const record = textOf(version, 'record');
    if (version.kind !== 'incident' || labels.has(record)) continue;
    const entryNumber = integerOf(version, 'seq_no');
    labels.set(record, entryNumber === null ? `U${++unnumbered}` : String(entryNumber));
  }
  return labels;
}

/** Return the file name of each record's proofs: `0007`, `U0001`, an exhibit's `JB-3`, or `order-0002`. */
export function fileLabels(capsule: JsonObject): Map<string, string> {
  const labels = new Map(
    [...entryLabels(capsule)].map(([record, label]) => [
      record,
      label.startsWith('U') ? `U${label.slice(1).padStart(4, '0')}` : label.padStart(4, '0'),
    ]),
  );
  for (const exhibit of rowsOf(capsule, 'exhibits'))
    labels.set(textOf(exhibit, 'record'), textOf(exhibit, 'item').replace('/', '-'));
  for (const ref of rowsOf(capsule, 'refs'))
    labels.set(textOf(ref, 'record'), `${textOf(ref, 'kind')}-${String(integerOf(ref, 'no')).padStart(4, '0')}`);
  return labels;
}

/**
 * Return every version by the name of its proof, without the folder. People, orders and the like contain names: their
 * proofs are in the restricted part only.
 */
export function proofNames(capsule: JsonObject, part: 'servable' | 'restricted'): Map<string, JsonObject> {
  const labels = fileLabels(capsule);
  const included = rowsOf(capsule, 'versions').filter(
    ({ kind }) => part === 'restricted' || kind === 'incident' || kind === 'attachment',
  );
  return new Map(
    included.map((version) => [
      `proof/${labels.get(textOf(version, 'record'))}-${textOf(version, 'version').slice(0, 8)}.json`,
      version,
    ]),
  );
}

/** Return `proof/keys.json`, the same in both folders. */
export function keysFile(capsule: JsonObject): Uint8Array {
  return canonicalBytes({ ...objectOf(capsule, 'keys'), t: 'keys/v1' });
}

/**
 * Return one version's proof with exactly the names in `withheld` as digests.
 * @param version a row of the capsule
 */
export function encodeProof(version: JsonObject, withheld: ReadonlySet<string>): Uint8Array {
  const names = fieldNamesOf(textOf(version, 'kind'), Number(version.schema));
  const parts = { open: objectOf(version, 'open'), restricted: objectOf(version, 'restricted') };
  const openSalt = fieldSaltDeriver(unb64(textOf(parts.open, 'seed')));
  const seed = textOf(parts.restricted, 'seed');
  const restrictedSalt = seed ? fieldSaltDeriver(unb64(seed)) : openSalt;
  const fields: Record<string, Json> = {};
  const digests: Record<string, Json> = {};
  const givenDigests = objectOf(parts.restricted, 'digests');
  const addField = (name: string, salt: Uint8Array, value: Json) => {
    if (withheld.has(name)) digests[name] = givenDigests[name] ?? b64(fieldDigest(name, salt, value));
    else fields[name] = { s: b64(salt), v: value };
  };
  const open = objectOf(parts.open, 'fields');
  const restricted = objectOf(parts.restricted, 'fields');
  for (const name of openNames(names)) addField(name, openSalt(name), open[name] ?? null);
  for (const name of names.restricted) addField(name, restrictedSalt(name), restricted[name] ?? null);
  return canonicalBytes(
    {
      c: version.c ?? null,
      fields,
      kind: version.kind ?? null,
      receipt: version.receipt ?? null,
      record: version.record ?? null,
      seq_no: version.seq_no ?? null,
      sig: version.sig ?? null,
      t: 'proof/v1',
      version: version.version ?? null,
      withheld: digests,
    },
    { limit: PACK_RECORD_LIMIT_BYTES },
  );
}

/**
 * Return pack-export.json: the proof of the diary's `export` record of a pack. Only the fields that say which pack it
 * is are disclosed: the record also lists entries and who has the pack.
 * @param version a row of the form that the capsule has
 */
export function exportProof(version: JsonObject): Uint8Array {
  const { open, restricted } = versionFieldNames(version);
  const withheld = open.filter((name) => !name.startsWith('_') && !EXPORT_FIELDS.has(name));
  return encodeProof(version, new Set([...withheld, ...restricted]));
}

/**
 * Return the names of one version, open (reserved ones too) and restricted.
 * @param version a row of the capsule
 */
export function versionFieldNames(version: JsonObject) {
  const names = fieldNamesOf(textOf(version, 'kind'), Number(version.schema));
  return { open: openNames(names), restricted: names.restricted };
}

/** Return the objects of a list the capsule always has. */
export function rowsOf(capsule: JsonObject, name: string): JsonObject[] {
  return capsule[name] as JsonObject[];
}
