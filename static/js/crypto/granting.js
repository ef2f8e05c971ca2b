/**
 * Letting an advocate in, in the crypto worker: the keys of grants are made, kept and used here and never come out.
 * docs/formats.md, section 8.
 */
import { b64, random, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { importKey } from './cobblestone.js';
import { claimedHeader } from './envelope.js';
import {
  binding,
  givesDigests,
  keepGrant,
  makeGrant,
  newestOf,
  openKept,
  printOf,
  sealDigests,
  sealForAdvocate,
  wrapsFor,
} from './grants.js';
import { unwrap, versionWrapHeader } from './keys.js';
import { openLetter } from './letters.js';
import { MARKS } from './marks.js';
import { SUMMARY } from './summaries.js';
import { openWithKeys } from './versions.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./grants.js').Granted} Granted */
/** @typedef {import('./grants.js').Grant} Grant */
/** @typedef {import('./grants.js').Person} Person */
/** @typedef {{record: string, version: string, meta: import('./versions.js').Meta, wraps: readonly Uint8Array[], envelopes: readonly Uint8Array[]}} Given a version as it was pushed */
/** @typedef {Pick<Grant, 'scope'|'rights'|'restricted'|'not_after'|'purpose'|'prev'|'made_at'>} Choice */

/** @param {Session} session */
export function grantPart(session) {
  /** @type {Map<string, Granted>} */
  const held = new Map();
  const heldOf = (/** @type {string} */ grant) => {
    const found = held.get(grant);
    if (!found) throw new KeptError('not_found');
    return found;
  };
  return { ...makingPart(session, held), ...givingPart(session, heldOf) };
}

/** Grants made here, and taken up again after a lock. @param {Session} session @param {Map<string, Granted>} held */
function makingPart(session, held) {
  const own = (/** @type {(account: CryptoKey) => Promise<any>} */ use) =>
    session.held.use('account_key', async (raw) => use(await importKey(raw)));
  return {
    grantMake: async (/** @type {{advocate: Person, choice: Choice, name: string}} */ { advocate, choice, name }) => {
      const { identity, signKey } = session.own;
      const earlier = newestOf(session.own.earlier);
      const keeper = { ecdsa_pub: identity.ecdsa_pub, hpke_pub: identity.hpke_pub, name };
      const said = await makeGrant(signKey, unb64(identity.ecdsa_pub), {
        ...choice,
        ...binding(earlier),
        diary: identity.diary,
        from: printOf(keeper),
        grant: idText(newId()),
        to: printOf(advocate),
      });
      const key = random(32);
      const kept = await own((account) => keepGrant(account, advocate, said, key));
      held.set(said.grant, { said, key, other: advocate });
      const sealed = await sealForAdvocate(advocate, keeper, said, key, earlier);
      return {
        said,
        body: { grant: said.grant, kept: b64(kept), not_after: said.not_after, sealed: b64(sealed), to: said.to },
      };
    },
    grantsLoad: (/** @type {readonly {kept: Bytes, diary: string, grant: string, to: string}[]} */ rows) =>
      own((account) =>
        Promise.all(
          rows.map(async ({ kept, ...place }) => {
            try {
              const granted = await openKept(account, kept, unb64(session.own.identity.ecdsa_pub), place);
              held.set(place.grant, granted);
              return { said: granted.said, other: granted.other };
            } catch {
              return null; // made under keys that were replaced, or not ours: it lets nobody in
            }
          }),
        ),
      ),
    grantDrop: async (/** @type {string} */ grant) => {
      held.delete(grant);
    },
  };
}

/** What goes to an advocate, and what comes from one. @param {Session} session @param {(grant: string) => Granted} heldOf */
function givingPart(session, heldOf) {
  return {
    grantWraps: async (/** @type {string} */ grant, /** @type {readonly Given[]} */ list) => {
      const granted = heldOf(grant);
      return Promise.all(
        list.map(async (one) => {
          const keys = await keysOf(session, one.version, one.wraps);
          const digests = givesDigests(granted.said) && keys.length > 1 ? await apartOf(session, one, keys) : null;
          const made = await wrapsFor(granted, one.version, keys);
          keys.forEach((key) => key.fill(0));
          return digests ? [...made, await sealDigests(granted, one.version, digests)] : made;
        }),
      );
    },
    grantSummary: (/** @type {string} */ grant, /** @type {import('./summaries.js').Summary} */ summary) => {
      const { said, key } = heldOf(grant);
      return SUMMARY.seal(key, said, summary);
    },
    grantMarks: (/** @type {string} */ grant, /** @type {import('./marks.js').Marks} */ marks) => {
      const { said, key } = heldOf(grant);
      return MARKS.seal(key.slice(), said, marks);
    },
    grantMarksOpen: (/** @type {string} */ grant, /** @type {Bytes} */ sealed) => {
      const { said, key } = heldOf(grant);
      return MARKS.open(key.slice(), sealed, said);
    },
    letterOpen: (/** @type {{envelope: Bytes, grant: string, letter: string}} */ { envelope, grant, letter }) => {
      const { said, other } = heldOf(grant);
      return session.held.use('hpke', async (scalar) => ({
        said: await openLetter(scalar, envelope, { diary: said.diary, grant, letter }, unb64(other.ecdsa_pub)),
        pub: other.ecdsa_pub,
      }));
    },
  };
}

/** The digests of a version's restricted fields; null for a kind that this program does not know. @param {Session} session @param {Given} one @param {readonly Bytes[]} keys @returns {Promise<Record<string, string>|null>} */
async function apartOf(session, { record, version, meta, envelopes }, keys) {
  const { kind, schema, digests } = await openWithKeys(
    { place: { diary: session.own.identity.diary, record, version }, meta, envelopes },
    keys,
    session.namesOf,
  );
  const names = session.namesOf(kind, schema);
  return names && digests ? Object.fromEntries(names.restricted.map((name) => [name, String(digests[name])])) : null;
}

/** The keys of a version, out of its own wraps, whatever their epoch. @param {Session} session @param {string} version @param {readonly Uint8Array[]} wraps @returns {Promise<Bytes[]>} */
function keysOf(session, version, wraps) {
  const { identity, diaryKey, olds } = session.own;
  return Promise.all(
    wraps.map((wrapped, i) => {
      const epoch = Number(claimedHeader(wrapped, 'wrap').epoch);
      return unwrap(
        olds.get(epoch) ?? diaryKey,
        versionWrapHeader(identity.diary, epoch, i === 0 ? 'open' : 'restricted', version),
        wrapped,
      );
    }),
  );
}
