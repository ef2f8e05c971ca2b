/**
 * A server that hides the end of a grant from another device: the gap on the line is noticed, and nothing is given
 * meanwhile.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { grantActions } from '#app/features/advocates/actions.js';
import { makeAdvocate, viewAllChoice } from './phone/advocate.mjs';
import { isKept, registeredPhone, saveEntry } from './phone/keeper.mjs';
import { WORDS, makePhone, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** The number of versions that the advocate has keys for. */
async function countGiven(advocate) {
  const {
    clients: [row],
  } = await advocate.askJson('GET', '/v1/clients');
  const { bytes } = await advocate.ask('GET', `/v1/clients/${row.grant}/changes`);
  let [n, offset] = [0, 0];
  for (const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length); offset < bytes.length; n++)
    offset += 4 + view.getUint32(offset);
  return n;
}

test('no other device shares what was written after an end that the server withholds', async () => {
  const deviceA = await registeredPhone(server, 'Before.', { packActions: grantActions });
  const { faults } = deviceA;
  const advocate = await makeAdvocate(server);
  const [grant] = await deviceA.app.letIn({
    met: await deviceA.app.meetAdvocate(advocate.words),
    choice: viewAllChoice(deviceA.app),
    name: 'Maya',
    words: WORDS,
  });
  await deviceA.phone.ctx.open.syncing.now();
  const countBefore = await countGiven(advocate);

  // The server claims to have ended the grant, and has not. It hides the version in the diary that says so.
  faults.before = (path, options) =>
    options.method === 'DELETE' && path.includes('/grants/') ? new Response(null, { status: 204 }) : null;
  faults.off = true;
  await deviceA.app.endGrant(grant.grant, { words: WORDS }).catch(() => undefined);
  const { store } = deviceA.phone.ctx.open;
  let withheld = null;
  await store.change((root) => {
    withheld = root.outbox.shift();
  });
  await saveEntry(deviceA.app, 'After.');
  faults.off = false;
  await deviceA.phone.ctx.open.syncing.now();
  await until(deviceA, isKept, 'kept');

  const deviceB = makePhone({
    origin: server.base,
    send: sender(server.base, { before: faults.before }),
    clock: deviceA.phone.clock,
    packActions: grantActions,
  });
  await deviceB.app.start();
  await deviceB.app.signIn({ login: deviceA.app.state.account.login, words: WORDS });
  await deviceB.ctx.open.syncing.now();
  assert.equal(deviceB.app.state.account.trouble?.code, 'line_gap');
  await saveEntry(deviceB.app, 'On the second.');
  await deviceB.ctx.open.syncing.now();
  await until(deviceB, isKept, 'kept');
  assert.equal(await countGiven(advocate), countBefore, 'a device that knows of a gap shares nothing');

  await store.change((root) => {
    root.outbox = [withheld, ...root.outbox];
  });
  await deviceA.phone.ctx.open.syncing.now();
  await deviceB.ctx.open.syncing.now();
  assert.equal(deviceB.app.state.account.trouble, null);
  assert.equal(await countGiven(advocate), countBefore, 'and the end has arrived');
});
