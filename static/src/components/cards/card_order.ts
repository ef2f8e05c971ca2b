/**
 * Was an order in force: the terms the keeper believes were broken. A term can be chosen only if the order had been
 * served on the other person before this happened. If it cannot, the card shows the reason; it never guesses.
 */
import { html, nothing } from '../../shell/html.js';
import { chips } from '../forms/fields.js';
import { button } from '../parts.js';
import { t } from '../../shell/strings.js';
import { listedRecords } from './card_links.js';
import { recordName } from '../text/record_names.js';
import { orderStatusOf } from '../../record/breaches.js';
import '../words.js';
import type { AnswerAccess } from './card_forms.js';
import type { CardQuestion } from './card_table.js';
import type { ListedRecord } from '../text/record_names.js';
import type { Stage } from '../../shell/stage.js';
import type { Card } from './card.js';
import type { Fields } from '../../shell/app.js';

type Breach = { order_id: string; term_no: number };

export function breachesField(card: Card, _question: CardQuestion, access: AnswerAccess) {
  const { stage } = card;
  const orders = listedRecords(stage, 'order')?.filter(
    ({ taken_out, record }) => taken_out === null || breachesOf(access).some(({ order_id }) => order_id === record),
  );
  if (!orders) return html`<p role="status">${t('frame.loading')}</p>`;
  return html`${
    orders.length ? orders.map((order) => orderTerms(card, order, access)) : html`<p>${t('order.none')}</p>`
  }
    <div>${button(t('order.list'), () => stage.go({ name: 'orders' }), { plain: true, icon: 'add' })}</div>`;
}

/**
 * Warn about orders whose terms are named although the entry happened before they were served, as the dates stand
 * now.
 * @param fields the entry's
 */
export function earlyBreachWarnings(stage: Stage, fields: Fields) {
  const orderIds = new Set(
    (Array.isArray(fields.alleged_breaches) ? fields.alleged_breaches : []).map(({ order_id }) => order_id),
  );
  if (!orderIds.size) return nothing;
  const earlyOrders = (listedRecords(stage, 'order') ?? []).filter(
    ({ record, fields: order }) => orderIds.has(record) && orderStatusOf(order, fields) === 'not_served',
  );
  return earlyOrders.map(
    ({ fields: order }) =>
      html`<p class="care small" dir="auto">${t('order.early_entry', { order: recordName('order', order) })}</p>`,
  );
}

const breachesOf = (access: AnswerAccess): Breach[] =>
  Array.isArray(access.get('alleged_breaches')) ? access.get('alleged_breaches') : [];

function orderTerms(card: Card, { record, fields }: ListedRecord, access: AnswerAccess) {
  const terms = (Array.isArray(fields.terms) ? fields.terms : []) as { no: number; text: string }[];
  const breaches = breachesOf(access);
  const chosen = breaches.filter(({ order_id }) => order_id === record).map(({ term_no }) => String(term_no));
  const standing = orderStatusOf(fields, card.entry.fields);
  const isClosed = standing === 'not_served' || standing === 'unknown_served' || standing === 'unknown_when';
  // Terms chosen earlier stay visible and can be unchosen, even if they could not be chosen now.
  const selectable = terms.filter(({ no }) => !isClosed || chosen.includes(String(no)));
  const toggle = (no: string, checked: boolean) =>
    access.put(
      'alleged_breaches',
      checked
        ? [...breaches, { order_id: record, term_no: Number(no) }]
        : breaches.filter((breach) => breach.order_id !== record || String(breach.term_no) !== no),
    );
  return html`<div class="part stack-close"><p class="label" dir="auto">${recordName('order', fields)}</p>
    ${
      standing === 'in_force'
        ? nothing
        : html`<p class="small ${isClosed ? 'care' : 'soft'}">${t(`order.${standing}`)}</p>`
    }
    ${
      selectable.length
        ? chips({
            name: `breach-${record}`,
            legend: t('f.alleged_breaches'),
            hideLegend: true,
            multiple: true,
            chosen,
            choices: selectable.map(({ no, text }) => [String(no), t('order.term', { no, text })]),
            onChange: toggle,
          })
        : nothing
    }</div>`;
}
