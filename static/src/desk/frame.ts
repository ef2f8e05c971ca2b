/**
 * The page: a bar, the current place, and tabs at the bottom or the side; list and detail side by side if there is
 * room.
 */
import { html, nothing } from '../shell/html.js';
import { icon } from '../shell/icons.js';
import { isDraftLanguage } from '../shell/language.js';
import { button } from '../components/parts.js';
import { views as patterns } from '../features/entries/patterns.js';
import { t } from '../shell/strings.js';
import { views as assist } from './views/view_assist.js';
import { views as client, entryList } from './views/view_client.js';
import { views as clients, clientList } from './views/view_clients.js';
import { views as dropped } from './views/view_dropped.js';
import { views as door } from './views/view_sign_in.js';
import { views as entry } from './views/view_entry.js';
import { views as organisation } from './views/view_organisation.js';
import { views as pack } from './views/view_pack.js';
import { views as you } from './views/view_you.js';
import './words.js';
import type { Stage } from './types.js';

const VIEWS: Record<string, (stage: Stage) => unknown> = {
  ...clients,
  ...client,
  ...assist,
  ...dropped,
  ...pack,
  ...entry,
  ...patterns,
  ...organisation,
  ...you,
  welcome: door.welcome,
};
const CLIENT_PLACES = new Set(['entries', 'assist', 'pack', 'entry', 'file', 'patterns']);

export function frame(stage: Stage) {
  const { phase } = stage.state;
  const signedOutView =
    (door as Record<string, ((stage: Stage) => unknown) | undefined>)[stage.place.name] ?? door.signin;
  return html`${
    phase === 'in' ? signedInView(stage) : signedOutView(stage)
  }<p class="unseen" role="status" aria-live="polite">${stage.announcement}</p>`;
}

function signedInView(stage: Stage) {
  const { name } = stage.place;
  const { client: openClient } = stage.state;
  const view = VIEWS[CLIENT_PLACES.has(name) && !openClient ? 'entries' : name] ?? VIEWS.clients;
  const aside = !stage.isWide
    ? null
    : openClient && CLIENT_PLACES.has(name)
      ? entryList(stage)
      : name === 'clients' && stage.state.clients.length
        ? clientList(stage)
        : null;
  return html`<div class="frame desk-frame">
    ${topBar(stage)}
    <div class="columns ${aside ? 'columns-two' : ''}">
      ${
        aside
          ? html`<aside class="aside page" tabindex="-1" aria-label=${t(
              openClient && name !== 'clients' ? 'nav.entries' : 'desk.tab_clients',
            )}>${aside}</aside>`
          : nothing
      }
      <main id="page"><div class="page">${lockWarning(stage)}${view?.(stage)}</div></main>
    </div>
    ${tabBar(stage)}
  </div>${stage.sheet ? stage.sheet(stage) : nothing}`;
}

function topBar(stage: Stage) {
  const { name } = stage.place;
  const { client: openClient } = stage.state;
  const isTopLevel = ['clients', 'you', 'organisation', 'welcome'].includes(name);
  const back = () => {
    if (name === 'entries' && stage.history.at(-1)?.name !== 'patterns') return stage.leaveClient();
    return stage.back(openClient ? 'entries' : 'clients');
  };
  return html`<header class="bar">
    ${
      isTopLevel
        ? nothing
        : html`<button type="button" class="icon-button" aria-label=${t('desk.back')}
          @click=${back}>${icon('back', 22, 'mirror')}</button>`
    }
    <span class="bar-name"><strong>${
      openClient && CLIENT_PLACES.has(name) ? html`<bdi>${openClient.name}</bdi>` : t('desk.name')
    }</strong>${isDraftLanguage() ? html`<span class="small">${t('bar.draft')}</span>` : nothing}</span>
  </header>`;
}

function lockWarning(stage: Stage) {
  const { lockIn } = stage.state;
  if (lockIn === null) return nothing;
  return html`<div class="lines"><div class="line"><span><span class="unseen"
    role="alert">${t('desk.locking_soon')}</span><span aria-hidden="true">${t('desk.locking', {
      n: lockIn,
    })}</span></span>${button(t('desk.stay'), () => stage.app.touch(), { plain: true })}</div></div>`;
}

function tabBar(stage: Stage) {
  const { name } = stage.place;
  const isLeader = stage.state.you?.leads ?? false;
  const allTabs = [
    ['clients', 'list'],
    ['you', 'person'],
    ...(isLeader ? [['organisation', 'folder'] as const] : []),
    ['lock', 'lock'],
  ] as const;
  const currentTab = CLIENT_PLACES.has(name) ? 'clients' : name === 'welcome' ? 'you' : name;
  const selectTab = (tab: string) => {
    if (tab === 'lock') return stage.app.lock();
    if (tab === 'clients' && stage.state.client) return stage.leaveClient();
    if (tab === 'organisation') stage.refresh('organisation'); // the list of colleagues may have changed
    return tab === name ? undefined : stage.stand({ name: tab });
  };
  return html`<nav class="thumb" aria-label=${t('nav.label')}><ul>${allTabs.map(
    ([tab, iconName]) => html`<li><button type="button" class="tab" aria-current=${
      tab === currentTab ? 'page' : nothing
    } @click=${() => selectTab(tab)}>
    <span class="tab-mark">${icon(
      iconName,
      22,
      iconName === 'list' ? 'mirror' : '',
    )}</span><span>${t(`desk.tab_${tab}`)}</span></button></li>`,
  )}</ul></nav>`;
}
