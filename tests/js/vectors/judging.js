/**
 * Shared by the vector checks: assertions, and the rules by which vectors describe bytes. Needs neither Node nor a
 * page.
 */
import { b64, hex, bytesEqual, unb64 } from '../../../static/js/core/bytes.js';
import { KeptError } from '../../../static/js/core/errors.js';
import { sha256Sync } from '../../../static/js/crypto/digests.js';

/** Throw unless two values are equal as JSON. Bytes are compared by content. */
export function assertSame(actual, expected, name) {
  const [a, b] = [actual, expected].map((value) => (value instanceof Uint8Array ? b64(value) : JSON.stringify(value)));
  if (a !== b) throw new Error(`${name}: ${String(a).slice(0, 200)} is not ${String(b).slice(0, 200)}`);
}

/** Throw unless `action` fails with `code`. */
export async function assertRefused(code, action, name) {
  let result;
  try {
    result = await action();
  } catch (error) {
    if (error instanceof KeptError && error.code === code) return;
    throw new Error(`${name}: ${error} (${error.code}) instead of ${code}`);
  }
  throw new Error(`${name}: accepted, ${JSON.stringify(result)?.slice(0, 100)}`);
}

/** Return the plaintext that vectors describe by its length. */
export function patterned(length) {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + 3) & 255);
}

/** Return bytes that a vector gives as b64 or by a rule. */
export function rawOf(input) {
  if ('bytes' in input) return unb64(input.bytes);
  return new TextEncoder().encode(input.before + input.repeat.repeat(input.times) + input.after);
}

/** Throw unless `bytes` match the length, the digest and, if given, the content of `expected`. */
export function sameBytes(bytes, expected, name) {
  assertSame(bytes.length, expected.length, name);
  assertSame(hex(sha256Sync(bytes)), expected.sha256, name);
  if (expected.bytes !== undefined) assertSame(b64(bytes), expected.bytes, name);
}

/** Yield `raw` after the operations. `every_bit` yields one result for each bit. */
export function* alterations(raw, ops = []) {
  if (ops.length === 1 && ops[0][0] === 'every_bit') {
    for (let bit = 0; bit < raw.length * 8; bit++) yield flipBit(raw, bit);
    return;
  }
  yield ops.reduce(applyOperation, raw);
}

function flipBit(raw, bit) {
  const copy = raw.slice();
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}

function applyOperation(raw, [name, ...args]) {
  const copy = raw.slice();
  const [at, source, size] = args;
  switch (name) {
    case 'set':
      copy.set(unb64(source), at);
      return copy;
    case 'truncate':
      return copy.slice(0, at);
    case 'swap':
      copy.set(raw.subarray(source, source + size), at);
      copy.set(raw.subarray(at, at + size), source);
      return copy;
    case 'copy':
      copy.copyWithin(at, source, source + size);
      return copy;
    case 'remove':
      return join(raw.subarray(0, at), raw.subarray(at + source));
    case 'append':
      return join(raw, unb64(at));
    case 'append_part':
      return join(raw, raw.subarray(at, at + source));
    case 'flip':
      return flipBit(raw, at);
    default:
      throw new Error(`no such operation: ${name}`);
  }
}

function join(a, b) {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

export { bytesEqual as isSame };
