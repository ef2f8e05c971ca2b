/**
 * A manifest written before the server was put back to an older copy: it is doubted until a later one matches, and no
 * longer.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { anotherPhone } from './phone/second_phone.mjs';
import { isKept, isPush, syncOnce, registeredPhone, saveEntry } from './phone/keeper.mjs';
import { WORDS, until } from './phone/phone.mjs';
import { copyServer, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test('after "Send again" twice, the phone’s next manifest ends its doubt, and a new phone has none', async () => {
  const deviceA = await registeredPhone(server);
  const { faults, login } = deviceA;
  const putBack = await copyServer(server);
  for (const text of ['two', 'three']) await saveEntry(deviceA.app, text);
  await until(deviceA, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await deviceA.app.lock('asked'); // writes the manifest
  await deviceA.app.unlock(WORDS);
  await syncOnce(deviceA);
  // Given a server that is put back during a send, so that C gets the number that the manifest gives to 'two'
  faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    delete faults.before;
    await putBack();
  };
  await saveEntry(deviceA.app, 'C');
  await until(deviceA, ({ account }) => ['server_behind', 'head_differs'].includes(account.trouble?.code), 'reported');
  // When everything is sent again, the signal goes before the phone can write a newer manifest, and it begins again
  const { counter } = deviceA.phone.ctx.open.store.root.manifest;
  faults.before = async (path, options) => {
    if (isPush(path, options) && deviceA.phone.ctx.open.store.root.manifest.counter > counter)
      throw new TypeError('Failed to fetch');
  };
  await deviceA.app.sendAgain();
  await syncOnce(deviceA).catch(() => undefined);
  await deviceA.app.sendAgain();
  await syncOnce(deviceA).catch(() => undefined);
  delete faults.before;
  await syncOnce(deviceA);
  // Then nothing is doubted, here or on a new phone
  await until(deviceA, isKept, 'all kept');
  await syncOnce(deviceA);
  const newDevice = await anotherPhone(server.base, login);
  await until(newDevice, (state) => state.entries.length === 4, 'on a new phone');
  await syncOnce(newDevice);
  for (const device of [deviceA, newDevice]) {
    assert.deepEqual(device.app.state.entries.map(({ title }) => title).sort(), ['C', 'one', 'three', 'two']);
    assert.deepEqual([device.phone.ctx.open.store.root.doubts, device.app.state.account.trouble], [{}, null]);
  }
  for (const { phone } of [deviceA, newDevice]) phone.end();
});

test('a manifest that waited while another phone sent again first is written once more', async () => {
  const deviceA = await registeredPhone(server);
  const { faults, login } = deviceA;
  const deviceB = await anotherPhone(server.base, login);
  await until(deviceB, isKept, 'on the second');
  await syncOnce(deviceB);
  const putBack = await copyServer(server);
  await saveEntry(deviceA.app, 'two');
  await until(deviceA, (state) => state.entries.length === 2 && isKept(state), 'kept');
  await syncOnce(deviceA);
  // Given a manifest that names two entries and is only sent after the server has lost one of them
  await deviceA.app.lock('asked');
  await putBack();
  await deviceA.app.unlock(WORDS);
  await syncOnce(deviceA).catch(() => undefined);
  await until(deviceA, ({ account }) => account.trouble?.code === 'server_behind', 'reported');
  // When it sends again, and another phone's entry and manifest arrive just before
  faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    delete faults.before;
    await saveEntry(deviceB.app, 'C');
    await syncOnce(deviceB);
    await deviceB.app.lock('asked');
    await deviceB.app.unlock(WORDS);
    await syncOnce(deviceB);
  };
  await deviceA.app.sendAgain();
  await syncOnce(deviceA);
  await until(deviceA, isKept, 'all kept');
  for (const device of [deviceA, deviceB, deviceA]) await syncOnce(device);
  const newDevice = await anotherPhone(server.base, login);
  await until(newDevice, (state) => state.entries.length === 3, 'on a new phone');
  // Then nothing is doubted on any of them
  for (const device of [deviceA, deviceB, newDevice]) {
    await syncOnce(device);
    assert.deepEqual(device.app.state.entries.map(({ title }) => title).sort(), ['C', 'one', 'two']);
    assert.deepEqual([device.phone.ctx.open.store.root.doubts, device.app.state.account.trouble], [{}, null]);
  }
  for (const { phone } of [deviceA, deviceB, newDevice]) phone.end();
});
