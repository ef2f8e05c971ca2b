/** The state of the screens: one plain object. Every change replaces it and notifies the listeners. */

import { PLAIN } from '../store/device_meta.js';
import type { ScreenState, State } from './types.js';

const FIRST: State = {
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

export class Screen implements ScreenState {
  state: State = FIRST;
  listeners: Set<() => void> = new Set();

  set(part: Partial<State>) {
    this.state = { ...this.state, ...part };
    for (const listener of [...this.listeners]) listener();
  }

  /** Reset to an empty state, as after a lock, plus `extra`. */
  clear(phase: State['phase'], rest: Partial<State> = {}) {
    const { borrowed, ordinary, unsigned, language, update, offline, capture, notebook, look } = this.state;
    this.state = FIRST; // nothing else outlives a lock, whatever else was set
    this.set({ language, update, offline, capture, borrowed, ordinary, unsigned, notebook, look, phase, ...rest });
  }

  /** @returns a function that unsubscribes */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
