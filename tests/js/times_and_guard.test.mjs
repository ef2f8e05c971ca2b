/** What the person says about times, and what the guard notices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAll, keepApart, findFirst } from '#app/record/guard.js';
import { fromChip, fromPicked, instantsOf, localAt, pickedFault, offsetAt } from '#app/record/times.js';
import { dayFault, momentFault } from '#app/record/moments.js';

const LONDON = 'Europe/London';
const NOW = Date.UTC(2026, 10, 3, 20, 41, 9); // 3 November 2026, 20:41:09 in London

test('"just now" is the current minute of this clock, and claims no look at one', () => {
  assert.deepEqual(fromChip('just_now', NOW, LONDON), {
    occurred_start: Date.UTC(2026, 10, 3, 20, 41),
    occurred_end: null,
    occurred_local: '2026-11-03T20:41',
    tz: LONDON,
    utc_offset_min: 0,
    precision: 'minute',
    time_source: 'app_clock',
  });
});

test('"earlier today" ends now, "yesterday" is a whole day, "not sure" has no instant', () => {
  const today = fromChip('earlier_today', NOW, LONDON);
  assert.deepEqual([today.occurred_start, today.occurred_end, today.precision], [Date.UTC(2026, 10, 3), NOW, 'day']);
  assert.equal(today.occurred_local, '2026-11-03 earlier_today');
  const yesterday = fromChip('yesterday', NOW, LONDON);
  assert.deepEqual(
    [yesterday.occurred_start, yesterday.occurred_end, yesterday.occurred_local],
    [Date.UTC(2026, 10, 2), Date.UTC(2026, 10, 3), '2026-11-02'],
  );
  const unknown = fromChip('not_sure', NOW, LONDON);
  assert.deepEqual([unknown.occurred_start, unknown.occurred_local, unknown.precision], [null, null, 'unknown']);
});

test('yesterday is still one day when the clocks went back in it', () => {
  const day = fromChip('yesterday', Date.UTC(2026, 9, 26, 9), LONDON);
  assert.equal(/** @type {number} */ (day.occurred_end) - /** @type {number} */ (day.occurred_start), 25 * 3_600_000);
  assert.equal(day.utc_offset_min, 60);
});

test('the repeated hour of 25 October is two instants, and the person chooses one', () => {
  assert.deepEqual(instantsOf('2026-10-25T01:30', LONDON), [
    Date.UTC(2026, 9, 25, 0, 30),
    Date.UTC(2026, 9, 25, 1, 30),
  ]);
  const picked = { how: /** @type {const} */ ('exact'), date: '2026-10-25', time: '01:30' };
  assert.equal(pickedFault(picked, NOW, LONDON), 'twice');
  assert.throws(() => fromPicked(picked, NOW, LONDON), /twice/);
  const first = fromPicked({ ...picked, second: false }, NOW, LONDON);
  const second = fromPicked({ ...picked, second: true }, NOW, LONDON);
  assert.deepEqual([first.occurred_start, first.utc_offset_min], [Date.UTC(2026, 9, 25, 0, 30), 60]);
  assert.deepEqual([second.occurred_start, second.utc_offset_min], [Date.UTC(2026, 9, 25, 1, 30), 0]);
  assert.equal(first.occurred_local, second.occurred_local);
});

test('the missing hour of 29 March is reported as missing', () => {
  assert.deepEqual(instantsOf('2026-03-29T01:30', LONDON), []);
  assert.equal(pickedFault({ how: 'exact', date: '2026-03-29', time: '01:30' }, NOW, LONDON), 'skipped');
});

test('time zones with half hours and a changed midnight give correct instants', () => {
  assert.equal(offsetAt(NOW, 'Asia/Kolkata'), 330);
  assert.equal(localAt(NOW, 'Asia/Kolkata'), '2026-11-04T02:11');
  // Beirut put its clocks forward at midnight on 29 March 2026: that day began at 01:00.
  const day = fromPicked({ how: 'day', date: '2026-03-29' }, NOW, 'Asia/Beirut');
  assert.equal(localAt(/** @type {number} */ (day.occurred_start), 'Asia/Beirut'), '2026-03-29T01:00');
});

test('parts of the day, ranges and approximate times', () => {
  const night = fromPicked({ how: 'part', date: '2026-11-02', part: 'night' }, NOW, LONDON);
  assert.deepEqual(
    [night.occurred_start, night.occurred_end, night.occurred_local],
    [Date.UTC(2026, 10, 2, 22), Date.UTC(2026, 10, 3, 5), '2026-11-02 night'],
  );
  const range = fromPicked({ how: 'between', date: '2026-10-01', until: '2026-10-03' }, NOW, LONDON);
  assert.equal(range.precision, 'date_range');
  assert.equal(range.occurred_end, Date.UTC(2026, 9, 3, 23));
  assert.equal(fromPicked({ how: 'about', date: '2026-11-01', time: '18:00' }, NOW, LONDON).precision, 'hour');
});

