/**
 * One digest a field, one commitment over all of them: docs/formats.md, section 5.
 *
 * Each digest is salted, so that a withheld field's digest cannot be guessed at, and the commitment spans
 * every name of the schema: a pack may leave a field out and still show that nothing else was changed.
 * All of it is done at once, in JavaScript: these are hundreds of tiny digests.
 */
import { b64, b64Bytes, utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { hkdfMany, sha256After, sha256Now } from './digests.js';
import type { Bytes } from '../core/bytes.js';
import type { Json } from '../core/encoding.js';

/** Reserved names count as open whether listed or not */
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

/** Names are few and come again with every version. */
const SPELT: Map<string, { name: Bytes; before: Bytes }> = new Map();

/** Open names with the reserved ones, each once. */
export function allOpen(names: Names): string[] {
  return [...new Set([...RESERVED, ...names.open])];
}

/**
 * The 16-byte salt of each field of a part.
 * @param seed of the part
 */
export function saltsOf(seed: Uint8Array): (name: string) => Bytes {
  const derive = hkdfMany(seed, 'kept/fieldsalt\0');
  return (name) => derive(spelt(name).name).subarray(0, SALT_BYTES);
}

/**
 * The 32-byte digest of a field; a field without a value has null. The same bytes as
 * canon({n: name, s: b64(salt), v: value}) behind the label, put together from pieces that are ready.
 */
export function fieldDigest(name: string, salt: Uint8Array, value: Json): Bytes {
  const { before } = spelt(name);
  return value === null
    ? digestField(before, b64Bytes(salt), END_NULL)
    : digestField(before, b64Bytes(salt), MIDDLE, canon(value), END);
}

/** A name of a newer schema may be what every object has. */
const own = (fields: Fields, name: string): Json => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null);

/**
 * Every name's digest, as b64. Without a restricted part (`seeds.restricted` null) those salts come from the
 * open seed.
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
 * The 32-byte commitment over a version's field digests.
 * @param digests name → b64
 */
export function commitment(digests: Record<string, string>): Bytes {
  return sha256Now(COMMIT, canon(digests));
}

/** @param name of the key pattern, so that nothing in it needs escaping */
function spelt(name: string): { name: Bytes; before: Bytes } {
  let found = SPELT.get(name);
  if (!found) {
    found = { name: utf8(name), before: utf8(`${name}","s":"`) };
    SPELT.set(name, found);
  }
  return found;
}
