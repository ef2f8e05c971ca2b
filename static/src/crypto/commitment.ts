/**
 * One digest per field, and one commitment over all of them: docs/formats.md, section 5.
 *
 * Each digest is salted, so the digest of a withheld field cannot be tested against guesses. The commitment covers
 * every name of the schema, so a pack may omit a field and still prove that nothing else was changed.
 * These are hundreds of tiny digests, so they are computed synchronously in JavaScript.
 */
import { b64, b64Bytes, utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { hkdfMany, sha256After, sha256Now } from './digests.js';
import type { Bytes } from '../core/bytes.js';
import type { Json } from '../core/encoding.js';

/** Reserved names count as open, listed or not */
export type Names = { open: readonly string[]; restricted: readonly string[] };
export type Fields = { readonly [name: string]: Json };

export const RESERVED = Object.freeze([
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
const COMMIT = utf8('kept/commit\0');
const MIDDLE = utf8('","v":');
const END = utf8('}');
const END_NULL = utf8('","v":null}');
const digestField = sha256After(utf8('kept/field\0{"n":"'));

/** Cache: there are few names, and every version uses them again. */
const SPELT: Map<string, { name: Bytes; before: Bytes }> = new Map();

/** Return the open names with the reserved ones, without duplicates. */
export function allOpen(names: Names): string[] {
  return [...new Set([...RESERVED, ...names.open])];
}

/**
 * Return a function that derives the 16-byte salt of each field of a part.
 * @param seed of the part
 */
export function saltsOf(seed: Uint8Array): (name: string) => Bytes {
  const derive = hkdfMany(seed, 'kept/fieldsalt\0');
  return (name) => derive(spelt(name).name).subarray(0, SALT_BYTES);
}

/**
 * Return the 32-byte digest of a field; null stands for no value. Hashes the label and the bytes of
 * canonicalBytes({n: name, s: b64(salt), v: value}), joined from prepared pieces for speed.
 */
export function fieldDigest(name: string, salt: Uint8Array, value: Json): Bytes {
  const { before } = spelt(name);
  return value === null
    ? digestField(before, b64Bytes(salt), END_NULL)
    : digestField(before, b64Bytes(salt), MIDDLE, canon(value), END);
}

/** Reads own properties only: a newer schema may use a name that Object.prototype has. */
const own = (fields: Fields, name: string): Json => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null);

/**
 * Return the digest of every name, b64. Without a restricted part (`seeds.restricted` null) the restricted names'
 * salts come from the open seed.
 */
export function fieldDigests(
  names: Names,
  open: Fields,
  restricted: Fields,
  seeds: { open: Uint8Array; restricted: Uint8Array | null },
): Record<string, string> {
  const digests: Record<string, string> = {};
  const openSalt = saltsOf(seeds.open);
  const restrictedSalt = seeds.restricted ? saltsOf(seeds.restricted) : openSalt;
  for (const name of allOpen(names)) digests[name] = b64(fieldDigest(name, openSalt(name), own(open, name)));
  for (const name of names.restricted) {
    digests[name] = b64(fieldDigest(name, restrictedSalt(name), own(restricted, name)));
  }
  return digests;
}

/**
 * Return the 32-byte commitment over a version's field digests.
 * @param digests name → b64
 */
export function commitment(digests: Record<string, string>): Bytes {
  return sha256Now(COMMIT, canon(digests));
}

/** @param name matches the key pattern, so nothing in it needs escaping */
function spelt(name: string): { name: Bytes; before: Bytes } {
  let found = SPELT.get(name);
  if (!found) {
    found = { name: utf8(name), before: utf8(`${name}","s":"`) };
    SPELT.set(name, found);
  }
  return found;
}
