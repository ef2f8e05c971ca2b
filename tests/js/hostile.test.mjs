/** What an attacker with a copy of the phone's or the server's storage could try: docs/threats.md. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { randomBytes } from '#app/core/bytes.js';
import * as cobblestone from '#app/crypto/cobblestone.js';
import { importHkdfKey } from '#app/crypto/digests.js';
import * as envelope from '#app/crypto/envelope.js';
import { SLOT_BYTES, newDoor, sealSlot, trySlots } from '#app/crypto/slots.js';
import { openKeyset, sealKeyset } from '#app/crypto/keys.js';
import { newKeyPair } from '#app/crypto/signing.js';

const HEADER = { diary: 'd', part: 'open', record: 'r', t: 'version', version: 'v' };
/** @type {Parameters<typeof sealSlot>[3]} */
const CONTENT = {
  account: 'a'.repeat(22),
  login: 'calm-river-7f3k',
  pins: { notary: null, log: null, kdf_high: 1 },
  role: 'diary',
  store_key: 'k'.repeat(43),
};

function isNotOpened(thrown) {
  return thrown.code === 'not_opened' && thrown.message === 'This could not be opened.';
}

/** Return a door with random slots; slot `i`, if not null, holds content. */
async function doorWith(root, i) {
  const door = newDoor({ m: 8, t: 1 }, new Uint8Array(65));
  if (i !== null) door.slots[i] = await sealSlot(root, door, i, CONTENT);
  return door;
}

test('ten thousand flipped bits never give a plaintext and always the same error', async () => {
  const key = await cobblestone.importKey(randomBytes(32));
  const sealed = await envelope.seal(key, 'version', HEADER, randomBytes(20_000));
  for (let n = 0; n < 10_000; n++) {
    const bit = Math.floor(Math.random() * sealed.length * 8);
    sealed[bit >> 3] ^= 1 << (bit & 7);
    await assert.rejects(() => envelope.open(key, sealed, 'version', HEADER), isNotOpened, `bit ${bit}`);
    sealed[bit >> 3] ^= 1 << (bit & 7);
  }
  assert.equal((await envelope.open(key, sealed, 'version', HEADER)).length, 20_000);
});

test('a body sealed under one key opens under no other, whichever commitment precedes it', async () => {
  const [firstKey, secondKey] = await Promise.all([randomBytes(32), randomBytes(32)].map(cobblestone.importKey));
  const salt = randomBytes(24);
  const context = new Uint8Array(9);
  const sealedFirst = await cobblestone.seal(firstKey, context, randomBytes(100), { salt });
  const sealedSecond = await cobblestone.seal(secondKey, context, randomBytes(100), { salt });
  const grafted = sealedFirst.slice();
  grafted.set(sealedSecond.subarray(24, 56), 24);
  for (const [key, sealed] of /** @type {[CryptoKey, Uint8Array<ArrayBuffer>][]} */ ([
    [secondKey, sealedFirst],
    [firstKey, grafted],
    [secondKey, grafted],
  ])) {
    await assert.rejects(() => cobblestone.open(key, context, sealed), isNotOpened);
    assert.equal(await cobblestone.tryOpen(key, context, sealed), null);
  }
});

test('trying a passphrase does the same work whether it opens the first slot, another or none', async (t) => {
  const calls = [];
  for (const name of /** @type {const} */ (['sign', 'decrypt', 'importKey', 'deriveBits'])) {
    const original = crypto.subtle[name];
    t.mock.method(crypto.subtle, name, (/** @type {unknown[]} */ ...args) => {
      calls.push(name);
      return Reflect.apply(original, crypto.subtle, args);
    });
  }
  const root = await importHkdfKey(randomBytes(32));
  const workDone = [];
  for (const i of [0, 1, 2, 3, null]) {
    const door = await doorWith(root, i);
    calls.length = 0;
    assert.equal((await trySlots(root, door))?.i ?? null, i);
    workDone.push(calls.toSorted().join());
  }
  assert.equal(new Set(workDone).size, 1);
  assert.equal(workDone[0].split(',').filter((name) => name === 'decrypt').length, 4);
});

test('a used slot cannot be told from an unused one by its bytes', async () => {
  const counts = new Float64Array(256);
  const doors = 200;
  for (let n = 0; n < doors; n++) {
    const root = await importHkdfKey(randomBytes(32));
    const { slots } = await doorWith(root, n % 4);
    assert.equal(slots[n % 4].length, SLOT_BYTES);
    for (const byte of slots[n % 4]) counts[byte]++;
  }
  const expected = (doors * SLOT_BYTES) / 256;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // With 255 degrees of freedom, chance gives a value above 370 or below 160 less than once in 100,000 runs.
  assert.ok(chiSquare > 160 && chiSquare < 370, String(chiSquare));
});

test('a keyset with a swapped public key is refused, for signing and for sealing', async () => {
  const opener = await cobblestone.importKey(randomBytes(32));
  const place = { account: 'a'.repeat(22), epoch: 1, rev: 1 };
  const [ecdsa, hpke, stranger] = await Promise.all([newKeyPair(), newKeyPair(), newKeyPair()]);
  await openKeyset(opener, place, await sealKeyset(opener, place, { ecdsa, hpke }));
  for (const pairs of [
    { ecdsa: { ...ecdsa, pub: stranger.pub }, hpke },
    { ecdsa, hpke: { ...hpke, pub: stranger.pub } },
  ]) {
    await assert.rejects(() => sealKeyset(opener, place, pairs), isNotOpened);
  }
});
