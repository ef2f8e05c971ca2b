/** Times in registers and picked times: an invalid time is refused, at every limit. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { matchesFilter, isFiltering } from '#app/record/patterns/filters.js';
import { searchableText, searchWords } from '#app/record/patterns/search_text.js';
import { mentionsOf, mergedWith, representativeOf } from '#app/record/links.js';
import {
  dayFault,
  fileMoment,
  instantOf,
  momentFault,
  momentOf,
  momentInputOf,
  needsZone,
} from '#app/record/moments.js';
import { fromPicked, pickedFault } from '#app/record/times.js';

const LONDON = 'Europe/London';
const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const DAY = 86_400_000;
/** @param {Parameters<typeof Date.UTC>} date */
const at = (...date) => Date.UTC(...date);

for (const [date, may, fault] of /** @type {[string, {future?: boolean}, string|null][]} */ ([
  ['', {}, null],
  ['2026-11-24', {}, null],
  ['2026-11-25', {}, 'future'],
  ['2026-11-25', { future: true }, null],
  ['24.11.2026', {}, 'date'],
  ['2026-02-30', {}, 'date'],
  ['2026-1-01', {}, 'date'],
  ['x2026-11-01', {}, 'date'],
  ['2026-11-011', {}, 'date'],
  ['0026-11-24', {}, 'old'],
  ['1899-12-31', {}, 'old'],
  ['1900-01-01', {}, null],
  ['2200-01-01', { future: true }, null],
  ['2200-01-02', { future: true }, 'old'],
])) {
  test(`the day "${date}" with ${JSON.stringify(may)}: ${fault}`, () =>
    assert.equal(dayFault(date, '2026-11-24', may), fault));
}

for (const [date, time, pickedBy, fault] of /** @type {[string, string, 'day'|'month'|'year', string|null][]} */ ([
  ['', '', 'day', null],
  ['2026-11-24', '', 'day', null],
  ['2026-11-24', '12:00', 'day', null],
  ['2026-11-24', '12:01', 'day', 'future'],
  ['2026-11-24', 'noon', 'day', 'date'],
  ['2026-03-29', '01:30', 'day', 'skipped'],
  ['2026-10-25', '01:30', 'day', null],
  ['2026-12-01', '', 'day', 'future'],
  ['2026-12-01', '', 'month', null],
  ['2026-12-01', '25:00', 'year', null],
  ['1899-01-01', '', 'year', 'old'],
])) {
  test(`the moment "${date} ${time}" picked by ${pickedBy}: ${fault}`, () =>
    assert.equal(momentFault({ date, time, how: pickedBy }, NOW, LONDON), fault));
}

test('a time is stored exactly as it was typed, and an invalid one is not stored', () => {
  /** @type {(date: string, time?: string, pickedBy?: 'day'|'month'|'year') => ReturnType<typeof momentOf>} */
  const makeMoment = (date, time = '', pickedBy = 'day') => momentOf({ date, time, how: pickedBy }, NOW, LONDON);
  assert.equal(makeMoment(''), null);
  assert.equal(makeMoment('2026-12-01'), null);
  assert.deepEqual(makeMoment('2026-11-03'), {
    start: at(2026, 10, 3),
    end: at(2026, 10, 4),
    local: '2026-11-03',
    tz: LONDON,
    utc_offset_min: 0,
    precision: 'day',
  });
  assert.deepEqual(makeMoment('2026-07-03', '21:10'), {
    start: at(2026, 6, 3, 20, 10),
    local: '2026-07-03T21:10',
    tz: LONDON,
    utc_offset_min: 60,
    precision: 'minute',
  });
  assert.deepEqual(makeMoment('2026-07-03', '', 'month'), {
    start: at(2026, 5, 30, 23),
    end: at(2026, 6, 31, 23),
    local: '2026-07',
    tz: LONDON,
    precision: 'month',
  });
  assert.deepEqual(makeMoment('2025-12-03', '', 'month'), {
    start: at(2025, 11, 1),
    end: at(2026, 0, 1),
    local: '2025-12',
    tz: LONDON,
    precision: 'month',
  });
  assert.deepEqual(makeMoment('2025-09-03', '', 'month'), {
    start: at(2025, 7, 31, 23),
    end: at(2025, 8, 30, 23),
    local: '2025-09',
    tz: LONDON,
    precision: 'month',
  });
  assert.deepEqual(makeMoment('2025-07-03', '', 'year'), {
    start: at(2025, 0, 1),
    end: at(2026, 0, 1),
    local: '2025-01-01/2025-12-31',
    tz: LONDON,
    precision: 'date_range',
  });
});

