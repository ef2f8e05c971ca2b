/** The short chronology and the spreadsheet, on the vectors shared by both languages. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fromUtf8, utf8 } from '#app/core/bytes.js';
import { TABLE_CELLS_LIMIT } from '#app/core/constants.js';
import { chronologyCopies, readTable, SHORT_TABLE, SPREADSHEET } from '#app/pack/chronology/short_table.js';
import { cellText, columnName } from '#app/pack/spreadsheet.js';
import { readZip } from '#app/pack/zip.js';

const vectors = JSON.parse(readFileSync(new URL('../vectors/tables.json', import.meta.url), 'utf8'));
const sha256 = (/** @type {Uint8Array} */ bytes) => createHash('sha256').update(bytes).digest('hex');

/** The copies of a table, which must be one. @param {string} table @returns {Promise<Map<string, Uint8Array>>} */
async function copiesOf(table) {
  const copies = await chronologyCopies(utf8(table));
  assert.ok(copies);
  return copies;
}

for (const { name, table, short, members, sha256: digest } of vectors.cases) {
  test(`the copies of a table match the vectors: ${name}`, async () => {
    const copies = await copiesOf(table);
    assert.equal(fromUtf8(/** @type {Uint8Array} */ (copies.get(SHORT_TABLE))), short);
    const spreadsheet = /** @type {Uint8Array} */ (copies.get(SPREADSHEET));
    const parts = [...readZip(spreadsheet)].map(([path, bytes]) => [path, fromUtf8(bytes)]);
    assert.deepEqual(Object.fromEntries(parts), members);
    assert.equal(sha256(spreadsheet), digest);
  });
}

test('a cell is cut where Excel would refuse it, never inside a character', async () => {
  const { before, repeat, times, after, sha256: digest } = vectors.long;
  const copies = await copiesOf(before + repeat.repeat(times) + after);
  assert.equal(sha256(/** @type {Uint8Array} */ (copies.get(SPREADSHEET))), digest);
  assert.equal(cellText('x'.repeat(32_767)), 'x'.repeat(32_767));
  assert.match(cellText('x'.repeat(32_768)), /^x{32736} \[goes on in 02_chronology\.csv\]$/);
});

for (const { name, table } of vectors.refused) {
  test(`a file is no table of a pack: ${name}`, async () => {
    assert.equal(await chronologyCopies(utf8(table)), null);
  });
}

test('what is not UTF-8, and more cells than a table may have, is no table', () => {
  assert.equal(readTable(Uint8Array.of(0x6e, 0xff, 0x0d, 0x0a)), null);
  assert.equal(readTable(utf8(`${','.repeat(TABLE_CELLS_LIMIT)}\r\n`)), null);
});

test('columns have the letters that spreadsheets give them', () => {
  assert.deepEqual([1, 26, 27, 52, 53, 702, 703].map(columnName), ['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA']);
});
