/**
 * The stage: which place is shown, what is half-typed there, what is being done and what went wrong.
 * Views read it and draw; they keep nothing themselves. Everything here is dropped at a lock.
 */

/** @typedef {import('./app.d.ts').App} App */
/** @typedef {import('./app.d.ts').Place} Place */
/** @typedef {import('./app.d.ts').Problem} Problem */

/**
 * What went wrong, whatever was thrown.
 * @param {unknown} thrown
 * @returns {Problem}
 */
export function problemOf(thrown) {
  const { code, sentence } = /** @type {{code?: unknown, sentence?: unknown}} */ (thrown ?? {});
  return { code: typeof code === 'string' ? code : 'unknown', sentence: typeof sentence === 'string' ? sentence : '' };
}

export class Stage {
  /**
   * @param {App} app
   * @param {{soon: () => void, now: () => void}} drawing asks for a new drawing soon, or draws at once
   */
  constructor(app, drawing) {
    this.app = app;
    this.draw = drawing.soon;
    this.drawNow = drawing.now;
    /** @type {boolean} between Leave and the end of the lock behind it */
    this.leaving = false;
    /** whether list and detail fit side by side */
    this.wide = false;
    /** @type {import('./directory.js').Way|undefined} how this person can talk; for this visit only */
    this.way = undefined;
    /** the nation whose services are shown, '' for all; for this visit only */
    this.nation = '';
    /** @type {string} */
    this.spoken = '';
    this.reset('start');
  }

  /**
   * Forget everything half-done and stand at `name`.
   * @param {string} name
   */
  reset(name) {
    /** @type {Place} */
    this.place = { name };
    /** @type {Place[]} */
    this.past = [];
    /** @type {Record<string, any>} half-typed things of this place */
    this.local = {};
    /** @type {string|null} what is being done */
    this.running = null;
    /** @type {Problem|null} */
    this.problem = null;
    /** @type {null|((stage: Stage) => unknown)} */
    this.sheet = null;
    /** @type {Map<string, {data?: any, problem?: Problem, stale?: boolean}>} */
    this.read = new Map();
    /** @type {{open: boolean, close: () => void}|undefined} */
    this.dialog = undefined;
    /** @type {any} a pack under way; outlives the place it was started on, not the lock */
    this.job = undefined;
    /** @type {Record<string, any>|undefined} a pack being chosen and looked through; outlives the place, not the lock */
    this.packing = undefined;
    /** @type {import('./search.js').Finding|undefined} what is looked for among the entries; outlives the place, not the lock */
    this.finding = undefined;
    this.generation = (this.generation ?? 0) + 1;
    this.arrived = true;
  }

  get state() {
    return this.app.state;
  }

  /** Whether there is something here to leave. */
  get canLeave() {
    return ['open', 'fresh', 'showing'].includes(this.state.phase);
  }

  /**
   * Go to a place; the one left can be come back to.
   * @param {Place} place
   */
  go(place) {
    this.past = [...this.past.slice(-20), this.place];
    this.stand(place);
  }

  /** The place before this one, or `fallback`. @param {string} [fallback] */
  back(fallback = 'entries') {
    const before = this.past.at(-1) ?? { name: fallback };
    this.past = this.past.slice(0, -1);
    this.stand(before);
  }

  /** @param {Place} place */
  stand(place) {
    this.place = place;
    this.local = {};
    this.problem = null;
    this.sheet = null;
    this.running = null;
    this.arrived = true;
    this.draw();
  }

  /** Change what is half-typed here. @param {Record<string, any>} change */
  set(change) {
    Object.assign(this.local, change);
    this.draw();
  }

  /**
   * Tell a screen reader, without moving anyone. What ends after somebody left is not said over the notebook or the lock.
   * @param {string} text @param {{outside?: boolean}} [how] `outside`: said by the notebook itself
   */
  say(text, { outside = false } = {}) {
    if (!outside && ['locked', 'notebook', 'picture'].includes(this.state.phase)) return;
    this.spoken = text;
    this.draw();
  }

  /** @param {(stage: Stage) => unknown} view */
  openSheet(view) {
    this.sheet = view;
    this.draw();
  }

  closeSheet() {
    if (!this.sheet) return;
    this.sheet = null;
    // Closed before it is taken away: a dialog gives the focus back only as it closes.
    if (this.dialog?.open) this.dialog.close();
    this.draw();
  }

  /**
   * Do something that takes time. One thing at a time: a second tap while it runs does nothing.
   * What it throws is shown at the top of the place; a lock in between makes its outcome nobody's business.
   * @param {string} what names it, for the button that waits
   * @param {() => Promise<unknown>|unknown} act
   * @returns {Promise<boolean>} whether it was done
   */
  async run(what, act) {
    if (this.running) return false;
    const generation = this.generation;
    this.running = what;
    this.problem = null;
    this.draw();
    try {
      await act();
      return generation === this.generation;
    } catch (thrown) {
      if (generation === this.generation) this.fail(problemOf(thrown));
      return false;
    } finally {
      if (generation === this.generation && this.running === what) this.running = null;
      this.draw();
    }
  }

  /** @param {Problem} problem */
  fail(problem) {
    this.problem = { ...problem };
    this.draw();
  }

  /**
   * Something read from the diary, kept until it is stale: undefined while it is read. A stale one stays
   * on screen until the new one is there, so that nothing jumps.
   * @template T
   * @param {string} key
   * @param {() => Promise<T>} load
   * @returns {{data?: T, problem?: Problem}}
   */
  find(key, load) {
    const known = this.read.get(key);
    if (known && !known.stale) return known;
    const entry = known ?? {};
    entry.stale = false;
    this.read.set(key, entry);
    const generation = this.generation;
    Promise.resolve()
      .then(load)
      .then(
        (data) => {
          if (generation === this.generation) {
            Object.assign(entry, { data, problem: undefined });
            this.draw();
          }
        },
        (thrown) => {
          if (generation === this.generation) {
            entry.problem = problemOf(thrown);
            this.draw();
          }
        },
      );
    return entry;
  }

  /**
   * What was read is this from now on: whoever types goes on from what was typed last, although it was read before.
   * @param {string} key @param {(data: any) => any} change
   */
  readAs(key, change) {
    const entry = this.read.get(key);
    if (entry && 'data' in entry) entry.data = change(entry.data);
  }

  /**
   * To the notebook at once: what is shown goes first, then the app forgets its keys.
   * @param {'exit'|'clear'} [how] `clear`: what the server has goes from this phone too
   */
  leave(how = 'exit') {
    if (!this.canLeave) return;
    this.reset('start');
    this.leaving = true;
    this.drawNow();
    const left = how === 'clear' ? this.app.panicClear?.() : this.app.quickExit();
    // The app draws the notebook by itself from here on; somebody may ask for the lock before all is sealed behind it.
    if (this.state.phase === 'notebook') this.leaving = false;
    Promise.resolve(left)
      .catch(() => undefined)
      .finally(() => {
        this.leaving = false;
        this.draw();
      });
  }

  /** What was read may have changed: read it again when next asked. @param {string} [prefix] */
  refresh(prefix = '') {
    for (const [key, entry] of this.read) if (key.startsWith(prefix)) entry.stale = true;
    this.draw();
  }
}
