/**
 * Cobblestone-256, C2SP chunked-encryption: docs/formats.md, section 1.
 *
 * [Note: nonces] A message key is derived from the caller's key, a fresh 24-byte salt and the context. It seals one
 * message. The nonces of that message are its derived base XOR the chunk number, so no nonce is used twice under one
 * message key. A nonce could repeat only if two messages shared a salt by chance (2⁻⁹⁶ after 2⁴⁸ messages).
 *
 * [Note: commitment] AES-GCM alone lets one ciphertext open under two keys to two plaintexts. The 32 bytes after the
 * salt are derived together with the message key, so a body that opens has exactly one key and one context.
 */
import { concat, concatAll, randomBytes, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { expandSha512, importExpandKey } from './digests.js';
import type { Bytes } from '../core/bytes.js';

type MessageKeys = { aead: CryptoKey; base: Bytes; commitment: Bytes };

export const SALT_BYTES = 24;
export const COMMITMENT_BYTES = 32;
export const HEAD_BYTES = SALT_BYTES + COMMITMENT_BYTES;
export const CHUNK_BYTES = 16384;
export const TAG_BYTES = 16;

// Measured: one chunk at a time, WebKit is eight times slower than with 32 in flight; more than 32 gains nothing.
const CHUNKS_IN_FLIGHT = 32;
const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
const LABEL = utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0');

/**
 * Import a key for sealing and opening, not extractable. Import once per key, not once per message.
 * @param raw 32 bytes
 */
export function importKey(raw: Bytes): Promise<CryptoKey> {
  if (raw.length !== 32) throw new KeptError('bad_request', 'A key has the wrong length.');
  return importExpandKey(raw);
}

/** Return the sealed length of `count` plaintext bytes. */
export function sealedLength(count: number): number {
  return HEAD_BYTES + count + TAG_BYTES * (Math.floor(count / CHUNK_BYTES) + 1);
}

/**
 * Seal `plaintext` into a list: salt and commitment, then one piece per chunk. The pieces are not joined, because
 * copying is half of the cost for a large file; `seal` returns one piece.
 * @param key from `importKey`
 * @param context bound into the keys
 * @param salt only test vectors pass one
 */
export async function sealChunks(
  key: CryptoKey,
  context: Uint8Array,
  plaintext: Bytes,
  salt: Bytes = randomBytes(SALT_BYTES),
): Promise<Bytes[]> {
  const keys = await deriveMessageKeys(key, context, salt);
  const count = Math.floor(plaintext.length / CHUNK_BYTES) + 1;
  const pieces = [concat(salt, keys.commitment)];
  for (let firstChunk = 0; firstChunk < count; firstChunk += CHUNKS_IN_FLIGHT) {
    const batch = [];
    for (let i = firstChunk; i < Math.min(count, firstChunk + CHUNKS_IN_FLIGHT); i++) {
      const chunk = plaintext.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
      batch.push(crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonceOf(keys.base, i) }, keys.aead, chunk));
    }
    for (const sealed of await Promise.all(batch)) pieces.push(new Uint8Array(sealed));
  }
  return pieces;
}

/** Seal into one piece, after `prefix` (of an envelope) when given. */
export async function seal(
  key: CryptoKey,
  context: Uint8Array,
  plaintext: Bytes,
  { salt, prefix }: { salt?: Bytes; prefix?: Uint8Array } = {},
): Promise<Bytes> {
  const pieces = await sealChunks(key, context, plaintext, salt);
  return concatAll(prefix ? [prefix, ...pieces] : pieces);
}

/** Open the output of `seal`. Throws `not_opened` for every cause alike. */
export async function open(key: CryptoKey, context: Uint8Array, sealed: Uint8Array): Promise<Bytes> {
  const { keys, body, commitmentMatches } = await prepareOpen(key, context, sealed);
  if (!commitmentMatches) throw new KeptError('not_opened');
  return openBody(keys, body);
}

/**
 * Open, or return null, with the same work whether the key is right or wrong: the body is decrypted even when the
 * commitment already differs. For slots, where timing must not reveal which one matched.
 */
