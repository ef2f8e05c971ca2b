/**
 * A WhatsApp chat export, read line by line: lines that begin a message, that continue one, that WhatsApp wrote, and
 * that cannot be classified. Every line is counted once, so the counts add up to the lines of the file.
 *
 * [Note: one style a file] A phone writes a whole export in one style. A line in another style inside a message is
 * pasted text and stays part of that message. A line that begins like the file's own messages and cannot be read joins
 * none: see [Note: no silent merge], whatsapp_lines.ts.
 *
 * [Note: the repeated hour] Timestamps are local times without a zone. In the hour that occurs twice, the first is
 * assumed until the chat itself steps back; each such row records which was assumed (`sent_note`).
 */
import { cutText } from '../core/text.js';
import { instantsOf, offsetAt } from '../record/times.js';
import { dateOf, possibleOrders, parseStart, restOfUnread, withoutMarks } from './whatsapp_lines.js';
import { isMissedCall, isNotice, isNoticeName, classifyMessage } from './whatsapp_words.js';
import type { MessageRow } from '../record/schedule.js';
import type { DateOrder, MessageStart } from './whatsapp_lines.js';
import type { MessageContent } from './whatsapp_words.js';

/** Yields the thread; throws to stop */
export type Pause = (done: number, total: number) => Promise<void>;
type ChatMessage = { line: number; start: MessageStart; sender: string; content: MessageContent };
/** A line that was not understood */
type UnreadLine = { line: number; text: string; why: 'before' | 'no_sender' | 'no_time' | 'no_date' | 'not_read' };
export type Chat = {
  lines: number;
  /** more than one if only the keeper can tell */
  orders: DateOrder[];
  example: OrderExample | null;
  messages: ChatMessage[];
  /** most frequent first */
  senders: { name: string; count: number }[];
  /** number of continuation lines */
  more: number;
  /** lines that WhatsApp itself wrote */
  notices: { line: number; text: string }[];
  unplaced: UnreadLine[];
  /** lines in another style, kept as part of the previous message */
  unlike: number[];
  /** the last day that a message can have */
  last: string;
};
/** The date of one message as written, and its day (`2026-11-24`) in each possible order; null where it has none */
type OrderExample = { written: string; days: [DateOrder, string | null][] };
/** Each line counts in exactly one of these */
export type Counts = {
  in: number;
  out: number;
  unsure: number;
  deleted: number;
  edited: number;
  system: number;
  more: number;
  unknown: number;
  lines: number;
};

const DAY = 86_400_000;
/** Where nothing says which day it is. */
const LAST_DAY = '2100-12-31';
const LINES_PER_SLICE = 400;
const EXCERPT_LENGTH = 400;
/** One message may have 65,536 characters; anything longer is not a message. */
const MAX_TEXT_LENGTH = 100_000;

/** Tell whether the beginning of a text looks like a chat export. */
export function looksLikeChat(text: string) {
  return text
    .slice(0, 20_000)
    .split('\n', 60)
    .some((line) => parseStart(line.replace(/\r$/, '')) !== null);
}

/** @param last the last day that a message can have, such as `2026-11-25`: see `dateOf` */
export async function readChat(
  text: string,
  pause: Pause = async () => undefined,
  last: string = LAST_DAY,
): Promise<Chat> {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const shape = await commonShape(lines, pause);
  const parser = new ChatParser();
  for (const [i, rawLine] of lines.entries()) {
    const line = rawLine.endsWith('\r') ? rawLine.slice(0, -1) : rawLine;
    const start = parseStart(line);
    if (start && start.shape === shape && isStart(start)) parser.beginMessage(i + 1, start, line);
    else if (!start && shape && isUnreadMessage(line, shape)) parser.refuseMessage(i + 1, line);
    else parser.continueMessage(i + 1, line, start !== null);
    if (i % LINES_PER_SLICE === LINES_PER_SLICE - 1) await pause(lines.length + i, lines.length * 2);
  }
  parser.endMessage();
  const dates = await firstOfEachDate(parser.messages, pause);
  const orders = possibleOrders(dates, last);
  return {
    lines: lines.length,
    orders,
    example: orderExample(dates, orders, last),
    messages: parser.messages,
    senders: await countSenders(parser.messages, pause),
    more: parser.more,
    notices: parser.notices,
    unplaced: parser.unplaced,
    unlike: parser.unlike,
    last,
  };
}

