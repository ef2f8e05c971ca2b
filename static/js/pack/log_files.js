/**
 * The public log's part of a pack: docs/pack.md, `log`; the twin of diary/pack/logproofs.py.
 *
 * What the phone was told of the log and has checked goes along; where versions stand that are not packed does not.
 */
import { unb64, utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { objectOf, textOf, wholeOf } from '../record/reading.js';

/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {{authorities: string[], checkpoints: any[], proofs: any[], statements: any[]}} Log */

const LIMIT = 64 << 20;
const SERVABLE = new Set(['incident', 'attachment']);

/**
 * `log` of a capsule.
 * @param {Log|null|undefined} log
 * @param {ReadonlySet<string>} packed version ids
 * @returns {JsonObject|null}
 */
export function logOf(log, packed) {
  return log ? /** @type {any} */ ({ ...log, proofs: log.proofs.filter(({ version }) => packed.has(version)) }) : null;
}

/**
 * Every file of the log in both proof folders, under its path in the pack, each made when asked for.
 * @param {JsonObject} capsule
 * @returns {Map<string, () => Uint8Array>}
 */
export function logFiles(capsule) {
  /** @type {Map<string, () => Uint8Array>} */ const files = new Map();
  if (!capsule['log']) return files;
  const log = /** @type {JsonObject} */ (objectOf(capsule, 'log'));
  const served = new Set(
    list(capsule, 'versions')
      .filter(({ kind }) => SERVABLE.has(String(kind)))
      .map(({ version }) => version),
  );
  for (const folder of ['servable', 'restricted']) {
    const mine = list(log, 'proofs').filter(({ version }) => folder === 'restricted' || served.has(version));
    files.set(`data/${folder}/proof/log.json`, () => logJson(log, mine));
    for (const row of list(log, 'checkpoints')) {
      const stem = `data/${folder}/proof/checkpoint-${wholeOf(row, 'size')}`;
      files.set(`${stem}.txt`, () => utf8(textOf(row, 'note')));
      for (const stamp of list(row, 'stamps')) {
        files.set(`${stem}.${textOf(stamp, 'authority')}.tsr`, () => unb64(textOf(stamp, 'tsr')));
        files.set(`${stem}.${textOf(stamp, 'authority')}.pem`, () => utf8(textOf(stamp, 'chain')));
      }
    }
  }
  return files;
}

/** @param {JsonObject} log @param {JsonObject[]} proofs */
function logJson(log, proofs) {
  const checkpoints = list(log, 'checkpoints').map((row) => ({
    path: row['path'] ?? [],
    size: row['size'] ?? null,
    ...(list(row, 'cosignatures').length ? { cosignatures: list(row, 'cosignatures') } : {}),
    stamps: list(row, 'stamps').map(({ authority, nonce, policy }) => ({ authority, nonce, policy })),
  }));
  const whole = {
    authorities: log['authorities'] ?? [],
    checkpoints,
    proofs,
    statements: list(log, 'statements'),
    t: 'log/v1',
  };
  return canon(/** @type {any} */ (whole), { limit: LIMIT });
}

/** @param {JsonObject} fields @param {string} name @returns {JsonObject[]} */
function list(fields, name) {
  return /** @type {JsonObject[]} */ (Array.isArray(fields[name]) ? fields[name] : []);
}
