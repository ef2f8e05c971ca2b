/** Choosing what someone will see, and the page they see: large, read-only, with the diary locked behind it. */
import { html, nothing, ref } from './html.js';
import { checkbox, chips, textField } from './fields.js';
import { button, errorSummary, heading, sentenceOf, waiting } from './parts.js';
import { forOthers, language, t, tn } from './strings.js';
import './strings_cards.js';
import './strings_registers.js';
import './strings_share.js';
import './strings_show.js';
import { label, vocabulary } from './labels.js';
import { day, dayWords, momentSaid, whenWords } from './say.js';
import { LANGUAGES, NEEDS, cardLines } from './show_cards.js';
import { isInForce, termsOf } from './register_terms.js';
import { titleOf } from './register_words.js';
import { localAt, phoneZone } from '../record/times.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./app.d.ts').Fields} Fields */
/** @typedef {import('./app.d.ts').ShownSection} ShownSection */
/** @typedef {import('./app.d.ts').ShownBlock} ShownBlock */
/** @typedef {{id: string, section: string, label: string, block: ShownBlock, ticked: boolean, apart?: boolean, hint?: string}} Choice one tick; `apart`: restricted, so it starts unticked */

const RTL = new Set(['ur', 'ar', 'fa', 'he', 'ps']);
const SECTIONS = ['last', 'picked', 'others', 'count', 'who', 'orders', 'refs', 'cards'];

/** @param {Stage} stage */
function show(stage) {
  const { record, kind, records } = stage.place;
  vocabulary(stage);
  const found = stage.find(`records-show:${record ?? records?.join() ?? ''}`, () =>
    stage.app.readForShow({
      ...(record ? { record } : {}),
      ...(kind ? { kind } : {}),
      ...(records ? { records } : {}),
    }),
  );
  if (found.problem)
    return html`<div class="stack">${heading(t('show.title'))}<p role="alert">${sentenceOf(found.problem)}</p></div>`;
  if (!found.data || !vocabulary(stage)) return waiting();
  const choices = choicesOf(stage, found.data);
  const { local } = stage;
  const isTicked = (/** @type {Choice} */ one) => local.ticks?.[one.id] ?? one.ticked;
  const go = () => {
    // Chosen in the keeper's words, made in those of whoever will read it.
    const sections = forOthers(() => sectionsOf(choicesOf(stage, found.data).filter(isTicked)));
    if (!sections.length) return stage.fail({ code: 'none', sentence: t('show.none') });
    return stage.run('show', async () => {
      await keepCards(stage, choices.filter(isTicked), found.data.settings);
      await stage.app.showNow(sections);
    });
  };
  return html`<div class="stack-wide form">
    <div class="stack-close">${heading(t('show.title'))}<p>${t('show.lead')}</p>${language() === 'en-GB' ? nothing : html`<p class="small soft">${t('share.english')}</p>`}</div>
    ${errorSummary(stage)}
    <div>${button(t('show.do'), go, { main: true, wide: true, icon: 'eye', busy: stage.running === 'show' })}</div>
    ${SECTIONS.map((section) =>
      group(
        stage,
        section,
        choices.filter((one) => one.section === section),
        isTicked,
        found.data.settings,
      ),
    )}
    ${languageField(stage, found.data.settings)}
    <p class="small soft">${t('show.after')}</p>
  </div>`;
}

/** The cards that were shown are ticked the next time. @param {Stage} stage @param {Choice[]} ticked @param {{fields: Fields}} settings */
async function keepCards(stage, ticked, settings) {
  const cards = NEEDS.filter(({ code }) => ticked.some(({ id }) => id === `card/${code}`)).map(({ code }) => ({
    code,
    words: wordsFor(stage, settings, code),
  }));
  if (JSON.stringify(cards) === JSON.stringify(settings.fields['show_cards'] ?? [])) return;
  await stage.app.saveSettings({ fields: { show_cards: cards.length ? cards : null } });
}

