/**
 * RFC 3161 timestamps of checkpoints. The leaf certificate, the policy and the nonce are pinned. Python twin:
 * diary/ledger/timestamps.py.
 *
 * [Note: pinned] The certificate that may sign for an authority is stored next to the response and was pinned when
 * the response arrived. Whoever verifies decides whether the chain above it ends at a trusted root: the roots come
 * from the instance, not from the pack.
 */
import { bytesEqual, concat, hex, unb64, utf8 } from '../core/bytes.js';
import { TIMESTAMP_CERTIFICATES_LIMIT, TIMESTAMP_CHAIN_LIMIT_BYTES, TIMESTAMP_LIMIT_BYTES } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { findPaths, isSelfIssued, isValidPath } from '../crypto/certificate_paths.js';
import {
  verifyCertificateSignature,
  digestNameOf,
  parseCertificate,
  parseChain,
  parsePemCertificates,
} from '../crypto/certificates.js';
import { TAGS, readChildren, integerOf, oidOf, readValues, readValue, timeOf } from '../crypto/der.js';
import { digestWith, sha256 } from '../crypto/digests.js';
import type { Bytes } from '../core/bytes.js';
import type { Certificate } from '../crypto/certificates.js';
import type { Der } from '../crypto/der.js';

/** An authority's timestamp of a checkpoint, with its pins: `tsr` and `nonce` b64, `chain` PEM */
export type Timestamp = { authority: string; chain: string; nonce: string; policy: string; tsr: string };

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATES = ['1.2.840.113549.1.9.16.2.12', '1.2.840.113549.1.9.16.2.47'];
const SHA_256 = '2.16.840.1.101.3.4.2.1';

function invalidTimestamp() {
  return new KeptError('bad_signature', 'The timestamp does not hold.');
}

/**
 * Verify a response over a SHA-256 digest whose certificates are in the response itself, and return its time in ms UTC.
 * Throws `bad_signature` where it does not hold under any of the roots.
 * @param roots PEM, trusted, from outside
 */
export async function verifyToken(tsr: Bytes, digest: Uint8Array, roots: readonly string[]): Promise<number> {
  const { content, signer, certificates: enclosed } = parseResponse(tsr);
  const { policy, nonce } = parseTstInfo(content);
  const certificates = enclosed.map((der) => parseCertificate(der));
  const [leaf, ...twins] = certificates.filter((certificate) => isSigner(signer, certificate));
  if (!leaf || twins.length || certificates.length > TIMESTAMP_CERTIFICATES_LIMIT) throw invalidTimestamp();
  // An authority may enclose its root, which is trusted only if it was given.
  const issuers = certificates.filter((certificate) => certificate !== leaf && !isSelfIssued(certificate));
  const trusted = roots.flatMap((pem) => parsePemCertificates(pem));
  for (const path of await findPaths(leaf, issuers, trusted)) {
    const chain = path.map(({ der }) => toPem(der)).join('');
    const time = await verifyDigest(tsr, digest, { chain, policy, nonce, roots: [] }).catch(() => null);
    if (time !== null) return time;
  }
  throw invalidTimestamp();
}

/** Return whether a response names this SHA-256. Nothing else of it is checked. */
export function isTokenOver(tsr: Bytes, digest: Uint8Array): boolean {
  try {
    const tstInfo = parseTstInfo(parseResponse(tsr).content);
    return tsr.length <= TIMESTAMP_LIMIT_BYTES && tstInfo.algorithm === SHA_256 && bytesEqual(tstInfo.digest, digest);
  } catch {
    return false;
  }
}

