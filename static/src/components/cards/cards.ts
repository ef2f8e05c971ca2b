/** The optional cards of an entry. Each is a short question with its own Save, answered in any order or never. */
import { html, nothing } from '../../shell/html.js';
import { button, row, sheet } from '../parts.js';
import { textField } from '../forms/fields.js';
import { dotted, lookUp, t, tn } from '../../shell/strings.js';
import { problemOf } from '../../shell/stage.js';
import { filesBody } from './card_files.js';
import {
  basisField,
  detailField,
  effectWords,
  fearField,
  kindField,
  noteBody,
  placeField,
  vocabulary,
} from './card_bodies.js';
import { hasUnreadable, linesOf } from './card_forms.js';
import { breachesField } from './card_order.js';
import { scheduleField } from './card_schedule.js';
import { CARDS, namesOf } from './card_table.js';
import { voiceBody } from './card_voice.js';
import { wordsFor } from './card_words.js';
import '../words.js';
import type { Entry, Fields, Value } from '../../shell/app.js';
import type { Draw } from './card_forms.js';
import type { CardSpec } from './card_table.js';
import type { Stage } from '../../shell/stage.js';
import type { Card, Change } from './card.js';

/** Questions that need more than their row of the table. */
const OWN: Record<string, Draw> = {
  behaviours: kindField,
  feelings_then_text: effectWords,
  feared_violence: fearField,
  place_detail: detailField,
  place_in_chronology: placeField,
  attribution_basis: basisField,
  alleged_breaches: breachesField,
  schedule_id: scheduleField,
};
const SHORT = 90;

/** All cards of one entry: the common ones first, the rest behind "More you can add" unless they have an answer. */
export function cardList(stage: Stage, entry: Entry) {
  vocabulary(stage);
  const { local } = stage;
  const summaries = new Map(CARDS.map((card) => [card.code, summaryOf(stage, entry, card)]));
  const waits = (card: CardSpec) =>
    card.later && !local.all && !summaries.get(card.code) && !isTyped(entry, card) && local.card !== card.code;
  return html`<div class="rows">${CARDS.filter((card) => !waits(card)).map((card) => {
    const expanded = local.card === card.code;
    const more = isTyped(entry, card) && !expanded ? t('card.unsaved') : summaries.get(card.code) || null;
    return html`<div>${row({
      title: titleOf(card),
      more,
      icon: card.icon,
      expanded,
      body: expanded ? bodyOf(stage, entry, card) : nothing,
      on: () => open(stage, expanded ? null : card.code),
    })}</div>`;
  })}</div>
  ${
    CARDS.some(waits)
      ? html`<div>${button(t('cards.more'), () => stage.set({ all: true }), { plain: true, icon: 'add' })}</div>`
      : nothing
  }`;
}

/** Whether an answer of this card was typed but never saved, for example before a lock. */
function isTyped({ unsaved, fields, restricted, note }: Entry, card: CardSpec) {
  if (card.code === 'note') return unsaved?.note !== undefined && unsaved.note !== note;
  const typed = { ...differing(unsaved?.fields ?? {}, fields), ...differing(unsaved?.restricted ?? {}, restricted) };
  return namesOf(card).some((name) => name in typed);
}

const titleOf = (card: CardSpec) => lookUp(card.code === 'photos' ? 'files.title' : `card.${card.code}`);

function summaryOf(stage: Stage, entry: Entry, card: CardSpec) {
  if (card.code === 'photos') return entry.attachments.length ? tn('entries.pictures', entry.attachments.length) : '';
  if (card.code === 'note') return entry.note ? t('card.saved') : '';
  const said = dotted(
    namesOf(card)
      .map((name) => wordsFor(stage, name, entry.fields[name] ?? entry.restricted[name]))
      .filter(Boolean)
      .flatMap((words) => words.split('\n')),
  );
  return said.length > SHORT ? `${said.slice(0, SHORT)}…` : said;
}

function bodyOf(stage: Stage, entry: Entry, card: CardSpec) {
  if (card.code === 'photos')
    return filesBody(stage, {
      target: entry.record,
      record: entry.record,
      attachments: entry.attachments,
      words: entry.fields.missing_evidence ?? '',
    });
  if (card.code === 'note') return editing(stage, entry, noteBody);
  if (card.code === 'voice')
    return editing(stage, entry, (on) =>
      voiceBody(stage, {
        target: entry.record,
        media: on.value('narrative_media') ?? null,
        attachments: entry.attachments,
        use: (narrative_media) => on.put({ fields: { narrative_media } }),
      }),
    );
  return editing(stage, entry, (on) => linesOf(on, card.lines, OWN));
}

/**
 * Open or close a card. The next save stores which cards were opened, since a pack states what was asked and when.
 * The private note is left out: a pack must not reveal whether there is one.
 */
