/**
 * Canonical JSON and frames: docs/formats.md, sections 2 and 6. Python twin: diary/encoding.py.
 *
 * Everything that is signed or digested is encoded here, so each value must have exactly one spelling.
 * `parseCanonical` accepts only that spelling: it re-encodes the parsed value and compares.
 */
import { fromUtf8, concatAll, utf8 } from './bytes.js';
import { CANONICAL_DEPTH_LIMIT, CANONICAL_LIMIT_BYTES, FRAMES_LIMIT } from './constants.js';
import { KeptError } from './errors.js';
import type { Bytes } from './bytes.js';

export { b64, unb64 } from './bytes.js';

/** A value that has a canonical form */
export type Json = null | boolean | number | string | JsonArray | JsonObject;
type JsonArray = readonly Json[];
export type JsonObject = { readonly [key: string]: Json };
/** Input to the encoder. A property may be missing; `canonicalBytes` refuses one that is present and undefined. */
export type JsonInput = null | boolean | number | string | readonly JsonInput[] | JsonInputObject;
export type JsonInputObject = { readonly [key: string]: JsonInput | undefined };
/** An object that claims to be a T: the property names are known, the values are unchecked */
export type Unchecked<T> = { readonly [Name in keyof T]?: unknown };

const KEY = /^[a-z_][a-z0-9_]{0,39}$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Return the canonical JSON of `value`, at most `limit` bytes. Throws `not_canonical` for a value without one:
 * floats, unsafe integers, -0, undefined, lone surrogates, keys that do not match KEY, non-plain objects.
 */
export function canonicalBytes(value: JsonInput, { limit = CANONICAL_LIMIT_BYTES }: { limit?: number } = {}): Bytes {
  const bytes = utf8(canonicalText(value));
  if (bytes.length > limit) throw new KeptError('not_canonical', 'The JSON is too large.');
  return bytes;
}

/** Return the canonical JSON as text. */
export function canonicalText(value: JsonInput): string {
  return stringify(value, 0);
}

/**
 * Parse canonical JSON. Throws `not_canonical` for any other bytes. Checks size and depth before the JSON
 * parser runs.
 */
export function parseCanonical(bytes: Uint8Array, { limit = CANONICAL_LIMIT_BYTES }: { limit?: number } = {}): Json {
  if (bytes.length > limit) throw new KeptError('not_canonical', 'The JSON is too large.');
  checkDepth(bytes);
  let text;
  let value: Json;
  try {
    text = fromUtf8(bytes);
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, so it must not leave this function.
    throw new KeptError('not_canonical');
  }
  if (canonicalText(value) !== text) throw new KeptError('not_canonical');
  return value;
}

/** Parse canonical JSON that must be an object. */
export function parseCanonicalObject(bytes: Uint8Array, options?: { limit?: number }): JsonObject {
  const value = parseCanonical(bytes, options);
  if (!isObject(value)) throw new KeptError('not_canonical');
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Join the parts, each after its length (four bytes, big-endian). */
export function encodeFrames(parts: readonly Uint8Array[]): Bytes {
  return concatAll(parts.flatMap((part) => [u32(part.length), part]));
}

/**
 * Split frames into parts, as views. Throws `bad_request` when bytes are missing or left over, or for more than
 * `maxParts` parts.
 */
export function decodeFrames(bytes: Uint8Array, { maxParts = FRAMES_LIMIT }: { maxParts?: number } = {}): Bytes[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts = [];
  for (let offset = 0; offset < bytes.length; ) {
    const start = offset + 4;
    const end = start > bytes.length ? Infinity : start + view.getUint32(offset);
    if (end > bytes.length || parts.length === maxParts) {
      throw new KeptError('bad_request', 'The frames do not add up.');
    }
    parts.push(bytes.subarray(start, end) as Bytes);
    offset = end;
  }
  return parts;
}

/** Encode a number below 2³² as four bytes, big-endian. */
export function u32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** @param depth the number of arrays and objects around `value` */
function stringify(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) break;
      return String(value);
    case 'string':
      if (LONE_SURROGATE.test(value)) throw new KeptError('not_canonical', 'Text holds half of a character.');
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      if (depth === CANONICAL_DEPTH_LIMIT) throw new KeptError('not_canonical', 'The JSON is nested too deeply.');
      if (Array.isArray(value)) return stringifyArray(value, depth);
      return stringifyObject(value, depth);
    default:
  }
  throw new KeptError('not_canonical', 'A value has no canonical form.');
}

function stringifyArray(items: unknown[], depth: number): string {
  let text = '[';
  for (let i = 0; i < items.length; i++) text += (i ? ',' : '') + stringify(items[i], depth + 1);
  return `${text}]`;
}

/** Sorts and joins the keys by hand: a sorted JavaScript object would still put "9" before "10". */
function stringifyObject(object: object, depth: number): string {
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new KeptError('not_canonical', 'A value has no canonical form.');
  }
  let text = '{';
  for (const key of Object.keys(object).sort()) {
    if (!KEY.test(key)) throw new KeptError('not_canonical', 'An object has a key that is not allowed.');
    const member = (object as Record<string, unknown>)[key];
    text += `${text.length > 1 ? ',' : ''}"${key}":${stringify(member, depth + 1)}`;
  }
  return `${text}}`;
}

/** Throw for JSON nested deeper than the limit, in one pass. Safe for any bytes. */
function checkDepth(bytes: Uint8Array) {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > CANONICAL_DEPTH_LIMIT) throw new KeptError('not_canonical', 'The JSON is nested too deeply.');
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}
