/** The recovery code, 16 bytes, in the two spellings a person can write down: docs/formats.md, section 4. */
import { random } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from './digests.js';
import { wordList } from './words.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */

export const CODE_BYTES = 16;
export const CODE_WORDS = 12;
export const CODE_CHARACTERS = 28;
const TEXT_LIMIT = 400;

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LOOKALIKES = /** @type {Record<string, string>} */ ({ O: '0', I: '1', L: '1' });

/**
 * A fresh recovery code.
 * @returns {Bytes}
 */
export function newCode() {
  return random(CODE_BYTES);
}

/**
 * The code as twelve words: 128 bits and 4 bits of their SHA-256.
 * @param {Bytes} code
 * @returns {Promise<string>}
 */
export async function codeWords(code) {
  const words = await wordList();
  const [check = 0] = sha256Now(code);
  return digits(toNumber(code) * 16n + BigInt(check >> 4), 11, CODE_WORDS)
    .map((digit) => words[digit])
    .join(' ');
}

/**
 * The code as 28 characters in groups of four; the last two check the others.
 * @param {Bytes} code
 * @returns {string}
 */
export function codeText(code) {
  const [first = 0, second = 0] = sha256Now(code);
  const check = (first * 256 + second) >> 6;
  // 128 bits, two zero bits and ten check bits make 28 characters of five bits.
  const characters = digits(toNumber(code) * 4096n + BigInt(check), 5, CODE_CHARACTERS).map(
    (digit) => CROCKFORD[digit],
  );
  return /** @type {string[]} */ (characters.join('').match(/.{4}/g)).join('-');
}

/**
 * The 16 bytes of either spelling, as a person typed it. Throws `bad_request` when it does not check.
 * @param {string} text
 * @returns {Promise<Bytes>}
 */
export async function readCode(text) {
  if (Array.from(text).length > TEXT_LIMIT)
    throw new KeptError('bad_request', 'A recovery code has 28 letters and numbers, or twelve words.');
  const words = await wordList();
  const named = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const places = named.map((word) => words.indexOf(word));
  if (places.length === CODE_WORDS && places.every((place) => place >= 0)) return fromWords(places, named.join(' '));
  return fromCharacters(text);
}

/**
 * @param {readonly number[]} places in the list
 * @param {string} said
 * @returns {Promise<Bytes>}
 */
async function fromWords(places, said) {
  const number = places.reduce((sum, place) => sum * 2048n + BigInt(place), 0n);
  const code = toBytes(number >> 4n);
  if ((await codeWords(code)) !== said) {
    throw new KeptError('bad_request', 'These words are not in the right order, or one is wrong.');
  }
  return code;
}

/**
 * @param {string} text
 * @returns {Bytes}
 */
function fromCharacters(text) {
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

/**
 * The lowest `count` digits of `number` in base 2^bits, highest first.
 * @param {bigint} number
 * @param {number} bits
 * @param {number} count
 * @returns {number[]}
 */
function digits(number, bits, count) {
  return Array.from({ length: count }, (_, i) =>
    Number(BigInt.asUintN(bits, number >> BigInt(bits * (count - 1 - i)))),
  );
}

/**
 * @param {Uint8Array} bytes
 * @returns {bigint}
 */
function toNumber(bytes) {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/**
 * @param {bigint} number
 * @returns {Bytes}
 */
function toBytes(number) {
  return Uint8Array.from(digits(number, 8, CODE_BYTES));
}
