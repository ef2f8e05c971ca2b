/**
 * Reads the files embedded in a PDF, by name: as our own renderer writes them, and nothing else. A cross-reference
 * table at the end, objects where it points, streams bare or deflated. Anything cleverer is not our page and is
 * reported as unreadable. The twin of diary/pack/verify/embedded_files.py: both refuse the same, so that no PDF is two
 * things to two readers.
 */
import {
  PDF_DEPTH_LIMIT,
  PDF_FILES_LIMIT,
  PDF_FILES_LIMIT_BYTES,
  PDF_FILE_LIMIT_BYTES,
  PDF_NODES_LIMIT,
  PDF_OBJECTS_LIMIT_BYTES,
  PDF_VALUE_LIMIT_BYTES,
} from '../core/constants.js';
import { KeptError } from '../core/errors.js';

/** A PDF's value: a name or a text, a number, a reference, a dictionary, a list; undefined where there is none */
type Value = string | number | Ref | Dict | Value[] | undefined;
type Dict = Map<string, Value>;
type Ref = { ref: number };

const SPACE = '[\\0\\t\\n\\f\\r ]';
const END = new RegExp(`startxref${SPACE}+(\\d{1,12})${SPACE}+%%EOF${SPACE}*$`);
const TABLE = new RegExp(`^xref${SPACE}+0 (\\d{1,7})${SPACE}+`);
const ROW = /^(\d{10}) (?:00000 (n)|\d{5} f)(?: \r| \n|\r\n)/;
const TRAILER = new RegExp(`${SPACE}*trailer${SPACE}*(?=<<)`, 'y');
const SPACES = new RegExp(`^${SPACE}+$`);
const OBJECT = new RegExp(`^(\\d{1,10}) 0 obj${SPACE}`);
/** What programs search for in a file that they repair, with the white space that any of them knows. */
const OBJECT_MARK = /\d[\0\t-\r \xa0]+\d+[\0\t-\r \xa0]+obj/g;
const TRAILER_MARK = /trailer[\0\t-\r \xa0]*(?:<<|%)/;
const TABLE_MARK = /\/(?:XRef|ObjStm)/;
const STREAM = new RegExp(`^${SPACE}*stream\\r?\\n`);
const STREAM_END = new RegExp(`^${SPACE}*endstream`);
const HEADER = '%PDF-1.';
/** Members of a trailer that lead other readers to other objects, or to none. */
const OTHER_OBJECTS = ['Prev', 'XRefStm', 'Encrypt'];
/** A stream with others, such as parameters of its filter, has another content for other readers. */
const STREAM_MEMBERS: ReadonlySet<string> = new Set(['Length', 'Type', 'Filter', 'Subtype', 'Params']);

function unreadable() {
  return new KeptError('bad_request', 'This PDF cannot be read here.');
}

/** @returns null for one that cannot be read */
export async function embeddedFiles(bytes: Uint8Array): Promise<Map<string, Uint8Array> | null> {
  try {
    const pdf = new Pdf(bytes);
    const trailer = pdf.trailer();
    const catalog = pdf.dict(trailer.get('Root'));
    const tree = pdf.dict(pdf.dict(catalog.get('Names') ?? new Map()).get('EmbeddedFiles') ?? new Map());
    const files: Map<string, Uint8Array> = new Map();
    for (const [name, spec] of pdf.namesIn(tree, 0)) {
      // With two files of one name it is undecidable which is meant. Our names are plain ASCII.
      if (files.has(name) || !/^[ -~]*$/.test(name)) throw unreadable();
      files.set(name, await pdf.stream(singleStream(pdf.dict(spec), name, pdf)));
      if (files.size > PDF_FILES_LIMIT) throw unreadable();
    }
    pdf.checkObjects();
    return files;
  } catch {
    return null;
  }
}

/** Return the stream of a file; throws for one that has two streams, or another name for others. */
function singleStream(spec: Dict, name: string, pdf: Pdf): Value {
  const streams = pdf.dict(spec.get('EF'));
  const names = [spec.get('F'), spec.get('UF')].filter((value) => typeof value === 'string');
  const [stream, other] = [streams.get('F'), streams.has('UF') ? streams.get('UF') : streams.get('F')];
  const isSame = isRef(stream) && isRef(other) && stream.ref === other.ref;
  const areKnown = [...streams.keys()].every((key) => key === 'F' || key === 'UF');
  if (!names.length || names.some((one) => one !== name) || !areKnown || !isSame) throw unreadable();
  return stream;
}

const isRef = (value: Value): value is Ref => typeof value === 'object' && 'ref' in value;

