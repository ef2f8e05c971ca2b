/**
 * Tries at the lock that opened nothing, counted over restarts: after a few each waits longer, and after ten in a row
 * the fourth slot is random again, in every install, whether a short secret was behind it or not.
 *
 * [Note: who is held up] The wait is a minute at most, and never grows beyond it: whoever guesses must not be able to
 * keep the keeper out. Long words need no more than that; a short secret has ten tries. Only the diary's words or its short
 * secret begin the count anew. The notebook's do not: somebody who was told those could guess for ever.
 */
import { KeptError } from '../core/errors.js';
import { withoutShort } from '../crypto/slots.js';
import { readDoor, readTries, writeTries } from '../store/beside.js';

/** @typedef {import('./types.d.ts').Context} Context */

const FREE = 3;
const LAST = 10;
const FIRST_WAIT = 5_000;
const LONGEST = 60_000;

/** @param {number} n tries in a row that opened nothing @returns {number} ms until the next */
export function waitAfter(n) {
  return n < FREE ? 0 : Math.min(LONGEST, FIRST_WAIT * 2 ** (n - FREE));
}

/** @param {Context} ctx @throws too_soon while the last try is too near */
export async function mayTry(ctx) {
  const { n, at } = await readTries(ctx.database);
  const gone = ctx.clock.now() - at;
  // A clock set back must not open the way sooner, and must not close it for longer than the wait is.
  if (gone >= 0 ? gone < waitAfter(n) : -gone < waitAfter(n)) throw new KeptError('too_soon');
}

/**
 * Counted before anybody learns that nothing opened: a page that is killed at that moment has used up its try all the same.
 * @param {Context} ctx
 */
export async function triedInVain(ctx) {
  const tries = await readTries(ctx.database);
  const n = tries.n + 1;
  const door = n % LAST === 0 ? await readDoor(ctx.database) : null;
  await writeTries(ctx.database, { n: n % LAST === 0 ? FREE : n, at: ctx.clock.now() }, door ? withoutShort(/** @type {any} */ (door)) : undefined);
}

/** @param {Context} ctx */
export async function triedWell(ctx) {
  if ((await readTries(ctx.database)).n) await writeTries(ctx.database, { n: 0, at: 0 });
}
