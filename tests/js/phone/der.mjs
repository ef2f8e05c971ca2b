/** A writer of DER, and an authority for timestamps whose answers and certificates can be wrong in any one place. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';

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
  purposes: '2.5.29.37',
  name: '2.5.4.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  codeSigning: '1.3.6.1.5.5.7.3.3',
};

/** One value. @param {number} tag @param {...(Uint8Array|readonly number[])} parts */
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
export const time = (text) => der(text.length > 13 ? 24 : 23, Buffer.from(text));

/** @param {string} dotted */
export function oid(dotted) {
  const [a, b, ...rest] = dotted.split('.').map(Number);
  return der(
    6,
    [a * 40 + b, ...rest].flatMap((number) => {
      const digits = [number & 127];
      for (let left = number >>> 7; left; left >>>= 7) digits.unshift(128 | (left & 127));
      return digits;
    }),
  );
}
export const hash = (name, bytes) => createHash(name).update(bytes).digest();
export const nameOf = (text) => sequence(set(sequence(oid(OIDS.name), der(12, Buffer.from(text)))));

/** @param {string} name @param {{type?: 'ec'|'rsa', options?: object}} [how] */
export function holder(name, { type = 'ec', options = { namedCurve: 'P-256' } } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync(/** @type {any} */ (type), options);
  return { name, privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }) };
}

/** A certificate. @param {any} of @param {any} by whose signature it bears @param {object} [more] */
export function certificate(
  of,
  by,
  {
    from = '200101000000Z',
    until = '400101000000Z',
    purposes = [OIDS.timeStamping],
    algorithm = OIDS.ecdsa256,
    digest = 'sha256',
    issuer = by.name,
    version = true,
    others = [],
  } = {},
) {
  const usage = sequence(oid(OIDS.purposes), der(1, [255]), octets(sequence(...purposes.map(oid))));
  const told = sequence(
    ...(version ? [der(0xa0, integer([2]))] : []),
    integer([7]),
    sequence(oid(algorithm)),
    nameOf(issuer),
    sequence(time(from), time(until)),
    nameOf(of.name),
    of.spki,
    ...(purposes.length || others.length ? [der(0xa3, sequence(...others, ...(purposes.length ? [usage] : [])))] : []),
  );
  return sequence(told, sequence(oid(algorithm)), bits(sign(digest, told, by.privateKey)));
}

/** @param {...Uint8Array} certificates */
export const pem = (...certificates) =>
  certificates
    .map(
      (one) =>
        `-----BEGIN CERTIFICATE-----\n${Buffer.from(one)
          .toString('base64')
          .match(/.{1,64}/g)
          ?.join('\n')}\n-----END CERTIFICATE-----\n`,
    )
    .join('');

/** What is stamped: the policy, the digest, the time and the nonce. */
function infoOf({ note, nonce }, bent) {
  const digest = bent.digest ?? octets(hash('sha256', note));
  return sequence(
    integer([1]),
    oid(bent.policy ?? '1.2.3.4.1'),
    sequence(sequence(oid(bent.digestOid ?? OIDS.sha256), der(5)), digest),
    integer([9]),
    time(bent.at ?? '20261124120000Z'),
    ...(bent.accuracy ?? []),
    ...(bent.nonceValue ?? [integer(nonce)]),
  );
}

/** What is signed besides: what kind of content it is, its digest, and the certificate of the key. */
function attributesOf(info, leaf, bent) {
  const { named = OIDS.signingCertificateV2, signHash = 'sha256' } = bent;
  const certId = bent.certId ?? sequence(octets(hash(named === OIDS.signingCertificate ? 'sha1' : 'sha256', leaf)));
  const digest = bent.messageDigest === undefined ? hash(signHash, info) : bent.messageDigest;
  const attribute = (name, ...values) => sequence(oid(name), set(...values));
  return [
    attribute(OIDS.contentType, oid(bent.contentType ?? OIDS.tstInfo)),
    ...(digest ? [attribute(OIDS.messageDigest, octets(digest))] : []),
    ...(bent.unnamed ? [] : [attribute(named, sequence(sequence(certId)))]),
  ];
}

/**
 * An authority's answer about `note`. Each member of `bent` stands in the place of what belongs there.
 * @param {{note: Uint8Array, nonce: Uint8Array, leaf: Uint8Array, signer: any}} about @param {Record<string, any>} [bent]
 */
export function answer(about, bent = {}) {
  const { signHash = 'sha256', signHashOid = OIDS.sha256 } = bent;
  const info = infoOf(about, bent);
  const attributes = attributesOf(info, about.leaf, bent);
  const signature = sign(signHash, set(...attributes), (bent.signer ?? about.signer).privateKey);
  const who = sequence(
    integer([1]),
    sequence(nameOf('x'), integer([7])),
    sequence(oid(signHashOid)),
    der(bent.attributesTag ?? 0xa0, ...attributes),
    sequence(oid(bent.algorithm ?? OIDS.ecdsa256)),
    bent.signature?.(signature) ?? octets(signature),
  );
  const data = sequence(
    integer([3]),
    set(sequence(oid(signHashOid))),
    sequence(oid(bent.what ?? OIDS.tstInfo), ...(bent.noContent ? [] : [der(0xa0, octets(info))])),
    ...(bent.enclosed ? [der(0xa0, ...bent.enclosed)] : []),
    set(...(bent.signers?.(who) ?? [who])),
  );
  const token = sequence(oid(bent.kind ?? OIDS.signedData), der(0xa0, data));
  return new Uint8Array(sequence(sequence(integer(bent.status ?? [0])), token));
}
