/**
 * Marks: what an advocate has reviewed for a keeper, so that the keeper need not review it again. docs/formats.md,
 * section 8. Python twin: diary/ledger/marks.py. A mark is the advocate's claim about their own review and changes
 * nothing of an entry.
 */
import { isObject } from '../../core/encoding.js';
import { parseId } from '../../core/ids.js';
import { beside } from './beside_grant.js';
import type { Beside } from './beside_grant.js';

/** `at` in ms; `seq`: the number of the newest version reviewed */
export type Mark = { at: number; record: string; seq: number };
export type Marks = { made_at: number; marks: Mark[] };

export const MARKS_LIMIT = 2000;
const TYPE = 'marks/v1';

export const MARKS: Beside<Marks> = beside('marks', TYPE, areMarks);

function areMarks(told: unknown): told is Marks {
  if (
    !isObject(told) ||
    Object.keys(told).sort().join() !== 'made_at,marks,t' ||
    told.t !== TYPE ||
    !isCount(told.made_at)
  )
    return false;
  const marks = told.marks;
  return (
    Array.isArray(marks) &&
    marks.length <= MARKS_LIMIT &&
    marks.every(isMark) &&
    new Set(marks.map(({ record }) => record)).size === marks.length
  );
}

function isMark(one: unknown) {
  if (!isObject(one) || Object.keys(one).sort().join() !== 'at,record,seq' || !isCount(one.at) || !isCount(one.seq))
    return false;
  try {
    parseId(one.record);
    return true;
  } catch {
    return false;
  }
}

const isCount = (one: unknown) => Number.isSafeInteger(one) && (one as number) >= 0;
