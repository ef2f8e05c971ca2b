/** Text that is typed and sealed soon after. Writes run one at a time; each writes the content at its own start. */
import type { Context } from '../types.js';

export class Writing {
  ctx: Context;
  timer: unknown = null;
  turn: Promise<unknown> = Promise.resolve();

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** Seal the present content; resolve once it is stored. A failed write does not stop the next one. */
  flush() {
    this.pause();
    this.turn = this.turn.catch(() => undefined).then(() => this.write());
    return this.turn;
  }

  /** Cancel the write that is due soon. */
  pause() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
  }

  async write(): Promise<unknown> {
    throw new TypeError('what is written is the subclass’s to say');
  }
}
