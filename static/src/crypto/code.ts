/** The recovery code, 16 bytes, in its two written forms: docs/formats.md, section 4. */
import { randomBytes } from '../core/bytes.js';
import {
  RECOVERY_CODE_BYTES,
  RECOVERY_CODE_CHARACTERS,
  RECOVERY_CODE_WORDS,
  TYPED_CODE_LIMIT_CHARACTERS,
} from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { sha256Sync } from './digests.js';
import { wordList } from './words.js';
import type { Bytes } from '../core/bytes.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LOOKALIKES = { O: '0', I: '1', L: '1' } as Record<string, string>;

/** Return a new recovery code. */
export function newRecoveryCode(): Bytes {
  return randomBytes(RECOVERY_CODE_BYTES);
}

/** Return the code as twelve words: 128 bits and the first 4 bits of their SHA-256. */
export async function recoveryCodeWords(code: Bytes): Promise<string> {
  const words = await wordList();
  const [checksum = 0] = sha256Sync(code);
  return toDigits(bytesToNumber(code) * 16n + BigInt(checksum >> 4), 11, RECOVERY_CODE_WORDS)
    .map((digit) => words[digit])
    .join(' ');
}

/** Return the code as 28 characters in groups of four; the last two are a checksum. */
export function recoveryCodeText(code: Bytes): string {
  const [first = 0, second = 0] = sha256Sync(code);
  const checksum = (first * 256 + second) >> 6;
  // 128 bits, two zero bits and ten check bits make 28 characters of five bits.
  const characters = toDigits(bytesToNumber(code) * 4096n + BigInt(checksum), 5, RECOVERY_CODE_CHARACTERS).map(
    (digit) => CROCKFORD[digit],
  );
  return (characters.join('').match(/.{4}/g) as string[]).join('-');
}

/** Parse a code typed in either form into 16 bytes. Throws `bad_request` when the checksum is wrong. */
export async function parseRecoveryCode(text: string): Promise<Bytes> {
  if (Array.from(text).length > TYPED_CODE_LIMIT_CHARACTERS)
    throw new KeptError('bad_request', 'A recovery code has 28 letters and numbers, or twelve words.');
  const words = await wordList();
  const typedWords = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const wordIndexes = typedWords.map((word) => words.indexOf(word));
  if (wordIndexes.length === RECOVERY_CODE_WORDS && wordIndexes.every((wordIndex) => wordIndex >= 0))
    return codeFromWords(wordIndexes, typedWords.join(' '));
  return codeFromCharacters(text);
}

/** @param wordIndexes positions in the word list */
async function codeFromWords(wordIndexes: readonly number[], typedWords: string): Promise<Bytes> {
  const number = wordIndexes.reduce((sum, wordIndex) => sum * 2048n + BigInt(wordIndex), 0n);
  const code = numberToBytes(number >> 4n);
  if ((await recoveryCodeWords(code)) !== typedWords) {
    throw new KeptError('bad_request', 'These words are not in the right order, or one is wrong.');
  }
  return code;
}

function codeFromCharacters(text: string): Bytes {
  const normalised = text
    .toUpperCase()
    .replace(/[\p{White_Space}-]/gu, '')
    .replace(/[OIL]/g, (letter) => LOOKALIKES[letter] ?? letter);
  let number = 0n;
  for (const character of normalised) {
    const digit = CROCKFORD.indexOf(character);
    if (digit < 0) throw new KeptError('bad_request', 'A recovery code has 28 letters and numbers, or twelve words.');
    number = number * 32n + BigInt(digit);
  }
  const code = numberToBytes((number >> 12n) & ((1n << 128n) - 1n));
  if (normalised.length !== RECOVERY_CODE_CHARACTERS || recoveryCodeText(code).replace(/-/g, '') !== normalised) {
    throw new KeptError('bad_request', 'One of these characters is wrong.');
  }
  return code;
}

/** Return the lowest `count` digits of `number` in base 2^bits, highest first. */
function toDigits(number: bigint, bits: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Number(BigInt.asUintN(bits, number >> BigInt(bits * (count - 1 - i)))),
  );
}

function bytesToNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function numberToBytes(number: bigint): Bytes {
  return Uint8Array.from(toDigits(number, 8, RECOVERY_CODE_BYTES));
}
