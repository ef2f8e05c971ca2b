/** Padding inside the seal: docs/formats.md, section 3. Sizes tell how much was written only in classes. */
import { KeptError } from '../core/errors.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */

const KIB = 1024;
const SMALL_CLASSES = [4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB];
const MARK = 0x80;

/**
 * Padmé: `length` rounded up so that its size tells O(log log length) bits. Waste is at most 12 %.
 * @param {number} length 1 < length < 2³¹
 * @returns {number}
 */
export function padme(length) {
  if (!(length > 1 && length < 2 ** 31)) throw new KeptError('too_large');
  const e = 31 - Math.clz32(length);
  const s = 32 - Math.clz32(e);
  const step = 2 ** (e - s);
  return Math.ceil(length / step) * step;
}

/**
 * What a version or store record of `count` plaintext bytes is padded to.
 * @param {number} count
 * @returns {number}
 */
export function versionSize(count) {
  return SMALL_CLASSES.find((size) => count + 1 <= size) ?? padme(count + 1);
}

/**
 * What a file of `count` bytes is padded to, before it is cut into parts.
 * @param {number} count
 * @returns {number}
 */
export function fileSize(count) {
  return padme(Math.max(count + 1, 4096));
}

/**
 * The parts one after the other, `0x80`, then zeros up to `size`.
 * @param {readonly Uint8Array[]} parts
 * @param {number} size
 * @returns {Bytes}
 */
export function padTo(parts, size) {
  const padded = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  if (at >= size) throw new KeptError('too_large');
  padded[at] = MARK;
  return padded;
}

/**
 * `parts` padded to the size class of a version.
 * @param {...Uint8Array} parts
 * @returns {Bytes}
 */
export function padVersion(...parts) {
  return padTo(parts, versionSize(parts.reduce((total, part) => total + part.length, 0)));
}

/**
 * The bytes before the padding, as a view. Throws `not_opened` when there is none: only what was sealed by
 * someone else's program can be without.
 * @param {Bytes} padded
 * @returns {Bytes}
 */
export function unpad(padded) {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (end < 0 || padded[end] !== MARK) throw new KeptError('not_opened');
  return padded.subarray(0, end);
}
