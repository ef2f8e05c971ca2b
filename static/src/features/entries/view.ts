/** Entries by day, newest first, with search. Only the rows near the visible part are in the page. */
import { html, nothing, repeat } from '../../shell/html.js';
import { icon } from '../../shell/icons.js';
import { button, emptyState, errorSummary, heading, row as link, stateLine } from '../../components/parts.js';
import { dayHeading, entryNumberText, timeOfDay } from '../../components/text/formatting.js';
import { changeFilter, dayOf, searchStateOf, matchingRows, isSearching, searchBar } from '../../components/search.js';
import { t, tn } from '../../shell/strings.js';
import { arePicturesHidden } from '../../components/files/tiles.js';
import { comingNote } from '../../components/text/coming_text.js';
import { lookedThroughMark } from '../../components/text/advocate_lines.js';
import { assistedMarkShort } from '../../components/text/assisted_marks.js';
import { typedText } from '../../components/text/typed_text.js';
import '../../components/words.js';
import './words.js';
import type { Row } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** Group rows by day, in the given order. */
export function byDay(rows: readonly Row[]): { date: string; rows: Row[] }[] {
  const dayGroups: { date: string; rows: Row[] }[] = [];
  for (const row of rows) {
    const date = dayOf(row);
    const lastGroup = dayGroups.at(-1);
    if (lastGroup && lastGroup.date === date) lastGroup.rows.push(row);
    else dayGroups.push({ date, rows: [row] });
  }
  return dayGroups;
}

function entryItem(stage: Stage, row: Row) {
  const time = timeOfDay(row.occurred);
  const isCurrent = stage.place.record === row.record && (stage.place.name === 'entry' || stage.place.name === 'file');
  const finding = searchStateOf(stage);
  const openEntry = () => {
    finding.last = row.record;
    stage.go({ name: 'entry', record: row.record });
  };
  return html`<li><button type="button" class="item" aria-current=${isCurrent ? 'true' : nothing} ?data-focus=${
    !stage.isWide && finding.last === row.record
  } @click=${openEntry}>
    <span class="item-foot"><span>${entryNumberText(row.seq_no)}</span>${
      time ? html`<span>${time}</span>` : nothing
    }</span>
    <span class="item-words ${row.title ? '' : 'soft'}" dir="auto">${
      row.title ? typedText(row.title) : t('entries.no_words')
    }</span>
    ${row.shots?.length && !arePicturesHidden(stage) ? previewImages(stage, row.shots) : nothing}
    <span class="item-foot">${stateLine(stage, row.state)}
      ${row.pictures ? html`<span>${icon('picture', 16)}${tn('entries.pictures', row.pictures)}</span>` : nothing}
      ${row.additions ? html`<span>${tn('entries.added', row.additions)}</span>` : nothing}
      ${row.amendments ? html`<span>${t('entries.changed')}</span>` : nothing}
      ${assistedMarkShort(row)}${lookedThroughMark(stage, row.record)}
      ${row.bare ? html`<span>${t('find.details')}</span>` : nothing}
      ${finding.inPictures.has(row.record) ? html`<span>${icon('picture', 16)}${t('find.in_picture')}</span>` : nothing}
      ${warningBadges(row)}</span>
  </button></li>`;
}

/** Show warnings in the list, so that the keeper need not open the right entry to find them. */
function warningBadges({ flags = [] }: Row) {
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
function previewImages(stage: Stage, ids: readonly string[]) {
  return html`<span class="item-shots" aria-hidden="true">${ids.map((attachment) => {
    const { data } = stage.find(`picture:preview:${attachment}`, () => stage.app.readPicture(attachment, 'preview'));
    return html`<span>${data?.url ? html`<img class="blurred" src=${data.url} alt="">` : icon('picture', 20)}</span>`;
  })}</span>`;
}

/** @param rowAbove the row above these; if it has the same day, the heading is there already */
function dayGroups(stage: Stage, rows: readonly Row[], rowAbove: Row | undefined) {
  const now = Date.now();
  const above = rowAbove && dayOf(rowAbove);
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
      (row) => entryItem(stage, row),
    )}</ul></section>`,
  )}`;
}

