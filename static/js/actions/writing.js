/** What is typed and sealed soon after: one write at a time, each with what is there when it begins. */

/** @typedef {import('./types.d.ts').Context} Context */

export class Writing {
  /** @param {Context} ctx */
  constructor(ctx) {
    this.ctx = ctx;
    /** @type {unknown} */
    this.timer = null;
    /** @type {Promise<unknown>} */
    this.turn = Promise.resolve();
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

  /** @returns {Promise<unknown>} */
  async write() {
    throw new TypeError('what is written is the subclass’s to say');
  }
}
