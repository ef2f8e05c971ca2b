/** Digests that a WARC has of its own records: `sha1:` or `sha256:` and the digest in base 32 or hexadecimal. */
import { hex } from '../../core/bytes.js';
import { digestWith } from '../../crypto/digests.js';
import type { Bytes } from '../../core/bytes.js';

const NAMES = new Map([
  ['sha1', { name: 'SHA-1', bytes: 20 }],
  ['sha256', { name: 'SHA-256', bytes: 32 }],
  ['sha512', { name: 'SHA-512', bytes: 64 }],
]);
const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Tell whether any of the contents has the digest that is written; null for a digest of another kind, or none.
 * @param written such as `sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ`
 */
export async function hasDigest(written: string, contents: readonly Uint8Array[]): Promise<boolean | null> {
  const [, label = '', value = ''] = /^([a-z\d-]{1,20}):([\da-z=]{1,200})$/i.exec(written) ?? [];
  const kind = NAMES.get(label.toLowerCase().replace('-', ''));
  if (!kind) return null;
  for (const content of contents) {
    const digest = await digestWith(kind.name, content as Bytes);
    if (value.toLowerCase() === hex(digest) || value.toUpperCase().replace(/=+$/, '') === base32(digest)) return true;
  }
  return false;
}

/** RFC 4648, without padding. */
function base32(bytes: Uint8Array): string {
  let [text, bits, value] = ['', 0, 0];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE_32[(value >> bits) & 31];
    }
  }
  return bits ? text + BASE_32[(value << (5 - bits)) & 31] : text;
}
