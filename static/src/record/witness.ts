/**
 * A statement of somebody else, and the mark in a pack that it is not in the keeper's words; twin of
 * diary/record/witness.py. A statement sent with the spoken words is stored as received in `arrived`: the keeper may
 * change its text like any other, and the mark then says so.
 */
import { objectOf, booleanOf, textOf } from './reading.js';
import type { Fields } from './reading.js';

const NOT_KEEPERS = 'Not the keeper’s words: ';
const CHECKED = 'written by somebody else and sent with the spoken words, checked';
const UNCHECKED = 'sent to the keeper, NOT written by somebody who had the spoken words';
const UNKNOWN = 'sent to the keeper; NOT checked whether whoever wrote it had the spoken words';
const PUT_IN = 'what somebody else said or wrote, put in by the keeper';
const CHANGED = '; CHANGED by the keeper since it came';
const MARKS = { true: CHECKED, false: UNCHECKED, null: UNKNOWN } as Record<string, string>;

/**
 * Return whose words it is and whether that was checked; `arrived` exists only if it was sent with the spoken words.
 */
export function statementMark(statement: Fields) {
  const arrived = objectOf(statement, 'arrived');
  if (!Object.keys(arrived).length) return NOT_KEEPERS + PUT_IN;
  return NOT_KEEPERS + MARKS[String(booleanOf(arrived, 'verified'))] + (receivedText(statement) ? CHANGED : '');
}

/** Return the text as received if it was changed since; '' if unchanged. */
export function receivedText(statement: Fields) {
  const words = textOf(objectOf(statement, 'arrived'), 'words');
  return words === textOf(statement, 'narrative') ? '' : words;
}
