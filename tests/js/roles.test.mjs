/** Role codes: the same rule as in Python, on the same vectors, and with 500 people. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { nextCode, roleCodes } from '#app/record/roles.js';
import { measureCpu } from './phone/cpu_time.mjs';

const { cases } = JSON.parse(readFileSync(new URL('../vectors/roles.json', import.meta.url), 'utf8'));

for (const { name, claims, codes } of cases) {
  test(`role codes: ${name}`, () => assert.deepEqual(Object.fromEntries(roleCodes(claims)), codes));
}

test('a new person gets an unused number, also after 500 people', () => {
  const claims = Array.from({ length: 500 }, (_, i) => ({
    record: `r${i}`,
    role: i % 2 ? 'suspect' : 'witness',
    code: '',
  }));
  const elapsed = measureCpu();
  assert.equal(new Set(roleCodes(claims).values()).size, 500);
  assert.equal(nextCode(claims, 'new', 'suspect'), 'S251');
  assert.equal(nextCode(claims, 'r0', 'witness'), 'W1');
  assert.ok(elapsed() < 500);
});

test('the letter of a code says the role, and a role that is not known has the letter of a person', () => {
  const codeOf = (role) => nextCode([], 'new', role);
  assert.deepEqual(['keeper', 'suspect', 'witness', 'child', 'helper', 'other'].map(codeOf), [
    ...['P1', 'S1', 'W1', 'C1', 'H1', 'P2'],
  ]);
});

test('after the highest number that a version may claim, each person still gets a code; any role name works', () => {
  const claims = ['S999999', '', ''].map((code, i) => ({ record: `r${i}`, role: 'suspect', code }));
  assert.deepEqual(Object.fromEntries(roleCodes(claims)), { r0: 'S999999', r1: 'S1000000', r2: 'S1000001' });
  assert.deepEqual(Object.fromEntries(roleCodes([{ record: 'a', role: 'constructor', code: '' }])), { a: 'P2' });
});
