/**
 * The advocate's signature on a pack they prepared, beside the grant that lets them: docs/pack.md, "Prepared by somebody else". The twin of the
 * signed part of diary/pack/preparedcheck.py, which says what it binds and what it cannot.
 */
import { b64, unb64 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { checkGrant, printOf } from './grants.js';
import { importAuthor, sign, verifyAuthor } from './signing.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('./grants.js').Grant} Grant */
/** @typedef {import('./signing.js').Pair} Pair */
/**
 * What is said of a pack; `list`: b64, of the versions in servable/proof, `record`: hex, of 12_record.json, '' where the pack has none.
 * @typedef {{by: string, organisation: string, pack: string, folder: string, made_at: number, list: string, record: string}} Prepared
 */
/** @typedef {Prepared & {ecdsa_pub: string, hpke_pub: string, grant: Grant, sig: string, t: string}} Statement */

const TYPE = 'prepared/v1';
const NAMES = 'by,ecdsa_pub,folder,grant,hpke_pub,list,made_at,organisation,pack,record,sig,t';
const NAME_CHARACTERS = 80;
/** What would break a line of text in two, or the terminal it is shown on. */
const BREAKS = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** A name as it may stand in a statement. @param {string} text */
export const asName = (text) => [...text.replace(BREAKS, ' ').trim()].slice(0, NAME_CHARACTERS).join('') || '?';

/** @param {unknown} value */
const isName = (value) =>
  typeof value === 'string' && value.length > 0 && [...value].length <= NAME_CHARACTERS && value.search(BREAKS) < 0;

/** Whether a grant lets its advocate make a pack at that time. @param {Grant} grant @param {number} at ms */
const lets = ({ rights, made_at: from, not_after: until }, at) => rights.includes('pack') && from <= at && at < until;

/**
 * The statement's bytes. Throws `not_found` where the grant does not let its advocate make a pack: there is nothing to sign then.
 * @param {{ecdsa: Pair, hpke: Pair}} own @param {Grant} grant @param {Prepared} prepared @returns {Promise<Bytes>}
 */
export async function sealPrepared({ ecdsa, hpke }, grant, prepared) {
  if (!lets(grant, prepared.made_at)) throw new KeptError('not_found');
  const said = /** @type {any} */ ({
    ...prepared,
    ecdsa_pub: b64(ecdsa.pub),
    grant: { ...grant },
    hpke_pub: b64(hpke.pub),
    t: TYPE,
  });
  return canon({ ...said, sig: b64(await sign(await importAuthor(ecdsa), canon(said))) });
}

/**
 * Returns when it is a statement whose grant is this keeper's, to the key that signed it, and lets it; throws.
 * @param {any} statement @param {string} keeperPub b64 @returns {Promise<Statement>}
 */
export async function checkSignedBy(statement, keeperPub) {
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
