/** Help: ordered by how one can talk. A telephone link asks first and says which device may ring. */
import { html, nothing } from './html.js';
import { chips } from './fields.js';
import { button, heading, sheet } from './parts.js';
import { servicesFor } from './directory.js';
import { t } from './strings.js';
import './strings_later.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./directory.js').Service} Service */
/** @typedef {import('./directory.js').Way} Way */

const WAYS = /** @type {const} */ (['call', 'text', 'bsl']);

/** @param {Stage} stage */
function help(stage) {
  const open = stage.state.phase === 'open';
  const kept = open ? stage.find('help-way', () => /** @type {any} */ (stage.app).readSettings()).data?.fields?.help_channel : undefined;
  const way = stage.way ?? (WAYS.includes(kept) ? /** @type {Way} */ (kept) : 'call');
  /** @param {string} code */
  const choose = (code) => {
    stage.way = /** @type {Way} */ (code);
    // Asked once: inside the diary the answer is kept with it; at the door nothing is.
    if (open) void Promise.resolve(stage.app.saveSettings({ fields: { help_channel: code } })).then(() => stage.refresh('help-way'), () => undefined);
    stage.draw();
  };
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('help.title'))}<p>${t('help.first')}</p></div>
    ${chips({ name: 'way', legend: t('help.how'), choices: WAYS.map((one) => [one, t(`help.${one}`)]), chosen: [way], on: choose })}
    ${open ? html`<div>${button(t('help.show'), () => stage.go({ name: 'show' }), { wide: true, icon: 'eye' })}</div>` : nothing}
    <ul class="rows numbers">${servicesFor(way).map((service) => item(stage, service))}</ul>
    <div class="note small">${t('help.leave_lead')}</div>
  </div>`;
}

/** @param {Stage} stage @param {Service} service */
function item(stage, service) {
  const { number } = service;
  return html`<li>
    <h2 class="service">${service.name}</h2>
    <p class="small soft">${service.note}</p>
    ${service.kind === 'web' ? html`<p class="number">${number}</p>` : html`<div>${button(t(service.kind === 'tel' ? 'help.ring' : 'help.sms', { number: number ?? '' }), () => stage.openSheet((on) => asking(on, service)))}</div>`}
    <p class="small soft">${[service.free && service.kind === 'tel' ? t('help.free') : '', service.checked ? '' : t('help.unchecked')].filter(Boolean).join(' ')}</p>
  </li>`;
}

/** @param {Stage} stage @param {Service} service */
function asking(stage, service) {
  const number = service.number ?? '';
  const text = service.kind === 'sms';
  const href = `${service.kind}:${number.replaceAll(' ', '')}`;
  return sheet(stage, t(text ? 'help.sheet_sms' : 'help.sheet_title', { number }), html`<p>${t(text ? 'help.sheet_lead_sms' : 'help.sheet_lead')}</p>
    <div class="row"><a class="button button-main" href=${href} rel="noreferrer" @click=${() => stage.closeSheet()}>${t(text ? 'help.sms_do' : 'help.ring_do')}</a>
    ${button(t('frame.cancel'), () => stage.closeSheet(), { plain: true })}</div>${nothing}`);
}

export const views = { help };
