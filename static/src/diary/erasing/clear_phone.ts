/**
 * Clear the phone at once: what the server has goes, what it lacks stays, sealed.
 *
 * [Note: nothing is lost by it] Only versions with a receipt, and files of which the server holds every part, are
 * removed. Unsent versions, drafts, what was added while the phone was locked, and unsaved typing stay among the
 * notebook's own records, under the same store key. So do the root, which holds the next number on this phone's line,
 * and the identity. The slots are not touched. The same words open what is left, and the feed brings the rest back. A
 * diary that was never registered has no other copy: all of it stays. So does a diary whose server is known to have
 * gone back behind its receipts, or to have erased parts of an entry that is back: what that server lacks may exist
 * nowhere else.
 *
 * [Note: it never refuses] The screen has changed before this starts, and the diary is locked after it, whatever
 * fails here. What could not be cleared is as well sealed as after any lock.
 */
import { b64 } from '../../core/bytes.js';
import { decodePush } from '../../ledger/push.js';
import { partName } from '../../net/blobs.js';
import { seedChaff } from '../../store/chaff.js';
import { entryNumbers } from '../index/showing.js';
import { requestNumberOfErased } from '../sync/manifest.js';
import { isGoneBack } from '../sync/pulling.js';
import { blobsOf } from '../attachments/sealing.js';
import { hasErasedParts } from './returned_entries.js';
import { deskPartName } from '../sharing/letters.js';
import type { StoredCapture } from '../attachments/locked_capture.js';
import type { StoredDraft } from '../drafts/drafts.js';
import type { Root, UnsentVersion } from '../../store/root.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Context, ListRow, Open, Meta } from '../types.js';

/**
 * Records that a cleared diary needs in order to be opened again, and those that no version refers to yet: the draft,
 * captured files and waiting drafts.
 */
const KEPT_NAMES = ['identity', 'draft', 'captured', 'later'];

/**
 * Clear the phone in one transaction.
 * @returns whether anything was cleared
 */
export async function clearPhone(ctx: Context, open: Open, draft: StoredDraft | null): Promise<boolean> {
  const { store } = open;
  if (!store.root.account.registered || isGoneBack(open) || (await hasErasedParts(open))) return false;
  const notebookIds = await ctx.notebook.ids();
  await store.change(
    async (root, change) => {
      const metas = await readUnsent(store, root.outbox);
      const blobs = new Set([
        ...root.uploads.map(({ blob }) => blob),
        ...(await draftBlobs(store, draft)),
        ...(await unsentBlobs(store, root.outbox)),
      ]);
      for (const meta of metas) change.putJson(`r/${meta.record}`, meta);
      for (const [kind, records] of groupByKind(metas)) change.putJson(`k/${kind}`, records);
      const incidents = metas.filter(({ kind }) => kind === 'incident').map(({ record }) => record);
      if (incidents.length) change.putJson('list/0', incidents);
      const numbered = { ...root.numbered, ...numbersOfRemoved(open, root) };
      // After the clear this phone cannot tell which of these numbers no manifest has named.
      for (const { seq } of removedRows(open)) requestNumberOfErased(root, seq);
      resetRoot(root, incidents.length);
      if (Object.keys(numbered).length) root.numbered = numbered;
      Object.assign(root, { chaff: [], owed: {} });
      change.addChaff(seedChaff(ctx.random));
      change.keepOnly(
        [
          ...KEPT_NAMES,
          ...(root.typed ?? []),
          ...(root.letters ?? []).map(({ letter }) => deskPartName(letter)),
          ...root.outbox.map(({ version }) => `v/${version}`),
          ...metas.flatMap(({ kind, of }) => (kind === 'note' && of ? [`n/${of}`] : [])),
          ...(await storeNames(store, [...blobs])),
        ],
        [...notebookIds, await store.vault.earlierId()],
      );
      change.afterCommit(() => {
        store.isClosed = true;
      });
    },
    { uninterruptible: true },
  );
  return true;
}

