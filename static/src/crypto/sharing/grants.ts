/**
 * Grants: what a keeper lets an advocate see, signed by the keeper. docs/formats.md, section 8. Python twin:
 * diary/ledger/sharing/grants.py. Only the two people can read one. An advocate accepts nothing that is not signed by
 * the key whose nine words were compared.
 */
import { b64, unb64 } from '../../core/bytes.js';
import {
  ADVOCATE_NAME_LIMIT_CHARACTERS,
  GRANT_DEFAULT_DAYS,
  GRANT_EARLIER_KEYS_LIMIT,
  GRANT_MAX_DAYS,
  GRANT_PURPOSE_LIMIT_CHARACTERS,
  GRANT_RECORDS_LIMIT,
} from '../../core/constants.js';
import { canonicalBytes, isObject, parseCanonicalObject } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { parseId } from '../../core/ids.js';
import { importKey } from '../cobblestone.js';
import { sha256Sync } from '../digests.js';
import * as envelope from '../envelope.js';
import { FINGERPRINT_BYTES, fingerprint } from './fingerprints.js';
import { grantWrapHeader, unwrapKey, wrapKey } from '../keys.js';
import { padVersion, unpad } from '../padding.js';
import { hpkeOpen, hpkeSeal } from '../hpke.js';
import { sign, verifyAuthorSignature } from '../signing.js';
import { verifyAuthorChain } from './statements.js';
import type { Bytes } from '../../core/bytes.js';
import type { Unchecked, JsonObject } from '../../core/encoding.js';
import type { KeyPair } from '../signing.js';
import type { AuthorKey, KeyStatement } from './statements.js';

export type GrantScope = { all: true } | { case: string } | { records: string[] };
export type GrantRight = 'view' | 'comment' | 'pack';
/** Times in ms; `earlier`: digest of the statements about the keeper's replaced keys */
export type GrantTerms = {
  diary: string;
  from: string;
  grant: string;
  made_at: number;
  not_after: number;
  prev: string | null;
  purpose: string;
  restricted: boolean;
  rights: GrantRight[];
  scope: GrantScope;
  t: string;
  to: string;
  sig: string;
  earlier?: string;
};
/** The other party: keys as b64, and a display name */
export type GrantParty = { ecdsa_pub: string; hpke_pub: string; name: string };
export type OpenedGrant = { terms: GrantTerms; key: Bytes; other: GrantParty };
/** The advocate's view: the statements about the keeper's replaced keys, and all of the keeper's keys, oldest first */
export type ReceivedGrant = OpenedGrant & { earlier: readonly KeyStatement[]; authors: readonly AuthorKey[] };

export const RIGHTS = Object.freeze(['view', 'comment', 'pack'] as GrantRight[]);
export const DAY_MS = 86_400_000;
export const DEFAULT_DURATION_MS = GRANT_DEFAULT_DAYS * DAY_MS;
export const MAX_DURATION_MS = GRANT_MAX_DAYS * DAY_MS;

const GRANT_TYPE = 'grant/v1';
const FIELD_NAMES = 'diary,from,grant,made_at,not_after,prev,purpose,restricted,rights,scope,sig,t,to';
/** As `plaintextOf` writes it; `readSealed` and its callers check what was opened */
type GrantPlaintext = GrantParty & { earlier?: KeyStatement[]; grant: GrantTerms; key: string };

const KEY_BYTES = 32;
const DIGESTS_TYPE = 'apart/v1';
const DIGEST_BYTES = 32;

/**
 * Sign a grant as its keeper. Throws `bad_signature` for an invalid one.
 * @param key from `importSigningKey`
 * @param pub public half of the same key
 */
export async function makeGrant(
  key: CryptoKey,
  pub: Bytes,
  fields: Omit<GrantTerms, 't' | 'sig'>,
): Promise<GrantTerms> {
  const unsigned = { ...fields, t: GRANT_TYPE };
  const terms = { ...unsigned, sig: b64(await sign(key, canonicalBytes(unsigned))) };
  await checkGrant(terms, pub);
  return terms;
}

