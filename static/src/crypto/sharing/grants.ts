/**
 * Grants: what a keeper lets an advocate see, signed by the keeper. docs/formats.md, section 8. Python twin:
 * diary/ledger/grants.py. Only the two people can read one. An advocate accepts nothing that is not signed by the key
 * whose nine words were compared.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { canon, isObject, parseObject } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { parseId } from '../../core/ids.js';
import { importKey } from '../cobblestone.js';
import { sha256Now } from '../digests.js';
import * as envelope from '../envelope.js';
import { FINGERPRINT_BYTES, fingerprint } from './fingerprints.js';
import { grantWrapHeader, unwrap, wrap } from '../keys.js';
import { padVersion, unpad } from '../padding.js';
import { openFrom, sealTo } from '../people.js';
import { sign, verifyAuthor } from '../signing.js';
import { authorChain } from './statements.js';
import type { Bytes } from '../../core/bytes.js';
import type { Claimed, JsonObject } from '../../core/encoding.js';
import type { Pair } from '../signing.js';
import type { AuthorKey, Statement } from './statements.js';

export type Scope = { all: true } | { case: string } | { records: string[] };
export type Right = 'view' | 'comment' | 'pack';
/** Times in ms; `earlier`: digest of the statements about the keeper's replaced keys */
export type Grant = {
  diary: string;
  from: string;
  grant: string;
  made_at: number;
  not_after: number;
  prev: string | null;
  purpose: string;
  restricted: boolean;
  rights: Right[];
  scope: Scope;
  t: string;
  to: string;
  sig: string;
  earlier?: string;
};
/** The other party: keys as b64, and a display name */
export type Person = { ecdsa_pub: string; hpke_pub: string; name: string };
export type Granted = { said: Grant; key: Bytes; other: Person };
/** The advocate's view: the statements about the keeper's replaced keys, and all of the keeper's keys, oldest first */
export type Received = Granted & { earlier: readonly Statement[]; authors: readonly AuthorKey[] };

export const RIGHTS = Object.freeze(['view', 'comment', 'pack'] as Right[]);
export const DAY_MS = 86_400_000;
export const USUAL_MS = 30 * DAY_MS;
export const LONGEST_MS = 180 * DAY_MS;
export const RECORDS_LIMIT = 500;
export const EARLIER_LIMIT = 40;
export const PURPOSE_CHARACTERS = 200;
export const NAME_CHARACTERS = 80;

const TYPE = 'grant/v1';
const NAMES = 'diary,from,grant,made_at,not_after,prev,purpose,restricted,rights,scope,sig,t,to';
/** As `plaintextOf` writes it; `readSealed` and its callers check what was opened */
type Written = Person & { earlier?: Statement[]; grant: Grant; key: string };

const KEY_BYTES = 32;
const DIGESTS = 'apart/v1';
const DIGEST_BYTES = 32;

/**
 * Sign a grant as its keeper. Throws `bad_signature` for an invalid one.
 * @param key from `importSigningKey`
 * @param pub public half of the same key
 */
export async function makeGrant(key: CryptoKey, pub: Bytes, fields: Omit<Grant, 't' | 'sig'>): Promise<Grant> {
  const whole = { ...fields, t: TYPE };
  const said = { ...whole, sig: b64(await sign(key, canon(whole))) };
  await checkGrant(said, pub);
  return said;
}

/** Return the statements about a keeper's replaced keys that a grant carries. */
export const newestOf = (statements: readonly Statement[]) => statements.slice(-EARLIER_LIMIT);

/**
 * Return the field that binds such statements to the grant's signature; empty without statements. The new key must
 * sign them too: otherwise anyone could have a key of their own hand over to the keeper's.
 */
export function binding(earlier: readonly Statement[]): { earlier?: string } {
  return earlier.length ? { earlier: b64(sha256Now(canon(earlier))) } : {};
}

/** Check that these are valid grant terms, signed by this key. Throws `bad_signature`. */
export async function checkGrant(said: Claimed<Grant>, keeperPub: Bytes) {
  if (!isGrant(said)) throw new KeptError('bad_signature', 'That is not a grant.');
  const { sig, ...fields } = said;
  await verifyAuthor(keeperPub, canon(fields), unb64(sig));
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
  advocate: Person,
  keeper: Person,
  said: Grant,
  key: Bytes,
  earlier: readonly Statement[] = [],
): Promise<Bytes> {
  return sealTo(unb64(advocate.hpke_pub), 'grant', grantHeader(said), plaintextOf(keeper, said, key, earlier));
}

