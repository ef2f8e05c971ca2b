/** Before an entry is taken out: everything that gave it to somebody is known, whichever way it went; what did not hold it is not named. */
import assert from 'node:assert/strict';
import test, { after, before as beforeAll } from 'node:test';
import { NOON, phoneWithEntry } from './phone/phone.mjs';
import { fixedClock } from '#app/core/clock.js';

/** @type {any} */
let awake;
beforeAll(() => {
  awake = setInterval(() => {}, 1000);
});
after(() => clearInterval(awake));

const DAY = 86_400_000;

test('a pack, a hand-over and a helper’s access that hold an entry are named with whom and when; an entry written later is in none', async () => {
  const clock = fixedClock(NOON);
  const { app } = await phoneWithEntry({ clock });
  const [{ record }] = app.state.entries;
  const other = (
    await app.saveIncident({ record: null, fields: { narrative: 'Another.', precision: 'unknown' }, restricted: {} })
  ).record;
  await app.saveRecord({
    kind: 'export',
    record: null,
    fields: { kind: 'pack', pack_no: 1, made_at: NOON + 1, record_ids: [record] },
  });
  await app.saveRecord({
    kind: 'export',
    record: null,
    fields: {
      kind: 'supplement',
      pack_no: 2,
      made_at: NOON + DAY,
      delivered_how: 'handover',
      delivered_to: 'PC Hall',
      record_ids: [record, other],
    },
  });
  await app.saveRecord({ kind: 'export', record: null, fields: { kind: 'pack', pack_no: 3, made_at: NOON + 2 * DAY } });
  await app.saveRecord({
    kind: 'consent',
    record: null,
    fields: { kind: 'grant', given_at: NOON + 3 * DAY, record_ids: [record] },
    restricted: { recipient: 'Elm Advocacy' },
  });
  const said = async (/** @type {string} */ one) =>
    (await app.readIncident(one)).given.map(({ who, at, pack_no }) => [who, at, pack_no]);
  assert.deepEqual(await said(record), [
    ['Elm Advocacy', NOON + 3 * DAY, null],
    ['', NOON + 2 * DAY, 3],
    ['PC Hall', NOON + DAY, 2],
    ['', NOON + 1, 1],
  ]);
  assert.deepEqual(await said(other), [
    ['', NOON + 2 * DAY, 3],
    ['PC Hall', NOON + DAY, 2],
  ]);
  clock.move(10 * DAY);
  const late = (
    await app.saveIncident({ record: null, fields: { narrative: 'Long after.', precision: 'unknown' }, restricted: {} })
  ).record;
  assert.deepEqual(await said(late), []);
  await app.takeOutRecord(record);
  assert.equal(
    (await app.readIncident(record)).given.length,
    4,
    'it is still known afterwards, for whoever would erase it',
  );
});
