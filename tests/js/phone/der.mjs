/** A DER encoder, and a timestamp authority whose responses and certificates can be wrong in any one field. */
import { X509Certificate, createHash, generateKeyPairSync, sign } from 'node:crypto';

export const OIDS = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  ecdsa256: '1.2.840.10045.4.3.2',
  ecdsa384: '1.2.840.10045.4.3.3',
  ecdsa512: '1.2.840.10045.4.3.4',
  rsa: '1.2.840.113549.1.1.1',
  rsa256: '1.2.840.113549.1.1.11',
  rsa384: '1.2.840.113549.1.1.12',
  rsa512: '1.2.840.113549.1.1.13',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  constraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  purposes: '2.5.29.37',
  name: '2.5.4.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  codeSigning: '1.3.6.1.5.5.7.3.3',
};

/** Encode one value. @param {number} tag @param {...(Uint8Array|readonly number[])} parts */
export function der(tag, ...parts) {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { length } = content;
  const size = [];
  for (let rest = length; rest; rest >>= 8) size.unshift(rest & 255);
  return Buffer.concat([Buffer.from(length < 128 ? [tag, length] : [tag, 0x80 | size.length, ...size]), content]);
}
export const sequence = (...parts) => der(0x30, ...parts);
export const set = (...parts) => der(0x31, ...parts);
export const octets = (bytes) => der(4, bytes);
export const bits = (bytes) => der(3, [0], bytes);
export const integer = (bytes) => der(2, bytes[0] & 128 ? [0] : [], bytes);
/** An extension of a certificate. @param {string} name @param {Buffer} value @param {boolean} [isCritical] */
export const extension = (name, value, isCritical = true) =>
  sequence(oid(name), ...(isCritical ? [der(1, [255])] : []), octets(value));
export const keyUsage = (bitsOfUse) => extension(OIDS.keyUsage, bits([bitsOfUse]));
/** The extension of an authority. @param {...number} pathLength its bytes, if it has one */
export const authorityOf = (...pathLength) =>
  extension(OIDS.constraints, sequence(der(1, [255]), ...(pathLength.length ? [integer(pathLength)] : [])));
export const time = (text) => der(text.length > 13 ? 24 : 23, Buffer.from(text));

/** @param {string} dotted */
export function oid(dotted) {
  const [a, b, ...rest] = dotted.split('.').map(Number);
  return der(
    6,
    [a * 40 + b, ...rest].flatMap((number) => {
      const digits = [number & 127];
      for (let remainder = number >>> 7; remainder; remainder >>>= 7) digits.unshift(128 | (remainder & 127));
      return digits;
    }),
  );
}
export const hash = (name, bytes) => createHash(name).update(bytes).digest();
export const nameOf = (text) => sequence(set(sequence(oid(OIDS.name), der(12, Buffer.from(text)))));

/**
 * @typedef {ReturnType<typeof namedKeyPair>} Holder
 * @typedef {{
 *   from: string, until: string, purposes: string[], algorithm: string, digest: string, issuer: string,
 *   version: boolean, others: Buffer[], constraints: Buffer[],
 * }} CertificateFields
 */

/** Make a key pair with a name. @param {string} name @param {{type?: 'ec'|'rsa', options?: object}} [key] */
export function namedKeyPair(name, { type = 'ec', options = { namedCurve: 'P-256' } } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync(
    /** @type {'ec'} */ (type),
    /** @type {{namedCurve: string}} */ (options),
  );
  return { name, privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }) };
}

/**
 * Make a certificate. A subject called "leaf" signs timestamps, any other is an authority.
 * @param {Holder} subject
 * @param {Holder} issuerKey the signer
 * @param {Partial<CertificateFields>} [fields]
 */
