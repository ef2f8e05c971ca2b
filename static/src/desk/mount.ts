/**
 * Put the advocate's screens on the page and keep them up to date: draw, move the focus, cover the page when it is
 * out of sight, clear everything at a lock.
 */
import { render } from '../shell/html.js';
import { followScreens } from '../shell/browser_history.js';
import { useLanguage } from '../shell/language.js';
import { placeFocus } from '../shell/focus.js';
import { isTyping } from '../shell/shortcuts.js';
import { Stage } from '../shell/stage.js';
import { frame } from './frame.js';
import { askWhose } from './views/view_dropped.js';
import type { Screens } from '../shell/browser_history.js';
import type { Desk } from './desk.js';
import type { Stage as TypesStage } from './types.js';

export function mount(desk: Desk, root: HTMLElement) {
  let isScheduled = false;
  let isGone = false;
  const draw = () => {
    if (isGone) return;
    stage.inner = null; // the view says again which screen of its place it draws
    render(frame(stage), root);
    placeFocus(stage, root);
    browserHistory.sync();
  };
  const scheduleDraw = () => {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(() => {
      isScheduled = false;
      draw();
    });
  };
  const stage = stageOf(desk, { soon: scheduleDraw, now: draw });
  const browserHistory = followScreens(screensOf(desk, stage));
  stage.reset('signin');
  let { phase, ended, client } = desk.state;
  desk.subscribe(() => {
    const previous = { phase, ended, client };
    ({ phase, ended, client } = desk.state);
    void useLanguage(desk.state.language, draw);
    if (phase !== previous.phase) {
      const name = phase === 'out' ? 'signin' : stage.place.name === 'second' ? 'welcome' : 'clients';
      stage.reset(name);
      // Draw a lock at once: no later frame may still show the page.
      return draw();
    }
    if (previous.client && !client && ended !== null) stage.clientClosed();
    return scheduleDraw();
  });
  // A page that is left stays empty: ending its session draws, but what lit-html would change is no longer there.
  const clear = () => {
    isGone = true;
    root.replaceChildren();
  };
  watchPage(desk, stage, root, clear);
  catchDrops(desk, stage);
  root.replaceChildren();
  draw();
  return stage;
}

/** The keeper's stage, with what only the desk needs. */
function stageOf(desk: Desk, drawing: { soon: () => void; now: () => void }): TypesStage {
  const stage = new Stage(desk, drawing);
  const clearCaches = () => {
    stage.cache.clear();
    stage.finding = undefined;
    stage.packing = undefined;
  };
  return Object.assign(stage, {
    search: '',
    /** A client was opened: nothing read for another client may be shown as this one's. */
    clientOpened() {
      clearCaches();
      stage.history = [];
      stage.stand({ name: 'entries' });
    },
    leaveClient() {
      clearCaches();
      desk.closeClient();
      stage.history = [];
      stage.stand({ name: 'clients' });
    },
    clientClosed() {
      clearCaches();
      stage.history = [];
      stage.stand({ name: 'clients' });
    },
  });
}

/** The screens as Back goes up them. Below those of a client is the list of clients, and below that the sign-in. */
function screensOf(desk: Desk, stage: TypesStage): Screens {
  return {
    depth: () => stage.depth + (desk.state.phase === 'in' ? 1 : 0) + (desk.state.client ? 1 : 0),
    isClosed: () => desk.state.phase !== 'in',
    up() {
      if (stage.up()) stage.drawNow();
      else if (desk.state.client) {
        stage.leaveClient();
        stage.drawNow();
      } else if (desk.state.phase === 'in') {
        desk.lock();
        return Promise.resolve();
      }
      return null;
    },
  };
}

/**
 * Files dropped anywhere on the page. Every drop is caught: a browser would open the file in place of the page. No
 * picture can be dragged within the page, since a browser would offer it as a new file.
 */
function catchDrops(desk: Desk, stage: TypesStage) {
  const isForField = ({ target, dataTransfer }: DragEvent) =>
    isTyping(target) && !dataTransfer?.types.includes('Files');
  addEventListener('dragstart', (event) => {
    if (event.target instanceof HTMLImageElement) event.preventDefault();
  });
  for (const name of ['dragenter', 'dragover', 'drop'] as const)
    addEventListener(name, (event) => {
      if (!isForField(event)) event.preventDefault();
    });
  addEventListener('drop', (event) => {
    const isReady = desk.state.phase === 'in' && !stage.sheet && !stage.runningTask;
    if (isReady && !isForField(event)) askWhose(stage, [...(event.dataTransfer?.files ?? [])]);
  });
}

function watchPage(desk: Desk, stage: TypesStage, root: HTMLElement, clear: () => void) {
  const isSignedIn = () => desk.state.phase === 'in';
  const updateCover = () => root.classList.toggle('covered', document.visibilityState === 'hidden' && isSignedIn());
  for (const name of ['pointerdown', 'keydown', 'input'])
    addEventListener(
      name,
      () => {
        if (isSignedIn()) desk.touch();
      },
      { passive: true, capture: true },
    );
  document.addEventListener('visibilitychange', () => {
    updateCover();
    desk.seen();
  });
  addEventListener('pagehide', () => {
    clear();
    desk.gone();
  });
  // A page restored from the browser's back/forward cache has lost its session: start again.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
  const wide = matchMedia('(min-width: 60rem)');
  const updateWidth = () => {
    stage.isWide = wide.matches;
    stage.draw();
  };
  stage.isWide = wide.matches;
  wide.addEventListener('change', updateWidth);
}
