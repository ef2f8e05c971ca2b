import type { Fields } from '../../record/reading.js';

/** How times are written, given by the caller: that of an entry, and a moment. */
export type TimeFormat = { when: (fields: Fields) => string; at: (ms: number) => string };
/** `label`: for a field that the word list has no line for */
export type Cell = { key: string; text: string; label?: string };

/** A cell of the chronology, and the functions that put facts into words. */
