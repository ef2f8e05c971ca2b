/**
 * The public log's part of a pack: docs/pack.md, `log`; the twin of diary/pack/log_files.py.
 *
 * Includes what the phone got from the log and has checked, except the places of versions that are not packed.
 */
import { unb64, utf8 } from '../core/bytes.js';
import {
  COSIGNATURES_LIMIT,
  PACK_CHECKPOINTS_LIMIT,
  PACK_LOG_LIMIT_BYTES,
  PACK_TIMESTAMPS_LIMIT,
} from '../core/constants.js';
import { canonicalBytes } from '../core/encoding.js';
import { objectOf, objectsOf, textOf, integerOf } from '../record/reading.js';
import type { JsonObject } from '../core/encoding.js';
import type { NotaryStatement } from '../ledger/statements.js';
import type { Timestamp } from '../ledger/timestamps.js';
import type { Fields } from '../record/reading.js';

/** `path`: from the checkpoint before; `cosignatures`: lines of witnesses */
export type LogCheckpoint = {
  note: string;
  path: readonly string[];
  size: number;
  stamps: readonly Timestamp[];
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

const SERVABLE_KINDS = new Set(['incident', 'attachment']);

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
  const servableVersions = new Set(
    listIn(capsule, 'versions')
      .filter(({ kind }) => SERVABLE_KINDS.has(String(kind)))
      .map(({ version }) => version),
  );
  for (const folder of ['servable', 'restricted']) {
    const folderProofs = listIn(log, 'proofs').filter(
      ({ version }) => folder === 'restricted' || servableVersions.has(version),
    );
    files.set(`data/${folder}/proof/log.json`, () => logJson(log, folderProofs));
    for (const row of listIn(log, 'checkpoints')) {
      const stem = `data/${folder}/proof/checkpoint-${integerOf(row, 'size')}`;
      files.set(`${stem}.txt`, () => utf8(textOf(row, 'note')));
      for (const stamp of listIn(row, 'stamps')) {
        files.set(`${stem}.${textOf(stamp, 'authority')}.tsr`, () => unb64(textOf(stamp, 'tsr')));
        files.set(`${stem}.${textOf(stamp, 'authority')}.pem`, () => utf8(textOf(stamp, 'chain')));
      }
    }
  }
  return files;
}

/**
 * Return whether a log.json has no more checkpoints, timestamps and cosignatures than a pack may have.
 *
 * A checker reads a file for each, so that a small log.json with thousands of rows could keep it busy for hours.
 */
export function isWithinLimits(log: Fields): boolean {
  const rows = objectsOf(log, 'checkpoints');
  return (
    rows.length <= PACK_CHECKPOINTS_LIMIT &&
    rows.every(
      ({ stamps, cosignatures }) =>
        lengthOf(stamps) <= PACK_TIMESTAMPS_LIMIT && lengthOf(cosignatures) <= COSIGNATURES_LIMIT,
    )
  );
}

const lengthOf = (value: unknown) => (Array.isArray(value) ? value.length : 0);

function logJson(log: JsonObject, proofs: JsonObject[]) {
  const checkpoints = listIn(log, 'checkpoints').map((row) => ({
    path: row.path ?? [],
    size: row.size ?? null,
    ...(listIn(row, 'cosignatures').length ? { cosignatures: listIn(row, 'cosignatures') } : {}),
    stamps: listIn(row, 'stamps').map(({ authority, nonce, policy }) => ({ authority, nonce, policy })),
  }));
  const value = {
    authorities: log.authorities ?? [],
    checkpoints,
    proofs,
    statements: listIn(log, 'statements'),
    t: 'log/v1',
  };
  return canonicalBytes(value, { limit: PACK_LOG_LIMIT_BYTES });
}

function listIn(fields: JsonObject, name: string): JsonObject[] {
  return (Array.isArray(fields[name]) ? fields[name] : []) as JsonObject[];
}