/** What the keeper added to a card, now or the last time. @param {Stage} stage @param {{fields: Fields}} settings @param {string} code @returns {string} */
function wordsFor(stage, settings, code) {
  const kept = Array.isArray(settings.fields['show_cards'])
    ? settings.fields['show_cards'].find((one) => one?.code === code)?.words
    : '';
  return stage.local.words?.[code] ?? (typeof kept === 'string' ? kept : '');
}

/** @param {Stage} stage @param {string} section @param {Choice[]} choices @param {(one: Choice) => boolean} isTicked @param {{fields: Fields}} settings */
function group(stage, section, choices, isTicked, settings) {
  if (!choices.length) return nothing;
  const tick = (/** @type {Choice} */ one) => html`<li>${checkbox({
    id: `show-${one.id.replaceAll('/', '-')}`,
    checked: isTicked(one),
    label: html`<span dir="auto">${one.label}</span>${one.apart ? html`<span class="row-more">${t('show.apart')}</span>` : nothing}${one.hint ? html`<span class="row-more">${one.hint}</span>` : nothing}`,
    on: (on) => stage.set({ ticks: { ...stage.local.ticks, [one.id]: on } }),
  })}
    ${section === 'cards' && isTicked(one) ? cardWords(stage, one, settings) : nothing}</li>`;
  const folded = section === 'others' && !stage.local.others;
  return html`<section class="stack-close"><h2>${t(`show.${section}`)}</h2>
    ${folded ? html`<div>${button(t('show.others'), () => stage.set({ others: true }), { plain: true, icon: 'add' })}</div>` : html`<ul class="rows ticks">${choices.map(tick)}</ul>`}</section>`;
}

/** @param {Stage} stage @param {Choice} one @param {{fields: Fields}} settings */
function cardWords(stage, one, settings) {
  const card = NEEDS.find(({ code }) => `card/${code}` === one.id);
  if (!card?.ask) return nothing;
  const words = wordsFor(stage, settings, card.code);
  return html`<div class="card-body">${textField({ id: `card-${card.code}`, label: t(`show.${card.ask}`), value: words, on: (typed) => stage.set({ words: { ...stage.local.words, [card.code]: typed } }) })}</div>`;
}

/** @param {Stage} stage @param {{fields: Fields}} settings */
function languageField(stage, settings) {
  const chosen = languageOf(stage, settings);
  const on = (/** @type {string} */ code) => {
    stage.set({ language: code });
    void Promise.resolve(stage.app.saveSettings({ fields: { language: code || null } })).catch(() => undefined);
  };
  return html`<div class="stack-close">${chips({ name: 'show-language', legend: t('show.language'), chosen: [chosen], choices: [['', t('show.language_none')], ...LANGUAGES], on })}
    ${chosen ? html`<p class="small soft">${t('show.draft')}</p>` : nothing}</div>`;
}

/** @param {Stage} stage @param {{fields: Fields}} settings @returns {string} '' unless it is one the cards have */
function languageOf(stage, { fields }) {
  const code = String(stage.local.language ?? fields['language'] ?? '');
  return LANGUAGES.some(([one]) => one === code) ? code : '';
}

/** @param {Stage} stage @param {any} found @returns {Choice[]} */
function choicesOf(stage, found) {
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const picked = new Set(found.picked);
  const entries = found.entries.map((/** @type {any} */ one) =>
    entryChoice(one, one.record === found.first ? 'last' : picked.has(one.record) ? 'picked' : 'others'),
  );
  const count = {
    id: 'count',
    section: 'count',
    ticked: true,
    label: countLines(found)
      .map(({ text }) => text)
      .join(' · '),
    block: { title: '', lines: countLines(found) },
  };
  const needs = ['name_to_use', 'needs', 'safe_contact']
    .filter((name) => found.settings.restricted[name])
    .map((name) => ({
      id: `settings/${name}`,
      section: 'cards',
      apart: true,
      ticked: false,
      label: `${t(`sheet.${name}`)}: ${found.settings.restricted[name]}`,
      block: { title: t(`sheet.${name}`), lines: [{ text: String(found.settings.restricted[name]) }] },
    }));
  const language = languageOf(stage, found.settings);
  const cards = NEEDS.map((card) => {
    const lines = cardLines(card, wordsFor(stage, found.settings, card.code), language);
    return {
      id: `card/${card.code}`,
      section: 'cards',
      ticked:
        Array.isArray(found.settings.fields['show_cards']) &&
        found.settings.fields['show_cards'].some((/** @type {any} */ one) => one?.code === card.code),
      label: lines[0]?.text ?? '',
      block: { title: '', lines },
    };
  });
  const refs = found.reports
    .filter((/** @type {any} */ { fields }) => fields['crime_ref'] || fields['incident_ref'])
    .map((/** @type {any} */ one) => refChoice(stage, one));
  return [
    ...entries,
    count,
    ...found.people.flatMap((/** @type {any} */ one) => personChoices(stage, one, found)),
    ...found.orders.flatMap((/** @type {any} */ one) => orderChoices(stage, one, found, today)),
    ...refs,
    ...cards,
    ...needs,
  ];
}

