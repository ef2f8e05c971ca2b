/**
 * The questions of a card, each drawn from its row in the table. Typed text goes into the card at once, so that it
 * survives a lock. Only a number or an amount that cannot be parsed waits; the error is shown at its field.
 */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../forms/fields.js';
import { button } from '../parts.js';
import { NO_PLACE_TO_PASS_ON, guardLine } from '../forms/guard_line.js';
import { hasText, lookUp, t } from '../../shell/strings.js';
import { labelOf, loadVocabulary } from '../text/labels.js';
import { linksField } from './card_links.js';
import { textExcess } from '../forms/long_text.js';
import { whenField, timeBlockOf } from '../forms/time_field.js';
import { dayFault } from '../../record/moments.js';
import { localAt, phoneZone } from '../../record/times.js';
import '../words.js';
import type { TimeBlock } from '../../record/times.js';
import type { Code, List } from '../../record/vocabulary/code_list.js';
import type { CardQuestion, Question } from './card_table.js';
import type { Stage } from '../../shell/stage.js';
import type { CardBase, Card } from './card.js';
import type { Fields, Value } from '../../shell/app.js';

/** Where an answer is stored: in the entry, or in an object inside it */
export type AnswerAccess = { path: string; get: (name: string) => Value; put: (name: string, value: unknown) => void };
export type CardRenderer = (card: Card, question: CardQuestion, access: AnswerAccess) => unknown;
type QuestionRenderer = (card: CardBase, question: Question, access: AnswerAccess) => unknown;

const INITIAL_CHOICES = 5;

/** Access to the entry itself. */
export function rootAccess(card: CardBase, questions: readonly CardQuestion[]): AnswerAccess {
  const restrictedNames = new Set(questions.filter((question) => question.restricted).map(({ name }) => name));
  return {
    path: '',
    get: card.value,
    put: (name, value) =>
      card.put(restrictedNames.has(name) ? { restricted: { [name]: value } } : { fields: { [name]: value } }),
  };
}

/**
 * The questions of a card. Optional questions stay behind "More" until they have an answer.
 * @param custom questions that a card draws itself
 */
export function questionFields(
  card: Card,
  questions: readonly CardQuestion[],
  custom: Record<string, CardRenderer> = {},
) {
  const access = rootAccess(card, questions);
  const isExpanded = Boolean(card.stage.local.more?.lines);
  const isCollapsed = (question: CardQuestion) =>
    question.collapsed &&
    !isExpanded &&
    isEmpty(access.get(question.name)) &&
    isEmpty(access.get(`${question.name}_text`));
  return html`${questions
    .filter((question) => !isCollapsed(question))
    .map((question) => (custom[question.name] ?? questionField)(card, question, access))}
    ${
      questions.some(isCollapsed)
        ? html`<div>${button(t('card.more'), () => showMore(card, 'lines'), { plain: true })}</div>`
        : nothing
    }`;
}

export const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === '' || (typeof value === 'object' && !Object.keys(value).length);

export function showMore(card: CardBase, key: string) {
  card.stage.set({ more: { ...card.stage.local.more, [key]: true } });
}

export function questionField(card: CardBase, question: Question, access: AnswerAccess): unknown {
  const render = RENDERERS[question.type];
  return render ? render(card, question, access) : nothing;
}

const inputId = (question: Question, access: AnswerAccess) => `c-${access.path}${question.name}`.replaceAll('.', '-');
/** For example `f.vehicle.make`. List indexes are left out. */
const textKey = (question: Question, access: AnswerAccess) => `f.${access.path.replace(/\d+\./g, '')}${question.name}`;
const hintFor = (key: string) => (hasText(`${key}_hint`) ? lookUp(`${key}_hint`) : undefined);

/** Return the field's own hint, and who may still read what is kept from the other person. */
function textHint(key: string, isRestricted: boolean) {
  const own = hintFor(key);
  if (!isRestricted) return own;
  return own ? html`${own} ${t('card.apart')}` : t('card.apart');
}

function textQuestion(card: CardBase, question: Question, access: AnswerAccess): unknown {
  const value = String(access.get(question.name) ?? '');
  const key = textKey(question, access);
  const hint = textHint(key, question.restricted ?? false);
  const excess = textExcess(value);
  return html`<div class="stack-close">${textField({
    id: inputId(question, access),
    label: lookUp(key),
    value,
    error: excess ? t('add.too_long', excess) : null,
    onChange: (text) => access.put(question.name, text),
    ...(hint ? { hint } : {}),
    ...(question.multiline ? { textarea: 'low' } : {}),
  })}
    ${
      question.multiline && !question.restricted && !access.path
        ? guardLine(card.stage, value, { place_detail: card.value('place_detail') ?? '' }, (text, place_detail) =>
            card.put({ fields: { [question.name]: text, ...NO_PLACE_TO_PASS_ON }, restricted: { place_detail } }),
          )
        : nothing
    }</div>`;
}

