/**
 * Message schedules: rows, how they are grouped into bursts, and the totals of a burst. Only the phone makes bursts;
 * the pack reads the rows (diary/pack/tables/message_schedules.py), and Patterns counts them (patterns.js,
 * patterns.py).
 *
 * A burst is one channel and one local day, without a pause as long as the gap. A row without a known time stays with
 * the row before it: only its place in the chat is known.
 */
import { isBlank, objectsOf, textOf, integerOf } from './reading.js';
import { instantsOf } from './times.js';
import type { Fields } from './reading.js';

/** See docs/record.md, Message schedules */
export type MessageRow = {
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
  /** of a row that was read in a picture: where it stands there, and what the keeper corrected */
  read_box?: number[];
  corrected?: string[];
};
/** Rows by direction; among them `calls`: missed, `answered`: calls to the keeper, `made`: calls by the keeper. */
export type BurstTotals = {
  in: number;
  out: number;
  unsure: number;
  calls: number;
  answered: number;
  made: number;
  deleted: number;
  edited: number;
  first: string | null;
  last: string | null;
  from: string[];
};

export const GAP_HOURS = 6;
export const MAX_GAP_HOURS = 24;
const HOUR = 3_600_000;
/** A version of a record holds at most 1 MiB. A character takes up to six bytes there, and a row about 250 besides. */
const MAX_ROWS = 1_000;
const MAX_CHARACTERS = 120_000;

/** Return the rows of a schedule; anything else in the list is skipped. */
export function rowsIn(fields: Fields): MessageRow[] {
  return objectsOf(fields, 'rows') as MessageRow[];
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
  let lastTime: number | null = null;
  for (const row of rows) {
    const at = integerOf(row, 'sent_at');
    const rowDay = dayOf(row) || day;
    const current = bursts.at(-1);
    if (current && rowDay === day && (at === null || lastTime === null || Math.abs(at - lastTime) < gap))
      current.push(row);
    else bursts.push([row]);
    day = rowDay;
    lastTime = at ?? lastTime;
  }
  return bursts;
}

/**
 * Split a burst into records that are not too long, between rows.
 * @returns nearly always one
 */
export function splitBurst<R extends Fields>(rows: readonly R[]): R[][] {
  const parts: R[][] = [];
  let characters = 0;
  for (const row of rows) {
    const current = parts.at(-1);
    const added = ['text', 'description', 'from', 'to', 'file_name'].reduce(
      (sum, name) => sum + textOf(row, name).length,
      0,
    );
    if (current && current.length < MAX_ROWS && characters + added <= MAX_CHARACTERS) {
      current.push(row);
      characters += added;
    } else {
      parts.push([row]);
      characters = added;
    }
  }
  return parts;
}

/**
 * Return the totals of rows: each row counts once under in, out or unsure; calls, deleted and edited are among those.
 */
export function totalsOf(rows: readonly Fields[]): BurstTotals {
  const locals = rows
    .map((row) => textOf(row, 'sent_local'))
    .filter(Boolean)
    .sort();
  const totals = {
    in: 0,
    out: 0,
    unsure: 0,
    calls: 0,
    answered: 0,
    made: 0,
    deleted: 0,
    edited: 0,
    first: locals[0] ?? null,
    last: locals.at(-1) ?? null,
  };
  const from: string[] = [];
  for (const row of rows) {
    const direction = textOf(row, 'direction');
    totals[direction === 'in' || direction === 'out' ? direction : 'unsure']++;
    if (textOf(row, 'type') === 'missed_call') totals.calls++;
    if (textOf(row, 'type') === 'call' && direction === 'in') totals.answered++;
    if (textOf(row, 'type') === 'call' && direction === 'out') totals.made++;
    if (textOf(row, 'type') === 'deleted') totals.deleted++;
    if (row.edited === true) totals.edited++;
    const name = textOf(row, 'from');
    if (name && name !== 'me' && !from.includes(name)) from.push(name);
  }
  return { ...totals, from };
}

const countedNoun = (n: number, singular: string, plural: string) => `${n} ${n === 1 ? singular : plural}`;

/**
 * Say how many, from whom, and when, in one plain sentence.
 * @returns `43 missed calls and 2 messages from Sam, 1 from me, 21:10 to 23:55`
 */
export function totalsText(totals: BurstTotals, { estimate = false }: { estimate?: boolean } = {}): string {
  const messages = Math.max(0, totals.in - totals.calls - totals.answered);
  const sent = Math.max(0, totals.out - totals.made);
  const incoming = listText([
    totals.calls ? countedNoun(totals.calls, 'missed call', 'missed calls') : '',
    totals.answered ? countedNoun(totals.answered, 'call', 'calls') : '',
    messages ? countedNoun(messages, 'message', 'messages') : '',
  ]);
  const names = totals.from.length > 3 ? `${totals.from.length} people` : totals.from.join(', ');
  const parts = [
    incoming ? `${estimate ? 'about ' : ''}${incoming}${names ? ` from ${names}` : ''}` : '',
    totals.made ? `${countedNoun(totals.made, 'call', 'calls')} by me` : '',
    sent ? `${messages ? sent : countedNoun(sent, 'message', 'messages')} from me` : '',
    totals.unsure ? `${countedNoun(totals.unsure, 'message', 'messages')}, not sure who from` : '',
  ];
  const summary = parts.filter(Boolean).join(', ') || 'No messages';
  return `${summary}${spanText(totals)}`;
}

function listText(parts: readonly string[]): string {
  const given = parts.filter(Boolean);
  return [given.slice(0, -1).join(', '), given.at(-1) ?? ''].filter(Boolean).join(' and ');
}

function spanText({ first, last }: BurstTotals) {
  const [from, to] = [first?.slice(11, 16) ?? '', last?.slice(11, 16) ?? ''];
  if (!from) return '';
  if (first?.slice(0, 10) !== last?.slice(0, 10)) return '';
  return from === to ? `, ${from}` : `, ${from} to ${to}`;
}

/** Renumber rows in the order given, without their empty members. */
export function renumberRows(rows: readonly Fields[]): MessageRow[] {
  return rows.map((row, i) => ({
    ...Object.fromEntries(Object.entries(row).filter(([, value]) => !isBlank(value))),
    msg_no: i + 1,
  })) as MessageRow[];
}

/**
 * Return the time members of a row for a local timestamp.
 * @param date '' when no day is known
 */
export function timeMembers(local: string, date: string, tz: string): Partial<MessageRow> {
  if (!date) return {};
  const instants = instantsOf(local, tz);
  const note = instants.length === 0 ? 'hour_skipped' : instants.length === 2 ? 'hour_first' : null;
  return {
    sent_local: local,
    sent_source: 'message_or_call_stamp',
    ...(instants[0] === undefined ? {} : { sent_at: instants[0] }),
    ...(note ? { sent_note: note } : {}),
  };
}
