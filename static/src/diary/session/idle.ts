import { DEFAULT_LOCKING } from './resting.js';
import { BORROWED_IDLE } from './borrowed_device.js';
import type { Context } from '../types.js';

const WARNING_MS = 20_000;

export class IdleTimer {
  ctx: Context;
  lock: () => unknown;
  lastTouched = 0;
  hiddenSince: number | null = null;
  timer: unknown = null;

  constructor(ctx: Context, lock: () => unknown) {
    this.ctx = ctx;
    this.lock = lock;
  }

  start() {
    this.lastTouched = this.ctx.clock.now();
    this.hiddenSince = this.ctx.visible() ? null : this.lastTouched;
    this.check();
  }

  stop() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
  }

  touch() {
    this.lastTouched = this.ctx.clock.now();
    if (this.ctx.screen.state.lockIn !== null) this.check();
  }

  /** Handle the page becoming hidden or visible. */
  handleVisibility() {
    if (!this.timer) return;
    const now = this.ctx.clock.now();
    if (this.ctx.visible()) {
      this.check();
      this.hiddenSince = null;
    } else this.hiddenSince ??= now;
    if (this.timer) this.check();
  }

  check() {
    this.stop();
    const now = this.ctx.clock.now();
    const { hidden: hiddenLimit, idle: ownIdle } = { ...DEFAULT_LOCKING, ...this.ctx.open?.store.root.locking };
    const idle = this.ctx.borrowed ? BORROWED_IDLE : ownIdle;
    const remaining = Math.min(
      this.lastTouched + idle - now,
      this.hiddenSince === null ? Infinity : this.hiddenSince + hiddenLimit - now,
    );
    if (remaining <= 0 || remaining > idle) {
      void this.lock(); // a clock set back must not keep it open either
      return;
    }
    const lockIn = remaining <= WARNING_MS ? Math.ceil(remaining / 1000) : null;
    if (lockIn !== this.ctx.screen.state.lockIn) this.ctx.screen.set({ lockIn });
    this.timer = this.ctx.timers.after(
      remaining > WARNING_MS ? remaining - WARNING_MS : Math.min(1000, remaining),
      () => this.check(),
    );
  }
}
