/**
 * Chaff: records that nothing opens, so that how many records there are, and of what sizes, says little.
 *
 * [Note: one for one] A diary's root lists the chaff it may use up (`root.chaff`). A record that is new takes the place
 * of one of the same size, and one that goes leaves noise in its place, in the same transaction: of a diary of words
 * and of a notebook alone, one copy of the table shows the same. The pool grows a little each time the page is opened,
 * diary or notebook, so a diary that is written in about as often as it is opened stays within it. Pictures, and a
 * diary written much faster, do not: that shows as room used, and the screen says so (features/lock/locks.js).
 */

import { b64, unb64 } from '../core/bytes.js';
import type { Database } from './database.js';

export type Sized = [id: Uint8Array, size: number];
/** Ids as b64, sizes of sealed bytes */
export type Pool = [id: string, size: number][];
/** Records of each size that came when there was no chaff of it */
export type Owed = Record<number, number>;
type Random = (n: number) => Uint8Array;

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
/**
 * A change of more records than this is a diary arriving; reading what was there before would take longer than it
 * helps.
 */
const MANY = 120;

/** @returns what a fresh install is given */
export function seedChaff(random: Random): [Uint8Array, Uint8Array][] {
  const [pick = 0] = random(1);
  return newChaff(random, LEAST + (pick % (MOST - LEAST + 1)));
}

/** @returns what one opening adds */
export function grownChaff(random: Random): [Uint8Array, Uint8Array][] {
  const [pick = 0] = random(1);
  return newChaff(random, pick % (GROWTH + 1));
}

function newChaff(random: Random, count: number): [Uint8Array, Uint8Array][] {
  return Array.from({ length: count }, () => {
    const [pick = 0] = random(1);
    return noise(random, SIZES[pick % SIZES.length] as number);
  });
}

function noise(random: Random, size: number): [Uint8Array, Uint8Array] {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) bytes.set(random(Math.min(65_536, size - at)), at);
  return [random(16), bytes];
}

/** Everything in the table that is not one of `known`: what a diary that begins may use up. */
export async function spare(database: Database, known: Uint8Array[]): Promise<Pool> {
  const mine = new Set(known.map((id) => b64(id)));
  const ids = (await database.ids()).filter((id) => !mine.has(b64(id)));
  const found = await database.read(ids);
  return ids.map((id, i) => [b64(id), found[i]?.length ?? 0]);
}

/**
 * See [Note: one for one]. What found no chaff to take the place of is owed: when as much goes again, nothing is left
 * for it.
 * @param was sizes before, of those that were there
 * @param now sizes afterwards, of all that stay
 */
export function trade(
  pool: Pool,
  owed: Owed,
  was: Sized[],
  now: Sized[],
  random: Random,
): { pool: Pool; owed: Owed; put: [Uint8Array, Uint8Array][]; drop: Uint8Array[] } {
  const more: Map<number, number> = new Map();
  for (const [, size] of now) more.set(size, (more.get(size) ?? 0) + 1);
  for (const [, size] of was) more.set(size, (more.get(size) ?? 0) - 1);
  const [left, debts] = [[...pool], { ...owed }];
  const put: [Uint8Array, Uint8Array][] = [];
  const drop: Uint8Array[] = [];
  for (const [size, count] of more) {
    if (size > LARGEST) continue;
    for (let n = 0; n < count; n++) {
      const i = left.findIndex((piece) => piece[1] === size);
      if (i < 0) debts[size] = (debts[size] ?? 0) + 1;
      else drop.push(unb64((left.splice(i, 1)[0] as Pool[number])[0]));
    }
    for (let n = count; n < 0; n++) {
      if (debts[size]) debts[size]--;
      else put.push(noise(random, size));
    }
  }
  return { pool: [...left, ...listed(put)], owed: debts, put, drop };
}

/** @param records of one change */
export function isTraded(records: number) {
  return records <= MANY;
}

export function listed(pieces: [Uint8Array, Uint8Array][]): Pool {
  return pieces.map(([id, bytes]) => [b64(id), bytes.length]);
}
