/** Entries, newest first, grouped by day. Only what is near is drawn; more comes as one scrolls or asks. */
import { html, nothing, ref, repeat } from './html.js';
import { icon } from './icons.js';
import { button, errorSummary, heading, stateLine } from './parts.js';
import { dateOf, dayHeading, timeOfDay } from './say.js';
import { t, tn } from './strings.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./app.d.ts').Row} Row */

// A screen holds about ten rows; drawing 10,000 takes seconds, so they come by the page.
const PAGE = 40;

/**
 * Rows under the day they are filed under, in the order given.
 * @param {readonly Row[]} rows
 * @returns {{date: string, rows: Row[]}[]}
 */
export function byDay(rows) {
  /** @type {{date: string, rows: Row[]}[]} */
  const days = [];
  for (const row of rows) {
    const date = dateOf(row.occurred);
    const last = days.at(-1);
    if (last && last.date === date) last.rows.push(row);
    else days.push({ date, rows: [row] });
  }
  return days;
}

/** @param {Stage} stage @param {Row} row */
function item(stage, row) {
  const time = timeOfDay(row.occurred);
  const current = stage.place.record === row.record && (stage.place.name === 'entry' || stage.place.name === 'file');
  return html`<li><button type="button" class="item" aria-current=${current ? 'true' : nothing} @click=${() => stage.go({ name: 'entry', record: row.record })}>
    <span class="item-foot"><span>${row.seq_no === null ? t('entries.new') : t('entries.number', { n: row.seq_no })}</span>${time ? html`<span>${time}</span>` : nothing}</span>
    <span class="item-words ${row.title ? '' : 'soft'}" dir="auto">${row.title || t('entries.no_words')}</span>
    <span class="item-foot">${stateLine(row.state, Boolean(stage.state.account?.registered))}
      ${row.pictures ? html`<span>${icon('picture', 16)}${tn('entries.pictures', row.pictures)}</span>` : nothing}
      ${row.additions ? html`<span>${tn('entries.added', row.additions)}</span>` : nothing}
      ${row.amendments ? html`<span>${t('entries.changed')}</span>` : nothing}</span>
  </button></li>`;
}

/** @type {IntersectionObserver|null} */
let watcher = null;

/** Draw the next page when its button comes near. @param {() => void} more */
function nearing(more) {
  return (/** @type {Element|undefined} */ element) => {
    watcher?.disconnect();
    if (!element) return;
    watcher = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) more(); }, { rootMargin: '600px' });
    watcher.observe(element);
  };
}

/** @param {Stage} stage */
export function list(stage) {
  const { entries } = stage.state;
  const shown = stage.shown ?? PAGE;
  const more = () => { stage.shown = shown + PAGE * 2; stage.draw(); };
  const now = Date.now();
  return html`<div class="stack-wide">
    ${repeat(byDay(entries.slice(0, shown)), (group) => `${group.date}/${group.rows[0]?.record}`, (group) => html`<section class="day">
      <h2>${group.date ? dayHeading(group.date, now) : t('entries.unknown_day')}</h2>
      <ul class="rows">${repeat(group.rows, (row) => row.record, (row) => item(stage, row))}</ul></section>`)}
    ${entries.length > shown ? html`<div ${ref(nearing(more))}>${button(t('entries.earlier'), more, { wide: true })}</div>` : nothing}
  </div>`;
}

/** @param {Stage} stage */
function entries(stage) {
  const { state } = stage;
  return html`<div class="stack-wide">
    ${heading(t('entries.title'))}
    ${errorSummary(stage)}
    ${state.draft ? html`<div class="line"><span>${t('entries.draft')}</span>${button(t('entries.draft_do'), () => stage.go({ name: 'add' }), { plain: true })}</div>` : nothing}
    ${state.entries.length ? (stage.wide ? html`<p class="soft">${t('entries.choose')}</p>` : list(stage))
    : html`<div class="stack-close"><p>${t('entries.none')}</p><p class="soft">${t('entries.none_more')}</p></div>
      <div class="note stack-close"><p><strong>${t('safety.first')}</strong></p><p class="small">${t('safety.numbers')}</p></div>`}
  </div>`;
}

export const views = { entries, list };
