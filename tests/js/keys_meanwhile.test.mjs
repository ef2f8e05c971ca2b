/** What is read, or arrives, while something changes: nothing honest is ever called altered, on the phone that changes its keys, on another, or on a new one. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { readKnownVersions } from '#app/diary/index/rebuild.js';
import { fixedClock } from '#app/core/clock.js';
import { readNumbers } from '#app/store/feed_numbers.js';
import { anotherPhone } from './phone/another.mjs';
import { eventually } from './phone/eventually.mjs';
import { looks, save } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const NEW = 'orbit velvet canyon maple drift spoon';
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const isKept = ({ entries, busy }) =>
  entries.length > 0 && !busy && entries.every(({ state }) => state.code === 'kept');
const isFeed = (path, { method = 'GET' } = {}) => method === 'GET' && path.includes('/changes');
const isSignIn = (path, { method } = {}) => method === 'POST' && path === '/v1/sessions';

async function keeper(words) {
  const faults = {};
  const one = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    words,
  );
  const { login } = await one.app.register({ words: WORDS });
  await until(one, isKept, 'kept');
  return { ...one, faults, login };
}

/** A promise and what keeps it. */
function gate() {
  let open;
  const passed = new Promise((go) => {
    open = () => go(undefined);
  });
  return { passed, open };
}

/** Everything opens, here and after a restart of the page, and nothing is doubted. */
async function isSound(one, titles) {
  await until(one, (state) => isKept(state) && state.entries.length === titles.length, titles.join());
  assert.deepEqual(one.app.state.entries.map(({ title }) => title).sort(), titles);
  await looks(one);
  for (const words of [NEW, null]) {
    assert.deepEqual([one.phone.ctx.open.store.root.doubts, one.app.state.account.trouble], [{}, null]);
    for (const { record, flags } of one.app.state.entries) {
      assert.deepEqual(flags, []);
      assert.ok((await one.app.readIncident(record)).versions.every(({ altered }) => !altered));
    }
    if (!words) break;
    await one.app.lock('asked');
    await one.app.unlock(words);
    await until(one, (state) => isKept(state) && state.entries.length === titles.length, titles.join());
    await looks(one);
  }
}

/** One phone reads of an entry what the other reads, and doubts nothing. */
async function isSame(one, other, record) {
  await looks(one);
  assert.deepEqual([one.phone.ctx.open.store.root.doubts, one.app.state.account.trouble], [{}, null]);
  assert.deepEqual(
    one.app.state.entries.map(({ title, flags }) => [title, flags]),
    other.app.state.entries.map(({ title, flags }) => [title, flags]),
  );
  const [read, wanted] = await Promise.all([one, other].map(({ app }) => app.readIncident(record)));
  assert.deepEqual(
    [read.fields, read.note, read.versions.map(({ version, altered }) => [version, altered])],
    [wanted.fields, wanted.note, wanted.versions.map(({ version, altered }) => [version, altered])],
  );
}

/** Runs `act`, which signs in; the answer to that is held until a pull that was on has ended. @returns {Promise<object>} the root as that pull left it */
async function pullAsItSignsIn({ phone, faults }, act) {
  const [signedIn, asked] = [gate(), gate()];
  let [isIn, left] = [false, null];
  faults.before = async (path, options) => {
    if (!isFeed(path, options) || isIn) return;
    asked.open();
    await signedIn.passed;
  };
  faults.after = async (path, options, response) => {
    if (!isSignIn(path, options) || !response.ok || isIn) return;
    isIn = true;
    const { syncing } = phone.ctx.open;
    if (!syncing.running) phone.app.network(); // as the signal comes and goes
    signedIn.open();
    await syncing.current;
    left = structuredClone(phone.ctx.open.store.root);
  };
  await act(asked.passed);
  assert.ok(isIn, 'it signed in');
  delete faults.before;
  delete faults.after;
  return left;
}

