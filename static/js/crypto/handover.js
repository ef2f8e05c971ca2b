/**
 * Eight words and what they open: docs/formats.md, section 8; the twin of diary/crypto/handover.py.
 *
 * [Note: eight words] Three words name a sealed pack on the server, five open it. The words never leave the phone and
 * the page: the server is told a digest of the three and a proof made of the five by Argon2id. What opens the parts is
 * another branch of the same root, so the server can let somebody in and still not read what it gives out.
 */
import { b64, random, unb64, utf8 } from '../core/bytes.js';
import { canon, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { importKey, sealedBytes } from './cobblestone.js';
import { hkdf, importHkdfKey, sha256Now } from './digests.js';
import * as envelope from './envelope.js';
import { partCount } from './files.js';
import { DEFAULT } from './kdf.js';
import { padVersion, unpad } from './padding.js';
import { wordList } from './words.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {{alg: 'argon2id', m: number, p: 1, salt: string, t: number}} HandoverKdf */
/** @typedef {{name: string, size: number, sha256: string, made_at: number}} Slip true name, bytes, hex, ms */

export const WORDS = 8;
const NAMING = 3;
const BYTES = 11;
const SALT_BYTES = 16;
const NAME_BYTES = 16;
const SLIP = 'handover/v1';
const SLIP_PADDED = 4096;

/**
 * Eight new words: 84 random bits and four that check them.
 * @returns {Promise<string>}
 */
export async function newWords() {
  return wordsOf(random(BYTES));
}

/**
 * The words of 11 bytes, whose last four bits become the checksum.
 * @param {Uint8Array} raw
 * @returns {Promise<string>}
 */
export async function wordsOf(raw) {
  const words = await wordList();
  const number = checked(raw.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n));
  return Array.from(
    { length: WORDS },
    (_, i) => words[Number(BigInt.asUintN(11, number >> BigInt(11 * (WORDS - 1 - i))))],
  ).join(' ');
}

/**
 * What somebody typed, as words to derive from. Throws `bad_request`: `unknown` holds what is not in the list, and is
 * empty when all are words and they do not fit together.
 * @param {string} text
 * @returns {Promise<string>}
 */
export async function readWords(text) {
  const words = await wordList();
  const named = text
    .toLowerCase()
    .split(/[\p{White_Space}\ufeff,]+/u)
    .filter(Boolean);
  const places = named.map((word) => words.indexOf(word));
  const unknown = named.filter((_, i) => places[i] === -1);
  if (named.length !== WORDS || unknown.length) throw wrong('These are not eight words of the list.', unknown);
  const number = places.reduce((sum, place) => sum * 2048n + BigInt(place), 0n);
  if (checked(number) !== number) throw wrong('One of the words is wrong, or they are not in the right order.', []);
  return named.join(' ');
}

/** @param {string} sentence @param {readonly string[]} unknown */
function wrong(sentence, unknown) {
  return Object.assign(new KeptError('bad_request', sentence), { unknown });
}

/** 88 bits with the last four made the checksum of the others. @param {bigint} number */
function checked(number) {
  const plain = (number >> 4n) << 4n;
  const bytes = Uint8Array.from({ length: BYTES }, (_, i) =>
    Number(BigInt.asUintN(8, plain >> BigInt(8 * (BYTES - 1 - i)))),
  );
  return plain | BigInt(/** @type {number} */ (sha256Now(utf8('kept/handover-check\0'), bytes)[0]) >> 4);
}

/**
 * What the first three words name, as the server is asked by it.
 * @param {string} words read
 * @returns {Bytes} 16
 */
export function nameOf(words) {
  return sha256Now(utf8('kept/handover-name\0'), utf8(words.split(' ').slice(0, NAMING).join(' '))).slice(
    0,
    NAME_BYTES,
  );
}

/** Fresh parameters for the five words: always the same cost, so that a made-up answer looks like a real one. @returns {HandoverKdf} */
export function newKdf() {
  return { alg: 'argon2id', m: DEFAULT.m, p: 1, salt: b64(random(SALT_BYTES)), t: DEFAULT.t };
}