/** Return the statements about a keeper's replaced keys that a grant carries. */
export const newestStatements = (statements: readonly KeyStatement[]) => statements.slice(-GRANT_EARLIER_KEYS_LIMIT);

/**
 * Return the field that binds such statements to the grant's signature; empty without statements. The new key must
 * sign them too: otherwise anyone could have a key of their own hand over to the keeper's.
 */
export function bindKeyStatements(earlier: readonly KeyStatement[]): { earlier?: string } {
  return earlier.length ? { earlier: b64(sha256Sync(canonicalBytes(earlier))) } : {};
}

/** Check that these are valid grant terms, signed by this key. Throws `bad_signature`. */
export async function checkGrant(terms: Unchecked<GrantTerms>, keeperPub: Bytes) {
  if (!isGrantTerms(terms)) throw new KeptError('bad_signature', 'That is not a grant.');
  const { sig, ...fields } = terms;
  await verifyAuthorSignature(keeperPub, canonicalBytes(fields), unb64(sig));
}

/** Return the header of a grant's envelopes: the advocate's and the keeper's copy. */
export function grantHeader({ diary, grant, to }: { diary: string; grant: string; to: string }): JsonObject {
  return { diary, grant, t: 'grant', to };
}

/**
 * Seal the advocate's envelope.
 * @param earlier statements about the keeper's replaced keys
 */
export function sealForAdvocate(
  advocate: GrantParty,
  keeper: GrantParty,
  terms: GrantTerms,
  key: Bytes,
  earlier: readonly KeyStatement[] = [],
): Promise<Bytes> {
  return hpkeSeal(unb64(advocate.hpke_pub), 'grant', grantHeader(terms), plaintextOf(keeper, terms, key, earlier));
}

/**
 * Open and fully verify a grant as the advocate. The caller checks that the keeper's nine words were compared. Throws
 * `not_opened` and `bad_signature`.
 */
export async function openForAdvocate(
  advocateKeys: { ecdsa: KeyPair; hpke: KeyPair },
  sealed: Uint8Array,
  { diary, grant }: { diary: string; grant: string },
): Promise<ReceivedGrant> {
  const to = b64(fingerprint(advocateKeys.ecdsa.pub, advocateKeys.hpke.pub));
  const {
    terms,
    key,
    other: otherParty,
    earlier,
  } = readSealed(await hpkeOpen(advocateKeys.hpke.scalar, sealed, 'grant', grantHeader({ diary, grant, to })));
  await checkGrant(terms, unb64(otherParty.ecdsa_pub));
  const isForAdvocate =
    terms.diary === diary && terms.grant === grant && terms.to === to && terms.from === fingerprintOf(otherParty);
  if (!isForAdvocate) throw new KeptError('bad_signature', 'That grant is for somebody else.');
  const areStatementsSigned =
    bindKeyStatements(earlier).earlier === terms.earlier &&
    earlier.length <= GRANT_EARLIER_KEYS_LIMIT &&
    earlier.every((statement) => statement.diary === diary);
  if (!areStatementsSigned)
    throw new KeptError('bad_signature', 'The statements about earlier keys are not the ones that were signed.');
  return { terms, key, other: otherParty, earlier, authors: await verifyAuthorChain(earlier, otherParty.ecdsa_pub) };
}

/** Seal the keeper's own copy. */
export function sealForKeeper(
  accountKey: CryptoKey,
  advocate: GrantParty,
  terms: GrantTerms,
  key: Bytes,
): Promise<Bytes> {
  return envelope.seal(accountKey, 'grant', grantHeader(terms), plaintextOf(advocate, terms, key));
}

