/**
 * More and the pages below it, the signed-in devices, signing out, and what the app protects from and what not.
 */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row } from '../../components/parts.js';
import { clockTime, dateText, dateTimeText } from '../../components/text/formatting.js';
import { lookUp, t } from '../../shell/strings.js';
import { ALL_ROWS, GROUPS, SECTIONS } from './more_groups.js';
import { passwordField } from '../../components/forms/password_field.js';
import './words.js';
import type { Session } from '../../shell/app.js';
import type { MoreRow } from './more_groups.js';
import type { Stage } from '../../shell/stage.js';

function moreView(stage: Stage) {
  return html`<div class="stack-wide">${heading(t('more.title'))}${errorSummary(stage)}
    <div class="groups">${GROUPS.map(
      ({ title, rows }, index) => html`<section class="group" aria-labelledby=${`more-${index}`}><h2
        id=${`more-${index}`}>${lookUp(title)}</h2>${rowList(stage, rows)}</section>`,
    )}</div></div>`;
}

/** A page below More. */
function sectionView(stage: Stage) {
  const { name } = stage.place;
  const title = ALL_ROWS.find(({ place }) => place === name)?.title ?? 'more.title';
  return html`<div class="stack-wide">${heading(lookUp(title))}${errorSummary(stage)}
    <div class="group">${rowList(stage, SECTIONS[name] ?? [])}</div></div>`;
}

function rowList(stage: Stage, rows: readonly MoreRow[]) {
  const visibleRows = rows.filter(({ isShown: when }) => when?.(stage.state.account) ?? true);
  return html`<ul class="rows">${visibleRows.map((moreRow) => html`<li>${groupRow(stage, moreRow)}</li>`)}</ul>`;
}

function groupRow(stage: Stage, { place, title, icon, more: detail, with: params, onOpen }: MoreRow) {
  const { account } = stage.state;
  const detailKey = typeof detail === 'function' ? detail(account) : detail;
  const onClick = () => {
    onOpen?.(stage);
    stage.go({ name: place, ...params });
  };
  return row({
    title: lookUp(title),
    subtitle: detailKey ? lookUp(detailKey, { login: account?.login ?? '' }) : null,
    icon,
    onClick,
  });
}

function devicesView(stage: Stage) {
  const { local } = stage;
  const sessions = local.sessions as Session[] | undefined;
  if (!sessions) {
    const show = () => {
      const words = local.words ?? '';
      if (!words) return stage.set({ lacking: true });
      stage.set({ words: '', shown: false, lacking: false });
      return stage.run('sessions', async () => {
        Object.assign(local, {
          sessions: await stage.app.sessions({ words }),
          log: await stage.app.accessLog({ words }),
        });
      });
    };
    return html`<div class="stack-wide">${heading(t('devices.title'))}${errorSummary(stage)}
      ${passwordField(stage, {
        id: 'words',
        label: t('devices.words'),
        onEnter: show,
        autofocus: true,
        error: local.lacking ? t('words.none') : null,
      })}
      <div>${button(t('devices.show'), show, { main: true, busy: stage.runningTask === 'sessions' })}</div></div>`;
  }
  return html`<div class="stack-wide">${heading(t('devices.title'))}${errorSummary(stage)}
    <ul class="rows">${sessions.map(
      (session) => html`<li class="stack-close page-item"><strong>${
        session.here ? t('devices.here') : session.device_name || t('devices.unknown')
      }</strong>
      <span class="small soft">${t('devices.since', { at: dateTimeText(session.created_at) })} · ${t('devices.seen', {
        at: dateTimeText(session.seen_at),
      })}</span>
      ${session.here ? nothing : html`<div>${button(t('devices.end'), () => startEnding(stage, session), {})}</div>`}
      ${
        local.ending === session.session ? endSessionForm(stage, session, sessions) : nothing
      }${session.here ? deviceNameForm(stage, session) : nothing}</li>`,
    )}</ul>
    ${
      local.sent
        ? html`<section class="care stack-close">${endingNotes()}<div class="row">${button(
            t('more.changewords'),
            () => stage.go({ name: 'changewords' }),
            {},
          )}${button(t('more.someone'), () => stage.go({ name: 'someone' }), {})}</div></section>`
        : nothing
    }
    ${
      sessions.length > 1
        ? html`<div>${button(t('devices.all'), () => startEnding(stage, null), {})}</div>${
            local.ending === ALL_SESSIONS ? endSessionForm(stage, null, sessions) : nothing
          }`
        : nothing
    }
    ${accessLog(local.log ?? [])}</div>`;
}

const ALL_SESSIONS = 'all';

/** @param session null for all other devices */
function startEnding(stage: Stage, session: Session | null) {
  stage.set({ ending: session ? session.session : ALL_SESSIONS, words: '' });
}

