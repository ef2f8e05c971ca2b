/**
 * Statements about the replacement of an account's key: docs/formats.md, section 4b. The old key signs the statement.
 * It names the new key, and the last number, head, time and checkpoint for which the old key is valid.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { canonicalBytes } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { parseId } from '../../core/ids.js';
import { importVerifyingKey, sign, verifyAuthorSignature } from '../signing.js';

export type Beacon = { log: string; root: string; size: number };
export type KeyStatement = {
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

const STATEMENT_TYPE = 'rekey/v1';
const FIELD_NAMES = 'account,beacon,diary,ecdsa_pub,epoch,head,hpke_pub,old,seq,sig,t,ts';
const DIGEST_BYTES = 32;
/** The first keys of an account have epoch 1, and no statement introduces those. */
const FIRST_EPOCH = 2;

/** @param key the old key, from `importSigningKey` */
export async function signStatement(key: CryptoKey, fields: Omit<KeyStatement, 't' | 'sig'>): Promise<KeyStatement> {
  const unsigned = { ...fields, t: STATEMENT_TYPE };
  const statement = { ...unsigned, sig: b64(await sign(key, canonicalBytes(unsigned))) };
  await verifyStatement(statement);
  return statement;
}

/**
 * Verify a statement and its signature. Throws `bad_signature`.
 * @param statement as received: everything in it is checked here
 */
export async function verifyStatement(statement: KeyStatement) {
  if (!isStatement(statement)) throw new KeptError('bad_signature', 'That is not a statement about an account’s keys.');
  const { sig, ...unsigned } = statement;
  await Promise.all([unsigned.ecdsa_pub, unsigned.hpke_pub].map((pub) => importVerifyingKey(unb64(pub))));
  await verifyAuthorSignature(unb64(unsigned.old), canonicalBytes(unsigned), unb64(sig));
}

/**
 * Verify a chain of statements and return the account's keys, oldest first, ending in `newestPub`. Throws
 * `bad_signature` when the statements do not lead there, or a key comes back.
 * @param statements as received: each is checked here
 * @param newestPub b64
 */
export async function verifyAuthorChain(statements: readonly KeyStatement[], newestPub: string): Promise<AuthorKey[]> {
  await Promise.all(statements.map(verifyStatement));
  const isChain = statements.every((statement, i) => {
    const previous = statements[i - 1];
    return (
      !previous ||
      (previous.ecdsa_pub === statement.old &&
        previous.account === statement.account &&
        previous.epoch < statement.epoch &&
        previous.seq <= statement.seq)
    );
  });
  const lastStatement = statements.at(-1);
  // A key that came back would have two limits.
  const pubs = new Set([...statements.map(({ old }) => old), newestPub]);
  if (!isChain || (lastStatement && lastStatement.ecdsa_pub !== newestPub) || pubs.size <= statements.length)
    throw new KeptError('bad_signature', 'The statements about an account’s keys do not follow one another.');
  return [...statements.map(({ old, seq }) => ({ pub: old, seq })), { pub: newestPub, seq: null }];
}

/** @param value unchecked */
function isStatement(value: KeyStatement): boolean {
  try {
    if (Object.keys(value).sort().join() !== FIELD_NAMES || value.t !== STATEMENT_TYPE || value.old === value.ecdsa_pub)
      return false;
    parseId(value.account);
    parseId(value.diary);
    const numbers = [value.epoch, value.seq, value.ts];
    const areCounts = numbers.every((number) => Number.isSafeInteger(number) && number >= 0);
    return (
      areCounts && value.epoch >= FIRST_EPOCH && unb64(value.head).length === DIGEST_BYTES && isBeacon(value.beacon)
    );
  } catch {
    return false;
  }
}

function isBeacon(beacon: Beacon | null): boolean {
  if (beacon === null) return true;
  return (
    Object.keys(beacon).sort().join() === 'log,root,size' &&
    Number.isSafeInteger(beacon.size) &&
    [beacon.log, beacon.root].every((digest) => unb64(digest).length === DIGEST_BYTES)
  );
}
