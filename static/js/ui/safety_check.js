/** The safety check: seven lines about this phone, one thing to do for each, and what it comes to. Stores nothing. */

/** @typedef {'yes'|'no'|'unsure'} Answer */
/** @typedef {'setup'|'account'|'photos'|'managed'|'bill'|'wifi'|'known'} Line */

/** @type {readonly Line[]} */
export const LINES = ['setup', 'account', 'photos', 'managed', 'bill', 'wifi', 'known'];

/** Lines where the change itself can be seen by whoever should not. */
export const NOTICED = new Set(/** @type {Line[]} */ (['setup', 'account', 'photos']));

/**
 * What the answers come to. A managed phone, or things known that should not be, means that what is typed
 * can be seen whatever this page does; shared photos or accounts mean that pictures can.
 * @param {Partial<Record<Line, Answer>>} answers
 * @returns {'here'|'words'|'other'}
 */
export function outcome(answers) {
  if (answers.managed === 'yes' || answers.known === 'yes') return 'other';
  if (answers.setup === 'yes' && answers.account === 'yes') return 'other';
  const doubt = ['setup', 'account', 'photos'].some((line) =>
    ['yes', 'unsure'].includes(answers[/** @type {Line} */ (line)] ?? 'no'),
  );
  return doubt || answers.managed === 'unsure' || answers.known === 'unsure' ? 'words' : 'here';
}
