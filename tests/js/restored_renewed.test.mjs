/** A diary restored from a sealed copy: what the copy contains, and new keys made before it meets a server. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { anotherPhone } from './phone/another.mjs';
import { beyondTheFeed, isKept, looks, registeredPhone, save, titles } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const NEW = 'orbit velvet canyon maple drift spoon';
let [server, otherServer] = [];
before(async () => {
  [server, otherServer] = await Promise.all([startServer(), startServer()]);
});
after(() => Promise.all([server.stop(), otherServer.stop()]));

/** A phone restored from a copy; it registers with the other server. */
async function restoreCopy(copy, words = WORDS) {
  const faults = {};
  const phone = makePhone({
    origin: otherServer.base,
    send: sender(otherServer.base, faults),
    clock: fixedClock(Date.now()),
  });
  await phone.app.start();
  await phone.app.takeCopy({ file: copy.file, words });
  return { phone, app: phone.app, faults };
}

test('a restored phone that renews its keys and registers has everything accepted and readable elsewhere', async () => {
  const deviceA = await registeredPhone(server);
  await save(deviceA.app, 'two');
  await looks(deviceA);
  const restoredPhone = await restoreCopy(await deviceA.app.makeCopy({ words: WORDS }));
  await save(restoredPhone.app, 'three');
  await restoredPhone.app.renewKeys({ words: WORDS, newWords: NEW });
  const { login } = await restoredPhone.app.register({ words: NEW });
  await until(restoredPhone, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await looks(restoredPhone);
  const deviceC = await anotherPhone(otherServer.base, login, NEW);
  for (const phone of [restoredPhone, deviceC]) {
    await looks(phone);
    assert.deepEqual(titles(phone), ['one', 'three', 'two']);
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
});

test('a copy can be made after a file was removed at once', async () => {
  const deviceA = await registeredPhone(server);
  const { attachment } = await deviceA.app.addFile(deviceA.record, file(PNG), { route: 'photo_picker' });
  await looks(deviceA);
  await deviceA.app.purgeFile(attachment, { words: WORDS });
  await looks(deviceA);
  const restoredPhone = await restoreCopy(await deviceA.app.makeCopy({ words: WORDS }));
  assert.deepEqual(titles(restoredPhone), ['one']);
  assert.equal(restoredPhone.app.state.account.trouble, null);
});

test('a copy contains an entry whose number is beyond the feed, also in the middle of "send again"', async () => {
  const { one: deviceA } = await beyondTheFeed(server);
  await deviceA.app.addFile(deviceA.record, file(PNG), { route: 'photo_picker' });
  await until(deviceA, ({ entries }) => entries.find(({ title }) => title === 'mine')?.state.code === 'kept', 'kept');
  assert.deepEqual(titles(await restoreCopy(await deviceA.app.makeCopy({ words: WORDS }))), ['mine', 'one']);
  await deviceA.app.sendAgain();
  assert.deepEqual(titles(await restoreCopy(await deviceA.app.makeCopy({ words: WORDS }))), ['mine', 'one']);
});
