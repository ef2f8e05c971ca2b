/**
 * Was an order in force: the terms somebody thinks were broken. A term can be named only when the order had been given to
 * the other person before this happened; why one cannot be named is said, never guessed round.
 */
import { html, nothing } from './html.js';
import { chips } from './fields.js';
import { button } from './parts.js';
import { t } from './strings.js';
import { listed } from './card_links.js';
import { nameOf } from './record_names.js';
import { standingOf } from '../record/breaches.js';

/** @typedef {import('./cards.js').Card} Card */
/** @typedef {{order_id: string, term_no: number}} Breach */

/** @param {Card} card @param {import('./card_table.js').Line} _line @param {import('./card_forms.js').At} at */
export function breachesField(card, _line, at) {
  const { stage } = card;
  const orders = listed(stage, 'order')?.filter(
    ({ taken_out, record }) => taken_out === null || chosenOf(at).some(({ order_id }) => order_id === record),
  );
  if (!orders) return html`<p role="status">${t('frame.loading')}</p>`;
  return html`${orders.length ? orders.map((order) => termsOf(card, order, at)) : html`<p>${t('order.none')}</p>`}
    <div>${button(t('order.list'), () => stage.go({ name: 'orders' }), { plain: true, icon: 'add' })}</div>`;
}

/** Orders a term of which is named although the entry was before them, as their day stands now. @param {import('./stage.js').Stage} stage @param {Record<string, any>} fields of the entry */
export function earlyBreaches(stage, fields) {
  const named = new Set(
    (Array.isArray(fields['alleged_breaches']) ? fields['alleged_breaches'] : []).map(({ order_id }) => order_id),
  );
  if (!named.size) return nothing;
  const early = (listed(stage, 'order') ?? []).filter(
    ({ record, fields: order }) => named.has(record) && standingOf(order, /** @type {any} */ (fields)) === 'not_served',
  );
  return early.map(
    ({ fields: order }) =>
      html`<p class="care small" dir="auto">${t('order.early_entry', { order: nameOf('order', order) })}</p>`,
  );
}

/** @param {import('./card_forms.js').At} at @returns {Breach[]} */
const chosenOf = (at) => (Array.isArray(at.get('alleged_breaches')) ? at.get('alleged_breaches') : []);

/** @param {Card} card @param {import('./record_names.js').Listed} order @param {import('./card_forms.js').At} at */
function termsOf(card, { record, fields }, at) {
  const terms = /** @type {{no: number, text: string}[]} */ (Array.isArray(fields['terms']) ? fields['terms'] : []);
  const breaches = chosenOf(at);
  const chosen = breaches.filter(({ order_id }) => order_id === record).map(({ term_no }) => String(term_no));
  const state = standingOf(fields, /** @type {any} */ (card.entry.fields));
  const closed = state === 'not_served' || state === 'unknown_served' || state === 'unknown_when';
  // What was named before stays to be seen and taken back, even where it could not be named now.
  const open = terms.filter(({ no }) => !closed || chosen.includes(String(no)));
  /** @param {string} no @param {boolean} on */
  const put = (no, on) =>
    at.put(
      'alleged_breaches',
      on
        ? [...breaches, { order_id: record, term_no: Number(no) }]
        : breaches.filter((one) => one.order_id !== record || String(one.term_no) !== no),
    );
  return html`<div class="part stack-close"><p class="label" dir="auto">${nameOf('order', fields)}</p>
    ${state === 'in_force' ? nothing : html`<p class="small ${closed ? 'care' : 'soft'}">${t(`order.${state}`)}</p>`}
    ${open.length ? chips({ name: `breach-${record}`, legend: t('f.alleged_breaches'), quiet: true, many: true, chosen, choices: open.map(({ no, text }) => [String(no), t('order.term', { no, text })]), on: put }) : nothing}</div>`;
}
