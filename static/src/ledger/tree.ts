/** Check proofs of the public log's Merkle tree (RFC 6962, RFC 9162): docs/formats.md, section 5. */
import { concat, bytesEqual } from '../core/bytes.js';
import { LOG_PATH_LIMIT } from '../core/constants.js';
import { canonicalBytes } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256Sync } from '../crypto/digests.js';
import type { Bytes } from '../core/bytes.js';

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** Return the leaf hash of a receipt. */
export function leafHash({ c, n, ts }: { c: string; n: string; ts: number }): Bytes {
  return sha256Sync(concat(LEAF_PREFIX, canonicalBytes({ c, n, t: 'leaf/v1', ts })));
}

/** Check that `path` leads from `leaf` at `leafIndex` to the root over `size` leaves. Throws `bad_signature`. */
export function verifyInclusion(
  leaf: Uint8Array,
  leafIndex: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
) {
  if (!Number.isSafeInteger(leafIndex) || leafIndex < 0 || leafIndex >= size || path.length > LOG_PATH_LIMIT)
    throw invalidProof();
  let [index, lastIndex, hash] = [leafIndex, size - 1, leaf];
  for (const sibling of path) {
    if (lastIndex === 0 || sibling.length !== 32) throw invalidProof();
    if (index % 2 || index === lastIndex) {
      hash = parentHash(sibling, hash);
      while (index % 2 === 0 && index) [index, lastIndex] = [halve(index), halve(lastIndex)];
    } else hash = parentHash(hash, sibling);
    [index, lastIndex] = [halve(index), halve(lastIndex)];
  }
  if (lastIndex || !bytesEqual(hash, root)) throw invalidProof();
}

/**
 * Check that the log of `older.size` leaves and its root is a prefix of the `newer` log. Throws `bad_signature`.
 */
export function verifyConsistency(
  older: { size: number; root: Uint8Array },
  newer: { size: number; root: Uint8Array },
  path: readonly Uint8Array[],
) {
  if (
    older.size < 1 ||
    older.size > newer.size ||
    path.length > LOG_PATH_LIMIT ||
    path.some(({ length }) => length !== 32)
  )
    throw invalidProof();
  if (older.size === newer.size) {
    if (path.length || !bytesEqual(older.root, newer.root)) throw invalidProof();
    return;
  }
  const hashes = isPowerOfTwo(older.size) ? [older.root, ...path] : [...path];
  const roots = hashes.length ? computeBothRoots(older.size - 1, newer.size - 1, hashes) : null;
  if (!roots || !bytesEqual(roots[0], older.root) || !bytesEqual(roots[1], newer.root)) throw invalidProof();
}

function computeBothRoots(index: number, lastIndex: number, hashes: Uint8Array[]): [Uint8Array, Uint8Array] | null {
  while (index % 2) [index, lastIndex] = [halve(index), halve(lastIndex)];
  let olderRoot = hashes[0] as Uint8Array;
  let newerRoot = olderRoot;
  for (const hash of hashes.slice(1)) {
    if (lastIndex === 0) return null;
    if (index % 2 || index === lastIndex) {
      [olderRoot, newerRoot] = [parentHash(hash, olderRoot), parentHash(hash, newerRoot)];
      while (index % 2 === 0 && index) [index, lastIndex] = [halve(index), halve(lastIndex)];
    } else newerRoot = parentHash(newerRoot, hash);
    [index, lastIndex] = [halve(index), halve(lastIndex)];
  }
  return lastIndex ? null : [olderRoot, newerRoot];
}

function parentHash(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256Sync(concat(NODE_PREFIX, left, right));
}

/** Sizes may exceed 2³¹, where bit operators give wrong results. */
function halve(size: number) {
  return Math.floor(size / 2);
}

function isPowerOfTwo(size: number) {
  while (size % 2 === 0) size /= 2;
  return size === 1;
}

function invalidProof() {
  return new KeptError('bad_signature', 'The log’s proof does not hold.');
}
