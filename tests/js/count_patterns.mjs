/** For tests/record/test_patterns.py: read diaries as JSON lines, and print the pattern counts of each. */
import { createInterface } from 'node:readline';
import { countPatterns } from '#app/record/patterns/patterns.js';
import { factOf } from '#app/record/patterns/patterns_facts.js';

for await (const line of createInterface({ input: process.stdin })) {
  const { diary, tz } = JSON.parse(line);
  const incidents = diary.incidents ?? [];
  const current = incidents.filter((incident) => (incident.taken_out ?? null) === null);
  const facts = current.map(({ record, fields, restricted }) => factOf(record, fields, restricted ?? {}));
  process.stdout.write(`${JSON.stringify(countPatterns(facts, diary, tz, incidents.length - current.length))}\n`);
}
