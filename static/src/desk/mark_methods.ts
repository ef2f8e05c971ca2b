/** Mark records as looked through, and remove a mark. */
import { MARKS_LIMIT } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { withGrant } from './clients.js';
import { byRecord, readMarks } from './marks.js';
import type { Context } from './context.js';

export function markMethods(ctx: Context) {
  return {
    mark: (record: string) => setMark(ctx, record, true),
    unmark: (record: string) => setMark(ctx, record, false),
    /** The mark of a record, and whether anything was added or changed since. */
    marked: (record: string) => {
      const mark = ctx.state.marks[record];
      return mark ? { at: mark.at, since: (ctx.diary?.latestSeqOf(record) ?? 0) > mark.seq } : null;
    },
  };
}

/** Read the marks again first, so that two sessions of one advocate do not overwrite each other. */
async function setMark(ctx: Context, record: string, isMarked: boolean) {
  const {
    diary,
    state: { client },
  } = ctx;
  if (!diary || !client) throw new KeptError('not_found');
  const now = ctx.ports.clock.now();
  const marks = await withGrant(ctx, client.grant, async () => {
    const current = await readMarks(ctx, client.grant);
    const others = current.marks.filter((mark) => mark.record !== record);
    const next = isMarked
      ? [...others, { at: now, record, seq: diary.latestSeqOf(record) }].slice(-MARKS_LIMIT)
      : others;
    // Later than the previous marks, whatever this computer's clock shows: a phone accepts nothing older than it has.
    const sealed = await ctx
      .requireVault()
      .clientMarks(client.grant, { made_at: Math.max(now, current.made_at + 1), marks: next });
    await ctx.api.putMarks(client.grant, sealed);
    return next;
  });
  if (ctx.diary === diary) ctx.set({ marks: byRecord(marks) });
}
