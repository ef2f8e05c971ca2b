/**
 * The difference between this phone's clock and the server's. It is recorded with every version, and shown when it is
 * a day or more, since a diary depends on its times. A clock can go wrong, or be set, at any time, so each run
 * compares.
 */
import type { Root } from '../../store/root.js';
import type { Open } from '../types.js';

const MAX_CLOCK_DIFFERENCE_MS = 24 * 60 * 60 * 1000;

/**
 * Store the difference.
 * @param root inside a change
 * @param phoneTime ms, by this phone
 * @param serverTime ms, by the server
 */
export function recordClockOffset(root: Root, phoneTime: number, serverTime: number) {
  root.clock_offset = Math.round(serverTime - phoneTime);
  root.clock_off = isClockOff(phoneTime, serverTime);
}

/**
 * Store the difference when the clock went wrong or was set. Smaller changes are stored at the next sign-in: with a
 * slow response, each run would find one.
 * @param phoneTime ms, by this phone
 * @param serverTime the server's time
 */
export async function updateClock({ store }: Open, phoneTime: number, serverTime: unknown) {
  if (!Number.isSafeInteger(serverTime) || Boolean(store.root.clock_off) === isClockOff(phoneTime, Number(serverTime)))
    return;
  await store.change((root) => recordClockOffset(root, phoneTime, Number(serverTime)));
}

function isClockOff(phoneTime: number, serverTime: number) {
  return Math.abs(serverTime - phoneTime) > MAX_CLOCK_DIFFERENCE_MS;
}
