/**
 * Edit a record of a register: its few main questions first, the others behind "More details". Unsaved input is
 * stored sealed as it is typed. Saving asks for a reason if earlier words would change.
 */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../forms/fields.js';
import { button, errorSummary, heading, sheet, waiting } from '../parts.js';
import { hasUnreadable, isEmpty, lineField } from '../cards/card_forms.js';
import { forOthers, knows, lookUp, t } from '../../shell/strings.js';
import { problemOf } from '../../shell/stage.js';
import { vocabulary } from '../text/labels.js';
import { POLICE_FIRST, REGISTERS } from './register_table.js';
import { termsField, termFaults } from './register_terms.js';
import { dayFault, momentFault, momentOf, typedOf } from '../../record/moments.js';
import { instantsOf, localAt, phoneZone } from '../../record/times.js';
import '../words.js';
import { entryNumber } from '../text/say.js';
import type { Typed } from '../../record/moments.js';
import type { Fields, Place, Row, Value, WholeRecord } from '../../shell/app.js';
import type { At } from '../cards/card_forms.js';
import type { Line, Register } from './register_table.js';
import type { Found, Stage } from '../../shell/stage.js';
import type { Form } from './register_terms.js';
import type { Typing } from './register_terms.js';

/** The saved part of the record; empty for a new one. */
type Kept = Pick<WholeRecord, 'fields' | 'restricted'> & Partial<Pick<WholeRecord, 'together'>>;

/** Dates that cannot be before other dates of the same record. */
const NOT_BEFORE = {
  ended: ['started'],
  last_seen: ['first_seen'],
  when_ended: ['when_met'],
  written_at: ['at'],
  expires_on: ['made_on', 'served_on'],
  closed_on: ['opened_on'],
  known_on: ['made_on'],
} as Readonly<Record<string, readonly string[]>>;

export function form(stage: Stage) {
  const { kind = '', record } = stage.place;
  const register = REGISTERS[kind];
  vocabulary(stage);
  const saved: Found<Kept> = record
    ? stage.find(`record:${record}`, () => stage.app.readRecord(record))
    : { data: { fields: {}, restricted: {} } };
  const typed = stage.find(`typed:${keyOf(stage)}`, () => stage.app.readTyped(keyOf(stage)));
  const isHere = register && saved.data && typed.data !== undefined;
  if (!isHere) return saved.problem || !register ? heading(t('reg.missing')) : waiting();
  return drawn(stage, kind, register, saved.data as Kept, typed.data as Typing | null);
}

const keyOf = ({ place }: Stage) => place.record ?? `new/${place.kind}${place.preset ? `/${place.preset}` : ''}`;

function drawn(stage: Stage, kind: string, register: Register, kept: Kept, typed: Typing | null) {
  const { local, place } = stage;
  const together = place.preset === 'together' ? kept.together : null;
  local.typing ??= typed ?? {
    fields: { ...presetOf(place), ...together?.fields },
    restricted: { ...together?.restricted },
    times: {},
  };
  local.had ??= Boolean(typed);
  const self = formOf(stage, kind, kept);
  const first = place.preset === 'police' ? POLICE_FIRST : register.first;
  const asked = register.lines
    .filter(({ name }) => first.includes(name) && !(place.preset === 'police' && name === 'to'))
    .sort((a, b) => first.indexOf(a.name) - first.indexOf(b.name));
  const others = register.lines.filter(({ name }) => !first.includes(name));
  const open =
    local.more_fields ||
    others.some(({ name }) => !isEmpty(self.get(name)) && !(place.preset && name in presetOf(place)));
  return html`<div class="stack-wide form">
    ${heading(
      lookUp(
        together
          ? 'reg.two_title'
          : place.preset === 'police'
            ? 'reg.report.police'
            : place.record
              ? 'reg.change'
              : `reg.${kind}.add`,
      ),
    )}
    ${together ? html`<p>${t('reg.two_lead')}</p>` : nothing}
    ${errorSummary(stage)}
    ${
      local.had && !local.saved
        ? html`<div class="line"><span>${t('reg.unsaved')}</span>${button(t('reg.drop'), () => drop(stage), {
            plain: true,
          })}</div>`
        : nothing
    }
    ${asked.map((line) => question(self, line))}
    ${
      open
        ? others.map((line) => question(self, line))
        : html`<div>${button(t('reg.more_fields'), () => stage.set({ more_fields: true }), {
            plain: true,
            icon: 'add',
          })}</div>`
    }
    ${
      local.tried && (faults(self).length || hasUnreadable(stage))
        ? html`<p class="error-line" role="alert">${t('bad.summary')}</p>`
        : nothing
    }
    <div class="row save-bar">${button(t('reg.save'), () => save(self), {
      main: true,
      busy: stage.running === 'record',
    })}${button(t('frame.cancel'), () => stage.back('more'), { plain: true })}</div>
  </div>`;
}

