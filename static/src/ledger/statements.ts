/**
 * The instance key's statements about notary keys: docs/formats.md, section 5. Twin: diary/ledger/key_statements.py.
 */
import { b64, unb64 } from '../core/bytes.js';
import { isObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sha256Sync } from '../crypto/digests.js';
import { verifySignedObject } from './signed.js';

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

const FIELD_NAMES = ['from', 'instance', 'last', 'log', 'n', 'prev', 'pub', 't', 'why'];
const REASONS = ['first', 'rotated', 'lost', 'exposed'];

/**
 * Verify that the statements form a chain under this instance key and return the notary keys, oldest first. Throws
 * `bad_signature`, or `unavailable` where the browser has no Ed25519.
 * @param statements as received: each is checked here
 * @param instancePub b64
 */
export async function verifyNotaryKeyChain(
  statements: readonly NotaryStatement[],
  instancePub: string,
): Promise<NotaryKey[]> {
  const keys: NotaryKey[] = [];
  for (const [index, statement] of statements.entries()) {
    await verifySignedObject(statement, unb64(instancePub), 'notary/v1', FIELD_NAMES);
    const previous = keys.at(-1) ?? null;
    const exposureBound = exposureBoundOf(statement);
    const followsPrevious =
      statement.n === index &&
      statement.prev === (previous?.log ?? null) &&
      (statement.why === 'first') === (previous === null);
    const areFieldsValid =
      statement.instance === instancePub &&
      REASONS.includes(statement.why) &&
      statement.log === b64(sha256Sync(unb64(statement.pub)));
    if (
      !followsPrevious ||
      !areFieldsValid ||
      keys.some(({ log }) => log === statement.log) ||
      (statement.why === 'exposed' && exposureBound === null)
    )
      throw invalidStatements();
    if (previous && statement.why === 'exposed') previous.below = exposureBound;
    keys.push({ log: statement.log, pub: statement.pub, below: null });
  }
  return keys;
}

function exposureBoundOf({ last }: NotaryStatement): number | null {
  if (last === null) return null;
  if (
    !isObject(last) ||
    Object.keys(last).sort().join() !== 'root,size' ||
    !Number.isSafeInteger(last.size) ||
    Number(last.size) < 0
  )
    throw invalidStatements();
  return Number(last.size);
}

function invalidStatements() {
  return new KeptError('bad_signature', 'The statements about the server’s keys do not hold.');
}
