/**
 * Paths of certificates, from the one that signed a timestamp to a trusted root. Python twin:
 * diary/ledger/certificate_paths.py.
 */
import { bytesEqual } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { EXTENDED_KEY_USAGE, verifyCertificateSignature } from './certificates.js';
import { TAGS, integerOf, readChildren, readValue } from './der.js';
import type { Certificate } from './certificates.js';

const KEY_USAGE = '2.5.29.15';
const BASIC_CONSTRAINTS = '2.5.29.19';
const NAME_CONSTRAINTS = '2.5.29.30';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
// An authority's issuer often has the purpose of what it issues; without any purpose it may issue for all.
const ISSUERS_PURPOSES = [TIME_STAMPING, '2.5.29.37.0'];
// Those that `openssl` takes when they are critical, without name constraints: nobody here compares names with them.
const KNOWN_EXTENSIONS = new Set([
  BASIC_CONSTRAINTS,
  EXTENDED_KEY_USAGE,
  KEY_USAGE,
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.17', // subjectAltName
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.36', // policyConstraints
  '2.5.29.54', // inhibitAnyPolicy
]);
// RFC 5280, 4.2.1.3: the bits of keyUsage, from the highest of its first byte
const SIGNATURES = 0b1100_0000; // digitalSignature, nonRepudiation
const CERTIFICATE_SIGNATURES = 0b0000_0100;

/**
 * Return the paths from `leaf` over enclosed certificates to a root, at most one over each certificate. The enclosed
 * certificates may have two with the name of one issuer, each signed by another root.
 */
export async function findPaths(
  leaf: Certificate,
  enclosed: readonly Certificate[],
  roots: readonly Certificate[],
): Promise<Certificate[][]> {
  const [paths, complete] = [[[leaf]], [] as Certificate[][]];
  let left = enclosed;
  for (const path of paths) {
    const last = path.at(-1) as Certificate;
    for (const root of await issuersOf(last, roots)) complete.push([...path, root]);
    const issuers = await issuersOf(last, left);
    left = left.filter((certificate) => !issuers.includes(certificate));
    paths.push(...issuers.map((issuer) => [...path, issuer])); // the loop goes on with them
  }
  return complete;
}

/**
 * Return whether a path held at this time: the certificate for timestamps, its issuers, the trusted root.
 * Throws for some malformed certificates.
 */
export async function isValidPath(path: readonly Certificate[], at: number): Promise<boolean> {
  const [[leaf], root] = [path, path.at(-1)];
  if (!leaf || !root || !isSelfIssued(root) || !mayStamp(leaf)) return false;
  for (const [i, certificate] of path.entries()) {
    const issuer = path[i + 1];
    if (at < certificate.from || at > certificate.until || !hasKnownExtensions(certificate)) return false;
    constraintsOf(certificate); // throws for malformed ones, also of the signing certificate
    if (issuer && !(mayIssue(issuer, i, issuer === root) && (await isIssuedBy(certificate, issuer)))) return false;
  }
  return true;
}

/** Return whether a certificate names itself as its issuer. */
export function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return bytesEqual(issuer, subject);
}

async function issuersOf(certificate: Certificate, candidates: readonly Certificate[]) {
  const outcomes = await Promise.all(candidates.map((candidate) => isIssuedBy(certificate, candidate)));
  return candidates.filter((_, i) => outcomes[i]);
}

/** Return whether the issuer's name and signature are on a certificate. */
async function isIssuedBy(certificate: Certificate, issuer: Certificate) {
  if (!bytesEqual(certificate.issuer, issuer.subject)) return false;
  const { algorithm, signed, signature } = certificate;
  return verifyCertificateSignature(issuer, algorithm, signed, signature).then(
    () => true,
    () => false,
  );
}

/** @param between how many certificates are between this one and the signing one */
function mayIssue(issuer: Certificate, between: number, isRoot: boolean) {
  const usage = keyUsageOf(issuer);
  if (usage && !((usage[0] ?? 0) & CERTIFICATE_SIGNATURES)) return false;
  if (issuer.extensions.has(EXTENDED_KEY_USAGE) && !ISSUERS_PURPOSES.some((oid) => issuer.purposes.includes(oid)))
    return false;
  const constraints = constraintsOf(issuer);
  if (!constraints) return isRoot && (issuer.isFirstVersion || usage !== null); // old roots have none
  return constraints.isAuthority && (constraints.length === null || BigInt(between) <= constraints.length);
}

/** Return whether a certificate says that it may issue others, and over how many. Throws for what is not DER. */
function constraintsOf({ extensions }: Certificate) {
  const constraints = extensions.get(BASIC_CONSTRAINTS);
  if (!constraints) return null;
  const [authority, length, ...others] = readChildren(readValue(constraints.value, TAGS.sequence));
  if (!authority) return { isAuthority: false, length: null };
  // DER leaves out what is false, and only an authority has a length.
  const isTrue = authority.tag === TAGS.boolean && authority.content.length === 1 && authority.content[0] === 255;
  if (!isTrue || others.length) throw new KeptError('bad_request');
  return { isAuthority: true, length: length ? integerOf(length) : null };
}

/** Return whether a certificate may sign timestamps, and nothing but signatures. */
function mayStamp(certificate: Certificate) {
  const isCritical = certificate.extensions.get(EXTENDED_KEY_USAGE)?.isCritical;
  if (!isCritical || certificate.purposes.join() !== TIME_STAMPING) return false;
  const usage = keyUsageOf(certificate);
  return !usage || (usage[0] !== undefined && (usage[0] & ~SIGNATURES) === 0 && usage[0] !== 0);
}

/** Return the bits of what a key may be used for; null where it may be used for all. */
function keyUsageOf({ extensions }: Certificate) {
  const usage = extensions.get(KEY_USAGE);
  if (!usage) return null;
  const { content } = readValue(usage.value, TAGS.bits);
  // The first byte of a bit string says how many of its last bits are unused. In DER they are zero.
  const [unused = 8, last = 0] = [content[0], content.length > 1 ? content.at(-1) : 255];
  if (unused > 7 || last & ((1 << unused) - 1)) throw new KeptError('bad_request');
  return content.subarray(1);
}

function hasKnownExtensions({ extensions }: Certificate) {
  return [...extensions].every(
    ([name, { isCritical }]) => KNOWN_EXTENSIONS.has(name) || (!isCritical && name !== NAME_CONSTRAINTS),
  );
}
