/** The rules of records, the same as in Python: tests/vectors/record.json. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { advocateNarrative, entryOf, assistedMarkOf, assistedMarkText, promptsOf } from '#app/record/assisted.js';
import { orderStatusOf } from '#app/record/breaches.js';
import { representativeOf } from '#app/record/links.js';
import { idsIn, reachableFrom } from '#app/record/referenced_ids.js';
import { TEXT_LIMIT_CHARACTERS } from '#app/core/constants.js';
import { breachFaults, shapeFaults, timeFaults, allFaults } from '#app/record/rules.js';
import { momentInputOf } from '#app/record/moments.js';
import { stepsOf } from '#app/record/current_version.js';
import { dayMomentOf } from '#app/record/patterns/patterns_facts.js';
import { offsetIn } from '#app/record/times.js';
import { delayOf, isLate, historyOf } from '#app/record/record_history.js';

const vectors = JSON.parse(readFileSync(new URL('../vectors/record.json', import.meta.url), 'utf8'));

for (const { name, kind, fields, faults } of vectors.shapes) {
  test(`shape: ${name}`, () => assert.deepEqual(shapeFaults(kind, fields), faults));
}
for (const { name, fields, now, faults } of vectors.times) {
  test(`time: ${name}`, () => assert.deepEqual(timeFaults(fields, now), faults));
}
for (const { name, order, incident, standing } of vectors.standings) {
  test(`standing: ${name}`, () => assert.equal(orderStatusOf(order, incident), standing));
}
for (const { name, fields, orders, faults } of vectors.breaches) {
  test(`breach: ${name}`, () =>
    assert.deepEqual(breachFaults(fields, new Map(orders.order ? [[vectors.order_id, orders.order]] : [])), faults));
}
for (const { name, versions, told: history } of vectors.told) {
  test(`told: ${name}`, () => {
    const { first, newest, taken_out, revisions } = historyOf(versions);
    const shown = revisions.map(({ version, kind, reason, changes }) => ({ version, kind, reason, changes }));
    assert.deepEqual({ first: first.version, newest: newest.version, taken_out, revisions: shown }, history);
  });
}

for (const [n, { letter, answer, at, entry, changed, mark, asked, typed }] of vectors.assisted.entries()) {
  test(`assisted ${n}: ${mark}`, () => {
    assert.deepEqual(entryOf(letter, 'key', answer, at), entry);
    const fullEntry = { ...entry, ...changed };
    assert.deepEqual(
      [assistedMarkText(fullEntry), promptsOf(fullEntry), advocateNarrative(fullEntry)],
      [mark, asked, typed],
    );
    assert.equal(assistedMarkOf(fullEntry)?.answer ?? '', answer ?? '');
  });
}

test('a day in a list is not a day', () => {
  assert.deepEqual(shapeFaults('account', { blocked_on: ['2026-11-24'] }), [
    { field: 'blocked_on', code: 'not_a_day' },
  ]);
  assert.deepEqual(shapeFaults('account', { blocked_on: '2026-11-24' }), []);
});

test('an entry that the keeper wrote has no mark', () => {
  assert.deepEqual(
    [assistedMarkOf({ narrative: 'x' }), assistedMarkText({ narrative: 'x' }), promptsOf({})],
    [null, '', []],
  );
});

test('links follow what records name, also with circles and gaps', () => {
  const { fields, ids, names, reached: reachable, into, roots } = vectors.links;
  assert.deepEqual(idsIn(fields).sort(), ids);
  const table = new Map(
    Object.entries(names).map(([record, target]) => [record, new Set(/** @type {string[]} */ (target))]),
  );
  for (const [start, expected] of Object.entries(reachable))
    assert.deepEqual([...reachableFrom([start], table)].sort(), expected);
  const records = new Map(
    Object.entries(into).map(([record, target]) => [
      record,
      { record, fields: { merged_into: /** @type {string} */ (target) } },
    ]),
  );
  for (const [record, root] of Object.entries(roots)) assert.equal(representativeOf(record, records), root, record);
});

