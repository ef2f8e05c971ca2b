/** The message schedule of one entry: a list of messages in both directions, and the way into its editor. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, sentenceOf } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { headersView } from '../../components/files/import_found.js';
import { label, vocabulary } from '../../components/text/labels.js';
import { amountOf, rowsIn } from '../../record/schedule.js';
import { begin, editing } from './schedule_edit.js';
import { amountSaid } from '../../components/text/amount_words.js';
import { rowsList } from '../../components/schedule_rows.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { Found } from './schedule_edit.js';
import type { Row } from '../../record/schedule.js';
import type { WholeRecord } from '../../shell/app.js';

const PAGE = 100;

function schedule(stage: Stage) {
  vocabulary(stage);
  const { record } = stage.place;
  const app = stage.app;
  const found = stage.find(`entry:schedule:${record}`, async () => ({
    entry: await app.readIncident(record as string),
    ...(await app.readSchedule(record as string)),
  }));
  if (!found.data) {
    return html`<div class="stack">${heading(t('sched.title'))}${
      found.problem
        ? html`<p role="alert">${sentenceOf(found.problem)}</p><div>${button(t('door.again'), () =>
            stage.refresh('entry:'),
          )}</div>`
        : html`<p role="status">${t('frame.loading')}</p>`
    }</div>`;
  }
  // An unsaved draft opens where the keeper left it.
  if (found.data.draft && !stage.local.edit && !stage.local.left) stage.local.edit = found.data.draft;
  return html`<div class="stack-wide">${
    stage.local.edit ? editing(stage, found.data) : reading(stage, found.data)
  }</div>`;
}

function reading(stage: Stage, found: Found) {
  const { parts } = found;
  const rows = parts.flatMap(({ fields }) => rowsIn(fields));
  const shown = stage.local.shown ?? PAGE;
  const files = found.entry.attachments.map(({ attachment }) => attachment);
  return html`${heading(t('sched.title'))}${errorSummary(stage)}
    ${parts.length ? summary(found, rows) : html`<p class="soft">${t('sched.none')}</p>`}
    ${rows.length ? rowsList(rows.slice(0, shown), { files }) : nothing}
    ${
      rows.length > shown
        ? html`<div>${button(t('plan.more'), () => stage.set({ shown: shown + PAGE * 2 }), { wide: true })}</div>`
        : nothing
    }
    ${headers(stage, found)}
    <div class="stack-close">${
      parts.length > 1
        ? parts.map(
            (part, i) =>
              html`<div>${button(
                `${t('sched.change')}: ${t('sched.parts', { n: i + 1 })}`,
                () => begin(stage, found, part),
                { icon: 'pen' },
              )}</div>`,
          )
        : html`<div>${button(
            t(parts.length ? 'sched.change' : 'sched.add'),
            () => begin(stage, found, parts[0] ?? null),
            { icon: 'pen', main: !parts.length },
          )}</div>`
    }</div>`;
}

/** The counts, and whether the schedule is complete. */
function summary({ parts }: Found, rows: Row[]) {
  const [{ fields, restricted }] = parts as [WholeRecord, ...WholeRecord[]];
  const counts = parts.map((part) => part.fields.count).filter(Number.isSafeInteger);
  const stated = counts.length ? counts.reduce((sum, n) => sum + n, 0) : null;
  const amount = amountOf(rows);
  const own = Array.isArray(restricted.own_accounts) ? restricted.own_accounts.join(', ') : '';
  const facts = [
    ['sched.channel', label('channels', fields.channel)],
    [
      'sched.complete_is',
      [label('schedule_complete', fields.complete), fields.complete_text].filter(Boolean).join('\n'),
    ],
    [
      'sched.count',
      stated !== null && stated !== amount.in
        ? fields.count_is_estimate
          ? t('sched.about_n', { n: stated })
          : String(stated)
        : '',
    ],
    ['import.own', own],
  ].filter(([, value]) => value);
  const file = fields.import_summary;
  return html`<div class="stack-close"><p dir="auto"><strong>${amountSaid(amount)}</strong></p>
    ${
      fields.chat
        ? html`<p class="small soft" dir="auto">${t('sched.imported', { chat: fields.chat })}${
            file?.lines ? ` · ${t('sched.counts', { lines: file.lines, unknown: file.unknown ?? 0 })}` : ''
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
function headers(stage: Stage, { parts }: Found) {
  const [part] = parts;
  if (part?.fields.channel !== 'email' || typeof part.fields.source_attachment_id !== 'string') return nothing;
  const { local } = stage;
  if (local.mail) return headersView(stage, local.mail);
  const see = () =>
    stage.run('headers', async () => {
      stage.set({
        mail: await stage.app.readHeaders(part.fields.source_attachment_id),
        headers: true,
      });
    });
  return html`<div>${button(t('mail.headers_see'), see, { busy: stage.running === 'headers' })}</div>`;
}

export const views = { schedule };
