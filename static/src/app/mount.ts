/**
 * Puts the screens on the page and keeps them in step with the app: draws, moves the focus, covers the page when it
 * is hidden, and forgets everything when the diary locks.
 */
import { render } from '../shell/html.js';
import { Stage } from '../shell/stage.js';
import { frame, preloadParts } from './frame.js';
import { followScreens } from '../shell/browser_history.js';
import { useLanguage } from '../shell/language.js';
import { placeFocus } from '../shell/focus.js';
import { followDesktop } from './desktop.js';
import { applySkin } from '../shell/skin.js';
import type { App } from '../shell/app.js';
import type { Screens } from '../shell/browser_history.js';

// Three presses of Shift within this many ms leave at once (the convention of GOV.UK's exit page).
const SHIFTS_MS = 1500;
// Longest time between Tab and the focus leaving the page, ms.
const TAB_STEP_MS = 300;

/** @param root holds the lock form of the page until the first drawing */
export function mount(app: App, root: HTMLElement): { unmount: () => void; stage: Stage } {
  let isQueued = false;
  const drawSoon = () => {
    if (isQueued) return;
    isQueued = true;
    queueMicrotask(() => {
      isQueued = false;
      draw();
    });
  };
  const stage = new Stage(app, { soon: drawSoon, now: draw });
  let phase = app.state.phase;
  let { entries, offline, reading } = app.state;
  let hasBegun = false;
  const stopping = new AbortController();
  const browserHistory = followScreens(screensOf(app, stage), stopping);

  function draw() {
    if (app.state.phase === 'loading' && !hasBegun) return;
    applySkin(app.state.look);
    if (!hasBegun) takeOverForm(stage, root);
    hasBegun = true;
    stage.inner = null; // the view says again which screen of its place it draws
    render(frame(stage), root);
    placeFocus(stage, root);
    browserHistory.sync();
  }

  const unsubscribe = app.subscribe(() => {
    const previousPhase = phase;
    phase = app.state.phase;
    const hasNewEntries = entries !== app.state.entries;
    entries = app.state.entries;
    // Ask again, with a network, what failed without one.
    if (offline && !app.state.offline) stage.refresh('pack-ways');
    offline = app.state.offline;
    if (reading !== app.state.reading) stage.refresh('picture-words:');
    reading = app.state.reading;
    void useLanguage(app.state.language, draw);
    // Any list that was read may now contain what another device wrote.
    if (hasNewEntries)
      for (const resource of [
        'record',
        'people',
        'mentions:',
        'chase',
        'sees:',
        'marked',
        'asked',
        'questions:',
        'quick',
        'sittings',
      ])
        stage.refresh(resource);
    // An entry shows where its files are by now, and what another device wrote, on the screen and when it is opened
    // again.
    if (phase === previousPhase) return hasNewEntries ? stage.refresh('entry:') : stage.draw();
    enterPhase(stage, previousPhase, phase);
    // Draw a lock before anything else happens: no frame may still show the page.
    return draw();
  });
  const stopWatching = watchPage(app, stage, root);
  if (phase !== 'loading') enterPhase(stage, 'loading', phase);
  draw();
  // Load the other screens after the rest of the app: nothing may compete with the first drawing.
  Promise.resolve(app.here).then(() => preloadParts(stage));
  return {
    stage,
    unmount() {
      unsubscribe();
      stopping.abort();
      stopWatching();
    },
  };
}

/** Keep what was typed into the lock form of the page before this code ran. */
function takeOverForm(stage: Stage, root: HTMLElement) {
  const typed = (root.querySelector('input') as HTMLInputElement | null)?.value ?? '';
  if (typed && stage.state.phase === 'locked') stage.local.words = typed;
  root.replaceChildren();
}

/** Go to the place where a phase begins. */
function enterPhase(stage: Stage, previousPhase: string, newPhase: string) {
  // The first Save carries on by itself.
  if (newPhase === 'open' && previousPhase === 'fresh' && !['signin', 'takecopy'].includes(stage.place.name)) return;
  const typed = newPhase === 'locked' && previousPhase === 'loading' ? stage.local : {};
  stage.announcement = '';
  stage.reset(newPhase === 'open' ? 'add' : 'start');
  stage.local = typed;
}

/** The screens as Back goes up them. Below those of an open diary is the lock. */
function screensOf(app: App, stage: Stage): Screens {
  return {
    depth() {
      const { phase } = stage.state;
      // Neither has places: a page that is shown, and a page to add a picture, go back to the lock.
      if (!stage.leaving && ['showing', 'picture'].includes(phase)) return 1;
      return stage.depth + (phase === 'open' && !stage.leaving ? 1 : 0);
    },
    isClosed: () => stage.leaving || !stage.canLeave,
    isShown: () => stage.state.phase === 'showing',
    up() {
      const { phase } = stage.state;
      if (phase === 'showing') void app.lock('shown');
      else if (phase === 'picture') void app.lock('asked');
      else if (stage.up()) stage.drawNow();
      // The page is left only once the lock is done: it seals what was half typed.
      else if (phase === 'open') return Promise.resolve(app.lock('asked'));
      return null;
    },
  };
}

/**
 * Listen for events that concern every place: activity, leaving, being hidden.
 * @returns a function that stops listening
 */
function watchPage(app: App, stage: Stage, root: HTMLElement): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  let shiftTimes: number[] = [];
  let tabbedAt = -Infinity;
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Tab') tabbedAt = event.timeStamp;
    shiftTimes = event.key === 'Shift' && !event.repeat ? [...shiftTimes, event.timeStamp].slice(-3) : [];
    const [first] = shiftTimes;
    if (shiftTimes.length === 3 && first !== undefined && event.timeStamp - first < SHIFTS_MS) {
      shiftTimes = [];
      stage.leave();
    }
  };
  const isInside = () => stage.canLeave;
  // A page from the browser's memory is about to be reloaded (main.js): not one frame of it may be seen until then.
  let isStale = false;
  const updateCover = () =>
    root.classList.toggle('covered', isStale || (document.visibilityState === 'hidden' && isInside()));
  // Tab past the last control moves the focus into the browser's own bars. The page is still in front: blanking it,
  // with nothing left in it to step back to, would be a trap.
  const isTabStep = ({ type, timeStamp }: Event) =>
    type === 'blur' && timeStamp - tabbedAt < TAB_STEP_MS && document.visibilityState === 'visible';
  const onHide = (event: Event) => {
    if (isInside() && !isTabStep(event)) root.classList.add('covered');
  };
  addEventListener('keydown', onKey, { signal, capture: true });
  followDesktop(app, stage, signal);
  for (const name of ['pointerdown', 'keydown', 'input']) {
    addEventListener(
      name,
      () => {
        updateCover();
        if (app.state.phase === 'open') app.touch();
      },
      { signal, passive: true, capture: true },
    );
  }
  const wideScreen = matchMedia('(min-width: 60rem)');
  const updateWidth = () => {
    stage.isWide = wideScreen.matches;
    stage.draw();
  };
  stage.isWide = wideScreen.matches;
  wideScreen.addEventListener('change', updateWidth, { signal });
  document.addEventListener('visibilitychange', updateCover, { signal });
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
  for (const name of ['pagehide', 'blur']) addEventListener(name, onHide, { signal });
  for (const name of ['pageshow', 'focus']) addEventListener(name, updateCover, { signal });
  return () => controller.abort();
}
