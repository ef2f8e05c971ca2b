/** Recordings of an event that somebody else holds: cameras, door logs, bills. */
import { objectsOf, textOf } from './reading.js';
import type { Fields } from './reading.js';

/** Outcomes after which nothing is left to ask for: it is here, or it is gone. */
const SETTLED_OUTCOMES = new Set(['got_it', 'police_have_it', 'wiped', 'refused', 'none']);

/**
 * Return the recordings that somebody still has, or may have.
 * @param fields of an incident
 */
export function outstandingRecordings(fields: Fields): Fields[] {
  return objectsOf(fields, 'independent_evidence').filter((item) => !SETTLED_OUTCOMES.has(textOf(item, 'outcome')));
}
