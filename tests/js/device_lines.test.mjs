/**
 * Checks of a device's line of versions: a missing version is reported for as long as it is missing, and one that only
 * came in another order never is.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { checkLines } from '#app/diary/sync/lines.js';
import { anotherPhone } from './phone/second_phone.mjs';
import { isKept, isPush, syncOnce, registeredPhone, saveEntry, titlesOf } from './phone/keeper.mjs';
import { WORDS, until } from './phone/phone.mjs';
import { copyServer, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const tryLooks = (device) => syncOnce(device).catch(() => undefined);

const registerPhone = (words) => registeredPhone(server, words);

/** Assert that every phone has all entries kept, doubts nothing in its root, and reports no trouble. */
async function assertSound(phones, expectedTitles) {
  for (const device of phones) {
    await syncOnce(device);
    await until(
      device,
      (state) => isKept(state) && state.entries.length === expectedTitles.length,
      expectedTitles.join(),
    );
    assert.deepEqual(titlesOf(device), expectedTitles);
    assert.deepEqual([device.phone.ctx.open.store.root.doubts, device.app.state.account.trouble], [{}, null]);
  }
}

/** Write `texts` on the device without a signal, run `whileOffline`, then bring the signal back. */
async function writeOffline(device, texts, whileOffline = async () => undefined) {
  device.faults.off = true;
  device.phone.online = false;
  device.app.network();
  for (const text of texts) await saveEntry(device.app, text);
  await whileOffline();
  await device.phone.ctx.open.syncing.current;
  device.faults.off = false;
  device.phone.online = true;
}

