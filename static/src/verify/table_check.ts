/**
 * Checks that the short chronology and the spreadsheet say what 02_chronology.csv says. The twin of
 * diary/pack/verify/table_check.py.
 */
import { bytesEqual } from '../core/bytes.js';
import { PACK_RECORD_LIMIT_BYTES } from '../core/constants.js';
import { chronologyCopies, CHRONOLOGY_TABLE, SHORT_TABLE, SPREADSHEET } from '../pack/chronology/short_table.js';
import { findingFor } from './findings.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

/**
 * Find each copy that is not what the table gives, byte for byte. A pack of 0.1.0 has none. A table that is not here is
 * lacking.
 */
export async function checkTableCopies(pack: OpenedPack): Promise<Finding[]> {
  const names = [SHORT_TABLE, SPREADSHEET].filter((name) => pack.digests.has(name));
  const size = pack.digests.get(CHRONOLOGY_TABLE)?.size;
  if (!names.length || size === undefined) return [];
  const table = size <= PACK_RECORD_LIMIT_BYTES ? await pack.read(CHRONOLOGY_TABLE) : null;
  const copies = table ? await chronologyCopies(table) : null;
  if (!copies) return [findingFor('unreadable', CHRONOLOGY_TABLE)];
  const findings: Finding[] = [];
  for (const name of names) {
    const bytes = await pack.read(name);
    if (!bytes || !bytesEqual(bytes, copies.get(name) as Uint8Array)) findings.push(findingFor('table', name));
  }
  return findings;
}
