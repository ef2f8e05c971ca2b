/** Files of another device that only this phone still has, after the server was put back to a day before them. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { anotherPhone } from './phone/another.mjs';
import { isKept, looks, registeredPhone } from './phone/keeper.mjs';
import { file, until } from './phone/phone.mjs';
import { copyServer, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test('a phone sends again a file that it had from another device, which is lost: a new phone has it byte for byte', async () => {
  const one = await registeredPhone(server);
  const { login } = one;
  const two = await anotherPhone(server.base, login);
  await until(two, isKept, 'on the second');
  const putBack = await copyServer(server);
  // Given a file of several parts that the second phone has whole, and the first phone is lost
  const bytes = new Uint8Array(2_300_000).map((_, i) => i % 253);
  const { attachment } = await one.app.addFile(one.record, file(bytes, 'long.bin', ''), { route: 'files' });
  await until(one, isKept, 'kept');
  await looks(one);
  await looks(two);
  await until(two, isKept, 'the file on the second');
  assert.deepEqual(two.phone.ctx.open.store.root.fetch, []);
  one.phone.end();
  // When the server is put back to before it, and the second phone sends again
  await putBack();
  await looks(two).catch(() => undefined);
  await until(two, ({ account }) => account.trouble?.code === 'server_behind', 'it is said');
  await two.app.sendAgain();
  await until(two, isKept, 'all kept');
  await looks(two);
  assert.deepEqual(
    [two.phone.ctx.open.store.root.uploads, two.phone.ctx.open.store.root.troubles, two.app.state.account.trouble],
    [[], {}, null],
  );
  // Then a new phone has it
  const fresh = await anotherPhone(server.base, login);
  await until(fresh, isKept, 'on a new phone');
  await looks(fresh);
  const { url } = await fresh.app.readReceived(attachment);
  assert.deepEqual(new Uint8Array(await fresh.phone.urls.get(url).arrayBuffer()), bytes);
  for (const { phone } of [two, fresh]) phone.end();
});
