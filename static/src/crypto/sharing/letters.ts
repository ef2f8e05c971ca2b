/**
 * Letters from an advocate to a keeper: a question about an entry, an entry written down for them, or a part of a file.
 * docs/formats.md, section 8. Python twin: diary/ledger/sharing/letters.py. A letter changes nothing by itself: the
 * keeper's own device acts on it as the keeper decides.
 */
import { b64, unb64 } from '../../core/bytes.js';
import {
  LETTER_ANSWER_LIMIT_CHARACTERS,
  LETTER_FILE_NAME_LIMIT_CHARACTERS,
  LETTER_FILE_PARTS_LIMIT,
  LETTER_FILE_PART_BYTES,
  LETTER_PROMPT_LIMIT_CHARACTERS,
  LETTER_TURNS_LIMIT,
  LETTER_WRITER_LIMIT_CHARACTERS,
} from '../../core/constants.js';
import { canonicalBytes, isObject, parseCanonicalObject } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { parseId } from '../../core/ids.js';
import { padVersion, unpad } from '../padding.js';
import { hpkeOpen, hpkeSeal } from '../hpke.js';
import { sign, verifyAuthorSignature } from '../signing.js';
import type { Bytes } from '../../core/bytes.js';
import type { Unchecked, JsonObject } from '../../core/encoding.js';

type LetterPlace = { diary: string; grant: string; letter: string };
export type LetterKind = 'question' | 'assisted' | 'file';
export type Letter = {
  diary: string;
  fields: JsonObject;
  from: string;
  grant: string;
  letter: string;
  made_at: number;
  t: string;
  what: LetterKind;
  sig: string;
};

const LETTER_TYPE = 'letter/v1';
const FIELD_NAMES = 'diary,fields,from,grant,letter,made_at,sig,t,what';
const LETTER_KINDS = ['question', 'assisted', 'file'];
/** The kinds of talk in which an entry can be written down. */
export const TALK_KINDS = ['call', 'video_call', 'meeting'];
/**
 * Prompts that do not put words in anybody's mouth. OWN_PROMPT is the adult's own question, typed as it was asked.
 */
export const PROMPTS = ['tell_me', 'what_happened_next', 'explain', 'describe'];
export const OWN_PROMPT = 'own';
/**
 * The fields of an assisted entry besides the words. For a child only the time fields: nothing is chosen from lists.
 */
