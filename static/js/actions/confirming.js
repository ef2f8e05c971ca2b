/** The words of this phone, typed once more: before what destroys, reveals, or lets somebody come back later. */
import { KeptError } from '../core/errors.js';
import { readDoor } from '../store/beside.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */

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
