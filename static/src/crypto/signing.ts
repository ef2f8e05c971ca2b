/** The author's signature (ECDSA P-256) and the notary's (Ed25519): docs/formats.md, section 1. */
import { b64, concat, unb64, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Sync } from './digests.js';
import type { Bytes } from '../core/bytes.js';

/** A P-256 pair: 32 and 65 bytes */
export type KeyPair = { scalar: Bytes; pub: Bytes };
/** The notary's statement that it had a commitment at time `ts`, ms; ledger/receipts.ts verifies it */
export type Receipt = { c: string; env: string; log: string; n: string; sig: string; t: string; ts: number };

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const ECDSA_SHA256 = { name: 'ECDSA', hash: 'SHA-256' };
export const PUB_BYTES = 65;

/** Generate a P-256 pair, for signing or for HPKE: the bytes are the same. */
export async function newKeyPair(): Promise<KeyPair> {
  const generated = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const { d = '', x = '', y = '' } = await crypto.subtle.exportKey('jwk', generated.privateKey);
  return { scalar: unb64(d), pub: concat(Uint8Array.of(4), unb64(x), unb64(y)) };
}

/** Import a private key for `sign`, not extractable. Throws `not_opened` when the two halves do not match. */
export async function importSigningKey({ scalar, pub }: KeyPair): Promise<CryptoKey> {
  const jwk = { kty: 'EC', crv: 'P-256', d: b64(scalar), x: b64(pub.subarray(1, 33)), y: b64(pub.subarray(33)) };
  try {
    return await crypto.subtle.importKey('jwk', jwk, P256, false, ['sign']);
  } catch {
    throw new KeptError('not_opened');
  }
}

/**
 * Sign a message.
 * @param key from `importSigningKey`
 * @returns r ‖ s, 64 bytes
 */
export async function sign(key: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(ECDSA_SHA256, key, message));
}

/**
 * Import a public key for `verifyAuthorSignature`; keep it where many signatures are checked. Throws `bad_signature`
 * when `pub` is not a point.
 * @param pub 65 bytes
 */
export async function importVerifyingKey(pub: Bytes): Promise<CryptoKey> {
  // Some platforms also accept compressed points; a key must have only one spelling.
  if (pub.length !== PUB_BYTES || pub[0] !== 4) throw new KeptError('bad_signature');
  try {
    return await crypto.subtle.importKey('raw', pub, P256, false, ['verify']);
  } catch {
    throw new KeptError('bad_signature');
  }
}

/**
 * Verify an author's signature. Throws `bad_signature` instead of returning false, so no caller can forget to look.
 * @param pub 65 bytes, or from `importVerifyingKey`
 */
export async function verifyAuthorSignature(pub: Bytes | CryptoKey, message: Bytes, signature: Bytes) {
  const key = pub instanceof Uint8Array ? await importVerifyingKey(pub) : pub;
  const isValid = await crypto.subtle.verify(ECDSA_SHA256, key, signature, message).catch(() => false);
  if (!isValid) throw new KeptError('bad_signature');
}

/**
 * Check that the two halves of a pair match. Throws `not_opened`. Tested with a signature, because not every browser
 * compares the halves on import.
 */
export async function checkKeyPair(pair: KeyPair) {
  const message = utf8('kept/pair');
  const signature = await sign(await importSigningKey(pair), message);
  await verifyAuthorSignature(pair.pub, message, signature).catch(() => {
    throw new KeptError('not_opened');
  });
}

/**
 * Return the id of an author's key.
 * @param pub 65 bytes
 */
export function authorKeyId(pub: Uint8Array): string {
  return b64(sha256Sync(pub));
}

/** Return whether this browser can verify the notary's signatures. */
export async function canVerifyNotary(): Promise<boolean> {
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32).fill(0, 1), { name: 'Ed25519' }, false, ['verify']);
    return true;
  } catch (error) {
    // Browsers without Ed25519 throw NotSupportedError; any other error is about the key.
    return !(error instanceof DOMException && error.name === 'NotSupportedError');
  }
}

/**
 * Verify a notary's signature. Throws `bad_signature` when it is invalid, and `unavailable` when this browser has no
 * Ed25519: then the receipt is kept and checked in the pack, and the screen says so.
 * @param pub 32 bytes
 */
export async function verifyNotarySignature(pub: Bytes, message: Bytes, signature: Bytes) {
  if (!(await canVerifyNotary()))
    throw new KeptError('unavailable', 'This browser cannot check the receipt. It is kept and checked in the pack.');
  let isValid = false;
  try {
    const key = await crypto.subtle.importKey('raw', pub, { name: 'Ed25519' }, false, ['verify']);
    isValid = await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, message);
  } catch {
    // A key or signature of the wrong shape counts as an invalid signature.
  }
  if (!isValid) throw new KeptError('bad_signature');
}