/** Return the answers that a person can choose. One that only the app writes is shown where it is the answer. */
export const offeredCodes = ({ codes }: List, chosen: ReadonlySet<string>): Code[] =>
  codes.filter(({ code, by_app: byApp }) => !byApp || chosen.has(code));

function codeQuestion(card: CardBase, question: Question, access: AnswerAccess): unknown {
  const isMultiple = question.type === 'codes';
  const list = loadVocabulary(card.stage)?.[question.list ?? ''];
  if (!list) return html`<p role="status">${t('frame.loading')}</p>`;
  const value = access.get(question.name);
  const chosen = (Array.isArray(value) ? value : value ? [value] : []) as string[];
  const name = inputId(question, access);
  const chosenBefore = everChosen(card, name, chosen);
  const offered = offeredCodes(list, chosenBefore);
  const showAll = Boolean(card.stage.local.more?.[name]) || offered.length <= INITIAL_CHOICES + 1;
  const shown = showAll ? offered : offered.filter((code, i) => i < INITIAL_CHOICES || chosenBefore.has(code.code));
  // A radio alone cannot be unset, so a blank choice is offered. It comes last, so that nothing moves.
  const blank = !isMultiple && (chosen.length || chosenBefore.size) ? [['', t('card.blank')] as [string, string]] : [];
  const put = (code: string, checked: boolean) =>
    access.put(
      question.name,
      isMultiple ? (checked ? [...chosen, code] : chosen.filter((item) => item !== code)) : code,
    );
  return html`<div class="stack-close">${chips({
    name,
    legend: lookUp(textKey(question, access)),
    multiple: isMultiple,
    chosen: chosen.length ? chosen : [''],
    choices: [...shown.map((code) => [code.code, labelOf(code)] as [string, string]), ...blank],
    onChange: put,
  })}
    ${showAll ? nothing : html`<div>${button(t('card.more'), () => showMore(card, name), { plain: true })}</div>`}
    ${choiceDetailField(card, question, access, chosen)}</div>`;
}

/** The text field of a choice: shown for "something else", or always where the text matters more than the choice. */
export function choiceDetailField(card: CardBase, question: Question, access: AnswerAccess, chosen: readonly string[]) {
  if (question.hasOwnText) return nothing;
  const name = `${question.name}_text`;
  const isAsked =
    chosen.includes('other') || (question.asksDetails && chosen.length > 0 && !chosen.includes('prefer_not_to_say'));
  if ((!isAsked && isEmpty(access.get(name))) || !hasText(textKey({ ...question, name }, access))) return nothing;
  return textQuestion(card, { name, type: 'text', multiline: true }, access);
}

/** Codes that are or were chosen while the card is open. A chip must never move or vanish under the finger. */
export function everChosen(card: CardBase, name: string, chosen: readonly string[]): Set<string> {
  const byName = (card.stage.local.ever ??= {});
  byName[name] = new Set([...(byName[name] ?? []), ...chosen]);
  return byName[name];
}

function yesQuestion(card: CardBase, question: Question, access: AnswerAccess): unknown {
  const value = access.get(question.name);
  const chosen = value === true ? 'yes' : value === false ? 'no' : '';
  return html`<div class="stack-close">${chips({
    name: inputId(question, access),
    legend: lookUp(textKey(question, access)),
    chosen: [chosen],
    choices: [
      ['yes', t('card.yes')],
      ['no', t('card.no')],
      ['', t('card.blank')],
    ],
    onChange: (code) => access.put(question.name, code === '' ? null : code === 'yes'),
  })}
    ${
      question.asksDetails ? choiceDetailField(card, question, access, chosen === 'yes' ? ['yes'] : []) : nothing
    }</div>`;
}

function tickQuestion(_card: CardBase, question: Question, access: AnswerAccess): unknown {
  // An entry goes into packs unless the keeper unticks it. Every other box starts unticked.
  const checked =
    question.name === 'include_in_pack' ? access.get(question.name) !== false : access.get(question.name) === true;
  return checkbox({
    id: inputId(question, access),
    label: lookUp(textKey(question, access)),
    checked,
    onChange: (checked) =>
      access.put(question.name, question.name === 'include_in_pack' ? (checked ? null : false) : checked || null),
  });
}

