/** What the screens see: one plain object, replaced whenever any of it changes, and told to whoever listens. */

import { PLAIN } from '../store/beside.js';

/** @typedef {import('./types.d.ts').State} State */

/** @type {State} */
const FIRST = {
  phase: 'loading',
  language: 'en',
  update: false,
  offline: false,
  busy: null,
  account: null,
  entries: [],
  removed: [],
  erasing: [],
  draft: null,
  lockIn: null,
  picture: null,
  showing: null,
  capture: true,
  notebook: { notes: [], ready: false },
  look: PLAIN,
};

export class Screen {
  constructor() {
    /** @type {State} */
    this.state = FIRST;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /** @param {Partial<State>} part */
  set(part) {
    this.state = { ...this.state, ...part };
    for (const listener of [...this.listeners]) listener();
  }

  /** Back to nothing shown, as after a lock, but for `rest`. @param {State['phase']} phase @param {Partial<State>} [rest] */
  clear(phase, rest = {}) {
    const { borrowed, ordinary, unsigned, language, update, offline, capture, notebook, look } = this.state;
    this.state = FIRST; // nothing else outlives a lock, whatever was set beside what a first state has
    this.set({ language, update, offline, capture, borrowed, ordinary, unsigned, notebook, look, phase, ...rest });
  }

  /** @param {() => void} listener @returns {() => void} stops it */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
