/**
 * A phone bill or list of calls: the calls with one number are chosen from it. Each burst becomes an entry with a file
 * of its own: the lines of that entry, byte for byte as they are in the bill, under the names of the columns, and
 * nothing else of it.
 *
 * [Note: which way] Most bills list only the calls that the phone made, and do not say so. Without a column for it, the
 * keeper is asked. Where neither says, the direction is unknown. A call is missed only where the bill says so: one of
 * no length can be an answered one.
 */
import { KeptError } from '../../core/errors.js';
import { utf8 } from '../../core/bytes.js';
import { cutText } from '../../core/text.js';
import { exampleOf, ordersOf } from './date_orders.js';
import { burstsOf, timeMembers } from '../../record/schedule.js';
import { accountKey } from '../../record/patterns/patterns_dates.js';
import { textOf } from '../../record/reading.js';
import { localAt } from '../../record/times.js';
import { readCalls } from '../../imports/phone_bill/bill.js';
import { baseName } from '../../imports/unzip.js';
import { FRAME_BYTES, KEEPER, described, extractOf, nameInRow, partsOf, planEntry } from './imports_entry_files.js';
import { gapOf, isZone } from './imports_plan.js';
import { compareCalls, otherOf } from './known_calls.js';
import type { Bytes } from '../../core/bytes.js';
import type { Bill, BillCall, BillColumns } from '../../imports/phone_bill/bill.js';
import type { DateOrder } from '../../imports/phone_bill/cells.js';
import type { CsvRecord } from '../../imports/phone_bill/csv.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Fields, Source } from '../../diary/types.js';
import type { BillQuestions, ImportAnswers } from '../../shell/app.js';
import type { Piece } from './imports_entry_files.js';
import type { PlannedRow } from './imports_media.js';
import type { PlannedFile } from './imports_plan.js';
import type { KnownCalls } from './known_calls.js';

/** `record`: the line that the row is from */
type CallRow = PlannedRow & { record: CsvRecord };
type PlannedBill = { planned: PlannedFile[]; known: number; unread: number[]; texts: number; alike: number };

const DIRECTIONS = { out: 'out', in: 'in', both: 'unknown' } as const;
const MAX_NAME_LENGTH = 200;
const MINUTE = 60_000;
const ROWS_PER_PAUSE = 500;

/**
 * Return what a bill leaves open, given its columns.
 * @param latest ms UTC; no call can be later
 * @throws import_unanswered without a column for the date and one for the number
 */
export async function billQuestions(
  bill: Bill,
  columns: BillColumns,
  latest: number,
  pause: Pause,
): Promise<BillQuestions> {
  if (columns.date === undefined || columns.number === undefined) throw new KeptError('import_unanswered');
  const { calls } = await readCalls(bill, columns, latest, pause);
  const orders = ordersOf(calls);
  return {
    orders,
    example: exampleOf(calls, orders, ({ writtenDate }) => writtenDate),
    length: unclearLength(bill, columns, calls)?.writtenLength ?? '',
    isWayWritten: columns.direction !== undefined,
    people: peopleOf(calls),
  };
}

/** Return a call whose length can be read in two ways, unless the name of the column says which. */
function unclearLength(bill: Bill, columns: BillColumns, calls: readonly BillCall[]): BillCall | undefined {
  if (namedLengths(bill, columns)) return undefined;
  return calls.find(({ length }) => length?.units === 'two') ?? calls.find(({ length }) => length?.units === 'one');
}

/** `Duration (seconds)`, `Length (mm:ss)`, `Length (hh:mm)` */
function namedLengths({ columns: all }: Bill, { length }: BillColumns): ImportAnswers['lengths'] {
  const name = all[length ?? -1]?.name ?? '';
  if (/sec|m:ss/i.test(name) || /\(s\)/i.test(name)) return 'small';
  return /h:mm/i.test(name) ? 'large' : undefined;
}

/** Everyone that was called or called, those with most calls first. Texts and uses of data are not counted. */
function peopleOf(calls: readonly BillCall[]): BillQuestions['people'] {
  const people: Map<string, BillQuestions['people'][number]> = new Map();
  for (const { number, way, isNoCall } of calls) {
    if (isNoCall) continue;
    const key = accountKey(number);
    const person = people.get(key) ?? { key, numbers: [], name: '', from: 0, to: 0, calls: 0 };
    people.set(key, person);
    if (number && !person.numbers.includes(number)) person.numbers.push(number);
    person.calls++;
    if (way?.direction === 'in') person.from++;
    if (way?.direction === 'out') person.to++;
  }
  return [...people.values()].sort((a, b) => b.calls - a.calls);
}

