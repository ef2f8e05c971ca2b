/**
 * Was an order in force: the terms the keeper believes were broken. A term can be chosen only if the order had been
 * served on the other person before this happened. If it cannot, the card shows the reason; it never guesses.
 */
import { html, nothing } from '../../shell/html.js';
import { chips } from '../forms/fields.js';
import { button } from '../parts.js';
import { t } from '../../shell/strings.js';
import { listed } from './card_links.js';
import { nameOf } from '../text/record_names.js';
import { standingOf } from '../../record/breaches.js';
import '../words.js';
import type { At } from './card_forms.js';
import type { Line } from './card_table.js';
import type { Listed } from '../text/record_names.js';
import type { Stage } from '../../shell/stage.js';
import type { Card } from './card.js';
import type { Fields } from '../../shell/app.js';

type Breach = { order_id: string; term_no: number };

export function breachesField(card: Card, _line: Line, at: At) {
  const { stage } = card;
  const orders = listed(stage, 'order')?.filter(
    ({ taken_out, record }) => taken_out === null || chosenOf(at).some(({ order_id }) => order_id === record),
  );
  if (!orders) return html`<p role="status">${t('frame.loading')}</p>`;
  return html`${orders.length ? orders.map((order) => termsOf(card, order, at)) : html`<p>${t('order.none')}</p>`}
    <div>${button(t('order.list'), () => stage.go({ name: 'orders' }), { plain: true, icon: 'add' })}</div>`;
}

/**
 * Warn about orders whose terms are named although the entry happened before they were served, as the dates stand
 * now.
 * @param fields the entry's
 */
export function earlyBreaches(stage: Stage, fields: Fields) {
  const named = new Set(
    (Array.isArray(fields.alleged_breaches) ? fields.alleged_breaches : []).map(({ order_id }) => order_id),
  );
  if (!named.size) return nothing;
  const early = (listed(stage, 'order') ?? []).filter(
    ({ record, fields: order }) => named.has(record) && standingOf(order, fields) === 'not_served',
  );
  return early.map(
    ({ fields: order }) =>
      html`<p class="care small" dir="auto">${t('order.early_entry', { order: nameOf('order', order) })}</p>`,
  );
}

const chosenOf = (at: At): Breach[] => (Array.isArray(at.get('alleged_breaches')) ? at.get('alleged_breaches') : []);

function termsOf(card: Card, { record, fields }: Listed, at: At) {
  const terms = (Array.isArray(fields.terms) ? fields.terms : []) as { no: number; text: string }[];
  const breaches = chosenOf(at);
  const chosen = breaches.filter(({ order_id }) => order_id === record).map(({ term_no }) => String(term_no));
  const state = standingOf(fields, card.entry.fields);
  const closed = state === 'not_served' || state === 'unknown_served' || state === 'unknown_when';
  // Terms chosen earlier stay visible and can be unchosen, even if they could not be chosen now.
  const open = terms.filter(({ no }) => !closed || chosen.includes(String(no)));
  const put = (no: string, on: boolean) =>
    at.put(
      'alleged_breaches',
      on
        ? [...breaches, { order_id: record, term_no: Number(no) }]
        : breaches.filter((one) => one.order_id !== record || String(one.term_no) !== no),
    );
  return html`<div class="part stack-close"><p class="label" dir="auto">${nameOf('order', fields)}</p>
    ${state === 'in_force' ? nothing : html`<p class="small ${closed ? 'care' : 'soft'}">${t(`order.${state}`)}</p>`}
    ${
      open.length
        ? chips({
            name: `breach-${record}`,
            legend: t('f.alleged_breaches'),
            quiet: true,
            many: true,
            chosen,
            choices: open.map(({ no, text }) => [String(no), t('order.term', { no, text })]),
            on: put,
          })
        : nothing
    }</div>`;
}
