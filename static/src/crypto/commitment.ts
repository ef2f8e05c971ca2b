/**
 * One digest per field, and one commitment over all of them: docs/formats.md, section 5.
 *
 * Each digest is salted, so the digest of a withheld field cannot be tested against guesses. The commitment covers
 * every name of the schema, so a pack may omit a field and still show that nothing else was changed.
 * These are hundreds of tiny digests, so they are computed synchronously in JavaScript.
 */
import { b64, b64Bytes, utf8 } from '../core/bytes.js';
import { canonicalBytes } from '../core/encoding.js';
import { hkdfDeriver, sha256WithPrefix, sha256Sync } from './digests.js';
import type { Bytes } from '../core/bytes.js';
import type { Json } from '../core/encoding.js';

/** Reserved names count as open, listed or not */
export type FieldNames = { open: readonly string[]; restricted: readonly string[] };
export type Fields = { readonly [name: string]: Json };

export const RESERVED_NAMES = Object.freeze([
  '_kind',
  '_schema',
  '_ids',
  '_parents',
  '_line',
  '_beacon',
  '_author',
  '_by',
  '_clock',
]);

const SALT_BYTES = 16;
const COMMITMENT_LABEL = utf8('kept/commit\0');
const BEFORE_VALUE = utf8('","v":');
const AFTER_VALUE = utf8('}');
const NULL_VALUE = utf8('","v":null}');
const digestField = sha256WithPrefix(utf8('kept/field\0{"n":"'));

/** Cache: there are few names, and every version uses them again. */
const ENCODED_NAMES: Map<string, { name: Bytes; prefix: Bytes }> = new Map();

/** Return the open names with the reserved ones, without duplicates. */
export function openNames(names: FieldNames): string[] {
  return [...new Set([...RESERVED_NAMES, ...names.open])];
}

/**
 * Return a function that derives the 16-byte salt of each field of a part.
 * @param seed of the part
 */
export function fieldSaltDeriver(seed: Uint8Array): (name: string) => Bytes {
  const deriveSalt = hkdfDeriver(seed, 'kept/fieldsalt\0');
  return (name) => deriveSalt(encodeName(name).name).subarray(0, SALT_BYTES);
}

/**
 * Return the 32-byte digest of a field; null stands for no value. Hashes the label and the bytes of
 * canonicalBytes({n: name, s: b64(salt), v: value}), joined from prepared pieces for speed.
 */
export function fieldDigest(name: string, salt: Uint8Array, value: Json): Bytes {
  const { prefix } = encodeName(name);
  return value === null
    ? digestField(prefix, b64Bytes(salt), NULL_VALUE)
    : digestField(prefix, b64Bytes(salt), BEFORE_VALUE, canonicalBytes(value), AFTER_VALUE);
}

/** Reads own properties only: a newer schema may use a name that Object.prototype has. */
const fieldValue = (fields: Fields, name: string): Json =>
  Object.hasOwn(fields, name) ? (fields[name] ?? null) : null;

/**
 * Return the digest of every name, b64. Without a restricted part (`seeds.restricted` null) the restricted names'
 * salts come from the open seed.
 */
export function fieldDigests(
  names: FieldNames,
  open: Fields,
  restricted: Fields,
  seeds: { open: Uint8Array; restricted: Uint8Array | null },
): Record<string, string> {
  const digests: Record<string, string> = {};
  const openSalt = fieldSaltDeriver(seeds.open);
  const restrictedSalt = seeds.restricted ? fieldSaltDeriver(seeds.restricted) : openSalt;
  for (const name of openNames(names)) digests[name] = b64(fieldDigest(name, openSalt(name), fieldValue(open, name)));
  for (const name of names.restricted) {
    digests[name] = b64(fieldDigest(name, restrictedSalt(name), fieldValue(restricted, name)));
  }
  return digests;
}

/**
 * Return the 32-byte commitment over a version's field digests.
 * @param digests name → b64
 */
export function computeCommitment(digests: Record<string, string>): Bytes {
  return sha256Sync(COMMITMENT_LABEL, canonicalBytes(digests));
}

/** @param name matches the key pattern, so nothing in it needs escaping */
function encodeName(name: string): { name: Bytes; prefix: Bytes } {
  let encoded = ENCODED_NAMES.get(name);
  if (!encoded) {
    encoded = { name: utf8(name), prefix: utf8(`${name}","s":"`) };
    ENCODED_NAMES.set(name, encoded);
  }
  return encoded;
}
