/** Check the words typed at the first Save before the worker is called. Pure. */

const fold = (text: string) => text.normalize('NFKC').trim().replace(/\s+/g, ' ');

/**
 * Judge whether `typed` can be used. The six suggested words, typed as shown, need typing only once. The keeper's own
 * words are typed twice, since a typo in covered text would lock the keeper out for ever.
 * @param suggestion the suggested words, '' if none are shown
 * @param repeated the second typing, if it was asked for
 */
export function judgeWords(
  typed: string,
  six: string,
  again: string | undefined,
): 'fine' | 'none' | 'short' | 'near' | 'again' | 'differ' {
  const words = fold(typed);
  if (!words) return 'none';
  if (six && words === fold(six)) return 'fine';
  if ([...words].length < 12) return 'short';
  const suggested = new Set(fold(six).toLowerCase().split(' '));
  const shared = words
    .toLowerCase()
    .split(' ')
    .filter((word) => suggested.has(word)).length;
  if (again === undefined || again === '') return six && shared >= 3 ? 'near' : 'again';
  return fold(again) === words ? 'fine' : 'differ';
}
