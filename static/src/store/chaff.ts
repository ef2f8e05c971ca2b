/**
 * Chaff: records of random bytes that no key opens. They hide how many real records there are, and their sizes.
 *
 * [Note: one for one] The root of a diary lists the chaff it may use up (`root.chaff`). A new record replaces chaff
 * of the same size, and a deleted record leaves chaff in its place, in the same transaction. One copy of the table
 * therefore looks the same for a text-only diary and for a notebook alone. The pool grows a little each time the page
 * is opened, diary or notebook, so it lasts for a diary that is written in about as often as it is opened. Pictures,
 * or a diary written much faster, exceed it: that shows as storage used, and the screen says so
 * (features/lock/locks.js).
 */

import { b64, unb64 } from '../core/bytes.js';
import type { Database } from './database.js';

export type Sized = [id: Uint8Array, size: number];
/** Ids in base64, sizes of the sealed bytes */
export type Pool = [id: string, size: number][];
/** By size: how many records were added when no chaff of that size was left */
export type Owed = Record<number, number>;
type Random = (n: number) => Uint8Array;

const LEAST = 20;
const MOST = 60;
/** The most pieces that one opening adds. */
const GROWTH = 4;
/** Salt, commitment and tag around the padded bytes. */
const AROUND = 24 + 32 + 16;
/** Sizes of chaff to draw from, distributed like the records of a text-only diary. */
const SIZES = [4, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16, 32].map((kib) => kib * 1024 + AROUND);
/** Larger records are parts of files or of long lists; chaff does not hide them. */
const LARGEST = 64 * 1024 + AROUND;
/**
 * A change of more records than this is a whole diary arriving. Reading the old sizes would cost more than it hides.
 */
const MANY = 120;

/** Return the chaff of a fresh install. */
export function seedChaff(random: Random): [Uint8Array, Uint8Array][] {
  const [pick = 0] = random(1);
  return newChaff(random, LEAST + (pick % (MOST - LEAST + 1)));
}

/** Return the chaff that one opening adds. */
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

/** List every record in the table that is not in `known`: the chaff that a new diary may use up. */
export async function spare(database: Database, known: Uint8Array[]): Promise<Pool> {
  const mine = new Set(known.map((id) => b64(id)));
  const ids = (await database.ids()).filter((id) => !mine.has(b64(id)));
  const found = await database.read(ids);
  return ids.map((id, i) => [b64(id), found[i]?.length ?? 0]);
}

/**
 * Balance one change against the chaff: see [Note: one for one]. A record that finds no chaff of its size is owed:
 * when a record of that size is deleted later, no chaff is left in its place.
 * @param before sizes before the change, of the records that existed
 * @param after sizes after the change, of the records that remain
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

/** @param records number of records in one change */
export function isTraded(records: number) {
  return records <= MANY;
}

export function listed(pieces: [Uint8Array, Uint8Array][]): Pool {
  return pieces.map(([id, bytes]) => [b64(id), bytes.length]);
}
