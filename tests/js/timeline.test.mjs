/** The timeline in a frame of any size: which dates get a tick, and where marks without a date stand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeTimeline } from '#app/record/patterns/timeline.js';

const DAY_MINUTES = 1_440;
const ordinal = (day) => Date.parse(`${day}T00:00:00Z`) / 86_400_000;
const dayOf = (number) => new Date(number * 86_400_000).toISOString().slice(0, 10);

/** Place lanes on an axis of whole days, one unit to a day. */
function place({ first, last, lanes = [], dates = [] }, frame = {}, size = 3) {
  const [from, to] = [first, last].map(ordinal);
  const unit = { left: 0, undated: 0, undatedGap: 0, undatedPadding: 0, markGap: 1, tickDistance: 0 };
  return placeTimeline(
    { first: from, last: to, lanes, dates },
    lanes,
    { ...unit, end: to - from + 1, ...frame },
    () => size,
  );
}
const tickDays = (first, last, frame) => place({ first, last }, frame).ticks.map((x) => dayOf(ordinal(first) + x));

test('up to 12 days have a tick each, and up to 70 days one at each Monday', () => {
  assert.deepEqual(tickDays('2026-11-02', '2026-11-05'), ['2026-11-02', '2026-11-03', '2026-11-04', '2026-11-05']);
  assert.equal(tickDays('2026-11-01', '2026-11-12').length, 12);
  assert.deepEqual(tickDays('2026-11-01', '2026-11-22'), ['2026-11-02', '2026-11-09', '2026-11-16']);
  assert.deepEqual(tickDays('2026-11-02', '2026-11-16'), ['2026-11-02', '2026-11-09', '2026-11-16']);
});

test('up to 430 days have a tick a month, and up to 1,300 days one a quarter', () => {
  assert.deepEqual(tickDays('2026-01-01', '2026-03-31'), ['2026-01-01', '2026-02-01', '2026-03-01']);
  assert.deepEqual(tickDays('2024-01-01', '2025-06-30'), [
    ...['2024-01-01', '2024-04-01', '2024-07-01', '2024-10-01'],
    ...['2025-01-01', '2025-04-01'],
  ]);
  assert.deepEqual(tickDays('2024-02-01', '2025-04-30'), [
    ...['2024-04-01', '2024-07-01', '2024-10-01'],
    ...['2025-01-01', '2025-04-01'],
  ]);
});

test('a longer time has a tick a year, and never more than twelve', () => {
  assert.deepEqual(tickDays('2020-01-01', '2023-12-31'), ['2020-01-01', '2021-01-01', '2022-01-01', '2023-01-01']);
  assert.deepEqual(tickDays('2020-02-01', '2023-12-31'), ['2021-01-01', '2022-01-01', '2023-01-01']);
  const many = tickDays('1990-01-01', '2026-12-31');
  assert.deepEqual([many[0], many[1], many.at(-1), many.length], ['1990-01-01', '1994-01-01', '2026-01-01', 10]);
});

test('a tick too near to the one before it is left out, and one at exactly the distance is drawn', () => {
  assert.deepEqual(tickDays('2026-11-02', '2026-11-07', { tickDistance: 2 }), [
    ...['2026-11-02', '2026-11-04', '2026-11-06'],
  ]);
  assert.deepEqual(place({ first: '2026-11-02', last: '2026-11-02' }, { end: 24 }).ticks, [0, 3, 6, 9, 12, 15, 18, 21]);
});

test('a date on the first or last day of the axis is drawn, and one outside it is not', () => {
  const dates = ['2026-11-01', '2026-11-02', '2026-11-05', '2026-11-06'].map((day) => ({
    minute: ordinal(day) * DAY_MINUTES,
    kind: day,
  }));
  assert.deepEqual(place({ first: '2026-11-02', last: '2026-11-05', dates }).lines, [
    { x: 0, kind: '2026-11-02' },
    { x: 3, kind: '2026-11-05' },
  ]);
});

test('marks without a date stand apart from the axis, in rows within their padding', () => {
  const undated = { start: null, end: null, isSure: false };
  const lane = { kind: 'reason', code: '', ids: [], spots: Array(5).fill(undated) };
  const axis = { first: '2026-11-02', last: '2026-11-05', lanes: [lane] };
  const frame = { end: 100, undated: 20, undatedGap: 6, undatedPadding: 4 };
  // 20 units less 4 at each side hold three marks of 3 with a gap of 1.
  const placed = place(axis, frame);
  assert.equal(placed.undatedLeft, 80);
  assert.deepEqual(
    placed.lanes[0].marks.map(({ x, level }) => [x, level]),
    [
      [85, 0],
      [89, 0],
      [93, 0],
      [85, 1],
      [89, 1],
    ],
  );
  assert.equal(placed.lanes[0].topLevel, 1);
  assert.equal(place({ ...axis, lanes: [] }, frame).undatedLeft, null);
});
