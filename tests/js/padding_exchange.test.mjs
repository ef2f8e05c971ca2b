/** Chaff is traded for what a change writes, one for one of each size, including the root's own size. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { ChaffSwap } from '#app/store/swapping.js';

const OVERHEAD = 72;
const KIB = 1024;
const SMALL = 4 * KIB + OVERHEAD;
const ROOT_ID = randomBytes(16);

/** A table of sizes, and a root padded to `step` bytes that grows and shrinks with its list of chaff. */
function makeTable(pool, step) {
  const sizes = new Map(pool);
  const root = { chaff: pool.map(([id, size]) => [id, size]), owed: {} };
  const sizeOf = (value) => Math.ceil(JSON.stringify(value).length / step) * step + OVERHEAD;
  sizes.set(b64(ROOT_ID), sizeOf(root));
  const store = {
    rootId: ROOT_ID,
    random: randomBytes,
    rootRecord: (value) => value,
    vault: { boxSealMany: async ([value]) => [new Uint8Array(sizeOf(value))] },
    database: {
      read: async (ids) => ids.map((id) => (sizes.has(b64(id)) ? new Uint8Array(sizes.get(b64(id))) : undefined)),
    },
  };
  return { sizes, root, swapping: new ChaffSwap(store), sealed: new Uint8Array(sizeOf(root)) };
}

const chaffOf = (count, size) => Array.from({ length: count }, () => [b64(randomBytes(16)), size]);
const sortedSizes = (sizes) => [...sizes.values()].sort((a, b) => a - b);

/** The sizes after a change that writes `written` and drops `drop`. */
async function sizesAfterChange({ sizes, root, swapping, sealed }, written, drop) {
  const ending = await swapping.sealRoot(root, sealed, written, drop, []);
  const sizesAfter = new Map(sizes);
  for (const id of [...drop, ...ending.drop]) sizesAfter.delete(b64(id));
  for (const [id, bytes] of [...written, ...ending.put, [ROOT_ID, ending.root]]) sizesAfter.set(b64(id), bytes.length);
  return sizesAfter;
}

test('a new record replaces chaff of its size, so the table has as many of each size as before', async () => {
  const chaffTable = makeTable(chaffOf(8, SMALL), 4 * KIB);
  const sizesAfter = await sizesAfterChange(chaffTable, [[randomBytes(16), new Uint8Array(SMALL)]], []);
  assert.deepEqual(sortedSizes(sizesAfter), sortedSizes(chaffTable.sizes));
});

test('a dropped record leaves noise of its size', async () => {
  const chaffTable = makeTable(chaffOf(8, SMALL), 4 * KIB);
  const id = randomBytes(16);
  chaffTable.sizes.set(b64(id), SMALL);
  const sizesAfter = await sizesAfterChange(chaffTable, [], [id]);
  assert.deepEqual(sortedSizes(sizesAfter), sortedSizes(chaffTable.sizes));
  assert.ok(!sizesAfter.has(b64(id)));
});

test('a root that shrinks with its list is computed again, so that its own size is traded too', async () => {
  // Each line of the list takes several steps, so a trade changes the root's size; there is chaff of each size that it
  // may become.
  const step = 16;
  const rootSize = makeTable(chaffOf(26, 1000), step).sealed.length;
  const chaffTable = makeTable(
    [...chaffOf(6, SMALL), ...Array.from({ length: 20 }, (_, n) => chaffOf(1, rootSize - n * step)).flat()],
    step,
  );
  const before = chaffTable.sealed.length;
  const sizesAfter = await sizesAfterChange(chaffTable, [[randomBytes(16), new Uint8Array(SMALL)]], []);
  assert.notEqual(sizesAfter.get(b64(ROOT_ID)), before, 'the test needs a root of another size');
  assert.deepEqual(sortedSizes(sizesAfter), sortedSizes(chaffTable.sizes));
});

test('a change that trades nothing leaves the root as it was sealed', async () => {
  const chaffTable = makeTable(chaffOf(3, SMALL), 4 * KIB);
  const ending = await chaffTable.swapping.sealRoot(chaffTable.root, chaffTable.sealed, [], [], []);
  assert.deepEqual([ending.put, ending.drop], [[], []]);
  assert.equal(ending.root, chaffTable.sealed);
});

test('a diary without chaff trades none', async () => {
  const chaffTable = makeTable([], 4 * KIB);
  delete chaffTable.root.chaff;
  const ending = await chaffTable.swapping.sealRoot(
    chaffTable.root,
    chaffTable.sealed,
    [[randomBytes(16), new Uint8Array(SMALL)]],
    [],
    [],
  );
  assert.deepEqual(ending, { root: chaffTable.sealed, put: [], drop: [] });
});

test('owed and repaid chaff is recorded, even if no record is replaced', async () => {
  const chaffTable = makeTable(chaffOf(1, 1000), 64 * KIB);
  const id = randomBytes(16);
  const firstChange = await chaffTable.swapping.sealRoot(
    chaffTable.root,
    chaffTable.sealed,
    [[id, new Uint8Array(SMALL)]],
    [],
    [],
  );
  assert.deepEqual(
    [firstChange.put, firstChange.drop, chaffTable.root.owed],
    [[], [], { [SMALL]: 1 }],
    'there was no chaff of its size',
  );
  chaffTable.swapping.noteSizes(
    [
      [id, new Uint8Array(SMALL)],
      [ROOT_ID, firstChange.root],
    ],
    [],
  );
  const secondChange = await chaffTable.swapping.sealRoot(chaffTable.root, firstChange.root, [], [id], []);
  assert.deepEqual(
    [secondChange.put, secondChange.drop, chaffTable.root.owed],
    [[], [], { [SMALL]: 0 }],
    'nothing is left in its place',
  );
});

test('known sizes are not read again, and dropped records are forgotten', async () => {
  const chaffTable = makeTable(chaffOf(8, SMALL), 4 * KIB);
  const [known, dropped] = [randomBytes(16), randomBytes(16)];
  chaffTable.sizes.set(b64(known), 500).set(b64(dropped), 600);
  assert.deepEqual(await chaffTable.swapping.sizesOf([known, dropped]), [
    [known, 500],
    [dropped, 600],
  ]);
  chaffTable.swapping.noteSizes([[known, new Uint8Array(700)]], [dropped]);
  chaffTable.swapping.store.database.read = async () => assert.fail('read again');
  assert.deepEqual(await chaffTable.swapping.sizesOf([known, dropped]), [[known, 700]]);
});
