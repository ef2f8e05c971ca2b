/** A phone with the store and cookies of an earlier release changes to session tokens when it is next unlocked. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { isKept, saveEntry } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/**
 * Return a registered phone as the earlier release left it: session cookies in the cookie jar, no token in its store.
 */
async function phoneOfOldRelease() {
  const requests = [];
  const send = sender(server.base, {
    before: (path, { method, headers, credentials }) => {
      requests.push({ line: `${method} ${path}`, token: headers.Authorization, credentials });
    },
  });
  const setup = await phoneWithEntry({ origin: server.base, send, clock: fixedClock(Date.now()) }, 'before');
  const { login } = await setup.app.register({ words: WORDS });
  await until(setup, isKept, 'kept');
  const { store } = setup.phone.ctx.open;
  const { token, device } = store.root.session;
  const { vault } = setup.phone.ctx;
  const { auth } = await vault.auth({ words: WORDS, kdf: (await setup.phone.ctx.api.prelogin(login)).kdf, login });
  const sealed = await withProof(vault, store, auth);
  await store.change((root, change) => {
    delete root.session;
    change.putSealed('identity', sealed);
  });
  send.jar.set('__Host-s', token);
  send.jar.set('__Host-d', device);
  await setup.app.lock('asked');
  requests.length = 0;
  return { ...setup, requests, login, send, token };
}

/** Seal the identity as the earlier release did, with the sign-in proof in it. */
async function withProof(vault, store, proof) {
  const boxId = store.idOf('identity');
  const { desc } = await vault.boxOpen(boxId, await vault.sealIdentity(boxId));
  return vault.boxSeal(boxId, { ...desc, proof });
}

/** Whether the store holds the proof. */
const keepsProof = async ({ store, vault }) =>
  Boolean(
    (await vault.boxOpen(store.idOf('identity'), (await store.database.read([store.idOf('identity')]))[0])).desc.proof,
  );

const sessionOf = async ({ phone }) => (await phone.ctx.api.session()).session;

test('a cookie session continues with a token that is stored sealed, and the cookies are sent once', async () => {
  const { app, phone, requests, token } = await phoneOfOldRelease();
  await app.unlock(WORDS);
  await saveEntry(app, 'after');
  await until({ app }, (state) => isKept(state) && state.entries.length === 2, 'kept');
  const lines = requests.map(({ line }) => line);
  assert.equal(lines.filter((line) => line === 'POST /v1/session/exchange').length, 1);
  assert.ok(!lines.includes('POST /v1/sessions'));
  assert.deepEqual(
    requests.filter(({ credentials }) => credentials !== 'omit').map(({ line }) => line),
    ['POST /v1/session/exchange'],
  );
  const session = phone.ctx.open.store.root.session;
  assert.ok(session.token && session.token !== token && session.device && session.renewal);
  assert.equal(await keepsProof(phone.ctx.open), false, 'the stored proof is erased');
  assert.equal((await app.sessions({ words: WORDS })).length, 1);
  const before = await sessionOf({ phone });
  // From now on the store holds the token. A lock removes it from memory.
  await app.lock('asked');
  assert.deepEqual(phone.ctx.api.tokens(), { token: null, device: null, session: null, upload: null, renewal: null });
  requests.length = 0;
  await app.unlock(WORDS);
  assert.equal(await sessionOf({ phone }), before);
  assert.ok(requests.every(({ line, credentials }) => line !== 'POST /v1/session/exchange' && credentials === 'omit'));
});

test('a phone whose session was ended by another device locks until the passphrase is typed again', async () => {
  const { app, phone, requests, login } = await phoneOfOldRelease();
  const otherPhone = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await otherPhone.app.start();
  await otherPhone.app.signIn({ login, words: WORDS });
  await until(otherPhone, isKept, 'there');
  await otherPhone.app.endOthers({ words: WORDS });
  await app.unlock(WORDS);
  await until({ app }, ({ phase, entries }) => phase === 'locked' && !entries.length, 'locked');
  assert.ok(!requests.some(({ line }) => line === 'POST /v1/sessions'));
  await app.unlock(WORDS);
  await until({ app }, ({ account }) => account?.returned, 'the phone reports what happened');
  assert.equal(await keepsProof(phone.ctx.open), false);
  await saveEntry(app, 'after');
  await until({ app }, (state) => isKept(state) && state.entries.length === 2, 'kept');
  assert.ok(phone.ctx.open.store.root.session.token);
});

test('a phone whose session ended returns as a known device, even if strangers used up all other tries', async () => {
  const { app, login } = await phoneOfOldRelease();
  const otherPhone = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await otherPhone.app.start();
  await otherPhone.app.signIn({ login, words: WORDS });
  await otherPhone.app.endOthers({ words: WORDS });
  const stranger = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await stranger.app.start();
  for (let tries = 0; tries < 10; tries++)
    await assert.rejects(stranger.app.signIn({ login, words: 'none of these words at all' }));
  await assert.rejects(stranger.app.signIn({ login, words: WORDS }), ({ code }) => code === 'try_later');
  await app.unlock(WORDS);
  await until({ app }, ({ phase, entries }) => phase === 'locked' && !entries.length, 'locked');
  await app.unlock(WORDS);
  await until({ app }, ({ account }) => account?.returned, 'back');
});

test('an expired session is replaced without asking the keeper', async () => {
  const { app, phone, send } = await phoneOfOldRelease();
  send.jar.set('__Host-s', 'A'.repeat(43));
  await app.unlock(WORDS);
  await saveEntry(app, 'after');
  await until({ app }, (state) => isKept(state) && state.entries.length === 2, 'kept');
  assert.ok(phone.ctx.open.store.root.session.token);
});
