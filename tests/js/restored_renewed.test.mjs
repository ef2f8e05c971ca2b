/** A diary restored from a sealed copy: what is in the copy, and new keys made before it meets a server. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '../../static/js/core/clock.js';
import { anotherPhone } from './phone/another.mjs';
import { isKept, looks, registeredPhone, save, titles } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const NEW = 'orbit velvet canyon maple drift spoon';
let [server, another] = [];
before(async () => {
  [server, another] = await Promise.all([startServer(), startServer()]);
});
after(() => Promise.all([server.stop(), another.stop()]));

/** A phone that holds what a copy holds, and meets `another` server when it registers. */
async function restored(copy, words = WORDS) {
  const faults = {};
  const phone = makePhone({ origin: another.base, send: sender(another.base, faults), clock: fixedClock(Date.now()) });
  await phone.app.start();
  await phone.app.takeCopy({ file: copy.file, words });
  return { phone, app: phone.app, faults };
}

test('a copy has what took a number that the feed had not reached, also in the middle of "send again"', async () => {
  const one = await registeredPhone(server);
  const two = await anotherPhone(server.base, one.login);
  await looks(two);
  await save(two.app, 'theirs');
  await looks(two);
  one.faults.before = (path) => {
    if (path.includes('/changes')) throw new TypeError('Failed to fetch');
  };
  await save(one.app, 'mine');
  await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await until(one, ({ entries }) => entries.find(({ title }) => title === 'mine')?.state.code === 'kept', 'kept');
  assert.deepEqual(titles(await restored(await one.app.makeCopy({ words: WORDS }))), ['mine', 'one']);
  await one.app.sendAgain();
  assert.deepEqual(titles(await restored(await one.app.makeCopy({ words: WORDS }))), ['mine', 'one']);
});
