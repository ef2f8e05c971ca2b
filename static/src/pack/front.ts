/**
 * Checks the front part of a pack before any of it is used: docs/pack.md.
 *
 * The server typesets and must not add anything. What the phone can derive (the record, every proof, the sidecars,
 * the servable manifest) must be exactly those bytes. No unexpected file may be there, and none may be missing. The
 * first difference ends the check and is named.
 */
import { fromUtf8, hex, bytesEqual } from '../core/bytes.js';
import { PACK_RECORD_LIMIT_BYTES, VOLUME_FILES } from '../core/constants.js';
import { isObject, parseCanonicalObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256 } from '../crypto/digests.js';
import { objectOf } from '../record/reading.js';
import { READ_FIRST_FILE } from './bag.js';
import { logFiles } from './log_files.js';
import { findPreparerLines, preparerLine, PREPARED_FILE } from './prepared.js';
import { keysFile, fieldNamesOf, encodeProof, proofNames, rowsOf } from './proofs.js';
import { recordFile, sidecar, sidecarName } from './record_json.js';
import { chronologyCopies, CHRONOLOGY_TABLE } from './chronology/short_table.js';
import { findDifferingTable } from './chronology/tables.js';
import { readZip } from './zip.js';
import type { JsonObject } from '../core/encoding.js';
import type { PreparedBy } from './prepared.js';

/** Path under the pack's folder → bytes */
type Members = ReadonlyMap<string, Uint8Array>;

const FIXED_FILES = [
  '00_READ-FIRST.txt',
  '15_VERIFY.txt',
  'servable/01_chronology.pdf',
  'servable/02_chronology.csv',
  'servable/02_chronology.xlsx',
  'servable/02_chronology_short.csv',
  'servable/03_exhibits-index.csv',
  'servable/manifest-sha256.txt',
  'restricted/06_RESTRICTED_officer-sheet.pdf',
  'restricted/10_RESTRICTED_how-this-record-was-made.pdf',
  'restricted/11_custody-log.csv',
];
/** Files that are there when the pack has a record of that kind. */
const KIND_FILES = {
  schedule: 'servable/05_message-schedules.csv',
  statement: 'servable/07_statements.csv',
  impact: 'servable/08_impact.pdf',
};
const NONE_WITHHELD = new Set();

function rejectFile(name: string): never {
  throw new KeptError(
    'pack_failed',
    `${name} is not what this phone expects, so the pack was thrown away. Nothing was lost.`,
  );
}

/**
 * Check that a front part holds everything it should and nothing else, and return its members.
 * @param bytes the zip as received
 * @param capsule as sent
 * @throws `pack_failed`, naming the file
 */
export async function checkFront(bytes: Uint8Array, capsule: JsonObject): Promise<Members> {
  const members = readZip(bytes);
  await checkFiles(members, capsule);
  return members;
}

/**
 * Check the files of a front part in the same way. Those that this phone laid out are checked too: it signs them.
 * @throws `pack_failed`, naming the file
 */
export async function checkFiles(members: ReadonlyMap<string, Uint8Array>, capsule: JsonObject): Promise<void> {
  const expected = expectedBytes(capsule);
  const preparer = objectOf(objectOf(capsule, 'pack'), 'prepared') as PreparedBy;
  const names = new Set([
    ...(preparer.by === undefined ? [] : [PREPARED_FILE]),
    ...expected.keys(),
    ...expectedDocuments(capsule),
    ...[...proofNames(capsule, 'servable').keys()].map((name) => `data/servable/${name}`),
  ]);
  for (const name of members.keys()) if (!names.has(name)) rejectFile(name);
  for (const name of names)
    if (!members.has(name))
      throw new KeptError('pack_failed', `${name} is missing from the pack, so it was thrown away. Nothing was lost.`);
  for (const [name, makeBytes] of expected) if (!bytesEqual(makeBytes(), memberBytes(members, name))) rejectFile(name);
  for (const [name, version] of proofNames(capsule, 'servable'))
    checkServable(members, `data/servable/${name}`, version);
  const lines = findPreparerLines(decodeText(memberBytes(members, READ_FIRST_FILE), READ_FIRST_FILE));
  if (lines.join('\n') !== (preparer.by === undefined ? '' : preparerLine(preparer))) rejectFile(READ_FIRST_FILE);
  const table = findDifferingTable(members, capsule);
  if (table) rejectFile(table);
  await checkCopies(members);
  await checkManifest(members);
}

