/** A source of chance that a seed decides, so that a run can be made again. */
export class Chance {
  /** @param {number} seed */
  constructor(seed) {
    this.state = (seed * 0x9e3779b9) >>> 0;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** @returns {number} from 0 up to, and without, 1 (mulberry32) */
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

  /** @template T @param {readonly T[]} among @returns {T} */
  of(among) {
    return among[this.below(among.length)];
  }

  /** @param {number} p @returns {boolean} */
  is(p) {
    return this.next() < p;
  }

  /** One of several by weight. @template T @param {readonly (readonly [T, number])[]} among @returns {T} */
  weighed(among) {
    let at = this.next() * among.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [one, weight] of among) if ((at -= weight) < 0) return one;
    return among[0][0];
  }
}
