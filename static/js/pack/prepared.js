/** Who prepared a pack, where that was not its keeper, in the pack's own files: docs/pack.md, "Prepared by somebody else". */
import { b64 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { sha256 } from '../crypto/digests.js';
import { RECORD_LIMIT } from './proofs.js';

export const MEMBER = 'data/servable/proof/prepared.json';
const LINE = 'PREPARED BY SOMEBODY ELSE: ';

/** The line of 00_READ-FIRST.txt. @param {{by: string, organisation: string}} said */
export const firstLine = ({ by, organisation }) => `${LINE}${by}, ${organisation}.`;

/** The line in which a READ-FIRST says so, null where there is none. @param {string} text */
export function lineIn(text) {
  return (
    text
      .split('\n')
      .map((line) => line.replace(/\r$/, ''))
      .find((line) => line.startsWith(LINE)) ?? null
  );
}

/** SHA-256 over versions with their commitments, b64. @param {ReadonlyMap<string, string>} versions id → b64 @returns {Promise<string>} */
export async function listOf(versions) {
  const rows = [...versions].sort(([a], [b]) => (a < b ? -1 : 1));
  return b64(await sha256(canon(/** @type {any} */ (rows), { limit: RECORD_LIMIT })));
}