function memberBytes(members: Members, name: string): Uint8Array {
  return members.get(name) ?? rejectFile(name);
}

/** Return the documents whose bytes only the typesetter can make. */
function expectedDocuments(capsule: JsonObject): string[] {
  const volumes = Math.max(1, Math.ceil(rowsOf(capsule, 'exhibits').length / VOLUME_FILES));
  const exhibits = Array.from({ length: volumes }, (_, i) => `servable/04_exhibits${i ? `-${i + 1}` : ''}.pdf`);
  const kinds = new Set(rowsOf(capsule, 'refs').map(({ kind }) => kind));
  const kindFiles = Object.entries(KIND_FILES).flatMap(([kind, name]) => (kinds.has(kind) ? [name] : []));
  return [...FIXED_FILES, ...exhibits, ...kindFiles].map((name) => `data/${name}`);
}

/** Return every file whose bytes the phone can derive, each made on demand. */
export function expectedBytes(capsule: JsonObject): Map<string, () => Uint8Array> {
  const expected: Map<string, () => Uint8Array> = new Map();
  expected.set('data/restricted/12_record.json', () => recordFile(capsule));
  for (const part of ['servable', 'restricted']) expected.set(`data/${part}/proof/keys.json`, () => keysFile(capsule));
  for (const [name, bytes] of logFiles(capsule)) expected.set(name, bytes);
  for (const [name, version] of proofNames(capsule, 'restricted')) {
    expected.set(`data/restricted/${name}`, () => encodeProof(version, NONE_WITHHELD as Set<string>));
  }
  for (const exhibit of rowsOf(capsule, 'exhibits'))
    expected.set(`data/${sidecarName(exhibit)}`, () => sidecar(capsule, exhibit));
  return expected;
}

/**
 * Check a servable proof. It names the fields it withholds: every restricted one must be among them. The rest then
 * follows, and must be exactly those bytes.
 */
function checkServable(members: Members, name: string, version: JsonObject) {
  const actual = memberBytes(members, name);
  let withheld: Set<string>;
  try {
    const value = parseCanonicalObject(actual, { limit: PACK_RECORD_LIMIT_BYTES }).withheld;
    withheld = new Set(isObject(value) ? Object.keys(value) : []);
  } catch (error) {
    if (!(error instanceof KeptError)) throw error;
    return rejectFile(name);
  }
  const { restricted } = fieldNamesOf(String(version.kind), Number(version.schema));
  if (!restricted.every((field) => withheld.has(field)) || !bytesEqual(encodeProof(version, withheld), actual))
    rejectFile(name);
}

/** Check the files that follow from 02, byte for byte. */
async function checkCopies(members: Members) {
  const copies = (await chronologyCopies(memberBytes(members, CHRONOLOGY_TABLE))) ?? rejectFile(CHRONOLOGY_TABLE);
  for (const [name, bytes] of copies) if (!bytesEqual(bytes, memberBytes(members, name))) rejectFile(name);
}

/** Check the servable part's own manifest: one line per file, no file left out. */
async function checkManifest(members: Members) {
  const name = 'data/servable/manifest-sha256.txt';
  const folder = 'data/servable/';
  const paths = [...members.keys()].filter((path) => path.startsWith(folder) && path !== name).sort();
  const lines = [];
  for (const path of paths)
    lines.push(`${hex(await sha256(memberBytes(members, path)))}  ${path.slice(folder.length)}\n`);
  if (lines.join('') !== decodeText(memberBytes(members, name), name)) rejectFile(name);
}

function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return rejectFile(name);
  }
}
