/** The message schedule of one entry: a list of messages in both directions, and the way into its editor. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, problemSentence } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { headersView } from '../../components/files/import_preview.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { totalsOf, rowsIn } from '../../record/schedule.js';
import { startEditing, editorView } from './schedule_edit.js';
import { amountText } from '../../components/text/amount_words.js';
import { messageList } from '../../components/schedule_rows.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { ScheduleData } from './schedule_edit.js';
import type { MessageRow } from '../../record/schedule.js';
import type { WholeRecord } from '../../shell/app.js';

const PAGE_SIZE = 100;

function scheduleView(stage: Stage) {
  loadVocabulary(stage);
  const { record } = stage.place;
  const app = stage.app;
  const result = stage.find(`entry:schedule:${record}`, async () => ({
    entry: await app.readIncident(record as string),
    ...(await app.readSchedule(record as string)),
  }));
  if (!result.data) {
    return html`<div class="stack">${heading(t('sched.title'))}${
      result.problem
        ? html`<p role="alert">${problemSentence(result.problem)}</p><div>${button(t('door.again'), () =>
            stage.refresh('entry:'),
          )}</div>`
        : html`<p role="status">${t('frame.loading')}</p>`
    }</div>`;
  }
  // An unsaved draft opens where the keeper left it.
  if (result.data.draft && !stage.local.edit && !stage.local.left) stage.local.edit = result.data.draft;
  return html`<div class="stack-wide">${
    stage.local.edit ? editorView(stage, result.data) : readView(stage, result.data)
  }</div>`;
}

function readView(stage: Stage, data: ScheduleData) {
  const { parts } = data;
  const rows = parts.flatMap(({ fields }) => rowsIn(fields));
  const limit = stage.local.shown ?? PAGE_SIZE;
  const files = data.entry.attachments.map(({ attachment }) => attachment);
  return html`${heading(t('sched.title'))}${errorSummary(stage)}
    ${parts.length ? summary(data, rows) : html`<p class="soft">${t('sched.none')}</p>`}
    ${rows.length ? messageList(rows.slice(0, limit), { files }) : nothing}
    ${
      rows.length > limit
        ? html`<div>${button(t('plan.more'), () => stage.set({ shown: limit + PAGE_SIZE * 2 }), { wide: true })}</div>`
        : nothing
    }
    ${emailHeaders(stage, data)}
    <div class="stack-close">${
      parts.length > 1
        ? parts.map(
            (part, i) =>
              html`<div>${button(
                `${t('sched.change')}: ${t('sched.parts', { n: i + 1 })}`,
                () => startEditing(stage, data, part),
                { icon: 'pen' },
              )}</div>`,
          )
        : html`<div>${button(
            t(parts.length ? 'sched.change' : 'sched.add'),
            () => startEditing(stage, data, parts[0] ?? null),
            { icon: 'pen', main: !parts.length },
          )}</div>`
    }</div>`;
}

/** The counts, and whether the schedule is complete. */
function summary({ parts }: ScheduleData, rows: MessageRow[]) {
  const [{ fields, restricted }] = parts as [WholeRecord, ...WholeRecord[]];
  const counts = parts.map((part) => part.fields.count).filter(Number.isSafeInteger);
  const stated = counts.length ? counts.reduce((sum, count) => sum + count, 0) : null;
  const amount = totalsOf(rows);
  const ownAccounts = Array.isArray(restricted.own_accounts) ? restricted.own_accounts.join(', ') : '';
  const facts = [
    ['sched.channel', labelForCode('channels', fields.channel)],
    [
      'sched.complete_is',
      [labelForCode('schedule_complete', fields.complete), fields.complete_text].filter(Boolean).join('\n'),
    ],
    [
      'sched.count',
      stated !== null && stated !== amount.in
        ? fields.count_is_estimate
          ? t('sched.about_n', { n: stated })
          : String(stated)
        : '',
    ],
    ['import.own', ownAccounts],
  ].filter(([, value]) => value);
  const importSummary = fields.import_summary;
  return html`<div class="stack-close"><p dir="auto"><strong>${amountText(amount)}</strong></p>
    ${
      fields.chat
        ? html`<p class="small soft" dir="auto">${t('sched.imported', { chat: fields.chat })}${
            importSummary?.lines
              ? ` · ${t('sched.counts', { lines: importSummary.lines, unknown: importSummary.unknown ?? 0 })}`
              : ''
          }</p>`
        : nothing
    }</div>
    ${
      facts.length
        ? html`<dl class="facts card">${facts.map(
            ([key, value]) =>
              html`<div><dt>${lookUp(String(key))}</dt><dd dir="auto" class="lines-kept">${value}</dd></div>`,
          )}</dl>`
        : nothing
    }`;
}

/** The headers of an email, read again from the file as received. */
function emailHeaders(stage: Stage, { parts }: ScheduleData) {
  const [part] = parts;
  if (part?.fields.channel !== 'email' || typeof part.fields.source_attachment_id !== 'string') return nothing;
  if (part.fields.import_summary?.picture) return nothing; // a picture of an email has no headers
  const { local } = stage;
  if (local.mail) return headersView(stage, local.mail);
  const showHeaders = () =>
    stage.run('headers', async () => {
      stage.set({
        mail: await stage.app.readHeaders(part.fields.source_attachment_id),
        headers: true,
      });
    });
  return html`<div>${button(t('mail.headers_see'), showHeaders, { busy: stage.runningTask === 'headers' })}</div>`;
}

export const views = { schedule: scheduleView };
