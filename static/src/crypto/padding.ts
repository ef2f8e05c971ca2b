/** Padding inside the seal: docs/formats.md, section 3. Sealed sizes reveal only a size class. */
import { FILE_PADDING_MIN_BYTES, VERSION_PADDING_BYTES } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import type { Bytes } from '../core/bytes.js';

const PADDING_MARK = 0x80;

/**
 * Padmé: round `length` up so that the size reveals O(log log length) bits. Waste is at most 12 %.
 * @param length 1 < length < 2³¹
 */
export function padme(length: number): number {
  if (!(length > 1 && length < 2 ** 31)) throw new KeptError('too_large');
  const exponent = 31 - Math.clz32(length);
  const keptBits = 32 - Math.clz32(exponent);
  const step = 2 ** (exponent - keptBits);
  return Math.ceil(length / step) * step;
}

/** Return the padded size of a version or store record of `count` plaintext bytes. */
export function paddedVersionSize(count: number): number {
  return VERSION_PADDING_BYTES.find((size) => count + 1 <= size) ?? padme(count + 1);
}

/** Return the padded size of a file of `count` bytes, before it is cut into parts. */
export function paddedFileSize(count: number): number {
  return padme(Math.max(count + 1, FILE_PADDING_MIN_BYTES));
}

/** Join the parts, append `0x80`, then zeros up to `size`. */
export function padTo(parts: readonly Uint8Array[], size: number): Bytes {
  const padded = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    padded.set(part, offset);
    offset += part.length;
  }
  if (offset >= size) throw new KeptError('too_large');
  padded[offset] = PADDING_MARK;
  return padded;
}

/** Pad `parts` to the size class of a version. */
export function padVersion(...parts: Uint8Array[]): Bytes {
  return padTo(parts, paddedVersionSize(parts.reduce((total, part) => total + part.length, 0)));
}

/**
 * Return the bytes before the padding, as a view. Throws `not_opened` when there is no padding, which only another
 * program can have sealed.
 */
export function unpad(padded: Bytes): Bytes {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (end < 0 || padded[end] !== PADDING_MARK) throw new KeptError('not_opened');
  return padded.subarray(0, end);
}
