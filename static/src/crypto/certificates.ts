/** X.509 certificates, as far as a timestamp authority's chain needs them: issuer, signature, validity, extensions. */
import { unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { TAGS, readChildren, integerOf, oidOf, readValue, timeOf } from './der.js';
import type { Bytes } from '../core/bytes.js';
import type { Der } from './der.js';

export type Extension = { isCritical: boolean; value: Bytes };

/** Times in ms; `extensions` by OID; `isFirstVersion`: of the version that knows no extensions */
export type Certificate = {
  der: Bytes;
  serial: Bytes;
  signed: Bytes;
  signature: Bytes;
  algorithm: string;
  subject: Bytes;
  issuer: Bytes;
  from: number;
  until: number;
  key: Bytes;
  isFirstVersion: boolean;
  extensions: ReadonlyMap<string, Extension>;
  purposes: string[];
};

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/= \t\r\n]+)-----END CERTIFICATE-----/g;
const OTHER_BLOCK = /-----(?:BEGIN|END) /;
export const EXTENDED_KEY_USAGE = '2.5.29.37';
const DIGEST_NAMES = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
} as Record<string, string>;
const SIGNATURE_SCHEMES = {
  '1.2.840.113549.1.1.11': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  '1.2.840.113549.1.1.12': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
  '1.2.840.113549.1.1.13': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  '1.2.840.10045.4.3.2': { name: 'ECDSA', hash: 'SHA-256' },
  '1.2.840.10045.4.3.3': { name: 'ECDSA', hash: 'SHA-384' },
  '1.2.840.10045.4.3.4': { name: 'ECDSA', hash: 'SHA-512' },
} as Record<string, { name: string; hash: string }>;
const RSA = '1.2.840.113549.1.1.1';
const CURVES = {
  '1.2.840.10045.3.1.7': { name: 'P-256', bytes: 32 },
  '1.3.132.0.34': { name: 'P-384', bytes: 48 },
  '1.3.132.0.35': { name: 'P-521', bytes: 66 },
} as Record<string, { name: string; bytes: number }>;

/** Parse the certificates of a PEM text, in order. */
export function parsePemCertificates(pem: string): Certificate[] {
  return [...pem.matchAll(PEM)].map(([, body = '']) => parseCertificate(decodeBlock(body)));
}

/** Parse the certificates of a chain in PEM, where no other block may stand. Text around them may. */
export function parseChain(pem: string): Certificate[] {
  if (OTHER_BLOCK.test(pem.replace(PEM, '\n'))) throw new KeptError('bad_request');
  return parsePemCertificates(pem);
}

/** Return what a block of PEM holds. Throws unless it is base64 with its padding. */
function decodeBlock(body: string) {
  const packed = body.replace(/\s/g, '');
  if (packed.length % 4 || !/^[^=]+={0,2}$/.test(packed)) throw new KeptError('bad_request');
  return unb64(packed.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''));
}

export function parseCertificate(der: Bytes): Certificate {
  const [toBeSigned, algorithm, bits] = readChildren(readValue(der, TAGS.sequence), TAGS.sequence);
  const fields = readChildren(toBeSigned, TAGS.sequence);
  const start = fields[0]?.tag === 0xa0 ? 1 : 0;
  const [serial, , issuer, validity, subject, key] = fields.slice(start);
  const [notBefore, notAfter] = readChildren(validity, TAGS.sequence);
  const extensions = readExtensions(fields.find(({ tag }) => tag === 0xa3));
  if (!toBeSigned || serial?.tag !== TAGS.integer || !issuer || !subject || !key) throw new KeptError('bad_request');
  return {
    der,
    serial: serial.encoded,
    signed: toBeSigned.encoded,
    signature: readBitString(bits),
    algorithm: oidOf(readChildren(algorithm, TAGS.sequence)[0]),
    issuer: issuer.encoded,
    subject: subject.encoded,
    from: timeOf(notBefore),
    until: timeOf(notAfter),
    key: key.encoded,
    isFirstVersion: start === 0,
    extensions,
    purposes: purposesOf(extensions),
  };
}

