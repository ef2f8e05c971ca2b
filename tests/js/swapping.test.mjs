/** Chaff is traded for what a change writes, one for one of each size, the root's own size included. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { ChaffSwap } from '#app/store/swapping.js';

const AROUND = 72;
const KIB = 1024;
const SMALL = 4 * KIB + AROUND;
const ROOT_ID = randomBytes(16);

/** A table of sizes and a root that is padded to `step` bytes: the list of chaff in it makes it longer and shorter. */
function table(pool, step) {
  const lies = new Map(pool);
  const root = { chaff: pool.map(([id, size]) => [id, size]), owed: {} };
  const sizeOf = (one) => Math.ceil(JSON.stringify(one).length / step) * step + AROUND;
  lies.set(b64(ROOT_ID), sizeOf(root));
  const store = {
    rootId: ROOT_ID,
    random: randomBytes,
    rootRecord: (one) => one,
    vault: { boxSealMany: async ([one]) => [new Uint8Array(sizeOf(one))] },
    database: {
      read: async (ids) => ids.map((id) => (lies.has(b64(id)) ? new Uint8Array(lies.get(b64(id))) : undefined)),
    },
  };
  return { lies, root, swapping: new ChaffSwap(store), sealed: new Uint8Array(sizeOf(root)) };
}

const pieces = (count, size) => Array.from({ length: count }, () => [b64(randomBytes(16)), size]);
const sizesOf = (lies) => [...lies.values()].sort((a, b) => a - b);

/** What lies there after a change that writes `written` and lets `drop` go. */
async function after({ lies, root, swapping, sealed }, written, drop) {
  const ending = await swapping.sealRoot(root, sealed, written, drop, []);
  const now = new Map(lies);
  for (const id of [...drop, ...ending.drop]) now.delete(b64(id));
  for (const [id, bytes] of [...written, ...ending.put, [ROOT_ID, ending.root]]) now.set(b64(id), bytes.length);
  return now;
}

test('a new record replaces chaff of its size, so the table has as many of each size as before', async () => {
  const made = table(pieces(8, SMALL), 4 * KIB);
  const now = await after(made, [[randomBytes(16), new Uint8Array(SMALL)]], []);
  assert.deepEqual(sizesOf(now), sizesOf(made.lies));
});

test('a dropped record leaves noise of its size', async () => {
  const made = table(pieces(8, SMALL), 4 * KIB);
  const id = randomBytes(16);
  made.lies.set(b64(id), SMALL);
  const now = await after(made, [], [id]);
  assert.deepEqual(sizesOf(now), sizesOf(made.lies));
  assert.ok(!now.has(b64(id)));
});

test('a root that shrinks with its list is computed again, so that its own size is traded too', async () => {
  // Each line of the list takes steps of its own, so a trade changes the root's size; there is chaff of the sizes that it may
  // come to.
  const step = 16;
  const usual = table(pieces(26, 1000), step).sealed.length;
  const made = table(
    [...pieces(6, SMALL), ...Array.from({ length: 20 }, (_, n) => pieces(1, usual - n * step)).flat()],
    step,
  );
  const before = made.sealed.length;
  const now = await after(made, [[randomBytes(16), new Uint8Array(SMALL)]], []);
  assert.notEqual(now.get(b64(ROOT_ID)), before, 'the root has another size, or this tests nothing');
  assert.deepEqual(sizesOf(now), sizesOf(made.lies));
});

test('a change that trades nothing leaves the root as it was sealed', async () => {
  const made = table(pieces(3, SMALL), 4 * KIB);
  const ending = await made.swapping.sealRoot(made.root, made.sealed, [], [], []);
  assert.deepEqual([ending.put, ending.drop], [[], []]);
  assert.equal(ending.root, made.sealed);
});

test('a diary without chaff trades none', async () => {
  const made = table([], 4 * KIB);
  delete made.root.chaff;
  const ending = await made.swapping.sealRoot(
    made.root,
    made.sealed,
    [[randomBytes(16), new Uint8Array(SMALL)]],
    [],
    [],
  );
  assert.deepEqual(ending, { root: made.sealed, put: [], drop: [] });
});

test('owed and repaid chaff is written down, even if no record is replaced', async () => {
  const made = table(pieces(1, 1000), 64 * KIB);
  const id = randomBytes(16);
  const owing = await made.swapping.sealRoot(made.root, made.sealed, [[id, new Uint8Array(SMALL)]], [], []);
  assert.deepEqual([owing.put, owing.drop, made.root.owed], [[], [], { [SMALL]: 1 }], 'there was no chaff of its size');
  made.swapping.noteSizes(
    [
      [id, new Uint8Array(SMALL)],
      [ROOT_ID, owing.root],
    ],
    [],
  );
  const paid = await made.swapping.sealRoot(made.root, owing.root, [], [id], []);
  assert.deepEqual([paid.put, paid.drop, made.root.owed], [[], [], { [SMALL]: 0 }], 'nothing is left in its place');
});

test('known sizes are not read again, and dropped records are forgotten', async () => {
  const made = table(pieces(8, SMALL), 4 * KIB);
  const [kept, gone] = [randomBytes(16), randomBytes(16)];
  made.lies.set(b64(kept), 500).set(b64(gone), 600);
  assert.deepEqual(await made.swapping.sizesOf([kept, gone]), [
    [kept, 500],
    [gone, 600],
  ]);
  made.swapping.noteSizes([[kept, new Uint8Array(700)]], [gone]);
  made.swapping.store.database.read = async () => assert.fail('read again');
  assert.deepEqual(await made.swapping.sizesOf([kept, gone]), [[kept, 700]]);
});
