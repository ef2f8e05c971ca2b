/**
 * The manifest: what one device has seen of its diary, stored in the diary itself. Another device can check that the
 * server shows it the same. Contains only digests and numbers; for the shape see docs/formats.md, section 6.
 */
import { utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { sha256Now } from '../crypto/digests.js';
import type { Claimed } from '../core/encoding.js';

/** `records`: [record, version, commitment] in feed order; the last has number `seq` */
type Manifest = { records: readonly unknown[]; seq: number };

const LABEL = utf8('kept/short\0');
// Crockford's alphabet: no two of its characters are easily confused.
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 6;

/**
 * Return six characters that two people can read to each other: 30 bits over the entry count and the head. Neither a
 * secret nor a signature: a person compares it with paper or with another screen.
 * @param account `head` b64
 * @returns for example `K7Q2MD`
 */
export function shortCode({ entries, head, seq }: { entries: number; head: string; seq: number }): string {
  const digest = sha256Now(LABEL, canon({ entries, head, seq }));
  const bits = new DataView(digest.buffer, digest.byteOffset).getUint32(0) >>> 2;
  return Array.from({ length: LENGTH }, (_, i) => LETTERS[(bits >>> (5 * (LENGTH - 1 - i))) & 31]).join('');
}

/**
 * Return each item of a manifest as `record version commitment`. A malformed item becomes '', which matches nothing.
 * @param manifest its fields
 */
export function namedIn({ records }: Claimed<Manifest>): string[] {
  return (records as Manifest['records']).map((one) => (Array.isArray(one) ? one.slice(0, 3).join(' ') : ''));
}

/**
 * Return the first number where a manifest differs from the local rows; its first number when it does not differ.
 * @param manifest its fields
 */
export function firstDiffering(
  manifest: Claimed<Manifest>,
  known: (readonly [number, string, string, string, ...unknown[]])[],
): number {
  const named = namedIn(manifest);
  const first = (manifest.seq as number) - named.length + 1;
  const here = new Map(known.map(([number, record, version, c]) => [number, `${record} ${version} ${c}`]));
  const i = named.findIndex((name, at) => here.get(first + at) !== name);
  return first + Math.max(0, i);
}

/**
 * Return whether a manifest matches the local rows with the same numbers.
 * @param manifest its fields
 * @param localRows the rows with those numbers
 * @returns false when an item is missing here or differs; a malformed manifest claims nothing and counts as a match
 */
export function agrees(
  { seq, records }: Claimed<Manifest>,
  known: (readonly [number, string, string, string, string, ...unknown[]])[],
): boolean {
  if (!Number.isSafeInteger(seq) || !Array.isArray(records)) return true;
  const here = new Map(known.map(([number, record, version, c]) => [number, `${record} ${version} ${c}`]));
  const first = (seq as number) - records.length + 1;
  return namedIn({ records }).every((name, i) => here.get(first + i) === name);
}
