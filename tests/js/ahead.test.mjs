/**
 * Receipts with numbers above what a phone has read of the feed, and a server that is put back before it reads on: what was
 * called kept is sent again.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { anotherPhone } from './phone/another.mjs';
import { isKept, isPush, looks, registeredPhone, save, titles } from './phone/keeper.mjs';
import { until } from './phone/phone.mjs';
import { copyServer, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/**
 * Two phones; the second's entry takes the number before that of the first, which is kept without the feed having been read.
 * `putBack`: the server, to before both.
 */
async function oneAhead() {
  const one = await registeredPhone(server);
  const { faults, login } = one;
  const two = await anotherPhone(server.base, login);
  await until(two, isKept, 'on the second');
  await looks(two);
  const putBack = await copyServer(server);
  faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    faults.before = (other) => {
      if (other.includes('/changes')) throw new TypeError('Failed to fetch');
    };
    await save(two.app, 'by two');
    await until(two, isKept, 'kept');
    await looks(two);
  };
  await save(one.app, 'by one');
  await until(one, (state) => state.entries.length === 2 && isKept(state), 'it has a receipt');
  await one.phone.ctx.open.syncing.current;
  assert.equal(one.phone.ctx.open.store.root.feed.seq, 1);
  return { one, two, login, putBack };
}

/** Both notice that the server was put back, send again, and agree with a new phone. */
async function allIsThere({ one, two, login }, wanted) {
  for (const phone of [one, two, one]) {
    await looks(phone).catch(() => undefined);
    if (['server_behind', 'head_differs'].includes(phone.app.state.account.trouble?.code)) await phone.app.sendAgain();
    await looks(phone);
  }
  const fresh = await anotherPhone(server.base, login);
  for (const phone of [one, two, fresh]) {
    await looks(phone);
    await until(phone, (state) => isKept(state) && state.entries.length === wanted.length, wanted.join());
    assert.deepEqual(titles(phone), wanted);
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
  for (const { phone } of [one, two, fresh]) phone.end();
}

test('what a server that was put back gave a receipt for, above where the phone had read, is sent again', async () => {
  const world = await oneAhead();
  await world.putBack();
  delete world.one.faults.before;
  await looks(world.one).catch(() => undefined);
  assert.equal(world.one.app.state.account.trouble?.code, 'server_behind');
  await allIsThere(world, ['by one', 'by two', 'one']);
});

test('another version has that number by the time the phone reads on: it is noticed, and sent again', async () => {
  const world = await oneAhead();
  await world.putBack();
  const three = await anotherPhone(server.base, world.login);
  await until(three, isKept, 'on the third');
  for (const words of ['from three', 'from three again']) await save(three.app, words);
  await until(three, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await looks(three);
  three.phone.end();
  delete world.one.faults.before;
  await allIsThere(world, ['by one', 'by two', 'from three', 'from three again', 'one']);
});

test('put back once more before the keeper sends again: what was kept under an earlier number goes again too', async () => {
  const one = await registeredPhone(server);
  const { faults, login } = one;
  const [putBack, putBackAgain] = [await copyServer(server), await copyServer(server)];
  await save(one.app, 'two');
  await until(one, (state) => state.entries.length === 2 && isKept(state), 'kept');
  await looks(one);
  faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    delete faults.before;
    await putBack();
  };
  await save(one.app, 'C');
  await until(one, ({ account }) => account.trouble?.code === 'server_behind', 'it is said');
  await one.phone.ctx.open.syncing.current;
  await putBackAgain();
  await one.app.sendAgain();
  await looks(one);
  const fresh = await anotherPhone(server.base, login);
  for (const phone of [one, fresh]) {
    await looks(phone);
    await until(phone, (state) => isKept(state) && state.entries.length === 3, 'all three');
    assert.deepEqual(titles(phone), ['C', 'one', 'two']);
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
  for (const { phone } of [one, fresh]) phone.end();
});