function readExtensions(list: Der | undefined): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  if (!list) return extensions;
  for (const extension of readChildren(readValue(list.content, TAGS.sequence), TAGS.sequence)) {
    const [name, ...rest] = readChildren(extension, TAGS.sequence);
    const [value, critical] = [rest.at(-1), rest.length > 1 ? rest[0] : undefined];
    const isCritical = critical?.tag === TAGS.boolean && critical.content.length === 1 && critical.content[0] === 255;
    // DER leaves out the mark of an extension that is not critical. Nothing may stand there twice.
    const isMalformed = rest.length > 2 || (critical !== undefined && !isCritical) || value?.tag !== TAGS.octets;
    if (isMalformed || extensions.has(oidOf(name))) throw new KeptError('bad_request');
    extensions.set(oidOf(name), { isCritical, value: value.content });
  }
  return extensions;
}

function purposesOf(extensions: ReadonlyMap<string, Extension>) {
  const usage = extensions.get(EXTENDED_KEY_USAGE);
  if (!usage) return [];
  return readChildren(readValue(usage.value, TAGS.sequence), TAGS.sequence).map((purpose) => oidOf(purpose));
}

function readBitString(value: Der | undefined) {
  if (!value || value.tag !== TAGS.bits || value.content[0] !== 0) throw new KeptError('bad_request');
  return value.content.subarray(1);
}

/** Return WebCrypto's name of a digest algorithm. Throws `bad_signature` for weaker digests. */
export function digestNameOf(oid: string) {
  const name = DIGEST_NAMES[oid];
  if (!name) throw new KeptError('bad_signature', 'A weaker digest is not taken.');
  return name;
}

/**
 * Verify `signature` over `message` with a certificate's key. Throws `bad_signature`.
 * @param algorithm OID
 * @param digest used where the algorithm alone does not name it
 */
export async function verifyCertificateSignature(
  signer: Certificate,
  algorithm: string,
  message: Bytes,
  signature: Bytes,
  digest?: string,
) {
  const [keyAlgorithm, bits] = readChildren(readValue(signer.key, TAGS.sequence), TAGS.sequence);
  const [keyType, curve] = readChildren(keyAlgorithm, TAGS.sequence);
  const isRsa = oidOf(keyType) === RSA;
  const scheme =
    SIGNATURE_SCHEMES[algorithm] ?? (digest && algorithm === RSA ? { name: 'RSASSA-PKCS1-v1_5', hash: digest } : null);
  if (!scheme || (scheme.name === 'ECDSA') === isRsa) throw new KeptError('bad_signature');
  const curveInfo = isRsa ? null : CURVES[oidOf(curve)];
  if (!isRsa && !curveInfo) throw new KeptError('bad_signature');
  readBitString(bits);
  const importParams = curveInfo
    ? { name: 'ECDSA', namedCurve: curveInfo.name }
    : { name: scheme.name, hash: scheme.hash };
  const key = await crypto.subtle.importKey('spki', signer.key, importParams, false, ['verify']);
  const signatureBytes = curveInfo ? decodeEcdsaSignature(signature, curveInfo.bytes) : signature;
  const isValid = await crypto.subtle.verify(
    curveInfo ? { name: 'ECDSA', hash: scheme.hash } : { name: scheme.name },
    key,
    signatureBytes,
    message,
  );
  if (!isValid) throw new KeptError('bad_signature');
}

/** Convert a DER signature to r ‖ s, the form that WebCrypto takes. */
function decodeEcdsaSignature(der: Bytes, coordinateBytes: number) {
  const result = new Uint8Array(coordinateBytes * 2);
  readChildren(readValue(der, TAGS.sequence), TAGS.sequence).forEach((value, i) => {
    integerOf(value);
    const bytes = value.content[0] === 0 ? value.content.subarray(1) : value.content;
    if (i > 1 || bytes.length > coordinateBytes) throw new KeptError('bad_signature');
    result.set(bytes, (i + 1) * coordinateBytes - bytes.length);
  });
  return result;
}
