/** Replacing every key with the recovery code, while a thief who knows the passphrase works against it. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { isKept, saveEntry } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { anotherPhone } from './phone/second_phone.mjs';
import { fixedClock } from '#app/core/clock.js';

const NEW_WORDS = 'orbit velvet canyon maple drift spoon';
const THIEF_WORDS = 'glove pepper window harbor mint lamp';
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const expectRefused = (promise, ...codes) => assert.rejects(promise, ({ code }) => codes.includes(code));
const titles = ({ entries }) => entries.map(({ title }) => title).sort();
const failNetwork = () => {
  throw new TypeError('Failed to fetch');
};

/**
 * Return a keeper with one entry on the server and a recovery code, and a thief who signed in with the same passphrase.
 */
async function keeperAndThief() {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const keeper = {
    ...(await phoneWithEntry(
      { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
      'before',
    )),
    faults,
  };
  const { login } = await keeper.app.register({ words: WORDS });
  await until(keeper, isKept, 'kept');
  const { crockford: code } = await keeper.app.makeCode();
  await keeper.app.confirmCode(code);
  const thief = await anotherPhone(server.base, login, WORDS);
  await until(thief, isKept, "on the thief's phone");
  await thief.phone.ctx.open.syncing.now();
  return { keeper, thief, login, code };
}

/**
 * Let the thief begin a change of keys with the passphrase and stop one step before its end: nobody else can push
 * meanwhile.
 */
async function squat(thief) {
  thief.faults.before = (path) => {
    if (path.endsWith('/rotation/commit')) failNetwork();
  };
  await expectRefused(thief.app.renewKeys({ words: WORDS, newWords: THIEF_WORDS }), 'offline', 'no_network');
  delete thief.faults.before;
}

async function restartPhone(phone, words) {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const restarted = makePhone({ after: phone, origin: server.base, send: sender(server.base, faults) });
  await restarted.app.start();
  await restarted.app.unlock(words);
  return { phone: restarted, app: restarted.app, faults };
}

/**
 * Expect that the keeper has everything under the new passphrase, on this phone and on a new one, and the thief has
 * nothing new.
 */
async function expectKeeperInControl(keeper, thief, login, written) {
  await saveEntry(keeper.app, 'after');
  await until(keeper, (state) => isKept(state) && state.entries.length === written.length + 1, 'kept after');
  await expectRefused(anotherPhone(server.base, login, WORDS), 'sign_in_failed');
  await expectRefused(anotherPhone(server.base, login, THIEF_WORDS), 'sign_in_failed');
  const fresh = await anotherPhone(server.base, login, NEW_WORDS);
  await until(fresh, ({ entries }) => entries.length === written.length + 1, 'on a new phone');
  assert.deepEqual(titles(fresh.app.state), ['after', ...written].sort());
  assert.ok(fresh.app.state.entries.every(({ flags }) => !flags.includes('altered')));
  assert.deepEqual([fresh.phone.ctx.open.store.root.doubts, keeper.phone.ctx.open.store.root.doubts], [{}, {}]);
  assert.ok(!titles(thief.app.state).includes('after'));
  for (const { phone } of [keeper, thief, fresh]) phone.end();
}

test('a stranger who blocks key renewal with the passphrase does not block it with the recovery code', async () => {
  const { keeper, thief, login, code } = await keeperAndThief();
  await squat(thief);
  await saveEntry(keeper.app, 'cannot be sent meanwhile');
  await expectRefused(keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS }), 'unavailable');
  await keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS, code });
  assert.equal(keeper.app.state.account.recovery, 'todo', 'the code was used up, and a new one is due');
  await expectRefused(thief.app.renewOn({ newWords: THIEF_WORDS }), 'signed_out', 'needs_words');
  await expectKeeperInControl(keeper, thief, login, ['before', 'cannot be sent meanwhile']);
});

test('a thief who begins again with the passphrase while the keeper’s wraps are being sent is refused', async () => {
  const { keeper, thief, login, code } = await keeperAndThief();
  let tried = null;
  keeper.faults.before = async (path) => {
    if (tried || !path.endsWith('/rotation/wraps')) return;
    tried = expectRefused(thief.app.renewKeys({ words: WORDS, newWords: THIEF_WORDS }), 'conflict');
    await tried;
  };
  await keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS, code });
  assert.ok(tried);
  await expectKeeperInControl(keeper, thief, login, ['before']);
});

