/** What is taken out of a JPEG before it goes into the pages of a pack. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutMetadata } from '#app/media/plain_jpeg.js';

const segment = (marker, ...bytes) => [0xff, marker, 0, bytes.length + 2, ...bytes];
const HEADER = segment(0xe0, ...Array(14).fill(1));
const TABLE = segment(0xdb, 1, 2, 3);
const SCAN = [...segment(0xda, 9), 0x12, 0xff, 0x00, 0x34, 0xff, 0xd9];
const join = (...parts) => Uint8Array.from([0xff, 0xd8, ...parts.flat()]);

test('profiles, EXIF and comments are taken out, and the picture stays as it is', () => {
  const plain = join(HEADER, TABLE, SCAN);
  const others = [segment(0xe2, 73, 67, 67), segment(0xe1, 69, 120), segment(0xfe, 104, 105), segment(0xe0, 1)];
  assert.deepEqual(withoutMetadata(join(HEADER, ...others, TABLE, SCAN)), plain);
  assert.deepEqual(withoutMetadata(plain), plain);
});

test('bytes that are no JPEG, or are cut off before the picture, are returned as they are', () => {
  for (const bytes of [new Uint8Array(0), Uint8Array.of(0xff, 0xd8), join(HEADER), Uint8Array.of(1, 2, 3, 4, 5)])
    assert.deepEqual(withoutMetadata(bytes), bytes);
});
