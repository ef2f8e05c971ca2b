/** Sizes of the copies that a phone makes of a picture. tests/pack/test_images.py has those of a pack's worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copySize } from '#app/media/copies.js';

const sizeOf = (purpose, width, height) => {
  const spec = { purpose, width: purpose === 'preview' ? 320 : 900, maxHeight: 12_000, quality: 0.8 };
  const size = copySize({ width, height }, spec);
  return [size.width, size.height];
};

test('what is too wide for one piece is limited in height, for print and with parts covered', () => {
  for (const purpose of ['print', 'masked']) {
    assert.deepEqual(sizeOf(purpose, 600, 400), [600, 400]);
    assert.deepEqual(sizeOf(purpose, 1800, 900), [900, 450]);
    assert.deepEqual(sizeOf(purpose, 2340, 900), [900, 346]);
    assert.deepEqual(sizeOf(purpose, 4800, 1200), [3600, 900]);
    assert.deepEqual(sizeOf(purpose, 2500, 500), [2500, 500]);
    assert.deepEqual(sizeOf(purpose, 30_000, 1200), [12_000, 480]);
    assert.deepEqual(sizeOf(purpose, 1200, 6000), [900, 4500]);
    assert.deepEqual(sizeOf(purpose, 900, 20_000), [540, 12_000]);
  }
});

test('a copy with parts covered has the size of the copy it is made from', () => {
  for (const [width, height] of [
    [4800, 1200],
    [30_000, 1200],
    [1170, 2532],
  ]) {
    const printed = sizeOf('print', width, height);
    assert.deepEqual(sizeOf('masked', ...printed), printed);
  }
});

test('a preview stays narrow', () => {
  assert.deepEqual(sizeOf('preview', 4800, 1200), [320, 80]);
});
