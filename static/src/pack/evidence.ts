/**
 * A pack that the phone makes by itself, with no server: docs/pack.md, "The plain page". The record, the proofs,
 * the files and the manifests are byte for byte those of a server-built pack; the pages are one plain HTML page and
 * tables.
 *
 * [Note: an inert page] Every character of the diary's own words goes through `escapeHtml`, and the page allows itself
 * only its own style. So nothing that was written to the keeper can become a script, a picture or a request.
 */
import { hex, unb64, utf8 } from '../core/bytes.js';
import { canonicalBytes } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256 } from '../crypto/digests.js';
import { objectOf, textOf, integerOf } from '../record/reading.js';
import { chronologyOf } from './chronology/chronology.js';
import { cellLabel, wordsFor } from './chronology/chronology_words.js';
import { READ_FIRST_FILE, SERVABLE_FOLDER, SERVABLE_MANIFEST, servableManifest } from './bag.js';
import { expectedBytes } from './front.js';
import { withheldNames } from './held_back.js';
import { addStatement, preparerLine } from './prepared.js';
import { encodeProof, proofNames, rowsOf } from './proofs.js';
import { chronologyCopies, CHRONOLOGY_TABLE } from './chronology/short_table.js';
import { entryLine, scheduleLines, statementLines, readCapsule } from './chronology/table_cells.js';
import type { JsonObject } from '../core/encoding.js';
import type { Chronology, ChronologyRow, StatementRow } from './chronology/chronology.js';
import type { PreparedBy, SignStatement } from './prepared.js';
import type { Redactor } from './redaction.js';
import type { CapsuleFacts, TableLine } from './chronology/table_cells.js';
import type { Cell, TimeFormat } from './chronology/cells.js';

const FORMULA = /^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/**
 * Return everything of the pack except the files as received and the bag's own lists.
 * @param signStatement makes the statement of the preparer, where that is not the keeper
 * @returns path → bytes, ready for `assemble`
 */
export async function buildEvidenceFront(
  capsule: JsonObject,
  redactor: Redactor,
  timeFormat: TimeFormat,
  signStatement: SignStatement | null = null,
): Promise<Map<string, Uint8Array>> {
  const files: Map<string, Uint8Array> = new Map();
  for (const [name, make] of expectedBytes(capsule)) files.set(name, make());
  for (const [name, version] of proofNames(capsule, 'servable'))
    files.set(`${SERVABLE_FOLDER}${name}`, encodeProof(version, withheldNames(version, redactor)));
  const chronology = chronologyOf(capsule, redactor, timeFormat);
  chronology.facts.push(...(await integrityCells(capsule)));
  files.set(`${SERVABLE_FOLDER}01_chronology.html`, utf8(renderPage(chronology)));
  const facts = readCapsule(capsule);
  const table = utf8(chronologyTable(chronology, facts));
  const copies = await chronologyCopies(table);
  if (!copies)
    throw new KeptError(
      'too_large',
      'This pack is too big for one table. Choose fewer entries and make a second pack.',
    );
  for (const [name, bytes] of [[CHRONOLOGY_TABLE, table] as const, ...copies]) files.set(name, bytes);
  files.set(`${SERVABLE_FOLDER}03_exhibits-index.csv`, utf8(exhibitTable(capsule, chronology)));
  const messages = scheduleLines(facts);
  if (messages.length) files.set(`${SERVABLE_FOLDER}05_message-schedules.csv`, utf8(messageTable(messages, redactor)));
  const statements = statementLines(facts);
  if (statements.length) files.set(`${SERVABLE_FOLDER}07_statements.csv`, utf8(statementTable(statements, redactor)));
  const folder = textOf(objectOf(capsule, 'pack'), 'folder');
  files.set(READ_FIRST_FILE, textFile(readFirstText(capsule, folder)));
  if (signStatement) await addStatement(files, capsule, signStatement);
  files.set('data/15_VERIFY.txt', textFile(wordsFor('verify', { folder })));
  files.set(SERVABLE_MANIFEST, await servableManifest(files));
  return files;
}

