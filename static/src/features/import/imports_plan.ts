/**
 * Plan an import: place rows in time, remove those the diary already has, and group the rest into bursts, each with a
 * proposed entry. Nothing is written here.
 */
import { KeptError } from '../../core/errors.js';
import { GAP_HOURS, MOST_GAP, amountOf, amountWords, burstsOf, rowsIn } from '../../record/schedule.js';
import { newIn } from '../../record/schedule_known.js';
import { codesOf, textOf } from '../../record/reading.js';
import { fromPicked, localAt, offsetAt } from '../../record/times.js';
import { rowsOf } from '../../imports/whatsapp.js';
import { lateIn } from './imports_late.js';
import { readKind } from '../../diary/records/records.js';
import type { Mail } from '../../imports/mail.js';
import type { Row } from '../../record/schedule.js';
import type { Pause, Chat } from '../../imports/whatsapp.js';
import type { Late, Listed } from './imports_late.js';
import type { Fields, Open } from '../../diary/types.js';
import type { Entry } from '../../imports/unzip.js';
import type { ImportAnswers, ImportBurst, ImportPlan } from '../../shell/app.js';

/** `lenient`: some bytes were not valid text */
export type ChatRead = { kind: 'chat'; chat: Chat; media: Map<string, Entry>; lenient: boolean };

export type Plan = {
  channel: string;
  tz: string;
  gap: number;
  /** the keeper's names in the chat */
  own: string[];
  complete: string;
  bursts: Row[][];
  summary: Fields;
  kind: 'chat_export' | 'email_eml';
  shown: ImportPlan;
  /** missing files of messages that the diary already has */
  late: Late[];
};

const MANY = 200;
const PREVIEW = 90;

/**
 * Plan the import of a chat.
 * @param input `title`: the chat's title
 * @throws import_unanswered
 */
export async function planChat(
  open: Open,
  { chat, media, lenient, title }: ChatRead & { title: string },
  { order = chat.orders.length === 1 ? chat.orders[0] : undefined, tz, me, gap = GAP_HOURS }: ImportAnswers,
  pause: Pause,
): Promise<Plan> {
  if (!order || me === undefined || !isZone(tz)) throw new KeptError('import_unanswered');
  const hours = Math.min(MOST_GAP, Math.max(1, Math.round(gap) || GAP_HOURS));
  const { rows, counts, unplaced, earlier } = await rowsOf(chat, { order, tz, me }, pause);
  const lists = await knownLists(open, 'whatsapp');
  const { fresh, known, changed, pairs } = newIn(
    rows,
    lists.map((one) => one.rows),
    lists.map(({ chat: name }) => name === title),
  );
  const late = lateIn(open, lists, pairs, media);
  await pause(1, 1);
  const bursts = burstsOf(fresh, hours).map((burst) => burst.map(withoutLine));
  const missing = rows.filter(({ file_name }) => file_name && !media.has(file_name)).length;
  const named = rows.filter(({ file_name }) => file_name).length;
  const files = {
    with: named - missing,
    missing,
    left_out: rows.filter(
      ({ type, text, description, file_name }) =>
        !text && !file_name && description && type !== 'deleted' && !/call/.test(type),
    ).length,
  };
  const noted = (note: string) => rows.filter(({ sent_note }) => sent_note === note).length;
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
    own: me ? [me] : [],
    complete: me === null ? 'outgoing_not_captured' : 'complete',
    bursts: bursts,
    summary,
    kind: 'chat_export',
    late,
    shown: {
      late: {
        files: new Set(late.map(({ name }) => name)).size,
        entries: new Set(late.map(({ incident }) => incident)).size,
      },
      counts,
      known,
      fresh: fresh.length,
      changed: changed.slice(0, MANY).map(({ before, now }) => ({
        before: before.text ?? before.description ?? '',
        now: now.text ?? now.description ?? '',
        at: now.sent_local as string, // every row of a chat has one
      })),
      changed_count: changed.length,
      unplaced: unplaced.slice(0, MANY),
      unplaced_count: unplaced.length,
      notices: chat.notices.slice(0, MANY),
      notices_count: chat.notices.length,
      unlike: chat.unlike.slice(0, MANY),
      unlike_count: chat.unlike.length,
      earlier: earlier.slice(0, MANY),
      earlier_count: earlier.length,
      hours: { first: noted('hour_first'), second: noted('hour_second'), skipped: noted('hour_skipped') },
      files,
      lenient,
      tz,
      gap: hours,
      order,
      bursts: bursts.map((burst, index) => shownBurst(burst, index, 'WhatsApp')),
    },
  };
}

/**
 * Plan the import of an email.
 * @throws import_unanswered
 */
