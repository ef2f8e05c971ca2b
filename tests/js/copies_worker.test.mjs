/** The worker that copies pictures: one that fails, gives no answer or is ended at a lock costs no later picture. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { workerCalls } from '#app/media/previews.js';
import { phoneWithEntry } from './phone/phone.mjs';

const AT_ONCE = { idleMs: 10 };
const onPage = async () => 'on the page';

/** A worker that answers in its own way; counts how often one was started and ended. */
function workersOf(answer) {
  const count = { started: 0, ended: 0 };
  const start = () => {
    count.started++;
    let reject;
    return {
      call: (_name, args) => Promise.race([answer(...args), new Promise((_, fail) => (reject = fail))]),
      end() {
        count.ended++;
        reject?.(new Error('ended'));
      },
    };
  };
  return { count, start };
}

test('pictures are copied one after the other by one worker, which ends when nothing waits', async () => {
  let running = 0;
  const { count, start } = workersOf(async (n) => {
    assert.equal(++running, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return n;
  });
  const { call } = workerCalls(start, AT_ONCE);
  assert.deepEqual(await Promise.all([1, 2, 3].map((n) => call(onPage, 'makeCopies', n))), [1, 2, 3]);
  assert.deepEqual(count, { started: 1, ended: 0 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(count, { started: 1, ended: 1 });
});

test('where no worker starts, or it fails, the page copies', async () => {
  const none = workerCalls(() => {
    throw new TypeError('no workers');
  }, AT_ONCE);
  const failing = workerCalls(
    workersOf(async () => {
      throw new Error('failed');
    }).start,
    AT_ONCE,
  );
  assert.equal(await none.call(onPage, 'makeCopies', 1), 'on the page');
  assert.equal(await failing.call(onPage, 'makeCopies', 1), 'on the page');
  failing.end();
});

test('a picture without an answer gets no copy, and the next one has a new worker', async () => {
  const { count, start } = workersOf((n) => (n === 1 ? new Promise(() => {}) : Promise.resolve(n)));
  const { call, end } = workerCalls(start, { limitMs: 20, ...AT_ONCE });
  const [first, second] = [call(onPage, 'makeCopies', 1), call(onPage, 'makeCopies', 2)];
  assert.deepEqual([await first, await second, count.started], [null, 2, 2]);
  end();
});

test('at a lock the picture being copied and those that wait get no copy, neither there nor on the page', async () => {
  const { count, start } = workersOf(() => new Promise(() => {}));
  const { call, end } = workerCalls(start, AT_ONCE);
  const waiting = [1, 2].map((n) => call(onPage, 'makeCopies', n));
  await new Promise((resolve) => setTimeout(resolve));
  end();
  assert.deepEqual([await Promise.all(waiting), count], [[null, null], { started: 1, ended: 1 }]);
});

test('a lock of the diary ends the copying of pictures', async () => {
  let ended = 0;
  const { app, phone } = await phoneWithEntry({ pictures: { make: async () => null, end: () => void ended++ } });
  ended = 0;
  await app.lock('test');
  assert.ok(ended > 0);
  phone.end();
});
