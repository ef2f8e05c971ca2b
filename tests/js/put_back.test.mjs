/** A phone put back to an old copy of itself, and two that send the same at once: nothing twice, nothing lost, nothing said wrongly. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { isKept, save } from './phone/keeper.mjs';
import { WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { eventually } from './phone/eventually.mjs';
import { sender, startServer } from './phone/server.mjs';
import { anotherPhone } from './phone/another.mjs';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '#app/core/encoding.js';
import { Database } from '#app/store/database.js';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

async function keeper() {
  const faults = {};
  const send = sender(server.base, faults);
  const made = await phoneWithEntry({ origin: server.base, send, clock: fixedClock(Date.now()) }, 'before the copy');
  const { login } = await made.app.register({ words: WORDS });
  await until(made, isKept, 'kept');
  return { ...made, faults, login, send };
}

const device = (login) => anotherPhone(server.base, login);

/** The same store opened once more: after a restart, or in a second tab. */
async function opened({ phone }, faults = {}) {
  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base, faults) });
  await again.app.start();
  await again.app.unlock(WORDS);
  return { phone: again, app: again.app, faults };
}

const open = (name) =>
  new Promise((done, failed) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
const answer = (asked) =>
  new Promise((done, failed) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });

/** All that lies in a phone's database. */
async function copyOf(name) {
  const db = await open(name);
  const copy = [];
  for (const table of db.objectStoreNames) {
    const store = db.transaction(table).objectStore(table);
    const [keys, values] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
    copy.push([table, keys.map((key, i) => [key, structuredClone(values[i])])]);
  }
  db.close();
  return copy;
}

async function putBack(name, copy) {
  const db = await open(name);
  for (const [table, rows] of copy) {
    const store = db.transaction(table, 'readwrite').objectStore(table);
    await answer(store.clear());
    for (const [key, value] of rows) await answer(store.put(value, key));
  }
  db.close();
}

/** Each device's line as somebody reads it who has the whole diary: number, link, commitment. */
async function linesOf({ phone, app }) {
  const { book, store } = phone.ctx.open;
  const lines = new Map();
  for (const { record } of app.state.entries) {
    const meta = await book.meta(record);
    for (const { v, c } of meta.versions) {
      const held = await store.read(`v/${v}`);
      if (!book.seen.has(v)) await book.open([{ record, version: v, push: held.bytes }]);
      const { device, n, prev } = book.seen.get(v).fields._line;
      lines.set(device, [...(lines.get(device) ?? []), { n, prev, c }]);
    }
  }
  return [...lines.values()].map((line) => line.sort((a, b) => a.n - b.n));
}

/** A feed that comes two versions at a time. */
async function inPages(path, _options, response) {
  if (!path.includes('/changes?') || !response.ok) return null;
  const [first, ...rest] = decodeFrames(new Uint8Array(await response.arrayBuffer()), { maxParts: 501 });
  const said = parseCanonicalObject(first);
  const some = rest.slice(0, 2);
  const to = some.length ? parseCanonicalObject(decodeFrames(some.at(-1), { maxParts: 5 })[0]).seq : said.to;
  return new Response(encodeFrames([canonicalBytes({ ...said, to }), ...some]), {
    status: 200,
    headers: { 'content-type': 'application/octet-stream' },
  });
}

