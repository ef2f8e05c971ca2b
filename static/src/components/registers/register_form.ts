/**
 * Edit a record of a register: its few main questions first, the others behind "More details". Unsaved input is
 * stored sealed as it is typed. Saving asks for a reason if earlier words would change.
 */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../forms/fields.js';
import { button, errorSummary, heading, sheet, loading } from '../parts.js';
import { hasInvalidInput, isEmpty, questionField } from '../cards/card_forms.js';
import { inPlainEnglish, hasText, lookUp, t } from '../../shell/strings.js';
import { problemOf } from '../../shell/stage.js';
import { loadVocabulary } from '../text/labels.js';
import { POLICE_FIRST, REGISTERS } from './register_table.js';
import { termsField, termFaults } from './register_terms.js';
import { dayFault, momentFault, momentOf, momentInputOf } from '../../record/moments.js';
import { instantsOf, localAt, phoneZone } from '../../record/times.js';
import '../words.js';
import { entryNumberText } from '../text/formatting.js';
import type { MomentInput } from '../../record/moments.js';
import type { Fields, Place, Row, Value, WholeRecord } from '../../shell/app.js';
import type { AnswerAccess } from '../cards/card_forms.js';
import type { RegisterQuestion, Register } from './register_table.js';
import type { Loaded, Stage } from '../../shell/stage.js';
import type { RegisterForm } from './register_terms.js';
import type { TypedAnswers } from './register_terms.js';

/** The saved part of the record; empty for a new one. */
type SavedRecord = Pick<WholeRecord, 'fields' | 'restricted'> & Partial<Pick<WholeRecord, 'together'>>;

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

export function registerForm(stage: Stage) {
  const { kind = '', record } = stage.place;
  const register = REGISTERS[kind];
  loadVocabulary(stage);
  const saved: Loaded<SavedRecord> = record
    ? stage.find(`record:${record}`, () => stage.app.readRecord(record))
    : { data: { fields: {}, restricted: {} } };
  const unsaved = stage.find(`typed:${typingKey(stage)}`, () => stage.app.readTyped(typingKey(stage)));
  const isLoaded = register && saved.data && unsaved.data !== undefined;
  if (!isLoaded) return saved.problem || !register ? heading(t('reg.missing')) : loading();
  return formView(stage, kind, register, saved.data as SavedRecord, unsaved.data as TypedAnswers | null);
}

const typingKey = ({ place }: Stage) => place.record ?? `new/${place.kind}${place.preset ? `/${place.preset}` : ''}`;

function formView(stage: Stage, kind: string, register: Register, saved: SavedRecord, unsaved: TypedAnswers | null) {
  const { local, place } = stage;
  const combined = place.preset === 'together' ? saved.together : null;
  local.typing ??= unsaved ?? {
    fields: { ...presetFields(place), ...combined?.fields },
    restricted: { ...combined?.restricted },
    times: {},
  };
  local.had ??= Boolean(unsaved);
  const form = createForm(stage, kind, saved);
  const first = place.preset === 'police' ? POLICE_FIRST : register.first;
  const firstQuestions = register.questions
    .filter(({ name }) => first.includes(name) && !(place.preset === 'police' && name === 'to'))
    .sort((a, b) => first.indexOf(a.name) - first.indexOf(b.name));
  const otherQuestions = register.questions.filter(({ name }) => !first.includes(name));
  const isExpanded =
    local.more_fields ||
    otherQuestions.some(({ name }) => !isEmpty(form.get(name)) && !(place.preset && name in presetFields(place)));
  return html`<div class="stack-wide form">
    ${heading(
      lookUp(
        combined
          ? 'reg.two_title'
          : place.preset === 'police'
            ? 'reg.report.police'
            : place.record
              ? 'reg.change'
              : `reg.${kind}.add`,
      ),
    )}
    ${combined ? html`<p>${t('reg.two_lead')}</p>` : nothing}
    ${errorSummary(stage)}
    ${
      local.had && !local.saved
        ? html`<div class="line"><span>${t('reg.unsaved')}</span>${button(t('reg.drop'), () => discardTyping(stage), {
            plain: true,
          })}</div>`
        : nothing
    }
    ${firstQuestions.map((item) => questionView(form, item))}
    ${
      isExpanded
        ? otherQuestions.map((item) => questionView(form, item))
        : html`<div>${button(t('reg.more_fields'), () => stage.set({ more_fields: true }), {
            plain: true,
            icon: 'add',
          })}</div>`
    }
    ${
      local.tried && (faultyFields(form).length || hasInvalidInput(stage))
        ? html`<p class="error-line" role="alert">${t('bad.summary')}</p>`
        : nothing
    }
    <div class="row save-bar">${button(t('reg.save'), () => saveRecord(form), {
      main: true,
      busy: stage.runningTask === 'record',
    })}${button(t('frame.cancel'), () => stage.back('more'), { plain: true })}</div>
  </div>`;
}