const TIME_FIELDS = [
  'language',
  'occurred_end',
  'occurred_local',
  'occurred_start',
  'precision',
  'time_source',
  'tz',
  'utc_offset_min',
];
const LIST_FIELDS = ['behaviours', 'channel', 'place_category', 'who'];
const FILE_PART_FIELDS = 'at,by,bytes,file,name,part,parts,sha256,size,source';
const ASSISTED_FIELDS = 'by,held_at,how,incident,read_back,turns,tz,under_18';
/** Initials or a short name: letters, and the punctuation that may separate them. */
const WRITER_PATTERN = /^\p{L}[\p{L} .'-]*$/u;

export function letterHeader({ diary, grant, letter }: LetterPlace): JsonObject {
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
  place: LetterPlace,
  content: Pick<Letter, 'fields' | 'from' | 'made_at' | 'what'>,
): Promise<Bytes> {
  const unsigned = { ...content, diary: place.diary, grant: place.grant, letter: place.letter, t: LETTER_TYPE };
  const letter = { ...unsigned, sig: b64(await sign(author.key, canonicalBytes(unsigned))) };
  await checkLetter(letter, author.pub, place);
  return hpkeSeal(keeperPub, 'letter', letterHeader(place), padVersion(canonicalBytes(letter)));
}

/**
 * Open a letter and verify that it was written for these ids by this key. Throws `not_opened` and `bad_signature`.
 * @param scalar the keeper's
 */
export async function openLetter(
  scalar: Bytes,
  sealed: Uint8Array,
  place: LetterPlace,
  writerPub: Bytes,
): Promise<Letter> {
  const plaintext = await hpkeOpen(scalar, sealed, 'letter', letterHeader(place));
  let openedLetter;
  try {
    openedLetter = parseCanonicalObject(unpad(plaintext)) as Letter;
  } catch {
    throw new KeptError('not_opened');
  }
  await checkLetter(openedLetter, writerPub, place);
  return openedLetter;
}

/** Check that it is a letter for these ids, signed by this key. Throws `bad_signature`. */
export async function checkLetter(letter: Unchecked<Letter>, writerPub: Bytes, place: LetterPlace) {
  if (!isLetter(letter)) throw new KeptError('bad_signature', 'That is not a letter.');
  if (letter.diary !== place.diary || letter.grant !== place.grant || letter.letter !== place.letter) {
    throw new KeptError('bad_signature', 'That letter is for another place.');
  }
  const { sig, ...fields } = letter;
  await verifyAuthorSignature(writerPub, canonicalBytes(fields), unb64(sig));
}

function isLetter(letter: Unchecked<Letter>): letter is Letter {
  try {
    if (
      Object.keys(letter).sort().join() !== FIELD_NAMES ||
      letter.t !== LETTER_TYPE ||
      !LETTER_KINDS.includes(letter.what as string)
    )
      return false;
    if (!isObject(letter.fields) || !Number.isSafeInteger(letter.made_at)) return false;
    if (letter.what === 'assisted') return isAssisted(letter.fields);
    if (letter.what === 'file') return isFilePart(letter.fields);
    const { about, text, ...otherFields } = letter.fields;
    return Boolean(parseId(about)) && typeof text === 'string' && text.length > 0 && !Object.keys(otherFields).length;
  } catch {
    return false;
  }
}

/** @param fields who typed, in what kind of talk and when; each prompt and answer, in order */
function isAssisted(fields: JsonObject): boolean {
  if (Object.keys(fields).sort().join() !== ASSISTED_FIELDS) return false;
  const { by: writer, held_at, how: talkKind, incident, read_back, turns, tz, under_18 } = fields;
  if (
    typeof read_back !== 'boolean' ||
    typeof under_18 !== 'boolean' ||
    !Number.isSafeInteger(held_at) ||
    (held_at as number) < 0 ||
    !TALK_KINDS.includes(talkKind as string)
  )
    return false;
  if (!isText(tz, 64) || !isWriter(writer)) return false;
  if (!Array.isArray(turns) || !turns.length || turns.length > LETTER_TURNS_LIMIT || !isObject(incident)) return false;
  const allowedFields = under_18 ? TIME_FIELDS : [...TIME_FIELDS, ...LIST_FIELDS];
  return (
    Object.keys(incident).every((name) => allowedFields.includes(name)) &&
    turns.every((turn) => isTurn(turn, under_18)) &&
    turns.some(({ said: answer }) => answer)
  );
}

/** @param fields who collected the file, when and where, its name and digest, and the bytes of one part */
function isFilePart(fields: JsonObject): boolean {
  if (Object.keys(fields).sort().join() !== FILE_PART_FIELDS) return false;
  const { at, by: writer, bytes, file, name, part, parts, sha256, size, source } = fields;
  if (!isCount(at) || !isCount(part) || !isCount(parts) || !isCount(size)) return false;
  if (!(part < parts && parts <= LETTER_FILE_PARTS_LIMIT) || parts !== Math.ceil(size / LETTER_FILE_PART_BYTES))
    return false;
  if (!isWriter(writer) || ![name, source].every((text) => isText(text, LETTER_FILE_NAME_LIMIT_CHARACTERS)))
    return false;
  parseId(file);
  return (
    unb64(String(sha256)).length === 32 &&
    unb64(String(bytes)).length === Math.min(LETTER_FILE_PART_BYTES, size - part * LETTER_FILE_PART_BYTES)
  );
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isWriter = (value: unknown) =>
  isText(value, LETTER_WRITER_LIMIT_CHARACTERS) && WRITER_PATTERN.test(value as string);

/** With somebody under 18 every answer has a prompt, so each prompt is on record. */
function isTurn(turn: unknown, under18: boolean) {
  if (!isObject(turn) || Object.keys(turn).sort().join() !== 'asked,said,words') return false;
  const { asked: prompt, said: answer, words } = turn;
  if (
    ![...PROMPTS, OWN_PROMPT, ...(under18 ? [] : [''])].includes(prompt as string) ||
    typeof answer !== 'string' ||
    characterCount(answer) > LETTER_ANSWER_LIMIT_CHARACTERS
  )
    return false;
  return prompt === OWN_PROMPT ? isText(words, LETTER_PROMPT_LIMIT_CHARACTERS) : words === '';
}

/** Counts code points, as the Python twin does. */
const characterCount = (text: string) => [...text].length;

function isText(value: unknown, maxCharacters: number) {
  return typeof value === 'string' && value.length > 0 && characterCount(value) <= maxCharacters;
}
