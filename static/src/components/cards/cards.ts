/** The optional cards of an entry. Each is a short question with its own Save, answered in any order or never. */
import { html, nothing } from '../../shell/html.js';
import { button, row, sheet } from '../parts.js';
import { textField } from '../forms/fields.js';
import { joinWithDots, lookUp, t, tn } from '../../shell/strings.js';
import { problemOf } from '../../shell/stage.js';
import { filesBody } from './card_files.js';
import { basisField, detailField, effectField, fearField, kindField, noteField, placeField } from './card_bodies.js';
import { hasInvalidInput, questionFields } from './card_forms.js';
import { breachesField } from './card_order.js';
import { scheduleField } from './card_schedule.js';
import { CARDS, fieldNamesOf } from './card_table.js';
import { loadVocabulary } from '../text/labels.js';
import { voiceBody } from './card_voice.js';
import { answerText } from './card_words.js';
import '../words.js';
import type { Entry, Fields, Value } from '../../shell/app.js';
import type { CardRenderer } from './card_forms.js';
import type { CardSpec } from './card_table.js';
import type { Stage } from '../../shell/stage.js';
import type { Key } from '../../shell/strings.js';
import type { Card, CardChange } from './card.js';

/** Questions that need more than their row of the table. */
const CUSTOM_FIELDS: Record<string, CardRenderer> = {
  behaviours: kindField,
  feelings_then_text: effectField,
  feared_violence: fearField,
  place_detail: detailField,
  place_in_chronology: placeField,
  attribution_basis: basisField,
  alleged_breaches: breachesField,
  schedule_id: scheduleField,
};
/** The list in which more can be said about the answers of a card: its place, and the key of its button. */
const LISTS: Readonly<Record<string, readonly [place: string, label: Key]>> = {
  effect: ['impacts', 'card.list_impacts'],
  seen_by: ['statements', 'card.list_statements'],
  reported: ['reports', 'card.list_reports'],
};
const SUMMARY_LENGTH = 90;

/** All cards of one entry: the common ones first, the rest behind "More you can add" unless they have an answer. */
export function cardList(stage: Stage, entry: Entry) {
  loadVocabulary(stage);
  const { local } = stage;
  const summaries = new Map(CARDS.map((card) => [card.code, summaryOf(stage, entry, card)]));
  const isCollapsed = (card: CardSpec) =>
    card.collapsed && !local.all && !summaries.get(card.code) && !hasUnsaved(entry, card) && local.card !== card.code;
  return html`<div class="rows">${CARDS.filter((card) => !isCollapsed(card)).map((card) => {
    const expanded = local.card === card.code;
    const subtitle = hasUnsaved(entry, card) && !expanded ? t('card.unsaved') : summaries.get(card.code) || null;
    return html`<div>${row({
      title: cardTitle(card),
      subtitle,
      icon: card.icon,
      expanded,
      body: expanded ? cardBody(stage, entry, card) : nothing,
      onClick: () => toggleCard(stage, expanded ? null : card.code),
    })}</div>`;
  })}</div>
  ${
    CARDS.some(isCollapsed)
      ? html`<div>${button(t('cards.more'), () => stage.set({ all: true }), { plain: true, icon: 'add' })}</div>`
      : nothing
  }`;
}

/** Whether an answer of this card was typed but never saved, for example before a lock. */
function hasUnsaved({ unsaved, fields, restricted, note }: Entry, card: CardSpec) {
  if (card.code === 'note') return unsaved?.note !== undefined && unsaved.note !== note;
  const changes = {
    ...changedFields(unsaved?.fields ?? {}, fields),
    ...changedFields(unsaved?.restricted ?? {}, restricted),
  };
  return fieldNamesOf(card).some((name) => name in changes);
}

const cardTitle = (card: CardSpec) => lookUp(card.code === 'photos' ? 'files.title' : `card.${card.code}`);

function summaryOf(stage: Stage, entry: Entry, card: CardSpec) {
  if (card.code === 'photos') return entry.attachments.length ? tn('entries.pictures', entry.attachments.length) : '';
  if (card.code === 'note') return entry.note ? t('card.saved') : '';
  const summary = joinWithDots(
    fieldNamesOf(card)
      .map((name) => answerText(stage, name, entry.fields[name] ?? entry.restricted[name]))
      .filter(Boolean)
      .flatMap((text) => text.split('\n')),
  );
  return summary.length > SUMMARY_LENGTH ? `${summary.slice(0, SUMMARY_LENGTH)}…` : summary;
}

function cardBody(stage: Stage, entry: Entry, card: CardSpec) {
  if (card.code === 'photos')
    return filesBody(stage, {
      target: entry.record,
      record: entry.record,
      attachments: entry.attachments,
      missingEvidence: entry.fields.missing_evidence ?? '',
    });
  if (card.code === 'note') return editableCard(stage, entry, noteField);
  if (card.code === 'voice')
    return editableCard(stage, entry, (editedCard) =>
      voiceBody(stage, {
        target: entry.record,
        media: editedCard.value('narrative_media') ?? null,
        attachments: entry.attachments,
        onRecorded: (narrative_media) => editedCard.put({ fields: { narrative_media } }),
      }),
    );
  return html`${editableCard(stage, entry, (editedCard) =>
    questionFields(editedCard, card.questions, CUSTOM_FIELDS),
  )}${linkToList(stage, card)}`;
}

/** What was typed in the card is kept unsaved, so leaving loses nothing. */
function linkToList(stage: Stage, card: CardSpec) {
  const [place, label] = LISTS[card.code] ?? [];
  if (!place || !label) return nothing;
  return html`<div>${button(t(label), () => stage.go({ name: place }), { plain: true, icon: 'on' })}</div>`;
}

