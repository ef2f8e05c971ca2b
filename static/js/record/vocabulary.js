// Written by .ci/vocabulary.py from diary/record/vocabulary.json; change that and run it again.
import { INCIDENT } from './vocabulary_incident.js';
import { NAMED } from './vocabulary_named.js';
import { CASE } from './vocabulary_case.js';
import { SHARING } from './vocabulary_sharing.js';

/** @typedef {{code: string, label: string, young?: string, hint?: string, young_hint?: string, section?: string, letter?: string, named_in?: string, sets?: Record<string, any>}} Code `young` only where a young keeper is told it in other words */
/** @typedef {{question: string, young?: string, many: boolean, sections?: {code: string, label: string}[], codes: Code[]}} List one question and its possible answers */

/** Every list, by name. @type {Record<string, List>} */
export const VOCABULARY = { ...INCIDENT, ...NAMED, ...CASE, ...SHARING };