test('a stored moment fills the fields as it was typed; one in another form leaves them blank', () => {
  for (const [date, time, pickedBy] of /** @type {[string, string, 'day'|'month'|'year'][]} */ ([
    ['2026-11-03', '', 'day'],
    ['2026-07-03', '21:10', 'day'],
    ['2026-07-01', '', 'month'],
    ['2025-01-01', '', 'year'],
  ])) {
    assert.deepEqual(momentInputOf(momentOf({ date, time, how: pickedBy }, NOW, LONDON)), {
      date,
      time,
      how: pickedBy,
    });
  }
  const blank = { date: '', time: '', how: 'day' };
  for (const stored of [
    null,
    undefined,
    '2026-11-03',
    7,
    {},
    { local: 7 },
    { local: 'last spring' },
    { local: 'spring', precision: 'month' },
    { local: 'T21:10 x' },
  ])
    assert.deepEqual([momentInputOf(stored).date, momentInputOf(stored).how], ['', 'day'], JSON.stringify(stored));
  assert.deepEqual(momentInputOf({}), blank);
  assert.deepEqual(momentInputOf({ local: '2026-01-01/2026-12-30', precision: 'date_range' }), {
    date: '2026-01-01',
    time: '',
    how: 'day',
  });
  assert.deepEqual(momentInputOf({ local: '2025-01-01/2026-12-31', precision: 'date_range' }), {
    date: '2025-01-01',
    time: '',
    how: 'day',
  });
});

test('the time to sort by comes from a moment, a day, a number, or is null', () => {
  assert.deepEqual(
    [
      instantOf(7, LONDON),
      instantOf(0.5, LONDON),
      instantOf('2026-07-03', LONDON),
      instantOf('2026-02-30', LONDON),
      instantOf('', LONDON),
    ],
    [7, null, at(2026, 6, 2, 23), null, null],
  );
  assert.deepEqual(
    [
      instantOf({ start: 5 }, LONDON),
      instantOf({ start: '5' }, LONDON),
      instantOf({ start: 0.5 }, LONDON),
      instantOf({}, LONDON),
      instantOf(null, LONDON),
    ],
    [5, null, null, null, null],
  );
});

for (const [picked, missing] of /** @type {[import('#app/record/times.js').Picked|null, string|null][]} */ ([
  [{ how: 'day', date: '2026-11-24' }, null],
  [{ how: 'day', date: '2026-11-25' }, 'future'],
  [{ how: 'day', date: '' }, 'date'],
  [{ how: 'day', date: '0026-11-24' }, 'early'],
  [{ how: 'part', date: '2026-11-24' }, 'part'],
  [{ how: 'part', date: '2026-11-24', part: 'evening' }, null],
  [{ how: 'exact', date: '2026-11-24' }, 'time'],
  [{ how: 'exact', date: '2026-11-24', time: '12:00' }, null],
  [{ how: 'exact', date: '2026-11-24', time: '12:01' }, 'future'],
  [{ how: 'about', date: '2026-11-24', time: '12:01' }, 'future'],
  [{ how: 'about', date: '2026-11-24', time: '1:00' }, 'time'],
  [{ how: 'exact', date: '2026-03-29', time: '01:30' }, 'skipped'],
  [{ how: 'exact', date: '2026-10-25', time: '01:30' }, 'twice'],
  [{ how: 'exact', date: '2026-10-25', time: '01:30', second: false }, null],
  [{ how: 'month', date: '2026-11-01' }, null],
  [{ how: 'month', date: '2026-12-01' }, 'future'],
  [{ how: 'season', date: '2026-11-01' }, null],
  [{ how: 'season', date: '2026-12-01' }, 'future'],
  [{ how: 'between', date: '2026-11-20' }, 'until'],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-19' }, 'order'],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-20' }, null],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-24' }, null],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-25' }, 'future'],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-24', untilTime: '11:00' }, 'time'],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-24', time: '11:00' }, 'until_time'],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-24', time: '11:00', untilTime: '12:00' }, null],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-24', time: '11:00', untilTime: '12:01' }, 'future'],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-20', time: '11:00', untilTime: '10:59' }, 'order'],
  [{ how: 'between', date: '2026-11-20', until: '2026-11-20', time: '11:00', untilTime: '11:00' }, null],
  [{ how: 'between', date: '2026-03-29', until: '2026-03-30', time: '01:30', untilTime: '11:00' }, 'skipped'],
  [{ how: 'between', date: '2026-03-28', until: '2026-03-29', time: '11:00', untilTime: '01:30' }, 'skipped'],
])) {
  test(`what is still missing in ${JSON.stringify(picked)}: ${missing}`, () => {
    assert.equal(pickedFault(picked, NOW, LONDON), missing);
    if (missing) assert.throws(() => fromPicked(picked, NOW, LONDON), { name: 'RangeError', message: missing });
    else assert.equal(fromPicked(picked, NOW, LONDON).tz, LONDON);
  });
}

