/** Pages for entries that were taken out or are being erased, and for legal hold; also lists this folder's pages. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { day, entryNumber, momentSaid, whenWords } from '../../components/text/say.js';
import { t } from '../../shell/strings.js';
import { attribute } from './attribute.js';
import { openWords } from '../../components/forms/words_sheet.js';
import { two } from './conflict.js';
import { putBack } from './put_back.js';
import '../../components/words.js';
import './words.js';
import type { Row } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const SEVEN_DAYS = 7 * 86_400_000;

function removed(stage: Stage) {
  const gone = stage.state.removed ?? [];
  const waiting = new Map((stage.state.erasing ?? []).map((one) => [one.record, one]));
  return html`<div class="stack-wide">${heading(t('away.list'))}${errorSummary(stage)}
    <p class="soft">${t(gone.length ? 'away.list_lead' : 'away.none')}</p>
    ${
      gone.length
        ? html`<ul class="rows">${gone.map((one) => item(stage, one, waiting.get(one.record)?.due_at ?? null))}</ul>`
        : nothing
    }</div>`;
}

function item(stage: Stage, one: Row, due: number | null) {
  const number = entryNumber(one.seq_no);
  if (one.erased)
    return html`<li class="page-item stack-close"><span class="item-foot">${number}</span><span>${t('erase.gone', {
      at: day(one.erased),
    })}</span></li>`;
  return html`<li class="page-item stack-close">
    <button type="button" class="item" @click=${() => stage.go({ name: 'entry', record: one.record })}><span
      class="item-foot"><span>${number}</span><span>${whenWords(one.occurred)}</span></span>
      <span class="item-words ${one.title ? '' : 'soft'}" dir="auto">${one.title || t('entries.no_words')}</span>
      <span class="item-foot">${
        due === null ? t('away.at', { at: day(one.taken_out ?? 0) }) : t('erase.pending', { at: momentSaid(due) })
      }</span></button>
    <div class="row">${button(t('away.back'), () => putBack(stage, one.record), {})}</div></li>`;
}

function hold(stage: Stage) {
  const found = stage.find('hold', async () => (await stage.app.readHold?.()) ?? null);
  const is = found.data;
  return html`<div class="stack-wide">${heading(t('hold.title'))}${errorSummary(stage)}<p>${t('hold.lead')}</p>
    ${is === undefined ? html`<p role="status">${t('frame.loading')}</p>` : is ? held(stage, is) : free(stage)}
    <p class="small soft">${t('hold.operator')}</p></div>`;
}

function held(stage: Stage, is: { who: string; reference: string; since: number; lift_asked_at: number | null }) {
  const keep = () =>
    stage.run('hold', async () => {
      await stage.app.keepHoldOn?.();
      stage.say(t('hold.kept'));
      stage.refresh('hold');
    });
  const off = () =>
    openWords(stage, {
      title: t('hold.off'),
      lead: t('hold.off_lead'),
      go: t('hold.off'),
      act: async (words) => {
        await stage.app.askToLiftHold?.({ words });
        stage.refresh('hold');
      },
    });
  return html`<div class="card stack-close"
    role="status"><p><strong>${t('hold.is_on', { at: day(is.since) })}</strong></p><p
      dir="auto">${t('hold.asked_by', { who: is.who })}</p>
      ${is.reference ? html`<p dir="auto">${t('hold.ref', { ref: is.reference })}</p>` : nothing}
      ${
        is.lift_asked_at === null
          ? nothing
          : html`<p class="care">${t('hold.lifting', { at: momentSaid(is.lift_asked_at + SEVEN_DAYS) })}</p>`
      }</div>
    <div>${
      is.lift_asked_at === null
        ? button(t('hold.off'), off, { busy: stage.running === 'words' })
        : button(t('hold.keep'), keep, { main: true, busy: stage.running === 'hold' })
    }</div>`;
}

function free(stage: Stage) {
  const { local } = stage;
  const on = () => {
    const who = local.who ?? '';
    if (!who.trim()) return stage.set({ lacking: true });
    return stage.run('hold', async () => {
      await stage.app.turnHoldOn?.({ who, reference: local.reference ?? '' });
      stage.say(t('hold.turned_on'));
      stage.refresh('');
    });
  };
  return html`<p>${t('hold.is_off')}</p>
    ${textField({
      id: 'hold-who',
      label: t('hold.who'),
      value: local.who ?? '',
      error: local.lacking && !local.who?.trim() ? t('hold.need_who') : null,
      on: (who) => {
        local.who = who;
      },
    })}
    ${textField({
      id: 'hold-ref',
      label: t('hold.reference'),
      value: local.reference ?? '',
      on: (reference) => {
        local.reference = reference;
      },
    })}
    <div>${button(t('hold.on'), on, { main: true, busy: stage.running === 'hold' })}</div>`;
}

export const views = { removed, hold, two, attribute };
