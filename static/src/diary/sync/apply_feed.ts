/**
 * Apply what the server returned: receipts for pushed versions, and versions from the feed. In both cases the record,
 * the list row, the outbox and the diary's account change in one transaction.
 */
import { KeptError } from '../../core/errors.js';
import { decodePush, encodePush } from '../../ledger/push.js';
import { number, numbered, withFacts } from '../../store/feed_numbers.js';
import { inFeedOrder } from '../records/record_store.js';
import { concern } from '../index/listing.js';
import { countTowards } from './manifest.js';
import { noteErased } from '../attachments/custody.js';
import { follow } from './lines.js';
import { heedRemoval, removeAgain, staysErased, takeErased } from '../attachments/removal.js';
import { resealUnsent } from './resealing.js';
import { ownerOf } from '../warnings.js';
import type { Item } from '../../net/feed.js';
import type { Kept } from '../../net/push.js';
import type { Change } from '../../store/pending.js';
import type { Root } from '../../store/root.js';
import type { BlobFacts } from '../../net/blobs.js';
import type { Open, Batch, Meta, VersionFacts, Opened } from '../types.js';

/**
 * Apply a valid receipt. A number that another version already has here is not stored: the server has gone back to an
 * earlier state.
 * @returns false when the server has gone back
 */
export async function takeReceipt(
  { store, index, book }: Open,
  { record, version, of }: { record: string; version: string; of: string | null },
  kept: Kept,
): Promise<boolean> {
  return store.change(async (root, change) => {
    const batch = book.batch(root, change);
    const facts = await settle(batch, book, record, version, kept);
    const [there] = await numbered(store, kept.seq, kept.seq);
    const isForward = !there || there[2] === version;
    if (isForward) await number(store, change, [withFacts([kept.seq, record, version, kept.c, kept.env], facts)]);
    else Object.assign(root, { gone_back: true, strays: [...(root.strays ?? []), [record, version]] });
    // Numbers up to the end of the account have been seen in the feed: see [Note: numbers ahead of the feed],
    // pulling.js.
    if (isForward && !kept.feed && kept.seq > root.feed.seq) root.top = Math.max(root.top ?? 0, kept.seq);
    root.outbox = root.outbox.filter((waiting) => waiting.version !== version);
    if (kept.feed) root.feed = kept.feed;
    await rows(batch, { index, book }, of ? [of] : [], kept.at);
    return isForward;
  });
}

/**
 * Apply versions from the feed. Their signature, receipt and head are already checked. A version that opens but does
 * not match its commitment is kept and reported, never hidden; so is a gap in a device's line.
 * @param remaining number of versions that the server has after these
 */
export async function takeItems(open: Open, items: Item[], feed: { seq: number; head: string }, left: number) {
  const { store, index, book, identity } = open;
  await book.open(items.filter(({ version, erased }) => !erased && !book.seen.has(version)));
  await store.change(async (root, change) => {
    // These were opened with the old keys, and their wraps would be stored for keys that are deleted (rewrapVersions):
    // fetch them again.
    if (open.identity !== identity) throw new KeptError('locked');
    // "Send again" reset the account while this page was on its way. A page that does not continue the account would
    // leave numbers out.
    if (items[0] && items[0].seq !== root.feed.seq + 1) throw new KeptError('locked');
    const batch = book.batch(root, change);
    const incidents: Set<string> = new Set();
    const erasedHere: Set<string> = new Set();
    let isPutBack = false;
    for (const item of items) {
      if (item.erased) {
        const lost = await takeErased({ store, book, index }, batch, item);
        if (lost) incidents.add(lost);
        continue;
      }
      if (await staysErased({ store, book }, batch, item)) {
        if (follow(root, identity.device, item, book.seen.get(item.version))) isPutBack = true;
        book.seen.delete(item.version);
        erasedHere.add(item.version);
        continue;
      }
      const isHere = (await book.meta(item.record, batch))?.versions.some(({ v }) => v === item.version) ?? false;
      const of = await takeItem(batch, book, item);
      if (isHere && identity.authors.length > 1) await takeSignature(store, change, item);
      await wantFiles(root, store, isHere ? identity.device : null, book.seen.get(item.version));
      await heedRemoval({ store, book }, batch, book.seen.get(item.version));
      if (of) incidents.add(of);
      if (follow(root, identity.device, item, book.seen.get(item.version))) isPutBack = true;
    }
    for (const record of new Set(items.map((one) => one.record))) {
      const of = await removeAgain(open, batch, record, book.clock.now());
      if (of) incidents.add(of);
    }
    const came = new Set(items.map(({ version }) => version));
    // A version whose own receipt was invalid stays in the outbox until a receipt is valid, whatever the feed shows.
    root.outbox = root.outbox.filter(
      (waiting) => !came.has(waiting.version) || root.troubles[ownerOf(waiting)] === 'receipt_wrong',
    );
    root.feed = feed;
    if ((root.top as number) <= feed.seq) delete root.top;
    if (left) root.coming = left;
    else delete root.coming;
    if (isPutBack) for (const incident of await resealUnsent(open, batch, root.put_back, came)) incidents.add(incident);
    if (!left) delete root.put_back;
    await number(
      store,
      change,
      items.map(({ seq, record, version, meta, env, at, checked, erased }) =>
        withFacts(
          [seq, record, version, meta.c, env],
          erased || erasedHere.has(version) ? null : { at, checked, altered: book.seen.get(version)?.altered },
        ),
      ),
    );
    await rows(batch, { index, book }, [...incidents], null);
  });
}

