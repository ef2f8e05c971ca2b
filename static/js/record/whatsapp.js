/**
 * A WhatsApp chat export, read line by line: which lines begin a message, which carry one on, which are the app's own and
 * which nobody can place. Every line is counted once, so that the counts add up to the lines of the file.
 *
 * [Note: one style a file] A phone writes a whole export in one style. A line in another style inside a message is
 * somebody's pasted text and stays part of that message.
 *
 * [Note: the repeated hour] Stamps are local times without a zone. In the hour that comes twice, the first is taken until
 * the chat itself steps back; each such row says which was taken (`sent_note`).
 */
import { instantsOf, offsetAt } from './times.js';
import { dateIn, ordersOf, startOf, withoutMarks } from './whatsapp_lines.js';
import { isMissedCall, isNotice, isNoticeName, tellMessage } from './whatsapp_words.js';

/** @typedef {import('./whatsapp_lines.js').Start} Start */
/** @typedef {import('./whatsapp_lines.js').Order} Order */
/** @typedef {import('./whatsapp_words.js').Told} Told */
/** @typedef {import('./schedule.js').Row} Row */
/** @typedef {(done: number, total: number) => Promise<void>} Pause lets others have the thread; throws to stop */
/** @typedef {{line: number, start: Start, sender: string, told: Told}} Message */
/** @typedef {{line: number, text: string, why: 'before'|'no_sender'|'no_time'|'no_date'}} Unplaced a line that was not understood */
/**
 * @typedef {object} Chat
 * @property {number} lines
 * @property {Order[]} orders two when only the keeper can tell
 * @property {Message[]} messages
 * @property {{name: string, count: number}[]} senders most first
 * @property {number} more further lines of a message
 * @property {{line: number, text: string}[]} notices the app's own lines
 * @property {Unplaced[]} unplaced
 * @property {number[]} unlike lines in another style, kept as part of the message before
 */
/** @typedef {{in: number, out: number, unsure: number, deleted: number, edited: number, system: number, more: number, unknown: number, lines: number}} Counts each line in one of them */

const DAY = 86_400_000;
const SLICE = 400;
const SHOWN = 400;
/** One message may be 65,536 characters; what is longer is no message. */
const MOST_WORDS = 100_000;

/** Whether the beginning of a text looks like a chat export at all. @param {string} text */
export function looksLikeChat(text) {
  return text
    .slice(0, 20_000)
    .split('\n', 60)
    .some((line) => startOf(line.replace(/\r$/, '')) !== null);
}

/**
 * @param {string} text @param {Pause} [pause]
 * @returns {Promise<Chat>}
 */
export async function readChat(text, pause = async () => undefined) {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const shape = await usualShape(lines, pause);
  const reading = new Reading();
  for (const [i, whole] of lines.entries()) {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    const start = startOf(line);
    if (start && start.shape === shape) reading.begin(i + 1, start, line);
    else reading.carryOn(i + 1, line, start !== null);
    if (i % SLICE === SLICE - 1) await pause(lines.length + i, lines.length * 2);
  }
  reading.end();
  const orders = ordersOf(reading.messages.map(({ start }) => start));
  return {
    lines: lines.length,
    orders,
    messages: reading.messages,
    senders: counted(reading.messages),
    more: reading.more,
    notices: reading.notices,
    unplaced: reading.unplaced,
    unlike: reading.unlike,
  };
}

