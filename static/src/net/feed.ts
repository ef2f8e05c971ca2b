/**
 * What other devices wrote, down from the server, each version checked before this phone takes it in: number by number,
 * the author's signature, the receipt, and the running head against the server's signed one.
 *
 * Commitments and lines need the words, so whoever opens the versions (diary/sync/apply_feed.js) checks those.
 *
 * [Note: keys of a later epoch] A wrap says in its public header of which epoch its key is. Where that is later than
 * this device's, another device has changed the keys, and neither the signature nor the words can be judged here: the
 * answer is left untaken, and the device is signed out until it has the words in use. Taken under the keys of before,
 * an honest entry would read as altered.
 */
import { b64, unb64 } from '../core/bytes.js';
import { parseObject, readFrames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { parseId } from '../core/ids.js';
import { claimedHeader } from '../crypto/envelope.js';
import { nextHead } from '../ledger/heads.js';
import { encodePush, envDigest, verifyByAny } from '../ledger/push.js';
import { judgeHead, judgeReceipt } from './push.js';
import type { AuthorKey as Author } from '../crypto/sharing/statements.js';
import type { Receipt } from '../crypto/signing.js';
import type { SignedHead } from '../ledger/heads.js';
import type { Meta } from '../ledger/push.js';
import type { Feed, Link } from './push.js';
import type { Bytes } from '../core/bytes.js';

/** Whose signatures count, and of which epoch this device's keys are */
type Keys = { authors: readonly Author[]; epoch: number };
/** One version from the feed */
export type Item = {
  seq: number;
  record: string;
  version: string;
  receipt: Receipt | null;
  /** ms, the receipt's */
  at: number;
  checked: boolean;
  meta: Meta;
  wraps: Uint8Array[];
  envelopes: Uint8Array[];
  /** digest of the envelopes, b64 */
  env: string;
  /** the bytes a push of it would have */
  push: Bytes;
  /** it was erased for good: nothing else of it is here */
  erased?: { at: number; env: string };
};

/** Of a page, as the server says it: nothing of it has been checked */
type Page = { latest: number; to: number; head: SignedHead | null };
/** Of one version, alike */
type Facts = {
  seq: number;
  record: string;
  version: string;
  c: string;
  sig: string;
  parents: string[];
  blobs: string[];
  parts: Meta['parts'];
  receipt: Receipt;
  erased_at?: number;
};
type Erased = Facts & { erased_at: number; env: string };

const PAGE = 501;

/**
 * Pulls until this phone has all there is.
 * @param from `top`: the highest number that a receipt named, where that is above `seq`
 * @param take saves what it is given
 * @throws feed_altered, head_differs, server_behind, signed_out where the keys were changed elsewhere, or what the
 *   request throws
 */
export async function pullFeed(
  link: Link & Keys,
  from: Feed & { top?: number },
  take: (items: Item[], feed: Feed, latest: number) => Promise<unknown>,
): Promise<Feed> {
  const { top = 0, ...start } = from;
  let feed = start as Feed;
  for (;;) {
    const { items, latest, signed, to } = readPage(await link.api.changes(link.diary, feed.seq));
    if (latest < Math.max(feed.seq, top)) throw new KeptError('server_behind');
    if (to === feed.seq && items.length === 0) {
      // Nothing new is only nothing new when the server's signed account is the one this phone holds.
      if (signed && signed.seq === feed.seq)
        await judgeHead(signed, { pins: link.pins, diary: link.diary, seq: feed.seq, head: unb64(feed.head) });
      return feed;
    }
    // See [Note: keys of a later epoch].
    if (items.some(({ wraps }) => wraps.some((wrap) => epochOf(wrap) > link.epoch))) throw new KeptError('signed_out');
    const checked = await checkAll(link, feed, items);
    if (signed && signed.seq === checked.feed.seq) {
      await judgeHead(signed, {
        pins: link.pins,
        diary: link.diary,
        seq: checked.feed.seq,
        head: unb64(checked.feed.head),
      });
    } else if (to >= latest) throw new KeptError('head_differs');
    await take(checked.items, checked.feed, latest);
    feed = checked.feed;
    if (feed.seq >= latest) return feed;
  }
}

async function checkAll(
  { pins, diary, authors }: Link & Keys,
  from: Feed,
  items: Omit<Item, 'at' | 'checked' | 'env'>[],
) {
  const judged = await Promise.all(
    items.map(async (item) => {
      const { record, version, meta } = item;
      // Nothing is left to check of an erased version but its place in the head, which the server has signed.
      if (item.erased) return { ...item, env: item.erased.env, at: 0, checked: false };
      const env = envDigest(item.envelopes);
      await verifyByAny(authors, { c: meta.c, diary, record, version }, meta.sig, item.seq).catch(() => {
        throw new KeptError('feed_altered');
      });
      return { ...item, env, ...(await judgeReceipt(item.receipt, pins, { c: meta.c, env })) };
    }),
  );
  let { seq, head } = from;
  for (const { record, version, meta, env, seq: number } of judged) {
    if (number !== seq + 1) throw new KeptError('feed_altered');
    seq = number;
    head = b64(nextHead(unb64(head), { seq, record, version, c: meta.c, env }));
  }
  return { items: judged, feed: { seq, head } };
}

/** Versions of one page that were erased for good, with the day. */
export async function erasedAmong(api: Link['api'], diary: string, after: number): Promise<Map<string, number>> {
  const { items } = readPage(await api.changes(diary, after));
  return new Map(items.flatMap(({ version, erased }) => (erased ? [[version, erased.at] as [string, number]] : [])));
}

/**
 * What the server has of a diary after a number, by version: the digest of its envelopes, b64. Nothing of it is
 * checked.
 */
export async function there(api: Link['api'], diary: string, after: number): Promise<Map<string, string>> {
  const found = new Map();
  for (let from = after; ; ) {
    const { items, latest, to } = readPage(await api.changes(diary, from));
    for (const { version, envelopes, erased } of items) if (!erased) found.set(version, envDigest(envelopes));
    if (to >= latest || to <= from) return found;
    from = to;
  }
}

/** @throws garbage */
function readPage(bytes: Uint8Array): {
  items: Omit<Item, 'at' | 'checked' | 'env'>[];
  latest: number;
  to: number;
  signed: SignedHead | null;
} {
  try {
    const [first, ...rest] = readFrames(bytes, { atMost: PAGE });
    const { latest, to, head } = parseObject(first as Uint8Array) as Page;
    if (!Number.isSafeInteger(latest) || !Number.isSafeInteger(to)) throw new KeptError('garbage');
    return { items: rest.map(readItem), latest, to, signed: head };
  } catch {
    throw new KeptError('garbage');
  }
}

/** The epoch of the key that a wrap is for, by what it says of itself; 0 where it says none. */
function epochOf(wrap: Uint8Array): number {
  try {
    return Number(claimedHeader(wrap, 'wrap').epoch) || 0;
  } catch {
    return 0; // it opens under no key, and is judged with the rest
  }
}

function readItem(frame: Uint8Array): Omit<Item, 'at' | 'checked' | 'env'> {
  const [first, ...sealed] = readFrames(frame, { atMost: 5 });
  const facts = parseObject(first as Uint8Array) as Facts;
  const { seq, record, version, c, sig, parents, blobs, parts, receipt } = facts;
  parseId(record);
  parseId(version);
  if (facts.erased_at !== undefined) return tombstone(facts as Erased, sealed.length);
  const meta = { blobs, c, grants: [], parents, parts, sig };
  const count = parts.length;
  const [wraps, envelopes] = [sealed.slice(0, count), sealed.slice(count)];
  if (!Number.isSafeInteger(seq) || envelopes.length !== count) throw new KeptError('garbage');
  return { seq, record, version, receipt, meta, wraps, envelopes, push: encodePush({ meta, wraps, envelopes }) };
}

/**
 * What the server gives of a version that was erased for good: its place and its digests.
 * @param frames beyond the first
 */
function tombstone(
  { seq, record, version, c, env, erased_at }: Erased,
  frames: number,
): Omit<Item, 'at' | 'checked' | 'env'> {
  if (frames || ![seq, erased_at].every(Number.isSafeInteger) || unb64(c).length !== 32 || unb64(env).length !== 32)
    throw new KeptError('garbage');
  const meta = { blobs: [], c, grants: [], parents: [], parts: [], sig: '' };
  return {
    seq,
    record,
    version,
    receipt: null,
    meta,
    wraps: [],
    envelopes: [],
    push: new Uint8Array(0),
    erased: { at: erased_at, env },
  };
}
