/**
 * A phone put back to an old copy of itself, and two phones that send the same at once: nothing is doubled, lost or
 * wrongly reported.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { isKept, saveEntry } from './phone/keeper.mjs';
import { WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { eventually } from './phone/eventually.mjs';
import { sender, startServer } from './phone/server.mjs';
import { anotherPhone } from './phone/second_phone.mjs';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '#app/core/encoding.js';
import { Database } from '#app/store/database.js';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

async function registerPhone() {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const send = sender(server.base, faults);
  const phoneA = await phoneWithEntry({ origin: server.base, send, clock: fixedClock(Date.now()) }, 'before the copy');
  const { login } = await phoneA.app.register({ words: WORDS });
  await until(phoneA, isKept, 'kept');
  return { ...phoneA, faults, login, send };
}

const addDevice = (login) => anotherPhone(server.base, login);

/** The same store opened again: after a restart, or in a second tab. */
async function reopen({ phone }, faults = {}) {
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base, faults) });
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  return { phone: reopened, app: reopened.app, faults };
}

const open = (name) =>
  new Promise((done, failed) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
const resultOf = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

/** A copy of everything in a phone's database. */
async function copyOf(name) {
  const db = await open(name);
  const copy = [];
  for (const table of db.objectStoreNames) {
    const store = db.transaction(table).objectStore(table);
    const [keys, values] = await Promise.all([resultOf(store.getAllKeys()), resultOf(store.getAll())]);
    copy.push([table, keys.map((key, i) => [key, structuredClone(values[i])])]);
  }
  db.close();
  return copy;
}

async function putBack(name, copy) {
  const db = await open(name);
  for (const [table, rows] of copy) {
    const store = db.transaction(table, 'readwrite').objectStore(table);
    await resultOf(store.clear());
    for (const [key, value] of rows) await resultOf(store.put(value, key));
  }
  db.close();
}

/** Each device's line, as read by somebody who has the whole diary: number, link, commitment. */
async function linesOf({ phone, app }) {
  const { book, store } = phone.ctx.open;
  const linesByDevice = new Map();
  for (const { record } of app.state.entries) {
    const meta = await book.meta(record);
    for (const { v, c } of meta.versions) {
      const stored = await store.read(`v/${v}`);
      if (!book.seen.has(v)) await book.open([{ record, version: v, push: stored.bytes }]);
      const { device, n, prev } = book.seen.get(v).fields._line;
      linesByDevice.set(device, [...(linesByDevice.get(device) ?? []), { n, prev, c }]);
    }
  }
  return [...linesByDevice.values()].map((line) => line.sort((a, b) => a.n - b.n));
}

/** A feed that arrives two versions at a time. */
async function inPages(path, _options, response) {
  if (!path.includes('/changes?') || !response.ok) return null;
  const [headerFrame, ...rest] = decodeFrames(new Uint8Array(await response.arrayBuffer()), { maxParts: 501 });
  const header = parseCanonicalObject(headerFrame);
  const page = rest.slice(0, 2);
  const lastSeq = page.length ? parseCanonicalObject(decodeFrames(page.at(-1), { maxParts: 5 })[0]).seq : header.to;
  return new Response(encodeFrames([canonicalBytes({ ...header, to: lastSeq }), ...page]), {
    status: 200,
    headers: { 'content-type': 'application/octet-stream' },
  });
}

for (const [whenWritten, writesFirst, after] of [
  ['before it has signal', true],
  ['only afterwards', false],
  ['before what it lost comes in pages', true, inPages],
]) {
  test(`a phone restored to an old copy and used ${whenWritten} loses nothing, and no device doubts it`, async () => {
    const deviceA = await registerPhone();
    const deviceB = await addDevice(deviceA.login);
    await until(deviceB, ({ entries }) => entries.length === 1);
    // Given a copy of the phone, and more written after it
    await deviceA.app.lock('asked');
    const copy = await copyOf(deviceA.phone.name);
    await deviceA.app.unlock(WORDS);
    const bytes = new Uint8Array(30_000).map((_, i) => i % 251);
    const { record } = await saveEntry(deviceA.app, 'after the copy');
    const { attachment } = await deviceA.app.addFile(record, file(bytes, 'after.bin', ''), { route: 'files' });
    await saveEntry(deviceA.app, 'and another');
    await until(deviceA, (state) => state.entries.length === 3 && isKept(state), 'kept');
    await deviceA.app.lock('asked');
    deviceA.phone.end();
    await deviceA.phone.database.close();
    // When the phone is put back and written on
    await putBack(deviceA.phone.name, copy);
    const faults = { off: true, after };
    const reopened = await reopen(deviceA, faults);
    assert.equal(reopened.app.state.entries.length, 1, 'the old state');
    if (writesFirst) {
      await saveEntry(reopened.app, 'on the old state');
      await saveEntry(reopened.app, 'twice');
    }
    faults.off = false;
    reopened.app.network();
    if (!writesFirst) {
      await until(reopened, ({ entries }) => entries.length === 3, 'what the server had lost');
      await saveEntry(reopened.app, 'on the old state');
      await saveEntry(reopened.app, 'twice');
    }
    // Then everything is there and kept, also the file
    await until(reopened, (state) => state.entries.length === 5 && isKept(state), 'everything kept');
    const { open } = reopened.phone.ctx;
    await eventually(
      () => [open.store.root.fetch.length, open.syncing.running],
      ([toFetch, isOn]) => toFetch === 0 && !isOn,
    );
    faults.off = true;
    const { url } = await reopened.app.readReceived(attachment);
    assert.deepEqual(new Uint8Array(await reopened.phone.urls.get(url).arrayBuffer()), bytes);
    assert.equal(reopened.app.state.account.trouble, null);
    assert.ok(reopened.app.state.entries.every(({ flags }) => !flags.includes('altered')));
    // and the other device and a new one find every line complete
    deviceB.app.network();
    const newDevice = await addDevice(deviceA.login);
    for (const device of [deviceB, newDevice]) {
      await until(device, (state) => state.entries.length === 5, 'on another device');
      await eventually(
        () => device.phone.ctx.open.syncing.running,
        (isOn) => !isOn,
      );
      assert.equal(device.app.state.account.trouble, null, JSON.stringify(device.app.state.account.trouble));
    }
    for (const line of await linesOf(newDevice)) {
      assert.equal(
        new Set(line.map(({ n }) => n)).size,
        line.length,
        `a number of the line stands twice: ${JSON.stringify(line.map(({ n }) => n))}`,
      );
      line.forEach(({ n, prev }, i) => {
        if (i && line[i - 1].n === n - 1) assert.equal(prev, line[i - 1].c);
      });
    }
    for (const { phone } of [reopened, deviceB, newDevice]) phone.end();
  });
}

test('when two phones send the same data at once, the server has each item once, with a valid receipt', async () => {
  const original = await registerPhone();
  original.faults.off = true;
  const { record } = await saveEntry(original.app, 'first');
  const bytes = new Uint8Array(2_300_000).map((_, i) => i % 253);
  const { attachment } = await original.app.addFile(record, file(bytes, 'long.bin', ''), { route: 'files' });
  await saveEntry(original.app, 'second');
  // Given a phone copied onto another, with everything that waits and with its session
  await original.app.lock('asked');
  const copy = await copyOf(original.phone.name);
  await original.app.unlock(WORDS);
  const database = new Database({ name: 'copied' });
  await database.open();
  await putBack('copied', copy);
  const twin = makePhone({ database, origin: server.base, send: original.send, clock: fixedClock(Date.now()) });
  await twin.app.start();
  await twin.app.unlock(WORDS);
  assert.equal(twin.app.state.entries.length, 3);
  // When both get a signal at the same moment, and are told so several times
  original.faults.off = false;
  for (let n = 0; n < 5; n++) for (const { app } of [original, twin]) app.network();
  // Then both show everything as kept, and a new phone finds everything once
  for (const device of [original, twin])
    await until(device, (state) => state.entries.length === 3 && isKept(state), 'kept');
  const newDevice = await addDevice(original.login);
  await until(newDevice, (state) => state.entries.length === 3 && isKept(state), 'on a new phone');
  const { open } = newDevice.phone.ctx;
  await eventually(
    () => [open.store.root.fetch.length, open.syncing.running],
    ([toFetch, isOn]) => toFetch === 0 && !isOn,
  );
  const { url } = await newDevice.app.readReceived(attachment);
  assert.deepEqual(new Uint8Array(await newDevice.phone.urls.get(url).arrayBuffer()), bytes);
  for (const { app } of [original, twin, newDevice]) assert.equal(app.state.account.trouble, null);
  for (const { phone } of [original, { phone: twin }, newDevice]) phone.end();
});

test('a phone asked many times to send sends each version once', async () => {
  const device = await registerPhone();
  const sent = [];
  device.faults.before = (path, { method }) => {
    if (method === 'PUT' && path.includes('/versions/')) sent.push(path);
  };
  await Promise.all([1, 2, 3].map((n) => saveEntry(device.app, `number ${n}`)));
  for (let n = 0; n < 20; n++) device.app.network();
  await until(device, (state) => state.entries.length === 4 && isKept(state), 'kept');
  assert.ok(sent.length >= 3);
  assert.equal(new Set(sent).size, sent.length, 'one of them was uploaded twice');
  device.phone.end();
});
