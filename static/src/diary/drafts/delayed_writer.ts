/** Text that is typed and sealed soon after. Writes run one at a time; each writes the content at its own start. */
import type { Context } from '../types.js';

export class DelayedWriter {
  ctx: Context;
  timer: unknown = null;
  lastWrite: Promise<unknown> = Promise.resolve();

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** Seal the present content; resolve once it is stored. A failed write does not stop the next one. */
  flush() {
    this.cancelTimer();
    this.lastWrite = this.lastWrite.catch(() => undefined).then(() => this.write());
    return this.lastWrite;
  }

  /** Cancel the write that is due soon. */
  cancelTimer() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
  }

  async write(): Promise<unknown> {
    throw new TypeError('what is written is the subclass’s to say');
  }
}
