/**
 * A server that leaves the end of a grant out of what it shows another device: the gap on the line is seen, and nothing is
 * given meanwhile.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { grantActions } from '#app/features/advocates/actions.js';
import { desk, viewOfAll } from './phone/desk.mjs';
import { isKept, registeredPhone, save } from './phone/keeper.mjs';
import { WORDS, makePhone, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** How many versions the advocate has keys for. */
async function count(priya) {
  const {
    clients: [row],
  } = await priya.told('GET', '/v1/clients');
  const { bytes } = await priya.ask('GET', `/v1/clients/${row.grant}/changes`);
  let [n, at] = [0, 0];
  for (const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length); at < bytes.length; n++)
    at += 4 + view.getUint32(at);
  return n;
}

test('what was written after an end that the server withholds is given by no other device', async () => {
  const one = await registeredPhone(server, 'Before.', { packActions: grantActions });
  const { faults } = one;
  const priya = await desk(server);
  const [made] = await one.app.letIn({
    met: await one.app.meetAdvocate(priya.words),
    choice: viewOfAll(one.app),
    name: 'Maya',
    words: WORDS,
  });
  await one.phone.ctx.open.syncing.now();
  const at = await count(priya);

  // The server says that it has ended the grant, and has not. The version that says so in the diary is the one it hides.
  faults.before = (path, options) =>
    options.method === 'DELETE' && path.includes('/grants/') ? new Response(null, { status: 204 }) : null;
  faults.off = true;
  await one.app.endGrant(made.grant, { words: WORDS }).catch(() => undefined);
  const { store } = one.phone.ctx.open;
  let held = null;
  await store.change((root) => {
    held = root.outbox.shift();
  });
  await save(one.app, 'After.');
  faults.off = false;
  await one.phone.ctx.open.syncing.now();
  await until(one, isKept, 'kept');

  const two = makePhone({
    origin: server.base,
    send: sender(server.base, { before: faults.before }),
    clock: one.phone.clock,
    packActions: grantActions,
  });
  await two.app.start();
  await two.app.signIn({ login: one.app.state.account.login, words: WORDS });
  await two.ctx.open.syncing.now();
  assert.equal(two.app.state.account.trouble?.code, 'line_gap');
  await save(two.app, 'On the second.');
  await two.ctx.open.syncing.now();
  await until(two, isKept, 'kept');
  assert.equal(await count(priya), at, 'a device that knows that something is missing gives nothing');

  await store.change((root) => {
    root.outbox = [held, ...root.outbox];
  });
  await one.phone.ctx.open.syncing.now();
  await two.ctx.open.syncing.now();
  assert.equal(two.app.state.account.trouble, null);
  assert.equal(await count(priya), at, 'and the end has come');
});
