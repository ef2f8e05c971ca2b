/** The first step of a pack: everything, some dates, or entries chosen one by one. */
import { html, nothing } from './html.js';
import { checkbox, chips, textField } from './fields.js';
import { button, errorSummary, heading } from './parts.js';
import { whenWords } from './say.js';
import { t } from './strings.js';
import { fromPicked, missing, phoneZone } from '../record/times.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./app.d.ts').Chosen} Chosen */

/**
 * What was chosen, as the app takes it.
 * @param {Record<string, any>} local
 * @returns {Chosen}
 */
export function chosenOf(local) {
  const how = local.how ?? 'all';
  if (how === 'some') return { from: null, to: null, records: [...(local.records ?? [])] };
  if (how === 'all') return { from: null, to: null, records: null };
  const span = fromPicked({ how: 'between', date: local.from, until: local.until }, Date.now(), phoneZone());
  return { from: span.occurred_start, to: span.occurred_end, records: null };
}

/**
 * What is still missing, in words, or null.
 * @param {Record<string, any>} local
 * @returns {string|null}
 */
function lacking(local) {
  if (local.how === 'some') return local.records?.length ? null : t('pick.none');
  if (local.how !== 'dates') return null;
  const lacks = missing({ how: 'between', date: local.from ?? '', until: local.until ?? '' }, Date.now(), phoneZone());
  return lacks ? t(`when.lack_${lacks}`) : null;
}

/**
 * @param {Stage} stage
 * @param {() => unknown} next
 */
export function choosing(stage, next) {
  const { local, state } = stage;
  const how = local.how ?? 'all';
  const records = /** @type {string[]} */ (local.records ?? []);
  const wrong = local.tried ? lacking(local) : null;
  /** @param {string} record @param {boolean} on */
  const tick = (record, on) => stage.set({ records: on ? [...records, record] : records.filter((one) => one !== record) });
  return html`${heading(t('pick.title'))}${errorSummary(stage)}
    ${chips({ name: 'how', legend: t('pick.title'), quiet: true, choices: [['all', t('pick.all')], ['dates', t('pick.dates')], ['some', t('pick.some')]], chosen: [how], on: (code) => stage.set({ how: code, tried: false }) })}
    ${how === 'dates' ? html`<div class="pair">
      ${textField({ id: 'from', label: t('when.from'), type: 'date', value: local.from ?? '', on: (from) => stage.set({ from }) })}
      ${textField({ id: 'until', label: t('when.until'), type: 'date', value: local.until ?? '', on: (until) => stage.set({ until }) })}</div>` : nothing}
    ${how === 'some' ? html`<ul class="rows ticks">${state.entries.map((row) => html`<li>${checkbox({ id: `pick-${row.record}`, checked: records.includes(row.record), on: (on) => tick(row.record, on),
    label: html`<span class="small soft">${row.seq_no === null ? t('entries.new') : t('entries.number', { n: row.seq_no })} · ${whenWords(row.occurred)}</span><br><span dir="auto">${row.title || t('entries.no_words')}</span>` })}</li>`)}</ul>` : nothing}
    ${wrong ? html`<p class="error-line" role="alert">${wrong}</p>` : nothing}
    <div>${button(t('frame.next'), () => (lacking(local) ? stage.set({ tried: true }) : next()), { main: true, busy: stage.running === 'choose' })}</div>`;
}
