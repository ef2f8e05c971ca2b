/** QR codes as a camera sees them, read by a decoder that is not the library that drew them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import decodeQr from 'qr/decode.js';
import { makeQr } from '#app/core/qr.js';

// lit-html takes these from the page as it is imported; nothing here draws.
globalThis.document ??= /** @type {Document} */ (
  /** @type {object} */ ({ createTreeWalker: () => ({}), createComment: () => ({}) })
);
const { qr } = await import('#app/components/qr.js');

const QUIET = 4;
const WORDS = 'abandon ability able about above absent absorb abstract absurd';
const ADDRESS = 'otpauth://totp/Desk:name-word-12?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=Desk';

/** Return the rows of modules of the picture that a screen shows. */
function drawn(text) {
  const [width, height, , picture] = qr(text, 'Code').values;
  const rows = Array.from({ length: Number(height) }, () => Array(Number(width)).fill(false));
  const [, , path] = /** @type {{ values: unknown[] }} */ (picture).values;
  for (const [, x, y] of String(path).matchAll(/M(\d+) (\d+)h1v1h-1z/g)) rows[Number(y)][Number(x)] = true;
  return rows;
}

/** Return rows of modules as an RGBA image, turned by some degrees on a white page. */
function photograph(rows, { scale = 4, degrees = 0 } = {}) {
  const size = rows.length;
  const side = Math.ceil(size * scale * 1.5);
  const data = new Uint8Array(side * side * 4).fill(255);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [dx, dy] = [x - side / 2, y - side / 2];
      const column = Math.floor((dx * cos + dy * sin) / scale + size / 2);
      const row = Math.floor((dy * cos - dx * sin) / scale + size / 2);
      if (rows[row]?.[column]) data.fill(0, 4 * (y * side + x), 4 * (y * side + x) + 3);
    }
  }
  return { width: side, height: side, data };
}

/** Return a copy with a square of inverted modules. */
const withBlot = (rows, from, width) =>
  rows.map((row, y) => row.map((dark, x) => dark !== (x >= from && x < from + width && y >= from && y < from + width)));
const version = (rows) => (rows.length - 2 * QUIET - 17) / 4;

test('a camera reads every code, straight or turned', () => {
  const texts = [
    'x',
    WORDS,
    WORDS.toUpperCase(),
    ADDRESS,
    'Zażółć 😢',
    '12345',
    ...[120, 150, 180, 213].map((n) => 'y'.repeat(n)),
  ];
  for (const text of texts)
    for (const degrees of [0, 17, 180])
      assert.equal(decodeQr(photograph(drawn(text), { degrees })), text, `${degrees}° ${text}`);
  assert.deepEqual(
    texts.map((text) => version(drawn(text))),
    [1, 4, 4, 5, 2, 1, 7, 8, 9, 10],
  );
});

test('a camera reads a code with a blot that level L would not survive', () => {
  assert.equal(decodeQr(photograph(withBlot(drawn(ADDRESS), 23, 10))), ADDRESS);
});

test('a code has four light modules on each side, and dark corners inside them', () => {
  const rows = drawn(WORDS);
  const last = rows.length - 1;
  for (let i = 0; i <= last; i++)
    for (let edge = 0; edge < QUIET; edge++)
      assert.ok(![rows[edge][i], rows[last - edge][i], rows[i][edge], rows[i][last - edge]].includes(true));
  assert.ok(rows[QUIET][QUIET] && rows[QUIET][last - QUIET] && rows[last - QUIET][QUIET]);
});

test('a text that is too long is refused by name', () => {
  assert.throws(() => makeQr('y'.repeat(214)), { name: 'KeptError', code: 'too_large' });
  assert.throws(() => makeQr('y'.repeat(100_000)), { name: 'KeptError', code: 'too_large' });
});
