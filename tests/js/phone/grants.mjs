/** Two people and a grant between them, for tests of data sealed for advocates. */
import { b64 } from '#app/core/bytes.js';
import { formatId, newId } from '#app/core/ids.js';
import { makeGrant, fingerprintOf } from '#app/crypto/sharing/grants.js';
import { importSigningKey, newKeyPair } from '#app/crypto/signing.js';

export const DAY = 86_400_000;
export const badSignature = { code: 'bad_signature' };
export const id = () => formatId(newId());

/** Return `holds` for a promise that resolves, or the error's code. @param {Promise<unknown>} promise */
export const codeOf = (promise) =>
  promise.then(
    () => 'holds',
    ({ code }) => code,
  );

/**
 * Copy an object with some values replaced. Undefined removes a value.
 * @param {object} original
 * @param {object} overrides
 */
export const withChanges = (original, overrides) =>
  Object.fromEntries(Object.entries({ ...original, ...overrides }).filter(([, value]) => value !== undefined));

/** Make a person with their own keys. @param {string} name */
export async function makePerson(name) {
  const [ecdsa, hpke] = [await newKeyPair(), await newKeyPair()];
  const pubs = { ecdsa_pub: b64(ecdsa.pub), hpke_pub: b64(hpke.pub), name };
  return { ecdsa, hpke, key: await importSigningKey(ecdsa), pubs, print: fingerprintOf(pubs) };
}

/**
 * Return the fields of a grant.
 * @param {{diary: string, grant: string}} place
 * @param {object} [overrides] values to replace
 */
export const grantFieldsOf = (keeper, advocate, place, overrides = {}) =>
  withChanges(
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
    overrides,
  );

/**
 * Make and sign a grant.
 * @param {{diary: string, grant: string}} place
 * @param {object} [overrides]
 */
export const signGrant = (keeper, advocate, place, overrides) =>
  makeGrant(
    keeper.key,
    keeper.ecdsa.pub,
    /** @type {Parameters<typeof makeGrant>[2]} */ (grantFieldsOf(keeper, advocate, place, overrides)),
  );