/**
 * Throws `kdf_refused` for anything but a whole, allowed `kdf`.
 * @param {unknown} kdf
 * @param {import('./kdf.js').Policy} policy
 * @returns {HandoverKdf}
 */
export function checkKdf(kdf, policy) {
  const refused = new KeptError('kdf_refused');
  if (typeof kdf !== 'object' || kdf === null || Object.keys(kdf).sort().join() !== 'alg,m,p,salt,t') throw refused;
  const { alg, m, p, salt, t } = /** @type {HandoverKdf} */ (kdf);
  const isWithin =
    Number.isSafeInteger(m) &&
    Number.isSafeInteger(t) &&
    m >= policy.floor.m &&
    m <= policy.ceiling.m &&
    t >= policy.floor.t &&
    t <= policy.ceiling.t;
  if (alg !== 'argon2id' || p !== 1 || !isWithin || typeof salt !== 'string') throw refused;
  try {
    if (unb64(salt).length === SALT_BYTES) return { alg, m, p, salt, t };
  } catch {
    // Said below.
  }
  throw refused;
}

/**
 * The proof for the server and the key of the parts. One Argon2id.
 * @param {import('./argon2.js').Argon2id} argon2
 * @param {string} words read
 * @param {HandoverKdf} kdf checked
 * @param {import('./argon2.js').OnProgress} [onProgress]
 * @returns {Promise<{auth: Bytes, key: Bytes}>}
 */
export async function openerOf(argon2, words, kdf, onProgress) {
  const salted = canon({ name: b64(nameOf(words)), salt: kdf.salt });
  const salt = sha256Now(utf8('kept/handover-salt\0'), salted).slice(0, SALT_BYTES);
  const root = await argon2(utf8(words.split(' ').slice(NAMING).join(' ')), salt, { m: kdf.m, t: kdf.t }, onProgress);
  const material = await importHkdfKey(root);
  root.fill(0);
  const told = canon({ ...kdf });
  return {
    auth: await hkdf(material, 'kept/handover-auth\0', told),
    key: await hkdf(material, 'kept/handover-key\0', told),
  };
}

/** How many sealed parts a file of `size` bytes makes, its slip among them. @param {number} size */
export function partsOf(size) {
  return partCount(size) + 1;
}

/** @param {string} handover @param {number} parts */
function slipHeader(handover, parts) {
  return { handover, part: parts - 1, parts };
}

/** The sealed size of a slip. @param {string} handover @param {number} parts */
export function sealedSlipBytes(handover, parts) {
  return envelope.prefix(envelope.SUITE_KEY, 'handover', slipHeader(handover, parts)).length + sealedBytes(SLIP_PADDED);
}

/**
 * The slip, the last part.
 * @param {import('./files.js').HandoverPlace} place
 * @param {Slip} slip
 * @param {{salt?: Bytes}} [options] only vectors give a salt
 * @returns {Promise<Bytes>}
 */
export async function sealSlip({ handover, key }, slip, options) {
  const plaintext = padVersion(canon({ ...slip, t: SLIP }));
  return envelope.seal(await importKey(key), 'handover', slipHeader(handover, partsOf(slip.size)), plaintext, options);
}

/**
 * Throws `not_opened` for a slip that is none, or that does not fit the number of parts.
 * @param {import('./files.js').HandoverPlace} place
 * @param {number} parts
 * @param {Uint8Array} sealed
 * @returns {Promise<Slip>}
 */
export async function openSlip({ handover, key }, parts, sealed) {
  const raw = unpad(await envelope.open(await importKey(key), sealed, 'handover', slipHeader(handover, parts)));
  const { made_at, name, sha256, size, t, ...more } = asObject(raw);
  const isWhole = t === SLIP && !Object.keys(more).length && typeof name === 'string' && typeof sha256 === 'string';
  if (!isWhole || typeof size !== 'number' || size < 0 || typeof made_at !== 'number' || partsOf(size) !== parts)
    throw new KeptError('not_opened');
  return { made_at, name, sha256, size };
}

/** @param {Bytes} raw */
function asObject(raw) {
  try {
    return parseObject(raw);
  } catch {
    throw new KeptError('not_opened');
  }
}