test('each part of a day is its own hours, one after another, and the night ends in the morning after', () => {
  const hoursOf = (part) => {
    const { occurred_start: start, occurred_end: end } = fromPicked(
      { how: 'part', date: '2026-07-01', part },
      NOW,
      'UTC',
    );
    return [start, end].map((instant) => (instant - at(2026, 6, 1)) / 3_600_000);
  };
  assert.deepEqual(['early_morning', 'morning', 'afternoon', 'evening', 'night'].map(hoursOf), [
    [5, 8],
    [8, 12],
    [12, 17],
    [17, 22],
    [22, 29],
  ]);
});

test('a range over repeated hours is the widest one, and a range of days ends with the last day', () => {
  const repeatedHours = fromPicked(
    { how: 'between', date: '2026-10-25', until: '2026-10-25', time: '01:10', untilTime: '01:20' },
    NOW,
    LONDON,
  );
  assert.deepEqual(
    [repeatedHours.occurred_start, repeatedHours.occurred_end, repeatedHours.occurred_local],
    [at(2026, 9, 25, 0, 10), at(2026, 9, 25, 1, 20), '2026-10-25T01:10/2026-10-25T01:20'],
  );
  const days = fromPicked({ how: 'between', date: '2026-11-20', until: '2026-11-21' }, NOW, LONDON);
  assert.deepEqual(
    [days.occurred_start, days.occurred_end, days.precision],
    [at(2026, 10, 20), at(2026, 10, 20) + 2 * DAY, 'date_range'],
  );
});

test('an empty filter matches everything, and each end of a date range counts by itself', () => {
  assert.deepEqual(
    [isFiltering({}), isFiltering({ person: '', file: false }), isFiltering({ file: true })],
    [false, false, true],
  );
  /** @type {import('#app/record/patterns/patterns_facts.js').Fact} */
  const f = {
    record: 'a',
    behaviours: ['calls'],
    channel: 'sms',
    files: 1,
    breaches: [['order', 1]],
    day: '2026-05-04',
    last: '2026-05-06',
  };
  const row = { record: 'a', f, links: ['twin'], bare: true };
  for (const matching of [
    {},
    { person: 'twin' },
    { order: 'twin' },
    { file: true },
    { breach: true },
    { bare: true },
    { from: '2026-05-06' },
    { to: '2026-05-04' },
  ])
    assert.equal(matchesFilter(row, matching), true, JSON.stringify(matching));
  for (const excluded of [{ from: '2026-05-07' }, { to: '2026-05-03' }])
    assert.equal(matchesFilter(row, excluded), false, JSON.stringify(excluded));
  assert.equal(matchesFilter(row, { person: 'lead' }, new Map([['twin', 'lead']])), true);
  assert.equal(matchesFilter(row, { person: 'lead' }, new Map([['twin', 'other']])), false);
  assert.deepEqual([matchesFilter({ record: 'a' }, {}), matchesFilter({ record: 'a' }, { file: true })], [true, false]);
});

test('merged records have one representative, the lowest id in a circle, and a link to nothing is ignored', () => {
  const records = new Map(
    [
      ['a', 'b'],
      ['b', 'c'],
      ['c', ''],
      ['x', 'z'],
      ['y', 'x'],
      ['z', 'y'],
      ['lost', 'nowhere'],
    ].map(([record, mergedInto]) => [record, { record, fields: { merged_into: mergedInto } }]),
  );
  assert.deepEqual(
    ['a', 'b', 'c', 'x', 'y', 'z', 'lost', 'nobody'].map((id) => representativeOf(id, records)),
    ['c', 'c', 'c', 'x', 'x', 'x', 'lost', 'nobody'],
  );
  assert.deepEqual([mergedWith('b', records), mergedWith('nobody', records)], [['a', 'b', 'c'], ['nobody']]);
});

test('a record names others in id fields, in whom it was told to, and in terms of orders', () => {
  const fields = {
    actor_ids: ['p', 'q'],
    order_id: 'o',
    note: 'p',
    told_others: [{ person_id: 'p' }, 'p'],
    alleged_breaches: [{ order_id: 'o', term_no: 2 }, { order_id: 'o' }, { order_id: 'n', term_no: 1 }],
  };
  assert.deepEqual(mentionsOf(fields, new Set(['p'])), { fields: ['actor_ids', 'told_others'], terms: [] });
  assert.deepEqual(mentionsOf(fields, new Set(['o'])), { fields: ['order_id', 'alleged_breaches'], terms: ['2', ''] });
  assert.deepEqual(mentionsOf(fields, new Set(['z'])), { fields: [], terms: [] });
});

