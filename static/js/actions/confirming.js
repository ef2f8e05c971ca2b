/**
 * The words of this phone, typed once more: before what destroys, reveals, or lets somebody come back later.
 *
 * [Note: agreed once] A pack is agreed to once, however many files it is made in: a tired person who is asked at every tap types without
 * reading. What was agreed to is remembered here, for one opening of the diary, and never the words. A screen that forgets to ask gets
 * nothing made. Handing a pack over takes the words once more, because the server needs a proof of them and none is kept until then.
 */
import { KeptError } from '../core/errors.js';
import { readDoor } from '../store/beside.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {Readonly<{}>} Agreed says nothing by itself: which opening it belongs to, and how often it still counts, is known here */

/** @type {WeakMap<Open, WeakMap<Agreed, number>>} how often each still counts */
const agreements = new WeakMap();
/** @type {WeakMap<Open, WeakSet<Blob>>} files that were made after the words */
const made = new WeakMap();

/**
 * @param {Context} ctx @param {Open} open @param {string} words a short secret is not enough
 * @returns {Promise<import('../store/beside.js').Door>} the door these words open
 * @throws words_differ
 */
export async function confirm(ctx, { vault }, words) {
  const door = /** @type {import('../store/beside.js').Door} */ (await readDoor(ctx.database));
  await vault.confirmWords(words, /** @type {any} */ (door)).catch((error) => {
    throw error instanceof KeptError && error.code === 'no_match' ? new KeptError('words_differ') : error;
  });
  return door;
}

/**
 * The words, typed for something that is about to leave the diary. See [Note: agreed once].
 * @param {Context} ctx @param {Open} open @param {string} words @param {number} [times] how many things are made of what was chosen
 * @returns {Promise<Agreed>} good until the lock
 * @throws words_differ
 */
export async function agree(ctx, open, words, times = 1) {
  await confirm(ctx, open, words);
  const agreed = Object.freeze({});
  const known = agreements.get(open) ?? new WeakMap();
  agreements.set(open, known.set(agreed, times));
  return agreed;
}

/** Takes one of what was agreed to. @param {Open} open @param {Agreed|undefined} agreed @throws words_differ where nothing was agreed to in this opening, or all of it is made */
export function claim(open, agreed) {
  const known = agreements.get(open);
  const left = (agreed && known?.get(agreed)) ?? 0;
  if (!agreed || left < 1) throw new KeptError('words_differ');
  known?.set(agreed, left - 1);
}

/** This file was made after the words. @param {Open} open @param {Blob|null|undefined} file */
export function madeAfterWords(open, file) {
  if (file) made.set(open, (made.get(open) ?? new WeakSet()).add(file));
}

/** Nothing else leaves. @param {Open} open @param {Blob} file @throws words_differ */
export function mustBeAgreed(open, file) {
  if (!made.get(open)?.has(file)) throw new KeptError('words_differ');
}
