/**
 * The manifest: what one device has seen of its diary, stored in the diary itself. Another device can check that the
 * server shows it the same. Contains only digests and numbers; for the shape see docs/formats.md, section 6.
 */
import { utf8 } from '../core/bytes.js';
import { canonicalBytes } from '../core/encoding.js';
import { sha256Sync } from '../crypto/digests.js';
import type { Unchecked } from '../core/encoding.js';

/** `records`: [record, version, commitment] in feed order; the last has number `seq` */
type Manifest = { records: readonly unknown[]; seq: number };

const LABEL = utf8('kept/short\0');
// Crockford's alphabet: no two of its characters are easily confused.
const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 6;

/**
 * Return six characters that two people can read to each other: 30 bits over the entry count and the head. Neither a
 * secret nor a signature: a person compares it with paper or with another screen.
 * @param account `head` b64
 * @returns for example `K7Q2MD`
 */
export function shortCode({ entries, head, seq }: { entries: number; head: string; seq: number }): string {
  const digest = sha256Sync(LABEL, canonicalBytes({ entries, head, seq }));
  const bits = new DataView(digest.buffer, digest.byteOffset).getUint32(0) >>> 2;
  return Array.from({ length: CODE_LENGTH }, (_, i) => CODE_ALPHABET[(bits >>> (5 * (CODE_LENGTH - 1 - i))) & 31]).join(
    '',
  );
}

/**
 * Return each item of a manifest as `record version commitment`. A malformed item becomes '', which matches nothing.
 * @param manifest its fields
 */
export function manifestEntries({ records }: Unchecked<Manifest>): string[] {
  return (records as Manifest['records']).map((row) => (Array.isArray(row) ? row.slice(0, 3).join(' ') : ''));
}

/**
 * Return the first number where a manifest differs from the local rows; its first number when it does not differ.
 * @param manifest its fields
 */
export function firstDifference(
  manifest: Unchecked<Manifest>,
  localRows: (readonly [number, string, string, string, ...unknown[]])[],
): number {
  const entries = manifestEntries(manifest);
  const firstNumber = (manifest.seq as number) - entries.length + 1;
  const localEntries = new Map(localRows.map(([number, record, version, c]) => [number, `${record} ${version} ${c}`]));
  const differenceIndex = entries.findIndex((entry, offset) => localEntries.get(firstNumber + offset) !== entry);
  return firstNumber + Math.max(0, differenceIndex);
}

/**
 * Return whether a manifest matches the local rows with the same numbers.
 * @param manifest its fields
 * @param localRows the rows with those numbers
 * @returns false when an item is missing here or differs; a malformed manifest claims nothing and counts as a match
 */
export function manifestMatches(
  { seq, records }: Unchecked<Manifest>,
  localRows: (readonly [number, string, string, string, string, ...unknown[]])[],
): boolean {
  if (!Number.isSafeInteger(seq) || !Array.isArray(records)) return true;
  const localEntries = new Map(localRows.map(([number, record, version, c]) => [number, `${record} ${version} ${c}`]));
  const firstNumber = (seq as number) - records.length + 1;
  return manifestEntries({ records }).every((entry, i) => localEntries.get(firstNumber + i) === entry);
}
