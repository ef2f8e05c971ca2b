/** Check the words typed at the first Save before the worker is called. Pure. */

const normalise = (text: string) => text.normalize('NFKC').trim().replace(/\s+/g, ' ');
const lettersOf = (text: string) =>
  normalise(text)
    .toLowerCase()
    .replace(/[ .,-]/g, '');

/**
 * Return the words to lock with: the suggestion as it was shown when `typed` has its letters, whatever its capitals and
 * spaces, else `typed`. Locked with capitals or without spaces, the six words would not open as they were shown.
 * @param suggestion the suggested words, '' if none are shown
 */
export function wordsToUse(typed: string, suggestion: string): string {
  return suggestion && lettersOf(typed) === lettersOf(suggestion) ? suggestion : typed;
}

/**
 * Judge whether `typed` can be used. The six suggested words need typing only once, with or without capitals and
 * spaces. The keeper's own words are typed twice, since a typo in covered text would lock the keeper out for ever.
 * @param suggestion the suggested words, '' if none are shown
 * @param repeated the second typing, if it was asked for
 */
export function judgeWords(
  typed: string,
  suggestion: string,
  repeated: string | undefined,
): 'fine' | 'none' | 'short' | 'near' | 'again' | 'differ' {
  const words = normalise(wordsToUse(typed, suggestion));
  if (!words) return 'none';
  if (suggestion && words === normalise(suggestion)) return 'fine';
  if ([...words].length < 12) return 'short';
  const suggestedWords = new Set(normalise(suggestion).toLowerCase().split(' '));
  const sharedCount = words
    .toLowerCase()
    .split(' ')
    .filter((word) => suggestedWords.has(word)).length;
  if (repeated === undefined || repeated === '') return suggestion && sharedCount >= 3 ? 'near' : 'again';
  return normalise(repeated) === words ? 'fine' : 'differ';
}