class Pdf {
  bytes: Uint8Array;
  text: string;
  offsets: Map<number, number> = new Map();
  nodes = 0;
  plainBodies: [number, number][] = [];
  /**
   * An object is read again for each reference to it. Without a limit, many references to one large object would keep
   * the reader busy for days.
   */
  remaining = PDF_OBJECTS_LIMIT_BYTES;
  /** A file that has many names is also read once for each name. */
  remainingInFiles = PDF_FILES_LIMIT_BYTES;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.text = new TextDecoder('latin1').decode(bytes);
  }

  /** Read the cross-reference table, and return the trailer after it. */
  trailer(): Dict {
    if (!this.text.startsWith(HEADER)) throw unreadable();
    const tail = this.text.slice(-200);
    const end = END.exec(tail);
    const offset = Number(end?.[1] ?? -1);
    const head = TABLE.exec(this.text.slice(offset, offset + 40));
    if (offset < 0 || !head) throw unreadable();
    const [count, start] = [Number(head[1]), offset + head[0].length];
    for (let i = 0; i < count; i++) {
      const match = ROW.exec(this.text.slice(start + i * 20, start + i * 20 + 20));
      if (!match) throw unreadable();
      if (match[2] === 'n') this.offsets.set(i, Number(match[1]));
    }
    // Nothing may stand around the trailer, not even a comment: other readers look for another one there.
    TRAILER.lastIndex = start + count * 20;
    const trailerStart = TRAILER.exec(this.text);
    if (!trailerStart || !end) throw unreadable();
    const { value, end: trailerEnd } = this.valueAt(trailerStart.index + trailerStart[0].length);
    const isLast = SPACES.test(this.text.slice(trailerEnd, this.text.length - tail.length + end.index));
    if (!(value instanceof Map) || !isLast || OTHER_OBJECTS.some((key) => value.has(key))) throw unreadable();
    // To other readers, objects above this number do not exist.
    if (value.get('Size') !== count) throw unreadable();
    return value;
  }

  /**
   * Throw if there are objects or tables besides those that are listed. Other readers search for them if a page is
   * damaged, and look for another table first if the file is linearized. The files that were read are left out: they
   * are somebody's words, which may be of any form.
   */
  checkObjects() {
    const searched = this.bytes.slice();
    for (const [start, end] of this.plainBodies) searched.fill(46, start, end);
    const text = new TextDecoder('latin1').decode(searched);
    const ends = new Set([...this.offsets.keys()].map((number) => this.headOf(number).end - 1));
    let count = 0;
    // One by one: a forger's file may have millions.
    for (const mark of text.matchAll(OBJECT_MARK)) {
      count++;
      if (!ends.has(mark.index + mark[0].length)) throw unreadable();
    }
    const trailer = TRAILER_MARK.exec(text)?.[0] ?? '';
    const areMore = TRAILER_MARK.test(text.slice(text.indexOf(trailer) + trailer.length));
    if (count !== ends.size || !trailer || areMore || TABLE_MARK.test(text)) throw unreadable();
    const reader = new ValueParser(this.text, 0, this.text.length);
    reader.skip();
    const head = OBJECT.exec(this.text.slice(reader.at, reader.at + 30));
    const value = head && this.valueAt(reader.at + head[0].length).value;
    if (!(value instanceof Map) || value.has('Linearized')) throw unreadable();
  }

  resolve(value: Value): Value {
    for (let steps = 0; value && typeof value === 'object' && 'ref' in value; steps++) {
      if (steps > PDF_DEPTH_LIMIT) throw unreadable();
      value = this.object(value.ref).value;
    }
    return value;
  }

  dict(value: Value): Dict {
    const resolved = this.resolve(value);
    if (!(resolved instanceof Map)) throw unreadable();
    return resolved;
  }

  object(number: number): { value: Value; end: number } {
    return this.valueAt(this.headOf(number).end);
  }

  /** Return where the head of an object ends; throws if it is not where the table says. */
  headOf(number: number) {
    const offset = this.offsets.get(number) ?? -1;
    const head = OBJECT.exec(this.text.slice(offset, offset + 30));
    if (offset < 0 || !head || Number(head[1]) !== number) throw unreadable();
    return { end: offset + head[0].length };
  }

  valueAt(offset: number): { value: Value; end: number } {
    const reader = new ValueParser(this.text, offset, offset + this.remaining);
    const value = reader.value(0);
    this.remaining -= reader.at - offset;
    if (this.remaining < 0) throw unreadable();
    return { value, end: reader.at };
  }

  /** Yield name and value of every leaf of a name tree. */
  *namesIn(node: Dict, depth: number): Generator<[string, Value]> {
    if (depth > PDF_DEPTH_LIMIT || ++this.nodes > PDF_NODES_LIMIT) throw unreadable();
    const names = this.list(node.get('Names'));
    if (names.length % 2) throw unreadable();
    for (let i = 0; i + 1 < names.length; i += 2) yield [this.name(names[i]), names[i + 1]];
    for (const child of this.list(node.get('Kids'))) yield* this.namesIn(this.dict(child), depth + 1);
  }

  /** @param value a list, or nothing */
  list(value: Value): Value[] {
    const resolved = this.resolve(value) ?? [];
    if (!Array.isArray(resolved)) throw unreadable();
    return resolved;
  }

  name(value: Value): string {
    const resolved = this.resolve(value);
    if (typeof resolved !== 'string') throw unreadable();
    return resolved;
  }

  async stream(ref: Value): Promise<Uint8Array> {
    if (!ref || typeof ref !== 'object' || !('ref' in ref)) throw unreadable();
    const { value, end } = this.object(ref.ref);
    if (!(value instanceof Map) || [...value.keys()].some((key) => !STREAM_MEMBERS.has(key))) throw unreadable();
    const start = end + (STREAM.exec(this.text.slice(end, end + 20))?.[0].length ?? NaN);
    const length = this.resolve(value.get('Length')) as number; // checked next
    if (!Number.isSafeInteger(length) || length < 0 || !(start + length <= this.bytes.length)) throw unreadable();
    // Other readers search for the end where it is not here.
    if (!STREAM_END.test(this.text.slice(start + length, start + length + 20))) throw unreadable();
    const raw = this.bytes.slice(start, start + length);
    const filter = this.resolve(value.get('Filter'));
    if (filter !== undefined && filter !== '/FlateDecode') throw unreadable();
    if (filter === undefined) this.plainBodies.push([start, start + length]);
    const content = filter === undefined ? raw : await inflate(raw);
    this.remainingInFiles -= content.length;
    if (this.remainingInFiles < 0) throw unreadable();
    return content;
  }
}

