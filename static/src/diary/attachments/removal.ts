/** What leaves this phone when a file is removed at once, on this device or another one (purging.js). */
import { partName } from '../../net/blobs.js';
import { erasedRow } from '../index/listing.js';
import { currentVersionOf, isTakenOut } from '../../record/current_version.js';
import { requestNumberOfErased } from '../sync/manifest.js';
import { listDraftKey } from './picture_rows.js';
import { readTexts, TEXT_KIND } from './picture_texts.js';
import { inFeedOrder } from '../records/record_store.js';
import type { FeedItem } from '../../net/feed.js';
import type { Root } from '../../store/root.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Open, Opened, Batch, Meta, Fields } from '../types.js';

/** A version that was erased for good; `at` in ms. */
type ErasedVersion = { v: string; c: string; seq: number; at: number };

/** The only `reason` that is a code. It discloses no more than the screen does. */
export const FILE_REMOVED = 'file_removed';
const REMOVED_KINDS = new Set(['attachment', TEXT_KIND]);

/** Drop a file's bytes from this phone, and those of its versions that were sent. An entry's removals stay. */
export async function dropFile({ store, book }: Pick<Open, 'store' | 'book'>, batch: Batch, id: string) {
  const { root, change } = batch;
  const meta = await book.meta(id, batch);
  if (!meta) return;
  const versions = await book.versions(id, batch);
  const blobs = new Set(versions.flatMap(({ keys }) => [...keys.open, ...keys.restricted].map(([blob]) => blob)));
  for (const blob of blobs) {
    const facts = await store.readJson<BlobCatalogue>(`b/${blob}`);
    for (let i = 0; i < (facts?.n ?? 0); i++) change.drop(partName(blob, i));
    change.drop(`b/${blob}`);
  }
  root.uploads = root.uploads.filter((item) => !blobs.has(item.blob));
  root.fetch = root.fetch.filter((item) => !blobs.has(item.blob));
  const unsent = new Set(root.outbox.map((item) => item.version));
  const sentVersions = meta.versions
    .filter(({ v }) => !unsent.has(v) && book.seen.get(v)?.fields.reason !== FILE_REMOVED)
    .filter(({ v }) => meta.kind !== 'incident' || !isRemoval(book.seen.get(v)))
    .map(({ v }) => v);
  for (const v of sentVersions) change.drop(`v/${v}`);
  change.drop(`t/file:${id}`); // what was typed about it and not saved
  change.drop(listDraftKey(id));
  change.afterCommit(() => {
    for (const v of sentVersions) book.seen.delete(v);
  });
}

/** Drop a file here when a version from another device removed it. */
export async function applyRemoval(
  open: Pick<Open, 'store' | 'book'>,
  batch: Batch,
  opened: { record: string; kind: string; fields: Fields } | undefined,
) {
  if (REMOVED_KINDS.has(opened?.kind ?? '') && opened?.fields.reason === FILE_REMOVED && opened.fields.taken_out)
    await dropFile(open, batch, opened.record);
}

/**
 * Remove a file again when another device changed it before it learned of the removal: that version would bring the
 * file back without its bytes. The removal becomes the newest version.
 * @param now ms
 * @returns the entry whose row changes; undefined where there is nothing to do
 */
export async function repeatRemoval(
  open: Open,
  batch: Batch,
  id: string,
  now: number,
): Promise<string | null | undefined> {
  const meta = await open.book.meta(id, batch);
  if (meta?.kind !== 'attachment' || meta.versions.length < 2) return undefined;
  const versions = (await open.book.versions(id, batch)).filter(({ kind }) => kind);
  if (!versions.some(({ fields }) => fields.reason === FILE_REMOVED) || currentVersionOf(versions).taken_out !== null)
    return undefined;
  await removeFile(open, batch, id, now);
  batch.change.afterCommit(() => open.syncing.soon());
  return meta.of;
}

/**
 * Remove a file's bytes and text here, with the words that were read in it, and queue the request that the server
 * erases them.
 * @param now ms
 */
export async function removeFile(open: Open, batch: Batch, id: string, now: number) {
  await removeRecord(open, batch, 'attachment', id, now);
  for (const text of (await readTexts(open, batch)).get(id)?.records ?? [])
    await removeRecord(open, batch, TEXT_KIND, text, now);
}

async function removeRecord(open: Open, batch: Batch, kind: string, record: string, now: number) {
  await dropFile(open, batch, record);
  await open.book.stage(batch, { kind, record, open: { taken_out: now, reason: FILE_REMOVED } });
  batch.root.purges = [...(batch.root.purges ?? []).filter((purge) => purge !== record), record];
}

/**
 * Remove the words of pictures that were deleted: another device can send words that it read before it learned that the
 * picture is gone.
 * @param now ms
 */
