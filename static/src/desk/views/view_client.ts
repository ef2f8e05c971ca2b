import { byDay } from '../../features/entries/view.js';
import { html, nothing, repeat } from '../../shell/html.js';
import { icon } from '../../shell/icons.js';
import { button, errorSummary, heading, row as link } from '../../components/parts.js';
import { day, dayHeading, momentSaid, timeOfDay } from '../../components/text/say.js';
import { dayOf, findingOf, foundRows, searchBar } from '../../components/search.js';
import { t, tn } from '../../shell/strings.js';
import { notices } from './view_clients.js';
import { markShort } from '../../components/text/assisted_marks.js';
import '../../components/words.js';
import '../words.js';
import type { Row as AppRow } from '../../shell/app.js';
import type { Client } from '../order.js';
import type { Stage } from '../types.js';

function client(stage: Stage) {
  const { state } = stage;
  const { client: open } = state;
  if (!open)
    return html`<div class="stack-wide">${heading(t('desk.clients'))}${notices(stage)}<div>${button(
      t('desk.tab_clients'),
      () => stage.stand({ name: 'clients' }),
    )}</div></div>`;
  return html`<div class="stack-wide">
    ${heading(html`<bdi>${open.name}</bdi>`)}
    ${errorSummary(stage)}
    ${news(stage)}
    ${left(stage, open)}
    ${given(open)}
    <p class="small soft">${t('desk.noted', { name: open.name })}</p>
    <div class="rows"><div>${link({
      title: t('desk.pattern'),
      more: t('desk.pattern_more'),
      icon: 'chart',
      on: () => stage.go({ name: 'patterns' }),
    })}</div>
      <div>${link({
        title: t('desk.line'),
        more: t('desk.line_more'),
        icon: 'note',
        on: () => actionLine(stage, open),
      })}</div>
      ${
        open.said.rights.includes('comment')
          ? html`<div>${link({
              title: t('desk.assist'),
              more: t('desk.assist_row'),
              icon: 'pen',
              on: () => stage.go({ name: 'assist' }),
            })}</div>`
          : nothing
      }
      ${
        open.said.rights.includes('pack')
          ? html`<div>${link({
              title: t('desk.pack'),
              more: t('desk.pack_more'),
              icon: 'folder',
              on: () => stage.go({ name: 'pack' }),
            })}</div>`
          : nothing
      }</div>
    ${stage.local.line ? html`<p class="note" role="status">${stage.local.line}</p>` : nothing}
    ${stage.wide ? nothing : entries(stage)}
  </div>`;
}

/** There is more than is shown, or something was withdrawn. Shown on the client's page and on an open entry. */
export function news(stage: Stage) {
  const again = () =>
    stage.run('again', async () => {
      await stage.app.lookAgain();
      stage.read.clear();
    });
  return stage.state.newer
    ? html`<div class="line" role="status"><span>${t('desk.newer')}</span>${button(t('desk.look_again'), again, {
        plain: true,
        busy: stage.running === 'again',
      })}</div>`
    : nothing;
}

/** What was left out. */
function left(stage: Stage, { name }: Client) {
  const { removed } = stage.state;
  const unsigned = stage.app.unsigned();
  return html`${unsigned ? html`<p class="care" role="status">${tn('desk.unsigned', unsigned, { name })}</p>` : nothing}
    ${removed.length ? html`<p class="small soft">${tn('desk.taken_out', removed.length)}</p>` : nothing}`;
}

/** The terms the client signed. */
function given({ said }: Client) {
  const { scope, rights, purpose, not_after: end, restricted } = said;
  const what =
    'all' in scope ? t('desk.all') : 'case' in scope ? t('desk.case') : tn('desk.records', scope.records.length);
  const [ask, pack] = [rights.includes('comment'), rights.includes('pack')];
  return html`<dl class="facts card">
    <div><dt>${t('desk.purpose')}</dt><dd dir="auto">${purpose}</dd></div>
    <div><dt>${t('desk.what')}</dt><dd>${what}<br>${t(restricted ? 'desk.apart_yes' : 'desk.apart_no')}</dd></div>
    <div><dt>${t('desk.can')}</dt><dd>${t(
      `desk.can_${ask && pack ? 'both' : ask ? 'comment' : pack ? 'pack' : 'view'}`,
    )}</dd></div>
    <div><dt>${t('desk.until')}</dt><dd>${momentSaid(end)}</dd></div></dl>`;
}

/** Copy one line for the organisation's own system: a date and counts, nothing of what was read. */
async function actionLine(stage: Stage, { said }: Client) {
  const line = String(
    t('desk.line_words', {
      at: momentSaid(Date.now()),
      entries: tn('desk.entries', stage.state.entries.length),
      day: day(said.not_after),
    }),
  );
  try {
    await navigator.clipboard.writeText(line);
    stage.set({ line: t('desk.line_copied') });
  } catch {
    stage.set({ line: t('desk.line_failed', { line }) });
  }
}

export function entries(stage: Stage) {
  if (!stage.state.client) return nothing;
  if (!stage.state.entries.length) return html`<p>${t('desk.empty')}</p>`;
  const finding = findingOf(stage);
  const rows = foundRows(stage);
  return html`<div class="stack-wide">${searchBar(stage)}
    ${
      rows.length
        ? finding.window.view(rows, (some, before) => html`<div class="stack-wide">${days(stage, some, before)}</div>`)
        : html`<div class="stack-close"><p>${t('find.none')}</p><p class="soft">${t('find.none_more')}</p></div>`
    }</div>`;
}

type Row = AppRow & { fresh?: boolean };

function days(stage: Stage, rows: readonly Row[], before: Row | undefined) {
  const now = Date.now();
  const above = before && dayOf(before);
  const name = (date: string) => (date ? dayHeading(date, now) : t('entries.unknown_day'));
  return html`${repeat(
    byDay(rows),
    (group) => group.rows[0]?.record ?? group.date,
    (group, i) => html`<section class="day" aria-label=${i === 0 && above === group.date ? nothing : name(group.date)}>
    ${i === 0 && above === group.date ? nothing : html`<h2>${name(group.date)}</h2>`}
    <ul class="rows">${repeat(
      group.rows,
      (row) => row.record,
      (row) => item(stage, row),
    )}</ul></section>`,
  )}`;
}

function item(stage: Stage, row: Row) {
  const time = timeOfDay(row.occurred);
  const finding = findingOf(stage);
  const isHere = stage.place.record === row.record;
  const marked = stage.app.marked(row.record);
  const open = () => {
    finding.last = row.record;
    stage.go({ name: 'entry', record: row.record });
  };
  return html`<li><button type="button" class="item" aria-current=${isHere ? 'true' : nothing} ?data-focus=${
    !stage.wide && finding.last === row.record
  } @click=${open}>
    <span class="item-foot">${time ? html`<span>${time}</span>` : nothing}${
      row.fresh ? html`<strong>${t('desk.new')}</strong>` : nothing
    }</span>
    <span class="item-words ${row.title ? '' : 'soft'}" dir="auto">${row.title || t('desk.no_words')}</span>
    <span class="item-foot">${markShort(row, 'theirs')}${
      marked && !marked.since ? html`<span>${icon('tick', 16)}${t('desk.through_short')}</span>` : nothing
    }${row.pictures ? html`<span>${icon('picture', 16)}${tn('desk.pictures', row.pictures)}</span>` : nothing}
      ${row.additions ? html`<span>${tn('desk.added', row.additions)}</span>` : nothing}${
        row.amendments ? html`<span>${tn('desk.changed', row.amendments)}</span>` : nothing
      }</span></button></li>`;
}

export const views = { entries: client };
