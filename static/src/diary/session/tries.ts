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
import { clearShortSecret } from '../../crypto/slots.js';
import { readDoor, readTries, writeTries } from '../../store/device_meta.js';
import type { Context } from '../types.js';

const FREE_TRIES = 3;
const MAX_TRIES = 10;
const HOUR_MS = 3_600_000;
const MAX_DEBT = 30 * HOUR_MS;
const FIRST_WAIT_MS = 5_000;
const MAX_WAIT_MS = 60_000;

/**
 * @param count failed tries in a row
 * @returns ms until the next
 */
export function waitAfterTries(count: number): number {
  return count < FREE_TRIES ? 0 : Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_TRIES));
}

/** @throws too_soon while the last try is too recent */
export async function checkMayTry(ctx: Context) {
  const { n: count, at } = await readTries(ctx.database);
  const elapsed = ctx.clock.now() - at;
  // A clock set back must not shorten the wait, and must not make it longer than its full length.
  if (elapsed >= 0 ? elapsed < waitAfterTries(count) : -elapsed < waitAfterTries(count))
    throw new KeptError('too_soon');
}

/** Count a failed try before its result is shown: a page that is killed at that moment has still used up its try. */
export async function recordFailedTry(ctx: Context) {
  const tries = await readTries(ctx.database);
  const now = ctx.clock.now();
  const count = tries.n + 1;
  // A clock set back forgives nothing.
  const debt = Math.max(0, tries.debt - Math.max(0, now - tries.at)) + HOUR_MS;
  const isLimitReached = count % MAX_TRIES === 0 || debt >= MAX_DEBT;
  const door = isLimitReached ? await readDoor(ctx.database) : null;
  await writeTries(
    ctx.database,
    { n: isLimitReached ? FREE_TRIES : count, at: now, debt: debt >= MAX_DEBT ? 0 : debt },
    door ? clearShortSecret(door) : undefined,
  );
}

/** Reset the row after anything opened: see [Note: what the count tells]. */
export async function resetTries(ctx: Context) {
  const tries = await readTries(ctx.database);
  if (tries.n) await writeTries(ctx.database, { ...tries, n: 0 });
}
