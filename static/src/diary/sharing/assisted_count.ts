import { lettersOf } from './letters.js';
import type { Open } from '../types.js';

/** Count the entries typed by advocates that wait for the keeper, for the line at the top of a place. */
export function countPendingAssisted(open: Open) {
  return (
    lettersOf(open, 'assisted').length +
    open.index.allRows().filter((row) => row.helped === 'waiting' && row.taken_out == null).length
  );
}
