/**
 * A statement of somebody else: how it is marked in a pack as no words of the keeper's; the twin of
 * diary/record/witness.py. What came by spoken words stands in `arrived` as it came: a keeper may change a statement's
 * words like any others, and the mark says so.
 */
import { objectOf, switchOf, textOf } from './reading.js';
import type { Fields } from './reading.js';

const NOT_KEEPERS = 'Not the keeper’s words: ';
const CHECKED = 'written by somebody else and sent with the spoken words, checked';
const UNCHECKED = 'sent to the keeper, NOT written by somebody who had the spoken words';
const UNKNOWN = 'sent to the keeper; NOT checked whether whoever wrote it had the spoken words';
const PUT_IN = 'what somebody else said or wrote, put in by the keeper';
const CHANGED = '; CHANGED by the keeper since it came';
const MARKS = { true: CHECKED, false: UNCHECKED, null: UNKNOWN } as Record<string, string>;

/** Whose words it is and whether that was checked; `arrived` is there when it came by spoken words alone. */
export function statementMark(statement: Fields) {
  const came = objectOf(statement, 'arrived');
  if (!Object.keys(came).length) return NOT_KEEPERS + PUT_IN;
  return NOT_KEEPERS + MARKS[String(switchOf(came, 'verified'))] + (asItCame(statement) ? CHANGED : '');
}

/** What was sent, where the words that stand now are other ones; '' where they are the same. */
export function asItCame(statement: Fields) {
  const words = textOf(objectOf(statement, 'arrived'), 'words');
  return words === textOf(statement, 'narrative') ? '' : words;
}
