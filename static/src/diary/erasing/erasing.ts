/**
 * Erasing for good: an entry with its files and note goes seven days after the keeper asked for it with the words.
 *
 * [Note: who counts the days] The server counts them for a registered diary, by its own clock, and shows every device
 * what waits. This phone keeps its last response in `root.erasures`, so that the day is shown without signal too. A
 * diary that exists only on this phone counts them itself and asks for the words once more.
 *
 * [Note: back again] Only what is taken out is erased. An entry comes back when it is put back, or when another
 * device wrote to it meanwhile. The server cannot know that, and would erase the newest text with the rest: the
 * devices would show an entry that nothing keeps safe. So the request is not made then, and a pending one is
 * cancelled.
 *
 * An erased entry leaves its number, the ids and commitments of its versions, and the day.
 */
import { listDraftKey } from '../attachments/picture_rows.js';
import { readTexts } from '../attachments/picture_texts.js';
import { ERASURE_RECORDS_LIMIT } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { partName } from '../../net/blobs.js';
import { findErased } from '../../net/feed.js';
import { proofOf } from '../keys/accounts.js';
import { confirmWords } from '../session/confirming.js';
import { erasureLines, addPendingLines } from '../attachments/custody.js';
import { readHold, ERASURE_DELAY_MS } from './erasure_hold.js';
import { readKind } from '../records/records.js';
import { isInSentManifest, requestNumberOfErased } from '../sync/manifest.js';
import { takenOutAt } from './takeout.js';
import { isRemoval, noteHalfErased } from '../attachments/removal.js';
import { erasedRow } from '../index/listing.js';
import type { Context, Open, Batch } from '../types.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Erasure } from '../../store/root.js';
import type { PendingErasure } from '../types.js';

/** Return the pending erasures, the earliest first. */
export function pendingErasures({ store, index }: Open): PendingErasure[] {
  const pending = new Map();
  for (const { erasure, records, asked_at, due_at, why } of store.root.erasures ?? []) {
    const record = records.find((id) => index.findRow(id));
    if (record && why === 'keeper') pending.set(record, { record, asked_at, due_at, here: erasure === null });
  }
  return [...pending.values()].sort((a, b) => a.due_at - b.due_at);
}

export function erasureOf(open: Open, record: string): PendingErasure | null {
  return pendingErasures(open).find((pending) => pending.record === record) ?? null;
}

/**
 * Ask for the erasure of an entry; return when it is due.
 * @throws on_hold, not_sent_yet, not_out, words_differ, no_match, no_network
 */
export async function requestErasure(
  ctx: Context,
  open: Open,
  record: string,
  words: string,
): Promise<{ due_at: number }> {
  if (await readHold(open, ctx.clock.now())) throw new KeptError('on_hold');
  const existing = erasureOf(open, record);
  if (existing) return { due_at: existing.due_at };
  const records = await relatedRecords(open, record);
  if (!open.store.root.account.registered) {
    await confirmWords(ctx, open, words);
    if ((await entryTakenOutAt(open, record)) === null) throw new KeptError('not_out');
    const asked_at = ctx.clock.now();
    const due_at = asked_at + ERASURE_DELAY_MS;
    await updateErasures(open, (erasures) => [
      ...erasures,
      { erasure: null, records, asked_at, due_at, why: 'keeper' },
    ]);
    return { due_at };
  }
  const unsent = new Set(open.store.root.outbox.map((item) => item.record));
  if (records.some((item) => unsent.has(item))) throw new KeptError('not_sent_yet');
  const proof = await proofOf(ctx, open, words);
  await sendEntryNumber(open, record);
  if ((await entryTakenOutAt(open, record)) === null) throw new KeptError('not_out');
  for (let offset = 0; offset < records.length; offset += ERASURE_RECORDS_LIMIT) {
    await ctx.api.erase(
      open.identity.diary,
      { records: records.slice(offset, offset + ERASURE_RECORDS_LIMIT), why: 'keeper' },
      proof,
    );
  }
  await syncErasures(ctx, open);
  return { due_at: erasureOf(open, record)?.due_at ?? ctx.clock.now() + ERASURE_DELAY_MS };
}

