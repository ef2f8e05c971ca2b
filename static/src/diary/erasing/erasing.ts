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
import { KeptError } from '../../core/errors.js';
import { partName } from '../../net/blobs.js';
import { erasedAmong } from '../../net/feed.js';
import { proofOf } from '../keys/accounts.js';
import { confirm } from '../session/confirming.js';
import { erasedLines, waitingLines } from '../attachments/custody.js';
import { holdOn, SEVEN_DAYS } from './holding.js';
import { readKind } from '../records/records.js';
import { outSince } from './takeout.js';
import { erasedRow } from '../attachments/removal.js';
import type { Context, Open, Batch } from '../types.js';
import type { BlobFacts } from '../../net/blobs.js';
import type { Erasure } from '../../store/root.js';
import type { Waiting } from '../types.js';

/** The most records that the server takes in one request. An entry with more files needs several. */
const AT_ONCE = 64;

/** Return the pending erasures, the earliest first. */
export function pendingErasures({ store, index }: Open): Waiting[] {
  const waiting = new Map();
  for (const { erasure, records, asked_at, due_at, why } of store.root.erasures ?? []) {
    const record = records.find((one) => index.find(one));
    if (record && why === 'keeper') waiting.set(record, { record, asked_at, due_at, here: erasure === null });
  }
  return [...waiting.values()].sort((a, b) => a.due_at - b.due_at);
}

export function erasingOf(open: Open, record: string): Waiting | null {
  return pendingErasures(open).find((one) => one.record === record) ?? null;
}

/**
 * Ask for the erasure of an entry; return when it is due.
 * @throws on_hold, not_sent_yet, not_out, words_differ, no_match, no_network
 */
export async function askErasing(ctx: Context, open: Open, record: string, words: string): Promise<{ due_at: number }> {
  if (await holdOn(open, ctx.clock.now())) throw new KeptError('on_hold');
  const there = erasingOf(open, record);
  if (there) return { due_at: there.due_at };
  const records = await belonging(open, record);
  if (!open.store.root.account.registered) {
    await confirm(ctx, open, words);
    if ((await outAt(open, record)) === null) throw new KeptError('not_out');
    const asked_at = ctx.clock.now();
    const due_at = asked_at + SEVEN_DAYS;
    await keep(open, (known) => [...known, { erasure: null, records, asked_at, due_at, why: 'keeper' }]);
    return { due_at };
  }
  const unsent = new Set(open.store.root.outbox.map((one) => one.record));
  if (records.some((one) => unsent.has(one))) throw new KeptError('not_sent_yet');
  const proof = await proofOf(ctx, open, words);
  if ((await outAt(open, record)) === null) throw new KeptError('not_out');
  for (let from = 0; from < records.length; from += AT_ONCE) {
    await ctx.api.erase(open.identity.diary, { records: records.slice(from, from + AT_ONCE), why: 'keeper' }, proof);
  }
  await heedErasures(ctx, open);
  return { due_at: erasingOf(open, record)?.due_at ?? ctx.clock.now() + SEVEN_DAYS };
}

/** Return when an entry was taken out, as far as this phone knows; null if it was not. See [Note: back again]. */
async function outAt(open: Open, record: string) {
  return outSince((await open.book.versions(record)).filter(({ kind }) => kind));
}

/**
 * Cancel the erasure of entries that are back: see [Note: back again].
 * @param known the erasures that were known before the feed was read to its end. An erasure learned of since may
 *   belong to an entry that another device also took out since.
 */
export async function keepWhatIsBack(ctx: Context, open: Open, known: readonly Waiting[]) {
  for (const { record, here } of known) {
    if (here || !(await stands(open, record))) continue;
    await stopErasing(ctx, open, record);
  }
}

/** Check that an entry was not erased and is not taken out. */
async function stands(open: Open, record: string) {
  const meta = await open.book.meta(record);
  return Boolean(meta && meta.erased_at === undefined) && (await outAt(open, record)) === null;
}

