/** Choosing people, accounts, orders and the like for an entry, from what is listed or by adding one on the spot. */
import { html, nothing } from './html.js';
import { chips, textField } from './fields.js';
import { button } from './parts.js';
import { knows, t } from './strings.js';
import { vocabulary } from './labels.js';
import { madeOf, nameOf } from './record_names.js';

/** @typedef {import('./cards.js').Card} Card */
/** @typedef {import('./card_table.js').Line} Line */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./record_names.js').Listed} Listed */

const FEW = 5;
const MANY = 12;

/** What is listed of a kind; undefined while it is read. @param {Stage} stage @param {string} kind @returns {Listed[]|undefined} */
export function listed(stage, kind) {
  vocabulary(stage);
  return stage.find(`records:${kind}`, async () => (await stage.app.readRecords?.(kind, { all: true })) ?? []).data;
}

/**
 * The name of one record, by its id; a record that is gone from the list is said to be.
 * @param {Stage} stage @param {string} kind @param {string} id
 */
export function linkName(stage, kind, id) {
  const found = listed(stage, kind);
  const one = found?.find(({ record }) => record === id);
  return one ? nameOf(kind, one.fields) : found ? t('link.gone') : '';
}

/**
 * @param {Card} card @param {Line} line
 * @param {{id: string, legend: string, hint?: string|undefined, value: any, put: (value: any) => void}} at
 */
export function linksField(card, line, { id, legend, hint, value, put }) {
  const { stage } = card;
  const kind = /** @type {string} */ (line.record);
  const many = line.as === 'records';
  const found = listed(stage, kind);
  if (!found) return html`<p role="status">${t('frame.loading')}</p>`;
  const chosen = /** @type {string[]} */ (Array.isArray(value) ? value : value ? [value] : []);
  const ever = ((stage.local.ever ??= {})[id] ??= new Set());
  for (const one of chosen) ever.add(one);
  const search = stage.local[`find-${id}`] ?? '';
  const shown = offered(found, kind, { ever, search, every: Boolean(stage.local.more?.[id]) });
  const gone = chosen.filter((one) => !found.some(({ record }) => record === one));
  const choices = [
    ...shown.map((one) => /** @type {[string, string]} */ ([one.record, nameOf(kind, one.fields)])),
    ...gone.map((one) => /** @type {[string, string]} */ ([one, t('link.gone')])),
  ];
  /** @param {string} record @param {boolean} on */
  const choose = (record, on) =>
    put(many ? (on ? [...chosen, record] : chosen.filter((one) => one !== record)) : record || null);
  const blank = !many && ever.size ? [/** @type {[string, string]} */ (['', t('card.blank')])] : [];
  const hidden =
    found.filter(({ taken_out }) => taken_out === null || taken_out === undefined).length > shown.length && !search;
  return html`<div class="stack-close">
    ${choices.length ? chips({ name: id, legend, many, chosen: chosen.length ? chosen : [''], choices: [...choices, ...blank], on: choose }) : html`<p class="label">${legend}</p>`}
    ${hint ? html`<p class="small soft">${hint}</p>` : nothing}
    ${found.length > MANY ? textField({ id: `${id}-find`, label: t('link.find'), type: 'search', value: search, on: (typed) => stage.set({ [`find-${id}`]: typed }) }) : nothing}
    <div class="row">${hidden && found.length <= MANY ? button(t('card.more'), () => stage.set({ more: { ...stage.local.more, [id]: true } }), { plain: true }) : nothing}
    ${knows(`link.${kind}`) ? adding(card, line, id, (record) => choose(record, true)) : nothing}</div></div>`;
}

/** Five, what was ever chosen here, and what was looked for. @param {Listed[]} found @param {string} kind @param {{ever: Set<string>, search: string, every: boolean}} how */
function offered(found, kind, { ever, search, every }) {
  const wanted = fold(search);
  const alive = found.filter(
    ({ record, taken_out, fields }) =>
      ever.has(record) || ((taken_out === null || taken_out === undefined) && !fields['merged_into']),
  );
  let left = every ? Infinity : FEW;
  return alive.filter(({ record, fields }) => {
    if (ever.has(record)) return true;
    if (wanted) return fold(nameOf(kind, fields)).includes(wanted) && left-- > 0;
    return left-- > 0;
  });
}

/** @param {string} text */
const fold = (text) => text.normalize('NFKC').toLowerCase().trim();

/** One more, named and chosen in one step; everything else about it can wait. @param {Card} card @param {Line} line @param {string} id @param {(record: string) => void} chosen */
function adding(card, line, id, chosen) {
  const { stage } = card;
  const kind = /** @type {string} */ (line.record);
  const typed = stage.local[`new-${id}`];
  if (typed === undefined)
    return button(t(`link.${kind}`), () => stage.set({ [`new-${id}`]: '' }), { plain: true, icon: 'add' });
  const add = () =>
    typed.trim()
      ? stage.run('link', async () => {
          const { record } = await stage.app.saveRecord({ kind, record: null, fields: madeOf(kind, typed, line.role) });
          stage.refresh(`records:${kind}`);
          stage.local[`new-${id}`] = undefined;
          chosen(record);
        })
      : undefined;
  return html`<div class="part stack-close">${textField({ id: `${id}-new`, label: t(knows(`link.${kind}_name`) ? `link.${kind}_name` : 'link.add_name'), value: typed, enter: add, on: (text) => stage.set({ [`new-${id}`]: text }) })}
    <div class="row">${button(t('link.add_do'), add, { busy: stage.running === 'link' })}${button(t('frame.cancel'), () => stage.set({ [`new-${id}`]: undefined }), { plain: true })}</div></div>`;
}