/** Open and verify the keeper's copy of the grant with these ids. Throws `not_opened` and `bad_signature`. */
export async function openKeeperCopy(
  accountKey: CryptoKey,
  sealed: Uint8Array,
  keeperPub: Bytes,
  place: { diary: string; grant: string; to: string },
): Promise<OpenedGrant> {
  const {
    terms,
    key,
    other: otherParty,
    earlier,
  } = readSealed(await envelope.open(accountKey, sealed, 'grant', grantHeader(place)));
  await checkGrant(terms, keeperPub);
  const matchesPlace =
    !earlier.length &&
    terms.diary === place.diary &&
    terms.grant === place.grant &&
    terms.to === place.to &&
    terms.to === fingerprintOf(otherParty);
  if (!matchesPlace) throw new KeptError('not_opened');
  return { terms, key, other: otherParty };
}

/** Return the parts of a version whose keys a grant gives. */
export function grantedParts(terms: GrantTerms): ('open' | 'restricted')[] {
  return terms.restricted ? ['open', 'restricted'] : ['open'];
}

/**
 * Return whether a grant gives the digests of a restricted part's fields in place of that part's key. An advocate
 * without the part needs them to check that the rest is what the keeper sealed. They reveal nothing of what the fields
 * contain.
 */
export function givesDigests({ restricted, rights }: Pick<GrantTerms, 'restricted' | 'rights'>) {
  return !restricted && rights.includes('pack');
}

/**
 * Seal the digests of one version's restricted fields, in place of a wrap of that part.
 * @param digests by field, b64
 */
export async function sealDigests(
  { terms, key }: OpenedGrant,
  version: string,
  digests: Record<string, string>,
): Promise<Bytes> {
  return envelope.seal(
    await importKey(key),
    'wrap',
    grantWrapHeader(terms, 'restricted', version),
    canonicalBytes({ digests, t: DIGESTS_TYPE }),
  );
}

/**
 * Open the digests of one version's restricted fields. Throws `not_opened`.
 * @param wrappingKey from the grant's key
 */
export async function openDigests(
  wrappingKey: CryptoKey,
  terms: GrantTerms,
  version: string,
  sealed: Uint8Array,
): Promise<Record<string, string>> {
  const plaintext = await envelope.open(wrappingKey, sealed, 'wrap', grantWrapHeader(terms, 'restricted', version));
  try {
    const { digests, t, ...otherFields } = parseCanonicalObject(plaintext);
    const areDigests =
      isObject(digests) &&
      Object.values(digests).every((digest) => typeof digest === 'string' && unb64(digest).length === DIGEST_BYTES);
    if (t === DIGESTS_TYPE && areDigests && !Object.keys(otherFields).length) return digests as Record<string, string>;
  } catch {
    // All failures share the error below.
  }
  throw new KeptError('not_opened');
}

/** Wrap the keys of one version's parts, `open` first, as far as this grant gives them. */
export async function wrapVersionKeys(
  { terms, key }: OpenedGrant,
  version: string,
  keys: readonly Bytes[],
): Promise<Bytes[]> {
  const wrappingKey = await importKey(key);
  const parts = grantedParts(terms).slice(0, keys.length);
  return Promise.all(
    parts.map((part, i) => wrapKey(wrappingKey, grantWrapHeader(terms, part, version), keys[i] as Bytes)),
  );
}

/** Unwrap the version keys. Throws `not_opened`, also for a part that the grant does not give. */
export async function unwrapVersionKeys(
  { terms, key }: OpenedGrant,
  version: string,
  wraps: readonly Uint8Array[],
): Promise<Bytes[]> {
  const parts = grantedParts(terms);
  if (wraps.length > parts.length) throw new KeptError('not_opened');
  const wrappingKey = await importKey(key);
  return Promise.all(
    wraps.map((wrapped, i) => unwrapKey(wrappingKey, grantWrapHeader(terms, parts[i] as 'open', version), wrapped)),
  );
}

