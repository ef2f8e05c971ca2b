/** The safety check: seven questions about this phone, advice for each, and a result. It stores nothing. */

type Answer = 'yes' | 'no' | 'unsure';
type Line = 'setup' | 'account' | 'photos' | 'managed' | 'bill' | 'wifi' | 'known';

export const LINES: readonly Line[] = ['setup', 'account', 'photos', 'managed', 'bill', 'wifi', 'known'];

/** Questions where the other person can notice the change itself. */
export const NOTICED = new Set(['setup', 'account', 'photos'] as Line[]);

/**
 * Return the result of the answers. On a managed phone, or if the other person knows things they should not, what is
 * typed can be seen whatever this page does; with shared photos or accounts, pictures can be seen.
 */
export function outcome(answers: Partial<Record<Line, Answer>>): 'here' | 'words' | 'other' {
  if (answers.managed === 'yes' || answers.known === 'yes') return 'other';
  if (answers.setup === 'yes' && answers.account === 'yes') return 'other';
  const doubt = ['setup', 'account', 'photos'].some((line) =>
    ['yes', 'unsure'].includes(answers[line as Line] ?? 'no'),
  );
  return doubt || answers.managed === 'unsure' || answers.known === 'unsure' ? 'words' : 'here';
}
