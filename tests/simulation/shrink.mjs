/** Shorten a list of acts that fails until no act can be left out (Zeller and Hildebrandt's ddmin). */

/**
 * @template T @param {readonly T[]} acts that fail @param {(some: T[]) => Promise<boolean>} fails
 * @returns {Promise<T[]>} the acts that are needed, in order
 */
export async function shrink(acts, fails) {
  let left = [...acts];
  for (let pieces = 2; left.length > 0; ) {
    const size = Math.ceil(left.length / pieces);
    let found = null;
    for (let at = 0; at < left.length && !found; at += size) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      if (await fails(without)) found = without;
    }
    if (found) {
      left = found;
      pieces = Math.max(2, pieces - 1);
    } else if (size === 1) break;
    else pieces = Math.min(left.length, pieces * 2);
  }
  return left;
}