/**
 * Send the manifest that names an entry's number, before the entry may be erased: a device that joins after the erasure
 * and before the manifest would move every later entry up. Where the feed has gaps, no manifest can be written; the
 * keeper may erase all the same.
 * @throws what stopped the run of syncing
 */
async function sendEntryNumber(open: Open, record: string) {
  const { store, index, syncing } = open;
  const seq = index.findRow(record)?.seq ?? 0;
  if (isInSentManifest(store.root, seq)) return;
  await store.change((root) => requestNumberOfErased(root, seq));
  const resume = syncing.pauseBackgroundWork();
  try {
    await syncing.now();
  } catch (error) {
    if (!isInSentManifest(store.root, seq)) throw error;
  } finally {
    resume();
  }
}

/** Return when an entry was taken out, as far as this phone knows; null if it was not. See [Note: back again]. */
async function entryTakenOutAt(open: Open, record: string) {
  return takenOutAt((await open.book.versions(record)).filter(({ kind }) => kind));
}

/**
 * Cancel the erasure of entries that are back: see [Note: back again].
 * @param erasures the erasures that were known before the feed was read to its end. An erasure learned of since may
 *   belong to an entry that another device also took out since.
 */
export async function cancelReturned(ctx: Context, open: Open, erasures: readonly PendingErasure[]) {
  for (const { record, here } of erasures) {
    if (here || !(await isCurrent(open, record))) continue;
    await cancelErasure(ctx, open, record);
  }
}

/** Check that an entry was not erased and is not taken out. */
export async function isCurrent(open: Open, record: string) {
  const meta = await open.book.meta(record);
  return Boolean(meta && meta.erased_at === undefined) && (await entryTakenOutAt(open, record)) === null;
}

/** Cancel an erasure; this needs no words. */
export async function cancelErasure(ctx: Context, open: Open, record: string) {
  const ownRecords = new Set(await relatedRecords(open, record));
  const affected = (open.store.root.erasures ?? []).filter(({ records }) =>
    records.some((item) => ownRecords.has(item)),
  );
  let isGone = false;
  for (const { erasure } of affected) {
    if (erasure)
      await ctx.api.cancelErasure(open.identity.diary, erasure).catch((error: unknown) => {
        if (!(error instanceof KeptError) || error.code !== 'not_found') throw error;
        isGone = true; // another device was faster, or the server was: it may have erased the entry already
      });
  }
  await open.store.change((root) => {
    root.erasures = (root.erasures ?? []).filter(
      (item) => !affected.some(({ records }) => records === item.records || records.join() === item.records.join()),
    );
    if (isGone) noteHalfErased(root, record);
  });
}

/**
 * Erase an entry of a diary that is only on this phone, after its seven days and with the words typed again.
 * @throws not_due, on_hold, words_differ
 */
export async function finishErasure(ctx: Context, open: Open, record: string, words: string) {
  const pending = erasureOf(open, record);
  if (!pending?.here || pending.due_at > ctx.clock.now()) throw new KeptError('not_due');
  if (await readHold(open, ctx.clock.now())) throw new KeptError('on_hold');
  await confirmWords(ctx, open, words);
  await eraseOnPhone(open, await relatedRecords(open, record), ctx.clock.now());
}

