/** Two versions of one entry: writing on follows neither of another device, and only the keeper brings them together. */
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

/** Two devices that wrote on from one version without signal, and have met since. */
async function met(said = [{ who: 'from one' }, { who: 'from two' }], first = async (/** @type {any} */ _phone) => {}) {
  const ways = [{}, {}];
  const how = (/** @type {number} */ i) => ({
    origin: server.base,
    send: sender(server.base, ways[i]),
    clock: fixedClock(Date.now()),
  });
  const one = await phoneWithEntry(how(0), 'where it began');
  const { login } = await one.app.register({ words: WORDS });
  await first(one);
  await until(one, isKept);
  const two = makePhone(how(1));
  await two.app.start();
  await two.app.signIn({ login, words: WORDS });
  await until(two, ({ entries }) => entries.length === 1);
  for (const way of ways) Object.assign(way, { off: true });
  const [here, there] = said.map((each) => (typeof each === 'function' ? each() : each));
  await one.app.saveIncident({ record: one.record, fields: here, restricted: {}, reason: 'I looked again.' });
  await two.app.saveIncident({ record: one.record, fields: there, restricted: {} });
  for (const [i, each] of [one, two].entries()) {
    Object.assign(ways[i], { off: false });
    each.app.network();
    await until(each, isKept);
  }
  await until(two, ({ entries }) => entries[0].flags.includes('two'));
  return { app: two.app, record: one.record };
}

test('writing on settles nothing that was not looked at; what was chosen follows both', async () => {
  const { app, record } = await met();
  await app.saveIncident({ record, fields: { channel: 'sms' }, restricted: {} });
  const { ends, flags } = await app.readIncident(record);
  assert.deepEqual(
    [flags, ends.map((/** @type {any} */ end) => end.fields.who).sort()],
    [['two'], ['from one', 'from two']],
  );
  const looked = ends.map((/** @type {any} */ { version }) => version);
  const chosen = { looked, fields: { ...ends[0].fields, who: 'both of them' }, restricted: {} };
  await assert.rejects(() => app.bringTogether(record, { ...chosen, reason: ' ' }), { code: 'reason_needed' });
  await app.bringTogether(record, { ...chosen, reason: 'I looked at both.' });
  const now = await app.readIncident(record);
  assert.deepEqual([now.flags, now.ends, now.fields.who, now.versions.at(-1).kind], [[], [], 'both of them', 'merged']);
  await assert.rejects(() => app.bringTogether(record, { ...chosen, reason: 'again' }), { code: 'conflict' });
});

test('the earlier time from one device and the breach from the other cannot be combined', async () => {
  const DAY = 86_400_000;
  const served = new Date(Date.now() - 10 * DAY).toISOString().slice(0, 10);
  const when = (/** @type {number} */ days) => ({
    occurred_start: Date.now() - days * DAY,
    tz: 'Europe/London',
    precision: 'minute',
  });
  let order = '';
  const { app, record } = await met(
    [when(30), () => ({ alleged_breaches: [{ order_id: order, term_no: 1 }] })],
    async (phone) => {
      ({ record: order } = await phone.app.saveRecord({
        kind: 'order',
        record: null,
        fields: { kind: 'restraining_order', served_on: served, terms: [{ no: 1, text: 'Not to contact her.' }] },
      }));
      await phone.app.saveIncident({ record: phone.record, fields: when(2), restricted: {}, reason: 'The day.' });
    },
  );
  const { ends } = await app.readIncident(record);
  const breach = ends.find((/** @type {any} */ { fields }) => fields.alleged_breaches);
  const early = ends.find((/** @type {any} */ { fields }) => !fields.alleged_breaches);
  const both = { looked: [breach.version, early.version], restricted: {}, reason: 'I looked at both.' };
  await assert.rejects(
    () =>
      app.bringTogether(record, {
        ...both,
        fields: { ...early.fields, alleged_breaches: breach.fields.alleged_breaches },
      }),
    { code: 'before_service' },
  );
  assert.equal((await app.readIncident(record)).ends.length, 2, 'nothing was lost by being refused');
  await app.bringTogether(record, { ...both, fields: breach.fields });
  assert.deepEqual((await app.readIncident(record)).fields.alleged_breaches, [{ order_id: order, term_no: 1 }]);
});
