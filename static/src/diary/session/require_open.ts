/** The start and the end of every method of an open diary. */
import { KeptError } from '../../core/errors.js';
import type { Context, Open } from '../types.js';

/** Return a function that returns the open diary, or throws `locked`. */
export function requireOpenOf(ctx: Context): () => Open {
  return () => {
    if (!ctx.open) throw new KeptError('locked');
    return ctx.open;
  };
}

/** Return a function that passes a result on, after drawing the screen and starting a sync run. */
export function afterSaveOf(ctx: Context): <T>(result: T) => T {
  return (result) => {
    ctx.show();
    ctx.open?.syncing.kick();
    return result;
  };
}
