/** Chaff: records that say nothing, so that how many records there are says little. */
import assert from 'node:assert/strict';
import test from 'node:test';
import 'fake-indexeddb/auto';
import { b64, random } from '#app/core/bytes.js';
import { grownChaff, isTraded, listed, seedChaff, spare, trade } from '#app/store/chaff.js';
import { Database } from '#app/store/database.js';

test('chaff is traded size by size, noise is left for what goes unless some is owed, and large records are left out', () => {
  const fill = (n) => new Uint8Array(n).fill(1);
  const LARGEST = 64 * 1024 + 72;
  const sized = (...sizes) => sizes.map((size) => [random(16), size]);
  const pool = [
    [b64(fill(16)), 100],
    [b64(fill(15)), 200],
    [b64(fill(14)), 100],
  ];
  const more = trade(pool, {}, sized(100), sized(100, 100, 300), random);
  assert.deepEqual([more.drop, more.put, more.owed], [[fill(16)], [], { 300: 1 }]);
  assert.deepEqual(more.pool, pool.slice(1));
  const owing = trade([], { 300: 2 }, sized(), sized(300), random);
  assert.deepEqual([owing.owed, owing.drop, owing.put], [{ 300: 3 }, [], []]);
  const less = trade([], { 300: 1 }, sized(300, 300), sized(), random);
  assert.deepEqual(
    [less.owed, less.drop, less.put.map(([id, { length }]) => [id.length, length])],
    [{ 300: 0 }, [], [[16, 300]]],
  );
  assert.deepEqual(less.pool, listed(less.put));
  assert.deepEqual(trade([], {}, sized(), sized(LARGEST), random).owed, { [LARGEST]: 1 });
  assert.deepEqual(trade([], {}, sized(), sized(LARGEST + 1), random).owed, {});
  assert.deepEqual(trade([], {}, sized(LARGEST + 1), sized(), random).put, []);
  assert.deepEqual([isTraded(0), isTraded(120), isTraded(121)], [true, true, false]);
});

test('a fresh install has twenty to sixty pieces, an opening adds none to four, of the sizes that a diary has', () => {
  const always = (byte) => (n) => new Uint8Array(n).fill(byte);
  const counts = [...new Set([0, 40, 41, 255].map((byte) => seedChaff(always(byte)).length))];
  assert.deepEqual(counts, [20, 60, 20 + (255 % 41)]);
  assert.deepEqual(
    [0, 4, 5, 9].map((byte) => grownChaff(always(byte)).length),
    [0, 4, 0, 4],
  );
  const sizes = new Set(Array.from({ length: 16 }, (_, byte) => seedChaff(always(byte))[0][1].length));
  assert.deepEqual(
    [...sizes].sort((a, b) => a - b),
    [4, 8, 16, 32].map((kib) => kib * 1024 + 72),
  );
  assert.ok(
    seedChaff(random).every(
      ([id, bytes]) => id.length === 16 && bytes.at(-1) + bytes.at(-2) + bytes.at(-3) + bytes.at(-9) > 0,
    ),
    'noise to the end',
  );
});

test('what a diary that begins may use up is everything that is not its own', async () => {
  const database = new Database({ name: 'spare' });
  const [mine, other] = [random(16), random(16)];
  await database.write({
    put: [
      [mine, random(5)],
      [other, random(7)],
    ],
  });
  assert.deepEqual(await spare(database, [mine, random(16)]), [[b64(other), 7]]);
});
