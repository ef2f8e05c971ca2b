/** Work in slices, so that the screen can answer between them. */

/** ms of work before the screen may redraw */
const YIELD_INTERVAL_MS = 12;
/** What is copied to a worker, compared or stored at once: 1 MB takes a slow phone about 50 ms. */
const SLICE_BYTES = 1024 * 1024;
const SLICE_ITEMS = 256;

/** `clock.now()` returns ms */
type Timing = { clock: { now(): number }; timers: { after(ms: number, action: () => void): unknown } };

/**
 * Return a function that lets the screen redraw when 12 ms have passed since it last did. Otherwise it returns at once.
 * @returns a function; `beforeYield` is called only when the thread is yielded
 */
export function createYield({ clock, timers }: Timing): (beforeYield?: () => void) => Promise<void> {
  let last = clock.now();
  return async (beforeYield = () => undefined) => {
    if (clock.now() - last < YIELD_INTERVAL_MS) return;
    beforeYield();
    await new Promise((resolve) => {
      timers.after(0, () => resolve(undefined));
    });
    last = clock.now();
  };
}

/**
 * Split items, in their order, into slices of at most 256 items and 1 MB. A larger item has a slice of its own.
 * @param bytesOf the size of an item
 */
export function slicesBySize<T>(items: readonly T[], bytesOf: (item: T) => number): T[][] {
  const slices: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    const current = slices.at(-1);
    if (current && current.length < SLICE_ITEMS && bytes + size <= SLICE_BYTES) {
      current.push(item);
      bytes += size;
    } else {
      slices.push([item]);
      bytes = size;
    }
  }
  return slices;
}
