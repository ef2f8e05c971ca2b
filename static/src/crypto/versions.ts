/**
 * Seal and open versions: docs/formats.md, sections 5 and 6.
 *
 * `compose` does everything except the sealing, so test vectors can pin its output byte for byte.
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
import type { Bytes } from '../core/bytes.js';
import type { Json, JsonObject } from '../core/encoding.js';
import type { Fields, Names } from './commitment.js';

export type Part = 'open' | 'restricted';
/** Blob id and b64 key */
type KeyPairs = readonly (readonly [string, string])[];
export type Place = { diary: string; record: string; version: string };
export type Meta = { c: string; sig: string; parents: readonly string[]; parts: readonly string[] };
type Two = { open: Bytes; restricted: Bytes };
/** A version before sealing; fields with value null are omitted */
type Draft = {
  place: Place;
  kind: string;
  schema: number;
  author: { account: string; device: string; borrowed?: boolean };
  /** author key id */
  by: string;
  line: { device: string; n: number; prev: string | null };
  clock: { offset_ms: number | null; tz: string; utc: number };
  /** the latest checkpoint seen */
  beacon?: { log: string; root: string; size: number } | null;
  parents: readonly string[];
  open: Fields;
  restricted: Fields;
  openKeys: KeyPairs;
  restrictedKeys: KeyPairs;
};
export type OpenedVersion = {
  place: Place;
  kind: string;
  schema: number;
  /** without the reserved names */
  fields: Fields;
  /** null when there is no restricted part */
  restricted: Fields | null;
  reserved: Fields;
  keys: { open: [string, string][]; restricted: [string, string][] };
  /** b64 */
  seeds: { open: string; restricted: string | null };
  /** null when this program does not know the kind */
  digests: Record<string, string> | null;
  /** b64, recomputed; null when this program does not know the kind */
  commitment: string | null;
  /** the sealed content does not match its commitment or signature */
  altered: boolean;
};
type Payload = { fields: Fields; keys: [string, string][]; seed: Bytes };
/** As `encodePayload` writes it; `readPayload` checks what was opened */
type Written = { fields: Json; keys: Json; seed: string };

const RESERVED_NAME = /^_/;

/**
 * Return payloads (padded, one or two), field digests and commitment. Throws `bad_request` for a field that the schema
 * does not name.
 */
