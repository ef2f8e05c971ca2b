/**
 * Before an entry is taken out, the app lists every pack, hand-over and grant that gave it to somebody, and nothing
 * that did not hold it.
 */
import assert from 'node:assert/strict';
import test, { after, before as beforeAll } from 'node:test';
import { NOON, phoneWithEntry } from './phone/phone.mjs';
import { fixedClock } from '#app/core/clock.js';

let timer;
beforeAll(() => {
  timer = setInterval(() => {}, 1000);
});
after(() => clearInterval(timer));

const DAY = 86_400_000;

test('the packs, hand-overs and grants that contain an entry are listed; a later entry has none', async () => {
  const clock = fixedClock(NOON);
  const { app } = await phoneWithEntry({ clock });
  const [{ record }] = app.state.entries;
  const otherEntry = (
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
      record_ids: [record, otherEntry],
    },
  });
  await app.saveRecord({ kind: 'export', record: null, fields: { kind: 'pack', pack_no: 3, made_at: NOON + 2 * DAY } });
  await app.saveRecord({
    kind: 'consent',
    record: null,
    fields: { kind: 'grant', given_at: NOON + 3 * DAY, record_ids: [record] },
    restricted: { recipient: 'Elm Advocacy' },
  });
  const disclosures = async (/** @type {string} */ id) =>
    (await app.readIncident(id)).given.map(({ who, at, pack_no }) => [who, at, pack_no]);
  assert.deepEqual(await disclosures(record), [
    ['Elm Advocacy', NOON + 3 * DAY, null],
    ['', NOON + 2 * DAY, 3],
    ['PC Hall', NOON + DAY, 2],
    ['', NOON + 1, 1],
  ]);
  assert.deepEqual(await disclosures(otherEntry), [
    ['', NOON + 2 * DAY, 3],
    ['PC Hall', NOON + DAY, 2],
  ]);
  clock.move(10 * DAY);
  const lateEntry = (
    await app.saveIncident({ record: null, fields: { narrative: 'Long after.', precision: 'unknown' }, restricted: {} })
  ).record;
  assert.deepEqual(await disclosures(lateEntry), []);
  await app.takeOutRecord(record);
  assert.equal((await app.readIncident(record)).given.length, 4, 'it is still listed afterwards, for a later erasure');
});
