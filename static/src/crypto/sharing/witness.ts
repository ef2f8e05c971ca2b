/**
 * Nine words for a witness, the keeper's request to them, and the one statement that comes back. docs/formats.md,
 * section 8. Python twins: diary/crypto/witness.py and diary/ledger/witnesses.py.
 *
 * [Note: nine words] The server gets a name that Argon2id derives from the first four words, under another label than
 * the key that seals the request: it can find the row but not read or forge it. The other five are the first of the
 * keeper's nine, so the page refuses a key that the server put in the keeper's place. The statement carries a proof
 * that only the four words give. The five are part of the salt, with the address, so a table of all codes would have
 * to be made anew for each keeper. Codes of seven words (three of the key, only the address in the salt) are accepted
 * until the last of them has expired; new ones are not made.
 */
import { b64, random, unb64, utf8 } from '../../core/bytes.js';
import { canon, isObject, parseObject } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { parseId } from '../../core/ids.js';
import { importKey } from '../cobblestone.js';
import { hkdf, importHkdfKey, sha256Now } from '../digests.js';
import * as envelope from '../envelope.js';
import { fingerprint, fingerprintWords } from './fingerprints.js';
import { DEFAULT } from '../kdf.js';
import { padVersion, unpad } from '../padding.js';
import { openFrom, sealTo } from '../people.js';
import { wordList } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { Claimed, JsonObject } from '../../core/encoding.js';
import type { Argon2id } from '../argon2.js';

export type Code = { name: Bytes; key: Bytes; proof: Bytes };
export type Asked = { ecdsa_pub: string; hpke_pub: string; made_at: number; name: string; note: string; until: number };
export type Fields = { contact: string; name: string; saw_how: string; when: string; words: string };
/** One upload with every file, one after another */
export type Files = { key: string; list: { name: string; size: number; type: string }[]; upload: string };
export type Said = { fields: Fields; files: Files | null; made_at: number };
/** As they are sealed */
type Asking = Asked & { t: string };
type Statement = Said & { proof: string; t: string; witness: string };

export const WORDS = 9;
const CODE = 4;
const BYTES = 5;
const KEY_WORDS = 5;
const OLD_KEY_WORDS = 3;
const TEXT_LIMIT = 400;
const ASKING = 'asking/v1';
const STATEMENT = 'statement/v1';
export const SAW = ['saw', 'heard', 'saw_me_after', 'was_told', 'received_it', 'other'];
export const FILES_MOST = 5;
const LIMITS = Object.entries({ contact: 300, name: 120, when: 300, words: 20_000 });

/**
 * Return new words for a witness.
 * @param fingerprintBytes the keeper's
 * @returns nine words, 40 bits of them random
 */
export async function newWitnessWords(print: Uint8Array): Promise<string> {
  return witnessWordsOf(random(BYTES), print);
}

/** @param raw five bytes */
export async function witnessWordsOf(raw: Uint8Array, print: Uint8Array) {
  const words = await wordList();
  const keyWords = (await fingerprintWords(print)).split(' ').slice(0, KEY_WORDS).join(' ');
  const number = (raw.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) << 4n) | BigInt(checkOf(raw, keyWords));
  const code = Array.from(
    { length: CODE },
    (_, i) => words[Number(BigInt.asUintN(11, number >> BigInt(11 * (CODE - 1 - i))))],
  );
  return [...code, keyWords].join(' ');
}

/** Split typed words into the code and the key words. Throws `bad_request`; `unknown` holds words not in the list. */
export async function readWitnessWords(text: string): Promise<{ code: string; keyWords: string }> {
  const words = await wordList();
  const named = text.length <= TEXT_LIMIT ? (text.toLowerCase().match(/[a-z]+/g) ?? []) : [];
  const places = named.map((word) => words.indexOf(word));
  const unknown = named.filter((_, i) => places[i] === -1);
  if (![WORDS, CODE + OLD_KEY_WORDS].includes(named.length) || unknown.length)
    throw wrong('These are not nine words of the list.', unknown);
  const number = places.slice(0, CODE).reduce((sum, place) => (sum << 11n) | BigInt(place), 0n);
  const raw = Uint8Array.from({ length: BYTES }, (_, i) =>
    Number(BigInt.asUintN(8, number >> BigInt(4 + 8 * (BYTES - 1 - i)))),
  );
  const keyWords = named.slice(CODE).join(' ');
  if (Number(number & 15n) !== checkOf(raw, keyWords))
    throw wrong('One of the words is wrong, or they are not in the right order.', []);
  return { code: named.slice(0, CODE).join(' '), keyWords };
}

function wrong(sentence: string, unknown: readonly string[]) {
  return Object.assign(new KeptError('bad_request', sentence), { unknown });
}

/** Covers the key words too, except for an old code. */
function checkOf(raw: Uint8Array, keyWords: string) {
  return (sha256Now(utf8('kept/witness-check\0'), raw, utf8(isOld(keyWords) ? '' : keyWords))[0] as number) >> 4;
}

const isOld = (keyWords: string) => keyWords.split(' ').length === OLD_KEY_WORDS;

/**
 * Derive name, key and proof from the words, for one server's address. One Argon2id.
 * @param words parsed
 * @param address of the page where the words are typed
 */
