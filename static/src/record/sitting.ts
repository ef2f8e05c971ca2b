/**
 * A sitting: an advocate collects evidence so that the keeper does not have to look through everything alone. What was
 * collected counts as seen only once the keeper opened it; mirrored by diary/record/sitting.py.
 */
import { integerOf, objectOf, objectsOf, textOf } from './reading.js';
import type { Fields } from './reading.js';

/** Return who collected a file, as initials; '' for a file that was not collected in a sitting. */
export const collectorOf = (fields: Fields): string => textOf(objectOf(fields, 'collected'), 'by');

/** Return whether a file was collected in a sitting and the keeper has not opened it. */
export const isUnseen = (fields: Fields): boolean =>
  Object.keys(objectOf(fields, 'collected')).length > 0 && integerOf(fields, 'opened_by_keeper_at') === null;

/** Return when the pause that goes on now began; null while there is none. */
export function pausedSince(sitting: Fields): number | null {
  const last = objectsOf(sitting, 'pauses').at(-1);
  return last && integerOf(last, 'until') === null ? integerOf(last, 'at') : null;
}
