/**
 * Tries at the lock that opened nothing, counted over restarts: after a few each waits longer, and after ten in a row,
 * or thirty in about a day, the fourth slot is random again, in every install, whether a short secret was behind it or
 * not.
 *
 * [Note: who is held up] The wait is a minute at most, and never grows beyond it: whoever guesses must not be able to
 * keep the keeper out. Long words need no more than that; a short secret has ten tries.
 *
 * [Note: what the count tells] It lies in the open, since it is needed before anything is open. So whatever opens
 * begins the row anew, the notebook's words as well as the diary's: a count that only the diary's words could end would
 * tell whoever reads it whether there is a diary. Somebody who was told the notebook's words could then guess nine at a
 * time for ever; `debt` grows by an hour with every wrong try, whatever opens in between, and wears off with time: it
 * is what stops that.
 */
import { KeptError } from '../../core/errors.js';
import { withoutShort } from '../../crypto/slots.js';
import { readDoor, readTries, writeTries } from '../../store/device_meta.js';
import type { Context } from '../types.js';

const FREE = 3;
const LAST = 10;
const HOUR = 3_600_000;
const MOST = 30 * HOUR;
const FIRST_WAIT = 5_000;
const LONGEST = 60_000;

/**
 * @param n tries in a row that opened nothing
 * @returns ms until the next
 */
export function waitAfter(n: number): number {
  return n < FREE ? 0 : Math.min(LONGEST, FIRST_WAIT * 2 ** (n - FREE));
}

/** @throws too_soon while the last try is too near */
export async function mayTry(ctx: Context) {
  const { n, at } = await readTries(ctx.database);
  const gone = ctx.clock.now() - at;
  // A clock set back must not open the way sooner, and must not close it for longer than the wait is.
  if (gone >= 0 ? gone < waitAfter(n) : -gone < waitAfter(n)) throw new KeptError('too_soon');
}

/**
 * Counted before anybody learns that nothing opened: a page that is killed at that moment has used up its try all the
 * same.
 */
export async function triedInVain(ctx: Context) {
  const tries = await readTries(ctx.database);
  const now = ctx.clock.now();
  const n = tries.n + 1;
  // A clock set back forgives nothing.
  const debt = Math.max(0, tries.debt - Math.max(0, now - tries.at)) + HOUR;
  const isOver = n % LAST === 0 || debt >= MOST;
  const door = isOver ? await readDoor(ctx.database) : null;
  await writeTries(
    ctx.database,
    { n: isOver ? FREE : n, at: now, debt: debt >= MOST ? 0 : debt },
    door ? withoutShort(door) : undefined,
  );
}

/** Something opened, whatever it was: see [Note: what the count tells]. */
export async function triedWell(ctx: Context) {
  const tries = await readTries(ctx.database);
  if (tries.n) await writeTries(ctx.database, { ...tries, n: 0 });
}