test('a month and a season are stored as such, and a winter belongs to the year it began in', () => {
  const pickedAs = (pickedBy, date) => fromPicked({ how: pickedBy, date }, NOW, LONDON);
  const occurredParts = ({ occurred_start, occurred_end, occurred_local, precision }) => [
    occurred_start,
    occurred_end,
    occurred_local,
    precision,
  ];
  assert.deepEqual(occurredParts(pickedAs('month', '2026-11-20')), [
    at(2026, 10, 1),
    at(2026, 11, 1),
    '2026-11',
    'month',
  ]);
  assert.deepEqual(occurredParts(pickedAs('season', '2026-10-20')), [
    at(2026, 7, 31, 23),
    at(2026, 11, 1),
    'Autumn 2026',
    'season',
  ]);
  assert.deepEqual(occurredParts(pickedAs('season', '2026-02-20')), [
    at(2025, 11, 1),
    at(2026, 2, 1),
    'Winter 2025',
    'season',
  ]);
  assert.deepEqual(
    [pickedAs('season', '2026-03-01'), pickedAs('season', '2026-08-31')].map(({ occurred_local }) => occurred_local),
    ['Spring 2026', 'Summer 2026'],
  );
});

test('a search finds an entry by its words, and not by codes, ids, times and metadata', () => {
  const ignoredFields = [
    'behaviours',
    'channel',
    'place_category',
    'feelings_then',
    'feared_violence',
    'precision',
    'time_source',
    'entry_kind',
    'carried_out_by',
    'attribution_basis',
    'response',
    'i_contacted_them',
    'hostility',
    'help_given',
    'content_warning',
    'language',
    'cards_opened',
    'tz',
    'occurred_local',
    'reg_certainty',
    'local',
    'source',
    'kind',
    'sensitivity',
    'shows',
    'flags',
    'media_type',
    'sha256',
    'sha512',
    'renditions',
    'alteration_before_receipt',
    'direction',
    'type',
    'sent_local',
    'sent_source',
    'sent_note',
    'read',
    'outcome',
    'reason',
    'chat',
    'import_summary',
    'complete',
    'start_with_this',
    'print_copy',
    '_kind',
    'order_id',
    'actor_ids',
    'came_at',
  ];
  for (const name of ignoredFields)
    assert.equal(searchableText([{ [name]: 'needle', narrative: 'He came.' }]), 'he came.', name);
  assert.equal(
    searchableText([
      { narrative: 'He  came', rows: [{ name: 'Zoë', type: 'x' }], _x: 'y' },
      null,
      undefined,
      { place: 'Leeds', n: 7 },
    ]),
    'he came \n zoe \n leeds'.replace(/\s+/g, ' '),
  );
  assert.deepEqual(
    [searchWords(' Zoë  CAME '), searchWords('  '), searchWords('07700\u200e 900\u00ad123')],
    [['zoe', 'came'], [], ['07700', '900123']],
  );
});

test('a file without a time zone gets the zone that the person names, and no more is claimed than is known', () => {
  const local = '2026-08-01T20:14:05';
  const source = 'file_time';
  const abroad = { local: '2026-08-01T20:14', utc_offset_min: 540, source };
  assert.equal(needsZone({ taken_local: local }), true);
  assert.deepEqual(fileMoment({ taken_local: local }, 'Asia/Tokyo'), {
    start: at(2026, 7, 1, 11, 14),
    tz: 'Asia/Tokyo',
    precision: 'minute',
    ...abroad,
  });
  assert.equal(fileMoment({ taken_local: local }, LONDON)?.start, at(2026, 7, 1, 19, 14));
  for (const tz of ['', 'Tokio', 'BST', '+09:00']) assert.equal(fileMoment({ taken_local: local }, tz), null, tz);
  assert.equal(fileMoment({ taken_local: '2026-03-29T01:30:00' }, LONDON), null, 'there was no such time');
  assert.equal(fileMoment({ taken_local: '2026-10-25T01:30:00' }, LONDON)?.precision, 'hour', 'it came twice');
  assert.equal(needsZone({ taken_local: local, offset_min: 540 }), false);
  assert.deepEqual(
    fileMoment({ taken_local: local, offset_min: 540 }, LONDON),
    { start: at(2026, 7, 1, 11, 14, 5), precision: 'exact', ...abroad },
    'not in the zone of this phone',
  );
  assert.equal(fileMoment({ taken_local: local, offset_min: 60 }, LONDON)?.tz, LONDON);
  assert.deepEqual(fileMoment({ taken_at: 7 }, LONDON), { start: 7, tz: LONDON, precision: 'exact', source });
  for (const none of [{}, { offset_min: 60 }, { taken_local: 'x', offset_min: 60 }])
    assert.equal(fileMoment(none, LONDON), null);
});
