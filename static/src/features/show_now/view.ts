/** The choice of what a person will see, and the page they see: large, read-only, with the diary locked behind it. */
import { html, nothing, ref } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, sentenceOf, waiting } from '../../components/parts.js';
import { forOthers, language, lookUp, t, tn } from '../../shell/strings.js';
import { label, vocabulary } from '../../components/text/labels.js';
import { day, dayWords, momentSaid, whenWords } from '../../components/text/say.js';
import { LANGUAGES, NEEDS, cardLines } from './show_cards.js';
import { isInForce, termsOf } from '../../components/registers/register_terms.js';
import { titleOf } from '../../components/registers/register_words.js';
import { localAt, phoneZone } from '../../record/times.js';
import '../../components/words.js';
import './words.js';
import type { Fields, KeptRecord, Person, Showable, ShownBlock, ShownSection } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** One checkbox; `apart`: restricted, so it starts unticked */
type Choice = {
  id: string;
  section: string;
  label: string;
  block: ShownBlock;
  ticked: boolean;
  apart?: boolean;
  hint?: string;
};

const RTL = new Set(['ur', 'ar', 'fa', 'he', 'ps']);
const SECTIONS = ['last', 'picked', 'others', 'count', 'who', 'orders', 'refs', 'cards'];

function show(stage: Stage) {
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
  const isTicked = (one: Choice) => local.ticks?.[one.id] ?? one.ticked;
  const go = () => {
    // Chosen in the keeper's language, made in English for the reader.
    const sections = forOthers(() => sectionsOf(choicesOf(stage, found.data as Showable).filter(isTicked)));
    if (!sections.length) return stage.fail({ code: 'none', sentence: t('show.none') });
    return stage.run('show', async () => {
      await keepCards(stage, choices.filter(isTicked), (found.data as Showable).settings);
      await stage.app.showNow(sections);
    });
  };
  return html`<div class="stack-wide form">
    <div class="stack-close">${heading(t('show.title'))}<p>${t('show.lead')}</p>${
      language() === 'en-GB' ? nothing : html`<p class="small soft">${t('share.english')}</p>`
    }</div>
    ${errorSummary(stage)}
    <div>${button(t('show.do'), go, { main: true, wide: true, icon: 'eye', busy: stage.running === 'show' })}</div>
    ${SECTIONS.map((section) =>
      group(
        stage,
        section,
        choices.filter((one) => one.section === section),
        isTicked,
        (found.data as Showable).settings,
      ),
    )}
    ${languageField(stage, found.data.settings)}
    <p class="small soft">${t('show.after')}</p>
  </div>`;
}

/** Save the shown cards, so that they are ticked the next time. */
async function keepCards(stage: Stage, ticked: Choice[], settings: { fields: Fields }) {
  const cards = NEEDS.filter(({ code }) => ticked.some(({ id }) => id === `card/${code}`)).map(({ code }) => ({
    code,
    words: wordsFor(stage, settings, code),
  }));
  if (JSON.stringify(cards) === JSON.stringify(settings.fields.show_cards ?? [])) return;
  await stage.app.saveSettings({ fields: { show_cards: cards.length ? cards : null } });
}

/** Return the keeper's addition to a card, from now or the last time. */
function wordsFor(stage: Stage, settings: { fields: Fields }, code: string): string {
  const kept = Array.isArray(settings.fields.show_cards)
    ? settings.fields.show_cards.find((one) => one?.code === code)?.words
    : '';
  return stage.local.words?.[code] ?? (typeof kept === 'string' ? kept : '');
}

function group(
  stage: Stage,
  section: string,
  choices: Choice[],
  isTicked: (one: Choice) => boolean,
  settings: { fields: Fields },
) {
  if (!choices.length) return nothing;
  const tick = (one: Choice) => html`<li>${checkbox({
    id: `show-${one.id.replaceAll('/', '-')}`,
    checked: isTicked(one),
    label: html`<span dir="auto">${one.label}</span>${
      one.apart ? html`<span class="row-more">${t('show.apart')}</span>` : nothing
    }${one.hint ? html`<span class="row-more">${one.hint}</span>` : nothing}`,
    on: (on) => stage.set({ ticks: { ...stage.local.ticks, [one.id]: on } }),
  })}
    ${section === 'cards' && isTicked(one) ? cardWords(stage, one, settings) : nothing}</li>`;
  const folded = section === 'others' && !stage.local.others;
  return html`<section class="stack-close"><h2>${lookUp(`show.${section}`)}</h2>
    ${
      folded
        ? html`<div>${button(t('show.others'), () => stage.set({ others: true }), { plain: true, icon: 'add' })}</div>`
        : html`<ul class="rows ticks">${choices.map(tick)}</ul>`
    }</section>`;
}

