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

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').Json} Json */
/** @typedef {{open: readonly string[], restricted: readonly string[]}} Names reserved names count as open whether listed or not */
/** @typedef {{readonly [name: string]: Json}} Fields */

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

/** Names are few and come again with every version. @type {Map<string, {name: Bytes, before: Bytes}>} */
const SPELT = new Map();

/**
 * Open names with the reserved ones, each once.
 * @param {Names} names
 * @returns {string[]}
 */
export function allOpen(names) {
  return [...new Set([...RESERVED, ...names.open])];
}

/**
 * The 16-byte salt of each field of a part.
 * @param {Uint8Array} seed of the part
 * @returns {(name: string) => Bytes}
 */
export function saltsOf(seed) {
  const derive = hkdfMany(seed, 'kept/fieldsalt\0');
  return (name) => derive(spelt(name).name).subarray(0, SALT_BYTES);
}

/**
 * The 32-byte digest of a field; a field without a value has null. The same bytes as
 * canon({n: name, s: b64(salt), v: value}) behind the label, put together from pieces that are ready.
 * @param {string} name
 * @param {Uint8Array} salt
 * @param {Json} value
 * @returns {Bytes}
 */
export function fieldDigest(name, salt, value) {
  const { before } = spelt(name);
  return value === null
    ? digestField(before, b64Bytes(salt), END_NULL)
    : digestField(before, b64Bytes(salt), MIDDLE, canon(value), END);
}

/** A name of a newer schema may be what every object has. @param {Fields} fields @param {string} name @returns {Json} */
const own = (fields, name) => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null);

/**
 * Every name's digest, as b64. Without a restricted part (`seeds.restricted` null) those salts come from the
 * open seed.
 * @param {Names} names
 * @param {Fields} open
 * @param {Fields} restricted
 * @param {{open: Uint8Array, restricted: Uint8Array | null}} seeds
 * @returns {Record<string, string>}
 */
export function fieldDigests(names, open, restricted, seeds) {
  /** @type {Record<string, string>} */
  const digests = {};
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
 * @param {Record<string, string>} digests name → b64
 * @returns {Bytes}
 */
export function commitment(digests) {
  return sha256Now(COMMIT, canon(digests));
}

/**
 * @param {string} name of the key pattern, so that nothing in it needs escaping
 * @returns {{name: Bytes, before: Bytes}}
 */
function spelt(name) {
  let found = SPELT.get(name);
  if (!found) {
    found = { name: utf8(name), before: utf8(`${name}","s":"`) };
    SPELT.set(name, found);
  }
  return found;
}
