/**
 * Envelope E1: docs/formats.md, section 3.
 *
 * [Note: stated header] The opener states the kind and the exact header it expects. When the server returns another
 * version, part or wrap, a byte comparison refuses it before any key is used. The header is also the context of the
 * seal, so an altered one opens under no key.
 */
import { concat, bytesEqual } from '../core/bytes.js';
import { canonicalBytes, parseCanonicalObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';

export type EnvelopeKind = keyof typeof KINDS;

export const KINDS = Object.freeze({
  version: 1,
  part: 2,
  wrap: 3,
  keyset: 4,
  grant: 5,
  letter: 6,
  capture: 7,
  handover: 8,
  summary: 9,
  asking: 10,
});
export const SUITE_KEY = 1;
export const SUITE_PERSON = 2;
export const HEADER_LIMIT = 4096;

const FORMAT = 0xe1;
const FIXED_BYTES = 6;

/** Return the bytes before the sealed body; they are also its context. */
export function makePrefix(suite: 1 | 2, kind: EnvelopeKind, header: JsonObject): Bytes {
  const bytes = canonicalBytes(header, { limit: HEADER_LIMIT });
  return concat(Uint8Array.of(FORMAT, suite, KINDS[kind], 0, bytes.length >> 8, bytes.length & 255), bytes);
}

/**
 * Seal under a key, suite 1.
 * @param key from `cobblestone.importKey`
 * @param header public, canonical, at most 4 KiB
 * @param plaintext already padded
 * @param options only test vectors pass a salt
 */
export async function seal(
  key: CryptoKey,
  kind: EnvelopeKind,
  header: JsonObject,
  plaintext: Bytes,
  { salt }: { salt?: Bytes } = {},
): Promise<Bytes> {
  const prefixBytes = makePrefix(SUITE_KEY, kind, header);
  return cobblestone.seal(key, prefixBytes, plaintext, { salt, prefix: prefixBytes });
}

/**
 * Open a suite 1 envelope. Throws `not_opened` for every cause alike.
 * @param expectedHeader compared exactly
 */
export async function open(
  key: CryptoKey,
  envelope: Uint8Array,
  kind: EnvelopeKind,
  expectedHeader: JsonObject,
): Promise<Bytes> {
  const prefixBytes = checkPrefix(SUITE_KEY, envelope, kind, expectedHeader);
  return cobblestone.open(key, prefixBytes, envelope.subarray(prefixBytes.length));
}

/** Check that an envelope has exactly the expected prefix, and return the prefix. Throws `not_opened`. */
export function checkPrefix(suite: 1 | 2, envelope: Uint8Array, kind: EnvelopeKind, expectedHeader: JsonObject): Bytes {
  const prefixBytes = makePrefix(suite, kind, expectedHeader);
  if (!bytesEqual(envelope.subarray(0, prefixBytes.length), prefixBytes)) throw new KeptError('not_opened');
  return prefixBytes;
}

/**
 * Return the header that an envelope claims. Nothing in it is authentic until the envelope has been opened with it as
 * the stated header. Throws `not_opened` when this is not an envelope of that kind.
 */
export function readUnverifiedHeader(envelope: Uint8Array, kind: EnvelopeKind): JsonObject {
  const [format, suite, kindNumber, reserved, highByte = 0, lowByte = 0] = envelope;
  const end = FIXED_BYTES + highByte * 256 + lowByte;
  const isSupported =
    format === FORMAT &&
    (suite === SUITE_KEY || suite === SUITE_PERSON) &&
    kindNumber === KINDS[kind] &&
    reserved === 0;
  if (!isSupported || end > envelope.length || end > FIXED_BYTES + HEADER_LIMIT) throw new KeptError('not_opened');
  try {
    return parseCanonicalObject(envelope.subarray(FIXED_BYTES, end), { limit: HEADER_LIMIT });
  } catch {
    throw new KeptError('not_opened');
  }
}
