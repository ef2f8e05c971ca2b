/**
 * The questions of a card, each drawn from its row in the table. Typed text goes into the card at once, so that it
 * survives a lock. Only a number or an amount that cannot be parsed waits; the error is shown at its field.
 */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../forms/fields.js';
import { button } from '../parts.js';
import { guard } from '../forms/guard_line.js';
import { knows, lookUp, t } from '../../shell/strings.js';
import { said, vocabulary } from '../text/labels.js';
import { linksField } from './card_links.js';
import { tooLong } from '../forms/long_text.js';
import { whenField, blockOf } from '../forms/when.js';
import { dayFault } from '../../record/moments.js';
import { localAt, phoneZone } from '../../record/times.js';
import '../words.js';
import type { TimeBlock } from '../../record/times.js';
import type { Line, Question } from './card_table.js';
import type { Stage } from '../../shell/stage.js';
import type { Asking, Card } from './card.js';
import type { Fields, Value } from '../../shell/app.js';

/** Where an answer is stored: in the entry, or in an object inside it */
export type At = { path: string; get: (name: string) => Value; put: (name: string, value: unknown) => void };
export type Draw = (card: Card, line: Line, at: At) => unknown;
type Field = (card: Asking, line: Question, at: At) => unknown;

const FEW = 5;

/** Access to the entry itself. */
export function top(card: Asking, lines: readonly Line[]): At {
  const apart = new Set(lines.filter((line) => line.apart).map(({ name }) => name));
  return {
    path: '',
    get: card.value,
    put: (name, value) => card.put(apart.has(name) ? { restricted: { [name]: value } } : { fields: { [name]: value } }),
  };
}

/**
 * The questions of a card. Optional questions stay behind "More" until they have an answer.
 * @param custom questions that a card draws itself
 */
export function linesOf(card: Card, lines: readonly Line[], own: Record<string, Draw> = {}) {
  const at = top(card, lines);
  const opened = Boolean(card.stage.local.more?.lines);
  const waits = (line: Line) =>
    line.later && !opened && isEmpty(at.get(line.name)) && isEmpty(at.get(`${line.name}_text`));
  return html`${lines.filter((line) => !waits(line)).map((line) => (own[line.name] ?? lineField)(card, line, at))}
    ${
      lines.some(waits)
        ? html`<div>${button(t('card.more'), () => showMore(card, 'lines'), { plain: true })}</div>`
        : nothing
    }`;
}

export const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === '' || (typeof value === 'object' && !Object.keys(value).length);

export function showMore(card: Asking, what: string) {
  card.stage.set({ more: { ...card.stage.local.more, [what]: true } });
}

export function lineField(card: Asking, line: Question, at: At): unknown {
  const drawn = DRAWN[line.as];
  return drawn ? drawn(card, line, at) : nothing;
}

const idOf = (line: Question, at: At) => `c-${at.path}${line.name}`.replaceAll('.', '-');
/** For example `f.vehicle.make`. List indexes are left out. */
const keyOf = (line: Question, at: At) => `f.${at.path.replace(/\d+\./g, '')}${line.name}`;
const hintOf = (key: string) => (knows(`${key}_hint`) ? lookUp(`${key}_hint`) : undefined);

function textLine(card: Asking, line: Question, at: At): unknown {
  const value = String(at.get(line.name) ?? '');
  const key = keyOf(line, at);
  const hint = [hintOf(key), line.apart ? t('card.apart') : ''].filter(Boolean).join(' ');
  const long = tooLong(value);
  return html`<div class="stack-close">${textField({
    id: idOf(line, at),
    label: lookUp(key),
    value,
    error: long ? t('add.too_long', long) : null,
    on: (typed) => at.put(line.name, typed),
    ...(hint ? { hint } : {}),
    ...(line.low ? { lines: 'low' } : {}),
  })}
    ${
      line.low && !line.apart && !at.path
        ? guard(card.stage, value, { place_detail: card.value('place_detail') ?? '' }, (words, place_detail) =>
            card.put({ fields: { [line.name]: words }, restricted: { place_detail } }),
          )
        : nothing
    }</div>`;
}

function codeLine(card: Asking, line: Question, at: At): unknown {
  const many = line.as === 'codes';
  const list = vocabulary(card.stage)?.[line.list ?? ''];
  if (!list) return html`<p role="status">${t('frame.loading')}</p>`;
  const value = at.get(line.name);
  const chosen = (Array.isArray(value) ? value : value ? [value] : []) as string[];
  const name = idOf(line, at);
  const every = Boolean(card.stage.local.more?.[name]) || list.codes.length <= FEW + 1;
  const ever = everChosen(card, name, chosen);
  const shown = every ? list.codes : list.codes.filter((one, i) => i < FEW || ever.has(one.code));
  // A radio alone cannot be unset, so a blank choice is offered. It comes last, so that nothing moves.
  const blank = !many && (chosen.length || ever.size) ? [['', t('card.blank')] as [string, string]] : [];
  const put = (code: string, on: boolean) =>
    at.put(line.name, many ? (on ? [...chosen, code] : chosen.filter((one) => one !== code)) : code);
  return html`<div class="stack-close">${chips({
    name,
    legend: lookUp(keyOf(line, at)),
    many,
    chosen: chosen.length ? chosen : [''],
    choices: [...shown.map((one) => [one.code, said(one)] as [string, string]), ...blank],
    on: put,
  })}
    ${every ? nothing : html`<div>${button(t('card.more'), () => showMore(card, name), { plain: true })}</div>`}
    ${wordsOf(card, line, at, chosen)}</div>`;
}

