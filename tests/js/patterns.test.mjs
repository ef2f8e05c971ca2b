/** The pattern in numbers, as the vectors of both languages have it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { countPatterns } from '../../static/js/record/patterns.js';
import { factOf } from '../../static/js/record/patterns_facts.js';

const { tz, cases } = JSON.parse(readFileSync(new URL('../vectors/patterns.json', import.meta.url), 'utf8'));

for (const { name, diary, expect } of cases) {
  test(`counts as the vectors say: ${name}`, () => {
    const standing = diary.incidents.filter((one) => (one.taken_out ?? null) === null);
    const facts = standing.map(({ record, fields, restricted }) => factOf(record, fields, restricted ?? {}));
    const counted = countPatterns(facts, diary, tz, diary.incidents.length - standing.length);
    assert.deepEqual(JSON.parse(JSON.stringify(counted)), expect);
  });
}

test('ten thousand facts are counted in well under a second', () => {
  const start = Date.UTC(2020, 0, 1);
  const facts = Array.from({ length: 10_000 }, (_, n) => factOf(`r${n}`, {
    occurred_start: start + n * 6 * 3_600_000, utc_offset_min: 0, precision: 'minute', behaviours: ['calls', 'texts'], channel: 'sms', actor_ids: ['p'],
    account_ids: [`a${n % 40}`],
  }, {}));
  const account = Array.from({ length: 40 }, (_, n) => ({ record: `a${n}`, fields: { person_id: 'p', blocked_on: n ? null : '2020-02-01' } }));
  const began = performance.now();
  const counted = countPatterns(facts, { account }, 'Europe/London');
  assert.ok(performance.now() - began < 1000);
  assert.equal(counted.all.length, 10_000);
});
