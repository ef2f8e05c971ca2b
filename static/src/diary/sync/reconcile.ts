/**
 * When the server's account of the diary is shorter than this phone's, or different: read all of it, report what is
 * missing, and send that again if the user agrees.
 *
 * [Note: going on from the server's account] Looking changes nothing on this phone. Sending again first writes,
 * sealed, a list of everything that this phone has seen numbered, and only then adopts the server's account. After a
 * crash, the next unlock finds the list and continues. Old receipts are kept next to the new ones: they are older,
 * and so prove more. An author's signature covers each version, so the server cannot insert its own.
 */
import { b64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { decodePush } from '../../ledger/push.js';
import { firstHead } from '../../ledger/heads.js';
import { pullFeed } from '../../net/feed.js';
import { PAGE_SIZE, dropAfter, readNumbers } from '../../store/feed_numbers.js';
import { coverageOf, requestManifest } from './manifest.js';
import { signAgain } from './resealing.js';
import { rewriteRows } from './apply_feed.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Open, Batch } from '../types.js';

/** What this phone had seen numbered when "send again" began: [record, version]. */
const LIST_KEY = 'again';
type ListedVersion = [record: string, version: string];
const BATCH_SIZE = 200;
const EMPTY_FEED = Object.freeze({ seq: 0, head: b64(firstHead()) });

/**
 * Compare the server's account with this phone's. Change nothing.
 * @returns how many versions the server lacks, and how many this phone lacks
 * @throws signed_out, no_network, feed_altered, head_differs when the server contradicts itself
 */
export async function compareWithServer(
  open: Open,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<{ missing: number; extra: number }> {
  const serverVersions: Set<string> = new Set();
  await pullFeed(requireLink(open), EMPTY_FEED, async (items, feed, latest) => {
    for (const { version } of items) serverVersions.add(version);
    onProgress(feed.seq, latest);
  });
  const { feed } = open.store.root;
  const localVersions = new Set((await readNumbers(open.store, 1, feed.seq)).map(([, , version]) => version));
  return {
    missing: [...localVersions].filter((version) => !serverVersions.has(version)).length,
    extra: [...serverVersions].filter((version) => !localVersions.has(version)).length,
  };
}

/** Adopt the server's account and put what it lacks into the outbox, in the order it was first sent. */
export async function sendAgain(open: Open) {
  await open.store.change(async (root, change) => {
    // Include numbers above the end of the account. A store from before `top` existed may have some on the next page.
    const lastSeq = Math.max(root.feed.seq, root.top ?? root.feed.seq + PAGE_SIZE);
    const listed = (await open.store.readJson<ListedVersion[]>(LIST_KEY)) ?? [];
    const sent = (await readNumbers(open.store, 1, lastSeq)).map(([, record, version]) => [record, version]);
    const pairs = [...listed, ...sent, ...(root.strays ?? [])];
    change.putJson(LIST_KEY, [...new Map(pairs.map((pair) => [pair[1], pair])).values()]);
    await dropAfter(open.store, change, 0, lastSeq);
    for (const name of ['top', 'strays'] as const) delete root[name];
    root.feed = { ...EMPTY_FEED };
    root.manifest = { ...coverageOf(root), seq: 0, head: EMPTY_FEED.head, due: 0 };
    root.again = true;
    root.lines = {}; // each device's line is followed again from its beginning
    // The manifests are judged again too.
    for (const name of ['manifests_unsure', 'manifests_told', 'manifests_judged'] as const) delete root[name];
    const { omitted: _omitted, ...doubts } = root.doubts;
    root.doubts = doubts;
  });
}

/**
 * The second half, once the feed has been read to its end: put every listed version that has no number there back
 * into the outbox.
 * @returns whether anything waits again
 */
export async function requeueMissing(open: Open): Promise<boolean> {
  if (!open.store.root.again) return false;
  return open.store.change(async (root, change) => {
    const serverVersions = new Set((await readNumbers(open.store, 1, root.feed.seq)).map(([, , version]) => version));
    const batch = open.book.batch(root, change);
    const queued = await withoutReceipt(open, batch);
    const listed = (await open.store.readJson<ListedVersion[]>(LIST_KEY)) ?? [];
    const missing = listed.filter(([, version]) => !serverVersions.has(version) && !queued.has(version));
    const requeued = [];
    for (const [record, version] of missing) {
      requeued.push(...(await requeueVersion(open, batch, record, version)));
      await signAgain(open, batch, record, version);
    }
    await queueUploadsOf(
      open,
      batch,
      listed.filter(([, version]) => serverVersions.has(version)),
    );
    const again = new Set(requeued.map(({ version }) => version));
    root.outbox = [...requeued, ...root.outbox.filter(({ version }) => !again.has(version))];
    await rewriteRows(batch, open, [...new Set(requeued.flatMap(({ of }) => of ?? []))], null);
    root.again = false;
    requestManifest(root);
    change.drop(LIST_KEY);
    return requeued.length > 0;
  });
}

/**
 * Return what waits in the outbox and never had a receipt. What came by the feed with one may wait as well
 * (apply_feed.ts): where the server has lost it since, it is treated as anything else that was lost.
 */
async function withoutReceipt({ book }: Open, batch: Batch): Promise<Set<string>> {
  const found: Set<string> = new Set();
  for (const { record, version } of batch.root.outbox) {
    const facts = (await book.meta(record, batch))?.versions.find(({ v }) => v === version);
    if (!facts?.receipt) found.add(version);
  }
  return found;
}

async function requeueVersion(open: Open, batch: Batch, record: string, version: string) {
  const meta = structuredClone(await open.book.meta(record, batch));
  const facts = meta?.versions.find(({ v }) => v === version);
  const stored = await open.store.read(`v/${version}`);
  if (!meta || !facts || !stored) return [];
  const { seq, at, receipt } = facts;
  Object.assign(facts, { seq: null, at: null, receipt: null, before: [...(facts.before ?? []), { seq, at, receipt }] });
  batch.metas.set(record, meta);
  batch.change.putJson(`r/${record}`, meta);
  const incident = meta.kind === 'incident' ? record : meta.of;
  await queueUploads(open, batch, decodePush(stored.bytes).meta.blobs, incident);
  return [{ record, version, of: incident }];
}

/** Queue the upload of files that are complete here. The server answers which parts it still has. */
async function queueUploads(open: Open, { root }: Batch, blobs: readonly string[], incident: string | null) {
  const stored = await open.store.readJsonMany<BlobCatalogue>(blobs.map((blob) => `b/${blob}`));
  blobs.forEach((blob, i) => {
    if (stored[i]?.have === true && !root.uploads.some((upload) => upload.blob === blob))
      root.uploads.push({ blob, of: incident });
  });
}

/**
 * Queue the files of versions that the server does have: versions are sent before their files, so the server may have
 * been put back to a moment between the two.
 */
async function queueUploadsOf(open: Open, batch: Batch, listed: ListedVersion[]) {
  for (let from = 0; from < listed.length; from += BATCH_SIZE) {
    const chunk = listed.slice(from, from + BATCH_SIZE);
    const stored = await open.store.readMany(chunk.map(([, version]) => `v/${version}`));
    for (const [i, [record]] of chunk.entries()) {
      const { blobs = [] } = stored[i] ? decodePush(stored[i].bytes).meta : {};
      if (blobs.length) await queueUploads(open, batch, blobs, (await open.book.meta(record, batch))?.of ?? null);
    }
  }
}

/**
 * Return every version on this phone: in feed order, then those the feed lost, then the outbox. This includes numbers
 * that the feed has not reached and versions that "send again" has still to look for.
 * @returns each version once, erased ones included
 */
export async function allVersions({ store }: Pick<Open, 'store'>): Promise<{ record: string; version: string }[]> {
  const { root } = store;
  const lastSeq = Math.max(root.feed.seq, root.top ?? 0);
  const sent = (await readNumbers(store, 1, lastSeq)).map(([, record, version]) => [record, version]);
  const listed = root.again ? ((await store.readJson<ListedVersion[]>(LIST_KEY)) ?? []) : [];
  const queued = root.outbox.map(({ record, version }) => [record, version]);
  const pairs = [...sent, ...listed, ...(root.strays ?? []), ...queued] as [string, string][];
  return [...new Map(pairs.map(([record, version]) => [version, { record, version }])).values()];
}

function requireLink(open: Open) {
  const link = open.syncing.link();
  if (!link) throw new KeptError('signed_out');
  return link;
}
