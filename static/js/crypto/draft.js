/**
 * The seal of what is written before there are words: a key the browser keeps and will not give out. It is a
 * lock against a copy of the database, not against who holds the phone; the first words replace it.
 */
import { utf8 } from '../core/bytes.js';
import { importKey, open, seal } from './cobblestone.js';
import { random } from '../core/bytes.js';
import { padVersion, unpad } from './padding.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */

const CONTEXT = utf8('kept/draft\0');

/**
 * A key that IndexedDB can keep and nobody can read.
 * @returns {Promise<CryptoKey>}
 */
export async function newDraftKey() {
  const raw = random(32);
  const key = await importKey(raw);
  raw.fill(0);
  return key;
}

/**
 * @param {CryptoKey} key from `newDraftKey`
 * @param {Uint8Array} plaintext
 * @returns {Promise<Bytes>}
 */
export function sealDraft(key, plaintext) {
  return seal(key, CONTEXT, padVersion(plaintext));
}

/**
 * Throws `not_opened`.
 * @param {CryptoKey} key
 * @param {Uint8Array} sealed
 * @returns {Promise<Bytes>}
 */
export async function openDraft(key, sealed) {
  return unpad(await open(key, CONTEXT, sealed)).slice();
}
