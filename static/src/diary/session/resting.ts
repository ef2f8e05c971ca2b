/** What is on the screen while the diary is locked. */
import { LOCK_HIDDEN_DEFAULT_MINUTES, LOCK_IDLE_DEFAULT_MINUTES } from '../../core/constants.js';
import type { LockDelays } from '../../store/root.js';
import type { Context } from '../types.js';

export const DEFAULT_LOCKING: Readonly<LockDelays> = Object.freeze({
  hidden: LOCK_HIDDEN_DEFAULT_MINUTES * 60_000,
  idle: LOCK_IDLE_DEFAULT_MINUTES * 60_000,
});

/**
 * Return the phase of a page that is not open: the lock, or the notebook where the app opens straight into that, or
 * `elsewhere` when another tab has the diary.
 */
export function restingPhase(ctx: Context): 'locked' | 'notebook' | 'elsewhere' {
  if (!ctx.release) return 'elsewhere';
  return ctx.screen.state.look.opens === 'straight' ? 'notebook' : 'locked';
}
