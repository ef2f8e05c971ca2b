/** The patterns in numbers, on the vectors shared by both languages. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { matchesFilter } from '#app/record/patterns/filters.js';
import { fourCounts, numberList } from '#app/record/patterns/four_counts.js';
import { countPatterns } from '#app/record/patterns/patterns.js';
import { daysBetween, factOf } from '#app/record/patterns/patterns_facts.js';

const { tz, cases } = JSON.parse(readFileSync(new URL('../vectors/patterns.json', import.meta.url), 'utf8'));

for (const { name, diary, expect } of cases) {
  test(`the counts match the vectors: ${name}`, () => {
    const notTakenOut = diary.incidents.filter((incident) => (incident.taken_out ?? null) === null);
    const facts = notTakenOut.map(({ record, fields, restricted }) => factOf(record, fields, restricted ?? {}));
    const counts = countPatterns(facts, diary, tz, diary.incidents.length - notTakenOut.length);
    assert.deepEqual(JSON.parse(JSON.stringify(counts)), expect);
  });
}

test('ten thousand facts are counted in well under a second', () => {
  const start = Date.UTC(2020, 0, 1);
  const facts = Array.from({ length: 10_000 }, (_, n) =>
    factOf(
      `r${n}`,
      {
        occurred_start: start + n * 6 * 3_600_000,
        utc_offset_min: 0,
        precision: 'minute',
        behaviours: ['calls', 'texts'],
        channel: 'sms',
        actor_ids: ['p'],
        account_ids: [`a${n % 40}`],
      },
      {},
    ),
  );
  const account = Array.from({ length: 40 }, (_, n) => ({
    record: `a${n}`,
    fields: { person_id: 'p', blocked_on: n ? null : '2020-02-01' },
  }));
  const cpuBefore = process.cpuUsage();
  const counts = countPatterns(facts, { account }, 'Europe/London');
  assert.ok(process.cpuUsage(cpuBefore).user < 1_500_000, 'µs of processor time of this process');
  assert.equal(counts.all.length, 10_000);
});

test('the fact sheet gives counts with their entries under four words, and no total', () => {
  const { diary } = cases.find(({ name }) => name === 'after a block');
  const facts = diary.incidents.map(({ record, fields }) => factOf(record, fields, {}));
  const groups = fourCounts(countPatterns(facts, diary, tz), daysBetween);
  assert.deepEqual(
    groups.map(({ word }) => word),
    ['fixated', 'obsessive', 'unwanted', 'repeated'],
  );
  const findLine = (word, key) => groups.find((line) => line.word === word).lines.find((line) => line.key === key);
  assert.deepEqual(
    [findLine('unwanted', 'new_accounts').count, findLine('unwanted', 'new_accounts').ids.length],
    [6, 8],
  );
  assert.equal(findLine('unwanted', 'after_block').day, '2026-06-01');
  assert.equal(findLine('fixated', 'same_person').ids.length, 7);
  assert.deepEqual(
    groups.map(({ lines }) => lines.map(({ key }) => key)),
    [
      ['same_person', 'span', 'accounts'],
      ['most', 'run'],
      ['after_block', 'new_accounts'],
      ['all', 'days', 'months', 'kinds'],
    ],
  );
  for (const { lines } of groups)
    for (const line of lines)
      assert.deepEqual(
        Object.keys(line).filter((name) => !['key', 'count', 'ids', 'person', 'day'].includes(name)),
        [],
      );
  assert.deepEqual(fourCounts(countPatterns([], {}, tz), daysBetween), []);
});

test('the fact sheet counts what followed a notice by its date, and prints no zero that nobody was asked about', () => {
  const notice = { record: 'n', fields: { at: '2026-05-04' } };
  const fact = (day) => factOf(day, { precision: 'day', occurred_start: Date.parse(day), tz: 'UTC' }, {});
  const unwanted = (days) =>
    fourCounts(countPatterns(days.map(fact), { notice: [notice] }, tz), daysBetween)
      .filter(({ word }) => word === 'unwanted')
      .flatMap(({ lines }) => lines.map(({ key, count }) => [key, count]));
  assert.deepEqual(unwanted(['2026-05-01', '2026-05-06', '2026-05-07']), [['after_notice', 2]]);
  assert.deepEqual(unwanted(['2026-05-01']), [['after_notice', 0]]);
});

test('the length of time is counted from the entries with a date, and names only these', () => {
  const fact = (record, fields) => factOf(record, { tz: 'UTC', ...fields }, {});
  const facts = [
    fact('first', { precision: 'day', occurred_start: Date.UTC(2026, 4, 1) }),
    fact('unknown', { precision: 'unknown' }),
    fact('last', { precision: 'day', occurred_start: Date.UTC(2026, 4, 10) }),
  ];
  const span = fourCounts(countPatterns(facts, {}, 'UTC'), daysBetween)
    .find(({ word }) => word === 'fixated')
    .lines.find(({ key }) => key === 'span');
  assert.deepEqual([span.count, [...span.ids].sort()], [10, ['first', 'last']]);
});

test('entry numbers are written as a person would write them', () => {
  assert.equal(numberList([4, 1, 2, 3, 7, null], 'new'), '1 to 4, 7, new');
  assert.equal(numberList([1, 2, null, null], 'new'), '1, 2, 2 new');
  assert.equal(numberList([], 'new'), '');
});

test('a filter keeps what matches all of it, and an unknown time is on neither side of a date', () => {
  const row = (fields) => ({ record: 'a', f: factOf('a', fields, {}), links: ['p'], bare: false });
  const dated = row({
    occurred_start: Date.UTC(2026, 4, 4),
    utc_offset_min: 0,
    precision: 'minute',
    behaviours: ['calls'],
    channel: 'sms',
  });
  const undated = row({ precision: 'unknown' });
  assert.equal(
    matchesFilter(dated, { person: 'p', behaviour: 'calls', channel: 'sms', from: '2026-05-04', to: '2026-05-04' }),
    true,
  );
  for (const filter of [
    { person: 'q' },
    { behaviour: 'texts' },
    { channel: 'email' },
    { order: 'o' },
    { file: true },
    { breach: true },
    { bare: true },
    { undated: true },
    { from: '2026-05-05' },
    { to: '2026-05-03' },
  ]) {
    assert.equal(matchesFilter(dated, filter), false, JSON.stringify(filter));
  }
  assert.equal(matchesFilter(dated, { person: 'lead' }, new Map([['p', 'lead']])), true);
  assert.deepEqual(
    [
      matchesFilter(undated, { from: '2000-01-01' }),
      matchesFilter(undated, { to: '2100-01-01' }),
      matchesFilter(undated, {}),
      matchesFilter(undated, { undated: true }),
    ],
    [false, false, true, true],
  );
});
