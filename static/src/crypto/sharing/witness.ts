/**
 * Nine words for a witness, the keeper's request to them, and the one statement that comes back. docs/formats.md,
 * section 8. Python twins: diary/crypto/witness_code.py and diary/ledger/sharing/witness_statements.py.
 *
 * [Note: nine words] The server gets a name that Argon2id derives from the first four words, under another label than
 * the key that seals the request: it can find the row but not read or forge it. The other five are the first of the
 * keeper's nine, so the page refuses a key that the server put in the keeper's place. The statement carries a proof
 * that only the four words give. The five are part of the salt, with the address, so a table of all codes would have
 * to be made anew for each keeper. Codes of seven words (three of the key, only the address in the salt) are accepted
 * until the last of them has expired; new ones are not made.
 */
import { b64, randomBytes, unb64, utf8 } from '../../core/bytes.js';
import {
  TYPED_CODE_LIMIT_CHARACTERS,
  WITNESS_CODE_WORDS,
  WITNESS_FILES_LIMIT,
  WITNESS_KEY_WORDS,
  WITNESS_OLD_KEY_WORDS,
} from '../../core/constants.js';
import { canonicalBytes, isObject, parseCanonicalObject } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { parseId } from '../../core/ids.js';
import { importKey } from '../cobblestone.js';
import { hkdf, importHkdfKey, sha256Sync } from '../digests.js';
import * as envelope from '../envelope.js';
import { fingerprint, fingerprintWords } from './fingerprints.js';
import { DEFAULT_COST } from '../kdf.js';
import { padVersion, unpad } from '../padding.js';
import { hpkeOpen, hpkeSeal } from '../hpke.js';
import { wordList } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { Unchecked, JsonObject } from '../../core/encoding.js';
import type { Argon2id } from '../argon2.js';

export type WitnessCode = { name: Bytes; key: Bytes; proof: Bytes };
export type WitnessRequest = {
  ecdsa_pub: string;
  hpke_pub: string;
  made_at: number;
  name: string;
  note: string;
  until: number;
};
export type WitnessFields = { contact: string; name: string; saw_how: string; when: string; words: string };
/** One upload with every file, one after another */
export type WitnessFiles = { key: string; list: { name: string; size: number; type: string }[]; upload: string };
export type WitnessReport = { fields: WitnessFields; files: WitnessFiles | null; made_at: number };
/** As they are sealed */
type WitnessRequestPlaintext = WitnessRequest & { t: string };
type WitnessStatement = WitnessReport & { proof: string; t: string; witness: string };

const WITNESS_WORDS = WITNESS_CODE_WORDS + WITNESS_KEY_WORDS;
const CODE_BYTES = 5;
const REQUEST_TYPE = 'asking/v1';
const STATEMENT_TYPE = 'statement/v1';
export const SAW_HOW_OPTIONS = ['saw', 'heard', 'saw_me_after', 'was_told', 'received_it', 'other'];
const FIELD_LIMITS = Object.entries({ contact: 300, name: 120, when: 300, words: 20_000 });

/**
 * Return new words for a witness.
 * @param fingerprintBytes the keeper's
 * @returns nine words, 40 bits of them random
 */
export async function newWitnessWords(fingerprintBytes: Uint8Array): Promise<string> {
  return witnessWordsOf(randomBytes(CODE_BYTES), fingerprintBytes);
}

/** @param raw five bytes */
export async function witnessWordsOf(raw: Uint8Array, fingerprintBytes: Uint8Array) {
  const words = await wordList();
  const keyWords = (await fingerprintWords(fingerprintBytes)).split(' ').slice(0, WITNESS_KEY_WORDS).join(' ');
  const number = (raw.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) << 4n) | BigInt(checksumOf(raw, keyWords));
  const code = Array.from(
    { length: WITNESS_CODE_WORDS },
    (_, i) => words[Number(BigInt.asUintN(11, number >> BigInt(11 * (WITNESS_CODE_WORDS - 1 - i))))],
  );
  return [...code, keyWords].join(' ');
}

