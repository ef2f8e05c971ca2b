/**
 * A phone has receipts with numbers above the part of the feed it has read. Then the server is restored from a backup
 * before the phone reads on. What the phone called kept is sent again.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { anotherPhone } from './phone/second_phone.mjs';
import { isKept, isPush, syncOnce, registeredPhone, saveEntry, titlesOf } from './phone/keeper.mjs';
import { until } from './phone/phone.mjs';
import { copyServer, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/**
 * Return two phones. The second phone's entry takes the number before the first phone's entry; the first phone's entry
 * is kept although that phone has not read the feed. `putBack` restores the server to before both entries.
 */
async function phoneAheadOfFeed() {
  const first = await registeredPhone(server);
  const { faults, login } = first;
  const second = await anotherPhone(server.base, login);
  await until(second, isKept, 'on the second');
  await syncOnce(second);
  const putBack = await copyServer(server);
  faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    faults.before = (nextPath) => {
      if (nextPath.includes('/changes')) throw new TypeError('Failed to fetch');
    };
    await saveEntry(second.app, 'by two');
    await until(second, isKept, 'kept');
    await syncOnce(second);
  };
  await saveEntry(first.app, 'by one');
  await until(first, (state) => state.entries.length === 2 && isKept(state), 'it has a receipt');
  await first.phone.ctx.open.syncing.current;
  assert.equal(first.phone.ctx.open.store.root.feed.seq, 1);
  return { first, second, login, putBack };
}

/** Expect that both phones notice the restored server, send again, and agree with a new phone. */
async function expectRecovery({ first, second, login }, expected) {
  for (const phone of [first, second, first]) {
    await syncOnce(phone).catch(() => undefined);
    if (['server_behind', 'head_differs'].includes(phone.app.state.account.trouble?.code)) await phone.app.sendAgain();
    await syncOnce(phone);
  }
  const newPhone = await anotherPhone(server.base, login);
  for (const phone of [first, second, newPhone]) {
    await syncOnce(phone);
    await until(phone, (state) => isKept(state) && state.entries.length === expected.length, expected.join());
    assert.deepEqual(titlesOf(phone), expected);
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
  for (const { phone } of [first, second, newPhone]) phone.end();
}

test('an entry that a restored server lost is sent again, even with a receipt beyond the feed so far', async () => {
  const phones = await phoneAheadOfFeed();
  await phones.putBack();
  delete phones.first.faults.before;
  await syncOnce(phones.first).catch(() => undefined);
  assert.equal(phones.first.app.state.account.trouble?.code, 'server_behind');
  await expectRecovery(phones, ['by one', 'by two', 'one']);
});

test('a version whose feed number was given to another version is noticed and sent again', async () => {
  const phones = await phoneAheadOfFeed();
  await phones.putBack();
  const third = await anotherPhone(server.base, phones.login);
  await until(third, isKept, 'on the third');
  for (const narrative of ['from three', 'from three again']) await saveEntry(third.app, narrative);
  await until(third, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await syncOnce(third);
  third.phone.end();
  delete phones.first.faults.before;
  await expectRecovery(phones, ['by one', 'by two', 'from three', 'from three again', 'one']);
});

test('after a second restore before "Send again", entries with earlier numbers are sent again too', async () => {
  const first = await registeredPhone(server);
  const { faults, login } = first;
  const [putBack, putBackAgain] = [await copyServer(server), await copyServer(server)];
  await saveEntry(first.app, 'two');
  await until(first, (state) => state.entries.length === 2 && isKept(state), 'kept');
  await syncOnce(first);
  faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    delete faults.before;
    await putBack();
  };
  await saveEntry(first.app, 'C');
  await until(first, ({ account }) => account.trouble?.code === 'server_behind', 'reported');
  await first.phone.ctx.open.syncing.current;
  await putBackAgain();
  await first.app.sendAgain();
  await syncOnce(first);
  const newPhone = await anotherPhone(server.base, login);
  for (const phone of [first, newPhone]) {
    await syncOnce(phone);
    await until(phone, (state) => isKept(state) && state.entries.length === 3, 'all three');
    assert.deepEqual(titlesOf(phone), ['C', 'one', 'two']);
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
  for (const { phone } of [first, newPhone]) phone.end();
});
