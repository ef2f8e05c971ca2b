/** What the cards ask: what kind, who, where, how it affected you, private note. */
import { html, nothing } from './html.js';
import { chips, textField } from './fields.js';
import { button } from './parts.js';
import { guard } from './guard_line.js';
import { t } from './strings.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./cards.js').Card} Card */
/** @typedef {import('./app.d.ts').Entry} Entry */
/** @typedef {import('../record/vocabulary.js').List} List */

/** Shown before a search: what people most often choose, in the order of the record's vocabulary. */
const USUAL = ['chat_messages', 'calls', 'contact_new_account_after_block', 'turn_up_home', 'follow'];
const FEW = 5;

/** @type {Record<string, List>|null} */
let lists = null;

/**
 * The vocabulary, once it is here; it is large and not needed at the door.
 * @param {Stage} stage
 */
export function vocabulary(stage) {
  if (!lists) import('../record/vocabulary.js').then((module) => { lists = module.VOCABULARY; stage.draw(); }, () => undefined);
  return lists;
}

/**
 * The label of a code, or the code while the vocabulary is on its way.
 * @param {string} list @param {string|null|undefined} code
 * @returns {string}
 */
export function label(list, code) {
  if (!code) return '';
  return lists?.[list]?.codes.find((one) => one.code === code)?.label ?? '';
}

/** @param {Entry} entry */
export const kindSummary = (entry) => (entry.fields.behaviours ?? []).map((/** @type {string} */ code) => label('behaviours', code)).join(' · ');
/** @param {Entry} entry */
export const whereSummary = (entry) => label('places', entry.fields.place_category);
/** @param {Entry} entry */
export const effectSummary = (entry) => entry.fields.feelings_then_text || (entry.fields.feelings_then ?? []).map((/** @type {string} */ code) => label('feelings', code)).join(' · ');

/**
 * Codes that match what was typed: every word of it begins a word of the label or of its section.
 * @param {List} list
 * @param {string} search
 */
