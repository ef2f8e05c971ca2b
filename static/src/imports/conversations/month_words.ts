/**
 * Names of months in the languages of phones, and the month that each stands for. They come from this browser's own
 * language data (CLDR). A name that is another month in another language, such as listopad, stands for none.
 */
import { LANGUAGES_OF_PHONES } from '../day_periods.js';

let months: Map<string, number> | null = null;

/** Return the month of a name or its short form, from 1; 0 for another word, and for one that means two months. */
export function monthOfWord(word: string): number {
  months ??= readMonths();
  return months.get(keyOf(word)) ?? 0;
}

const keyOf = (word: string) =>
  word
    .toLowerCase()
    .replace(/[.\s\u200e\u200f]/g, '')
    .normalize('NFC');

function readMonths(): Map<string, number> {
  const found: Map<string, number> = new Map();
  for (const language of Intl.DateTimeFormat.supportedLocalesOf(LANGUAGES_OF_PHONES)) {
    for (const month of ['long', 'short'] as const) {
      // A month has another form by itself than in a date, in some languages.
      for (const rest of [{}, { day: 'numeric', year: 'numeric' }] as const) {
        const format = new Intl.DateTimeFormat(language, { month, ...rest, timeZone: 'UTC', numberingSystem: 'latn' });
        for (let number = 1; number <= 12; number++) {
          const parts = format.formatToParts(Date.UTC(2026, number - 1, 15));
          const key = keyOf(parts.find(({ type }) => type === 'month')?.value ?? '');
          if (!/\p{L}/u.test(key)) continue;
          const before = found.get(key);
          found.set(key, before === undefined || before === number ? number : 0);
        }
      }
    }
  }
  return found;
}
