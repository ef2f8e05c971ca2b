/**
 * The manifest: what a device has seen of its diary, in the diary itself, so that another device can tell whether the
 * server shows it the same. Digests and numbers only; the shape is in docs/formats.md, section 6.
 */
import { utf8 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { sha256Now } from '../crypto/digests.js';
import type { Claimed } from '../core/encoding.js';

/** `records`: [record, version, commitment] in feed order, the last of them the one that took number `seq` */
type Manifest = { records: readonly unknown[]; seq: number };

const LABEL = utf8('kept/short\0');
// Crockford's alphabet: nothing in it is read for something else.
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 6;

/**
 * Six characters that two devices can read to each other: 30 bits over the number of entries and the head. Not a secret
 * and not a signature; a person compares it with paper or with another screen.
 * @param account head b64
 * @returns `K7Q2MD`
 */
export function shortCode({ entries, head, seq }: { entries: number; head: string; seq: number }): string {
  const digest = sha256Now(LABEL, canon({ entries, head, seq }));
  const bits = new DataView(digest.buffer, digest.byteOffset).getUint32(0) >>> 2;
  return Array.from({ length: LENGTH }, (_, i) => LETTERS[(bits >>> (5 * (LENGTH - 1 - i))) & 31]).join('');
}

/**
 * What a manifest names, each as `record version commitment`; what has another shape names nothing that can be there.
 * @param manifest its fields
 */
export function namedIn({ records }: Claimed<Manifest>): string[] {
  return (records as Manifest['records']).map((one) => (Array.isArray(one) ? one.slice(0, 3).join(' ') : ''));
}

/**
 * The first number of which a manifest says something else than is known here; its first where it differs in none.
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
 * Whether a manifest says of some numbers what is known here of them.
 * @param manifest its fields
 * @param known what took those numbers here
 * @returns false when something is missing here or is another; a manifest without that shape says nothing and agrees
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
