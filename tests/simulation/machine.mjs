/**
 * The machine that everything in a simulation runs on: its timers, its clock and the order in which things happen come from a
 * seed. It must be imported before anything that uses timers.
 *
 * [Note: one order] Four things can happen next: a task that is ready, an event that somebody offered (a request reaches the
 * server, an answer reaches a phone), a timer, or the end of an operation outside JavaScript. The first three wait here until
 * `until` or `rest` picks one. The last is waited for while nothing else may happen, so how long it takes changes nothing.
 * Promises have an order of their own, which Node keeps.
 */
import { Chance } from './chance.mjs';

const real = { setImmediate: globalThis.setImmediate, setTimeout: globalThis.setTimeout, random: Math.random };
/** A simulated run of this many steps without an end has gone round in circles. */
const MOST_STEPS = 3_000_000;

/**
 * So often, 10 ms each, a module that is loaded through Node's hooks (planted.mjs) is waited for: that is not seen as an
 * operation outside.
 */
const PATIENCE = 1_000;

class Machine {
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
    this.offers = [];
    this.outside = 0;
    this.back = () => {};
    this.made = 0;
    this.steps = 0;
  }

  /** Wait until the seed lets this event happen. @returns {Promise<void>} */
  offered() {
    return new Promise((go) => {
      this.offers.push(() => go());
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
   * Run until a promise is settled; the clock moves on where nothing else is left to do.
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  async until(promise) {
    let [isDone, late] = [false, 0];
    promise.then(
      () => {
        isDone = true;
      },
      () => {
        isDone = true;
      },
    );
    for (;;) {
      await this.turn();
      if (isDone) return promise;
      if (this.step() || this.nextTimer()) continue;
      if (++late > PATIENCE) throw new Error('nothing is left that could end this');
      await new Promise((go) => {
        real.setTimeout(go, 10);
      });
    }
  }

  /** Run until there is nothing to do but to wait for a timer. */
  async rest() {
    for (;;) {
      await this.turn();
      if (!this.step()) return;
    }
  }

  /** Let time pass: timers that are due run in their order. @param {number} ms */
  async pass(ms) {
    const end = this.now + ms;
    for (;;) {
      await this.rest();
      if (!this.nextTimer(end)) break;
    }
    this.now = end;
  }

  /** All promises that can go on do so, also those that wait for something outside. */
  async turn() {
    await turn();
    while (this.outside) {
      await new Promise((go) => {
        this.back = () => go(undefined);
      });
      await turn();
    }
  }

  /** One task or one event. @returns {boolean} whether there was one */
  step() {
    if (++this.steps > MOST_STEPS) throw new Error(`more than ${MOST_STEPS} steps`);
    // An event mostly waits until the phones have done what they can, and sometimes comes in the middle.
    const isEvent = this.offers.length > 0 && (!this.tasks.length || this.chance.is(0.02));
    const next = isEvent ? this.offers.splice(this.chance.below(this.offers.length), 1)[0] : this.tasks.shift();
    next?.();
    return Boolean(next);
  }

  /** Run the timer that is due first. @param {number} [end] none that is due later, ms @returns {boolean} */
  nextTimer(end = Infinity) {
    const first = [...this.timers].reduce(
      (/** @type {any} */ best, one) =>
        !best || one[1].at < best[1].at || (one[1].at === best[1].at && one[1].order < best[1].order) ? one : best,
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

const turn = () =>
  new Promise((go) => {
    real.setImmediate(go);
  });

export const machine = new Machine();

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
  setImmediate: (/** @type {Function} */ act, /** @type {any[]} */ ...given) => {
    machine.tasks.push(() => act(...given));
    return new Handle();
  },
  clearImmediate: () => undefined,
  setTimeout: (/** @type {Function} */ act, /** @type {number} */ ms = 0, /** @type {any[]} */ ...given) => {
    const handle = new Handle();
    machine.timers.set(handle, { at: machine.now + Math.max(0, ms), order: machine.made++, act: () => act(...given) });
    return handle;
  },
  clearTimeout: (/** @type {any} */ handle) => {
    machine.timers.delete(handle);
  },
});
Date.now = () => machine.now;
performance.now = () => machine.now;
Math.random = () => machine.chance.next();

const { arrayBuffer } = Blob.prototype;
Blob.prototype.arrayBuffer = function read() {
  return machine.waitFor(arrayBuffer.call(this));
};
