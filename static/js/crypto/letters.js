/**
 * What an advocate sends a keeper: a question about an entry, or an entry written down for them. docs/formats.md, section 8;
 * the twin of diary/ledger/letters.py. A letter changes nothing: the keeper's own device makes of it what the keeper says.
 */
import { b64, unb64 } from '../core/bytes.js';
import { canon, isObject, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { parseId } from '../core/ids.js';
import { padVersion, unpad } from './padding.js';
import { openFrom, sealTo } from './people.js';
import { sign, verifyAuthor } from './signing.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {{diary: string, grant: string, letter: string}} Place */
/** @typedef {{diary: string, fields: JsonObject, from: string, grant: string, letter: string, made_at: number, t: string, what: 'question'|'assisted', sig: string}} Letter */

const TYPE = 'letter/v1';
const NAMES = 'diary,fields,from,grant,letter,made_at,sig,t,what';
const KINDS = ['question', 'assisted'];

/** @param {Place} place @returns {JsonObject} */
export function letterHeader({ diary, grant, letter }) {
  return { diary, grant, letter, t: 'letter' };
}

/**
 * A letter in its envelope.
 * @param {{key: CryptoKey, pub: Bytes}} author the advocate's, from `importAuthor`
 * @param {Bytes} keeperPub the keeper's key one seals to
 * @param {Place} place
 * @param {Pick<Letter, 'fields'|'from'|'made_at'|'what'>} said
 * @returns {Promise<Bytes>}
 */
export async function sealLetter(author, keeperPub, place, said) {
  const whole = /** @type {any} */ ({ ...said, diary: place.diary, grant: place.grant, letter: place.letter, t: TYPE });
  const letter = { ...whole, sig: b64(await sign(author.key, canon(whole))) };
  await checkLetter(letter, author.pub, place);
  return sealTo(keeperPub, 'letter', letterHeader(place), padVersion(canon(letter)));
}

/**
 * What a letter says, when it was written for this place by this key. Throws `not_opened` and `bad_signature`.
 * @param {Bytes} scalar the keeper's
 * @param {Uint8Array} sealed
 * @param {Place} place
 * @param {Bytes} writerPub
 * @returns {Promise<Letter>}
 */
export async function openLetter(scalar, sealed, place, writerPub) {
  const plaintext = await openFrom(scalar, sealed, 'letter', letterHeader(place));
  let said;
  try {
    said = /** @type {any} */ (parseObject(unpad(plaintext)));
  } catch {
    throw new KeptError('not_opened');
  }
  await checkLetter(said, writerPub, place);
  return said;
}

/**
 * Returns when it is a letter for this place, signed by this key; throws `bad_signature`.
 * @param {any} said @param {Bytes} writerPub @param {Place} place
 */
export async function checkLetter(said, writerPub, place) {
  if (!isLetter(said)) throw new KeptError('bad_signature', 'That is not a letter.');
  if (said.diary !== place.diary || said.grant !== place.grant || said.letter !== place.letter) {
    throw new KeptError('bad_signature', 'That letter is for another place.');
  }
  const { sig, ...fields } = said;
  await verifyAuthor(writerPub, canon(fields), unb64(sig));
}

/** @param {any} said @returns {boolean} */
function isLetter(said) {
  try {
    if (Object.keys(said).sort().join() !== NAMES || said.t !== TYPE || !KINDS.includes(said.what)) return false;
    if (!isObject(said.fields) || !Number.isSafeInteger(said.made_at)) return false;
    if (said.what !== 'question') return true;
    const { about, text, ...more } = said.fields;
    return Boolean(parseId(about)) && typeof text === 'string' && text.length > 0 && !Object.keys(more).length;
  } catch {
    return false;
  }
}
