/**
 * A pack that the phone makes by itself, with no server: docs/pack.md, "Made on the phone". The record, the proofs,
 * the files and the manifests are byte for byte those of a server-built pack; the pages are one plain HTML page and
 * tables.
 *
 * [Note: an inert page] Every character of the diary's own words goes through `escapeHtml`, and the page allows itself
 * only its own style. So nothing that was written to the keeper can become a script, a picture or a request.
 */
import { hex, unb64, utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { sha256 } from '../crypto/digests.js';
import { objectOf, textOf, wholeOf } from '../record/reading.js';
import { chronologyOf } from './chronology/chronology.js';
import { cellLabel, words } from './chronology/chronology_words.js';
import { expectedBytes } from './front.js';
import { MEMBER, firstLine, listOf } from './prepared.js';
import { allNames, proof, proofNames, rows } from './proofs.js';
import { scheduleLines, statementLines, tellCapsule } from './chronology/table_cells.js';
import type { JsonObject } from '../core/encoding.js';
import type { Chronology, Row, Stated } from './chronology/chronology.js';
import type { PreparedBy } from './prepared.js';
import type { HeldBack } from './redaction.js';
import type { Line } from './chronology/table_cells.js';
import type { Cell, Say } from './chronology/cells.js';

const FOLDER = 'data/servable/';
const FORMULA = /^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/**
 * Return everything of the pack except the files as received and the bag's own lists.
 * @param signed makes the statement of the preparer, where that is not the keeper
 * @returns path → bytes, ready for `assemble`
 */
export async function evidenceFront(
  capsule: JsonObject,
  held: HeldBack,
  say: Say,
  signed: ((said: { list: string; record: Uint8Array }) => Promise<Uint8Array>) | null = null,
): Promise<Map<string, Uint8Array>> {
  const files: Map<string, Uint8Array> = new Map();
  for (const [name, make] of expectedBytes(capsule)) files.set(name, make());
  for (const [name, version] of proofNames(capsule, 'servable'))
    files.set(`${FOLDER}${name}`, proof(version, withheldOf(version, held)));
  const chronology = chronologyOf(capsule, held, say);
  chronology.facts.push(...(await integrityOf(capsule)));
  files.set(`${FOLDER}01_chronology.html`, utf8(page(chronology)));
  files.set(`${FOLDER}02_chronology.csv`, utf8(chronologyTable(chronology)));
  files.set(`${FOLDER}03_exhibits-index.csv`, utf8(exhibitTable(capsule, chronology)));
  const spoken = tellCapsule(capsule);
  const messages = scheduleLines(spoken);
  if (messages.length) files.set(`${FOLDER}05_message-schedules.csv`, utf8(messageTable(messages, held)));
  const statements = statementLines(spoken);
  if (statements.length) files.set(`${FOLDER}07_statements.csv`, utf8(statementTable(statements, held)));
  const folder = textOf(objectOf(capsule, 'pack'), 'folder');
  files.set('data/00_READ-FIRST.txt', lines(readFirst(capsule, folder)));
  if (signed) {
    const versions = new Map(
      [...proofNames(capsule, 'servable').values()].map((one) => [textOf(one, 'version'), textOf(one, 'c')]),
    );
    files.set(
      MEMBER,
      await signed({
        list: await listOf(versions),
        record: files.get('data/restricted/12_record.json') as Uint8Array,
      }),
    );
  }
  files.set('data/15_VERIFY.txt', lines(words('verify', { folder })));
  files.set(`${FOLDER}manifest-sha256.txt`, await manifestOf(files));
  return files;
}

function readFirst(capsule: JsonObject, folder: string) {
  const said = objectOf(objectOf(capsule, 'pack'), 'prepared') as PreparedBy;
  return said.by ? words('read_first_prepared', { folder, line: firstLine(said) }) : words('read_first', { folder });
}

/** Return the restricted names, and the open ones whose value contains restricted words. */
function withheldOf(version: JsonObject, held: HeldBack) {
  const { open, restricted } = allNames(version);
  const fields = objectOf(objectOf(version, 'open'), 'fields');
  return new Set([...restricted, ...open.filter((name) => held.touches(fields[name]))]);
}

/** Return the facts a reader may note down: the diary's head and the digest of the exhibits list. */
async function integrityOf(capsule: JsonObject): Promise<Cell[]> {
  const feed = objectOf(objectOf(capsule, 'pack'), 'feed');
  const n = wholeOf(feed, 'seq');
  const listed = rows(capsule, 'exhibits').map((one) => [textOf(one, 'item'), textOf(one, 'sha256')]);
  return [
    {
      key: 'head',
      text: n === null ? words('head_none') : words('head_over', { hex: hex(unb64(textOf(feed, 'head'))), n }),
    },
    { key: 'list', text: hex(await sha256(canon(listed, { limit: 64 << 20 }))) },
  ];
}

async function manifestOf(files: ReadonlyMap<string, Uint8Array>) {
  const listed = [...files.keys()].filter((name) => name.startsWith(FOLDER)).sort();
  const made = [];
  for (const name of listed)
    made.push(`${hex(await sha256(files.get(name) as Uint8Array))}  ${name.slice(FOLDER.length)}\n`);
  return utf8(made.join(''));
}

/** Encode lines as a text file for any computer. */
const lines = (text: string) =>
  utf8(
    text
      .split('\n')
      .map((line) => `${line}\r\n`)
      .join(''),
  );

/** @returns CSV with a byte order mark; no cell that a spreadsheet would run */
function table(cells: readonly (readonly unknown[])[]): string {
  const cell = (value: unknown) => {
    const text = String(value ?? '');
    const safe = FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${cells.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function chronologyTable({ rows: entries }: Chronology) {
  const keys = [...new Set(entries.flatMap(({ cells }) => cells.map(({ key }) => key)))];
  const head = [
    'no',
    'occurred',
    'recorded',
    'what_happened',
    'written_by_somebody_else',
    'later',
    ...keys,
    'exhibits',
  ];
  return table([
    head,
    ...entries.map((row) => [
      row.number,
      row.when,
      row.recorded,
      row.narrative,
      row.mark,
      row.later.map(({ at, kind, text }) => `${kind} ${at}: ${text}`).join('\n'),
      ...keys.map((key) => row.cells.find((one) => one.key === key)?.text ?? ''),
      row.items.join(' '),
    ]),
  ]);
}

function statementTable(statements: Line[], held: HeldBack) {
  return table([
    Object.keys(statements[0] ?? {}),
    ...statements.map((line) => Object.values(line).map((text) => held.mask(text ?? ''))),
  ]);
}

function exhibitTable(capsule: JsonObject, { exhibits, rows: entries }: Chronology) {
  const sizes = new Map(rows(capsule, 'exhibits').map((one) => [textOf(one, 'item'), one.size]));
  const head = ['item', 'officer_reference', 'file', 'description', 'size_bytes', 'sha256', 'entries'];
  return table([
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
function messageTable(messages: readonly Line[], held: HeldBack) {
  const head = Object.keys(messages[0] ?? {});
  return table([head, ...messages.map((line) => head.map((name) => held.mask(line[name] ?? '')))]);
}

/** See [Note: an inert page]. */
function escaped(text: string) {
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

function page({ title, facts, rows: entries, named, statements, exhibits, notes }: Chronology): string {
  const e = escaped;
  const pairs = (cells: Cell[]) =>
    `<dl>${cells.map((one) => `<dt>${e(cellLabel(one))}</dt><dd dir="auto">${e(one.text)}</dd>`).join('')}</dl>`;
  const entry = (row: Row) =>
    `<section id="entry-${e(row.number)}"><h2>${e(row.number)} · ${e(row.when)}</h2>${pairs([{ key: 'recorded', text: row.recorded }])}` +
    `${row.mark ? `<p><strong>${e(row.mark)}</strong></p>` : ''}<p dir="auto"${row.lang ? ` lang="${e(row.lang)}"` : ''}>${e(row.narrative)}</p>${row.later.map(({ at, kind, text }) => `<p dir="auto"><strong>${e(kind)} ${e(at)}</strong>\n${e(text)}</p>`).join('')}` +
    `${pairs([...row.cells, ...(row.items.length ? [{ key: 'exhibits', text: row.items.join(', ') }] : [])])}</section>`;
  const said = (one: Stated) =>
    `<section id="said-${e(one.ref)}"><h3>${e(one.ref)}</h3><p><strong>${e(one.mark)}</strong></p><p dir="auto"${one.lang ? ` lang="${e(one.lang)}"` : ''}>${e(one.narrative)}</p>${pairs(one.cells)}</section>`;
  const others = statements.length ? `<h2>${e(words('said'))}</h2>${statements.map(said).join('')}` : '';
  const codes = named.length
    ? `<h2>${e(words('named'))}</h2>${named.map(({ ref, cells }) => `<section id="named-${e(ref)}"><h3>${e(ref)}</h3>${pairs(cells)}</section>`).join('')}`
    : '';
  const files = exhibits.length
    ? `<h2>${e(words('exhibits'))}</h2><table><tbody>${exhibits.map((one) => `<tr><td>${e(one.item)}</td><td>${e(one.file)}</td><td dir="auto">${e(one.description)}</td><td>${e(one.sha256)}</td></tr>`).join('')}</tbody></table>`
    : '';
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="referrer" content="no-referrer"><title>${e(title)}</title><style>${STYLE}</style></head>` +
    `<body><h1>${e(title)}</h1>${pairs(facts)}${notes.map((note) => `<p>${e(note)}</p>`).join('')}<main>${entries.map(entry).join('')}${others}${codes}</main>${files}</body></html>\n`
  );
}