export async function removeTextsOfDeleted(open: Open, now: number) {
  const texts = await readTexts(open);
  const left = (await open.book.manyVersions([...texts.keys()])).flatMap(({ record, versions, meta }) =>
    meta.erased_at || versions.some(({ fields }) => fields.reason === FILE_REMOVED && fields.taken_out)
      ? (texts.get(record)?.records ?? [])
      : [],
  );
  if (!left.length) return;
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    for (const text of left) await removeRecord(open, batch, TEXT_KIND, text, now);
  });
  open.syncing.kick();
}

/** Whether a version opens and only says that its record was taken out. */
export function isRemoval(opened: Opened | undefined): boolean {
  return Boolean(opened?.kind && !opened.altered && isTakenOut(opened));
}

/**
 * Apply a version that the server reports as erased for good. What this phone holds of its record goes, except for
 * text that was not sent yet. Its place stays, so that no number moves.
 *
 * An entry whose text is here keeps it for now. The same run compares all of it with the server (`followErasures`,
 * erasing.js): only the text names the files and the note that go with it.
 * @returns the entry that loses a file by it, whose row changes
 */
export async function applyErasure(
  { store, book, index }: Pick<Open, 'store' | 'book' | 'index'>,
  batch: Batch,
  { record, version, meta: { c }, seq, erased }: FeedItem,
): Promise<string | null> {
  const { root, change } = batch;
  const localMeta = structuredClone(await book.meta(record, batch));
  // A server could claim the erasure of any entry. It is believed only about what the keeper took out.
  const at = erased?.at ?? 0;
  if (localMeta && ((await hasText(book, batch, localMeta)) || !(await isRecordTakenOut(book, batch, localMeta))))
    return keepTextAtErasure(batch, localMeta, { v: version, c, seq, at });
  if (localMeta) await dropFile({ store, book }, batch, record);
  const meta = localMeta ?? { record, kind: '', of: null, versions: [] };
  placeErased(root, meta, { v: version, c, seq, at });
  change.drop(`v/${version}`);
  meta.erased_at = at;
  batch.metas.set(record, meta);
  change.putJson(`r/${record}`, meta);
  const row = index.findRow(record);
  if (row) index.putRows(root, change, [erasedRow(row, meta.erased_at)]);
  if (row) requestNumberOfErased(root, row.seq);
  return !row && meta.of && index.findRow(meta.of) ? meta.of : null;
}

/**
 * Check whether the keeper had a version erased for good that the server shows again. Only a server that was restored
 * from an older copy shows one, so its text and files do not come back to this phone. Its present number is noted.
 */
export async function isErasedHere(
  { store, book }: Pick<Open, 'store' | 'book'>,
  batch: Batch,
  { record, version, seq }: FeedItem,
): Promise<boolean> {
  const meta = structuredClone(await book.meta(record, batch));
  const knownVersion = meta?.versions.find(({ v }) => v === version);
  if (!meta || knownVersion?.erased === undefined || (await store.read(`v/${version}`))) return false;
  knownVersion.seq = seq;
  meta.versions = inFeedOrder(meta.versions);
  batch.metas.set(record, meta);
  batch.change.putJson(`r/${record}`, meta);
  return true;
}

/** Whether this phone has the text of an entry. */
async function hasText(book: Open['book'], batch: Batch, { kind, record }: Meta) {
  if (kind !== 'incident') return false;
  return (await book.versions(record, batch)).some((opened) => opened.kind && !isRemoval(opened));
}

async function isRecordTakenOut(book: Open['book'], batch: Batch, meta: Meta) {
  for (const record of [meta.record, meta.of]) {
    if (!record || !(await book.meta(record, batch))) continue;
    const versions = (await book.versions(record, batch)).filter(({ kind }) => kind);
    if (!versions.length || currentVersionOf(versions).taken_out !== null) return true;
  }
  return false;
}

/** Keep the place of a version that was erased for good. */
function placeErased(root: Root, meta: Meta, { v, c, seq, at }: ErasedVersion) {
  const existing = meta.versions.find((version) => version.v === v);
  if (existing) Object.assign(existing, { seq, erased: at });
  else {
    meta.versions.push({ v, parents: [], c, seq, at: null, receipt: null, erased: at });
    root.blanks = (root.blanks ?? 0) + 1;
  }
  meta.versions = inFeedOrder(meta.versions);
}

/** Keep the record's text and note only the erased version's place, so that this device and the server count alike. */
function keepTextAtErasure({ root, change, metas }: Batch, meta: Meta, erasedVersion: ErasedVersion) {
  placeErased(root, meta, erasedVersion);
  metas.set(meta.record, meta);
  change.putJson(`r/${meta.record}`, meta);
  // What went with it may be wanted again: see [Note: what was erased with it], returned_entries.js.
  if (meta.kind === 'incident') noteHalfErased(root, meta.record);
  return null;
}

/** Note an entry of which the server may have erased what this phone still has: returned_entries.js. */
export function noteHalfErased(root: Root, record: string) {
  root.half_erased = [...new Set([...(root.half_erased ?? []), record])];
}