/**
 * Open and fully verify a grant as the advocate. The caller checks that the keeper's nine words were compared. Throws
 * `not_opened` and `bad_signature`.
 */
export async function openForAdvocate(
  own: { ecdsa: Pair; hpke: Pair },
  sealed: Uint8Array,
  { diary, grant }: { diary: string; grant: string },
): Promise<Received> {
  const to = b64(fingerprint(own.ecdsa.pub, own.hpke.pub));
  const { said, key, other, earlier } = readSealed(
    await openFrom(own.hpke.scalar, sealed, 'grant', grantHeader({ diary, grant, to })),
  );
  await checkGrant(said, unb64(other.ecdsa_pub));
  const isOurs = said.diary === diary && said.grant === grant && said.to === to && said.from === printOf(other);
  if (!isOurs) throw new KeptError('bad_signature', 'That grant is for somebody else.');
  const isSigned =
    binding(earlier).earlier === said.earlier &&
    earlier.length <= EARLIER_LIMIT &&
    earlier.every((one) => one.diary === diary);
  if (!isSigned) throw new KeptError('bad_signature', 'What is said of the keys before is not what was signed.');
  return { said, key, other, earlier, authors: await authorChain(earlier, other.ecdsa_pub) };
}

/** Seal the keeper's own copy. */
export function keepGrant(accountKey: CryptoKey, advocate: Person, said: Grant, key: Bytes): Promise<Bytes> {
  return envelope.seal(accountKey, 'grant', grantHeader(said), plaintextOf(advocate, said, key));
}

/** Open and verify the keeper's copy of the grant with these ids. Throws `not_opened` and `bad_signature`. */
export async function openKept(
  accountKey: CryptoKey,
  sealed: Uint8Array,
  keeperPub: Bytes,
  place: { diary: string; grant: string; to: string },
): Promise<Granted> {
  const { said, key, other, earlier } = readSealed(
    await envelope.open(accountKey, sealed, 'grant', grantHeader(place)),
  );
  await checkGrant(said, keeperPub);
  const isHere =
    !earlier.length &&
    said.diary === place.diary &&
    said.grant === place.grant &&
    said.to === place.to &&
    said.to === printOf(other);
  if (!isHere) throw new KeptError('not_opened');
  return { said, key, other };
}

/** Return the parts of a version whose keys a grant gives. */
export function partsOf(said: Grant): ('open' | 'restricted')[] {
  return said.restricted ? ['open', 'restricted'] : ['open'];
}

/**
 * Return whether a grant gives the digests of a restricted part's fields in place of that part's key. An advocate
 * without the part needs them to prove that the rest is what the keeper sealed. They reveal nothing of what the fields
 * contain.
 */
export function givesDigests({ restricted, rights }: Pick<Grant, 'restricted' | 'rights'>) {
  return !restricted && rights.includes('pack');
}

/**
 * Seal the digests of one version's restricted fields, in place of a wrap of that part.
 * @param digests by field, b64
 */
export async function sealDigests(
  { said, key }: Granted,
  version: string,
  digests: Record<string, string>,
): Promise<Bytes> {
  return envelope.seal(
    await importKey(key),
    'wrap',
    grantWrapHeader(said, 'restricted', version),
    canon({ digests, t: DIGESTS }),
  );
}

/**
 * Open the digests of one version's restricted fields. Throws `not_opened`.
 * @param wrappingKey from the grant's key
 */
export async function openDigests(
  opener: CryptoKey,
  said: Grant,
  version: string,
  sealed: Uint8Array,
): Promise<Record<string, string>> {
  const plaintext = await envelope.open(opener, sealed, 'wrap', grantWrapHeader(said, 'restricted', version));
  try {
    const { digests, t, ...more } = parseObject(plaintext);
    const areDigests =
      isObject(digests) &&
      Object.values(digests).every((one) => typeof one === 'string' && unb64(one).length === DIGEST_BYTES);
    if (t === DIGESTS && areDigests && !Object.keys(more).length) return digests as Record<string, string>;
  } catch {
    // All failures share the error below.
  }
  throw new KeptError('not_opened');
}

