/**
 * Hold secrets that must be read again (to wrap or store them). They are sealed in memory under a non-extractable key,
 * so a dump of the worker's heap shows ciphertext. A secret is readable only while the callback runs; its copy is
 * overwritten afterwards.
 */
import { randomBytes } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import type { Bytes } from '../../core/bytes.js';

const AES = { name: 'AES-GCM', length: 256 };

export class SecretStore {
  #entries: Map<string, { iv: Bytes; sealed: ArrayBuffer }> = new Map();

  #key: Promise<CryptoKey> | undefined;

  /** Hold a copy of `secret` under `name`, replacing an earlier one. */
  async put(name: string, secret: Bytes) {
    const key = await this.#memoryKey();
    const iv = randomBytes(12);
    this.#entries.set(name, { iv, sealed: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, secret) });
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Pass the secret to `action` and overwrite it afterwards. Throws `locked` when there is none of that name. */
  async use<T>(name: string, action: (secret: Bytes) => T | Promise<T>): Promise<T> {
    const entry = this.#entries.get(name);
    if (!entry) throw new KeptError('locked');
    const key = await this.#memoryKey();
    const secret = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: entry.iv }, key, entry.sealed));
    try {
      return await action(secret);
    } finally {
      secret.fill(0);
    }
  }

  drop(name: string) {
    this.#entries.delete(name);
  }

  #memoryKey(): Promise<CryptoKey> {
    this.#key ??= crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt']);
    return this.#key;
  }
}
