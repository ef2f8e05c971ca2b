/** Search entries: text, filters, the entries behind a number, and how many match. */
import { html, nothing } from '../shell/html.js';
import { matchesFilter, isFiltering } from '../record/patterns/filters.js';
import { leadsOf } from '../record/patterns/patterns.js';
import { ListWindow } from '../shell/list_window.js';
import { checkbox, selectField, textField } from './forms/fields.js';
import { button } from './parts.js';
import { labelOf, loadVocabulary } from './text/labels.js';
import { recordName } from './text/record_names.js';
import { localDateOf } from './text/formatting.js';
import { t, tn } from '../shell/strings.js';
import './words.js';
import type { Filter } from '../record/patterns/filters.js';
import type { Fields, Row, SharedApp } from '../shell/app.js';
import type { Stage } from '../shell/stage.js';
import type { EntrySearch } from '../shell/stage.js';

export function searchStateOf(stage: Stage<SharedApp>): EntrySearch {
  stage.finding ??= {
    query: '',
    words: null,
    inPictures: new Set(),
    filter: {},
    only: null,
    open: false,
    last: null,
    window: new ListWindow(() => stage.draw()),
    made: null,
    sorted: null,
    named: null,
    turn: 0,
  };
  return stage.finding;
}

export function isSearching({ query, filter, only }: EntrySearch) {
  return Boolean(query.trim()) || isFiltering(filter) || only !== null;
}

/** Open the entries behind a number. */
export function showEntries(stage: Stage<SharedApp>, subject: string, ids: readonly string[]) {
  Object.assign(searchStateOf(stage), {
    query: '',
    words: null,
    inPictures: new Set(),
    filter: {},
    only: { what: subject, ids: new Set(ids) },
    last: null,
  });
  resetResults(stage);
  stage.go({ name: 'entries' });
}

function resetResults(stage: Stage<SharedApp>) {
  const searchState = searchStateOf(stage);
  searchState.turn++;
  searchState.window.reset();
  stage.draw();
}

function clearSearch(stage: Stage<SharedApp>) {
  Object.assign(searchStateOf(stage), { query: '', words: null, inPictures: new Set(), filter: {}, only: null });
  resetResults(stage);
  stage.announce(tn('pat.entries', stage.state.entries.length));
}

/** Return from the entries behind a number to the patterns. */
function backToPattern(stage: Stage<SharedApp>) {
  clearSearch(stage);
  stage.back('patterns');
}

/** Narrow or widen the list by some filters. */
export function changeFilter(stage: Stage<SharedApp>, filterChange: Filter) {
  const searchState = searchStateOf(stage);
  searchState.filter = { ...searchState.filter, ...filterChange };
  resetResults(stage);
  stage.announce(countText(stage));
}

async function runQuery(stage: Stage<SharedApp>, query: string) {
  const searchState = searchStateOf(stage);
  searchState.query = query;
  stage.draw();
  const ids = await stage.app.findEntries(query).catch(() => null);
  // An advocate gets no unchecked words.
  const inPictures = (ids && (await stage.app.findInPictures?.(query).catch(() => []))) ?? [];
  if (stage.finding !== searchState || searchState.query !== query) return; // the query changed, or the diary locked
  searchState.words = ids && new Set([...ids, ...inPictures]);
  searchState.inPictures = new Set(inPictures);
  resetResults(stage);
  stage.announce(countText(stage));
}

/**
 * The entries that match, newest day first. Those without a known time come last, as in a pack: no day is theirs, and
 * above today they looked like the newest.
 */
export function matchingRows(stage: Stage<SharedApp>): Row[] {
  const searchState = searchStateOf(stage);
  const { entries } = stage.state;
  if (searchState.made?.entries === entries && searchState.made.turn === searchState.turn) return searchState.made.rows;
  // Sorting ten thousand entries takes longer than filtering them.
  if (searchState.sorted?.entries !== entries)
    searchState.sorted = { entries, rows: [...entries].sort(compareNewestFirst) };
  const { words, filter, only } = searchState;
  const filtered = isFiltering(filter);
  const leads = filtered ? leadsOf(readKnownRecords(stage)) : undefined;
  const rows = searchState.sorted.rows.filter(
    (row) =>
      (!only || only.ids.has(row.record)) &&
      (!words || words.has(row.record)) &&
      (!filtered || matchesFilter(row, filter, leads)),
  );
  searchState.made = { entries, turn: searchState.turn, rows };
  return rows;
}

/** The local day an entry is filed under; '' if it is not known. */
export const dayOf = (row: Row) => row.f?.day ?? localDateOf(row.occurred);

function compareNewestFirst(a: Row, b: Row) {
  const [dayA, dayB] = [dayOf(a), dayOf(b)];
  if (dayA !== dayB) return dayA < dayB ? 1 : -1;
  return (
    (b.occurred.occurred_start ?? b.recorded_at) - (a.occurred.occurred_start ?? a.recorded_at) ||
    b.recorded_at - a.recorded_at
  );
}

function countText(stage: Stage<SharedApp>) {
  return t('find.count', { n: matchingRows(stage).length, of: stage.state.entries.length });
}

