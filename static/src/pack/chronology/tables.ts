/**
 * The tables of a front part, compared cell by cell with what was sent: 02 has a line for each entry, 03 for each
 * file, 05 for each message, 07 for each statement of somebody else and 11 for each step of custody. Words may be
 * held back; everything else must be what the phone sent.
 */
import { fromUtf8 } from '../../core/bytes.js';
import { MARK } from '../redaction.js';
import { custodyLines, entryLine, exhibitLine, scheduleLines, statementLines, tellCapsule } from './table_cells.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Line } from './table_cells.js';

export const CHRONOLOGY = 'data/servable/02_chronology.csv';
export const INDEX = 'data/servable/03_exhibits-index.csv';
export const SCHEDULES = 'data/servable/05_message-schedules.csv';
export const STATEMENTS = 'data/servable/07_statements.csv';
export const CUSTODY = 'data/restricted/11_custody-log.csv';
const GUARDED = /^'(?= *[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/;

/** Parse a CSV file into rows by column. Return null when it is not one. */
export function readTable(bytes: Uint8Array): Record<string, string>[] | null {
  const text = fromUtf8(bytes).replace(/^\ufeff/, '');
  const lines: string[][] = [];
  let line: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) return null;
    line.push((found[1] === undefined ? (found[2] ?? '') : found[1].replaceAll('""', '"')).replace(GUARDED, ''));
    if (found[3] !== ',') {
      lines.push(line);
      line = [];
    }
  }
  const [head, ...body] = lines;
  if (!head || line.length || body.some((one) => one.length !== head.length)) return null;
  return body.map((one) => Object.fromEntries(head.map((name, i) => [name, one[i] ?? ''])));
}

/** Return the name of the first table that differs from what was sent, or null. */
export function tableThatDiffers(members: ReadonlyMap<string, Uint8Array>, capsule: JsonObject): string | null {
  const all = tellCapsule(capsule);
  const entries = new Map(all.incidents.map((told) => [all.labels.get(told.record) ?? '', entryLine(all, told)]));
  const files = new Map(all.exhibits.map((exhibit, place) => [String(exhibit.file), exhibitLine(all, exhibit, place)]));
  if (!sayEach(tableOf(members, CHRONOLOGY), 'no', entries)) return CHRONOLOGY;
  if (!sayEach(tableOf(members, INDEX), 'file', files)) return INDEX;
  if (members.has(SCHEDULES) && !sayAll(tableOf(members, SCHEDULES), scheduleLines(all))) return SCHEDULES;
  if (members.has(STATEMENTS) && !sayAll(tableOf(members, STATEMENTS), statementLines(all))) return STATEMENTS;
  return members.has(CUSTODY) && !sayAll(tableOf(members, CUSTODY), custodyLines(all)) ? CUSTODY : null;
}

function tableOf(members: ReadonlyMap<string, Uint8Array>, name: string) {
  try {
    return readTable(members.get(name) ?? new Uint8Array(0)) ?? [];
  } catch {
    return []; // not even text
  }
}

/** Check that each line is there under its name, none twice and none missing. */
function sayEach(table: Record<string, string>[], column: string, lines: ReadonlyMap<string, Line>) {
  const found = new Map(table.map((row) => [row[column] ?? '', row]));
  return table.length === lines.size && [...lines].every(([name, line]) => says(found.get(name), line));
}

/** Check that the same lines are there in the same order. */
function sayAll(table: Record<string, string>[], lines: readonly Line[]) {
  return table.length === lines.length && lines.every((line, i) => says(table[i], line));
}

function says(row: Record<string, string> | undefined, line: Line) {
  if (!row) return false;
  // The letters of held-back behaviours cannot be derived.
  const isHeld = (row.behaviours ?? '').includes(MARK);
  return Object.entries(line).every(
    ([column, said]) =>
      said === null ||
      (column === 's2a3_letters' && isHeld) ||
      isSaid(row[column] ?? '\0', said) ||
      (column === 'as_typed' && isOneOnPaper(row, said)),
  );
}

/** What was typed and the entry made of it may differ only in held-back words: then it is not printed twice. */
function isOneOnPaper(row: Record<string, string>, typed: string) {
  const cell = row.what_happened ?? '';
  return row.as_typed === '' && cell.includes(MARK) && isSaid(cell, typed);
}

/** Compare word for word. Where words are held back, all text around the marks must be there in order. */
function isSaid(cell: string, said: string) {
  const text = said.replaceAll('\0', '[U+0000]').replace(GUARDED, '');
  if (cell === text) return true;
  const pieces = cell.split(MARK);
  if (pieces.length < 2) return false;
  let at = 0;
  for (const piece of pieces) {
    const from = text.indexOf(piece, at);
    if (from < 0) return false;
    at = from + piece.length;
  }
  return text.startsWith(pieces[0] ?? '') && text.endsWith(pieces.at(-1) ?? '');
}
