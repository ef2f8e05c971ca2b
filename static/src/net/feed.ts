/**
 * Downloads what other devices wrote. Each version is checked before this phone accepts it: sequence number, author's
 * signature, receipt, and the running head against the server's signed head.
 *
 * Checking commitments and lines needs the words, so the code that opens the versions does it
 * (diary/sync/apply_feed.js).
 *
 * [Note: keys of a later epoch] The public header of a wrap names the epoch of its key. If that epoch is later than
 * this device's, another device has changed the keys, and this one can verify neither the signature nor the content.
 * The response is then not applied, and the device is signed out until it has the current words. Applied under the
 * old keys, an honest entry would show as altered.
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

/** The accepted authors, and the epoch of this device's keys */
type Keys = { authors: readonly Author[]; epoch: number };
/** One version from the feed */
export type Item = {
  seq: number;
  record: string;
  version: string;
  receipt: Receipt | null;
  /** ms, from the receipt */
  at: number;
  checked: boolean;
  meta: Meta;
  wraps: Uint8Array[];
  envelopes: Uint8Array[];
  /** digest of the envelopes, base64 */
  env: string;
  /** the bytes that a push of it would have */
  push: Bytes;
  /** erased for good: nothing else of it is here */
  erased?: { at: number; env: string };
};

/** Header of a page, as the server sent it: unchecked */
type Page = { latest: number; to: number; head: SignedHead | null };
/** Header of one version, also unchecked */
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
 * Pull until this phone has the whole feed.
 * @param from `top`: the highest number in a receipt, if above `seq`
 * @param save saves the verified items
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
      // An empty page proves nothing new only if the server's signed head matches the head of this phone.
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
      // Of an erased version only its place in the head can be checked, and the server signed that head.
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

/** Return the versions of one page that were erased for good, with the time. */
export async function erasedAmong(api: Link['api'], diary: string, after: number): Promise<Map<string, number>> {
  const { items } = readPage(await api.changes(diary, after));
  return new Map(items.flatMap(({ version, erased }) => (erased ? [[version, erased.at] as [string, number]] : [])));
}

/** List what the server has of a diary after a number: version → digest of its envelopes, base64. Unchecked. */
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

/** Return the key epoch that a wrap claims in its header; 0 if none. */
function epochOf(wrap: Uint8Array): number {
  try {
    return Number(claimedHeader(wrap, 'wrap').epoch) || 0;
  } catch {
    return 0; // it opens under no key, and the later checks reject it
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
 * Read what the server returns for a version that was erased for good: its place and its digests.
 * @param frames number of frames after the first
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
