/**
 * WebCrypto for the simulation: the same algorithms by Node's synchronous functions, with random bytes and keys from
 * the seed. WebCrypto itself works in threads, which finish in an order that no seed decides. Secret keys are plain
 * objects, which take a tenth of the time to make; the keys of pairs are CryptoKeys. Both can be stored and cloned.
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
import { scheduler } from './scheduler.mjs';

const real = Object.fromEntries(
  ['generateKey', 'importKey', 'exportKey'].map((name) => [name, crypto.subtle[name].bind(crypto.subtle)]),
);
const TAG = 16;
const nameOf = (algorithm) => (typeof algorithm === 'string' ? algorithm : algorithm.name);
const hashOf = (algorithm) =>
  nameOf(algorithm.hash ?? algorithm)
    .replace('-', '')
    .toLowerCase();
const bytesOf = (data) =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
const bufferOf = (bytes) => new Uint8Array(bytes).buffer;

/** Fill a view with random bytes from the seed: the AES key stream under a key that the seed draws. */
function fill(view) {
  const bytes = bytesOf(view);
  const key = Uint32Array.from({ length: 4 }, () => scheduler.chance.below(2 ** 32));
  bytes.set(createCipheriv('aes-128-ctr', key, new Uint8Array(16)).update(new Uint8Array(bytes.length)));
  return view;
}

function secretFor(key, use) {
  if (!key.usages.includes(use)) throw new DOMException(`the key may not ${use}`, 'InvalidAccessError');
  return key.secret ?? KeyObject.from(key);
}

function gcmCipher(createCipher, { iv, additionalData }, key, use) {
  const cipher = createCipher(`aes-${key.algorithm.length}-gcm`, secretFor(key, use), bytesOf(iv));
  if (additionalData) cipher.setAAD(bytesOf(additionalData));
  return cipher;
}

const subtle = {
  async digest(algorithm, data) {
    return bufferOf(createHash(hashOf(algorithm)).update(bytesOf(data)).digest());
  },
  async sign(algorithm, key, data) {
    if (nameOf(algorithm) === 'HMAC')
      return bufferOf(createHmac(hashOf(key.algorithm.hash), secretFor(key, 'sign')).update(bytesOf(data)).digest());
    if (nameOf(algorithm) === 'Ed25519') return bufferOf(sign(null, bytesOf(data), secretFor(key, 'sign')));
    return bufferOf(sign(hashOf(algorithm), bytesOf(data), { key: secretFor(key, 'sign'), dsaEncoding: 'ieee-p1363' }));
  },
  async verify(algorithm, key, signature, data) {
    if (nameOf(algorithm) === 'Ed25519')
      return verify(null, bytesOf(data), secretFor(key, 'verify'), bytesOf(signature));
    return verify(
      hashOf(algorithm),
      bytesOf(data),
      { key: secretFor(key, 'verify'), dsaEncoding: 'ieee-p1363' },
      bytesOf(signature),
    );
  },
  async encrypt(algorithm, key, data) {
    const cipher = gcmCipher(createCipheriv, algorithm, key, 'encrypt');
    return bufferOf(Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]));
  },
  async decrypt(algorithm, key, data) {
    const bytes = bytesOf(data);
    if (bytes.length < TAG) throw new DOMException('too short', 'OperationError');
    const cipher = gcmCipher(createDecipheriv, algorithm, key, 'decrypt').setAuthTag(bytes.subarray(-TAG));
    try {
      return bufferOf(Buffer.concat([cipher.update(bytes.subarray(0, -TAG)), cipher.final()]));
    } catch {
      throw new DOMException('it does not open', 'OperationError');
    }
  },
  async deriveBits(algorithm, key, length) {
    if (nameOf(algorithm) === 'HKDF')
      return hkdfSync(
        hashOf(algorithm),
        secretFor(key, 'deriveBits'),
        bytesOf(algorithm.salt),
        bytesOf(algorithm.info),
        length / 8,
      );
    return bufferOf(
      diffieHellman({ privateKey: secretFor(key, 'deriveBits'), publicKey: KeyObject.from(algorithm.public) }),
    );
  },
  async importKey(format, data, algorithm, extractable, usages) {
    const name = nameOf(algorithm);
    if (format !== 'raw' || !['AES-GCM', 'HKDF', 'HMAC'].includes(name))
      return real.importKey(format, data, algorithm, extractable, usages);
    const secret = new Uint8Array(bytesOf(data));
    return {
      type: 'secret',
      extractable,
      usages,
      secret,
      algorithm: { name, length: secret.length * 8, ...(name === 'HMAC' ? { hash: algorithm.hash } : {}) },
    };
  },
  async generateKey(algorithm, extractable, uses) {
    if (nameOf(algorithm) === 'AES-GCM')
      return subtle.importKey('raw', fill(new Uint8Array(algorithm.length / 8)), algorithm, extractable, uses);
    if (algorithm.namedCurve !== 'P-256')
      throw new DOMException(`${nameOf(algorithm)} is not known here`, 'NotSupportedError');
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(Buffer.from(fill(new Uint8Array(32))).fill(0x7f, 0, 1)); // below the order of the curve
    const point = pair.getPublicKey();
    const [d, x, y] = [pair.getPrivateKey(), point.subarray(1, 33), point.subarray(33)].map((bytes) =>
      bytes.toString('base64url'),
    );
    const jwk = { kty: 'EC', crv: 'P-256', x, y };
    const [privateUses, publicUses] = [['sign', 'deriveBits', 'deriveKey'], ['verify']].map((allowed) =>
      uses.filter((use) => allowed.includes(use)),
    );
    return {
      privateKey: await real.importKey('jwk', { ...jwk, d }, algorithm, extractable, privateUses),
      publicKey: await real.importKey('jwk', jwk, algorithm, true, publicUses),
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
