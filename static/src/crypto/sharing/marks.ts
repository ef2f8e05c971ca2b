/**
 * Marks: what an advocate has reviewed for a keeper, so that the keeper need not review it again. docs/formats.md,
 * section 8. Python twin: diary/ledger/sharing/review_marks.py. A mark is the advocate's claim about their own review
 * and changes nothing of an entry.
 */
import { MARKS_LIMIT } from '../../core/constants.js';
import { isObject } from '../../core/encoding.js';
import { parseId } from '../../core/ids.js';
import { grantDocument } from './grant_documents.js';
import type { GrantDocument } from './grant_documents.js';

/** `at` in ms; `seq`: the number of the newest version reviewed */
export type Mark = { at: number; record: string; seq: number };
export type Marks = { made_at: number; marks: Mark[] };

const MARKS_TYPE = 'marks/v1';

export const MARKS: GrantDocument<Marks> = grantDocument('marks', MARKS_TYPE, areMarks);

function areMarks(value: unknown): value is Marks {
  if (
    !isObject(value) ||
    Object.keys(value).sort().join() !== 'made_at,marks,t' ||
    value.t !== MARKS_TYPE ||
    !isWholeNumber(value.made_at)
  )
    return false;
  const marks = value.marks;
  return (
    Array.isArray(marks) &&
    marks.length <= MARKS_LIMIT &&
    marks.every(isMark) &&
    new Set(marks.map(({ record }) => record)).size === marks.length
  );
}

function isMark(value: unknown) {
  if (
    !isObject(value) ||
    Object.keys(value).sort().join() !== 'at,record,seq' ||
    !isWholeNumber(value.at) ||
    !isWholeNumber(value.seq)
  )
    return false;
  try {
    parseId(value.record);
    return true;
  } catch {
    return false;
  }
}

const isWholeNumber = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
