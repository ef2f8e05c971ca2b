// Written by .ci/vocabulary.py from diary/record/vocabulary.json. Change that file, then run the script again.
import type { List } from './code_list.js';
import { INCIDENT } from './vocabulary_incident.js';
import { NAMED } from './vocabulary_named.js';
import { CASE } from './vocabulary_case.js';
import { SHARING } from './vocabulary_sharing.js';

/** Every list, by name. */
export const VOCABULARY: Record<string, List> = { ...INCIDENT, ...NAMED, ...CASE, ...SHARING };
