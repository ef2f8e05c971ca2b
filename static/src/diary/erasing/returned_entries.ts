/**
 * Entries that are back although the server has erased them: put back, or written to, when the seven days were over.
 *
 * [Note: what was erased with it] The server erased every version that it had then: the entry's, and those of its
 * files, its note and its message lists. A later version of the entry stands and names them, so they would be on this
 * phone alone, shown as kept safe. So this phone sends again what it still has of them, as one more version of each. A
 * file gets a new key and a new id, because the server never takes an erased file again under its id.
 *
 * Only what belongs to an entry that is back is sent: a phone that never received the removal does not send an erased
 * entry again, and a file that was removed at once (purging.js) stays removed.
 */
import { KeptError } from '../../core/errors.js';
import { partCount } from '../../crypto/files.js';
import { findErased } from '../../net/feed.js';
import { partName } from '../../net/blobs.js';
import { putNumbers, readNumbers } from '../../store/feed_numbers.js';
import { currentVersionOf, isTakenOut } from '../../record/current_version.js';
import { inFeedOrder, ownFields } from '../records/record_store.js';
import { rewriteRows } from '../sync/apply_feed.js';
import { deleteBlobs, deleteUnnamed, resealStored, sendBlobs } from '../attachments/sealing.js';
import { FILE_REMOVED } from '../attachments/removal.js';
import { isCurrent, relatedRecords } from './erasing.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Batch, BlobKey, Context, Meta, Open, Opened, Rendition } from '../types.js';

type SealedFiles = { fresh: Map<string, BlobKey>; old: { blob: string; n: number }[] };

/**
 * Send again what was erased with entries that are back. Part of every run of syncing, after the erasures. What fails
 * for lack of room is tried again in the next run.
 * @returns whether anything waits to be sent
 * @throws what the request throws
 */
export async function sendErasedParts(ctx: Context, open: Open): Promise<boolean> {
  let isStaged = false;
  for (const record of [...(open.store.root.half_erased ?? [])]) {
    const meta = await open.book.meta(record);
    if (meta && meta.erased_at === undefined && !(await isCurrent(open, record))) continue; // it may be put back
    if (meta && meta.erased_at === undefined) {
      const records = await relatedRecords(open, record);
      await markErased(ctx, open, records);
      if (!(await isKnownToBeBack(open, record))) continue;
      const results = await sendRecords(open, records);
      isStaged ||= results.includes(true);
      if (results.includes(null)) continue;
    }
    await open.store.change(async (root) => {
      root.half_erased = (root.half_erased ?? []).filter((id) => id !== record);
      if (!root.half_erased.length) delete root.half_erased;
    });
  }
  return isStaged;
}

/** Whether this phone may be the only one that has parts of an entry: the server erased them, and it is back. */
export async function hasErasedParts(open: Open): Promise<boolean> {
  for (const record of open.store.root.half_erased ?? []) if (await isCurrent(open, record)) return true;
  return false;
}

/** Ask which versions of some records were erased, and note it, so that every phone counts the same versions. */
async function markErased({ api }: Context, open: Open, records: readonly string[]) {
  const metas = await Promise.all(records.map((record) => open.book.meta(record)));
  const numbers = metas.flatMap((meta) =>
    (meta?.versions ?? []).flatMap(({ seq, erased }) => (seq !== null && erased === undefined ? seq : [])),
  );
  const erased = await findErased(api, open.identity.diary, numbers);
  if (!erased.size) return;
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const places = [];
    for (const record of records) {
      const meta = structuredClone(await open.book.meta(record, batch));
      const found = meta?.versions.filter((facts) => facts.erased === undefined && erased.has(facts.v)) ?? [];
      if (!meta || !found.length) continue;
      for (const facts of found) {
        facts.erased = erased.get(facts.v) as number;
        if (facts.seq !== null) places.push(...(await readNumbers(open.store, facts.seq, facts.seq)));
      }
      storeMeta(batch, meta);
    }
    // Without their facts, so that a rebuilt list reads the records (feed_numbers.js).
    await putNumbers(
      open.store,
      change,
      places.filter(([, , v]) => erased.has(v)).map(([seq, id, v, c, env]) => [seq, id, v, c, env]),
    );
    await rewriteRows(batch, open, records.slice(0, 1), null);
  });
}

function storeMeta({ metas, change }: Batch, meta: Meta) {
  meta.versions = inFeedOrder(meta.versions);
  metas.set(meta.record, meta);
  change.putJson(`r/${meta.record}`, meta);
}

/**
 * Whether an entry stands on the server, or is known to have been taken out and then put back or written to. Without
 * either, the phone may only lack the removal: so too where the server erased a later version that was never here.
 */
async function isKnownToBeBack(open: Open, record: string) {
  const facts = (await open.book.meta(record))?.versions ?? [];
  if (facts.some(({ erased }) => erased === undefined)) return true;
  const versions = await open.book.versions(record);
  const here = new Set(versions.map(({ version }) => version));
  const lastHere = Math.max(-1, ...facts.map(({ v, seq }) => (here.has(v) ? (seq ?? 0) : -1)));
  const lacksLater = facts.some(({ v, seq }) => !here.has(v) && (seq ?? 0) > lastHere);
  return versions.some(isTakenOut) && !lacksLater;
}

