/**
 * One sealed version up to the server, and the receipt for it judged before anything is called kept.
 *
 * [Note: kept safe] A receipt counts only under the notary key pinned when this phone met the server, and only for
 * this very commitment and these very envelopes. Anything else leaves the version in the outbox and says so.
 * Where the browser has no Ed25519 everything but the signature is checked; the pack checks the rest.
 */
import { unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { nextHead, verifyHead } from '../ledger/heads.js';
import { decodePush, encodePush, envDigest } from '../ledger/push.js';
import { verifyReceipt } from '../ledger/receipts.js';

/** @typedef {import('./api.js').Api} Api */
/** @typedef {import('../store/store.js').Store} Store */
/** @typedef {{notary: string, log: string, olds?: {log: string, pub: string, below: number|null}[]}} Pins b64, as pinned; `olds`: keys the instance key vouches for that came before */
/** @typedef {{seq: number, head: string}} Feed how far this device's account of the diary goes; head b64 */
/** @typedef {{api: Api, store: Store, diary: string, pins: Pins}} Link */
/** @typedef {{record: string, version: string}} Waiting */
/** @typedef {{receipt: any, seq: number, at: number, checked: boolean, c: string, env: string, feed: Feed|null}} Kept `feed`: the new account, null when others wrote in between */

/**
 * @param {Link} link @param {Waiting} waiting @param {Feed} feed
 * @param {readonly import('../ledger/push.js').ForGrant[]} [given] the version's keys for whoever was let in; the receipt is the same with and without
 * @returns {Promise<Kept>}
 * @throws receipt_wrong, head_differs, or what the request throws
 */
export async function pushVersion({ api, store, diary, pins }, { record, version }, feed, given = []) {
  const held = await store.read(`v/${version}`);
  if (!held) throw new KeptError('store_lost');
  const push = decodePush(held.bytes);
  const { meta, envelopes } = push;
  const grants = given.map((one) => /** @type {[string, number]} */ ([one.grant, one.wraps.length]));
  const body = given.length ? encodePush({ ...push, meta: { ...meta, grants }, given: [...given] }) : held.bytes;
  const answer = await api.push(diary, record, version, body);
  const seq = answer.seq;
  if (!Number.isSafeInteger(seq) || seq < 1) throw new KeptError('garbage');
  const entry = { seq, record, version, c: meta.c, env: envDigest(envelopes) };
  const { at, checked } = await judgeReceipt(answer.receipt, pins, entry);
  const next = seq === feed.seq + 1 ? nextHead(unb64(feed.head), entry) : null;
  if (next) await judgeHead(answer.head, { pins, diary, seq, head: next });
  return {
    receipt: answer.receipt,
    seq,
    at,
    checked,
    c: entry.c,
    env: entry.env,
    feed: next && { seq, head: answer.head.head },
  };
}

/**
 * @param {any} receipt @param {Pins} pins @param {{c: string, env: string}} entry
 * @returns {Promise<{at: number, checked: boolean}>} `at` ms, by the server's clock
 */
export async function judgeReceipt(receipt, { notary, log, olds = [] }, { c, env }) {
  const old = olds.find((one) => one.log === receipt?.log);
  try {
    const at = await verifyReceipt(receipt, { notaryPub: unb64(old?.pub ?? notary), log: old?.log ?? log, c, env });
    // By a key that others may have had: only its place in the log shows that it came before that.
    return { at, checked: (old?.below ?? null) === null };
  } catch (error) {
    if (isUnavailable(error)) return { at: Number(receipt.ts), checked: false };
    throw new KeptError('receipt_wrong');
  }
}

/** @param {any} signed @param {{pins: Pins, diary: string, seq: number, head: Uint8Array}} expect @throws head_differs */
export async function judgeHead(signed, { pins, diary, seq, head }) {
  // Until the next push a diary's head is signed by whichever key was the notary's then.
  for (const pub of [pins.notary, ...(pins.olds ?? []).map((one) => one.pub)]) {
    try {
      return await verifyHead(signed, { notaryPub: unb64(pub), diary, seq, head });
    } catch (error) {
      if (isUnavailable(error)) return;
    }
  }
  throw new KeptError('head_differs');
}

/** @param {unknown} error */
function isUnavailable(error) {
  return error instanceof KeptError && error.code === 'unavailable';
}
