/** What every method of an open diary begins and ends with. */
import { KeptError } from '../../core/errors.js';
import type { Context, Open } from '../types.js';

/**
 * The open diary whenever it is asked for.
 * @returns throws locked
 */
export function insideOf(ctx: Context): () => Open {
  return () => {
    if (!ctx.open) throw new KeptError('locked');
    return ctx.open;
  };
}

/** Passes on what a change answered, once the screen shows it and the way to the server has heard. */
export function savedOf(ctx: Context): <T>(done: T) => T {
  return (done) => {
    ctx.show();
    ctx.open?.syncing.kick();
    return done;
  };
}
