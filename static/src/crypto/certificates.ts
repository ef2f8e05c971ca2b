/** X.509 certificates, as far as a timestamp authority's chain needs them: issuer, signature and validity. */
import { unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { TAGS, inside, numberOf, oidOf, readOne, timeOf } from './der.js';
import type { Bytes } from '../core/bytes.js';
import type { Der } from './der.js';

/** Times in ms */
export type Certificate = {
  der: Bytes;
  signed: Bytes;
  signature: Bytes;
  algorithm: string;
  subject: Bytes;
  issuer: Bytes;
  from: number;
  until: number;
  key: Bytes;
  purposes: string[];
};

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;
const PURPOSES = '2.5.29.37';
const HASHES = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
} as Record<string, string>;
const SIGNATURES = {
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
export function readPem(pem: string): Certificate[] {
  return [...pem.matchAll(PEM)].map(([, body = '']) =>
    readCertificate(unb64(body.replace(/\s/g, '').replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))),
  );
}

export function readCertificate(der: Bytes): Certificate {
  const [told, algorithm, bits] = inside(readOne(der, TAGS.sequence), TAGS.sequence);
  const fields = inside(told, TAGS.sequence);
  const from = fields[0]?.tag === 0xa0 ? 1 : 0;
  const [, , issuer, validity, subject, key] = fields.slice(from);
  const [notBefore, notAfter] = inside(validity, TAGS.sequence);
  const extensions = fields.find(({ tag }) => tag === 0xa3);
  if (!told || !issuer || !subject || !key) throw new KeptError('bad_request');
  return {
    der,
    signed: told.whole,
    signature: bitsOf(bits),
    algorithm: oidOf(inside(algorithm, TAGS.sequence)[0]),
    issuer: issuer.whole,
    subject: subject.whole,
    from: timeOf(notBefore),
    until: timeOf(notAfter),
    key: key.whole,
    purposes: extensions ? purposesOf(extensions) : [],
  };
}

function purposesOf(extensions: Der) {
  for (const one of inside(readOne(extensions.content, TAGS.sequence), TAGS.sequence)) {
    const parts = inside(one, TAGS.sequence);
    if (oidOf(parts[0]) !== PURPOSES) continue;
    const value = parts.at(-1) as Der;
    return inside(readOne(value.content, TAGS.sequence), TAGS.sequence).map((purpose) => oidOf(purpose));
  }
  return [];
}

function bitsOf(value: Der | undefined) {
  if (!value || value.tag !== TAGS.bits || value.content[0] !== 0) throw new KeptError('bad_request');
  return value.content.subarray(1);
}

/** Return WebCrypto's name of a digest algorithm. Throws `bad_signature` for weaker digests. */
export function hashOf(oid: string) {
  const name = HASHES[oid];
  if (!name) throw new KeptError('bad_signature', 'A weaker digest is not taken.');
  return name;
}

/**
 * Verify `signature` over `message` with a certificate's key. Throws `bad_signature`.
 * @param algorithm OID
 * @param digest used where the algorithm alone does not name it
 */
export async function checkSignature(
  by: Certificate,
  algorithm: string,
  message: Bytes,
  signature: Bytes,
  digest?: string,
) {
  const [about, bits] = inside(readOne(by.key, TAGS.sequence), TAGS.sequence);
  const [kind, curve] = inside(about, TAGS.sequence);
  const isRsa = oidOf(kind) === RSA;
  const known =
    SIGNATURES[algorithm] ?? (digest && algorithm === RSA ? { name: 'RSASSA-PKCS1-v1_5', hash: digest } : null);
  if (!known || (known.name === 'ECDSA') === isRsa) throw new KeptError('bad_signature');
  const held = isRsa ? null : CURVES[oidOf(curve)];
  if (!isRsa && !held) throw new KeptError('bad_signature');
  bitsOf(bits);
  const how = held ? { name: 'ECDSA', namedCurve: held.name } : { name: known.name, hash: known.hash };
  const key = await crypto.subtle.importKey('spki', by.key, how, false, ['verify']);
  const raw = held ? plainSignature(signature, held.bytes) : signature;
  const holds = await crypto.subtle.verify(
    held ? { name: 'ECDSA', hash: known.hash } : { name: known.name },
    key,
    raw,
    message,
  );
  if (!holds) throw new KeptError('bad_signature');
}

/** Convert a DER signature to r ‖ s, the form that WebCrypto takes. */
function plainSignature(der: Bytes, size: number) {
  const out = new Uint8Array(size * 2);
  inside(readOne(der, TAGS.sequence), TAGS.sequence).forEach((value, i) => {
    numberOf(value);
    const bytes = value.content[0] === 0 ? value.content.subarray(1) : value.content;
    if (i > 1 || bytes.length > size) throw new KeptError('bad_signature');
    out.set(bytes, (i + 1) * size - bytes.length);
  });
  return out;
}
