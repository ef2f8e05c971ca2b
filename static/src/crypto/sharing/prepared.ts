/**
 * The advocate's signature on a pack they prepared, with the grant that allows it: docs/pack.md, "Prepared by somebody
 * else". Twin of the signed part of diary/pack/verify/prepared_check.py, which documents what the signature proves and
 * what it cannot.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { ADVOCATE_NAME_LIMIT_CHARACTERS } from '../../core/constants.js';
import { canonicalBytes } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { checkGrant, fingerprintOf } from './grants.js';
import { importSigningKey, sign, verifyAuthorSignature } from '../signing.js';
import type { Bytes } from '../../core/bytes.js';
import type { GrantTerms } from './grants.js';
import type { KeyPair } from '../signing.js';

/**
 * The facts of a pack; `list`: b64 digest of the versions in servable/proof, `record`: hex digest of 12_record.json,
 * '' when the pack has none.
 */
export type PreparedPack = {
  by: string;
  organisation: string;
  pack: string;
  folder: string;
  made_at: number;
  list: string;
  record: string;
};
export type PreparedStatement = PreparedPack & {
  ecdsa_pub: string;
  hpke_pub: string;
  grant: GrantTerms;
  sig: string;
  t: string;
};

const STATEMENT_TYPE = 'prepared/v1';
const FIELD_NAMES = 'by,ecdsa_pub,folder,grant,hpke_pub,list,made_at,organisation,pack,record,sig,t';
/** Characters that would break a line of text, or the terminal that shows it. */
const CONTROL_CHARACTERS = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Return a name in the form that a statement allows. */
export const sanitiseName = (text: string) =>
  [...text.replace(CONTROL_CHARACTERS, ' ').trim()].slice(0, ADVOCATE_NAME_LIMIT_CHARACTERS).join('') || '?';

const isName = (value: unknown) =>
  typeof value === 'string' &&
  value.length > 0 &&
  [...value].length <= ADVOCATE_NAME_LIMIT_CHARACTERS &&
  value.search(CONTROL_CHARACTERS) < 0;

/**
 * Return whether a grant lets its advocate make a pack at that time.
 * @param time ms
 */
const allowsPack = ({ rights, made_at: start, not_after: end }: GrantTerms, time: number) =>
  rights.includes('pack') && start <= time && time < end;

/**
 * Return the bytes of a signed statement. Throws `not_found` when the grant does not let its advocate make a pack.
 */
export async function signPreparedStatement(
  { ecdsa, hpke }: { ecdsa: KeyPair; hpke: KeyPair },
  grant: GrantTerms,
  pack: PreparedPack,
): Promise<Bytes> {
  if (!allowsPack(grant, pack.made_at)) throw new KeptError('not_found');
  const unsigned = {
    ...pack,
    ecdsa_pub: b64(ecdsa.pub),
    grant: { ...grant },
    hpke_pub: b64(hpke.pub),
    t: STATEMENT_TYPE,
  };
  return canonicalBytes({ ...unsigned, sig: b64(await sign(await importSigningKey(ecdsa), canonicalBytes(unsigned))) });
}

/**
 * Verify a statement: its grant is this keeper's, was given to the key that signed, and allows the pack. Throws.
 * @param statement as received: everything in it is checked here
 * @param keeperPub b64
 */
export async function verifyPreparedStatement(
  statement: PreparedStatement,
  keeperPub: string,
): Promise<PreparedStatement> {
  const { sig, ...unsigned } = statement;
  if (
    Object.keys(statement).sort().join() !== FIELD_NAMES ||
    unsigned.t !== STATEMENT_TYPE ||
    !isName(unsigned.by) ||
    !isName(unsigned.organisation)
  )
    throw new KeptError('bad_signature');
  await checkGrant(unsigned.grant, unb64(keeperPub));
  if (
    !Number.isSafeInteger(unsigned.made_at) ||
    !allowsPack(unsigned.grant, unsigned.made_at) ||
    fingerprintOf(unsigned) !== unsigned.grant.to
  )
    throw new KeptError('bad_signature');
  await verifyAuthorSignature(unb64(unsigned.ecdsa_pub), canonicalBytes(unsigned), unb64(sig));
  return statement;
}