/** A whole number, or an amount in pounds stored as pence. */
function numberQuestion(card: CardBase, question: Question, access: AnswerAccess): unknown {
  const rawInputs = (card.stage.local.raw ??= {});
  const id = inputId(question, access);
  const pounds = question.type === 'pounds';
  const saved = access.get(question.name);
  const displayed =
    rawInputs[id] ??
    (typeof saved !== 'number' ? '' : pounds ? (saved / 100).toFixed(saved % 100 ? 2 : 0) : String(saved));
  const isInvalid = displayed.trim() !== '' && parseNumber(displayed, pounds) === null;
  const key = textKey(question, access);
  const hint = hintFor(key);
  return textField({
    id,
    label: lookUp(key),
    value: displayed,
    error: isInvalid ? t(pounds ? 'money.wrong' : 'count.wrong') : null,
    ...(hint ? { hint } : {}),
    onChange: (text) => {
      rawInputs[id] = text;
      access.put(question.name, parseNumber(text, pounds));
    },
  });
}

/**
 * Parse a typed number: digits, with spaces or commas between thousands.
 * @returns a whole number, pence for pounds; null if it is not a number or is implausibly large
 */
export function parseNumber(text: string, pounds: boolean): number | null {
  const digits = text.normalize('NFKC').replace(/[\s,£]/g, '');
  if (pounds) return /^\d{1,8}(\.\d{1,2})?$/.test(digits) ? Math.round(Number(digits) * 100) : null;
  return /^\d{1,6}$/.test(digits) ? Number(digits) : null;
}

/** Whether any input in the open card or form cannot be parsed or is too long to store. */
export function hasInvalidInput(stage: Stage) {
  const { fields = {}, restricted = {} } = stage.local.change ?? stage.local.typing ?? {};
  if (Object.values((stage.local.wrong ?? {}) as Record<string, string | null>).some(Boolean)) return true;
  if (
    [...Object.values(fields), ...Object.values(restricted)].some(
      (value) => typeof value === 'string' && textExcess(value),
    )
  )
    return true;
  return Object.entries((stage.local.raw ?? {}) as Record<string, string>).some(
    ([id, text]) => text.trim() !== '' && parseNumber(text, id.includes('pence')) === null,
  );
}

/** A day. A day that does not exist, is too long ago or lies in the future shows an error and is not saved. */
function dayQuestion(card: CardBase, question: Question, access: AnswerAccess): unknown {
  const faults = (card.stage.local.wrong ??= {});
  const id = inputId(question, access);
  const value = String(access.get(question.name) ?? '');
  const key = textKey(question, access);
  const hint = hintFor(key);
  faults[id] = dayFault(value, localAt(Date.now(), phoneZone()).slice(0, 10), {
    future: question.allowFuture === true,
  });
  return textField({
    id,
    label: lookUp(key),
    type: 'date',
    value,
    error: faults[id] && lookUp(`bad.${faults[id]}`),
    onChange: (text) => access.put(question.name, text),
    ...(hint ? { hint } : {}),
  });
}

/** A separate time, such as when the keeper found out. */
function momentQuestion(card: CardBase, question: Question, access: AnswerAccess): unknown {
  const { local } = card.stage;
  const value = access.get(question.name);
  const key = textKey(question, access);
  const saved = value
    ? {
        occurred_start: value.start ?? null,
        occurred_end: value.end ?? null,
        occurred_local: value.local ?? null,
        tz: value.tz ?? '',
        utc_offset_min: value.utc_offset_min ?? null,
        precision: value.precision ?? 'unknown',
      }
    : null;
  const when = local.moment ?? { chip: null, picked: null };
  return html`<div class="stack-close">${whenField({
    when,
    saved: saved,
    showMissing: false,
    legend: lookUp(key),
    onChange: (updated) => {
      local.moment = updated;
      access.put(question.name, momentFromBlock(timeBlockOf(updated, Date.now())));
      card.stage.draw();
    },
  })}
    <p class="small soft">${hintFor(key) ?? nothing}</p>
    ${
      value
        ? html`<div>${button(
            t('card.blank'),
            () => {
              local.moment = undefined;
              access.put(question.name, null);
            },
            { plain: true },
          )}</div>`
        : nothing
    }</div>`;
}

