/**
 * Store records: docs/formats.md, section 4a. The store is one table of random ids and raw Cobblestone bytes. Each
 * record holds a small description and the bytes it describes, padded to a size class.
 */
import { concat, utf8 } from '../core/bytes.js';
import { canonicalBytes, parseCanonicalObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import { hkdf } from './digests.js';
import { padVersion, unpad } from './padding.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject, JsonInputObject } from '../core/encoding.js';

export type OpenedBox = { desc: JsonObject; bytes: Bytes };
export type BoxKey = { aead: CryptoKey; base: Bytes };

export const DESC_LIMIT = 65535;

const STORE_LABEL = utf8('kept/store\0');
const NO_BYTES = new Uint8Array(0);

/** Return the id of a store's root record: 16 bytes that only the store key gives. */
export async function deriveRootId(storeKey: Bytes): Promise<Bytes> {
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
  desc: JsonInputObject,
  bytes: Uint8Array = NO_BYTES,
): Promise<Bytes> {
  const descBytes = canonicalBytes(desc, { limit: DESC_LIMIT });
  const length = Uint8Array.of(descBytes.length >> 8, descBytes.length & 255);
  return cobblestone.seal(key, contextOf(id), padVersion(length, descBytes, bytes));
}

/** Open one store record. Throws `not_opened` for every cause alike. */
export async function openBox(key: CryptoKey, id: Uint8Array, sealed: Uint8Array): Promise<OpenedBox> {
  return parseBox(unpad(await cobblestone.open(key, contextOf(id), sealed)));
}

/**
 * Return a key that opens only this record, without the store key: see diary/sync/locked_upload.js.
 * @param head the record's first bytes
 * @returns null when the record was not sealed under this key
 */
export function deriveBoxKey(key: CryptoKey, id: Uint8Array, head: Uint8Array): Promise<BoxKey | null> {
  return cobblestone.deriveSingleMessageKeys(key, contextOf(id), head);
}

/** Open a record with its own key. Throws `not_opened` for every cause alike. */
export async function openBoxWithKey(key: BoxKey, sealed: Uint8Array): Promise<OpenedBox> {
  return parseBox(unpad(await cobblestone.openWithMessageKeys(key, sealed)));
}

function parseBox(plaintext: Bytes): OpenedBox {
  const [highByte = 0, lowByte = 0] = plaintext;
  const descEnd = 2 + highByte * 256 + lowByte;
  if (descEnd > plaintext.length) throw new KeptError('not_opened');
  try {
    return { desc: parseCanonicalObject(plaintext.subarray(2, descEnd)), bytes: plaintext.slice(descEnd) };
  } catch {
    throw new KeptError('not_opened');
  }
}

function contextOf(id: Uint8Array): Bytes {
  if (id.length !== 16) throw new KeptError('bad_request', 'An id has the wrong length.');
  return concat(STORE_LABEL, id);
}
