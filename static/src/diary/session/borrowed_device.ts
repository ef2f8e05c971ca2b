import type { Context } from '../types.js';

/** What a lock needs to know of a device that is not the keeper's. */

/** Idle time until it locks, ms. */
export const BORROWED_IDLE = 120_000;

/** Whether leaving now would lose something: words on the screen, or entries and files that have not been sent. */
export function isOwing(ctx: Context): boolean {
  if (!ctx.borrowed) return false;
  if (!ctx.open) return Boolean(ctx.owing); // as it was when it locked
  const { outbox, uploads } = ctx.open.store.root;
  return Boolean(ctx.screen.state.draft || outbox.length || uploads.length);
}
