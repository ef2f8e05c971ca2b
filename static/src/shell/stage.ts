/**
 * The stage: which place is shown, what is half-typed there, what is being done and what went wrong.
 * Views read it and draw; they keep nothing themselves. Everything here is dropped at a lock.
 */
import type { App, Place, Problem, Row } from './app.js';
import type { Filter } from '../record/patterns/filters.js';
import type { ListWindow } from './list_window.js';

export type Finding = {
  query: string;
  /** entries in which the query was found; null when nothing is asked for */
  words: Set<string> | null;
  filter: Filter;
  /** the entries behind a number */
  only: { what: string; ids: Set<string> } | null;
  /** whether the filters are */
  open: boolean;
  /** whether all entries of unknown time are shown */
  unknown: boolean;
  /** the entry that was opened from the list */
  last: string | null;
  window: ListWindow;
  made: { entries: readonly Row[]; turn: number; rows: Row[] } | null;
  sorted: { entries: readonly Row[]; rows: Row[] } | null;
  /** the entries there were when names were last read */
  named: readonly Row[] | null;
  /** grows with every change of what is looked for */
  turn: number;
};

/** Something read from the diary; empty until it has arrived. */
export type Found<T> = { data?: T; problem?: Problem };
/**
 * What is half-typed at one place. Each view has its own names and kinds of value here, and is the only one to read
 * them; no single type covers all views, hence `any`.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type Local = Record<string, any>;

/** What went wrong, whatever was thrown. */
export function problemOf(thrown: unknown): Problem {
  const { code, sentence } = (thrown ?? {}) as { code?: unknown; sentence?: unknown };
  return { code: typeof code === 'string' ? code : 'unknown', sentence: typeof sentence === 'string' ? sentence : '' };
}

/** What a stage needs of its app. The ways to leave are there whenever `canLeave` is true. */
type Staged = { state: { phase: string }; quickExit?(): unknown; panicClear?(): unknown };
/**
 * Draws a sheet. It is the type of a method, so that a stage with a larger app can be passed where one with a smaller
 * app is expected.
 */
type View<A extends Staged> = { draw(stage: Stage<A>): unknown }['draw'];

export class Stage<A extends Staged = App> {
  app: A;
  draw: () => void;
  drawNow: () => void;
  /** Between Leave and the end of the lock behind it */
  leaving: boolean = false;
  /** whether list and detail fit side by side */
  wide = false;
  /** How this person can talk; for this visit only */
  way: 'call' | 'text' | 'bsl' | undefined = undefined;
  /** the nation whose services are shown, '' for all; for this visit only */
  nation = '';
  spoken: string = '';
  place: Place = { name: 'start' };
  past: Place[] = [];
  /** Half-typed things of this place. */
  local: Local = {};
  /** What is being done. */
  running: string | null = null;
  problem: Problem | null = null;
  sheet: null | View<A> = null;
  read: Map<string, { data?: unknown; problem?: Problem; stale?: boolean }> = new Map();
  dialog: { open: boolean; close: () => void } | undefined = undefined;
  /** A pack under way. It outlives the place it was started on, but not the lock. */
  job: unknown = undefined;
  /** A pack being chosen and looked through. It outlives the place, but not the lock. */
  packing: Local | undefined = undefined;
  /** What is looked for among the entries. It outlives the place, but not the lock. */
  finding: Finding | undefined = undefined;
  generation = 0;
  arrived: boolean | undefined = undefined;

  /** @param drawing asks for a new drawing soon, or draws at once */
  constructor(app: A, drawing: { soon: () => void; now: () => void }) {
    this.app = app;
    this.draw = drawing.soon;
    this.drawNow = drawing.now;
    this.reset('start');
  }

  /** Forget everything half-done and stand at `name`. */
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

  /** Go to a place; the one left can be come back to. */
  go(place: Place) {
    this.past = [...this.past.slice(-20), this.place];
    this.stand(place);
  }

  /** The place before this one, or `fallback`. */
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
   * Tell a screen reader, without moving anyone. What ends after somebody left is not said over the notebook or the
   * lock.
   * @param how `outside`: said by the notebook itself
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
    // Closed before it is taken away: a dialog gives the focus back only as it closes.
    if (this.dialog?.open) this.dialog.close();
    this.draw();
  }

  /**
   * Do something that takes time. One thing at a time: a second tap while it runs does nothing.
   * What it throws is shown at the top of the place; a lock in between makes its outcome nobody's business.
   * @param what names it, for the button that waits
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
   * Something read from the diary, kept until it is stale: undefined while it is read. A stale one stays
   * on screen until the new one is there, so that nothing jumps.
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

  /** What was read is this from now on: whoever types goes on from what was typed last, although it was read before. */
  readAs<T>(key: string, change: (data: T) => T) {
    const entry = this.read.get(key);
    if (entry && 'data' in entry) entry.data = change(entry.data as T);
  }

  /**
   * To the notebook at once: what is shown goes first, then the app forgets its keys.
   * @param how `clear`: what the server has goes from this phone too
   */
  leave(how: 'exit' | 'clear' = 'exit') {
    if (!this.canLeave) return;
    this.reset('start');
    this.leaving = true;
    this.drawNow();
    const left = how === 'clear' ? this.app.panicClear?.() : (this.app.quickExit as () => unknown)();
    // The app draws the notebook by itself from here on; somebody may ask for the lock before all is sealed behind it.
    if (this.state.phase === 'notebook') this.leaving = false;
    Promise.resolve(left)
      .catch(() => undefined)
      .finally(() => {
        this.leaving = false;
        this.draw();
      });
  }

  /** What was read may have changed: read it again when next asked. */
  refresh(prefix: string = '') {
    for (const [key, entry] of this.read) if (key.startsWith(prefix)) entry.stale = true;
    this.draw();
  }
}