/** Fetch the pending erasures, and cancel them all while a hold is on. Part of every run of syncing. */
export async function syncErasures(ctx: Context, open: Open) {
  const hold = await readHold(open, ctx.clock.now());
  let { erasures } = (await ctx.api.erasures(open.identity.diary)) as { erasures: Erasure[] };
  if (hold) {
    for (const { erasure, why } of erasures)
      if (erasure && why === 'keeper') await ctx.api.cancelErasure(open.identity.diary, erasure);
    erasures = erasures.filter(({ why }) => why !== 'keeper');
  }
  const previous = open.store.root.erasures ?? [];
  if (JSON.stringify(erasures) !== JSON.stringify(previous)) await updateErasures(open, () => erasures);
  if (hold) return;
  const finished = previous
    .filter((item) => !erasures.some(({ erasure }) => erasure === item.erasure))
    .flatMap(({ records }) => records);
  await followErasures(ctx, open, open.erasedLooked ? finished : [...finished, ...longTakenOut(open, ctx.clock.now())]);
  open.erasedLooked = true;
}

/** Return entries taken out so long ago that another device may have had them erased while this one was away. */
function longTakenOut({ index }: Open, now: number): string[] {
  return index
    .allRows()
    .filter((row) => row.taken_out && !row.erased && row.taken_out + ERASURE_DELAY_MS <= now)
    .map(({ record }) => record);
}

/**
 * Erase here what the server no longer has, but only if the keeper took it out: a server that claims the erasure of
 * other entries is not believed (see removal.js). The newest text decides: an entry that was written to elsewhere
 * meanwhile stays, whatever was erased before. A removal that another phone sent after the erasure brings nothing
 * back. It has no text, and stays as a version that the server has.
 *
 * [Note: a phone that was away] The version that took the entry out is erased with the rest, so a phone that never
 * received it would keep the entry for ever. So each device that follows an erasure logs it in the keeper's own
 * custody record, and that record is believed too.
 */
async function followErasures(ctx: Context, open: Open, records: readonly string[]) {
  const loggedElsewhere: Set<string> = new Set(open.store.root.told_erased);
  let erasureTimes: Map<string, number> = new Map();
  for (const record of new Set([...records, ...loggedElsewhere, ...(open.store.root.half_erased ?? [])])) {
    const meta = await open.book.meta(record);
    if (!meta || meta.erased_at || meta.kind !== 'incident') continue;
    const versions = await open.book.versions(record);
    const isTakenOut = takenOutAt(versions) !== null;
    if (!isTakenOut && !loggedElsewhere.has(record)) continue;
    const removals = new Set(versions.filter(isRemoval).map(({ version }) => version));
    const newest = meta.versions.filter(({ v }) => !removals.has(v)).at(-1) ?? meta.versions[0];
    if (!newest?.seq) continue;
    const later = meta.versions.slice(meta.versions.indexOf(newest));
    if (later.some(({ v }) => !erasureTimes.has(v))) {
      const numbers = later.flatMap(({ seq }) => seq ?? []);
      const found = await findErased(ctx.api, open.identity.diary, numbers);
      erasureTimes = new Map([...erasureTimes, ...found]);
    }
    const erasedAt = erasureTimes.get(newest.v);
    if (erasedAt === undefined) continue;
    const standing = new Set(later.flatMap(({ v }) => (erasureTimes.has(v) ? [] : [v])));
    await eraseOnPhone(open, await relatedRecords(open, record), erasedAt, { isLogged: isTakenOut, standing });
  }
  if (loggedElsewhere.size)
    await open.store.change((root) => {
      delete root.told_erased;
    });
}

/** Drop the erasures that this phone counts itself; a hold stops them too. */
export async function dropLocalErasures(open: Open) {
  await updateErasures(open, (erasures) => erasures.filter(({ erasure }) => erasure !== null));
}

async function updateErasures(open: Open, change: (erasures: Erasure[]) => Erasure[]) {
  await open.store.change((root) => {
    root.erasures = change(root.erasures ?? []);
  });
}

