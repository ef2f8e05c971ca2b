/** More: the copy, the code, where one is signed in, space, and what all this protects from and what not. */
import { html, nothing } from './html.js';
import { secretField, textField } from './fields.js';
import { button, errorSummary, heading, row, sentenceOf } from './parts.js';
import { clockTime, day } from './say.js';
import { t } from './strings.js';
import './strings_later.js';
import './strings_cards.js';
import './strings_registers.js';
import './strings_files.js';
import './strings_language.js';
import './strings_keys.js';
import { uncover } from './door.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./app.d.ts').Session} Session */

/** Registers in the order a person under stress looks for them. */
const REGISTERS_HERE = /** @type {const} */ ([
  ['police', 'flag'], ['chase', 'clock'], ['people', 'person'], ['orders', 'paper'], ['reports', 'list'], ['impacts', 'heart'], ['notices', 'note'], ['statements', 'eye'], ['cases', 'file'], ['background', 'list'],
]);

/** @param {Stage} stage */
function more(stage) {
  const { account } = stage.state;
  const registered = Boolean(account?.registered);
  /** @param {string} name */
  const go = (name) => () => stage.go({ name });
  return html`<div class="stack-wide">
    ${heading(t('more.title'))}
    ${errorSummary(stage)}
    <div class="rows">${REGISTERS_HERE.map(([name, icon]) => html`<div>${row({ title: t(`more.${name}`), icon, on: name === 'police' ? () => stage.go({ name: 'form', kind: 'report', preset: 'police' }) : go(name) })}</div>`)}</div>
    <div class="rows">
      ${registered ? html`<div>${row({ title: t('more.copy_done'), more: t('more.name', { login: account?.login ?? '' }), icon: 'kept', on: go('name') })}</div>
        <div>${row({ title: t('more.code'), more: t(account?.recovery === 'done' ? 'more.code_done' : 'more.code_todo'), icon: 'key', on: go('code') })}</div>
        <div>${row({ title: t('more.devices'), icon: 'device', on: go('devices') })}</div>
        <div>${row({ title: t('more.compare'), icon: 'list', on: go('server') })}</div>`
    : html`<div>${row({ title: t('more.copy'), more: t('copy.only_here'), icon: 'kept', on: go('copy') })}</div>`}
      <div>${row({ title: t('more.import'), more: t('more.import_more'), icon: 'file', on: go('import') })}</div>
      <div>${row({ title: t('loose.title'), icon: 'picture', on: go('loose') })}</div>
      <div>${row({ title: t('more.kept'), icon: 'file', on: go('makecopy') })}</div>
      <div>${row({ title: t('more.space'), icon: 'file', on: () => { stage.refresh('usage'); stage.go({ name: 'space' }); } })}</div>
    </div>
    <div class="rows">
      <div>${row({ title: t('sel.row'), icon: 'person', on: go('attribute') })}</div>
      <div>${row({ title: t('away.list'), icon: 'leave', on: go('removed') })}</div>
      <div>${row({ title: t('hold.title'), icon: 'lock', on: go('hold') })}</div>
    </div>
    <div class="rows">
      <div>${row({ title: t('more.changewords'), icon: 'key', on: go('changewords') })}</div>
      <div>${row({ title: t('more.someone'), icon: 'lock', on: go('someone') })}</div>
      <div>${row({ title: t('more.highrisk'), icon: 'lock', on: go('highrisk') })}</div>
      <div>${row({ title: t('more.about'), icon: 'lock', on: go('about') })}</div>
      <div>${row({ title: t('more.check'), icon: 'sealed', on: go('check') })}</div>
      <div>${row({ title: t('more.language'), icon: 'note', on: go('languages') })}</div>
    </div>
    ${registered ? html`<div class="rows"><div>${row({ title: t('more.signout'), icon: 'leave', on: go('signout') })}</div></div>` : nothing}
  </div>`;
}

