/**
 * The server is restored to an earlier day; one phone is ahead of it and one behind. What only a phone has is not lost,
 * and is sent again before anything newer.
 */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { anotherPhone } from './phone/second_phone.mjs';
import { isKept, syncOnce, saveEntry, titlesOf } from './phone/keeper.mjs';
import { PNG, WORDS, file, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const untilTrouble = (phone, code) => until(phone, ({ account }) => account.trouble?.code === code, code);

test('after a restore, a cleared phone sends first what the server lacks, and no device is in doubt', async () => {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const ahead = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'one',
  );
  const { login } = await ahead.app.register({ words: WORDS });
  await until(ahead, isKept, 'kept');
  const behind = await anotherPhone(server.base, login);
  await until(behind, isKept, 'on the second');
  await syncOnce(behind);
  const backup = await mkdtemp(join(tmpdir(), 'older-'));
  // On that day the server had a picture's record; its bytes came later.
  faults.before = (path) => {
    if (path.includes('/blobs/')) throw new TypeError('Failed to fetch');
  };
  await ahead.app.addFile(ahead.record, file(Uint8Array.of(...PNG, 1), 'first.png'), { route: 'photo_picker' });
  await syncOnce(ahead).catch(() => undefined);
  delete faults.before;
  await server.leave();
  await cp(server.folder, backup, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  behind.faults.off = true;
  for (const words of ['two', 'three']) await saveEntry(ahead.app, words);
  await ahead.app.addFile(ahead.record, file(PNG), { route: 'photo_picker' });
  await until(ahead, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await syncOnce(ahead);
  // When: the server is restored, and the phone that is behind writes on.
  await server.leave();
  await rm(server.folder, { recursive: true });
  await cp(backup, server.folder, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  behind.faults.off = false;
  await saveEntry(behind.app, 'from behind');
  await syncOnce(behind);
  await syncOnce(ahead).catch(() => undefined);
  await untilTrouble(ahead, 'server_behind');
  // Then: the phone that is ahead sends nothing newer, and clearing it loses nothing,
  await saveEntry(ahead.app, 'newer');
  await syncOnce(ahead).catch(() => undefined);
  await ahead.app.panicClear();
  await ahead.app.unlock(WORDS);
  await syncOnce(ahead).catch(() => undefined);
  await untilTrouble(ahead, 'server_behind');
  assert.deepEqual(titlesOf(ahead), ['newer', 'one', 'three', 'two']);
  await syncOnce(behind);
  assert.deepEqual(titlesOf(behind), ['from behind', 'one']);
  // until the keeper chooses to send again.
  assert.ok((await ahead.app.lookAtServer(() => undefined)).missing >= 3);
  await ahead.app.sendAgain();
  await until(ahead, (state) => state.entries.length === 5 && isKept(state), 'all kept');
  await syncOnce(ahead);
  const third = await anotherPhone(server.base, login);
  await until(third, (state) => state.entries.length === 5, 'on a new phone');
  for (const phone of [ahead, behind, third]) {
    await syncOnce(phone);
    assert.deepEqual(titlesOf(phone), ['from behind', 'newer', 'one', 'three', 'two']);
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
  const { attachments } = await third.app.readIncident(ahead.record);
  assert.equal(attachments.length, 2);
  for (const { attachment } of attachments) await third.app.checkFile(attachment);
  // After that, clearing the phone removes everything again.
  await ahead.app.panicClear();
  const { phone } = ahead;
  await ahead.app.unlock(WORDS);
  await until(ahead, ({ entries }) => entries.length === 5, 'back from the server');
  assert.ok(phone.ctx.open.store.root.cleared);
  for (const { phone: each } of [ahead, behind, third]) each.end();
  await rm(backup, { recursive: true });
});

test('a phone that is cleared before a restore says that what it wrote since the copy is missing', async () => {
  const faults = {};
  const phone = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'one',
  );
  await phone.app.register({ words: WORDS });
  await until(phone, isKept, 'kept');
  await syncOnce(phone);
  const backup = await mkdtemp(join(tmpdir(), 'older-'));
  await server.leave();
  await cp(server.folder, backup, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  await saveEntry(phone.app, 'two');
  await until(phone, (state) => state.entries.length === 2 && isKept(state), 'kept');
  const clearAndLook = async () => {
    await phone.app.panicClear();
    await phone.app.unlock(WORDS);
    await until(phone, (state) => state.entries.length > 0 && isKept(state), 'back after the clear');
    await syncOnce(phone);
    return phone.phone.ctx.open.store.root.doubts;
  };
  assert.deepEqual(await clearAndLook(), {}, 'the server has all');
  faults.off = true;
  await phone.app.panicClear();
  await server.leave();
  await rm(server.folder, { recursive: true });
  await cp(backup, server.folder, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  faults.off = false;
  assert.equal((await clearAndLook()).line_gap, true);
  assert.deepEqual(titlesOf(phone), ['one']);
  assert.ok([phone.app.state.account.trouble, ...phone.app.state.account.also].some(({ code }) => code === 'line_gap'));
  phone.phone.end();
  await rm(backup, { recursive: true });
});
