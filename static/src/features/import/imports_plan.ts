/**
 * Plan an import: place rows in time, remove those the diary already has, and group the rest into bursts, each with a
 * proposed entry. Nothing is written here.
 */
import { KeptError } from '../../core/errors.js';
import { cutText } from '../../core/text.js';
import { GAP_HOURS, MAX_GAP_HOURS, totalsOf, totalsText, burstsOf, rowsIn } from '../../record/schedule.js';
import { compareExport } from '../../record/schedule_known.js';
import { codesOf, textOf } from '../../record/reading.js';
import { fromPicked, localAt, offsetAt } from '../../record/times.js';
import { rowsOf } from '../../imports/whatsapp.js';
import { findLateFiles } from './imports_late_files.js';
import { readKind } from '../../diary/records/records.js';
import type { SavedPage } from '../../imports/saved_pages/saved_page.js';
import type { Mail } from '../../imports/mail.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Pause, Chat } from '../../imports/whatsapp.js';
import type { LateFile, KnownSchedule } from './imports_late_files.js';
import type { Fields, Open, Source } from '../../diary/types.js';
import type { ImportAnswers, ImportBurst, ImportPlan } from '../../shell/app.js';
import type { MediaFiles, PlannedRow } from './imports_media.js';

/** `lenient`: some bytes were not valid text */
export type ChatExport = { kind: 'chat'; chat: Chat; media: MediaFiles; lenient: boolean };

export type DetailedPlan = {
  channel: string;
  tz: string;
  gap: number;
  /** the keeper's names in the chat */
  ownNames: string[];
  complete: string;
  bursts: PlannedRow[][];
  summary: Fields;
  kind: 'chat_export' | 'call_log' | 'email_eml' | 'document';
  /** a saved page, whose entry has no schedule; its rows are only shown */
  page?: SavedPage;
  /** the file, if the diary has it already and another page of it is added */
  known?: string;
  /** the file is no .eml */
  isOutlook?: boolean;
  /** what the entries were copied from, where the channel alone does not say */
  record?: string;
  summaryView: ImportPlan;
  /** missing files of messages that the diary already has */
  late: LateFile[];
};
/** A file, the plan of what is made from it, and the files that can be taken out of it */
export type PlannedFile = { source: Source; title: string; plan: DetailedPlan; media: MediaFiles };

const MAX_SHOWN = 200;
/** What fits one record; the file has all of it. */
export const MAX_TEXT_LENGTH = 100_000;
const PREVIEW_LENGTH = 90;
const ROWS_PER_SLICE = 400;

/**
 * Plan the import of a chat.
 * @param input `title`: the chat's title
 * @throws import_unanswered
 */
export async function planChat(
  open: Open,
  { chat, media, lenient, title }: ChatExport & { title: string },
  { order = chat.orders.length === 1 ? chat.orders[0] : undefined, tz, me, gap }: ImportAnswers,
  pause: Pause,
): Promise<DetailedPlan> {
  if (!order || me === undefined || !isZone(tz)) throw new KeptError('import_unanswered');
  const hours = gapOf(gap);
  const { rows, counts, unplaced, earlier } = await rowsOf(chat, { order, tz, me }, pause);
  const schedules = await knownSchedules(open, 'whatsapp');
  const {
    fresh: newRows,
    known,
    changed,
    pairs,
  } = await compareExport(
    rows,
    schedules.map((schedule) => schedule.rows),
    schedules.map(({ chat: name }) => name === title),
    () => pause(1, 1),
  );
  const late = findLateFiles(open, schedules, pairs, media);
  const { files, hours: doubtfulHours } = await countFiles(rows, media, pause);
  const bursts: PlannedRow[][] = [];
  const described: ImportBurst[] = [];
  for (const found of burstsOf(newRows, hours)) {
    const burst = found.map(withoutLine);
    bursts.push(burst);
    described.push(describeBurst(burst, described.length, 'WhatsApp'));
    await pause(1, 1);
  }
  const summary = {
    ...counts,
    files_with: files.with,
    files_missing: files.missing,
    files_left_out: files.left_out,
    date_order: order,
    unlike: chat.unlike.length,
    earlier: earlier.length,
  };
  return {
    channel: 'whatsapp',
    tz,
    gap: hours,
    ownNames: me ? [me] : [],
    complete: me === null ? 'outgoing_not_captured' : 'complete',
    bursts,
    summary,
    kind: 'chat_export',
    late,
    summaryView: {
      late: {
        files: new Set(late.map(({ name }) => name)).size,
        entries: new Set(late.map(({ incident }) => incident)).size,
      },
      counts,
      known,
      fresh: newRows.length,
      changed: changed.slice(0, MAX_SHOWN).map(({ before, now }) => ({
        before: before.text ?? before.description ?? '',
        now: now.text ?? now.description ?? '',
        at: now.sent_local as string, // every row of a chat has one
      })),
      changed_count: changed.length,
      unplaced: unplaced.slice(0, MAX_SHOWN),
      unplaced_count: unplaced.length,
      notices: chat.notices.slice(0, MAX_SHOWN),
      notices_count: chat.notices.length,
      unlike: chat.unlike.slice(0, MAX_SHOWN),
      unlike_count: chat.unlike.length,
      earlier: earlier.slice(0, MAX_SHOWN),
      earlier_count: earlier.length,
      hours: doubtfulHours,
      files,
      lenient,
      tz,
      gap: hours,
      order,
      bursts: described,
    },
  };
}

