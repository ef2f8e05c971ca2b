/**
 * Apply what the server returned: receipts for pushed versions, and versions from the feed. In both cases the record,
 * the list row, the outbox and the diary's account change in one transaction.
 */
import { KeptError } from '../../core/errors.js';
import { decodePush, encodePush } from '../../ledger/push.js';
import { putNumbers, readNumbers, withFacts } from '../../store/feed_numbers.js';
import { inFeedOrder } from '../records/record_store.js';
import { scheduleRows } from '../index/listing.js';
import { countVersion } from './manifest.js';
import { noteErasures } from '../attachments/custody.js';
import { advanceLine } from './lines.js';
import { applyRemoval, repeatRemoval, isErasedHere, isRemoval, applyErasure } from '../attachments/removal.js';
import { resealUnsent } from './resealing.js';
import { refusalKey } from '../warnings.js';
import type { FeedItem } from '../../net/feed.js';
import type { PushResult } from '../../net/push.js';
import type { Change } from '../../store/pending.js';
import type { Root } from '../../store/root.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Open, Batch, Meta, VersionFacts, Opened } from '../types.js';

/**
 * Apply a valid receipt. A number that another version already has here is not stored: the server has gone back to an
 * earlier state.
 * @returns false when the server has gone back
 */
export async function applyReceipt(
  { store, index, book }: Open,
  { record, version, of: incident }: { record: string; version: string; of: string | null },
  result: PushResult,
): Promise<boolean> {
  return store.change(async (root, change) => {
    const batch = book.batch(root, change);
    const facts = await recordReceipt(batch, book, record, version, result);
    const [existing] = await readNumbers(store, result.seq, result.seq);
    const isForward = !existing || existing[2] === version;
    if (isForward)
      await putNumbers(store, change, [withFacts([result.seq, record, version, result.c, result.env], facts)]);
    else Object.assign(root, { gone_back: true, strays: [...(root.strays ?? []), [record, version]] });
    // Numbers up to the end of the account have been seen in the feed: see [Note: numbers ahead of the feed],
    // pulling.js.
    if (isForward && !result.feed && result.seq > root.feed.seq) root.top = Math.max(root.top ?? 0, result.seq);
    root.outbox = root.outbox.filter((waiting) => waiting.version !== version);
    if (result.feed) root.feed = result.feed;
    await rewriteRows(batch, { index, book }, incident ? [incident] : [], result.at);
    return isForward;
  });
}

/**
 * Take a version out of the outbox that came by the feed with a valid receipt. Its push had no valid receipt and is
 * repeated. Once the keys are changed the server refuses that: it no longer accepts the earlier signature.
 * @returns false when it has no receipt: nothing shows that the server has it
 */
export async function dropNumbered(
  { store, book }: Open,
  item: { record: string; version: string; of: string | null },
): Promise<boolean> {
  const facts = (await book.meta(item.record))?.versions.find(({ v }) => v === item.version);
  if (!facts?.receipt) return false;
  await store.change((root) => {
    root.outbox = root.outbox.filter(({ version }) => version !== item.version);
    delete root.troubles[refusalKey(item)];
  });
  return true;
}

/**
 * Apply versions from the feed. Their signature, receipt and head are already checked. A version that opens but does
 * not match its commitment is kept and reported, never hidden; so is a gap in a device's line.
 * @param remaining number of versions that the server has after these
 */
export async function applyItems(
  open: Open,
  items: FeedItem[],
  feed: { seq: number; head: string },
  remaining: number,
) {
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
    let isLineAhead = false;
    for (const item of items) {
      if (item.erased) {
        const erasedIncident = await applyErasure({ store, book, index }, batch, item);
        if (erasedIncident) incidents.add(erasedIncident);
        continue;
      }
      if (await isErasedHere({ store, book }, batch, item)) {
        if (advanceLine(root, identity.device, item, book.seen.get(item.version))) isLineAhead = true;
        book.seen.delete(item.version);
        erasedHere.add(item.version);
        continue;
      }
      const isStored = (await book.meta(item.record, batch))?.versions.some(({ v }) => v === item.version) ?? false;
      const incident = await applyItem(batch, book, item);
      if (isStored && identity.authors.length > 1) await updateSignature(store, change, item);
      await queueDownloads(root, store, isStored ? identity.device : null, book.seen.get(item.version));
      await applyRemoval({ store, book }, batch, book.seen.get(item.version));
      if (incident) incidents.add(incident);
      if (advanceLine(root, identity.device, item, book.seen.get(item.version))) isLineAhead = true;
    }
    for (const record of new Set(items.map((item) => item.record))) {
      const incident = await repeatRemoval(open, batch, record, book.clock.now());
      if (incident) incidents.add(incident);
    }
    const received = new Set(items.map(({ version }) => version));
    // A version whose own receipt was invalid stays in the outbox until a receipt is valid, whatever the feed shows.
    root.outbox = root.outbox.filter(
      (waiting) => !received.has(waiting.version) || root.troubles[refusalKey(waiting)] === 'receipt_wrong',
    );
    root.feed = feed;
    if ((root.top as number) <= feed.seq) delete root.top;
    if (remaining) root.coming = remaining;
    else delete root.coming;
    if (isLineAhead)
      for (const incident of await resealUnsent(open, batch, root.put_back, received)) incidents.add(incident);
    if (!remaining) delete root.put_back;
    await putNumbers(
      store,
      change,
      items.map(({ seq, record, version, meta, env, at, checked, erased }) =>
        withFacts(
          [seq, record, version, meta.c, env],
          erased || erasedHere.has(version) ? null : { at, checked, altered: book.seen.get(version)?.altered },
        ),
      ),
    );
    await rewriteRows(batch, { index, book }, [...incidents], null);
  });
}

