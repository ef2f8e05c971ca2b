/**
 * Wraps and the keyset: docs/formats.md, section 4. A wrap is a key sealed for one opener; its header says
 * whose and for what, and is bound to it. Each is opened again before anything relies on it.
 */
import { b64, isSame, unb64 } from '../core/bytes.js';
import { canon, isObject, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import * as envelope from './envelope.js';
import { checkPair } from './signing.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {import('./signing.js').Pair} Pair */
/** @typedef {import('./kdf.js').Kdf} Kdf */
/** @typedef {{ecdsa: Pair, hpke: Pair, earlier?: readonly JsonObject[]}} Pairs `earlier`: statements about the keys before, oldest first. In here, because only what the account key seals is the keeper's own word */

const KEYSET = 'ecdsa,ecdsa_pub,hpke,hpke_pub';

/**
 * The header of the account key's wrap for the words or the code.
 * @param {'words' | 'code'} by
 * @param {string} account
 * @param {number} epoch
 * @param {Kdf} [kdf] with words
 * @returns {JsonObject}
 */
export function accountWrapHeader(by, account, epoch, kdf) {
  const header = { by, by_id: account, epoch, in: account, t: 'wrap', wraps: 'account' };
  return kdf ? { ...header, kdf } : header;
}

/**
 * The header of a diary key's wrap.
 * @param {string} account
 * @param {string} diary
 * @param {number} epoch
 * @returns {JsonObject}
 */
export function diaryWrapHeader(account, diary, epoch) {
  return { by: 'account', by_id: account, epoch, in: diary, t: 'wrap', wraps: 'diary' };
}

/**
 * The header of a version key's wrap.
 * @param {string} diary
 * @param {number} epoch
 * @param {'open' | 'restricted'} part
 * @param {string} version
 * @returns {JsonObject}
 */
export function versionWrapHeader(diary, epoch, part, version) {
  return { by: 'diary', by_id: diary, epoch, in: diary, t: 'wrap', wraps: `${part}:${version}` };
}

/**
 * The header of a version key's wrap for a grant's key. A grant has one key, so there is one epoch.
 * @param {{diary: string, grant: string}} place
 * @param {'open' | 'restricted'} part
 * @param {string} version
 * @returns {JsonObject}
 */
export function grantWrapHeader({ diary, grant }, part, version) {
  return { by: 'grant', by_id: grant, epoch: 1, in: diary, t: 'wrap', wraps: `${part}:${version}` };
}

/**
 * @param {CryptoKey} opener
 * @param {JsonObject} header
 * @param {Bytes} raw the 32-byte key to wrap
 * @returns {Promise<Bytes>}
 */
export async function wrap(opener, header, raw) {
  const sealed = await envelope.seal(opener, 'wrap', header, raw);
  if (!isSame(await unwrap(opener, header, sealed), raw)) throw new KeptError('not_opened');
  return sealed;
}

/**
 * The 32-byte key in a wrap. Throws `not_opened`.
 * @param {CryptoKey} opener
 * @param {JsonObject} header the exact one asked for
 * @param {Uint8Array} sealed
 * @returns {Promise<Bytes>}
 */
export async function unwrap(opener, header, sealed) {
  const raw = await envelope.open(opener, sealed, 'wrap', header);
  if (raw.length !== 32) throw new KeptError('not_opened');
  return raw;
}

/**
 * The account's own pairs, sealed under the account key.
 * @param {CryptoKey} accountKey
 * @param {{account: string, epoch: number, rev: number}} place
 * @param {Pairs} pairs
 * @returns {Promise<Bytes>}
 */
export async function sealKeyset(accountKey, { account, epoch, rev }, { ecdsa, hpke, earlier = [] }) {
  const plaintext = canon({
    ecdsa: b64(ecdsa.scalar),
    ecdsa_pub: b64(ecdsa.pub),
    hpke: b64(hpke.scalar),
    hpke_pub: b64(hpke.pub),
    ...(earlier.length ? { earlier: [...earlier] } : {}),
  });
  const sealed = await envelope.seal(accountKey, 'keyset', { account, epoch, rev, t: 'keyset' }, plaintext);
  await openKeyset(accountKey, { account, epoch, rev }, sealed);
  return sealed;
}

/**
 * The pairs in a keyset. Throws `not_opened`, also when a public key is not its private key's own: sealing to
 * a swapped one would seal to whoever swapped it.
 * @param {CryptoKey} accountKey
 * @param {{account: string, epoch: number, rev: number}} place
 * @param {Uint8Array} sealed
 * @returns {Promise<Pairs & {earlier: readonly JsonObject[]}>}
 */
export async function openKeyset(accountKey, { account, epoch, rev }, sealed) {
  const plaintext = await envelope.open(accountKey, sealed, 'keyset', { account, epoch, rev, t: 'keyset' });
  try {
    const { earlier = [], ...set } = /** @type {Record<string, any>} */ (parseObject(plaintext));
    if (Object.keys(set).sort().join() !== KEYSET || !Array.isArray(earlier) || !earlier.every(isObject))
      throw new KeptError('not_opened');
    const [ecdsa, ecdsaPub, hpke, hpkePub] = ['ecdsa', 'ecdsa_pub', 'hpke', 'hpke_pub'].map((name) =>
      unb64(set[name] ?? ''),
    );
    const pairs = { ecdsa: pair(ecdsa, ecdsaPub), hpke: pair(hpke, hpkePub) };
    await Promise.all([checkPair(pairs.ecdsa), checkPair(pairs.hpke)]);
    return { ...pairs, earlier };
  } catch {
    throw new KeptError('not_opened');
  }
}

/**
 * @param {Bytes | undefined} scalar
 * @param {Bytes | undefined} pub
 * @returns {Pair}
 */
function pair(scalar, pub) {
  if (scalar?.length !== 32 || pub?.length !== 65) throw new KeptError('not_opened');
  return { scalar, pub };
}

/** A key ready for `wrap` and `unwrap`, not extractable. */
export const importOpener = cobblestone.importKey;
