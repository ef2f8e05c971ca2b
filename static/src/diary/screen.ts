/** What the screens see: one plain object, replaced whenever any of it changes, and told to whoever listens. */

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

  /** Back to nothing shown, as after a lock, but for `rest`. */
  clear(phase: State['phase'], rest: Partial<State> = {}) {
    const { borrowed, ordinary, unsigned, language, update, offline, capture, notebook, look } = this.state;
    this.state = FIRST; // nothing else outlives a lock, whatever was set beside what a first state has
    this.set({ language, update, offline, capture, borrowed, ordinary, unsigned, notebook, look, phase, ...rest });
  }

  /** @returns stops it */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
