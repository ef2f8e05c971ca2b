/** The only module that reads the system time. Everything else takes a clock as an argument. */

/** `now()` returns integer milliseconds, UTC */
type Clock = { now(): number };

export const systemClock: Clock = Object.freeze({ now: () => Date.now() });

/** Return a clock for tests: it stands still until `move` is called. */
export function fixedClock(ms: number): Clock & { move(by: number): void } {
  let at = ms;
  return {
    now: () => at,
    move: (by) => {
      at += by;
    },
  };
}
