/** Chaff: records without content, so that the number of records reveals little. */
import assert from 'node:assert/strict';
import test from 'node:test';
import 'fake-indexeddb/auto';
import { b64, randomBytes } from '#app/core/bytes.js';
import { growthChaff, isTradedChange, poolOf, seedChaff, unclaimedChaff, tradeChaff } from '#app/store/chaff.js';
import { Database } from '#app/store/database.js';

test('chaff is traded size by size: a deleted small record leaves noise unless some is owed', () => {
  const fill = (n) => new Uint8Array(n).fill(1);
  const LARGEST = 64 * 1024 + 72;
  /** @type {(...sizes: number[]) => [Uint8Array<ArrayBuffer>, number][]} */
  const sized = (...sizes) => sizes.map((size) => [randomBytes(16), size]);
  /** @type {[string, number][]} */
  const pool = [
    [b64(fill(16)), 100],
    [b64(fill(15)), 200],
    [b64(fill(14)), 100],
  ];
  const more = tradeChaff(pool, {}, sized(100), sized(100, 100, 300), randomBytes);
  assert.deepEqual([more.drop, more.put, more.owed], [[fill(16)], [], { 300: 1 }]);
  assert.deepEqual(more.pool, pool.slice(1));
  const owing = tradeChaff([], { 300: 2 }, sized(), sized(300), randomBytes);
  assert.deepEqual([owing.owed, owing.drop, owing.put], [{ 300: 3 }, [], []]);
  const less = tradeChaff([], { 300: 1 }, sized(300, 300), sized(), randomBytes);
  assert.deepEqual(
    [less.owed, less.drop, less.put.map(([id, { length }]) => [id.length, length])],
    [{ 300: 0 }, [], [[16, 300]]],
  );
  assert.deepEqual(less.pool, poolOf(less.put));
  assert.deepEqual(tradeChaff([], {}, sized(), sized(LARGEST), randomBytes).owed, { [LARGEST]: 1 });
  assert.deepEqual(tradeChaff([], {}, sized(), sized(LARGEST + 1), randomBytes).owed, {});
  assert.deepEqual(tradeChaff([], {}, sized(LARGEST + 1), sized(), randomBytes).put, []);
  assert.deepEqual([isTradedChange(0), isTradedChange(120), isTradedChange(121)], [true, true, false]);
});

test('a fresh install has 20 to 60 pieces of chaff and each opening adds 0 to 4, in the sizes that a diary has', () => {
  const constantBytes = (byte) => (n) => new Uint8Array(n).fill(byte);
  const counts = [...new Set([0, 40, 41, 255].map((byte) => seedChaff(constantBytes(byte)).length))];
  assert.deepEqual(counts, [20, 60, 20 + (255 % 41)]);
  assert.deepEqual(
    [0, 4, 5, 9].map((byte) => growthChaff(constantBytes(byte)).length),
    [0, 4, 0, 4],
  );
  const sizes = new Set(Array.from({ length: 16 }, (_, byte) => seedChaff(constantBytes(byte))[0][1].length));
  assert.deepEqual(
    [...sizes].sort((a, b) => a - b),
    [4, 8, 16, 32].map((kib) => kib * 1024 + 72),
  );
  assert.ok(
    seedChaff(randomBytes).every(
      ([id, bytes]) => id.length === 16 && bytes.at(-1) + bytes.at(-2) + bytes.at(-3) + bytes.at(-9) > 0,
    ),
    'random bytes to the end',
  );
});

test('a new diary may use up every record that is not its own', async () => {
  const database = new Database({ name: 'spare' });
  const [ownId, otherId] = [randomBytes(16), randomBytes(16)];
  await database.write({
    put: [
      [ownId, randomBytes(5)],
      [otherId, randomBytes(7)],
    ],
  });
  assert.deepEqual(await unclaimedChaff(database, [ownId, randomBytes(16)]), [[b64(otherId), 7]]);
});
