/** The safety check: seven lines about this phone, one thing to do for each, and what it comes to. Stores nothing. */

type Answer = 'yes' | 'no' | 'unsure';
type Line = 'setup' | 'account' | 'photos' | 'managed' | 'bill' | 'wifi' | 'known';

export const LINES: readonly Line[] = ['setup', 'account', 'photos', 'managed', 'bill', 'wifi', 'known'];

/** Lines where the change itself can be seen by whoever should not. */
export const NOTICED = new Set(['setup', 'account', 'photos'] as Line[]);

/**
 * What the answers come to. A managed phone, or things known that should not be, means that what is typed
 * can be seen whatever this page does; shared photos or accounts mean that pictures can.
 */
export function outcome(answers: Partial<Record<Line, Answer>>): 'here' | 'words' | 'other' {
  if (answers.managed === 'yes' || answers.known === 'yes') return 'other';
  if (answers.setup === 'yes' && answers.account === 'yes') return 'other';
  const doubt = ['setup', 'account', 'photos'].some((line) =>
    ['yes', 'unsure'].includes(answers[line as Line] ?? 'no'),
  );
  return doubt || answers.managed === 'unsure' || answers.known === 'unsure' ? 'words' : 'here';
}
