/** Receipts: the notary's signed statement that it had a commitment at a time. */
import { b64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Sync } from '../crypto/digests.js';
import { verifySignedObject } from './signed.js';
import type { Bytes } from '../core/bytes.js';

const FIELD_NAMES = ['c', 'env', 'log', 'n', 't', 'ts'];

/**
 * Return the id of a notary's key, b64; receipts name it as `log`.
 * @param notaryPub 32 bytes
 */
export function notaryKeyId(notaryPub: Bytes): string {
  return b64(sha256Sync(notaryPub));
}

/**
 * Verify this notary's receipt for exactly this commitment and these envelopes, and return its time. Throws
 * `bad_signature`, or `unavailable` where the browser has no Ed25519 (everything but the signature is checked by
 * then).
 * @param expected `log`: the id of the pinned notary, checked too when given
 * @returns ms
 */
export async function verifyReceipt(
  receipt: unknown,
  { notaryPub, c, env, log = notaryKeyId(notaryPub) }: { notaryPub: Bytes; c: string; env: string; log?: string },
): Promise<number> {
  const fields = (receipt ?? {}) as Record<string, unknown>;
  if (fields.log !== log || log !== notaryKeyId(notaryPub))
    throw new KeptError('bad_signature', 'The receipt names another notary.');
  if (fields.c !== c || fields.env !== env) throw new KeptError('bad_signature', 'The receipt is for something else.');
  if (!Number.isSafeInteger(fields.ts) || Number(fields.ts) < 0)
    throw new KeptError('bad_signature', 'The receipt has no time.');
  await verifySignedObject(receipt, notaryPub, 'rcpt/v1', FIELD_NAMES);
  return Number(fields.ts);
}
