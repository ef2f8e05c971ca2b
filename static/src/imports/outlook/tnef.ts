/** What Outlook packs into winmail.dat: a message or the rest of one ([MS-OXTNEF]). */
import { KeptError } from '../../core/errors.js';
import {
  EMBEDDED_METHOD,
  MAX_FILES,
  MAX_MESSAGE_DEPTH,
  MAX_PROPERTIES,
  PROPERTY,
  TYPE,
  bytesOf,
  decoderOf,
  fileOf,
  fileTime,
  messageOf,
  numberOf,
  unicodeText,
  untilZero,
} from './properties.js';
import type { Bytes } from '../../core/bytes.js';
import type { OutlookMessage, Properties, PropertyValue } from './properties.js';

const SIGNATURE = 0x223e9f78;
const ATTRIBUTE = {
  from: 0x00008000,
  subject: 0x00018004,
  dateSent: 0x00038005,
  body: 0x0002800c,
  fileData: 0x0006800f,
  fileTitle: 0x00018010,
  fileStart: 0x00069002,
  messageProperties: 0x00069003,
  recipients: 0x00069004,
  fileProperties: 0x00069005,
  codePage: 0x00069007,
};
const IID_BYTES = 16;
const MULTIPLE = 0x1000;
/** Types of values that have their length before them. */
const LONG_TYPES: ReadonlySet<number> = new Set([TYPE.object, TYPE.text8, TYPE.text, TYPE.bytes]);
/** The bytes of a value, by its type */
const FIXED_BYTES = new Map([
  ...[0x0001, 0x0002, 0x0003, 0x0004, 0x000a, 0x000b].map((type): [number, number] => [type, 4]),
  ...[0x0005, 0x0006, 0x0007, 0x0014, 0x0040].map((type): [number, number] => [type, 8]),
  [0x0048, 16],
]);

type File = { properties: Properties; title: string; size: number; object: Bytes | null };

export function looksLikeTnef(firstBytes: Uint8Array): boolean {
  return (
    firstBytes.length >= 6 &&
    firstBytes[0] === 0x78 &&
    firstBytes[1] === 0x9f &&
    firstBytes[2] === 0x3e &&
    firstBytes[3] === 0x22
  );
}

/** Read a message. What stands before a damaged or missing part is read. @throws mail_damaged */
export function readTnef(bytes: Bytes, depth: number = 0): OutlookMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== SIGNATURE) throw new KeptError('mail_damaged');
  const old = { from: '', subject: '', body: '', date: '' };
  const files: File[] = [];
  let codePage: number | null = null;
  let properties: Properties = new Map();
  let recipients: Properties[] = [];
  let isPartUnread = false;
  let at = 6;
  while (at < bytes.length) {
    const size = at + 9 <= bytes.length ? view.getUint32(at + 5, true) : bytes.length;
    const start = at + 9;
    if (start + size + 2 > bytes.length) {
      isPartUnread = true;
      break;
    }
    const data = bytes.subarray(start, start + size);
    const id = view.getUint32(at + 1, true);
    at = start + size + 2;
    if (checksum(data) !== view.getUint16(start + size, true)) {
      isPartUnread = true;
      break;
    }
    const file = files.at(-1);
    try {
      if (id === ATTRIBUTE.codePage && size >= 4) codePage = view.getUint32(start, true);
      else if (id === ATTRIBUTE.subject) old.subject = untilZero(decoderOf(codePage).decode(data));
      else if (id === ATTRIBUTE.body) old.body = untilZero(decoderOf(codePage).decode(data));
      else if (id === ATTRIBUTE.from) old.from = senderOf(data, codePage);
      else if (id === ATTRIBUTE.dateSent) old.date = localDate(data);
      else if (id === ATTRIBUTE.messageProperties) properties = new Reader(data, codePage).list().properties;
      else if (id === ATTRIBUTE.recipients) recipients = new Reader(data, codePage).rows();
      else if (id === ATTRIBUTE.fileStart) {
        if (files.length >= MAX_FILES) throw new KeptError('mail_damaged');
        files.push({ properties: new Map(), title: '', size: 0, object: null });
      } else if (file && id === ATTRIBUTE.fileTitle) file.title = untilZero(decoderOf(codePage).decode(data));
      else if (file && id === ATTRIBUTE.fileData) file.size = size;
      else if (file && id === ATTRIBUTE.fileProperties) {
        const read = new Reader(data, codePage).list();
        file.properties = read.properties;
        file.object = read.object;
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      isPartUnread = true;
    }
  }
  if (!files.length && !properties.size && !old.subject && !old.body) throw new KeptError('mail_damaged');
  let isTooDeep = false;
  const listed = files.map(({ properties: own, title, size, object }) => {
    const isMessage = numberOf(own, PROPERTY.attachMethod) === EMBEDDED_METHOD && object !== null;
    const inner = isMessage ? object.subarray(IID_BYTES) : null;
    isTooDeep ||= inner !== null && depth >= MAX_MESSAGE_DEPTH;
    const message = inner && depth < MAX_MESSAGE_DEPTH && looksLikeTnef(inner) ? readTnef(inner, depth + 1) : null;
    const listedFile = fileOf(own, {
      size: size || (bytesOf(own, PROPERTY.data)?.length ?? inner?.length ?? 0),
      message,
    });
    return { ...listedFile, name: listedFile.name || title };
  });
  const message = messageOf(properties, recipients, listed);
  return {
    ...message,
    subject: message.subject || old.subject,
    plain: message.plain || old.body,
    sender: message.sender.name || message.sender.address ? message.sender : { name: '', address: old.from },
    localDate: old.date,
    isPartUnread,
    isTooDeep,
  };
}

