/** A session ended from another device: the phone that had it locks, and returns only with words typed since. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { isKept, saveEntry } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { fixedClock } from '#app/core/clock.js';

const SHORT = '274913';
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** The phone is locked, and its state has nothing of the diary. */
const isLocked = ({ phase, entries, account }) => phase === 'locked' && !entries.length && !account;

/** The requests and faults of one phone, and its options. */
function makeWire() {
  const requests = [];
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {
    before: (path, { method }) => {
      requests.push(`${method} ${path}`);
    },
  };
  return {
    requests,
    faults,
    options: { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
  };
}

/** The keeper's phone, and one in somebody else's hands: both open, both signed in. */
async function twoPhones() {
  const [ownWire, otherWire] = [makeWire(), makeWire()];
  const keeperPhone = await phoneWithEntry(ownWire.options, 'at home');
  const { login } = await keeperPhone.app.register({ words: WORDS });
  await until(keeperPhone, isKept, 'kept');
  const phone = makePhone(otherWire.options);
  await phone.app.start();
  await phone.app.signIn({ login, words: WORDS });
  await until(phone, ({ entries }) => entries.length === 1, 'the entry');
  return { keeperPhone, otherPhone: { ...otherWire, phone, app: phone.app } };
}

async function endOtherSession(keeperPhone) {
  const sessions = await keeperPhone.app.sessions({ words: WORDS });
  await keeperPhone.app.endSession(sessions.find((session) => !session.here).session, { words: WORDS });
}

const signInCount = ({ requests }) => requests.filter((request) => request === 'POST /v1/sessions').length;

test('an open phone whose session was ended locks at next contact and signs in only with the passphrase', async () => {
  const { keeperPhone, otherPhone } = await twoPhones();
  await endOtherSession(keeperPhone);
  await saveEntry(otherPhone.app, 'typed by whoever holds it');
  await until(otherPhone, isLocked, 'locked');
  await otherPhone.phone.waitUntilIdle();
  assert.equal(signInCount(otherPhone), 1, 'it does not sign in again by itself');
  assert.equal((await keeperPhone.app.sessions({ words: WORDS })).length, 1);

  await assert.rejects(otherPhone.app.unlock('none of these words'), { code: 'no_match' });
  assert.equal(signInCount(otherPhone), 1);
  await otherPhone.app.unlock(WORDS);
  const returnedState = await until(otherPhone, ({ account }) => account?.returned, 'the phone reports what happened');
  assert.equal(returnedState.account.trouble, null);
  await until(
    otherPhone,
    (state) => isKept(state) && state.entries.length === 2,
    'sent after the passphrase was typed',
  );
  assert.equal(signInCount(otherPhone), 2);
  await otherPhone.app.knowReturned();
  assert.equal(otherPhone.app.state.account.returned, null);

  // And a second time: having returned once does not allow an automatic return.
  await endOtherSession(keeperPhone);
  otherPhone.app.network();
  await until(otherPhone, isLocked, 'locked again');
  assert.equal(signInCount(otherPhone), 2);
  otherPhone.phone.end();
  keeperPhone.phone.end();
});

test('a restart or the short secret does not restore an ended session; the passphrase does', async () => {
  const { keeperPhone, otherPhone } = await twoPhones();
  await otherPhone.app.setShort(SHORT, WORDS);
  await keeperPhone.app.endOthers({ words: WORDS });
  otherPhone.app.network();
  await until(otherPhone, isLocked, 'locked');
  otherPhone.phone.end();
  const restarted = makePhone({ after: otherPhone.phone, ...otherPhone.options });
  await restarted.app.start();
  await restarted.app.unlock(SHORT);
  await until(restarted, ({ account }) => account?.trouble?.code === 'session_ended', 'reported');
  assert.equal(restarted.app.state.phase, 'open', 'entries on the phone can be read');
  await saveEntry(restarted.app, 'with the short secret');
  restarted.app.network();
  await restarted.waitUntilIdle();
  assert.equal(signInCount(otherPhone), 1, 'the short secret does not sign in');
  await assert.rejects(restarted.app.catchUp({ words: 'none of these words' }), { code: 'sign_in_failed' });
  await restarted.app.catchUp({ words: WORDS });
  await until(restarted, (state) => isKept(state) && state.entries.length === 2 && state.account.returned, 'sent');
  assert.equal(restarted.app.state.account.trouble, null);
  restarted.end();
  keeperPhone.phone.end();
});

test('an expired session is renewed automatically, with the renewal token and no proof', async () => {
  const { keeperPhone, otherPhone } = await twoPhones();
  let isFirst = true;
  otherPhone.faults.before = (path, { method }) => {
    otherPhone.requests.push(`${method} ${path}`);
    if (!isFirst || method !== 'PUT') return undefined;
    isFirst = false;
    return new Response('{"error":"signed_out","message":""}', {
      status: 401,
      headers: { 'content-type': 'application/json' },
    });
  };
  await saveEntry(otherPhone.app, 'a month later');
  await until(otherPhone, (state) => isKept(state) && state.entries.length === 2, 'kept');
  assert.equal(otherPhone.app.state.phase, 'open');
  assert.equal(signInCount(otherPhone), 1);
  assert.equal(otherPhone.requests.filter((request) => request === 'POST /v1/session/renewal').length, 1);
  otherPhone.phone.end();
  keeperPhone.phone.end();
});