function open(stage: Stage, code: string | null) {
  const opened = (stage.local.opened ??= []) as { card: string; at: number }[];
  if (code && code !== 'note' && !opened.some((one) => one.card === code)) opened.push({ card: code, at: Date.now() });
  stage.set({ card: code, more: {}, search: '', ever: {}, raw: {}, wrong: {}, blanks: {}, moment: undefined });
}

function change(stage: Stage, entry: Entry): Change {
  const kept = entry.unsaved;
  stage.local.change ??= {
    fields: { ...kept?.fields },
    restricted: { ...kept?.restricted },
    ...(kept?.note === undefined ? {} : { note: kept.note }),
  };
  return stage.local.change;
}

/** Store unsaved answers, so that they survive navigation, a lock or a crash. Show an error if that fails. */
function keepCard(stage: Stage, entry: Entry, unsaved: Change) {
  entry.unsaved = structuredClone(unsaved); // so that reopening the card before the next read shows the latest input
  Promise.resolve(stage.app.putCard?.(entry.record, unsaved)).catch((thrown) => stage.fail(problemOf(thrown)));
}

function editing(stage: Stage, entry: Entry, body: (card: Card) => unknown) {
  const unsaved = change(stage, entry);
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
    put(next) {
      Object.assign(unsaved.fields, next.fields);
      Object.assign(unsaved.restricted, next.restricted);
      if (next.note !== undefined) unsaved.note = next.note;
      keepCard(stage, entry, unsaved);
      stage.draw();
    },
  };
  return html`${body(card)}
    ${button(t('card.save'), () => saveCard(stage, entry), { main: true, busy: stage.running === 'card' })}`;
}

/** The fields whose value differs from the saved one. '' and an empty list count as null. */
export function differing(changed: Fields, saved: Fields): Fields {
  const plain = (value: Value): Value =>
    value === undefined || value === '' || (Array.isArray(value) && !value.length) ? null : value;
  return Object.fromEntries(
    Object.entries(changed)
      .map(([name, value]) => [name, plain(value)])
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(plain(saved[name]))),
  );
}

async function saveCard(stage: Stage, entry: Entry) {
  const unsaved = change(stage, entry);
  if (hasUnreadable(stage)) return;
  // The focused Save button disappears with the card, so move the keyboard focus to the card's row.
  const row = document.activeElement?.closest('.card-body')?.previousElementSibling as HTMLElement | null | undefined;
  const fields = differing(unsaved.fields, entry.fields);
  const restricted = differing(unsaved.restricted, entry.restricted);
  const opened = stage.local.opened ?? [];
  if (opened.length && (Object.keys(fields).length || Object.keys(restricted).length))
    fields.cards_opened = [...(entry.fields.cards_opened ?? []), ...opened];
  if (unsaved.note !== undefined && unsaved.note !== entry.note) {
    const kept = await stage.run('card', () => stage.app.saveNote(entry.record, unsaved.note ?? ''));
    if (!kept) return;
  }
  await saveWithReason(stage, entry.record, { fields, restricted }, () => {
    Object.assign(stage.local, { change: undefined, card: null, opened: [] });
    entry.unsaved = null;
    stage.say(t('card.saved'));
    setTimeout(() => {
      if (document.activeElement === document.body) row?.focus();
    });
  });
}

/** Save a change of an entry. Ask for a reason first if it changes earlier words. */
export async function saveWithReason(
  stage: Stage,
  record: string,
  what: { fields: Fields; restricted: Fields },
  done: () => void,
) {
  const finish = () => {
    stage.closeSheet();
    done();
    stage.refresh('entry:');
  };
  if (!Object.keys(what.fields).length && !Object.keys(what.restricted).length) return finish();
  let needed = false;
  await stage.run('card', async () => {
    needed = await stage.app.needsReason(record, what);
    if (needed) return;
    await stage.app.saveIncident({ record, ...what });
    finish();
  });
  if (needed) {
    stage.local.reason = '';
    stage.openSheet((on) =>
      reasonSheet(on, (reason) =>
        on.run('card', async () => {
          await on.app.saveIncident({ record, ...what, reason });
          finish();
        }),
      ),
    );
  }
}

function reasonSheet(stage: Stage, save: (reason: string) => void) {
  const { local } = stage;
  const go = () => (local.reason.trim() ? save(local.reason) : stage.set({ noReason: true }));
  return sheet(
    stage,
    t('reason.title'),
    html`<p class="soft">${t('reason.lead')}</p>
    ${textField({
      id: 'reason',
      label: t('reason.field'),
      hint: t('reason.hint'),
      lines: 'low',
      value: local.reason ?? '',
      error: local.noReason ? t('reason.need') : null,
      on: (reason) => {
        local.reason = reason;
      },
    })}
    <div class="row">${button(t('reason.save'), go, { main: true, busy: stage.running === 'card' })}${button(
      t('frame.cancel'),
      () => stage.closeSheet(),
      { plain: true },
    )}</div>`,
  );
}