export function planMail(known: Row[][], mail: Mail, { tz, direction }: ImportAnswers): Plan {
  if (!direction || !isZone(tz)) throw new KeptError('import_unanswered');
  const rows = mailRows(mail, tz, direction).map((row, i) => ({ ...row, msg_no: i + 1 }));
  const { fresh } = newIn(rows, known);
  const bursts = fresh.length ? [rows] : []; // an email is imported whole or not at all
  return {
    channel: 'email',
    tz,
    gap: GAP_HOURS,
    own: [],
    complete: 'not_sure',
    bursts,
    summary: { messages: rows.length, files: mail.files.length },
    kind: 'email_eml',
    late: [],
    shown: {
      counts: null,
      known: rows.length - fresh.length,
      fresh: fresh.length,
      bursts: bursts.map((burst, i) => ({ ...shownBurst(burst, i, 'Email'), ...mailWords(mail, burst) })),
      tz,
    },
  };
}

function mailWords(mail: Mail, rows: Row[]) {
  const at = rows[0]?.sent_local?.slice(11, 16) ?? '';
  const who =
    rows[0]?.direction === 'out' ? `to ${mail.to.join(', ') || 'nobody named'}` : `from ${mail.from || 'nobody named'}`;
  const narrative = `Email ${who}${mail.subject ? `: ${mail.subject}` : ''}${at ? `, ${at}` : ''}.`.slice(0, 1000);
  return { narrative, words: narrative, amount: null };
}

/** Return the row of the message, then those of the messages forwarded inside it. */
function mailRows(
  mail: Mail,
  tz: string,
  direction: 'in' | 'out' | 'unknown',
  inside: string = '',
): Omit<Row, 'msg_no'>[] {
  const { at } = mail.sent;
  const files = mail.files.map(({ name, type, size }) => `${name || type} (${size} bytes)`);
  const said = [
    inside,
    mail.subject ? `Subject: ${mail.subject}` : '',
    files.length ? `Files: ${files.join(', ')}` : '',
    at === null && mail.sent.raw ? `Date as written: ${mail.sent.raw}` : '',
  ]
    .filter(Boolean)
    .join('. ');
  const own = direction === 'out' ? { from: 'me' } : mail.from ? { from: mail.from } : {};
  // With an unknown direction, the keeper's own address may be among the recipients, so they stay in the file only.
  const to =
    direction === 'in'
      ? { to: 'me' }
      : direction === 'out' && mail.to.length
        ? { to: mail.to.join(', ').slice(0, 2000) }
        : {};
  const row = {
    ...(at === null ? {} : { sent_at: at, sent_local: localAt(at, tz), sent_source: 'message_or_call_stamp' }),
    direction,
    ...own,
    ...to,
    type: 'email',
    ...(mail.text ? { text: wholeLetters(mail.text) } : {}),
    ...(said ? { description: said.slice(0, 4000) } : {}),
  };
  return [row, ...mail.inside.flatMap((one) => mailRows(one, tz, 'unknown', 'A message inside this email'))];
}

/** Cut the text to what fits one record, at a whole character; the file has all of it. */
function wholeLetters(text: string) {
  return text.length > 100_000 ? `${text.slice(0, 100_000).replace(/[\ud800-\udbff]$/, '')}` : text;
}

/** Return every schedule of a channel, also those taken out: their messages count as known and do not come back. */
export async function knownLists(open: Open, channel: string): Promise<Listed[]> {
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

function shownBurst(rows: Row[], index: number, app: string): ImportBurst {
  const amount = amountOf(rows);
  const words = amountWords(amount);
  const first = rows.find(({ text }) => text)?.text ?? rows[0]?.description ?? rows[0]?.file_name ?? '';
  return {
    index,
    amount,
    date: amount.first?.slice(0, 10) ?? '',
    words,
    narrative: `${app}: ${words}.`,
    preview: first.slice(0, PREVIEW).replace(/[\ud800-\udbff]$/, ''),
    count: rows.length,
    skipped: rows.every(({ sent_at }) => sent_at === undefined),
  };
}

/** Return the time fields of a burst's entry: one time stamp, or the span from the first to the last. */
export function burstTime(rows: readonly Row[], tz: string, now: number) {
  const ats = rows.flatMap(({ sent_at }) => sent_at ?? []).sort((a, b) => a - b);
  const [start, end] = [ats[0], ats.at(-1)];
  const source = { tz, time_source: 'message_or_call_stamp' };
  if (start === undefined || end === undefined) {
    const date = rows.find(({ sent_local }) => sent_local)?.sent_local?.slice(0, 10);
    return date
      ? {
          ...fromPicked({ how: 'day', date }, Math.max(now, Date.parse(`${date}T23:59Z`) + 86_400_000), tz),
          time_source: 'message_or_call_stamp',
        }
      : { precision: 'unknown', tz };
  }
  const [from, to] = [localAt(start, tz), localAt(end, tz)];
  const base = { ...source, occurred_start: start, utc_offset_min: offsetAt(start, tz) };
  return from === to
    ? { ...base, occurred_local: from, precision: 'exact' }
    : { ...base, occurred_end: end, occurred_local: `${from}/${to}`, precision: 'date_range' };
}

function withoutLine({ line: _line, ...row }: Row & { line: number }): Row {
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
