/**
 * Light storage: a phone with little room drops files that the server holds completely, and fetches them when they
 * are looked at.
 *
 * [Note: what may leave] A file may leave only when the server has confirmed every part, and one part, picked at
 * random, has just come back byte for byte. Small copies stay, so that a list of pictures still shows them. A file
 * stays for two days after it was sent, so that the server's own backup has it first. A full phone, and a user who
 * asks for room, need not wait for that.
 */
import { bytesEqual } from '../../core/bytes.js';
import { partName } from '../../net/blobs.js';
import { FREE_BYTES_NEEDED, fillBallast, isBallastComplete } from '../../store/reserved_space.js';
import type { Change } from '../../store/pending.js';
import type { Root } from '../../store/root.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Context, Open, SyncLink } from '../types.js';

type CompleteBlob = [blob: string, at: number];

const COMPLETE_LIST = 'whole';
/** Files up to this sealed size stay: the small copies in a list of pictures. */
export const MAX_KEPT_BYTES = 48 * 1024;
const GRACE_MS = 2 * 24 * 60 * 60 * 1000;
/** Below this the default is light storage, bytes. */
const LOW_ROOM_BYTES = 2_000_000_000;
/** Files dropped in one run. A run must end soon, because text goes first. */
const MAX_PER_RUN = 40;

/**
 * Note that the server now has all of a file.
 * @param at ms
 */
export async function noteComplete(open: Open, change: Change, blob: string, at: number) {
  const completeBlobs = (await open.store.readJson<CompleteBlob[]>(COMPLETE_LIST)) ?? [];
  change.putJson(COMPLETE_LIST, [...completeBlobs.filter(([listedBlob]) => listedBlob !== blob), [blob, at]]);
}

export async function isLightStorage(ctx: Context, root: Root): Promise<boolean> {
  if (root.account.closing) return false; // closing.js [Note: files come home]
  const setting = root.light ?? 'auto';
  if (setting !== 'auto') return setting === 'on';
  const freeBytes = await ctx.roomBytes();
  return freeBytes !== null && freeBytes < LOW_ROOM_BYTES;
}

/**
 * Drop the files that may leave.
 * @param options `now`: ignore the two days, and go through all files
 * @returns how many files left
 */
export async function freeSpace(
  ctx: Context,
  open: Open,
  { now = false, onFile = () => undefined }: { now?: boolean; onFile?: (done: number, total: number) => void } = {},
): Promise<number> {
  const { store } = open;
  if (store.root.account.closing || (!now && !(await isLightStorage(ctx, store.root)))) return 0;
  const completeBlobs = (await store.readJson<CompleteBlob[]>(COMPLETE_LIST)) ?? [];
  const isReserveUsed = !(await isBallastComplete(ctx.database));
  const latest = ctx.clock.now() - (now || isReserveUsed ? 0 : GRACE_MS);
  const candidates = completeBlobs.filter(([, at]) => at <= latest).slice(0, now ? completeBlobs.length : MAX_PER_RUN);
  let count = 0;
  for (const [i, [blob]] of candidates.entries()) {
    if (ctx.open !== open) return count;
    count += (await dropBlob(open, blob)) ? 1 : 0;
    onFile(i + 1, candidates.length);
  }
  return count;
}

/** @returns whether it left this phone */
async function dropBlob(open: Open, blob: string): Promise<boolean> {
  const link = open.syncing.link();
  const facts = await open.store.readJson<BlobCatalogue>(`b/${blob}`);
  const mayLeave = facts?.have === true && facts.size > MAX_KEPT_BYTES;
  if (!link || (mayLeave && !(await isHeldByServer(open, link, blob, facts.n)))) return false;
  await open.store.change(async (_root, change) => {
    const completeBlobs = (await open.store.readJson<CompleteBlob[]>(COMPLETE_LIST)) ?? [];
    change.putJson(
      COMPLETE_LIST,
      completeBlobs.filter(([listedBlob]) => listedBlob !== blob),
    );
    if (!mayLeave) return;
    for (let i = 0; i < facts.n; i++) change.drop(partName(blob, i));
    change.putJson(`b/${blob}`, { ...facts, size: 0, have: [], kept: true });
  });
  return mayLeave;
}

/** Restore the reserved space once there is room for it. */
export async function refillReserve(ctx: Context) {
  const freeBytes = await ctx.roomBytes();
  // A phone without room goes without.
  if (freeBytes === null || freeBytes > FREE_BYTES_NEEDED)
    await fillBallast(ctx.database, ctx.random).catch(() => undefined);
}

/** Check that the server still holds the file. See [Note: what may leave]. */
async function isHeldByServer(open: Open, { api, diary }: SyncLink, blob: string, partCount: number) {
  const serverState = await api.blob(diary, blob);
  if (!serverState.complete || serverState.parts !== partCount) return false;
  const index = Math.floor(Math.random() * partCount);
  const [serverPart, localPart] = [await api.part(diary, blob, index), await open.store.read(partName(blob, index))];
  return Boolean(localPart && bytesEqual(localPart.bytes, serverPart));
}
