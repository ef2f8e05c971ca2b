/**
 * WebCrypto of a simulation: the same algorithms by Node's own synchronous functions, and random bytes and keys of a seed. What
 * WebCrypto hands to threads comes back in an order that no seed decides. Secret keys are plain objects, which are made in a
 * tenth of the time; those of pairs are CryptoKeys. Both can be stored and cloned.
 */
import {
  KeyObject,
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  diffieHellman,
  hkdfSync,
  sign,
  verify,
} from 'node:crypto';
import { machine } from './machine.mjs';

const real = Object.fromEntries(
  ['generateKey', 'importKey', 'exportKey'].map((name) => [name, crypto.subtle[name].bind(crypto.subtle)]),
);
const TAG = 16;
const nameOf = (how) => (typeof how === 'string' ? how : how.name);
const hashOf = (how) =>
  nameOf(how.hash ?? how)
    .replace('-', '')
    .toLowerCase();
const bytesOf = (data) =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
const bufferOf = (bytes) => new Uint8Array(bytes).buffer;

/** Random bytes of the seed, in place: the key stream of AES under a key that the seed draws. */
function fill(view) {
  const bytes = bytesOf(view);
  const key = Uint32Array.from({ length: 4 }, () => machine.chance.below(2 ** 32));
  bytes.set(createCipheriv('aes-128-ctr', key, new Uint8Array(16)).update(new Uint8Array(bytes.length)));
  return view;
}

function check(key, use) {
  if (!key.usages.includes(use)) throw new DOMException(`the key may not ${use}`, 'InvalidAccessError');
  return key.secret ?? KeyObject.from(key);
}

function gcm(make, { iv, additionalData }, key, use) {
  const cipher = make(`aes-${key.algorithm.length}-gcm`, check(key, use), bytesOf(iv));
  if (additionalData) cipher.setAAD(bytesOf(additionalData));
  return cipher;
}

const subtle = {
  async digest(how, data) {
    return bufferOf(createHash(hashOf(how)).update(bytesOf(data)).digest());
  },
  async sign(how, key, data) {
    if (nameOf(how) === 'HMAC')
      return bufferOf(createHmac(hashOf(key.algorithm.hash), check(key, 'sign')).update(bytesOf(data)).digest());
    if (nameOf(how) === 'Ed25519') return bufferOf(sign(null, bytesOf(data), check(key, 'sign')));
    return bufferOf(sign(hashOf(how), bytesOf(data), { key: check(key, 'sign'), dsaEncoding: 'ieee-p1363' }));
  },
  async verify(how, key, signature, data) {
    if (nameOf(how) === 'Ed25519') return verify(null, bytesOf(data), check(key, 'verify'), bytesOf(signature));
    return verify(
      hashOf(how),
      bytesOf(data),
      { key: check(key, 'verify'), dsaEncoding: 'ieee-p1363' },
      bytesOf(signature),
    );
  },
  async encrypt(how, key, data) {
    const cipher = gcm(createCipheriv, how, key, 'encrypt');
    return bufferOf(Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]));
  },
  async decrypt(how, key, data) {
    const bytes = bytesOf(data);
    if (bytes.length < TAG) throw new DOMException('too short', 'OperationError');
    const cipher = gcm(createDecipheriv, how, key, 'decrypt').setAuthTag(bytes.subarray(-TAG));
    try {
      return bufferOf(Buffer.concat([cipher.update(bytes.subarray(0, -TAG)), cipher.final()]));
    } catch {
      throw new DOMException('it does not open', 'OperationError');
    }
  },
  async deriveBits(how, key, length) {
    if (nameOf(how) === 'HKDF')
      return hkdfSync(hashOf(how), check(key, 'deriveBits'), bytesOf(how.salt), bytesOf(how.info), length / 8);
    return bufferOf(diffieHellman({ privateKey: check(key, 'deriveBits'), publicKey: KeyObject.from(how.public) }));
  },
  async importKey(format, data, how, extractable, usages) {
    const name = nameOf(how);
    if (format !== 'raw' || !['AES-GCM', 'HKDF', 'HMAC'].includes(name))
      return real.importKey(format, data, how, extractable, usages);
    const secret = new Uint8Array(bytesOf(data));
    return {
      type: 'secret',
      extractable,
      usages,
      secret,
      algorithm: { name, length: secret.length * 8, ...(name === 'HMAC' ? { hash: how.hash } : {}) },
    };
  },
  async generateKey(how, extractable, uses) {
    if (nameOf(how) === 'AES-GCM')
      return subtle.importKey('raw', fill(new Uint8Array(how.length / 8)), how, extractable, uses);
    if (how.namedCurve !== 'P-256') throw new DOMException(`${nameOf(how)} is not known here`, 'NotSupportedError');
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(Buffer.from(fill(new Uint8Array(32))).fill(0x7f, 0, 1)); // below the order of the curve
    const point = pair.getPublicKey();
    const [d, x, y] = [pair.getPrivateKey(), point.subarray(1, 33), point.subarray(33)].map((bytes) =>
      bytes.toString('base64url'),
    );
    const jwk = { kty: 'EC', crv: 'P-256', x, y };
    const [privates, publics] = [['sign', 'deriveBits', 'deriveKey'], ['verify']].map((some) =>
      uses.filter((use) => some.includes(use)),
    );
    return {
      privateKey: await real.importKey('jwk', { ...jwk, d }, how, extractable, privates),
      publicKey: await real.importKey('jwk', jwk, how, true, publics),
    };
  },
  async exportKey(format, key) {
    if (!key.extractable) throw new DOMException('the key stays', 'InvalidAccessError');
    if (key.secret) return bufferOf(key.secret);
    const object = KeyObject.from(key);
    const jwk = object.export({ format: 'jwk' });
    if (format === 'jwk') return { ...jwk, ext: true, key_ops: key.usages };
    if (format === 'raw')
      return bufferOf(Buffer.concat([Buffer.of(4), Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')]));
    return bufferOf(object.export({ format: 'der', type: format }));
  },
};

Object.assign(Object.getPrototypeOf(crypto.subtle), subtle);
Object.assign(Object.getPrototypeOf(crypto), { getRandomValues: fill });
