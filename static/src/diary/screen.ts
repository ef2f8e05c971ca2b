/** The state of the screens: one plain object. Every change replaces it and notifies the listeners. */

import { DEFAULT_APPEARANCE } from '../store/device_meta.js';
import type { ScreenState, State } from './types.js';

/** The state of a page that has just been opened. */
export const INITIAL_STATE: State = {
  phase: 'loading',
  language: 'en',
  update: false,
  offline: false,
  busy: null,
  reading: null,
  account: null,
  entries: [],
  removed: [],
  erasing: [],
  draft: null,
  lockIn: null,
  picture: null,
  arrival: null,
  showing: null,
  capture: true,
  notebook: { notes: [], ready: false },
  look: DEFAULT_APPEARANCE,
};

export class Screen implements ScreenState {
  state: State = INITIAL_STATE;
  listeners: Set<() => void> = new Set();

  set(changes: Partial<State>) {
    this.state = { ...this.state, ...changes };
    for (const listener of [...this.listeners]) listener();
  }

  /** Reset to an empty state, as after a lock, plus `extra`. */
  clear(phase: State['phase'], extra: Partial<State> = {}) {
    const { borrowed, ordinary, unsigned, language, update, offline, capture, notebook, look } = this.state;
    this.state = INITIAL_STATE; // nothing else outlives a lock, whatever else was set
    this.set({ language, update, offline, capture, borrowed, ordinary, unsigned, notebook, look, phase, ...extra });
  }

  /** @returns a function that unsubscribes */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
