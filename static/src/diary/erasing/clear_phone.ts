/**
 * Clearing the phone at once: what the server has taken goes, what it has not stays, sealed.
 *
 * [Note: nothing is lost by it] Only versions with a receipt and files whose every part the server holds leave. What
 * waits to be sent, drafts, what came while the phone was locked, and what was typed and not saved stay among the
 * notebook's own records, under the same store key; so do the root, which says where this phone's line goes on, and the
 * identity. The slots are not touched. The same words open what is left, and the feed brings the rest back. A diary
 * that was never registered has no other copy: all of it stays. So does one whose server is known to have gone back
 * behind its receipts: what it lacks is perhaps nowhere else.
 *
 * [Note: it never refuses] The screen has changed before anything here begins, and whatever fails here, the diary is
 * locked after it: what could not be cleared is as sealed as after any lock.
 */
import { b64 } from '../../core/bytes.js';
import { decodePush } from '../../ledger/push.js';
import { partName } from '../../net/blobs.js';
import { seedChaff } from '../../store/chaff.js';
import { entryNumbers } from '../index/showing.js';
import { isGoneBack } from '../sync/pulling.js';
import { blobsOf } from '../attachments/sealing.js';
import type { Captured } from '../attachments/capturing.js';
import type { Kept } from '../drafts/drafts.js';
import type { Root, UnsentVersion } from '../../store/root.js';
import type { BlobFacts } from '../../net/blobs.js';
import type { Context, Open, Meta } from '../types.js';

/**
 * Records that every cleared diary needs to be opened again, and what no version names yet: the draft, what came while
 * locked, and drafts that wait.
 */
const KEPT = ['identity', 'draft', 'captured', 'later'];

/**
 * One transaction.
 * @returns whether anything was cleared
 */
export async function clearPhone(ctx: Context, open: Open, draft: Kept | null): Promise<boolean> {
  const { store } = open;
  if (!store.root.account.registered || isGoneBack(open)) return false;
  const notebook = await ctx.notebook.ids();
  await store.change(
    async (root, change) => {
      const metas = await unsent(store, root.outbox);
      const blobs = new Set([
        ...root.uploads.map(({ blob }) => blob),
        ...(await blobsHeld(store, draft)),
        ...(await blobsIn(store, root.outbox)),
      ]);
      for (const meta of metas) change.putJson(`r/${meta.record}`, meta);
      for (const [kind, records] of byKind(metas)) change.putJson(`k/${kind}`, records);
      const incidents = metas.filter(({ kind }) => kind === 'incident').map(({ record }) => record);
      if (incidents.length) change.putJson('list/0', incidents);
      const numbered = { ...root.numbered, ...numbersOfRemoved(open, root) };
      startOver(root, incidents.length);
      if (Object.keys(numbered).length) root.numbered = numbered;
      Object.assign(root, { chaff: [], owed: {} });
      change.grow(seedChaff(ctx.random));
      change.only(
        [
          ...KEPT,
          ...(root.typed ?? []),
          ...root.outbox.map(({ version }) => `v/${version}`),
          ...metas.flatMap(({ kind, of }) => (kind === 'note' && of ? [`n/${of}`] : [])),
          ...(await fileNames(store, [...blobs])),
        ],
        [...notebook, await store.vault.earlierId()],
      );
      change.after(() => {
        store.closed = true;
      });
    },
    { last: true },
  );
  return true;
}

/** What was sent is asked for again from the first number on; this phone's own line and its account stay. */
function startOver(root: Root, incidents: number) {
  Object.assign(root, {
    cleared: true,
    count: 0,
    unregistered: 0,
    segments: incidents ? 1 : 0,
    lines: {},
    feed: { seq: 0, head: b64(new Uint8Array(32)) },
    fetch: [],
    filling: [],
    blanks: 0,
    again: false,
    coming: 1,
  });
  for (const name of ['index', 'manifest', 'marked', 'said'] as const) delete root[name];
  if (root.log) root.log = { ...root.log, proved: 0 };
  if (root.custody) root.custody = { on: null, record: null, waiting: root.custody.waiting ?? [] };
}

/**
 * Return the numbers of entries that are taken out or erased, by record. Once erased, the feed does not bring them
 * back, and the manifest that names them may still be in the outbox, where this phone does not read it again. Without
 * their numbers every later entry would move up.
 */
function numbersOfRemoved({ index }: Open, root: Root): Record<string, number> {
  if (index.differs || index.loading) return {};
  const rows = index.all();
  const numbers = entryNumbers(rows, root);
  return Object.fromEntries(
    rows.flatMap(({ record, taken_out, erased }) => {
      const number = taken_out || erased ? numbers.get(record) : undefined;
      return number ? [[record, number] as const] : [];
    }),
  );
}

/** The records of what waits, with only those versions. */
async function unsent(store: Open['store'], outbox: UnsentVersion[]): Promise<Meta[]> {
  const waiting = new Set(outbox.map(({ version }) => version));
  const records = [...new Set(outbox.map(({ record }) => record))];
  const found = await store.readJsonMany<Meta>(records.map((record) => `r/${record}`));
  return found.flatMap((meta) =>
    meta ? [{ ...meta, versions: meta.versions.filter(({ v }) => waiting.has(v)) }] : [],
  );
}

/** @returns for kinds that are listed */
function byKind(metas: Meta[]): Map<string, string[]> {
  const kinds: Map<string, string[]> = new Map();
  for (const { kind, record } of metas)
    if (!['', 'incident', 'note', 'settings'].includes(kind)) kinds.set(kind, [...(kinds.get(kind) ?? []), record]);
  return kinds;
}

/** The files of drafts and of what came while locked: nothing that was sent names them, so they are nowhere else. */
async function blobsHeld(store: Open['store'], draft: Kept | null): Promise<string[]> {
  const [captured, later] = (await store.readJsonMany(['captured', 'later'])) as [Captured[] | null, Kept[] | null];
  const held = [
    ...(draft?.held ?? []),
    ...(captured ?? []).map((one) => one.held),
    ...(later ?? []).flatMap((one) => one.held),
  ];
  return held.flatMap(blobsOf).map(({ blob }) => blob);
}

/** The files that versions which wait name. */
async function blobsIn(store: Open['store'], outbox: UnsentVersion[]): Promise<string[]> {
  const held = await store.readMany(outbox.map(({ version }) => `v/${version}`));
  return held.flatMap((one) => (one ? decodePush(one.bytes).meta.blobs : []));
}

/** @returns the catalogue and every part */
async function fileNames(store: Open['store'], blobs: string[]): Promise<string[]> {
  const known = await store.readJsonMany<BlobFacts>(blobs.map((blob) => `b/${blob}`));
  return blobs.flatMap((blob, i) =>
    known[i] ? [`b/${blob}`, ...Array.from({ length: known[i].n }, (_, n) => partName(blob, n))] : [],
  );
}