async function commonShape(lines: string[], pause: Pause): Promise<string> {
  const shapes: Map<string, number> = new Map();
  for (const [i, line] of lines.entries()) {
    const shape = parseStart(line.replace(/\r$/, ''))?.shape;
    if (shape) shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
    if (i % LINES_PER_SLICE === LINES_PER_SLICE - 1) await pause(i, lines.length * 2);
  }
  return [...shapes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

/** Return the first message of each written date: 100,000 messages have few dates, and each takes long to read. */
async function firstOfEachDate(messages: ChatMessage[], pause: Pause): Promise<MessageStart[]> {
  const starts: Map<string, MessageStart> = new Map();
  for (const [i, { start }] of messages.entries()) {
    const written = start.date.join('/');
    if (!starts.has(written)) starts.set(written, start);
    if (i % LINES_PER_SLICE === LINES_PER_SLICE - 1) await pause(1, 1);
  }
  return [...starts.values()];
}

/** Return a date that is a different day in each possible order, or the first date if there is none. */
function orderExample(starts: MessageStart[], orders: DateOrder[], last: string): OrderExample | null {
  const daysOf = (start: MessageStart) => orders.map((order) => dateOf(start, order, last));
  const isClear = (start: MessageStart) => new Set(daysOf(start).filter(Boolean)).size === orders.length;
  const start = starts.find(isClear) ?? starts[0];
  if (!start) return null;
  const days = daysOf(start);
  return { written: start.date.join('/'), days: orders.map((order, i) => [order, days[i] ?? null]) };
}

class ChatParser {
  messages: ChatMessage[] = [];
  notices: { line: number; text: string }[] = [];
  unplaced: UnreadLine[] = [];
  unlike: number[] = [];
  more = 0;
  openMessage: { line: number; start: MessageStart; sender: string; text: string[] } | null = null;
  hasBegun = false;
  /** The line that was not understood and that further lines belong to. */
  openUnread: UnreadLine | null = null;

  beginMessage(line: number, start: MessageStart, rawLine: string) {
    this.endMessage();
    this.hasBegun = true;
    const { sender, text } = splitSender(start.rest);
    if (start.clock === null) this.leaveUnread(line, rawLine, 'no_time');
    else if (sender !== null && !(text.startsWith('\u200e') && isNotice(text)))
      this.openMessage = { line, start, sender, text: [text] };
    else if (sender === null && isMissedCall(start.rest))
      this.openMessage = { line, start, sender: '', text: [start.rest] };
    else if (sender !== null || isNotice(start.rest) || isNoticeName(start.rest))
      this.notices.push({ line, text: excerpt(rawLine) });
    else this.leaveUnread(line, rawLine, 'no_sender');
  }

  /** Take a line that begins like a message and cannot be read. */
  refuseMessage(line: number, rawLine: string) {
    this.endMessage();
    this.hasBegun = true;
    this.leaveUnread(line, rawLine, 'not_read');
  }

  leaveUnread(line: number, rawLine: string, why: UnreadLine['why']) {
    this.openUnread = { line, text: excerpt(rawLine), why };
    this.unplaced.push(this.openUnread);
  }

  continueMessage(line: number, text: string, isUnlike: boolean) {
    if (!this.hasBegun) return void this.unplaced.push({ line, text: excerpt(text), why: 'before' });
    this.more++;
    if (isUnlike) this.unlike.push(line);
    this.openMessage?.text.push(text);
    if (this.openUnread) this.openUnread.text = excerpt(`${this.openUnread.text}\n${text}`);
    return undefined;
  }

  endMessage() {
    this.openUnread = null;
    if (!this.openMessage) return;
    const { line, start, sender, text } = this.openMessage;
    this.openMessage = null;
    while (text.length > 1 && text.at(-1) === '') text.pop(); // trailing empty lines are not the sender's
    this.messages.push({ line, start, sender, content: classifyMessage(text.join('\n')) });
  }
}

/** Split a message into sender and text. */
/** Without a valid time, only a line with a sender or a known notice begins a message: see [Note: no silent merge]. */
function isStart({ clock, rest }: MessageStart): boolean {
  return clock !== null || splitSender(rest).sender !== null || isNotice(rest) || isNoticeName(rest);
}

function isUnreadMessage(line: string, shape: string): boolean {
  const rest = restOfUnread(line, shape);
  return rest !== null && splitSender(rest).sender !== null;
}

function splitSender(body: string): { sender: string | null; text: string } {
  const at = body.search(/:(?=[ \u00a0]|$)/);
  const name = at < 0 ? '' : withoutMarks(body.slice(0, at));
  if (!name || name.length > 120 || isNoticeName(name)) return { sender: null, text: '' };
  return { sender: name, text: body.slice(at + 2) };
}

const excerpt = (text: string) => cutText(text, EXCERPT_LENGTH);

async function countSenders(messages: ChatMessage[], pause: Pause) {
  const counts: Map<string, number> = new Map();
  for (const [i, { sender }] of messages.entries()) {
    if (sender) counts.set(sender, (counts.get(sender) ?? 0) + 1);
    if (i % LINES_PER_SLICE === LINES_PER_SLICE - 1) await pause(1, 1);
  }
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

/**
 * Return the rows of a chat once the keeper has given the date order, the phone's time zone, and which sender they
 * are.
 * @param options `me` null: none of the senders
 * @returns `earlier`: lines that step back in time
 */
export async function rowsOf(
  chat: Chat,
  { order, tz, me }: { order: DateOrder; tz: string; me: string | null },
  pause: Pause = async () => undefined,
): Promise<{ rows: (MessageRow & { line: number })[]; counts: Counts; unplaced: UnreadLine[]; earlier: number[] }> {
  const zone = new ChatZone(tz);
  const rows: (MessageRow & { line: number })[] = [];
  const unplaced = [...chat.unplaced];
  const earlier = [];
  let previousLocal = '';
  for (const [i, { line, start, sender, content }] of chat.messages.entries()) {
    const date = dateOf(start, order, chat.last);
    if (!date) unplaced.push({ line, text: excerpt(`${sender}: ${content.text || start.rest}`), why: 'no_date' });
    else {
      const local = `${date}T${start.clock}`;
      const { at, note } = zone.resolve(local);
      if (local.slice(0, 16) < previousLocal.slice(0, 16) && !note) earlier.push(line);
      previousLocal = local;
      rows.push({
        ...rowOf(content, sender, me),
        msg_no: rows.length + 1,
        sent_local: local,
        sent_source: 'message_or_call_stamp',
        ...(at === null ? {} : { sent_at: at }),
        ...(note ? { sent_note: note } : {}),
        line,
      });
    }
    if (i % LINES_PER_SLICE === LINES_PER_SLICE - 1) await pause(i, chat.messages.length);
  }
  unplaced.sort((a, b) => a.line - b.line);
  return { rows, unplaced, earlier, counts: countsOf(chat, rows, unplaced.length) };
}

function rowOf(
  { type, text, description, file, edited }: MessageContent,
  sender: string,
  me: string | null,
): Omit<MessageRow, 'msg_no'> {
  const direction = sender && sender === me ? 'out' : sender || type === 'missed_call' ? 'in' : 'unknown';
  const isTooLong = text.length > MAX_TEXT_LENGTH;
  const messageText = cutText(text, MAX_TEXT_LENGTH);
  const notes = isTooLong ? [`${text.length} characters; the rest is in the file`] : [];
  const descriptionText = [description, ...notes].filter(Boolean).join(' ');
  return {
    direction,
    type,
    ...(direction === 'out'
      ? { from: 'me' }
      : { ...(sender ? { from: sender } : {}), ...(me && direction === 'in' ? { to: 'me' } : {}) }),
    ...(messageText ? { text: messageText } : {}),
    ...(descriptionText ? { description: descriptionText } : {}),
    ...(file ? { file_name: file } : {}),
    ...(edited ? { edited: true } : {}),
  };
}

function countsOf({ lines, more, notices }: Chat, rows: MessageRow[], unknown: number): Counts {
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

/** Converts local timestamps to instants: one Intl query a day, and more only on days when clocks change. */
class ChatZone {
  tz: string;
  days: Map<string, number | null> = new Map();
  /** The last timestamp in the repeated hour */
  lastRepeated: string = '';
  isSecond = false;

  constructor(tz: string) {
    this.tz = tz;
  }

  resolve(local: string): { at: number | null; note: 'hour_first' | 'hour_second' | 'hour_skipped' | null } {
    const date = local.slice(0, 10);
    if (!this.days.has(date)) {
      const midnight = Date.parse(`${date}T00:00Z`);
      const [offsetBefore, offsetAfter] = [offsetAt(midnight - DAY, this.tz), offsetAt(midnight + 2 * DAY, this.tz)];
      this.days.set(date, offsetBefore === offsetAfter ? offsetBefore : null);
    }
    const seconds = Number(local.slice(17) || 0) * 1000;
    const offset = this.days.get(date);
    if (offset !== null && offset !== undefined)
      return { at: Date.parse(`${local.slice(0, 16)}Z`) - offset * 60_000 + seconds, note: null };
    const instants = instantsOf(local.slice(0, 16), this.tz);
    if (!instants.length) return { at: null, note: 'hour_skipped' };
    if (instants.length === 1) return { at: (instants[0] as number) + seconds, note: null };
    this.isSecond = this.lastRepeated.slice(0, 10) === date && (this.isSecond || local < this.lastRepeated);
    this.lastRepeated = local;
    return {
      at: (instants[this.isSecond ? 1 : 0] as number) + seconds,
      note: this.isSecond ? 'hour_second' : 'hour_first',
    };
  }
}