test('each missing or wrong part of a time is named', () => {
  assert.equal(pickedFault({ how: 'exact', date: '', time: '10:00' }, NOW, LONDON), 'date');
  assert.equal(pickedFault({ how: 'day', date: '2026-02-30' }, NOW, LONDON), 'date');
  assert.equal(pickedFault({ how: 'exact', date: '2026-11-03', time: '' }, NOW, LONDON), 'time');
  assert.equal(pickedFault({ how: 'exact', date: '2026-11-03', time: '23:59' }, NOW, LONDON), 'future');
  assert.equal(pickedFault({ how: 'day', date: '2026-11-04' }, NOW, LONDON), 'future');
  assert.equal(pickedFault({ how: 'part', date: '2026-11-03' }, NOW, LONDON), 'part');
  assert.equal(pickedFault({ how: 'between', date: '2026-11-03' }, NOW, LONDON), 'until');
  assert.equal(pickedFault({ how: 'between', date: '2026-11-03', until: '2026-11-01' }, NOW, LONDON), 'order');
});

test('years before anybody was born, and mistyped years, are refused', () => {
  for (const pickedBy of /** @type {const} */ (['exact', 'about', 'day', 'part', 'between'])) {
    assert.equal(
      pickedFault({ how: pickedBy, date: '1899-12-31', time: '10:00', until: '1899-12-31' }, NOW, LONDON),
      'early',
      pickedBy,
    );
    assert.equal(
      pickedFault({ how: pickedBy, date: '0026-11-03', time: '10:00', until: '2026-11-03' }, NOW, LONDON),
      'early',
      pickedBy,
    );
  }
  assert.equal(pickedFault({ how: 'day', date: '1900-01-01' }, NOW, LONDON), null);
  const faults = (...dates) => dates.map((date) => dayFault(date, '2026-11-03'));
  assert.deepEqual(
    faults('1899-12-31', '0026-11-03', '2200-01-02', '2026-02-30', '2026-11-04', '26-11-03', '2026-11-03', ''),
    ['old', 'old', 'old', 'date', 'future', 'date', null, null],
  );
  assert.equal(dayFault('2026-11-04', '2026-11-03', { future: true }), null);
  const moment = (date, time = '') => momentFault({ date, time, how: 'day' }, NOW, LONDON);
  assert.deepEqual(
    [moment('1899-01-01', '10:00'), moment('2026-03-29', '01:30'), moment('2026-11-04'), moment('2026-11-03', '10:00')],
    ['old', 'skipped', 'future', null],
  );
});

test('the guard notices a postcode, a phone number and the keeper’s own kept-apart words', () => {
  assert.equal(findFirst('He was outside 12 Elm Road SE15 4TW again')?.found, 'SE15 4TW');
  assert.equal(findFirst('rang from 07700 900123 twice')?.found, '07700 900123');
  assert.deepEqual(
    [findFirst('He was at Elm', ['elm']), findFirst('He was at Elms', ['elms'])?.found],
    [null, 'Elms'],
    'a word of three letters is too common',
  );
  assert.equal(findFirst('He knew about Rowan House somehow', ['rowan house'])?.kind, 'kept_apart');
});

test('the guard ignores times, amounts, dates and parts of words', () => {
  for (const text of [
    '43 missed calls, 21:10 to 23:55',
    'It cost 1,200 pounds on 03/11/2026',
    'He said "you 2"',
    'arrowan houses',
    '',
  ]) {
    assert.equal(findFirst(text, ['rowan house']), null, text);
  }
});

test('the guard finds a whole word that comes after the same letters inside another word', () => {
  const text = 'Joanna rang. Then Anna did, and ANNA again.';
  assert.deepEqual(
    findAll(text, ['anna']).map(({ found, start, end }) => [found, start, end]),
    [
      ['Anna', 18, 22],
      ['ANNA', 32, 36],
    ],
  );
  assert.equal(findFirst(text, ['anna'])?.start, 18);
  assert.deepEqual(findAll('Joannas Hannah', ['anna', 'joanna']), []);
});

test('moving text to the restricted part removes only what was noticed, and keeps it', () => {
  const text = 'At SE15 4TW he waited';
  const moved = keepApart(text, 'Flat 2', findFirst(text));
  assert.deepEqual(moved, { narrative: 'At [left out] he waited', placeDetail: 'Flat 2\nSE15 4TW' });
});
