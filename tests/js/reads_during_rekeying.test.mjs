/**
 * Data is read or arrives while keys change. Honest data is never called altered: not on the phone that changes its
 * keys, not on another phone, and not on a new one.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { readKnownVersions } from '#app/diary/index/rebuild.js';
import { fixedClock } from '#app/core/clock.js';
import { readNumbers } from '#app/store/feed_numbers.js';
import { anotherPhone } from './phone/second_phone.mjs';
import { eventually } from './phone/eventually.mjs';
import { syncOnce, saveEntry } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const NEW_WORDS = 'orbit velvet canyon maple drift spoon';
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const isKept = ({ entries, busy }) =>
  entries.length > 0 && !busy && entries.every(({ state }) => state.code === 'kept');
const isFeed = (path, { method = 'GET' } = {}) => method === 'GET' && path.includes('/changes');
const isSignIn = (path, { method = 'GET' } = {}) => method === 'POST' && path === '/v1/sessions';

async function keeper(words) {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const setup = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    words,
  );
  const { login } = await setup.app.register({ words: WORDS });
  await until(setup, isKept, 'kept');
  return { ...setup, faults, login };
}

/** Return a promise, `passed`, and the function that resolves it, `open`. */
function gate() {
  let open;
  const passed = new Promise((resolve) => {
    open = () => resolve(undefined);
  });
  return { passed, open };
}

/** Expect that everything opens, before and after a lock, and that nothing is doubted. */
async function expectSound(device, titles) {
  await until(device, (state) => isKept(state) && state.entries.length === titles.length, titles.join());
  assert.deepEqual(device.app.state.entries.map(({ title }) => title).sort(), titles);
  await syncOnce(device);
  for (const words of [NEW_WORDS, null]) {
    assert.deepEqual([device.phone.ctx.open.store.root.doubts, device.app.state.account.trouble], [{}, null]);
    for (const { record, flags } of device.app.state.entries) {
      assert.deepEqual(flags, []);
      assert.ok((await device.app.readIncident(record)).versions.every(({ altered }) => !altered));
    }
    if (!words) break;
    await device.app.lock('asked');
    await device.app.unlock(words);
    await until(device, (state) => isKept(state) && state.entries.length === titles.length, titles.join());
    await syncOnce(device);
  }
}

/** Expect that one phone reads an entry as the other does, and doubts nothing. */
async function expectSame(device, other, record) {
  await syncOnce(device);
  assert.deepEqual([device.phone.ctx.open.store.root.doubts, device.app.state.account.trouble], [{}, null]);
  assert.deepEqual(
    device.app.state.entries.map(({ title, flags }) => [title, flags]),
    other.app.state.entries.map(({ title, flags }) => [title, flags]),
  );
  const [read, expected] = await Promise.all([device, other].map(({ app }) => app.readIncident(record)));
  assert.deepEqual(
    [read.fields, read.note, read.versions.map(({ version, altered }) => [version, altered])],
    [expected.fields, expected.note, expected.versions.map(({ version, altered }) => [version, altered])],
  );
}

/**
 * Run `action`, which signs in. Hold the answer until a running pull has ended.
 * @returns {Promise<import('#app/store/root.js').Root>} the root as that pull left it
 */
async function pullDuringSignIn({ phone, faults }, action) {
  const [signedIn, feedAsked] = [gate(), gate()];
  let [hasSignedIn, rootAfterPull] = [false, null];
  faults.before = async (path, options) => {
    if (!isFeed(path, options) || hasSignedIn) return;
    feedAsked.open();
    await signedIn.passed;
  };
  faults.after = async (path, options, response) => {
    if (!isSignIn(path, options) || !response.ok || hasSignedIn) return;
    hasSignedIn = true;
    const { syncing } = phone.ctx.open;
    if (!syncing.running) phone.app.network(); // as when the signal comes and goes
    signedIn.open();
    await syncing.current;
    rootAfterPull = structuredClone(phone.ctx.open.store.root);
  };
  await action(feedAsked.passed);
  assert.ok(hasSignedIn, 'it signed in');
  delete faults.before;
  delete faults.after;
  return rootAfterPull;
}

