/** What every method of an open diary begins and ends with. */
import { KeptError } from '../core/errors.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */

/** The open diary whenever it is asked for. @param {Context} ctx @returns {() => Open} throws locked */
export function insideOf(ctx) {
  return () => {
    if (!ctx.open) throw new KeptError('locked');
    return ctx.open;
  };
}

/** Passes on what a change answered, once the screen shows it and the way to the server has heard. @param {Context} ctx @returns {<T>(done: T) => T} */
export function savedOf(ctx) {
  return (done) => {
    ctx.show();
    ctx.open?.syncing.kick();
    return done;
  };
}