test('a long text is accepted and a longer one refused; five hundred people are accepted', () => {
  assert.deepEqual(shapeFaults('incident', { narrative: 'x'.repeat(TEXT_LIMIT_CHARACTERS) }), []);
  assert.deepEqual(shapeFaults('incident', { narrative: 'x'.repeat(TEXT_LIMIT_CHARACTERS + 1) }), [
    { field: 'narrative', code: 'too_long' },
  ]);
  const people = Array.from({ length: 500 }, (_, i) => `${String(i).padStart(21, 'a')}A`);
  assert.deepEqual(allFaults('incident', { actor_ids: people, _clock: { utc: 1 } }, {}), []);
});

test('the delay is from the event to the first sealing, and a long delay counts as late', () => {
  const HOUR = 3_600_000;
  const version = { record: 'r', version: 'v', kind: 'incident', restricted: {} };
  const historyWith = (utc, fields) => historyOf([{ ...version, fields: { ...fields, _clock: { utc } } }]);
  const start = Date.UTC(2026, 4, 4, 12);
  for (const [
    delay,
    isLateExpected,
    history,
  ] of /** @type {[number|null, boolean, ReturnType<typeof historyWith>][]} */ ([
    [2 * HOUR, false, historyWith(start + 2 * HOUR, { occurred_start: start })],
    [HOUR, false, historyWith(start + 2 * HOUR, { occurred_start: start, occurred_end: start + HOUR })],
    [0, false, historyWith(start + 2 * HOUR, { occurred_start: start, occurred_end: start + 9 * HOUR })],
    [24 * HOUR, false, historyWith(start + 24 * HOUR, { occurred_start: start })],
    [24 * HOUR + 1, true, historyWith(start + 24 * HOUR + 1, { occurred_start: start })],
    [null, false, historyWith(start + 99 * HOUR, {})],
    [null, false, historyWith(start + 99 * HOUR, { occurred_start: start, precision: 'unknown' })],
    [99 * HOUR, true, historyWith(start + 99 * HOUR, { occurred_start: start, precision: 'day' })],
    [null, false, historyWith(null, { occurred_start: start })],
    [0, true, historyWith(start, { occurred_start: start, entry_kind: 'from_memory' })],
    [0, false, historyWith(start, { occurred_start: start, entry_kind: 'contemporaneous' })],
  ]))
    assert.deepEqual([delayOf(history), isLate(history)], [delay, isLateExpected]);
});

test('an advocate’s letter is reported unchanged, and only true counts as yes', () => {
  const turns = [{ asked: 'own', said: 'a', words: 'b' }];
  const talk = { by: 'PK', how: 'call', held_at: 5, tz: 'Europe/Paris', read_back: true, under_18: true, turns };
  const markOf = (fields, answer) => assistedMarkOf({ assisted: { letter: { fields }, ...answer } });
  assert.deepEqual(markOf(talk, { answer: 'mine', answered_at: 7 }), {
    ...talk,
    answer: 'mine',
    answered_at: 7,
  });
  assert.deepEqual(markOf({ held_at: '5', read_back: 'yes', under_18: 1 }, { answered_at: '7' }), {
    by: '',
    how: '',
    held_at: null,
    tz: 'Europe/London',
    read_back: false,
    under_18: false,
    turns: [],
    answer: '',
    answered_at: null,
  });
});

test('the changes of each version are against its parent versions', () => {
  const HOUR = 3_600_000;
  const makeVersion = (version, parents, utc, fields) => ({
    record: 'r',
    version,
    kind: 'incident',
    restricted: {},
    fields: { ...fields, _parents: parents, _clock: { utc } },
  });
  const versions = [
    makeVersion('a', [], 0, { narrative: 'He came.' }),
    makeVersion('b', ['a'], HOUR, { narrative: 'He came twice.', reason: 'I forgot.' }),
    makeVersion('c', ['a'], 2 * HOUR, { narrative: 'He came.', who: 'Sam' }),
    makeVersion('d', ['c'], 3 * HOUR, { taken_out: 5, reason: 'Wrong day.' }),
    makeVersion('e', ['d'], 4 * HOUR, { narrative: 'He came.', who: 'Lee' }),
  ];
  assert.deepEqual(
    stepsOf(versions).map(({ kind, reason, changes }) => [kind, reason, changes.map(({ field, old }) => [field, old])]),
    [
      ['first', null, []],
      ['amendment', 'I forgot.', [['narrative', 'He came.']]],
      ['addition', null, [['who', null]]],
      ['taken_out', 'Wrong day.', []],
      ['put_back', null, [['who', 'Sam']]],
    ],
  );
});

