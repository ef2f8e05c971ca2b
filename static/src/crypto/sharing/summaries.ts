/**
 * Summaries: what an advocate's list shows of a client before anything is opened. docs/formats.md, section 8. Python
 * twin: diary/ledger/sharing/client_summaries.py. Counts and dates, never content and never a measure of danger.
 */
import { SUMMARY_DATES_LIMIT } from '../../core/constants.js';
import { isObject } from '../../core/encoding.js';
import { grantDocument } from './grant_documents.js';
import type { GrantDocument } from './grant_documents.js';

/** Times in ms */
export type Summary = {
  dates: { at: number; what: 'recording_wiped' | 'update_due' }[];
  entries: number;
  made_at: number;
  newest_at: number | null;
};

const SUMMARY_TYPE = 'summary/v1';
const FIELD_NAMES = 'dates,entries,made_at,newest_at,t';
const DATE_KINDS = ['recording_wiped', 'update_due'];

export const SUMMARY: GrantDocument<Summary> = grantDocument('summary', SUMMARY_TYPE, isSummary);

function isSummary(value: unknown): value is Summary {
  if (!isObject(value) || Object.keys(value).sort().join() !== FIELD_NAMES) return false;
  const { dates, entries, made_at: madeAt, newest_at: newestAt, t } = value;
  const numbers = [entries, madeAt, ...(newestAt === null ? [] : [newestAt])];
  return (
    t === SUMMARY_TYPE &&
    Array.isArray(dates) &&
    dates.length <= SUMMARY_DATES_LIMIT &&
    dates.every(isSummaryDate) &&
    numbers.every((number) => Number.isSafeInteger(number) && (number as number) >= 0)
  );
}

function isSummaryDate(date: unknown): boolean {
  return (
    isObject(date) &&
    Object.keys(date).sort().join() === 'at,what' &&
    DATE_KINDS.includes(date.what as string) &&
    Number.isSafeInteger(date.at)
  );
}