function toPem(der: Bytes) {
  const base64 = btoa(String.fromCharCode(...der));
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

/**
 * Verify a response that timestamps exactly `note` under these pins, and return its time in ms UTC. Throws otherwise.
 * @param pins PEM; without `roots` the last certificate of the chain is trusted
 */
export async function verifyTimestamp(
  tsr: Bytes,
  note: Uint8Array,
  { chain, policy, nonce, roots }: { chain: string; policy: string; nonce: Bytes; roots: readonly string[] },
) {
  return verifyDigest(tsr, await sha256(note), { chain, policy, nonce: numberOf(nonce), roots });
}

/** Verify a server's timestamp over a SHA-256, under the pins that came with it; throws. */
export async function verifyStamp({ chain, nonce, policy, tsr }: Timestamp, digest: Uint8Array): Promise<void> {
  const pins = { chain, policy, nonce: numberOf(unb64(nonce)), roots: [] };
  await verifyDigest(unb64(tsr), digest, pins);
}

// Of the whole at once: the sum of a nonce of megabytes, made byte by byte, would take hours.
const numberOf = (bytes: Bytes) => BigInt(`0x0${hex(bytes)}`);

async function verifyDigest(
  tsr: Bytes,
  stampedDigest: Uint8Array,
  {
    chain,
    policy,
    nonce: expectedNonce,
    roots,
  }: { chain: string; policy: string; nonce: bigint | null; roots: readonly string[] },
) {
  if (utf8(chain).length > TIMESTAMP_CHAIN_LIMIT_BYTES) throw invalidTimestamp();
  const certificates = parseChain(chain);
  const signingCertificate = certificates[0];
  if (certificates.length < 2 || !signingCertificate || tsr.length > TIMESTAMP_LIMIT_BYTES) throw invalidTimestamp();
  const trusted = roots.length ? roots.flatMap((pem) => parsePemCertificates(pem)) : certificates.slice(-1);
  const { content, signer, certificates: enclosedCertificates } = parseResponse(tsr);
  if (
    enclosedCertificates.length &&
    !enclosedCertificates.some((certificate) => bytesEqual(certificate, signingCertificate.der))
  )
    throw invalidTimestamp();
  const tstInfo = parseTstInfo(content);
  if (
    tstInfo.policy !== policy ||
    tstInfo.nonce !== expectedNonce ||
    tstInfo.algorithm !== SHA_256 ||
    !bytesEqual(tstInfo.digest, stampedDigest)
  )
    throw invalidTimestamp();
  await verifySigner(signer, content, signingCertificate);
  for (const root of trusted)
    if (await isValidPath([...certificates.slice(0, -1), root], tstInfo.at)) return tstInfo.at;
  throw invalidTimestamp();
}

/** @returns `certificates`: those included in the response */
function parseResponse(tsr: Bytes): { content: Bytes; signer: Der[]; certificates: Bytes[] } {
  const [status, token] = readChildren(readValue(tsr, TAGS.sequence), TAGS.sequence);
  if (integerOf(readChildren(status, TAGS.sequence)[0]) > 1n) throw invalidTimestamp();
  const [tokenType, wrapped] = readChildren(token, TAGS.sequence);
  if (oidOf(tokenType) !== SIGNED_DATA) throw invalidTimestamp();
  const signedDataFields = readChildren(readValue((wrapped as Der).content, TAGS.sequence), TAGS.sequence);
  const [contentType, octets] = readChildren(signedDataFields[2], TAGS.sequence);
  const candidates = readChildren(signedDataFields.at(-1), TAGS.set);
  if (oidOf(contentType) !== TST_INFO || candidates.length !== 1 || !octets) throw invalidTimestamp();
  const enclosedCertificates = signedDataFields.find(({ tag }) => tag === 0xa0);
  const repeated = enclosedCertificates ? readValues(enclosedCertificates.content).map(({ encoded }) => encoded) : [];
  // DER has one order for the members of a set. Python's reader refuses any other, so this one does as well.
  if (repeated.some((certificate, i) => i > 0 && hex(repeated[i - 1] as Bytes) > hex(certificate)))
    throw invalidTimestamp();
  const certificates = repeated.filter((certificate, i) => !i || !bytesEqual(repeated[i - 1] as Bytes, certificate));
  return {
    content: readValue(octets.content, TAGS.octets).content,
    signer: readChildren(candidates[0], TAGS.sequence),
    certificates,
  };
}

function parseTstInfo(content: Bytes) {
  const [, policy, imprint, , at, ...optionalFields] = readChildren(readValue(content, TAGS.sequence), TAGS.sequence);
  const [algorithm, digest] = readChildren(imprint, TAGS.sequence);
  const nonce = optionalFields.find(({ tag }) => tag === TAGS.integer);
  if (!digest || digest.tag !== TAGS.octets) throw invalidTimestamp();
  return {
    policy: oidOf(policy),
    algorithm: oidOf(readChildren(algorithm, TAGS.sequence)[0]),
    digest: digest.content,
    // The other verifier's library leaves out fractions of a second.
    at: Math.floor(timeOf(at) / 1000) * 1000,
    nonce: nonce ? integerOf(nonce) : null,
  };
}

/** Return whether a response names this certificate as the one that signed it. */
function isSigner([, named]: Der[], { issuer, serial }: Certificate) {
  return named?.tag === TAGS.sequence && bytesEqual(named.content, concat(issuer, serial));
}

async function verifySigner(signer: Der[], content: Bytes, signingCertificate: Certificate) {
  const [, , digest, signedAttributes, algorithm, signature] = signer;
  if (!isSigner(signer, signingCertificate)) throw invalidTimestamp();
  if (signedAttributes?.tag !== 0xa0 || !signature || signature.tag !== TAGS.octets) throw invalidTimestamp();
  const hash = digestNameOf(oidOf(readChildren(digest, TAGS.sequence)[0]));
  const attributes = new Map(
    readValues(signedAttributes.content).map((attribute) => {
      const [name, values] = readChildren(attribute, TAGS.sequence);
      return [oidOf(name), readChildren(values, TAGS.set)[0]];
    }),
  );
  const messageDigest = attributes.get(MESSAGE_DIGEST);
  if (oidOf(attributes.get(CONTENT_TYPE)) !== TST_INFO || !messageDigest) throw invalidTimestamp();
  if (!bytesEqual(messageDigest.content, await digestWith(hash, content))) throw invalidTimestamp();
  await checkSigningCertificate(attributes, signingCertificate);
  // The signature covers the attributes with the SET tag, not with the implicit tag they have here.
  const signedBytes = signedAttributes.encoded.slice();
  signedBytes[0] = TAGS.set;
  await verifyCertificateSignature(
    signingCertificate,
    oidOf(readChildren(algorithm, TAGS.sequence)[0]),
    signedBytes,
    signature.content,
    hash,
  );
}

/** Check that the signed attributes name the certificate that signed. */
async function checkSigningCertificate(
  attributes: ReadonlyMap<string, Der | undefined>,
  signingCertificate: Certificate,
) {
  const [olderId, newerId] = SIGNING_CERTIFICATES.map((oid) => attributes.get(oid));
  const attribute = newerId ?? olderId;
  const certificateId = readChildren(
    readChildren(readChildren(attribute, TAGS.sequence)[0], TAGS.sequence)[0],
    TAGS.sequence,
  );
  const octets = certificateId.find(({ tag }) => tag === TAGS.octets);
  const algorithm =
    certificateId[0]?.tag === TAGS.sequence
      ? digestNameOf(oidOf(readChildren(certificateId[0], TAGS.sequence)[0]))
      : newerId
        ? 'SHA-256'
        : 'SHA-1';
  if (!octets || !bytesEqual(octets.content, await digestWith(algorithm, signingCertificate.der)))
    throw invalidTimestamp();
}
