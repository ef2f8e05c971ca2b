/** What is typed and sealed soon after: one write at a time, each with what is there when it begins. */
import type { Context } from '../types.js';

export class Writing {
  ctx: Context;
  timer: unknown = null;
  turn: Promise<unknown> = Promise.resolve();

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** Seals what is there now; done when it is on the phone. A write that failed does not stop the next. */
  flush() {
    this.pause();
    this.turn = this.turn.catch(() => undefined).then(() => this.write());
    return this.turn;
  }

  /** The write that was to come soon does not. */
  pause() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
  }

  async write(): Promise<unknown> {
    throw new TypeError('what is written is the subclass’s to say');
  }
}
