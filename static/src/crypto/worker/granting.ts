/**
 * The keeper's grant functions of the crypto worker. Grant keys are made, held and used here and never returned.
 * docs/formats.md, section 8.
 */
import { b64, random, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { idText, newId } from '../../core/ids.js';
import { importKey } from '../cobblestone.js';
import { claimedHeader } from '../envelope.js';
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
} from '../sharing/grants.js';
import { unwrap, versionWrapHeader } from '../keys.js';
import { openLetter } from '../sharing/letters.js';
import { MARKS } from '../sharing/marks.js';
import { SUMMARY } from '../sharing/summaries.js';
import { openWithKeys } from '../versions.js';
import type { Bytes } from '../../core/bytes.js';
import type { Grant, Granted, Person } from '../sharing/grants.js';
import type { Marks } from '../sharing/marks.js';
import type { Session } from './session.js';
import type { Summary } from '../sharing/summaries.js';
import type { Meta } from '../versions.js';

/** A version as it was pushed */
type Given = {
  record: string;
  version: string;
  meta: Meta;
  wraps: readonly Uint8Array[];
  envelopes: readonly Uint8Array[];
};
type Choice = Pick<Grant, 'scope' | 'rights' | 'restricted' | 'not_after' | 'purpose' | 'prev' | 'made_at'>;

export function grantPart(session: Session) {
  const held: Map<string, Granted> = new Map();
  const heldOf = (grant: string) => {
    const found = held.get(grant);
    if (!found) throw new KeptError('not_found');
    return found;
  };
  return { ...makingPart(session, held), ...givingPart(session, heldOf) };
}

/** Make grants, and load them again after a lock. */
function makingPart(session: Session, held: Map<string, Granted>) {
  const own = <T>(use: (account: CryptoKey) => Promise<T>) =>
    session.held.use('account_key', async (raw) => use(await importKey(raw)));
  return {
    grantMake: async ({ advocate, choice, name }: { advocate: Person; choice: Choice; name: string }) => {
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
    grantsLoad: (rows: readonly { kept: Bytes; diary: string; grant: string; to: string }[]) =>
      own((account) =>
        Promise.all(
          rows.map(async ({ kept, ...place }) => {
            try {
              const granted = await openKept(account, kept, unb64(session.own.identity.ecdsa_pub), place);
              held.set(place.grant, granted);
              return { said: granted.said, other: granted.other };
            } catch {
              return null; // made under replaced keys, or not ours: it admits nobody
            }
          }),
        ),
      ),
    grantDrop: async (grant: string) => {
      held.delete(grant);
    },
  };
}

/** Seal for an advocate, and open what an advocate sent. */
function givingPart(session: Session, heldOf: (grant: string) => Granted) {
  return {
    grantWraps: async (grant: string, list: readonly Given[]) => {
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
    grantSummary: (grant: string, summary: Summary) => {
      const { said, key } = heldOf(grant);
      return SUMMARY.seal(key, said, summary);
    },
    grantMarks: (grant: string, marks: Marks) => {
      const { said, key } = heldOf(grant);
      return MARKS.seal(key.slice(), said, marks);
    },
    grantMarksOpen: (grant: string, sealed: Bytes) => {
      const { said, key } = heldOf(grant);
      return MARKS.open(key.slice(), sealed, said);
    },
    letterOpen: ({ envelope, grant, letter }: { envelope: Bytes; grant: string; letter: string }) => {
      const { said, other } = heldOf(grant);
      return session.held.use('hpke', async (scalar) => ({
        said: await openLetter(scalar, envelope, { diary: said.diary, grant, letter }, unb64(other.ecdsa_pub)),
        pub: other.ecdsa_pub,
      }));
    },
  };
}

/** Return the digests of a version's restricted fields; null when this program does not know the kind. */
async function apartOf(
  session: Session,
  { record, version, meta, envelopes }: Given,
  keys: readonly Bytes[],
): Promise<Record<string, string> | null> {
  const { kind, schema, digests } = await openWithKeys(
    { place: { diary: session.own.identity.diary, record, version }, meta, envelopes },
    keys,
    session.namesOf,
  );
  const names = session.namesOf(kind, schema);
  return names && digests ? Object.fromEntries(names.restricted.map((name) => [name, String(digests[name])])) : null;
}

/** Unwrap the keys of a version from its own wraps, whatever their epoch. */
function keysOf(session: Session, version: string, wraps: readonly Uint8Array[]): Promise<Bytes[]> {
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
