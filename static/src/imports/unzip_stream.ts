/**
 * One zip entry as a file read from front to back, a piece at a time: a 200 MB film inside an export costs the memory
 * of one piece. Names and sizes are trusted no more than in unzip.js; the checksum is verified at the end.
 */
import { Inflate } from '../../vendor/fflate/browser.js';
import { KeptError } from '../core/errors.js';
import { MAX_RATIO, CHUNK_BYTES, crc32, dataOffset } from './unzip.js';
import type { ByteSource, ZipEntry } from './unzip.js';

/**
 * @returns `check` throws zip_damaged unless all of it was read and matched the directory
 * @throws zip_locked, zip_unknown, zip_too_much, zip_damaged
 */
export async function entrySource(
  file: ByteSource,
  entry: ZipEntry,
): Promise<{ size: number; read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>; check(): Promise<void> }> {
  if (entry.locked) throw new KeptError('zip_locked');
  if (entry.method !== 0 && entry.method !== 8) throw new KeptError('zip_unknown');
  if (entry.size > entry.packed * MAX_RATIO + CHUNK_BYTES) throw new KeptError('zip_too_much');
  if (entry.method === 0 && entry.size !== entry.packed) throw new KeptError('zip_damaged');
  const stream = new ZipEntryStream(file, entry, await dataOffset(file, entry));
  return { size: entry.size, read: (from, to) => stream.read(from, to), check: () => stream.check() };
}

class ZipEntryStream {
  file: ByteSource;
  entry: ZipEntry;
  start: number;
  /** packed bytes read so far */
  consumed = 0;
  /** unpacked bytes returned so far */
  returned = 0;
  crc = 0;
  hasEnded = false;
  /** unpacked but not returned yet */
  buffered: Uint8Array[] = [];
  unpacked = 0;
  inflate: Inflate;

  /** @param start offset of its data */
  constructor(file: ByteSource, entry: ZipEntry, start: number) {
    this.file = file;
    this.entry = entry;
    this.start = start;
    this.inflate = new Inflate((chunk, isLast) => this.receive(chunk, isLast));
  }

  receive(chunk: Uint8Array, isLast: boolean) {
    this.unpacked += chunk.length;
    this.hasEnded ||= isLast;
    if (this.unpacked > this.entry.size) throw new KeptError('zip_damaged'); // more than its own header says
    if (chunk.length) this.buffered.push(chunk.slice());
  }

  /** @param from where the last read ended */
  async read(from: number, to: number) {
    if (from !== this.returned) throw new KeptError('zip_damaged');
    while (this.unpacked < to) await this.readMore();
    const bytes = this.takeBuffered(to - from);
    this.crc = crc32(bytes, this.crc);
    return bytes;
  }

  /** Read one more packed piece. */
  async readMore() {
    const { entry, consumed } = this;
    if (consumed >= entry.packed) throw new KeptError('zip_damaged'); // less than its own header says
    const nextConsumed = Math.min(entry.packed, consumed + CHUNK_BYTES);
    const chunk = await this.file.read(this.start + consumed, this.start + nextConsumed);
    this.consumed = nextConsumed;
    if (entry.method === 0) return this.receive(chunk, nextConsumed === entry.packed);
    try {
      return this.inflate.push(chunk, nextConsumed === entry.packed);
    } catch (error) {
      throw error instanceof KeptError ? error : new KeptError('zip_damaged');
    }
  }

  takeBuffered(count: number) {
    const bytes = new Uint8Array(count);
    let at = 0;
    while (at < count) {
      const chunk = this.buffered[0] as Uint8Array;
      const slice = chunk.subarray(0, count - at);
      bytes.set(slice, at);
      at += slice.length;
      if (slice.length === chunk.length) this.buffered.shift();
      else this.buffered[0] = chunk.subarray(slice.length);
    }
    this.returned += count;
    return bytes;
  }

  async check() {
    while (this.consumed < this.entry.packed) await this.readMore();
    if (
      !this.hasEnded ||
      this.unpacked !== this.entry.size ||
      this.returned !== this.unpacked ||
      this.crc !== this.entry.crc
    )
      throw new KeptError('zip_damaged');
  }
}