export async function deriveCode(
  argon2: Argon2id,
  { code, keyWords }: { code: string; keyWords: string },
  address: string,
  cost: { m: number; t: number } = DEFAULT,
): Promise<Code> {
  const label = isOld(keyWords) ? 'kept/witness-salt\0' : `kept/witness-salt/v2\0${keyWords}\0`;
  const root = await argon2(utf8(code), sha256Now(utf8(label), utf8(address)).slice(0, 16), { m: cost.m, t: cost.t });
  const material = await importHkdfKey(root);
  root.fill(0);
  const [name, key, proof] = await Promise.all(
    ['name', 'key', 'proof'].map((what) => hkdf(material, `kept/witness-${what}\0`)),
  );
  return {
    name: (name as Bytes).slice(0, 16),
    key: key as Bytes,
    proof: proof as Bytes,
  };
}

const askingHeader = (witness: string) => ({ t: 'asking', witness });
const statementHeader = (witness: string) => ({ t: 'statement', witness });

/** Seal the keeper's request. Throws `not_opened` when it is invalid. */
export async function sealAsking(code: Code, witness: string, asked: Asked): Promise<Bytes> {
  const told = { ...asked, t: ASKING };
  if (!isAsking(told)) throw new KeptError('not_opened');
  return envelope.seal(await importKey(code.key), 'asking', askingHeader(witness), padVersion(canon(told)));
}

/** Open the keeper's request. Throws `not_opened`, and `wrong_keys` when its keys do not match the key words. */
export async function openAsking(code: Code, keyWords: string, witness: string, sealed: Uint8Array): Promise<Asked> {
  const told = asObject(await envelope.open(await importKey(code.key), sealed, 'asking', askingHeader(witness)));
  if (!isAsking(told)) throw new KeptError('not_opened');
  const named = (await fingerprintWords(fingerprint(unb64(told.ecdsa_pub), unb64(told.hpke_pub))))
    .split(' ')
    .slice(0, keyWords.split(' ').length)
    .join(' ');
  if (named !== keyWords) throw new KeptError('wrong_keys');
  return told;
}

/**
 * Seal the witness's statement. Throws `not_opened` when it is invalid.
 * @param hpkePub the keeper's
 */
export async function sealStatement(code: Code, hpkePub: Uint8Array, witness: string, said: Said): Promise<Bytes> {
  const told = { ...said, proof: b64(code.proof), t: STATEMENT, witness };
  if (!isStatement(told)) throw new KeptError('not_opened');
  return sealTo(hpkePub as Bytes, 'letter', statementHeader(witness), padVersion(canon(told)));
}

/**
 * Open the witness's statement; `verified`: the writer had the code.
 * @param proof b64
 */
export async function openStatement(
  scalar: Bytes,
  proof: string,
  witness: string,
  sealed: Uint8Array,
): Promise<{ said: Said; verified: boolean }> {
  const told = asObject(await openFrom(scalar, sealed, 'letter', statementHeader(witness)));
  if (!isStatement(told) || told.witness !== witness) throw new KeptError('not_opened');
  const { fields, files, made_at } = told;
  return { said: { fields, files, made_at }, verified: told.proof === proof };
}

function asObject(plaintext: Bytes): JsonObject {
  try {
    return parseObject(unpad(plaintext));
  } catch {
    throw new KeptError('not_opened');
  }
}

const isText = (value: unknown, most: number) => typeof value === 'string' && [...value].length <= most;
const isTime = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;

function isAsking(told: Claimed<Asking>): told is Asking {
  return (
    Object.keys(told).sort().join() === 'ecdsa_pub,hpke_pub,made_at,name,note,t,until' &&
    told.t === ASKING &&
    isText(told.name, 80) &&
    isText(told.note, 500) &&
    isTime(told.made_at) &&
    isTime(told.until) &&
    [told.ecdsa_pub, told.hpke_pub].every((key) => typeof key === 'string' && key.length === 87)
  );
}

function isStatement(told: Claimed<Statement>): told is Statement {
  if (
    Object.keys(told).sort().join() !== 'fields,files,made_at,proof,t,witness' ||
    told.t !== STATEMENT ||
    typeof told.proof !== 'string' ||
    !isObject(told.fields)
  )
    return false;
  const { fields, files } = told;
  if (
    Object.keys(fields).sort().join() !== 'contact,name,saw_how,when,words' ||
    !SAW.includes(fields.saw_how as string) ||
    !fields.words
  )
    return false;
  return (
    LIMITS.every(([name, most]) => isText(fields[name], most)) &&
    isTime(told.made_at) &&
    (files === null || areFiles(files))
  );
}

function areFiles(files: unknown) {
  if (!isObject(files) || Object.keys(files).sort().join() !== 'key,list,upload') return false;
  const { key, list, upload } = files;
  try {
    parseId(upload);
    if (unb64(key as string).length !== 32) return false;
  } catch {
    return false;
  }
  return (
    Array.isArray(list) &&
    list.length > 0 &&
    list.length <= FILES_MOST &&
    list.every(
      (one) =>
        isObject(one) &&
        Object.keys(one).sort().join() === 'name,size,type' &&
        isTime(one.size) &&
        isText(one.name, 255) &&
        isText(one.type, 255),
    )
  );
}
