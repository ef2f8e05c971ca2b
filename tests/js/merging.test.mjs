/** Two versions of one entry: writing on follows neither of another device, and only the keeper brings them together. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { fixedClock } from '../../static/js/core/clock.js';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const isKept = ({ entries }) => entries.length > 0 && entries.every(({ state }) => state.code === 'kept');

/** Two devices that wrote on from one version without signal, and have met since. */
async function met() {
  const ways = [{}, {}];
  const how = (/** @type {number} */ i) => ({ origin: server.base, send: sender(server.base, ways[i]), clock: fixedClock(Date.now()) });
  const one = await phoneWithEntry(how(0), 'where it began');
  const { login } = await one.app.register({ words: WORDS });
  await until(one, isKept);
  const two = makePhone(how(1));
  await two.app.start();
  await two.app.signIn({ login, words: WORDS });
  await until(two, ({ entries }) => entries.length === 1);
  for (const way of ways) Object.assign(way, { off: true });
  await one.app.saveIncident({ record: one.record, fields: { who: 'from one' }, restricted: {} });
  await two.app.saveIncident({ record: one.record, fields: { who: 'from two' }, restricted: {} });
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
  assert.deepEqual([flags, ends.map((/** @type {any} */ end) => end.fields.who).sort()], [['two'], ['from one', 'from two']]);
  const looked = ends.map((/** @type {any} */ { version }) => version);
  const chosen = { looked, fields: { ...ends[0].fields, who: 'both of them' }, restricted: {} };
  await assert.rejects(() => app.bringTogether(record, { ...chosen, reason: ' ' }), { code: 'reason_needed' });
  await app.bringTogether(record, { ...chosen, reason: 'I looked at both.' });
  const now = await app.readIncident(record);
  assert.deepEqual([now.flags, now.ends, now.fields.who, now.versions.at(-1).kind], [[], [], 'both of them', 'merged']);
  await assert.rejects(() => app.bringTogether(record, { ...chosen, reason: 'again' }), { code: 'conflict' });
});