/** The search field, the filters and the number of matches. */
export function searchBar(stage: Stage<SharedApp>) {
  const searchState = searchStateOf(stage);
  const activeFilters = Object.values(searchState.filter).filter(Boolean).length;
  const isActive = isSearching(searchState);
  return html`<div class="stack" role="search">
    <div class="find">
      ${textField({
        id: 'find',
        label: t('showNow' in stage.app ? 'find.label' : 'desk.find_entry'),
        type: 'search',
        value: searchState.query,
        onChange: (query) => void runQuery(stage, query),
      })}
      <button type="button" class="button" aria-expanded=${String(searchState.open)}
        aria-controls="filters" @click=${() => {
          searchState.open = !searchState.open;
          stage.draw();
        }}>${activeFilters ? tn('find.filters_on', activeFilters) : t('find.filters')}</button>
    </div>
    ${
      isActive
        ? html`<div class="line"><span>${
            searchState.only
              ? html`<span dir="auto">${t('find.only', { what: searchState.only.what })}</span> · `
              : nothing
          }${countText(stage)}</span>
      <span class="row">${showButton(stage)}${
        searchState.only ? button(t('find.back'), () => backToPattern(stage), { plain: true }) : nothing
      }${button(t('find.clear'), () => clearSearch(stage), { plain: true })}</span></div>`
        : nothing
    }
    <div id="filters">${searchState.open ? filterForm(stage, searchState) : nothing}</div>
  </div>`;
}

/** Few enough that somebody will read them. */
const MAX_SHOWN = 50;

/** Open the matches to show them to somebody in the room. */
function showButton(stage: Stage<SharedApp>) {
  const rows = matchingRows(stage);
  if (!('showNow' in stage.app)) return nothing; // an advocate does not show entries to others
  return rows.length && rows.length <= MAX_SHOWN
    ? button(t('find.show'), () => stage.go({ name: 'show', records: rows.map(({ record }) => record) }), {
        plain: true,
        icon: 'eye',
      })
    : nothing;
}

/** People, accounts and orders. */
function readKnownRecords(stage: Stage<SharedApp>): { record: string; kind: string; fields: Fields }[] {
  const searchState = searchStateOf(stage);
  const cached = stage.cache.get('known');
  if (cached && searchState.named !== stage.state.entries) cached.stale = true; // entries were saved or received since
  searchState.named = stage.state.entries;
  const known = stage.find('known', () => stage.app.readKnown()).data ?? {};
  return Object.entries(known).map(([record, { kind, fields }]) => ({ record, kind, fields }));
}

function filterForm(stage: Stage<SharedApp>, { filter }: EntrySearch) {
  const lists = loadVocabulary(stage);
  const known = readKnownRecords(stage);
  const leads = leadsOf(known);
  const recordChoices = (kind: string) =>
    known
      .filter((item) => item.kind === kind && leads.get(item.record) === item.record)
      .map(({ record, fields }) => [record, recordName(kind, fields)] as const);
  /** Only codes that occur in an entry: a list of eighty helps nobody. */
  const codeChoices = (list: string, codes: (row: Row) => readonly string[]) => {
    const usedCodes = new Set(stage.state.entries.flatMap(codes));
    return (lists?.[list]?.codes ?? [])
      .filter(({ code }) => usedCodes.has(code))
      .map((code) => [code.code, labelOf(code)] as const);
  };
  const filterSelect = (name: keyof Filter, label: string, choices: readonly (readonly [string, string])[]) =>
    choices.length
      ? selectField({
          id: `find-${name}`,
          label: label,
          emptyLabel: t('find.any'),
          choices,
          value: String(filter[name] ?? ''),
          onChange: (code) => changeFilter(stage, { [name]: code }),
        })
      : nothing;
  const tick = (name: 'file' | 'breach' | 'bare' | 'undated') =>
    checkbox({
      id: `find-${name}`,
      label: t(`find.${name}`),
      checked: Boolean(filter[name]),
      onChange: (checked) => changeFilter(stage, { [name]: checked }),
    });
  return html`<div class="card stack">
    <div class="pair">
      ${filterSelect('person', t('find.person'), recordChoices('person'))}
      ${filterSelect(
        'behaviour',
        t('find.behaviour'),
        codeChoices('behaviours', (row) => row.f?.behaviours ?? []),
      )}
      ${filterSelect(
        'channel',
        t('find.channel'),
        codeChoices('channels', (row) => (row.f?.channel ? [row.f.channel] : [])),
      )}
      ${filterSelect('order', t('find.order'), recordChoices('order'))}
    </div>
    <div class="pair">
      ${textField({
        id: 'find-from',
        label: t('find.from'),
        type: 'date',
        value: filter.from ?? '',
        onChange: (from) => changeFilter(stage, { from }),
      })}
      ${textField({
        id: 'find-to',
        label: t('find.to'),
        type: 'date',
        value: filter.to ?? '',
        onChange: (to) => changeFilter(stage, { to }),
      })}
    </div>
    <div>${tick('file')}${tick('breach')}${tick('bare')}${tick('undated')}</div>
  </div>`;
}
