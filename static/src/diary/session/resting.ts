/** What stands on the screen while the diary is locked. */
import type { Locking } from '../../store/root.js';
import type { Context } from '../types.js';

export const LOCKING: Readonly<Locking> = Object.freeze({ hidden: 60_000, idle: 300_000 });

/**
 * Where a page that is not open rests: at the lock, or in the notebook where it opens straight into that; and with
 * another tab's diary nowhere.
 */
export function resting(ctx: Context): 'locked' | 'notebook' | 'elsewhere' {
  if (!ctx.release) return 'elsewhere';
  return ctx.screen.state.look.opens === 'straight' ? 'notebook' : 'locked';
}
