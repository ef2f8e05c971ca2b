/** The rows of a message schedule as text, in both directions and in order. */
import { html, nothing } from '../shell/html.js';
import { label } from './text/labels.js';
import { day } from './text/say.js';
import { dotted, lookUp, t } from '../shell/strings.js';
import './words.js';
import type { Row } from '../record/schedule.js';

const NOTES = {
  hour_first: 'sched.first',
  hour_second: 'sched.second',
  hour_skipped: 'sched.skipped',
} as Record<string, string>;

/** `24 Nov 2026, 21:10` as stamped; '' if no time is known. */
export function stampWords({ sent_local = '' }: Pick<Row, 'sent_local'>): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(sent_local)) return '';
  return `${day(Date.parse(`${sent_local.slice(0, 10)}T12:00Z`))}, ${sent_local.slice(11)}`;
}

/** Sender and recipient as text. */
export function wayWords({ direction, from, to }: Pick<Row, 'direction' | 'from' | 'to'>) {
  const name = (who: string | undefined) => (who === 'me' ? t('sched.me') : (who ?? ''));
  // If both are named, the direction is clear.
  if (from && to) return html`<bdi>${name(from)}</bdi> → <bdi>${name(to)}</bdi>`;
  const names = [name(from), name(to)].filter(Boolean).join(' → ');
  const way = ['in', 'out', 'others'].includes(direction) ? lookUp(`sched.way_${direction}`) : t('sched.way_unknown');
  return names ? html`<bdi>${names}</bdi> <span class="soft">(${way})</span>` : html`<span class="soft">${way}</span>`;
}

/** @param options `files`: the entry's files in their order */
export function rowsList(
  rows: readonly Row[],
  { files = [], after }: { files?: readonly string[]; after?: (row: Row, i: number) => unknown } = {},
) {
  return html`<ol class="messages">${rows.map(
    (row, i) => html`<li class="message message-${row.direction === 'out' ? 'out' : 'in'}">
    <p class="message-head"><span class="soft">${row.msg_no}.</span> ${
      stampWords(row) ? html`<time>${stampWords(row)}</time>` : nothing
    } ${wayWords(row)}</p>
    ${row.type && row.type !== 'text' ? html`<p class="small soft">${label('message_types', row.type)}</p>` : nothing}
    ${row.text ? html`<p class="message-words" dir="auto">${row.text}</p>` : nothing}
    ${row.description ? html`<p class="small" dir="auto">${row.description}</p>` : nothing}
    ${noteLine(row, files)}
    ${after ? after(row, i) : nothing}</li>`,
  )}</ol>`;
}

function noteLine(row: Row, files: readonly string[]) {
  const at = row.attachment_id ? files.indexOf(row.attachment_id) : -1;
  const notes = [
    row.edited ? t('sched.edited') : '',
    row.file_name ?? '',
    row.sent_note && NOTES[row.sent_note] ? lookUp(NOTES[row.sent_note] as string) : '',
    row.read ? label('schedule_read', row.read) : '',
    at >= 0 ? (row.page ? t('sched.sees_page', { n: at + 1, page: row.page }) : t('sched.sees', { n: at + 1 })) : '',
  ].filter(Boolean);
  return notes.length ? html`<p class="small soft" dir="auto">${dotted(notes)}</p>` : nothing;
}
