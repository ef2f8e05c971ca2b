/** More: the groups of settings, the signed-in devices, signing out, and what the app protects from and what not. */
import { html, nothing } from '../../shell/html.js';
import { secretField, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row } from '../../components/parts.js';
import { clockTime, day, momentSaid } from '../../components/text/say.js';
import { lookUp, t } from '../../shell/strings.js';
import { GROUPS } from './more_groups.js';
import { uncover } from '../../components/forms/uncover.js';
import './words.js';
import type { Session } from '../../shell/app.js';
import type { Row } from './more_groups.js';
import type { Stage } from '../../shell/stage.js';

function more(stage: Stage) {
  const { account } = stage.state;
  return html`<div class="stack-wide">${heading(t('more.title'))}${errorSummary(stage)}
    <div class="groups">${GROUPS.map(({ title, rows }, n) => {
      const here = rows.filter(({ when }) => when?.(account) ?? true);
      return here.length
        ? html`<section class="group" aria-labelledby=${`more-${n}`}><h2 id=${`more-${n}`}>${lookUp(title)}</h2>
        <ul class="rows">${here.map((one) => html`<li>${rowTo(stage, one)}</li>`)}</ul></section>`
        : nothing;
    })}</div></div>`;
}

function rowTo(stage: Stage, { place, title, icon, more: under, with: given, before }: Row) {
  const { account } = stage.state;
  const key = typeof under === 'function' ? under(account) : under;
  const on = () => {
    before?.(stage);
    stage.go({ name: place, ...given });
  };
  return row({ title: lookUp(title), more: key ? lookUp(key, { login: account?.login ?? '' }) : null, icon, on });
}