function presetOf({ preset, of }: Place): Fields {
  if (preset === 'together') return {};
  if (preset === 'police') return { to: 'police', method: 'they_came', at: momentNow() };
  return preset && of ? { [preset]: preset.endsWith('_ids') ? [of] : of } : {};
}

/** The current minute, as the form records it when the police arrive. */
function momentNow() {
  const local = localAt(Date.now(), phoneZone());
  return momentOf({ date: local.slice(0, 10), time: local.slice(11), how: 'day' }, Date.now(), phoneZone());
}

function formOf(stage: Stage, kind: string, kept: { fields: Fields; restricted: Fields }): Form {
  const typing = stage.local.typing as Typing;
  const get = (name: string) =>
    name in typing.restricted
      ? typing.restricted[name]
      : name in typing.fields
        ? typing.fields[name]
        : (kept.fields[name] ?? kept.restricted[name]);
  const keep = () => {
    keptAs(stage, structuredClone(typing));
    Promise.resolve(stage.app.keepTyped(keyOf(stage), typing)).catch((thrown) => stage.fail(problemOf(thrown)));
    stage.draw();
  };
  return {
    stage,
    kind,
    kept,
    typing,
    get,
    put: (line, value) => {
      typing[line.apart ? 'restricted' : 'fields'][line.name] = value;
      keep();
    },
  };
}

function question(self: Form, line: Line) {
  const police = self.stage.place.preset === 'police' && knows(`police.${line.name}`);
  if (police)
    return textField({
      id: idOf(self, line),
      label: lookUp(`police.${line.name}`),
      value: String(self.get(line.name) ?? ''),
      on: (typed) => self.put(line, typed),
    });
  const own = {
    strings: stringsField,
    moment: momentField,
    day: dayField,
    files: later,
    file: later,
    terms: termsField,
    entries: entriesField,
  } as Record<string, (self: Form, line: Line) => unknown>;
  const draw = own[line.as];
  return draw ? draw(self, line) : html`${lineField(cardOf(self), line, atOf(self, line))}`;
}

/** Present a record to card_forms.js as an entry. */
function cardOf(self: Form) {
  const { stage, kept } = self;
  return {
    stage,
    entry: { record: stage.place.record ?? '', ...kept },
    value: self.get,
    put: ({ fields = {}, restricted = {} }) => {
      for (const [name, value] of Object.entries(fields)) self.put({ name, as: 'text' }, value);
      for (const [name, value] of Object.entries(restricted)) self.put({ name, as: 'text', apart: true }, value);
    },
  };
}

function atOf(self: Form, line: Line): At {
  return {
    path: `${self.kind}.`,
    get: self.get,
    put: (name, value) => self.put(name === line.name ? line : { name, as: 'text' }, value),
  };
}

const labelOf = (self: Form, line: Line) => lookUp(`f.${self.kind}.${line.name}`);
const hintOf = (self: Form, line: Line) =>
  knows(`f.${self.kind}.${line.name}_hint`) ? { hint: lookUp(`f.${self.kind}.${line.name}_hint`) } : {};
const idOf = (self: Form, line: Line) => `c-${self.kind}-${line.name}`;

function stringsField(self: Form, line: Line) {
  const value = self.get(line.name);
  const list = Array.isArray(value) ? value.map(String) : [];
  const raw = (self.stage.local.lists ??= {});
  return textField({
    id: idOf(self, line),
    label: labelOf(self, line),
    ...hintOf(self, line),
    lines: 'low',
    value: raw[line.name] ?? list.join('\n'),
    on: (typed) => {
      raw[line.name] = typed;
      self.put(
        line,
        typed
          .split('\n')
          .map((one) => one.trim())
          .filter(Boolean),
      );
    },
  });
}

