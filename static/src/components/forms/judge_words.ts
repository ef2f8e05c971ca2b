/** Judging the words typed at the first Save, before the worker is asked. Pure. */

const fold = (text: string) => text.normalize('NFKC').trim().replace(/\s+/g, ' ');

/**
 * Whether `typed` can be used as it stands. The six suggested words, typed as shown, need typing only once;
 * one's own are typed twice, since a slip in covered words would lock their owner out for ever.
 * @param six the suggested words, '' when none are shown
 * @param again the second typing, when it was asked for
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