/** Wrap the keys of one version's parts, `open` first, as far as this grant gives them. */
export async function wrapsFor({ said, key }: Granted, version: string, keys: readonly Bytes[]): Promise<Bytes[]> {
  const opener = await importKey(key);
  const parts = partsOf(said).slice(0, keys.length);
  return Promise.all(parts.map((part, i) => wrap(opener, grantWrapHeader(said, part, version), keys[i] as Bytes)));
}

/** Unwrap the version keys. Throws `not_opened`, also for a part that the grant does not give. */
export async function unwrapKeys(
  { said, key }: Granted,
  version: string,
  given: readonly Uint8Array[],
): Promise<Bytes[]> {
  const parts = partsOf(said);
  if (given.length > parts.length) throw new KeptError('not_opened');
  const opener = await importKey(key);
  return Promise.all(given.map((one, i) => unwrap(opener, grantWrapHeader(said, parts[i] as 'open', version), one)));
}

function plaintextOf(other: Person, said: Grant, key: Bytes, earlier: readonly Statement[] = []): Bytes {
  const before = earlier.length ? { earlier } : {};
  return padVersion(
    canon({
      ...before,
      ecdsa_pub: other.ecdsa_pub,
      grant: said,
      hpke_pub: other.hpke_pub,
      key: b64(key),
      name: other.name,
    }),
  );
}

/** Parse the plaintext of either envelope; the caller checks the signature. */
function readSealed(plaintext: Bytes): Granted & { earlier: readonly Statement[] } {
  try {
    const { earlier, ecdsa_pub, grant, hpke_pub, key: raw, name, ...more } = parseObject(unpad(plaintext)) as Written;
    const [key, other] = [unb64(raw), { ecdsa_pub, hpke_pub, name }];
    if (earlier !== undefined && !(Array.isArray(earlier) && earlier.length && earlier.every(isObject)))
      throw new KeptError('not_opened');
    if (Object.keys(more).length || !isObject(grant) || key.length !== KEY_BYTES || !isText(name, NAME_CHARACTERS))
      throw new KeptError('not_opened');
    printOf(other);
    return { said: grant, key, other, earlier: earlier ?? [] };
  } catch {
    throw new KeptError('not_opened');
  }
}

export function printOf({ ecdsa_pub, hpke_pub }: Omit<Person, 'name'>): string {
  return b64(fingerprint(unb64(ecdsa_pub), unb64(hpke_pub)));
}

function isGrant(said: Claimed<Grant>): said is Grant {
  try {
    if (
      Object.keys(said)
        .filter((name) => name !== 'earlier')
        .sort()
        .join() !== NAMES ||
      said.t !== TYPE ||
      typeof said.restricted !== 'boolean'
    )
      return false;
    for (const id of [said.diary, said.grant, ...(said.prev === null ? [] : [said.prev])]) parseId(id);
    if (Object.hasOwn(said, 'earlier') && unb64(said.earlier as string).length !== DIGEST_BYTES) return false;
    const prints = [said.from, said.to].every((one) => unb64(one as string).length === FINGERPRINT_BYTES);
    return (
      prints &&
      isScope(said.scope) &&
      areRights(said.rights) &&
      areTimes(said) &&
      isText(said.purpose, PURPOSE_CHARACTERS)
    );
  } catch {
    return false;
  }
}

function isScope(scope: unknown): scope is Scope {
  if (!isObject(scope) || Object.keys(scope).length !== 1) return false;
  const { all, case: one, records } = scope;
  if (one !== undefined) return Boolean(parseId(one));
  if (records === undefined) return all === true;
  if (!Array.isArray(records) || !records.length || records.length > RECORDS_LIMIT) return false;
  return records.every((id) => parseId(id)) && new Set(records).size === records.length;
}

function areRights(rights: unknown): rights is Right[] {
  return (
    Array.isArray(rights) &&
    rights[0] === 'view' &&
    String(rights) === String(RIGHTS.filter((one) => rights.includes(one)))
  );
}

function areTimes({ made_at: from, not_after: to }: Claimed<Pick<Grant, 'made_at' | 'not_after'>>): boolean {
  return (
    Number.isSafeInteger(from) &&
    Number.isSafeInteger(to) &&
    Number(from) >= 0 &&
    Number(from) < Number(to) &&
    Number(to) <= Number(from) + LONGEST_MS
  );
}

/** Counts code points, as the Python twin does. */
function isText(value: unknown, most: number): boolean {
  return typeof value === 'string' && value.length > 0 && [...value].length <= most;
}
