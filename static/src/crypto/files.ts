/**
 * Seal a file part by part: docs/formats.md, sections 3 and 6.
 *
 * The whole file is padded, then cut; each part is its own envelope. Only the part being filled is in memory. The
 * digests of the received bytes are computed along the way.
 */
import { b64, hex } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { importKey, sealedBytes } from './cobblestone.js';
import { fileDigest, sha256 } from './digests.js';
import * as envelope from './envelope.js';
import { fileSize } from './padding.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';

type BlobPlace = { diary: string; blob: string; key: Bytes };
/** The last part is a slip, which is sealed separately */
export type HandoverPlace = { handover: string; key: Bytes };
type SealedPart = { i: number; sealed: Bytes };

export const PART_BYTES = 63 * 16384;

/** Return the number of parts of a file of `size` bytes. */
export function partCount(size: number): number {
  return Math.ceil(fileSize(size) / PART_BYTES);
}

/** Return the sealed size of a whole file, as declared to the server. */
export function sealedFileBytes(place: BlobPlace | HandoverPlace, size: number): number {
  const padded = fileSize(size);
  const n = partCount(size);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const prefix = envelope.prefix(envelope.SUITE_KEY, kindOf(place), partHeader(place, i, n));
    total += prefix.length + sealedBytes(Math.min(PART_BYTES, padded - i * PART_BYTES));
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
  #filled = 0;
  #taken = 0;
  #made = 0;
  #digests: string[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param key imported from the place's key
   * @param size of the file, in bytes
   */
  constructor(place: BlobPlace | HandoverPlace, key: CryptoKey, size: number) {
    this.place = place;
    this.key = key;
    this.size = size;
    this.padded = fileSize(size);
    this.n = partCount(size);
    this.#digest = fileDigest(size);
    this.#part = new Uint8Array(Math.min(PART_BYTES, this.padded));
  }

  static async begin(place: BlobPlace | HandoverPlace, size: number): Promise<FileSealer> {
    return new FileSealer(place, await importKey(place.key), size);
  }

  /**
   * Add the next bytes; calls run in order. Throws `too_large` beyond the size.
   * @returns the parts that were filled
   */
  add(bytes: Bytes): Promise<SealedPart[]> {
    return this.#inTurn(async () => {
      if (this.#taken + bytes.length > this.size) throw new KeptError('too_large');
      this.#taken += bytes.length;
      this.#digest.update(bytes);
      return this.#fill(bytes);
    });
  }

  /** Pad and seal the remaining bytes. Throws `incomplete` when fewer bytes arrived than the size states. */
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

  async #fill(bytes: Bytes): Promise<SealedPart[]> {
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

  async #sealPart(): Promise<SealedPart> {
    const i = this.#made++;
    const sealed = await envelope.seal(this.key, kindOf(this.place), partHeader(this.place, i, this.n), this.#part);
    this.#digests.push(b64(await sha256(sealed)));
    this.#filled = 0;
    const left = this.padded - this.#made * PART_BYTES;
    if (left > 0 && left < this.#part.length) this.#part = new Uint8Array(left);
    return { i, sealed };
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(act);
    this.#turn = mine.catch(() => undefined);
    return mine;
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
  n: number,
  sealed: Uint8Array,
  size?: number,
): Promise<Bytes> {
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

function kindOf(place: BlobPlace | HandoverPlace) {
  return 'handover' in place ? 'handover' : 'part';
}

function partHeader(place: BlobPlace | HandoverPlace, i: number, n: number): JsonObject {
  if ('handover' in place) return { handover: place.handover, part: i, parts: n + 1 };
  return { blob: place.blob, diary: place.diary, i, n, t: 'part' };
}