test('after a restore, a phone sends what the server lacks before new entries, and no number changes', async () => {
  const deviceA = await registerPhone();
  const putBack = await copyServer(server);
  for (const words of ['two', 'three']) await saveEntry(deviceA.app, words);
  await until(deviceA, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await syncOnce(deviceA);
  await putBack();
  await writeOffline(deviceA, ['C']);
  deviceA.app.network();
  await until(deviceA, ({ account }) => account.trouble?.code === 'server_behind', 'reported');
  await deviceA.app.sendAgain();
  await until(deviceA, (state) => state.entries.length === 4 && isKept(state), 'all kept');
  assert.deepEqual(
    deviceA.app.state.entries.toSorted((a, b) => a.seq_no - b.seq_no).map(({ title, seq_no }) => [title, seq_no]),
    [
      ['one', 1],
      ['two', 2],
      ['three', 3],
      ['C', 4],
    ],
  );
  const newDevice = await anotherPhone(server.base, deviceA.login);
  await assertSound([deviceA, newDevice], ['C', 'one', 'three', 'two']);
  for (const { phone } of [deviceA, newDevice]) phone.end();
});

test('after a restore during a push, a version that was sent too early is no gap on a new phone', async () => {
  const deviceA = await registerPhone();
  const putBack = await copyServer(server);
  for (const words of ['two', 'three']) await saveEntry(deviceA.app, words);
  await until(deviceA, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await syncOnce(deviceA);
  await writeOffline(deviceA, ['C']);
  deviceA.faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    delete deviceA.faults.before;
    await putBack();
  };
  deviceA.app.network();
  await until(deviceA, ({ account }) => account.trouble?.code === 'server_behind', 'reported');
  await deviceA.app.sendAgain();
  await until(deviceA, (state) => state.entries.length === 4 && isKept(state), 'all kept');
  const newDevice = await anotherPhone(server.base, deviceA.login);
  await assertSound([deviceA, newDevice], ['C', 'one', 'three', 'two']);
  for (const { phone } of [deviceA, newDevice]) phone.end();
});

test('a manifest from before a restore is in doubt until a later one verifies, on every phone', async () => {
  const deviceA = await registerPhone();
  const deviceB = await anotherPhone(server.base, deviceA.login);
  await until(deviceB, isKept, 'on the second');
  await syncOnce(deviceB);
  const putBack = await copyServer(server);
  for (const words of ['two', 'three']) await saveEntry(deviceB.app, words);
  await until(deviceB, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await deviceB.app.lock('asked'); // writes the manifest
  await deviceB.app.unlock(WORDS);
  await syncOnce(deviceB);
  await putBack();
  const deviceC = await anotherPhone(server.base, deviceA.login);
  await until(deviceC, isKept, 'on the third');
  await saveEntry(deviceC.app, 'C');
  await until(deviceC, (state) => state.entries.length === 2 && isKept(state), 'C has the number that "two" had');
  await tryLooks(deviceB);
  await until(deviceB, ({ account }) => ['server_behind', 'head_differs'].includes(account.trouble?.code), 'reported');
  // The manifest is sent again, and its writer then loses the connection before it can write another.
  const { counter } = deviceB.phone.ctx.open.store.root.manifest;
  deviceB.faults.before = async (path, options) => {
    const { outbox, manifest } = deviceB.phone.ctx.open.store.root;
    if (isPush(path, options) && outbox.length === 1 && manifest.counter > counter)
      throw new TypeError('Failed to fetch');
  };
  await deviceB.app.sendAgain();
  await tryLooks(deviceB);
  const earlyDevice = await anotherPhone(server.base, deviceA.login);
  await until(earlyDevice, (state) => state.entries.length === 4 && isKept(state), 'all are there');
  await syncOnce(earlyDevice);
  assert.equal(
    earlyDevice.app.state.account.trouble?.code,
    'omitted',
    'the feed contradicts a signed manifest, and no later one has arrived',
  );
  delete deviceB.faults.before;
  await syncOnce(deviceB);
  for (const device of [deviceA, deviceC, earlyDevice]) await syncOnce(device);
  const newDevice = await anotherPhone(server.base, deviceA.login);
  const phones = [deviceA, deviceB, deviceC, earlyDevice, newDevice];
  await assertSound(phones, ['C', 'one', 'three', 'two']);
  for (const { phone } of phones) phone.end();
});

test('two phones that send to a restored server unaware do not doubt each other, nor does a new one', async () => {
  const deviceA = await registerPhone();
  const deviceB = await anotherPhone(server.base, deviceA.login);
  await until(deviceB, isKept, 'on the second');
  await syncOnce(deviceB);
  const putBack = await copyServer(server);
  const texts = ['by one', 'by two'];
  for (const [i, phone] of [deviceA, deviceB].entries()) {
    await saveEntry(phone.app, texts[i]);
    await until(phone, isKept, 'kept');
    await syncOnce(phone);
  }
  for (const phone of [deviceA, deviceB]) await syncOnce(phone);
  await writeOffline(deviceA, ['C']);
  await writeOffline(deviceB, ['D']);
  // Both have read the feed, and both send, when the server is put back.
  let [waitingPushes, release] = [0, null];
  const putBackDone = new Promise((done) => {
    release = done;
  });
  for (const { faults } of [deviceA, deviceB]) {
    faults.before = async (path, options) => {
      if (!isPush(path, options)) return;
      delete faults.before;
      if (++waitingPushes === 2) await putBack().then(release);
      await putBackDone;
    };
  }
  for (const { app } of [deviceA, deviceB]) app.network();
  await putBackDone;
  for (const phone of [deviceA, deviceB]) {
    await tryLooks(phone);
    await until(phone, ({ account }) => ['server_behind', 'head_differs'].includes(account.trouble?.code), 'reported');
    await phone.app.sendAgain();
    await until(phone, isKept, 'kept');
    await syncOnce(phone);
  }
  const newDevice = await anotherPhone(server.base, deviceA.login);
  await assertSound([deviceA, deviceB, newDevice], ['C', 'D', 'by one', 'by two', 'one']);
  for (const { phone } of [deviceA, deviceB, newDevice]) phone.end();
});

test('a version that is really missing is reported on every other phone until it arrives', async () => {
  const deviceA = await registerPhone();
  const deviceB = await anotherPhone(server.base, deviceA.login);
  await until(deviceB, isKept, 'on the second');
  const { store } = deviceA.phone.ctx.open;
  let withheld = null;
  await writeOffline(deviceA, ['kept back', 'after it'], () =>
    store.change((root) => {
      withheld = root.outbox.shift();
    }),
  );
  await syncOnce(deviceA);
  const newDevice = await anotherPhone(server.base, deviceA.login);
  for (const phone of [deviceB, newDevice]) {
    await syncOnce(phone);
    assert.equal(phone.app.state.account.trouble?.code, 'line_gap');
    await phone.app.lock('asked');
    await phone.app.unlock(WORDS);
    await syncOnce(phone);
    assert.equal(phone.app.state.account.trouble?.code, 'line_gap', 'and still reported if nothing arrived');
  }
  await saveEntry(deviceA.app, 'and another');
  await syncOnce(deviceA);
  for (const phone of [deviceB, newDevice]) {
    await syncOnce(phone);
    assert.equal(phone.app.state.account.trouble?.code, 'line_gap', 'whatever else arrived');
  }
  await store.change((root) => {
    root.outbox = [withheld, ...root.outbox];
  });
  await syncOnce(deviceA);
  const newDevice2 = await anotherPhone(server.base, deviceA.login);
  await assertSound([deviceA, deviceB, newDevice, newDevice2], ['after it', 'and another', 'kept back', 'one']);
  for (const { phone } of [deviceA, deviceB, newDevice, newDevice2]) phone.end();
});

test('a phone that an earlier release warned checks its data again and stops warning', async () => {
  const deviceA = await registerPhone();
  const deviceB = await anotherPhone(server.base, deviceA.login);
  await until(deviceB, isKept, 'on the second');
  await deviceB.phone.ctx.open.store.change((root) => {
    root.doubts = { line_gap: true };
    root.lines = { [deviceA.phone.ctx.open.identity.device]: { n: 1, c: 'of another' } };
  });
  await assertSound([deviceA, deviceB], ['one']);
  await saveEntry(deviceA.app, 'two');
  await assertSound([deviceA, deviceB], ['one', 'two']);
  for (const { phone } of [deviceA, deviceB]) phone.end();
});

/**
 * The root after checking a diary with these versions: [device, number, previous commitment, own commitment], or null
 * for one that was erased for good.
 */
async function rootAfterCheck(versions) {
  const root = { doubts: {}, lines: {}, lines_unsure: true, outbox: [], feed: { seq: versions.length } };
  const metas = versions.map((version, i) => ({
    record: `r${i}`,
    versions: [{ v: `v${i}`, c: version?.[3] ?? `erased${i}` }],
  }));
  const opened = new Map(
    versions.flatMap((version, i) =>
      version ? [[`v${i}`, { fields: { _line: { device: version[0], n: version[1], prev: version[2] } } }]] : [],
    ),
  );
  const store = {
    root,
    readJsonMany: async () => [versions.map((_one, i) => [i + 1, `r${i}`, `v${i}`, '', ''])],
    change: async (fill) => fill(root),
  };
  await checkLines({ store, identity: { device: 'own' }, book: { readAgain: async () => ({ metas, opened }) } });
  return root;
}

test('one number may be missing for each erased version; a version in another’s place does not count', async () => {
  const [first, second, third] = [
    ['a', 1, null, 'a1'],
    ['a', 2, 'a1', 'a2'],
    ['a', 3, 'a2', 'a3'],
  ];
  assert.deepEqual((await rootAfterCheck([first, third, second])).doubts, {});
  assert.deepEqual((await rootAfterCheck([null, third, first])).doubts, {}, 'erased');
  assert.equal((await rootAfterCheck([null, third, first])).blanks, 0, 'and it accounts for one number only');
  assert.deepEqual((await rootAfterCheck([third, first])).doubts, { line_gap: true });
  assert.deepEqual(
    (await rootAfterCheck([null, ['b', 2, 'b1', 'b2'], third, first])).doubts,
    { line_gap: true },
    'two are missing, and one was erased',
  );
  assert.deepEqual((await rootAfterCheck([first, ['a', 2, 'a1', 'another'], third])).doubts, { line_gap: true });
  assert.deepEqual((await rootAfterCheck([first, second, ['a', 2, 'a1', 'another'], third])).doubts, {
    line_gap: true,
  });
  assert.deepEqual(
    (await rootAfterCheck([['own', 4, 'x', 'y'], first])).doubts,
    {},
    'the device’s own line is not checked',
  );
  const { lines, lines_unsure } = await rootAfterCheck([first, third, second]);
  assert.deepEqual([lines, lines_unsure], [{ a: { n: 3, c: 'a3' } }, undefined]);
});