/** Cancel an erasure; this needs no words. */
export async function stopErasing(ctx: Context, open: Open, record: string) {
  const mine = new Set(await belonging(open, record));
  const concerned = (open.store.root.erasures ?? []).filter(({ records }) => records.some((one) => mine.has(one)));
  for (const { erasure } of concerned) {
    if (erasure)
      await ctx.api.keepAfterAll(open.identity.diary, erasure).catch((error: unknown) => {
        if (!(error instanceof KeptError) || error.code !== 'not_found') throw error; // another device was faster
      });
  }
  await keep(open, (known) =>
    known.filter(
      (one) => !concerned.some(({ records }) => records === one.records || records.join() === one.records.join()),
    ),
  );
}

/**
 * Erase an entry of a diary that is only on this phone, after its seven days and with the words typed again.
 * @throws not_due, on_hold, words_differ
 */
export async function finishErasing(ctx: Context, open: Open, record: string, words: string) {
  const waiting = erasingOf(open, record);
  if (!waiting?.here || waiting.due_at > ctx.clock.now()) throw new KeptError('not_due');
  if (await holdOn(open, ctx.clock.now())) throw new KeptError('on_hold');
  await confirm(ctx, open, words);
  await eraseHere(open, await belonging(open, record), ctx.clock.now());
}

/** Fetch the pending erasures, and cancel them all while a hold is on. Part of every run of syncing. */
export async function heedErasures(ctx: Context, open: Open) {
  const held = await holdOn(open, ctx.clock.now());
  let { erasures } = (await ctx.api.erasures(open.identity.diary)) as { erasures: Erasure[] };
  if (held) {
    for (const { erasure, why } of erasures)
      if (erasure && why === 'keeper') await ctx.api.keepAfterAll(open.identity.diary, erasure);
    erasures = erasures.filter(({ why }) => why !== 'keeper');
  }
  const before = open.store.root.erasures ?? [];
  if (JSON.stringify(erasures) !== JSON.stringify(before)) await keep(open, () => erasures);
  if (held) return;
  const over = before
    .filter((one) => !erasures.some(({ erasure }) => erasure === one.erasure))
    .flatMap(({ records }) => records);
  await followErased(ctx, open, open.erasedLooked ? over : [...over, ...longOut(open, ctx.clock.now())]);
  open.erasedLooked = true;
}

/** Return entries taken out so long ago that another device may have had them erased while this one was away. */
function longOut({ index }: Open, now: number): string[] {
  return index
    .all()
    .filter((row) => row.taken_out && !row.erased && row.taken_out + SEVEN_DAYS <= now)
    .map(({ record }) => record);
}

/**
 * Erase here what the server no longer has, but only if the keeper took it out: a server that claims the erasure of
 * other entries is not believed (see removal.js). The newest version decides: an entry that was written to elsewhere
 * meanwhile stays, whatever was erased before.
 *
 * [Note: a phone that was away] The version that took the entry out is erased with the rest, so a phone that never
 * received it would keep the entry for ever. So each device that follows an erasure logs it in the keeper's own
 * custody record, and that record is believed too.
 */
async function followErased(ctx: Context, open: Open, records: readonly string[]) {
  const said: Set<string> = new Set(open.store.root.told_erased);
  let known: Map<string, number> = new Map();
  for (const record of new Set([...records, ...said])) {
    const meta = await open.book.meta(record);
    const last = meta?.versions.at(-1);
    if (!meta || meta.erased_at || meta.kind !== 'incident' || !last?.seq) continue;
    if (!known.has(last.v))
      known = new Map([...known, ...(await erasedAmong(ctx.api, open.identity.diary, last.seq - 1))]);
    const at = known.get(last.v);
    const isOut = outSince(await open.book.versions(record)) !== null;
    if (at !== undefined && (isOut || said.has(record)))
      await eraseHere(open, await belonging(open, record), at, isOut);
  }
  if (said.size)
    await open.store.change((root) => {
      delete root.told_erased;
    });
}

