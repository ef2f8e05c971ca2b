import { LOCKING } from './resting.js';
import { BORROWED_IDLE } from './borrowed_device.js';
import type { Context } from '../types.js';

const WARNING = 20_000;

export class Idle {
  ctx: Context;
  lock: () => unknown;
  touched = 0;
  hidden: number | null = null;
  timer: unknown = null;

  constructor(ctx: Context, lock: () => unknown) {
    this.ctx = ctx;
    this.lock = lock;
  }

  start() {
    this.touched = this.ctx.clock.now();
    this.hidden = this.ctx.visible() ? null : this.touched;
    this.look();
  }

  stop() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
  }

  touch() {
    this.touched = this.ctx.clock.now();
    if (this.ctx.screen.state.lockIn !== null) this.look();
  }

  /** Handle the page becoming hidden or visible. */
  seen() {
    if (!this.timer) return;
    const now = this.ctx.clock.now();
    if (this.ctx.visible()) {
      this.look();
      this.hidden = null;
    } else this.hidden ??= now;
    if (this.timer) this.look();
  }

  look() {
    this.stop();
    const now = this.ctx.clock.now();
    const { hidden: hiddenLimit, idle: own } = { ...LOCKING, ...this.ctx.open?.store.root.locking };
    const idle = this.ctx.borrowed ? BORROWED_IDLE : own;
    const left = Math.min(this.touched + idle - now, this.hidden === null ? Infinity : this.hidden + hiddenLimit - now);
    if (left <= 0 || left > idle) {
      void this.lock(); // a clock set back must not keep it open either
      return;
    }
    const lockIn = left <= WARNING ? Math.ceil(left / 1000) : null;
    if (lockIn !== this.ctx.screen.state.lockIn) this.ctx.screen.set({ lockIn });
    this.timer = this.ctx.timers.after(left > WARNING ? left - WARNING : Math.min(1000, left), () => this.look());
  }
}
