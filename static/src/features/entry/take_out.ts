/**
 * An entry that is taken out, waits for erasure, or was changed on two devices: its status lines, the sheet before it
 * is taken out, and what remains after erasure.
 */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, heading, row, sheet } from '../../components/parts.js';
import { dateText, dateTimeText } from '../../components/text/formatting.js';
import { t } from '../../shell/strings.js';
import { saveWithReason } from '../../components/cards/cards.js';
import { openWordsSheet } from '../../components/forms/words_sheet.js';
import { putBack, refreshAll } from './put_back.js';
import '../../components/words.js';
import './words.js';
import type { Entry, Row, PendingErasure } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const momentText = dateTimeText;

/** Return when an entry is deleted or, in a diary without a backup, from when the keeper can delete it. */
export function pendingText({ due_at, here }: Pick<PendingErasure, 'due_at' | 'here'>) {
  return t(here ? 'erase.pending_only' : 'erase.pending', { at: momentText(due_at) });
}

export function statusLines(stage: Stage, entry: Entry) {
  const { taken_out: takenOutAt, erasing, ends = [], flags = [] } = entry;
  return html`${flags.includes('altered') ? html`<p class="care" role="status">${t('entry.altered')}</p>` : nothing}${
    erasing ? erasingLine(stage, entry, erasing) : nothing
  }
    ${
      takenOutAt !== null && takenOutAt !== undefined
        ? html`<div class="note stack-close" role="status"><p>${t('away.entry', { at: momentText(takenOutAt) })}</p>
      <div class="row">${button(t('away.back'), () => putBack(stage, entry.record), {
        busy: stage.runningTask === 'back',
      })}
        ${erasing ? nothing : button(t('erase.do'), () => askToErase(stage, entry), { plain: true })}</div></div>`
        : nothing
    }
    ${
      ends.length > 1 && (takenOutAt === null || takenOutAt === undefined)
        ? html`<div class="note stack-close" role="status"><p>${t('two.line')}</p>
      <div>${button(t('two.look'), () => stage.go({ name: 'two', record: entry.record }), { main: true })}</div></div>`
        : nothing
    }`;
}

function erasingLine(stage: Stage, entry: Entry, erasure: PendingErasure) {
  const isDue = erasure.here && erasure.due_at <= Date.now();
  const stop = () =>
    stage.run('stop', async () => {
      await stage.app.stopErasing?.(entry.record);
      stage.announce(t('erase.stopped'));
      refreshAll(stage);
    });
  return html`<div class="note care stack-close" role="status"><p>${isDue ? t('erase.due') : pendingText(erasure)}</p>
    <div class="row">${button(t('erase.stop'), stop, { main: true, busy: stage.runningTask === 'stop' })}
      ${
        isDue
          ? button(
              t('erase.finish'),
              () =>
                openWordsSheet(stage, {
                  title: t('erase.title'),
                  lead: t('erase.due'),
                  go: t('erase.finish'),
                  onSubmit: async (words) => {
                    await stage.app.finishErasing?.(entry.record, { words });
                    stage.announce(t('erase.done'));
                    stage.stand({ name: 'removed' });
                  },
                }),
              { plain: true },
            )
          : nothing
      }</div></div>`;
}

/** List files taken out of the entry, each with a button to put it back. */
export function removedFiles(stage: Stage, { files_out: files = [] }: Entry) {
  if (!files.length) return nothing;
  return html`<ul class="rows">${files.map(
    ({ attachment, name, at, removed }) =>
      html`<li class="page-item row apart">${
        removed
          ? html`<span class="small">${t('attach.removed')}, ${dateText(at)}</span>`
          : html`<span class="small">${t('away.file_gone', {
              at: dateText(at),
            })} <span dir="auto">${name}</span></span>${button(t('away.back'), () => putBack(stage, attachment), {
              plain: true,
            })}`
      }</li>`,
  )}</ul>`;
}

