/**
 * Failed tries at the lock, counted across restarts: after a few, each waits longer. After ten in a row, or thirty in
 * about a day, the fourth slot becomes random again, in every install, with a short secret behind it or not.
 *
 * [Note: who is held up] The wait is a minute at most: a guesser must not be able to keep the keeper out. Long words
 * need no more than that; a short secret has ten tries.
 *
 * [Note: what the count tells] The count is not encrypted, since it is needed before anything is open. So every
 * successful opening resets the row, with the notebook's words as well as the diary's: a count that only the diary's
 * words could reset would reveal whether there is a diary. Somebody who knows the notebook's words could then guess
 * nine times in a row for ever. `debt` stops that: it grows by an hour with every wrong try, whatever opens in
 * between, and falls with time.
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
 * @param count failed tries in a row
 * @returns ms until the next
 */
export function waitAfter(n: number): number {
  return n < FREE ? 0 : Math.min(LONGEST, FIRST_WAIT * 2 ** (n - FREE));
}

/** @throws too_soon while the last try is too recent */
export async function mayTry(ctx: Context) {
  const { n, at } = await readTries(ctx.database);
  const gone = ctx.clock.now() - at;
  // A clock set back must not shorten the wait, and must not make it longer than its full length.
  if (gone >= 0 ? gone < waitAfter(n) : -gone < waitAfter(n)) throw new KeptError('too_soon');
}

/** Count a failed try before its result is shown: a page that is killed at that moment has still used up its try. */
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

/** Reset the row after anything opened: see [Note: what the count tells]. */
export async function triedWell(ctx: Context) {
  const tries = await readTries(ctx.database);
  if (tries.n) await writeTries(ctx.database, { ...tries, n: 0 });
}
