/**
 * The stage: which place is shown, what is half-typed there, what is running and what failed. Views read it and draw;
 * they have no state of their own. Everything here is dropped at a lock.
 */
import type { App, Place, Problem, Row } from './app.js';
import type { Filter } from '../record/patterns/filters.js';
import type { ListWindow } from './list_window.js';

export type Finding = {
  query: string;
  /** entries that match the query; null for an empty one */
  words: Set<string> | null;
  filter: Filter;
  /** the entries behind a number */
  only: { what: string; ids: Set<string> } | null;
  /** whether the filters are open */
  open: boolean;
  /** whether all entries of unknown time are shown */
  unknown: boolean;
  /** the entry that was opened from the list */
  last: string | null;
  window: ListWindow;
  made: { entries: readonly Row[]; turn: number; rows: Row[] } | null;
  sorted: { entries: readonly Row[]; rows: Row[] } | null;
  /** the entries at the time when names were last read */
  named: readonly Row[] | null;
  /** grows with every change of the query */
  turn: number;
};

/** Data read from the diary; empty until it has arrived. */
export type Found<T> = { data?: T; problem?: Problem };
/**
 * What is half-typed at one place. Each view has its own names and kinds of value here, and only that view reads
 * them; no single type covers all views, hence `any`.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type Local = Record<string, any>;

/** Return the problem to show for anything that was thrown. */
export function problemOf(thrown: unknown): Problem {
  const { code, sentence } = (thrown ?? {}) as { code?: unknown; sentence?: unknown };
  return { code: typeof code === 'string' ? code : 'unknown', sentence: typeof sentence === 'string' ? sentence : '' };
}

/** What a stage needs of its app. The methods to leave exist whenever `canLeave` is true. */
type Staged = { state: { phase: string }; quickExit?(): unknown; panicClear?(): unknown };
/**
 * Draws a sheet. It is typed as a method, so that a stage with a larger app can be passed where one with a smaller
 * app is expected.
 */
type View<A extends Staged> = { draw(stage: Stage<A>): unknown }['draw'];

export class Stage<A extends Staged = App> {
  app: A;
  draw: () => void;
  drawNow: () => void;
  /** between Leave and the end of the lock behind it */
  leaving: boolean = false;
  /** whether list and detail fit side by side */
  wide = false;
  /** how this user can talk; for this visit only */
  way: 'call' | 'text' | 'bsl' | undefined = undefined;
  /** the nation whose services are shown, '' for all; for this visit only */
  nation = '';
  spoken: string = '';
  place: Place = { name: 'start' };
  past: Place[] = [];
  /** Half-typed input of this place. */
  local: Local = {};
  /** The name of the running task. */
  running: string | null = null;
  problem: Problem | null = null;
  sheet: null | View<A> = null;
  read: Map<string, { data?: unknown; problem?: Problem; stale?: boolean }> = new Map();
  dialog: { open: boolean; close: () => void } | undefined = undefined;
  /** The pack being made. It outlives the place it was started on, but not the lock. */
  job: unknown = undefined;
  /** The pack being chosen and reviewed. It outlives the place, but not the lock. */
  packing: Local | undefined = undefined;
  /** The search among the entries. It outlives the place, but not the lock. */
  finding: Finding | undefined = undefined;
  generation = 0;
  arrived: boolean | undefined = undefined;

  /** @param drawing `soon`: schedule a drawing; `now`: draw at once */
  constructor(app: A, drawing: { soon: () => void; now: () => void }) {
    this.app = app;
    this.draw = drawing.soon;
    this.drawNow = drawing.now;
    this.reset('start');
  }

  /** Drop everything unfinished and show the place `name`. */
  reset(name: string) {
    this.place = { name };
    this.past = [];
    this.local = {};
    this.running = null;
    this.problem = null;
    this.sheet = null;
    this.read = new Map();
    this.dialog = undefined;
    this.job = undefined;
    this.packing = undefined;
    this.finding = undefined;
    this.generation += 1;
    this.arrived = true;
  }

  get state(): A['state'] {
    return this.app.state;
  }

  /** Whether there is something here to leave. */
  get canLeave() {
    return ['open', 'fresh', 'showing'].includes(this.state.phase);
  }

  /** Go to a place; the present one is added to the history. */
  go(place: Place) {
    this.past = [...this.past.slice(-20), this.place];
    this.stand(place);
  }

  /** Go to the place before this one, or to `fallback`. */
  back(fallback: string = 'entries') {
    const before = this.past.at(-1) ?? { name: fallback };
    this.past = this.past.slice(0, -1);
    this.stand(before);
  }

  stand(place: Place) {
    this.place = place;
    this.local = {};
    this.problem = null;
    this.sheet = null;
    this.running = null;
    this.arrived = true;
    this.draw();
  }

  /** Change what is half-typed here. */
  set(change: Local) {
    Object.assign(this.local, change);
    this.draw();
  }

  /**
   * Announce a text to a screen reader, without moving the focus. What ends after the user left is not announced over
   * the notebook or the lock.
   * @param options `outside`: announced by the notebook itself
   */
  say(text: string, { outside = false }: { outside?: boolean } = {}) {
    if (!outside && ['locked', 'notebook', 'picture'].includes(this.state.phase)) return;
    this.spoken = text;
    this.draw();
  }

  openSheet(view: View<A>) {
    this.sheet = view;
    this.draw();
  }

  closeSheet() {
    if (!this.sheet) return;
    this.sheet = null;
    // Close the dialog before it is removed: it gives the focus back only as it closes.
    if (this.dialog?.open) this.dialog.close();
    this.draw();
  }

  /**
   * Run a task that takes time. One at a time: a second tap while it runs does nothing. What it throws is shown at
   * the top of the place; after a lock in between its outcome is ignored.
   * @param what names the task, for the button that waits
   * @returns whether it was done
   */
  async run(what: string, act: () => Promise<unknown> | unknown): Promise<boolean> {
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

  fail(problem: Problem) {
    this.problem = { ...problem };
    this.draw();
  }

  /**
   * Return data read from the diary, cached until it is stale; empty while it loads. Stale data stays on screen until
   * the new data is there, so that nothing jumps.
   */
  find<T>(key: string, load: () => Promise<T>): Found<T> {
    const known = this.read.get(key);
    if (known && !known.stale) return known as Found<T>;
    const entry = (known ?? {}) as Found<T> & { stale?: boolean };
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
   * Update cached data after a change, so that further typing continues from the last typing and not from what was
   * read.
   */
  readAs<T>(key: string, change: (data: T) => T) {
    const entry = this.read.get(key);
    if (entry && 'data' in entry) entry.data = change(entry.data as T);
  }

  /**
   * Go to the notebook at once: the screen is emptied first, then the app drops its keys.
   * @param how `clear`: what the server has is removed from this phone too
   */
  leave(how: 'exit' | 'clear' = 'exit') {
    if (!this.canLeave) return;
    this.reset('start');
    this.leaving = true;
    this.drawNow();
    const left = how === 'clear' ? this.app.panicClear?.() : (this.app.quickExit as () => unknown)();
    // From here on the app draws the notebook itself; the user may ask for the lock before everything is sealed.
    if (this.state.phase === 'notebook') this.leaving = false;
    Promise.resolve(left)
      .catch(() => undefined)
      .finally(() => {
        this.leaving = false;
        this.draw();
      });
  }

  /** Mark cached data as stale: it is read again when next asked for. */
  refresh(prefix: string = '') {
    for (const [key, entry] of this.read) if (key.startsWith(prefix)) entry.stale = true;
    this.draw();
  }
}
