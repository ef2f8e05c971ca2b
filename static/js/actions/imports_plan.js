/**
 * What an import would add: rows placed in time, told apart from what the diary has already, and grouped into bursts, each
 * with the entry that is proposed for it. Nothing is written here.
 */
import { KeptError } from '../core/errors.js';
import { GAP_HOURS, MOST_GAP, amountOf, amountWords, burstsOf, rowsIn } from '../record/schedule.js';
import { newIn } from '../record/schedule_known.js';
import { codesOf, textOf } from '../record/reading.js';
import { fromPicked, localAt, offsetAt } from '../record/times.js';
import { rowsOf } from '../record/whatsapp.js';
import { lateIn } from './imports_late.js';
import { readKind } from './records.js';

/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('../record/schedule.js').Row} Row */
/** @typedef {import('../record/mail.js').Mail} Mail */
/** @typedef {import('../record/whatsapp.js').Pause} Pause */
/** @typedef {{order?: 'dmy'|'mdy'|'ymd', tz: string, me?: string|null, gap?: number, direction?: 'in'|'out'|'unknown'}} Answers `me` null: none of the senders */
/** @typedef {{index: number, amount: import('../record/schedule.js').Amount|null, date: string, words: string, narrative: string, preview: string, count: number, skipped: boolean}} Burst as shown */
/**
 * @typedef {object} Plan
 * @property {string} channel @property {string} tz @property {number} gap @property {string[]} own the keeper's names in it @property {string} complete
 * @property {Row[][]} bursts @property {Fields} summary @property {'chat_export'|'email_eml'} kind @property {any} shown
 * @property {import('./imports_late.js').Late[]} late files of messages that the diary has without them
 */

const MANY = 200;
const PREVIEW = 90;

/**
 * @param {Open} open @param {import('./imports_read.js').ChatRead & {title: string}} read `title`: what the chat is called @param {Answers} answers @param {Pause} pause
 * @returns {Promise<Plan>} @throws import_unanswered
 */
export async function planChat(
  open,
  { chat, media, lenient, title },
  { order = chat.orders.length === 1 ? chat.orders[0] : undefined, tz, me, gap = GAP_HOURS },
  pause,
) {
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
  const bursts = burstsOf(/** @type {any[]} */ (fresh), hours).map((burst) => burst.map(withoutLine));
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
  const noted = (/** @type {string} */ note) => rows.filter(({ sent_note }) => sent_note === note).length;
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
    bursts: /** @type {any} */ (bursts),
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
        before: before['text'] ?? before['description'] ?? '',
        now: now.text ?? now.description ?? '',
        at: now.sent_local,
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
      bursts: bursts.map((burst, index) => shownBurst(/** @type {any} */ (burst), index, 'WhatsApp')),
    },
  };
}

/** @param {Row[][]} known @param {Mail} mail @param {Answers} answers @returns {Plan} @throws import_unanswered */
export function planMail(known, mail, { tz, direction }) {
  if (!direction || !isZone(tz)) throw new KeptError('import_unanswered');
  const rows = mailRows(mail, tz, direction).map((row, i) => ({ ...row, msg_no: i + 1 }));
  const { fresh } = newIn(rows, known);
  const bursts = fresh.length ? [rows] : []; // a mail is one thing: it is known whole, or it is new
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

/** @param {Mail} mail @param {Row[]} rows */
function mailWords(mail, rows) {
  const at = rows[0]?.sent_local?.slice(11, 16) ?? '';
  const who =
    rows[0]?.direction === 'out' ? `to ${mail.to.join(', ') || 'nobody named'}` : `from ${mail.from || 'nobody named'}`;
  const narrative = `Email ${who}${mail.subject ? `: ${mail.subject}` : ''}${at ? `, ${at}` : ''}.`.slice(0, 1000);
  return { narrative, words: narrative, amount: null };
}

/** @param {Mail} mail @param {string} tz @param {'in'|'out'|'unknown'} direction @param {string} [inside] @returns {Omit<Row, 'msg_no'>[]} the message, then those sent on inside it */
function mailRows(mail, tz, direction, inside = '') {
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
  // Where it is not said who it is to, the keeper's own address may be among them: it stays in the file.
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
  return /** @type {any} */ ([
    row,
    ...mail.inside.flatMap((one) => mailRows(one, tz, 'unknown', 'A message inside this email')),
  ]);
}

/** What fits one record; the file has all of it. @param {string} text */
function wholeLetters(text) {
  return text.length > 100_000 ? `${text.slice(0, 100_000).replace(/[\ud800-\udbff]$/, '')}` : text;
}

/** Every schedule of a channel, those taken out among them: what was taken out is known, and not brought back. @param {Open} open @param {string} channel @returns {Promise<import('./imports_late.js').Listed[]>} */
export async function knownLists(open, channel) {
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

/** @param {Row[]} rows @param {number} index @param {string} app @returns {Burst} */
function shownBurst(rows, index, app) {
  const amount = amountOf(/** @type {any} */ (rows));
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

/**
 * The time of the entry that a burst becomes: one stamp, or from the first to the last.
 * @param {readonly Row[]} rows @param {string} tz @param {number} now
 */
export function burstTime(rows, tz, now) {
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

/** @param {Row & {line: number}} row @returns {Row} */
function withoutLine({ line: _line, ...row }) {
  return row;
}

/** @param {string} tz */
export function isZone(tz) {
  try {
    offsetAt(0, tz);
    return true;
  } catch {
    return false;
  }
}
