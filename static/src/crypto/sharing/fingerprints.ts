/**
 * Compare two people's keys by voice: nine words that name an account's public keys. docs/formats.md, section 8.
 * Python twin: diary/crypto/fingerprints.py.
 *
 * [Note: words that find and prove] The nine words are the fingerprint itself. A person who has heard them can look
 * the keys up on an untrusted server: it can only return the keys that match the words, or none.
 */
import { utf8 } from '../../core/bytes.js';
import { FINGERPRINT_WORDS, TYPED_CODE_LIMIT_CHARACTERS } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { sha256Sync } from '../digests.js';
import { PUB_BYTES } from '../signing.js';
import { wordList } from '../words.js';
import type { Bytes } from '../../core/bytes.js';

export const FINGERPRINT_BYTES = 12;
const FINGERPRINT_LABEL = utf8('kept/fingerprint\0');
const CHECK_LABEL = utf8('kept/fingerprint-check\0');
const CHECK_BITS = 3n;

/**
 * Return the first 96 bits of the digest of an account's two public keys. Throws `bad_request` for invalid keys.
 * @param hpkePub 65 bytes each
 */
export function fingerprint(ecdsaPub: Uint8Array, hpkePub: Uint8Array): Bytes {
  if (ecdsaPub.length !== PUB_BYTES || hpkePub.length !== PUB_BYTES)
    throw new KeptError('bad_request', 'A public key has 65 bytes.');
  return sha256Sync(FINGERPRINT_LABEL, ecdsaPub, hpkePub).slice(0, FINGERPRINT_BYTES);
}

/** Return a fingerprint as nine words to read aloud. */
export async function fingerprintWords(fingerprintBytes: Uint8Array): Promise<string> {
  const words = await wordList();
  const number = (bytesToNumber(fingerprintBytes) << CHECK_BITS) | checksumOf(fingerprintBytes);
  return Array.from(
    { length: FINGERPRINT_WORDS },
    (_, i) => words[Number(BigInt.asUintN(11, number >> BigInt(11 * (FINGERPRINT_WORDS - 1 - i))))],
  ).join(' ');
}

/** Parse nine words into a fingerprint. Throws `bad_request`; `unknown` holds the words that are not in the list. */
export async function parseFingerprint(text: string): Promise<Bytes> {
  const words = await wordList();
  const typedWords = text.length <= TYPED_CODE_LIMIT_CHARACTERS ? (text.toLowerCase().match(/[a-z]+/g) ?? []) : [];
  const wordIndexes = typedWords.map((word) => words.indexOf(word));
  const unknown = typedWords.filter((_, i) => wordIndexes[i] === -1);
  if (typedWords.length !== FINGERPRINT_WORDS || unknown.length) {
    throw Object.assign(new KeptError('bad_request', 'That is not nine words of the list. Ask for them again.'), {
      unknown,
    });
  }
  const number = wordIndexes.reduce((sum, wordIndex) => (sum << 11n) | BigInt(wordIndex), 0n);
  const fingerprintBytes = numberToBytes(number >> CHECK_BITS);
  if (BigInt.asUintN(3, number) !== checksumOf(fingerprintBytes)) {
    throw Object.assign(new KeptError('bad_request', 'One of the nine words is wrong. Ask for them again.'), {
      unknown,
    });
  }
  return fingerprintBytes;
}

function checksumOf(fingerprintBytes: Uint8Array): bigint {
  if (fingerprintBytes.length !== FINGERPRINT_BYTES) throw new KeptError('bad_request', 'A fingerprint has 12 bytes.');
  return BigInt((sha256Sync(CHECK_LABEL, fingerprintBytes)[0] as number) >> 5);
}

function bytesToNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function numberToBytes(number: bigint): Bytes {
  return Uint8Array.from({ length: FINGERPRINT_BYTES }, (_, i) =>
    Number(BigInt.asUintN(8, number >> BigInt(8 * (FINGERPRINT_BYTES - 1 - i)))),
  );
}