/** The keeper's name for this device. */
function deviceNameForm(stage: Stage, session: Session) {
  const { local } = stage;
  const name = local.name ?? session.device_name;
  const save = () =>
    stage.run('rename', async () => {
      await stage.app.renameDevice(name.trim());
      stage.announce(t('devices.renamed'));
    });
  return html`${textField({
    id: 'device-name',
    label: t('devices.rename'),
    value: name,
    onChange: (text) => {
      local.name = text;
    },
  })}<div>${button(t('devices.rename_do'), save, { plain: true, busy: stage.runningTask === 'rename' })}</div>`;
}

// A newer server may log actions that this release has no words for; without this the whole list could not be drawn.
const KNOWN_ACTIONS = new Set([
  'signed_in',
  'recovered',
  'words_changed',
  'code_changed',
  'keys_changed',
  'session_ended',
  'others_ended',
  'let_in',
  'let_out',
  'erasure_asked',
  'closing_asked',
  'pack_built',
]);

/** The access log of the account. */
function accessLog(entries: { at: number; device_name: string; what: string }[]) {
  return html`<section class="stack-close"><h2>${t('devices.log')}</h2><p
    class="small soft">${t('devices.log_lead')}</p>
    <ul class="rows">${entries.map(
      (logEntry) =>
        html`<li class="page-item stack-close"><span>${t('devices.log_line', {
          what: lookUp(`devices.what.${KNOWN_ACTIONS.has(logEntry.what) ? logEntry.what : 'other'}`),
          device: logEntry.device_name || t('devices.unknown'),
        })}</span><span class="small soft">${dateText(logEntry.at)}, ${clockTime(logEntry.at)}</span></li>`,
    )}</ul></section>`;
}

/** What ending a session does and what it does not. */
const endingNotes = () => html`<p>${t('devices.end_does')}</p><p>${t('devices.end_not')}</p>`;

/**
 * The form that ends a session; it asks for the words again.
 * @param session null for all other devices
 */
function endSessionForm(stage: Stage, session: Session | null, sessions: Session[]) {
  const { local } = stage;
  const end = () => {
    // The form keeps the password while another task runs: `run` would do nothing.
    if (stage.runningTask) return;
    const words = local.words ?? '';
    if (!words) return stage.set({ lacking: true });
    stage.set({ words: '', shown: false, lacking: false });
    return stage.run('end', async () => {
      await (session ? stage.app.endSession(session.session, { words }) : stage.app.endOthers({ words }));
      stage.set({
        sessions: sessions.filter((other) => (session ? other !== session : other.here)),
        ending: null,
        sent: true,
      });
      stage.announce(t(session ? 'devices.ended' : 'devices.all_done'));
    });
  };
  return html`<div class="small stack-close">${endingNotes()}</div>${passwordField(stage, {
    id: 'end-words',
    label: t('copy.words'),
    onEnter: end,
    error: local.lacking ? t('words.none') : null,
  })}
    <div class="row">${button(t(session ? 'devices.end' : 'devices.all'), end, {
      main: true,
      busy: stage.runningTask !== null,
    })}${button(t('frame.cancel'), () => stage.set({ ending: null }), { plain: true })}</div>`;
}

function signOutView(stage: Stage) {
  const hasUnsent = stage.state.entries.some((entry) => entry.state.code !== 'kept');
  const signOut = () => stage.run('signout', () => stage.app.signOut());
  return html`<div class="stack-wide">${heading(t('signout.title'))}${errorSummary(stage)}<p>${t('signout.lead')}</p>
    ${hasUnsent ? html`<p class="care">${t('signout.unsent')}</p>` : nothing}
    <div class="row">${button(t('signout.do'), signOut, { busy: stage.runningTask === 'signout' })}${button(
      t('frame.cancel'),
      () => stage.back('more'),
      { main: true },
    )}</div></div>`;
}

function aboutView() {
  return html`<div class="stack-wide">${heading(t('about.title'))}
    <section class="stack-close"><h2>${t('about.yes')}</h2><ul class="points stack-close">${[1, 2, 3, 4].map(
      (n) => html`<li>${lookUp(`about.yes_${n}`)}</li>`,
    )}</ul></section>
    <section class="stack-close"><h2>${t('about.no')}</h2><ul class="points stack-close">${[1, 2, 3, 4, 5].map(
      (n) => html`<li>${lookUp(`about.no_${n}`)}</li>`,
    )}</ul></section>
    <p class="note">${t('about.server')}</p></div>`;
}

export const views = {
  more: moreView,
  ...Object.fromEntries(Object.keys(SECTIONS).map((name) => [name, sectionView])),
  devices: devicesView,
  signout: signOutView,
  about: aboutView,
};
