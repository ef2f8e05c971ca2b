/**
 * Envelope E1: docs/formats.md, section 3.
 *
 * [Note: stated header] The opener states the kind and the exact header it expects. When the server returns another
 * version, part or wrap, a byte comparison refuses it before any key is used. The header is also the context of the
 * seal, so an altered one opens under no key.
 */
import { concat, isSame } from '../core/bytes.js';
import { canon, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';

export type Kind = keyof typeof KINDS;

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
export function prefix(suite: 1 | 2, kind: Kind, header: JsonObject): Bytes {
  const bytes = canon(header, { limit: HEADER_LIMIT });
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
  kind: Kind,
  header: JsonObject,
  plaintext: Bytes,
  { salt }: { salt?: Bytes } = {},
): Promise<Bytes> {
  const before = prefix(SUITE_KEY, kind, header);
  return cobblestone.seal(key, before, plaintext, { salt, before });
}

/**
 * Open a suite 1 envelope. Throws `not_opened` for every cause alike.
 * @param expectedHeader compared exactly
 */
export async function open(key: CryptoKey, envelope: Uint8Array, kind: Kind, expect: JsonObject): Promise<Bytes> {
  const before = agreed(SUITE_KEY, envelope, kind, expect);
  return cobblestone.open(key, before, envelope.subarray(before.length));
}

/** Check that an envelope has exactly the expected prefix, and return the prefix. Throws `not_opened`. */
export function agreed(suite: 1 | 2, envelope: Uint8Array, kind: Kind, expect: JsonObject): Bytes {
  const before = prefix(suite, kind, expect);
  if (!isSame(envelope.subarray(0, before.length), before)) throw new KeptError('not_opened');
  return before;
}

/**
 * Return the header that an envelope claims. Nothing in it is authentic until the envelope has been opened with it as
 * the stated header. Throws `not_opened` when this is not an envelope of that kind.
 */
export function claimedHeader(envelope: Uint8Array, kind: Kind): JsonObject {
  const [format, suite, number, zero, high = 0, low = 0] = envelope;
  const end = FIXED_BYTES + high * 256 + low;
  const isKnown =
    format === FORMAT && (suite === SUITE_KEY || suite === SUITE_PERSON) && number === KINDS[kind] && zero === 0;
  if (!isKnown || end > envelope.length || end > FIXED_BYTES + HEADER_LIMIT) throw new KeptError('not_opened');
  try {
    return parseObject(envelope.subarray(FIXED_BYTES, end), { limit: HEADER_LIMIT });
  } catch {
    throw new KeptError('not_opened');
  }
}
