/** A strict DER parser: nested values, each with tag, content and complete encoding. */
import { KeptError } from '../core/errors.js';
import type { Bytes } from '../core/bytes.js';

export type Der = { tag: number; content: Bytes; whole: Bytes };

export const TAGS = Object.freeze({
  integer: 2,
  bits: 3,
  octets: 4,
  oid: 6,
  utc: 23,
  time: 24,
  sequence: 0x30,
  set: 0x31,
});
const DEPTH_BYTES = 4;

function broken() {
  return new KeptError('bad_request', 'This is not in the form it should have.');
}

/** Parse consecutive values. */
export function readAll(bytes: Bytes): Der[] {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const one = readAt(bytes, at);
    found.push(one);
    at += one.whole.length;
  }
  return found;
}

/** Parse `bytes` as exactly one value. */
export function readOne(bytes: Bytes, tag?: number): Der {
  const one = readAt(bytes, 0);
  if (one.whole.length !== bytes.length || (tag !== undefined && one.tag !== tag)) throw broken();
  return one;
}

function readAt(bytes: Bytes, at: number): Der {
  const tag = bytes[at];
  let length = bytes[at + 1];
  let start = at + 2;
  if (tag === undefined || length === undefined || (tag & 31) === 31) throw broken();
  if (length & 0x80) {
    const count = length & 0x7f;
    if (!count || count > DEPTH_BYTES) throw broken();
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += count;
    if (length < 128) throw broken();
  }
  if (start + length > bytes.length) throw broken();
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) };
}

/** Parse the values inside a constructed one. */
export function inside(value: Der | undefined, tag?: number) {
  if (!value || (tag !== undefined && value.tag !== tag)) throw broken();
  return readAll(value.content);
}

/** Return an object identifier in dotted form. */
export function oidOf(value: Der | undefined) {
  if (!value || value.tag !== TAGS.oid) throw broken();
  const numbers = [];
  let number = 0;
  for (const byte of value.content) {
    number = number * 128 + (byte & 127);
    if (!(byte & 128)) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...rest].join('.');
}

/** Return a non-negative integer. */
export function numberOf(value: Der | undefined) {
  if (!value || value.tag !== TAGS.integer || !value.content.length || (value.content[0] as number) & 128)
    throw broken();
  return value.content.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** Return a UTCTime or GeneralizedTime in ms UTC. */
export function timeOf(value: Der | undefined) {
  const text = String.fromCharCode(...(value?.content ?? []));
  const found = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,6})?Z$/.exec(text);
  if (!found || !value || (value.tag !== TAGS.utc && value.tag !== TAGS.time)) throw broken();
  const [, year = '', month, day, hour, minute, second, part = ''] = found;
  const whole = year.length === 4 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900);
  return (
    Date.UTC(whole, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) +
    Math.floor(Number(`0${part}`) * 1000)
  );
}
