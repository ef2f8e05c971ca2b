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
import { FEED_PAGE_VERSIONS } from '../core/constants.js';
import { parseCanonicalObject, decodeFrames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { parseId } from '../core/ids.js';
import { readUnverifiedHeader } from '../crypto/envelope.js';
import { nextHead } from '../ledger/heads.js';
import { encodePush, envDigest, verifyVersionByAnyKey } from '../ledger/push.js';
import { checkHead, checkReceipt } from './push.js';
import type { AuthorKey as Author } from '../crypto/sharing/statements.js';
import type { Receipt } from '../crypto/signing.js';
import type { SignedHead } from '../ledger/heads.js';
import type { VersionMeta } from '../ledger/push.js';
import type { FeedPosition, ServerLink } from './push.js';
import type { Bytes } from '../core/bytes.js';

/** The accepted authors, and the epoch of this device's keys */
type VerifyingKeys = { authors: readonly Author[]; epoch: number };
/** One version from the feed */
export type FeedItem = {
  seq: number;
  record: string;
  version: string;
  receipt: Receipt | null;
  /** ms, from the receipt */
  at: number;
  checked: boolean;
  meta: VersionMeta;
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
type PageHeader = { latest: number; to: number; head: SignedHead | null };
/** Header of one version, also unchecked */
type VersionHeader = {
  seq: number;
  record: string;
  version: string;
  c: string;
  sig: string;
  parents: string[];
  blobs: string[];
  parts: VersionMeta['parts'];
  receipt: Receipt;
  erased_at?: number;
};
type ErasedHeader = VersionHeader & { erased_at: number; env: string };

const PAGE_FRAMES = FEED_PAGE_VERSIONS + 1;

/**
 * Pull until this phone has the whole feed.
 * @param from `top`: the highest number in a receipt, if above `seq`
 * @param save saves the verified items
 * @param announce called with the last number that the server says it has, before a page is checked
 * @throws feed_altered, head_differs, server_behind, signed_out where the keys were changed elsewhere, or what the
 *   request throws
 */
export async function pullFeed(
  link: ServerLink & VerifyingKeys,
  from: FeedPosition & { top?: number },
  save: (items: FeedItem[], position: FeedPosition, latest: number) => Promise<unknown>,
  announce: (latest: number) => void = () => undefined,
): Promise<FeedPosition> {
  const { top = 0, ...start } = from;
  let position = start as FeedPosition;
  for (;;) {
    const { items, latest, signed: signedHead, to } = readPage(await link.api.changes(link.diary, position.seq));
    if (latest < Math.max(position.seq, top)) throw new KeptError('server_behind');
    announce(latest);
    if (to === position.seq && items.length === 0) {
      // An empty page proves nothing new only if the server's signed head matches the head of this phone.
      if (signedHead && signedHead.seq === position.seq)
        await checkHead(signedHead, {
          pins: link.pins,
          diary: link.diary,
          seq: position.seq,
          head: unb64(position.head),
        });
      return position;
    }
    // See [Note: keys of a later epoch].
    if (items.some(({ wraps }) => wraps.some((wrap) => epochOf(wrap) > link.epoch))) throw new KeptError('signed_out');
    const checked = await verifyItems(link, position, items);
    if (signedHead && signedHead.seq === checked.feed.seq) {
      await checkHead(signedHead, {
        pins: link.pins,
        diary: link.diary,
        seq: checked.feed.seq,
        head: unb64(checked.feed.head),
      });
    } else if (to >= latest) throw new KeptError('head_differs');
    await save(checked.items, checked.feed, latest);
    position = checked.feed;
    if (position.seq >= latest) return position;
  }
}

async function verifyItems(
  { pins, diary, authors }: ServerLink & VerifyingKeys,
  from: FeedPosition,
  items: Omit<FeedItem, 'at' | 'checked' | 'env'>[],
) {
  const verified = await Promise.all(
    items.map(async (item) => {
      const { record, version, meta } = item;
      // Of an erased version only its place in the head can be checked, and the server signed that head.
      if (item.erased) return { ...item, env: item.erased.env, at: 0, checked: false };
      const env = envDigest(item.envelopes);
      await verifyVersionByAnyKey(authors, { c: meta.c, diary, record, version }, meta.sig, item.seq).catch(() => {
        throw new KeptError('feed_altered');
      });
      return { ...item, env, ...(await checkReceipt(item.receipt, pins, { c: meta.c, env })) };
    }),
  );
  let { seq, head } = from;
  for (const { record, version, meta, env, seq: itemSeq } of verified) {
    if (itemSeq !== seq + 1) throw new KeptError('feed_altered');
    seq = itemSeq;
    head = b64(nextHead(unb64(head), { seq, record, version, c: meta.c, env }));
  }
  return { items: verified, feed: { seq, head } };
}

/**
 * Return which of some numbers' versions were erased for good, with the time; others of the same pages may be among
 * them.
 */
export async function findErased(
  api: ServerLink['api'],
  diary: string,
  numbers: readonly number[],
): Promise<Map<string, number>> {
  const erasedVersions: Map<string, number> = new Map();
  let end = 0;
  for (const seq of [...numbers].sort((a, b) => a - b)) {
    if (seq <= end) continue;
    const { items, to } = readPage(await api.changes(diary, seq - 1));
    for (const { version, erased } of items) if (erased) erasedVersions.set(version, erased.at);
    end = Math.max(seq, to);
  }
  return erasedVersions;
}

/** List what the server has of a diary after a number: version → digest of its envelopes, base64. Unchecked. */
export async function listOnServer(
  api: ServerLink['api'],
  diary: string,
  afterSeq: number,
): Promise<Map<string, string>> {
  const digests = new Map();
  for (let from = afterSeq; ; ) {
    const { items, latest, to } = readPage(await api.changes(diary, from));
    for (const { version, envelopes, erased } of items) if (!erased) digests.set(version, envDigest(envelopes));
    if (to >= latest || to <= from) return digests;
    from = to;
  }
}

/** @throws garbage */
function readPage(bytes: Uint8Array): {
  items: Omit<FeedItem, 'at' | 'checked' | 'env'>[];
  latest: number;
  to: number;
  signed: SignedHead | null;
} {
  try {
    const [headerFrame, ...itemFrames] = decodeFrames(bytes, { maxParts: PAGE_FRAMES });
    const { latest, to, head } = parseCanonicalObject(headerFrame as Uint8Array) as PageHeader;
    if (!Number.isSafeInteger(latest) || !Number.isSafeInteger(to)) throw new KeptError('garbage');
    return { items: itemFrames.map(readItem), latest, to, signed: head };
  } catch {
    throw new KeptError('garbage');
  }
}

/** Return the key epoch that a wrap claims in its header; 0 if none. */
function epochOf(wrap: Uint8Array): number {
  try {
    return Number(readUnverifiedHeader(wrap, 'wrap').epoch) || 0;
  } catch {
    return 0; // it opens under no key, and the later checks reject it
  }
}

function readItem(frame: Uint8Array): Omit<FeedItem, 'at' | 'checked' | 'env'> {
  const [headerFrame, ...sealed] = decodeFrames(frame, { maxParts: 5 });
  const header = parseCanonicalObject(headerFrame as Uint8Array) as VersionHeader;
  const { seq, record, version, c, sig, parents, blobs, parts, receipt } = header;
  parseId(record);
  parseId(version);
  if (header.erased_at !== undefined) return readErased(header as ErasedHeader, sealed.length);
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
function readErased(
  { seq, record, version, c, env, erased_at }: ErasedHeader,
  frames: number,
): Omit<FeedItem, 'at' | 'checked' | 'env'> {
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
