/**
 * What an account's key says when another takes its place: docs/formats.md, section 4b. Signed by the key that goes; it
 * names the key that comes and up to which number, head, time and checkpoint the old one counts.
 */
import { b64, unb64 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { parseId } from '../core/ids.js';
import { importAuthorPub, sign, verifyAuthor } from './signing.js';

/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {{log: string, root: string, size: number}} Beacon */
/** @typedef {{account: string, beacon: Beacon|null, diary: string, ecdsa_pub: string, epoch: number, head: string, hpke_pub: string, old: string, seq: number, t: string, ts: number, sig: string}} Statement */
/** @typedef {{pub: string, seq: number|null}} AuthorKey a public key, b64, and the last number it counts for; null for the one in use */

const TYPE = 'rekey/v1';
const NAMES = 'account,beacon,diary,ecdsa_pub,epoch,head,hpke_pub,old,seq,sig,t,ts';
const DIGEST = 32;
/** The first keys of an account are of epoch 1, and no statement makes those. */
const FIRST = 2;

/**
 * @param {CryptoKey} key the key that goes, from `importAuthor`
 * @param {Omit<Statement, 't'|'sig'>} said
 * @returns {Promise<Statement>}
 */
export async function makeStatement(key, said) {
  const whole = { ...said, t: TYPE };
  const statement = { ...whole, sig: b64(await sign(key, canon(/** @type {any} */ (whole)))) };
  await checkStatement(statement);
  return statement;
}

/**
 * Returns when it is a statement and its signature holds; throws `bad_signature`.
 * @param {any} statement
 */
export async function checkStatement(statement) {
  if (!isStatement(statement)) throw new KeptError('bad_signature', 'That is not a statement about an account’s keys.');
  const { sig, ...said } = statement;
  await Promise.all([said.ecdsa_pub, said.hpke_pub].map((pub) => importAuthorPub(unb64(pub))));
  await verifyAuthor(unb64(said.old), canon(said), unb64(sig));
}

/**
 * The account's keys, oldest first, ending in `newest`. Throws `bad_signature` where the statements do not lead there.
 * @param {readonly any[]} statements
 * @param {string} newest b64
 * @returns {Promise<AuthorKey[]>}
 */
export async function authorChain(statements, newest) {
  await Promise.all(statements.map(checkStatement));
  const isChain = statements.every((one, i) => {
    const before = statements[i - 1];
    return (
      !before ||
      (before.ecdsa_pub === one.old &&
        before.account === one.account &&
        before.epoch < one.epoch &&
        before.seq <= one.seq)
    );
  });
  const last = statements.at(-1);
  if (!isChain || (last && last.ecdsa_pub !== newest))
    throw new KeptError('bad_signature', 'The statements about an account’s keys do not follow one another.');
  return [...statements.map(({ old, seq }) => ({ pub: old, seq })), { pub: newest, seq: null }];
}

/** @param {any} value @returns {boolean} */
function isStatement(value) {
  try {
    if (Object.keys(value).sort().join() !== NAMES || value.t !== TYPE || value.old === value.ecdsa_pub) return false;
    parseId(value.account);
    parseId(value.diary);
    const numbers = [value.epoch, value.seq, value.ts];
    const areCounts = numbers.every((one) => Number.isSafeInteger(one) && one >= 0);
    return areCounts && value.epoch >= FIRST && unb64(value.head).length === DIGEST && isBeacon(value.beacon);
  } catch {
    return false;
  }
}

/** @param {any} beacon @returns {boolean} */
function isBeacon(beacon) {
  if (beacon === null) return true;
  return (
    Object.keys(beacon).sort().join() === 'log,root,size' &&
    Number.isSafeInteger(beacon.size) &&
    [beacon.log, beacon.root].every((one) => unb64(one).length === DIGEST)
  );
}
