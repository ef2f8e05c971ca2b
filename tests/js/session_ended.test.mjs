/** What a request that finds its session ended does: it renews it, or it locks until the password is typed again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acknowledgeReturn, recordReturn, sessionEndHandler } from '#app/diary/session/sign_in_again.js';
import { signInAgain } from '#app/diary/keys/accounts.js';
import { WORDS } from './phone/phone.mjs';
import { quietPhone, refusal, smallServer } from './phone/small_server.mjs';

/** A registered phone that syncs only when a test runs it, and a handler that counts locks. */
async function phoneWithHandler({ prepare = async (_open) => {} } = {}) {
  const device = await quietPhone();
  const { open, server } = device;
  await prepare(open);
  const locks = [];
  const handle = sessionEndHandler(device.phone.ctx, open, () => locks.push(1));
  return { ...device, server, ctx: device.phone.ctx, locks, handle };
}
/** Answer renewals with a new session; the small server itself refuses them. */
const allowRenewals = (server) => {
  server.answer = (path) =>
    path === '/v1/session/renewal'
      ? new Response(
          JSON.stringify({ token: 'renewed', session: 's', renewal: 'r', notary: server.notary, log: server.log }),
          { status: 201, headers: { 'content-type': 'application/json' } },
        )
      : null;
};
const requestsTo = ({ requests }, path) => requests.filter((request) => request.endsWith(path)).length;

test('a session that has expired is renewed without a word, and the phone stays open', async () => {
  const device = await phoneWithHandler();
  allowRenewals(device.server);
  await device.handle('signed_out');
  assert.equal(device.ctx.api.token, 'renewed');
  assert.deepEqual([device.locks.length, device.open.store.root.shut], [0, undefined]);
  device.phone.end();
});

test('a renewal that the server refuses is forgotten, and the phone is signed out', async () => {
  const device = await phoneWithHandler();
  await assert.rejects(device.handle('signed_out'), { code: 'signed_out' });
  assert.equal(device.open.store.root.session, null);
  assert.equal(device.locks.length, 0);
  device.server.answer = () => {
    throw new TypeError('Failed to fetch');
  };
  await device.open.store.change((root) => {
    root.session = /** @type {typeof root.session} */ ({ renewal: 'r' });
  });
  await assert.rejects(device.handle('signed_out'), { code: 'no_network' });
  assert.ok(device.open.store.root.session, 'without an answer it is kept');
  device.phone.end();
});

test('a session that somebody ended locks the phone at once and once, also when a renewal says so', async () => {
  const ended = await phoneWithHandler();
  await assert.rejects(ended.handle('session_ended'), { code: 'session_ended' });
  assert.deepEqual([ended.locks.length, ended.open.store.root.shut], [1, true]);
  assert.deepEqual(ended.server.requests, [], 'nothing is tried');
  await assert.rejects(ended.handle('signed_out'), { code: 'session_ended' });
  assert.equal(ended.locks.length, 1);
  assert.deepEqual(ended.server.requests, [], 'an expired session is not renewed either');
  const atRenewal = await phoneWithHandler();
  atRenewal.server.answer = (path) => (path === '/v1/session/renewal' ? refusal(401, 'session_ended') : null);
  await assert.rejects(atRenewal.handle('signed_out'), { code: 'session_ended' });
  assert.deepEqual([atRenewal.locks.length, atRenewal.open.store.root.shut], [1, true]);
  ended.phone.end();
  atRenewal.phone.end();
});

test('after that only a password typed in this opening signs in, once', async () => {
  const device = await phoneWithHandler({
    prepare: async (open) => {
      open.typed = WORDS;
      await open.store.change((root) => {
        root.shut = true;
      });
    },
  });
  const { open, server, phone } = device;
  await device.handle('session_ended');
  assert.equal(requestsTo(server, '/v1/sessions'), 1);
  assert.deepEqual([open.store.root.shut, open.store.root.returned], [undefined, phone.clock.now()]);
  await acknowledgeReturn(open);
  assert.equal(open.store.root.returned, undefined);
  await assert.rejects(device.handle('session_ended'), { code: 'session_ended' }, 'it was ended again');
  assert.deepEqual([device.locks.length, open.store.root.shut], [1, true]);
  phone.end();
});

test('a password typed before the session was ended is not enough', async () => {
  const typedBefore = await phoneWithHandler({
    prepare: async (open) => {
      open.typed = WORDS;
    },
  });
  await assert.rejects(typedBefore.handle('session_ended'), { code: 'session_ended' });
  assert.equal(requestsTo(typedBefore.server, '/v1/sessions'), 0);
  const notTyped = await phoneWithHandler({
    prepare: async (open) => {
      open.typed = null;
      await open.store.change((root) => {
        root.shut = true;
      });
    },
  });
  await assert.rejects(notTyped.handle('session_ended'), { code: 'session_ended' });
  assert.equal(notTyped.locks.length, 0, 'it locked when it learned of it');
  typedBefore.phone.end();
  notTyped.phone.end();
});

test('a return is recorded only where the session had been ended', async () => {
  const { open, ctx, phone } = await phoneWithHandler();
  await recordReturn(ctx, open);
  assert.equal(open.store.root.returned, undefined);
  phone.end();
});

test('a sign-in with typed words is not repeated once they are refused, and needs the pinned server', async () => {
  const device = await phoneWithHandler();
  const { ctx, open, server, phone } = device;
  const signIn = (words) => signInAgain(ctx, open, words);
  open.refused = false;
  server.account = { ...server.account, auth: 'other' };
  await assert.rejects(signIn(WORDS), { code: 'signed_out' });
  assert.equal(open.refused, true);
  const { length } = server.requests;
  await assert.rejects(signIn(WORDS), { code: 'signed_out' });
  assert.equal(server.requests.length, length);
  open.refused = false;
  await assert.rejects(signIn(''), { code: 'signed_out' });
  const other = smallServer();
  Object.assign(server, { notary: other.notary, log: other.log });
  allowRenewals(server);
  await assert.rejects(signInAgain(ctx, open), { code: 'not_found' }, 'its log is asked for a statement');
  phone.end();
});
