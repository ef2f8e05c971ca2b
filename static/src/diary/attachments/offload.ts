/**
 * Light storage: a phone with little room drops files that the server holds completely, and fetches them when they
 * are looked at.
 *
 * [Note: what may leave] A file may leave only when the server has confirmed every part, and one part, picked at
 * random, has just come back byte for byte. Small copies stay, so that a list of pictures still shows them. A file
 * stays for two days after it was sent, so that the server's own backup has it first. A full phone, and a user who
 * asks for room, need not wait for that.
 */
import { isSame } from '../../core/bytes.js';
import { partName } from '../../net/blobs.js';
import { ROOM, fill, isFull } from '../../store/reserved_space.js';
import type { Change } from '../../store/pending.js';
import type { Root } from '../../store/root.js';
import type { BlobFacts } from '../../net/blobs.js';
import type { Context, Open, SyncLink } from '../types.js';

type Whole = [blob: string, at: number];

const LIST = 'whole';
/** Files up to this sealed size stay: the small copies in a list of pictures. */
export const STAYS = 48 * 1024;
const GRACE = 2 * 24 * 60 * 60 * 1000;
/** Below this the default is light storage, bytes. */
const LITTLE = 2_000_000_000;
/** Files dropped in one run. A run must end soon, because text goes first. */
const BATCH = 40;

/**
 * Note that the server now has all of a file.
 * @param at ms
 */
export async function isWhole(open: Open, change: Change, blob: string, at: number) {
  const list = (await open.store.readJson<Whole[]>(LIST)) ?? [];
  change.putJson(LIST, [...list.filter(([one]) => one !== blob), [blob, at]]);
}

export async function isLight(ctx: Context, root: Root): Promise<boolean> {
  if (root.account.closing) return false; // closing.js [Note: files come home]
  const chosen = root.light ?? 'auto';
  if (chosen !== 'auto') return chosen === 'on';
  const room = await ctx.roomBytes();
  return room !== null && room < LITTLE;
}

/**
 * Drop the files that may leave.
 * @param options `now`: ignore the two days, and go through all files
 * @returns how many files left
 */
export async function lighten(
  ctx: Context,
  open: Open,
  { now = false, onFile = () => undefined }: { now?: boolean; onFile?: (done: number, total: number) => void } = {},
): Promise<number> {
  const { store } = open;
  if (store.root.account.closing || (!now && !(await isLight(ctx, store.root)))) return 0;
  const list = (await store.readJson<Whole[]>(LIST)) ?? [];
  const isTight = !(await isFull(ctx.database));
  const before = ctx.clock.now() - (now || isTight ? 0 : GRACE);
  const may = list.filter(([, at]) => at <= before).slice(0, now ? list.length : BATCH);
  let left = 0;
  for (const [i, [blob]] of may.entries()) {
    if (ctx.open !== open) return left;
    left += (await letGo(open, blob)) ? 1 : 0;
    onFile(i + 1, may.length);
  }
  return left;
}

/** @returns whether it left this phone */
async function letGo(open: Open, blob: string): Promise<boolean> {
  const link = open.syncing.link();
  const known = await open.store.readJson<BlobFacts>(`b/${blob}`);
  const mayLeave = known?.have === true && known.size > STAYS;
  if (!link || (mayLeave && !(await isThere(open, link, blob, known.n)))) return false;
  await open.store.change(async (_root, change) => {
    const list = (await open.store.readJson<Whole[]>(LIST)) ?? [];
    change.putJson(
      LIST,
      list.filter(([one]) => one !== blob),
    );
    if (!mayLeave) return;
    for (let i = 0; i < known.n; i++) change.drop(partName(blob, i));
    change.putJson(`b/${blob}`, { ...known, size: 0, have: [], kept: true });
  });
  return mayLeave;
}

/** Restore the reserved space once there is room for it. */
export async function refill(ctx: Context) {
  const room = await ctx.roomBytes();
  // A phone without room goes without.
  if (room === null || room > ROOM) await fill(ctx.database, ctx.random).catch(() => undefined);
}

/** Check that the server still holds the file. See [Note: what may leave]. */
async function isThere(open: Open, { api, diary }: SyncLink, blob: string, n: number) {
  const state = await api.blob(diary, blob);
  if (!state.complete || state.parts !== n) return false;
  const i = Math.floor(Math.random() * n);
  const [there, here] = [await api.part(diary, blob, i), await open.store.read(partName(blob, i))];
  return Boolean(here && isSame(here.bytes, there));
}