function cardWords(stage: Stage, one: Choice, settings: { fields: Fields }) {
  const card = NEEDS.find(({ code }) => `card/${code}` === one.id);
  if (!card?.ask) return nothing;
  const words = wordsFor(stage, settings, card.code);
  return html`<div class="card-body">${textField({
    id: `card-${card.code}`,
    label: t(`show.${card.ask}`),
    value: words,
    on: (typed) => stage.set({ words: { ...stage.local.words, [card.code]: typed } }),
  })}</div>`;
}

function languageField(stage: Stage, settings: { fields: Fields }) {
  const chosen = languageOf(stage, settings);
  const on = (code: string) => {
    stage.set({ language: code });
    void Promise.resolve(stage.app.saveSettings({ fields: { language: code || null } })).catch(() => undefined);
  };
  return html`<div class="stack-close">${chips({
    name: 'show-language',
    legend: t('show.language'),
    chosen: [chosen],
    choices: [['', t('show.language_none')], ...LANGUAGES],
    on,
  })}
    ${chosen ? html`<p class="small soft">${t('show.draft')}</p>` : nothing}</div>`;
}

/** Return the chosen language, or '' when the cards do not have it. */
function languageOf(stage: Stage, { fields }: { fields: Fields }): string {
  const code = String(stage.local.language ?? fields.language ?? '');
  return LANGUAGES.some(([one]) => one === code) ? code : '';
}

function choicesOf(stage: Stage, found: Showable): Choice[] {
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const picked = new Set(found.picked);
  const entries = found.entries.map((one) =>
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
      label: `${lookUp(`sheet.${name}`)}: ${found.settings.restricted[name]}`,
      block: { title: lookUp(`sheet.${name}`), lines: [{ text: String(found.settings.restricted[name]) }] },
    }));
  const language = languageOf(stage, found.settings);
  const cards = NEEDS.map((card) => {
    const lines = cardLines(card, wordsFor(stage, found.settings, card.code), language);
    return {
      id: `card/${card.code}`,
      section: 'cards',
      ticked:
        Array.isArray(found.settings.fields.show_cards) &&
        found.settings.fields.show_cards.some((one: { code?: unknown } | null) => one?.code === card.code),
      label: lines[0]?.text ?? '',
      block: { title: '', lines },
    };
  });
  const refs = found.reports
    .filter(({ fields }) => fields.crime_ref || fields.incident_ref)
    .map((one) => refChoice(stage, one));
  return [
    ...entries,
    count,
    ...found.people.flatMap((one) => personChoices(stage, one, found)),
    ...found.orders.flatMap((one) => orderChoices(stage, one, found, today)),
    ...refs,
    ...cards,
    ...needs,
  ];
}

/** @param section the requested entries ('last', 'picked') start ticked */
function entryChoice(
  { record, seq_no, fields }: { record: string; seq_no: number | null; fields: Fields; restricted: Fields },
  section: 'last' | 'picked' | 'others',
): Choice {
  const entryName = seq_no === null ? t('show.entry_new') : t('show.entry', { n: seq_no });
  const title = `${entryName} · ${whenWords({ precision: 'unknown', ...fields })}`;
  const text = String(fields.narrative ?? '');
  return {
    id: `entry/${record}`,
    section,
    ticked: section !== 'others',
    label: `${title}: ${text.slice(0, 80)}${text.length > 80 ? '…' : ''}`,
    block: { title, lines: text ? [{ text }] : [] },
  };
}

function countLines({ count, since }: { count: number; since: number | null }) {
  return [
    { text: tn('show.count_line', count) },
    ...(since === null ? [] : [{ text: t('show.since_line', { day: day(since) }) }]),
  ];
}

