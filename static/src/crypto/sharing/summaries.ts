/**
 * Summaries: what an advocate's list shows of a client before anything is opened. docs/formats.md, section 8. Python
 * twin: diary/ledger/summaries.py. Counts and dates, never content and never a measure of danger.
 */
import { isObject } from '../../core/encoding.js';
import { beside } from './beside_grant.js';
import type { Beside } from './beside_grant.js';

/** Times in ms */
export type Summary = {
  dates: { at: number; what: 'recording_wiped' | 'update_due' }[];
  entries: number;
  made_at: number;
  newest_at: number | null;
};

export const DATES_LIMIT = 40;
const TYPE = 'summary/v1';
const NAMES = 'dates,entries,made_at,newest_at,t';
const DUE = ['recording_wiped', 'update_due'];

export const SUMMARY: Beside<Summary> = beside('summary', TYPE, isSummary);

function isSummary(told: unknown): told is Summary {
  if (!isObject(told) || Object.keys(told).sort().join() !== NAMES) return false;
  const { dates, entries, made_at: made, newest_at: newest, t } = told;
  const numbers = [entries, made, ...(newest === null ? [] : [newest])];
  return (
    t === TYPE &&
    Array.isArray(dates) &&
    dates.length <= DATES_LIMIT &&
    dates.every(isDue) &&
    numbers.every((one) => Number.isSafeInteger(one) && (one as number) >= 0)
  );
}

function isDue(one: unknown): boolean {
  return (
    isObject(one) &&
    Object.keys(one).sort().join() === 'at,what' &&
    DUE.includes(one.what as string) &&
    Number.isSafeInteger(one.at)
  );
}
