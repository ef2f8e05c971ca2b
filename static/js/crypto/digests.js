/**
 * SHA-2, HMAC and HKDF: docs/formats.md, section 1.
 *
 * Two engines on purpose. WebCrypto for keys (they can be made non-extractable) and for long input; the
 * vendored JavaScript where a digest must be fed piece by piece, which WebCrypto cannot do, and for the many
 * tiny digests of a commitment, where the cost of a call is larger than the work.
 */
import { hmac as hmacOf } from '../../vendor/noble-hashes/hmac.js';
import { sha256 as sha256Of, sha512 as sha512Of } from '../../vendor/noble-hashes/sha2.js';
import { concat, utf8 } from '../core/bytes.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */

const EMPTY = new Uint8Array(0);
const GATHERED_BYTES = 8 << 20;

/**
 * SHA-256 by WebCrypto.
 * @param {...Uint8Array} parts
 * @returns {Promise<Bytes>}
 */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', parts.length === 1 ? bytes(parts[0]) : concat(...parts)));
}

/**
 * A digest that somebody else chose, by WebCrypto's name for it.
 * @param {string} name
 * @param {Bytes} part
 * @returns {Promise<Bytes>}
 */
export async function digestBy(name, part) {
  return new Uint8Array(await crypto.subtle.digest(name, part));
}

/**
 * SHA-256 of something short, at once.
 * @param {...Uint8Array} parts
 * @returns {Bytes}
 */
export function sha256Now(...parts) {
  const digest = sha256Of.create();
  for (const part of parts) digest.update(part);
  return /** @type {Bytes} */ (digest.digest());
}

/**
 * A digest that is fed piece by piece.
 * @param {'SHA-256' | 'SHA-512'} name
 * @returns {{update(part: Uint8Array): void, digest(): Bytes}}
 */
export function runningDigest(name) {
  const state = (name === 'SHA-256' ? sha256Of : sha512Of).create();
  return {
    update: (part) => {
      state.update(part);
    },
    digest: () => /** @type {Bytes} */ (state.digest()),
  };
}

/**
 * SHA-256 and SHA-512 of a file that comes piece by piece. WebCrypto is ten times faster but wants all of it
 * at once, so a file of ordinary size is gathered for it, and only a large one is digested on the way.
 * @param {number} size of the file; pieces beyond it throw RangeError
 * @returns {{update(part: Uint8Array): void, digests(): Promise<[Bytes, Bytes]>}}
 */
export function fileDigest(size) {
  return size <= GATHERED_BYTES ? gatheredDigest(size) : runningDigests();
}

/** @param {number} size */
function gatheredDigest(size) {
  const whole = new Uint8Array(size);
  let at = 0;
  return {
    update: (/** @type {Uint8Array} */ part) => {
      whole.set(part, at);
      at += part.length;
    },
    digests: async () => {
      const [short, long] = await Promise.all(['SHA-256', 'SHA-512'].map((name) => crypto.subtle.digest(name, whole)));
      return /** @type {[Bytes, Bytes]} */ ([
        new Uint8Array(/** @type {ArrayBuffer} */ (short)),
        new Uint8Array(/** @type {ArrayBuffer} */ (long)),
      ]);
    },
  };
}

function runningDigests() {
  const [short, long] = [runningDigest('SHA-256'), runningDigest('SHA-512')];
  return {
    update: (/** @type {Uint8Array} */ part) => {
      short.update(part);
      long.update(part);
    },
    digests: async () => /** @type {[Bytes, Bytes]} */ ([short.digest(), long.digest()]),
  };
}

/**
 * Input key material for `hkdf`, kept by the platform and not extractable.
 * @param {Bytes} raw
 * @returns {Promise<CryptoKey>}
 */
export function importHkdfKey(raw) {
  return crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits']);
}

/**
 * HKDF-SHA-256 with an empty salt, 32 bytes out. `label` is written as in docs/formats.md and ends in `\0`
 * where it does there; `more` is joined to it.
 * @param {CryptoKey | Bytes} key
 * @param {string} label
 * @param {...Uint8Array} more
 * @returns {Promise<Bytes>}
 */
export async function hkdf(key, label, ...more) {
  const material = key instanceof Uint8Array ? await importHkdfKey(key) : key;
  const info = concat(utf8(label), ...more);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: EMPTY, info }, material, 256),
  );
}

/**
 * The same function for one key and many labels, at once and in JavaScript. HKDF's first step does not
 * depend on the label, HMAC's key block is kept ready, and one state serves them all, so a label costs two
 * compressions and one small allocation.
 * @param {Uint8Array} key
 * @param {string} label
 * @returns {(more: Uint8Array) => Bytes}
 */
export function hkdfMany(key, label) {
  const prk = hmacOf(sha256Of, new Uint8Array(32), key);
  const { iHash: inside, oHash: outside } = hmacOf.create(sha256Of, prk).update(utf8(label));
  const [inner, outer] = [inside.clone(), outside.clone()];
  const last = Uint8Array.of(1);
  return (more) => {
    inside._cloneInto(inner).update(more).update(last);
    outside._cloneInto(outer).update(digestIn(inner));
    return digestIn(outer).slice();
  };
}

/**
 * SHA-256 of something short behind one fixed beginning, at once: for very many of them.
 * @param {Uint8Array} before
 * @returns {(...parts: Uint8Array[]) => Bytes}
 */
export function sha256After(before) {
  const ready = sha256Of.create().update(before);
  const state = ready.clone();
  return (...parts) => {
    ready._cloneInto(state);
    for (const part of parts) state.update(part);
    return digestIn(state).slice();
  };
}

/**
 * A state's digest where its own block lies, as the library leaves it for itself: a view made of other memory, three times a
 * field, is a quarter of what the digests of a version cost.
 * @param {{digestInto: (out: Uint8Array) => void}} state
 * @returns {Bytes} good until the state is used again
 */
function digestIn(state) {
  const { buffer } = /** @type {{digestInto: (out: Uint8Array) => void, buffer: Bytes}} */ (
    /** @type {unknown} */ (state)
  );
  state.digestInto(buffer);
  return buffer.subarray(0, 32);
}

/**
 * Key material for `expandSha512`. Import once for each key, not for each message.
 * @param {Bytes} raw
 * @returns {Promise<CryptoKey>}
 */
export function importExpandKey(raw) {
  return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-512' }, false, ['sign']);
}

/**
 * HKDF-Expand-SHA-512, `count` ≤ 128 bytes.
 * @param {CryptoKey} key
 * @param {Uint8Array} info
 * @param {number} count
 * @returns {Promise<Bytes>}
 */
export async function expandSha512(key, info, count) {
  const first = new Uint8Array(await crypto.subtle.sign('HMAC', key, concat(info, Uint8Array.of(1))));
  if (count <= 64) return first.slice(0, count);
  const second = new Uint8Array(await crypto.subtle.sign('HMAC', key, concat(first, info, Uint8Array.of(2))));
  return concat(first, second.subarray(0, count - 64));
}

/**
 * @param {Uint8Array | undefined} part
 * @returns {Bytes}
 */
function bytes(part) {
  return /** @type {Bytes} */ (part ?? EMPTY);
}
