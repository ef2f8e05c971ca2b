import { byDay } from '../../features/entries/view.js';
import { html, nothing, repeat } from '../../shell/html.js';
import { icon } from '../../shell/icons.js';
import { button, errorSummary, heading, row as link } from '../../components/parts.js';
import { dateText, dayHeading, dateTimeText, timeOfDay } from '../../components/text/formatting.js';
import { dayOf, searchStateOf, matchingRows, searchBar } from '../../components/search.js';
import { t, tn } from '../../shell/strings.js';
import { clientNotices } from './view_clients.js';
import { assistedMarkShort } from '../../components/text/assisted_marks.js';
import '../../components/words.js';
import '../words.js';
import type { Row as AppRow } from '../../shell/app.js';
import type { Client } from '../client_order.js';
import type { Stage } from '../types.js';

function clientPage(stage: Stage) {
  const { state } = stage;
  const { client: openClient } = state;
  if (!openClient)
    return html`<div class="stack-wide">${heading(t('desk.clients'))}${clientNotices(stage)}<div>${button(
      t('desk.tab_clients'),
      () => stage.stand({ name: 'clients' }),
    )}</div></div>`;
  return html`<div class="stack-wide">
    ${heading(html`<bdi>${openClient.name}</bdi>`)}
    ${errorSummary(stage)}
    ${updateNotice(stage)}
    ${omittedNotice(stage, openClient)}
    ${grantFacts(openClient)}
    <p class="small soft">${t('desk.noted', { name: openClient.name })}</p>
    <div class="rows"><div>${link({
      title: t('desk.pattern'),
      subtitle: t('desk.pattern_more'),
      icon: 'chart',
      onClick: () => stage.go({ name: 'patterns' }),
    })}</div>
      <div>${link({
        title: t('desk.line'),
        subtitle: t('desk.line_more'),
        icon: 'note',
        onClick: () => copyActionLine(stage, openClient),
      })}</div>
      ${
        openClient.terms.rights.includes('comment')
          ? html`<div>${link({
              title: t('desk.assist'),
              subtitle: t('desk.assist_row'),
              icon: 'pen',
              onClick: () => stage.go({ name: 'assist' }),
            })}</div>`
          : nothing
      }
      ${
        openClient.terms.rights.includes('pack')
          ? html`<div>${link({
              title: t('desk.pack'),
              subtitle: t('desk.pack_more'),
              icon: 'folder',
              onClick: () => stage.go({ name: 'pack' }),
            })}</div>`
          : nothing
      }</div>
    ${stage.local.line ? html`<p class="note" role="status">${stage.local.line}</p>` : nothing}
    ${stage.isWide ? nothing : entryList(stage)}
  </div>`;
}

/** There is more than is shown, or something was withdrawn. Shown on the client's page and on an open entry. */
export function updateNotice(stage: Stage) {
  const reload = () =>
    stage.run('again', async () => {
      await stage.app.lookAgain();
      stage.cache.clear();
    });
  return stage.state.newer
    ? html`<div class="line" role="status"><span>${t('desk.newer')}</span>${button(t('desk.look_again'), reload, {
        plain: true,
        busy: stage.runningTask === 'again',
      })}</div>`
    : nothing;
}

/** What was left out. */
function omittedNotice(stage: Stage, { name }: Client) {
  const { removed } = stage.state;
  const unsigned = stage.app.unsigned();
  return html`${unsigned ? html`<p class="care" role="status">${tn('desk.unsigned', unsigned, { name })}</p>` : nothing}
    ${removed.length ? html`<p class="small soft">${tn('desk.taken_out', removed.length)}</p>` : nothing}`;
}

