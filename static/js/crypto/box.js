/**
 * Store records: docs/formats.md, section 4a. One table of random ids and raw Cobblestone bytes; a small
 * description and the bytes it describes are inside, padded to a size class.
 */
import { concat, utf8 } from '../core/bytes.js';
import { canon, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import { hkdf } from './digests.js';
import { padVersion, unpad } from './padding.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {{desc: JsonObject, bytes: Bytes}} Opened */
/** @typedef {{aead: CryptoKey, base: Bytes}} OneKey */

export const DESC_LIMIT = 65535;

const STORE = utf8('kept/store\0');
const NOTHING = new Uint8Array(0);

/**
 * Where a store keeps its root record: 16 bytes that only the store key tells.
 * @param {Bytes} storeKey
 * @returns {Promise<Bytes>}
 */
export async function rootIdOf(storeKey) {
  return (await hkdf(storeKey, 'kept/root-id\0')).slice(0, 16);
}

/**
 * @param {CryptoKey} key the store key
 * @param {Uint8Array} id 16 bytes
 * @param {JsonObject} desc canonical, at most 65,535 bytes
 * @param {Uint8Array} [bytes]
 * @returns {Promise<Bytes>}
 */
export async function sealBox(key, id, desc, bytes = NOTHING) {
  const about = canon(desc, { limit: DESC_LIMIT });
  const length = Uint8Array.of(about.length >> 8, about.length & 255);
  return cobblestone.seal(key, contextOf(id), padVersion(length, about, bytes));
}

/**
 * Throws `not_opened` for every cause alike.
 * @param {CryptoKey} key
 * @param {Uint8Array} id
 * @param {Uint8Array} sealed
 * @returns {Promise<Opened>}
 */
export async function openBox(key, id, sealed) {
  return described(unpad(await cobblestone.open(key, contextOf(id), sealed)));
}

/**
 * What opens one record and no other, without the store key: see actions/carrier.js.
 * @param {CryptoKey} key
 * @param {Uint8Array} id
 * @param {Uint8Array} head its first bytes
 * @returns {Promise<OneKey|null>} null when it was not sealed under this key
 */
export function keyOfBox(key, id, head) {
  return cobblestone.keysOfOne(key, contextOf(id), head);
}

/**
 * Throws `not_opened` for every cause alike.
 * @param {OneKey} key
 * @param {Uint8Array} sealed
 * @returns {Promise<Opened>}
 */
export async function openBoxWith(key, sealed) {
  return described(unpad(await cobblestone.openOne(key, sealed)));
}

/** @param {Bytes} plaintext @returns {Opened} */
function described(plaintext) {
  const [high = 0, low = 0] = plaintext;
  const end = 2 + high * 256 + low;
  if (end > plaintext.length) throw new KeptError('not_opened');
  try {
    return { desc: parseObject(plaintext.subarray(2, end)), bytes: plaintext.slice(end) };
  } catch {
    throw new KeptError('not_opened');
  }
}

/**
 * @param {Uint8Array} id
 * @returns {Bytes}
 */
function contextOf(id) {
  if (id.length !== 16) throw new KeptError('bad_request', 'An id has the wrong length.');
  return concat(STORE, id);
}
