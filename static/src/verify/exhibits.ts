/**
 * The four-way match: file, sidecar, index and list; and the digest that was sealed when the file was added. The twin
 * of `_exhibits` in diary/pack/verify.py.
 */
import { objectOf, textOf, wholeOf } from '../record/reading.js';
import { find } from './findings.js';
import { toldOf } from './causal_order.js';
import { objectIn, sameJson } from './proof_check.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proofs } from './proof_check.js';

const INDEX = 'data/servable/03_exhibits-index.csv';
const SIDECAR = 'fields file item made_at record sha256 sha512 size_bytes t';
const SIDECARS = 'data/restricted/14_sidecars/';
const RECEIVED = [
  'data/restricted/13_exhibits-as-received/',
  'data/restricted/13_mail/',
  'data/restricted/09_RESTRICTED_orders/',
];

const baseOf = (path: string) => path.split('/').at(-1) ?? '';

export async function checkExhibits(pack: OpenedPack, proofs: Proofs): Promise<Finding[]> {
  const { restricted } = proofs;
  const raw = await pack.read(INDEX);
  const index = raw ? indexOf(raw) : new Map();
  const found: Finding[] = index ? [] : [find('unreadable', INDEX)];
  if (pack.alone) return [...found, ...describedAlone(proofs, index ?? new Map())];
  const paths = [...pack.digests.keys()];
  const came = paths.filter((path) => RECEIVED.some((folder) => path.startsWith(folder))).sort();
  const received = new Map([...came].reverse().map((path) => [baseOf(path), path]));
  // With two files of one name it is undecidable which is the exhibit.
  found.push(...came.filter((path) => received.get(baseOf(path)) !== path).map((path) => find('exhibit', path)));
  const sealed = new Map([...restricted].map(([version, { values }]) => [version, values]));
  const matched: Set<string> = new Set();
  for (const path of paths.filter((one) => one.startsWith(SIDECARS)).sort()) {
    const sidecar = objectIn(await pack.read(path));
    if (sidecar?.t !== 'sidecar/v1') {
      found.push(find('unreadable', path));
      continue;
    }
    const file = textOf(sidecar, 'file');
    matched.add(file);
    const newest = textOf(objectOf(objectOf(sidecar, 'fields'), '_ids'), 'version');
    const isNamed =
      path === `${SIDECARS}${file.split('.')[0]}.json` && Object.keys(sidecar).sort().join(' ') === SIDECAR;
    if (!isNamed || !matches(pack, received.get(file), sidecar, (index ?? new Map()).get(file), sealed.get(newest)))
      found.push(find('exhibit', received.get(file) ?? path));
  }
  const others = new Set([...received.keys(), ...(index ?? new Map()).keys()]);
  return [
    ...found,
    ...[...others]
      .filter((file) => !matched.has(file))
      .sort()
      .map((file) => find('exhibit', received.get(file) ?? INDEX)),
  ];
}

/**
 * Compare the index with the sealed fields of each exhibit, where the files are not here. The twin of
 * diary/pack/alone.py.
 */
function describedAlone({ servable }: Proofs, index: ReadonlyMap<string, Record<string, string>>) {
  const byStem = new Map([...index].map(([file, row]) => [file.split('.')[0] ?? '', row]));
  const stems: Set<string> = new Set();
  const found = toldOf(servable, 'attachment').flatMap(
    ({
      label: stem,
      member,
      told: {
        newest: { fields },
      },
    }) => {
      stems.add(stem);
      const row = byStem.get(stem);
      const size = wholeOf(fields, 'size_bytes');
      return row && row.sha256 === fields.sha256 && row.size_bytes === String(size) ? [] : [find('exhibit', member)];
    },
  );
  return [
    ...found,
    ...[...byStem.keys()]
      .filter((stem) => !stems.has(stem))
      .sort()
      .map((stem) => find('exhibit', `${INDEX}#${stem}`)),
  ];
}

function matches(
  pack: OpenedPack,
  path: string | undefined,
  sidecar: Fields,
  row: Record<string, string> | undefined,
  sealed: Fields | undefined,
) {
  const held = path ? pack.digests.get(path) : undefined;
  if (!held || !row || !sealed) return false;
  const fields = objectOf(sidecar, 'fields');
  const all = (...values: unknown[]) => values.every((value) => value === values[0]);
  return (
    all(held.sha256, sidecar.sha256, fields.sha256, sealed.sha256, row.sha256) &&
    all(held.sha512, sidecar.sha512, fields.sha512, sealed.sha512) &&
    all(held.size, wholeOf(sidecar, 'size_bytes'), wholeOf(fields, 'size_bytes'), wholeOf(sealed, 'size_bytes')) &&
    String(held.size) === row.size_bytes &&
    textOf(sidecar, 'item').replaceAll('/', '-') === textOf(sidecar, 'file').split('.')[0] &&
    (row.suggested_ref ?? row.item) === sidecar.item &&
    objectOf(sealed, '_ids').record === sidecar.record &&
    sameJson(fields, Object.fromEntries(Object.entries(sealed).filter(([, value]) => value !== null)))
  );
}

/** Parse 03 by file name; null when it is not such a table. */
function indexOf(raw: Uint8Array): Map<string, Record<string, string>> | null {
  try {
    const [head, ...lines] = tableOf(new TextDecoder('utf-8', { fatal: true }).decode(raw)).filter(
      (cells) => cells.length,
    );
    if (!head) return new Map();
    // A row shorter or longer than the head could be read in two ways.
    if (lines.some((cells) => cells.length !== head.length)) return null;
    const rows = lines.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ''])));
    if (rows.some((row) => !Object.hasOwn(row, 'file'))) return null;
    const found = new Map(rows.map((row) => [row.file ?? '', row]));
    return found.size === rows.length ? found : null;
  } catch {
    return null;
  }
}

/** Parse comma-separated values; quotes inside a quoted cell are doubled. */
function tableOf(text: string): string[][] {
  const rows: string[][] = [[]];
  // A quote is special only at a cell's beginning.
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n][^,\r\n]*|))(,|\r\n|\n|\r|$)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) throw new Error('no table');
    const [, quoted, plain = '', end] = found;
    const row = rows.at(-1) as string[];
    if (!(row.length === 0 && end !== ',' && quoted === undefined && plain === ''))
      row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ',') rows.push([]);
  }
  return rows;
}
