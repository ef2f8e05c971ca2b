/** Search entries: text, filters, the entries behind a number, and how many match. */
import { html, nothing } from '../shell/html.js';
import { fits, isOn } from '../record/patterns/filters.js';
import { leadsOf } from '../record/patterns/patterns.js';
import { ListWindow } from '../shell/list_window.js';
import { checkbox, selectField, textField } from './forms/fields.js';
import { button } from './parts.js';
import { said, vocabulary } from './text/labels.js';
import { nameOf } from './text/record_names.js';
import { dateOf } from './text/say.js';
import { t, tn } from '../shell/strings.js';
import './words.js';
import type { Filter } from '../record/patterns/filters.js';
import type { Fields, Row, SharedApp } from '../shell/app.js';
import type { Stage } from '../shell/stage.js';
import type { Finding } from '../shell/stage.js';

export function findingOf(stage: Stage<SharedApp>): Finding {
  stage.finding ??= {
    query: '',
    words: null,
    filter: {},
    only: null,
    open: false,
    unknown: false,
    last: null,
    window: new ListWindow(() => stage.draw()),
    made: null,
    sorted: null,
    named: null,
    turn: 0,
  };
  return stage.finding;
}

export function isLooking({ query, filter, only }: Finding) {
  return Boolean(query.trim()) || isOn(filter) || only !== null;
}

/** Open the entries behind a number. */
export function showOnly(stage: Stage<SharedApp>, what: string, ids: readonly string[]) {
  Object.assign(findingOf(stage), {
    query: '',
    words: null,
    filter: {},
    only: { what, ids: new Set(ids) },
    last: null,
  });
  turned(stage);
  stage.go({ name: 'entries' });
}

function turned(stage: Stage<SharedApp>) {
  const finding = findingOf(stage);
  finding.turn++;
  finding.unknown = false;
  finding.window.reset();
  stage.draw();
}

function clear(stage: Stage<SharedApp>) {
  Object.assign(findingOf(stage), { query: '', words: null, filter: {}, only: null });
  turned(stage);
  stage.say(tn('pat.entries', stage.state.entries.length));
}

/** Return from the entries behind a number to the patterns. */
function backToPattern(stage: Stage<SharedApp>) {
  clear(stage);
  stage.back('patterns');
}

function change(stage: Stage<SharedApp>, change: Filter) {
  const finding = findingOf(stage);
  finding.filter = { ...finding.filter, ...change };
  turned(stage);
  stage.say(countWords(stage));
}

async function ask(stage: Stage<SharedApp>, query: string) {
  const finding = findingOf(stage);
  finding.query = query;
  stage.draw();
  const found = await stage.app.findEntries(query).catch(() => null);
  if (stage.finding !== finding || finding.query !== query) return; // the query changed, or the diary locked
  finding.words = found && new Set(found);
  turned(stage);
  stage.say(countWords(stage));
}

/** The entries that match, newest day first; entries without a known time come first of all. */
export function foundRows(stage: Stage<SharedApp>): Row[] {
  const finding = findingOf(stage);
  const { entries } = stage.state;
  if (finding.made?.entries === entries && finding.made.turn === finding.turn) return finding.made.rows;
  // Sorting ten thousand entries takes longer than filtering them.
  if (finding.sorted?.entries !== entries) finding.sorted = { entries, rows: [...entries].sort(later) };
  const { words, filter, only } = finding;
  const filtered = isOn(filter);
  const leads = filtered ? leadsOf(knownRecords(stage)) : undefined;
  const rows = finding.sorted.rows.filter(
    (row) =>
      (!only || only.ids.has(row.record)) &&
      (!words || words.has(row.record)) &&
      (!filtered || fits(row, filter, leads)),
  );
  finding.made = { entries, turn: finding.turn, rows };
  return rows;
}

/** The local day an entry is filed under; '' if it is not known. */
export const dayOf = (row: Row) => row.f?.day ?? dateOf(row.occurred);

function later(a: Row, b: Row) {
  const [one, other] = [dayOf(a) || '~', dayOf(b) || '~'];
  if (one !== other) return one < other ? 1 : -1;
  return (
    (b.occurred.occurred_start ?? b.recorded_at) - (a.occurred.occurred_start ?? a.recorded_at) ||
    b.recorded_at - a.recorded_at
  );
}

function countWords(stage: Stage<SharedApp>) {
  return t('find.count', { n: foundRows(stage).length, of: stage.state.entries.length });
}