/**
 * Plan the import of the calls with one number, in the order of their times. A line that cannot be read is named by its
 * number, and the others are planned.
 * @param input `limit`: bytes of the largest file that may be added; `latest`: ms UTC
 * @throws import_unanswered, and what reading the file throws
 */
export async function planBill(
  known: KnownCalls,
  { bill, source, limit, latest }: { bill: Bill; source: Source; limit: number; latest: number },
  { columns, person, tz, gap, way, lengths, alike: areAlikeAdded = false, order: answered }: ImportAnswers,
  pause: Pause,
): Promise<PlannedBill> {
  if (columns?.date === undefined || columns.number === undefined || person === undefined || !isZone(tz))
    throw new KeptError('import_unanswered');
  const { calls, unread } = await readCalls(bill, columns, latest, pause);
  const orders = ordersOf(calls);
  const order = orders.length === 1 ? orders[0] : answered;
  const inUnits = namedLengths(bill, columns) ?? (unclearLength(bill, columns, calls) ? lengths : 'unsure');
  if (!order || !inUnits || (columns.direction === undefined && !way)) throw new KeptError('import_unanswered');
  const reading = { order, tz, lengths: inUnits, direction: way ? DIRECTIONS[way] : 'unknown' } as const;
  const chosen = calls.filter(({ number }) => accountKey(number) === person);
  const rows: CallRow[] = [];
  for (const [i, call] of chosen.entries()) {
    if (i % ROWS_PER_PAUSE === 0) await pause(i, chosen.length);
    const row = call.isNoCall ? null : rowOf(call, reading);
    if (row) rows.push({ ...row, msg_no: 0, record: call.record });
    else if (!call.isNoCall) unread.push(call.record.line);
  }
  const placeOf = ({ sent_at: at, sent_local: local }: CallRow) => at ?? Date.parse(`${local?.slice(0, 10)}T00:00Z`);
  rows.sort((a, b) => placeOf(a) - placeOf(b) || a.record.line - b.record.line);
  const { unknown, fresh: unlike } = compareCalls(rows, { same: known.bills, others: known.others, identityOf });
  const fresh = areAlikeAdded ? unknown : unlike;
  const planned: PlannedFile[] = [];
  const frame = frameOf(bill);
  const sizeOf = ({ record }: CallRow) => record.end - record.start + 2;
  const { name, size } = source;
  const label = cutText(baseName(name).replace(/\.csv$/i, ''), MAX_NAME_LENGTH);
  for (const burst of burstsOf(fresh, gapOf(gap))) {
    await pause(planned.length, fresh.length);
    for (const part of partsOf(burst, sizeOf, Math.max(FRAME_BYTES, limit - frame.size))) {
      const records = part.map(({ record }) => record).sort((a, b) => a.start - b.start);
      const extract = extractOf(source, [...frame.pieces, ...records.flatMap((record) => [record, frame.lineBreak])], {
        name: `${label}, from line ${records[0]?.line}.csv`,
        type: 'text/csv',
      });
      planned.push(
        planEntry(
          extract,
          part.map(({ record: _record, ...row }) => row),
          {
            title: cutText([...new Set(chosen.map(({ number }) => number))].join(', '), MAX_NAME_LENGTH),
            label: 'Calls',
            record: 'A phone bill or list of calls',
            media: new Map(),
            channel: 'phone_call',
            tz,
            gap: gapOf(gap),
            kind: 'call_log',
            ownNames: [],
            complete: 'not_sure',
            summary: {
              messages: part.length,
              backup: { name, size, sha256: bill.sha256, messages: bill.calls.length },
              bill: {
                columns: namedColumns(bill, columns),
                date_order: order,
                lengths: inUnits,
                way: way ?? 'written',
              },
            },
          },
        ),
      );
    }
  }
  return {
    planned,
    known: rows.length - unknown.length,
    unread: unread.sort((a, b) => a - b),
    texts: chosen.filter(({ isNoCall }) => isNoCall).length,
    alike: unknown.length - unlike.length,
  };
}

