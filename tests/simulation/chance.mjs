/** A seeded random source, so that a run can be repeated. */
export class Chance {
  /** @param {number} seed */
  constructor(seed) {
    this.state = (seed * 0x9e3779b9) >>> 0;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** @returns {number} from 0 up to but not including 1 (mulberry32) */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @param {number} n @returns {number} a whole number below `n` */
  below(n) {
    return Math.floor(this.next() * n);
  }

  /** @template T @param {readonly T[]} choices @returns {T} */
  pick(choices) {
    return choices[this.below(choices.length)];
  }

  /** @param {number} p @returns {boolean} */
  occurs(p) {
    return this.next() < p;
  }

  /** Pick a value at random by weight. @template T @param {readonly (readonly [T, number])[]} choices @returns {T} */
  pickWeighted(choices) {
    let left = this.next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of choices) if ((left -= weight) < 0) return value;
    return choices[0][0];
  }
}
