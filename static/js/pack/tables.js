/**
 * The tables of a front part, held against what was sent: 02 has a line for each entry with its own first words, 03 one for
 * each file with its digests. What else a cell says is the typesetter's wording, which `verify --rerender` can judge.
 */
import { fromUtf8 } from '../core/bytes.js';
import { objectsOf, textOf } from '../record/reading.js';
import { tellAll } from '../record/told.js';
import { MARK } from './held_back.js';
import { entryLabels, rows } from './proofs.js';
import { openedOf } from './record_json.js';

/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */

export const CHRONOLOGY = 'data/servable/02_chronology.csv';
export const INDEX = 'data/servable/03_exhibits-index.csv';
const GUARDED = /^'(?= *[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/;

/**
 * A CSV file as rows by column; null when it is none.
 * @param {Uint8Array} bytes @returns {Record<string, string>[]|null}
 */
export function readTable(bytes) {
  const text = fromUtf8(bytes).replace(/^\ufeff/, '');
  /** @type {string[][]} */ const lines = [];
  /** @type {string[]} */ let line = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) return null;
    line.push((found[1] === undefined ? found[2] ?? '' : found[1].replaceAll('""', '"')).replace(GUARDED, ''));
    if (found[3] !== ',') {
      lines.push(line);
      line = [];
    }
  }
  const [head, ...body] = lines;
  if (!head || line.length || body.some((one) => one.length !== head.length)) return null;
  return body.map((one) => Object.fromEntries(head.map((name, i) => [name, one[i] ?? ''])));
}

/**
 * The name of the first table that says something else than what was sent, or null.
 * @param {ReadonlyMap<string, Uint8Array>} members @param {JsonObject} capsule @returns {string|null}
 */
export function tableThatDiffers(members, capsule) {
  return sayEntries(tableOf(members, CHRONOLOGY), capsule) ? (sayFiles(tableOf(members, INDEX), capsule) ? null : INDEX) : CHRONOLOGY;
}

/** @param {ReadonlyMap<string, Uint8Array>} members @param {string} name */
function tableOf(members, name) {
  try {
    return readTable(members.get(name) ?? new Uint8Array(0)) ?? [];
  } catch {
    return []; // not even text
  }
}

/** @param {Record<string, string>[]} table @param {JsonObject} capsule */
function sayEntries(table, capsule) {
  const labels = entryLabels(capsule);
  const told = tellAll(rows(capsule, 'versions').map(openedOf), 'incident');
  if (table.length !== told.length) return false;
  const found = new Map(table.map((row) => [row['no'], row]));
  return told.every(({ record, first }) => {
    const row = found.get(labels.get(record) ?? '');
    return row !== undefined && isSaid(row['what_happened'] ?? '', textOf(first.fields, 'narrative').replaceAll('\0', '[U+0000]'));
  });
}

/** Word for word; where words are held back, everything around the marks stands in the account in order. @param {string} cell @param {string} text */
function isSaid(cell, text) {
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

/** @param {Record<string, string>[]} table @param {JsonObject} capsule */
function sayFiles(table, capsule) {
  const exhibits = objectsOf(capsule, 'exhibits');
  const found = new Map(table.map((row) => [row['file'], row]));
  return table.length === exhibits.length && exhibits.every((one) => {
    const row = found.get(textOf(one, 'file'));
    return row?.['sha256'] === one['sha256'] && row?.['size_bytes'] === String(one['size']);
  });
}
