/**
 * The four-way match: file, sidecar, index and list; and the digest that was sealed when the file was added. The twin
 * of `_check_exhibits` in diary/pack/verify/verifier.py.
 */
import { PACK_MEMBERS_LIMIT, TABLE_CELLS_LIMIT } from '../core/constants.js';
import { objectOf, textOf, integerOf } from '../record/reading.js';
import { findingFor } from './findings.js';
import { provedHistoriesOf } from './causal_order.js';
import { readObject, sameJson } from './proof_check.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proofs } from './proof_check.js';

const INDEX_FILE = 'data/servable/03_exhibits-index.csv';
const SIDECAR_KEYS = 'fields file item made_at record sha256 sha512 size_bytes t';
const SIDECARS = 'data/restricted/14_sidecars/';
const RECEIVED_FOLDERS = [
  'data/restricted/13_exhibits-as-received/',
  'data/restricted/13_mail/',
  'data/restricted/09_RESTRICTED_orders/',
];

const baseName = (path: string) => path.split('/').at(-1) ?? '';

export async function checkExhibits(pack: OpenedPack, proofs: Proofs): Promise<Finding[]> {
  const { restricted } = proofs;
  const raw = await pack.read(INDEX_FILE);
  const index = raw ? parseIndex(raw) : new Map();
  const findings: Finding[] = index ? [] : [findingFor('unreadable', INDEX_FILE)];
  if (pack.alone) return [...findings, ...checkIndexAlone(proofs, index ?? new Map())];
  const paths = [...pack.digests.keys()];
  const receivedPaths = paths.filter((path) => RECEIVED_FOLDERS.some((folder) => path.startsWith(folder))).sort();
  const received = new Map([...receivedPaths].reverse().map((path) => [baseName(path), path]));
  // With two files of one name it is undecidable which is the exhibit.
  findings.push(
    ...receivedPaths.filter((path) => received.get(baseName(path)) !== path).map((path) => findingFor('exhibit', path)),
  );
  const sealedFields = new Map([...restricted].map(([version, { values }]) => [version, values]));
  const matched: Set<string> = new Set();
  for (const path of paths.filter((name) => name.startsWith(SIDECARS)).sort()) {
    const sidecar = readObject(await pack.read(path));
    if (sidecar?.t !== 'sidecar/v1') {
      findings.push(findingFor('unreadable', path));
      continue;
    }
    const file = textOf(sidecar, 'file');
    matched.add(file);
    const newest = textOf(objectOf(objectOf(sidecar, 'fields'), '_ids'), 'version');
    const isNamed =
      path === `${SIDECARS}${file.split('.')[0]}.json` && Object.keys(sidecar).sort().join(' ') === SIDECAR_KEYS;
    if (
      !isNamed ||
      !isMatchingExhibit(pack, received.get(file), sidecar, (index ?? new Map()).get(file), sealedFields.get(newest))
    )
      findings.push(findingFor('exhibit', received.get(file) ?? path));
  }
  const others = new Set([...received.keys(), ...(index ?? new Map()).keys()]);
  return [
    ...findings,
    ...[...others]
      .filter((file) => !matched.has(file))
      .sort()
      .map((file) => findingFor('exhibit', received.get(file) ?? INDEX_FILE)),
  ];
}

/**
 * Compare the index with the sealed fields of each exhibit, where the files are not here. The twin of
 * diary/pack/verify/servable_only.py.
 */
function checkIndexAlone({ servable }: Proofs, index: ReadonlyMap<string, Record<string, string>>) {
  const byStem = new Map([...index].map(([file, row]) => [file.split('.')[0] ?? '', row]));
  const stems: Set<string> = new Set();
  const findings = provedHistoriesOf(servable, 'attachment').flatMap(
    ({
      label: stem,
      member,
      told: {
        newest: { fields },
      },
    }) => {
      stems.add(stem);
      const row = byStem.get(stem);
      const size = integerOf(fields, 'size_bytes');
      return row && row.sha256 === fields.sha256 && row.size_bytes === String(size)
        ? []
        : [findingFor('exhibit', member)];
    },
  );
  return [
    ...findings,
    ...[...byStem.keys()]
      .filter((stem) => !stems.has(stem))
      .sort()
      .map((stem) => findingFor('exhibit', `${INDEX_FILE}#${stem}`)),
  ];
}

