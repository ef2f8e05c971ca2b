/**
 * Statements about the replacement of an account's key: docs/formats.md, section 4b. The old key signs the statement.
 * It names the new key, and the last number, head, time and checkpoint for which the old key is valid.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { canon } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { parseId } from '../../core/ids.js';
import { importAuthorPub, sign, verifyAuthor } from '../signing.js';

export type Beacon = { log: string; root: string; size: number };
export type Statement = {
  account: string;
  beacon: Beacon | null;
  diary: string;
  ecdsa_pub: string;
  epoch: number;
  head: string;
  hpke_pub: string;
  old: string;
  seq: number;
  t: string;
  ts: number;
  sig: string;
};
/** A public key, b64, and the last number it is valid for; null for the current key */
export type AuthorKey = { pub: string; seq: number | null };

const TYPE = 'rekey/v1';
const NAMES = 'account,beacon,diary,ecdsa_pub,epoch,head,hpke_pub,old,seq,sig,t,ts';
const DIGEST = 32;
/** The first keys of an account have epoch 1, and no statement introduces those. */
const FIRST = 2;

/** @param key the old key, from `importSigningKey` */
export async function makeStatement(key: CryptoKey, said: Omit<Statement, 't' | 'sig'>): Promise<Statement> {
  const whole = { ...said, t: TYPE };
  const statement = { ...whole, sig: b64(await sign(key, canon(whole))) };
  await checkStatement(statement);
  return statement;
}

/**
 * Verify a statement and its signature. Throws `bad_signature`.
 * @param statement as received: everything in it is checked here
 */
export async function checkStatement(statement: Statement) {
  if (!isStatement(statement)) throw new KeptError('bad_signature', 'That is not a statement about an account’s keys.');
  const { sig, ...said } = statement;
  await Promise.all([said.ecdsa_pub, said.hpke_pub].map((pub) => importAuthorPub(unb64(pub))));
  await verifyAuthor(unb64(said.old), canon(said), unb64(sig));
}

/**
 * Verify a chain of statements and return the account's keys, oldest first, ending in `newestPub`. Throws
 * `bad_signature` when the statements do not lead there.
 * @param statements as received: each is checked here
 * @param newestPub b64
 */
export async function authorChain(statements: readonly Statement[], newest: string): Promise<AuthorKey[]> {
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

/** @param value unchecked */
function isStatement(value: Statement): boolean {
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

function isBeacon(beacon: Beacon | null): boolean {
  if (beacon === null) return true;
  return (
    Object.keys(beacon).sort().join() === 'log,root,size' &&
    Number.isSafeInteger(beacon.size) &&
    [beacon.log, beacon.root].every((one) => unb64(one).length === DIGEST)
  );
}
