import type { Context } from '../types.js';

/** What a lock needs to know about a borrowed device. */

/** Idle time until it locks, ms. */
export const BORROWED_IDLE = 120_000;

/** Whether leaving now would lose something: text on the screen, or unsent entries and files. */
export function hasUnsent(ctx: Context): boolean {
  if (!ctx.borrowed) return false;
  if (!ctx.open) return Boolean(ctx.owing); // the value at the lock
  const { outbox, uploads } = ctx.open.store.root;
  return Boolean(ctx.screen.state.draft || outbox.length || uploads.length);
}
