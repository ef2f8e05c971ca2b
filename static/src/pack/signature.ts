/**
 * Signs a pack: docs/pack.md, "Signature"; the twin of diary/pack/bag/pack_statement.py. The key is in the worker, so
 * the caller passes a function that signs.
 */
import { textOf, integerOf } from '../record/reading.js';
import type { PackFacts, StatementType } from '../crypto/pack_statement.js';
import type { Fields } from '../record/reading.js';

/** Return the bytes of a statement with these facts. */
export type SignPack = (facts: PackFacts) => Promise<Uint8Array>;

export const PACK_STATEMENT = 'pack-statement.json';
/** The proof of the diary's own record of a pack, beside the statement. */
export const EXPORT_PROOF = 'pack-export.json';
export const SERVABLE_STATEMENT = 'data/servable/servable-statement.json';

/**
 * Return the facts that are signed.
 * @param pack the capsule's `pack`
 * @param manifest SHA-256 of the list of files, hex
 */
export function packFacts(type: StatementType, pack: Fields, manifest: string): PackFacts {
  return {
    t: type,
    pack: textOf(pack, 'id'),
    no: integerOf(pack, 'no') ?? 0,
    folder: textOf(pack, 'folder'),
    made_at: integerOf(pack, 'made_at') ?? 0,
    manifest,
  };
}

/** Return the folders of a pack that these files under `data/` are in. */
export function partsOf(paths: Iterable<string>): string[] {
  const all = [...paths];
  return ['restricted', 'servable'].filter((part) => all.some((path) => path.startsWith(`data/${part}/`)));
}

/**
 * Return the six groups of five digits that people compare; '' for what is no digest.
 * @param digest SHA-256 of manifest-sha256.txt, hex
 */
export function packFingerprint(digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) return '';
  const groups = Array.from({ length: 6 }, (_, group) =>
    String(Number.parseInt(digest.slice(10 * group, 10 * group + 10), 16) % 100_000).padStart(5, '0'),
  );
  return groups.join(' ');
}
