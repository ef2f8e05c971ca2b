/**
 * The tables of a front part, compared cell by cell with what was sent: 02 has a line for each entry, 03 for each
 * file, 05 for each message, 07 for each statement of somebody else and 11 for each step of custody. Words may be
 * held back; everything else must be what the phone sent.
 */
import { fromUtf8 } from '../../core/bytes.js';
import { CHRONOLOGY_TABLE } from './short_table.js';
import { REDACTION_MARK } from '../redaction.js';
import { custodyLines, entryLine, exhibitLine, scheduleLines, statementLines, readCapsule } from './table_cells.js';
import type { JsonObject } from '../../core/encoding.js';
import type { TableLine } from './table_cells.js';

export const INDEX = 'data/servable/03_exhibits-index.csv';
export const SCHEDULES = 'data/servable/05_message-schedules.csv';
export const STATEMENTS = 'data/servable/07_statements.csv';
export const CUSTODY = 'data/restricted/11_custody-log.csv';
const FORMULA_GUARD = /^'(?= *[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/;

/** Parse a CSV file into rows by column. Return null when it is not one. */
export function parseTable(bytes: Uint8Array): Record<string, string>[] | null {
  const text = fromUtf8(bytes).replace(/^\ufeff/, '');
  const lines: string[][] = [];
  let line: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) return null;
    line.push((match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"')).replace(FORMULA_GUARD, ''));
    if (match[3] !== ',') {
      lines.push(line);
      line = [];
    }
  }
  const [head, ...body] = lines;
  if (!head || line.length || body.some((cells) => cells.length !== head.length)) return null;
  return body.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ''])));
}

/** Return the name of the first table that differs from what was sent, or null. */
export function findDifferingTable(members: ReadonlyMap<string, Uint8Array>, capsule: JsonObject): string | null {
  const facts = readCapsule(capsule);
  const entries = new Map(
    facts.incidents.map((history) => [facts.labels.get(history.record) ?? '', entryLine(facts, history)]),
  );
  const files = new Map(
    facts.exhibits.map((exhibit, index) => [String(exhibit.file), exhibitLine(facts, exhibit, index)]),
  );
  if (!matchByKey(memberTable(members, CHRONOLOGY_TABLE), 'no', entries)) return CHRONOLOGY_TABLE;
  if (!matchByKey(memberTable(members, INDEX), 'file', files)) return INDEX;
  if (members.has(SCHEDULES) && !matchInOrder(memberTable(members, SCHEDULES), scheduleLines(facts))) return SCHEDULES;
  if (members.has(STATEMENTS) && !matchInOrder(memberTable(members, STATEMENTS), statementLines(facts)))
    return STATEMENTS;
  return members.has(CUSTODY) && !matchInOrder(memberTable(members, CUSTODY), custodyLines(facts)) ? CUSTODY : null;
}

function memberTable(members: ReadonlyMap<string, Uint8Array>, name: string) {
  try {
    return parseTable(members.get(name) ?? new Uint8Array(0)) ?? [];
  } catch {
    return []; // not even text
  }
}

/** Check that each line is there under its name, none twice and none missing. */
function matchByKey(table: Record<string, string>[], column: string, lines: ReadonlyMap<string, TableLine>) {
  const rowByKey = new Map(table.map((row) => [row[column] ?? '', row]));
  return table.length === lines.size && [...lines].every(([name, line]) => matchesLine(rowByKey.get(name), line));
}

/** Check that the same lines are there in the same order. */
function matchInOrder(table: Record<string, string>[], lines: readonly TableLine[]) {
  return table.length === lines.length && lines.every((line, i) => matchesLine(table[i], line));
}

function matchesLine(row: Record<string, string> | undefined, line: TableLine) {
  if (!row) return false;
  // The letters of held-back behaviours cannot be derived.
  const isHeldBack = (row.behaviours ?? '').includes(REDACTION_MARK);
  return Object.entries(line).every(
    ([column, expected]) =>
      expected === null ||
      (column === 's2a3_letters' && isHeldBack) ||
      matchesCell(row[column] ?? '\0', expected) ||
      (column === 'as_typed' && isPrintedOnce(row, expected)),
  );
}

/** What was typed and the entry made of it may differ only in held-back words: then it is not printed twice. */
function isPrintedOnce(row: Record<string, string>, expected: string) {
  const cell = row.what_happened ?? '';
  return row.as_typed === '' && cell.includes(REDACTION_MARK) && matchesCell(cell, expected);
}

/** Compare word for word. Where words are held back, all text around the marks must be there in order. */
function matchesCell(cell: string, expected: string) {
  const text = expected.replaceAll('\0', '[U+0000]').replace(FORMULA_GUARD, '');
  if (cell === text) return true;
  const pieces = cell.split(REDACTION_MARK);
  if (pieces.length < 2) return false;
  let at = 0;
  for (const piece of pieces) {
    const from = text.indexOf(piece, at);
    if (from < 0) return false;
    at = from + piece.length;
  }
  return text.startsWith(pieces[0] ?? '') && text.endsWith(pieces.at(-1) ?? '');
}
