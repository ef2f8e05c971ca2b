/**
 * Eight words, and the handover they open: docs/formats.md, section 8. Python twin: diary/crypto/handover.py.
 *
 * [Note: eight words] Three words name a sealed pack on the server, five open it. The words never leave the phone and
 * the page: the server gets a digest of the three, and a proof derived from the five by Argon2id. The key of the
 * parts is another branch of the same root, so the server can admit somebody and still not read what it gives out.
 */
import { b64, randomBytes, unb64, utf8 } from '../../core/bytes.js';
import { HANDOVER_NAME_WORDS, HANDOVER_WORDS } from '../../core/constants.js';
import { canonicalBytes, parseCanonicalObject } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { importKey, sealedLength } from '../cobblestone.js';
import { hkdf, importHkdfKey, sha256Sync } from '../digests.js';
import * as envelope from '../envelope.js';
import { partCount } from '../files.js';
import { DEFAULT_COST } from '../kdf.js';
import { padVersion, unpad } from '../padding.js';
import { wordList } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { Argon2id, OnProgress } from '../argon2.js';
import type { HandoverPlace } from '../files.js';
import type { KdfPolicy } from '../kdf.js';

type HandoverKdf = { alg: 'argon2id'; m: number; p: 1; salt: string; t: number };
/** `name`: as the file was called; `size` in bytes; `sha256` in hex; `made_at` in ms */
export type Slip = { name: string; size: number; sha256: string; made_at: number };

const RAW_BYTES = 11;
const SALT_BYTES = 16;
const NAME_BYTES = 16;
const SLIP_TYPE = 'handover/v1';
const SLIP_PADDED_BYTES = 4096;

/** Return eight new words: 84 random bits and a 4-bit checksum. */
export async function newHandoverWords(): Promise<string> {
  return handoverWordsOf(randomBytes(RAW_BYTES));
}

/** Return the words of 11 bytes, whose last four bits become the checksum. */
export async function handoverWordsOf(raw: Uint8Array): Promise<string> {
  const words = await wordList();
  const number = withChecksum(raw.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n));
  return Array.from(
    { length: HANDOVER_WORDS },
    (_, i) => words[Number(BigInt.asUintN(11, number >> BigInt(11 * (HANDOVER_WORDS - 1 - i))))],
  ).join(' ');
}

/**
 * Normalise typed words for derivation. Throws `bad_request`: `unknown` holds the words that are not in the list, and
 * is empty when all are in the list but the checksum is wrong.
 */
export async function parseHandoverWords(text: string): Promise<string> {
  const words = await wordList();
  const typedWords = text
    .toLowerCase()
    .split(/[\p{White_Space}\ufeff,]+/u)
    .filter(Boolean);
  const wordIndexes = typedWords.map((word) => words.indexOf(word));
  const unknown = typedWords.filter((_, i) => wordIndexes[i] === -1);
  if (typedWords.length !== HANDOVER_WORDS || unknown.length)
    throw invalidWords('These are not eight words of the list.', unknown);
  const number = wordIndexes.reduce((sum, wordIndex) => sum * 2048n + BigInt(wordIndex), 0n);
  if (withChecksum(number) !== number)
    throw invalidWords('One of the words is wrong, or they are not in the right order.', []);
  return typedWords.join(' ');
}

function invalidWords(sentence: string, unknown: readonly string[]) {
  return Object.assign(new KeptError('bad_request', sentence), { unknown });
}

/** Replace the last four of 88 bits with the checksum of the others. */
function withChecksum(number: bigint) {
  const dataBits = (number >> 4n) << 4n;
  const bytes = Uint8Array.from({ length: RAW_BYTES }, (_, i) =>
    Number(BigInt.asUintN(8, dataBits >> BigInt(8 * (RAW_BYTES - 1 - i)))),
  );
  return dataBits | BigInt((sha256Sync(utf8('kept/handover-check\0'), bytes)[0] as number) >> 4);
}

/**
 * Return the name that the first three words give the handover on the server.
 * @param words normalised
 * @returns 16 bytes
 */
export function deriveHandoverName(words: string): Bytes {
  return sha256Sync(utf8('kept/handover-name\0'), utf8(words.split(' ').slice(0, HANDOVER_NAME_WORDS).join(' '))).slice(
    0,
    NAME_BYTES,
  );
}