for (const [how, writes, after] of [
  ['before it has signal', true],
  ['only afterwards', false],
  ['before what it lost comes in pages', true, inPages],
]) {
  test(`a phone put back to an old copy of itself and written on ${how}: nothing is lost, its line goes on, no device doubts it`, async () => {
    const one = await keeper();
    const two = await device(one.login);
    await until(two, ({ entries }) => entries.length === 1);
    // Given a copy of the phone, and more written after it
    await one.app.lock('asked');
    const copy = await copyOf(one.phone.name);
    await one.app.unlock(WORDS);
    const bytes = new Uint8Array(30_000).map((_, i) => i % 251);
    const { record } = await save(one.app, 'after the copy');
    const { attachment } = await one.app.addFile(record, file(bytes, 'after.bin', ''), { route: 'files' });
    await save(one.app, 'and another');
    await until(one, (state) => state.entries.length === 3 && isKept(state), 'kept');
    await one.app.lock('asked');
    one.phone.end();
    await one.phone.database.close();
    // When the phone is put back and written on
    await putBack(one.phone.name, copy);
    const faults = { off: true, after };
    const again = await opened(one, faults);
    assert.equal(again.app.state.entries.length, 1, 'the old state');
    if (writes) {
      await save(again.app, 'on the old state');
      await save(again.app, 'twice');
    }
    faults.off = false;
    again.app.network();
    if (!writes) {
      await until(again, ({ entries }) => entries.length === 3, 'what it had lost');
      await save(again.app, 'on the old state');
      await save(again.app, 'twice');
    }
    // Then everything is there and kept, the file too
    await until(again, (state) => state.entries.length === 5 && isKept(state), 'all of it, kept');
    const { open } = again.phone.ctx;
    await eventually(
      () => [open.store.root.fetch.length, open.syncing.running],
      ([left, isOn]) => left === 0 && !isOn,
    );
    faults.off = true;
    const { url } = await again.app.readReceived(attachment);
    assert.deepEqual(new Uint8Array(await again.phone.urls.get(url).arrayBuffer()), bytes);
    assert.equal(again.app.state.account.trouble, null);
    assert.ok(again.app.state.entries.every(({ flags }) => !flags.includes('altered')));
    // and the other device, and a new one, find every line whole
    two.app.network();
    const fresh = await device(one.login);
    for (const other of [two, fresh]) {
      await until(other, (state) => state.entries.length === 5, 'on another device');
      await eventually(
        () => other.phone.ctx.open.syncing.running,
        (isOn) => !isOn,
      );
      assert.equal(other.app.state.account.trouble, null, JSON.stringify(other.app.state.account.trouble));
    }
    for (const line of await linesOf(fresh)) {
      assert.equal(
        new Set(line.map(({ n }) => n)).size,
        line.length,
        `a number of the line stands twice: ${JSON.stringify(line.map(({ n }) => n))}`,
      );
      line.forEach(({ n, prev }, i) => {
        if (i && line[i - 1].n === n - 1) assert.equal(prev, line[i - 1].c);
      });
    }
    for (const { phone } of [again, two, fresh]) phone.end();
  });
}

test('two phones send the same at once: each version and file is on the server once, with valid receipts, nothing lost', async () => {
  const one = await keeper();
  one.faults.off = true;
  const { record } = await save(one.app, 'first');
  const bytes = new Uint8Array(2_300_000).map((_, i) => i % 253);
  const { attachment } = await one.app.addFile(record, file(bytes, 'long.bin', ''), { route: 'files' });
  await save(one.app, 'second');
  // Given a phone copied onto another with all that waits, its session too
  await one.app.lock('asked');
  const copy = await copyOf(one.phone.name);
  await one.app.unlock(WORDS);
  const database = new Database({ name: 'copied' });
  await database.open();
  await putBack('copied', copy);
  const twin = makePhone({ database, origin: server.base, send: one.send, clock: fixedClock(Date.now()) });
  await twin.app.start();
  await twin.app.unlock(WORDS);
  assert.equal(twin.app.state.entries.length, 3);
  // When both have signal at the same moment, and are told so several times
  one.faults.off = false;
  for (let n = 0; n < 5; n++) for (const { app } of [one, twin]) app.network();
  // Then both say kept, and a new phone finds everything once
  for (const each of [one, twin]) await until(each, (state) => state.entries.length === 3 && isKept(state), 'kept');
  const fresh = await device(one.login);
  await until(fresh, (state) => state.entries.length === 3 && isKept(state), 'on a new phone');
  const { open } = fresh.phone.ctx;
  await eventually(
    () => [open.store.root.fetch.length, open.syncing.running],
    ([left, isOn]) => left === 0 && !isOn,
  );
  const { url } = await fresh.app.readReceived(attachment);
  assert.deepEqual(new Uint8Array(await fresh.phone.urls.get(url).arrayBuffer()), bytes);
  for (const { app } of [one, twin, fresh]) assert.equal(app.state.account.trouble, null);
  for (const { phone } of [one, { phone: twin }, fresh]) phone.end();
});

test('one phone told many times to send sends each version once', async () => {
  const one = await keeper();
  const sent = [];
  one.faults.before = (path, { method }) => {
    if (method === 'PUT' && path.includes('/versions/')) sent.push(path);
  };
  await Promise.all([1, 2, 3].map((n) => save(one.app, `number ${n}`)));
  for (let n = 0; n < 20; n++) one.app.network();
  await until(one, (state) => state.entries.length === 4 && isKept(state), 'kept');
  assert.ok(sent.length >= 3);
  assert.equal(new Set(sent).size, sent.length, 'one of them went up twice');
  one.phone.end();
});
