/** A server put back to an earlier day, one phone ahead of it and one behind: nothing that only a phone has goes, and it is sent again before anything newer. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { anotherPhone } from './phone/another.mjs';
import { isKept, looks, save, titles } from './phone/keeper.mjs';
import { PNG, WORDS, file, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const troubled = (one, code) => until(one, ({ account }) => account.trouble?.code === code, code);

test('one ahead, one behind: a phone that is cleared meanwhile keeps what no server has, nothing newer goes first, and no device doubts anything', async () => {
  const faults = {};
  const one = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'one',
  );
  const { login } = await one.app.register({ words: WORDS });
  await until(one, isKept, 'kept');
  const two = await anotherPhone(server.base, login);
  await until(two, isKept, 'on the second');
  await looks(two);
  const older = await mkdtemp(join(tmpdir(), 'older-'));
  // That day a picture's words were there, and its bytes came after.
  faults.before = (path) => {
    if (path.includes('/blobs/')) throw new TypeError('Failed to fetch');
  };
  await one.app.addFile(one.record, file(Uint8Array.of(...PNG, 1), 'first.png'), { route: 'photo_picker' });
  await looks(one).catch(() => undefined);
  delete faults.before;
  await server.leave();
  await cp(server.folder, older, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  two.faults.off = true;
  for (const words of ['two', 'three']) await save(one.app, words);
  await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await until(one, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await looks(one);
  // When the server is put back, and the phone behind writes on
  await server.leave();
  await rm(server.folder, { recursive: true });
  await cp(older, server.folder, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  two.faults.off = false;
  await save(two.app, 'from behind');
  await looks(two);
  await looks(one).catch(() => undefined);
  await troubled(one, 'server_behind');
  // then the one ahead sends nothing newer, and clearing it loses nothing
  await save(one.app, 'newer');
  await looks(one).catch(() => undefined);
  await one.app.panicClear();
  await one.app.unlock(WORDS);
  await looks(one).catch(() => undefined);
  await troubled(one, 'server_behind');
  assert.deepEqual(titles(one), ['newer', 'one', 'three', 'two']);
  await looks(two);
  assert.deepEqual(titles(two), ['from behind', 'one']);
  // Until the keeper says so
  assert.ok((await one.app.lookAtServer()).missing >= 3);
  await one.app.sendAgain();
  await until(one, (state) => state.entries.length === 5 && isKept(state), 'all kept');
  await looks(one);
  const three = await anotherPhone(server.base, login);
  await until(three, (state) => state.entries.length === 5, 'on a new phone');
  for (const phone of [one, two, three]) {
    await looks(phone);
    assert.deepEqual(titles(phone), ['from behind', 'newer', 'one', 'three', 'two']);
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
  const { attachments } = await three.app.readIncident(one.record);
  assert.equal(attachments.length, 2);
  for (const { attachment } of attachments) await three.app.checkFile(attachment);
  // and from then on clearing is clearing
  await one.app.panicClear();
  const { phone } = one;
  await one.app.unlock(WORDS);
  await until(one, ({ entries }) => entries.length === 5, 'back from the server');
  assert.ok(phone.ctx.open.store.root.cleared);
  for (const { phone: each } of [one, two, three]) each.end();
  await rm(older, { recursive: true });
});
