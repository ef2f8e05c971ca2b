/** What the vector checks share: judging, and the rules by which vectors describe bytes. No Node, no page. */
import { b64, hex, bytesEqual, unb64 } from '../../../static/js/core/bytes.js';
import { KeptError } from '../../../static/js/core/errors.js';
import { sha256Sync } from '../../../static/js/crypto/digests.js';

/** Throws unless two values are the same when written as JSON, bytes by their content. */
export function same(found, expected, name) {
  const [a, b] = [found, expected].map((value) => (value instanceof Uint8Array ? b64(value) : JSON.stringify(value)));
  if (a !== b) throw new Error(`${name}: ${String(a).slice(0, 200)} is not ${String(b).slice(0, 200)}`);
}

/** Throws unless `act` fails with `code`. */
export async function refused(code, act, name) {
  let answer;
  try {
    answer = await act();
  } catch (thrown) {
    if (thrown instanceof KeptError && thrown.code === code) return;
    throw new Error(`${name}: ${thrown} (${thrown.code}) instead of ${code}`);
  }
  throw new Error(`${name}: accepted, ${JSON.stringify(answer)?.slice(0, 100)}`);
}

/** The plaintext that vectors describe by its length. */
export function patterned(length) {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + 3) & 255);
}

/** Bytes given as b64, or by a rule. */
export function rawOf(one) {
  if ('bytes' in one) return unb64(one.bytes);
  return new TextEncoder().encode(one.before + one.repeat.repeat(one.times) + one.after);
}

/** Throws unless `bytes` are what `told` says of them. */
export function sameTold(bytes, told, name) {
  same(bytes.length, told.length, name);
  same(hex(sha256Sync(bytes)), told.sha256, name);
  if (told.bytes !== undefined) same(b64(bytes), told.bytes, name);
}

/** `raw` after the operations; many times for `every_bit`. */
export function* changed(raw, ops = []) {
  if (ops.length === 1 && ops[0][0] === 'every_bit') {
    for (let bit = 0; bit < raw.length * 8; bit++) yield flipped(raw, bit);
    return;
  }
  yield ops.reduce(operate, raw);
}

function flipped(raw, bit) {
  const made = raw.slice();
  made[bit >> 3] ^= 1 << (bit & 7);
  return made;
}

function operate(raw, [name, ...given]) {
  const made = raw.slice();
  const [at, to, size] = given;
  switch (name) {
    case 'set':
      made.set(unb64(to), at);
      return made;
    case 'truncate':
      return made.slice(0, at);
    case 'swap':
      made.set(raw.subarray(to, to + size), at);
      made.set(raw.subarray(at, at + size), to);
      return made;
    case 'copy':
      made.copyWithin(at, to, to + size);
      return made;
    case 'remove':
      return join(raw.subarray(0, at), raw.subarray(at + to));
    case 'append':
      return join(raw, unb64(at));
    case 'append_part':
      return join(raw, raw.subarray(at, at + to));
    case 'flip':
      return flipped(raw, at);
    default:
      throw new Error(`no such operation: ${name}`);
  }
}

function join(a, b) {
  const made = new Uint8Array(a.length + b.length);
  made.set(a);
  made.set(b, a.length);
  return made;
}

export { bytesEqual as isSame };