/** What each column was read as: its number, from 1, and its name. */
const namedColumns = ({ columns: all }: Bill, columns: BillColumns): Fields =>
  Object.fromEntries(
    Object.entries(columns).map(([role, column]) => [role, `${column + 1} ${all[column]?.name ?? ''}`.trim()]),
  );

type Reading = {
  order: DateOrder;
  tz: string;
  lengths: NonNullable<ImportAnswers['lengths']>;
  direction: (typeof DIRECTIONS)[keyof typeof DIRECTIONS];
};

/** @returns null for a call whose date cannot be in the order of the file */
function rowOf(
  call: BillCall,
  { order, tz, lengths, direction: answered }: Reading,
): Omit<PlannedRow, 'msg_no'> | null {
  const day = call.days[order];
  if (!day) return null;
  const direction = call.way?.direction ?? (call.writtenWay ? 'unknown' : answered);
  const other = call.number ? cutText(nameInRow(call.number), MAX_NAME_LENGTH) : '';
  const seconds = secondsOf(call, lengths);
  const isMissed = call.way?.type === 'missed_call';
  return {
    ...timeOf(call, day, tz),
    direction,
    type: call.way?.type ?? 'call',
    ...(direction === 'out'
      ? { from: KEEPER, ...(other ? { to: other } : {}) }
      : direction === 'in'
        ? { ...(other ? { from: other } : {}), to: KEEPER }
        : {}),
    ...described([
      call.way?.note,
      isMissed ? '' : seconds === null ? written('Length', call.writtenLength) : `Lasted ${seconds} seconds`,
      written('Direction', call.writtenWay),
      written('Kind', call.kind),
      direction === 'unknown' && other ? `With ${other}` : '',
    ]),
  };
}

const written = (what: string, text: string) => (text ? `${what} as written: ${cutText(text, MAX_NAME_LENGTH)}` : '');

function timeOf({ clock, offset }: BillCall, day: string, tz: string): Partial<MessageRow> {
  if (!clock) return { sent_local: day, sent_source: 'message_or_call_stamp' };
  const seconds = Number(clock.slice(6)) * 1_000;
  if (offset !== null) {
    const at = Date.parse(`${day}T${clock.slice(0, 5)}Z`) - offset * MINUTE + seconds;
    return { sent_at: at, sent_local: localAt(at, tz), sent_source: 'message_or_call_stamp' };
  }
  const time = timeMembers(`${day}T${clock.slice(0, 5)}`, day, tz);
  return time.sent_at === undefined ? time : { ...time, sent_at: time.sent_at + seconds };
}

/** @returns null for a length that is not written, or that can be read in two ways */
function secondsOf({ length }: BillCall, lengths: Reading['lengths']): number | null {
  if (!length) return null;
  const [first = 0, second = 0] = length.numbers;
  if (length.units === 'seconds') return first;
  if (lengths === 'unsure') return null;
  const [small, large] = length.units === 'two' ? [60, 3600] : [1, 60];
  return lengths === 'small' ? first * small + second : first * large + second * 60;
}

/** What makes two rows the same call of a bill. Its direction can be the keeper's answer, which may change. */
function identityOf(row: Fields): string {
  const seconds = typeof row.sent_at === 'number' ? row.sent_at % MINUTE : 0;
  return JSON.stringify([textOf(row, 'sent_local'), seconds, otherOf(row), textOf(row, 'type')]);
}

/** The mark at the start of the file and the names of its columns, with which the lines can be read again. */
function frameOf({ csv, header }: Bill): { pieces: Piece[]; lineBreak: Bytes; size: number } {
  const isWide = csv.encoding.startsWith('utf-16');
  const lineBreak = isWide ? utf16LineBreak(csv.encoding) : utf8('\r\n');
  const mark: Piece[] = csv.start ? [{ start: 0, end: csv.start }] : [];
  const pieces = header ? [...mark, { start: header.start, end: header.end }, lineBreak] : mark;
  return { pieces, lineBreak, size: csv.start + (header ? header.end - header.start + lineBreak.length : 0) };
}

const utf16LineBreak = (encoding: string) => new Uint8Array(encoding === 'utf-16le' ? [13, 0, 10, 0] : [0, 13, 0, 10]);