/** Split typed words into the code and the key words. Throws `bad_request`; `unknown` holds words not in the list. */
export async function parseWitnessWords(text: string): Promise<{ code: string; keyWords: string }> {
  const words = await wordList();
  const typedWords = text.length <= TYPED_CODE_LIMIT_CHARACTERS ? (text.toLowerCase().match(/[a-z]+/g) ?? []) : [];
  const wordIndexes = typedWords.map((word) => words.indexOf(word));
  const unknown = typedWords.filter((_, i) => wordIndexes[i] === -1);
  if (![WITNESS_WORDS, WITNESS_CODE_WORDS + WITNESS_OLD_KEY_WORDS].includes(typedWords.length) || unknown.length)
    throw invalidWords('These are not nine words of the list.', unknown);
  const number = wordIndexes
    .slice(0, WITNESS_CODE_WORDS)
    .reduce((sum, wordIndex) => (sum << 11n) | BigInt(wordIndex), 0n);
  const raw = Uint8Array.from({ length: CODE_BYTES }, (_, i) =>
    Number(BigInt.asUintN(8, number >> BigInt(4 + 8 * (CODE_BYTES - 1 - i)))),
  );
  const keyWords = typedWords.slice(WITNESS_CODE_WORDS).join(' ');
  if (Number(number & 15n) !== checksumOf(raw, keyWords))
    throw invalidWords('One of the words is wrong, or they are not in the right order.', []);
  return { code: typedWords.slice(0, WITNESS_CODE_WORDS).join(' '), keyWords };
}

function invalidWords(sentence: string, unknown: readonly string[]) {
  return Object.assign(new KeptError('bad_request', sentence), { unknown });
}

/** Covers the key words too, except for an old code. */
function checksumOf(raw: Uint8Array, keyWords: string) {
  return (sha256Sync(utf8('kept/witness-check\0'), raw, utf8(isOldCode(keyWords) ? '' : keyWords))[0] as number) >> 4;
}

const isOldCode = (keyWords: string) => keyWords.split(' ').length === WITNESS_OLD_KEY_WORDS;

/**
 * Derive name, key and proof from the words, for one server's address. One Argon2id.
 * @param words parsed
 * @param address of the page where the words are typed
 */
export async function deriveCode(
  argon2: Argon2id,
  { code, keyWords }: { code: string; keyWords: string },
  address: string,
  cost: { m: number; t: number } = DEFAULT_COST,
): Promise<WitnessCode> {
  const label = isOldCode(keyWords) ? 'kept/witness-salt\0' : `kept/witness-salt/v2\0${keyWords}\0`;
  const root = await argon2(utf8(code), sha256Sync(utf8(label), utf8(address)).slice(0, 16), { m: cost.m, t: cost.t });
  const material = await importHkdfKey(root);
  root.fill(0);
  const [name, key, proof] = await Promise.all(
    ['name', 'key', 'proof'].map((purpose) => hkdf(material, `kept/witness-${purpose}\0`)),
  );
  return {
    name: (name as Bytes).slice(0, 16),
    key: key as Bytes,
    proof: proof as Bytes,
  };
}

const requestHeader = (witness: string) => ({ t: 'asking', witness });
const statementHeader = (witness: string) => ({ t: 'statement', witness });

/** Seal the keeper's request. Throws `not_opened` when it is invalid. */
export async function sealWitnessRequest(code: WitnessCode, witness: string, request: WitnessRequest): Promise<Bytes> {
  const document = { ...request, t: REQUEST_TYPE };
  if (!isWitnessRequest(document)) throw new KeptError('not_opened');
  return envelope.seal(
    await importKey(code.key),
    'asking',
    requestHeader(witness),
    padVersion(canonicalBytes(document)),
  );
}

