/**
 * Uploads one sealed version, and checks its receipt before anything counts as stored.
 *
 * [Note: kept safe] A receipt counts only under the notary key pinned when this phone met the server, and only for
 * exactly this commitment and these envelopes. Otherwise the version stays in the outbox and the failure is reported.
 * In a browser without Ed25519 everything but the signature is checked; the pack checks the rest.
 */
import { unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { nextHead, verifyHead } from '../ledger/heads.js';
import { decodePush, encodePush, envDigest } from '../ledger/push.js';
import { verifyReceipt } from '../ledger/receipts.js';
import type { Receipt } from '../crypto/signing.js';
import type { SignedHead } from '../ledger/heads.js';
import type { GrantWraps } from '../ledger/push.js';
import type { Store } from '../store/store.js';
import type { Api } from './api.js';

/** Base64, as pinned; `olds`: earlier keys that the instance key vouches for */
export type Pins = { notary: string; log: string; olds?: { log: string; pub: string; below: number | null }[] };
/** The end of this device's account of the diary; `head` in base64 */
export type FeedPosition = { seq: number; head: string };
export type ServerLink = { api: Api; store: Store; diary: string; pins: Pins };
type PendingVersion = { record: string; version: string };
/** `feed`: the new position, null if other devices wrote in between */
export type PushResult = {
  receipt: Receipt;
  seq: number;
  at: number;
  checked: boolean;
  c: string;
  env: string;
  feed: FeedPosition | null;
};

/**
 * @param grantWraps the version's keys for the advocates with a grant; the receipt is the same with and without
 * @throws receipt_wrong, head_differs, or what the request throws
 */
export async function pushVersion(
  { api, store, diary, pins }: ServerLink,
  { record, version }: PendingVersion,
  feed: FeedPosition,
  given: readonly GrantWraps[] = [],
): Promise<PushResult> {
  const sealed = await store.read(`v/${version}`);
  if (!sealed) throw new KeptError('store_lost');
  const decoded = decodePush(sealed.bytes);
  const { meta, envelopes } = decoded;
  const grants = given.map((grant) => [grant.grant, grant.wraps.length] as [string, number]);
  const body = given.length ? encodePush({ ...decoded, meta: { ...meta, grants }, given: [...given] }) : sealed.bytes;
  const response = await api.push(diary, record, version, body);
  const seq = response.seq;
  if (!Number.isSafeInteger(seq) || seq < 1) throw new KeptError('garbage');
  const entry = { seq, record, version, c: meta.c, env: envDigest(envelopes) };
  const { at, checked } = await checkReceipt(response.receipt, pins, entry);
  const nextPosition = seq === feed.seq + 1 ? nextHead(unb64(feed.head), entry) : null;
  if (nextPosition) await checkHead(response.head, { pins, diary, seq, head: nextPosition });
  return {
    receipt: response.receipt,
    seq,
    at,
    checked,
    c: entry.c,
    env: entry.env,
    feed: nextPosition && { seq, head: response.head.head },
  };
}

/** @returns `at` in ms, by the server's clock */
export async function checkReceipt(
  receipt: Receipt | null,
  { notary, log, olds = [] }: Pins,
  { c, env }: { c: string; env: string },
): Promise<{ at: number; checked: boolean }> {
  const old = olds.find((key) => key.log === receipt?.log);
  try {
    const at = await verifyReceipt(receipt, { notaryPub: unb64(old?.pub ?? notary), log: old?.log ?? log, c, env });
    // Others may have had an earlier key: only the version's place in the log shows that it was signed before that.
    return { at, checked: (old?.below ?? null) === null };
  } catch (error) {
    if (isUnavailable(error)) return { at: Number((receipt as Receipt).ts), checked: false };
    throw new KeptError('receipt_wrong');
  }
}

/** @throws head_differs */
export async function checkHead(
  signedHead: SignedHead | null,
  { pins, diary, seq, head }: { pins: Pins; diary: string; seq: number; head: Uint8Array },
) {
  // Until the next push a diary's head carries the signature of an earlier notary key.
  for (const pub of [pins.notary, ...(pins.olds ?? []).map((key) => key.pub)]) {
    try {
      return await verifyHead(signedHead, { notaryPub: unb64(pub), diary, seq, head });
    } catch (error) {
      if (isUnavailable(error)) return;
    }
  }
  throw new KeptError('head_differs');
}

function isUnavailable(error: unknown) {
  return error instanceof KeptError && error.code === 'unavailable';
}
