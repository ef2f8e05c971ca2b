/** What may have recorded an entry and is held by somebody else: cameras, door logs, bills. */
import { objectsOf, textOf } from './reading.js';

/** @typedef {import('./reading.js').Fields} Fields */

/** Nothing more is to be asked for: it is here, or it is gone. */
const SETTLED = new Set(['got_it', 'police_have_it', 'wiped', 'refused', 'none']);

/** Those that somebody still has, or may have. @param {Fields} fields of an incident @returns {Fields[]} */
export function stillHeld(fields) {
  return objectsOf(fields, 'independent_evidence').filter((one) => !SETTLED.has(textOf(one, 'outcome')));
}
