/**
 * Seal a file part by part: docs/formats.md, sections 3 and 6.
 *
 * The whole file is padded, then cut; each part is its own envelope. Only the part being filled is in memory. The
 * digests of the received bytes are computed along the way.
 */
import { b64, hex } from '../core/bytes.js';
import { FILE_PART_BYTES } from '../core/constants.js';
import { canonicalBytes } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { importKey, sealedLength } from './cobblestone.js';
import { fileDigest, sha256 } from './digests.js';
import * as envelope from './envelope.js';
import { paddedFileSize } from './padding.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';

type BlobPlace = { diary: string; blob: string; key: Bytes };
/** The last part is a slip, which is sealed separately */
export type HandoverPlace = { handover: string; key: Bytes };
type SealedPart = { i: number; sealed: Bytes };

/** Return the number of parts of a file of `size` bytes. */
export function partCount(size: number): number {
  return Math.ceil(paddedFileSize(size) / FILE_PART_BYTES);
}

/** Return the sealed size of a whole file, as declared to the server. */
export function sealedFileLength(place: BlobPlace | HandoverPlace, size: number): number {
  const padded = paddedFileSize(size);
  const partTotal = partCount(size);
  let total = 0;
  for (let i = 0; i < partTotal; i++) {
    const prefix = envelope.makePrefix(envelope.SUITE_KEY, kindOf(place), partHeader(place, i, partTotal));
    total += prefix.length + sealedLength(Math.min(FILE_PART_BYTES, padded - i * FILE_PART_BYTES));
  }
  return total;
}

/** Seals a file as it arrives: takes bytes, returns sealed parts as they fill. */
export class FileSealer {
  place: BlobPlace | HandoverPlace;
  key: CryptoKey;
  size: number;
  padded: number;
  n: number;

  #digest;
  #part: Bytes;
  #filledBytes = 0;
  #receivedBytes = 0;
  #sealedCount = 0;
  #digests: string[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * @param key imported from the place's key
   * @param size of the file, in bytes
   */
  constructor(place: BlobPlace | HandoverPlace, key: CryptoKey, size: number) {
    this.place = place;
    this.key = key;
    this.size = size;
    this.padded = paddedFileSize(size);
    this.n = partCount(size);
    this.#digest = fileDigest(size);
    this.#part = new Uint8Array(Math.min(FILE_PART_BYTES, this.padded));
  }

  static async create(place: BlobPlace | HandoverPlace, size: number): Promise<FileSealer> {
    return new FileSealer(place, await importKey(place.key), size);
  }

  /**
   * Add the next bytes; calls run in order. Throws `too_large` beyond the size.
   * @returns the parts that were filled
   */
  addBytes(bytes: Bytes): Promise<SealedPart[]> {
    return this.#enqueue(async () => {
      if (this.#receivedBytes + bytes.length > this.size) throw new KeptError('too_large');
      this.#receivedBytes += bytes.length;
      this.#digest.update(bytes);
      return this.#fill(bytes);
    });
  }

  /** Pad and seal the remaining bytes. Throws `incomplete` when fewer bytes arrived than the size states. */
  finish() {
    return this.#enqueue(async () => {
      if (this.#receivedBytes !== this.size) throw new KeptError('incomplete');
      const parts = await this.#fill(Uint8Array.of(0x80));
      while (this.#sealedCount < this.n) {
        this.#part.fill(0, this.#filledBytes);
        parts.push(await this.#sealPart());
      }
      const [digest, [digest256, digest512]] = await Promise.all([
        sha256(canonicalBytes(this.#digests)),
        this.#digest.digests(),
      ]);
      return {
        parts,
        n: this.n,
        digests: this.#digests,
        digest: b64(digest),
        sha256: hex(digest256),
        sha512: hex(digest512),
      };
    });
  }

  async #fill(bytes: Bytes): Promise<SealedPart[]> {
    const parts = [];
    for (let offset = 0; offset < bytes.length; ) {
      const slice = bytes.subarray(offset, offset + this.#part.length - this.#filledBytes);
      this.#part.set(slice, this.#filledBytes);
      this.#filledBytes += slice.length;
      offset += slice.length;
      if (this.#filledBytes === this.#part.length) parts.push(await this.#sealPart());
    }
    return parts;
  }

  async #sealPart(): Promise<SealedPart> {
    const i = this.#sealedCount++;
    const sealed = await envelope.seal(this.key, kindOf(this.place), partHeader(this.place, i, this.n), this.#part);
    this.#digests.push(b64(await sha256(sealed)));
    this.#filledBytes = 0;
    const remaining = this.padded - this.#sealedCount * FILE_PART_BYTES;
    if (remaining > 0 && remaining < this.#part.length) this.#part = new Uint8Array(remaining);
    return { i, sealed };
  }

  #enqueue<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

/**
 * Open one part of a file. With `size`, return only the file's own bytes and refuse invalid padding. Throws
 * `not_opened`.
 * @param partTotal number of parts of the file
 * @param size of the file, in bytes
 */
export async function openPart(
  place: BlobPlace | HandoverPlace,
  i: number,
  partTotal: number,
  sealed: Uint8Array,
  size?: number,
): Promise<Bytes> {
  const plaintext = await envelope.open(
    await importKey(place.key),
    sealed,
    kindOf(place),
    partHeader(place, i, partTotal),
  );
  if (size === undefined) return plaintext;
  const hasRightLength =
    partTotal === partCount(size) &&
    plaintext.length === Math.min(FILE_PART_BYTES, paddedFileSize(size) - i * FILE_PART_BYTES);
  const end = Math.min(plaintext.length, Math.max(0, size - i * FILE_PART_BYTES));
  const hasValidPadding = plaintext
    .subarray(end)
    .every((byte, offset) => byte === (i * FILE_PART_BYTES + end + offset === size ? 0x80 : 0));
  if (!hasRightLength || !hasValidPadding) throw new KeptError('not_opened');
  return plaintext.subarray(0, end);
}

function kindOf(place: BlobPlace | HandoverPlace) {
  return 'handover' in place ? 'handover' : 'part';
}

function partHeader(place: BlobPlace | HandoverPlace, i: number, partTotal: number): JsonObject {
  if ('handover' in place) return { handover: place.handover, part: i, parts: partTotal + 1 };
  return { blob: place.blob, diary: place.diary, i, n: partTotal, t: 'part' };
}
