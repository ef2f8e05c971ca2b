/** The instance key's statements about notary keys: docs/formats.md, section 5. Twin: diary/ledger/statements.py. */
import { b64, unb64 } from '../core/bytes.js';
import { isObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from '../crypto/digests.js';
import { checkSigned } from './signed.js';

/** `below`: receipts by this key are valid only for leaves below this number */
export type NotaryKey = { log: string; pub: string; below: number | null };
/** Signed by the instance key. `last`: how far the previous key is valid, when it was exposed */
export type NotaryStatement = {
  from: number;
  instance: string;
  last: { root: string; size: number } | null;
  log: string;
  n: number;
  prev: string | null;
  pub: string;
  sig: string;
  t: string;
  why: 'first' | 'rotated' | 'lost' | 'exposed';
};

const NAMES = ['from', 'instance', 'last', 'log', 'n', 'prev', 'pub', 't', 'why'];
const WHY = ['first', 'rotated', 'lost', 'exposed'];

/**
 * Verify that the statements form a chain under this instance key and return the notary keys, oldest first. Throws
 * `bad_signature`, or `unavailable` where the browser has no Ed25519.
 * @param statements as received: each is checked here
 * @param instancePub b64
 */
export async function keyChain(statements: readonly NotaryStatement[], instance: string): Promise<NotaryKey[]> {
  const keys: NotaryKey[] = [];
  for (const [n, statement] of statements.entries()) {
    await checkSigned(statement, unb64(instance), 'notary/v1', NAMES);
    const before = keys.at(-1) ?? null;
    const bound = boundOf(statement);
    const follows =
      statement.n === n &&
      statement.prev === (before?.log ?? null) &&
      (statement.why === 'first') === (before === null);
    const isSound =
      statement.instance === instance &&
      WHY.includes(statement.why) &&
      statement.log === b64(sha256Now(unb64(statement.pub)));
    if (
      !follows ||
      !isSound ||
      keys.some(({ log }) => log === statement.log) ||
      (statement.why === 'exposed' && bound === null)
    )
      throw wrong();
    if (before && statement.why === 'exposed') before.below = bound;
    keys.push({ log: statement.log, pub: statement.pub, below: null });
  }
  return keys;
}

function boundOf({ last }: NotaryStatement): number | null {
  if (last === null) return null;
  if (
    !isObject(last) ||
    Object.keys(last).sort().join() !== 'root,size' ||
    !Number.isSafeInteger(last.size) ||
    Number(last.size) < 0
  )
    throw wrong();
  return Number(last.size);
}

function wrong() {
  return new KeptError('bad_signature', 'The statements about the server’s keys do not hold.');
}
