/** Whoever signed in since this phone last looked is shown at its next unlock, until the keeper says that it was them. */
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

const names = ({ account }) =>
  (account?.sign_ins ?? []).map(({ device_name, kind, signed_out }) => [device_name, kind, signed_out]);

async function keeper() {
  const phone = await phoneWithEntry({ origin: server.base, send: sender(server.base) }, 'at home');
  const { login } = await phone.app.register({ words: WORDS });
  await until(phone, isKept, 'kept');
  return { phone, login };
}

/** The keeper's words on another device. */
async function another(login) {
  const other = makePhone({ origin: server.base, send: sender(server.base) });
  await other.app.start();
  await other.app.signIn({ login, words: WORDS });
  await until(other, ({ entries }) => entries.length === 1, 'the entry');
  return other;
}

async function again(phone) {
  await phone.app.lock();
  await phone.app.unlock(WORDS);
  await until(phone, isKept, 'open again');
  await new Promise((go) => setTimeout(go, 300));
}

test('a device that signed in, and one that has left again, are shown until the keeper knows them', async () => {
  const { phone, login } = await keeper();
  await another(login);
  const gone = await another(login);
  await gone.app.signOut();
  await again(phone);
  const shown = names(await until(phone, (state) => names(state).length === 2, 'both are shown'));
  assert.deepEqual(
    shown.map(([, kind, out]) => [kind, out]),
    [
      ['ordinary', false],
      ['ordinary', true],
    ],
  );
  await again(phone);
  await until(phone, (state) => names(state).length === 2, 'still shown, each once');
  await phone.app.knowSignIns(1);
  await until(phone, (state) => names(state).length === 1, 'the first was seen');
  await phone.app.knowSignIns(1);
  await again(phone);
  await until(phone, (state) => names(state).length === 0, 'both were seen');
  await another(login);
  await again(phone);
  await until(phone, (state) => names(state).length === 1, 'the next one is shown');
});

test('known devices stored by an earlier release hide nothing', async () => {
  const { phone, login } = await keeper();
  await phone.ctx.open.store.change((root) => {
    root.known_devices = ['A'.repeat(22)];
    root.arrived = [{ device: 'A'.repeat(22), device_name: 'Laptop', at: 1 }];
  });
  await another(login);
  await again(phone);
  await until(phone, (state) => names(state).length === 1, 'shown');
  assert.equal(phone.ctx.open.store.root.known_devices, undefined);
});

test('a cursor that the server does not know is replaced', async () => {
  const { phone, login } = await keeper();
  await phone.ctx.open.store.change((root) => {
    root.sign_ins = { cursor: 'A'.repeat(100), waiting: [] };
  });
  await another(login);
  await again(phone);
  await until(phone, (state) => names(state).length === 1, 'shown');
});

test('a sign-in by this device is not shown; one by somebody else with the same words is', async () => {
  const { phone, login } = await keeper();
  await again(phone);
  const first = phone.ctx.api.session_id;
  // Twice in one opening: neither is the session that asks at the next look.
  for (const _ of [1, 2]) await signInAgain(phone.ctx, phone.ctx.open, WORDS);
  assert.notEqual(phone.ctx.api.session_id, first);
  await phone.ctx.open.store.change((root) => {
    root.session = null;
  });
  await another(login);
  await again(phone);
  await until(phone, (state) => names(state).length === 1, 'the other one alone is shown');
});
