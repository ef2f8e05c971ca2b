/**
 * The difference between this phone's clock and the server's. It is recorded with every version, and shown when it is
 * a day or more, since a diary depends on its times. A clock can go wrong, or be set, at any time, so each run
 * compares.
 */
import type { Root } from '../../store/root.js';
import type { Open } from '../types.js';

const CLOCK_OFF = 24 * 60 * 60 * 1000;

/**
 * Store the difference.
 * @param root inside a change
 * @param phoneTime ms, by this phone
 * @param serverTime ms, by the server
 */
export function noteClock(root: Root, here: number, there: number) {
  root.clock_offset = Math.round(there - here);
  root.clock_off = isOff(here, there);
}

/**
 * Store the difference when the clock went wrong or was set. Smaller changes are stored at the next sign-in: with a
 * slow response, each run would find one.
 * @param phoneTime ms, by this phone
 * @param serverTime the server's time
 */
export async function followClock({ store }: Open, here: number, there: unknown) {
  if (!Number.isSafeInteger(there) || Boolean(store.root.clock_off) === isOff(here, Number(there))) return;
  await store.change((root) => noteClock(root, here, Number(there)));
}

function isOff(here: number, there: number) {
  return Math.abs(there - here) > CLOCK_OFF;
}
