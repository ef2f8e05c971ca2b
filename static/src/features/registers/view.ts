/** The lists of people, accounts, orders, reports and the rest, and the page of one record. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row } from '../../components/parts.js';
import { joinWithDots, hasText, lookUp, t, tn } from '../../shell/strings.js';
import { loadVocabulary } from '../../components/text/labels.js';
import { dateText, isoDateText } from '../../components/text/formatting.js';
import { KIND_OF, REGISTERS } from '../../components/registers/register_table.js';
import { registerForm } from '../../components/registers/register_form.js';
import { recordView } from './register_page.js';
import { relatedRows } from './related.js';
import { recordSubtitle, recordTitle } from '../../components/registers/register_words.js';
import { instantOf } from '../../record/moments.js';
import '../../components/words.js';
import './words.js';
import type { KeptRecord, Problem } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

// A phone shows about ten rows. 500 people need paging and search.
const PAGE_SIZE = 30;
const MIN_ROWS_FOR_SEARCH = 8;

/** Return all records of a kind, newest first, also those taken out. */
function recordsOf(stage: Stage, kind: string): { data?: KeptRecord[]; problem?: Problem } {
  return kind === 'person'
    ? stage.find('people', () => stage.app.readPeople({ all: true }))
    : stage.find(`records:${kind}`, () => stage.app.readRecords(kind, { all: true }));
}

function recordItem(stage: Stage, kind: string, record: KeptRecord) {
  const { code = '' } = record as KeptRecord & { code?: string };
  const detail =
    joinWithDots([code, recordSubtitle(stage, kind, record.fields)]) || t('reg.since', { day: dateText(record.at) });
  return html`<div class=${stage.place.record === record.record ? 'row-here' : ''}>${row({
    title: html`<bdi>${recordTitle(stage, kind, record.fields)}</bdi>`,
    subtitle: detail,
    icon: REGISTERS[kind]?.icon ?? 'list',
    onClick: () => stage.go({ name: 'kept', kind, record: record.record }),
  })}</div>`;
}

const searchKey = (text: string) => text.normalize('NFKC').toLowerCase().trim();

function matchesSearch(stage: Stage, kind: string, record: KeptRecord, search: string) {
  const words = [
    recordTitle(stage, kind, record.fields),
    recordSubtitle(stage, kind, record.fields),
    (record as KeptRecord & { code?: string }).code ?? '',
    ...(Array.isArray(record.fields.aliases) ? record.fields.aliases : []),
  ].join(' ');
  return searchKey(words).includes(search);
}

/** Sort by the record's own time, newest first; a record without one is sorted by the time it was written. */
function newestFirst(records: KeptRecord[]) {
  const sortTime = ({ fields, at }: KeptRecord) =>
    instantOf(fields.at ?? fields.started ?? fields.served_on ?? fields.made_on, 'UTC') ?? at;
  return [...records].reverse().sort((a, b) => sortTime(b) - sortTime(a));
}

function recordRows(stage: Stage, kind: string) {
  const { local } = stage;
  const result = recordsOf(stage, kind);
  if (!result.data) return html`<p role="status">${result.problem ? t('reg.missing') : t('frame.loading')}</p>`;
  const current = newestFirst(result.data.filter(({ taken_out }) => taken_out === null));
  const takenOutRecords = result.data.filter(({ taken_out }) => taken_out !== null);
  const search = searchKey(local[`find-${kind}`] ?? '');
  const matching = search ? current.filter((record) => matchesSearch(stage, kind, record, search)) : current;
  const limit = local[`most-${kind}`] ?? PAGE_SIZE;
  return html`
    ${
      current.length > MIN_ROWS_FOR_SEARCH
        ? textField({
            id: `find-${kind}`,
            label: t('reg.find'),
            type: 'search',
            value: local[`find-${kind}`] ?? '',
            onChange: (typed) => stage.set({ [`find-${kind}`]: typed }),
          })
        : nothing
    }
    ${
      matching.length
        ? html`<div class="rows">${matching.slice(0, limit).map((record) => recordItem(stage, kind, record))}</div>`
        : html`<p class="soft" role="status">${lookUp(search ? 'reg.found_none' : `reg.${kind}.none`)}</p>`
    }
    ${
      matching.length > limit
        ? html`<div>${button(
            tn('reg.more', Math.min(PAGE_SIZE, matching.length - limit)),
            () => stage.set({ [`most-${kind}`]: limit + PAGE_SIZE }),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${takenOutRecords.length ? takenOutRows(stage, kind, takenOutRecords) : nothing}`;
}

function takenOutRows(stage: Stage, kind: string, records: KeptRecord[]) {
  const name = `outs-${kind}`;
  const body = html`<div class="rows">${records.map(
    (record) =>
      html`<div>${row({
        title: html`<bdi>${recordTitle(stage, kind, record.fields)}</bdi>`,
        subtitle: `${t('out.done')} · ${isoDateText(new Date(record.taken_out ?? 0).toISOString().slice(0, 10))}`,
        icon: REGISTERS[kind]?.icon ?? 'list',
        onClick: () => stage.go({ name: 'kept', kind, record: record.record }),
      })}</div>`,
  )}</div>`;
  return html`<div class="rows"><div>${row({
    title: tn('reg.out', records.length),
    icon: 'folder',
    expanded: Boolean(stage.local[name]),
    body,
    onClick: () => stage.set({ [name]: !stage.local[name] }),
  })}</div></div>`;
}

function peopleView(stage: Stage) {
  loadVocabulary(stage);
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('people.title'))}<p class="soft">${t('people.lead')}</p></div>
    ${errorSummary(stage)}
    ${['person', 'account', 'vehicle', 'sighting'].map(
      (kind) => html`<section class="stack-close"><h2>${lookUp(`reg.${kind}.title`)}</h2>
      ${recordRows(stage, kind)}
      <div>${button(lookUp(`reg.${kind}.add`), () => stage.go({ name: 'form', kind }), {
        icon: 'add',
        main: kind === 'person',
      })}</div></section>`,
    )}
    ${relatedRows(stage, 'person')}
  </div>`;
}

/** A list of one kind. */
function registerView(stage: Stage) {
  const kind = KIND_OF[stage.place.name] ?? '';
  loadVocabulary(stage);
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(lookUp(`reg.${kind}.title`))}${
      hasText(`reg.${kind}.lead`) ? html`<p class="soft">${lookUp(`reg.${kind}.lead`)}</p>` : nothing
    }</div>
    ${errorSummary(stage)}
    <div class="row">${
      kind === 'report'
        ? button(t('reg.report.police'), () => stage.go({ name: 'form', kind, preset: 'police' }), {
            main: true,
            icon: 'flag',
          })
        : nothing
    }
      ${button(lookUp(`reg.${kind}.add`), () => stage.go({ name: 'form', kind }), {
        main: kind !== 'report',
        icon: 'add',
      })}</div>
    ${recordRows(stage, kind)}
    ${relatedRows(stage, kind)}
  </div>`;
}

/** The list that a record belongs to, shown next to the record or its form when there is room. */
function registerSideList(stage: Stage) {
  const { kind = '' } = stage.place;
  loadVocabulary(stage);
  return html`<section class="stack-close"><h2>${lookUp(kind in REGISTERS ? `reg.${kind}.title` : 'reg.missing')}</h2>${
    kind in REGISTERS ? recordRows(stage, kind) : nothing
  }</section>`;
}

export const views = {
  people: peopleView,
  kept: recordView,
  form: registerForm,
  register_list: registerSideList,
  ...Object.fromEntries(Object.keys(KIND_OF).map((name) => [name, registerView])),
};
