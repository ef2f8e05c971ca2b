/**
 * What this advocate has looked through, so that the client need not look again. Sealed under the grant's key: the
 * client's phone and this page read it, and nobody else. It changes nothing of an entry.
 */
import { unb64 } from '../core/bytes.js';
import type { Mark, Marks } from '../crypto/sharing/marks.js';
import type { ByRecord, Context } from './context.js';

export const byRecord = (marks: readonly Mark[]): ByRecord => Object.fromEntries(marks.map((one) => [one.record, one]));

/** What was marked before. Of marks that do not open there are none: the worst of it is to look twice. */
export async function readMarks(ctx: Context, grant: string): Promise<Marks> {
  const { marks } = await ctx.api.marks(grant);
  const none = { made_at: 0, marks: [] };
  return marks
    ? ctx
        .opened()
        .clientMarksOpen(grant, unb64(marks))
        .catch(() => none)
    : none;
}
