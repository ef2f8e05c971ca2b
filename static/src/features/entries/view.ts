/** Entries by day, newest first, with search. Only the rows near the visible part are in the page. */
import { html, nothing, repeat } from '../../shell/html.js';
import { icon } from '../../shell/icons.js';
import { button, errorSummary, heading, row as link, stateLine } from '../../components/parts.js';
import { dayHeading, entryNumber, timeOfDay } from '../../components/text/say.js';
import { dayOf, findingOf, foundRows, isLooking, searchBar } from '../../components/search.js';
import { t, tn } from '../../shell/strings.js';
import { isHidden } from '../../components/files/tiles.js';
import { lookedShort } from '../../components/text/advocate_lines.js';
import { markShort } from '../../components/text/assisted_marks.js';
import '../../components/words.js';
import './words.js';
import type { Row } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** Undated entries shown above the days; a button shows the rest. */
const UNKNOWN = 3;

/** Group rows by day, in the given order. */
export function byDay(rows: readonly Row[]): { date: string; rows: Row[] }[] {
  const days: { date: string; rows: Row[] }[] = [];
  for (const row of rows) {
    const date = dayOf(row);
    const last = days.at(-1);
    if (last && last.date === date) last.rows.push(row);
    else days.push({ date, rows: [row] });
  }
  return days;
}

function item(stage: Stage, row: Row) {
  const time = timeOfDay(row.occurred);
  const current = stage.place.record === row.record && (stage.place.name === 'entry' || stage.place.name === 'file');
  const finding = findingOf(stage);
  const open = () => {
    finding.last = row.record;
    stage.go({ name: 'entry', record: row.record });
  };
  return html`<li><button type="button" class="item" aria-current=${current ? 'true' : nothing} ?data-focus=${
    !stage.wide && finding.last === row.record
  } @click=${open}>
    <span class="item-foot"><span>${entryNumber(row.seq_no)}</span>${time ? html`<span>${time}</span>` : nothing}</span>
    <span class="item-words ${row.title ? '' : 'soft'}" dir="auto">${row.title || t('entries.no_words')}</span>
    ${row.shots?.length && !isHidden(stage) ? shots(stage, row.shots) : nothing}
    <span class="item-foot">${stateLine(row.state, Boolean(stage.state.account?.registered))}
      ${row.pictures ? html`<span>${icon('picture', 16)}${tn('entries.pictures', row.pictures)}</span>` : nothing}
      ${row.additions ? html`<span>${tn('entries.added', row.additions)}</span>` : nothing}
      ${row.amendments ? html`<span>${t('entries.changed')}</span>` : nothing}
      ${markShort(row)}${lookedShort(stage, row.record)}
      ${row.bare ? html`<span>${t('find.details')}</span>` : nothing}
      ${doubts(row)}</span>
  </button></li>`;
}

/** Show warnings in the list, so that the keeper need not open the right entry to find them. */
function doubts({ flags = [] }: Row) {
  return html`${
    flags.includes('two') ? html`<span class="state-trouble">${icon('trouble', 16)}${t('entries.two')}</span>` : nothing
  }
    ${
      flags.includes('altered')
        ? html`<span class="state-trouble">${icon('trouble', 16)}${t('entries.altered')}</span>`
        : nothing
    }`;
}

/** Show small, blurred previews: enough to recognise an entry, not to be read over a shoulder. */
function shots(stage: Stage, ids: readonly string[]) {
  return html`<span class="item-shots" aria-hidden="true">${ids.map((attachment) => {
    const { data } = stage.find(`picture:preview:${attachment}`, () => stage.app.readPicture(attachment, 'preview'));
    return html`<span>${data?.url ? html`<img class="blurred" src=${data.url} alt="">` : icon('picture', 20)}</span>`;
  })}</span>`;
}

/** @param before the row above these; if it has the same day, the heading is there already */
function days(stage: Stage, rows: readonly Row[], before: Row | undefined) {
  const now = Date.now();
  const above = before && dayOf(before);
  return html`${repeat(
    byDay(rows),
    (group) => group.rows[0]?.record ?? group.date,
    (
      group,
      i,
    ) => html`<section class="day" aria-label=${i === 0 && above === group.date ? nothing : dayName(group.date, now)}>
    ${i === 0 && above === group.date ? nothing : html`<h2>${dayName(group.date, now)}</h2>`}
    <ul class="rows">${repeat(
      group.rows,
      (row) => row.record,
      (row) => item(stage, row),
    )}</ul></section>`,
  )}`;
}

const dayName = (date: string, now: number) => (date ? dayHeading(date, now) : t('entries.unknown_day'));

/** Show the entries, or the search results. */
export function list(stage: Stage) {
  if (!stage.state.entries.length) return nothing;
  const finding = findingOf(stage);
  const rows = foundRows(stage);
  const unknown = rows.findIndex((row) => dayOf(row));
  const undated = unknown === -1 ? rows.length : unknown;
  const hidden = !finding.unknown && undated > UNKNOWN && undated < rows.length;
  const shown = hidden ? [...rows.slice(0, UNKNOWN), ...rows.slice(undated)] : rows;
  const all = () => {
    finding.unknown = true;
    finding.window.reset();
    stage.draw();
  };
  return html`<div class="stack-wide">
    ${searchBar(stage)}
    ${hidden ? html`<div>${button(t('find.unknown_more', { n: undated }), all, { plain: true })}</div>` : nothing}
    ${
      rows.length
        ? finding.window.view(shown, (some, before) => html`<div class="stack-wide">${days(stage, some, before)}</div>`)
        : html`<div class="stack-close"><p>${t('find.none')}</p><p class="soft">${t('find.none_more')}</p></div>`
    }
  </div>`;
}

/** With two or more entries about one person, link to the fact sheet. The link claims nothing about them. */
function part(stage: Stage) {
  const seen = new Set();
  const shared = stage.state.entries.some(({ f }) =>
    (f?.actors ?? []).some((person) => seen.has(person) || !seen.add(person)),
  );
  return shared
    ? html`<div>${link({
        title: t('part.line'),
        more: t('part.more'),
        icon: 'help',
        on: () => stage.go({ name: 'four' }),
      })}</div>`
    : nothing;
}

function entries(stage: Stage) {
  const { state } = stage;
  const finding = findingOf(stage);
  return html`<div class="stack-wide">
    ${heading(t('entries.title'))}
    ${errorSummary(stage)}
    ${
      state.draft
        ? html`<div class="line"><span>${t('entries.draft')}</span>${button(
            t('entries.draft_do'),
            () => stage.go({ name: 'add' }),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${
      state.entries.length
        ? html`${
            isLooking(finding) && !stage.wide
              ? nothing
              : html`<div class="rows"><div>${link({
                  title: t('pat.row'),
                  more: t('pat.row_more'),
                  icon: 'chart',
                  on: () => stage.go({ name: 'patterns' }),
                })}</div>${part(stage)}</div>`
          }
      ${stage.wide ? html`<p class="soft">${t('entries.choose')}</p>` : list(stage)}`
        : html`<div class="stack-close"><p>${t('entries.none')}</p><p class="soft">${t('entries.none_more')}</p></div>
      <div class="note stack-close"><p><strong>${t('safety.first')}</strong></p><p
        class="small">${t('safety.numbers')}</p></div>`
    }
  </div>`;
}

export const views = { entries, list };
