/**
 * Sealing a file part by part: docs/formats.md, sections 3 and 6.
 *
 * The whole file is padded, then cut, and each part is an envelope of its own. Only the part being filled is
 * in memory; the digests of the bytes as received run along.
 */
import { b64, hex } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { importKey, sealedBytes } from './cobblestone.js';
import { fileDigest, sha256 } from './digests.js';
import * as envelope from './envelope.js';
import { fileSize } from './padding.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {{diary: string, blob: string, key: Bytes}} BlobPlace */
/** @typedef {{handover: string, key: Bytes}} HandoverPlace its last part is a slip, which is sealed apart */
/** @typedef {{i: number, sealed: Bytes}} SealedPart */

export const PART_BYTES = 63 * 16384;

/**
 * How many parts a file of `size` bytes has.
 * @param {number} size
 * @returns {number}
 */
export function partCount(size) {
  return Math.ceil(fileSize(size) / PART_BYTES);
}

/**
 * The sealed size of a whole file, as declared to the server.
 * @param {BlobPlace | HandoverPlace} place
 * @param {number} size
 * @returns {number}
 */
export function sealedFileBytes(place, size) {
  const padded = fileSize(size);
  const n = partCount(size);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const prefix = envelope.prefix(envelope.SUITE_KEY, kindOf(place), partHeader(place, i, n));
    total += prefix.length + sealedBytes(Math.min(PART_BYTES, padded - i * PART_BYTES));
  }
  return total;
}

/** A file on its way in: bytes go in as they come, sealed parts come out as they fill. */
export class FileSealer {
  #digest;
  /** @type {Bytes} */
  #part;
  #filled = 0;
  #taken = 0;
  #made = 0;
  /** @type {string[]} */
  #digests = [];
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();

  /**
   * @param {BlobPlace | HandoverPlace} place
   * @param {CryptoKey} key imported from the place's key
   * @param {number} size of the file, in bytes
   */
  constructor(place, key, size) {
    this.place = place;
    this.key = key;
    this.size = size;
    this.padded = fileSize(size);
    this.n = partCount(size);
    this.#digest = fileDigest(size);
    this.#part = new Uint8Array(Math.min(PART_BYTES, this.padded));
  }

  /**
   * @param {BlobPlace | HandoverPlace} place
   * @param {number} size
   * @returns {Promise<FileSealer>}
   */
  static async begin(place, size) {
    return new FileSealer(place, await importKey(place.key), size);
  }

  /**
   * Takes the next bytes; calls are answered in the order they were made. Throws `too_large` beyond the size.
   * @param {Bytes} bytes
   * @returns {Promise<SealedPart[]>} the parts this filled
   */
  add(bytes) {
    return this.#inTurn(async () => {
      if (this.#taken + bytes.length > this.size) throw new KeptError('too_large');
      this.#taken += bytes.length;
      this.#digest.update(bytes);
      return this.#fill(bytes);
    });
  }

  /**
   * Pads and seals what is left. Throws `incomplete` when fewer bytes came than the size says.
   */
  end() {
    return this.#inTurn(async () => {
      if (this.#taken !== this.size) throw new KeptError('incomplete');
      const parts = await this.#fill(Uint8Array.of(0x80));
      while (this.#made < this.n) {
        this.#part.fill(0, this.#filled);
        parts.push(await this.#sealPart());
      }
      const [digest, [short, long]] = await Promise.all([sha256(canon(this.#digests)), this.#digest.digests()]);
      return { parts, n: this.n, digests: this.#digests, digest: b64(digest), sha256: hex(short), sha512: hex(long) };
    });
  }

  /**
   * @param {Bytes} bytes
   * @returns {Promise<SealedPart[]>}
   */
  async #fill(bytes) {
    const parts = [];
    for (let at = 0; at < bytes.length; ) {
      const some = bytes.subarray(at, at + this.#part.length - this.#filled);
      this.#part.set(some, this.#filled);
      this.#filled += some.length;
      at += some.length;
      if (this.#filled === this.#part.length) parts.push(await this.#sealPart());
    }
    return parts;
  }

  /** @returns {Promise<SealedPart>} */
  async #sealPart() {
    const i = this.#made++;
    const sealed = await envelope.seal(this.key, kindOf(this.place), partHeader(this.place, i, this.n), this.#part);
    this.#digests.push(b64(await sha256(sealed)));
    this.#filled = 0;
    const left = this.padded - this.#made * PART_BYTES;
    if (left > 0 && left < this.#part.length) this.#part = new Uint8Array(left);
    return { i, sealed };
  }

  /**
   * @template T
   * @param {() => Promise<T>} act
   * @returns {Promise<T>}
   */
  #inTurn(act) {
    const mine = this.#turn.then(act);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

/**
 * One part of a file. With `size`, only the bytes of the file itself, and padding that is not padding is
 * refused. Throws `not_opened`.
 * @param {BlobPlace | HandoverPlace} place
 * @param {number} i
 * @param {number} n parts of the file
 * @param {Uint8Array} sealed
 * @param {number} [size] of the file, in bytes
 * @returns {Promise<Bytes>}
 */
export async function openPart(place, i, n, sealed, size) {
  const plaintext = await envelope.open(await importKey(place.key), sealed, kindOf(place), partHeader(place, i, n));
  if (size === undefined) return plaintext;
  const isLength = n === partCount(size) && plaintext.length === Math.min(PART_BYTES, fileSize(size) - i * PART_BYTES);
  const end = Math.min(plaintext.length, Math.max(0, size - i * PART_BYTES));
  const isPadding = plaintext
    .subarray(end)
    .every((byte, at) => byte === (i * PART_BYTES + end + at === size ? 0x80 : 0));
  if (!isLength || !isPadding) throw new KeptError('not_opened');
  return plaintext.subarray(0, end);
}

/** @param {BlobPlace | HandoverPlace} place */
function kindOf(place) {
  return 'handover' in place ? 'handover' : 'part';
}

/**
 * @param {BlobPlace | HandoverPlace} place
 * @param {number} i
 * @param {number} n
 * @returns {import('../core/encoding.js').JsonObject}
 */
function partHeader(place, i, n) {
  if ('handover' in place) return { handover: place.handover, part: i, parts: n + 1 };
  return { blob: place.blob, diary: place.diary, i, n, t: 'part' };
}
