/**
 * The frame around every place: the bar on top, the columns, the bar at the thumb, and the lines that can appear on
 * any place. It picks the view that draws the place. Views the door does not need are loaded later.
 */
import { html, nothing } from '../shell/html.js';
import { icon } from '../shell/icons.js';
import { leaveButton } from '../shell/leave_button.js';
import { skinName } from '../shell/skin.js';
import { setYoungWording, t } from '../shell/strings.js';
import { isDraftLanguage } from '../shell/language.js';
import { button } from '../components/parts.js';
import { PARTS, PART_BY_PLACE, TABS, tabOf } from './places.js';
import { doorView } from '../features/lock/door.js';
import { noticeLines } from './notices.js';
import { views as firstViews } from '../features/first_run/safety.js';
import './words.js';
import '../features/account/words.js';
import '../features/settings/words.js';
import type { Stage } from '../shell/stage.js';

type View = (stage: Stage) => unknown;
type Views = Record<string, View>;

const loaded: Views = { ...firstViews };
const loading: Map<string, Promise<void>> = new Map();
let hasFailed = false;

/** Fetch one part, once. A part that could not be fetched is tried again. */
function fetchPart(part: keyof typeof PARTS, draw: () => void) {
  const pending = loading.get(part);
  if (pending) return pending;
  const fetching = PARTS[part]()
    .then(
      (module) => {
        Object.assign(loaded, module.views);
        hasFailed = false;
      },
      () => {
        loading.delete(part);
        hasFailed = true;
      },
    )
    .then(draw);
  loading.set(part, fetching);
  return fetching;
}

/** Run when the browser is idle. Safari has no such callback, so there it runs soon. */
const whenIdle: (action: () => void) => unknown = (action) =>
  typeof requestIdleCallback === 'function' ? requestIdleCallback(action, { timeout: 1000 }) : setTimeout(action, 100);

/** Fetch every part soon after the door is drawn, so that the page works when the signal goes. */
export function preloadParts(stage: Stage) {
  const [...queue] = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const fetchNext = () => {
    const part = queue.shift();
    if (part) void fetchPart(part, stage.draw).then(() => whenIdle(fetchNext));
  };
  whenIdle(fetchNext);
}

function placeView(stage: Stage, name: string) {
  const loadedView = loaded[name];
  if (loadedView) return loadedView(stage);
  const part = PART_BY_PLACE[name];
  if (part && !hasFailed) fetchPart(part, stage.draw);
  return html`<div class="stack" aria-busy=${String(!hasFailed)}><h1
      tabindex="-1">${skinName(stage.state)}</h1><p
      role="status">${t(hasFailed ? 'frame.lazy' : 'frame.loading')}</p>
    ${
      hasFailed && part
        ? button(t('door.again'), () => {
            hasFailed = false;
            stage.draw();
          })
        : nothing
    }</div>`;
}

/** Return the whole page. */
export function frame(stage: Stage) {
  const { phase } = stage.state;
  // Only the list that was made for paper may be printed (shell/parts.css).
  document.documentElement.classList.toggle(
    'on-paper',
    phase === 'open' && !stage.leaving && stage.place.name === 'print' && Boolean(stage.local.made),
  );
  applyWording(stage, phase === 'open');
  const isInner =
    phase === 'open' || (phase === 'fresh' && stage.place.name in PART_BY_PLACE && stage.place.name !== 'borrowed');
  const showsNotebook = stage.leaving || phase === 'notebook';
  return html`${
    showsNotebook
      ? placeView(stage, 'notebook')
      : isInner
        ? openFrame(stage, phase === 'open')
        : phase === 'showing'
          ? placeView(stage, 'showing')
          : phase === 'picture' && stage.state.picture?.locked
            ? placeView(stage, 'capturing')
            : phase === 'fresh' && stage.place.name === 'borrowed'
              ? placeView(stage, 'borrowed')
              : doorView(stage)
  }
    <p class="unseen" role="status" aria-live="polite">${stage.announcement}</p>`;
}

