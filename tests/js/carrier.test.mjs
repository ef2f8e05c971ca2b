/** Sealed parts go on while locked and seen, with keys that open nothing else; never from anywhere but the lock. */
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
const isPart = (path) => /\/parts\/\d+$/.test(path);

/** A phone whose file of four parts is on its way: `gate` holds every part after the first until it is opened. */
async function underWay() {
  const faults = {};
  const seen = [];
  const heads = [];
  let open;
  const gate = new Promise((go) => {
    open = go;
  });
  const made = await phoneWithEntry({
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  await made.app.register({ words: WORDS });
  faults.before = async (path, { method, headers }) => {
    heads.push(headers);
    seen.push(`${method} ${path.replace(/[\w-]{22}/g, '*')}`);
    if (isPart(path) && !path.endsWith('/0')) await gate;
  };
  await made.app.addFile(made.record, file(randomBytes(3_500_000), 'film.bin', ''), { route: 'files' });
  await made.app.saveIncident({ record: made.record, fields: {}, restricted: {} });
  await eventually(() => seen.some((one) => one.endsWith('/parts/1')));
  return { ...made, seen, heads, gate: () => open(), faults };
}

const eventually = (is) => eventuallyOf(is, Boolean);
const puts = (seen) => seen.filter((one) => one.startsWith('PUT') && isPart(one)).length;

test('a film under way is sent to its end at the lock, and the next unlock finds it kept', async () => {
  const { app, phone, seen, heads, gate } = await underWay();
  const { written } = watched(phone.database);
  await app.lock('asked');
  assert.deepEqual(phone.ctx.api.tokens(), { token: null, device: null, session: null, upload: null, renewal: null });
  assert.ok(
    !JSON.stringify(phone.ctx.carrier, (name, value) =>
      name === 'ctx' ? undefined : value instanceof Map ? [...value] : value,
    ).includes('"token"'),
  );
  seen.length = 0;
  heads.length = 0;
  gate();
  await eventually(() => seen.some((one) => one.endsWith('/complete')));
  assert.equal(app.state.phase, 'locked');
  assert.ok(puts(seen) >= PARTS - 2, seen.join());
  assert.deepEqual(
    [...new Set(seen.map((one) => one.split(' ')[1]))].filter((one) => !one.includes('/blobs/')),
    [],
    'nothing but parts of files',
  );
  assert.ok(
    heads.every((one) => one['X-Ticket'] && !one.Authorization),
    'tickets, and nothing that signs in',
  );
  const atLock = written();
  await phone.rest();
  assert.equal(written(), atLock, 'nothing is written for it');
  await app.unlock(WORDS);
  await until({ app }, ({ entries }) => entries[0]?.state.code === 'kept', 'kept');
  phone.end();
});

test('after quick exit, out of sight, or with no signal nothing is sent; back in sight it goes on', async () => {
  const first = await underWay();
  await first.app.lock('exit');
  first.seen.length = 0;
  first.gate();
  await first.phone.rest();
  first.phone.hurry();
  await first.phone.rest();
  assert.equal(puts(first.seen), 0, first.seen.join());
  first.phone.end();

  const second = await underWay();
  second.phone.visible = false;
  await second.app.lock('asked');
  second.seen.length = 0;
  second.gate();
  await second.phone.rest();
  second.phone.hurry();
  await second.phone.rest();
  assert.equal(puts(second.seen), 0, second.seen.join());
  second.phone.visible = true;
  second.phone.hurry();
  await eventually(() => second.seen.some((one) => one.endsWith('/complete')));
  second.phone.end();
});

test('a session that was ended meanwhile stops it, and nobody signs in', async () => {
  const { app, phone, gate, faults } = await underWay();
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
  await phone.rest();
  phone.hurry();
  await phone.rest();
  assert.equal(refused.length, 1, refused.join());
  assert.match(refused[0], /\/blobs\//);
  phone.end();
});

test('a transport key opens its one record, only decrypts, and cannot be read', async () => {
  const store = await importKey(randomBytes(32));
  const [id, other] = [randomBytes(16), randomBytes(16)];
  const sealed = await sealBox(store, id, { k: 'part' }, randomBytes(40_000));
  const key = await deriveBoxKey(store, id, sealed.slice(0, HEAD_BYTES));
  assert.deepEqual((await openBoxWithKey(key, sealed)).bytes, (await openBox(store, id, sealed)).bytes);
  assert.deepEqual([key.aead.extractable, key.aead.usages], [false, ['decrypt']]);
  await assert.rejects(crypto.subtle.exportKey('raw', key.aead));
  const elsewhere = await sealBox(store, other, { k: 'root' }, randomBytes(300));
  await assert.rejects(openBoxWithKey(key, elsewhere), { code: 'not_opened' });
  assert.equal(
    await deriveBoxKey(await importKey(randomBytes(32)), id, sealed.slice(0, HEAD_BYTES)),
    null,
    'of another store key',
  );
  const bent = sealed.slice();
  bent[200] ^= 1;
  await assert.rejects(openBoxWithKey(key, bent), { code: 'not_opened' });
});

/** Counts what is written to a database from now on. @param {any} database */
function watched(database) {
  let count = 0;
  const write = database.write.bind(database);
  database.write = (...args) => {
    count++;
    return write(...args);
  };
  return { written: () => count };
}