/** Drop the erasures that this phone counts itself; a hold stops them too. */
export async function dropLocalErasures(open: Open) {
  await keep(open, (known) => known.filter(({ erasure }) => erasure !== null));
}

async function keep(open: Open, change: (known: Erasure[]) => Erasure[]) {
  await open.store.change((root) => {
    root.erasures = change(root.erasures ?? []);
  });
}

/** Return the ids of an entry, its files, its message lists and its note. */
async function belonging(open: Open, record: string): Promise<string[]> {
  const versions = await open.book.versions(record);
  const note = await open.store.readJson<{ note: string }>(`n/${record}`);
  const files = versions.flatMap(({ fields }) => (Array.isArray(fields.attachment_ids) ? fields.attachment_ids : []));
  const known = await Promise.all(
    [...new Set(files)].map(async (file) => ((await isOnlyOf(open, file, record)) ? file : null)),
  );
  const lists = (await readKind(open, 'schedule', true)).filter(
    ({ fields }) => fields.incident_ids?.includes?.(record) && fields.incident_ids.length === 1,
  );
  return [
    record,
    ...known.flatMap((file) => file ?? []),
    ...lists.map((list) => list.record),
    ...(note ? [note.note] : []),
  ];
}

/**
 * Check that no other entry needs a file. A saved chat belongs to every entry that was made from it, and goes with
 * the last.
 */
async function isOnlyOf(open: Open, file: string, record: string) {
  const meta = await open.book.meta(file);
  if (!meta || meta.erased_at) return false;
  const named = (await open.book.newest(file).catch(() => null))?.fields.incident_ids;
  const others = (Array.isArray(named) ? named : []).filter((id) => id !== record);
  const standing = await Promise.all(
    others.map(async (id) => {
      const other = await open.book.meta(id);
      return Boolean(other && !other.erased_at);
    }),
  );
  return (meta.of === record || others.length > 0) && !standing.includes(true);
}

/**
 * Remove the text and files of records from this phone. Ids, commitments and numbers stay.
 * @param at ms
 * @param isLogged whether the erasure is logged for the keeper's other devices
 */
export async function eraseHere(open: Open, records: readonly string[], at: number, isSaid: boolean = false) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    if (isSaid) waitingLines(root, erasedLines(records, at));
    for (const record of records) await eraseRecord(open, batch, record, at);
    root.erasures = (root.erasures ?? []).filter((one) => !one.records.some((each) => records.includes(each)));
  });
  if (isSaid) await open.custody.flush().catch(() => undefined); // its lines wait in the root for the next write
}

async function eraseRecord(open: Open, batch: Batch, record: string, at: number) {
  const { root, change } = batch;
  const meta = structuredClone(await open.book.meta(record, batch));
  if (!meta || meta.erased_at) return;
  const versions = await open.book.versions(record, batch);
  const blobs = versions.flatMap(({ keys }) => [...keys.open, ...keys.restricted].map(([blob]) => blob));
  for (const { v } of meta.versions) change.drop(`v/${v}`);
  for (const name of [`u/${record}`, `us/${record}`, `uw/${record}`, `n/${record}`]) change.drop(name);
  for (const blob of new Set(blobs)) {
    const facts = await open.store.readJson<BlobFacts>(`b/${blob}`);
    for (let i = 0; i < (facts?.n ?? 0); i++) change.drop(partName(blob, i));
    change.drop(`b/${blob}`);
  }
  const gone = new Set(blobs);
  root.outbox = root.outbox.filter((one) => one.record !== record);
  root.uploads = root.uploads.filter((one) => !gone.has(one.blob));
  root.fetch = root.fetch.filter((one) => !gone.has(one.blob));
  meta.erased_at = at;
  for (const facts of meta.versions) facts.erased ??= at;
  change.putJson(`r/${record}`, meta);
  batch.metas.set(record, meta);
  const row = open.index.find(record);
  if (row) open.index.write(root, change, [erasedRow(row, at)]);
  change.after(() => {
    for (const { v } of meta.versions) open.book.seen.delete(v);
  });
}
