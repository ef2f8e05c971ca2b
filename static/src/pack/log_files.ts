/**
 * The public log's part of a pack: docs/pack.md, `log`; the twin of diary/pack/logproofs.py.
 *
 * Includes what the phone got from the log and has checked, except the places of versions that are not packed.
 */
import { unb64, utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { objectOf, textOf, wholeOf } from '../record/reading.js';
import type { JsonObject } from '../core/encoding.js';
import type { NotaryStatement } from '../ledger/statements.js';
import type { Stamp } from '../ledger/timestamps.js';

/** `path`: from the checkpoint before; `cosignatures`: lines of witnesses */
export type LogCheckpoint = {
  note: string;
  path: readonly string[];
  size: number;
  stamps: readonly Stamp[];
  cosignatures?: readonly string[];
};
/** The place of a version under the checkpoint of that size */
export type LogPlace = { i: number; path: readonly string[]; size: number; version: string };
export type Log = {
  authorities: readonly string[];
  checkpoints: readonly LogCheckpoint[];
  proofs: readonly LogPlace[];
  statements: readonly NotaryStatement[];
};

const LIMIT = 64 << 20;
const SERVABLE = new Set(['incident', 'attachment']);

/**
 * Return `log` of a capsule.
 * @param packed version ids
 */
export function logOf(log: Log | null | undefined, packed: ReadonlySet<string>): JsonObject | null {
  return log ? ({ ...log, proofs: log.proofs.filter(({ version }) => packed.has(version)) } as JsonObject) : null;
}

/** Return every file of the log in both proof folders, by its path in the pack, each made on demand. */
export function logFiles(capsule: JsonObject): Map<string, () => Uint8Array> {
  const files: Map<string, () => Uint8Array> = new Map();
  if (!capsule.log) return files;
  const log = objectOf(capsule, 'log') as JsonObject;
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

function logJson(log: JsonObject, proofs: JsonObject[]) {
  const checkpoints = list(log, 'checkpoints').map((row) => ({
    path: row.path ?? [],
    size: row.size ?? null,
    ...(list(row, 'cosignatures').length ? { cosignatures: list(row, 'cosignatures') } : {}),
    stamps: list(row, 'stamps').map(({ authority, nonce, policy }) => ({ authority, nonce, policy })),
  }));
  const whole = {
    authorities: log.authorities ?? [],
    checkpoints,
    proofs,
    statements: list(log, 'statements'),
    t: 'log/v1',
  };
  return canon(whole, { limit: LIMIT });
}

function list(fields: JsonObject, name: string): JsonObject[] {
  return (Array.isArray(fields[name]) ? fields[name] : []) as JsonObject[];
}
