/** Work in slices: what is in each, and when the thread is yielded. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createYield, slicesBySize } from '#app/core/slices.js';

const MEGABYTE = 1024 * 1024;
const itself = (size) => size;

test('slices keep the order, and end at 256 items or 1 MB; a larger item is alone', () => {
  assert.deepEqual(slicesBySize([], itself), []);
  const many = Array.from({ length: 600 }, (_, i) => i);
  assert.deepEqual(
    slicesBySize(many, () => 1).map(({ length }) => length),
    [256, 256, 88],
  );
  assert.deepEqual(slicesBySize(many, () => 1).flat(), many);
  const half = MEGABYTE / 2;
  assert.deepEqual(slicesBySize([half, half, 1, 3 * MEGABYTE, 1], itself), [[half, half], [1], [3 * MEGABYTE], [1]]);
});

test('the thread is yielded once 12 ms of work have passed, and not before', async () => {
  let now = 0;
  let yields = 0;
  const timers = {
    after: (_ms, action) => {
      yields++;
      now += 50; // the screen takes its time, which is not work
      action();
    },
  };
  const yieldThread = createYield({ clock: { now: () => now }, timers });
  let calls = 0;
  for (let i = 0; i < 30; i++) {
    now += 1;
    await yieldThread(() => calls++);
  }
  assert.deepEqual([yields, calls], [2, 2]);
});
