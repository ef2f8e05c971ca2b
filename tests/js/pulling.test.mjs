/** Pulling: when the server is looked at before a push, what a server that has gone back changes, and who is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGoneBack, pullBeforePush, pullVersions } from '#app/diary/sync/pulling.js';
import { saveEntry } from './phone/keeper.mjs';
import { quietPhone, refusal } from './phone/small_server.mjs';

/** A registered phone with two numbered entries; it syncs only when a test runs it. */
async function phoneWithTwo() {
  const device = await quietPhone(['two']);
  return { ...device, syncing: device.open.syncing };
}
const changeRoot = ({ open }, fields) =>
  open.store.change((root) => {
    Object.assign(root, fields);
  });
const codeOf = (promise) =>
  promise.then(
    () => null,
    ({ code }) => code,
  );

test('a server that has less than before is noted until it has everything again', async () => {
  const device = await phoneWithTwo();
  const { open, server, syncing } = device;
  await changeRoot(device, { fetch: [{ blob: 'b', of: null, size: 1, there: true }] });
  const [lost] = server.versions.splice(1);
  assert.equal(isGoneBack(open), false);
  assert.equal(await codeOf(pullVersions(syncing)), 'server_behind');
  assert.equal(open.store.root.gone_back, true);
  assert.deepEqual(open.store.root.fetch, [{ blob: 'b', of: null, size: 1 }], 'it may lack the files too');
  assert.equal(isGoneBack(open), true);
  assert.equal(syncing.pulling, null);
  server.versions.push(lost);
  await pullVersions(syncing);
  assert.equal('gone_back' in open.store.root, false);
  server.answer = () => refusal(500, 'internal');
  assert.equal(await codeOf(pullVersions(syncing)), 'internal');
  assert.equal('gone_back' in open.store.root, false, 'that says nothing about what it has');
  device.phone.end();
});

test('the server is looked at before a push where something waits, and a failure does not stop the push', async () => {
  const device = await phoneWithTwo();
  const { app, server, syncing } = device;
  await pullBeforePush(syncing);
  assert.deepEqual(server.requests, []);
  await saveEntry(app, 'three');
  server.answer = () => refusal(500, 'internal');
  await pullBeforePush(syncing);
  assert.equal(server.requests.length, 1);
  for (const state of [{ gone_back: true }, { put_back: { n: 1, prev: null } }, { again: true }]) {
    await changeRoot(device, { gone_back: undefined, put_back: undefined, again: false, ...state });
    assert.equal(await codeOf(pullBeforePush(syncing)), 'internal', Object.keys(state)[0]);
  }
  await changeRoot(device, { gone_back: undefined, put_back: undefined, again: false, outbox: [] });
  server.requests.length = 0;
  syncing.suspend();
  await pullBeforePush(syncing);
  await pullVersions(syncing);
  assert.deepEqual(server.requests, []);
  device.phone.end();
});

test('a pull tells how far the server says it goes, and a diary that is to come is complete at its end', async () => {
  const device = await phoneWithTwo();
  const { open, syncing } = device;
  syncing.announced = null;
  await changeRoot(device, { coming: 1 });
  let isResolved = false;
  syncing.firstPull = new Promise((resolve) => {
    syncing.resolveFirstPull = () => {
      isResolved = true;
      resolve();
    };
  });
  await pullVersions(syncing);
  assert.deepEqual([syncing.announced, 'coming' in open.store.root, isResolved], [2, false, true]);
  device.phone.end();
});

test('a number that another version had shows that the server has gone back', async () => {
  const device = await phoneWithTwo();
  const { open, server, syncing } = device;
  const page = await open.store.readJson('f/0');
  const other = structuredClone(page);
  other[1][2] = 'another version';
  await open.store.change((root, change) => {
    root.feed = { seq: 1, head: server.headAt(1)?.head };
    change.putJson('f/0', other);
  });
  assert.equal(await codeOf(pullVersions(syncing)), 'server_behind');
  assert.deepEqual([open.store.root.feed.seq, open.store.root.gone_back], [1, true]);
  device.phone.end();
});
