/** Receipts: the notary's "I had this commitment at this time". */
import { b64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from '../crypto/digests.js';
import { checkSigned } from './signed.js';
import type { Bytes } from '../core/bytes.js';

const NAMES = ['c', 'env', 'log', 'n', 't', 'ts'];

/**
 * The id of a notary's key, b64; receipts name it as `log`.
 * @param notaryPub 32 bytes
 */
export function notaryId(notaryPub: Bytes): string {
  return b64(sha256Now(notaryPub));
}

/**
 * The time of a receipt by this notary for exactly this commitment and these envelopes. Throws `bad_signature`,
 * or `unavailable` where the browser has no Ed25519 (everything but the signature has been checked then).
 * @param expect `log` is the pinned notary's, checked too when given
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
