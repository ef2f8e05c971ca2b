/**
 * What this advocate has looked through, so that the client need not look again. Sealed under the grant's key: the client's phone
 * and this page read it, and nobody else. It changes nothing of an entry.
 */
import { unb64 } from '../core/bytes.js';

/** @typedef {import('./desk.js').Context} Context */
/** @typedef {import('../crypto/marks.js').Mark} Mark */
/** @typedef {Record<string, Mark>} ByRecord */

/** @param {readonly Mark[]} marks @returns {ByRecord} */
export const byRecord = (marks) => Object.fromEntries(marks.map((one) => [one.record, one]));

/** What was marked before. Of marks that do not open there are none: the worst of it is to look twice. @param {Context} ctx @param {string} grant @returns {Promise<import('../crypto/marks.js').Marks>} */
export async function readMarks(ctx, grant) {
  const { marks } = await ctx.api.marks(grant);
  const none = { made_at: 0, marks: [] };
  return marks
    ? ctx
        .opened()
        .clientMarksOpen(grant, unb64(marks))
        .catch(() => none)
    : none;
}
