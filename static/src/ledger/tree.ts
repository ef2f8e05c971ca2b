/** Check proofs of the public log's Merkle tree (RFC 6962, RFC 9162): docs/formats.md, section 5. */
import { concat, isSame } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from '../crypto/digests.js';
import type { Bytes } from '../core/bytes.js';

const PATH_LIMIT = 64;
const ZERO = Uint8Array.of(0);
const ONE = Uint8Array.of(1);

/** Return the leaf hash of a receipt. */
export function leafOf({ c, n, ts }: { c: string; n: string; ts: number }): Bytes {
  return sha256Now(concat(ZERO, canon({ c, n, t: 'leaf/v1', ts })));
}

/** Check that `path` leads from `leaf` at `leafIndex` to the root over `size` leaves. Throws `bad_signature`. */
export function verifyInclusion(
  leaf: Uint8Array,
  i: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
) {
  if (!Number.isSafeInteger(i) || i < 0 || i >= size || path.length > PATH_LIMIT) throw wrong();
  let [here, last, value] = [i, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) throw wrong();
    if (here % 2 || here === last) {
      value = parent(sibling, value);
      while (here % 2 === 0 && here) [here, last] = [half(here), half(last)];
    } else value = parent(value, sibling);
    [here, last] = [half(here), half(last)];
  }
  if (last || !isSame(value, root)) throw wrong();
}

/**
 * Check that the log of `older.size` leaves and its root is a prefix of the `newer` log. Throws `bad_signature`.
 */
export function verifyConsistency(
  older: { size: number; root: Uint8Array },
  newer: { size: number; root: Uint8Array },
  path: readonly Uint8Array[],
) {
  if (older.size < 1 || older.size > newer.size || path.length > PATH_LIMIT || path.some(({ length }) => length !== 32))
    throw wrong();
  if (older.size === newer.size) {
    if (path.length || !isSame(older.root, newer.root)) throw wrong();
    return;
  }
  const steps = isPower(older.size) ? [older.root, ...path] : [...path];
  const roots = steps.length ? bothRoots(older.size - 1, newer.size - 1, steps) : null;
  if (!roots || !isSame(roots[0], older.root) || !isSame(roots[1], newer.root)) throw wrong();
}

function bothRoots(here: number, last: number, steps: Uint8Array[]): [Uint8Array, Uint8Array] | null {
  while (here % 2) [here, last] = [half(here), half(last)];
  let first = steps[0] as Uint8Array;
  let second = first;
  for (const step of steps.slice(1)) {
    if (last === 0) return null;
    if (here % 2 || here === last) {
      [first, second] = [parent(step, first), parent(step, second)];
      while (here % 2 === 0 && here) [here, last] = [half(here), half(last)];
    } else second = parent(second, step);
    [here, last] = [half(here), half(last)];
  }
  return last ? null : [first, second];
}

function parent(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256Now(concat(ONE, left, right));
}

/** Sizes may exceed 2³¹, where bit operators give wrong results. */
function half(n: number) {
  return Math.floor(n / 2);
}

function isPower(n: number) {
  while (n % 2 === 0) n /= 2;
  return n === 1;
}

function wrong() {
  return new KeptError('bad_signature', 'The log’s proof does not hold.');
}
