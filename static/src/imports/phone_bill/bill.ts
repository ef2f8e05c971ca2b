/**
 * A phone bill or list of calls as a table (.csv). No two companies write the same one, so the columns are proposed
 * from their names and values, and the keeper confirms them.
 *
 * Lines before the names of the columns are not read. A record that cannot be read is named by its line, and the others
 * are read. A record with more fields than the table has columns is not read, because its columns may have moved.
 */
import { KeptError } from '../../core/errors.js';
import { incrementalDigest } from '../../crypto/digests.js';
import { hex } from '../../core/bytes.js';
import { cutText } from '../../core/text.js';
import { isNoCall, looksLikeNumber, plainCell, readDate, readLength, readTime, wayOf } from './cells.js';
import { DELIMITERS, csvTextOf, fieldsOf, readCsv, recordsIn } from './csv.js';
import type { DateOrder, ReadLength, Way } from './cells.js';
import type { Csv, CsvRecord } from './csv.js';
import type { Pause } from '../whatsapp.js';

export const BILL_ROLES = ['date', 'time', 'number', 'direction', 'length', 'type'] as const;
export type BillRole = (typeof BILL_ROLES)[number];
/** The column of each role, from 0 */
export type BillColumns = Partial<Record<BillRole, number>>;
/** `header`: null if the columns have no names; `calls`: the records after it */
export type Bill = {
  csv: Csv;
  header: CsvRecord | null;
  calls: CsvRecord[];
  columns: { name: string; examples: string[] }[];
  proposed: BillColumns;
  sha256: string;
};
/**
 * A record that was read. `days`: by the order of dates that gives it; `clock`: '' if it has no time; `isNoCall`: a
 * text or data; `kind`: as the bill names it
 */
export type BillCall = {
  record: CsvRecord;
  writtenDate: string;
  days: Partial<Record<DateOrder, string>>;
  clock: string;
  offset: number | null;
  number: string;
  way: Way | null;
  writtenWay: string;
  length: ReadLength | null;
  writtenLength: string;
  kind: string;
  isNoCall: boolean;
};

export const MAX_BILL_BYTES = 64 << 20;
const MAX_RECORDS = 250_000;
const SAMPLE_RECORDS = 200;
const MAX_EXAMPLES = 3;
const MAX_EXAMPLE_LENGTH = 60;
const MIN_COLUMNS = 3;
const MIN_SHARE = 0.5;
const RECORDS_PER_PAUSE = 200;
const PIECE_BYTES = 1 << 20;
const HIDDEN = /^(?:|-|n\/a|unknown|private|withheld|restricted|anonymous|no caller id|number withheld)$/i;

/** Names of columns, in the languages of the app and some others. */
const NAMES: Record<BillRole, RegExp> = {
  date: /date|datum|fecha|dyddiad|\bdata\b|timestamp|when|تاریخ|تاريخ/i,
  time: /^(?!.*(?:duration|length|talk)).*(?:\btime\b|uhrzeit|\bheure|\bhora\b|amser|godzina|وقت)/i,
  number: /number|called|dialled|phone|destination|recipient|num[eé]ro|nummer|numer|rhif|telefon|contact|نمبر/i,
  direction: /direction|in ?\/ ?out|incoming|richtung|cyfeiriad|kierunek/i,
  length: /duration|length|talk ?time|dauer|dur[eé]e|duraci|hyd|trwani|مدت/i,
  type: /type|service|usage|description|\bkind\b|typ\b|tipo|math|rodzaj/i,
};

const sampled = (csv: Csv): (string[] | null)[] =>
  csv.records.slice(0, SAMPLE_RECORDS).map((record) => fieldsOf(csv, record));

/** A record with a date and a time or number, in a table that is wide enough for a list of calls. */
function looksLikeCall(fields: string[] | null, lastDay: string): fields is string[] {
  if (!fields || fields.length < MIN_COLUMNS) return false;
  const date = fields.findIndex((cell) => {
    const read = readDate(cell, lastDay);
    return read && (!read.rest || readTime(read.rest));
  });
  return date >= 0 && fields.some((cell, i) => i !== date && (looksLikeNumber(cell) || readTime(cell)));
}

/** The delimiter by which most of the first records look like calls, and how many do. */
function delimiterOf(bytes: Uint8Array, isWhole: boolean, lastDay: string) {
  const text = csvTextOf(bytes, { isWhole });
  const found = DELIMITERS.map((delimiter) => {
    const records: CsvRecord[] = [];
    for (const record of recordsIn(text, delimiter)) {
      records.push(record);
      if (records.length > SAMPLE_RECORDS) break;
    }
    const rows = sampled({ ...text, delimiter, records });
    const calls = rows.filter((fields) => looksLikeCall(fields, lastDay));
    const numbers = calls.filter((fields) => fields?.some(looksLikeNumber)).length;
    return { delimiter, calls: calls.length, numbers, records: rows.length };
  });
  return found.reduce((best, one) => (one.calls > best.calls ? one : best));
}

/**
 * Tell whether the first bytes are those of a list of calls: most records have a date and a time, and some a number.
 * @param latest ms UTC
 */
export function looksLikeBill(firstBytes: Uint8Array, latest: number): boolean {
  // A shorter beginning than this can end inside of the lines before the table.
  const { calls, numbers, records } = delimiterOf(firstBytes, false, dayAt(latest));
  return numbers > 0 && calls >= Math.min(records * 0.3, 20);
}

const dayAt = (latest: number) => new Date(latest).toISOString().slice(0, 10);

