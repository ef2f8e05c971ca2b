/**
 * A keeper's statement of what a server had, written before that server was put back to an older copy: doubted until a later
 * one holds, and no longer.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { anotherPhone } from './phone/another.mjs';
import { isKept, isPush, looks, registeredPhone, save } from './phone/keeper.mjs';
import { WORDS, until } from './phone/phone.mjs';
import { copyServer, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test('a phone that begins to send again twice: its next manifest ends its own doubt, and a new phone has none', async () => {
  const one = await registeredPhone(server);
  const { faults, login } = one;
  const putBack = await copyServer(server);
  for (const words of ['two', 'three']) await save(one.app, words);
  await until(one, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await one.app.lock('asked'); // writes the manifest
  await one.app.unlock(WORDS);
  await looks(one);
  // Given a server that was put back at the moment of sending, so that C has the number that the manifest gives to 'two'
  faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    delete faults.before;
    await putBack();
  };
  await save(one.app, 'C');
  await until(one, ({ account }) => ['server_behind', 'head_differs'].includes(account.trouble?.code), 'it is said');
  // When all is sent again, the signal goes before the phone can write a newer manifest, and it begins once more
  const { counter } = one.phone.ctx.open.store.root.manifest;
  faults.before = async (path, options) => {
    if (isPush(path, options) && one.phone.ctx.open.store.root.manifest.counter > counter)
      throw new TypeError('Failed to fetch');
  };
  await one.app.sendAgain();
  await looks(one).catch(() => undefined);
  await one.app.sendAgain();
  await looks(one).catch(() => undefined);
  delete faults.before;
  await looks(one);
  // Then nothing is doubted, here or on a new phone
  await until(one, isKept, 'all kept');
  await looks(one);
  const fresh = await anotherPhone(server.base, login);
  await until(fresh, (state) => state.entries.length === 4, 'on a new phone');
  await looks(fresh);
  for (const each of [one, fresh]) {
    assert.deepEqual(each.app.state.entries.map(({ title }) => title).sort(), ['C', 'one', 'three', 'two']);
    assert.deepEqual([each.phone.ctx.open.store.root.doubts, each.app.state.account.trouble], [{}, null]);
  }
  for (const { phone } of [one, fresh]) phone.end();
});

test('a manifest that waited while another phone sent again first is written once more', async () => {
  const one = await registeredPhone(server);
  const { faults, login } = one;
  const two = await anotherPhone(server.base, login);
  await until(two, isKept, 'on the second');
  await looks(two);
  const putBack = await copyServer(server);
  await save(one.app, 'two');
  await until(one, (state) => state.entries.length === 2 && isKept(state), 'kept');
  await looks(one);
  // Given a manifest that names two entries and is not sent before the server has one of them only
  await one.app.lock('asked');
  await putBack();
  await one.app.unlock(WORDS);
  await looks(one).catch(() => undefined);
  await until(one, ({ account }) => account.trouble?.code === 'server_behind', 'it is said');
  // When it sends again, and another phone's entry and manifest arrive just before
  faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    delete faults.before;
    await save(two.app, 'C');
    await looks(two);
    await two.app.lock('asked');
    await two.app.unlock(WORDS);
    await looks(two);
  };
  await one.app.sendAgain();
  await looks(one);
  await until(one, isKept, 'all kept');
  for (const each of [one, two, one]) await looks(each);
  const fresh = await anotherPhone(server.base, login);
  await until(fresh, (state) => state.entries.length === 3, 'on a new phone');
  // Then nothing is doubted on any of them
  for (const each of [one, two, fresh]) {
    await looks(each);
    assert.deepEqual(each.app.state.entries.map(({ title }) => title).sort(), ['C', 'one', 'two']);
    assert.deepEqual([each.phone.ctx.open.store.root.doubts, each.app.state.account.trouble], [{}, null]);
  }
  for (const { phone } of [one, two, fresh]) phone.end();
});