function dayField(self: Form, line: Line) {
  const fault = self.stage.local.tried || self.stage.local.touched?.[line.name] ? faultOf(self, line) : null;
  return textField({
    id: idOf(self, line),
    label: labelOf(self, line),
    ...hintOf(self, line),
    type: 'date',
    value: String(self.get(line.name) ?? ''),
    error: fault && lookUp(`bad.${fault}`),
    on: (typed) => {
      touch(self, line);
      self.put(line, typed);
    },
  });
}

function touch(self: Form, line: Line) {
  (self.stage.local.touched ??= {})[line.name] = true;
}

/** A day, with the time or how exact it is. */
function momentField(self: Form, line: Line) {
  const typed = self.typing.times[line.name] ?? typedOf(self.get(line.name));
  const fault = self.stage.local.tried || self.stage.local.touched?.[line.name] ? faultOf(self, line) : null;
  const id = idOf(self, line);
  const set = (change: Partial<Typed>) => {
    const next = { ...typed, ...change };
    if (next.how !== 'day') next.time = '';
    self.typing.times[line.name] = next;
    touch(self, line);
    self.put(line, momentOf(next, Date.now(), phoneZone()));
  };
  return html`<fieldset class="stack-close"><legend>${labelOf(self, line)}</legend>
    <div class="pair">${textField({
      id: `${id}-date`,
      label: t('moment.date'),
      type: 'date',
      value: typed.date,
      error: fault && lookUp(`bad.${fault}`),
      on: (date) => set({ date }),
    })}
      ${
        typed.how === 'day'
          ? textField({
              id: `${id}-time`,
              label: t('moment.time'),
              type: 'time',
              value: typed.time,
              on: (time) => set({ time }),
            })
          : nothing
      }</div>
    ${
      typed.time && instantsOf(`${typed.date}T${typed.time}`, phoneZone()).length === 2
        ? html`<p class="small soft">${t('moment.twice')}</p>`
        : nothing
    }
    ${
      typed.date && !typed.time
        ? chips({
            name: `${id}-how`,
            legend: t('moment.how'),
            quiet: true,
            chosen: [typed.how],
            choices: [
              ['day', t('moment.day')],
              ['month', t('moment.month')],
              ['year', t('moment.year')],
            ],
            on: (how) => set({ how: how }),
          })
        : nothing
    }
  </fieldset>`;
}

/** Entries by number: the chosen ones, the newest, and the matches of the search. */
function entriesField(self: Form, line: Line) {
  const { stage } = self;
  const chosen = (Array.isArray(self.get(line.name)) ? self.get(line.name) : []) as string[];
  const search = (stage.local.find_entry ?? '').normalize('NFKC').toLowerCase().trim();
  const rows = stage.state.entries;
  const matching = search
    ? rows.filter((row) => `${row.seq_no ?? ''} ${row.title}`.toLowerCase().includes(search))
    : rows;
  const shown = [
    ...rows.filter(({ record }) => chosen.includes(record)),
    ...matching.filter(({ record }) => !chosen.includes(record)).slice(0, 5),
  ];
  const name = (row: Row) => `${entryNumber(row.seq_no, 'reg')} · ${row.title.slice(0, 40)}`;
  if (!rows.length)
    return html`<div><p class="label">${labelOf(self, line)}</p><p class="soft">${t('reg.entries_none')}</p></div>`;
  return html`<div class="stack-close">${chips({
    name: idOf(self, line),
    legend: labelOf(self, line),
    many: true,
    chosen,
    choices: shown.map((row) => [row.record, name(row)]),
    on: (record, on) => self.put(line, on ? [...chosen, record] : chosen.filter((one) => one !== record)),
  })}
    ${
      rows.length > 5
        ? textField({
            id: `${idOf(self, line)}-find`,
            label: t('reg.entries_find'),
            type: 'search',
            value: stage.local.find_entry ?? '',
            on: (typed) => stage.set({ find_entry: typed }),
          })
        : nothing
    }</div>`;
}

/** Pictures can be added only once the record exists. */
function later(self: Form) {
  if (self.stage.place.record || self.stage.local.pictures_said === self.stage.generation) return nothing;
  return html`<p class="small soft">${t('reg.pictures_after')}</p>`;
}

