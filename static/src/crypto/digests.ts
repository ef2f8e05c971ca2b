/**
 * SHA-2, HMAC and HKDF: docs/formats.md, section 1.
 *
 * Two engines on purpose. WebCrypto for keys (it can make them non-extractable) and for long input. The vendored
 * JavaScript for incremental digests, which WebCrypto cannot do, and for the many tiny digests of a commitment, where
 * a WebCrypto call costs more than the hashing.
 */
import { hmac as hmacOf } from '../../vendor/noble-hashes/hmac.js';
import { sha256 as sha256Of, sha512 as sha512Of } from '../../vendor/noble-hashes/sha2.js';
import { concat, utf8 } from '../core/bytes.js';
import type { Bytes } from '../core/bytes.js';

const EMPTY = new Uint8Array(0);
const BUFFERED_BYTES_LIMIT = 8 << 20;

/** Compute SHA-256 with WebCrypto. */
export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(
    await crypto.subtle.digest('SHA-256', parts.length === 1 ? asBytes(parts[0]) : concat(...parts)),
  );
}

/** Compute a digest by its WebCrypto name, where other data names the algorithm. */
export async function digestWith(name: string, part: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(name, part));
}

/** Compute SHA-256 of short input, synchronously. */
export function sha256Sync(...parts: Uint8Array[]): Bytes {
  const digest = sha256Of.create();
  for (const part of parts) digest.update(part);
  return digest.digest() as Bytes;
}

/** Return an incremental digest. */
export function incrementalDigest(name: 'SHA-256' | 'SHA-512'): { update(part: Uint8Array): void; digest(): Bytes } {
  const state = (name === 'SHA-256' ? sha256Of : sha512Of).create();
  return {
    update: (part) => {
      state.update(part);
    },
    digest: () => state.digest() as Bytes,
  };
}

/**
 * Compute SHA-256 and SHA-512 of a file that arrives in pieces. WebCrypto is ten times faster but needs all bytes at
 * once, so a file of ordinary size is buffered for it; only a large one is digested incrementally.
 * @param size of the file; pieces beyond it throw RangeError
 */
export function fileDigest(size: number): { update(part: Uint8Array): void; digests(): Promise<[Bytes, Bytes]> } {
  return size <= BUFFERED_BYTES_LIMIT ? bufferedDigest(size) : incrementalDigests();
}

function bufferedDigest(size: number) {
  const contents = new Uint8Array(size);
  let offset = 0;
  return {
    update: (part: Uint8Array) => {
      contents.set(part, offset);
      offset += part.length;
    },
    digests: async () => {
      const [digest256, digest512] = await Promise.all(
        ['SHA-256', 'SHA-512'].map((name) => crypto.subtle.digest(name, contents)),
      );
      return [new Uint8Array(digest256 as ArrayBuffer), new Uint8Array(digest512 as ArrayBuffer)] as [Bytes, Bytes];
    },
  };
}

function incrementalDigests() {
  const [digest256, digest512] = [incrementalDigest('SHA-256'), incrementalDigest('SHA-512')];
  return {
    update: (part: Uint8Array) => {
      digest256.update(part);
      digest512.update(part);
    },
    digests: async () => [digest256.digest(), digest512.digest()] as [Bytes, Bytes],
  };
}

/** Import key material for `hkdf`, not extractable. */
export function importHkdfKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits']);
}

/**
 * Compute HKDF-SHA-256 with an empty salt and 32 bytes of output. `label` is written as in docs/formats.md, with its
 * final `\0` where it has one there; the `suffix` parts are appended to it.
 */
export async function hkdf(key: CryptoKey | Bytes, label: string, ...suffix: Uint8Array[]): Promise<Bytes> {
  const material = key instanceof Uint8Array ? await importHkdfKey(key) : key;
  const info = concat(utf8(label), ...suffix);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: EMPTY, info }, material, 256),
  );
}

/**
 * Return `hkdf` for one key and many suffixes, synchronous, in JavaScript. HKDF-Extract does not depend on the label,
 * HMAC's key block is prepared, and one state is reused, so each output costs two compressions and one small
 * allocation.
 */
export function hkdfDeriver(key: Uint8Array, label: string): (suffix: Uint8Array) => Bytes {
  const prk = hmacOf(sha256Of, new Uint8Array(32), key);
  const { iHash: innerStart, oHash: outerStart } = hmacOf.create(sha256Of, prk).update(utf8(label));
  const [innerState, outerState] = [innerStart.clone(), outerStart.clone()];
  const blockCounter = Uint8Array.of(1);
  return (suffix) => {
    innerStart._cloneInto(innerState).update(suffix).update(blockCounter);
    outerStart._cloneInto(outerState).update(digestInPlace(innerState));
    return digestInPlace(outerState).slice();
  };
}

/** Return SHA-256 with a fixed prefix, for many short inputs. Synchronous. */
export function sha256WithPrefix(prefix: Uint8Array): (...parts: Uint8Array[]) => Bytes {
  const prefixState = sha256Of.create().update(prefix);
  const state = prefixState.clone();
  return (...parts) => {
    prefixState._cloneInto(state);
    for (const part of parts) state.update(part);
    return digestInPlace(state).slice();
  };
}

/**
 * Finish a digest into the state's own block buffer. A view of new memory, three times per field, would be a quarter
 * of the cost of a version's digests.
 * @returns valid until the state is used again
 */
function digestInPlace(state: { digestInto: (out: Uint8Array) => void }): Bytes {
  const { buffer } = state as { digestInto: (out: Uint8Array) => void; buffer: Bytes };
  state.digestInto(buffer);
  return buffer.subarray(0, 32);
}

/** Import key material for `expandSha512`. Import once per key, not once per message. */
export function importExpandKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-512' }, false, ['sign']);
}

/** Compute HKDF-Expand-SHA-512, `count` ≤ 128 bytes. */
export async function expandSha512(key: CryptoKey, info: Uint8Array, count: number): Promise<Bytes> {
  const first = new Uint8Array(await crypto.subtle.sign('HMAC', key, concat(info, Uint8Array.of(1))));
  if (count <= 64) return first.slice(0, count);
  const second = new Uint8Array(await crypto.subtle.sign('HMAC', key, concat(first, info, Uint8Array.of(2))));
  return concat(first, second.subarray(0, count - 64));
}

function asBytes(part: Uint8Array | undefined): Bytes {
  return (part ?? EMPTY) as Bytes;
}