/** @param {{record: string, seq_no: number|null, fields: Fields, restricted: Fields}} one @param {'last'|'picked'|'others'} section those asked for are ticked @returns {Choice} */
function entryChoice({ record, seq_no, fields }, section) {
  const title = `${seq_no === null ? t('show.entry_new') : t('show.entry', { n: seq_no })} · ${whenWords(/** @type {any} */ ({ precision: 'unknown', ...fields }))}`;
  const text = String(fields['narrative'] ?? '');
  return {
    id: `entry/${record}`,
    section,
    ticked: section !== 'others',
    label: `${title}: ${text.slice(0, 80)}${text.length > 80 ? '…' : ''}`,
    block: { title, lines: text ? [{ text }] : [] },
  };
}

/** @param {{count: number, since: number|null}} found */
function countLines({ count, since }) {
  return [
    { text: tn('show.count_line', count) },
    ...(since === null ? [] : [{ text: t('show.since_line', { day: day(since) }) }]),
  ];
}

/** @param {Stage} stage @param {any} person @param {any} found @returns {Choice[]} */
function personChoices(stage, { record, code, fields, restricted }, found) {
  const name = `${titleOf(stage, 'person', fields)} (${code})`;
  const lines = [
    label('relationships', fields['relationship']),
    fields['description'],
    ...(Array.isArray(fields['aliases']) ? fields['aliases'] : []),
  ]
    .filter(Boolean)
    .map((text) => ({ text: String(text) }));
  const mine = (/** @type {any} */ one) =>
    one.fields['person_id'] === record ||
    (Array.isArray(one.fields['person_ids']) && one.fields['person_ids'].includes(record)) ||
    (fields['account_ids'] ?? []).includes?.(one.record) ||
    (fields['vehicle_ids'] ?? []).includes?.(one.record);
  const linked = (/** @type {string} */ kind) =>
    found[`${kind}s`].filter(mine).map((/** @type {any} */ one) => ({
      id: `${kind}/${one.record}`,
      section: 'who',
      ticked: true,
      label: titleOf(stage, kind, one.fields),
      block: { title: name, lines: [{ text: titleOf(stage, kind, one.fields) }] },
    }));
  const apart = ['real_name', 'last_known_places']
    .filter((one) => restricted[one])
    .map((one) => ({
      id: `person/${record}/${one}`,
      section: 'who',
      apart: true,
      ticked: false,
      label: `${t(`f.person.${one}`)}: ${restricted[one]}`,
      block: { title: name, lines: [{ text: String(restricted[one]) }] },
    }));
  return [
    {
      id: `person/${record}`,
      section: 'who',
      ticked: true,
      label: [name, ...lines.map(({ text }) => text)].join(' · '),
      block: { title: name, lines },
    },
    ...linked('account'),
    ...linked('vehicle'),
    ...apart,
  ];
}