/** Open the keeper's request. Throws `not_opened`, and `wrong_keys` when its keys do not match the key words. */
export async function openWitnessRequest(
  code: WitnessCode,
  keyWords: string,
  witness: string,
  sealed: Uint8Array,
): Promise<WitnessRequest> {
  const request = parsePlaintext(
    await envelope.open(await importKey(code.key), sealed, 'asking', requestHeader(witness)),
  );
  if (!isWitnessRequest(request)) throw new KeptError('not_opened');
  const expectedWords = (await fingerprintWords(fingerprint(unb64(request.ecdsa_pub), unb64(request.hpke_pub))))
    .split(' ')
    .slice(0, keyWords.split(' ').length)
    .join(' ');
  if (expectedWords !== keyWords) throw new KeptError('wrong_keys');
  return request;
}

/**
 * Seal the witness's statement. Throws `not_opened` when it is invalid.
 * @param hpkePub the keeper's
 */
export async function sealWitnessStatement(
  code: WitnessCode,
  hpkePub: Uint8Array,
  witness: string,
  report: WitnessReport,
): Promise<Bytes> {
  const statement = { ...report, proof: b64(code.proof), t: STATEMENT_TYPE, witness };
  if (!isStatement(statement)) throw new KeptError('not_opened');
  return hpkeSeal(hpkePub as Bytes, 'letter', statementHeader(witness), padVersion(canonicalBytes(statement)));
}

/**
 * Open the witness's statement; `verified`: the writer had the code.
 * @param proof b64
 */
export async function openWitnessStatement(
  scalar: Bytes,
  proof: string,
  witness: string,
  sealed: Uint8Array,
): Promise<{ said: WitnessReport; verified: boolean }> {
  const statement = parsePlaintext(await hpkeOpen(scalar, sealed, 'letter', statementHeader(witness)));
  if (!isStatement(statement) || statement.witness !== witness) throw new KeptError('not_opened');
  const { fields, files, made_at } = statement;
  return { said: { fields, files, made_at }, verified: statement.proof === proof };
}

function parsePlaintext(plaintext: Bytes): JsonObject {
  try {
    return parseCanonicalObject(unpad(plaintext));
  } catch {
    throw new KeptError('not_opened');
  }
}

const isText = (value: unknown, maxCharacters: number) =>
  typeof value === 'string' && [...value].length <= maxCharacters;
const isTime = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;

function isWitnessRequest(value: Unchecked<WitnessRequestPlaintext>): value is WitnessRequestPlaintext {
  return (
    Object.keys(value).sort().join() === 'ecdsa_pub,hpke_pub,made_at,name,note,t,until' &&
    value.t === REQUEST_TYPE &&
    isText(value.name, 80) &&
    isText(value.note, 500) &&
    isTime(value.made_at) &&
    isTime(value.until) &&
    [value.ecdsa_pub, value.hpke_pub].every((key) => typeof key === 'string' && key.length === 87)
  );
}

function isStatement(value: Unchecked<WitnessStatement>): value is WitnessStatement {
  if (
    Object.keys(value).sort().join() !== 'fields,files,made_at,proof,t,witness' ||
    value.t !== STATEMENT_TYPE ||
    typeof value.proof !== 'string' ||
    !isObject(value.fields)
  )
    return false;
  const { fields, files } = value;
  if (
    Object.keys(fields).sort().join() !== 'contact,name,saw_how,when,words' ||
    !SAW_HOW_OPTIONS.includes(fields.saw_how as string) ||
    !fields.words
  )
    return false;
  return (
    FIELD_LIMITS.every(([name, maxCharacters]) => isText(fields[name], maxCharacters)) &&
    isTime(value.made_at) &&
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
    list.length <= WITNESS_FILES_LIMIT &&
    list.every(
      (file) =>
        isObject(file) &&
        Object.keys(file).sort().join() === 'name,size,type' &&
        isTime(file.size) &&
        isText(file.name, 255) &&
        isText(file.type, 255),
    )
  );
}
