import type { Fields } from '../../record/reading.js';

/** How times are said, given by whoever draws: that of an entry, and a moment. */
export type Say = { when: (fields: Fields) => string; at: (ms: number) => string };
/** `label`: of a field that the words have no line for */
export type Cell = { key: string; text: string; label?: string };

/** What the chronology is made of: a cell, and what puts facts into words. */