/** @param {Stage} stage @param {any} order @param {any} found @param {string} today @returns {Choice[]} */
function orderChoices(stage, { record, fields }, found, today) {
  const asked = stage.place.record === record;
  const holds = isInForce(fields, today);
  if (!holds && !asked) return [];
  const name = titleOf(stage, 'order', fields);
  const lines = [
    ...(holds ? [] : [t('show.order_over')]),
    ...['made_on', 'served_on', 'expires_on']
      .filter((one) => fields[one])
      .map((one) => `${t(`f.order.${one}`)} ${dayWords(String(fields[one]))}`),
    ...termsOf(fields['terms']).map(({ no, text }) => `${no ?? '–'}. ${text}`),
  ].map((text) => ({ text }));
  const picture = found.pictures[record];
  return [
    { id: `order/${record}`, section: 'orders', ticked: true, label: name, block: { title: name, lines } },
    ...(picture
      ? [
          {
            id: `order/${record}/picture`,
            section: 'orders',
            ticked: picture.safe,
            label: t('show.picture'),
            ...(picture.safe ? {} : { hint: t('show.picture_unseen') }),
            block: { title: name, lines: [], picture: picture.attachment },
          },
        ]
      : []),
  ];
}

/** @param {Stage} stage @param {any} report @returns {Choice} */
function refChoice(stage, { record, fields }) {
  const name = String(fields['force'] || label('report_to', fields['to']) || titleOf(stage, 'report', fields));
  const lines = ['crime_ref', 'incident_ref', 'officer_name', 'collar_no']
    .filter((one) => fields[one])
    .map((one) => ({ text: `${t(`f.report.${one}`)}: ${fields[one]}` }));
  return {
    id: `report/${record}`,
    section: 'refs',
    ticked: true,
    label: [name, ...lines.map(({ text }) => text)].join(' · '),
    block: { title: name, lines },
  };
}

/** Blocks of one name become one. @param {Choice[]} ticked @returns {ShownSection[]} */
function sectionsOf(ticked) {
  return SECTIONS.flatMap((section) => {
    /** @type {ShownBlock[]} */
    const blocks = [];
    for (const { block } of ticked.filter((one) => one.section === section)) {
      const same = block.title ? blocks.find(({ title, picture }) => title === block.title && !picture) : undefined;
      if (same && !block.picture) same.lines = [...same.lines, ...block.lines];
      else blocks.push({ ...block });
    }
    return blocks.length ? [{ title: t(`show.${section}`), blocks }] : [];
  });
}

/** A screen that goes dark would lock the page while it is read. @type {{release(): Promise<void>}|null} */
let awake = null;

/** @param {Element|undefined} element */
function stayAwake(element) {
  if (element)
    navigator.wakeLock?.request('screen').then(
      (lock) => {
        awake = lock;
      },
      () => undefined,
    );
  else void awake?.release().catch(() => undefined);
}

/** The page itself: nothing on it leads anywhere but to the lock. @param {Stage} stage */
function showing(stage) {
  const { sections = [], until = 0 } = stage.state.showing ?? {};
  const close = (wide = false) =>
    html`<div lang=${language()} dir=${RTL.has(language()) ? 'rtl' : 'ltr'}>${button(t('show.close'), () => stage.app.lock('shown'), { icon: 'lock', wide })}</div>`;
  return html`<main class="shown stack-wide" lang="en-GB" dir="ltr" ${ref(stayAwake)}>
    <div class="row apart"><h1 tabindex="-1">${forOthers(() => t('show.page'))}</h1>${close()}</div>
    ${sections.map(({ title, blocks }) => html`<section class="stack"><h2>${title}</h2>${blocks.map(shownBlock)}</section>`)}
    <p class="small">${forOthers(() => `${t('show.made', { at: momentSaid(until - 180_000) })} ${t('show.ends')}`)}</p>
    ${close(true)}
  </main>`;
}

/** @param {ShownBlock} block */
function shownBlock({ title, lines, url }) {
  return html`<div class="stack-close">${title ? html`<h3 dir="auto">${title}</h3>` : nothing}
    ${lines.map(({ text, lang }) => (lang ? html`<p class="shown-own" lang=${lang} dir=${RTL.has(lang) ? 'rtl' : 'ltr'}>${text}</p>` : html`<p class="narrative" dir="auto">${text}</p>`))}
    ${url ? html`<img src=${url} alt=${t('show.picture')}>` : nothing}</div>`;
}

export const views = { show, showing };