function readFirstText(capsule: JsonObject, folder: string) {
  const preparer = objectOf(objectOf(capsule, 'pack'), 'prepared') as PreparedBy;
  return preparer.by
    ? wordsFor('read_first_prepared', { folder, line: preparerLine(preparer) })
    : wordsFor('read_first', { folder });
}

/** Return the facts a reader may note down: the diary's head and the digest of the exhibits list. */
async function integrityCells(capsule: JsonObject): Promise<Cell[]> {
  const feedFacts = objectOf(objectOf(capsule, 'pack'), 'feed');
  const n = integerOf(feedFacts, 'seq');
  const digests = rowsOf(capsule, 'exhibits').map((row) => [textOf(row, 'item'), textOf(row, 'sha256')]);
  return [
    {
      key: 'head',
      text:
        n === null ? wordsFor('head_none') : wordsFor('head_over', { hex: hex(unb64(textOf(feedFacts, 'head'))), n }),
    },
    { key: 'list', text: hex(await sha256(canonicalBytes(digests, { limit: 64 << 20 }))) },
  ];
}

/** Encode lines as a text file for any computer. */
const textFile = (text: string) =>
  utf8(
    text
      .split('\n')
      .map((line) => `${line}\r\n`)
      .join(''),
  );

/** @returns CSV with a byte order mark; no cell that a spreadsheet would run */
function csvText(cells: readonly (readonly unknown[])[]): string {
  const cell = (value: unknown) => {
    const text = String(value ?? '');
    const safe = FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${cells.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function chronologyTable({ rows: entries }: Chronology, facts: CapsuleFacts) {
  const lines = new Map(facts.incidents.map((history) => [history.record, entryLine(facts, history)]));
  const keys = [...new Set(entries.flatMap(({ cells }) => cells.map(({ key }) => key)))];
  const head = [
    'no',
    'occurred',
    'occurred_start',
    'precision',
    'recorded',
    'what_happened',
    'written_by_somebody_else',
    'later',
    ...keys,
    'exhibits',
  ];
  return csvText([
    head,
    ...entries.map((row) => [
      row.number,
      row.when,
      lines.get(row.record)?.occurred_start ?? '',
      lines.get(row.record)?.precision ?? '',
      row.recorded,
      row.narrative,
      row.mark,
      row.later.map(({ at, kind, text }) => `${kind} ${at}: ${text}`).join('\n'),
      ...keys.map((key) => row.cells.find((row) => row.key === key)?.text ?? ''),
      row.items.join(' '),
    ]),
  ]);
}

function statementTable(statements: TableLine[], redactor: Redactor) {
  return csvText([
    Object.keys(statements[0] ?? {}),
    ...statements.map((line) => Object.values(line).map((text) => redactor.mask(text ?? ''))),
  ]);
}

function exhibitTable(capsule: JsonObject, { exhibits, rows: entries }: Chronology) {
  const sizes = new Map(rowsOf(capsule, 'exhibits').map((row) => [textOf(row, 'item'), row.size]));
  const head = ['item', 'officer_reference', 'file', 'description', 'size_bytes', 'sha256', 'entries'];
  return csvText([
    head,
    ...exhibits.map(({ item, file, description, sha256: digest }) => [
      item,
      '',
      file,
      description,
      sizes.get(item) ?? '',
      digest,
      entries
        .filter(({ items }) => items.includes(item))
        .map(({ number }) => number)
        .join(' '),
    ]),
  ]);
}

/** Every message, both ways; the keeper's own numbers are already `me (1)`. */
function messageTable(messages: readonly TableLine[], redactor: Redactor) {
  const head = Object.keys(messages[0] ?? {});
  return csvText([head, ...messages.map((line) => head.map((name) => redactor.mask(line[name] ?? '')))]);
}

/** See [Note: an inert page]. */
function escapeHtml(text: string) {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

const STYLE =
  'body{font:12pt/1.4 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}' +
  'h1{font-size:1.5rem}section{border-top:1px solid #000;padding:.75rem 0;break-inside:avoid}' +
  'h2{font-size:1.1rem;margin:0}' +
  'dl{display:grid;grid-template-columns:13rem 1fr;gap:.15rem 1rem;margin:.4rem 0}dt{font-weight:600}' +
  'dd{margin:0}@media(max-width:40rem){dl{display:block}dd{margin:0 0 .3rem}}' +
  'p,dd{white-space:pre-wrap;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}' +
  'td,th{border:1px solid #000;padding:.2rem .4rem;text-align:start;vertical-align:top;overflow-wrap:anywhere}' +
  '@page{size:A4;margin:15mm}';

function renderPage({ title, facts, rows: entries, registers, statements, exhibits, notes }: Chronology): string {
  const e = escapeHtml;
  const all = <T>(items: readonly T[], html: (item: T) => string) => items.map(html).join('');
  const definitionList = (cells: Cell[]) =>
    `<dl>${all(cells, (cell) => `<dt>${e(cellLabel(cell))}</dt><dd dir="auto">${e(cell.text)}</dd>`)}</dl>`;
  const narrativeHtml = ({ lang, narrative }: { lang: string; narrative: string }) =>
    `<p dir="auto"${lang ? ` lang="${e(lang)}"` : ''}>${e(narrative)}</p>`;
  const entrySection = (row: ChronologyRow) => {
    const exhibitCells = row.items.length ? [{ key: 'exhibits', text: row.items.join(', ') }] : [];
    return (
      `<section id="entry-${e(row.number)}"><h2>${e(row.number)} · ${e(row.when)}</h2>` +
      definitionList([{ key: 'recorded', text: row.recorded }]) +
      `${row.mark ? `<p><strong>${e(row.mark)}</strong></p>` : ''}${narrativeHtml(row)}` +
      all(row.later, ({ at, kind, text }) => `<p dir="auto"><strong>${e(kind)} ${e(at)}</strong>\n${e(text)}</p>`) +
      `${definitionList([...row.cells, ...exhibitCells])}</section>`
    );
  };
  const statementSection = (row: StatementRow) =>
    `<section id="said-${e(row.ref)}"><h3>${e(row.ref)}</h3><p><strong>${e(row.mark)}</strong></p>` +
    `${narrativeHtml(row)}${definitionList(row.cells)}</section>`;
  const registerSection = ({ ref, cells }: Chronology['registers'][number]) =>
    `<section id="named-${e(ref)}"><h3>${e(ref)}</h3>${definitionList(cells)}</section>`;
  const exhibitRow = ({ item, file, description, sha256 }: Chronology['exhibits'][number]) =>
    `<tr><td>${e(item)}</td><td>${e(file)}</td><td dir="auto">${e(description)}</td><td>${e(sha256)}</td></tr>`;
  const statementsHtml = statements.length ? `<h2>${e(wordsFor('said'))}</h2>${all(statements, statementSection)}` : '';
  const registersHtml = registers.length ? `<h2>${e(wordsFor('named'))}</h2>${all(registers, registerSection)}` : '';
  const exhibitsHtml = exhibits.length
    ? `<h2>${e(wordsFor('exhibits'))}</h2><table><tbody>${all(exhibits, exhibitRow)}</tbody></table>`
    : '';
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` +
    `<meta name="referrer" content="no-referrer"><title>${e(title)}</title><style>${STYLE}</style></head>` +
    `<body><h1>${e(title)}</h1>${definitionList(facts)}${all(notes, (note) => `<p>${e(note)}</p>`)}` +
    `<main>${all(entries, entrySection)}${statementsHtml}${registersHtml}</main>${exhibitsHtml}</body></html>\n`
  );
}
