/**
 * A table in a text file (CSV, RFC 4180): which bytes are one record, and what its fields say.
 *
 * [Note: where a record ends] A quoted field may have line breaks. A quote that is never closed would take in all the
 * records after it, and a quote inside a plain field shows that the columns have moved. Such a record is marked as bad,
 * ends at the end of its own line, and the next line begins a new one. A quoted field has a greatest length, so that
 * many open quotes cannot make the file be read again and again.
 */
import type { Bytes } from '../../core/bytes.js';
import type { Pause } from '../whatsapp.js';

type Encoding = 'utf-8' | 'windows-1252' | 'utf-16le' | 'utf-16be';
/**
 * `line`: the number of its first line, from 1; `start`, `end`: its bytes, without the line break; `next`: where the
 * next begins; `isBad`: its quotes are not those of a table
 */
export type CsvRecord = { line: number; start: number; end: number; next: number; isBad: boolean };
/** `start`: bytes of a byte order mark */
export type CsvText = { bytes: Uint8Array; encoding: Encoding; start: number };
export type Csv = CsvText & { delimiter: number; records: CsvRecord[] };

export const DELIMITERS = [',', ';', '\t'].map((mark) => mark.charCodeAt(0));
/** Characters of a quoted field. */
export const MAX_FIELD_LENGTH = 2_000;
const MAX_FIELDS = 200;
const [QUOTE, LF, CR] = [0x22, 0x0a, 0x0d];
const RECORDS_PER_PAUSE = 500;
const PIECE_BYTES = 1 << 20;
const SNIFF_BYTES = 400;

/** Tell how a text is encoded. Without a mark of its own, it is UTF-8 if its bytes are, else Windows-1252. */
export function csvTextOf(bytes: Uint8Array, { isWhole }: { isWhole: boolean }): CsvText {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { bytes, encoding: 'utf-16le', start: 2 };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { bytes, encoding: 'utf-16be', start: 2 };
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { bytes, encoding: 'utf-8', start: 3 };
  const head = bytes.subarray(0, SNIFF_BYTES);
  const [even = 0, odd = 0] = [0, 1].map((side) => head.filter((byte, i) => byte === 0 && i % 2 === side).length);
  if (odd > head.length / 3 && !even) return { bytes, encoding: 'utf-16le', start: 0 };
  if (even > head.length / 3 && !odd) return { bytes, encoding: 'utf-16be', start: 0 };
  return { bytes, encoding: isUtf8(bytes, isWhole) ? 'utf-8' : 'windows-1252', start: 0 };
}

function isUtf8(bytes: Uint8Array, isWhole: boolean): boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for (let from = 0; from < bytes.length; from += PIECE_BYTES)
      decoder.decode(bytes.subarray(from, from + PIECE_BYTES), { stream: true });
    if (isWhole) decoder.decode();
    return true;
  } catch {
    return false;
  }
}

/** Bytes of a character as this reader counts them. */
const widthOf = ({ encoding }: CsvText) => (encoding.startsWith('utf-16') ? 2 : 1);

/** Return a function that gives the number of the character at a byte, -1 at the end. */
function unitsOf({ bytes, encoding }: CsvText): (at: number) => number {
  const { length } = bytes;
  if (encoding === 'utf-16le')
    return (at) => (at + 1 < length ? (bytes[at] as number) | ((bytes[at + 1] as number) << 8) : -1);
  if (encoding === 'utf-16be')
    return (at) => (at + 1 < length ? ((bytes[at] as number) << 8) | (bytes[at + 1] as number) : -1);
  return (at) => (at < length ? (bytes[at] as number) : -1);
}

/**
 * Yield the records of a text that are not empty.
 * @param most characters of a quoted field
 */
export function* recordsIn(text: CsvText, delimiter: number, most: number = MAX_FIELD_LENGTH): Generator<CsvRecord> {
  const unit = unitsOf(text);
  const width = widthOf(text);
  let line = 1;
  for (let start = text.start; unit(start) !== -1; ) {
    const { end, lines, isBad } = recordAt(unit, { start, width, delimiter, most });
    const next = afterBreak(unit, end, width);
    if (end > start) yield { line, start, end, next, isBad };
    line += lines;
    start = next;
  }
}

function afterBreak(unit: (at: number) => number, end: number, width: number): number {
  if (unit(end) === CR && unit(end + width) === LF) return end + 2 * width;
  return unit(end) === -1 ? end : end + width;
}

/** @returns `lines` that it takes */
function recordAt(
  unit: (at: number) => number,
  { start, width, delimiter, most }: { start: number; width: number; delimiter: number; most: number },
): { end: number; lines: number; isBad: boolean } {
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let lines = 1;
  let fieldStart = start;
  for (let at = start; ; at += width) {
    const code = unit(at);
    if (state === 'quoted') {
      if (code === -1 || (at - fieldStart) / width > most) break;
      if (code === QUOTE && unit(at + width) === QUOTE) at += width;
      else if (code === QUOTE) state = 'closed';
      else if (code === LF || (code === CR && unit(at + width) !== LF)) lines++;
      continue;
    }
    if (code === -1 || code === LF || code === CR) return { end: at, lines, isBad: false };
    if (code === delimiter) [state, fieldStart] = ['start', at + width];
    else if (code === QUOTE && state === 'start') state = 'quoted';
    else if (code === QUOTE || state === 'closed') break;
    else state = 'plain';
  }
  let end = start;
  while (![-1, LF, CR].includes(unit(end))) end += width;
  return { end, lines: 1, isBad: true };
}

/** Find every record. @returns null for a text with more records than `most` */
export async function readCsv(text: CsvText, delimiter: number, most: number, pause: Pause): Promise<Csv | null> {
  const records: CsvRecord[] = [];
  for (const record of recordsIn(text, delimiter)) {
    if (records.length >= most) return null;
    records.push(record);
    if (records.length % RECORDS_PER_PAUSE === 0) await pause(record.end, text.bytes.length);
  }
  return { ...text, delimiter, records };
}

/**
 * Return the fields of a record without their quotes; null for a bad one, and for one that is too long.
 * @param most characters of a quoted field
 */
export function fieldsOf(
  csv: CsvText & { delimiter: number },
  { start, end, isBad }: CsvRecord,
  most: number = MAX_FIELD_LENGTH,
): string[] | null {
  if (isBad || end - start > most * 10) return null;
  const decoder = new TextDecoder(csv.encoding);
  const text = decoder.decode(csv.bytes.subarray(start, end) as Bytes);
  const mark = String.fromCharCode(csv.delimiter);
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    if (fields.length >= MAX_FIELDS) return null;
    if (text[at] !== '"') {
      const until = text.indexOf(mark, at);
      fields.push(text.slice(at, until === -1 ? text.length : until));
      at = until === -1 ? text.length + 1 : until + 1;
      continue;
    }
    let close = text.indexOf('"', at + 1);
    while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
    if (close === -1) return null;
    fields.push(text.slice(at + 1, close).replaceAll('""', '"'));
    at = close + 2;
  }
  return fields;
}
