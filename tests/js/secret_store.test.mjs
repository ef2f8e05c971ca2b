/** Secrets in the memory of the worker: readable only while they are used, and overwritten afterwards. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { SecretStore } from '#app/crypto/worker/secret_store.js';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const ZEROS = new Uint8Array(32);

test('a secret is passed on as it was held, and its copy is overwritten after the use', async () => {
  const store = new SecretStore();
  await store.put('key', SECRET.slice());
  let copy = ZEROS;
  const result = await store.use('key', async (secret) => {
    copy = secret;
    await Promise.resolve();
    return secret.slice();
  });
  assert.deepEqual([result, copy], [SECRET, ZEROS]);
  assert.deepEqual(await store.use('key', (secret) => secret.slice()), SECRET, 'the next use reads it again');
});

test('the copy is overwritten also after a use that fails, and the failure is passed on', async () => {
  const store = new SecretStore();
  await store.put('key', SECRET.slice());
  let copy = SECRET;
  const use = store.use('key', (secret) => {
    copy = secret;
    throw new RangeError('no');
  });
  await assert.rejects(use, RangeError);
  assert.deepEqual(copy, ZEROS);
});

test('a later secret replaces an earlier one of its name, and a dropped one is locked', async () => {
  const store = new SecretStore();
  await store.put('key', SECRET.slice());
  await store.put('key', ZEROS.slice());
  assert.deepEqual(await store.use('key', (secret) => secret.slice()), ZEROS);
  store.drop('key');
  assert.equal(store.has('key'), false);
  await assert.rejects(
    store.use('key', () => 1),
    { code: 'locked' },
  );
});
