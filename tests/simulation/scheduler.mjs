/**
 * The scheduler of a simulation: its timers, its clock and the order of events come from a seed. Import it before
 * anything that uses timers.
 *
 * [Note: one order] Four things can happen next: a task that is ready, a pending event (a request reaches the server,
 * an answer reaches a phone), a timer, or the end of an operation outside JavaScript. The first three wait here until
 * `until` or `rest` picks one. While an outside operation runs nothing else may happen, so how long it takes changes
 * nothing. Promises have an order of their own, which Node keeps.
 */
import { Chance } from './chance.mjs';

const native = { setImmediate: globalThis.setImmediate, setTimeout: globalThis.setTimeout, random: Math.random };
/** A simulated run of more steps than this is in an endless loop. */
const MAX_STEPS = 3_000_000;

/**
 * How many times, 10 ms each, to wait for a module that loads through Node's hooks (planted_faults.mjs): the scheduler
 * does not count that as an outside operation.
 */
const MAX_WAITS = 1_000;

class Scheduler {
  constructor() {
    this.begin(0, 0);
  }

  /** Forget everything and begin again. @param {number} seed @param {number} now ms */
  begin(seed, now) {
    this.chance = new Chance(seed);
    this.now = now;
    /** @type {(() => void)[]} */
    this.tasks = [];
    /** @type {Map<object, {at: number, order: number, act: () => void}>} */
    this.timers = new Map();
    /** @type {(() => void)[]} */
    this.events = [];
    this.outside = 0;
    this.back = () => {};
    this.made = 0;
    this.steps = 0;
  }

  /** Wait until the seed lets this event happen. @returns {Promise<void>} */
  waitForTurn() {
    return new Promise((resolve) => {
      this.events.push(() => resolve());
    });
  }

  /**
   * Wait for something outside JavaScript; nothing else happens meanwhile.
   * @template T
   * @param {Promise<T>} work
   * @returns {Promise<T>}
   */
  async waitFor(work) {
    this.outside++;
    try {
      return await work;
    } finally {
      this.outside--;
      this.back();
    }
  }

  /**
   * Run until a promise is settled. The clock moves on when nothing else is left to do.
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  async until(promise) {
    let [isDone, waits] = [false, 0];
    promise.then(
      () => {
        isDone = true;
      },
      () => {
        isDone = true;
      },
    );
    for (;;) {
      await this.runPromises();
      if (isDone) return promise;
      if (this.step() || this.nextTimer()) continue;
      if (++waits > MAX_WAITS) throw new Error('nothing is left that could end this');
      await new Promise((resolve) => {
        native.setTimeout(resolve, 10);
      });
    }
  }

  /** Run until only timers are left. */
  async rest() {
    for (;;) {
      await this.runPromises();
      if (!this.step()) return;
    }
  }

  /** Let time pass, and run the timers that fall due in order. @param {number} ms */
  async pass(ms) {
    const end = this.now + ms;
    for (;;) {
      await this.rest();
      if (!this.nextTimer(end)) break;
    }
    this.now = end;
  }

  /** Run all promises that can continue, including those that wait for an outside operation. */
  async runPromises() {
    await runPromises();
    while (this.outside) {
      await new Promise((go) => {
        this.back = () => go(undefined);
      });
      await runPromises();
    }
  }

  /** Run one task or one event. @returns {boolean} whether there was one */
  step() {
    if (++this.steps > MAX_STEPS) throw new Error(`more than ${MAX_STEPS} steps`);
    // An event usually waits until the phones have nothing left to run, and sometimes happens before that.
    const isEvent = this.events.length > 0 && (!this.tasks.length || this.chance.occurs(0.02));
    const next = isEvent ? this.events.splice(this.chance.below(this.events.length), 1)[0] : this.tasks.shift();
    next?.();
    return Boolean(next);
  }

  /** Run the timer that is due first. @param {number} [end] ms; a later timer does not run @returns {boolean} */
  nextTimer(end = Infinity) {
    const first = [...this.timers].reduce(
      (best, timer) =>
        !best || timer[1].at < best[1].at || (timer[1].at === best[1].at && timer[1].order < best[1].order)
          ? timer
          : best,
      null,
    );
    if (!first || first[1].at > end) return false;
    const [handle, { at, act }] = first;
    this.timers.delete(handle);
    this.now = Math.max(this.now, at);
    act();
    return true;
  }
}

const runPromises = () =>
  new Promise((resolve) => {
    native.setImmediate(resolve);
  });

export const scheduler = new Scheduler();

class Handle {
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return true;
  }
}

Object.assign(globalThis, {
  setImmediate: (/** @type {(...args: unknown[]) => void} */ act, ...args) => {
    scheduler.tasks.push(() => act(...args));
    return new Handle();
  },
  clearImmediate: () => undefined,
  setTimeout: (/** @type {(...args: unknown[]) => void} */ act, /** @type {number} */ ms = 0, ...args) => {
    const handle = new Handle();
    scheduler.timers.set(handle, {
      at: scheduler.now + Math.max(0, ms),
      order: scheduler.made++,
      act: () => act(...args),
    });
    return handle;
  },
  clearTimeout: (handle) => {
    scheduler.timers.delete(handle);
  },
});
Date.now = () => scheduler.now;
performance.now = () => scheduler.now;
Math.random = () => scheduler.chance.next();

const { arrayBuffer } = Blob.prototype;
Blob.prototype.arrayBuffer = function read() {
  return scheduler.waitFor(arrayBuffer.call(this));
};
