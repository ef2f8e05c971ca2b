/** A diary restored from a sealed copy: what the copy contains, and new keys made before it meets a server. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { anotherPhone } from './phone/second_phone.mjs';
import { twoPhonesAheadOfFeed, isKept, syncOnce, registeredPhone, saveEntry, titlesOf } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const NEW = 'orbit velvet canyon maple drift spoon';
/** @type {import('./phone/server.mjs').Server[]} */
let [server, otherServer] = [];
before(async () => {
  [server, otherServer] = await Promise.all([startServer(), startServer()]);
});
after(() => Promise.all([server.stop(), otherServer.stop()]));

/** A phone restored from a copy; it registers with the other server. */
async function restoreCopy(copy, words = WORDS) {
  /** @type {import('./phone/server.mjs').Faults} */
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
  await saveEntry(deviceA.app, 'two');
  await syncOnce(deviceA);
  const restoredPhone = await restoreCopy(await deviceA.app.makeCopy({ words: WORDS }));
  await saveEntry(restoredPhone.app, 'three');
  await restoredPhone.app.renewKeys({ words: WORDS, newWords: NEW });
  const { login } = await restoredPhone.app.register({ words: NEW });
  await until(restoredPhone, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await syncOnce(restoredPhone);
  const deviceC = await anotherPhone(otherServer.base, login, NEW);
  for (const phone of [restoredPhone, deviceC]) {
    await syncOnce(phone);
    assert.deepEqual(titlesOf(phone), ['one', 'three', 'two']);
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
});

test('a copy can be made after a file was removed at once', async () => {
  const deviceA = await registeredPhone(server);
  const { attachment } = await deviceA.app.addFile(deviceA.record, file(PNG), { route: 'photo_picker' });
  await syncOnce(deviceA);
  await deviceA.app.purgeFile(attachment, { words: WORDS });
  await syncOnce(deviceA);
  const restoredPhone = await restoreCopy(await deviceA.app.makeCopy({ words: WORDS }));
  assert.deepEqual(titlesOf(restoredPhone), ['one']);
  assert.equal(restoredPhone.app.state.account.trouble, null);
});

test('a copy contains an entry whose number is beyond the feed, also in the middle of "send again"', async () => {
  const { one: deviceA } = await twoPhonesAheadOfFeed(server);
  await deviceA.app.addFile(deviceA.record, file(PNG), { route: 'photo_picker' });
  await until(deviceA, ({ entries }) => entries.find(({ title }) => title === 'mine')?.state.code === 'kept', 'kept');
  assert.deepEqual(titlesOf(await restoreCopy(await deviceA.app.makeCopy({ words: WORDS }))), ['mine', 'one']);
  await deviceA.app.sendAgain();
  assert.deepEqual(titlesOf(await restoreCopy(await deviceA.app.makeCopy({ words: WORDS }))), ['mine', 'one']);
});
