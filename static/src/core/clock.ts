/** The only module that reads the system time. Everything else takes a clock as an argument. */

/** `now()` returns integer milliseconds, UTC */
type Clock = { now(): number };

export const systemClock: Clock = Object.freeze({ now: () => Date.now() });

/** Return a clock for tests: it stands still until `move` is called. */
export function fixedClock(ms: number): Clock & { move(ms: number): void } {
  let time = ms;
  return {
    now: () => time,
    move: (ms) => {
      time += ms;
    },
  };
}
