/**
 * The keeper's grant functions of the crypto worker. Grant keys are made, held and used here and never returned.
 * docs/formats.md, section 8.
 */
import { b64, randomBytes, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { formatId, newId } from '../../core/ids.js';
import { importKey } from '../cobblestone.js';
import { readUnverifiedHeader } from '../envelope.js';
import {
  bindKeyStatements,
  givesDigests,
  sealForKeeper,
  makeGrant,
  newestStatements,
  openKeeperCopy,
  fingerprintOf,
  sealDigests,
  sealForAdvocate,
  wrapVersionKeys,
} from '../sharing/grants.js';
import { unwrapKey, versionWrapHeader } from '../keys.js';
import { openLetter } from '../sharing/letters.js';
import { MARKS } from '../sharing/marks.js';
import { SUMMARY } from '../sharing/summaries.js';
import { openVersionWithKeys } from '../versions.js';
import type { Bytes } from '../../core/bytes.js';
import type { GrantTerms, OpenedGrant, GrantParty } from '../sharing/grants.js';
import type { Marks } from '../sharing/marks.js';
import type { Session } from './session.js';
import type { Summary } from '../sharing/summaries.js';
import type { SignedMeta } from '../versions.js';

/** A version as it was pushed */
type PushedVersion = {
  record: string;
  version: string;
  meta: SignedMeta;
  wraps: readonly Uint8Array[];
  envelopes: readonly Uint8Array[];
};
type GrantChoice = Pick<GrantTerms, 'scope' | 'rights' | 'restricted' | 'not_after' | 'purpose' | 'prev' | 'made_at'>;

export function grantFunctions(session: Session) {
  const heldGrants: Map<string, OpenedGrant> = new Map();
  const heldGrantOf = (grant: string) => {
    const heldGrant = heldGrants.get(grant);
    if (!heldGrant) throw new KeptError('not_found');
    return heldGrant;
  };
  return { ...grantMakingFunctions(session, heldGrants), ...grantUseFunctions(session, heldGrantOf) };
}

/** Make grants, and load them again after a lock. */
function grantMakingFunctions(session: Session, heldGrants: Map<string, OpenedGrant>) {
  const withAccountKey = <T>(action: (account: CryptoKey) => Promise<T>) =>
    session.secrets.use('account_key', async (raw) => action(await importKey(raw)));
  return {
    grantMake: async ({ advocate, choice, name }: { advocate: GrantParty; choice: GrantChoice; name: string }) => {
      const { identity, signKey } = session.unlocked;
      const keyStatements = newestStatements(session.unlocked.earlier);
      const keeper = { ecdsa_pub: identity.ecdsa_pub, hpke_pub: identity.hpke_pub, name };
      const terms = await makeGrant(signKey, unb64(identity.ecdsa_pub), {
        ...choice,
        ...bindKeyStatements(keyStatements),
        diary: identity.diary,
        from: fingerprintOf(keeper),
        grant: formatId(newId()),
        to: fingerprintOf(advocate),
      });
      const key = randomBytes(32);
      const keeperCopy = await withAccountKey((account) => sealForKeeper(account, advocate, terms, key));
      heldGrants.set(terms.grant, { terms, key, other: advocate });
      const sealed = await sealForAdvocate(advocate, keeper, terms, key, keyStatements);
      return {
        said: terms,
        body: {
          grant: terms.grant,
          kept: b64(keeperCopy),
          not_after: terms.not_after,
          sealed: b64(sealed),
          to: terms.to,
        },
      };
    },
    grantsLoad: (rows: readonly { kept: Bytes; diary: string; grant: string; to: string }[]) =>
      withAccountKey((account) =>
        Promise.all(
          rows.map(async ({ kept: keeperCopy, ...place }) => {
            try {
              const opened = await openKeeperCopy(
                account,
                keeperCopy,
                unb64(session.unlocked.identity.ecdsa_pub),
                place,
              );
              heldGrants.set(place.grant, opened);
              return { said: opened.terms, other: opened.other };
            } catch {
              return null; // made under replaced keys, or not ours: it admits nobody
            }
          }),
        ),
      ),
    grantDrop: async (grant: string) => {
      heldGrants.delete(grant);
    },
  };
}

/** Seal for an advocate, and open what an advocate sent. */
function grantUseFunctions(session: Session, heldGrantOf: (grant: string) => OpenedGrant) {
  return {
    grantWraps: async (grant: string, versions: readonly PushedVersion[]) => {
      const opened = heldGrantOf(grant);
      return Promise.all(
        versions.map(async (pushed) => {
          const keys = await unwrapVersionKeys(session, pushed.version, pushed.wraps);
          const digests =
            givesDigests(opened.terms) && keys.length > 1 ? await restrictedDigestsOf(session, pushed, keys) : null;
          const wraps = await wrapVersionKeys(opened, pushed.version, keys);
          keys.forEach((key) => key.fill(0));
          return digests ? [...wraps, await sealDigests(opened, pushed.version, digests)] : wraps;
        }),
      );
    },
    grantSummary: (grant: string, summary: Summary) => {
      const { terms, key } = heldGrantOf(grant);
      return SUMMARY.seal(key, terms, summary);
    },
    grantMarks: (grant: string, marks: Marks) => {
      const { terms, key } = heldGrantOf(grant);
      return MARKS.seal(key.slice(), terms, marks);
    },
    grantMarksOpen: (grant: string, sealed: Bytes) => {
      const { terms, key } = heldGrantOf(grant);
      return MARKS.open(key.slice(), sealed, terms);
    },
    letterOpen: ({ envelope, grant, letter }: { envelope: Bytes; grant: string; letter: string }) => {
      const { terms, other: advocate } = heldGrantOf(grant);
      return session.secrets.use('hpke', async (scalar) => ({
        said: await openLetter(scalar, envelope, { diary: terms.diary, grant, letter }, unb64(advocate.ecdsa_pub)),
        pub: advocate.ecdsa_pub,
      }));
    },
  };
}

/** Return the digests of a version's restricted fields; null when this program does not know the kind. */
async function restrictedDigestsOf(
  session: Session,
  { record, version, meta, envelopes }: PushedVersion,
  keys: readonly Bytes[],
): Promise<Record<string, string> | null> {
  const { kind, schema, digests } = await openVersionWithKeys(
    { place: { diary: session.unlocked.identity.diary, record, version }, meta, envelopes },
    keys,
    session.namesOf,
  );
  const names = session.namesOf(kind, schema);
  return names && digests ? Object.fromEntries(names.restricted.map((name) => [name, String(digests[name])])) : null;
}

/** Unwrap the keys of a version from its own wraps, whatever their epoch. */
function unwrapVersionKeys(session: Session, version: string, wraps: readonly Uint8Array[]): Promise<Bytes[]> {
  const { identity, diaryKey, olderDiaryKeys } = session.unlocked;
  return Promise.all(
    wraps.map((wrapped, i) => {
      const epoch = Number(readUnverifiedHeader(wrapped, 'wrap').epoch);
      return unwrapKey(
        olderDiaryKeys.get(epoch) ?? diaryKey,
        versionWrapHeader(identity.diary, epoch, i === 0 ? 'open' : 'restricted', version),
        wrapped,
      );
    }),
  );
}
