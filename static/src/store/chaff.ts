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

export type SizedId = [id: Uint8Array, size: number];
/** Ids in base64, sizes of the sealed bytes */
export type ChaffPool = [id: string, size: number][];
/** By size: how many records were added when no chaff of that size was left */
export type ChaffDebt = Record<number, number>;
type RandomBytes = (n: number) => Uint8Array;

const SEED_MIN = 20;
const SEED_MAX = 60;
/** The most pieces that one opening adds. */
const GROWTH_MAX = 4;
/** Salt, commitment and tag around the padded bytes. */
const OVERHEAD_BYTES = 24 + 32 + 16;
/** Sizes of chaff to draw from, distributed like the records of a text-only diary. */
const CHAFF_SIZES = [4, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16, 32].map((kib) => kib * 1024 + OVERHEAD_BYTES);
/** Larger records are parts of files or of long lists; chaff does not hide them. */
const LARGEST_TRADED = 64 * 1024 + OVERHEAD_BYTES;
/**
 * A change of more records than this is a whole diary arriving. Reading the old sizes would cost more than it hides.
 */
const TRADED_MAX = 120;

/** Return the chaff of a fresh install. */
export function seedChaff(random: RandomBytes): [Uint8Array, Uint8Array][] {
  const [pick = 0] = random(1);
  return newChaff(random, SEED_MIN + (pick % (SEED_MAX - SEED_MIN + 1)));
}

/** Return the chaff that one opening adds. */
export function growthChaff(random: RandomBytes): [Uint8Array, Uint8Array][] {
  const [pick = 0] = random(1);
  return newChaff(random, pick % (GROWTH_MAX + 1));
}

function newChaff(random: RandomBytes, count: number): [Uint8Array, Uint8Array][] {
  return Array.from({ length: count }, () => {
    const [pick = 0] = random(1);
    return randomRecord(random, CHAFF_SIZES[pick % CHAFF_SIZES.length] as number);
  });
}

function randomRecord(random: RandomBytes, size: number): [Uint8Array, Uint8Array] {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) bytes.set(random(Math.min(65_536, size - at)), at);
  return [random(16), bytes];
}

/** List every record in the table that is not in `known`: the chaff that a new diary may use up. */
export async function unclaimedChaff(database: Database, known: Uint8Array[]): Promise<ChaffPool> {
  const knownIds = new Set(known.map((id) => b64(id)));
  const ids = (await database.ids()).filter((id) => !knownIds.has(b64(id)));
  const sealed = await database.read(ids);
  return ids.map((id, i) => [b64(id), sealed[i]?.length ?? 0]);
}

/**
 * Balance one change against the chaff: see [Note: one for one]. A record that finds no chaff of its size is owed:
 * when a record of that size is deleted later, no chaff is left in its place.
 * @param before sizes before the change, of the records that existed
 * @param after sizes after the change, of the records that remain
 */
export function tradeChaff(
  pool: ChaffPool,
  owed: ChaffDebt,
  before: SizedId[],
  after: SizedId[],
  random: RandomBytes,
): { pool: ChaffPool; owed: ChaffDebt; put: [Uint8Array, Uint8Array][]; drop: Uint8Array[] } {
  const surplus: Map<number, number> = new Map();
  for (const [, size] of after) surplus.set(size, (surplus.get(size) ?? 0) + 1);
  for (const [, size] of before) surplus.set(size, (surplus.get(size) ?? 0) - 1);
  const [remaining, newDebt] = [[...pool], { ...owed }];
  const put: [Uint8Array, Uint8Array][] = [];
  const drop: Uint8Array[] = [];
  for (const [size, count] of surplus) {
    if (size > LARGEST_TRADED) continue;
    for (let n = 0; n < count; n++) {
      const i = remaining.findIndex((piece) => piece[1] === size);
      if (i < 0) newDebt[size] = (newDebt[size] ?? 0) + 1;
      else drop.push(unb64((remaining.splice(i, 1)[0] as ChaffPool[number])[0]));
    }
    for (let n = count; n < 0; n++) {
      if (newDebt[size]) newDebt[size]--;
      else put.push(randomRecord(random, size));
    }
  }
  return { pool: [...remaining, ...poolOf(put)], owed: newDebt, put, drop };
}

/** @param records number of records in one change */
export function isTradedChange(records: number) {
  return records <= TRADED_MAX;
}

export function poolOf(pieces: [Uint8Array, Uint8Array][]): ChaffPool {
  return pieces.map(([id, bytes]) => [b64(id), bytes.length]);
}
