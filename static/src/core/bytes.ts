/** Byte strings: join, compare, and convert to text, base64url and hexadecimal. */
import { KeptError } from './errors.js';

/** Bytes that own a plain ArrayBuffer, which WebCrypto and IndexedDB require */
export type Bytes = Uint8Array<ArrayBuffer>;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CODES = Uint8Array.from(ALPHABET, (c) => c.charCodeAt(0));
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
  return gather(parts);
}

/** Join a list of parts in new memory. */
export function gather(parts: readonly Uint8Array[]): Bytes {
  let total = 0;
  for (const part of parts) total += part.length;
  const joined = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Return whether two byte strings are equal. Reads every byte, wherever the first difference is. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** Return `count` random bytes. */
export function random(count: number): Bytes {
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
  const whole = bytes.length - (bytes.length % 3);
  const codes = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let to = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (at(bytes, i) << 16) | (at(bytes, i + 1) << 8) | at(bytes, i + 2);
    codes[to++] = at(CODES, word >> 18);
    codes[to++] = at(CODES, (word >> 12) & 63);
    if (i < whole || bytes.length - whole > 1) codes[to++] = at(CODES, (word >> 6) & 63);
    if (i < whole) codes[to++] = at(CODES, word & 63);
  }
  return codes;
}

/** Decode unpadded base64url. Throws `bad_request` for any spelling that `b64` does not produce. */
export function unb64(text: string): Bytes {
  const left = text.length % 4;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let to = 0;
  let word = 0;
  let wrong = left === 1 ? -1 : 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? (VALUES[code] as number) : -1;
    wrong |= value;
    word = (word << 6) | (value & 63);
    if (i % 4 === 3) {
      bytes[to++] = (word >> 16) & 255;
      bytes[to++] = (word >> 8) & 255;
      bytes[to++] = word & 255;
      word = 0;
    }
  }
  // The last character can carry unused bits. Without this check one id would have two spellings.
  if (left === 2) {
    bytes[to++] = word >> 4;
    if (word & 15) wrong = -1;
  } else if (left === 3) {
    bytes[to++] = (word >> 10) & 255;
    bytes[to++] = (word >> 2) & 255;
    if (word & 3) wrong = -1;
  }
  if (wrong < 0) throw new KeptError('bad_request', 'That is not base64url.');
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
function at(bytes: Uint8Array, i: number): number {
  return bytes[i] ?? 0;
}
