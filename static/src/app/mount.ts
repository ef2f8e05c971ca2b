/**
 * Puts the screens on the page and keeps them in step with the app: draws, moves the focus, covers the page when it
 * is hidden, and forgets everything when the diary locks.
 */
import { render } from '../shell/html.js';
import { Stage } from '../shell/stage.js';
import { frame, warm } from './frame.js';
import { follow } from '../shell/language.js';
import { settle } from '../shell/settling.js';
import { wear } from '../shell/skin.js';
import type { App } from '../shell/app.js';

// Three presses of Shift within this many ms leave at once (the convention of GOV.UK's exit page).
const THREE_SHIFTS = 1500;
// Longest time between Tab and the focus leaving the page, ms.
const STEP = 300;

/** @param root holds the lock form of the page until the first drawing */
export function mount(app: App, root: HTMLElement): { unmount: () => void; stage: Stage } {
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      draw();
    });
  };
  const stage = new Stage(app, { soon, now: draw });
  let phase = app.state.phase;
  let { entries, offline } = app.state;
  let begun = false;

  function draw() {
    if (app.state.phase === 'loading' && !begun) return;
    wear(app.state.look);
    if (!begun) begin(stage, root);
    begun = true;
    render(frame(stage), root);
    settle(stage, root);
  }

  const unsubscribe = app.subscribe(() => {
    const before = phase;
    phase = app.state.phase;
    const news = entries !== app.state.entries;
    entries = app.state.entries;
    // Ask again, with a network, what failed without one.
    if (offline && !app.state.offline) stage.refresh('pack-ways');
    offline = app.state.offline;
    void follow(app.state.language, draw);
    // Any list that was read may now contain what another device wrote.
    if (news)
      for (const what of ['record', 'people', 'mentions:', 'chase', 'sees:', 'marked', 'asked', 'questions:', 'quick'])
        stage.refresh(what);
    // An entry shows where its files are by now, and what another device wrote, on the screen and when it is opened
    // again.
    if (phase === before) return news ? stage.refresh('entry:') : stage.draw();
    enter(stage, before, phase);
    // Draw a lock before anything else happens: no frame may still show the page.
    return draw();
  });
  const quiet = watch(app, stage, root);
  if (phase !== 'loading') enter(stage, 'loading', phase);
  draw();
  // Load the other screens after the rest of the app: nothing may compete with the first drawing.
  Promise.resolve(app.here).then(() => warm(stage));
  return {
    stage,
    unmount() {
      unsubscribe();
      quiet();
    },
  };
}

/** Keep what was typed into the lock form of the page before this code ran. */
function begin(stage: Stage, root: HTMLElement) {
  const typed = (root.querySelector('input') as HTMLInputElement | null)?.value ?? '';
  if (typed && stage.state.phase === 'locked') stage.local.words = typed;
  root.replaceChildren();
}

/** Go to the place where a phase begins. */
function enter(stage: Stage, before: string, now: string) {
  // The first Save carries on by itself.
  if (now === 'open' && before === 'fresh' && !['signin', 'takecopy'].includes(stage.place.name)) return;
  const typed = now === 'locked' && before === 'loading' ? stage.local : {};
  stage.spoken = '';
  stage.reset(now === 'open' ? 'add' : 'start');
  stage.local = typed;
}

/**
 * Listen for events that concern every place: activity, leaving, being hidden.
 * @returns a function that stops listening
 */
function watch(app: App, stage: Stage, root: HTMLElement): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let shifts: number[] = [];
  let tabbed = -Infinity;
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Tab') tabbed = event.timeStamp;
    shifts = event.key === 'Shift' && !event.repeat ? [...shifts, event.timeStamp].slice(-3) : [];
    const [first] = shifts;
    if (shifts.length === 3 && first !== undefined && event.timeStamp - first < THREE_SHIFTS) {
      shifts = [];
      stage.leave();
    }
  };
  const isIn = () => stage.canLeave;
  // A page from the browser's memory is about to be reloaded (main.js): not one frame of it may be seen until then.
  let isStale = false;
  const cover = () => root.classList.toggle('covered', isStale || (document.visibilityState === 'hidden' && isIn()));
  // Tab past the last control moves the focus into the browser's own bars. The page is still in front: blanking it,
  // with nothing left in it to step back to, would be a trap.
  const isStep = ({ type, timeStamp }: Event) =>
    type === 'blur' && timeStamp - tabbed < STEP && document.visibilityState === 'visible';
  const hide = (event: Event) => {
    if (isIn() && !isStep(event)) root.classList.add('covered');
  };
  addEventListener('keydown', key, { signal, capture: true });
  for (const name of ['pointerdown', 'keydown', 'input']) {
    addEventListener(
      name,
      () => {
        cover();
        if (app.state.phase === 'open') app.touch();
      },
      { signal, passive: true, capture: true },
    );
  }
  const desk = matchMedia('(min-width: 60rem)');
  const fit = () => {
    stage.wide = desk.matches;
    stage.draw();
  };
  stage.wide = desk.matches;
  desk.addEventListener('change', fit, { signal });
  document.addEventListener('visibilitychange', cover, { signal });
  // Best effort: the app switcher may take its picture before this runs.
  addEventListener(
    'pagehide',
    () => {
      if (app.state.phase === 'showing') void app.lock('shown');
    },
    { signal },
  );
  addEventListener(
    'pageshow',
    ({ persisted }) => {
      isStale ||= persisted;
    },
    { signal },
  );
  for (const name of ['pagehide', 'blur']) addEventListener(name, hide, { signal });
  for (const name of ['pageshow', 'focus']) addEventListener(name, cover, { signal });
  return () => stop.abort();
}
