/**
 * Store records: docs/formats.md, section 4a. The store is one table of random ids and raw Cobblestone bytes. Each
 * record holds a small description and the bytes it describes, padded to a size class.
 */
import { concat, utf8 } from '../core/bytes.js';
import { canon, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import { hkdf } from './digests.js';
import { padVersion, unpad } from './padding.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject, PlainObject } from '../core/encoding.js';

export type Opened = { desc: JsonObject; bytes: Bytes };
export type OneKey = { aead: CryptoKey; base: Bytes };

export const DESC_LIMIT = 65535;

const STORE = utf8('kept/store\0');
const NOTHING = new Uint8Array(0);

/** Return the id of a store's root record: 16 bytes that only the store key gives. */
export async function rootIdOf(storeKey: Bytes): Promise<Bytes> {
  return (await hkdf(storeKey, 'kept/root-id\0')).slice(0, 16);
}

/**
 * Seal one store record.
 * @param key the store key
 * @param id 16 bytes
 * @param desc canonical, at most 65,535 bytes
 */
export async function sealBox(
  key: CryptoKey,
  id: Uint8Array,
  desc: PlainObject,
  bytes: Uint8Array = NOTHING,
): Promise<Bytes> {
  const about = canon(desc, { limit: DESC_LIMIT });
  const length = Uint8Array.of(about.length >> 8, about.length & 255);
  return cobblestone.seal(key, contextOf(id), padVersion(length, about, bytes));
}

/** Open one store record. Throws `not_opened` for every cause alike. */
export async function openBox(key: CryptoKey, id: Uint8Array, sealed: Uint8Array): Promise<Opened> {
  return described(unpad(await cobblestone.open(key, contextOf(id), sealed)));
}

/**
 * Return a key that opens only this record, without the store key: see diary/sync/locked_upload.js.
 * @param head the record's first bytes
 * @returns null when the record was not sealed under this key
 */
export function keyOfBox(key: CryptoKey, id: Uint8Array, head: Uint8Array): Promise<OneKey | null> {
  return cobblestone.keysOfOne(key, contextOf(id), head);
}

/** Open a record with its own key. Throws `not_opened` for every cause alike. */
export async function openBoxWith(key: OneKey, sealed: Uint8Array): Promise<Opened> {
  return described(unpad(await cobblestone.openOne(key, sealed)));
}

function described(plaintext: Bytes): Opened {
  const [high = 0, low = 0] = plaintext;
  const end = 2 + high * 256 + low;
  if (end > plaintext.length) throw new KeptError('not_opened');
  try {
    return { desc: parseObject(plaintext.subarray(2, end)), bytes: plaintext.slice(end) };
  } catch {
    throw new KeptError('not_opened');
  }
}

function contextOf(id: Uint8Array): Bytes {
  if (id.length !== 16) throw new KeptError('bad_request', 'An id has the wrong length.');
  return concat(STORE, id);
}
