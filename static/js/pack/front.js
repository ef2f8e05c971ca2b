/**
 * Checking the front part of a pack, before anything of it is used: docs/pack.md.
 *
 * The server typesets; it may not say anything. What the phone can work out (the record, every proof, the
 * sidecars, the servable manifest) must be those very bytes, and there may be no file the phone does not
 * expect and none may be missing. The first difference ends it and names the file.
 */
import { fromUtf8, hex, isSame } from '../core/bytes.js';
import { isObject, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256 } from '../crypto/digests.js';
import { logFiles } from './log_files.js';
import { RECORD_LIMIT, keysFile, namesOf, proof, proofNames, rows } from './proofs.js';
import { recordFile, sidecar, sidecarName } from './record_json.js';
import { tableThatDiffers } from './tables.js';
import { readZip } from './zip.js';

/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {Map<string, Uint8Array>} Members path under the pack's folder → bytes */

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
/** What is there where a record of that kind is. */
const FURTHER = {
  schedule: 'servable/05_message-schedules.csv',
  statement: 'servable/07_statements.csv',
  impact: 'servable/08_impact.pdf',
};
const NOTHING = new Set();

/**
 * @param {string} name
 * @returns {never}
 */
function differs(name) {
  throw new KeptError(
    'pack_failed',
    `${name} is not what this phone expects, so the pack was thrown away. Nothing was lost.`,
  );
}

/**
 * The members of a front part that holds everything it should and nothing else.
 * @param {Uint8Array} bytes the zip as it came
 * @param {JsonObject} capsule what was sent
 * @returns {Promise<Members>} throws `pack_failed`, naming the file
 */
export async function checkFront(bytes, capsule) {
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

/** @param {Members} members @param {string} name @returns {Uint8Array} */
function bytesOf(members, name) {
  return members.get(name) ?? differs(name);
}

/**
 * The documents whose bytes only the typesetter can make.
 * @param {JsonObject} capsule
 * @returns {string[]}
 */
function documents(capsule) {
  const volumes = Math.max(1, Math.ceil(rows(capsule, 'exhibits').length / VOLUME));
  const exhibits = Array.from({ length: volumes }, (_, i) => `servable/04_exhibits${i ? `-${i + 1}` : ''}.pdf`);
  const kinds = new Set(rows(capsule, 'refs').map(({ kind }) => kind));
  const further = Object.entries(FURTHER).flatMap(([kind, name]) => (kinds.has(kind) ? [name] : []));
  return [...FIXED, ...exhibits, ...further].map((name) => `data/${name}`);
}

/**
 * Every file whose bytes the phone can work out for itself, each made when asked for.
 * @param {JsonObject} capsule
 * @returns {Map<string, () => Uint8Array>}
 */
export function expectedBytes(capsule) {
  /** @type {Map<string, () => Uint8Array>} */ const expected = new Map();
  expected.set('data/restricted/12_record.json', () => recordFile(capsule));
  for (const part of ['servable', 'restricted']) expected.set(`data/${part}/proof/keys.json`, () => keysFile(capsule));
  for (const [name, bytes] of logFiles(capsule)) expected.set(name, bytes);
  for (const [name, version] of proofNames(capsule, 'restricted')) {
    expected.set(`data/restricted/${name}`, () => proof(version, /** @type {Set<string>} */ (NOTHING)));
  }
  for (const exhibit of rows(capsule, 'exhibits'))
    expected.set(`data/${sidecarName(exhibit)}`, () => sidecar(capsule, exhibit));
  return expected;
}

/**
 * A servable proof says which names it withholds. Every restricted one must be among them; then the rest of
 * it follows, and must be those bytes.
 * @param {Members} members
 * @param {string} name
 * @param {JsonObject} version
 */
function checkServable(members, name, version) {
  const got = bytesOf(members, name);
  /** @type {Set<string>} */ let withheld;
  try {
    const said = parseObject(got, { limit: RECORD_LIMIT })['withheld'];
    withheld = new Set(isObject(said) ? Object.keys(said) : []);
  } catch (error) {
    if (!(error instanceof KeptError)) throw error;
    return differs(name);
  }
  const { restricted } = namesOf(String(version['kind']), Number(version['schema']));
  if (!restricted.every((one) => withheld.has(one)) || !isSame(proof(version, withheld), got)) differs(name);
}

/**
 * `servable/` stands alone with a manifest of its own: one line a file, no file left out.
 * @param {Members} members
 */
async function checkManifest(members) {
  const name = 'data/servable/manifest-sha256.txt';
  const folder = 'data/servable/';
  const listed = [...members.keys()].filter((one) => one.startsWith(folder) && one !== name).sort();
  const lines = [];
  for (const one of listed) lines.push(`${hex(await sha256(bytesOf(members, one)))}  ${one.slice(folder.length)}\n`);
  if (lines.join('') !== textOf(bytesOf(members, name), name)) differs(name);
}

/** @param {Uint8Array} bytes @param {string} name @returns {string} */
function textOf(bytes, name) {
  try {
    return fromUtf8(bytes);
  } catch {
    return differs(name);
  }
}
