/** The only place that asks what time it is; everything else takes a clock as an argument. */

/** @typedef {{now(): number}} Clock `now()` is integer milliseconds UTC */

/** @type {Clock} */
export const systemClock = Object.freeze({ now: () => Date.now() });

/**
 * A clock that stands still until it is moved.
 * @param {number} ms
 * @returns {Clock & {move(by: number): void}}
 */
export function fixedClock(ms) {
  let at = ms;
  return {
    now: () => at,
    move: (by) => {
      at += by;
    },
  };
}