export function matching(list, search) {
  const wanted = search.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
  const section = new Map(list.sections?.map((one) => [one.code, one.label]));
  return list.codes.filter((code) => {
    const words = `${code.label} ${section.get(code.section ?? '') ?? ''}`.toLowerCase().split(/[^\p{L}\p{N}’']+/u);
    return wanted.every((want) => words.some((word) => word.startsWith(want)));
  });
}

/**
 * Codes that are or were chosen while the card is open: a chip never moves or goes from under the finger.
 * @param {Card} card @param {string} field @param {readonly string[]} chosen
 * @returns {Set<string>}
 */
function everChosen(card, field, chosen) {
  const ever = (card.stage.local.ever ??= {});
  ever[field] = new Set([...(ever[field] ?? []), ...chosen]);
  return ever[field];
}

/** @param {Card} card */
export function kindBody(card) {
  const list = vocabulary(card.stage)?.behaviours;
  if (!list) return html`<p role="status">${t('frame.loading')}</p>`;
  const { local } = card.stage;
  const chosen = /** @type {string[]} */ (card.value('behaviours') ?? []);
  const search = local.search ?? '';
  const found = search.trim() ? matching(list, search) : [];
  /** @param {string} code @param {boolean} on */
  const put = (code, on) => card.put({ fields: { behaviours: on ? [...chosen, code] : chosen.filter((one) => one !== code) } });
  /** @param {string} legend @param {readonly {code: string, label: string}[]} codes @param {boolean} [quiet] */
  const group = (legend, codes, quiet) => chips({ name: `kind-${legend}`, legend, quiet, many: true, choices: codes.map((one) => [one.code, one.label]), chosen, on: put });
  const usual = list.codes.filter((code) => USUAL.includes(code.code));
  const shown = search.trim() ? found.slice(0, 12) : local.more?.kind ? list.codes : usual;
  const elsewhere = list.codes.filter((code) => everChosen(card, 'behaviours', chosen).has(code.code) && !shown.includes(code));
  return html`
    ${elsewhere.length ? group(t('kind.chosen'), elsewhere) : nothing}
    ${textField({ id: 'kind-search', label: t('kind.search'), type: 'search', value: search, on: (typed) => card.stage.set({ search: typed }) })}
    <div role="status">${search.trim() && !found.length ? t('kind.none') : nothing}</div>
    ${search.trim() ? group(t('kind.search'), shown, true)
    : local.more?.kind ? list.sections?.map((section) => group(section.label, list.codes.filter((code) => code.section === section.code)))
      : html`${group(t('kind.usual'), usual)}${button(t('kind.all'), () => card.stage.set({ more: { ...local.more, kind: true } }), { plain: true })}`}
    ${chosen.includes('other') || card.value('behaviours_text') ? textField({ id: 'kind-text', label: t('kind.text'), lines: 'low', value: card.value('behaviours_text') ?? '', on: (behaviours_text) => card.put({ fields: { behaviours_text } }) }) : nothing}`;
}

/** @param {Card} card */
export function whoBody(card) {
  return textField({ id: 'who', label: t('who.field'), hint: t('who.hint'), lines: 'low', value: card.value('who') ?? '', on: (who) => card.put({ fields: { who } }) });
}

/**
 * Five choices before "more", what is chosen among them.
 * @param {Card} card @param {string} name @param {string} field @param {string} legend @param {boolean} many
 */
function fewChips(card, name, field, legend, many) {
  const list = vocabulary(card.stage)?.[name];
  if (!list) return nothing;
  const value = card.value(field);
  const chosen = /** @type {string[]} */ (many ? value ?? [] : value ? [value] : []);
  const all = card.stage.local.more?.[name] || list.codes.length <= FEW + 1;
  const ever = everChosen(card, field, chosen);
  const shown = all ? list.codes : list.codes.filter((code, i) => i < FEW || ever.has(code.code));
  return html`${chips({ name, legend, many, chosen, choices: shown.map((code) => [code.code, code.label]),
    on: (code, on) => card.put({ fields: { [field]: many ? (on ? [...chosen, code] : chosen.filter((one) => one !== code)) : code } }) })}
    ${all ? nothing : button(t('card.more'), () => card.stage.set({ more: { ...card.stage.local.more, [name]: true } }), { plain: true })}`;
}

/** @param {Card} card */
export function whereBody(card) {
  return html`${fewChips(card, 'places', 'place_category', t('where.other'), false)}
    ${card.value('place_category') === 'other' || card.value('place_category_text') ? textField({ id: 'place-text', label: t('kind.text'), value: card.value('place_category_text') ?? '', on: (place_category_text) => card.put({ fields: { place_category_text } }) }) : nothing}
    ${textField({ id: 'place-detail', label: t('where.detail'), hint: t('where.hint'), lines: 'low', value: card.value('place_detail') ?? '', on: (place_detail) => card.put({ restricted: { place_detail } }) })}`;
}

/** Own words first, chips after, fear last; blank is kept apart from "no". @param {Card} card */
export function effectBody(card) {
  const words = card.value('feelings_then_text') ?? '';
  const fear = vocabulary(card.stage)?.fear;
  const feared = card.value('feared_violence') ?? '';
  return html`
    ${textField({ id: 'effect', label: t('effect.words'), lines: 'low', value: words, on: (feelings_then_text) => card.put({ fields: { feelings_then_text } }) })}
    ${guard(card.stage, words, { place_detail: card.value('place_detail') ?? '' }, (narrative, place_detail) => card.put({ fields: { feelings_then_text: narrative }, restricted: { place_detail } }))}
    ${fewChips(card, 'feelings', 'feelings_then', t('effect.feelings'), true)}
    ${fear ? chips({ name: 'fear', legend: t('effect.fear'), choices: [...fear.codes.map((code) => /** @type {[string, string]} */ ([code.code, code.label])), ['', t('effect.blank')]],
    chosen: [feared], on: (code) => card.put({ fields: { feared_violence: code } }) }) : nothing}
    <p class="small soft">${t('effect.blank_hint')}</p>
    ${feared && feared !== 'prefer_not_to_say' ? textField({ id: 'fear-text', label: t('effect.fear_words'), lines: 'low', value: card.value('feared_violence_text') ?? '', on: (feared_violence_text) => card.put({ fields: { feared_violence_text } }) }) : nothing}`;
}

/** @param {Card} card */
export function noteBody(card) {
  return textField({ id: 'note', label: t('note.field'), hint: t('note.hint'), lines: 'low', value: card.value('note') ?? '', on: (note) => card.put({ note }) });
}