function devices(stage: Stage) {
  const { local } = stage;
  const found = local.sessions as Session[] | undefined;
  if (!found) {
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
      ${secretField({
        id: 'words',
        label: t('devices.words'),
        value: local.words ?? '',
        shown: Boolean(local.shown),
        toggle: () => uncover(stage),
        enter: show,
        focus: true,
        error: local.lacking ? t('words.none') : null,
        on: (words) => {
          local.words = words;
        },
      })}
      <div>${button(t('devices.show'), show, { main: true, busy: stage.running === 'sessions' })}</div></div>`;
  }
  return html`<div class="stack-wide">${heading(t('devices.title'))}${errorSummary(stage)}
    <ul class="rows">${found.map(
      (one) => html`<li class="stack-close page-item"><strong>${
        one.here ? t('devices.here') : one.device_name || t('devices.unknown')
      }</strong>
      <span class="small soft">${t('devices.since', { at: day(one.created_at) })} · ${t('devices.seen', {
        at: momentSaid(one.seen_at),
      })}</span>
      ${one.here ? nothing : html`<div>${button(t('devices.end'), () => ending(stage, one), {})}</div>`}
      ${
        local.ending === one.session ? endForm(stage, one, found) : nothing
      }${one.here ? naming(stage, one) : nothing}</li>`,
    )}</ul>
    ${
      local.sent
        ? html`<section class="care stack-close">${comingBack()}<div class="row">${button(
            t('more.changewords'),
            () => stage.go({ name: 'changewords' }),
            {},
          )}${button(t('more.someone'), () => stage.go({ name: 'someone' }), {})}</div></section>`
        : nothing
    }
    ${
      found.length > 1
        ? html`<div>${button(t('devices.all'), () => ending(stage, null), {})}</div>${
            local.ending === ALL ? endForm(stage, null, found) : nothing
          }`
        : nothing
    }
    ${done(local.log ?? [])}</div>`;
}

const ALL = 'all';

/** @param session null for all other devices */
function ending(stage: Stage, one: Session | null) {
  stage.set({ ending: one ? one.session : ALL, words: '' });
}

/** The keeper's name for this device. */
function naming(stage: Stage, one: Session) {
  const { local } = stage;
  const name = local.name ?? one.device_name;
  const save = () =>
    stage.run('rename', async () => {
      await stage.app.renameDevice(name.trim());
      stage.say(t('devices.renamed'));
    });
  return html`${textField({
    id: 'device-name',
    label: t('devices.rename'),
    value: name,
    on: (typed) => {
      local.name = typed;
    },
  })}<div>${button(t('devices.rename_do'), save, { plain: true, busy: stage.running === 'rename' })}</div>`;
}

// A newer server may log actions that this release has no words for; without this the whole list could not be drawn.
const DONE = new Set([
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
function done(log: { at: number; device_name: string; what: string }[]) {
  return html`<section class="stack-close"><h2>${t('devices.log')}</h2><p
    class="small soft">${t('devices.log_lead')}</p>
    <ul class="rows">${log.map(
      (one) =>
        html`<li class="page-item stack-close"><span>${t('devices.log_line', {
          what: lookUp(`devices.what.${DONE.has(one.what) ? one.what : 'other'}`),
          device: one.device_name || t('devices.unknown'),
        })}</span><span class="small soft">${day(one.at)}, ${clockTime(one.at)}</span></li>`,
    )}</ul></section>`;
}

/** What ending a session does and what it does not. */
const comingBack = () => html`<p>${t('devices.end_does')}</p><p>${t('devices.end_not')}</p>`;

/**
 * The form that ends a session; it asks for the words again.
 * @param session null for all other devices
 */
function endForm(stage: Stage, one: Session | null, found: Session[]) {
  const { local } = stage;
  const end = () => {
    const words = local.words ?? '';
    if (!words) return stage.set({ lacking: true });
    stage.set({ words: '', shown: false, lacking: false });
    return stage.run('end', async () => {
      await (one ? stage.app.endSession(one.session, { words }) : stage.app.endOthers({ words }));
      stage.set({ sessions: found.filter((each) => (one ? each !== one : each.here)), ending: null, sent: true });
      stage.say(t(one ? 'devices.ended' : 'devices.all_done'));
    });
  };
  return html`<div class="small stack-close">${comingBack()}</div>${secretField({
    id: 'end-words',
    label: t('copy.words'),
    value: local.words ?? '',
    shown: Boolean(local.shown),
    toggle: () => uncover(stage),
    enter: end,
    error: local.lacking ? t('words.none') : null,
    on: (words) => {
      local.words = words;
    },
  })}
    <div class="row">${button(t(one ? 'devices.end' : 'devices.all'), end, {
      main: true,
      busy: stage.running === 'end',
    })}${button(t('frame.cancel'), () => stage.set({ ending: null }), { plain: true })}</div>`;
}

function signout(stage: Stage) {
  const unsent = stage.state.entries.some((one) => one.state.code !== 'kept');
  const go = () => stage.run('signout', () => stage.app.signOut());
  return html`<div class="stack-wide">${heading(t('signout.title'))}${errorSummary(stage)}<p>${t('signout.lead')}</p>
    ${unsent ? html`<p class="care">${t('signout.unsent')}</p>` : nothing}
    <div class="row">${button(t('signout.do'), go, { busy: stage.running === 'signout' })}${button(
      t('frame.cancel'),
      () => stage.back('more'),
      { main: true },
    )}</div></div>`;
}

function about(_stage: Stage) {
  return html`<div class="stack-wide">${heading(t('about.title'))}
    <section class="stack-close"><h2>${t('about.yes')}</h2><ul class="points stack-close">${[1, 2, 3, 4].map(
      (n) => html`<li>${lookUp(`about.yes_${n}`)}</li>`,
    )}</ul></section>
    <section class="stack-close"><h2>${t('about.no')}</h2><ul class="points stack-close">${[1, 2, 3, 4, 5].map(
      (n) => html`<li>${lookUp(`about.no_${n}`)}</li>`,
    )}</ul></section>
    <p class="note">${t('about.server')}</p></div>`;
}

export const views = { more, devices, signout, about };