export function certificate(
  subject,
  issuerKey,
  {
    from = '200101000000Z',
    until = '400101000000Z',
    purposes = subject.name === 'leaf' ? [OIDS.timeStamping] : [],
    constraints = subject.name === 'leaf' ? [] : [authorityOf()],
    algorithm = OIDS.ecdsa256,
    digest = 'sha256',
    issuer = issuerKey.name,
    version = true,
    others = [],
  } = {},
) {
  const usage = purposes.length ? [extension(OIDS.purposes, sequence(...purposes.map(oid)))] : [];
  const extensions = [...constraints, ...others, ...usage];
  const body = sequence(
    ...(version ? [der(0xa0, integer([2]))] : []),
    integer([7]),
    sequence(oid(algorithm)),
    nameOf(issuer),
    sequence(time(from), time(until)),
    nameOf(subject.name),
    subject.spki,
    ...(extensions.length ? [der(0xa3, sequence(...extensions))] : []),
  );
  return sequence(body, sequence(oid(algorithm)), bits(sign(digest, body, issuerKey.privateKey)));
}

/** @param {...Uint8Array} certificates */
export const pem = (...certificates) =>
  certificates
    .map(
      (cert) =>
        `-----BEGIN CERTIFICATE-----\n${Buffer.from(cert)
          .toString('base64')
          .match(/.{1,64}/g)
          ?.join('\n')}\n-----END CERTIFICATE-----\n`,
    )
    .join('');

/** Make the TSTInfo: the policy, the digest, the time and the nonce. */
function infoOf({ note, nonce }, overrides) {
  const digest = overrides.digest ?? octets(hash('sha256', note));
  return sequence(
    integer([1]),
    oid(overrides.policy ?? '1.2.3.4.1'),
    sequence(sequence(oid(overrides.digestOid ?? OIDS.sha256), der(5)), digest),
    integer([9]),
    time(overrides.at ?? '20261124120000Z'),
    ...(overrides.accuracy ?? []),
    ...(overrides.nonceValue ?? [integer(nonce)]),
  );
}

/** Make the signed attributes: the content type, the digest, and the certificate of the key. */
function attributesOf(info, leaf, overrides) {
  const { named: attributeName = OIDS.signingCertificateV2, signHash = 'sha256' } = overrides;
  const certId =
    overrides.certId ?? sequence(octets(hash(attributeName === OIDS.signingCertificate ? 'sha1' : 'sha256', leaf)));
  const digest = overrides.messageDigest === undefined ? hash(signHash, info) : overrides.messageDigest;
  const attribute = (name, ...values) => sequence(oid(name), set(...values));
  return [
    attribute(OIDS.contentType, oid(overrides.contentType ?? OIDS.tstInfo)),
    ...(digest ? [attribute(OIDS.messageDigest, octets(digest))] : []),
    ...(overrides.unnamed ? [] : [attribute(attributeName, sequence(sequence(certId)))]),
  ];
}

/**
 * Make an authority's response for `note`. Each member of `overrides` replaces the correct value.
 * @param {{note: Uint8Array, nonce: Uint8Array, leaf: Uint8Array, signer: Holder}} request
 */
export function timestampResponse(request, overrides = {}) {
  const { signHash = 'sha256', signHashOid = OIDS.sha256 } = overrides;
  // DER sorts the members of a set.
  const enclosed = overrides.unsorted ?? overrides.enclosed?.toSorted(Buffer.compare);
  const info = infoOf(request, overrides);
  const attributes = attributesOf(info, request.leaf, overrides);
  const signature = sign(signHash, set(...attributes), (overrides.signer ?? request.signer).privateKey);
  const signerInfo = sequence(
    integer([1]),
    overrides.sid ?? sequence(nameOf(new X509Certificate(request.leaf).issuer.slice('CN='.length)), integer([7])),
    sequence(oid(signHashOid)),
    der(overrides.attributesTag ?? 0xa0, ...attributes),
    sequence(oid(overrides.algorithm ?? OIDS.ecdsa256)),
    overrides.signature?.(signature) ?? octets(signature),
  );
  const data = sequence(
    integer([3]),
    set(sequence(oid(signHashOid))),
    sequence(oid(overrides.what ?? OIDS.tstInfo), ...(overrides.noContent ? [] : [der(0xa0, octets(info))])),
    ...(enclosed ? [der(0xa0, ...enclosed)] : []),
    set(...(overrides.signers?.(signerInfo) ?? [signerInfo])),
  );
  const token = sequence(oid(overrides.kind ?? OIDS.signedData), der(0xa0, data));
  return new Uint8Array(sequence(sequence(integer(overrides.status ?? [0])), token));
}