function plaintextOf(
  otherParty: GrantParty,
  terms: GrantTerms,
  key: Bytes,
  earlier: readonly KeyStatement[] = [],
): Bytes {
  const statementsField = earlier.length ? { earlier } : {};
  return padVersion(
    canonicalBytes({
      ...statementsField,
      ecdsa_pub: otherParty.ecdsa_pub,
      grant: terms,
      hpke_pub: otherParty.hpke_pub,
      key: b64(key),
      name: otherParty.name,
    }),
  );
}

/** Parse the plaintext of either envelope; the caller checks the signature. */
function readSealed(plaintext: Bytes): OpenedGrant & { earlier: readonly KeyStatement[] } {
  try {
    const {
      earlier,
      ecdsa_pub,
      grant,
      hpke_pub,
      key: raw,
      name,
      ...otherFields
    } = parseCanonicalObject(unpad(plaintext)) as GrantPlaintext;
    const [key, otherParty] = [unb64(raw), { ecdsa_pub, hpke_pub, name }];
    if (earlier !== undefined && !(Array.isArray(earlier) && earlier.length && earlier.every(isObject)))
      throw new KeptError('not_opened');
    if (
      Object.keys(otherFields).length ||
      !isObject(grant) ||
      key.length !== KEY_BYTES ||
      !isText(name, ADVOCATE_NAME_LIMIT_CHARACTERS)
    )
      throw new KeptError('not_opened');
    fingerprintOf(otherParty);
    return { terms: grant, key, other: otherParty, earlier: earlier ?? [] };
  } catch {
    throw new KeptError('not_opened');
  }
}

export function fingerprintOf({ ecdsa_pub, hpke_pub }: Omit<GrantParty, 'name'>): string {
  return b64(fingerprint(unb64(ecdsa_pub), unb64(hpke_pub)));
}

function isGrantTerms(terms: Unchecked<GrantTerms>): terms is GrantTerms {
  try {
    if (
      Object.keys(terms)
        .filter((name) => name !== 'earlier')
        .sort()
        .join() !== FIELD_NAMES ||
      terms.t !== GRANT_TYPE ||
      typeof terms.restricted !== 'boolean'
    )
      return false;
    for (const id of [terms.diary, terms.grant, ...(terms.prev === null ? [] : [terms.prev])]) parseId(id);
    if (Object.hasOwn(terms, 'earlier') && unb64(terms.earlier as string).length !== DIGEST_BYTES) return false;
    const areFingerprints = [terms.from, terms.to].every(
      (encoded) => unb64(encoded as string).length === FINGERPRINT_BYTES,
    );
    return (
      areFingerprints &&
      isScope(terms.scope) &&
      areRights(terms.rights) &&
      areTimes(terms) &&
      isText(terms.purpose, GRANT_PURPOSE_LIMIT_CHARACTERS)
    );
  } catch {
    return false;
  }
}

function isScope(scope: unknown): scope is GrantScope {
  if (!isObject(scope) || Object.keys(scope).length !== 1) return false;
  const { all, case: caseId, records } = scope;
  if (caseId !== undefined) return Boolean(parseId(caseId));
  if (records === undefined) return all === true;
  if (!Array.isArray(records) || !records.length || records.length > GRANT_RECORDS_LIMIT) return false;
  return records.every((id) => parseId(id)) && new Set(records).size === records.length;
}

function areRights(rights: unknown): rights is GrantRight[] {
  return (
    Array.isArray(rights) &&
    rights[0] === 'view' &&
    String(rights) === String(RIGHTS.filter((right) => rights.includes(right)))
  );
}

function areTimes({ made_at: start, not_after: end }: Unchecked<Pick<GrantTerms, 'made_at' | 'not_after'>>): boolean {
  return (
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    Number(start) >= 0 &&
    Number(start) < Number(end) &&
    Number(end) <= Number(start) + MAX_DURATION_MS
  );
}

/** Counts code points, as the Python twin does. */
function isText(value: unknown, maxCharacters: number): boolean {
  return typeof value === 'string' && value.length > 0 && [...value].length <= maxCharacters;
}
