/**
 * The preparer of a pack, where that was not its keeper, in the pack's own files: docs/pack.md, "Prepared by somebody
 * else".
 */
import { b64 } from '../core/bytes.js';
import { PACK_RECORD_LIMIT_BYTES } from '../core/constants.js';
import { canonicalBytes } from '../core/encoding.js';
import { sha256 } from '../crypto/digests.js';
import { textOf } from '../record/reading.js';
import { proofNames } from './proofs.js';
import type { JsonObject } from '../core/encoding.js';

type Preparer = { by: string; organisation: string };
/** `prepared` of a capsule's `pack`, empty where its keeper made it */
export type PreparedBy = Preparer | { by?: never };

/** Makes the statement of the preparer; `record`: 12_record.json */
export type SignStatement = (statement: { list: string; record: Uint8Array }) => Promise<Uint8Array>;

export const PREPARED_FILE = 'data/servable/proof/prepared.json';
const LINE_PREFIX = 'PREPARED BY SOMEBODY ELSE: ';

/** Return the line of 00_READ-FIRST.txt. */
export const preparerLine = ({ by, organisation }: Preparer) => `${LINE_PREFIX}${by}, ${organisation}.`;

/** Return the lines of a READ-FIRST that say who prepared the pack, also those that only look so. */
export function findPreparerLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line.toLowerCase().includes(LINE_PREFIX.trim().toLowerCase()));
}

/** Add the statement of who prepared a pack to its files. The list of the servable files is made after it. */
export async function addStatement(files: Map<string, Uint8Array>, capsule: JsonObject, sign: SignStatement) {
  const versions = new Map(
    [...proofNames(capsule, 'servable').values()].map((row) => [textOf(row, 'version'), textOf(row, 'c')]),
  );
  const record = files.get('data/restricted/12_record.json') as Uint8Array;
  files.set(PREPARED_FILE, await sign({ list: await versionListDigest(versions), record }));
}

/**
 * Return the SHA-256 over versions with their commitments, b64.
 * @param versions id → b64
 */
export async function versionListDigest(versions: ReadonlyMap<string, string>): Promise<string> {
  const rows = [...versions].sort(([a], [b]) => (a < b ? -1 : 1));
  return b64(await sha256(canonicalBytes(rows, { limit: PACK_RECORD_LIMIT_BYTES })));
}
