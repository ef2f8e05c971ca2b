/**
 * What an advocate has looked through for a keeper, so that the keeper need not look again: docs/formats.md, section 8; the twin of
 * diary/ledger/marks.py. A mark is the advocate's word about their own looking and changes nothing of an entry.
 */
import { isObject } from '../core/encoding.js';
import { parseId } from '../core/ids.js';
import { beside } from './beside_grant.js';

/** @typedef {{at: number, record: string, seq: number}} Mark ms; `seq`: the number of the newest version that was looked at */
/** @typedef {{made_at: number, marks: Mark[]}} Marks */

export const MARKS_LIMIT = 2000;
const TYPE = 'marks/v1';

/** @type {import('./beside_grant.js').Beside<Marks>} */
export const MARKS = beside('marks', TYPE, areMarks);

/** @param {any} told */
function areMarks(told) {
  if (
    !isObject(told) ||
    Object.keys(told).sort().join() !== 'made_at,marks,t' ||
    told['t'] !== TYPE ||
    !isCount(told['made_at'])
  )
    return false;
  const marks = /** @type {any} */ (told)['marks'];
  return (
    Array.isArray(marks) &&
    marks.length <= MARKS_LIMIT &&
    marks.every(isMark) &&
    new Set(marks.map(({ record }) => record)).size === marks.length
  );
}

/** @param {any} one */
function isMark(one) {
  if (
    !isObject(one) ||
    Object.keys(one).sort().join() !== 'at,record,seq' ||
    !isCount(one['at']) ||
    !isCount(one['seq'])
  )
    return false;
  try {
    parseId(/** @type {any} */ (one)['record']);
    return true;
  } catch {
    return false;
  }
}

/** @param {any} one */
const isCount = (one) => Number.isSafeInteger(one) && one >= 0;
