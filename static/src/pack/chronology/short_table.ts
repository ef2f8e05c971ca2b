/**
 * What follows from 02_chronology.csv alone: the table in twelve columns, and both as a spreadsheet. The twin of
 * diary/pack/tables/short_chronology.py and csv_format.py. Checkers make both files again and compare the bytes.
 */
import { fromUtf8, utf8 } from '../../core/bytes.js';
import { TABLE_CELLS_LIMIT } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { encodeWorkbook } from '../spreadsheet.js';
import { ALL_COLUMNS_WIDTH, FOOTER, SHORT_COLUMNS } from './short_columns.js';

export const CHRONOLOGY_TABLE = 'data/servable/02_chronology.csv';
export const SHORT_TABLE = 'data/servable/02_chronology_short.csv';
export const SPREADSHEET = 'data/servable/02_chronology.xlsx';
const FORMULA = /^ *[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/**
 * Return the short table and the spreadsheet by path; null if `table` is not a table of a pack. A cell is that of 02,
 * apostrophe included.
 */
export async function chronologyCopies(table: Uint8Array): Promise<Map<string, Uint8Array> | null> {
  const rows = readTable(table);
  if (!rows) return null;
  const short = shortRows(rows);
  const workbook = await encodeWorkbook('Chronology', [
    {
      name: 'Chronology',
      rows: short,
      widths: SHORT_COLUMNS.map(({ width }) => width),
      isPrinted: true,
      footer: FOOTER,
    },
    { name: 'All columns', rows, widths: (rows[0] ?? []).map(() => ALL_COLUMNS_WIDTH) },
  ]);
  return new Map([
    [SHORT_TABLE, encodeRows(short)],
    [SPREADSHEET, workbook],
  ]);
}

/**
 * Return the rows of a table of a pack, the head first; null if it is not one. Each line ends in CRLF and has as many
 * cells as the head. No cell would be run by a spreadsheet. The number of cells is limited, because a file of commas
 * would fill the memory.
 */
export function readTable(table: Uint8Array): string[][] | null {
  let text: string;
  try {
    text = fromUtf8(table).replace(/^\ufeff/, '');
  } catch (error) {
    if (error instanceof KeptError) return null;
    throw error;
  }
  const rows: string[][] = [];
  let row: string[] = [];
  let position = 0;
  for (let count = 1; position < text.length; count++) {
    const [cell, end] = readCell(text, position);
    if (end < 0 || count > TABLE_CELLS_LIMIT || FORMULA.test(cell)) return null;
    row.push(cell);
    if (text[end] === ',' && end + 1 < text.length) {
      position = end + 1;
    } else if (text.startsWith('\r\n', end)) {
      position = end + 2;
      rows.push(row);
      if (row.length !== rows[0]?.length) return null;
      row = [];
    } else return null;
  }
  return rows.length ? rows : null;
}

/** Return the cell at a position and where it ends; -1 if its quote is never closed. */
function readCell(text: string, position: number): [string, number] {
  if (text[position] !== '"') {
    let end = position;
    while (end < text.length && !',"\r\n'.includes(text[end] as string)) end++;
    return [text.slice(position, end), end];
  }
  let end = text.indexOf('"', position + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  return end < 0 ? ['', -1] : [text.slice(position + 1, end).replaceAll('""', '"'), end + 1];
}

/** Encode rows whose cells are safe already. */
function encodeRows(rows: readonly (readonly string[])[]) {
  const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return utf8(`\ufeff${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`);
}

/** Return the head and the rows of the short table. A column that 02 lacks is left out of the cell. */
function shortRows([head = [], ...body]: readonly (readonly string[])[]): string[][] {
  const sources = SHORT_COLUMNS.map(({ from }) =>
    from.map((source) => ({ ...source, place: head.indexOf(source.column) })).filter(({ place }) => place >= 0),
  );
  return [
    SHORT_COLUMNS.map((column) => column.head),
    ...body.map((row) =>
      sources.map((cellSources) =>
        cellSources
          .map(({ place, label, words }) => {
            const code = row[place] ?? '';
            const text = words && Object.hasOwn(words, code) ? (words[code] ?? '') : code;
            return text && label ? `${label}: ${text}` : text;
          })
          .filter(Boolean)
          .join('\n'),
      ),
    ),
  ];
}