/** The terms the client signed. */
function grantFacts({ terms }: Client) {
  const { scope, rights, purpose, not_after: end, restricted } = terms;
  const what =
    'all' in scope ? t('desk.all') : 'case' in scope ? t('desk.case') : tn('desk.records', scope.records.length);
  const [canAsk, canPack] = [rights.includes('comment'), rights.includes('pack')];
  return html`<dl class="facts card">
    <div><dt>${t('desk.purpose')}</dt><dd dir="auto">${purpose}</dd></div>
    <div><dt>${t('desk.what')}</dt><dd>${what}<br>${t(restricted ? 'desk.apart_yes' : 'desk.apart_no')}</dd></div>
    <div><dt>${t('desk.can')}</dt><dd>${t(
      `desk.can_${canAsk && canPack ? 'both' : canAsk ? 'comment' : canPack ? 'pack' : 'view'}`,
    )}</dd></div>
    <div><dt>${t('desk.until')}</dt><dd>${dateTimeText(end)}</dd></div></dl>`;
}

/** Copy one line for the organisation's own system: a date and counts, nothing of what was read. */
async function copyActionLine(stage: Stage, { terms }: Client) {
  const line = String(
    t('desk.line_words', {
      at: dateTimeText(Date.now()),
      entries: tn('desk.entries', stage.state.entries.length),
      day: dateText(terms.not_after),
    }),
  );
  try {
    await navigator.clipboard.writeText(line);
    stage.set({ line: t('desk.line_copied') });
  } catch {
    stage.set({ line: t('desk.line_failed', { line }) });
  }
}

export function entryList(stage: Stage) {
  if (!stage.state.client) return nothing;
  if (!stage.state.entries.length) return html`<p>${t('desk.empty')}</p>`;
  const finding = searchStateOf(stage);
  const rows = matchingRows(stage);
  return html`<div class="stack-wide">${searchBar(stage)}
    ${
      rows.length
        ? finding.window.view(
            rows,
            (visibleRows, previousRow) =>
              html`<div class="stack-wide">${dayGroups(stage, visibleRows, previousRow)}</div>`,
          )
        : html`<div class="stack-close"><p>${t('find.none')}</p><p class="soft">${t('find.none_more')}</p></div>`
    }</div>`;
}

type Row = AppRow & { fresh?: boolean };

function dayGroups(stage: Stage, rows: readonly Row[], previousRow: Row | undefined) {
  const now = Date.now();
  const previousDay = previousRow && dayOf(previousRow);
  const name = (date: string) => (date ? dayHeading(date, now) : t('entries.unknown_day'));
  return html`${repeat(
    byDay(rows),
    (group) => group.rows[0]?.record ?? group.date,
    (
      group,
      i,
    ) => html`<section class="day" aria-label=${i === 0 && previousDay === group.date ? nothing : name(group.date)}>
    ${i === 0 && previousDay === group.date ? nothing : html`<h2>${name(group.date)}</h2>`}
    <ul class="rows">${repeat(
      group.rows,
      (row) => row.record,
      (row) => entryItem(stage, row),
    )}</ul></section>`,
  )}`;
}

function entryItem(stage: Stage, row: Row) {
  const time = timeOfDay(row.occurred);
  const finding = searchStateOf(stage);
  const isHere = stage.place.record === row.record;
  const mark = stage.app.marked(row.record);
  const openEntry = () => {
    finding.last = row.record;
    stage.go({ name: 'entry', record: row.record });
  };
  return html`<li><button type="button" class="item" aria-current=${isHere ? 'true' : nothing} ?data-focus=${
    !stage.isWide && finding.last === row.record
  } @click=${openEntry}>
    <span class="item-foot">${time ? html`<span>${time}</span>` : nothing}${
      row.fresh ? html`<strong>${t('desk.new')}</strong>` : nothing
    }</span>
    <span class="item-words ${row.title ? '' : 'soft'}" dir="auto">${row.title || t('desk.no_words')}</span>
    <span class="item-foot">${assistedMarkShort(row, 'theirs')}${
      mark && !mark.since ? html`<span>${icon('tick', 16)}${t('desk.through_short')}</span>` : nothing
    }${row.pictures ? html`<span>${icon('picture', 16)}${tn('desk.pictures', row.pictures)}</span>` : nothing}
      ${row.additions ? html`<span>${tn('desk.added', row.additions)}</span>` : nothing}${
        row.amendments ? html`<span>${tn('desk.changed', row.amendments)}</span>` : nothing
      }</span></button></li>`;
}

export const views = { entries: clientPage };
