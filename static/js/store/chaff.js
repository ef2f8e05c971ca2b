/**
 * Chaff: records that nothing opens, so that how many records there are, and of what sizes, says little.
 *
 * [Note: one for one] A diary's root lists the chaff it may use up (`root.chaff`). A record that is new takes the place of
 * one of the same size, and one that goes leaves noise in its place, in the same transaction: of a diary of words and of a
 * notebook alone, one copy of the table shows the same. The pool grows a little each time the page is opened, diary or
 * notebook, so a diary that is written in about as often as it is opened stays within it. Pictures, and a diary written
 * much faster, do not: that shows as room used, and the screen says so (ui/locks.js).
 */

import { b64, unb64 } from '../core/bytes.js';

/** @typedef {[id: Uint8Array, size: number]} Sized */
/** @typedef {[id: string, size: number][]} Pool ids as b64, sizes of sealed bytes */
/** @typedef {Record<number, number>} Owed records of each size that came when there was no chaff of it */
/** @typedef {(n: number) => Uint8Array} Random */

const LEAST = 20;
const MOST = 60;
/** At most so many more each time the page is opened. */
const GROWTH = 4;
/** Salt, commitment and tag round the padded bytes. */
const AROUND = 24 + 32 + 16;
/** Of sixteen pieces of chaff, how large each is: as the records of a diary of words are. */
const SIZES = [4, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16, 32].map((kib) => kib * 1024 + AROUND);
/** Larger records are parts of files or of long lists: those show. */
const LARGEST = 64 * 1024 + AROUND;
/** A change of more records than this is a diary arriving; reading what was there before would take longer than it helps. */
const MANY = 120;

/** @param {Random} random @returns {[Uint8Array, Uint8Array][]} what a fresh install is given */
export function seedChaff(random) {
  const [pick = 0] = random(1);
  return newChaff(random, LEAST + (pick % (MOST - LEAST + 1)));
}

/** @param {Random} random @returns {[Uint8Array, Uint8Array][]} what one opening adds */
export function grownChaff(random) {
  const [pick = 0] = random(1);
  return newChaff(random, pick % (GROWTH + 1));
}

/** @param {Random} random @param {number} count @returns {[Uint8Array, Uint8Array][]} */
function newChaff(random, count) {
  return Array.from({ length: count }, () => {
    const [pick = 0] = random(1);
    return noise(random, /** @type {number} */ (SIZES[pick % SIZES.length]));
  });
}

/** @param {Random} random @param {number} size @returns {[Uint8Array, Uint8Array]} */
function noise(random, size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) bytes.set(random(Math.min(65_536, size - at)), at);
  return [random(16), bytes];
}

/**
 * Everything in the table that is not one of `known`: what a diary that begins may use up.
 * @param {import('./database.js').Database} database @param {Uint8Array[]} known @returns {Promise<Pool>}
 */
export async function spare(database, known) {
  const mine = new Set(known.map((id) => b64(id)));
  const ids = (await database.ids()).filter((id) => !mine.has(b64(id)));
  const found = await database.read(ids);
  return ids.map((id, i) => [b64(id), found[i]?.length ?? 0]);
}

/**
 * See [Note: one for one]. What found no chaff to take the place of is owed: when as much goes again, nothing is left for it.
 * @param {Pool} pool @param {Owed} owed @param {Sized[]} was sizes before, of those that were there @param {Sized[]} now sizes afterwards, of all that stay
 * @param {Random} random
 * @returns {{pool: Pool, owed: Owed, put: [Uint8Array, Uint8Array][], drop: Uint8Array[]}}
 */
export function trade(pool, owed, was, now, random) {
  /** @type {Map<number, number>} */
  const more = new Map();
  for (const [, size] of now) more.set(size, (more.get(size) ?? 0) + 1);
  for (const [, size] of was) more.set(size, (more.get(size) ?? 0) - 1);
  const [left, debts] = [[...pool], { ...owed }];
  /** @type {[Uint8Array, Uint8Array][]} */
  const put = [];
  /** @type {Uint8Array[]} */
  const drop = [];
  for (const [size, count] of more) {
    if (size > LARGEST) continue;
    for (let n = 0; n < count; n++) {
      const i = left.findIndex((piece) => piece[1] === size);
      if (i < 0) debts[size] = (debts[size] ?? 0) + 1;
      else drop.push(unb64(/** @type {Pool[number]} */ (left.splice(i, 1)[0])[0]));
    }
    for (let n = count; n < 0; n++) {
      if (debts[size]) debts[size]--;
      else put.push(noise(random, size));
    }
  }
  return { pool: [...left, ...listed(put)], owed: debts, put, drop };
}

/** @param {number} records of one change */
export function isTraded(records) {
  return records <= MANY;
}

/** @param {[Uint8Array, Uint8Array][]} pieces @returns {Pool} */
export function listed(pieces) {
  return pieces.map(([id, bytes]) => [b64(id), bytes.length]);
}