/** Offer to leave the entry out of every pack from now on, or to let it in again. */
export function outOfPacksRow(stage: Stage, { record, taken_out: takenOutAt, fields }: Entry) {
  if (takenOutAt !== null && takenOutAt !== undefined) return nothing;
  const isOut = fields.include_in_pack === false;
  const change = () =>
    saveWithReason(stage, record, { fields: { include_in_pack: isOut ? null : false }, restricted: {} }, () =>
      stage.announce(t(isOut ? 'out_of_packs.in' : 'out_of_packs.out')),
    );
  return html`<div class="rows">${row({
    title: t(isOut ? 'out_of_packs.undo' : 'out_of_packs.do'),
    subtitle: t(isOut ? 'out_of_packs.is_out' : 'out_of_packs.more'),
    icon: isOut ? 'tick' : 'out',
    onClick: change,
  })}</div>`;
}

export function takeOutRow(stage: Stage, entry: Entry) {
  if (entry.taken_out !== null && entry.taken_out !== undefined) return nothing;
  return html`<div class="rows">${row({
    title: t('away.do'),
    icon: 'folder',
    onClick: () => {
      stage.local.why = '';
      stage.refresh('entry:');
      stage.openSheet((sheetStage) => takeOutSheet(sheetStage, currentEntry(sheetStage, entry)));
    },
  })}</div>`;
}

/** Return the entry as it is now: a pack may have been made since the page was drawn. */
const currentEntry = (stage: Stage, entry: Entry): Entry =>
  stage.find(`entry:${entry.record}`, () => stage.app.readIncident(entry.record)).data ?? entry;

/** Warn who already received the entry, before it is taken out. */
function recipientsNote({ given = [] }: Entry) {
  if (!given.length) return nothing;
  return html`<div class="note care stack-close"><p>${t('away.given')}</p>
    <ul class="points">${given
      .slice(0, 5)
      .map(
        ({ who, at, pack_no }) =>
          html`<li>${
            !who && pack_no !== null
              ? t('away.given_made', { no: pack_no, at: dateText(at) })
              : html`${t('away.given_to', { who: who || t('away.someone'), at: dateText(at) })}${
                  pack_no === null ? nothing : ` (${t('away.given_pack', { no: pack_no })})`
                }`
          }</li>`,
      )}</ul>
    <p>${t('away.ask')}</p></div>`;
}

function takeOutSheet(stage: Stage, entry: Entry) {
  const submit = () => {
    const reason = stage.local.why ?? '';
    stage.closeSheet();
    return stage.run('out', async () => {
      await stage.app.takeOutRecord(entry.record, reason);
      stage.arrived = true;
      stage.announce(t('away.done'));
      refreshAll(stage);
    });
  };
  return sheet(
    stage,
    t('away.title'),
    html`<p>${t('away.lead')}</p>
    ${recipientsNote(entry)}
    ${textField({
      id: 'out-why',
      label: t('away.reason'),
      textarea: 'low',
      value: stage.local.why ?? '',
      onChange: (why) => {
        stage.local.why = why;
      },
    })}
    <div class="row">${button(t('away.go'), submit, { busy: stage.runningTask === 'out' })}${button(
      t('frame.cancel'),
      () => stage.closeSheet(),
      { main: true },
    )}</div>`,
  );
}

function askToErase(stage: Stage, entry: Entry) {
  const isOnlyHere = !stage.state.account?.registered;
  openWordsSheet(stage, {
    title: t('erase.title'),
    lead: t(isOnlyHere ? 'erase.lead_only' : 'erase.lead'),
    go: t('erase.go'),
    extra: recipientsNote(entry),
    onSubmit: async (words) => {
      const pending = await stage.app.askErasing?.(entry.record, { words });
      if (pending)
        stage.announce(t(isOnlyHere ? 'erase.pending_only' : 'erase.asked', { at: momentText(pending.due_at) }));
      refreshAll(stage);
    },
  });
}

/** Show what remains of an erased entry: its number and the day. */
export function erasedEntry(row: Row) {
  return html`<article class="stack-wide">${heading(t('erase.gone', { at: dateText(row.erased ?? 0) }))}
    <p class="soft">${row.seq_no === null ? t('entries.new') : t('erase.number', { n: row.seq_no })}</p></article>`;
}