test('a cleared phone goes on with its new keys while its first pull is on: what comes down under the new keys is not taken under the old', async () => {
  const one = await keeper('before');
  const faults = {};
  let cleared = null;
  one.faults.before = (path) => {
    if (path.endsWith('/rotation/commit')) cleared = one.app.panicClear();
  };
  await assert.rejects(one.app.renewKeys({ words: WORDS, newWords: NEW }));
  await cleared;
  one.phone.end();
  const phone = makePhone({ after: one.phone, origin: server.base, send: sender(server.base, faults) });
  const back = { phone, app: phone.app, faults };
  await phone.app.start();
  await pullAsItSignsIn(back, async (asked) => {
    await phone.app.unlock(WORDS);
    await asked;
    assert.ok(phone.app.state.account.rekeying, 'unfinished here, and done there');
    await phone.app.renewOn({ newWords: NEW });
  });
  await isSound(back, ['before']);
  const fresh = await anotherPhone(server.base, one.login, NEW);
  await isSound(fresh, ['before']);
  for (const each of [phone, fresh.phone]) each.end();
});

for (const isNewer of [false, true]) {
  test(`another phone follows while a pull is on, ${isNewer ? 'and something was written since: no server is blamed' : 'and nothing was written since: entries of before come whole'}`, async () => {
    const one = await keeper('before');
    const two = await anotherPhone(server.base, one.login);
    await until(two, isKept, 'on the second');
    await looks(two);
    two.faults.off = true;
    await save(one.app, 'written under the old keys');
    await until(one, isKept, 'kept');
    await one.app.renewKeys({ words: WORDS, newWords: NEW });
    if (isNewer) await save(one.app, 'written under the new keys');
    await until(one, (state) => isKept(state) && state.entries.length === (isNewer ? 3 : 2), 'kept');
    two.faults.off = false;
    const { gone_back, doubts } = await pullAsItSignsIn(two, () => two.app.catchUp({ words: NEW }));
    assert.deepEqual([gone_back, doubts], [undefined, {}]);
    const all = ['before', ...(isNewer ? ['written under the new keys'] : []), 'written under the old keys'];
    for (const each of [one, two]) await isSound(each, all);
    const fresh = await anotherPhone(server.base, one.login, NEW);
    await isSound(fresh, all);
    for (const { phone } of [one, two, fresh]) phone.end();
  });
}

test('an answer that set out before the new keys and arrives after them is asked for again', async () => {
  const one = await keeper('before');
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await looks(two);
  await save(one.app, 'on its way');
  await until(one, isKept, 'kept');
  const [answered, late] = [gate(), gate()];
  two.faults.after = async (path, options) => {
    if (!isFeed(path, options)) return;
    delete two.faults.after;
    answered.open();
    await late.passed;
  };
  two.app.network();
  await answered.passed;
  const slow = two.phone.ctx.open.syncing.current;
  await one.app.renewKeys({ words: WORDS, newWords: NEW });
  await two.app.catchUp({ words: NEW });
  late.open();
  await slow;
  for (const each of [one, two]) await isSound(each, ['before', 'on its way']);
  const fresh = await anotherPhone(server.base, one.login, NEW);
  await isSound(fresh, ['before', 'on its way']);
  for (const { phone } of [one, two, fresh]) phone.end();
});

test('new keys that come to nothing while the wraps of those before are still being made: everything opens', async () => {
  const one = await keeper('before');
  const { root } = one.phone.ctx.open.store;
  await one.phone.ctx.open.store.change((next) => {
    next.rewrap = true;
  }); // as where a lock came before all wraps were made
  assert.ok(!root.rewrap);
  one.faults.before = (path) => {
    if (path.endsWith('/rotation/commit')) throw new TypeError('Failed to fetch');
  };
  await assert.rejects(one.app.renewKeys({ words: WORDS, newWords: NEW }));
  delete one.faults.before;
  await one.app.makeCopy({ words: WORDS });
  await one.app.giveUpKeys();
  await one.app.lock('asked');
  await one.app.unlock(WORDS);
  await until(one, isKept, 'kept');
  const { versions } = await one.app.readIncident(one.record);
  assert.ok(versions.every(({ altered }) => !altered));
  assert.deepEqual(one.phone.ctx.open.store.root.doubts, {});
  // Until what was begun is over, the server takes nothing new: that is said as what it is.
  await save(one.app, 'meanwhile');
  await assert.rejects(looks(one), { code: 'unavailable' });
  assert.equal(one.app.state.account.trouble.code, 'server_down');
  one.phone.end();
});

