/**
 * Derive keys from the words, and the policy for the parameters: docs/formats.md, section 4.
 *
 * [Note: downgrade] The server stores `kdf` and returns it before anybody is authenticated, so it could request a
 * cheap derivation and guess the words from the response. Parameters below the floor, above the ceiling or cheaper
 * than this device has already seen are refused before anything is derived. The origin is part of the salt and is
 * compared with the page's own, so a copy of the site on another host gets a proof that is worthless elsewhere.
 */
import { b64, randomBytes, unb64, utf8 } from '../core/bytes.js';
import {
  KDF_CEILING_MEMORY_KIB,
  KDF_CEILING_PASSES,
  KDF_DEFAULT_MEMORY_KIB,
  KDF_DEFAULT_PASSES,
  KDF_FLOOR_MEMORY_KIB,
  KDF_FLOOR_PASSES,
} from '../core/constants.js';
import { canonicalBytes } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { hkdf, importHkdfKey, sha256Sync } from './digests.js';
import type { Bytes } from '../core/bytes.js';
import type { Argon2id, KdfCost, OnProgress } from './argon2.js';

export type Kdf = { alg: 'argon2id'; login: string; m: number; origin: string; p: 1; salt: string; t: number };
export type KdfPolicy = { floor: KdfCost; ceiling: KdfCost };

export const DEFAULT_COST = Object.freeze({ m: KDF_DEFAULT_MEMORY_KIB, t: KDF_DEFAULT_PASSES });
export const COST_FLOOR = Object.freeze({ m: KDF_FLOOR_MEMORY_KIB, t: KDF_FLOOR_PASSES });
export const COST_CEILING = Object.freeze({ m: KDF_CEILING_MEMORY_KIB, t: KDF_CEILING_PASSES });
export const LOCAL_ORIGIN = 'local';
export const DEFAULT_POLICY: KdfPolicy = Object.freeze({ floor: COST_FLOOR, ceiling: COST_CEILING });

const SALT_BYTES = 16;
const LOGIN_PATTERN = /^(?:[a-z0-9-]{6,40})?$/;
const FIELD_NAMES = 'alg,login,m,origin,p,salt,t';

/**
 * Validate `kdf` before use. Throws `kdf_refused` unless it is complete and allowed.
 * @param highestCost the highest m·t this device has seen for the account
 */
export function checkKdf(kdf: unknown, policy: KdfPolicy, highestCost: number = 0): Kdf {
  if (typeof kdf !== 'object' || kdf === null || Object.keys(kdf).sort().join() !== FIELD_NAMES)
    throw new KeptError('kdf_refused');
  const { alg, login, m, origin, p, salt, t } = kdf as Record<string, unknown>;
  const isWithin = isBetween(m, policy.floor.m, policy.ceiling.m) && isBetween(t, policy.floor.t, policy.ceiling.t);
  if (alg !== 'argon2id' || p !== 1 || !isWithin || m * t < highestCost) throw new KeptError('kdf_refused');
  if (typeof login !== 'string' || typeof origin !== 'string' || !LOGIN_PATTERN.test(login))
    throw new KeptError('kdf_refused');
  if ((login === '') !== (origin === LOCAL_ORIGIN) || !isSalt(salt)) throw new KeptError('kdf_refused');
  return { alg, login, m, origin, p, salt, t };
}

/** Return new parameters for `login` at `origin`. */
export function newKdf({ m, t }: KdfCost, login: string, origin: string): Kdf {
  return { alg: 'argon2id', login, m, origin, p: 1, salt: b64(randomBytes(SALT_BYTES)), t };
}

/** Return the effective salt. It includes name and origin, so one stored salt does not serve two people or hosts. */
export function deriveSalt({ login, origin, salt }: Kdf): Bytes {
  return sha256Sync(utf8('kept/salt\0'), canonicalBytes({ login, origin, salt })).slice(0, SALT_BYTES);
}

/**
 * Derive ROOT from folded words, as non-extractable key material. One Argon2id.
 * @param kdf checked
 */
export async function deriveRoot(
  argon2: Argon2id,
  foldedWords: string,
  kdf: Kdf,
  onProgress?: OnProgress,
): Promise<CryptoKey> {
  const root = await argon2(utf8(foldedWords), deriveSalt(kdf), { m: kdf.m, t: kdf.t }, onProgress);
  const key = await importHkdfKey(root);
  root.fill(0);
  return key;
}

/** Derive AUTH, the proof sent at sign-in. Throws `kdf_refused` unless `kdf` belongs to `origin`, the page's own. */
export async function deriveAuth(root: CryptoKey, kdf: Kdf, origin: string): Promise<Bytes> {
  if (kdf.origin !== origin)
    throw new KeptError('kdf_refused', 'This lock belongs to another address. Nothing was sent.');
  return hkdf(root, 'kept/auth\0', canonicalBytes(kdf));
}

/** Derive the key that wraps the account key for the words. */
export function deriveWordsKek(root: CryptoKey, kdf: Kdf): Promise<Bytes> {
  return hkdf(root, 'kept/wrap-words\0', canonicalBytes(kdf));
}

/** Derive the key that wraps the account key for the recovery code. */
export function deriveCodeKek(code: Bytes | CryptoKey): Promise<Bytes> {
  return hkdf(code, 'kept/code\0');
}

/** Derive the proof of the recovery code. */
export function deriveCodeAuth(code: Bytes, login: string): Promise<Bytes> {
  return hkdf(code, 'kept/code-auth\0', utf8(login));
}

function isBetween(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}

function isSalt(salt: unknown): salt is string {
  try {
    return typeof salt === 'string' && unb64(salt).length === SALT_BYTES;
  } catch {
    return false;
  }
}