/** Return new parameters for the five words. The cost is constant, so a made-up response looks like a real one. */
export function newHandoverKdf(): HandoverKdf {
  return { alg: 'argon2id', m: DEFAULT_COST.m, p: 1, salt: b64(randomBytes(SALT_BYTES)), t: DEFAULT_COST.t };
}

/** Validate a handover `kdf`. Throws `kdf_refused` unless it is complete and allowed. */
export function checkHandoverKdf(kdf: unknown, policy: KdfPolicy): HandoverKdf {
  const refusal = new KeptError('kdf_refused');
  if (typeof kdf !== 'object' || kdf === null || Object.keys(kdf).sort().join() !== 'alg,m,p,salt,t') throw refusal;
  const { alg, m, p, salt, t } = kdf as HandoverKdf;
  const isWithin =
    Number.isSafeInteger(m) &&
    Number.isSafeInteger(t) &&
    m >= policy.floor.m &&
    m <= policy.ceiling.m &&
    t >= policy.floor.t &&
    t <= policy.ceiling.t;
  if (alg !== 'argon2id' || p !== 1 || !isWithin || typeof salt !== 'string') throw refusal;
  try {
    if (unb64(salt).length === SALT_BYTES) return { alg, m, p, salt, t };
  } catch {
    // Refused below.
  }
  throw refusal;
}

/**
 * Derive the proof for the server and the key of the parts. One Argon2id.
 * @param words normalised
 * @param kdf checked
 */
export async function deriveHandoverKeys(
  argon2: Argon2id,
  words: string,
  kdf: HandoverKdf,
  onProgress?: OnProgress,
): Promise<{ auth: Bytes; key: Bytes }> {
  const saltInput = canonicalBytes({ name: b64(deriveHandoverName(words)), salt: kdf.salt });
  const salt = sha256Sync(utf8('kept/handover-salt\0'), saltInput).slice(0, SALT_BYTES);
  const root = await argon2(
    utf8(words.split(' ').slice(HANDOVER_NAME_WORDS).join(' ')),
    salt,
    { m: kdf.m, t: kdf.t },
    onProgress,
  );
  const material = await importHkdfKey(root);
  root.fill(0);
  const kdfBytes = canonicalBytes({ ...kdf });
  return {
    auth: await hkdf(material, 'kept/handover-auth\0', kdfBytes),
    key: await hkdf(material, 'kept/handover-key\0', kdfBytes),
  };
}

/** Return the number of sealed parts of a file of `size` bytes, including its slip. */
export function handoverPartCount(size: number) {
  return partCount(size) + 1;
}

function slipHeader(handover: string, parts: number) {
  return { handover, part: parts - 1, parts };
}

/** Return the sealed size of a slip. */
export function sealedSlipLength(handover: string, parts: number) {
  return (
    envelope.makePrefix(envelope.SUITE_KEY, 'handover', slipHeader(handover, parts)).length +
    sealedLength(SLIP_PADDED_BYTES)
  );
}

/**
 * Seal the slip, the last part.
 * @param options only test vectors pass a salt
 */
export async function sealSlip(
  { handover, key }: HandoverPlace,
  slip: Slip,
  options?: { salt?: Bytes },
): Promise<Bytes> {
  const plaintext = padVersion(canonicalBytes({ ...slip, t: SLIP_TYPE }));
  return envelope.seal(
    await importKey(key),
    'handover',
    slipHeader(handover, handoverPartCount(slip.size)),
    plaintext,
    options,
  );
}

/** Open a slip. Throws `not_opened` when it is invalid or does not match the number of parts. */
export async function openSlip({ handover, key }: HandoverPlace, parts: number, sealed: Uint8Array): Promise<Slip> {
  const raw = unpad(await envelope.open(await importKey(key), sealed, 'handover', slipHeader(handover, parts)));
  const { made_at, name, sha256, size, t, ...otherFields } = parseSlip(raw);
  const isSlip =
    t === SLIP_TYPE && !Object.keys(otherFields).length && typeof name === 'string' && typeof sha256 === 'string';
  if (
    !isSlip ||
    typeof size !== 'number' ||
    size < 0 ||
    typeof made_at !== 'number' ||
    handoverPartCount(size) !== parts
  )
    throw new KeptError('not_opened');
  return { made_at, name, sha256, size };
}

function parseSlip(raw: Bytes) {
  try {
    return parseCanonicalObject(raw);
  } catch {
    throw new KeptError('not_opened');
  }
}
