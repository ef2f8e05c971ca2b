/**
 * Seal and open versions: docs/formats.md, sections 5 and 6.
 *
 * `compose` does everything except the sealing, so test vectors can pin its output byte for byte.
 */
import { b64, bytesEqual, randomBytes, unb64 } from '../core/bytes.js';
import { canonicalBytes, canonicalText, encodeFrames, isObject, parseCanonicalObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { parseId } from '../core/ids.js';
import { importKey } from './cobblestone.js';
import { openNames, computeCommitment, fieldDigests } from './commitment.js';
import * as envelope from './envelope.js';
import { unwrapKey, versionWrapHeader, wrapKey } from './keys.js';
import { padVersion, unpad } from './padding.js';
import { sign, verifyAuthorSignature } from './signing.js';
import type { Bytes } from '../core/bytes.js';
import type { Json, JsonObject } from '../core/encoding.js';
import type { Fields, FieldNames } from './commitment.js';

export type Part = 'open' | 'restricted';
/** Blob id and b64 key */
type BlobKeys = readonly (readonly [string, string])[];
export type VersionPlace = { diary: string; record: string; version: string };
export type SignedMeta = { c: string; sig: string; parents: readonly string[]; parts: readonly string[] };
type PartSeeds = { open: Bytes; restricted: Bytes };
/** A version before sealing; fields with value null are omitted */
type VersionDraft = {
  place: VersionPlace;
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
  openKeys: BlobKeys;
  restrictedKeys: BlobKeys;
};
export type OpenedVersion = {
  place: VersionPlace;
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
type PayloadJson = { fields: Json; keys: Json; seed: string };

const RESERVED_NAME = /^_/;

/**
 * Return payloads (padded, one or two), field digests and commitment. Throws `bad_request` for a field that the schema
 * does not name.
 */
export function compose(draft: VersionDraft, names: FieldNames, seeds: PartSeeds) {
  const { place, kind, schema, parents, line, author, by, clock, beacon = null } = draft;
  const open = {
    ...withoutNulls(draft.open),
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
  const restricted = withoutNulls(draft.restricted);
  if (!hasOnlyNames(open, openNames(names)) || !hasOnlyNames(restricted, names.restricted)) {
    throw new KeptError('bad_request', 'A field is not part of this kind of record.');
  }
  const payloads = [encodePayload(open, draft.openKeys, seeds.open)];
  const hasRestricted = Object.keys(restricted).length > 0 || draft.restrictedKeys.length > 0;
  if (hasRestricted) payloads.push(encodePayload(restricted, draft.restrictedKeys, seeds.restricted));
  const digests = fieldDigests(names, open, restricted, {
    open: seeds.open,
    restricted: hasRestricted ? seeds.restricted : null,
  });
  return { payloads, digests, commitment: computeCommitment(digests) };
}

/** Seal, wrap and sign a draft under fresh keys. `push` is the upload body, `meta` its first frame. */
export async function sealVersion(
  draft: VersionDraft,
  names: FieldNames,
  { diaryKey, epoch, signKey }: { diaryKey: CryptoKey; epoch: number; signKey: CryptoKey },
) {
  const { place } = draft;
  const composed = compose(draft, names, { open: randomBytes(32), restricted: randomBytes(32) });
  const parts = partNames(composed.payloads.length);
  const sealed = await Promise.all(
    parts.map(async (part, i) => {
      const raw = randomBytes(32);
      const key = await importKey(raw);
      const wrapped = await wrapKey(diaryKey, versionWrapHeader(place.diary, epoch, part, place.version), raw);
      raw.fill(0);
      const plaintext = composed.payloads[i] as Bytes;
      return { wrapped, envelope: await envelope.seal(key, 'version', envelopeHeader(place, part), plaintext) };
    }),
  );
  const c = b64(composed.commitment);
  const sig = b64(await sign(signKey, bytesToSign(c, place)));
  const blobs = [...new Set([...draft.openKeys, ...draft.restrictedKeys].map(([blob]) => blob))];
  const meta = { blobs, c, grants: [], parents: [...draft.parents], parts, sig };
  const wraps = sealed.map((piece) => piece.wrapped);
  const envelopes = sealed.map((piece) => piece.envelope);
  return {
    meta,
    wraps,
    envelopes,
    digests: composed.digests,
    push: encodeFrames([canonicalBytes(meta), ...wraps, ...envelopes]),
  };
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
  }: { place: VersionPlace; meta: SignedMeta; wraps: readonly Uint8Array[]; envelopes: readonly Uint8Array[] },
  {
    diaryKey,
    olderDiaryKeys,
    authors,
  }: { diaryKey: CryptoKey; olderDiaryKeys?: ReadonlyMap<number, CryptoKey>; authors: ReadonlyMap<string, CryptoKey> },
  namesOf: (kind: string, schema: number) => FieldNames | null,
): Promise<OpenedVersion> {
  const parts = partNames(meta.parts.length);
  if (
    canonicalText(parts) !== canonicalText([...meta.parts]) ||
    wraps.length !== parts.length ||
    envelopes.length !== parts.length
  ) {
    throw new KeptError('not_opened');
  }
  const [open, restricted = null] = await Promise.all(
    parts.map((part, i) =>
      openPart({ diaryKey, olderDiaryKeys }, place, part, wraps[i] as Uint8Array, envelopes[i] as Uint8Array),
    ),
  );
  const opened = assembleVersion(open as Payload, restricted, place, meta, namesOf);
  // Other accounts' keys come with their own statements. Without those only this account's signatures are checked.
  const candidateKeys = keysFrom([...authors], String(opened.reserved._by));
  if (candidateKeys.length && !opened.altered) {
    opened.altered = !(await isSignedByAny(candidateKeys, bytesToSign(meta.c, place), unb64(meta.sig)));
  }
  return opened;
}

/**
 * Return the key that a version names and the later ones: what the server lost is sent again under a signature of the
 * current key (docs/formats.md, section 4b). A key never signs for a later one.
 * @param authors by key id, oldest first
 * @param firstKeyId key id
 * @returns empty when the key is unknown
 */
function keysFrom(authors: readonly (readonly [string, CryptoKey])[], firstKeyId: string): CryptoKey[] {
  const index = authors.findIndex(([id]) => id === firstKeyId);
  return index < 0 ? [] : authors.slice(index).map(([, pub]) => pub);
}

async function isSignedByAny(pubs: readonly CryptoKey[], message: Bytes, signature: Bytes): Promise<boolean> {
  for (const pub of pubs)
    if (
      await verifyAuthorSignature(pub, message, signature).then(
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
export async function openVersionWithKeys(
  { place, meta, envelopes }: { place: VersionPlace; meta: SignedMeta; envelopes: readonly Uint8Array[] },
  keys: readonly Bytes[],
  namesOf: (kind: string, schema: number) => FieldNames | null,
  withheldDigests: Record<string, string> | null = null,
): Promise<OpenedVersion> {
  const parts = partNames(meta.parts.length);
  if (
    canonicalText(parts) !== canonicalText([...meta.parts]) ||
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
  return assembleVersion(open as Payload, restricted, place, meta, namesOf, {
    withheld: keys.length < parts.length,
    withheldDigests,
  });
}

/**
 * Return the bytes that the author signs for a version.
 * @param c b64
 */
export function bytesToSign(c: string, { diary, record, version }: VersionPlace): Bytes {
  return canonicalBytes({ c, diary, record, t: 'sig/v1', version });
}

export function envelopeHeader({ diary, record, version }: VersionPlace, part: Part): JsonObject {
  return { diary, part, record, t: 'version', version };
}

/**
 * Verify the payloads against `meta` and build the result.
 * @param options `withheld`: there is a restricted part and this reader lacks its key; `withheldDigests`: of its
 *   fields
 */
function assembleVersion(
  open: Payload,
  restricted: Payload | null,
  place: VersionPlace,
  meta: SignedMeta,
  namesOf: (kind: string, schema: number) => FieldNames | null,
  {
    withheld = false,
    withheldDigests = null,
  }: { withheld?: boolean; withheldDigests?: Record<string, string> | null } = {},
): OpenedVersion {
  const { _kind: kind, _schema: schema } = open.fields;
  if (typeof kind !== 'string' || typeof schema !== 'number') throw new KeptError('not_opened');
  const names = namesOf(kind, schema);
  const restrictedFields = restricted?.fields ?? {};
  const isVerifiable =
    !withheld || (names && withheldDigests && names.restricted.every((name) => Object.hasOwn(withheldDigests, name)));
  // A hundred digests per version are most of the cost of reading one, so they are skipped where nothing can be
  // checked against them.
  const computedDigests =
    names && isVerifiable
      ? fieldDigests(names, open.fields, restrictedFields, { open: open.seed, restricted: restricted?.seed ?? null })
      : null;
  const digests =
    computedDigests && names && withheld
      ? { ...computedDigests, ...pickFields(withheldDigests as Fields, (name) => names.restricted.includes(name)) }
      : computedDigests;
  const computedCommitment = digests && b64(computeCommitment(digests as Record<string, string>));
  // A field that the schema does not name is outside the commitment, so it must not pass as part of the version.
  const matchesCommitment =
    !names ||
    (hasOnlyNames(open.fields, openNames(names)) &&
      hasOnlyNames(restrictedFields, names.restricted) &&
      (!isVerifiable || computedCommitment === meta.c));
  const isInPlace = equalJson(open.fields._ids, { ...place }) && equalJson(open.fields._parents, [...meta.parents]);
  return {
    place,
    kind,
    schema,
    fields: pickFields(open.fields, (name) => !RESERVED_NAME.test(name)),
    restricted: restricted && restrictedFields,
    reserved: pickFields(open.fields, (name) => RESERVED_NAME.test(name)),
    keys: { open: open.keys, restricted: restricted?.keys ?? [] },
    seeds: { open: b64(open.seed), restricted: restricted && b64(restricted.seed) },
    digests: digests as Record<string, string> | null,
    commitment: computedCommitment,
    altered: !(matchesCommitment && isInPlace),
  };
}

async function openPart(
  { diaryKey, olderDiaryKeys }: { diaryKey: CryptoKey; olderDiaryKeys: ReadonlyMap<number, CryptoKey> | undefined },
  place: VersionPlace,
  part: Part,
  wrapped: Uint8Array,
  sealed: Uint8Array,
): Promise<Payload> {
  const { epoch } = envelope.readUnverifiedHeader(wrapped, 'wrap');
  if (!Number.isSafeInteger(epoch) || Number(epoch) < 1) throw new KeptError('not_opened');
  const raw = await unwrapKey(
    olderDiaryKeys?.get(Number(epoch)) ?? diaryKey,
    versionWrapHeader(place.diary, Number(epoch), part, place.version),
    wrapped,
  );
  const key = await importKey(raw);
  raw.fill(0);
  return readPayload(unpad(await envelope.open(key, sealed, 'version', envelopeHeader(place, part))));
}

function readPayload(plaintext: Bytes): Payload {
  try {
    const { fields, keys, seed, ...otherFields } = parseCanonicalObject(plaintext) as PayloadJson;
    const raw = unb64(seed);
    const isValid =
      isObject(fields) && raw.length === 32 && Array.isArray(keys) && Object.keys(otherFields).length === 0;
    if (isValid && keys.every(isBlobKey)) return { fields, keys, seed: raw };
  } catch {
    // All failures share the error below.
  }
  throw new KeptError('not_opened');
}

/** Throws when `blobKey` is not a list of two strings. */
function isBlobKey(blobKey: readonly [string, string]): boolean {
  return blobKey.length === 2 && parseId(blobKey[0]).length === 16 && unb64(blobKey[1]).length === 32;
}

function encodePayload(fields: Fields, keys: BlobKeys, seed: Bytes): Bytes {
  return padVersion(canonicalBytes({ fields, keys: keys.map(([blob, key]) => [blob, key]), seed: b64(seed) }));
}

export function partNames(count: number): Part[] {
  return count === 1 ? ['open'] : ['open', 'restricted'];
}

function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function pickFields(fields: Fields, predicate: (name: string) => boolean): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => predicate(name)));
}

function hasOnlyNames(fields: Fields, names: readonly string[]): boolean {
  return Object.keys(fields).every((name) => names.includes(name));
}

function equalJson(left: Json | undefined, right: Json): boolean {
  return left !== undefined && bytesEqual(canonicalBytes(left), canonicalBytes(right));
}
