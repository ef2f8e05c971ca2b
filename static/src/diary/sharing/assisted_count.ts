import { readDeskFiles } from './desk_files.js';
import { lettersOf } from './letters.js';
import type { Open } from '../types.js';

/** Count what advocates typed or dropped at their desks and the keeper has not answered, for the line above a place. */
export function countPendingAssisted(open: Open) {
  return (
    lettersOf(open, 'assisted').length +
    readDeskFiles(open).length +
    open.index.allRows().filter((row) => row.helped === 'waiting' && row.taken_out == null).length
  );
}
