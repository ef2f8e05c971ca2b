/**
 * The directory of help services: right for the local time of the services, and never a voice menu for people who
 * cannot hear it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicesFor, availabilityOf, talkNowAndOthers } from '#app/features/help/directory.js';
import { weekText } from '#app/features/help/directory_hours.js';

/** @param {string} id */
const service = (id) => servicesFor('call').find((entry) => entry.id === id);

test('“open now” is right to the minute, in the time zone of the services and not of the phone', () => {
  const helpline = service('nsh');
  /** @type {[string, string][]} */
  const cases = [
    ['2026-11-24T09:29:00Z', 'closed'],
    ['2026-11-24T09:30:00Z', 'open'],
    ['2026-11-24T15:59:00Z', 'open'],
    ['2026-11-24T16:00:00Z', 'closed'],
    ['2026-11-25T10:00:00Z', 'closed'],
    ['2026-11-28T12:00:00Z', 'closed'],
    // In summer, local time is an hour ahead of UTC.
    ['2026-06-30T08:30:00Z', 'open'],
    ['2026-06-30T15:00:00Z', 'closed'],
  ];
  for (const [moment, expected] of cases) assert.equal(availabilityOf(helpline, Date.parse(moment)), expected, moment);
});

test('a service open day and night is always open, and unknown hours are not guessed', () => {
  assert.equal(availabilityOf(service('999'), 0), 'always');
  assert.equal(availabilityOf(service('karma'), 0), 'unknown');
});

test('a service that is open until midnight closes at midnight', () => {
  const lateHelpline = service('rape-crisis-scot');
  assert.equal(availabilityOf(lateHelpline, Date.parse('2026-11-24T23:59:00Z')), 'open');
  assert.equal(availabilityOf(lateHelpline, Date.parse('2026-11-25T00:00:00Z')), 'closed');
});

test('services are chosen by the way to talk and by the country', () => {
  assert.deepEqual(
    /** @type {const} */ (['call', 'text', 'bsl']).map((channel) => servicesFor(channel)[0]?.id),
    ['999', 'esms', '999bsl'],
  );
  for (const channel of /** @type {const} */ (['text', 'bsl']))
    assert.ok(!servicesFor(channel).some((entry) => entry.id === 'silent'));
  const wales = servicesFor('call', 'wales').map((entry) => entry.id);
  assert.ok(wales.includes('livefear') && !wales.includes('scot') && wales.includes('999'));
});

test('the hours of a week are listed in the order of the days, in the language of the app', () => {
  const { openings } = service('nsh');
  assert.equal(weekText(openings), 'Mon–Tue, Thu–Fri 09:30–16:00; Wed 13:00–16:00');
  assert.equal(weekText([{ days: [0, 1, 2, 3, 4, 5, 6], start: 1080, end: 1440 }]), 'Mon–Sun 18:00–24:00');
  assert.equal(weekText([{ days: [6], start: 0, end: 5 }]), 'Sun 00:00–00:05');
});

test('who answers now comes first, and every other service after, each once', () => {
  const [open, closed] = ['2026-11-24T10:00:00Z', '2026-11-24T23:00:00Z'].map((moment) => Date.parse(moment));
  /** @param {Parameters<typeof talkNowAndOthers>} given */
  const now = (...given) => talkNowAndOthers(...given).talkNow.map(({ id }) => id);
  assert.deepEqual(now('call', '', open, false), ['101', 'nsh', 'samaritans']);
  assert.deepEqual(now('call', '', closed, false), ['101', 'samaritans', 'crimestoppers']);
  assert.deepEqual(now('call', 'wales', closed, false), ['101', 'livefear', 'vs']);
  assert.deepEqual(now('call', '', closed, true), ['childline', '101', 'samaritans']);
  // 18000 rings the emergency services: it is nobody to talk to.
  assert.deepEqual(now('bsl', '', open, false), ['shout']);
  assert.equal(talkNowAndOthers('bsl', '', open, false).others[0]?.id, 'signhealth');
  for (const way of /** @type {const} */ (['call', 'text', 'bsl'])) {
    const { talkNow, others } = talkNowAndOthers(way, '', open, false);
    const shown = [...talkNow, ...others].map(({ id }) => id);
    const expected = servicesFor(way).map(({ id }) => id);
    assert.deepEqual(shown.toSorted(), expected.filter((id) => !['999', '999bsl'].includes(id)).toSorted());
  }
});