function presetFields({ preset, of: linkedId }: Place): Fields {
  if (preset === 'together') return {};
  if (preset === 'police') return { to: 'police', method: 'they_came', at: momentNow() };
  return preset && linkedId ? { [preset]: preset.endsWith('_ids') ? [linkedId] : linkedId } : {};
}

/** The current minute, as the form records it when the police arrive. */
function momentNow() {
  const local = localAt(Date.now(), phoneZone());
  return momentOf({ date: local.slice(0, 10), time: local.slice(11), how: 'day' }, Date.now(), phoneZone());
}

function createForm(stage: Stage, kind: string, saved: { fields: Fields; restricted: Fields }): RegisterForm {
  const typing = stage.local.typing as TypedAnswers;
  const get = (name: string) =>
    name in typing.restricted
      ? typing.restricted[name]
      : name in typing.fields
        ? typing.fields[name]
        : (saved.fields[name] ?? saved.restricted[name]);
  const storeTyping = () => {
    cacheTyping(stage, structuredClone(typing));
    Promise.resolve(stage.app.keepTyped(typingKey(stage), typing)).catch((error) => stage.fail(problemOf(error)));
    stage.draw();
  };
  return {
    stage,
    kind,
    saved,
    typing,
    get,
    put: (question, value) => {
      typing[question.restricted ? 'restricted' : 'fields'][question.name] = value;
      storeTyping();
    },
  };
}

function questionView(form: RegisterForm, item: RegisterQuestion) {
  const isPolice = form.stage.place.preset === 'police' && hasText(`police.${item.name}`);
  if (isPolice)
    return textField({
      id: inputId(form, item),
      label: lookUp(`police.${item.name}`),
      value: String(form.get(item.name) ?? ''),
      onChange: (typed) => form.put(item, typed),
    });
  const renderers = {
    strings: stringsField,
    moment: momentField,
    day: dayField,
    files: picturesHint,
    file: picturesHint,
    terms: termsField,
    entries: entriesField,
  } as Record<string, (form: RegisterForm, item: RegisterQuestion) => unknown>;
  const render = renderers[item.type];
  return render ? render(form, item) : html`${questionField(cardFor(form), item, accessOf(form, item))}`;
}

/** Present a record to card_forms.js as an entry. */
function cardFor(form: RegisterForm) {
  const { stage, saved } = form;
  return {
    stage,
    entry: { record: stage.place.record ?? '', ...saved },
    value: form.get,
    put: ({ fields = {}, restricted = {} }) => {
      for (const [name, value] of Object.entries(fields)) form.put({ name, type: 'text' }, value);
      for (const [name, value] of Object.entries(restricted)) form.put({ name, type: 'text', restricted: true }, value);
    },
  };
}

function accessOf(form: RegisterForm, question: RegisterQuestion): AnswerAccess {
  return {
    path: `${form.kind}.`,
    get: form.get,
    put: (name, value) => form.put(name === question.name ? question : { name, type: 'text' }, value),
  };
}

const questionLabel = (form: RegisterForm, question: RegisterQuestion) => lookUp(`f.${form.kind}.${question.name}`);
const questionHint = (form: RegisterForm, question: RegisterQuestion) =>
  hasText(`f.${form.kind}.${question.name}_hint`) ? { hint: lookUp(`f.${form.kind}.${question.name}_hint`) } : {};
const inputId = (form: RegisterForm, question: RegisterQuestion) => `c-${form.kind}-${question.name}`;

function stringsField(form: RegisterForm, question: RegisterQuestion) {
  const value = form.get(question.name);
  const list = Array.isArray(value) ? value.map(String) : [];
  const rawLists = (form.stage.local.lists ??= {});
  return textField({
    id: inputId(form, question),
    label: questionLabel(form, question),
    ...questionHint(form, question),
    textarea: 'low',
    value: rawLists[question.name] ?? list.join('\n'),
    onChange: (text) => {
      rawLists[question.name] = text;
      form.put(
        question,
        text
          .split('\n')
          .map((part) => part.trim())
          .filter(Boolean),
      );
    },
  });
}

