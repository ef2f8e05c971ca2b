/** Every key made new with the recovery code, while somebody who knows the words does what they can against it. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { isKept, save } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { anotherPhone } from './phone/another.mjs';
import { fixedClock } from '#app/core/clock.js';

const NEW = 'orbit velvet canyon maple drift spoon';
const THIEFS = 'glove pepper window harbor mint lamp';
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const refused = (promise, ...codes) => assert.rejects(promise, ({ code }) => codes.includes(code));
const titles = ({ entries }) => entries.map(({ title }) => title).sort();
const cut = () => {
  throw new TypeError('Failed to fetch');
};

/** A keeper with one entry on the server and a code on paper, and somebody else who signed in with the same words. */
async function keeperAndThief() {
  const faults = {};
  const one = {
    ...(await phoneWithEntry(
      { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
      'before',
    )),
    faults,
  };
  const { login } = await one.app.register({ words: WORDS });
  await until(one, isKept, 'kept');
  const { crockford: code } = await one.app.makeCode();
  await one.app.confirmCode(code);
  const thief = await anotherPhone(server.base, login, WORDS);
  await until(thief, isKept, 'at the thief');
  await thief.phone.ctx.open.syncing.now();
  return { one, thief, login, code };
}

/** The thief begins a change of keys with the words and leaves it one step before its end: nobody else can push meanwhile. */
async function squats(thief) {
  thief.faults.before = (path) => {
    if (path.endsWith('/rotation/commit')) cut();
  };
  await refused(thief.app.renewKeys({ words: WORDS, newWords: THIEFS }), 'offline', 'no_network');
  delete thief.faults.before;
}

async function again(phone, words) {
  const faults = {};
  const next = makePhone({ after: phone, origin: server.base, send: sender(server.base, faults) });
  await next.app.start();
  await next.app.unlock(words);
  return { phone: next, app: next.app, faults };
}

/** The keeper has everything under the new words, on this phone and on another, and the thief has nothing new. */
async function isTheKeepers(one, thief, login, written) {
  await save(one.app, 'after');
  await until(one, (state) => isKept(state) && state.entries.length === written.length + 1, 'kept after');
  await refused(anotherPhone(server.base, login, WORDS), 'sign_in_failed');
  await refused(anotherPhone(server.base, login, THIEFS), 'sign_in_failed');
  const fresh = await anotherPhone(server.base, login, NEW);
  await until(fresh, ({ entries }) => entries.length === written.length + 1, 'on a new phone');
  assert.deepEqual(titles(fresh.app.state), ['after', ...written].sort());
  assert.ok(fresh.app.state.entries.every(({ flags }) => !flags.includes('altered')));
  assert.deepEqual([fresh.phone.ctx.open.store.root.doubts, one.phone.ctx.open.store.root.doubts], [{}, {}]);
  assert.ok(!titles(thief.app.state).includes('after'));
  for (const { phone } of [one, thief, fresh]) phone.end();
}

test('somebody squats with the words: they keep the words waiting, and the code goes through', async () => {
  const { one, thief, login, code } = await keeperAndThief();
  await squats(thief);
  await save(one.app, 'cannot be sent meanwhile');
  await refused(one.app.renewKeys({ words: WORDS, newWords: NEW }), 'unavailable');
  await one.app.renewKeys({ words: WORDS, newWords: NEW, code });
  assert.equal(one.app.state.account.recovery, 'todo', 'the code was used up, and a new one is owed');
  await refused(thief.app.renewOn({ newWords: THIEFS }), 'signed_out', 'needs_words');
  await isTheKeepers(one, thief, login, ['before', 'cannot be sent meanwhile']);
});

test('somebody begins again with the words while the wraps of the code are on their way: they are refused', async () => {
  const { one, thief, login, code } = await keeperAndThief();
  let tried = null;
  one.faults.before = async (path) => {
    if (tried || !path.endsWith('/rotation/wraps')) return;
    tried = refused(thief.app.renewKeys({ words: WORDS, newWords: THIEFS }), 'conflict');
    await tried;
  };
  await one.app.renewKeys({ words: WORDS, newWords: NEW, code });
  assert.ok(tried);
  await isTheKeepers(one, thief, login, ['before']);
});

test('somebody writes whenever the keeper begins: the second try holds', async () => {
  const { one, thief, login, code } = await keeperAndThief();
  let written = 0;
  one.faults.after = async (path) => {
    if (written || path !== '/v1/session') return;
    written = 1;
    await save(thief.app, 'to get in between');
    await until(thief, isKept, 'got in between');
  };
  await one.app.renewKeys({ words: WORDS, newWords: NEW, code });
  assert.ok(written);
  await until(one, ({ entries }) => entries.length === 2);
  await isTheKeepers(one, thief, login, ['before', 'to get in between']);
});

test('somebody ends the session in the middle: the code signs in again and goes on', async () => {
  const { one, thief, login, code } = await keeperAndThief();
  let ended = null;
  one.faults.before = async (path) => {
    if (ended || !path.endsWith('/rotation/wraps')) return;
    ended = thief.app.changeWords({ words: WORDS, newWords: THIEFS });
    await ended;
  };
  await one.app.renewKeys({ words: WORDS, newWords: NEW, code });
  assert.ok(ended);
  await isTheKeepers(one, thief, login, ['before']);
});

test('a phone that was signed out because somebody set new words makes everything new with the code', async () => {
  const { one, thief, login, code } = await keeperAndThief();
  await thief.app.changeWords({ words: WORDS, newWords: THIEFS });
  one.app.network();
  await until(one, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await save(one.app, 'written signed out');
  // More often than the words may be tried in an hour: what is refused once is not tried again by itself.
  for (let runs = 0; runs < 12; runs++) await refused(one.phone.ctx.open.syncing.now(), 'signed_out');
  await one.app.renewKeys({ words: WORDS, newWords: NEW, code });
  assert.equal(one.app.state.account.trouble, null);
  await isTheKeepers(one, thief, login, ['before', 'written signed out']);
});

test('a code that is not whole, another one, and no signal: each is said, and nothing has changed', async () => {
  const { one, code } = await keeperAndThief();
  const other = await keeperAndThief();
  assert.equal(await one.app.checkCode(code), true);
  assert.equal(await one.app.checkCode(code.slice(0, -1)), false);
  for (const wrong of [code.slice(0, -1), 'no code at all', 'a'.repeat(5000)]) {
    await refused(one.app.renewKeys({ words: WORDS, newWords: NEW, code: wrong }), 'code_wrong');
  }
  // More often than wrong proofs end a session.
  for (let tries = 0; tries < 12; tries++)
    await refused(one.app.renewKeys({ words: WORDS, newWords: NEW, code: other.code }), 'code_refused');
  await refused(one.app.renewKeys({ words: 'quite other words here', newWords: NEW, code }), 'words_differ');
  one.faults.off = true;
  await refused(one.app.renewKeys({ words: WORDS, newWords: NEW, code }), 'offline', 'no_network');
  one.faults.off = false;
  assert.equal(one.app.state.account.rekeying, false);
  await save(one.app, 'kept all the same');
  await until(one, (state) => isKept(state) && state.entries.length === 2, 'kept');
  for (const { phone } of [one, other.one, other.thief]) phone.end();
});

for (const [name, hit] of [
  ['while wraps are sent', '/rotation/wraps'],
  ['before it takes effect', '/rotation/commit'],
]) {
  test(`locked ${name}, and somebody sets new words: it goes on after a restart with the new words and the code`, async () => {
    const { one, thief, login, code } = await keeperAndThief();
    one.faults.before = async (path) => {
      if (!path.endsWith(hit)) return;
      delete one.faults.before;
      await one.app.lock('asked');
      cut();
    };
    await assert.rejects(one.app.renewKeys({ words: WORDS, newWords: NEW, code }));
    one.phone.end();
    await thief.app.changeWords({ words: WORDS, newWords: THIEFS });
    const back = await again(one.phone, WORDS);
    await until(back, ({ account }) => account.rekeying, 'says it is unfinished');
    await refused(back.app.renewOn({ newWords: NEW }), 'signed_out', 'no_match', 'sign_in_failed');
    await refused(back.app.renewOn({ newWords: NEW, code: code.slice(0, -1) }), 'code_wrong');
    await back.app.renewOn({ newWords: NEW, code });
    await isTheKeepers(back, thief, login, ['before']);
  });
}
