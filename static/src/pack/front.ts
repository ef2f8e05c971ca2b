/**
 * Checks the front part of a pack before any of it is used: docs/pack.md.
 *
 * The server typesets and must not add anything. What the phone can derive (the record, every proof, the sidecars,
 * the servable manifest) must be exactly those bytes. No unexpected file may be there, and none may be missing. The
 * first difference ends the check and is named.
 */
import { fromUtf8, hex, isSame } from '../core/bytes.js';
import { isObject, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256 } from '../crypto/digests.js';
import { logFiles } from './log_files.js';
import { RECORD_LIMIT, keysFile, namesOf, proof, proofNames, rows } from './proofs.js';
import { recordFile, sidecar, sidecarName } from './record_json.js';
import { tableThatDiffers } from './chronology/tables.js';
import { readZip } from './zip.js';
import type { JsonObject } from '../core/encoding.js';

/** Path under the pack's folder → bytes */
type Members = Map<string, Uint8Array>;

const VOLUME = 100;
const FIXED = [
  '00_READ-FIRST.txt',
  '15_VERIFY.txt',
  'servable/01_chronology.pdf',
  'servable/02_chronology.csv',
  'servable/03_exhibits-index.csv',
  'servable/manifest-sha256.txt',
  'restricted/06_RESTRICTED_officer-sheet.pdf',
  'restricted/10_RESTRICTED_how-this-record-was-made.pdf',
  'restricted/11_custody-log.csv',
];
/** Files that are there when the pack has a record of that kind. */
const FURTHER = {
  schedule: 'servable/05_message-schedules.csv',
  statement: 'servable/07_statements.csv',
  impact: 'servable/08_impact.pdf',
};
const NOTHING = new Set();

function differs(name: string): never {
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
  const expected = expectedBytes(capsule);
  const names = new Set([
    ...expected.keys(),
    ...documents(capsule),
    ...[...proofNames(capsule, 'servable').keys()].map((name) => `data/servable/${name}`),
  ]);
  for (const name of members.keys()) if (!names.has(name)) differs(name);
  for (const name of names)
    if (!members.has(name))
      throw new KeptError('pack_failed', `${name} is missing from the pack, so it was thrown away. Nothing was lost.`);
  for (const [name, wanted] of expected) if (!isSame(wanted(), bytesOf(members, name))) differs(name);
  for (const [name, version] of proofNames(capsule, 'servable'))
    checkServable(members, `data/servable/${name}`, version);
  const table = tableThatDiffers(members, capsule);
  if (table) differs(table);
  await checkManifest(members);
  return members;
}

function bytesOf(members: Members, name: string): Uint8Array {
  return members.get(name) ?? differs(name);
}

/** Return the documents whose bytes only the typesetter can make. */
function documents(capsule: JsonObject): string[] {
  const volumes = Math.max(1, Math.ceil(rows(capsule, 'exhibits').length / VOLUME));
  const exhibits = Array.from({ length: volumes }, (_, i) => `servable/04_exhibits${i ? `-${i + 1}` : ''}.pdf`);
  const kinds = new Set(rows(capsule, 'refs').map(({ kind }) => kind));
  const further = Object.entries(FURTHER).flatMap(([kind, name]) => (kinds.has(kind) ? [name] : []));
  return [...FIXED, ...exhibits, ...further].map((name) => `data/${name}`);
}

/** Return every file whose bytes the phone can derive, each made on demand. */
export function expectedBytes(capsule: JsonObject): Map<string, () => Uint8Array> {
  const expected: Map<string, () => Uint8Array> = new Map();
  expected.set('data/restricted/12_record.json', () => recordFile(capsule));
  for (const part of ['servable', 'restricted']) expected.set(`data/${part}/proof/keys.json`, () => keysFile(capsule));
  for (const [name, bytes] of logFiles(capsule)) expected.set(name, bytes);
  for (const [name, version] of proofNames(capsule, 'restricted')) {
    expected.set(`data/restricted/${name}`, () => proof(version, NOTHING as Set<string>));
  }
  for (const exhibit of rows(capsule, 'exhibits'))
    expected.set(`data/${sidecarName(exhibit)}`, () => sidecar(capsule, exhibit));
  return expected;
}

/**
 * Check a servable proof. It names the fields it withholds: every restricted one must be among them. The rest then
 * follows, and must be exactly those bytes.
 */
function checkServable(members: Members, name: string, version: JsonObject) {
  const got = bytesOf(members, name);
  let withheld: Set<string>;
  try {
    const said = parseObject(got, { limit: RECORD_LIMIT }).withheld;
    withheld = new Set(isObject(said) ? Object.keys(said) : []);
  } catch (error) {
    if (!(error instanceof KeptError)) throw error;
    return differs(name);
  }
  const { restricted } = namesOf(String(version.kind), Number(version.schema));
  if (!restricted.every((one) => withheld.has(one)) || !isSame(proof(version, withheld), got)) differs(name);
}

/** Check the servable part's own manifest: one line per file, no file left out. */
async function checkManifest(members: Members) {
  const name = 'data/servable/manifest-sha256.txt';
  const folder = 'data/servable/';
  const listed = [...members.keys()].filter((one) => one.startsWith(folder) && one !== name).sort();
  const lines = [];
  for (const one of listed) lines.push(`${hex(await sha256(bytesOf(members, one)))}  ${one.slice(folder.length)}\n`);
  if (lines.join('') !== textOf(bytesOf(members, name), name)) differs(name);
}

function textOf(bytes: Uint8Array, name: string): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return differs(name);
  }
}
