/** Mark records as looked through, and remove a mark. */
import { KeptError } from '../core/errors.js';
import { MARKS_LIMIT } from '../crypto/sharing/marks.js';
import { guarded } from './clients.js';
import { byRecord, readMarks } from './marks.js';
import type { Context } from './context.js';

export function markMethods(ctx: Context) {
  return {
    mark: (record: string) => change(ctx, record, true),
    unmark: (record: string) => change(ctx, record, false),
    /** The mark of a record, and whether anything was added or changed since. */
    marked: (record: string) => {
      const found = ctx.state.marks[record];
      return found ? { at: found.at, since: (ctx.diary?.numberOf(record) ?? 0) > found.seq } : null;
    },
  };
}

/** Read the marks again first, so that two sessions of one advocate do not overwrite each other. */
async function change(ctx: Context, record: string, on: boolean) {
  const {
    diary,
    state: { client },
  } = ctx;
  if (!diary || !client) throw new KeptError('not_found');
  const now = ctx.ports.clock.now();
  const marks = await guarded(ctx, client.grant, async () => {
    const before = await readMarks(ctx, client.grant);
    const others = before.marks.filter((one) => one.record !== record);
    const next = on ? [...others, { at: now, record, seq: diary.numberOf(record) }].slice(-MARKS_LIMIT) : others;
    // Later than the previous marks, whatever this computer's clock shows: a phone accepts nothing older than it has.
    const sealed = await ctx
      .opened()
      .clientMarks(client.grant, { made_at: Math.max(now, before.made_at + 1), marks: next });
    await ctx.api.mark(client.grant, sealed);
    return next;
  });
  if (ctx.diary === diary) ctx.set({ marks: byRecord(marks) });
}
