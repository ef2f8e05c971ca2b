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
import type { Bytes } from '../core/bytes.js';
import type { Json, JsonObject } from '../core/encoding.js';
import type { Fields, Names } from './commitment.js';

export type Part = 'open' | 'restricted';
/** Blob id and b64 key */
type KeyPairs = readonly (readonly [string, string])[];
export type Place = { diary: string; record: string; version: string };
export type Meta = { c: string; sig: string; parents: readonly string[]; parts: readonly string[] };
type Two = { open: Bytes; restricted: Bytes };
/** What is about to be sealed; fields whose value is null are left out */
type Draft = {
  place: Place;
  kind: string;
  schema: number;
  author: { account: string; device: string; borrowed?: boolean };
  /** author key id */
  by: string;
  line: { device: string; n: number; prev: string | null };
  clock: { offset_ms: number | null; tz: string; utc: number };
  /** the checkpoint seen last */
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
  /** null when there is no such part */
  restricted: Fields | null;
  reserved: Fields;
  keys: { open: [string, string][]; restricted: [string, string][] };
  /** b64 */
  seeds: { open: string; restricted: string | null };
  /** null when this program does not know the kind */
  digests: Record<string, string> | null;
  /** b64, as recomputed; null when this program does not know the kind */
  commitment: string | null;
  /** what was sealed does not add up to what was committed to or signed */
  altered: boolean;
};
type Payload = { fields: Fields; keys: [string, string][]; seed: Bytes };
/** As `payload` writes it; what was opened is checked by `readPayload` */
type Written = { fields: Json; keys: Json; seed: string };

const RESERVED_NAME = /^_/;

/**
 * Payloads (padded, one or two), field digests and commitment. Throws `bad_request` for a field the schema
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

/** Seals, wraps and signs a draft under fresh keys. `push` is the body to upload, `meta` its first frame. */
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
 * Reads a version with the diary's key. Throws `not_opened`; what opens but does not add up is `altered`.
 * @param keys `olds`: the diary's of earlier epochs; `authors`: public keys by key id, oldest first
 * @param namesOf answers null when this program does not know the kind
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
  // Another account's keys come with their own statements; until then only this one's signatures can be judged.
  const counting = fromOn([...authors], String(read.reserved._by));
  if (counting.length && !read.altered) {
    read.altered = !(await isSignedByAny(counting, signedBytes(meta.c, place), unb64(meta.sig)));
  }
  return read;
}

/**
 * The key that a version names and those that came after it: what the server lost is sent again under a signature of
 * the key in use (docs/formats.md, section 4b). A key never signs for one that came after it.
 * @param authors by key id, oldest first
 * @param by key id
 * @returns none for a key that is not among them
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
 * Reads a version with its own keys: open, then restricted, which a reader need not have. Whose signature it bears is
 * for the caller. Throws `not_opened`; without the restricted part and the digests of its fields the commitment cannot
 * be made again, so only its place is looked at.
 * @param apart digests of the restricted fields, by name, for who has no key of that part
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
 * What the author signs of a version.
 * @param c b64
 */
export function signedBytes(c: string, { diary, record, version }: Place): Bytes {
  return canon({ c, diary, record, t: 'sig/v1', version });
}

export function envelopeHeader({ diary, record, version }: Place, part: Part): JsonObject {
  return { diary, part, record, t: 'version', version };
}

/**
 * @param given `withheld`: the restricted part is there and this reader has no key for it; `apart`: the digests of its
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
  // A hundred digests a version are most of what reading one costs: none are made where nothing can be held against
  // them.
  const made =
    names && isProvable
      ? fieldDigests(names, open.fields, kept, { open: open.seed, restricted: restricted?.seed ?? null })
      : null;
  const digests =
    made && names && withheld ? { ...made, ...pick(apart as Fields, (name) => names.restricted.includes(name)) } : made;
  const committed = digests && b64(commitment(digests as Record<string, string>));
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
    // Falls through to the one answer there is.
  }
  throw new KeptError('not_opened');
}

/** @param pair throws when it is not a list of two texts */
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
