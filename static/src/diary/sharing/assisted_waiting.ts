import { lettersOf } from './letters.js';
import type { Open } from '../types.js';

/** How many entries that advocates typed wait to be read. */

/** How many things wait for the keeper's word; what the line at the top of a place says. */
export function countWaiting(open: Open) {
  return (
    lettersOf(open, 'assisted').length +
    open.index.all().filter((row) => row.helped === 'waiting' && row.taken_out == null).length
  );
}