export async function tryOpen(key: CryptoKey, context: Uint8Array, sealed: Uint8Array): Promise<Bytes | null> {
  const { keys, body, commitmentMatches } = await prepareOpen(key, context, sealed);
  const plaintext = await openBody(keys, body).catch(() => null);
  return commitmentMatches ? plaintext : null;
}

/**
 * Return what opens one sealed message and nothing else: a decrypt-only, non-extractable key and the nonce base. It
 * may be stored where the caller's key must not be.
 * @param head the message's first HEAD_BYTES
 * @returns null when the message was not sealed under this key
 */
export async function deriveSingleMessageKeys(
  key: CryptoKey,
  context: Uint8Array,
  head: Uint8Array,
): Promise<{ aead: CryptoKey; base: Bytes } | null> {
  const keys = await deriveMessageKeys(key, context, head.subarray(0, SALT_BYTES), ['decrypt']);
  return matchesCommitment(keys, head) ? { aead: keys.aead, base: keys.base } : null;
}

/** Open the one message that `deriveSingleMessageKeys` returned keys for. Throws `not_opened`. */
export function openWithMessageKeys(keys: { aead: CryptoKey; base: Bytes }, sealed: Uint8Array): Promise<Bytes> {
  return openBody(keys, sealed.subarray(HEAD_BYTES) as Bytes);
}

async function prepareOpen(key: CryptoKey, context: Uint8Array, sealed: Uint8Array) {
  const bodyBytes = sealed.length - HEAD_BYTES;
  if (bodyBytes < TAG_BYTES || bodyBytes % SEALED_CHUNK_BYTES < TAG_BYTES) throw new KeptError('not_opened');
  const keys = await deriveMessageKeys(key, context, sealed.subarray(0, SALT_BYTES));
  const body = sealed.subarray(HEAD_BYTES) as Bytes;
  return { keys, body, commitmentMatches: matchesCommitment(keys, sealed) };
}

function matchesCommitment(keys: MessageKeys, sealed: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < COMMITMENT_BYTES; i++) {
    difference |= (keys.commitment[i] as number) ^ (sealed[SALT_BYTES + i] as number);
  }
  return difference === 0;
}

/** @param body whole chunks, then a last one that may be empty */
async function openBody(keys: { aead: CryptoKey; base: Bytes }, body: Bytes): Promise<Bytes> {
  const count = Math.floor(body.length / SEALED_CHUNK_BYTES) + 1;
  if (count === 1) return openChunk(keys, body, 0);
  const plaintext = new Uint8Array(body.length - count * TAG_BYTES);
  for (let firstChunk = 0; firstChunk < count; firstChunk += CHUNKS_IN_FLIGHT) {
    const batch = [];
    for (let i = firstChunk; i < Math.min(count, firstChunk + CHUNKS_IN_FLIGHT); i++) {
      batch.push(openChunk(keys, body.subarray(i * SEALED_CHUNK_BYTES, (i + 1) * SEALED_CHUNK_BYTES), i));
    }
    const opened = await Promise.all(batch);
    opened.forEach((chunk, i) => plaintext.set(chunk, (firstChunk + i) * CHUNK_BYTES));
  }
  return plaintext;
}

/**
 * @param chunk sealed
 * @param i the chunk number
 */
async function openChunk(keys: { aead: CryptoKey; base: Bytes }, chunk: Bytes, i: number): Promise<Bytes> {
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonceOf(keys.base, i) }, keys.aead, chunk),
    );
  } catch {
    throw new KeptError('not_opened');
  }
}

async function deriveMessageKeys(
  key: CryptoKey,
  context: Uint8Array,
  salt: Uint8Array,
  uses: KeyUsage[] = ['encrypt', 'decrypt'],
): Promise<MessageKeys> {
  const keyMaterial = await expandSha512(key, concat(LABEL, salt, context), 76);
  const aead = await crypto.subtle.importKey('raw', keyMaterial.subarray(0, 32), 'AES-GCM', false, uses);
  return { aead, base: keyMaterial.slice(32, 44), commitment: keyMaterial.slice(44) };
}

/**
 * @param base 12 bytes
 * @param i chunk number, below 2³² (64 TiB)
 */
function nonceOf(base: Bytes, i: number): Bytes {
  const bytes = base.slice();
  const view = new DataView(bytes.buffer);
  view.setUint32(8, view.getUint32(8) ^ i);
  return bytes;
}
