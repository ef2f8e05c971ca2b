/**
 * A WhatsApp chat export, read line by line: lines that begin a message, that continue one, that WhatsApp wrote, and
 * that cannot be classified. Every line is counted once, so the counts add up to the lines of the file.
 *
 * [Note: one style a file] A phone writes a whole export in one style. A line in another style inside a message is
 * pasted text and stays part of that message.
 *
 * [Note: the repeated hour] Timestamps are local times without a zone. In the hour that occurs twice, the first is
 * assumed until the chat itself steps back; each such row records which was assumed (`sent_note`).
 */
import { instantsOf, offsetAt } from '../record/times.js';
import { dateIn, ordersOf, startOf, withoutMarks } from './whatsapp_lines.js';
import { isMissedCall, isNotice, isNoticeName, tellMessage } from './whatsapp_words.js';
import type { Row } from '../record/schedule.js';
import type { Order, Start } from './whatsapp_lines.js';
import type { Told } from './whatsapp_words.js';

/** Yields the thread; throws to stop */
export type Pause = (done: number, total: number) => Promise<void>;
type Message = { line: number; start: Start; sender: string; told: Told };
/** A line that was not understood */
type Unplaced = { line: number; text: string; why: 'before' | 'no_sender' | 'no_time' | 'no_date' };
export type Chat = {
  lines: number;
  /** two if only the keeper can tell */
  orders: Order[];
  messages: Message[];
  /** most frequent first */
  senders: { name: string; count: number }[];
  /** number of continuation lines */
  more: number;
  /** lines that WhatsApp itself wrote */
  notices: { line: number; text: string }[];
  unplaced: Unplaced[];
  /** lines in another style, kept as part of the previous message */
  unlike: number[];
};
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
const SLICE = 400;
const SHOWN = 400;
/** One message may have 65,536 characters; anything longer is not a message. */
const MOST_WORDS = 100_000;

/** Tell whether the beginning of a text looks like a chat export. */
export function looksLikeChat(text: string) {
  return text
    .slice(0, 20_000)
    .split('\n', 60)
    .some((line) => startOf(line.replace(/\r$/, '')) !== null);
}

export async function readChat(text: string, pause: Pause = async () => undefined): Promise<Chat> {
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

async function usualShape(lines: string[], pause: Pause): Promise<string> {
  const shapes: Map<string, number> = new Map();
  for (const [i, line] of lines.entries()) {
    const shape = startOf(line.replace(/\r$/, ''))?.shape;
    if (shape) shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
    if (i % SLICE === SLICE - 1) await pause(i, lines.length * 2);
  }
  return [...shapes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

class Reading {
  messages: Message[] = [];
  notices: { line: number; text: string }[] = [];
  unplaced: Unplaced[] = [];
  unlike: number[] = [];
  more = 0;
  open: { line: number; start: Start; sender: string; text: string[] } | null = null;
  begun = false;

  begin(line: number, start: Start, whole: string) {
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

  carryOn(line: number, text: string, isUnlike: boolean) {
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
    while (text.length > 1 && text.at(-1) === '') text.pop(); // trailing empty lines are not the sender's
    this.messages.push({ line, start, sender, told: tellMessage(text.join('\n')) });
  }
}

/** Split a message into sender and text. */
function parted(rest: string): { sender: string | null; text: string } {
  const at = rest.search(/:(?=[ \u00a0]|$)/);
  const name = at < 0 ? '' : withoutMarks(rest.slice(0, at));
  if (!name || name.length > 120 || isNoticeName(name)) return { sender: null, text: '' };
  return { sender: name, text: rest.slice(at + 2) };
}

const cut = (text: string) => [...text.slice(0, SHOWN)].join('').replace(/[\ud800-\udbff]$/, '');

function counted(messages: Message[]) {
  const counts: Map<string, number> = new Map();
  for (const { sender } of messages) if (sender) counts.set(sender, (counts.get(sender) ?? 0) + 1);
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
  { order, tz, me }: { order: Order; tz: string; me: string | null },
  pause: Pause = async () => undefined,
): Promise<{ rows: (Row & { line: number })[]; counts: Counts; unplaced: Unplaced[]; earlier: number[] }> {
  const zone = new Zone(tz);
  const rows: (Row & { line: number })[] = [];
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

function rowOf(
  { type, text, description, file, edited }: Told,
  sender: string,
  me: string | null,
): Omit<Row, 'msg_no'> {
  const direction = sender && sender === me ? 'out' : sender || type === 'missed_call' ? 'in' : 'unknown';
  const long = text.length > MOST_WORDS;
  const words = long ? text.slice(0, MOST_WORDS).replace(/[\ud800-\udbff]$/, '') : text;
  const more = long ? [`${text.length} characters; the rest is in the file`] : [];
  const told = [description, ...more].filter(Boolean).join(' ');
  return {
    direction,
    type,
    ...(direction === 'out'
      ? { from: 'me' }
      : { ...(sender ? { from: sender } : {}), ...(me && direction === 'in' ? { to: 'me' } : {}) }),
    ...(words ? { text: words } : {}),
    ...(told ? { description: told } : {}),
    ...(file ? { file_name: file } : {}),
    ...(edited ? { edited: true } : {}),
  };
}

function countsOf({ lines, more, notices }: Chat, rows: Row[], unknown: number): Counts {
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
class Zone {
  tz: string;
  days: Map<string, number | null> = new Map();
  /** The last timestamp in the repeated hour */
  last: string = '';
  second = false;

  constructor(tz: string) {
    this.tz = tz;
  }

  place(local: string): { at: number | null; note: 'hour_first' | 'hour_second' | 'hour_skipped' | null } {
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
    if (found.length === 1) return { at: (found[0] as number) + seconds, note: null };
    this.second = this.last.slice(0, 10) === date && (this.second || local < this.last);
    this.last = local;
    return {
      at: (found[this.second ? 1 : 0] as number) + seconds,
      note: this.second ? 'hour_second' : 'hour_first',
    };
  }
}
