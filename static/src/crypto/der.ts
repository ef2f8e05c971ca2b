/** A strict DER parser: nested values, each with tag, content and complete encoding. */
import { KeptError } from '../core/errors.js';
import type { Bytes } from '../core/bytes.js';

export type Der = { tag: number; content: Bytes; encoded: Bytes };

export const TAGS = Object.freeze({
  boolean: 1,
  integer: 2,
  bits: 3,
  octets: 4,
  oid: 6,
  utc: 23,
  time: 24,
  sequence: 0x30,
  set: 0x31,
});
const LENGTH_BYTES_LIMIT = 4;

function invalidDer() {
  return new KeptError('bad_request', 'This is not in the form it should have.');
}

/** Parse consecutive values. */
export function readValues(bytes: Bytes): Der[] {
  const values = [];
  for (let offset = 0; offset < bytes.length; ) {
    const value = readAt(bytes, offset);
    values.push(value);
    offset += value.encoded.length;
  }
  return values;
}

/** Parse `bytes` as exactly one value. */
export function readValue(bytes: Bytes, tag?: number): Der {
  const value = readAt(bytes, 0);
  if (value.encoded.length !== bytes.length || (tag !== undefined && value.tag !== tag)) throw invalidDer();
  return value;
}

function readAt(bytes: Bytes, offset: number): Der {
  const tag = bytes[offset];
  let length = bytes[offset + 1];
  let start = offset + 2;
  if (tag === undefined || length === undefined || (tag & 31) === 31) throw invalidDer();
  if (length & 0x80) {
    const count = length & 0x7f;
    if (!count || count > LENGTH_BYTES_LIMIT || bytes[start] === 0) throw invalidDer(); // X.690 10.1: the fewest bytes
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += count;
    if (length < 128) throw invalidDer();
  }
  if (start + length > bytes.length) throw invalidDer();
  return { tag, content: bytes.subarray(start, start + length), encoded: bytes.subarray(offset, start + length) };
}

/** Parse the values inside a constructed one. */
export function readChildren(value: Der | undefined, tag?: number) {
  if (!value || (tag !== undefined && value.tag !== tag)) throw invalidDer();
  return readValues(value.content);
}

/** Return an object identifier in dotted form. */
export function oidOf(value: Der | undefined) {
  if (!value || value.tag !== TAGS.oid || !value.content.length) throw invalidDer();
  const numbers = [];
  let number = 0;
  let isFirst = true;
  for (const byte of value.content) {
    if (isFirst && byte === 128) throw invalidDer(); // X.690 8.19.2: the fewest bytes
    isFirst = !(byte & 128);
    number = number * 128 + (byte & 127);
    if (!(byte & 128)) {
      numbers.push(number);
      number = 0;
    }
  }
  if (!isFirst) throw invalidDer(); // the last number is cut off
  const [firstNumber = 0, ...otherArcs] = numbers;
  const firstArc = Math.min(2, Math.floor(firstNumber / 40));
  return [firstArc, firstNumber - firstArc * 40, ...otherArcs].join('.');
}

/** Return a non-negative integer. */
export function integerOf(value: Der | undefined) {
  if (!value || value.tag !== TAGS.integer) throw invalidDer();
  const { content } = value;
  const [first = 128, second = 128] = content;
  if (first & 128 || (first === 0 && content.length > 1 && second < 128)) throw invalidDer(); // X.690 8.3.2
  return content.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** Return a UTCTime or GeneralizedTime in ms UTC. */
export function timeOf(value: Der | undefined) {
  const text = String.fromCharCode(...(value?.content ?? []));
  const match = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,6})?Z$/.exec(text);
  if (!match || !value || (value.tag !== TAGS.utc && value.tag !== TAGS.time)) throw invalidDer();
  const [, year = '', month, day, hour, minute, second, fraction = ''] = match;
  const fullYear = year.length === 4 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900);
  return (
    Date.UTC(fullYear, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) +
    Math.floor(Number(`0${fraction}`) * 1000)
  );
}
