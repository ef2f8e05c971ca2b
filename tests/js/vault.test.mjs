/** The page's side of the crypto worker, and the worker itself: one question, one answer, and memory that goes over for good. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createVault, FUNCTION_NAMES } from '#app/crypto/worker/vault.js';

/** What the page takes for a worker: each message is copied as a browser copies it, and answered by `answer`. */
function workers(answer) {
  const made = [];
  globalThis.Worker = class extends EventTarget {
    constructor(url, options) {
      super();
      Object.assign(this, { url, options, asked: [], transferred: [], terminated: 0 });
      made.push(this);
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
  return made;
}

test('every call has its own number and gets its own answer, in whatever order they come', async () => {
  const made = workers();
  const vault = createVault({ workerUrl: '/worker.js' });
  assert.deepEqual([made[0].url, made[0].options], ['/worker.js', { type: 'module' }]);
  const answers = FUNCTION_NAMES.map((name) => vault[name]([name], 5));
  assert.deepEqual(
    made[0].asked.map(({ name }) => name),
    [...FUNCTION_NAMES],
  );
  assert.equal(new Set(made[0].asked.map(({ id }) => id)).size, FUNCTION_NAMES.length);
  assert.deepEqual(made[0].asked[0].args, [[FUNCTION_NAMES[0]], 5]);
  for (const { id, name } of made[0].asked.toReversed()) made[0].tell({ id, value: `of ${name}` });
  assert.deepEqual(
    await Promise.all(answers),
    FUNCTION_NAMES.map((name) => `of ${name}`),
  );
  vault.close();
});

test('the worker’s address goes through the page’s policy, where there is one', () => {
  const made = workers();
  createVault({ workerUrl: '/worker.js', createScriptUrl: (url) => `trusted:${url}` });
  assert.equal(made[0].url, 'trusted:/worker.js');
});

test('a failure arrives with its code and sentence, and progress is not an answer', async () => {
  const made = workers(({ id, name }, tell) => {
    tell({ id, progress: 0.5 });
    if (name === 'rootId') tell({ id, code: 'no_match', sentence: 'Not these words.' });
    else tell({ id, value: undefined });
  });
  const vault = createVault({ workerUrl: '/worker.js' });
  const told = [];
  assert.equal(await vault.kdfHigh(), undefined, 'nobody listens to how far it is');
  vault.onProgress = (done) => told.push(done);
  await assert.rejects(vault.rootId(), { code: 'no_match', sentence: 'Not these words.' });
  assert.deepEqual(told, [0.5]);
  made[0].tell({ id: 99, value: 1 });
  made[0].tell({ id: 99, code: 'no_match' });
  assert.equal(made[0].terminated, 0);
});

test('once closed, all pending and later calls are locked, and the first reason stays', async () => {
  const made = workers();
  const vault = createVault({ workerUrl: '/worker.js' });
  const waiting = [vault.rootId(), vault.selfTest()];
  vault.close();
  for (const one of [...waiting, vault.rootId()]) await assert.rejects(one, { code: 'locked' });
  assert.deepEqual([made[0].asked.length, made[0].terminated], [2, 1]);
  made[0].dispatchEvent(new Event('error'));
  await assert.rejects(vault.rootId(), { code: 'locked' });
  made[0].tell({ id: made[0].asked[0].id, value: 1 });
});

test('a worker that does not start makes everything unavailable', async () => {
  const made = workers();
  const vault = createVault({ workerUrl: '/worker.js' });
  const one = vault.rootId();
  made[0].dispatchEvent(new Event('error'));
  await assert.rejects(one, { code: 'unavailable' });
  vault.close();
  await assert.rejects(vault.rootId(), { code: 'unavailable' });
});

test('only the bytes of files and of stored records are transferred, and never part of a larger buffer', async () => {
  const made = workers(({ id }, tell) => tell({ id, value: null }));
  const vault = createVault({ workerUrl: '/worker.js' });
  const left = async (name, ...args) => {
    await vault[name](...args);
    return made[0].transferred.at(-1);
  };
  for (const name of ['filePart', 'handoverPart']) {
    const bytes = new Uint8Array(8).fill(1);
    assert.deepEqual([await left(name, 'file', bytes), bytes.length], [1, 0], name);
    const part = new Uint8Array(16).fill(1).subarray(4, 12);
    assert.deepEqual([await left(name, 'file', part), part.length], [0, 8], name);
  }
  const sealed = [1, 2].map(() => new Uint8Array(8));
  assert.equal(
    await left(
      'openStored',
      sealed.map((one) => ({ id: new Uint8Array(2), sealed: one, record: 'r', version: 'v' })),
    ),
    2,
  );
  assert.deepEqual(
    sealed.map(({ length }) => length),
    [0, 0],
  );
  for (const name of ['fileStart', 'boxSeal', 'openPart']) {
    const bytes = new Uint8Array(8);
    assert.deepEqual([await left(name, bytes, 'x'), bytes.length], [0, 8], name);
  }
  assert.deepEqual(made[0].asked.at(0).args, ['file', new Uint8Array(8).fill(1)], 'it arrives');
});

test('the worker answers through its engine; an unknown call and an internal error give only a code', async () => {
  const sent = [];
  let listener = null;
  globalThis.self = /** @type {any} */ ({
    location: { origin: 'https://notes.example' },
    addEventListener: (name, listen) => {
      if (name === 'message') listener = listen;
    },
    postMessage: (message, transfer) => sent.push([structuredClone(message, { transfer }), transfer?.length ?? null]),
  });
  await import('#app/crypto/worker.js');
  delete globalThis.self;
  let last = 0;
  const ask = async (name, ...args) => {
    await listener({ data: { id: ++last, name, args } });
    return sent.at(-1);
  };
  const [{ id, value }, none] = await ask('suggestWords');
  assert.deepEqual([id, value.split(' ').length, none], [1, 6, 0]);
  const [{ value: door }, count] = await ask('newDoor', { m: 8, t: 1 });
  const bytes = [door.install, door.salt, door.capture_pub, ...door.slots.map((slot) => slot.sealed ?? slot)];
  assert.ok(bytes.every((one) => one instanceof Uint8Array && one.length > 0));
  assert.equal(count, bytes.length, 'each byte string of an answer is handed over, however deep it lies');
  for (const name of ['toString', 'constructor', 'nothing', '']) {
    const [answer, transfer] = await ask(name);
    assert.deepEqual(
      [Object.keys(answer).sort(), answer.id, answer.code, transfer],
      [['code', 'id', 'sentence'], last, 'internal', null],
      name,
    );
  }
  assert.deepEqual((await ask('rootId'))[0], { id: last, code: 'locked', sentence: 'This is locked.' });
});