const dayName = (date: string, now: number) => (date ? dayHeading(date, now) : t('entries.unknown_day'));

/** Show the entries, or the search results. */
export function entryList(stage: Stage) {
  if (!stage.state.entries.length) return nothing;
  const finding = searchStateOf(stage);
  const rows = matchingRows(stage);
  const firstUndated = rows.findIndex((row) => !dayOf(row));
  const undated = firstUndated === -1 ? 0 : rows.length - firstUndated;
  // These entries are at the end of a long list. This line leads to one that was just written without a date.
  const offersUndated = undated > 0 && undated < rows.length && !isSearching(finding);
  return html`<div class="stack-wide">
    ${searchBar(stage)}
    ${
      offersUndated
        ? html`<div>${button(t('find.undated_show', { n: undated }), () => changeFilter(stage, { undated: true }), {
            plain: true,
            icon: 'clock',
          })}</div>`
        : nothing
    }
    ${
      rows.length
        ? finding.window.view(
            rows,
            (visible, rowAbove) => html`<div class="stack-wide">${dayGroups(stage, visible, rowAbove)}</div>`,
          )
        : emptyState('list', t('find.none'), html`<p class="soft">${t('find.none_more')}</p>`)
    }
  </div>`;
}

/** With two or more entries about one person, link to the fact sheet. The link claims nothing about them. */
function factSheetLink(stage: Stage) {
  const seenPeople = new Set();
  const hasShared = stage.state.entries.some(({ f: fields }) =>
    (fields?.actors ?? []).some((person) => seenPeople.has(person) || !seenPeople.add(person)),
  );
  return hasShared
    ? html`<div>${link({
        title: t('part.line'),
        subtitle: t('part.more'),
        icon: 'help',
        onClick: () => stage.go({ name: 'four' }),
      })}</div>`
    : nothing;
}

function entriesView(stage: Stage) {
  const { state } = stage;
  const finding = searchStateOf(stage);
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
    ${comingNote(stage)}
    ${
      state.entries.length
        ? html`${
            isSearching(finding) && !stage.isWide
              ? nothing
              : html`<div class="rows"><div>${link({
                  title: t('pat.row'),
                  subtitle: t('pat.row_more'),
                  icon: 'chart',
                  onClick: () => stage.go({ name: 'patterns' }),
                })}</div><div>${link({
                  title: t('share.show'),
                  subtitle: t('share.show_more'),
                  icon: 'device',
                  onClick: () => stage.go({ name: 'show' }),
                })}</div>${factSheetLink(stage)}</div>`
          }
      ${stage.isWide ? emptyPane(stage) : entryList(stage)}`
        : html`${
            state.account?.coming
              ? nothing
              : emptyState('list', t('entries.none'), html`<p class="soft">${t('entries.none_more')}</p>`)
          }
      <div class="note stack-close"><p><strong>${t('safety.first')}</strong></p><p
        class="small">${t('safety.numbers')}</p></div>`
    }
  </div>`;
}

/** What the column beside the list is for, while no entry is open there. */
function emptyPane(stage: Stage) {
  return emptyState(
    'list',
    t('entries.choose'),
    html`<p class="soft">${t('pane.files')}</p>
    <div>${button(t('pane.keys'), () => stage.go({ name: 'shortcuts' }), { plain: true })}</div>`,
  );
}

/** The column of the list; without an entry it says what will stand there. */
function listColumn(stage: Stage) {
  if (stage.state.entries.length) return entryList(stage);
  return html`<p class="soft">${t(stage.state.account?.coming ? 'frame.loading' : 'pane.list')}</p>`;
}

export const views = { entries: entriesView, list: listColumn };
