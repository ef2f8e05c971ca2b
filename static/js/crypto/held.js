/**
 * Secrets that must be read again (to wrap them anew, to store them) are held sealed in memory under a key
 * the platform will not give out. A picture of the worker's heap then shows ciphertext; a use lasts as long
 * as the function it is handed to, and what it saw is overwritten after.
 */
import { random } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */

const AES = { name: 'AES-GCM', length: 256 };

export class Held {
  /** @type {Map<string, {iv: Bytes, sealed: ArrayBuffer}>} */
  #kept = new Map();

  /** @type {Promise<CryptoKey> | undefined} */
  #key;

  /**
   * Keep a copy of `secret` under `name`, in place of an earlier one.
   * @param {string} name
   * @param {Bytes} secret
   */
  async put(name, secret) {
    const key = await this.#holdingKey();
    const iv = random(12);
    this.#kept.set(name, { iv, sealed: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, secret) });
  }

  /**
   * @param {string} name
   * @returns {boolean}
   */
  has(name) {
    return this.#kept.has(name);
  }

  /**
   * Hands the secret to `use` and overwrites it afterwards. Throws `locked` when there is none of that name.
   * @template T
   * @param {string} name
   * @param {(secret: Bytes) => T | Promise<T>} use
   * @returns {Promise<T>}
   */
  async use(name, use) {
    const kept = this.#kept.get(name);
    if (!kept) throw new KeptError('locked');
    const key = await this.#holdingKey();
    const secret = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: kept.iv }, key, kept.sealed));
    try {
      return await use(secret);
    } finally {
      secret.fill(0);
    }
  }

  /** @param {string} name */
  drop(name) {
    this.#kept.delete(name);
  }

  /** @returns {Promise<CryptoKey>} */
  #holdingKey() {
    this.#key ??= crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt']);
    return this.#key;
  }
}
