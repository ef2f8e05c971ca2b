/**
 * The records that this advocate has looked through, so that the client need not look again. Sealed under the grant's
 * key: only the client's phone and this page can read it. It changes nothing in an entry.
 */
import { unb64 } from '../core/bytes.js';
import type { Mark, Marks } from '../crypto/sharing/marks.js';
import type { MarksByRecord, Context } from './context.js';

export const byRecord = (marks: readonly Mark[]): MarksByRecord =>
  Object.fromEntries(marks.map((mark) => [mark.record, mark]));

/** Read the earlier marks. Marks that do not open count as none: at worst something is looked at twice. */
export async function readMarks(ctx: Context, grant: string): Promise<Marks> {
  const { marks } = await ctx.api.marks(grant);
  const noMarks = { made_at: 0, marks: [] };
  return marks
    ? ctx
        .requireVault()
        .clientMarksOpen(grant, unb64(marks))
        .catch(() => noMarks)
    : noMarks;
}