async function inflate(raw: Uint8Array<ArrayBuffer>) {
  const reader = new Blob([raw]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  const pieces = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > PDF_FILE_LIMIT_BYTES) {
      await reader.cancel();
      throw unreadable();
    }
    pieces.push(value);
  }
  const resolved = new Uint8Array(await new Blob(pieces).arrayBuffer());
  // Not every engine refuses bytes after the end. The checksum of the inflated bytes must be the last four.
  if (raw.length < 4 || new DataView(raw.buffer).getUint32(raw.length - 4) !== adler32(resolved)) throw unreadable();
  return resolved;
}

/** @returns the checksum of zlib's format (RFC 1950) */
function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  return high * 65_536 + low;
}

/** Parses values in PDF notation, from one position on and no further than a limit. */
class ValueParser {
  text: string;
  at: number;
  limit: number;

  constructor(text: string, offset: number, limit: number) {
    this.text = text;
    this.at = offset;
    this.limit = limit;
  }

  value(depth: number): Value {
    if (depth > PDF_DEPTH_LIMIT) throw unreadable();
    this.skip();
    const rest = this.text.slice(this.at, this.at + 2);
    if (rest === '<<') return this.dict(depth);
    if (rest[0] === '[') return this.list(depth);
    if (rest[0] === '(') return this.string();
    if (rest[0] === '<') return this.take(/<[0-9A-Fa-f\0\t\n\f\r ]*>/y);
    if (rest[0] === '/') return this.take(/\/[^\0\t\n\f\r ()<>[\]{}/%]*/y);
    const ref = this.match(/(\d{1,10}) 0 R(?![A-Za-z])/y);
    if (ref) return { ref: Number(ref[1]) };
    const number = this.match(/[-+]?\d{0,15}\.?\d{1,15}/y);
    if (number) return Number(number[0]);
    return this.take(/true|false|null/y);
  }

  /** Pass over spaces and comments. */
  skip() {
    const start = this.at;
    // A pattern runs out of memory on millions of comments.
    while (this.match(/[\0\t\n\f\r ]+|%[^\r\n]*/y)) if (this.at - start > PDF_VALUE_LIMIT_BYTES) throw unreadable();
  }

  /** @param pattern sticky */
  match(pattern: RegExp) {
    pattern.lastIndex = this.at;
    const resolved = pattern.exec(this.text);
    // No page of ours has a longer one.
    if (resolved && resolved[0].length > PDF_VALUE_LIMIT_BYTES) throw unreadable();
    if (resolved) this.at = pattern.lastIndex;
    if (this.at > this.limit) throw unreadable();
    return resolved;
  }

  take(pattern: RegExp) {
    const resolved = this.match(pattern);
    if (!resolved) throw unreadable();
    return resolved[0];
  }

  dict(depth: number): Dict {
    this.at += 2;
    const entries = new Map();
    for (;;) {
      this.skip();
      if (this.match(/>>/y)) return entries;
      const name = this.take(/\/[^\0\t\n\f\r ()<>[\]{}/%]*/y).slice(1);
      // Of two members of one name, readers choose either. A `#` writes a letter of a name in another way.
      if (entries.has(name) || name.includes('#')) throw unreadable();
      entries.set(name, this.value(depth + 1));
    }
  }

  list(depth: number): Value[] {
    this.at += 1;
    const entries = [];
    for (;;) {
      this.skip();
      if (this.match(/\]/y)) return entries;
      entries.push(this.value(depth + 1));
    }
  }

  /** Parse a string. Our names are plain letters: one with brackets or escapes is not ours. */
  string() {
    const resolved = this.match(/\(((?:[^()\\]|\\[\s\S])*)\)/y);
    if (!resolved) throw unreadable();
    return resolved[1];
  }
}
