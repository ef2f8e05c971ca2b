/**
 * "This is not my phone": leave nothing of the app or the diary on the device. The user chooses this before signing in.
 * From then on the database is in memory, the page is not cached, and the session's token is in memory only and ends
 * with the tab. No page can delete what the browser itself keeps of a visit (its history), or detect a private window:
 * so the screen first asks the user to open one (features/borrowed/view.js).
 */
import { KeptError } from '../../core/errors.js';
import { MemoryDatabase } from '../../store/memory.js';
import { readPhoneState } from '../../diary/session/door.js';
import type { Context, Database } from '../../diary/types.js';

/** The part of a database that a diary uses. The rest concerns the connection, which a memory database lacks. */
type UsedDatabase = Pick<Database, keyof Database & keyof MemoryDatabase>;

/**
 * Write nothing to the device from now on. First delete what the page wrote when it opened.
 * @param options `ordinary`: the keeper could not open a private window, and the screen shows what stays; `typed`:
 *   another person types for the keeper, and each new entry records that
 * @returns the draft key of the memory database's door
 * @throws phone_has_diary if a diary is on this device
 */
export async function borrow(
  ctx: Context,
  { ordinary = false, typed = false }: { ordinary?: boolean; typed?: boolean } = {},
): Promise<CryptoKey | null> {
  if (ctx.screen.state.phase !== 'fresh' || ctx.borrowed) throw new KeptError('phone_has_diary');
  await ctx.leaveNothing();
  ctx.database = new MemoryDatabase() as UsedDatabase as Database;
  Object.assign(ctx, { borrowed: true, typed });
  ctx.api.borrowed = true;
  ctx.installOffline = ctx.keepOffline = async () => undefined;
  const { key } = await readPhoneState(ctx);
  ctx.screen.set({ borrowed: true, ordinary });
  return key;
}

/** End the session when the tab closes. The response makes the browser discard what it stored of the page. */
export function endBorrowed(ctx: Context) {
  if (ctx.borrowed && (ctx.api.token || ctx.api.borrowedToken)) void ctx.api.signOutNow().catch(() => undefined);
}
