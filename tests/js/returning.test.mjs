/** Where a session was ended from another device: the phone in somebody's hand locks, and comes back only by words typed since. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { isKept, save } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { fixedClock } from '#app/core/clock.js';

const SHORT = '274913';
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** And nothing of the diary is left for a screen to draw. */
const isLocked = ({ phase, entries, account }) => phase === 'locked' && !entries.length && !account;

/** What goes over the wire from one phone. */
function wired() {
  const asked = [];
  const faults = {
    before: (path, { method }) => {
      asked.push(`${method} ${path}`);
    },
  };
  return {
    asked,
    faults,
    options: { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
  };
}

/** The keeper's phone, and the one in somebody else's hand: both open, both signed in. */
async function two() {
  const [here, there] = [wired(), wired()];
  const one = await phoneWithEntry(here.options, 'at home');
  const { login } = await one.app.register({ words: WORDS });
  await until(one, isKept, 'kept');
  const phone = makePhone(there.options);
  await phone.app.start();
  await phone.app.signIn({ login, words: WORDS });
  await until(phone, ({ entries }) => entries.length === 1, 'the entry');
  return { one, other: { ...there, phone, app: phone.app } };
}

async function endOther(one) {
  const sessions = await one.app.sessions({ words: WORDS });
  await one.app.endSession(sessions.find((each) => !each.here).session, { words: WORDS });
}

const entries = ({ asked }) => asked.filter((one) => one === 'POST /v1/sessions').length;

test('an open phone whose session was ended locks at its next contact, and is signed in again by the words alone', async () => {
  const { one, other } = await two();
  await endOther(one);
  await save(other.app, 'typed by whoever holds it');
  await until(other, isLocked, 'locked');
  await other.phone.rest();
  assert.equal(entries(other), 1, 'it did not sign in again by itself');
  assert.equal((await one.app.sessions({ words: WORDS })).length, 1);

  await assert.rejects(other.app.unlock('none of these words'), { code: 'no_match' });
  assert.equal(entries(other), 1);
  await other.app.unlock(WORDS);
  const back = await until(other, ({ account }) => account?.returned, 'it says what had happened');
  assert.equal(back.account.trouble, null);
  await until(other, (state) => isKept(state) && state.entries.length === 2, 'sent, now that the words were typed');
  assert.equal(entries(other), 2);
  await other.app.knowReturned();
  assert.equal(other.app.state.account.returned, null);

  // And a second time: having come back once is no leave to do so by itself.
  await endOther(one);
  other.app.network();
  await until(other, isLocked, 'locked again');
  assert.equal(entries(other), 2);
  other.phone.end();
  one.phone.end();
});

test('a restart, and a short secret, do not bring it back; the words in use do', async () => {
  const { one, other } = await two();
  await other.app.setShort(SHORT, WORDS);
  await one.app.endOthers({ words: WORDS });
  other.app.network();
  await until(other, isLocked, 'locked');
  other.phone.end();
  const next = makePhone({ after: other.phone, ...other.options });
  await next.app.start();
  await next.app.unlock(SHORT);
  await until(next, ({ account }) => account?.trouble?.code === 'session_ended', 'it says so');
  assert.equal(next.app.state.phase, 'open', 'what is on the phone can be read');
  await save(next.app, 'with the short secret');
  next.app.network();
  await next.rest();
  assert.equal(entries(other), 1, 'a short secret signs nobody in');
  await assert.rejects(next.app.catchUp({ words: 'none of these words' }), { code: 'sign_in_failed' });
  await next.app.catchUp({ words: WORDS });
  await until(next, (state) => isKept(state) && state.entries.length === 2 && state.account.returned, 'sent');
  assert.equal(next.app.state.account.trouble, null);
  next.end();
  one.phone.end();
});

test('an expired session is renewed automatically, with the renewal token and no proof', async () => {
  const { one, other } = await two();
  let once = true;
  other.faults.before = (path, { method }) => {
    other.asked.push(`${method} ${path}`);
    if (!once || method !== 'PUT') return undefined;
    once = false;
    return new Response('{"error":"signed_out","message":""}', {
      status: 401,
      headers: { 'content-type': 'application/json' },
    });
  };
  await save(other.app, 'a month later');
  await until(other, (state) => isKept(state) && state.entries.length === 2, 'kept');
  assert.equal(other.app.state.phase, 'open');
  assert.equal(entries(other), 1);
  assert.equal(other.asked.filter((one) => one === 'POST /v1/session/renewal').length, 1);
  other.phone.end();
  one.phone.end();
});
