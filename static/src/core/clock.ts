/** The only place that asks what time it is; everything else takes a clock as an argument. */

/** `now()` is integer milliseconds UTC */
type Clock = { now(): number };

export const systemClock: Clock = Object.freeze({ now: () => Date.now() });

/** A clock that stands still until it is moved. */
export function fixedClock(ms: number): Clock & { move(by: number): void } {
  let at = ms;
  return {
    now: () => at,
    move: (by) => {
      at += by;
    },
  };
}