test('a cleared phone continues its change of keys in its first pull, and reads new data with new keys', async () => {
  const first = await keeper('before');
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  let cleared = null;
  first.faults.before = (path) => {
    if (path.endsWith('/rotation/commit')) cleared = first.app.panicClear();
  };
  await assert.rejects(first.app.renewKeys({ words: WORDS, newWords: NEW_WORDS }));
  await cleared;
  first.phone.end();
  const phone = makePhone({ after: first.phone, origin: server.base, send: sender(server.base, faults) });
  const restarted = { phone, app: phone.app, faults };
  await phone.app.start();
  await pullDuringSignIn(restarted, async (feedAsked) => {
    await phone.app.unlock(WORDS);
    await feedAsked;
    assert.ok(phone.app.state.account.rekeying, 'unfinished on the phone, finished on the server');
    await phone.app.renewOn({ newWords: NEW_WORDS });
  });
  await expectSound(restarted, ['before']);
  const fresh = await anotherPhone(server.base, first.login, NEW_WORDS);
  await expectSound(fresh, ['before']);
  for (const each of [phone, fresh.phone]) each.end();
});

for (const [isNewer, situation] of [
  [false, 'with nothing new: earlier entries arrive intact'],
  [true, 'after something new: the server is not blamed'],
]) {
  test(`another phone follows during a pull ${situation}`, async () => {
    const first = await keeper('before');
    const second = await anotherPhone(server.base, first.login);
    await until(second, isKept, 'on the second');
    await syncOnce(second);
    second.faults.off = true;
    await saveEntry(first.app, 'written under the old keys');
    await until(first, isKept, 'kept');
    await first.app.renewKeys({ words: WORDS, newWords: NEW_WORDS });
    if (isNewer) await saveEntry(first.app, 'written under the new keys');
    await until(first, (state) => isKept(state) && state.entries.length === (isNewer ? 3 : 2), 'kept');
    second.faults.off = false;
    const { gone_back, doubts } = await pullDuringSignIn(second, () => second.app.catchUp({ words: NEW_WORDS }));
    assert.deepEqual([gone_back, doubts], [undefined, {}]);
    const expected = ['before', ...(isNewer ? ['written under the new keys'] : []), 'written under the old keys'];
    for (const each of [first, second]) await expectSound(each, expected);
    const fresh = await anotherPhone(server.base, first.login, NEW_WORDS);
    await expectSound(fresh, expected);
    for (const { phone } of [first, second, fresh]) phone.end();
  });
}

test('a response sent before the new keys that arrives after them is requested again', async () => {
  const first = await keeper('before');
  const second = await anotherPhone(server.base, first.login);
  await until(second, isKept, 'on the second');
  await syncOnce(second);
  await saveEntry(first.app, 'on its way');
  await until(first, isKept, 'kept');
  const [answered, late] = [gate(), gate()];
  second.faults.after = async (path, options) => {
    if (!isFeed(path, options)) return;
    delete second.faults.after;
    answered.open();
    await late.passed;
  };
  second.app.network();
  await answered.passed;
  const lateSync = second.phone.ctx.open.syncing.current;
  await first.app.renewKeys({ words: WORDS, newWords: NEW_WORDS });
  await second.app.catchUp({ words: NEW_WORDS });
  late.open();
  await lateSync;
  for (const each of [first, second]) await expectSound(each, ['before', 'on its way']);
  const fresh = await anotherPhone(server.base, first.login, NEW_WORDS);
  await expectSound(fresh, ['before', 'on its way']);
  for (const { phone } of [first, second, fresh]) phone.end();
});

test('when a change of keys is abandoned while earlier wraps are still being made, everything opens', async () => {
  const first = await keeper('before');
  const { root } = first.phone.ctx.open.store;
  await first.phone.ctx.open.store.change((next) => {
    next.rewrap = true;
  }); // as after a lock that came before all wraps were made
  assert.ok(!root.rewrap);
  first.faults.before = (path) => {
    if (path.endsWith('/rotation/commit')) throw new TypeError('Failed to fetch');
  };
  await assert.rejects(first.app.renewKeys({ words: WORDS, newWords: NEW_WORDS }));
  delete first.faults.before;
  await first.app.makeCopy({ words: WORDS });
  await first.app.giveUpKeys();
  await first.app.lock('asked');
  await first.app.unlock(WORDS);
  await until(first, isKept, 'kept');
  const { versions } = await first.app.readIncident(first.record);
  assert.ok(versions.every(({ altered }) => !altered));
  assert.deepEqual(first.phone.ctx.open.store.root.doubts, {});
  // Until the begun change is over, the server accepts nothing new, and the app says so.
  await saveEntry(first.app, 'meanwhile');
  await assert.rejects(syncOnce(first), { code: 'unavailable' });
  assert.equal(first.app.state.account.trouble.code, 'server_down');
  first.phone.end();
});

