/** The recovery code, 16 bytes, in its two written forms: docs/formats.md, section 4. */
import { random } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from './digests.js';
import { wordList } from './words.js';
import type { Bytes } from '../core/bytes.js';

export const CODE_BYTES = 16;
export const CODE_WORDS = 12;
export const CODE_CHARACTERS = 28;
const TEXT_LIMIT = 400;

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LOOKALIKES = { O: '0', I: '1', L: '1' } as Record<string, string>;

/** Return a new recovery code. */
export function newCode(): Bytes {
  return random(CODE_BYTES);
}

/** Return the code as twelve words: 128 bits and the first 4 bits of their SHA-256. */
export async function codeWords(code: Bytes): Promise<string> {
  const words = await wordList();
  const [check = 0] = sha256Now(code);
  return digits(toNumber(code) * 16n + BigInt(check >> 4), 11, CODE_WORDS)
    .map((digit) => words[digit])
    .join(' ');
}

/** Return the code as 28 characters in groups of four; the last two are a checksum. */
export function codeText(code: Bytes): string {
  const [first = 0, second = 0] = sha256Now(code);
  const check = (first * 256 + second) >> 6;
  // 128 bits, two zero bits and ten check bits make 28 characters of five bits.
  const characters = digits(toNumber(code) * 4096n + BigInt(check), 5, CODE_CHARACTERS).map(
    (digit) => CROCKFORD[digit],
  );
  return (characters.join('').match(/.{4}/g) as string[]).join('-');
}

/** Parse a code typed in either form into 16 bytes. Throws `bad_request` when the checksum is wrong. */
export async function readCode(text: string): Promise<Bytes> {
  if (Array.from(text).length > TEXT_LIMIT)
    throw new KeptError('bad_request', 'A recovery code has 28 letters and numbers, or twelve words.');
  const words = await wordList();
  const named = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const places = named.map((word) => words.indexOf(word));
  if (places.length === CODE_WORDS && places.every((place) => place >= 0)) return fromWords(places, named.join(' '));
  return fromCharacters(text);
}

/** @param wordIndexes positions in the word list */
async function fromWords(places: readonly number[], said: string): Promise<Bytes> {
  const number = places.reduce((sum, place) => sum * 2048n + BigInt(place), 0n);
  const code = toBytes(number >> 4n);
  if ((await codeWords(code)) !== said) {
    throw new KeptError('bad_request', 'These words are not in the right order, or one is wrong.');
  }
  return code;
}

function fromCharacters(text: string): Bytes {
  const plain = text
    .toUpperCase()
    .replace(/[\p{White_Space}-]/gu, '')
    .replace(/[OIL]/g, (letter) => LOOKALIKES[letter] ?? letter);
  let number = 0n;
  for (const character of plain) {
    const place = CROCKFORD.indexOf(character);
    if (place < 0) throw new KeptError('bad_request', 'A recovery code has 28 letters and numbers, or twelve words.');
    number = number * 32n + BigInt(place);
  }
  const code = toBytes((number >> 12n) & ((1n << 128n) - 1n));
  if (plain.length !== CODE_CHARACTERS || codeText(code).replace(/-/g, '') !== plain) {
    throw new KeptError('bad_request', 'One of these characters is wrong.');
  }
  return code;
}

/** Return the lowest `count` digits of `number` in base 2^bits, highest first. */
function digits(number: bigint, bits: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Number(BigInt.asUintN(bits, number >> BigInt(bits * (count - 1 - i)))),
  );
}

function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function toBytes(number: bigint): Bytes {
  return Uint8Array.from(digits(number, 8, CODE_BYTES));
}