/** The time block of an entry as a separate object (docs/record.md, Times). */
function momentFromBlock(block: TimeBlock | null) {
  if (!block) return null;
  const {
    occurred_start: start,
    occurred_end: end,
    occurred_local: local,
    tz,
    utc_offset_min,
    precision,
    time_source: source,
  } = block;
  return Object.fromEntries(
    Object.entries({ start, end, local, tz, utc_offset_min, precision, source }).filter(([, value]) => value !== null),
  );
}

/** Return a copy with one answer set. Empty answers are removed. */
function setAnswer(object: Fields, name: string, value: unknown) {
  const updated = { ...object, [name]: value };
  const answered = Object.fromEntries(Object.entries(updated).filter(([, part]) => !isEmpty(part)));
  return answered;
}

function objectQuestion(card: CardBase, question: Question, access: AnswerAccess): unknown {
  const value = access.get(question.name) ?? {};
  const innerAccess: AnswerAccess = {
    path: `${access.path}${question.name}.`,
    get: (name) => value[name],
    put: (name, answer) => access.put(question.name, orNull(setAnswer(value, name, answer))),
  };
  const [firstQuestion] = question.questions ?? [];
  // A legend that repeats the label of its first question is for screen readers only.
  const isRepeated = firstQuestion && lookUp(textKey(firstQuestion, innerAccess)) === lookUp(textKey(question, access));
  return html`<fieldset class="stack"><legend
    class="label ${isRepeated ? 'unseen' : ''}">${lookUp(textKey(question, access))}</legend><div
    class="part stack">${(question.questions ?? []).map((innerQuestion) =>
      questionField(card, innerQuestion, innerAccess),
    )}</div></fieldset>`;
}

const orNull = (value: Fields) => (Object.keys(value).length ? value : null);

/** A list of objects of the same shape, each with its own remove button. */
function objectsQuestion(card: CardBase, question: Question, access: AnswerAccess): unknown {
  const { local } = card.stage;
  const saved = (Array.isArray(access.get(question.name)) ? access.get(question.name) : []) as Fields[];
  const blanks = (local.blanks ??= {});
  // An empty item exists on the screen only: an entry never stores one.
  const list = saved.length && !blanks[question.name] ? saved : [...saved, {}];
  const put = (i: number, value: Fields) => {
    const updated = list.map((item, j) => (i === j ? value : item)).filter((item) => Object.keys(item).length);
    if (i === saved.length && Object.keys(value).length) blanks[question.name] = false;
    access.put(question.name, updated);
  };
  return html`<fieldset class="stack"><legend class="label">${lookUp(textKey(question, access))}</legend>
    ${list.map((value, i) => {
      const innerAccess: AnswerAccess = {
        path: `${access.path}${question.name}.${i}.`,
        get: (name) => value[name],
        put: (name, answer) => put(i, setAnswer(value, name, answer)),
      };
      return html`<div class="part stack" role="group" aria-label=${t('card.nth', { n: i + 1, of: list.length })}>${(
        question.questions ?? []
      ).map((item) => questionField(card, item, innerAccess))}
        ${
          i < saved.length
            ? html`<div>${button(
                t('card.take_away'),
                () => {
                  access.put(
                    question.name,
                    saved.filter((_item, j) => j !== i),
                  );
                  Object.assign(local, { raw: {}, wrong: {} });
                },
                { plain: true },
              )}</div>`
            : nothing
        }</div>`;
    })}
    ${
      list.length === saved.length
        ? html`<div>${button(
            t('card.another'),
            () => {
              blanks[question.name] = true;
              card.stage.draw();
            },
            { icon: 'add' },
          )}</div>`
        : nothing
    }</fieldset>`;
}

const linksQuestion: QuestionRenderer = (card, question, access) =>
  linksField(card, question, {
    id: inputId(question, access),
    legend: lookUp(textKey(question, access)),
    hint: hintFor(textKey(question, access)),
    value: access.get(question.name),
    put: (value) => access.put(question.name, value),
  });

const RENDERERS: Record<string, QuestionRenderer> = {
  text: textQuestion,
  code: codeQuestion,
  codes: codeQuestion,
  yes: yesQuestion,
  tick: tickQuestion,
  count: numberQuestion,
  pounds: numberQuestion,
  day: dayQuestion,
  moment: momentQuestion,
  object: objectQuestion,
  objects: objectsQuestion,
  records: linksQuestion,
  record: linksQuestion,
};
