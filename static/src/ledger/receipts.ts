/** Receipts: the notary's signed statement that it had a commitment at a time. */
import { b64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from '../crypto/digests.js';
import { checkSigned } from './signed.js';
import type { Bytes } from '../core/bytes.js';

const NAMES = ['c', 'env', 'log', 'n', 't', 'ts'];

/**
 * Return the id of a notary's key, b64; receipts name it as `log`.
 * @param notaryPub 32 bytes
 */
export function notaryId(notaryPub: Bytes): string {
  return b64(sha256Now(notaryPub));
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
  { notaryPub, c, env, log = notaryId(notaryPub) }: { notaryPub: Bytes; c: string; env: string; log?: string },
): Promise<number> {
  const claimed = (receipt ?? {}) as Record<string, unknown>;
  if (claimed.log !== log || log !== notaryId(notaryPub))
    throw new KeptError('bad_signature', 'The receipt names another notary.');
  if (claimed.c !== c || claimed.env !== env)
    throw new KeptError('bad_signature', 'The receipt is for something else.');
  if (!Number.isSafeInteger(claimed.ts) || Number(claimed.ts) < 0)
    throw new KeptError('bad_signature', 'The receipt has no time.');
  await checkSigned(receipt, notaryPub, 'rcpt/v1', NAMES);
  return Number(claimed.ts);
}
