/** A phone whose store and jar are those of a release that had cookies goes over to tokens at its next opening. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { isKept, save } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** A registered phone, as the release before left it: tokens in the jar and none in its store. */
async function earlier() {
  const asked = [];
  const send = sender(server.base, {
    before: (path, { method, headers, credentials }) => {
      asked.push({ line: `${method} ${path}`, token: headers.Authorization, credentials });
    },
  });
  const made = await phoneWithEntry({ origin: server.base, send, clock: fixedClock(Date.now()) }, 'before');
  const { login } = await made.app.register({ words: WORDS });
  await until(made, isKept, 'kept');
  const { store } = made.phone.ctx.open;
  const { token, device } = store.root.session;
  const { vault } = made.phone.ctx;
  const { auth } = await vault.auth({ words: WORDS, kdf: (await made.phone.ctx.api.prelogin(login)).kdf, login });
  const sealed = await withProof(vault, store, auth);
  await store.change((root, change) => {
    delete root.session;
    change.putSealed('identity', sealed);
  });
  send.jar.set('__Host-s', token);
  send.jar.set('__Host-d', device);
  await made.app.lock('asked');
  asked.length = 0;
  return { ...made, asked, login, send, token };
}

/** The identity as a release before tokens sealed it: with the proof in it. */
async function withProof(vault, store, proof) {
  const place = store.idOf('identity');
  const { desc } = await vault.boxOpen(place, await vault.sealIdentity(place));
  return vault.boxSeal(place, { ...desc, proof });
}

/** Whether the proof lies in the store. */
const keepsProof = async ({ store, vault }) =>
  Boolean(
    (await vault.boxOpen(store.idOf('identity'), (await store.database.read([store.idOf('identity')]))[0])).desc.proof,
  );

const sessionOf = async ({ phone }) => (await phone.ctx.api.session()).session;

test('it signs nobody in anew: the session it had goes on with a token, kept sealed, and the jar is sent once', async () => {
  const { app, phone, asked, token } = await earlier();
  await app.unlock(WORDS);
  await save(app, 'after');
  await until({ app }, (state) => isKept(state) && state.entries.length === 2, 'kept');
  const lines = asked.map(({ line }) => line);
  assert.equal(lines.filter((line) => line === 'POST /v1/session/exchange').length, 1);
  assert.ok(!lines.includes('POST /v1/sessions'));
  assert.deepEqual(
    asked.filter(({ credentials }) => credentials !== 'omit').map(({ line }) => line),
    ['POST /v1/session/exchange'],
  );
  const kept = phone.ctx.open.store.root.session;
  assert.ok(kept.token && kept.token !== token && kept.device && kept.renewal);
  assert.equal(await keepsProof(phone.ctx.open), false, 'the proof it kept is erased');
  assert.equal((await app.sessions({ words: WORDS })).length, 1);
  const before = await sessionOf({ phone });
  // From then on the token is what its store holds; a lock takes it out of memory.
  await app.lock('asked');
  assert.deepEqual(phone.ctx.api.tokens(), { token: null, device: null, session: null, upload: null, renewal: null });
  asked.length = 0;
  await app.unlock(WORDS);
  assert.equal(await sessionOf({ phone }), before);
  assert.ok(asked.every(({ line, credentials }) => line !== 'POST /v1/session/exchange' && credentials === 'omit'));
});

test('one whose session was ended from another device locks, and comes back only by words typed since', async () => {
  const { app, phone, asked, login } = await earlier();
  const other = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await other.app.start();
  await other.app.signIn({ login, words: WORDS });
  await until(other, isKept, 'there');
  await other.app.endOthers({ words: WORDS });
  await app.unlock(WORDS);
  await until({ app }, ({ phase, entries }) => phase === 'locked' && !entries.length, 'locked');
  assert.ok(!asked.some(({ line }) => line === 'POST /v1/sessions'));
  await app.unlock(WORDS);
  await until({ app }, ({ account }) => account?.returned, 'it says what had happened');
  assert.equal(await keepsProof(phone.ctx.open), false);
  await save(app, 'after');
  await until({ app }, (state) => isKept(state) && state.entries.length === 2, 'kept');
  assert.ok(phone.ctx.open.store.root.session.token);
});

test('one whose session was ended comes back as a known device, although strangers used up the tries of new ones', async () => {
  const { app, login } = await earlier();
  const other = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await other.app.start();
  await other.app.signIn({ login, words: WORDS });
  await other.app.endOthers({ words: WORDS });
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

test('a session that ran out meanwhile begins anew, with nothing asked', async () => {
  const { app, phone, send } = await earlier();
  send.jar.set('__Host-s', 'A'.repeat(43));
  await app.unlock(WORDS);
  await save(app, 'after');
  await until({ app }, (state) => isKept(state) && state.entries.length === 2, 'kept');
  assert.ok(phone.ctx.open.store.root.session.token);
});
