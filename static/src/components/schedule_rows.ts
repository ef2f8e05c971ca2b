/** The rows of a message schedule as text, in both directions and in order. */
import { html, nothing } from '../shell/html.js';
import { labelForCode } from './text/labels.js';
import { dateText } from './text/formatting.js';
import { joinWithDots, lookUp, t } from '../shell/strings.js';
import './words.js';
import type { MessageRow } from '../record/schedule.js';

const NOTES = {
  hour_first: 'sched.first',
  hour_second: 'sched.second',
  hour_skipped: 'sched.skipped',
} as Record<string, string>;

/** `24 Nov 2026, 21:10` as stamped, `24 Nov 2026` of a picture that shows no time; '' if neither is known. */
export function stampText({ sent_local = '' }: Pick<MessageRow, 'sent_local'>): string {
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d|$)/.test(sent_local)) return '';
  const [day, time] = [sent_local.slice(0, 10), sent_local.slice(11)];
  return [dateText(Date.parse(`${day}T12:00Z`)), time].filter(Boolean).join(', ');
}

/** Sender and recipient as text. */
export function directionText({ direction, from, to }: Pick<MessageRow, 'direction' | 'from' | 'to'>) {
  const name = (party: string | undefined) => (party === 'me' ? t('sched.me') : (party ?? ''));
  // If both are named, the direction is clear.
  if (from && to) return html`<bdi>${name(from)}</bdi> → <bdi>${name(to)}</bdi>`;
  const names = [name(from), name(to)].filter(Boolean).join(' → ');
  const directionLabel = ['in', 'out', 'others'].includes(direction)
    ? lookUp(`sched.way_${direction}`)
    : t('sched.way_unknown');
  return names
    ? html`<bdi>${names}</bdi> <span class="soft">(${directionLabel})</span>`
    : html`<span class="soft">${directionLabel}</span>`;
}

/** @param options `files`: the entry's files in their order */
export function messageList(
  rows: readonly MessageRow[],
  {
    files = [],
    renderAfter,
  }: { files?: readonly string[]; renderAfter?: (row: MessageRow, i: number) => unknown } = {},
) {
  return html`<ol class="messages">${rows.map(
    (row, i) => html`<li class="message message-${row.direction === 'out' ? 'out' : 'in'}">
    <p class="message-head"><span class="soft">${row.msg_no}.</span> ${
      stampText(row) ? html`<time>${stampText(row)}</time>` : nothing
    } ${directionText(row)}</p>
    ${
      row.type && row.type !== 'text'
        ? html`<p class="small soft">${labelForCode('message_types', row.type)}</p>`
        : nothing
    }
    ${row.text ? html`<p class="message-words" dir="auto">${row.text}</p>` : nothing}
    ${row.description ? html`<p class="small" dir="auto">${row.description}</p>` : nothing}
    ${noteLine(row, files)}
    ${renderAfter ? renderAfter(row, i) : nothing}</li>`,
  )}</ol>`;
}

function noteLine(row: MessageRow, files: readonly string[]) {
  const fileIndex = row.attachment_id ? files.indexOf(row.attachment_id) : -1;
  const notes = [
    row.edited ? t('sched.edited') : '',
    row.file_name ?? '',
    row.sent_note && NOTES[row.sent_note] ? lookUp(NOTES[row.sent_note] as string) : '',
    row.read ? labelForCode('schedule_read', row.read) : '',
    fileIndex >= 0
      ? row.page
        ? t('sched.sees_page', { n: fileIndex + 1, page: row.page })
        : t('sched.sees', { n: fileIndex + 1 })
      : '',
  ].filter(Boolean);
  return notes.length ? html`<p class="small soft" dir="auto">${joinWithDots(notes)}</p>` : nothing;
}