test('when a thief writes just as the keeper begins, the second try succeeds', async () => {
  const { keeper, thief, login, code } = await keeperAndThief();
  let written = 0;
  keeper.faults.after = async (path) => {
    if (written || path !== '/v1/session') return;
    written = 1;
    await saveEntry(thief.app, 'to get in between');
    await until(thief, isKept, 'the thief wrote in between');
  };
  await keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS, code });
  assert.ok(written);
  await until(keeper, ({ entries }) => entries.length === 2);
  await expectKeeperInControl(keeper, thief, login, ['before', 'to get in between']);
});

test('when somebody ends the session midway, the recovery code signs in again and continues', async () => {
  const { keeper, thief, login, code } = await keeperAndThief();
  let ended = null;
  keeper.faults.before = async (path) => {
    if (ended || !path.endsWith('/rotation/wraps')) return;
    ended = thief.app.changeWords({ words: WORDS, newWords: THIEF_WORDS });
    await ended;
  };
  await keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS, code });
  assert.ok(ended);
  await expectKeeperInControl(keeper, thief, login, ['before']);
});

test('a phone signed out by somebody’s new passphrase renews all keys with the recovery code', async () => {
  const { keeper, thief, login, code } = await keeperAndThief();
  await thief.app.changeWords({ words: WORDS, newWords: THIEF_WORDS });
  keeper.app.network();
  await until(keeper, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await saveEntry(keeper.app, 'written signed out');
  // More often than the words may be tried in an hour: the app does not repeat a refused try by itself.
  for (let runs = 0; runs < 12; runs++) await expectRefused(keeper.phone.ctx.open.syncing.now(), 'signed_out');
  await keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS, code });
  assert.equal(keeper.app.state.account.trouble, null);
  await expectKeeperInControl(keeper, thief, login, ['before', 'written signed out']);
});

test('an incomplete code, another code and no signal each give their own error, and nothing changes', async () => {
  const { keeper, code } = await keeperAndThief();
  const other = await keeperAndThief();
  assert.equal(await keeper.app.checkCode(code), true);
  assert.equal(await keeper.app.checkCode(code.slice(0, -1)), false);
  for (const wrong of [code.slice(0, -1), 'no code at all', 'a'.repeat(5000)]) {
    await expectRefused(keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS, code: wrong }), 'code_wrong');
  }
  // More often than the number of wrong proofs that would end a session.
  for (let tries = 0; tries < 12; tries++)
    await expectRefused(keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS, code: other.code }), 'code_refused');
  await expectRefused(
    keeper.app.renewKeys({ words: 'quite other words here', newWords: NEW_WORDS, code }),
    'words_differ',
  );
  keeper.faults.off = true;
  await expectRefused(keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS, code }), 'offline', 'no_network');
  keeper.faults.off = false;
  assert.equal(keeper.app.state.account.rekeying, false);
  await saveEntry(keeper.app, 'kept all the same');
  await until(keeper, (state) => isKept(state) && state.entries.length === 2, 'kept');
  for (const { phone } of [keeper, other.keeper, other.thief]) phone.end();
});

for (const [moment, pathEnd] of [
  ['while wraps are sent', '/rotation/wraps'],
  ['before it takes effect', '/rotation/commit'],
]) {
  test(`locked ${moment} while a thief sets a passphrase: the change resumes by words or code`, async () => {
    const { keeper, thief, login, code } = await keeperAndThief();
    keeper.faults.before = async (path) => {
      if (!path.endsWith(pathEnd)) return;
      delete keeper.faults.before;
      await keeper.app.lock('asked');
      failNetwork();
    };
    await assert.rejects(keeper.app.renewKeys({ words: WORDS, newWords: NEW_WORDS, code }));
    keeper.phone.end();
    await thief.app.changeWords({ words: WORDS, newWords: THIEF_WORDS });
    const restarted = await restartPhone(keeper.phone, WORDS);
    await until(restarted, ({ account }) => account.rekeying, 'reported as unfinished');
    await expectRefused(restarted.app.renewOn({ newWords: NEW_WORDS }), 'signed_out', 'no_match', 'sign_in_failed');
    await expectRefused(restarted.app.renewOn({ newWords: NEW_WORDS, code: code.slice(0, -1) }), 'code_wrong');
    await restarted.app.renewOn({ newWords: NEW_WORDS, code });
    await expectKeeperInControl(restarted, thief, login, ['before']);
  });
}
