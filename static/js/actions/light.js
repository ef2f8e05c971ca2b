/**
 * Light storage: files that the server holds whole leave a phone that has little room, and come back when they are looked at.
 *
 * [Note: what may leave] Only a file whose every part the server has said it holds, and of which one part, picked at random, has just
 * come back byte for byte. Small copies stay, so that a list of pictures still shows them. A file stays two days after it was sent,
 * so that it is in the server's own backup first; a full phone, and a person who asks for room, need not wait for that.
 */
import { isSame } from '../core/bytes.js';
import { partName } from '../net/blobs.js';
import { ROOM, fill, isFull } from '../store/ballast.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {'auto'|'on'|'off'} Light */
/** @typedef {[blob: string, at: number]} Whole */

const LIST = 'whole';
/** Small copies, sealed: what a list of pictures shows. */
export const STAYS = 48 * 1024;
const GRACE = 2 * 24 * 60 * 60 * 1000;
/** "Little room": the default is light below this. */
const LITTLE = 2_000_000_000;
/** What one run lets go of: a run must end, words come first. */
const BATCH = 40;

/** The server has all of a file now. @param {Open} open @param {import('../store/store.js').Change} change @param {string} blob @param {number} at ms */
export async function isWhole(open, change, blob, at) {
  const list = /** @type {Whole[]} */ ((await open.store.readJson(LIST)) ?? []);
  change.putJson(LIST, [...list.filter(([one]) => one !== blob), [blob, at]]);
}

/** @param {Context} ctx @param {Record<string, any>} root @returns {Promise<boolean>} */
export async function isLight(ctx, root) {
  if (root.account.closing) return false; // closing.js [Note: files come home]
  const chosen = /** @type {Light} */ (root.light ?? 'auto');
  if (chosen !== 'auto') return chosen === 'on';
  const room = await ctx.roomBytes();
  return room !== null && room < LITTLE;
}

/**
 * Lets go of what may leave.
 * @param {Context} ctx @param {Open} open @param {{now?: boolean, onFile?: (done: number, total: number) => void}} [how] `now`: without the days of grace, and to the end
 * @returns {Promise<number>} how many files left
 */
export async function lighten(ctx, open, { now = false, onFile = () => undefined } = {}) {
  const { store } = open;
  if (store.root.account.closing || (!now && !(await isLight(ctx, store.root)))) return 0;
  const list = /** @type {Whole[]} */ ((await store.readJson(LIST)) ?? []);
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

/** @param {Open} open @param {string} blob @returns {Promise<boolean>} whether it left this phone */
async function letGo(open, blob) {
  const link = open.syncing.link();
  const known = await open.store.readJson(`b/${blob}`);
  const mayLeave = known?.have === true && known.size > STAYS;
  if (!link || (mayLeave && !(await isThere(open, link, blob, known.n)))) return false;
  await open.store.change(async (_root, change) => {
    const list = /** @type {Whole[]} */ ((await open.store.readJson(LIST)) ?? []);
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

/** Puts the ballast back once there is room for it. @param {Context} ctx */
export async function refill(ctx) {
  const room = await ctx.roomBytes();
  if (room === null || room > ROOM) await fill(ctx.database, ctx.random).catch(() => undefined); // a phone without room goes without
}

/** See [Note: what may leave]. @param {Open} open @param {NonNullable<ReturnType<import('./syncing.js').Syncing['link']>>} link @param {string} blob @param {number} n */
async function isThere(open, { api, diary }, blob, n) {
  const state = await api.blob(diary, blob);
  if (!state.complete || state.parts !== n) return false;
  const i = Math.floor(Math.random() * n);
  const [there, here] = [await api.part(diary, blob, i), await open.store.read(partName(blob, i))];
  return Boolean(here && isSame(here.bytes, there));
}
