/** After the server is restored from a backup, only this phone still has the files of another device. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { anotherPhone } from './phone/second_phone.mjs';
import { isKept, syncOnce, registeredPhone } from './phone/keeper.mjs';
import { file, until } from './phone/phone.mjs';
import { copyServer, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test('a phone with little room says that a file on the server is kept safe, and asks for it once', async () => {
  const asked = [];
  const first = await registeredPhone(server);
  first.faults.before = async (path, options) =>
    /\/parts\//.test(path) && options.method === 'PUT' ? new Response('', { status: 503 }) : null;
  const bytes = new Uint8Array(2_300_000).map((_, i) => i % 251);
  const { attachment } = await first.app.addFile(first.record, file(bytes, 'long.bin', ''), { route: 'files' });
  await until(first, ({ entries }) => entries[0].state.why === 'files', 'the words were sent');
  const recordAsked = async (path) => {
    if (/\/blobs\/[^/]+$/.test(path)) asked.push(path);
    return null;
  };
  const second = await anotherPhone(
    server.base,
    first.login,
    undefined,
    { before: recordAsked },
    { roomBytes: async () => 1_000_000_000 },
  );
  const stateOf = ({ app }) => app.state.entries[0]?.state ?? {};
  await until(second, () => stateOf(second).why === 'elsewhere', 'the server lacks the file');
  delete first.faults.before;
  await until(first, isKept, 'the file was sent');
  await syncOnce(second);
  await until(second, isKept, 'left on the server');
  const count = asked.length;
  await syncOnce(second);
  assert.deepEqual([asked.length, stateOf(second).code], [count, 'kept'], 'it is not asked for with every run');
  const { url } = await second.app.readReceived(attachment);
  assert.deepEqual(new Uint8Array(await second.phone.urls.get(url).arrayBuffer()), bytes);
  for (const { phone } of [first, second]) phone.end();
});

test('a phone sends again a file it got from a lost device, and a new phone receives it byte for byte', async () => {
  const first = await registeredPhone(server);
  const { login } = first;
  const second = await anotherPhone(server.base, login);
  await until(second, isKept, 'on the second');
  const putBack = await copyServer(server);
  // Given: the second phone has all parts of a file, and the first phone is lost.
  const bytes = new Uint8Array(2_300_000).map((_, i) => i % 253);
  const { attachment } = await first.app.addFile(first.record, file(bytes, 'long.bin', ''), { route: 'files' });
  await until(first, isKept, 'kept');
  await syncOnce(first);
  await syncOnce(second);
  await until(second, isKept, 'the file on the second');
  assert.deepEqual(second.phone.ctx.open.store.root.fetch, []);
  first.phone.end();
  // When: the server is restored to before the file, and the second phone sends again.
  await putBack();
  await syncOnce(second).catch(() => undefined);
  await until(second, ({ account }) => account.trouble?.code === 'server_behind', 'reported');
  await second.app.sendAgain();
  await until(second, isKept, 'all kept');
  await syncOnce(second);
  assert.deepEqual(
    [
      second.phone.ctx.open.store.root.uploads,
      second.phone.ctx.open.store.root.troubles,
      second.app.state.account.trouble,
    ],
    [[], {}, null],
  );
  // Then: a new phone has the file.
  const newPhone = await anotherPhone(server.base, login);
  await until(newPhone, isKept, 'on a new phone');
  await syncOnce(newPhone);
  const { url } = await newPhone.app.readReceived(attachment);
  assert.deepEqual(new Uint8Array(await newPhone.phone.urls.get(url).arrayBuffer()), bytes);
  for (const { phone } of [second, newPhone]) phone.end();
});
