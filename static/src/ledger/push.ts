/** The upload format of a version, as the server sees it: docs/formats.md, section 6. */
import { b64, unb64 } from '../core/bytes.js';
import { PUSH_FILES_LIMIT, PUSH_GRANTS_LIMIT, PUSH_PARENTS_LIMIT } from '../core/constants.js';
import { encodeFrames, canonicalBytes, isObject, parseCanonical, decodeFrames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { parseId } from '../core/ids.js';
import { sha256Sync } from '../crypto/digests.js';
import { SUITE_KEY, checkPrefix, readUnverifiedHeader } from '../crypto/envelope.js';
import { grantWrapHeader, versionWrapHeader } from '../crypto/keys.js';
import { verifyAuthorSignature as verify } from '../crypto/signing.js';
import { envelopeHeader, bytesToSign } from '../crypto/versions.js';
import type { Bytes } from '../core/bytes.js';
import type { AuthorKey as Author } from '../crypto/sharing/statements.js';
import type { VersionPlace } from '../crypto/versions.js';

export type VersionMeta = {
  blobs: string[];
  c: string;
  grants: [string, number][];
  parents: string[];
  parts: ('open' | 'restricted')[];
  sig: string;
};
/** A version's wraps for one grant: of the key of `open`, or of `open` and `restricted` */
export type GrantWraps = { grant: string; wraps: Bytes[] };
/** `meta.grants` describes `given` */
type Push = { meta: VersionMeta; wraps: Bytes[]; envelopes: Bytes[]; given?: GrantWraps[] };

const META_KEYS = 'blobs,c,grants,parents,parts,sig';

/** Return the body of a version upload. */
export function encodePush({ meta, wraps, envelopes, given: grantWraps = [] }: Push): Bytes {
  return encodeFrames([
    canonicalBytes(meta),
    ...wraps,
    ...envelopes,
    ...grantWraps.flatMap((wrapsOfGrant) => wrapsOfGrant.wraps),
  ]);
}

/**
 * Parse a version upload; the parts are views. Throws `bad_request` or `not_canonical`. The caller checks the
 * signature. With `expectedPlace`, compare the public headers too: without that, an upload sealed for another place
 * would be accepted and get a receipt, but could never be opened.
 */
export function decodePush(bytes: Uint8Array, expectedPlace?: VersionPlace): Push {
  const [metaFrame, ...sealedFrames] = decodeFrames(bytes, { maxParts: 5 + 2 * PUSH_GRANTS_LIMIT });
  if (!metaFrame) throw new KeptError('bad_request', 'The frames do not add up.');
  const meta = readMeta(parseCanonical(metaFrame));
  const [partCount, ownFrameCount] = [meta.parts.length, 2 * meta.parts.length];
  if (sealedFrames.length !== ownFrameCount + meta.grants.reduce((sum, [, count]) => sum + count, 0))
    throw new KeptError('bad_request', 'The version’s parts do not add up.');
  let offset = ownFrameCount;
  const grantWraps = meta.grants.map(([grant, count]) => ({
    grant,
    wraps: sealedFrames.slice(offset, (offset += count)),
  }));
  const push = {
    meta,
    wraps: sealedFrames.slice(0, partCount),
    envelopes: sealedFrames.slice(partCount, ownFrameCount),
    given: grantWraps,
  };
  if (expectedPlace) checkPlace(push, expectedPlace);
  return push;
}

/**
 * Return the SHA-256 over the envelopes (open, then restricted) that receipts name as `env`.
 * @returns b64
 */
export function envDigest(envelopes: readonly Uint8Array[]): string {
  return b64(sha256Sync(...envelopes));
}

/**
 * Verify the author's signature over a version. Throws `bad_signature`.
 * @param pub 65 bytes, or from `importVerifyingKey`
 * @param sig b64
 */
export async function verifyVersionSignature(
  pub: Bytes | CryptoKey,
  { c, diary, record, version }: { c: string; diary: string; record: string; version: string },
  sig: string,
) {
  await verify(pub, bytesToSign(c, { diary, record, version }), unb64(sig));
}

/**
 * Verify that one of an account's keys signed the version and was valid for its number. Throws `bad_signature`.
 * @param authors oldest first
 * @param sig b64
 * @param seq null for a version without a number
 */
export async function verifyVersionByAnyKey(
  authors: readonly Author[],
  signed: { c: string; diary: string; record: string; version: string },
  sig: string,
  seq: number | null,
) {
  const validKeys = authors.filter((key) => key.seq === null || (seq !== null && seq <= key.seq)).reverse();
  for (const { pub } of validKeys) {
    try {
      return await verifyVersionSignature(unb64(pub), signed, sig);
    } catch {}
  }
  throw new KeptError('bad_signature');
}

function checkPlace({ meta, wraps, envelopes, given: grantWraps = [] }: Push, expectedPlace: VersionPlace) {
  meta.parts.forEach((part, i) => {
    try {
      const wrapped = wraps[i] as Bytes;
      const { epoch } = readUnverifiedHeader(wrapped, 'wrap');
      const header = versionWrapHeader(expectedPlace.diary, Number(epoch), part, expectedPlace.version);
      if (!Number.isSafeInteger(epoch) || Number(epoch) < 1) throw new KeptError('not_opened');
      checkPrefix(SUITE_KEY, wrapped, 'wrap', header);
      checkPrefix(SUITE_KEY, envelopes[i] as Bytes, 'version', envelopeHeader(expectedPlace, part));
    } catch {
      throw new KeptError('bad_request', 'A wrap or an envelope belongs to another place.');
    }
  });
  for (const { grant, wraps: wrapsOfGrant } of grantWraps) {
    for (const [i, wrapped] of wrapsOfGrant.entries()) {
      try {
        checkPrefix(
          SUITE_KEY,
          wrapped,
          'wrap',
          grantWrapHeader({ diary: expectedPlace.diary, grant }, meta.parts[i] ?? 'open', expectedPlace.version),
        );
      } catch {
        throw new KeptError('bad_request', 'A wrap for a grant belongs to another place.');
      }
    }
  }
}

function readMeta(value: unknown): VersionMeta {
  if (!isObject(value) || Object.keys(value).sort().join() !== META_KEYS || !Array.isArray(value.grants)) {
    throw new KeptError('bad_request', 'The version’s description is not complete.');
  }
  const { blobs, c, parents, parts, sig } = value;
  // Compared as JSON: with join(), one string that contains a comma would pass for two names.
  const isKnown = ['["open"]', '["open","restricted"]'].includes(JSON.stringify(parts));
  if (!isKnown) throw new KeptError('bad_request', 'The version’s parts do not add up.');
  checkGrants(value.grants, (parts as unknown[]).length);
  checkIds(blobs, PUSH_FILES_LIMIT);
  checkIds(parents, PUSH_PARENTS_LIMIT);
  checkLength(c, 32);
  checkLength(sig, 64);
  return value as VersionMeta;
}

/** Check [[grant, number of wraps]…]: each grant may occur once. */
function checkGrants(grants: unknown[], partCount: number) {
  const areGrantsValid = grants.every(
    (pair) =>
      Array.isArray(pair) && pair.length === 2 && Number.isSafeInteger(pair[1]) && pair[1] > 0 && pair[1] <= partCount,
  );
  if (!areGrantsValid) throw new KeptError('bad_request', 'The version’s grants do not add up.');
  checkIds(
    grants.map((pair) => (pair as unknown[])[0]),
    PUSH_GRANTS_LIMIT,
  );
}

function checkIds(ids: unknown, limit: number) {
  if (!Array.isArray(ids) || ids.length > limit) throw new KeptError('bad_request', 'A list of ids is wrong.');
  ids.forEach(parseId);
  if (new Set(ids).size !== ids.length) throw new KeptError('bad_request', 'A list of ids names one twice.');
}

function checkLength(text: unknown, expectedLength: number) {
  if (typeof text !== 'string' || unb64(text).length !== expectedLength) {
    throw new KeptError('bad_request', 'A digest or signature has the wrong length.');
  }
}
