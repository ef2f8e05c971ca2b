/** New sign-ins since this phone last looked are shown at its next unlock, until the keeper confirms them. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { signInAgain } from '#app/diary/keys/accounts.js';
import { isKept } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const signInsOf = ({ account }) =>
  (account?.sign_ins ?? []).map(({ device_name, kind, signed_out }) => [device_name, kind, signed_out]);

async function registerPhone() {
  const phone = await phoneWithEntry({ origin: server.base, send: sender(server.base) }, 'at home');
  const { login } = await phone.app.register({ words: WORDS });
  await until(phone, isKept, 'kept');
  return { phone, login };
}

/** Sign in with the keeper's words on another device. */
async function signInElsewhere(login) {
  const otherPhone = makePhone({ origin: server.base, send: sender(server.base) });
  await otherPhone.app.start();
  await otherPhone.app.signIn({ login, words: WORDS });
  await until(otherPhone, ({ entries }) => entries.length === 1, 'the entry');
  return otherPhone;
}

async function reopen(phone) {
  await phone.app.lock();
  await phone.app.unlock(WORDS);
  await until(phone, isKept, 'open again');
  await new Promise((resolve) => setTimeout(resolve, 300));
}

test('a device that signed in is shown until the keeper confirms it, even if it has signed out', async () => {
  const { phone, login } = await registerPhone();
  await signInElsewhere(login);
  const signedOutPhone = await signInElsewhere(login);
  await signedOutPhone.app.signOut();
  await reopen(phone);
  const signIns = signInsOf(await until(phone, (state) => signInsOf(state).length === 2, 'both are shown'));
  assert.deepEqual(
    signIns.map(([, kind, signedOut]) => [kind, signedOut]),
    [
      ['ordinary', false],
      ['ordinary', true],
    ],
  );
  await reopen(phone);
  await until(phone, (state) => signInsOf(state).length === 2, 'still shown, each once');
  await phone.app.knowSignIns(1);
  await until(phone, (state) => signInsOf(state).length === 1, 'the first was seen');
  await phone.app.knowSignIns(1);
  await reopen(phone);
  await until(phone, (state) => signInsOf(state).length === 0, 'both were seen');
  await signInElsewhere(login);
  await reopen(phone);
  await until(phone, (state) => signInsOf(state).length === 1, 'the next one is shown');
});

test('known devices stored by an earlier release hide nothing', async () => {
  const { phone, login } = await registerPhone();
  await phone.ctx.open.store.change((root) => {
    root.known_devices = ['A'.repeat(22)];
    root.arrived = [{ device: 'A'.repeat(22), device_name: 'Laptop', at: 1 }];
  });
  await signInElsewhere(login);
  await reopen(phone);
  await until(phone, (state) => signInsOf(state).length === 1, 'shown');
  assert.equal(phone.ctx.open.store.root.known_devices, undefined);
});

test('a cursor that the server does not know is replaced', async () => {
  const { phone, login } = await registerPhone();
  await phone.ctx.open.store.change((root) => {
    root.sign_ins = { cursor: 'A'.repeat(100), waiting: [] };
  });
  await signInElsewhere(login);
  await reopen(phone);
  await until(phone, (state) => signInsOf(state).length === 1, 'shown');
});

test('a sign-in by this device is not shown; one by somebody else with the same words is', async () => {
  const { phone, login } = await registerPhone();
  await reopen(phone);
  const firstSession = phone.ctx.api.session_id;
  // Twice while it is open: neither is the session that asks at the next look.
  for (const _ of [1, 2]) await signInAgain(phone.ctx, phone.ctx.open, WORDS);
  assert.notEqual(phone.ctx.api.session_id, firstSession);
  await phone.ctx.open.store.change((root) => {
    root.session = null;
  });
  await signInElsewhere(login);
  await reopen(phone);
  await until(phone, (state) => signInsOf(state).length === 1, 'only the other one is shown');
});
