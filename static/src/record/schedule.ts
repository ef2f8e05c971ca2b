/**
 * Message schedules: rows, how they are grouped into bursts, and the totals of a burst. Only the phone makes bursts;
 * the pack reads the rows (diary/pack/bursts.py), and Patterns counts them (patterns.js, patterns.py).
 *
 * A burst is one channel and one local day, without a pause as long as the gap. A row without a known time stays with
 * the row before it: only its place in the chat is known.
 */
import { isBlank, objectsOf, textOf, wholeOf } from './reading.js';
import { instantsOf } from './times.js';
import type { Fields } from './reading.js';

/** See docs/record.md, Message schedules */
export type Row = {
  msg_no: number;
  /** ms UTC */
  sent_at?: number;
  sent_local?: string;
  sent_source?: string;
  sent_note?: string;
  direction: 'in' | 'out' | 'others' | 'unknown';
  from?: string;
  to?: string;
  type: string;
  text?: string;
  description?: string;
  edited?: boolean;
  read?: string;
  file_name?: string;
  attachment_id?: string;
  page?: number | string;
};
export type Amount = {
  in: number;
  out: number;
  unsure: number;
  calls: number;
  deleted: number;
  edited: number;
  first: string | null;
  last: string | null;
  from: string[];
};

export const GAP_HOURS = 6;
export const MOST_GAP = 24;
const HOUR = 3_600_000;
/** A version of a record holds at most 1 MiB. A character takes up to six bytes there, and a row about 250 besides. */
const MOST_ROWS = 1_000;
const MOST_LETTERS = 120_000;

/** Return the rows of a schedule; anything else in the list is skipped. */
export function rowsIn(fields: Fields): Row[] {
  return objectsOf(fields, 'rows') as Row[];
}

/** Return the local day of a row, '' if unknown. */
function dayOf(row: Fields): string {
  const local = textOf(row, 'sent_local');
  return /^\d{4}-\d\d-\d\d/.test(local) ? local.slice(0, 10) : '';
}

/**
 * Group rows into bursts, in the order given.
 * @param gapHours 1 to 24; more would change nothing, since a day ends a burst
 */
export function burstsOf<R extends Fields>(rows: readonly R[], gapHours: number): R[][] {
  const gap = gapHours * HOUR;
  const bursts: R[][] = [];
  let day = '';
  let last: number | null = null;
  for (const row of rows) {
    const at = wholeOf(row, 'sent_at');
    const on = dayOf(row) || day;
    const here = bursts.at(-1);
    if (here && on === day && (at === null || last === null || Math.abs(at - last) < gap)) here.push(row);
    else bursts.push([row]);
    day = on;
    last = at ?? last;
  }
  return bursts;
}

/**
 * Split a burst into records that are not too long, between rows.
 * @returns nearly always one
 */
export function partsOf<R extends Fields>(rows: readonly R[]): R[][] {
  const parts: R[][] = [];
  let letters = 0;
  for (const row of rows) {
    const here = parts.at(-1);
    const more = ['text', 'description', 'from', 'to', 'file_name'].reduce(
      (sum, name) => sum + textOf(row, name).length,
      0,
    );
    if (here && here.length < MOST_ROWS && letters + more <= MOST_LETTERS) {
      here.push(row);
      letters += more;
    } else {
      parts.push([row]);
      letters = more;
    }
  }
  return parts;
}

/**
 * Return the totals of rows: each row counts once under in, out or unsure; calls, deleted and edited are among those.
 */
export function amountOf(rows: readonly Fields[]): Amount {
  const locals = rows
    .map((row) => textOf(row, 'sent_local'))
    .filter(Boolean)
    .sort();
  const amount = {
    in: 0,
    out: 0,
    unsure: 0,
    calls: 0,
    deleted: 0,
    edited: 0,
    first: locals[0] ?? null,
    last: locals.at(-1) ?? null,
  };
  const from: string[] = [];
  for (const row of rows) {
    const direction = textOf(row, 'direction');
    amount[direction === 'in' || direction === 'out' ? direction : 'unsure']++;
    if (textOf(row, 'type') === 'missed_call') amount.calls++;
    if (textOf(row, 'type') === 'deleted') amount.deleted++;
    if (row.edited === true) amount.edited++;
    const name = textOf(row, 'from');
    if (name && name !== 'me' && !from.includes(name)) from.push(name);
  }
  return { ...amount, from };
}

const some = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

/**
 * Say how many, from whom, and when, in one plain sentence.
 * @returns `43 missed calls and 2 messages from Sam, 1 from me, 21:10 to 23:55`
 */
export function amountWords(amount: Amount, { estimate = false }: { estimate?: boolean } = {}): string {
  const messages = Math.max(0, amount.in - amount.calls);
  const came = [
    amount.calls ? some(amount.calls, 'missed call', 'missed calls') : '',
    messages ? some(messages, 'message', 'messages') : '',
  ]
    .filter(Boolean)
    .join(' and ');
  const names = amount.from.length > 3 ? `${amount.from.length} people` : amount.from.join(', ');
  const parts = [
    came ? `${estimate ? 'about ' : ''}${came}${names ? ` from ${names}` : ''}` : '',
    amount.out ? `${came ? amount.out : some(amount.out, 'message', 'messages')} from me` : '',
    amount.unsure ? `${some(amount.unsure, 'message', 'messages')}, not sure who from` : '',
  ];
  const said = parts.filter(Boolean).join(', ') || 'No messages';
  return `${said}${spanWords(amount)}`;
}

function spanWords({ first, last }: Amount) {
  const [from, to] = [first?.slice(11, 16) ?? '', last?.slice(11, 16) ?? ''];
  if (!from) return '';
  if (first?.slice(0, 10) !== last?.slice(0, 10)) return '';
  return from === to ? `, ${from}` : `, ${from} to ${to}`;
}

/** Renumber rows in the order given, without their empty members. */
export function numbered(rows: readonly Fields[]): Row[] {
  return rows.map((row, i) => ({
    ...Object.fromEntries(Object.entries(row).filter(([, value]) => !isBlank(value))),
    msg_no: i + 1,
  })) as Row[];
}

/**
 * Return the time members of a row for a local timestamp.
 * @param date '' when no day is known
 */
export function placed(local: string, date: string, tz: string): Partial<Row> {
  if (!date) return {};
  const found = instantsOf(local, tz);
  const note = found.length === 0 ? 'hour_skipped' : found.length === 2 ? 'hour_first' : null;
  return {
    sent_local: local,
    sent_source: 'message_or_call_stamp',
    ...(found[0] === undefined ? {} : { sent_at: found[0] }),
    ...(note ? { sent_note: note } : {}),
  };
}