/**
 * Reset the root, so that everything sent is fetched again from the first number. This phone's line and account stay.
 */
function resetRoot(root: Root, incidents: number) {
  Object.assign(root, {
    cleared: true,
    count: 0,
    unregistered: 0,
    segments: incidents ? 1 : 0,
    lines: {},
    lines_unsure: true, // see [Note: a cleared phone's own line], lines.js
    feed: { seq: 0, head: b64(new Uint8Array(32)) },
    fetch: [],
    filling: [],
    blanks: 0,
    again: false,
    coming: 1,
  });
  for (const name of ['index', 'manifest', 'marked', 'said', 'half_erased'] as const) delete root[name];
  if (root.log) root.log = { ...root.log, proved: 0 };
  if (root.custody) root.custody = { on: null, record: null, waiting: root.custody.waiting ?? [] };
}

/**
 * Return the numbers of entries that are taken out or erased, by record. Once erased, the feed does not bring them
 * back, and the manifest that names them may still be in the outbox, where this phone does not read it again. Without
 * their numbers every later entry would move up.
 */
function numbersOfRemoved(open: Open, root: Root): Record<string, number> {
  const numbers = entryNumbers(open.index.allRows(), root);
  return Object.fromEntries(
    removedRows(open).flatMap(({ record }) => {
      const number = numbers.get(record);
      return number ? [[record, number] as const] : [];
    }),
  );
}

/** Return the rows of entries that are taken out or erased; none while the list is not complete. */
function removedRows({ index }: Open): ListRow[] {
  if (index.isStale || index.loading) return [];
  return index.allRows().filter(({ taken_out, erased }) => taken_out || erased);
}

/** Return the records with unsent versions, reduced to those versions. */
async function readUnsent(store: Open['store'], outbox: UnsentVersion[]): Promise<Meta[]> {
  const unsentVersions = new Set(outbox.map(({ version }) => version));
  const records = [...new Set(outbox.map(({ record }) => record))];
  const metas = await store.readJsonMany<Meta>(records.map((record) => `r/${record}`));
  return metas.flatMap((meta) =>
    meta ? [{ ...meta, versions: meta.versions.filter(({ v }) => unsentVersions.has(v)) }] : [],
  );
}

/** Return the record ids by kind, for the kinds that have a list. */
function groupByKind(metas: Meta[]): Map<string, string[]> {
  const recordsByKind: Map<string, string[]> = new Map();
  for (const { kind, record } of metas)
    if (!['', 'incident', 'note', 'settings'].includes(kind))
      recordsByKind.set(kind, [...(recordsByKind.get(kind) ?? []), record]);
  return recordsByKind;
}

/** Return the blobs of drafts and captured files. No sent version names them, so they exist only here. */
async function draftBlobs(store: Open['store'], draft: StoredDraft | null): Promise<string[]> {
  const [captured, waitingDrafts] = (await store.readJsonMany(['captured', 'later'])) as [
    StoredCapture[] | null,
    StoredDraft[] | null,
  ];
  const files = [
    ...(draft?.held ?? []),
    ...(captured ?? []).map((item) => item.held),
    ...(waitingDrafts ?? []).flatMap((item) => item.held),
  ];
  return files.flatMap(blobsOf).map(({ blob }) => blob);
}

/** Return the blobs that unsent versions refer to. */
async function unsentBlobs(store: Open['store'], outbox: UnsentVersion[]): Promise<string[]> {
  const pushes = await store.readMany(outbox.map(({ version }) => `v/${version}`));
  return pushes.flatMap((push) => (push ? decodePush(push.bytes).meta.blobs : []));
}

/** Return the store's names for blobs: their facts and every part. */
async function storeNames(store: Open['store'], blobs: string[]): Promise<string[]> {
  const facts = await store.readJsonMany<BlobCatalogue>(blobs.map((blob) => `b/${blob}`));
  return blobs.flatMap((blob, index) =>
    facts[index] ? [`b/${blob}`, ...Array.from({ length: facts[index].n }, (_, part) => partName(blob, part))] : [],
  );
}
