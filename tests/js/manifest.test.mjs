/** Manifests: what another device saw, compared with what this one was shown. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { firstDifference, manifestMatches } from '#app/ledger/manifest.js';

/** @type {[number, string, string, string, string][]} */
const shownRows = [
  [3, 'r1', 'v3', 'c3', 'e'],
  [4, 'r2', 'v4', 'c4', 'e'],
  [5, 'r1', 'v5', 'c5', 'e'],
];
const records = shownRows.map(([, record, version, c]) => [record, version, c]);

test('a manifest that lists what this device received matches', () => {
  assert.equal(manifestMatches({ seq: 5, records }, shownRows), true);
});

test('a version that is left out, replaced, reordered or has another commitment is noticed', () => {
  /** @type {[number, string, string, string, string][]} */
  const rowsWithout = [
    [3, 'r1', 'v3', 'c3', 'e'],
    [4, 'r1', 'v5', 'c5', 'e'],
  ];
  assert.equal(manifestMatches({ seq: 5, records }, rowsWithout), false);
  for (const [i, name] of /** @type {[number, string][]} */ ([
    [1, 'record'],
    [2, 'version'],
    [3, 'commitment'],
  ])) {
    const changedRows = structuredClone(shownRows);
    changedRows[1][i] = 'other';
    assert.equal(manifestMatches({ seq: 5, records }, changedRows), false, name);
  }
  assert.equal(manifestMatches({ seq: 5, records: [records[1], records[0], records[2]] }, shownRows), false);
});

test('a manifest of another shape counts as no statement and raises no error', () => {
  for (const malformed of [{}, { seq: 'x', records }, { seq: 5 }, { seq: 5, records: {} }])
    assert.equal(manifestMatches(malformed, shownRows), true);
  assert.equal(manifestMatches({ seq: 5, records: [1, null, 'x'] }, shownRows), false);
});

test('a manifest differs first where an item is missing here or is another, or at its beginning', () => {
  assert.equal(firstDifference({ seq: 5, records }, shownRows), 3);
  assert.equal(firstDifference({ seq: 5, records }, []), 3);
  assert.equal(firstDifference({ seq: 5, records }, shownRows.slice(0, 1)), 4);
  assert.equal(firstDifference({ seq: 5, records }, shownRows.slice(0, 2)), 5);
  assert.equal(firstDifference({ seq: 5, records: [records[0], records[2], records[1]] }, shownRows), 4);
  assert.equal(firstDifference({ seq: 5, records: records.slice(1) }, shownRows), 4);
  assert.equal(firstDifference({ seq: 4, records: records.slice(1) }, shownRows), 3);
});
