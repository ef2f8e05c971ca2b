/** A diary restored from a sealed copy: what is in the copy, and new keys made before it meets a server. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { anotherPhone } from './phone/another.mjs';
import { beyondTheFeed, isKept, looks, registeredPhone, save, titles } from './phone/keeper.mjs';
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

test('a restored phone makes new keys and registers: everything is accepted, and opens on another phone', async () => {
  const one = await registeredPhone(server);
  await save(one.app, 'two');
  await looks(one);
  const next = await restored(await one.app.makeCopy({ words: WORDS }));
  await save(next.app, 'three');
  await next.app.renewKeys({ words: WORDS, newWords: NEW });
  const { login } = await next.app.register({ words: NEW });
  await until(next, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await looks(next);
  const three = await anotherPhone(another.base, login, NEW);
  for (const phone of [next, three]) {
    await looks(phone);
    assert.deepEqual(titles(phone), ['one', 'three', 'two']);
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
});

test('a copy can be made after a file was removed at once', async () => {
  const one = await registeredPhone(server);
  const { attachment } = await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await looks(one);
  await one.app.purgeFile(attachment, { words: WORDS });
  await looks(one);
  const next = await restored(await one.app.makeCopy({ words: WORDS }));
  assert.deepEqual(titles(next), ['one']);
  assert.equal(next.app.state.account.trouble, null);
});

test('a copy contains an entry whose number is beyond the feed, also in the middle of "send again"', async () => {
  const { one } = await beyondTheFeed(server);
  await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await until(one, ({ entries }) => entries.find(({ title }) => title === 'mine')?.state.code === 'kept', 'kept');
  assert.deepEqual(titles(await restored(await one.app.makeCopy({ words: WORDS }))), ['mine', 'one']);
  await one.app.sendAgain();
  assert.deepEqual(titles(await restored(await one.app.makeCopy({ words: WORDS }))), ['mine', 'one']);
});
