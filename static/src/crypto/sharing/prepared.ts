/**
 * The advocate's signature on a pack they prepared, with the grant that allows it: docs/pack.md, "Prepared by somebody
 * else". Twin of the signed part of diary/pack/preparedcheck.py, which documents what the signature proves and what it
 * cannot.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { canon } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { checkGrant, printOf } from './grants.js';
import { importAuthor, sign, verifyAuthor } from '../signing.js';
import type { Bytes } from '../../core/bytes.js';
import type { Grant } from './grants.js';
import type { Pair } from '../signing.js';

/**
 * The facts of a pack; `list`: b64 digest of the versions in servable/proof, `record`: hex digest of 12_record.json,
 * '' when the pack has none.
 */
export type Prepared = {
  by: string;
  organisation: string;
  pack: string;
  folder: string;
  made_at: number;
  list: string;
  record: string;
};
export type Statement = Prepared & { ecdsa_pub: string; hpke_pub: string; grant: Grant; sig: string; t: string };

const TYPE = 'prepared/v1';
const NAMES = 'by,ecdsa_pub,folder,grant,hpke_pub,list,made_at,organisation,pack,record,sig,t';
const NAME_CHARACTERS = 80;
/** Characters that would break a line of text, or the terminal that shows it. */
const BREAKS = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Return a name in the form that a statement allows. */
export const asName = (text: string) => [...text.replace(BREAKS, ' ').trim()].slice(0, NAME_CHARACTERS).join('') || '?';

const isName = (value: unknown) =>
  typeof value === 'string' && value.length > 0 && [...value].length <= NAME_CHARACTERS && value.search(BREAKS) < 0;

/**
 * Return whether a grant lets its advocate make a pack at that time.
 * @param time ms
 */
const lets = ({ rights, made_at: from, not_after: until }: Grant, at: number) =>
  rights.includes('pack') && from <= at && at < until;

/**
 * Return the bytes of a signed statement. Throws `not_found` when the grant does not let its advocate make a pack.
 */
export async function sealPrepared(
  { ecdsa, hpke }: { ecdsa: Pair; hpke: Pair },
  grant: Grant,
  prepared: Prepared,
): Promise<Bytes> {
  if (!lets(grant, prepared.made_at)) throw new KeptError('not_found');
  const said = {
    ...prepared,
    ecdsa_pub: b64(ecdsa.pub),
    grant: { ...grant },
    hpke_pub: b64(hpke.pub),
    t: TYPE,
  };
  return canon({ ...said, sig: b64(await sign(await importAuthor(ecdsa), canon(said))) });
}

/**
 * Verify a statement: its grant is this keeper's, was given to the key that signed, and allows the pack. Throws.
 * @param statement as received: everything in it is checked here
 * @param keeperPub b64
 */
export async function checkSignedBy(statement: Statement, keeperPub: string): Promise<Statement> {
  const { sig, ...said } = statement;
  if (
    Object.keys(statement).sort().join() !== NAMES ||
    said.t !== TYPE ||
    !isName(said.by) ||
    !isName(said.organisation)
  )
    throw new KeptError('bad_signature');
  await checkGrant(said.grant, unb64(keeperPub));
  if (!Number.isSafeInteger(said.made_at) || !lets(said.grant, said.made_at) || printOf(said) !== said.grant.to)
    throw new KeptError('bad_signature');
  await verifyAuthor(unb64(said.ecdsa_pub), canon(said), unb64(sig));
  return statement;
}
