/**
 * Letters from an advocate to a keeper: a question about an entry, or an entry written down for them.
 * docs/formats.md, section 8. Python twin: diary/ledger/letters.py. A letter changes nothing by itself: the keeper's
 * own device acts on it as the keeper decides.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { canon, isObject, parseObject } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { parseId } from '../../core/ids.js';
import { padVersion, unpad } from '../padding.js';
import { openFrom, sealTo } from '../people.js';
import { sign, verifyAuthor } from '../signing.js';
import type { Bytes } from '../../core/bytes.js';
import type { Claimed, JsonObject } from '../../core/encoding.js';

type Place = { diary: string; grant: string; letter: string };
export type Letter = {
  diary: string;
  fields: JsonObject;
  from: string;
  grant: string;
  letter: string;
  made_at: number;
  t: string;
  what: 'question' | 'assisted';
  sig: string;
};

const TYPE = 'letter/v1';
const NAMES = 'diary,fields,from,grant,letter,made_at,sig,t,what';
const KINDS = ['question', 'assisted'];
/** The kinds of talk in which an entry can be written down. */
export const HOW = ['call', 'video_call', 'meeting'];
/**
 * Prompts that do not put words in anybody's mouth. OWN_PROMPT is the adult's own question, typed as it was asked.
 */
export const PROMPTS = ['tell_me', 'what_happened_next', 'explain', 'describe'];
export const OWN = 'own';
const TURNS_LIMIT = 100;
const SAID_LIMIT = 20_000;
const ASKED_LIMIT = 2_000;
/**
 * The fields of an assisted entry besides the words. For a child only the time fields: nothing is chosen from lists.
 */
const WHEN = [
  'language',
  'occurred_end',
  'occurred_local',
  'occurred_start',
  'precision',
  'time_source',
  'tz',
  'utc_offset_min',
];
const CHOSEN = ['behaviours', 'channel', 'place_category', 'who'];
const ASSISTED = 'by,held_at,how,incident,read_back,turns,tz,under_18';
const BY_LIMIT = 12;
/** Initials or a short name: letters, and the punctuation that may separate them. */
const BY = /^\p{L}[\p{L} .'-]*$/u;

export function letterHeader({ diary, grant, letter }: Place): JsonObject {
  return { diary, grant, letter, t: 'letter' };
}

/**
 * Sign and seal a letter.
 * @param author the advocate's, `key` from `importSigningKey`
 * @param keeperPub the keeper's HPKE key
 */
export async function sealLetter(
  author: { key: CryptoKey; pub: Bytes },
  keeperPub: Bytes,
  place: Place,
  said: Pick<Letter, 'fields' | 'from' | 'made_at' | 'what'>,
): Promise<Bytes> {
  const whole = { ...said, diary: place.diary, grant: place.grant, letter: place.letter, t: TYPE };
  const letter = { ...whole, sig: b64(await sign(author.key, canon(whole))) };
  await checkLetter(letter, author.pub, place);
  return sealTo(keeperPub, 'letter', letterHeader(place), padVersion(canon(letter)));
}

/**
 * Open a letter and verify that it was written for these ids by this key. Throws `not_opened` and `bad_signature`.
 * @param scalar the keeper's
 */
export async function openLetter(scalar: Bytes, sealed: Uint8Array, place: Place, writerPub: Bytes): Promise<Letter> {
  const plaintext = await openFrom(scalar, sealed, 'letter', letterHeader(place));
  let said;
  try {
    said = parseObject(unpad(plaintext)) as Letter;
  } catch {
    throw new KeptError('not_opened');
  }
  await checkLetter(said, writerPub, place);
  return said;
}

/** Check that it is a letter for these ids, signed by this key. Throws `bad_signature`. */
export async function checkLetter(said: Claimed<Letter>, writerPub: Bytes, place: Place) {
  if (!isLetter(said)) throw new KeptError('bad_signature', 'That is not a letter.');
  if (said.diary !== place.diary || said.grant !== place.grant || said.letter !== place.letter) {
    throw new KeptError('bad_signature', 'That letter is for another place.');
  }
  const { sig, ...fields } = said;
  await verifyAuthor(writerPub, canon(fields), unb64(sig));
}

function isLetter(said: Claimed<Letter>): said is Letter {
  try {
    if (Object.keys(said).sort().join() !== NAMES || said.t !== TYPE || !KINDS.includes(said.what as string))
      return false;
    if (!isObject(said.fields) || !Number.isSafeInteger(said.made_at)) return false;
    if (said.what === 'assisted') return isAssisted(said.fields);
    const { about, text, ...more } = said.fields;
    return Boolean(parseId(about)) && typeof text === 'string' && text.length > 0 && !Object.keys(more).length;
  } catch {
    return false;
  }
}

/** @param fields who typed, in what kind of talk and when; each prompt and answer, in order */
function isAssisted(fields: JsonObject): boolean {
  if (Object.keys(fields).sort().join() !== ASSISTED) return false;
  const { by, held_at, how, incident, read_back, turns, tz, under_18 } = fields;
  if (
    typeof read_back !== 'boolean' ||
    typeof under_18 !== 'boolean' ||
    !Number.isSafeInteger(held_at) ||
    (held_at as number) < 0 ||
    !HOW.includes(how as string)
  )
    return false;
  if (!isText(tz, 64) || !isText(by, BY_LIMIT) || !BY.test(by as string)) return false;
  if (!Array.isArray(turns) || !turns.length || turns.length > TURNS_LIMIT || !isObject(incident)) return false;
  const allowed = under_18 ? WHEN : [...WHEN, ...CHOSEN];
  return (
    Object.keys(incident).every((name) => allowed.includes(name)) &&
    turns.every((one) => isTurn(one, under_18)) &&
    turns.some(({ said }) => said)
  );
}

/** With somebody under 18 every answer has a prompt, so each prompt is on record. */
function isTurn(one: unknown, under18: boolean) {
  if (!isObject(one) || Object.keys(one).sort().join() !== 'asked,said,words') return false;
  const { asked, said, words } = one;
  if (
    ![...PROMPTS, OWN, ...(under18 ? [] : [''])].includes(asked as string) ||
    typeof said !== 'string' ||
    lengthOf(said) > SAID_LIMIT
  )
    return false;
  return asked === OWN ? isText(words, ASKED_LIMIT) : words === '';
}

/** Counts code points, as the Python twin does. */
const lengthOf = (text: string) => [...text].length;

function isText(value: unknown, most: number) {
  return typeof value === 'string' && value.length > 0 && lengthOf(value) <= most;
}