/** @returns for each record, whether a version was written; null where it has to be tried again */
async function sendRecords(open: Open, records: readonly string[]): Promise<(boolean | null)[]> {
  const results = [];
  for (const record of records)
    results.push(
      await sendRecord(open, record).catch((error) => {
        if (!(error instanceof KeptError) || !['no_space', 'conflict'].includes(error.code)) throw error;
        return null;
      }),
    );
  return results;
}

/** @throws no_space; conflict when it has changed meanwhile */
async function sendRecord(open: Open, record: string): Promise<boolean> {
  if (!(await isToBeSent(open, record))) return false;
  const files = await resealFiles(open, await open.book.newest(record));
  if (!files) return false;
  try {
    return await open.store.change(async (root, change) => {
      const batch = open.book.batch(root, change);
      if (!(await isToBeSent(open, record, batch))) throw new KeptError('conflict');
      const { of, kind } = (await open.book.meta(record, batch)) as Meta;
      await stageAgain(open, batch, record, files);
      const incident = kind === 'incident' ? record : of;
      // A file may still have waited to be sent under its old id. Nothing is left under it that could be sent.
      const replaced = new Set(files.old.map(({ blob }) => blob));
      root.uploads = root.uploads.filter(({ blob }) => !replaced.has(blob));
      sendBlobs(root, [...files.fresh.values()], incident);
      for (const { blob, n } of files.old) {
        for (let i = 0; i < n; i++) change.drop(partName(blob, i));
        change.drop(`b/${blob}`);
      }
      if (incident) await rewriteRows(batch, open, [incident], null);
      return true;
    });
  } catch (error) {
    await deleteUnnamed(open.store, [...files.fresh.values()]).catch(() => undefined); // the next unlock deletes them
    throw error;
  }
}

/** Whether the server has erased every version of a record that is still on this phone. */
async function isToBeSent(open: Open, record: string, batch?: Batch) {
  const meta = await open.book.meta(record, batch);
  if (!meta?.versions.length || meta.erased_at !== undefined) return false;
  if (meta.versions.some(({ erased }) => erased === undefined)) return false;
  const versions = (await open.book.versions(record, batch)).filter(({ kind, altered }) => kind && !altered);
  return (
    versions.some((opened) => !isTakenOut(opened)) && !versions.some(({ fields }) => fields.reason === FILE_REMOVED)
  );
}

/** Write the content once more, and once more that it was taken out if it was. */
async function stageAgain(open: Open, batch: Batch, record: string, { fresh }: SealedFiles) {
  const versions = (await open.book.versions(record, batch)).filter(({ kind }) => kind);
  const { shown, taken_out, reason } = currentVersionOf(versions);
  const { reason: _reason, ...fields } = ownFields(shown);
  const toFresh = ([blob, key]: [string, string]): [string, string] => {
    const file = fresh.get(blob);
    return file ? [file.blob, file.key] : [blob, key];
  };
  const { version } = await open.book.stage(batch, {
    kind: shown.kind,
    record,
    open: fields,
    restricted: shown.restricted,
    openKeys: shown.keys.open.map(toFresh),
    restrictedKeys: shown.keys.restricted.map(toFresh),
    parents: [shown.version],
  });
  if (taken_out !== null)
    await open.book.stage(batch, {
      kind: shown.kind,
      record,
      open: { taken_out, ...(reason ? { reason } : {}) },
      parents: [version],
    });
}

/**
 * Seal the files that are complete here under new keys and ids. They stay in `filling` until they are written into a
 * version.
 * @returns null where a version names files and none of them is here: there is nothing to send
 */
async function resealFiles(open: Open, { fields, keys }: Opened): Promise<SealedFiles | null> {
  const renditions: Rendition[] = Array.isArray(fields.renditions) ? fields.renditions : [];
  const named = [
    ...keys.open.map(([blob, key], i) => ({ blob, key, size: renditions[i]?.size_bytes })),
    ...keys.restricted.map(([blob, key]) => ({ blob, key, size: fields.size_bytes })),
  ];
  const files: SealedFiles = { fresh: new Map(), old: [] };
  for (const { blob, key, size } of named) {
    const facts = await open.store.readJson<BlobCatalogue>(`b/${blob}`);
    if (facts?.have !== true || !Number.isSafeInteger(size)) continue;
    const n = partCount(size as number);
    const sealed = await resealStored(open, { blob, key, n, size: size as number }).catch(async (error) => {
      if (error?.code === 'not_opened' || error?.code === 'file_missing') return null; // damaged: send the others
      await deleteBlobs(open.store, [...files.fresh.values()]).catch(() => undefined);
      throw error;
    });
    if (!sealed) continue;
    files.fresh.set(blob, sealed);
    files.old.push({ blob, n });
  }
  return named.length && !files.fresh.size ? null : files;
}
