/**
 * The page's side of the crypto worker, and the worker itself: each call gets one answer, and some memory is
 * transferred.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createVault, FUNCTION_NAMES } from '#app/crypto/worker/vault.js';

/** A fake worker for the page: each message is copied as a browser copies it, and answered by `answer`. */
function fakeWorkers(answer) {
  const created = [];
  globalThis.Worker = class extends EventTarget {
    constructor(url, options) {
      super();
      Object.assign(this, { url, options, asked: [], transferred: [], terminated: 0 });
      created.push(this);
    }

    postMessage(message, transfer) {
      const copy = structuredClone(message, { transfer });
      this.asked.push(copy);
      this.transferred.push(transfer.length);
      void answer?.(copy, (data) => this.tell(data));
    }

    tell(data) {
      this.dispatchEvent(Object.assign(new Event('message'), { data: structuredClone(data) }));
    }

    terminate() {
      this.terminated++;
    }
  };
  return created;
}

test('every call has its own number and gets its own response, in whatever order they arrive', async () => {
  const created = fakeWorkers();
  const vault = createVault({ workerUrl: '/worker.js' });
  assert.deepEqual([created[0].url, created[0].options], ['/worker.js', { type: 'module' }]);
  const answers = FUNCTION_NAMES.map((name) => vault[name]([name], 5));
  assert.deepEqual(
    created[0].asked.map(({ name }) => name),
    [...FUNCTION_NAMES],
  );
  assert.equal(new Set(created[0].asked.map(({ id }) => id)).size, FUNCTION_NAMES.length);
  assert.deepEqual(created[0].asked[0].args, [[FUNCTION_NAMES[0]], 5]);
  for (const { id, name } of created[0].asked.toReversed()) created[0].tell({ id, value: `of ${name}` });
  assert.deepEqual(
    await Promise.all(answers),
    FUNCTION_NAMES.map((name) => `of ${name}`),
  );
  vault.close();
});

test('the worker’s URL passes the page’s Trusted Types policy, if there is one', () => {
  const created = fakeWorkers();
  createVault({ workerUrl: '/worker.js', createScriptUrl: (url) => `trusted:${url}` });
  assert.equal(created[0].url, 'trusted:/worker.js');
});

test('a failure arrives with its code and sentence, and progress does not end a call', async () => {
  const created = fakeWorkers(({ id, name }, tell) => {
    tell({ id, progress: 0.5 });
    if (name === 'rootId') tell({ id, code: 'no_match', sentence: 'Not these words.' });
    else tell({ id, value: undefined });
  });
  const vault = createVault({ workerUrl: '/worker.js' });
  const progress = [];
  assert.equal(await vault.kdfHigh(), undefined, 'there is no progress listener');
  vault.onProgress = (done) => progress.push(done);
  await assert.rejects(vault.rootId(), { code: 'no_match', sentence: 'Not these words.' });
  assert.deepEqual(progress, [0.5]);
  created[0].tell({ id: 99, value: 1 });
  created[0].tell({ id: 99, code: 'no_match' });
  assert.equal(created[0].terminated, 0);
});

test('once closed, all pending and later calls are locked, and the first reason stays', async () => {
  const created = fakeWorkers();
  const vault = createVault({ workerUrl: '/worker.js' });
  const waiting = [vault.rootId(), vault.selfTest()];
  vault.close();
  for (const pending of [...waiting, vault.rootId()]) await assert.rejects(pending, { code: 'locked' });
  assert.deepEqual([created[0].asked.length, created[0].terminated], [2, 1]);
  created[0].dispatchEvent(new Event('error'));
  await assert.rejects(vault.rootId(), { code: 'locked' });
  created[0].tell({ id: created[0].asked[0].id, value: 1 });
});

test('a worker that does not start makes everything unavailable', async () => {
  const created = fakeWorkers();
  const vault = createVault({ workerUrl: '/worker.js' });
  const pending = vault.rootId();
  created[0].dispatchEvent(new Event('error'));
  await assert.rejects(pending, { code: 'unavailable' });
  vault.close();
  await assert.rejects(vault.rootId(), { code: 'unavailable' });
});

test('only the bytes of files and of stored records are transferred, and never part of a larger buffer', async () => {
  const created = fakeWorkers(({ id }, tell) => tell({ id, value: null }));
  const vault = createVault({ workerUrl: '/worker.js' });
  const transferredBy = async (name, ...args) => {
    await vault[name](...args);
    return created[0].transferred.at(-1);
  };
  for (const name of ['filePart', 'handoverPart']) {
    const bytes = new Uint8Array(8).fill(1);
    assert.deepEqual([await transferredBy(name, 'file', bytes), bytes.length], [1, 0], name);
    const partOfBuffer = new Uint8Array(16).fill(1).subarray(4, 12);
    assert.deepEqual([await transferredBy(name, 'file', partOfBuffer), partOfBuffer.length], [0, 8], name);
  }
  const sealed = [1, 2].map(() => new Uint8Array(8));
  assert.equal(
    await transferredBy(
      'openStored',
      sealed.map((record) => ({ id: new Uint8Array(2), sealed: record, record: 'r', version: 'v' })),
    ),
    2,
  );
  assert.deepEqual(
    sealed.map(({ length }) => length),
    [0, 0],
  );
  for (const name of ['fileStart', 'boxSeal', 'openPart']) {
    const bytes = new Uint8Array(8);
    assert.deepEqual([await transferredBy(name, bytes, 'x'), bytes.length], [0, 8], name);
  }
  assert.deepEqual(created[0].asked.at(0).args, ['file', new Uint8Array(8).fill(1)], 'the bytes arrive');
});

test('the worker answers through its engine; an unknown call and an internal error give only a code', async () => {
  const sent = [];
  let listener = null;
  globalThis.self = {
    location: { origin: 'https://notes.example' },
    addEventListener: (name, listen) => {
      if (name === 'message') listener = listen;
    },
    postMessage: (message, transfer) => sent.push([structuredClone(message, { transfer }), transfer?.length ?? null]),
  };
  await import('#app/crypto/worker.js');
  delete globalThis.self;
  let lastId = 0;
  const ask = async (name, ...args) => {
    await listener({ data: { id: ++lastId, name, args } });
    return sent.at(-1);
  };
  const [{ id, value }, transferred] = await ask('suggestWords');
  assert.deepEqual([id, value.split(' ').length, transferred], [1, 6, 0]);
  const [{ value: door }, count] = await ask('newDoor', { m: 8, t: 1 });
  const bytes = [door.install, door.salt, door.capture_pub, ...door.slots.map((slot) => slot.sealed ?? slot)];
  assert.ok(bytes.every((bytesOf) => bytesOf instanceof Uint8Array && bytesOf.length > 0));
  assert.equal(count, bytes.length, 'each byte string of a response is transferred, however deep');
  for (const name of ['toString', 'constructor', 'nothing', '']) {
    const [answer, transfer] = await ask(name);
    assert.deepEqual(
      [Object.keys(answer).sort(), answer.id, answer.code, transfer],
      [['code', 'id', 'sentence'], lastId, 'internal', null],
      name,
    );
  }
  assert.deepEqual((await ask('rootId'))[0], { id: lastId, code: 'locked', sentence: 'This is locked.' });
});