/** The text field of a choice: shown for "something else", or always where the text matters more than the choice. */
export function wordsOf(card: Asking, line: Question, at: At, chosen: readonly string[]) {
  const name = `${line.name}_text`;
  const asked = chosen.includes('other') || (line.tells && chosen.length > 0 && !chosen.includes('prefer_not_to_say'));
  if ((!asked && isEmpty(at.get(name))) || !knows(keyOf({ ...line, name }, at))) return nothing;
  return textLine(card, { name, as: 'text', low: true }, at);
}

/** Codes that are or were chosen while the card is open. A chip must never move or vanish under the finger. */
export function everChosen(card: Asking, name: string, chosen: readonly string[]): Set<string> {
  const ever = (card.stage.local.ever ??= {});
  ever[name] = new Set([...(ever[name] ?? []), ...chosen]);
  return ever[name];
}

function yesLine(card: Asking, line: Question, at: At): unknown {
  const value = at.get(line.name);
  const chosen = value === true ? 'yes' : value === false ? 'no' : '';
  return html`<div class="stack-close">${chips({
    name: idOf(line, at),
    legend: lookUp(keyOf(line, at)),
    chosen: [chosen],
    choices: [
      ['yes', t('card.yes')],
      ['no', t('card.no')],
      ['', t('card.blank')],
    ],
    on: (code) => at.put(line.name, code === '' ? null : code === 'yes'),
  })}
    ${line.tells ? wordsOf(card, line, at, chosen === 'yes' ? ['yes'] : []) : nothing}</div>`;
}

function tickLine(_card: Asking, line: Question, at: At): unknown {
  // An entry goes into packs unless the keeper unticks it. Every other box starts unticked.
  const checked = line.name === 'include_in_pack' ? at.get(line.name) !== false : at.get(line.name) === true;
  return checkbox({
    id: idOf(line, at),
    label: lookUp(keyOf(line, at)),
    checked,
    on: (on) => at.put(line.name, line.name === 'include_in_pack' ? (on ? null : false) : on || null),
  });
}

/** A whole number, or an amount in pounds stored as pence. */
function numberLine(card: Asking, line: Question, at: At): unknown {
  const raw = (card.stage.local.raw ??= {});
  const id = idOf(line, at);
  const pounds = line.as === 'pounds';
  const kept = at.get(line.name);
  const shown =
    raw[id] ?? (typeof kept !== 'number' ? '' : pounds ? (kept / 100).toFixed(kept % 100 ? 2 : 0) : String(kept));
  const wrong = shown.trim() !== '' && numberOf(shown, pounds) === null;
  const key = keyOf(line, at);
  const hint = hintOf(key);
  return textField({
    id,
    label: lookUp(key),
    value: shown,
    error: wrong ? t(pounds ? 'money.wrong' : 'count.wrong') : null,
    ...(hint ? { hint } : {}),
    on: (typed) => {
      raw[id] = typed;
      at.put(line.name, numberOf(typed, pounds));
    },
  });
}

/**
 * Parse a typed number: digits, with spaces or commas between thousands.
 * @returns a whole number, pence for pounds; null if it is not a number or is implausibly large
 */
export function numberOf(typed: string, pounds: boolean): number | null {
  const plain = typed.normalize('NFKC').replace(/[\s,£]/g, '');
  if (pounds) return /^\d{1,8}(\.\d{1,2})?$/.test(plain) ? Math.round(Number(plain) * 100) : null;
  return /^\d{1,6}$/.test(plain) ? Number(plain) : null;
}

/** Whether any input in the open card or form cannot be parsed or is too long to store. */
export function hasUnreadable(stage: Stage) {
  const { fields = {}, restricted = {} } = stage.local.change ?? stage.local.typing ?? {};
  if (Object.values((stage.local.wrong ?? {}) as Record<string, string | null>).some(Boolean)) return true;
  if ([...Object.values(fields), ...Object.values(restricted)].some((one) => typeof one === 'string' && tooLong(one)))
    return true;
  return Object.entries((stage.local.raw ?? {}) as Record<string, string>).some(
    ([id, typed]) => typed.trim() !== '' && numberOf(typed, id.includes('pence')) === null,
  );
}

