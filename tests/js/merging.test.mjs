/** Two conflicting versions of one entry: a later change settles nothing, and only the keeper merges them. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { isKept } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { fixedClock } from '#app/core/clock.js';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/**
 * Two devices that both changed one version offline, and have synced since.
 * @param {(object | (() => object))[]} [changes]
 */
async function makeConflict(
  changes = [{ who: 'from one' }, { who: 'from two' }],
  prepare = async (/** @type {Awaited<ReturnType<typeof phoneWithEntry>>} */ _phone) => {},
) {
  const faults = [{}, {}];
  const options = (/** @type {number} */ i) => ({
    origin: server.base,
    send: sender(server.base, faults[i]),
    clock: fixedClock(Date.now()),
  });
  const deviceA = await phoneWithEntry(options(0), 'where it began');
  const { login } = await deviceA.app.register({ words: WORDS });
  await prepare(deviceA);
  await until(deviceA, isKept);
  const deviceB = makePhone(options(1));
  await deviceB.app.start();
  await deviceB.app.signIn({ login, words: WORDS });
  await until(deviceB, ({ entries }) => entries.length === 1);
  for (const fault of faults) Object.assign(fault, { off: true });
  const [changeA, changeB] = changes.map((change) => (typeof change === 'function' ? change() : change));
  await deviceA.app.saveIncident({
    record: deviceA.record,
    fields: changeA,
    restricted: {},
    reason: 'I looked again.',
  });
  await deviceB.app.saveIncident({ record: deviceA.record, fields: changeB, restricted: {} });
  for (const [i, device] of [deviceA, deviceB].entries()) {
    Object.assign(faults[i], { off: false });
    device.app.network();
    await until(device, isKept);
  }
  await until(deviceB, ({ entries }) => entries[0].flags.includes('two'));
  return { app: deviceB.app, record: deviceA.record };
}

test('editing resolves no conflict that was not reviewed; a chosen version follows both', async () => {
  const { app, record } = await makeConflict();
  await app.saveIncident({ record, fields: { channel: 'sms' }, restricted: {} });
  const { ends, flags } = await app.readIncident(record);
  assert.deepEqual([flags, ends.map((end) => end.fields.who).sort()], [['two'], ['from one', 'from two']]);
  assert.deepEqual(
    ends.filter(({ here }) => here).map(({ fields }) => fields.who),
    ['from two'],
    'what this device wrote',
  );
  const seenVersions = ends.map(({ version }) => version);
  const choice = { looked: seenVersions, fields: { ...ends[0].fields, who: 'both of them' }, restricted: {} };
  await assert.rejects(() => app.bringTogether(record, { ...choice, reason: ' ' }), { code: 'reason_needed' });
  await app.bringTogether(record, { ...choice, reason: 'I looked at both.' });
  const merged = await app.readIncident(record);
  assert.deepEqual(
    [merged.flags, merged.ends, merged.fields.who, merged.versions.at(-1).kind],
    [[], [], 'both of them', 'merged'],
  );
  await assert.rejects(() => app.bringTogether(record, { ...choice, reason: 'again' }), { code: 'conflict' });
});

test('an earlier time from one device and a breach from the other cannot be combined', async () => {
  const DAY = 86_400_000;
  const servedOn = new Date(Date.now() - 10 * DAY).toISOString().slice(0, 10);
  const occurredDaysAgo = (/** @type {number} */ days) => ({
    occurred_start: Date.now() - days * DAY,
    tz: 'Europe/London',
    precision: 'minute',
  });
  let order = '';
  const { app, record } = await makeConflict(
    [occurredDaysAgo(30), () => ({ alleged_breaches: [{ order_id: order, term_no: 1 }] })],
    async (phone) => {
      ({ record: order } = await phone.app.saveRecord({
        kind: 'order',
        record: null,
        fields: { kind: 'restraining_order', served_on: servedOn, terms: [{ no: 1, text: 'Not to contact her.' }] },
      }));
      await phone.app.saveIncident({
        record: phone.record,
        fields: occurredDaysAgo(2),
        restricted: {},
        reason: 'The day.',
      });
    },
  );
  const { ends } = await app.readIncident(record);
  const breach = ends.find(({ fields }) => fields.alleged_breaches);
  const earlier = ends.find(({ fields }) => !fields.alleged_breaches);
  const choice = { looked: [breach.version, earlier.version], restricted: {}, reason: 'I looked at both.' };
  await assert.rejects(
    () =>
      app.bringTogether(record, {
        ...choice,
        fields: { ...earlier.fields, alleged_breaches: breach.fields.alleged_breaches },
      }),
    { code: 'before_service' },
  );
  assert.equal((await app.readIncident(record)).ends.length, 2, 'the refused save lost nothing');
  await app.bringTogether(record, { ...choice, fields: breach.fields });
  assert.deepEqual((await app.readIncident(record)).fields.alleged_breaches, [{ order_id: order, term_no: 1 }]);
});
