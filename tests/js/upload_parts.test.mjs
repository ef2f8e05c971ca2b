/** Sending a file in parts: what the server has is not sent again, and a part that the phone lost is reported. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { b64 } from '#app/core/bytes.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { sha256 } from '#app/crypto/digests.js';
import { partName, uploadBlob } from '#app/net/blobs.js';

const BLOB = 'blob';
const PARTS = [1, 2, 3].map((n) => Uint8Array.of(n));

/** A phone with a file of three parts, and a server that records what it is sent. */
function makeLink({ have = [], complete = false, lost = [] } = {}) {
  const calls = [];
  const stored = new Map(PARTS.map((bytes, i) => [partName(BLOB, i), { desc: {}, bytes }]));
  for (const i of lost) stored.delete(partName(BLOB, i));
  const api = {
    declareBlob: async (_diary, _blob, sizes) => {
      calls.push(['declare', sizes]);
      return { have, complete };
    },
    putPart: async (_diary, _blob, i, bytes) => void calls.push(['part', i, ...bytes]),
    completeBlob: async (_diary, _blob, digest) => void calls.push(['complete', digest]),
  };
  const store = {
    readJson: async (name) => JSON.parse(name === `b/${BLOB}` ? `{"n":${PARTS.length},"size":30}` : 'null'),
    read: async (name) => stored.get(name) ?? null,
  };
  return { calls, link: { api, store, diary: 'diary' } };
}

test('a file is declared, the parts that the server lacks are sent, and the file is completed', async () => {
  const { calls, link } = makeLink({ have: [1] });
  const progress = [];
  assert.equal(await uploadBlob(link, BLOB, { onPart: (...place) => progress.push(place) }), true);
  const digests = await Promise.all(PARTS.map(async (part) => b64(await sha256(part))));
  const digest = b64(await sha256(canonicalBytes(digests)));
  assert.deepEqual(calls, [
    ['declare', { parts: 3, size: 30 }],
    ['part', 0, 1],
    ['part', 2, 3],
    ['complete', digest],
  ]);
  assert.deepEqual(progress, [
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test('of a file that the server has whole, nothing is sent', async () => {
  const { calls, link } = makeLink({ complete: true });
  assert.equal(await uploadBlob(link, BLOB), true);
  assert.deepEqual(calls, [['declare', { parts: 3, size: 30 }]]);
});

test('a part or a list that the phone lost is reported, and the file is not completed', async () => {
  for (const options of [{ lost: [1] }, { have: [0, 1, 2], lost: [2] }]) {
    const { calls, link } = makeLink(options);
    await assert.rejects(uploadBlob(link, BLOB), { code: 'store_lost' });
    assert.ok(!calls.some(([name]) => name === 'complete'));
  }
  const { calls, link } = makeLink();
  await assert.rejects(uploadBlob(link, 'another'), { code: 'store_lost' });
  assert.deepEqual(calls, []);
});

test('sending stops between two parts, and not after the last', async () => {
  const stopped = makeLink();
  assert.equal(await uploadBlob(stopped.link, BLOB, { shouldStop: () => true }), false);
  assert.deepEqual(stopped.calls.slice(1), [['part', 0, 1]]);
  const atTheEnd = makeLink({ have: [0, 1] });
  assert.equal(await uploadBlob(atTheEnd.link, BLOB, { shouldStop: () => true }), true);
  assert.equal(atTheEnd.calls.at(-1)?.[0], 'complete');
});