/** The search field, the filters and the number of matches. */
export function searchBar(stage: Stage<SharedApp>) {
  const finding = findingOf(stage);
  const on = Object.values(finding.filter).filter(Boolean).length;
  const looking = isLooking(finding);
  return html`<div class="stack" role="search">
    <div class="find">
      ${textField({
        id: 'find',
        label: t('showNow' in stage.app ? 'find.label' : 'desk.find_entry'),
        type: 'search',
        value: finding.query,
        on: (query) => void ask(stage, query),
      })}
      <button type="button" class="button" aria-expanded=${String(finding.open)}
        aria-controls="filters" @click=${() => {
          finding.open = !finding.open;
          stage.draw();
        }}>${on ? tn('find.filters_on', on) : t('find.filters')}</button>
    </div>
    ${
      looking
        ? html`<div class="line"><span>${
            finding.only ? html`<span dir="auto">${t('find.only', { what: finding.only.what })}</span> · ` : nothing
          }${countWords(stage)}</span>
      <span class="row">${showable(stage)}${
        finding.only ? button(t('find.back'), () => backToPattern(stage), { plain: true }) : nothing
      }${button(t('find.clear'), () => clear(stage), { plain: true })}</span></div>`
        : nothing
    }
    <div id="filters">${finding.open ? filters(stage, finding) : nothing}</div>
  </div>`;
}

/** Few enough that somebody will read them. */
const SHOWN = 50;

/** Open the matches to show them to somebody in the room. */
function showable(stage: Stage<SharedApp>) {
  const rows = foundRows(stage);
  if (!('showNow' in stage.app)) return nothing; // an advocate does not show entries to others
  return rows.length && rows.length <= SHOWN
    ? button(t('find.show'), () => stage.go({ name: 'show', records: rows.map(({ record }) => record) }), {
        plain: true,
        icon: 'eye',
      })
    : nothing;
}

/** People, accounts and orders. */
function knownRecords(stage: Stage<SharedApp>): { record: string; kind: string; fields: Fields }[] {
  const finding = findingOf(stage);
  const before = stage.read.get('known');
  if (before && finding.named !== stage.state.entries) before.stale = true; // entries were saved or received since
  finding.named = stage.state.entries;
  const known = stage.find('known', () => stage.app.readKnown()).data ?? {};
  return Object.entries(known).map(([record, { kind, fields }]) => ({ record, kind, fields }));
}

function filters(stage: Stage<SharedApp>, { filter }: Finding) {
  const lists = vocabulary(stage);
  const known = knownRecords(stage);
  const leads = leadsOf(known);
  const records = (kind: string) =>
    known
      .filter((one) => one.kind === kind && leads.get(one.record) === one.record)
      .map(({ record, fields }) => [record, nameOf(kind, fields)] as const);
  /** Only codes that occur in an entry: a list of eighty helps nobody. */
  const used = (list: string, codes: (row: Row) => readonly string[]) => {
    const there = new Set(stage.state.entries.flatMap(codes));
    return (lists?.[list]?.codes ?? [])
      .filter(({ code }) => there.has(code))
      .map((one) => [one.code, said(one)] as const);
  };
  const one = (name: keyof Filter, words: string, choices: readonly (readonly [string, string])[]) =>
    choices.length
      ? selectField({
          id: `find-${name}`,
          label: words,
          none: t('find.any'),
          choices,
          value: String(filter[name] ?? ''),
          on: (code) => change(stage, { [name]: code }),
        })
      : nothing;
  const tick = (name: 'file' | 'breach' | 'bare') =>
    checkbox({
      id: `find-${name}`,
      label: t(`find.${name}`),
      checked: Boolean(filter[name]),
      on: (checked) => change(stage, { [name]: checked }),
    });
  return html`<div class="card stack">
    <div class="pair">
      ${one('person', t('find.person'), records('person'))}
      ${one(
        'behaviour',
        t('find.behaviour'),
        used('behaviours', (row) => row.f?.behaviours ?? []),
      )}
      ${one(
        'channel',
        t('find.channel'),
        used('channels', (row) => (row.f?.channel ? [row.f.channel] : [])),
      )}
      ${one('order', t('find.order'), records('order'))}
    </div>
    <div class="pair">
      ${textField({
        id: 'find-from',
        label: t('find.from'),
        type: 'date',
        value: filter.from ?? '',
        on: (from) => change(stage, { from }),
      })}
      ${textField({
        id: 'find-to',
        label: t('find.to'),
        type: 'date',
        value: filter.to ?? '',
        on: (to) => change(stage, { to }),
      })}
    </div>
    <div>${tick('file')}${tick('breach')}${tick('bare')}</div>
  </div>`;
}
