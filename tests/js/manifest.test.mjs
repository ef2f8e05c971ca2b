/** Manifests: what another device saw, held against what this one was shown. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { manifestMatches } from '#app/ledger/manifest.js';

const known = [
  [3, 'r1', 'v3', 'c3', 'e'],
  [4, 'r2', 'v4', 'c4', 'e'],
  [5, 'r1', 'v5', 'c5', 'e'],
];
const records = known.map(([, record, version, c]) => [record, version, c]);

test('a manifest that lists what this device was shown matches', () => {
  assert.equal(manifestMatches({ seq: 5, records }, known), true);
});

test('a version that is left out, replaced, reordered or has another commitment is noticed', () => {
  const without = [
    [3, 'r1', 'v3', 'c3', 'e'],
    [4, 'r1', 'v5', 'c5', 'e'],
  ];
  assert.equal(manifestMatches({ seq: 5, records }, without), false);
  for (const [i, name] of [
    [1, 'record'],
    [2, 'version'],
    [3, 'commitment'],
  ]) {
    const other = known.map((one) => [...one]);
    other[1][i] = 'other';
    assert.equal(manifestMatches({ seq: 5, records }, other), false, name);
  }
  assert.equal(manifestMatches({ seq: 5, records: [records[1], records[0], records[2]] }, known), false);
});

test('a manifest of another shape counts as no statement and raises no error', () => {
  for (const odd of [{}, { seq: 'x', records }, { seq: 5 }, { seq: 5, records: {} }])
    assert.equal(manifestMatches(odd, known), true);
  assert.equal(manifestMatches({ seq: 5, records: [1, null, 'x'] }, known), false);
});