/** Reads a list of properties; RangeError where the bytes end. */
class Reader {
  readonly #bytes: Bytes;
  readonly #view: DataView;
  readonly #codePage: number | null;
  #at = 0;
  #left = MAX_PROPERTIES;

  constructor(bytes: Bytes, codePage: number | null) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#codePage = codePage;
  }

  rows(): Properties[] {
    const rows: Properties[] = [];
    for (let count = this.#count(MAX_FILES); count > 0; count--) rows.push(this.list().properties);
    return rows;
  }

  /** `object`: the value of the file's data where it is an object */
  list(): { properties: Properties; object: Bytes | null } {
    const properties: Properties = new Map();
    let object: Bytes | null = null;
    for (let count = this.#count(this.#left); count > 0; count--) {
      if (--this.#left < 0) throw new KeptError('mail_damaged');
      const [type, id] = [this.#view.getUint16(this.#at, true), this.#view.getUint16(this.#at + 2, true)];
      this.#at += 4;
      if (id >= 0x8000) this.#skipName();
      const value = this.#value(type);
      if (value === null || id >= 0x8000) continue;
      if (type === TYPE.object && id === PROPERTY.data) object = value as Bytes;
      else if (!properties.has(id)) properties.set(id, value);
    }
    return { properties, object };
  }

  #uint32(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  #count(limit: number): number {
    const count = this.#uint32();
    if (count > limit) throw new KeptError('mail_damaged');
    return count;
  }

  #take(size: number): Bytes {
    if (this.#at + size > this.#bytes.length) throw new RangeError('the bytes end before the value');
    const taken = this.#bytes.subarray(this.#at, this.#at + size);
    this.#at += Math.ceil(size / 4) * 4;
    return taken;
  }

  /** A named property has the name of its owner and a number or a name of its own. */
  #skipName() {
    this.#take(IID_BYTES);
    if (this.#uint32() === 0) this.#take(4);
    else this.#take(this.#uint32());
  }

  /** Return the value, the first one of several; null for a type that nothing here needs. */
  #value(type: number): PropertyValue | null {
    const base = type & ~MULTIPLE;
    const fixedBytes = FIXED_BYTES.get(base);
    const isLong = LONG_TYPES.has(base);
    if (fixedBytes === undefined && !isLong) throw new RangeError('a type that is not known has no known length');
    const count = type & MULTIPLE || isLong ? this.#count(this.#bytes.length) : 1;
    let first: PropertyValue | null = null;
    for (let i = 0; i < count; i++) {
      const bytes = this.#take(fixedBytes ?? this.#uint32());
      if (i === 0) first = this.#decoded(base, bytes);
    }
    return first;
  }

  #decoded(type: number, bytes: Bytes): PropertyValue | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (type === TYPE.long) return view.getInt32(0, true);
    if (type === TYPE.short || type === TYPE.boolean) return view.getInt16(0, true);
    if (type === TYPE.time) return fileTime(view, 0);
    if (type === TYPE.text) return unicodeText(bytes);
    if (type === TYPE.text8) return untilZero(decoderOf(this.#codePage).decode(bytes));
    return type === TYPE.bytes || type === TYPE.object ? bytes : null;
  }
}

function checksum(data: Bytes): number {
  let sum = 0;
  for (const byte of data) sum = (sum + byte) & 0xffff;
  return sum;
}

/** A name and an address of the kind `SMTP:sam@example.org`, each with its length before both. */
function senderOf(data: Bytes, codePage: number | null): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [nameBytes, addressBytes] = [view.getUint16(4, true), view.getUint16(6, true)];
  const text = decoderOf(codePage).decode(data.subarray(8 + nameBytes, 8 + nameBytes + addressBytes));
  return untilZero(text).replace(/^SMTP:/i, '');
}

/** Year, month, day, hour, minute and second, in no stated zone. */
function localDate(data: Bytes): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [year, month, day, hour, minute, second] = [0, 2, 4, 6, 8, 10].map((at) =>
    String(view.getUint16(at, true)).padStart(at ? 2 : 4, '0'),
  );
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}