function isMatchingExhibit(
  pack: OpenedPack,
  path: string | undefined,
  sidecar: Fields,
  row: Record<string, string> | undefined,
  sealedFields: Fields | undefined,
) {
  const digests = path ? pack.digests.get(path) : undefined;
  if (!digests || !row || !sealedFields) return false;
  const fields = objectOf(sidecar, 'fields');
  const areEqual = (...values: unknown[]) => values.every((value) => value === values[0]);
  return (
    areEqual(digests.sha256, sidecar.sha256, fields.sha256, sealedFields.sha256, row.sha256) &&
    areEqual(digests.sha512, sidecar.sha512, fields.sha512, sealedFields.sha512) &&
    areEqual(
      digests.size,
      integerOf(sidecar, 'size_bytes'),
      integerOf(fields, 'size_bytes'),
      integerOf(sealedFields, 'size_bytes'),
    ) &&
    String(digests.size) === row.size_bytes &&
    textOf(sidecar, 'item').replaceAll('/', '-') === textOf(sidecar, 'file').split('.')[0] &&
    (row.suggested_ref ?? row.item) === sidecar.item &&
    objectOf(sealedFields, '_ids').record === sidecar.record &&
    sameJson(fields, Object.fromEntries(Object.entries(sealedFields).filter(([, value]) => value !== null)))
  );
}

/** Parse 03 by file name; null when it is not such a table. */
function parseIndex(raw: Uint8Array): Map<string, Record<string, string>> | null {
  // One line of commas would fill the memory before it could be seen that there is no table.
  if (countOf(',', raw) > TABLE_CELLS_LIMIT) return null;
  try {
    const [header, ...lines] = parseCsv(new TextDecoder('utf-8', { fatal: true }).decode(raw)).filter(
      (cells) => cells.length,
    );
    if (!header) return new Map();
    // A row shorter or longer than the head could be read in two ways.
    if (lines.some((cells) => cells.length !== header.length)) return null;
    const rows = lines.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])));
    if (rows.some((row) => !Object.hasOwn(row, 'file'))) return null;
    const rowByFile = new Map(rows.map((row) => [row.file ?? '', row]));
    return rowByFile.size === rows.length ? rowByFile : null;
  } catch {
    return null;
  }
}

function countOf(letter: string, bytes: Uint8Array) {
  const code = letter.charCodeAt(0);
  let count = 0;
  for (const byte of bytes) if (byte === code) count++;
  return count;
}

/**
 * Return where the quote that ends a cell is. A pattern runs out of memory on a cell of some megabytes.
 * @param at after the quote that begins it
 */
function quoteEnd(text: string, at: number) {
  let end = text.indexOf('"', at);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  if (end < 0) throw new Error('no table');
  return end;
}

/** Parse comma-separated values; quotes inside a quoted cell are doubled. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  // A quote is special only at a cell's beginning.
  const cell = /([^",\r\n][^,\r\n]*|)(,|\r\n|\n|\r|$)/y;
  while (cell.lastIndex < text.length) {
    const quotedEnd = text[cell.lastIndex] === '"' ? quoteEnd(text, cell.lastIndex + 1) : -1;
    const quoted = quotedEnd < 0 ? undefined : text.slice(cell.lastIndex + 1, quotedEnd);
    if (quotedEnd >= 0) cell.lastIndex = quotedEnd + 1;
    const match = cell.exec(text);
    if (!match) throw new Error('no table');
    const [, plain = '', end] = match;
    if (quoted !== undefined && plain) throw new Error('no table');
    const row = rows.at(-1) as string[];
    if (!(row.length === 0 && end !== ',' && quoted === undefined && plain === ''))
      row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') {
      if (cell.lastIndex === text.length) row.push('');
    } else if (row.length) rows.push([]);
    // No pack has as many rows, its header included: reading more would only take memory.
    if (rows.length - 1 > PACK_MEMBERS_LIMIT + 1) throw new Error('no table');
  }
  return rows;
}