/**
 * Read a bill: its records, the names of its columns, and a proposal of what they are.
 * @param latest ms UTC; no call can be later
 * @throws import_wrong for a file with no call, import_too_many
 */
export async function readBill(bytes: Uint8Array, latest: number, pause: Pause): Promise<Bill> {
  const text = csvTextOf(bytes, { isWhole: true });
  const { delimiter } = delimiterOf(bytes.subarray(0, PIECE_BYTES), bytes.length <= PIECE_BYTES, dayAt(latest));
  const csv = await readCsv(text, delimiter, MAX_RECORDS, pause);
  if (!csv) throw new KeptError('import_too_many');
  const digest = incrementalDigest('SHA-256');
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    digest.update(bytes.subarray(from, from + PIECE_BYTES));
    await pause(from, bytes.length);
  }
  const rows = sampled(csv);
  const first = rows.findIndex((fields) => looksLikeCall(fields, dayAt(latest)));
  const width = rows[first]?.length;
  if (first < 0 || !width) throw new KeptError('import_wrong');
  const above = rows[first - 1];
  const isHeader = above != null && above.length >= MIN_COLUMNS && above.some((cell) => /\p{L}/u.test(cell));
  const header = isHeader ? (csv.records[first - 1] as CsvRecord) : null;
  const calls = rows.slice(first).filter((fields) => looksLikeCall(fields, dayAt(latest)));
  const columns = Array.from({ length: Math.max(width, isHeader ? above.length : 0) }, (_, column) => ({
    name: isHeader ? shown(above[column] ?? '') : '',
    examples: [...new Set(calls.flatMap((fields) => shown(fields?.[column] ?? '') || []))].slice(0, MAX_EXAMPLES),
  }));
  const values = columns.map((_, column) => calls.map((fields) => fields?.[column] ?? ''));
  return {
    csv,
    header,
    calls: csv.records.slice(first),
    columns,
    proposed: propose(columns, values, dayAt(latest)),
    sha256: hex(digest.digest()),
  };
}

const shown = (cell: string) => cutText(plainCell(cell).replace(/\p{Cc}/gu, ' '), MAX_EXAMPLE_LENGTH);

/** Propose a column for each role, by its values and its name. Each column has one role. */
function propose(columns: Bill['columns'], values: string[][], lastDay: string): BillColumns {
  const fits: Record<BillRole, (cell: string) => unknown> = {
    date: (cell) => readDate(cell, lastDay),
    time: readTime,
    number: looksLikeNumber,
    direction: wayOf,
    length: readLength,
    type: (cell) => /^(?=.*\p{L})/u.test(cell),
  };
  const proposed: BillColumns = {};
  for (const role of BILL_ROLES) {
    const scores = columns.map(({ name }, column) => {
      if (Object.values(proposed).includes(column)) return 0;
      const filled = (values[column] ?? []).filter((cell) => cell.trim());
      const share = filled.filter((cell) => fits[role](cell)).length / (filled.length || 1);
      const isNamed = NAMES[role].test(name);
      // Prices and times fit a length too, and any words a type: without the name they are not proposed.
      const needsName = role === 'type' || role === 'length';
      return share >= MIN_SHARE && (isNamed || !needsName) ? share + Number(isNamed) : 0;
    });
    const best = Math.max(...scores);
    if (best > 0) proposed[role] = scores.indexOf(best);
  }
  return proposed;
}

/**
 * Read every call. `columns`: as the keeper confirmed them.
 * @param latest ms UTC; no call can be later
 * @returns `unread`: lines of records that cannot be read
 */
export async function readCalls(
  { csv, calls, columns: all }: Bill,
  columns: BillColumns,
  latest: number,
  pause: Pause,
): Promise<{ calls: BillCall[]; unread: number[] }> {
  const read: BillCall[] = [];
  const unread: number[] = [];
  for (const [i, record] of calls.entries()) {
    if (i % RECORDS_PER_PAUSE === 0) await pause(i, calls.length);
    const fields = fieldsOf(csv, record);
    const isLonger = fields?.slice(all.length).some((cell) => cell.trim());
    const found = fields && !isLonger ? callOf(record, fields, columns, dayAt(latest)) : null;
    if (found) read.push(found);
    else if (!fields || fields.some((cell) => cell.trim())) unread.push(record.line);
  }
  return { calls: read, unread };
}

function callOf(record: CsvRecord, fields: string[], columns: BillColumns, lastDay: string): BillCall | null {
  const cell = (role: BillRole) => plainCell(fields[columns[role] ?? -1] ?? '');
  const date = readDate(cell('date'), lastDay);
  const isShort = columns.number === undefined || columns.number >= fields.length;
  if (!date || isShort) return null;
  const writtenTime = cell('time') || date.rest;
  const time = readTime(writtenTime);
  if (writtenTime && !time) return null;
  const [direction, length, type] = [cell('direction'), cell('length'), cell('type')];
  const way = wayOf(direction) ?? (columns.direction === undefined ? missedBy(type) : null);
  const number = cell('number');
  return {
    record,
    writtenDate: cell('date'),
    days: date.days,
    clock: time?.clock ?? '',
    offset: time?.offset ?? null,
    number: HIDDEN.test(number) ? '' : number,
    way,
    writtenWay: way ? '' : direction,
    length: readLength(length),
    writtenLength: length,
    kind: type,
    isNoCall: isNoCall(type) || isNoCall(direction),
  };
}

/** A type can say that a call was missed. Which way another went is not asked of it. */
function missedBy(type: string): Way | null {
  const way = wayOf(type);
  return way?.type === 'missed_call' ? way : null;
}
