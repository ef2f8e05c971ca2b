/**
 * Sealing a version and opening one: docs/formats.md, sections 5 and 6.
 *
 * `compose` is everything but the sealing, so that the vectors can pin it byte for byte.
 */
import { b64, isSame, random, unb64 } from '../core/bytes.js';
import { canon, canonText, frames, isObject, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { parseId } from '../core/ids.js';
import { importKey } from './cobblestone.js';
import { allOpen, commitment, fieldDigests } from './commitment.js';
import * as envelope from './envelope.js';
import { unwrap, versionWrapHeader, wrap } from './keys.js';
import { padVersion, unpad } from './padding.js';
import { sign, verifyAuthor } from './signing.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {import('./commitment.js').Names} Names */
/** @typedef {import('./commitment.js').Fields} Fields */
/** @typedef {'open' | 'restricted'} Part */
/** @typedef {readonly (readonly [string, string])[]} KeyPairs blob id and b64 key */
/** @typedef {{diary: string, record: string, version: string}} Place */
/** @typedef {{c: string, sig: string, parents: readonly string[], parts: readonly string[]}} Meta */
/** @typedef {{open: Bytes, restricted: Bytes}} Two */
/**
 * @typedef {object} Draft what is about to be sealed; fields whose value is null are left out
 * @property {Place} place
 * @property {string} kind
 * @property {number} schema
 * @property {{account: string, device: string, borrowed?: boolean}} author
 * @property {string} by author key id
 * @property {{device: string, n: number, prev: string | null}} line
 * @property {{offset_ms: number | null, tz: string, utc: number}} clock
 * @property {{log: string, root: string, size: number} | null} [beacon]  the checkpoint seen last
 * @property {readonly string[]} parents
 * @property {Fields} open
 * @property {Fields} restricted
 * @property {KeyPairs} openKeys
 * @property {KeyPairs} restrictedKeys
 */
/**
 * @typedef {object} OpenedVersion
 * @property {Place} place
 * @property {string} kind
 * @property {number} schema
 * @property {Fields} fields without the reserved names
 * @property {Fields | null} restricted null when there is no such part
 * @property {Fields} reserved
 * @property {{open: [string, string][], restricted: [string, string][]}} keys
 * @property {{open: string, restricted: string | null}} seeds b64
 * @property {Record<string, string> | null} digests null when this program does not know the kind
 * @property {string | null} commitment b64, as recomputed; null when this program does not know the kind
 * @property {boolean} altered what was sealed does not add up to what was committed to or signed
 */
/** @typedef {{fields: Fields, keys: [string, string][], seed: Bytes}} Payload */

const RESERVED_NAME = /^_/;

/**
 * Payloads (padded, one or two), field digests and commitment. Throws `bad_request` for a field the schema
 * does not name.
 * @param {Draft} draft
 * @param {Names} names
 * @param {Two} seeds
 */
export function compose(draft, names, seeds) {
  const { place, kind, schema, parents, line, author, by, clock, beacon = null } = draft;
  const open = {
    ...present(draft.open),
    _kind: kind,
    _schema: schema,
    _ids: { ...place },
    _parents: [...parents],
    _line: { ...line },
    _author: { ...author },
    _by: by,
    _clock: { ...clock },
    ...(beacon ? { _beacon: { ...beacon } } : {}),
  };
  const restricted = present(draft.restricted);
  if (!isNamed(open, allOpen(names)) || !isNamed(restricted, names.restricted)) {
    throw new KeptError('bad_request', 'A field is not part of this kind of record.');
  }
  const payloads = [payload(open, draft.openKeys, seeds.open)];
  const isSplit = Object.keys(restricted).length > 0 || draft.restrictedKeys.length > 0;
  if (isSplit) payloads.push(payload(restricted, draft.restrictedKeys, seeds.restricted));
  const digests = fieldDigests(names, open, restricted, {
    open: seeds.open,
    restricted: isSplit ? seeds.restricted : null,
  });
  return { payloads, digests, commitment: commitment(digests) };
}

/**
 * Seals, wraps and signs a draft under fresh keys. `push` is the body to upload, `meta` its first frame.
 * @param {Draft} draft
 * @param {Names} names
 * @param {{diaryKey: CryptoKey, epoch: number, signKey: CryptoKey}} keys
 */
export async function sealVersion(draft, names, { diaryKey, epoch, signKey }) {
  const { place } = draft;
  const composed = compose(draft, names, { open: random(32), restricted: random(32) });
  const parts = partsOf(composed.payloads.length);
  const sealed = await Promise.all(
    parts.map(async (part, i) => {
      const raw = random(32);
      const key = await importKey(raw);
      const wrapped = await wrap(diaryKey, versionWrapHeader(place.diary, epoch, part, place.version), raw);
      raw.fill(0);
      const plaintext = /** @type {Bytes} */ (composed.payloads[i]);
      return { wrapped, envelope: await envelope.seal(key, 'version', envelopeHeader(place, part), plaintext) };
    }),
  );
  const c = b64(composed.commitment);
  const sig = b64(await sign(signKey, signedBytes(c, place)));
  const blobs = [...new Set([...draft.openKeys, ...draft.restrictedKeys].map(([blob]) => blob))];
  const meta = { blobs, c, grants: [], parents: [...draft.parents], parts, sig };
  const wraps = sealed.map((one) => one.wrapped);
  const envelopes = sealed.map((one) => one.envelope);
  return { meta, wraps, envelopes, digests: composed.digests, push: frames([canon(meta), ...wraps, ...envelopes]) };
}

/**
 * Reads a version with the diary's key. Throws `not_opened`; what opens but does not add up is `altered`.
 * @param {{place: Place, meta: Meta, wraps: readonly Uint8Array[], envelopes: readonly Uint8Array[]}} pushed
 * @param {{diaryKey: CryptoKey, olds?: ReadonlyMap<number, CryptoKey>, authors: ReadonlyMap<string, CryptoKey>}} keys
 *   `olds`: the diary's of earlier epochs; `authors`: public keys by key id, oldest first
 * @param {(kind: string, schema: number) => Names | null} namesOf answers null when this program does not know the kind
 * @returns {Promise<OpenedVersion>}
 */
export async function openVersion({ place, meta, wraps, envelopes }, { diaryKey, olds, authors }, namesOf) {
  const parts = partsOf(meta.parts.length);
  if (
    canonText(parts) !== canonText([...meta.parts]) ||
    wraps.length !== parts.length ||
    envelopes.length !== parts.length
  ) {
    throw new KeptError('not_opened');
  }
  const [open, restricted = null] = await Promise.all(
    parts.map((part, i) =>
      openPart(
        { diaryKey, olds },
        place,
        part,
        /** @type {Uint8Array} */ (wraps[i]),
        /** @type {Uint8Array} */ (envelopes[i]),
      ),
    ),
  );
  const read = judge(/** @type {Payload} */ (open), restricted, place, meta, namesOf);
  // Another account's keys come with their own statements; until then only this one's signatures can be judged.
  const counting = fromOn([...authors], String(read.reserved._by));
  if (counting.length && !read.altered) {
    read.altered = !(await isSignedByAny(counting, signedBytes(meta.c, place), unb64(meta.sig)));
  }
  return read;
}

/**
 * The key that a version names and those that came after it: what the server lost is sent again under a signature of the key
 * in use (docs/formats.md, section 4b). A key never signs for one that came after it.
 * @param {readonly (readonly [string, CryptoKey])[]} authors by key id, oldest first
 * @param {string} by key id
 * @returns {CryptoKey[]} none for a key that is not among them
 */
function fromOn(authors, by) {
  const at = authors.findIndex(([id]) => id === by);
  return at < 0 ? [] : authors.slice(at).map(([, pub]) => pub);
}

/** @param {readonly CryptoKey[]} pubs @param {Bytes} message @param {Bytes} signature @returns {Promise<boolean>} */
async function isSignedByAny(pubs, message, signature) {
  for (const pub of pubs)
    if (
      await verifyAuthor(pub, message, signature).then(
        () => true,
        () => false,
      )
    )
      return true;
  return false;
}

/**
 * Reads a version with its own keys: open, then restricted, which a reader need not have. Whose signature it bears is for the
 * caller. Throws `not_opened`; without the restricted part and the digests of its fields the commitment cannot be made again, so only its place is looked at.
 * @param {{place: Place, meta: Meta, envelopes: readonly Uint8Array[]}} pushed
 * @param {readonly Bytes[]} keys
 * @param {(kind: string, schema: number) => Names | null} namesOf
 * @param {Record<string, string>|null} [apart] digests of the restricted fields, by name, for who has no key of that part
 * @returns {Promise<OpenedVersion>}
 */
export async function openWithKeys({ place, meta, envelopes }, keys, namesOf, apart = null) {
  const parts = partsOf(meta.parts.length);
  if (
    canonText(parts) !== canonText([...meta.parts]) ||
    envelopes.length !== parts.length ||
    !keys.length ||
    keys.length > parts.length
  ) {
    throw new KeptError('not_opened');
  }
  const [open, restricted = null] = await Promise.all(
    keys.map(async (raw, i) => {
      const header = envelopeHeader(place, /** @type {Part} */ (parts[i]));
      return readPayload(
        unpad(await envelope.open(await importKey(raw), /** @type {Uint8Array} */ (envelopes[i]), 'version', header)),
      );
    }),
  );
  return judge(/** @type {Payload} */ (open), restricted, place, meta, namesOf, {
    withheld: keys.length < parts.length,
    apart,
  });
}

/**
 * What the author signs of a version.
 * @param {string} c b64
 * @param {Place} place
 * @returns {Bytes}
 */
export function signedBytes(c, { diary, record, version }) {
  return canon({ c, diary, record, t: 'sig/v1', version });
}

/**
 * @param {Place} place
 * @param {Part} part
 * @returns {JsonObject}
 */
export function envelopeHeader({ diary, record, version }, part) {
  return { diary, part, record, t: 'version', version };
}

/**
 * @param {Payload} open
 * @param {Payload | null} restricted
 * @param {Place} place
 * @param {Meta} meta
 * @param {(kind: string, schema: number) => Names | null} namesOf
 * @param {{withheld?: boolean, apart?: Record<string, string>|null}} [given] `withheld`: the restricted part is there and this reader has no key for it; `apart`: the digests of its fields
 * @returns {OpenedVersion}
 */
function judge(open, restricted, place, meta, namesOf, { withheld = false, apart = null } = {}) {
  const { _kind: kind, _schema: schema } = open.fields;
  if (typeof kind !== 'string' || typeof schema !== 'number') throw new KeptError('not_opened');
  const names = namesOf(kind, schema);
  const kept = restricted?.fields ?? {};
  const isProvable = !withheld || (names && apart && names.restricted.every((name) => Object.hasOwn(apart, name)));
  // A hundred digests a version are most of what reading one costs: none are made where nothing can be held against them.
  const made =
    names && isProvable
      ? fieldDigests(names, open.fields, kept, { open: open.seed, restricted: restricted?.seed ?? null })
      : null;
  const digests =
    made && names && withheld
      ? { ...made, ...pick(/** @type {Fields} */ (apart), (name) => names.restricted.includes(name)) }
      : made;
  const committed = digests && b64(commitment(/** @type {Record<string, string>} */ (digests)));
  // A field the schema does not name is outside the commitment, so it must not pass as part of the version.
  const isWhole =
    !names ||
    (isNamed(open.fields, allOpen(names)) && isNamed(kept, names.restricted) && (!isProvable || committed === meta.c));
  const isPlaced = isEqual(open.fields._ids, { ...place }) && isEqual(open.fields._parents, [...meta.parents]);
  return {
    place,
    kind,
    schema,
    fields: pick(open.fields, (name) => !RESERVED_NAME.test(name)),
    restricted: restricted && kept,
    reserved: pick(open.fields, (name) => RESERVED_NAME.test(name)),
    keys: { open: open.keys, restricted: restricted?.keys ?? [] },
    seeds: { open: b64(open.seed), restricted: restricted && b64(restricted.seed) },
    digests: /** @type {Record<string, string>|null} */ (digests),
    commitment: committed,
    altered: !(isWhole && isPlaced),
  };
}

/**
 * @param {{diaryKey: CryptoKey, olds: ReadonlyMap<number, CryptoKey> | undefined}} keys
 * @param {Place} place
 * @param {Part} part
 * @param {Uint8Array} wrapped
 * @param {Uint8Array} sealed
 * @returns {Promise<Payload>}
 */
async function openPart({ diaryKey, olds }, place, part, wrapped, sealed) {
  const { epoch } = envelope.claimedHeader(wrapped, 'wrap');
  if (!Number.isSafeInteger(epoch) || Number(epoch) < 1) throw new KeptError('not_opened');
  const raw = await unwrap(
    olds?.get(Number(epoch)) ?? diaryKey,
    versionWrapHeader(place.diary, Number(epoch), part, place.version),
    wrapped,
  );
  const key = await importKey(raw);
  return readPayload(unpad(await envelope.open(key, sealed, 'version', envelopeHeader(place, part))));
}

/**
 * @param {Bytes} plaintext
 * @returns {Payload}
 */
function readPayload(plaintext) {
  try {
    const { fields, keys, seed, ...more } = /** @type {Record<string, any>} */ (parseObject(plaintext));
    const raw = unb64(seed);
    const isSound = isObject(fields) && raw.length === 32 && Array.isArray(keys) && Object.keys(more).length === 0;
    if (isSound && keys.every(isKeyPair)) return { fields, keys, seed: raw };
  } catch {
    // Falls through to the one answer there is.
  }
  throw new KeptError('not_opened');
}

/**
 * @param {any} pair throws when it is not a list of two texts
 * @returns {boolean}
 */
function isKeyPair(pair) {
  return pair.length === 2 && parseId(pair[0]).length === 16 && unb64(pair[1]).length === 32;
}

/**
 * @param {Fields} fields
 * @param {KeyPairs} keys
 * @param {Bytes} seed
 * @returns {Bytes}
 */
function payload(fields, keys, seed) {
  return padVersion(canon({ fields, keys: keys.map(([blob, key]) => [blob, key]), seed: b64(seed) }));
}

/**
 * @param {number} count
 * @returns {Part[]}
 */
export function partsOf(count) {
  return count === 1 ? ['open'] : ['open', 'restricted'];
}

/**
 * @param {Fields} fields
 * @returns {Fields}
 */
function present(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

/**
 * @param {Fields} fields
 * @param {(name: string) => boolean} wanted
 * @returns {Fields}
 */
function pick(fields, wanted) {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => wanted(name)));
}

/**
 * @param {Fields} fields
 * @param {readonly string[]} names
 * @returns {boolean}
 */
function isNamed(fields, names) {
  return Object.keys(fields).every((name) => names.includes(name));
}

/**
 * @param {import('../core/encoding.js').Json | undefined} a
 * @param {import('../core/encoding.js').Json} b
 * @returns {boolean}
 */
function isEqual(a, b) {
  return a !== undefined && isSame(canon(a), canon(b));
}
