/**
 * Put the advocate's screens on the page and keep them up to date: draw, move the focus, cover the page when it is
 * out of sight, clear everything at a lock.
 */
import { render } from '../shell/html.js';
import { follow } from '../shell/language.js';
import { settle } from '../shell/settling.js';
import { Stage } from '../shell/stage.js';
import { frame } from './frame.js';
import type { Desk } from './desk.js';
import type { Stage as TypesStage } from './types.js';

export function mount(desk: Desk, root: HTMLElement) {
  let waiting = false;
  const draw = () => {
    render(frame(stage), root);
    settle(stage, root);
  };
  const soon = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      draw();
    });
  };
  const stage = stageOf(desk, { soon, now: draw });
  stage.reset('signin');
  let { phase, ended, client } = desk.state;
  desk.subscribe(() => {
    const before = { phase, ended, client };
    ({ phase, ended, client } = desk.state);
    void follow(desk.state.language, draw);
    if (phase !== before.phase) {
      const name = phase === 'out' ? 'signin' : stage.place.name === 'second' ? 'welcome' : 'clients';
      stage.reset(name);
      // Draw a lock at once: no later frame may still show the page.
      return draw();
    }
    if (before.client && !client && ended !== null) stage.closed();
    return soon();
  });
  watch(desk, stage, root);
  root.replaceChildren();
  draw();
  return stage;
}

/** The keeper's stage, with what only the desk needs. */
function stageOf(desk: Desk, drawing: { soon: () => void; now: () => void }): TypesStage {
  const stage = new Stage(desk, drawing);
  const forget = () => {
    stage.read.clear();
    stage.finding = undefined;
    stage.packing = undefined;
  };
  return Object.assign(stage, {
    search: '',
    /** A client was opened: nothing read for another client may be shown as this one's. */
    opened() {
      forget();
      stage.past = [];
      stage.stand({ name: 'entries' });
    },
    leaveClient() {
      forget();
      desk.closeClient();
      stage.past = [];
      stage.stand({ name: 'clients' });
    },
    closed() {
      forget();
      stage.past = [];
      stage.stand({ name: 'clients' });
    },
  });
}

function watch(desk: Desk, stage: TypesStage, root: HTMLElement) {
  const isIn = () => desk.state.phase === 'in';
  const cover = () => root.classList.toggle('covered', document.visibilityState === 'hidden' && isIn());
  for (const name of ['pointerdown', 'keydown', 'input'])
    addEventListener(
      name,
      () => {
        if (isIn()) desk.touch();
      },
      { passive: true, capture: true },
    );
  document.addEventListener('visibilitychange', () => {
    cover();
    desk.seen();
  });
  addEventListener('pagehide', () => {
    root.replaceChildren();
    desk.gone();
  });
  // A page restored from the browser's back/forward cache has lost its session: start again.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
  const wide = matchMedia('(min-width: 60rem)');
  const fit = () => {
    stage.wide = wide.matches;
    stage.draw();
  };
  stage.wide = wide.matches;
  wide.addEventListener('change', fit);
}