function dayField(form: RegisterForm, question: RegisterQuestion) {
  const fault = form.stage.local.tried || form.stage.local.touched?.[question.name] ? faultOf(form, question) : null;
  return textField({
    id: inputId(form, question),
    label: questionLabel(form, question),
    ...questionHint(form, question),
    type: 'date',
    value: String(form.get(question.name) ?? ''),
    error: fault && lookUp(`bad.${fault}`),
    onChange: (typed) => {
      markTouched(form, question);
      form.put(question, typed);
    },
  });
}

function markTouched(form: RegisterForm, question: RegisterQuestion) {
  (form.stage.local.touched ??= {})[question.name] = true;
}

/** A day, with the time or how exact it is. */
function momentField(form: RegisterForm, question: RegisterQuestion) {
  const typed = form.typing.times[question.name] ?? momentInputOf(form.get(question.name));
  const fault = form.stage.local.tried || form.stage.local.touched?.[question.name] ? faultOf(form, question) : null;
  const id = inputId(form, question);
  const update = (change: Partial<MomentInput>) => {
    const updated = { ...typed, ...change };
    if (updated.how !== 'day') updated.time = '';
    form.typing.times[question.name] = updated;
    markTouched(form, question);
    form.put(question, momentOf(updated, Date.now(), phoneZone()));
  };
  return html`<fieldset class="stack-close"><legend>${questionLabel(form, question)}</legend>
    <div class="pair">${textField({
      id: `${id}-date`,
      label: t('moment.date'),
      type: 'date',
      value: typed.date,
      error: fault && lookUp(`bad.${fault}`),
      onChange: (date) => update({ date }),
    })}
      ${
        typed.how === 'day'
          ? textField({
              id: `${id}-time`,
              label: t('moment.time'),
              type: 'time',
              value: typed.time,
              onChange: (time) => update({ time }),
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
            hideLegend: true,
            chosen: [typed.how],
            choices: [
              ['day', t('moment.day')],
              ['month', t('moment.month')],
              ['year', t('moment.year')],
            ],
            onChange: (how) => update({ how: how }),
          })
        : nothing
    }
  </fieldset>`;
}

/** Entries by number: the chosen ones, the newest, and the matches of the search. */
function entriesField(form: RegisterForm, question: RegisterQuestion) {
  const { stage } = form;
  const chosen = (Array.isArray(form.get(question.name)) ? form.get(question.name) : []) as string[];
  const search = (stage.local.find_entry ?? '').normalize('NFKC').toLowerCase().trim();
  const rows = stage.state.entries;
  const matching = search
    ? rows.filter((row) => `${row.seq_no ?? ''} ${row.title}`.toLowerCase().includes(search))
    : rows;
  const shown = [
    ...rows.filter(({ record }) => chosen.includes(record)),
    ...matching.filter(({ record }) => !chosen.includes(record)).slice(0, 5),
  ];
  const name = (row: Row) => `${entryNumberText(row.seq_no, 'reg')} · ${row.title.slice(0, 40)}`;
  if (!rows.length)
    return html`<div><p class="label">${questionLabel(form, question)}</p><p
      class="soft">${t('reg.entries_none')}</p></div>`;
  return html`<div class="stack-close">${chips({
    name: inputId(form, question),
    legend: questionLabel(form, question),
    multiple: true,
    chosen,
    choices: shown.map((row) => [row.record, name(row)]),
    onChange: (record, checked) =>
      form.put(question, checked ? [...chosen, record] : chosen.filter((id) => id !== record)),
  })}
    ${
      rows.length > 5
        ? textField({
            id: `${inputId(form, question)}-find`,
            label: t('reg.entries_find'),
            type: 'search',
            value: stage.local.find_entry ?? '',
            onChange: (typed) => stage.set({ find_entry: typed }),
          })
        : nothing
    }</div>`;
}

/** Pictures can be added only once the record exists. */
function picturesHint(form: RegisterForm) {
  if (form.stage.place.record || form.stage.local.pictures_said === form.stage.generation) return nothing;
  return html`<p class="small soft">${t('reg.pictures_after')}</p>`;
}

/** What is wrong with one answer. */
function faultOf(form: RegisterForm, question: RegisterQuestion): string | null {
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const valueText = (name: string) => String(form.get(name) ?? '');
  if (question.type === 'moment') {
    const typed = form.typing.times[question.name];
    const fault = typed ? momentFault(typed, Date.now(), phoneZone()) : null;
    return (
      fault ??
      ((NOT_BEFORE[question.name] ?? []).some((name) => isBefore(form.get(question.name), form.get(name)))
        ? 'order'
        : null)
    );
  }
  if (question.type !== 'day') return null;
  const fault = dayFault(valueText(question.name), today, { future: question.allowFuture === true });
  if (fault || !valueText(question.name)) return fault;
  if (question.name === 'served_on' && valueText('made_on') && valueText('served_on') < valueText('made_on'))
    return 'served';
  return (NOT_BEFORE[question.name] ?? []).some((name) => valueText(name) && valueText(question.name) < valueText(name))
    ? 'order'
    : null;
}

