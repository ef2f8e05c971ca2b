/**
 * How far this phone's clock is from the server's. It is noted with every version, and a day or more is said, since
 * times of entries
 * are what a diary is for. A clock can go wrong, and be set, at any time: so each look at the server compares.
 */
import type { Root } from '../../store/root.js';
import type { Open } from '../types.js';

const CLOCK_OFF = 24 * 60 * 60 * 1000;

/**
 * @param root inside a change
 * @param here ms, by this phone
 * @param there ms, by the server
 */
export function noteClock(root: Root, here: number, there: number) {
  root.clock_offset = Math.round(there - here);
  root.clock_off = isOff(here, there);
}

/**
 * Notes it anew when the clock went wrong, or was set. Smaller changes are noted at the next sign-in: a slow answer
 * would make one of each look.
 * @param here ms, by this phone
 * @param there what the server says its time is
 */
export async function followClock({ store }: Open, here: number, there: unknown) {
  if (!Number.isSafeInteger(there) || Boolean(store.root.clock_off) === isOff(here, Number(there))) return;
  await store.change((root) => noteClock(root, here, Number(there)));
}

function isOff(here: number, there: number) {
  return Math.abs(there - here) > CLOCK_OFF;
}