function personChoices(stage: Stage, { record, code, fields, restricted }: Person, found: Showable): Choice[] {
  const name = `${titleOf(stage, 'person', fields)} (${code})`;
  const lines = [
    label('relationships', fields.relationship),
    fields.description,
    ...(Array.isArray(fields.aliases) ? fields.aliases : []),
  ]
    .filter(Boolean)
    .map((text) => ({ text: String(text) }));
  const mine = (one: KeptRecord) =>
    one.fields.person_id === record ||
    (Array.isArray(one.fields.person_ids) && one.fields.person_ids.includes(record)) ||
    (fields.account_ids ?? []).includes?.(one.record) ||
    (fields.vehicle_ids ?? []).includes?.(one.record);
  const linked = (kind: 'account' | 'vehicle') =>
    found[`${kind}s`].filter(mine).map((one) => ({
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
      label: `${lookUp(`f.person.${one}`)}: ${restricted[one]}`,
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

function orderChoices(stage: Stage, { record, fields }: KeptRecord, found: Showable, today: string): Choice[] {
  const asked = stage.place.record === record;
  const holds = isInForce(fields, today);
  if (!holds && !asked) return [];
  const name = titleOf(stage, 'order', fields);
  const lines = [
    ...(holds ? [] : [t('show.order_over')]),
    ...['made_on', 'served_on', 'expires_on']
      .filter((one) => fields[one])
      .map((one) => `${lookUp(`f.order.${one}`)} ${dayWords(String(fields[one]))}`),
    ...termsOf(fields.terms).map(({ no, text }) => `${no ?? '–'}. ${text}`),
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

function refChoice(stage: Stage, { record, fields }: KeptRecord): Choice {
  const name = String(fields.force || label('report_to', fields.to) || titleOf(stage, 'report', fields));
  const lines = ['crime_ref', 'incident_ref', 'officer_name', 'collar_no']
    .filter((one) => fields[one])
    .map((one) => ({ text: `${lookUp(`f.report.${one}`)}: ${fields[one]}` }));
  return {
    id: `report/${record}`,
    section: 'refs',
    ticked: true,
    label: [name, ...lines.map(({ text }) => text)].join(' · '),
    block: { title: name, lines },
  };
}

/** Group the ticked blocks by section; blocks with the same title are merged. */
function sectionsOf(ticked: Choice[]): ShownSection[] {
  return SECTIONS.flatMap((section) => {
    const blocks: ShownBlock[] = [];
    for (const { block } of ticked.filter((one) => one.section === section)) {
      const same = block.title ? blocks.find(({ title, picture }) => title === block.title && !picture) : undefined;
      if (same && !block.picture) same.lines = [...same.lines, ...block.lines];
      else blocks.push({ ...block });
    }
    return blocks.length ? [{ title: lookUp(`show.${section}`), blocks }] : [];
  });
}

/** Keeps the screen on: if it went dark, the page would lock while somebody reads it. */
let awake: { release(): Promise<void> } | null = null;

function stayAwake(element: Element | undefined) {
  if (element)
    navigator.wakeLock?.request('screen').then(
      (lock) => {
        awake = lock;
      },
      () => undefined,
    );
  else void awake?.release().catch(() => undefined);
}

/** The page itself; its only way out is the lock. */
function showing(stage: Stage) {
  const { sections = [], until = 0 } = stage.state.showing ?? {};
  const close = (wide = false) =>
    html`<div lang=${language()} dir=${RTL.has(language()) ? 'rtl' : 'ltr'}>${button(
      t('show.close'),
      () => stage.app.lock('shown'),
      { icon: 'lock', wide },
    )}</div>`;
  return html`<main class="shown stack-wide" lang="en-GB" dir="ltr" ${ref(stayAwake)}>
    <div class="row apart"><h1 tabindex="-1">${forOthers(() => t('show.page'))}</h1>${close()}</div>
    ${sections.map(
      ({ title, blocks }) => html`<section class="stack"><h2>${title}</h2>${blocks.map(shownBlock)}</section>`,
    )}
    <p class="small">${forOthers(() => `${t('show.made', { at: momentSaid(until - 180_000) })} ${t('show.ends')}`)}</p>
    ${close(true)}
  </main>`;
}

function shownBlock({ title, lines, url }: ShownBlock) {
  return html`<div class="stack-close">${title ? html`<h3 dir="auto">${title}</h3>` : nothing}
    ${lines.map(({ text, lang }) =>
      lang
        ? html`<p class="shown-own" lang=${lang} dir=${RTL.has(lang) ? 'rtl' : 'ltr'}>${text}</p>`
        : html`<p class="narrative" dir="auto">${text}</p>`,
    )}
    ${url ? html`<img src=${url} alt=${t('show.picture')}>` : nothing}</div>`;
}

export const views = { show, showing };
