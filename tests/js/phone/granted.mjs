/** Two people and a grant between them, for tests of what is sealed for advocates. */
import { b64 } from '#app/core/bytes.js';
import { formatId, newId } from '#app/core/ids.js';
import { makeGrant, fingerprintOf } from '#app/crypto/sharing/grants.js';
import { importSigningKey, newKeyPair } from '#app/crypto/signing.js';

export const DAY = 86_400_000;
export const badSignature = { code: 'bad_signature' };
export const id = () => formatId(newId());

/** How it ended: `holds`, or the code of its failure. @param {Promise<unknown>} done */
export const codeOf = (done) =>
  done.then(
    () => 'holds',
    ({ code }) => code,
  );

/** A copy with some values replaced, or taken away where they are undefined. @param {object} whole @param {object} more */
export const bent = (whole, more) =>
  Object.fromEntries(Object.entries({ ...whole, ...more }).filter(([, value]) => value !== undefined));

/** Somebody with keys of their own. @param {string} name */
export async function person(name) {
  const [ecdsa, hpke] = [await newKeyPair(), await newKeyPair()];
  const pubs = { ecdsa_pub: b64(ecdsa.pub), hpke_pub: b64(hpke.pub), name };
  return { ecdsa, hpke, key: await importSigningKey(ecdsa), pubs, print: fingerprintOf(pubs) };
}

/**
 * The fields of a grant.
 * @param {any} keeper
 * @param {any} advocate
 * @param {{diary: string, grant: string}} place
 * @param {object} [more] in the place of some
 */
export const fieldsOf = (keeper, advocate, place, more = {}) =>
  bent(
    {
      ...place,
      from: keeper.print,
      made_at: 5 * DAY,
      not_after: 35 * DAY,
      prev: null,
      purpose: 'To help',
      restricted: false,
      rights: ['view'],
      scope: { all: true },
      to: advocate.print,
    },
    more,
  );

/**
 * A grant, made and signed.
 * @param {any} keeper
 * @param {any} advocate
 * @param {{diary: string, grant: string}} place
 * @param {object} [more]
 */
export const granted = (keeper, advocate, place, more) =>
  makeGrant(keeper.key, keeper.ecdsa.pub, /** @type {any} */ (fieldsOf(keeper, advocate, place, more)));