/** The parts of a feed version that are stored */
type StoredItem = Pick<FeedItem, 'record' | 'version' | 'push' | 'seq' | 'checked'> & {
  receipt: VersionFacts['receipt'];
  at: number | null;
  meta: Pick<FeedItem['meta'], 'parents' | 'c'>;
};

/** @returns the incident that the version belongs to */
export async function applyItem(batch: Batch, book: Open['book'], item: StoredItem): Promise<string | null> {
  const { record, version, meta: facts, push, receipt, seq, at, checked } = item;
  const opened = book.seen.get(version);
  const current = structuredClone(await book.meta(record, batch));
  const meta: Meta = current ?? { record, kind: opened?.kind ?? '', of: incidentOf(opened), versions: [] };
  // So far only erased versions, or versions that did not open, were seen of this record.
  if (!meta.kind && opened) Object.assign(meta, { kind: opened.kind, of: meta.of ?? incidentOf(opened) });
  const existing = meta.versions.find(({ v }) => v === version);
  if (existing) Object.assign(existing, { seq, at, receipt, checked });
  else {
    // Another device wrote this before it received the erasure. The new version stands, and can be erased in turn. One
    // more removal brings nothing back: the entry stays erased.
    if (!isRemoval(opened)) delete meta.erased_at;
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
  if (opened) scheduleRows(batch, book.relist, opened.kind, record, meta.of, opened.fields);
  if (meta.kind === 'note' && meta.of) batch.change.putJson(`n/${meta.of}`, { note: record });
  if (meta.kind === 'settings') batch.root.settings = record;
  if (opened?.kind === 'custody' && !opened.altered) noteErasures(batch.root, opened.fields.lines);
  countVersion(batch.root, meta.kind);
  return meta.kind === 'incident' ? record : meta.of;
}

/**
 * Store the new signature of a version that came again under a later account key: a pack needs the signature that the
 * receipt covers.
 * @param item its signature is already verified
 */
async function updateSignature(store: Open['store'], change: Change, { version, meta: { c, sig } }: FeedItem) {
  const stored = await store.read(`v/${version}`);
  if (!stored) return;
  const push = decodePush(stored.bytes);
  if (push.meta.c !== c || push.meta.sig === sig) return;
  change.put(`v/${version}`, { k: 'version' }, encodePush({ ...push, meta: { ...push.meta, sig } }));
}

/**
 * Queue the download of files that another device added, small copies first.
 * @param ownDevice this device's id, when this device already has the version
 */
export async function queueDownloads(
  root: Root,
  store: Open['store'],
  ownDevice: string | null,
  opened: Opened | undefined,
) {
  // This device already has its own files, unless it was cleared or restored from an older copy.
  if (opened?.kind === 'attachment' && (opened.fields._author?.device !== ownDevice || root.cleared))
    await queueAllDownloads(root, store, opened);
}

/** Queue the download of every file of an attachment that is not on this phone. */
export async function queueAllDownloads(root: Root, store: Open['store'], opened: Opened) {
  const renditions = Array.isArray(opened.fields.renditions) ? opened.fields.renditions : [];
  const incident = incidentOf(opened);
  const files = [
    ...opened.keys.open.map(([blob], i) => ({
      blob,
      of: incident,
      size: renditions[i]?.size_bytes,
    })),
    ...opened.keys.restricted.map(([blob]) => ({
      blob,
      of: incident,
      size: opened.fields.size_bytes,
    })),
  ].filter(({ blob, size }) => Number.isSafeInteger(size) && !root.fetch.some((file) => file.blob === blob));
  const stored = await store.readJsonMany<BlobCatalogue>(files.map(({ blob }) => `b/${blob}`));
  root.fetch = [...root.fetch, ...files.filter((_file, i) => stored[i]?.have !== true)].sort((a, b) => a.size - b.size);
}

async function recordReceipt(
  batch: Batch,
  book: Open['book'],
  record: string,
  version: string,
  { seq, at, receipt, checked }: Pick<PushResult, 'seq' | 'at' | 'receipt' | 'checked'>,
): Promise<VersionFacts | null> {
  const meta = structuredClone(await book.meta(record, batch));
  const facts = meta?.versions.find(({ v }) => v === version);
  if (!meta || !facts) return null;
  Object.assign(facts, { seq, at, receipt, checked });
  countVersion(batch.root, meta.kind);
  meta.versions = inFeedOrder(meta.versions);
  batch.metas.set(record, meta);
  batch.change.putJson(`r/${record}`, meta);
  return facts;
}

/** Rewrite the list rows of changed incidents. */
export async function rewriteRows(
  batch: Batch,
  { index, book }: Pick<Open, 'index' | 'book'>,
  incidents: string[],
  receivedAt: number | null,
) {
  await index.whenLoaded();
  const changedRows = [];
  for (const record of incidents) {
    const meta = await book.meta(record, batch);
    if (!meta) continue; // its own versions come later in the feed
    const row = await book.row(record, index.findRow(record, batch.change), batch);
    if (row && receivedAt) row.kept_at = Math.max(row.kept_at ?? 0, receivedAt);
    if (row) changedRows.push(row);
    await index.store.pause();
  }
  if (changedRows.length) index.putRows(batch.root, batch.change, changedRows);
}

/** Return the incident that a record belongs to. */
export function incidentOf(opened: Pick<Opened, 'kind' | 'fields'> | undefined): string | null {
  if (opened?.kind === 'note') return opened.fields.of_id ?? null;
  if (opened?.kind === 'attachment') return opened.fields.incident_ids?.[0] ?? null;
  return null;
}
