/** For tests/record/test_patterns.py: reads diaries as JSON lines, writes what each comes to. */
import { createInterface } from 'node:readline';
import { countPatterns } from '#app/record/patterns/patterns.js';
import { factOf } from '#app/record/patterns/patterns_facts.js';

for await (const line of createInterface({ input: process.stdin })) {
  const { diary, tz } = JSON.parse(line);
  const all = diary.incidents ?? [];
  const standing = all.filter((one) => (one.taken_out ?? null) === null);
  const facts = standing.map(({ record, fields, restricted }) => factOf(record, fields, restricted ?? {}));
  process.stdout.write(`${JSON.stringify(countPatterns(facts, diary, tz, all.length - standing.length))}\n`);
}
