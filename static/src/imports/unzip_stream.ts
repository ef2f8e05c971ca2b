/**
 * One zip entry as a file read from front to back, a piece at a time: a 200 MB film inside an export costs the memory
 * of one piece. Names and sizes are trusted no more than in unzip.js; the checksum is verified at the end.
 */
import { Inflate } from '../../vendor/fflate/browser.js';
import { KeptError } from '../core/errors.js';
import { MOST_RATIO, STEP, crc32, dataOf } from './unzip.js';
import type { Bytes, Entry } from './unzip.js';

/**
 * @returns `check` throws zip_damaged unless all of it was read and matched the directory
 * @throws zip_locked, zip_unknown, zip_too_much, zip_damaged
 */
export async function entrySource(
  file: Bytes,
  entry: Entry,
): Promise<{ size: number; read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>; check(): Promise<void> }> {
  if (entry.locked) throw new KeptError('zip_locked');
  if (entry.method !== 0 && entry.method !== 8) throw new KeptError('zip_unknown');
  if (entry.size > entry.packed * MOST_RATIO + STEP) throw new KeptError('zip_too_much');
  if (entry.method === 0 && entry.size !== entry.packed) throw new KeptError('zip_damaged');
  const stream = new Stream(file, entry, await dataOf(file, entry));
  return { size: entry.size, read: (from, to) => stream.read(from, to), check: () => stream.check() };
}

class Stream {
  file: Bytes;
  entry: Entry;
  start: number;
  /** packed bytes read so far */
  taken = 0;
  /** unpacked bytes returned so far */
  given = 0;
  crc = 0;
  ended = false;
  /** unpacked but not returned yet */
  waiting: Uint8Array[] = [];
  got = 0;
  inflate: Inflate;

  /** @param start offset of its data */
  constructor(file: Bytes, entry: Entry, start: number) {
    this.file = file;
    this.entry = entry;
    this.start = start;
    this.inflate = new Inflate((piece, last) => this.take(piece, last));
  }

  take(piece: Uint8Array, last: boolean) {
    this.got += piece.length;
    this.ended ||= last;
    if (this.got > this.entry.size) throw new KeptError('zip_damaged'); // more than its own header says
    if (piece.length) this.waiting.push(piece.slice());
  }

  /** @param from where the last read ended */
  async read(from: number, to: number) {
    if (from !== this.given) throw new KeptError('zip_damaged');
    while (this.got < to) await this.more();
    const bytes = this.handOut(to - from);
    this.crc = crc32(bytes, this.crc);
    return bytes;
  }

  /** Read one more packed piece. */
  async more() {
    const { entry, taken } = this;
    if (taken >= entry.packed) throw new KeptError('zip_damaged'); // less than its own header says
    const next = Math.min(entry.packed, taken + STEP);
    const piece = await this.file.read(this.start + taken, this.start + next);
    this.taken = next;
    if (entry.method === 0) return this.take(piece, next === entry.packed);
    try {
      return this.inflate.push(piece, next === entry.packed);
    } catch (error) {
      throw error instanceof KeptError ? error : new KeptError('zip_damaged');
    }
  }

  handOut(count: number) {
    const bytes = new Uint8Array(count);
    let at = 0;
    while (at < count) {
      const piece = this.waiting[0] as Uint8Array;
      const some = piece.subarray(0, count - at);
      bytes.set(some, at);
      at += some.length;
      if (some.length === piece.length) this.waiting.shift();
      else this.waiting[0] = piece.subarray(some.length);
    }
    this.given += count;
    return bytes;
  }

  async check() {
    while (this.taken < this.entry.packed) await this.more();
    if (!this.ended || this.got !== this.entry.size || this.given !== this.got || this.crc !== this.entry.crc)
      throw new KeptError('zip_damaged');
  }
}