/** Set the keeper's wording (usual or young), on every place of the diary and nowhere else. */
function applyWording(stage: Stage, isOpen: boolean) {
  const settings =
    isOpen && stage.app.readSettings ? stage.find('wording', async () => stage.app.readSettings?.()).data : null;
  const isYoung = settings?.fields?.wording === 'young';
  setYoungWording(isYoung);
  if (isYoung && !loaded.wording && !hasFailed) fetchPart('wording', stage.draw);
}

function openFrame(stage: Stage, isOpen: boolean) {
  const { name } = stage.place;
  const isRegister = ['kept', 'form'].includes(name);
  // The first screen after the lock shows nothing that was written, so no list is shown beside it either.
  const hasList = ['entries', 'entry', 'file'].includes(name) || (name === 'add' && Boolean(stage.place.record));
  const hasTwoColumns = isOpen && stage.isWide && (isRegister || hasList);
  const listView = isRegister ? loaded.register_list : loaded.list;
  const notices = isOpen ? noticeLines(stage, loaded.borrowed_line) : nothing;
  return html`<div class="frame">
    ${topBar(stage, isOpen)}
    <div class="columns ${hasTwoColumns ? 'columns-two' : ''}">
      ${
        hasTwoColumns && listView
          ? html`<aside class="aside page" aria-label=${t(
              isRegister ? 'nav.more' : 'nav.entries',
            )}>${listView(stage)}</aside>`
          : nothing
      }
      <main id="page"><div class="page">${
        // In Help no line pushes the emergency number down.
        name === 'help' ? [placeView(stage, name), notices] : [notices, placeView(stage, name)]
      }</div></main>
    </div>
    ${isOpen ? thumbBar(stage) : nothing}
  </div>${stage.sheet ? stage.sheet(stage) : nothing}`;
}

function topBar(stage: Stage, isOpen: boolean) {
  const { name } = stage.place;
  const isMainPlace = TABS.some(([tab]) => tab === name);
  const goBack = () => stage.up() || stage.back(isOpen ? 'entries' : 'start');
  return html`<header class="bar">
    ${
      isMainPlace && isOpen
        ? nothing
        : html`<button type="button" class="icon-button" aria-label=${t('bar.back')}
          @click=${goBack}>${icon('back', 22, 'mirror')}</button>`
    }
    <span class="bar-name"><strong>${skinName(stage.state)}</strong>${
      isDraftLanguage() ? html`<span class="small">${t('bar.draft')}</span>` : nothing
    }</span>
    ${
      name === 'help'
        ? nothing
        : html`<button type="button" class="bar-word"
          @click=${() => stage.go({ name: 'help' })}>${t('bar.help')}</button>`
    }
    ${
      isOpen
        ? html`<button type="button" class="icon-button"
          @click=${() => void stage.app.lock('asked')}>${icon('lock', 22)}<span
            class="icon-word">${t('nav.lock')}</span></button>`
        : nothing
    }
    ${leaveButton(stage)}
  </header>`;
}

function thumbBar(stage: Stage) {
  const { name } = stage.place;
  const activeTab = tabOf(name);
  const selectTab = (tab: string) => {
    if (tab === 'share') stage.refresh('pack-ways'); // the server may respond by now
    if (tab === name && name !== 'add') return undefined;
    return stage.goToTab(tab);
  };
  return html`<nav class="thumb" aria-label=${t('nav.label')}><ul>${TABS.map(
    ([tab, iconName]) => html`<li>
    <button type="button" class="tab ${tab === 'add' ? 'tab-add' : ''}" aria-current=${
      tab === activeTab ? 'page' : nothing
    } @click=${() => selectTab(tab)}>
      <span class="tab-mark">${icon(
        iconName,
        22,
        iconName === 'list' ? 'mirror' : '',
      )}</span><span>${t(`nav.${tab}`)}</span></button></li>`,
  )}</ul></nav>`;
}