export function compose(draft: Draft, names: Names, seeds: Two) {
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

/** Seal, wrap and sign a draft under fresh keys. `push` is the upload body, `meta` its first frame. */
export async function sealVersion(
  draft: Draft,
  names: Names,
  { diaryKey, epoch, signKey }: { diaryKey: CryptoKey; epoch: number; signKey: CryptoKey },
) {
  const { place } = draft;
  const composed = compose(draft, names, { open: random(32), restricted: random(32) });
  const parts = partsOf(composed.payloads.length);
  const sealed = await Promise.all(
    parts.map(async (part, i) => {
      const raw = random(32);
      const key = await importKey(raw);
      const wrapped = await wrap(diaryKey, versionWrapHeader(place.diary, epoch, part, place.version), raw);
      raw.fill(0);
      const plaintext = composed.payloads[i] as Bytes;
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
 * Open a version with the diary's key. Throws `not_opened`. A version that opens but does not verify is `altered`.
 * @param keys `olderDiaryKeys`: by epoch; `authors`: public keys by key id, oldest first
 * @param namesOf returns null when this program does not know the kind
 */
export async function openVersion(
  {
    place,
    meta,
    wraps,
    envelopes,
  }: { place: Place; meta: Meta; wraps: readonly Uint8Array[]; envelopes: readonly Uint8Array[] },
  {
    diaryKey,
    olds,
    authors,
  }: { diaryKey: CryptoKey; olds?: ReadonlyMap<number, CryptoKey>; authors: ReadonlyMap<string, CryptoKey> },
  namesOf: (kind: string, schema: number) => Names | null,
): Promise<OpenedVersion> {
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
      openPart({ diaryKey, olds }, place, part, wraps[i] as Uint8Array, envelopes[i] as Uint8Array),
    ),
  );
  const read = judge(open as Payload, restricted, place, meta, namesOf);
  // Other accounts' keys come with their own statements. Without those only this account's signatures are checked.
  const counting = fromOn([...authors], String(read.reserved._by));
  if (counting.length && !read.altered) {
    read.altered = !(await isSignedByAny(counting, signedBytes(meta.c, place), unb64(meta.sig)));
  }
  return read;
}

/**
 * Return the key that a version names and the later ones: what the server lost is sent again under a signature of the
 * current key (docs/formats.md, section 4b). A key never signs for a later one.
 * @param authors by key id, oldest first
 * @param firstKeyId key id
 * @returns empty when the key is unknown
 */
function fromOn(authors: readonly (readonly [string, CryptoKey])[], by: string): CryptoKey[] {
  const at = authors.findIndex(([id]) => id === by);
  return at < 0 ? [] : authors.slice(at).map(([, pub]) => pub);
}

async function isSignedByAny(pubs: readonly CryptoKey[], message: Bytes, signature: Bytes): Promise<boolean> {
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
 * Open a version with its own keys: open, then restricted, which a reader may lack. The caller checks the signature.
 * Throws `not_opened`. Without the restricted key and its field digests the commitment cannot be recomputed; then
 * only the ids and parents are checked.
 * @param withheldDigests digests of the restricted fields, by name, for a reader without that key
 */
export async function openWithKeys(
  { place, meta, envelopes }: { place: Place; meta: Meta; envelopes: readonly Uint8Array[] },
  keys: readonly Bytes[],
  namesOf: (kind: string, schema: number) => Names | null,
  apart: Record<string, string> | null = null,
): Promise<OpenedVersion> {
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
      const header = envelopeHeader(place, parts[i] as Part);
      return readPayload(
        unpad(await envelope.open(await importKey(raw), envelopes[i] as Uint8Array, 'version', header)),
      );
    }),
  );
  return judge(open as Payload, restricted, place, meta, namesOf, {
    withheld: keys.length < parts.length,
    apart,
  });
}

/**
 * Return the bytes that the author signs for a version.
 * @param c b64
 */
export function signedBytes(c: string, { diary, record, version }: Place): Bytes {
  return canon({ c, diary, record, t: 'sig/v1', version });
}

export function envelopeHeader({ diary, record, version }: Place, part: Part): JsonObject {
  return { diary, part, record, t: 'version', version };
}

/**
 * Verify the payloads against `meta` and build the result.
 * @param options `withheld`: there is a restricted part and this reader lacks its key; `withheldDigests`: of its
 *   fields
 */
function judge(
  open: Payload,
  restricted: Payload | null,
  place: Place,
  meta: Meta,
  namesOf: (kind: string, schema: number) => Names | null,
  { withheld = false, apart = null }: { withheld?: boolean; apart?: Record<string, string> | null } = {},
): OpenedVersion {
  const { _kind: kind, _schema: schema } = open.fields;
  if (typeof kind !== 'string' || typeof schema !== 'number') throw new KeptError('not_opened');
  const names = namesOf(kind, schema);
  const kept = restricted?.fields ?? {};
  const isProvable = !withheld || (names && apart && names.restricted.every((name) => Object.hasOwn(apart, name)));
  // A hundred digests per version are most of the cost of reading one, so they are skipped where nothing can be
  // checked against them.
  const made =
    names && isProvable
      ? fieldDigests(names, open.fields, kept, { open: open.seed, restricted: restricted?.seed ?? null })
      : null;
  const digests =
    made && names && withheld ? { ...made, ...pick(apart as Fields, (name) => names.restricted.includes(name)) } : made;
  const committed = digests && b64(commitment(digests as Record<string, string>));
  // A field that the schema does not name is outside the commitment, so it must not pass as part of the version.
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
    digests: digests as Record<string, string> | null,
    commitment: committed,
    altered: !(isWhole && isPlaced),
  };
}

async function openPart(
  { diaryKey, olds }: { diaryKey: CryptoKey; olds: ReadonlyMap<number, CryptoKey> | undefined },
  place: Place,
  part: Part,
  wrapped: Uint8Array,
  sealed: Uint8Array,
): Promise<Payload> {
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

function readPayload(plaintext: Bytes): Payload {
  try {
    const { fields, keys, seed, ...more } = parseObject(plaintext) as Written;
    const raw = unb64(seed);
    const isSound = isObject(fields) && raw.length === 32 && Array.isArray(keys) && Object.keys(more).length === 0;
    if (isSound && keys.every(isKeyPair)) return { fields, keys, seed: raw };
  } catch {
    // All failures share the error below.
  }
  throw new KeptError('not_opened');
}

/** Throws when `blobKey` is not a list of two strings. */
function isKeyPair(pair: readonly [string, string]): boolean {
  return pair.length === 2 && parseId(pair[0]).length === 16 && unb64(pair[1]).length === 32;
}

function payload(fields: Fields, keys: KeyPairs, seed: Bytes): Bytes {
  return padVersion(canon({ fields, keys: keys.map(([blob, key]) => [blob, key]), seed: b64(seed) }));
}

export function partsOf(count: number): Part[] {
  return count === 1 ? ['open'] : ['open', 'restricted'];
}

function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function pick(fields: Fields, wanted: (name: string) => boolean): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => wanted(name)));
}

function isNamed(fields: Fields, names: readonly string[]): boolean {
  return Object.keys(fields).every((name) => names.includes(name));
}

function isEqual(a: Json | undefined, b: Json): boolean {
  return a !== undefined && isSame(canon(a), canon(b));
}
