/** Ids: 16 random bytes, written as 22 characters of base64url. */
import { b64, random, unb64 } from './bytes.js';
import { KeptError } from './errors.js';
import type { Bytes } from './bytes.js';

export const ID_BYTES = 16;
export const ID_CHARS = 22;

/**
 * A fresh id. Nothing about time, place or order can be read from it.
 * @returns 16 bytes
 */
export function newId(): Bytes {
  return random(ID_BYTES);
}

/** An id as its 22 characters. Throws `bad_request` when it is not 16 bytes. */
export function idText(bytes: Uint8Array): string {
  if (bytes.length !== ID_BYTES) throw new KeptError('bad_request', 'An id has the wrong length.');
  return b64(bytes);
}

/** The 16 bytes of an id. Throws `bad_request` unless `text` is the one spelling of them. */
export function parseId(text: unknown): Bytes {
  if (typeof text !== 'string' || text.length !== ID_CHARS) {
    throw new KeptError('bad_request', 'An id has the wrong length.');
  }
  return unb64(text);
}