/**
 * Open or close a card. The next save stores which cards were opened, since a pack states what was asked and when.
 * The private note is left out: a pack must not reveal whether there is one.
 */
function toggleCard(stage: Stage, code: string | null) {
  const opened = (stage.local.opened ??= []) as { card: string; at: number }[];
  if (code && code !== 'note' && !opened.some((item) => item.card === code))
    opened.push({ card: code, at: Date.now() });
  stage.set({ card: code, more: {}, search: '', ever: {}, raw: {}, wrong: {}, blanks: {}, moment: undefined });
}

function pendingChange(stage: Stage, entry: Entry): CardChange {
  const unsaved = entry.unsaved;
  stage.local.change ??= {
    fields: { ...unsaved?.fields },
    restricted: { ...unsaved?.restricted },
    ...(unsaved?.note === undefined ? {} : { note: unsaved.note }),
  };
  return stage.local.change;
}

/** Store unsaved answers, so that they survive navigation, a lock or a crash. Show an error if that fails. */
function storeUnsaved(stage: Stage, entry: Entry, unsaved: CardChange) {
  entry.unsaved = structuredClone(unsaved); // so that reopening the card before the next read shows the latest input
  Promise.resolve(stage.app.putCard?.(entry.record, unsaved)).catch((error) => stage.fail(problemOf(error)));
}

function editableCard(stage: Stage, entry: Entry, body: (card: Card) => unknown) {
  const unsaved = pendingChange(stage, entry);
  const card: Card = {
    stage,
    entry,
    value: (name) =>
      name === 'note'
        ? (unsaved.note ?? entry.note)
        : name in unsaved.restricted
          ? unsaved.restricted[name]
          : name in unsaved.fields
            ? unsaved.fields[name]
            : (entry.fields[name] ?? entry.restricted[name]),
    put(update) {
      Object.assign(unsaved.fields, update.fields);
      Object.assign(unsaved.restricted, update.restricted);
      if (update.note !== undefined) unsaved.note = update.note;
      storeUnsaved(stage, entry, unsaved);
      stage.draw();
    },
  };
  return html`${body(card)}
    ${button(t('card.save'), () => saveCard(stage, entry), { main: true, busy: stage.runningTask === 'card' })}`;
}

/** The fields whose value differs from the saved one. '' and an empty list count as null. */
export function changedFields(current: Fields, saved: Fields): Fields {
  const normalise = (value: Value): Value =>
    value === undefined || value === '' || (Array.isArray(value) && !value.length) ? null : value;
  return Object.fromEntries(
    Object.entries(current)
      .map(([name, value]) => [name, normalise(value)])
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(normalise(saved[name]))),
  );
}

async function saveCard(stage: Stage, entry: Entry) {
  const unsaved = pendingChange(stage, entry);
  if (hasInvalidInput(stage)) return;
  // The focused Save button disappears with the card, so move the keyboard focus to the card's row.
  const cardRow = document.activeElement?.closest('.card-body')?.previousElementSibling as
    | HTMLElement
    | null
    | undefined;
  const fields = changedFields(unsaved.fields, entry.fields);
  const restricted = changedFields(unsaved.restricted, entry.restricted);
  const opened = stage.local.opened ?? [];
  if (opened.length && (Object.keys(fields).length || Object.keys(restricted).length))
    fields.cards_opened = [...(entry.fields.cards_opened ?? []), ...opened];
  if (unsaved.note !== undefined && unsaved.note !== entry.note) {
    const isSaved = await stage.run('card', () => stage.app.saveNote(entry.record, unsaved.note ?? ''));
    if (!isSaved) return;
  }
  await saveWithReason(stage, entry.record, { fields, restricted }, () => {
    Object.assign(stage.local, { change: undefined, card: null, opened: [] });
    entry.unsaved = null;
    stage.announce(t('card.saved'));
    setTimeout(() => {
      if (document.activeElement === document.body) cardRow?.focus();
    });
  });
}

/** Save a change of an entry. Ask for a reason first if it changes earlier words. */
export async function saveWithReason(
  stage: Stage,
  record: string,
  values: { fields: Fields; restricted: Fields },
  onDone: () => void,
) {
  const finish = () => {
    stage.closeSheet();
    onDone();
    stage.refresh('entry:');
  };
  if (!Object.keys(values.fields).length && !Object.keys(values.restricted).length) return finish();
  let isReasonNeeded = false;
  await stage.run('card', async () => {
    isReasonNeeded = await stage.app.needsReason(record, values);
    if (isReasonNeeded) return;
    await stage.app.saveIncident({ record, ...values });
    finish();
  });
  if (isReasonNeeded) {
    stage.local.reason = '';
    stage.openSheet((sheetStage) =>
      reasonSheet(sheetStage, (reason) =>
        sheetStage.run('card', async () => {
          await sheetStage.app.saveIncident({ record, ...values, reason });
          finish();
        }),
      ),
    );
  }
}

function reasonSheet(stage: Stage, save: (reason: string) => void) {
  const { local } = stage;
  const submit = () => (local.reason.trim() ? save(local.reason) : stage.set({ noReason: true }));
  return sheet(
    stage,
    t('reason.title'),
    html`<p class="soft">${t('reason.lead')}</p>
    ${textField({
      id: 'reason',
      label: t('reason.field'),
      hint: t('reason.hint'),
      textarea: 'low',
      value: local.reason ?? '',
      error: local.noReason ? t('reason.need') : null,
      onChange: (reason) => {
        local.reason = reason;
      },
    })}
    <div class="row">${button(t('reason.save'), submit, { main: true, busy: stage.runningTask === 'card' })}${button(
      t('frame.cancel'),
      () => stage.closeSheet(),
      { plain: true },
    )}</div>`,
  );
}
