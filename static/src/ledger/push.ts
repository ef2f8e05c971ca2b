/** The upload format of a version, as the server sees it: docs/formats.md, section 6. */
import { b64, unb64 } from '../core/bytes.js';
import { frames, canon, isObject, parse, readFrames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { parseId } from '../core/ids.js';
import { sha256Now } from '../crypto/digests.js';
import { SUITE_KEY, agreed, claimedHeader } from '../crypto/envelope.js';
import { grantWrapHeader, versionWrapHeader } from '../crypto/keys.js';
import { verifyAuthor as verify } from '../crypto/signing.js';
import { envelopeHeader, signedBytes } from '../crypto/versions.js';
import type { Bytes } from '../core/bytes.js';
import type { AuthorKey as Author } from '../crypto/sharing/statements.js';
import type { Place } from '../crypto/versions.js';

export type Meta = {
  blobs: string[];
  c: string;
  grants: [string, number][];
  parents: string[];
  parts: ('open' | 'restricted')[];
  sig: string;
};
/** A version's wraps for one grant: of the key of `open`, or of `open` and `restricted` */
export type ForGrant = { grant: string; wraps: Bytes[] };
/** `meta.grants` describes `given` */
type Push = { meta: Meta; wraps: Bytes[]; envelopes: Bytes[]; given?: ForGrant[] };

const META = 'blobs,c,grants,parents,parts,sig';
const BLOBS_LIMIT = 500;
const PARENTS_LIMIT = 16;
const GRANTS_LIMIT = 20;

/** Return the body of a version upload. */
export function encodePush({ meta, wraps, envelopes, given = [] }: Push): Bytes {
  return frames([canon(meta), ...wraps, ...envelopes, ...given.flatMap((one) => one.wraps)]);
}

/**
 * Parse a version upload; the parts are views. Throws `bad_request` or `not_canonical`. The caller checks the
 * signature. With `expectedPlace`, compare the public headers too: without that, an upload sealed for another place
 * would be accepted and get a receipt, but could never be opened.
 */
export function decodePush(bytes: Uint8Array, place?: Place): Push {
  const [first, ...sealed] = readFrames(bytes, { atMost: 5 + 2 * GRANTS_LIMIT });
  if (!first) throw new KeptError('bad_request', 'The frames do not add up.');
  const meta = readMeta(parse(first));
  const [n, own] = [meta.parts.length, 2 * meta.parts.length];
  if (sealed.length !== own + meta.grants.reduce((sum, [, count]) => sum + count, 0))
    throw new KeptError('bad_request', 'The version’s parts do not add up.');
  let at = own;
  const given = meta.grants.map(([grant, count]) => ({ grant, wraps: sealed.slice(at, (at += count)) }));
  const push = { meta, wraps: sealed.slice(0, n), envelopes: sealed.slice(n, own), given };
  if (place) checkPlace(push, place);
  return push;
}

/**
 * Return the SHA-256 over the envelopes (open, then restricted) that receipts name as `env`.
 * @returns b64
 */
export function envDigest(envelopes: readonly Uint8Array[]): string {
  return b64(sha256Now(...envelopes));
}

/**
 * Verify the author's signature over a version. Throws `bad_signature`.
 * @param pub 65 bytes, or from `importVerifyingKey`
 * @param sig b64
 */
export async function verifyAuthor(
  pub: Bytes | CryptoKey,
  { c, diary, record, version }: { c: string; diary: string; record: string; version: string },
  sig: string,
) {
  await verify(pub, signedBytes(c, { diary, record, version }), unb64(sig));
}

/**
 * Verify that one of an account's keys signed the version and was valid for its number. Throws `bad_signature`.
 * @param authors oldest first
 * @param sig b64
 * @param seq null for a version without a number
 */
export async function verifyByAny(
  authors: readonly Author[],
  signed: { c: string; diary: string; record: string; version: string },
  sig: string,
  seq: number | null,
) {
  const counting = authors.filter((one) => one.seq === null || (seq !== null && seq <= one.seq)).reverse();
  for (const { pub } of counting) {
    try {
      return await verifyAuthor(unb64(pub), signed, sig);
    } catch {}
  }
  throw new KeptError('bad_signature');
}

function checkPlace({ meta, wraps, envelopes, given = [] }: Push, place: Place) {
  meta.parts.forEach((part, i) => {
    try {
      const wrapped = wraps[i] as Bytes;
      const { epoch } = claimedHeader(wrapped, 'wrap');
      const header = versionWrapHeader(place.diary, Number(epoch), part, place.version);
      if (!Number.isSafeInteger(epoch) || Number(epoch) < 1) throw new KeptError('not_opened');
      agreed(SUITE_KEY, wrapped, 'wrap', header);
      agreed(SUITE_KEY, envelopes[i] as Bytes, 'version', envelopeHeader(place, part));
    } catch {
      throw new KeptError('bad_request', 'A wrap or an envelope belongs to another place.');
    }
  });
  for (const { grant, wraps: theirs } of given) {
    for (const [i, one] of theirs.entries()) {
      try {
        agreed(
          SUITE_KEY,
          one,
          'wrap',
          grantWrapHeader({ diary: place.diary, grant }, meta.parts[i] ?? 'open', place.version),
        );
      } catch {
        throw new KeptError('bad_request', 'A wrap for a grant belongs to another place.');
      }
    }
  }
}

function readMeta(value: unknown): Meta {
  if (!isObject(value) || Object.keys(value).sort().join() !== META || !Array.isArray(value.grants)) {
    throw new KeptError('bad_request', 'The version’s description is not complete.');
  }
  const { blobs, c, parents, parts, sig } = value;
  // Compared as JSON: with join(), one string that contains a comma would pass for two names.
  const isKnown = ['["open"]', '["open","restricted"]'].includes(JSON.stringify(parts));
  if (!isKnown) throw new KeptError('bad_request', 'The version’s parts do not add up.');
  checkGrants(value.grants, (parts as unknown[]).length);
  checkIds(blobs, BLOBS_LIMIT);
  checkIds(parents, PARENTS_LIMIT);
  checkLength(c, 32);
  checkLength(sig, 64);
  return value as Meta;
}

/** Check [[grant, number of wraps]…]: each grant may occur once. */
function checkGrants(list: unknown[], parts: number) {
  const isWhole = list.every(
    (one) => Array.isArray(one) && one.length === 2 && Number.isSafeInteger(one[1]) && one[1] > 0 && one[1] <= parts,
  );
  if (!isWhole || list.length > GRANTS_LIMIT) throw new KeptError('bad_request', 'The version’s grants do not add up.');
  checkIds(
    list.map((one) => (one as unknown[])[0]),
    GRANTS_LIMIT,
  );
}

function checkIds(list: unknown, atMost: number) {
  if (!Array.isArray(list) || list.length > atMost) throw new KeptError('bad_request', 'A list of ids is wrong.');
  list.forEach(parseId);
  if (new Set(list).size !== list.length) throw new KeptError('bad_request', 'A list of ids names one twice.');
}

function checkLength(text: unknown, length: number) {
  if (typeof text !== 'string' || unb64(text).length !== length) {
    throw new KeptError('bad_request', 'A digest or signature has the wrong length.');
  }
}
