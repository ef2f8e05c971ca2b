/** The safety check: seven questions about this phone, advice for each, and a result. It stores nothing. */

type Answer = 'yes' | 'no' | 'unsure';
type Question = 'setup' | 'account' | 'photos' | 'managed' | 'bill' | 'wifi' | 'known';

export const QUESTIONS: readonly Question[] = ['setup', 'account', 'photos', 'managed', 'bill', 'wifi', 'known'];

/** Questions where the other person can notice the change itself. */
export const NOTICEABLE = new Set(['setup', 'account', 'photos'] as Question[]);

/**
 * Return the result of the answers. On a managed phone, or if the other person knows things they should not, what is
 * typed can be seen whatever this page does; with shared photos or accounts, pictures can be seen.
 */
export function outcome(answers: Partial<Record<Question, Answer>>): 'here' | 'words' | 'other' {
  if (answers.managed === 'yes' || answers.known === 'yes') return 'other';
  if (answers.setup === 'yes' && answers.account === 'yes') return 'other';
  const isDoubtful = ['setup', 'account', 'photos'].some((question) =>
    ['yes', 'unsure'].includes(answers[question as Question] ?? 'no'),
  );
  return isDoubtful || answers.managed === 'unsure' || answers.known === 'unsure' ? 'words' : 'here';
}