/** What is wrong with one answer. */
function faultOf(self: Form, line: Line): string | null {
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const at = (name: string) => String(self.get(name) ?? '');
  if (line.as === 'moment') {
    const typed = self.typing.times[line.name];
    const fault = typed ? momentFault(typed, Date.now(), phoneZone()) : null;
    return (
      fault ??
      ((NOT_BEFORE[line.name] ?? []).some((name) => isBefore(self.get(line.name), self.get(name))) ? 'order' : null)
    );
  }
  if (line.as !== 'day') return null;
  const fault = dayFault(at(line.name), today, { future: line.ahead === true });
  if (fault || !at(line.name)) return fault;
  if (line.name === 'served_on' && at('made_on') && at('served_on') < at('made_on')) return 'served';
  return (NOT_BEFORE[line.name] ?? []).some((name) => at(name) && at(line.name) < at(name)) ? 'order' : null;
}

const isBefore = (later_: Value, earlier: Value) =>
  Number.isFinite(later_?.start) && Number.isFinite(earlier?.start) && (later_.end ?? later_.start) < earlier.start;

/** @returns names of answers with a fault */
function faults(self: Form): string[] {
  const lines = REGISTERS[self.kind]?.lines ?? [];
  return [
    ...lines.filter((line) => faultOf(self, line)).map(({ name }) => name),
    ...(termFaults(self.get('terms')).length ? ['terms'] : []),
  ];
}

/** Update the cached input, so that returning before a lock does not show an older version. */
function keptAs(stage: Stage, typing: Typing | null, key: string = keyOf(stage)) {
  const entry = stage.read.get(`typed:${key}`);
  if (entry) entry.data = typing;
}

async function drop(stage: Stage) {
  if (!(await stage.run('drop', () => stage.app.keepTyped(keyOf(stage), null)))) return;
  keptAs(stage, null);
  Object.assign(stage.local, {
    typing: undefined,
    had: false,
    lists: {},
    touched: {},
    raw: {},
    wrong: {},
    tried: false,
  });
  stage.draw();
}

async function save(self: Form) {
  const { stage, kind, typing } = self;
  if (faults(self).length || hasUnreadable(stage)) return stage.set({ tried: true });
  const said = {
    fields: changed(typing.fields, self.kept.fields),
    restricted: changed(typing.restricted, self.kept.restricted),
  };
  const isNew = !stage.place.record;
  if (isNew && ![...Object.values(said.fields), ...Object.values(said.restricted)].some((value) => !isEmpty(value)))
    return stage.fail({ code: 'nothing', sentence: t('reg.nothing') });
  const key = keyOf(stage);
  const at = stage.place.record ?? null;
  let needed = false;
  const write = (reason: string) =>
    stage.run('record', async () => {
      needed = Boolean(at && !reason && (await stage.app.needsRecordReason(at, said)));
      if (needed) return;
      const { record } = await stage.app.saveRecord({ kind, record: at, ...said, reason });
      await stage.app.keepTyped(key, null);
      keptAs(stage, null, key);
      stage.closeSheet();
      for (const prefix of ['record', 'people', 'mentions:', 'chase']) stage.refresh(prefix);
      stage.say(t('reg.saved'));
      if (isNew) stage.stand({ name: 'kept', kind, record });
      else stage.back('more');
    });
  await write(stage.place.preset === 'together' ? forOthers(() => t('reg.two_reason')) : '');
  if (needed) askReason(stage, write);
}

/** The fields that differ; an empty value counts as null. */
function changed(now: Fields, was: Fields): Fields {
  const plain = (value: unknown) => (isEmpty(value) ? null : value);
  return Object.fromEntries(
    Object.entries(now)
      .map(([name, value]) => [name, plain(value)])
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(plain(was[name as string]))),
  );
}

/** Ask for the reason why earlier words change. */
export function askReason(stage: Stage, then: (reason: string) => unknown) {
  stage.local.reason = '';
  stage.openSheet((on) =>
    sheet(
      on,
      t('reg.reason_title'),
      html`<p class="soft">${t('reg.reason_lead')}</p>
    ${textField({
      id: 'reason',
      label: t('reg.reason'),
      hint: t('reg.reason_hint'),
      lines: 'low',
      value: on.local.reason ?? '',
      error: on.local.noReason ? t('reg.reason_need') : null,
      on: (reason) => {
        on.local.reason = reason;
      },
    })}
    <div class="row">${button(
      t('reg.save'),
      () => (on.local.reason.trim() ? then(on.local.reason.trim()) : on.set({ noReason: true })),
      { main: true, busy: on.running === 'record' },
    )}${button(t('frame.cancel'), () => on.closeSheet(), { plain: true })}</div>`,
    ),
  );
}