/** Return the ids of an entry, its files with the words read in them, its message lists and its note. */
export async function relatedRecords(open: Open, record: string): Promise<string[]> {
  const versions = await open.book.versions(record);
  const note = await open.store.readJson<{ note: string }>(`n/${record}`);
  const files = versions.flatMap(({ fields }) => (Array.isArray(fields.attachment_ids) ? fields.attachment_ids : []));
  const ownFiles = await Promise.all(
    [...new Set(files)].map(async (file) => ((await belongsOnlyTo(open, file, record)) ? file : null)),
  );
  const schedules = (await readKind(open, 'schedule', true)).filter(
    ({ fields }) => fields.incident_ids?.includes?.(record) && fields.incident_ids.length === 1,
  );
  const texts = await readTexts(open);
  return [
    record,
    ...ownFiles.flatMap((file) => (file ? [file, ...(texts.get(file)?.records ?? [])] : [])),
    ...schedules.map((schedule) => schedule.record),
    ...(note ? [note.note] : []),
  ];
}

/**
 * Check that no other entry needs a file. A saved chat belongs to every entry that was made from it, and goes with
 * the last.
 */
async function belongsOnlyTo(open: Open, file: string, record: string) {
  const meta = await open.book.meta(file);
  if (!meta || meta.erased_at) return false;
  const entryIds = (await open.book.newest(file).catch(() => null))?.fields.incident_ids;
  const others = (Array.isArray(entryIds) ? entryIds : []).filter((id) => id !== record);
  const isStanding = await Promise.all(
    others.map(async (id) => {
      const other = await open.book.meta(id);
      return Boolean(other && !other.erased_at);
    }),
  );
  return (meta.of === record || others.length > 0) && !isStanding.includes(true);
}

/**
 * Remove the text and files of records from this phone. Ids, commitments and numbers stay.
 * @param at ms
 * @param options `isLogged`: whether the erasure is logged for the keeper's other devices; `standing`: removals that
 *   the server has not erased
 */
export async function eraseOnPhone(
  open: Open,
  records: readonly string[],
  at: number,
  { isLogged = false, standing = new Set() }: { isLogged?: boolean; standing?: ReadonlySet<string> } = {},
) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    if (isLogged) addPendingLines(root, erasureLines(records, at));
    for (const record of records) await eraseRecord(open, batch, record, at, standing);
    root.erasures = (root.erasures ?? []).filter((erasure) => !erasure.records.some((id) => records.includes(id)));
  });
  if (isLogged) await open.custody.flush().catch(() => undefined); // its lines wait in the root for the next write
}

async function eraseRecord(open: Open, batch: Batch, record: string, at: number, standing: ReadonlySet<string>) {
  const { root, change } = batch;
  const meta = structuredClone(await open.book.meta(record, batch));
  if (!meta || meta.erased_at) return;
  const versions = await open.book.versions(record, batch);
  const blobs = versions.flatMap(({ keys }) => [...keys.open, ...keys.restricted].map(([blob]) => blob));
  const erased = meta.versions.filter(({ v }) => !standing.has(v));
  for (const { v } of erased) change.drop(`v/${v}`);
  for (const name of [`u/${record}`, `us/${record}`, `uw/${record}`, `n/${record}`, listDraftKey(record)])
    change.drop(name);
  for (const blob of new Set(blobs)) {
    const facts = await open.store.readJson<BlobCatalogue>(`b/${blob}`);
    for (let i = 0; i < (facts?.n ?? 0); i++) change.drop(partName(blob, i));
    change.drop(`b/${blob}`);
  }
  const erasedBlobs = new Set(blobs);
  root.outbox = root.outbox.filter((item) => item.record !== record || standing.has(item.version));
  root.uploads = root.uploads.filter((item) => !erasedBlobs.has(item.blob));
  root.fetch = root.fetch.filter((item) => !erasedBlobs.has(item.blob));
  meta.erased_at = at;
  for (const facts of erased) facts.erased ??= at;
  change.putJson(`r/${record}`, meta);
  batch.metas.set(record, meta);
  const row = open.index.findRow(record);
  if (row) open.index.putRows(root, change, [erasedRow(row, at)]);
  if (row && root.account.registered) requestNumberOfErased(root, row.seq);
  change.afterCommit(() => {
    for (const { v } of erased) open.book.seen.delete(v);
  });
}