test('an entry that is read while its wraps are replaced is read again, and not called altered', async () => {
  const first = await keeper('before');
  const { open } = first.phone.ctx;
  const { rewrap, openMany } = open.vault;
  const [held, done] = [gate(), gate()];
  let reading = null;
  open.vault.rewrap = async (list, keys) => {
    if (keys === 'next') return rewrap(list, keys);
    open.vault.rewrap = rewrap;
    // Read with the earlier wraps, and opened when their key is gone from this phone.
    open.vault.openMany = async (versions) => {
      open.vault.openMany = openMany;
      held.open();
      await done.passed;
      return openMany(versions);
    };
    open.book.seen.clear();
    reading = first.app.readIncident(first.record);
    await held.passed;
    return rewrap(list, keys);
  };
  await first.app.renewKeys({ words: WORDS, newWords: NEW_WORDS });
  done.open();
  const { versions } = await reading;
  assert.ok(versions.length && versions.every(({ altered }) => !altered));
  await expectSound(first, ['before']);
  first.phone.end();
});

test('feed numbers that are read while a change rewrites them are read again, without a doubt', async () => {
  const first = await keeper('before');
  await syncOnce(first);
  const { open } = first.phone.ctx;
  const { store } = open;
  const { verifyWritten, readJsonMany } = store;
  let reading = null;
  // The pages are written, but the root that belongs to them is not in use yet.
  store.verifyWritten = async (...written) => {
    delete store.verifyWritten;
    const read = gate();
    store.readJsonMany = /** @type {typeof readJsonMany} */ (
      (names) => readJsonMany.call(store, names).finally(read.open)
    );
    reading = readKnownVersions(open);
    await read.passed;
    delete store.readJsonMany;
    return verifyWritten.call(store, ...written);
  };
  await first.app.sendAgain();
  await reading;
  await syncOnce(first);
  assert.deepEqual([store.root.doubts, first.app.state.account.trouble], [{}, null]);
  first.phone.end();
});

test('"Send again" while the feed is read leaves out no number, and sync goes on by itself', async () => {
  const first = await keeper('before');
  const second = await anotherPhone(server.base, first.login);
  await until(second, isKept, 'on the second');
  await syncOnce(second);
  await saveEntry(first.app, 'on its way');
  await until(first, isKept, 'kept');
  await syncOnce(first);
  const [answered, late] = [gate(), gate()];
  second.faults.after = async (path, options) => {
    if (!isFeed(path, options)) return;
    delete second.faults.after;
    answered.open();
    await late.passed;
  };
  second.app.network();
  await answered.passed;
  await second.app.sendAgain();
  late.open();
  const { store } = second.phone.ctx.open;
  await eventually(
    () => store.root.again,
    (value) => !value,
  );
  await syncOnce(second);
  assert.equal((await readNumbers(store, 1, store.root.feed.seq)).length, store.root.feed.seq);
  await until(second, (state) => isKept(state) && state.entries.length === 2, 'both');
  assert.deepEqual([store.root.doubts, second.app.state.account.trouble], [{}, null]);
  for (const { phone } of [first, second]) phone.end();
});

test('a record an earlier release called altered is tried again; one that still fails stays reported', async () => {
  const first = await keeper('before');
  const second = await anotherPhone(server.base, first.login);
  await until(second, isKept, 'on the second');
  await syncOnce(second);
  const { record } = await saveEntry(first.app, 'came between two sets of keys');
  await first.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await first.app.saveNote(record, 'Only for me.');
  await until(first, isKept, 'kept');
  await syncOnce(first);
  const { store, vault, book } = second.phone.ctx.open;
  const { openMany } = vault;
  vault.openMany = async (versions) => versions.map(() => ({ opened: null, error: 'not_opened' }));
  // As the earlier version left it: it never tried again.
  await store.change((root) => {
    root.reopened = true;
  });
  await syncOnce(second);
  assert.deepEqual(
    [store.root.doubts, second.app.state.account.trouble?.code, second.app.state.entries.length],
    [{ altered: true }, 'altered', 1],
  );
  await store.change((root) => {
    delete root.reopened;
  });
  await syncOnce(second);
  assert.deepEqual(store.root.doubts, { altered: true }, 'one that still fails stays reported');
  vault.openMany = openMany;
  await store.change((root) => {
    delete root.reopened;
  });
  book.seen.clear();
  await syncOnce(second);
  await expectSame(second, first, record);
  await second.app.lock('asked');
  await second.app.unlock(WORDS);
  await expectSame(second, first, record);
  for (const { phone } of [first, second]) phone.end();
});