const isBefore = (value: Value, reference: Value) =>
  Number.isFinite(value?.start) && Number.isFinite(reference?.start) && (value.end ?? value.start) < reference.start;

/** @returns names of answers with a fault */
function faultyFields(form: RegisterForm): string[] {
  const lines = REGISTERS[form.kind]?.questions ?? [];
  return [
    ...lines.filter((question) => faultOf(form, question)).map(({ name }) => name),
    ...(termFaults(form.get('terms')).length ? ['terms'] : []),
  ];
}

/** Update the cached input, so that returning before a lock does not show an older version. */
function cacheTyping(stage: Stage, typing: TypedAnswers | null, key: string = typingKey(stage)) {
  const cached = stage.cache.get(`typed:${key}`);
  if (cached) cached.data = typing;
}

async function discardTyping(stage: Stage) {
  if (!(await stage.run('drop', () => stage.app.keepTyped(typingKey(stage), null)))) return;
  cacheTyping(stage, null);
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

async function saveRecord(form: RegisterForm) {
  const { stage, kind, typing } = form;
  if (faultyFields(form).length || hasInvalidInput(stage)) return stage.set({ tried: true });
  const changes = {
    fields: changedFields(typing.fields, form.saved.fields),
    restricted: changedFields(typing.restricted, form.saved.restricted),
  };
  const { place } = stage;
  const isNew = !place.record;
  if (
    isNew &&
    ![...Object.values(changes.fields), ...Object.values(changes.restricted)].some((value) => !isEmpty(value))
  )
    return stage.fail({ code: 'nothing', sentence: t('reg.nothing') });
  const key = typingKey(stage);
  const recordId = place.record ?? null;
  let isReasonNeeded = false;
  const saveWithReason = (reason: string) =>
    stage.run('record', async () => {
      isReasonNeeded = Boolean(recordId && !reason && (await stage.app.needsRecordReason(recordId, changes)));
      if (isReasonNeeded) return;
      const { record } = await stage.app.saveRecord({ kind, record: recordId, ...changes, reason });
      await stage.app.keepTyped(key, null);
      cacheTyping(stage, null, key);
      if (stage.place === place) stage.closeSheet();
      for (const prefix of ['record', 'people', 'mentions:', 'chase']) stage.refresh(prefix);
      stage.announce(t('reg.saved'));
      if (stage.place !== place) return; // the user went back meanwhile
      if (isNew) stage.stand({ name: 'kept', kind, record });
      else stage.back('more');
    });
  await saveWithReason(stage.place.preset === 'together' ? inPlainEnglish(() => t('reg.two_reason')) : '');
  if (isReasonNeeded) askReason(stage, saveWithReason);
}

/** The fields that differ; an empty value counts as null. */
function changedFields(current: Fields, saved: Fields): Fields {
  const normalise = (value: unknown) => (isEmpty(value) ? null : value);
  return Object.fromEntries(
    Object.entries(current)
      .map(([name, value]) => [name, normalise(value)])
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(normalise(saved[name as string]))),
  );
}

/** Ask for the reason why earlier words change. */
export function askReason(stage: Stage, onReason: (reason: string) => unknown) {
  stage.local.reason = '';
  stage.openSheet((sheetStage) =>
    sheet(
      sheetStage,
      t('reg.reason_title'),
      html`<p class="soft">${t('reg.reason_lead')}</p>
    ${textField({
      id: 'reason',
      label: t('reg.reason'),
      hint: t('reg.reason_hint'),
      textarea: 'low',
      value: sheetStage.local.reason ?? '',
      error: sheetStage.local.noReason ? t('reg.reason_need') : null,
      onChange: (reason) => {
        sheetStage.local.reason = reason;
      },
    })}
    <div class="row">${button(
      t('reg.save'),
      () =>
        sheetStage.local.reason.trim() ? onReason(sheetStage.local.reason.trim()) : sheetStage.set({ noReason: true }),
      { main: true, busy: sheetStage.runningTask === 'record' },
    )}${button(t('frame.cancel'), () => sheetStage.closeSheet(), { plain: true })}</div>`,
    ),
  );
}
