/**
 * The stage: which place is shown, what is half-typed there, what is running and what failed. Views read it and draw;
 * they have no state of their own. Everything here is dropped at a lock.
 */
import type { App, Place, Problem, Row } from './app.js';
import type { Filter } from '../record/patterns/filters.js';
import type { ListWindow } from './list_window.js';

export type EntrySearch = {
  query: string;
  /** entries that match the query; null for an empty one */
  words: Set<string> | null;
  /** those of them that match only with words that the phone read in a picture */
  inPictures: ReadonlySet<string>;
  filter: Filter;
  /** the entries behind a number */
  only: { what: string; ids: Set<string> } | null;
  /** whether the filters are open */
  open: boolean;
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
export type Loaded<T> = { data?: T; problem?: Problem };
/**
 * What is half-typed at one place. Each view has its own names and kinds of value here, and only that view reads
 * them; no single type covers all views, hence `any`.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type LocalState = Record<string, any>;

/** Return the problem to show for anything that was thrown. */
export function problemOf(thrown: unknown): Problem {
  const { code, sentence, field } = (thrown ?? {}) as { code?: unknown; sentence?: unknown; field?: unknown };
  return {
    code: typeof code === 'string' ? code : 'unknown',
    sentence: typeof sentence === 'string' ? sentence : '',
    ...(typeof field === 'string' ? { field } : {}),
  };
}

const MAX_HISTORY = 21;

/** What a stage needs of its app. The methods to leave exist whenever `canLeave` is true. */
type StageApp = { state: { phase: string }; quickExit?(): unknown; panicClear?(): unknown };
/**
 * Draws a sheet. It is typed as a method, so that a stage with a larger app can be passed where one with a smaller
 * app is expected.
 */
type View<A extends StageApp> = { draw(stage: Stage<A>): unknown }['draw'];

export class Stage<A extends StageApp = App> {
  app: A;
  draw: () => void;
  drawNow: () => void;
  /** between Leave and the end of the lock behind it */
  leaving: boolean = false;
  /** whether list and detail fit side by side */
  isWide = false;
  /** how this user can talk; for this visit only */
  way: 'call' | 'text' | 'bsl' | undefined = undefined;
  /** the nation whose services are shown, '' for all; for this visit only */
  nation = '';
  announcement: string = '';
  place: Place = { name: 'start' };
  history: Place[] = [];
  /** Half-typed input of this place. */
  local: LocalState = {};
  /** The place at which everything that stands above it was opened (app/notices.ts). */
  expandedAt: Place | null = null;
  /** The name of the running task. */
  runningTask: string | null = null;
  problem: Problem | null = null;
  sheet: null | View<A> = null;
  /** What the drawn view said with `over`. */
  inner: { close: () => unknown; count: number } | null = null;
  cache: Map<string, { data?: unknown; problem?: Problem; stale?: boolean }> = new Map();
  dialog: { open: boolean; close: () => void } | undefined = undefined;
  /** The pack being made. It outlives the place it was started on, but not the lock. */
  job: unknown = undefined;
  /** The pack being chosen and reviewed. It outlives the place, but not the lock. */
  packing: LocalState | undefined = undefined;
  /** The search among the entries. It outlives the place, but not the lock. */
  finding: EntrySearch | undefined = undefined;
  generation = 0;
  arrived: boolean | undefined = undefined;

  /** @param scheduler `soon`: schedule a drawing; `now`: draw at once */
  constructor(app: A, scheduler: { soon: () => void; now: () => void }) {
    this.app = app;
    this.draw = scheduler.soon;
    this.drawNow = scheduler.now;
    this.reset('start');
  }

  /** Drop everything unfinished and show the place `name`. */
  reset(name: string) {
    this.place = { name };
    this.history = [];
    this.local = {};
    this.expandedAt = null;
    this.runningTask = null;
    this.problem = null;
    this.sheet = null;
    this.inner = null;
    this.cache = new Map();
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
    this.history = [...this.history, this.place].slice(-MAX_HISTORY);
    this.stand(place);
  }

  /** Go to the place before this one, or to `fallback`. */
  back(fallback: string = 'entries') {
    const previous = this.history.at(-1) ?? { name: fallback };
    this.history = this.history.slice(0, -1);
    this.stand(previous);
  }

  /**
   * Go to a place of the bar at the bottom. Each is in the history only once. Otherwise a person who switches
   * between two tabs would have to press Back once for every switch.
   */
  goToTab(name: string) {
    const isThis = (place: Place) => place.name === name && Object.keys(place).length === 1;
    this.history = [...this.history, this.place].filter((place) => !isThis(place)).slice(-MAX_HISTORY);
    this.stand({ name });
  }

  /**
   * Say, while a place is drawn, that this is not its first screen: Back then closes it and stays at the place.
   * @param close shows the screen before
   * @param count how many screens are between this one and the first, with this one
   */
  over(close: () => unknown, count: number = 1) {
    this.inner = { close, count: count + (this.inner?.count ?? 0) };
  }

  /** How many screens of the app are below this one. */
  get depth() {
    return this.history.length + (this.inner?.count ?? 0) + (this.sheet ? 1 : 0);
  }

  /**
   * Go up one screen, as Back does: close what is open over the place, or go to the place before it.
   * @returns false when nothing is below this screen
   */
  up(): boolean {
    if (this.sheet) this.closeSheet();
    else if (this.inner) this.inner.close();
    else if (this.history.length) this.back();
    else return false;
    return true;
  }

  stand(place: Place) {
    this.place = place;
    this.local = {};
    this.problem = null;
    this.sheet = null;
    this.inner = null;
    this.runningTask = null;
    this.arrived = true;
    this.draw();
  }

  /** Change what is half-typed here. */
  set(change: LocalState) {
    Object.assign(this.local, change);
    this.draw();
  }

  /**
   * Announce a text to a screen reader, without moving the focus. What ends after the user left is not announced over
   * the notebook or the lock.
   * @param options `outside`: announced by the notebook itself
   */
  announce(text: string, { outside = false }: { outside?: boolean } = {}) {
    if (!outside && ['locked', 'notebook', 'picture'].includes(this.state.phase)) return;
    this.announcement = text;
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
   * @param task names the task, for the button that waits
   * @returns whether it was done
   */
  async run(task: string, action: () => Promise<unknown> | unknown): Promise<boolean> {
    if (this.runningTask) return false;
    const generation = this.generation;
    this.runningTask = task;
    this.problem = null;
    this.draw();
    try {
      await action();
      return generation === this.generation;
    } catch (thrown) {
      if (generation === this.generation) this.fail(problemOf(thrown));
      return false;
    } finally {
      if (generation === this.generation && this.runningTask === task) this.runningTask = null;
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
  find<T>(key: string, load: () => Promise<T>): Loaded<T> {
    const cached = this.cache.get(key);
    if (cached && !cached.stale) return cached as Loaded<T>;
    const entry = (cached ?? {}) as Loaded<T> & { stale?: boolean };
    entry.stale = false;
    this.cache.set(key, entry);
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
  updateCached<T>(key: string, change: (data: T) => T) {
    const cached = this.cache.get(key);
    if (cached && 'data' in cached) cached.data = change(cached.data as T);
  }

  /**
   * Go to the notebook at once: the screen is emptied first, then the app drops its keys.
   * @param mode `clear`: what the server has is removed from this phone too
   */
  leave(mode: 'exit' | 'clear' = 'exit') {
    if (!this.canLeave) return;
    this.reset('start');
    this.leaving = true;
    this.drawNow();
    const finished = mode === 'clear' ? this.app.panicClear?.() : (this.app.quickExit as () => unknown)();
    // From here on the app draws the notebook itself; the user may ask for the lock before everything is sealed.
    if (this.state.phase === 'notebook') this.leaving = false;
    Promise.resolve(finished)
      .catch(() => undefined)
      .finally(() => {
        this.leaving = false;
        this.draw();
      });
  }

  /** Mark cached data as stale: it is read again when next asked for. */
  refresh(prefix: string = '') {
    for (const [key, cached] of this.cache) if (key.startsWith(prefix)) cached.stale = true;
    this.draw();
  }
}