/** The parts of a feed version that are stored */
type Taken = Pick<Item, 'record' | 'version' | 'push' | 'seq' | 'checked'> & {
  receipt: VersionFacts['receipt'];
  at: number | null;
  meta: Pick<Item['meta'], 'parents' | 'c'>;
};

/** @returns the incident that the version belongs to */
export async function takeItem(batch: Batch, book: Open['book'], item: Taken): Promise<string | null> {
  const { record, version, meta: facts, push, receipt, seq, at, checked } = item;
  const opened = book.seen.get(version);
  const known = structuredClone(await book.meta(record, batch));
  const meta: Meta = known ?? { record, kind: opened?.kind ?? '', of: concerns(opened), versions: [] };
  // So far only erased versions, or versions that did not open, were seen of this record.
  if (!meta.kind && opened) Object.assign(meta, { kind: opened.kind, of: meta.of ?? concerns(opened) });
  const there = meta.versions.find(({ v }) => v === version);
  if (there) Object.assign(there, { seq, at, receipt, checked });
  else {
    // Another device wrote this before it received the erasure. The new version stands, and can be erased in turn.
    delete meta.erased_at;
    meta.versions.push({
      v: version,
      parents: facts.parents,
      c: facts.c,
      seq,
      at,
      receipt,
      checked,
      ...(opened?.altered ? { altered: true as const } : {}),
    });
    batch.change.put(`v/${version}`, { k: 'version' }, push);
  }
  meta.versions = inFeedOrder(meta.versions);
  batch.metas.set(record, meta);
  batch.change.putJson(`r/${record}`, meta);
  await book.enlist(batch, opened?.kind || meta.kind, record);
  if (opened) concern(batch, book.relist, opened.kind, record, meta.of, opened.fields);
  if (meta.kind === 'note' && meta.of) batch.change.putJson(`n/${meta.of}`, { note: record });
  if (meta.kind === 'settings') batch.root.settings = record;
  if (opened?.kind === 'custody' && !opened.altered) noteErased(batch.root, opened.fields.lines);
  countTowards(batch.root, meta.kind);
  return meta.kind === 'incident' ? record : meta.of;
}

/**
 * Store the new signature of a version that came again under a later account key: a pack needs the signature that the
 * receipt covers.
 * @param item its signature is already verified
 */
async function takeSignature(store: Open['store'], change: Change, { version, meta: { c, sig } }: Item) {
  const held = await store.read(`v/${version}`);
  if (!held) return;
  const push = decodePush(held.bytes);
  if (push.meta.c !== c || push.meta.sig === sig) return;
  change.put(`v/${version}`, { k: 'version' }, encodePush({ ...push, meta: { ...push.meta, sig } }));
}

/**
 * Queue the download of files that another device added, small copies first.
 * @param ownDevice this device's id, when this device already has the version
 */
export async function wantFiles(root: Root, store: Open['store'], own: string | null, opened: Opened | undefined) {
  // This device already has its own files, unless it was cleared or restored from an older copy.
  if (opened?.kind === 'attachment' && (opened.fields._author?.device !== own || root.cleared))
    await wantAll(root, store, opened);
}

/** Queue the download of every file of an attachment that is not on this phone. */
export async function wantAll(root: Root, store: Open['store'], opened: Opened) {
  const copies = Array.isArray(opened.fields.renditions) ? opened.fields.renditions : [];
  const of = concerns(opened);
  const wanted = [
    ...opened.keys.open.map(([blob], i) => ({
      blob,
      of,
      size: copies[i]?.size_bytes,
    })),
    ...opened.keys.restricted.map(([blob]) => ({
      blob,
      of,
      size: opened.fields.size_bytes,
    })),
  ].filter(({ blob, size }) => Number.isSafeInteger(size) && !root.fetch.some((one) => one.blob === blob));
  const known = await store.readJsonMany<BlobFacts>(wanted.map(({ blob }) => `b/${blob}`));
  root.fetch = [...root.fetch, ...wanted.filter((_one, i) => known[i]?.have !== true)].sort((a, b) => a.size - b.size);
}

async function settle(
  batch: Batch,
  book: Open['book'],
  record: string,
  version: string,
  { seq, at, receipt, checked }: Pick<Kept, 'seq' | 'at' | 'receipt' | 'checked'>,
): Promise<VersionFacts | null> {
  const meta = structuredClone(await book.meta(record, batch));
  const there = meta?.versions.find(({ v }) => v === version);
  if (!meta || !there) return null;
  Object.assign(there, { seq, at, receipt, checked });
  countTowards(batch.root, meta.kind);
  meta.versions = inFeedOrder(meta.versions);
  batch.metas.set(record, meta);
  batch.change.putJson(`r/${record}`, meta);
  return there;
}

/** Rewrite the list rows of changed incidents. */
export async function rows(
  batch: Batch,
  { index, book }: Pick<Open, 'index' | 'book'>,
  incidents: string[],
  keptAt: number | null,
) {
  await index.whole();
  const made = [];
  for (const record of incidents) {
    const meta = await book.meta(record, batch);
    if (!meta) continue; // its own versions come later in the feed
    const row = await book.row(record, index.find(record, batch.change), batch);
    if (row && keptAt) row.kept_at = Math.max(row.kept_at ?? 0, keptAt);
    if (row) made.push(row);
  }
  if (made.length) index.write(batch.root, batch.change, made);
}

/** Return the incident that a record belongs to. */
export function concerns(opened: Pick<Opened, 'kind' | 'fields'> | undefined): string | null {
  if (opened?.kind === 'note') return opened.fields.of_id ?? null;
  if (opened?.kind === 'attachment') return opened.fields.incident_ids?.[0] ?? null;
  return null;
}
