/** The author's signature (ECDSA P-256) and the notary's (Ed25519): docs/formats.md, section 1. */
import { b64, concat, unb64, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from './digests.js';
import type { Bytes } from '../core/bytes.js';

/** A P-256 pair: 32 and 65 bytes */
export type Pair = { scalar: Bytes; pub: Bytes };
/** The notary's word that it had a commitment at a time, ms; ledger/receipts.ts checks one */
export type Receipt = { c: string; env: string; log: string; n: string; sig: string; t: string; ts: number };

const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
export const PUB_BYTES = 65;

/** A fresh P-256 pair, for signing or for being sealed to: the bytes are the same. */
export async function newPair(): Promise<Pair> {
  const made = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const { d = '', x = '', y = '' } = await crypto.subtle.exportKey('jwk', made.privateKey);
  return { scalar: unb64(d), pub: concat(Uint8Array.of(4), unb64(x), unb64(y)) };
}

/** A private key for `sign`, not extractable. Throws `not_opened` when the halves do not belong together. */
export async function importAuthor({ scalar, pub }: Pair): Promise<CryptoKey> {
  const jwk = { kty: 'EC', crv: 'P-256', d: b64(scalar), x: b64(pub.subarray(1, 33)), y: b64(pub.subarray(33)) };
  try {
    return await crypto.subtle.importKey('jwk', jwk, EC, false, ['sign']);
  } catch {
    throw new KeptError('not_opened');
  }
}

/**
 * @param key from `importAuthor`
 * @returns r ‖ s, 64 bytes
 */
export async function sign(key: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(SIGNING, key, message));
}

/**
 * A public key for `verifyAuthor`, worth keeping where many signatures are checked. Throws `bad_signature`
 * when `pub` is not a point.
 * @param pub 65 bytes
 */
export async function importAuthorPub(pub: Bytes): Promise<CryptoKey> {
  // Some platforms also take compressed points; one spelling of a key is enough.
  if (pub.length !== PUB_BYTES || pub[0] !== 4) throw new KeptError('bad_signature');
  try {
    return await crypto.subtle.importKey('raw', pub, EC, false, ['verify']);
  } catch {
    throw new KeptError('bad_signature');
  }
}

/**
 * Returns when the signature holds and throws `bad_signature` when it does not: nothing to forget to look at.
 * @param pub 65 bytes, or from `importAuthorPub`
 */
export async function verifyAuthor(pub: Bytes | CryptoKey, message: Bytes, signature: Bytes) {
  const key = pub instanceof Uint8Array ? await importAuthorPub(pub) : pub;
  const holds = await crypto.subtle.verify(SIGNING, key, signature, message).catch(() => false);
  if (!holds) throw new KeptError('bad_signature');
}

/**
 * Returns when the two halves of a pair belong together; throws `not_opened`. Judged by a signature, since
 * not every browser compares the halves when it imports them.
 */
export async function checkPair(pair: Pair) {
  const message = utf8('kept/pair');
  const signature = await sign(await importAuthor(pair), message);
  await verifyAuthor(pair.pub, message, signature).catch(() => {
    throw new KeptError('not_opened');
  });
}

/**
 * The id an author's key is named by.
 * @param pub 65 bytes
 */
export function authorId(pub: Uint8Array): string {
  return b64(sha256Now(pub));
}

/** Whether this browser can check the notary's signatures at all. */
export async function canVerifyNotary(): Promise<boolean> {
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32).fill(0, 1), { name: 'Ed25519' }, false, ['verify']);
    return true;
  } catch (error) {
    // Browsers without Ed25519 say NotSupportedError; any other complaint is about the key.
    return !(error instanceof DOMException && error.name === 'NotSupportedError');
  }
}

/**
 * Checks a notary's signature. Throws `bad_signature` when it does not hold, and `unavailable` when this
 * browser has no Ed25519: then the receipt is kept and checked in the pack, and the screen says so.
 * @param pub 32 bytes
 */
export async function verifyNotary(pub: Bytes, message: Bytes, signature: Bytes) {
  if (!(await canVerifyNotary()))
    throw new KeptError('unavailable', 'This browser cannot check the receipt. It is kept and checked in the pack.');
  let holds = false;
  try {
    const key = await crypto.subtle.importKey('raw', pub, { name: 'Ed25519' }, false, ['verify']);
    holds = await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, message);
  } catch {
    // A key or signature of the wrong shape is a signature that does not hold.
  }
  if (!holds) throw new KeptError('bad_signature');
}