test('an entry that is read while its wraps are made anew is read again, and not called altered', async () => {
  const one = await keeper('before');
  const { open } = one.phone.ctx;
  const { rewrap, openMany } = open.vault;
  const [held, done] = [gate(), gate()];
  let reading = null;
  open.vault.rewrap = async (list, keys) => {
    if (keys === 'next') return rewrap(list, keys);
    open.vault.rewrap = rewrap;
    // Read with the wraps of before, and opened when nothing here has their key any more.
    open.vault.openMany = async (versions) => {
      open.vault.openMany = openMany;
      held.open();
      await done.passed;
      return openMany(versions);
    };
    open.book.seen.clear();
    reading = one.app.readIncident(one.record);
    await held.passed;
    return rewrap(list, keys);
  };
  await one.app.renewKeys({ words: WORDS, newWords: NEW });
  done.open();
  const { versions } = await reading;
  assert.ok(versions.length && versions.every(({ altered }) => !altered));
  await isSound(one, ['before']);
  one.phone.end();
});

test('the numbers of a diary that are read while a change lays them anew are read again, and nothing is doubted', async () => {
  const one = await keeper('before');
  await looks(one);
  const { open } = one.phone.ctx;
  const { store } = open;
  const { verifyWritten, readJsonMany } = store;
  let reading = null;
  // The pages are written, and the root that goes with them is not yet the one in use.
  store.verifyWritten = async (...written) => {
    delete store.verifyWritten;
    const read = gate();
    store.readJsonMany = (names) => readJsonMany.call(store, names).finally(read.open);
    reading = readKnownVersions(open);
    await read.passed;
    delete store.readJsonMany;
    return verifyWritten.call(store, ...written);
  };
  await one.app.sendAgain();
  await reading;
  await looks(one);
  assert.deepEqual([store.root.doubts, one.app.state.account.trouble], [{}, null]);
  one.phone.end();
});

test('"Send again" while the feed is read: no number is left out, and it goes on by itself', async () => {
  const one = await keeper('before');
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await looks(two);
  await save(one.app, 'on its way');
  await until(one, isKept, 'kept');
  await looks(one);
  const [answered, late] = [gate(), gate()];
  two.faults.after = async (path, options) => {
    if (!isFeed(path, options)) return;
    delete two.faults.after;
    answered.open();
    await late.passed;
  };
  two.app.network();
  await answered.passed;
  await two.app.sendAgain();
  late.open();
  const { store } = two.phone.ctx.open;
  await eventually(
    () => store.root.again,
    (is) => !is,
  );
  await looks(two);
  assert.equal((await readNumbers(store, 1, store.root.feed.seq)).length, store.root.feed.seq);
  await until(two, (state) => isKept(state) && state.entries.length === 2, 'both');
  assert.deepEqual([store.root.doubts, two.app.state.account.trouble], [{}, null]);
  for (const { phone } of [one, two]) phone.end();
});

test('what the version before called altered, since it had opened it under the wrong keys, is opened once more; what does not hold stays said', async () => {
  const one = await keeper('before');
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await looks(two);
  const { record } = await save(one.app, 'came between two sets of keys');
  await one.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await one.app.saveNote(record, 'Only for me.');
  await until(one, isKept, 'kept');
  await looks(one);
  const { store, vault, book } = two.phone.ctx.open;
  const { openMany } = vault;
  vault.openMany = async (versions) => versions.map(() => ({ opened: null, error: 'not_opened' }));
  // As that version left it: it never tried again.
  await store.change((root) => {
    root.reopened = true;
  });
  await looks(two);
  assert.deepEqual(
    [store.root.doubts, two.app.state.account.trouble?.code, two.app.state.entries.length],
    [{ altered: true }, 'altered', 1],
  );
  await store.change((root) => {
    delete root.reopened;
  });
  await looks(two);
  assert.deepEqual(store.root.doubts, { altered: true }, 'where it does not hold now either, it is said as before');
  vault.openMany = openMany;
  await store.change((root) => {
    delete root.reopened;
  });
  book.seen.clear();
  await looks(two);
  await isSame(two, one, record);
  await two.app.lock('asked');
  await two.app.unlock(WORDS);
  await isSame(two, one, record);
  for (const { phone } of [one, two]) phone.end();
});
