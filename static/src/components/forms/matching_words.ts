/** Which words of a list complete the word being typed. Pure. */

const MIN_LETTERS = 3;
const PRESENT_WORD = /(?:^|[\s.,-])(\p{L}+)$/u;

/**
 * Return the words of `words` that begin with the last word of `text`; none before its third letter, and none when it
 * is finished.
 */
export function matchingWords(text: string, words: readonly string[]): readonly string[] {
  const present = PRESENT_WORD.exec(text)?.[1]?.toLowerCase() ?? '';
  if (present.length < MIN_LETTERS) return [];
  const matches = words.filter((word) => word.startsWith(present));
  return matches.length === 1 && matches[0] === present ? [] : matches;
}

/** Return `text` with its last word replaced by `word`, and a space. */
export function completeWord(text: string, word: string): string {
  return `${text.replace(/\p{L}+$/u, '')}${word} `;
}
