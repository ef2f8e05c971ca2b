/**
 * WARC 1.0 and 1.1 (ISO 28500): records one after another, each with a head of named fields and a block of bytes. The
 * file is read from front to back and is refused at the first record that does not keep to the form.
 */
import { concatAll } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import type { Pieces } from './gunzip.js';

/** `uri`, `date`: as they are written, '' if they are not there; `fields`: all of the head, by name in lower case */
export type WarcRecord = { type: string; uri: string; date: string; size: number; fields: ReadonlyMap<string, string> };

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_RECORDS = 500_000;
const VERSION = /^WARC\/1\.[01]$/;
const NAMED_FIELD = /^([!#$%&'*+.^_`|~\dA-Za-z-]{1,100}):[ \t]*([^]*?)[ \t]*$/;
const REQUIRED = ['warc-record-id', 'content-length', 'warc-date', 'warc-type'] as const;
/** The one field that a head may have more than once. */
const REPEATED = 'warc-concurrent-to';
const END_OF_HEAD = [13, 10, 13, 10];

/** Whether a file begins like a WARC that is not packed. */
export const looksLikePlainWarc = (firstBytes: Uint8Array) =>
  /^WARC\/\d/.test(String.fromCharCode(...firstBytes.subarray(0, 8)));

/** Reads the records of a WARC. */
export class WarcReader {
  readonly #bytes: PieceReader;
  /** bytes of the present block that were not read; null before the first record */
  #left: number | null = null;
  #records = 0;

  constructor(pieces: Pieces) {
    this.#bytes = new PieceReader(pieces);
  }

  /**
   * Go to the next record, past the rest of this one; null at the end.
   * @throws archive_half, archive_damaged, archive_large
   */
  async next(): Promise<WarcRecord | null> {
    if (this.#left !== null) {
      await this.#bytes.skip(this.#left);
      const end = await this.#bytes.take(END_OF_HEAD.length);
      if (!END_OF_HEAD.every((byte, i) => end[i] === byte)) throw new KeptError('archive_damaged');
      this.#left = null;
    }
    if (!(await this.#bytes.peek(1)).length) {
      if (!this.#records) throw new KeptError('archive_half');
      return null;
    }
    if (++this.#records > MAX_RECORDS) throw new KeptError('archive_large');
    const record = recordOf(await this.#head());
    this.#left = record.size;
    return record;
  }

  /** Return the first bytes of this block without reading on. */
  start(count: number): Promise<Uint8Array> {
    return this.#bytes.peek(Math.min(count, this.#left ?? 0));
  }

  /** Read the whole block, which has at most `limit` bytes. */
  async block(limit: number): Promise<Uint8Array> {
    const size = this.#left ?? 0;
    if (size > limit) throw new KeptError('page_large');
    this.#left = 0;
    return this.#bytes.take(size);
  }

  async #head(): Promise<string> {
    for (let count = 1_024; ; count *= 4) {
      const bytes = await this.#bytes.peek(Math.min(count, MAX_HEAD_BYTES));
      const end = indexOfEnd(bytes);
      if (end >= 0) {
        await this.#bytes.skip(end + END_OF_HEAD.length);
        return decoded(bytes.subarray(0, end));
      }
      if (bytes.length < Math.min(count, MAX_HEAD_BYTES)) throw new KeptError('archive_half');
      if (count >= MAX_HEAD_BYTES) throw new KeptError('archive_damaged');
    }
  }
}

function recordOf(head: string): WarcRecord {
  const [version = '', ...lines] = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  if (!VERSION.test(version)) throw new KeptError('archive_damaged');
  const fields: Map<string, string> = new Map();
  for (const line of lines) {
    const [, name = '', value = ''] = NAMED_FIELD.exec(line) ?? [];
    const key = name.toLowerCase();
    if (!key || /\p{Cc}/u.test(value) || (fields.has(key) && key !== REPEATED)) throw new KeptError('archive_damaged');
    fields.set(key, value);
  }
  if (!REQUIRED.every((name) => fields.get(name))) throw new KeptError('archive_damaged');
  const length = fields.get('content-length') as string;
  if (!/^\d{1,15}$/.test(length)) throw new KeptError('archive_damaged');
  return {
    type: (fields.get('warc-type') as string).toLowerCase(),
    // Some programs put the address into angle brackets, as the examples of WARC 1.0 did.
    uri: (fields.get('warc-target-uri') ?? '').replace(/^<(.*)>$/, '$1'),
    date: fields.get('warc-date') as string,
    size: Number(length),
    fields,
  };
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new KeptError('archive_damaged');
  }
}

function indexOfEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1))
    if (END_OF_HEAD.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

/** Pieces as one row of bytes. */
class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Uint8Array[] = [];
  #size = 0;

  constructor(pieces: Pieces) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Return the next `count` bytes, or fewer at the end, without reading on. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#size < count && (await this.#fill())) {
      // The next piece is held now.
    }
    if (this.#held.length > 1 && (this.#held[0] as Uint8Array).length < count) this.#held = [concatAll(this.#held)];
    return (this.#held[0] ?? new Uint8Array(0)).subarray(0, count);
  }

  /** @throws archive_half */
  async skip(count: number): Promise<void> {
    for await (const _piece of this.#through(count));
  }

  /** @throws archive_half */
  async take(count: number): Promise<Uint8Array> {
    const taken: Uint8Array[] = [];
    for await (const piece of this.#through(count)) taken.push(piece);
    return concatAll(taken);
  }

  async *#through(count: number): AsyncGenerator<Uint8Array> {
    let left = count;
    while (left > 0) {
      if (!this.#held.length && !(await this.#fill())) throw new KeptError('archive_half');
      const piece = this.#held[0] as Uint8Array;
      const part = piece.subarray(0, left);
      if (part.length === piece.length) this.#held.shift();
      else this.#held[0] = piece.subarray(part.length);
      left -= part.length;
      this.#size -= part.length;
      yield part;
    }
  }

  async #fill(): Promise<boolean> {
    const { value, done } = await this.#pieces.next();
    if (done) return false;
    if (value.length) this.#held.push(value);
    this.#size += value.length;
    return true;
  }
}
