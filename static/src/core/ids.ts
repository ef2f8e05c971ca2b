/** Ids: 16 random bytes, written as 22 base64url characters. */
import { b64, randomBytes, unb64 } from './bytes.js';
import { KeptError } from './errors.js';
import type { Bytes } from './bytes.js';

export const ID_BYTES = 16;
export const ID_CHARS = 22;

/**
 * Return a new random id. It reveals nothing about time, place or order.
 * @returns 16 bytes
 */
export function newId(): Bytes {
  return randomBytes(ID_BYTES);
}

/** Return an id as 22 characters. Throws `bad_request` when it is not 16 bytes. */
export function formatId(bytes: Uint8Array): string {
  if (bytes.length !== ID_BYTES) throw new KeptError('bad_request', 'An id has the wrong length.');
  return b64(bytes);
}

/** Return the 16 bytes of an id. Throws `bad_request` unless `text` is its only valid spelling. */
export function parseId(text: unknown): Bytes {
  if (typeof text !== 'string' || text.length !== ID_CHARS) {
    throw new KeptError('bad_request', 'An id has the wrong length.');
  }
  return unb64(text);
}
