/** Sizes of the copies that a phone makes of a picture. tests/pack/test_images.py has those of a pack's worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copySize, makeCopies } from '#app/media/copies.js';
import { readStatedSize } from '#app/media/picture_size.js';

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

/** A header as each format writes it, without a picture. */
const HEADERS = {
  png: (width, height) => [...bytesOf('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), ...big(width, 4), ...big(height, 4), 8, 2],
  gif: (width, height) => [...bytesOf('GIF89a'), ...little(width, 2), ...little(height, 2)],
  bmp: (width, height) => [...bytesOf('BM'), ...Array(16).fill(0), ...little(width, 4), ...little(-height, 4)],
  // A segment of EXIF data and a table stand before the frame.
  jpeg: (width, height) => [
    ...[0xff, 0xd8, 0xff, 0xe1, 0, 4, 1, 2, 0xff, 0xff, 0xc4, 0, 3, 9, 0xff, 0xc2, 0, 17, 8],
    ...big(height, 2),
    ...big(width, 2),
  ],
  vp8x: (width, height) => [...webp('VP8X'), 0, 0, 0, 0, ...little(width - 1, 3), ...little(height - 1, 3)],
  vp8l: (width, height) => [...webp('VP8L'), 0x2f, ...little((width - 1) | ((height - 1) << 14), 4)],
  vp8: (width, height) => [...webp('VP8 '), 0, 0, 0, 0x9d, 1, 0x2a, ...little(width, 2), ...little(height, 2)],
};
const bytesOf = (text) => [...text].map((letter) => letter.charCodeAt(0));
const little = (n, count) => Array.from({ length: count }, (_, i) => (n >> (8 * i)) & 255);
const big = (n, count) => little(n, count).reverse();
const webp = (chunk) => [...bytesOf('RIFF'), 0, 0, 0, 0, ...bytesOf(`WEBP${chunk}`), 0, 0, 0, 0];
const blobOf = (bytes) => new Blob([new Uint8Array(bytes)]);

test('the size of a picture is read from its header, whatever its format', async () => {
  for (const [name, header] of Object.entries(HEADERS))
    assert.deepEqual(await readStatedSize(blobOf(header(1170, 2532))), {
      width: 1170,
      height: 2532,
      isJpeg: name === 'jpeg',
    });
});

test('a header that is cut off, and a file of another kind, state no size', async () => {
  for (const header of Object.values(HEADERS)) {
    const whole = header(1170, 2532);
    for (let length = 0; length < whole.length - 2; length++)
      assert.equal(await readStatedSize(blobOf(whole.slice(0, length))), null);
  }
  assert.equal(await readStatedSize(blobOf(bytesOf('%PDF-1.7 and more than enough bytes to read'))), null);
  assert.equal(await readStatedSize(blobOf([0xff, 0xd8, ...Array(9_000).fill(0xff)])), null);
});

test('a picture that states more pixels than a phone has memory for is not decoded', async () => {
  const decoded = [];
  globalThis.createImageBitmap = async (_file, options) => {
    decoded.push(options);
    throw new Error('not drawn here');
  };
  try {
    for (const name of ['png', 'gif', 'bmp', 'vp8x', 'vp8l'])
      assert.equal(await makeCopies(blobOf(HEADERS[name](16_000, 16_000))), null);
    assert.equal(await makeCopies(blobOf(HEADERS.jpeg(16_000, 12_501))), null);
    assert.deepEqual(decoded, []);
    await makeCopies(blobOf(HEADERS.jpeg(16_000, 12_500)));
    await makeCopies(blobOf(HEADERS.png(8_000, 5_000)));
    assert.deepEqual(decoded, [{ resizeWidth: 1800, resizeQuality: 'high' }, undefined]);
  } finally {
    delete globalThis.createImageBitmap;
  }
});