/** Count the messages with a file that is in the export, is missing or was left out, and those in a doubtful hour. */
async function countFiles(rows: readonly MessageRow[], media: MediaFiles, pause: Pause) {
  const files = { with: 0, missing: 0, left_out: 0 };
  const hours = { first: 0, second: 0, skipped: 0 };
  for (const [i, { type, text, description, file_name: name, sent_note: note }] of rows.entries()) {
    if (name) files[media.has(name) ? 'with' : 'missing']++;
    else if (!text && description && type !== 'deleted' && !/call/.test(type)) files.left_out++;
    if (note === 'hour_first') hours.first++;
    else if (note === 'hour_second') hours.second++;
    else if (note === 'hour_skipped') hours.skipped++;
    if (i % ROWS_PER_SLICE === ROWS_PER_SLICE - 1) await pause(1, 1);
  }
  return { files, hours };
}

/** Return the hours of pause that begin a new entry. */
export function gapOf(gap: number = GAP_HOURS): number {
  return Math.min(MAX_GAP_HOURS, Math.max(1, Math.round(gap) || GAP_HOURS));
}

/**
 * Plan the import of an email. It is imported whole or not at all. `isOutlook`: its file is a .msg or winmail.dat
 * @throws import_unanswered
 */
export async function planMail(
  known: MessageRow[][],
  mail: Mail,
  { tz, direction }: ImportAnswers,
  isOutlook: boolean,
  pause: Pause,
): Promise<DetailedPlan> {
  if (!direction || !isZone(tz)) throw new KeptError('import_unanswered');
  const rows = numberedMailRows(mail, tz, direction);
  const { fresh } = await compareExport(rows, known, [], () => pause(1, 1));
  return { ...planOfMail(mail, rows, new Set(fresh), tz), isOutlook };
}

/**
 * Return the plan of an email.
 * @param rows from numberedMailRows
 * @param fresh the rows that the diary does not have, of this email and maybe others
 */
export function planOfMail(mail: Mail, rows: MessageRow[], fresh: ReadonlySet<MessageRow>, tz: string): DetailedPlan {
  const freshCount = rows.filter((row) => fresh.has(row)).length;
  const bursts = freshCount ? [rows] : [];
  return {
    channel: 'email',
    tz,
    gap: GAP_HOURS,
    ownNames: [],
    complete: 'not_sure',
    bursts,
    summary: { messages: rows.length, files: mail.files.length },
    kind: 'email_eml',
    late: [],
    summaryView: {
      counts: null,
      known: rows.length - freshCount,
      fresh: freshCount,
      bursts: bursts.map((burst, i) => ({ ...describeBurst(burst, i, 'Email'), ...mailSummary(mail, burst) })),
      tz,
    },
  };
}

/** Return the rows of an email and of the messages forwarded inside it, numbered from 1. */
export function numberedMailRows(mail: Mail, tz: string, direction: 'in' | 'out' | 'unknown'): MessageRow[] {
  return mailRows(mail, tz, direction).map((row, i) => ({ ...row, msg_no: i + 1 }));
}

function mailSummary(mail: Mail, rows: MessageRow[]) {
  const at = rows[0]?.sent_local?.slice(11, 16) ?? '';
  const correspondent =
    rows[0]?.direction === 'out' ? `to ${mail.to.join(', ') || 'nobody named'}` : `from ${mail.from || 'nobody named'}`;
  const said = `Email ${correspondent}${mail.subject ? `: ${mail.subject}` : ''}${at ? `, ${at}` : ''}.`;
  const narrative = cutText(said, 1000);
  return { narrative, words: narrative, amount: null };
}

