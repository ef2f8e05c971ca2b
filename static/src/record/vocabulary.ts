// Written by .ci/vocabulary.py from diary/record/vocabulary.json; change that and run it again.
import { INCIDENT } from './vocabulary_incident.js';
import { NAMED } from './vocabulary_named.js';
import { CASE } from './vocabulary_case.js';
import { SHARING } from './vocabulary_sharing.js';

/** `young` only where a young keeper is told it in other words. */
export type Code = {
  code: string;
  label: string;
  young?: string;
  hint?: string;
  young_hint?: string;
  section?: string;
  letter?: string;
  named_in?: string;
  sets?: Record<string, any>;
};
/** One question and its possible answers. */
export type List = {
  question: string;
  young?: string;
  many: boolean;
  sections?: { code: string; label: string }[];
  codes: Code[];
};

/** Every list, by name. */
export const VOCABULARY: Record<string, List> = { ...INCIDENT, ...NAMED, ...CASE, ...SHARING };
