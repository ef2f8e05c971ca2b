/** Receipts: the notary's "I had this commitment at this time". */
import { b64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from '../crypto/digests.js';
import { checkSigned } from './signed.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */

const NAMES = ['c', 'env', 'log', 'n', 't', 'ts'];

/**
 * The id of a notary's key, b64; receipts name it as `log`.
 * @param {Bytes} notaryPub 32 bytes
 * @returns {string}
 */
export function notaryId(notaryPub) {
  return b64(sha256Now(notaryPub));
}

/**
 * The time of a receipt by this notary for exactly this commitment and these envelopes. Throws `bad_signature`,
 * or `unavailable` where the browser has no Ed25519 (everything but the signature has been checked then).
 * @param {unknown} receipt
 * @param {{notaryPub: Bytes, c: string, env: string, log?: string}} expect `log` is the pinned notary's, checked too when given
 * @returns {Promise<number>} ms
 */
export async function verifyReceipt(receipt, { notaryPub, c, env, log = notaryId(notaryPub) }) {
  const claimed = /** @type {Record<string, unknown>} */ (receipt ?? {});
  if (claimed.log !== log || log !== notaryId(notaryPub))
    throw new KeptError('bad_signature', 'The receipt names another notary.');
  if (claimed.c !== c || claimed.env !== env)
    throw new KeptError('bad_signature', 'The receipt is for something else.');
  if (!Number.isSafeInteger(claimed.ts) || Number(claimed.ts) < 0)
    throw new KeptError('bad_signature', 'The receipt has no time.');
  await checkSigned(receipt, notaryPub, 'rcpt/v1', NAMES);
  return Number(claimed.ts);
}