/** Return the row of the message, then those of the messages forwarded inside it. */
function mailRows(
  mail: Mail,
  tz: string,
  direction: 'in' | 'out' | 'unknown',
  note: string = '',
): Omit<MessageRow, 'msg_no'>[] {
  const { at } = mail.sent;
  const files = mail.files.map(({ name, type, size }) => `${name || type} (${size} bytes)`);
  const description = [
    note,
    mail.subject ? `Subject: ${mail.subject}` : '',
    files.length ? `Files: ${files.join(', ')}` : '',
    at === null && mail.sent.raw ? `Date as written: ${mail.sent.raw}` : '',
  ]
    .filter(Boolean)
    .join('. ');
  const senderField = direction === 'out' ? { from: 'me' } : mail.from ? { from: mail.from } : {};
  // With an unknown direction, the keeper's own address may be among the recipients, so they stay in the file only.
  const to =
    direction === 'in'
      ? { to: 'me' }
      : direction === 'out' && mail.to.length
        ? { to: cutText(mail.to.join(', '), 2000) }
        : {};
  const row = {
    ...(at === null ? {} : { sent_at: at, sent_local: localAt(at, tz), sent_source: 'message_or_call_stamp' }),
    direction,
    ...senderField,
    ...to,
    type: 'email',
    ...(mail.text ? { text: cutText(mail.text, MAX_TEXT_LENGTH) } : {}),
    ...(description ? { description: cutText(description, 4000) } : {}),
  };
  return [
    row,
    ...mail.inside.flatMap((innerMail) => mailRows(innerMail, tz, 'unknown', 'A message inside this email')),
  ];
}

/** Return every schedule of a channel, also those taken out: their messages count as known and do not come back. */
export async function knownSchedules(open: Open, channel: string): Promise<KnownSchedule[]> {
  const schedules = await readKind(open, 'schedule', true);
  return schedules
    .filter(({ fields }) => fields.channel === channel)
    .map(({ record, fields, taken_out }) => ({
      record,
      chat: textOf(fields, 'chat'),
      incidents: codesOf(fields, 'incident_ids'),
      out: taken_out !== null,
      rows: rowsIn(fields),
    }));
}

/** Rows of one list of the diary. `isWritten`: their file had times without a zone */
export type KnownRows = { rows: MessageRow[]; isWritten: boolean };

/**
 * Return the rows that were imported from a conversation, also those taken out.
 * @param id from conversation_files.js
 * @param chat its title: another form of the file may have no number of the app's own
 */
export async function knownConversation(open: Open, channel: string, id: string, chat: string): Promise<KnownRows[]> {
  const schedules = await readKind(open, 'schedule', true);
  return schedules.flatMap(({ fields }) => {
    const { conversation } = (fields.import_summary ?? {}) as { conversation?: { id?: unknown; is_written?: unknown } };
    if (fields.channel !== channel || typeof conversation?.id !== 'string') return [];
    const isOtherForm = isOfNames(id) !== isOfNames(conversation.id) && textOf(fields, 'chat') === chat;
    if (conversation.id !== id && !isOtherForm) return [];
    return [{ rows: rowsIn(fields), isWritten: conversation.is_written === true }];
  });
}

/** See idOfNames, format.ts. */
const isOfNames = (id: string) => /^[0-9a-f]{16}$/.test(id);

export function describeBurst(rows: MessageRow[], index: number, app: string): ImportBurst {
  const amount = totalsOf(rows);
  const words = totalsText(amount);
  const first = rows.find(({ text }) => text)?.text ?? rows[0]?.description ?? rows[0]?.file_name ?? '';
  return {
    index,
    amount,
    date: amount.first?.slice(0, 10) ?? '',
    words,
    narrative: `${app}: ${words}.`,
    preview: cutText(first, PREVIEW_LENGTH),
    count: rows.length,
    skipped: rows.every(({ sent_at }) => sent_at === undefined),
  };
}

/** Return the time fields of a burst's entry: one time stamp, or the span from the first to the last. */
export function burstTime(rows: readonly MessageRow[], tz: string, now: number) {
  const stamps = rows.flatMap(({ sent_at }) => sent_at ?? []).sort((a, b) => a - b);
  const [start, end] = [stamps[0], stamps.at(-1)];
  const time_source = rows.find(({ sent_source }) => sent_source)?.sent_source ?? 'message_or_call_stamp';
  const source = { tz, time_source };
  if (start === undefined || end === undefined) {
    const date = rows.find(({ sent_local }) => sent_local)?.sent_local?.slice(0, 10);
    return date
      ? {
          ...fromPicked({ how: 'day', date }, Math.max(now, Date.parse(`${date}T23:59Z`) + 86_400_000), tz),
          time_source,
        }
      : { precision: 'unknown', tz };
  }
  const [from, to] = [localAt(start, tz), localAt(end, tz)];
  const base = { ...source, occurred_start: start, utc_offset_min: offsetAt(start, tz) };
  return from === to
    ? { ...base, occurred_local: from, precision: 'exact' }
    : { ...base, occurred_end: end, occurred_local: `${from}/${to}`, precision: 'date_range' };
}

function withoutLine({ line: _line, ...row }: MessageRow & { line: number }): MessageRow {
  return row;
}

export function isZone(tz: string) {
  try {
    offsetAt(0, tz);
    return true;
  } catch {
    return false;
  }
}
