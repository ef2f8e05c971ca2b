/** Pages for entries that were taken out or are being erased, and for legal hold; also lists this folder's pages. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { dateText, entryNumberText, dateTimeText, occurredText } from '../../components/text/formatting.js';
import { t } from '../../shell/strings.js';
import { attributeView } from './attribute_view.js';
import { openWordsSheet } from '../../components/forms/words_sheet.js';
import { conflictView } from './conflict.js';
import { putBack } from './put_back.js';
import { pendingText } from './take_out.js';
import '../../components/words.js';
import './words.js';
import type { PendingErasure, Row } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const SEVEN_DAYS_MS = 7 * 86_400_000;

function removedView(stage: Stage) {
  const rows = stage.state.removed ?? [];
  const pending = new Map((stage.state.erasing ?? []).map((row) => [row.record, row]));
  return html`<div class="stack-wide">${heading(t('away.list'))}${errorSummary(stage)}
    <p class="soft">${t(rows.length ? 'away.list_lead' : 'away.none')}</p>
    ${
      rows.length
        ? html`<ul class="rows">${rows.map((row) => itemRow(stage, row, pending.get(row.record)))}</ul>`
        : nothing
    }</div>`;
}

function itemRow(stage: Stage, row: Row, erasure: PendingErasure | undefined) {
  const number = entryNumberText(row.seq_no);
  if (row.erased)
    return html`<li class="page-item stack-close"><span class="item-foot">${number}</span><span>${t('erase.gone', {
      at: dateText(row.erased),
    })}</span></li>`;
  return html`<li class="page-item stack-close">
    <button type="button" class="item" @click=${() => stage.go({ name: 'entry', record: row.record })}><span
      class="item-foot"><span>${number}</span><span>${occurredText(row.occurred)}</span></span>
      <span class="item-words ${row.title ? '' : 'soft'}" dir="auto">${row.title || t('entries.no_words')}</span>
      <span class="item-foot">${
        erasure ? pendingText(erasure) : t('away.at', { at: dateText(row.taken_out ?? 0) })
      }</span></button>
    <div class="row">${button(t('away.back'), () => putBack(stage, row.record), {})}${button(
      t(erasure ? 'away.open' : 'away.open_delete'),
      () => stage.go({ name: 'entry', record: row.record }),
      { plain: true },
    )}</div></li>`;
}

function holdView(stage: Stage) {
  const result = stage.find('hold', async () => (await stage.app.readHold?.()) ?? null);
  const hold = result.data;
  return html`<div class="stack-wide">${heading(t('hold.title'))}${errorSummary(stage)}<p>${t('hold.lead')}</p>
    ${hold === undefined ? html`<p role="status">${t('frame.loading')}</p>` : hold ? onHold(stage, hold) : free(stage)}
    <p class="small soft">${t('hold.operator')}</p></div>`;
}

function onHold(stage: Stage, hold: { who: string; reference: string; since: number; lift_asked_at: number | null }) {
  const keepOn = () =>
    stage.run('hold', async () => {
      await stage.app.keepHoldOn?.();
      stage.announce(t('hold.kept'));
      stage.refresh('hold');
    });
  const askToLift = () =>
    openWordsSheet(stage, {
      title: t('hold.off'),
      lead: t('hold.off_lead'),
      go: t('hold.off'),
      onSubmit: async (words) => {
        await stage.app.askToLiftHold?.({ words });
        stage.refresh('hold');
      },
    });
  return html`<div class="card stack-close"
    role="status"><p><strong>${t('hold.is_on', { at: dateText(hold.since) })}</strong></p><p
      dir="auto">${t('hold.asked_by', { who: hold.who })}</p>
      ${hold.reference ? html`<p dir="auto">${t('hold.ref', { ref: hold.reference })}</p>` : nothing}
      ${
        hold.lift_asked_at === null
          ? nothing
          : html`<p class="care">${t('hold.lifting', { at: dateTimeText(hold.lift_asked_at + SEVEN_DAYS_MS) })}</p>`
      }</div>
    <div>${
      hold.lift_asked_at === null
        ? button(t('hold.off'), askToLift, { busy: stage.runningTask === 'words' })
        : button(t('hold.keep'), keepOn, { main: true, busy: stage.runningTask === 'hold' })
    }</div>`;
}

function free(stage: Stage) {
  const { local } = stage;
  const turnOn = () => {
    const who = local.who ?? '';
    if (!who.trim()) return stage.set({ lacking: true });
    return stage.run('hold', async () => {
      await stage.app.turnHoldOn?.({ who, reference: local.reference ?? '' });
      stage.announce(t('hold.turned_on'));
      stage.refresh('');
    });
  };
  return html`<p>${t('hold.is_off')}</p>
    ${textField({
      id: 'hold-who',
      label: t('hold.who'),
      value: local.who ?? '',
      error: local.lacking && !local.who?.trim() ? t('hold.need_who') : null,
      onChange: (who) => {
        local.who = who;
      },
    })}
    ${textField({
      id: 'hold-ref',
      label: t('hold.reference'),
      value: local.reference ?? '',
      onChange: (reference) => {
        local.reference = reference;
      },
    })}
    <div>${button(t('hold.on'), turnOn, { main: true, busy: stage.runningTask === 'hold' })}</div>`;
}

export const views = { removed: removedView, hold: holdView, two: conflictView, attribute: attributeView };
