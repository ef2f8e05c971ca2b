// Written by .ci/vocabulary.py from diary/record/vocabulary.json. Change that file, then run the script again.

/**
 * `young`: other words for a young person; absent if the usual ones are suitable.
 * `by_app`: only the app writes it, and no question offers it
 */
export type Code = {
  code: string;
  label: string;
  young?: string;
  hint?: string;
  young_hint?: string;
  section?: string;
  letter?: string;
  named_in?: string;
  sets?: Record<string, string | string[]>;
  by_app?: boolean;
};
/** One question and its possible answers. */
export type List = {
  question: string;
  young?: string;
  many: boolean;
  sections?: { code: string; label: string }[];
  codes: Code[];
};