/** @param {string[]} lines @param {Pause} pause @returns {Promise<string>} */
async function usualShape(lines, pause) {
  /** @type {Map<string, number>} */
  const shapes = new Map();
  for (const [i, line] of lines.entries()) {
    const shape = startOf(line.replace(/\r$/, ''))?.shape;
    if (shape) shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
    if (i % SLICE === SLICE - 1) await pause(i, lines.length * 2);
  }
  return [...shapes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

class Reading {
  constructor() {
    /** @type {Message[]} */
    this.messages = [];
    /** @type {{line: number, text: string}[]} */
    this.notices = [];
    /** @type {Unplaced[]} */
    this.unplaced = [];
    /** @type {number[]} */
    this.unlike = [];
    this.more = 0;
    /** @type {{line: number, start: Start, sender: string, text: string[]}|null} */
    this.open = null;
    this.begun = false;
  }

  /** @param {number} line @param {Start} start @param {string} whole */
  begin(line, start, whole) {
    this.end();
    this.begun = true;
    const { sender, text } = parted(start.rest);
    if (start.clock === null) this.unplaced.push({ line, text: cut(whole), why: 'no_time' });
    else if (sender !== null && !(text.startsWith('\u200e') && isNotice(text)))
      this.open = { line, start, sender, text: [text] };
    else if (sender === null && isMissedCall(start.rest)) this.open = { line, start, sender: '', text: [start.rest] };
    else if (sender !== null || isNotice(start.rest) || isNoticeName(start.rest))
      this.notices.push({ line, text: cut(whole) });
    else this.unplaced.push({ line, text: cut(whole), why: 'no_sender' });
  }

  /** @param {number} line @param {string} text @param {boolean} isUnlike */
  carryOn(line, text, isUnlike) {
    if (!this.begun) return void this.unplaced.push({ line, text: cut(text), why: 'before' });
    this.more++;
    if (isUnlike) this.unlike.push(line);
    this.open?.text.push(text);
    return undefined;
  }

  end() {
    if (!this.open) return;
    const { line, start, sender, text } = this.open;
    this.open = null;
    while (text.length > 1 && text.at(-1) === '') text.pop(); // an empty line at the end is not the sender's
    this.messages.push({ line, start, sender, told: tellMessage(text.join('\n')) });
  }
}

/** Sender and text of a message. @param {string} rest @returns {{sender: string|null, text: string}} */
function parted(rest) {
  const at = rest.search(/:(?=[ \u00a0]|$)/);
  const name = at < 0 ? '' : withoutMarks(rest.slice(0, at));
  if (!name || name.length > 120 || isNoticeName(name)) return { sender: null, text: '' };
  return { sender: name, text: rest.slice(at + 2) };
}

/** @param {string} text */
const cut = (text) => [...text.slice(0, SHOWN)].join('').replace(/[\ud800-\udbff]$/, '');

/** @param {Message[]} messages */
function counted(messages) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { sender } of messages) if (sender) counts.set(sender, (counts.get(sender) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

/**
 * The rows of a chat once the keeper has said how its dates are written, which zone the phone was set to, and which sender
 * they are.
 * @param {Chat} chat @param {{order: Order, tz: string, me: string|null}} said `me` null: none of them
 * @param {Pause} [pause]
 * @returns {Promise<{rows: (Row & {line: number})[], counts: Counts, unplaced: Unplaced[], earlier: number[]}>} `earlier`: lines that step back in time
 */
export async function rowsOf(chat, { order, tz, me }, pause = async () => undefined) {
  const zone = new Zone(tz);
  /** @type {(Row & {line: number})[]} */
  const rows = [];
  const unplaced = [...chat.unplaced];
  const earlier = [];
  let before = '';
  for (const [i, { line, start, sender, told }] of chat.messages.entries()) {
    const date = dateIn(start, order);
    if (!date) unplaced.push({ line, text: cut(start.rest), why: 'no_date' });
    else {
      const local = `${date}T${start.clock}`;
      const { at, note } = zone.place(local);
      if (local.slice(0, 16) < before.slice(0, 16) && !note) earlier.push(line);
      before = local;
      rows.push({
        ...rowOf(told, sender, me),
        msg_no: rows.length + 1,
        sent_local: local,
        sent_source: 'message_or_call_stamp',
        ...(at === null ? {} : { sent_at: at }),
        ...(note ? { sent_note: note } : {}),
        line,
      });
    }
    if (i % SLICE === SLICE - 1) await pause(i, chat.messages.length);
  }
  unplaced.sort((a, b) => a.line - b.line);
  return { rows, unplaced, earlier, counts: countsOf(chat, rows, unplaced.length) };
}

/** @param {Told} told @param {string} sender @param {string|null} me @returns {Omit<Row, 'msg_no'>} */
function rowOf({ type, text, description, file, edited }, sender, me) {
  const direction = sender && sender === me ? 'out' : sender || type === 'missed_call' ? 'in' : 'unknown';
  const long = text.length > MOST_WORDS;
  const words = long ? text.slice(0, MOST_WORDS).replace(/[\ud800-\udbff]$/, '') : text;
  const more = long ? [`${text.length} characters; the rest is in the file`] : [];
  const told = [description, ...more].filter(Boolean).join(' ');
  return /** @type {any} */ ({
    direction,
    type,
    ...(direction === 'out'
      ? { from: 'me' }
      : { ...(sender ? { from: sender } : {}), ...(me && direction === 'in' ? { to: 'me' } : {}) }),
    ...(words ? { text: words } : {}),
    ...(told ? { description: told } : {}),
    ...(file ? { file_name: file } : {}),
    ...(edited ? { edited: true } : {}),
  });
}

/** @param {Chat} chat @param {Row[]} rows @param {number} unknown @returns {Counts} */
function countsOf({ lines, more, notices }, rows, unknown) {
  const counts = { in: 0, out: 0, unsure: 0, deleted: 0, edited: 0, system: notices.length, more, unknown, lines };
  for (const row of rows)
    counts[
      row.type === 'deleted'
        ? 'deleted'
        : row.edited
          ? 'edited'
          : row.direction === 'in' || row.direction === 'out'
            ? row.direction
            : 'unsure'
    ]++;
  return counts;
}

/** Local stamps to instants: one question of the platform a day, more only on the days when clocks change. */
class Zone {
  /** @param {string} tz */
  constructor(tz) {
    this.tz = tz;
    /** @type {Map<string, number|null>} */
    this.days = new Map();
    /** @type {string} the last stamp in the hour that comes twice */
    this.last = '';
    this.second = false;
  }

  /** @param {string} local @returns {{at: number|null, note: 'hour_first'|'hour_second'|'hour_skipped'|null}} */
  place(local) {
    const date = local.slice(0, 10);
    if (!this.days.has(date)) {
      const noon = Date.parse(`${date}T00:00Z`);
      const [before, after] = [offsetAt(noon - DAY, this.tz), offsetAt(noon + 2 * DAY, this.tz)];
      this.days.set(date, before === after ? before : null);
    }
    const seconds = Number(local.slice(17) || 0) * 1000;
    const offset = this.days.get(date);
    if (offset !== null && offset !== undefined)
      return { at: Date.parse(`${local.slice(0, 16)}Z`) - offset * 60_000 + seconds, note: null };
    const found = instantsOf(local.slice(0, 16), this.tz);
    if (!found.length) return { at: null, note: 'hour_skipped' };
    if (found.length === 1) return { at: /** @type {number} */ (found[0]) + seconds, note: null };
    this.second = this.last.slice(0, 10) === date && (this.second || local < this.last);
    this.last = local;
    return {
      at: /** @type {number} */ (found[this.second ? 1 : 0]) + seconds,
      note: this.second ? 'hour_second' : 'hour_first',
    };
  }
}
