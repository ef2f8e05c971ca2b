/**
 * "This is not my phone": nothing of the app or of the diary is left on it. Chosen before signing in; from then on the
 * database is memory, the page is not kept for later, the session's token is in memory only, and it ends
 * with the tab. What the browser itself keeps of a visit (its history) no page can take
 * back, and no page can tell a private window from another: the screen asks for one first (features/borrowed/view.js).
 */
import { KeptError } from '../../core/errors.js';
import { MemoryDatabase } from '../../store/memory.js';
import { lookAtPhone } from '../../diary/session/door.js';
import type { Context, Database } from '../../diary/types.js';

/** The part of a database that a diary uses. The rest concerns the connection, and memory has none. */
type Used = Pick<Database, keyof Database & keyof MemoryDatabase>;

/**
 * From here on nothing is written. What the page wrote as it opened goes first.
 * @param how `ordinary`: the keeper could not open a private window, and is told what stays; `typed`: somebody types
 *   for the keeper, and each new entry says so
 * @returns the draft key of the memory's own door
 * @throws phone_has_diary where somebody's diary is on this device
 */
export async function borrow(
  ctx: Context,
  { ordinary = false, typed = false }: { ordinary?: boolean; typed?: boolean } = {},
): Promise<CryptoKey | null> {
  if (ctx.screen.state.phase !== 'fresh' || ctx.borrowed) throw new KeptError('phone_has_diary');
  await ctx.leaveNothing();
  ctx.database = new MemoryDatabase() as Used as Database;
  Object.assign(ctx, { borrowed: true, typed });
  ctx.api.borrowed = true;
  ctx.keepOffline = async () => undefined;
  const { key } = await lookAtPhone(ctx);
  ctx.screen.set({ borrowed: true, ordinary });
  return key;
}

/** The tab goes: the session with it. What comes back tells the browser to throw away what it kept of the page. */
export function endBorrowed(ctx: Context) {
  if (ctx.borrowed && (ctx.api.token || ctx.api.leaving)) void ctx.api.signOutNow().catch(() => undefined);
}
