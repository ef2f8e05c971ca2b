/** The choice of what a person will see, and the page they see: large, read-only, with the diary locked behind it. */
import { html, nothing, ref } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, problemSentence, loading } from '../../components/parts.js';
import { keepScreenOn } from '../../shell/screen_wake.js';
import { inPlainEnglish, isolateDirection, language, lookUp, t, tn } from '../../shell/strings.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { dateText, isoDateText, dateTimeText, occurredText } from '../../components/text/formatting.js';
import { typedText } from '../../components/text/typed_text.js';
import { SHOW_DURATION_MS } from './actions.js';
import { CARD_LANGUAGES, NEEDS_CARDS, cardLines } from './show_cards.js';
import { isInForce, termsOf } from '../../components/registers/register_terms.js';
import { recordTitle } from '../../components/registers/register_words.js';
import { localAt, phoneZone } from '../../record/times.js';
import '../../components/words.js';
import './words.js';
import type { Fields, KeptRecord, Person, Showable, ShownBlock, ShownSection } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** One checkbox; `apart`: restricted, so it starts unticked */
type ShowChoice = {
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
/** An officer reads first what the person needs, for example an interpreter. */
const NEEDS_FIRST = ['cards', ...SECTIONS.filter((section) => section !== 'cards')];

function showView(stage: Stage) {
  const { record, kind, records } = stage.place;
  loadVocabulary(stage);
  const result = stage.find(`records-show:${record ?? records?.join() ?? ''}`, () =>
    stage.app.readForShow({
      ...(record ? { record } : {}),
      ...(kind ? { kind } : {}),
      ...(records ? { records } : {}),
    }),
  );
  if (result.problem)
    return html`<div class="stack">${heading(t('show.title'))}<p
      role="alert">${problemSentence(result.problem)}</p></div>`;
  if (!result.data || !loadVocabulary(stage)) return loading();
  const choices = choicesOf(stage, result.data);
  const { local } = stage;
  const isTicked = (choice: ShowChoice) => local.ticks?.[choice.id] ?? choice.ticked;
  const submit = () => {
    // Chosen in the keeper's language, made in English for the reader.
    const sections = inPlainEnglish(() => sectionsOf(choicesOf(stage, result.data as Showable).filter(isTicked)));
    if (!sections.length) return stage.fail({ code: 'none', sentence: t('show.none') });
    return stage.run('show', async () => {
      await saveCards(stage, choices.filter(isTicked), (result.data as Showable).settings);
      await stage.app.showNow(sections);
    });
  };
  return html`<div class="stack-wide form">
    <div class="stack-close">${heading(t('show.title'))}<p>${t('show.lead')}</p>${
      language() === 'en-GB' ? nothing : html`<p class="small soft">${t('share.english')}</p>`
    }</div>
    ${errorSummary(stage)}
    <div class="show-do">${button(t('show.do'), submit, {
      main: true,
      wide: true,
      icon: 'eye',
      busy: stage.runningTask === 'show',
    })}</div>
    ${choiceOrder(result.data.settings).map((section) =>
      choiceGroup(
        stage,
        section,
        choices.filter((choice) => choice.section === section),
        isTicked,
        (result.data as Showable).settings,
      ),
    )}
    ${languageField(stage, result.data.settings)}
    <p class="small soft">${t('show.after')}</p>
  </div>`;
}

/** Return the sections in the order of the choice. Needs come first for somebody who signs or has shown one before. */
const choiceOrder = ({ fields }: { fields: Fields }) =>
  fields.help_channel === 'bsl' || (Array.isArray(fields.show_cards) && fields.show_cards.length)
    ? NEEDS_FIRST
    : SECTIONS;

/** Save the shown cards, so that they are ticked the next time. */
async function saveCards(stage: Stage, ticked: ShowChoice[], settings: { fields: Fields }) {
  const cards = NEEDS_CARDS.filter(({ code }) => ticked.some(({ id }) => id === `card/${code}`)).map(({ code }) => ({
    code,
    words: wordsFor(stage, settings, code),
  }));
  if (JSON.stringify(cards) === JSON.stringify(settings.fields.show_cards ?? [])) return;
  await stage.app.saveSettings({ fields: { show_cards: cards.length ? cards : null } });
}

/** Return the keeper's addition to a card, from now or the last time. */
function wordsFor(stage: Stage, settings: { fields: Fields }, code: string): string {
  const saved = Array.isArray(settings.fields.show_cards)
    ? settings.fields.show_cards.find((card) => card?.code === code)?.words
    : '';
  return stage.local.words?.[code] ?? (typeof saved === 'string' ? saved : '');
}

function choiceGroup(
  stage: Stage,
  section: string,
  choices: ShowChoice[],
  isTicked: (choice: ShowChoice) => boolean,
  settings: { fields: Fields },
) {
  if (!choices.length) return nothing;
  const choiceRow = (choice: ShowChoice) => html`<li>${checkbox({
    id: `show-${choice.id.replaceAll('/', '-')}`,
    checked: isTicked(choice),
    label: html`<span dir="auto">${choice.label}</span>${
      choice.apart ? html`<span class="row-more">${t('show.apart')}</span>` : nothing
    }${choice.hint ? html`<span class="row-more">${choice.hint}</span>` : nothing}`,
    onChange: (on) => stage.set({ ticks: { ...stage.local.ticks, [choice.id]: on } }),
  })}
    ${section === 'cards' && isTicked(choice) ? cardWords(stage, choice, settings) : nothing}</li>`;
  const isFolded = section === 'others' && !stage.local.others;
  return html`<section class="stack-close"><h2>${lookUp(`show.${section}`)}</h2>
    ${
      isFolded
        ? html`<div>${button(t('show.others'), () => stage.set({ others: true }), { plain: true, icon: 'add' })}</div>`
        : html`<ul class="rows ticks">${choices.map(choiceRow)}</ul>`
    }</section>`;
}

function cardWords(stage: Stage, choice: ShowChoice, settings: { fields: Fields }) {
  const card = NEEDS_CARDS.find(({ code }) => `card/${code}` === choice.id);
  if (!card?.ask) return nothing;
  const words = wordsFor(stage, settings, card.code);
  return html`<div class="card-body">${textField({
    id: `card-${card.code}`,
    label: t(`show.${card.ask}`),
    value: words,
    onChange: (text) => stage.set({ words: { ...stage.local.words, [card.code]: text } }),
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
    choices: [['', t('show.language_none')], ...CARD_LANGUAGES],
    onChange: on,
  })}
    ${chosen ? html`<p class="small soft">${t('show.draft')}</p>` : nothing}</div>`;
}

/** Return the chosen language, or '' when the cards do not have it. */
function languageOf(stage: Stage, { fields }: { fields: Fields }): string {
  const code = String(stage.local.language ?? fields.language ?? '');
  return CARD_LANGUAGES.some(([value]) => value === code) ? code : '';
}

function choicesOf(stage: Stage, showable: Showable): ShowChoice[] {
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const pickedIds = new Set(showable.picked);
  const entries = showable.entries.map((item) =>
    entryChoice(item, item.record === showable.first ? 'last' : pickedIds.has(item.record) ? 'picked' : 'others'),
  );
  const count = {
    id: 'count',
    section: 'count',
    ticked: true,
    label: countLines(showable)
      .map(({ text }) => text)
      .join(' · '),
    block: { title: '', lines: countLines(showable) },
  };
  const needs = ['name_to_use', 'needs', 'safe_contact']
    .filter((name) => showable.settings.restricted[name])
    .map((name) => ({
      id: `settings/${name}`,
      section: 'cards',
      apart: true,
      ticked: false,
      label: `${lookUp(`sheet.${name}`)}: ${showable.settings.restricted[name]}`,
      block: { title: lookUp(`sheet.${name}`), lines: [{ text: String(showable.settings.restricted[name]) }] },
    }));
  const language = languageOf(stage, showable.settings);
  const cards = NEEDS_CARDS.map((card) => {
    const lines = cardLines(card, wordsFor(stage, showable.settings, card.code), language);
    return {
      id: `card/${card.code}`,
      section: 'cards',
      ticked:
        Array.isArray(showable.settings.fields.show_cards) &&
        showable.settings.fields.show_cards.some((item: { code?: unknown } | null) => item?.code === card.code),
      label: lines[0]?.text ?? '',
      block: { title: '', lines },
    };
  });
  const refs = showable.reports
    .filter(({ fields }) => fields.crime_ref || fields.incident_ref)
    .map((item) => refChoice(stage, item));
  return [
    ...entries,
    count,
    ...showable.people.flatMap((item) => personChoices(stage, item, showable)),
    ...showable.orders.flatMap((item) => orderChoices(stage, item, showable, today)),
    ...refs,
    ...cards,
    ...needs,
  ];
}

/** @param section the requested entries ('last', 'picked') start ticked */
function entryChoice(
  { record, seq_no, fields }: { record: string; seq_no: number | null; fields: Fields; restricted: Fields },
  section: 'last' | 'picked' | 'others',
): ShowChoice {
  const entryName = seq_no === null ? t('show.entry_new') : t('show.entry', { n: seq_no });
  const title = `${entryName} · ${occurredText({ precision: 'unknown', ...fields })}`;
  const text = String(fields.narrative ?? '');
  return {
    id: `entry/${record}`,
    section,
    ticked: section !== 'others',
    label: `${title}: ${isolateDirection(`${text.slice(0, 80)}${text.length > 80 ? '…' : ''}`)}`,
    block: { title, lines: text ? [{ text }] : [] },
  };
}

function countLines({ count, since }: { count: number; since: number | null }) {
  return [
    { text: tn('show.count_line', count) },
    ...(since === null ? [] : [{ text: t('show.since_line', { day: dateText(since) }) }]),
  ];
}

function personChoices(stage: Stage, { record, code, fields, restricted }: Person, showable: Showable): ShowChoice[] {
  const name = `${recordTitle(stage, 'person', fields)} (${code})`;
  const lines = [
    labelForCode('relationships', fields.relationship),
    fields.description,
    ...(Array.isArray(fields.aliases) ? fields.aliases : []),
  ]
    .filter(Boolean)
    .map((text) => ({ text: String(text) }));
  const isLinked = (item: KeptRecord) =>
    item.fields.person_id === record ||
    (Array.isArray(item.fields.person_ids) && item.fields.person_ids.includes(record)) ||
    (fields.account_ids ?? []).includes?.(item.record) ||
    (fields.vehicle_ids ?? []).includes?.(item.record);
  const linkedChoices = (kind: 'account' | 'vehicle') =>
    showable[`${kind}s`].filter(isLinked).map((item) => ({
      id: `${kind}/${item.record}`,
      section: 'who',
      ticked: true,
      label: recordTitle(stage, kind, item.fields),
      block: { title: name, lines: [{ text: recordTitle(stage, kind, item.fields) }] },
    }));
  const restrictedChoices = ['real_name', 'last_known_places']
    .filter((item) => restricted[item])
    .map((item) => ({
      id: `person/${record}/${item}`,
      section: 'who',
      apart: true,
      ticked: false,
      label: `${lookUp(`f.person.${item}`)}: ${restricted[item]}`,
      block: { title: name, lines: [{ text: String(restricted[item]) }] },
    }));
  return [
    {
      id: `person/${record}`,
      section: 'who',
      ticked: true,
      label: [name, ...lines.map(({ text }) => text)].join(' · '),
      block: { title: name, lines },
    },
    ...linkedChoices('account'),
    ...linkedChoices('vehicle'),
    ...restrictedChoices,
  ];
}

function orderChoices(stage: Stage, { record, fields }: KeptRecord, showable: Showable, today: string): ShowChoice[] {
  const isRequested = stage.place.record === record;
  const isCurrent = isInForce(fields, today);
  if (!isCurrent && !isRequested) return [];
  const name = recordTitle(stage, 'order', fields);
  const lines = [
    ...(isCurrent ? [] : [t('show.order_over')]),
    ...['made_on', 'served_on', 'expires_on']
      .filter((field) => fields[field])
      .map((field) => `${lookUp(`f.order.${field}`)} ${isoDateText(String(fields[field]))}`),
    ...termsOf(fields.terms).map(({ no, text }) => `${no ?? '–'}. ${text}`),
  ].map((text) => ({ text }));
  const picture = showable.pictures[record];
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

function refChoice(stage: Stage, { record, fields }: KeptRecord): ShowChoice {
  const name = String(fields.force || labelForCode('report_to', fields.to) || recordTitle(stage, 'report', fields));
  const lines = ['crime_ref', 'incident_ref', 'officer_name', 'collar_no']
    .filter((field) => fields[field])
    .map((field) => ({ text: `${lookUp(`f.report.${field}`)}: ${fields[field]}` }));
  return {
    id: `report/${record}`,
    section: 'refs',
    ticked: true,
    label: [name, ...lines.map(({ text }) => text)].join(' · '),
    block: { title: name, lines },
  };
}

/** Group the ticked blocks by section; blocks with the same title are merged. */
function sectionsOf(ticked: ShowChoice[]): ShownSection[] {
  return NEEDS_FIRST.flatMap((section) => {
    const blocks: ShownBlock[] = [];
    for (const { block } of ticked.filter((choice) => choice.section === section)) {
      const existing = block.title ? blocks.find(({ title, picture }) => title === block.title && !picture) : undefined;
      if (existing && !block.picture) existing.lines = [...existing.lines, ...block.lines];
      else blocks.push({ ...block });
    }
    return blocks.length ? [{ title: lookUp(`show.${section}`), blocks }] : [];
  });
}

let letScreenSleep: (() => void) | null = null;

function keepAwake(element: Element | undefined) {
  if (element) letScreenSleep ??= keepScreenOn();
  else {
    letScreenSleep?.();
    letScreenSleep = null;
  }
}

/** The page itself; its only way out is the lock. */
function showingView(stage: Stage) {
  const { sections = [], until = 0 } = stage.state.showing ?? {};
  const closeButton = (wide = false) =>
    html`<div lang=${language()} dir=${RTL.has(language()) ? 'rtl' : 'ltr'}>${button(
      t('show.close'),
      () => stage.app.lock('shown'),
      { icon: 'lock', wide },
    )}</div>`;
  return html`<main class="shown stack-wide" lang="en-GB" dir="ltr" ${ref(keepAwake)}>
    <div class="row apart"><h1 tabindex="-1">${inPlainEnglish(() => t('show.page'))}</h1>${closeButton()}</div>
    ${sections.map(
      ({ title, blocks }) => html`<section class="stack"><h2>${title}</h2>${blocks.map(blockView)}</section>`,
    )}
    <p class="small">${inPlainEnglish(
      () => `${t('show.made', { at: dateTimeText(until - SHOW_DURATION_MS) })} ${t('show.ends')}`,
    )}</p>
    ${closeButton(true)}
  </main>`;
}

function blockView({ title, lines, url }: ShownBlock) {
  return html`<div class="stack-close">${title ? html`<h3 dir="auto">${title}</h3>` : nothing}
    ${lines.map(({ text, lang }) =>
      lang
        ? html`<p class="shown-own" lang=${lang} dir=${RTL.has(lang) ? 'rtl' : 'ltr'}>${text}</p>`
        : html`<p class="narrative" dir="auto">${typedText(text)}</p>`,
    )}
    ${url ? html`<img src=${url} alt=${t('show.picture')}>` : nothing}</div>`;
}

export const views = { show: showView, showing: showingView };
