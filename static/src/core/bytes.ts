/** Byte strings: join, compare, and convert to text, base64url and hexadecimal. */
import { KeptError } from './errors.js';

/** Bytes that own a plain ArrayBuffer, which WebCrypto and IndexedDB require */
export type Bytes = Uint8Array<ArrayBuffer>;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const VALUES = new Int8Array(128).fill(-1);
CODES.forEach((code, value) => {
  VALUES[code] = value;
});

const encoder = new TextEncoder();
// ignoreBOM keeps a byte order mark as a character, so that a parser refuses it instead of silently losing it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Encode `text` as UTF-8. */
export function utf8(text: string): Bytes {
  return encoder.encode(text) as Bytes;
}

/** Decode UTF-8. Throws `bad_request` when the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new KeptError('bad_request', 'That is not UTF-8.');
  }
}

/** Join all `parts` in new memory. */
export function concat(...parts: Uint8Array[]): Bytes {
  return concatAll(parts);
}

/** Join a list of parts in new memory. */
export function concatAll(parts: readonly Uint8Array[]): Bytes {
  let total = 0;
  for (const part of parts) total += part.length;
  const result = new Uint8Array(total);
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

/** Return whether two byte strings are equal. Reads every byte, wherever the first difference is. */
export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= (left[i] as number) ^ (right[i] as number);
  return difference === 0;
}

/** Return `count` random bytes. */
export function randomBytes(count: number): Bytes {
  const bytes = new Uint8Array(count);
  // getRandomValues returns at most 64 KiB per call.
  for (let at = 0; at < count; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

/** Encode as unpadded base64url. */
export function b64(bytes: Uint8Array): string {
  return decoder.decode(b64Bytes(bytes));
}

/** Return unpadded base64url as ASCII bytes, for digests. */
export function b64Bytes(bytes: Uint8Array): Bytes {
  const fullLength = bytes.length - (bytes.length % 3);
  const characters = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let position = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const triple = (at(bytes, i) << 16) | (at(bytes, i + 1) << 8) | at(bytes, i + 2);
    characters[position++] = at(CODES, triple >> 18);
    characters[position++] = at(CODES, (triple >> 12) & 63);
    if (i < fullLength || bytes.length - fullLength > 1) characters[position++] = at(CODES, (triple >> 6) & 63);
    if (i < fullLength) characters[position++] = at(CODES, triple & 63);
  }
  return characters;
}

/** Decode unpadded base64url. Throws `bad_request` for any spelling that `b64` does not produce. */
export function unb64(text: string): Bytes {
  const tailLength = text.length % 4;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let position = 0;
  let bits = 0;
  let invalid = tailLength === 1 ? -1 : 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? (VALUES[code] as number) : -1;
    invalid |= value;
    bits = (bits << 6) | (value & 63);
    if (i % 4 === 3) {
      bytes[position++] = (bits >> 16) & 255;
      bytes[position++] = (bits >> 8) & 255;
      bytes[position++] = bits & 255;
      bits = 0;
    }
  }
  // The last character can carry unused bits. Without this check one id would have two spellings.
  if (tailLength === 2) {
    bytes[position++] = bits >> 4;
    if (bits & 15) invalid = -1;
  } else if (tailLength === 3) {
    bytes[position++] = (bits >> 10) & 255;
    bytes[position++] = (bits >> 2) & 255;
    if (bits & 3) invalid = -1;
  }
  if (invalid < 0) throw new KeptError('bad_request', 'That is not base64url.');
  return bytes;
}

/** Encode as lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Decode lower-case hexadecimal. Throws `bad_request` for anything else. */
export function unhex(text: string): Bytes {
  if (text.length % 2 || !/^[0-9a-f]*$/.test(text)) throw new KeptError('bad_request', 'That is not hexadecimal.');
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** Return one byte, 0 past the end. */
function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
