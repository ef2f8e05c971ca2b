/**
 * What there is to follow up: dates in the diary, and what others sent. Follow-ups lists it. The first screen after the
 * lock says only that there is something.
 */
import { localAt, phoneZone } from '../record/times.js';
import type { ChaseItem } from '../shell/app.js';
import type { Stage } from '../shell/stage.js';

const SOON_MS = 14 * 86_400_000;

/** Return every date to look at, ticked off or not. */
export const findFollowUps = (stage: Stage) => stage.find('chase', () => stage.app.readChase());

/** Return a check whether the day of an item is within two weeks or has passed. */
export function nearCheck(): (item: ChaseItem) => boolean {
  const nearLimit = localAt(Date.now() + SOON_MS, phoneZone()).slice(0, 10);
  return ({ due }) => due !== null && due <= nearLimit;
}

/** Return how many things wait that others sent, or that were added while this was locked. */
export function waitingCounts({ state }: Stage) {
  const { captured = 0, later = 0, written = 0, answers = 0 } = state.waiting ?? {};
  return { asked: state.asked?.n ?? 0, captured, later, written, answers };
}

/** Check whether anything is to be looked at now. It is false until the dates were read. */
export function hasFollowUps(stage: Stage): boolean {
  const isNear = nearCheck();
  return (
    Object.values(waitingCounts(stage)).some((count) => count > 0) ||
    (findFollowUps(stage).data ?? []).some((item) => item.done_at === null && isNear(item))
  );
}