/** A day. A day that does not exist, is too long ago or lies in the future shows an error and is not saved. */
function dayLine(card: Asking, line: Question, at: At): unknown {
  const wrong = (card.stage.local.wrong ??= {});
  const id = idOf(line, at);
  const value = String(at.get(line.name) ?? '');
  const key = keyOf(line, at);
  const hint = hintOf(key);
  wrong[id] = dayFault(value, localAt(Date.now(), phoneZone()).slice(0, 10), { future: line.ahead === true });
  return textField({
    id,
    label: lookUp(key),
    type: 'date',
    value,
    error: wrong[id] && lookUp(`bad.${wrong[id]}`),
    on: (typed) => at.put(line.name, typed),
    ...(hint ? { hint } : {}),
  });
}

/** A separate time, such as when the keeper found out. */
function momentLine(card: Asking, line: Question, at: At): unknown {
  const { local } = card.stage;
  const value = at.get(line.name);
  const key = keyOf(line, at);
  const kept = value
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
    kept: kept,
    tried: false,
    legend: lookUp(key),
    on: (next) => {
      local.moment = next;
      at.put(line.name, momentOf(blockOf(next, Date.now())));
      card.stage.draw();
    },
  })}
    <p class="small soft">${hintOf(key) ?? nothing}</p>
    ${
      value
        ? html`<div>${button(
            t('card.blank'),
            () => {
              local.moment = undefined;
              at.put(line.name, null);
            },
            { plain: true },
          )}</div>`
        : nothing
    }</div>`;
}

/** The time block of an entry as a separate object (docs/record.md, Times). */
function momentOf(block: TimeBlock | null) {
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
    Object.entries({ start, end, local, tz, utc_offset_min, precision, source }).filter(([, one]) => one !== null),
  );
}

/** Return a copy with one answer set. Empty answers are removed. */
function withAnswer(object: Fields, name: string, value: unknown) {
  const next = { ...object, [name]: value };
  const said_ = Object.fromEntries(Object.entries(next).filter(([, one]) => !isEmpty(one)));
  return said_;
}

function objectLine(card: Asking, line: Question, at: At): unknown {
  const value = at.get(line.name) ?? {};
  const inside: At = {
    path: `${at.path}${line.name}.`,
    get: (name) => value[name],
    put: (name, answer) => at.put(line.name, orNull(withAnswer(value, name, answer))),
  };
  const [first] = line.lines ?? [];
  // A legend that repeats the label of its first question is for screen readers only.
  const again = first && lookUp(keyOf(first, inside)) === lookUp(keyOf(line, at));
  return html`<fieldset class="stack"><legend
    class="label ${again ? 'unseen' : ''}">${lookUp(keyOf(line, at))}</legend><div
    class="part stack">${(line.lines ?? []).map((one) => lineField(card, one, inside))}</div></fieldset>`;
}

const orNull = (value: Fields) => (Object.keys(value).length ? value : null);

/** A list of objects of the same shape, each with its own remove button. */
function objectsLine(card: Asking, line: Question, at: At): unknown {
  const { local } = card.stage;
  const kept = (Array.isArray(at.get(line.name)) ? at.get(line.name) : []) as Fields[];
  const blanks = (local.blanks ??= {});
  // An empty item exists on the screen only: an entry never stores one.
  const list = kept.length && !blanks[line.name] ? kept : [...kept, {}];
  const put = (i: number, value: Fields) => {
    const next = list.map((one, j) => (i === j ? value : one)).filter((one) => Object.keys(one).length);
    if (i === kept.length && Object.keys(value).length) blanks[line.name] = false;
    at.put(line.name, next);
  };
  return html`<fieldset class="stack"><legend class="label">${lookUp(keyOf(line, at))}</legend>
    ${list.map((value, i) => {
      const inside: At = {
        path: `${at.path}${line.name}.${i}.`,
        get: (name) => value[name],
        put: (name, answer) => put(i, withAnswer(value, name, answer)),
      };
      return html`<div class="part stack" role="group" aria-label=${t('card.nth', { n: i + 1, of: list.length })}>${(
        line.lines ?? []
      ).map((one) => lineField(card, one, inside))}
        ${
          i < kept.length
            ? html`<div>${button(
                t('card.take_away'),
                () => {
                  at.put(
                    line.name,
                    kept.filter((_one, j) => j !== i),
                  );
                  Object.assign(local, { raw: {}, wrong: {} });
                },
                { plain: true },
              )}</div>`
            : nothing
        }</div>`;
    })}
    ${
      list.length === kept.length
        ? html`<div>${button(
            t('card.another'),
            () => {
              blanks[line.name] = true;
              card.stage.draw();
            },
            { icon: 'add' },
          )}</div>`
        : nothing
    }</fieldset>`;
}

const linksLine: Field = (card, line, at) =>
  linksField(card, line, {
    id: idOf(line, at),
    legend: lookUp(keyOf(line, at)),
    hint: hintOf(keyOf(line, at)),
    value: at.get(line.name),
    put: (value) => at.put(line.name, value),
  });

const DRAWN: Record<string, Field> = {
  text: textLine,
  code: codeLine,
  codes: codeLine,
  yes: yesLine,
  tick: tickLine,
  count: numberLine,
  pounds: numberLine,
  day: dayLine,
  moment: momentLine,
  object: objectLine,
  objects: objectsLine,
  records: linksLine,
  record: linksLine,
};
