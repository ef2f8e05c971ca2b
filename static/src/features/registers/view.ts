/** The lists of people, accounts, orders, reports and the rest, and the page of one record. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row } from '../../components/parts.js';
import { dotted, knows, lookUp, t, tn } from '../../shell/strings.js';
import { vocabulary } from '../../components/text/labels.js';
import { day, dayWords } from '../../components/text/say.js';
import { KIND_OF, REGISTERS } from '../../components/registers/register_table.js';
import { form } from '../../components/registers/register_form.js';
import { kept } from './register_page.js';
import { secondLine, titleOf } from '../../components/registers/register_words.js';
import { instantOf } from '../../record/moments.js';
import '../../components/words.js';
import './words.js';
import type { KeptRecord, Problem } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

// A phone shows about ten rows. 500 people need paging and search.
const PAGE = 30;
const FINDABLE = 8;

/** Return all records of a kind, newest first, also those taken out. */
function listed(stage: Stage, kind: string): { data?: KeptRecord[]; problem?: Problem } {
  return kind === 'person'
    ? stage.find('people', () => stage.app.readPeople({ all: true }))
    : stage.find(`records:${kind}`, () => stage.app.readRecords(kind, { all: true }));
}

function item(stage: Stage, kind: string, one: KeptRecord) {
  const { code = '' } = one as KeptRecord & { code?: string };
  const more = dotted([code, secondLine(stage, kind, one.fields)]) || t('reg.since', { day: day(one.at) });
  return html`<div class=${stage.place.record === one.record ? 'row-here' : ''}>${row({
    title: html`<bdi>${titleOf(stage, kind, one.fields)}</bdi>`,
    more,
    icon: REGISTERS[kind]?.icon ?? 'list',
    on: () => stage.go({ name: 'kept', kind, record: one.record }),
  })}</div>`;
}

const fold = (typed: string) => typed.normalize('NFKC').toLowerCase().trim();

function isFound(stage: Stage, kind: string, one: KeptRecord, search: string) {
  const words = [
    titleOf(stage, kind, one.fields),
    secondLine(stage, kind, one.fields),
    (one as KeptRecord & { code?: string }).code ?? '',
    ...(Array.isArray(one.fields.aliases) ? one.fields.aliases : []),
  ].join(' ');
  return fold(words).includes(search);
}

/** Sort by the record's own time, newest first; a record without one is sorted by the time it was written. */
function inOrder(list: KeptRecord[]) {
  const when = ({ fields, at }: KeptRecord) =>
    instantOf(fields.at ?? fields.started ?? fields.served_on ?? fields.made_on, 'UTC') ?? at;
  return [...list].reverse().sort((a, b) => when(b) - when(a));
}

function rows(stage: Stage, kind: string) {
  const { local } = stage;
  const found = listed(stage, kind);
  if (!found.data) return html`<p role="status">${found.problem ? t('reg.missing') : t('frame.loading')}</p>`;
  const here = inOrder(found.data.filter(({ taken_out }) => taken_out === null));
  const outs = found.data.filter(({ taken_out }) => taken_out !== null);
  const search = fold(local[`find-${kind}`] ?? '');
  const matching = search ? here.filter((one) => isFound(stage, kind, one, search)) : here;
  const most = local[`most-${kind}`] ?? PAGE;
  return html`
    ${
      here.length > FINDABLE
        ? textField({
            id: `find-${kind}`,
            label: t('reg.find'),
            type: 'search',
            value: local[`find-${kind}`] ?? '',
            on: (typed) => stage.set({ [`find-${kind}`]: typed }),
          })
        : nothing
    }
    ${
      matching.length
        ? html`<div class="rows">${matching.slice(0, most).map((one) => item(stage, kind, one))}</div>`
        : html`<p class="soft" role="status">${lookUp(search ? 'reg.found_none' : `reg.${kind}.none`)}</p>`
    }
    ${
      matching.length > most
        ? html`<div>${button(
            tn('reg.more', Math.min(PAGE, matching.length - most)),
            () => stage.set({ [`most-${kind}`]: most + PAGE }),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${outs.length ? takenOut(stage, kind, outs) : nothing}`;
}

function takenOut(stage: Stage, kind: string, outs: KeptRecord[]) {
  const name = `outs-${kind}`;
  const body = html`<div class="rows">${outs.map(
    (one) =>
      html`<div>${row({
        title: html`<bdi>${titleOf(stage, kind, one.fields)}</bdi>`,
        more: `${t('out.done')} · ${dayWords(new Date(one.taken_out ?? 0).toISOString().slice(0, 10))}`,
        icon: REGISTERS[kind]?.icon ?? 'list',
        on: () => stage.go({ name: 'kept', kind, record: one.record }),
      })}</div>`,
  )}</div>`;
  return html`<div class="rows"><div>${row({
    title: tn('reg.out', outs.length),
    icon: 'leave',
    expanded: Boolean(stage.local[name]),
    body,
    on: () => stage.set({ [name]: !stage.local[name] }),
  })}</div></div>`;
}

function people(stage: Stage) {
  vocabulary(stage);
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('people.title'))}<p class="soft">${t('people.lead')}</p></div>
    ${errorSummary(stage)}
    ${['person', 'account', 'vehicle', 'sighting'].map(
      (kind) => html`<section class="stack-close"><h2>${lookUp(`reg.${kind}.title`)}</h2>
      ${rows(stage, kind)}
      <div>${button(lookUp(`reg.${kind}.add`), () => stage.go({ name: 'form', kind }), {
        icon: 'add',
        main: kind === 'person',
      })}</div></section>`,
    )}
  </div>`;
}

/** A list of one kind. */
function register(stage: Stage) {
  const kind = KIND_OF[stage.place.name] ?? '';
  vocabulary(stage);
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(lookUp(`reg.${kind}.title`))}${
      knows(`reg.${kind}.lead`) ? html`<p class="soft">${lookUp(`reg.${kind}.lead`)}</p>` : nothing
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
    ${rows(stage, kind)}
  </div>`;
}

/** The list that a record belongs to, shown next to the record or its form when there is room. */
function beside(stage: Stage) {
  const { kind = '' } = stage.place;
  vocabulary(stage);
  return html`<section class="stack-close"><h2>${lookUp(kind in REGISTERS ? `reg.${kind}.title` : 'reg.missing')}</h2>${
    kind in REGISTERS ? rows(stage, kind) : nothing
  }</section>`;
}

export const views = {
  people,
  kept,
  form,
  register_list: beside,
  ...Object.fromEntries(Object.keys(KIND_OF).map((name) => [name, register])),
};