test('the faults of a version: its shape, and for entries a time after its own sealing', () => {
  const utc = 1_777_896_000_000;
  const fields = { occurred_start: utc + 300_001, channel: '!', _clock: { utc } };
  assert.deepEqual(allFaults('incident', fields, { place_detail: 5 }), [
    { field: 'channel', code: 'not_a_code' },
    { field: 'occurred_start', code: 'in_the_future' },
    { field: 'place_detail', code: 'not_text' },
  ]);
  assert.deepEqual(allFaults('incident', { ...fields, channel: 'sms', occurred_start: utc + 300_000 }, {}), []);
  assert.deepEqual(allFaults('person', { occurred_start: utc + 300_001, _clock: { utc } }, {}), []);
  // This time is beyond the calendar, so its offset cannot be checked.
  assert.deepEqual(timeFaults({ occurred_start: 2 ** 52, tz: 'Europe/London', utc_offset_min: 0 }), []);
});

test('a stored month fills the fields as a month again', () => {
  assert.deepEqual(momentInputOf({ precision: 'month', local: '2026-11' }), {
    date: '2026-11-01',
    time: '',
    how: 'month',
  });
  assert.deepEqual(momentInputOf({ precision: 'month', local: '2026-11-05' }), {
    date: '2026-11-01',
    time: '',
    how: 'month',
  });
});

test('a day in an unknown time zone is given in Greenwich time', () => {
  const markTextIn = (tz) =>
    assistedMarkText({
      assisted: { letter: { fields: { by: 'PK', how: 'call', held_at: Date.UTC(2026, 10, 3, 23, 30), tz } } },
    });
  assert.equal(markTextIn('Nowhere/None'), markTextIn('Europe/London'));
  assert.notEqual(markTextIn('Europe/Paris'), markTextIn('Europe/London'));
});

test('a field named like a built-in property is reported like any other', () => {
  const versions = [{}, { constructor: 'x' }].map((fields, i) => ({
    record: 'r',
    version: `v${i}`,
    kind: 'incident',
    fields: { ...fields, ...(i ? { _clock: { utc: 2 } } : { _clock: { utc: -600_000 } }) },
    restricted: {},
  }));
  assert.deepEqual(
    historyOf(versions).revisions.map(({ kind, changes }) => [kind, changes]),
    [['addition', [{ field: 'constructor', old: null, new: 'x' }]]],
  );
});

test('a short name that only browsers know is not a time zone', () => {
  for (const [tz, code] of [
    ['BST', 'unknown_zone'],
    ['GMT', null],
    ['CET', null],
    ['IST', 'unknown_zone'],
  ]) {
    assert.equal(timeFaults({ occurred_start: 0, tz })[0]?.code ?? null, code, tz);
  }
});

test('only a short text is a time zone', () => {
  const faults = (tz) => shapeFaults('incident', { tz });
  assert.deepEqual([faults('Europe/London'), faults('z'.repeat(64)), faults(null)], [[], [], []]);
  for (const tz of ['z'.repeat(65), 0, ['Europe/London']])
    assert.deepEqual(faults(tz), [{ field: 'tz', code: 'not_text' }]);
});

test('a zone that only browsers know, or in their spelling, has no offset; year 0 has no day', () => {
  for (const tz of ['BST', 'europe/london', '+05:00'])
    assert.deepEqual(
      dayMomentOf({ start: 1_790_618_400_000, tz }, ''),
      { day: '2026-09-28', at: 1_790_618_400_000 },
      tz,
    );
  assert.equal(dayMomentOf({ start: 1_790_618_400_000, tz: 'Asia/Karachi' }, '').day, '2026-09-28');
  assert.equal(offsetIn(1_790_618_400_000, 'BST'), null);
  assert.equal(orderStatusOf({ served_on: '0000-01-01' }, { occurred_start: 1_789_000_000_000 }), 'unknown_served');
  assert.equal(
    orderStatusOf({ served_on: '2026-09-10' }, { occurred_start: Date.UTC(2026, 8, 9, 23, 30), tz: 'europe/london' }),
    'not_served',
  );
});

test('an offset of half a minute is rounded down to the minute', () => {
  assert.equal(offsetIn(0, 'Africa/Monrovia'), -45);
});
