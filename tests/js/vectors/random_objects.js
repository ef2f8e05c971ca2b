/** The 20,000 objects of tests/vectors/random_objects.py, drawn in the same order from the same seed. */
import { hex } from '../../../static/js/core/bytes.js';
import { canonicalBytes } from '../../../static/js/core/encoding.js';
import { incrementalDigest } from '../../../static/js/crypto/digests.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz_';
const KEY_LETTERS = `${LETTERS}0123456789`;
const ODD = '"\\/\u007f\u0080\u00a0\u2028\u2029\ufeff\ufffd\ue000\uffff';

class Draws {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  next() {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  below(n) {
    return this.next() % n;
  }

  character() {
    const pick = this.below(10);
    if (pick === 4) return String.fromCodePoint(this.below(0x20));
    if (pick === 5) return ODD[this.below(ODD.length)];
    if (pick === 6) return String.fromCodePoint(0xa0 + this.below(0x500));
    if (pick === 7) return String.fromCodePoint(0x4e00 + this.below(0x1000));
    if (pick === 8) return String.fromCodePoint(0x1f300 + this.below(0x200));
    return String.fromCodePoint(0x61 + this.below(26));
  }

  integer() {
    const high = this.below(0x200000);
    const number = high * 0x100000000 + this.next();
    const signed = this.below(2) ? -number : number;
    return signed === 0 ? 0 : signed;
  }

  many(count, draw) {
    const values = [];
    for (let i = 0; i < count; i++) values.push(draw());
    return values;
  }

  key() {
    const length = 1 + this.below(8);
    const first = LETTERS[this.below(LETTERS.length)];
    return first + this.many(length - 1, () => KEY_LETTERS[this.below(KEY_LETTERS.length)]).join('');
  }

  value(depth) {
    const pick = this.below(depth < 4 ? 8 : 6);
    if (pick === 0) return null;
    if (pick === 1) return this.below(2) === 1;
    if (pick === 2) return this.below(2001) - 1000;
    if (pick === 3) return this.integer();
    if (pick <= 5) return this.many(this.below(12), () => this.character()).join('');
    if (pick === 6) return this.many(this.below(5), () => this.value(depth + 1));
    return this.object(this.below(6), depth);
  }

  object(count, depth) {
    const result = Object.create(null);
    for (let i = 0; i < count; i++) {
      const key = this.key();
      result[key] = this.value(depth + 1);
    }
    return result;
  }
}

/** Return the canonical form of the first object, and SHA-256 (hex) over all objects, a newline after each. */
export function randomDigest(seed, count) {
  const draws = new Draws(seed);
  const running = incrementalDigest('SHA-256');
  let first = '';
  for (let i = 0; i < count; i++) {
    const raw = canonicalBytes(draws.object(1 + draws.below(6), 0));
    first ||= new TextDecoder().decode(raw);
    running.update(raw);
    running.update(Uint8Array.of(10));
  }
  return { first, sha256: hex(running.digest()) };
}