/** @param {Stage} stage */
function devices(stage) {
  const { local } = stage;
  const found = /** @type {Session[]|undefined} */ (local.sessions);
  if (!found) {
    const show = () => {
      const words = local.words ?? '';
      if (!words) return stage.set({ lacking: true });
      stage.set({ words: '', shown: false, lacking: false });
      return stage.run('sessions', async () => { Object.assign(local, { sessions: await stage.app.sessions({ words }), log: await stage.app.accessLog({ words }) }); });
    };
    return html`<div class="stack-wide">${heading(t('devices.title'))}${errorSummary(stage)}
      ${secretField({ id: 'words', label: t('devices.words'), value: local.words ?? '', shown: Boolean(local.shown), toggle: () => uncover(stage), enter: show, focus: true, error: local.lacking ? t('words.none') : null, on: (words) => { local.words = words; } })}
      <div>${button(t('devices.show'), show, { main: true, busy: stage.running === 'sessions' })}</div></div>`;
  }
  return html`<div class="stack-wide">${heading(t('devices.title'))}${errorSummary(stage)}
    <ul class="rows">${found.map((one) => html`<li class="stack-close page-item"><strong>${one.here ? t('devices.here') : one.device_name || t('devices.unknown')}</strong>
      <span class="small soft">${t('devices.since', { at: day(one.created_at) })} · ${t('devices.seen', { at: `${day(one.seen_at)}, ${clockTime(one.seen_at)}` })}</span>
      ${one.here ? nothing : html`<div>${button(t('devices.end'), () => ending(stage, one), {})}</div>`}
      ${local.ending === one.session ? endForm(stage, one, found) : nothing}${one.here ? naming(stage, one) : nothing}</li>`)}</ul>
    ${found.length > 1 ? html`<div>${button(t('devices.all'), () => ending(stage, null), {})}</div>${local.ending === ALL ? endForm(stage, null, found) : nothing}` : nothing}
    ${done(local.log ?? [])}</div>`;
}

const ALL = 'all';

/** @param {Stage} stage @param {Session|null} one null for all the others */
function ending(stage, one) {
  stage.set({ ending: one ? one.session : ALL, words: '' });
}

/** What the keeper calls this device. @param {Stage} stage @param {Session} one */
function naming(stage, one) {
  const { local } = stage;
  const name = local.name ?? one.device_name;
  const save = () => stage.run('rename', async () => { await stage.app.renameDevice(name.trim()); stage.say(t('devices.renamed')); });
  return html`${textField({ id: 'device-name', label: t('devices.rename'), value: name, on: (typed) => { local.name = typed; } })}<div>${button(t('devices.rename_do'), save, { plain: true, busy: stage.running === 'rename' })}</div>`;
}

/** What was done to the account. @param {{at: number, device_name: string, what: string}[]} log */
function done(log) {
  return html`<section class="stack-close"><h2>${t('devices.log')}</h2><p class="small soft">${t('devices.log_lead')}</p>
    <ul class="rows">${log.map((one) => html`<li class="page-item stack-close"><span>${t('devices.log_line', { what: t(`devices.what.${one.what}`), device: one.device_name || t('devices.unknown') })}</span><span class="small soft">${day(one.at)}, ${clockTime(one.at)}</span></li>`)}</ul></section>`;
}

/** Ending someone's way in asks for the words again. @param {Stage} stage @param {Session|null} one null for all the others @param {Session[]} found */
function endForm(stage, one, found) {
  const { local } = stage;
  const end = () => {
    const words = local.words ?? '';
    if (!words) return stage.set({ lacking: true });
    stage.set({ words: '', shown: false, lacking: false });
    return stage.run('end', async () => {
      await (one ? stage.app.endSession(one.session, { words }) : stage.app.endOthers({ words }));
      stage.set({ sessions: found.filter((each) => (one ? each !== one : each.here)), ending: null });
      stage.say(t(one ? 'devices.ended' : 'devices.all_done'));
    });
  };
  return html`${secretField({ id: 'end-words', label: t('copy.words'), value: local.words ?? '', shown: Boolean(local.shown), toggle: () => uncover(stage), enter: end, error: local.lacking ? t('words.none') : null, on: (words) => { local.words = words; } })}
    <div class="row">${button(t(one ? 'devices.end' : 'devices.all'), end, { main: true, busy: stage.running === 'end' })}${button(t('frame.cancel'), () => stage.set({ ending: null }), { plain: true })}</div>`;
}

/** @param {Stage} stage */
function signout(stage) {
  const unsent = stage.state.entries.some((one) => one.state.code !== 'kept');
  const go = () => stage.run('signout', () => stage.app.signOut());
  return html`<div class="stack-wide">${heading(t('signout.title'))}${errorSummary(stage)}<p>${t('signout.lead')}</p>
    ${unsent ? html`<p class="care">${t('signout.unsent')}</p>` : nothing}
    <div class="row">${button(t('signout.do'), go, { busy: stage.running === 'signout' })}${button(t('frame.cancel'), () => stage.back('more'), { main: true })}</div></div>`;
}

/** @param {Stage} _stage */
function about(_stage) {
  return html`<div class="stack-wide">${heading(t('about.title'))}
    <section class="stack-close"><h2>${t('about.yes')}</h2><ul class="points stack-close">${[1, 2, 3, 4].map((n) => html`<li>${t(`about.yes_${n}`)}</li>`)}</ul></section>
    <section class="stack-close"><h2>${t('about.no')}</h2><ul class="points stack-close">${[1, 2, 3, 4, 5].map((n) => html`<li>${t(`about.no_${n}`)}</li>`)}</ul></section>
    <p class="note">${t('about.server')}</p></div>`;
}

export const views = { more, devices, signout, about };
