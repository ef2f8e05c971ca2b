/**
 * While the app is locked and visible, sealed file parts go on uploading, with keys that open nothing else, and only
 * from the lock screen.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { randomBytes } from '#app/core/bytes.js';
import { fixedClock } from '#app/core/clock.js';
import { deriveBoxKey, openBox, openBoxWithKey, sealBox } from '#app/crypto/box.js';
import { HEAD_BYTES, importKey } from '#app/crypto/cobblestone.js';
import { eventually as eventuallyOf } from './phone/eventually.mjs';
import { WORDS, file, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const PARTS = 4;
const isPartUpload = (path) => /\/parts\/\d+$/.test(path);

/**
 * Return a phone that is uploading a file of four parts. `gate` holds back every part after the first until it is
 * called.
 */
async function phoneUploading() {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const requests = [];
  const sentHeaders = [];
  let openGate;
  const gate = new Promise((resolve) => {
    openGate = resolve;
  });
  const setup = await phoneWithEntry({
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  await setup.app.register({ words: WORDS });
  faults.before = async (path, { method, headers }) => {
    sentHeaders.push(headers);
    requests.push(`${method} ${path.replace(/[\w-]{22}/g, '*')}`);
    if (isPartUpload(path) && !path.endsWith('/0')) await gate;
  };
  await setup.app.addFile(setup.record, file(randomBytes(3_500_000), 'film.bin', ''), { route: 'files' });
  await setup.app.saveIncident({ record: setup.record, fields: {}, restricted: {} });
  await eventually(() => requests.some((request) => request.endsWith('/parts/1')));
  return { ...setup, requests, sentHeaders, gate: () => openGate(), faults };
}

const eventually = (condition) => eventuallyOf(condition, Boolean);
const countPartUploads = (requests) =>
  requests.filter((request) => request.startsWith('PUT') && isPartUpload(request)).length;

test('a film that is being uploaded at a lock is uploaded completely, and kept at the next unlock', async () => {
  const { app, phone, requests, sentHeaders, gate } = await phoneUploading();
  const { written } = countWrites(phone.database);
  await app.lock('asked');
  assert.deepEqual(phone.ctx.api.tokens(), { token: null, device: null, session: null, upload: null, renewal: null });
  assert.ok(
    !JSON.stringify(phone.ctx.carrier, (name, value) =>
      name === 'ctx' ? undefined : value instanceof Map ? [...value] : value,
    ).includes('"token"'),
  );
  requests.length = 0;
  sentHeaders.length = 0;
  gate();
  await eventually(() => requests.some((request) => request.endsWith('/complete')));
  assert.equal(app.state.phase, 'locked');
  assert.ok(countPartUploads(requests) >= PARTS - 2, requests.join());
  assert.deepEqual(
    [...new Set(requests.map((request) => request.split(' ')[1]))].filter((request) => !request.includes('/blobs/')),
    [],
    'only parts of files are sent',
  );
  assert.ok(
    sentHeaders.every((headers) => headers['X-Ticket'] && !headers.Authorization),
    'only tickets, and no session token',
  );
  const atLock = written();
  await phone.waitUntilIdle();
  assert.equal(written(), atLock, 'no record is written for it');
  await app.unlock(WORDS);
  await until({ app }, ({ entries }) => entries[0]?.state.code === 'kept', 'kept');
  phone.end();
});

test('nothing is sent after a quick exit or while hidden; the upload resumes when the app is visible', async () => {
  const first = await phoneUploading();
  await first.app.lock('exit');
  first.requests.length = 0;
  first.gate();
  await first.phone.waitUntilIdle();
  first.phone.skipPauses();
  await first.phone.waitUntilIdle();
  assert.equal(countPartUploads(first.requests), 0, first.requests.join());
  first.phone.end();

  const second = await phoneUploading();
  second.phone.visible = false;
  await second.app.lock('asked');
  second.requests.length = 0;
  second.gate();
  await second.phone.waitUntilIdle();
  second.phone.skipPauses();
  await second.phone.waitUntilIdle();
  assert.equal(countPartUploads(second.requests), 0, second.requests.join());
  second.phone.visible = true;
  second.phone.skipPauses();
  await eventually(() => second.requests.some((request) => request.endsWith('/complete')));
  second.phone.end();
});

test('a session that ended meanwhile stops the upload, and the app does not sign in', async () => {
  const { app, phone, gate, faults } = await phoneUploading();
  await app.lock('idle');
  const refused = [];
  faults.before = (path, { method }) => {
    refused.push(`${method} ${path}`);
    return new Response('{"error":"signed_out","message":""}', {
      status: 401,
      headers: { 'content-type': 'application/json' },
    });
  };
  gate();
  await eventually(() => refused.length > 0);
  await phone.waitUntilIdle();
  phone.skipPauses();
  await phone.waitUntilIdle();
  assert.equal(refused.length, 1, refused.join());
  assert.match(refused[0], /\/blobs\//);
  phone.end();
});

test('an upload key opens only its own record, only decrypts, and cannot be exported', async () => {
  const store = await importKey(randomBytes(32));
  const [id, other] = [randomBytes(16), randomBytes(16)];
  const sealed = await sealBox(store, id, { k: 'part' }, randomBytes(40_000));
  const key = await deriveBoxKey(store, id, sealed.slice(0, HEAD_BYTES));
  assert.deepEqual((await openBoxWithKey(key, sealed)).bytes, (await openBox(store, id, sealed)).bytes);
  assert.deepEqual([key.aead.extractable, key.aead.usages], [false, ['decrypt']]);
  await assert.rejects(crypto.subtle.exportKey('raw', key.aead));
  const otherBox = await sealBox(store, other, { k: 'root' }, randomBytes(300));
  await assert.rejects(openBoxWithKey(key, otherBox), { code: 'not_opened' });
  assert.equal(
    await deriveBoxKey(await importKey(randomBytes(32)), id, sealed.slice(0, HEAD_BYTES)),
    null,
    'of another store key',
  );
  const damaged = sealed.slice();
  damaged[200] ^= 1;
  await assert.rejects(openBoxWithKey(key, damaged), { code: 'not_opened' });
});

/** Count the writes to a database from now on. */
function countWrites(database) {
  let count = 0;
  const write = database.write.bind(database);
  database.write = (...args) => {
    count++;
    return write(...args);
  };
  return { written: () => count };
}
