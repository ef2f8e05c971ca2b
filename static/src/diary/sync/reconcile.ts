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
import { PAGE, forgetAfter, numbered } from '../../store/feed_numbers.js';
import { covered, writeSoon } from './manifest.js';
import { signAgain } from './resealing.js';
import { rows } from './apply_feed.js';
import type { BlobFacts } from '../../net/blobs.js';
import type { Open, Batch } from '../types.js';

/** What this phone had seen numbered when "send again" began: [record, version]. */
const LIST = 'again';
type Listed = [record: string, version: string];
const AT_ONCE = 200;
const BEGINNING = Object.freeze({ seq: 0, head: b64(firstHead()) });

/**
 * Compare the server's account with this phone's. Change nothing.
 * @returns how many versions the server lacks, and how many this phone lacks
 * @throws signed_out, no_network, feed_altered, head_differs when the server contradicts itself
 */
export async function lookAtServer(
  open: Open,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<{ missing: number; extra: number }> {
  const there: Set<string> = new Set();
  await pullFeed(linkOf(open), BEGINNING, async (items, feed, latest) => {
    for (const { version } of items) there.add(version);
    onProgress(feed.seq, latest);
  });
  const { feed } = open.store.root;
  const here = new Set((await numbered(open.store, 1, feed.seq)).map(([, , version]) => version));
  return {
    missing: [...here].filter((version) => !there.has(version)).length,
    extra: [...there].filter((version) => !here.has(version)).length,
  };
}

/** Adopt the server's account and put what it lacks into the outbox, in the order it was first sent. */
export async function sendAgain(open: Open) {
  await open.store.change(async (root, change) => {
    // Include numbers above the end of the account. A store from before `top` existed may have some on the next page.
    const last = Math.max(root.feed.seq, root.top ?? root.feed.seq + PAGE);
    const listed = (await open.store.readJson<Listed[]>(LIST)) ?? [];
    const known = (await numbered(open.store, 1, last)).map(([, record, version]) => [record, version]);
    const all = [...listed, ...known, ...(root.strays ?? [])];
    change.putJson(LIST, [...new Map(all.map((one) => [one[1], one])).values()]);
    await forgetAfter(open.store, change, 0, last);
    for (const name of ['top', 'strays'] as const) delete root[name];
    root.feed = { ...BEGINNING };
    root.manifest = { ...covered(root), seq: 0, head: BEGINNING.head, due: 0 };
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
export async function putBackMissing(open: Open): Promise<boolean> {
  if (!open.store.root.again) return false;
  return open.store.change(async (root, change) => {
    const there = new Set((await numbered(open.store, 1, root.feed.seq)).map(([, , version]) => version));
    const waiting = new Set(root.outbox.map(({ version }) => version));
    const listed = (await open.store.readJson<Listed[]>(LIST)) ?? [];
    const missing = listed.filter(([, version]) => !there.has(version) && !waiting.has(version));
    const batch = open.book.batch(root, change);
    const again = [];
    for (const [record, version] of missing) {
      again.push(...(await unnumber(open, batch, record, version)));
      await signAgain(open, batch, record, version);
    }
    await offerFiles(
      open,
      batch,
      listed.filter(([, version]) => there.has(version)),
    );
    root.outbox = [...again, ...root.outbox];
    await rows(batch, open, [...new Set(again.flatMap(({ of }) => of ?? []))], null);
    root.again = false;
    writeSoon(root);
    change.drop(LIST);
    return again.length > 0;
  });
}

async function unnumber(open: Open, batch: Batch, record: string, version: string) {
  const meta = structuredClone(await open.book.meta(record, batch));
  const facts = meta?.versions.find(({ v }) => v === version);
  const held = await open.store.read(`v/${version}`);
  if (!meta || !facts || !held) return [];
  const { seq, at, receipt } = facts;
  Object.assign(facts, { seq: null, at: null, receipt: null, before: [...(facts.before ?? []), { seq, at, receipt }] });
  batch.metas.set(record, meta);
  batch.change.putJson(`r/${record}`, meta);
  const of = meta.kind === 'incident' ? record : meta.of;
  await offer(open, batch, decodePush(held.bytes).meta.blobs, of);
  return [{ record, version, of }];
}

/** Queue the upload of files that are complete here. The server answers which parts it still has. */
async function offer(open: Open, { root }: Batch, blobs: readonly string[], of: string | null) {
  const known = await open.store.readJsonMany<BlobFacts>(blobs.map((blob) => `b/${blob}`));
  blobs.forEach((blob, i) => {
    if (known[i]?.have === true && !root.uploads.some((one) => one.blob === blob)) root.uploads.push({ blob, of });
  });
}

/**
 * Queue the files of versions that the server does have: versions are sent before their files, so the server may have
 * been put back to a moment between the two.
 */
async function offerFiles(open: Open, batch: Batch, listed: Listed[]) {
  for (let from = 0; from < listed.length; from += AT_ONCE) {
    const some = listed.slice(from, from + AT_ONCE);
    const held = await open.store.readMany(some.map(([, version]) => `v/${version}`));
    for (const [i, [record]] of some.entries()) {
      const { blobs = [] } = held[i] ? decodePush(held[i].bytes).meta : {};
      if (blobs.length) await offer(open, batch, blobs, (await open.book.meta(record, batch))?.of ?? null);
    }
  }
}

/**
 * Return every version on this phone: in feed order, then those the feed lost, then the outbox. This includes numbers
 * that the feed has not reached and versions that "send again" has still to look for.
 * @returns each version once, erased ones included
 */
export async function everyVersion({ store }: Pick<Open, 'store'>): Promise<{ record: string; version: string }[]> {
  const { root } = store;
  const last = Math.max(root.feed.seq, root.top ?? 0);
  const sent = (await numbered(store, 1, last)).map(([, record, version]) => [record, version]);
  const listed = root.again ? ((await store.readJson<Listed[]>(LIST)) ?? []) : [];
  const waiting = root.outbox.map(({ record, version }) => [record, version]);
  const all = [...sent, ...listed, ...(root.strays ?? []), ...waiting] as [string, string][];
  return [...new Map(all.map(([record, version]) => [version, { record, version }])).values()];
}

function linkOf(open: Open) {
  const link = open.syncing.link();
  if (!link) throw new KeptError('signed_out');
  return link;
}
