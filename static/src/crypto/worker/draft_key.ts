/**
 * Seal a draft before any words exist: AES-256-GCM under a non-extractable key that the browser stores.
 * docs/formats.md, section 4a, "before the first words".
 *
 * `0x00 ‖ nonce[12] ‖ AES-GCM(padded plaintext)`; the first byte differs from an envelope's (0xE1). The nonce is
 * random, which is safe: one key seals at most a few hundred drafts and file parts before words replace it.
 */
import { concat, randomBytes } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { padVersion, unpad } from '../padding.js';
import type { Bytes } from '../../core/bytes.js';

const DRAFT_MARK = 0;
const NONCE_BYTES = 12;

/** @returns not extractable */
export function newDraftKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** Return raw key bytes, for a browser whose database cannot store keys (WebKitGTK). */
export function newDraftKeyBytes(): Bytes {
  return randomBytes(32);
}

/** @param stored as the database returned it */
export async function importDraftKey(stored: CryptoKey | Uint8Array): Promise<CryptoKey> {
  if (!(stored instanceof Uint8Array)) return stored;
  return crypto.subtle.importKey('raw', stored as Bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

export async function sealDraft(key: CryptoKey, plaintext: Uint8Array): Promise<Bytes> {
  const iv = randomBytes(NONCE_BYTES);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, padVersion(plaintext));
  return concat(Uint8Array.of(DRAFT_MARK), iv, new Uint8Array(sealed));
}

/** @throws not_opened */
export async function openDraft(key: CryptoKey, sealed: Uint8Array): Promise<Bytes> {
  if (sealed[0] !== DRAFT_MARK) throw new KeptError('not_opened');
  const iv = sealed.slice(1, 1 + NONCE_BYTES);
  const plaintext = await crypto.subtle
    .decrypt({ name: 'AES-GCM', iv }, key, sealed.slice(1 + NONCE_BYTES))
    .catch(() => {
      throw new KeptError('not_opened');
    });
  return unpad(new Uint8Array(plaintext));
}
