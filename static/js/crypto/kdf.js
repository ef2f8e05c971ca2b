/**
 * From words to keys, and the policy that says which parameters may be used: docs/formats.md, section 4.
 *
 * [Note: downgrade] The server keeps `kdf` and hands it out before it knows who asks, so it could ask for a
 * cheap derivation and guess the words from what comes back. Whatever is below the floor, above the ceiling
 * or cheaper than this device has already seen is refused before anything is derived. The origin stands in
 * the salt and is compared with the page's own, so a copy of the site on another host gets a proof that is
 * worth nothing elsewhere.
 */
import { b64, random, unb64, utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { hkdf, importHkdfKey, sha256Now } from './digests.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('./argon2.js').Cost} Cost */
/** @typedef {{alg: 'argon2id', login: string, m: number, origin: string, p: 1, salt: string, t: number}} Kdf */
/** @typedef {{floor: Cost, ceiling: Cost}} Policy */

export const DEFAULT = Object.freeze({ m: 65536, t: 3 });
export const FLOOR = Object.freeze({ m: 47104, t: 1 });
export const CEILING = Object.freeze({ m: 262144, t: 16 });
export const LOCAL_ORIGIN = 'local';
/** @type {Policy} */
export const PRODUCT = Object.freeze({ floor: FLOOR, ceiling: CEILING });

const SALT_BYTES = 16;
const LOGIN = /^(?:[a-z0-9-]{6,40})?$/;
const NAMES = 'alg,login,m,origin,p,salt,t';

/**
 * `kdf` as one that may be derived from. Throws `kdf_refused` for anything but a whole, allowed one.
 * @param {unknown} kdf
 * @param {Policy} policy
 * @param {number} [high] the highest m·t this device has seen for the account
 * @returns {Kdf}
 */
export function checkKdf(kdf, policy, high = 0) {
  if (typeof kdf !== 'object' || kdf === null || Object.keys(kdf).sort().join() !== NAMES)
    throw new KeptError('kdf_refused');
  const { alg, login, m, origin, p, salt, t } = /** @type {Record<string, unknown>} */ (kdf);
  const isWithin = isBetween(m, policy.floor.m, policy.ceiling.m) && isBetween(t, policy.floor.t, policy.ceiling.t);
  if (alg !== 'argon2id' || p !== 1 || !isWithin || m * t < high) throw new KeptError('kdf_refused');
  if (typeof login !== 'string' || typeof origin !== 'string' || !LOGIN.test(login)) throw new KeptError('kdf_refused');
  if ((login === '') !== (origin === LOCAL_ORIGIN) || !isSalt(salt)) throw new KeptError('kdf_refused');
  return { alg, login, m, origin, p, salt, t };
}

/**
 * Fresh parameters for `login` at `origin`.
 * @param {Cost} cost
 * @param {string} login
 * @param {string} origin
 * @returns {Kdf}
 */
export function newKdf({ m, t }, login, origin) {
  return { alg: 'argon2id', login, m, origin, p: 1, salt: b64(random(SALT_BYTES)), t };
}

/**
 * The salt really used: name and origin are in it, so one given salt is of no use for two people or hosts.
 * @param {Kdf} kdf
 * @returns {Bytes}
 */
export function saltOf({ login, origin, salt }) {
  return sha256Now(utf8('kept/salt\0'), canon({ login, origin, salt })).slice(0, SALT_BYTES);
}

/**
 * ROOT of words already folded, as key material that cannot be read out again. One Argon2id.
 * @param {import('./argon2.js').Argon2id} argon2
 * @param {string} folded
 * @param {Kdf} kdf checked
 * @param {import('./argon2.js').OnProgress} [onProgress]
 * @returns {Promise<CryptoKey>}
 */
export async function rootOf(argon2, folded, kdf, onProgress) {
  const root = await argon2(utf8(folded), saltOf(kdf), { m: kdf.m, t: kdf.t }, onProgress);
  const key = await importHkdfKey(root);
  root.fill(0);
  return key;
}

/**
 * AUTH, the proof sent at sign-in. Throws `kdf_refused` unless `kdf` belongs to `origin`, the page's own.
 * @param {CryptoKey} root
 * @param {Kdf} kdf
 * @param {string} origin
 * @returns {Promise<Bytes>}
 */
export async function authOf(root, kdf, origin) {
  if (kdf.origin !== origin)
    throw new KeptError('kdf_refused', 'This lock belongs to another address. Nothing was sent.');
  return hkdf(root, 'kept/auth\0', canon(kdf));
}

/**
 * The key that wraps the account key for the words.
 * @param {CryptoKey} root
 * @param {Kdf} kdf
 * @returns {Promise<Bytes>}
 */
export function kekWords(root, kdf) {
  return hkdf(root, 'kept/wrap-words\0', canon(kdf));
}

/**
 * The key that wraps the account key for the recovery code.
 * @param {Bytes | CryptoKey} code
 * @returns {Promise<Bytes>}
 */
export function kekCode(code) {
  return hkdf(code, 'kept/code\0');
}

/**
 * The proof of the recovery code.
 * @param {Bytes} code
 * @param {string} login
 * @returns {Promise<Bytes>}
 */
export function codeAuth(code, login) {
  return hkdf(code, 'kept/code-auth\0', utf8(login));
}

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @returns {value is number}
 */
function isBetween(value, least, most) {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
}

/**
 * @param {unknown} salt
 * @returns {salt is string}
 */
function isSalt(salt) {
  try {
    return typeof salt === 'string' && unb64(salt).length === SALT_BYTES;
  } catch {
    return false;
  }
}
