/** Heads: the running digest of a diary. Two different signed heads with one number show that the server lied. */
import { b64, utf8 } from '../core/bytes.js';
import { canonicalBytes } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256Sync } from '../crypto/digests.js';
import { verifySignedObject } from './signed.js';
import type { Bytes } from '../core/bytes.js';

/** As the notary signs it; `head` b64 */
export type SignedHead = { diary: string; head: string; seq: number; sig: string; t: string; ts: number };

const FIELD_NAMES = ['diary', 'head', 'seq', 't', 'ts'];
const HEAD_LABEL = utf8('kept/head\0');

/** Return the head before the first version. */
export function firstHead(): Bytes {
  return new Uint8Array(32);
}

/**
 * Return the 32-byte head after the version with number `seq`.
 * @param previousHead the head before it
 */
export function nextHead(
  previousHead: Uint8Array,
  { seq, record, version, c, env }: { seq: number; record: string; version: string; c: string; env: string },
): Bytes {
  return sha256Sync(HEAD_LABEL, previousHead, canonicalBytes({ c, env, record, seq, version }));
}

/**
 * Check that `signed` is this notary's head of this diary at this number. Throws `bad_signature`, or `unavailable`
 * where the browser has no Ed25519 (everything but the signature is checked by then).
 */
export async function verifyHead(
  signed: unknown,
  { notaryPub, diary, seq, head }: { notaryPub: Bytes; diary: string; seq: number; head: Uint8Array },
) {
  const fields = (signed ?? {}) as Record<string, unknown>;
  if (fields.diary !== diary || fields.seq !== seq || fields.head !== b64(head)) {
    throw new KeptError('bad_signature', 'The server’s account of this diary differs from this phone’s.');
  }
  await verifySignedObject(signed, notaryPub, 'head/v1', FIELD_NAMES);
}
