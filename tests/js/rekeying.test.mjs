/**
 * New words, and new keys when somebody knows the words: what the old ones still open, interruptions at every step,
 * and the other phone.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isKept, saveEntry } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { anotherPhone } from './phone/second_phone.mjs';
import { fixedClock } from '#app/core/clock.js';
import { createEngine } from '#app/crypto/worker/engine.js';
import { argon2id } from '#app/crypto/argon2.js';
import { COST_CEILING } from '#app/crypto/kdf.js';
import { readDoor } from '#app/store/device_meta.js';

const NEW = 'orbit velvet canyon maple drift spoon';
const CHEAP = { m: 8, t: 1 };
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

async function registerPhone(words = 'one') {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const keeperPhone = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    words,
  );
  const { login } = await keeperPhone.app.register({ words: WORDS });
  await until(keeperPhone, isKept, 'kept');
  return { ...keeperPhone, faults, login };
}

const addDevice = (login, words, faults) => anotherPhone(server.base, login, words, faults);

async function reopen(phone, words, faults = {}) {
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base, faults) });
  await reopened.app.start();
  await reopened.app.unlock(words);
  return { phone: reopened, app: reopened.app, faults };
}

const titles = ({ entries }) => entries.map(({ title }) => title).sort();
const assertRefused = (promise, ...codes) => assert.rejects(promise, ({ code }) => codes.includes(code));

/** The door and the table of a phone, as somebody who copied it has them. */
async function copyPhone({ database }) {
  const db = await database.open();
  const [keys, values] = await Promise.all([db.getAllKeys('a'), db.getAll('a')]);
  const table = new Map(keys.map((key, i) => [Buffer.from(key).toString('hex'), new Uint8Array(values[i])]));
  return { door: await readDoor(database), table };
}

/** The records of a copy that these words open with a door, or null if they open no slot. */
async function recordsOpenedBy(door, words, table, origin) {
  const engine = createEngine({
    origin,
    argon2: argon2id,
    policy: { floor: CHEAP, ceiling: COST_CEILING },
    now: () => 0,
  });
  try {
    await engine.unlock(words, door);
  } catch {
    return null;
  }
  const opened = new Map();
  for (const [id, sealed] of table) {
    const found = await engine.boxOpen(Uint8Array.from(Buffer.from(id, 'hex')), sealed).catch(() => null);
    if (found) opened.set(id, found);
  }
  return opened;
}

/** Two phones of one diary, both fully synced. */
async function twoPhones() {
  const deviceA = await registerPhone();
  const deviceB = await addDevice(deviceA.login, WORDS);
  await until(deviceB, ({ entries }) => entries.length === 1);
  await deviceB.phone.ctx.open.syncing.now();
  return { deviceA, deviceB };
}

test('a new passphrase ends the old one and its sessions; the code and the other phone continue', async () => {
  const deviceA = await registerPhone();
  const { crockford } = await deviceA.app.makeCode();
  await deviceA.app.confirmCode(crockford);
  const deviceB = await addDevice(deviceA.login, WORDS);
  await until(deviceB, ({ entries }) => entries.length === 1);
  await assertRefused(deviceA.app.changeWords({ words: 'quite other words here', newWords: NEW }), 'words_differ');
  await assertRefused(deviceA.app.changeWords({ words: WORDS, newWords: WORDS }), 'words_in_use');
  await deviceA.app.changeWords({ words: WORDS, newWords: NEW });
  await saveEntry(deviceA.app, 'two');
  await until(deviceA, isKept, 'kept under the new passphrase');
  await assertRefused(addDevice(deviceA.login, WORDS), 'sign_in_failed');
  await deviceA.app.lock('asked');
  await assertRefused(deviceA.app.unlock(WORDS), 'no_match');
  await deviceA.app.unlock(NEW);
  await until(deviceA, ({ entries }) => entries.length === 2);

  deviceB.app.network();
  await until(deviceB, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await saveEntry(deviceB.app, 'three, written meanwhile');
  await assertRefused(deviceB.app.catchUp({ words: WORDS }), 'sign_in_failed');
  await deviceB.app.catchUp({ words: NEW });
  await until(deviceB, (state) => isKept(state) && state.entries.length === 3, 'all three');
  await deviceB.app.lock('asked');
  await deviceB.app.unlock(NEW);

  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const deviceC = makePhone({ origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) });
  await deviceC.app.start();
  await deviceC.app.signInWithCode({
    login: deviceA.login,
    code: crockford,
    newWords: 'glove pepper window harbor mint lamp',
  });
  await until(deviceC, ({ entries }) => entries.length === 3, 'everything, by the recovery code');
});

test('a new passphrase whose response was lost can be set again; a different one is refused', async () => {
  const deviceA = await registerPhone();
  deviceA.faults.after = async (path, { method }) => {
    if (method === 'PUT' && path === '/v1/account/words') throw new TypeError('Failed to fetch');
  };
  await assertRefused(deviceA.app.changeWords({ words: WORDS, newWords: NEW }), 'offline', 'no_network');
  delete deviceA.faults.after;
  await assertRefused(
    deviceA.app.changeWords({ words: WORDS, newWords: 'glove pepper window harbor mint lamp' }),
    'no_match',
  );
  await deviceA.app.changeWords({ words: WORDS, newWords: NEW });
  await saveEntry(deviceA.app, 'two');
  await until(deviceA, isKept, 'kept under the new passphrase');
  await deviceA.app.lock('asked');
  await assertRefused(deviceA.app.unlock(WORDS), 'no_match');
  await deviceA.app.unlock(NEW);
  const deviceB = await addDevice(deviceA.login, NEW);
  await until(deviceB, ({ entries }) => entries.length === 2);
  for (const { phone } of [deviceA, deviceB]) phone.end();
});

test('keys copied before a renewal open nothing written after it, and the keeper reads everything', async () => {
  const deviceA = await registerPhone('before');
  await deviceA.app.putDraft({ fields: { narrative: 'with a picture' } });
  await deviceA.app.addFile('draft', file(PNG), { route: 'photo_picker' });
  await deviceA.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await until(deviceA, isKept, 'kept');
  const { crockford } = await deviceA.app.makeCode();
  const stolenCopy = await copyPhone(deviceA.phone);
  const oldFaults = {};
  const thief = await addDevice(deviceA.login, WORDS, oldFaults);
  await until(thief, ({ entries }) => entries.length === 2);

  const steps = [];
  await deviceA.app.renewKeys({ words: WORDS, newWords: NEW, onProgress: (done, total) => steps.push([done, total]) });
  assert.ok(steps.length);
  await saveEntry(deviceA.app, 'after');
  await until(deviceA, (state) => isKept(state) && state.entries.length === 3, 'kept after');
  assert.equal(deviceA.app.state.account.recovery, 'todo', 'a new code is due');

  // The old words, code and session.
  await assertRefused(addDevice(deviceA.login, WORDS), 'sign_in_failed');
  const byCode = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await byCode.app.start();
  await assertRefused(
    byCode.app.signInWithCode({ login: deviceA.login, code: crockford, newWords: NEW }),
    'sign_in_failed',
  );
  thief.app.network();
  await until(thief, ({ account }) => account.trouble?.code === 'signed_out', 'the session has ended');
  assert.deepEqual(titles(thief.app.state), ['before', 'with a picture'], 'nothing new arrived there');

  // Slots: the old words and the copied door, tried on what is on the phone now.
  const currentCopy = await copyPhone(deviceA.phone);
  assert.equal(
    await recordsOpenedBy(currentCopy.door, WORDS, currentCopy.table, server.base),
    null,
    'the old words open no slot',
  );
  const newRecords = new Map(
    [...currentCopy.table].filter(
      ([id, sealed]) => !stolenCopy.table.has(id) || Buffer.compare(stolenCopy.table.get(id), sealed) !== 0,
    ),
  );
  assert.ok(newRecords.size > 3);
  const opened = await recordsOpenedBy(stolenCopy.door, WORDS, newRecords, server.base);
  assert.equal(opened.size, 0, 'the copied slots open no record written since');
  assert.ok(
    (await recordsOpenedBy(stolenCopy.door, WORDS, stolenCopy.table, server.base)).size > 3,
    'as they opened earlier records',
  );
  assert.notDeepEqual(currentCopy.door.slots[3], stolenCopy.door.slots[3], 'the short secret’s slot is random again');
  assert.notDeepEqual(currentCopy.door.capture_pub, stolenCopy.door.capture_pub);

  // The keeper: here after a restart, and on a new phone.
  deviceA.phone.end();
  const reopened = await reopen(deviceA.phone, NEW);
  await until(reopened, ({ entries }) => entries.length === 3);
  assert.deepEqual(titles(reopened.app.state), ['after', 'before', 'with a picture']);
  const { record } = reopened.app.state.entries.find(({ pictures }) => pictures === 1);
  const read = await reopened.app.readIncident(record);
  assert.equal(read.attachments.length, 1);
  const newDevice = await addDevice(deviceA.login, NEW);
  await until(newDevice, ({ entries }) => entries.length === 3);
  assert.deepEqual(titles(newDevice.app.state), ['after', 'before', 'with a picture']);
  assert.equal(newDevice.app.state.account.trouble, null);
  assert.ok(
    newDevice.app.state.entries.every(({ flags }) => !flags.includes('altered')),
    'versions signed with the earlier key verify',
  );

  // And once more, on top of the first renewal.
  await newDevice.app.renewKeys({ words: NEW, newWords: 'glove pepper window harbor mint lamp' });
  const deviceC = await addDevice(deviceA.login, 'glove pepper window harbor mint lamp');
  await until(deviceC, ({ entries }) => entries.length === 3);
  assert.ok(deviceC.app.state.entries.every(({ flags }) => !flags.includes('altered')));
});

test('after new keys, another phone opens with its old words, sends nothing, and then follows', async () => {
  const deviceA = await registerPhone();
  const deviceB = await addDevice(deviceA.login, WORDS);
  await until(deviceB, ({ entries }) => entries.length === 1);
  deviceB.faults.off = true;
  deviceB.phone.online = false;
  deviceB.app.network();
  const written = await saveEntry(deviceB.app, 'written offline');
  await saveEntry(deviceB.app, 'and another');
  deviceB.phone.clock.move(3_600_000);
  await deviceB.app.saveIncident({
    record: written.record,
    fields: { narrative: 'written offline, and added to' },
    restricted: {},
  });
  await deviceA.app.renewKeys({ words: WORDS, newWords: NEW });
  await saveEntry(deviceA.app, 'after');
  await until(deviceA, (state) => isKept(state) && state.entries.length === 2);
  deviceB.faults.off = false;
  deviceB.phone.online = true;
  deviceB.app.network();
  await until(deviceB, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await deviceB.app.lock('asked');
  await deviceB.app.unlock(WORDS);
  await until(deviceB, ({ account }) => account.trouble?.code === 'signed_out', 'still');
  await deviceB.app.catchUp({ words: NEW });
  const finalState = await until(
    deviceB,
    (state) => isKept(state) && state.entries.length === 4,
    'everything, in both directions',
  );
  assert.ok(finalState.entries.every(({ flags }) => !flags.includes('altered')));
  await until(deviceA, ({ entries }) => entries.length === 4 || (deviceA.app.network(), false), 'and on the first');
  assert.equal(deviceA.app.state.account.trouble, null);
  assert.ok(deviceA.app.state.entries.every(({ flags }) => !flags.includes('altered')));
  await deviceB.app.lock('asked');
  await assertRefused(deviceB.app.unlock(WORDS), 'no_match');
  await deviceB.app.unlock(NEW);
  await until(deviceB, ({ entries }) => entries.length === 4);
});

test('a version whose response was lost before new keys elsewhere keeps its receipt, without a gap', async () => {
  const { deviceA, deviceB } = await twoPhones();
  deviceB.faults.after = (path, { method }) => {
    if (method === 'PUT' && path.includes('/versions/')) {
      deviceB.faults.off = true;
      throw new TypeError('Failed to fetch');
    }
  };
  const { record } = await saveEntry(deviceB.app, 'taken, and the answer lost');
  await until(deviceB, () => deviceB.faults.off && !deviceB.phone.ctx.open.syncing.running, 'lost');
  delete deviceB.faults.after;
  await saveEntry(deviceB.app, 'written after it');
  await deviceA.app.renewKeys({ words: WORDS, newWords: NEW });
  deviceB.faults.off = false;
  deviceB.app.network();
  await until(deviceB, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await deviceB.app.catchUp({ words: NEW });
  await until(deviceB, (state) => isKept(state) && state.entries.length === 3, 'kept');
  await deviceB.phone.ctx.open.syncing.now();
  await deviceA.phone.ctx.open.syncing.now();
  const metas = await Promise.all([deviceA, deviceB].map(({ phone }) => phone.ctx.open.book.meta(record)));
  const [onA, onB] = metas.map(({ versions }) => versions.map(({ v, c, seq }) => [v, c, seq]));
  assert.deepEqual(onA, onB);
  for (const { phone } of [deviceA, deviceB])
    assert.deepEqual([phone.ctx.open.store.root.doubts, phone.ctx.open.store.root.troubles], [{}, {}]);
});

/** Save an entry on a phone whose server answers pushes with a receipt of another time; return its record. */
async function saveWithWrongReceipt(device, text) {
  device.faults.after = async (path, { method }, response) => {
    if (method !== 'PUT' || !path.includes('/versions/')) return null;
    const answer = await response.json();
    answer.receipt.ts += 1;
    return new Response(JSON.stringify(answer), { status: 201, headers: { 'content-type': 'application/json' } });
  };
  const { record } = await saveEntry(device.app, text);
  await until(device, ({ entries }) => entries.find((row) => row.record === record)?.state.code === 'trouble');
  return record;
}

/** Return the facts of a record's versions that the server's receipt covers. */
async function versionFacts({ phone }, record) {
  const { versions } = await phone.ctx.open.book.meta(record);
  return versions.map(({ v, c, seq, receipt }) => [v, c, seq, receipt?.c]);
}

for (const [when, isFed] of /** @type {[string, boolean][]} */ ([
  ['before', true],
  ['after', false],
]))
  test(`a version with a false receipt, in the feed ${when} new keys elsewhere, is not sealed again`, async () => {
    const { deviceA, deviceB } = await twoPhones();
    if (!isFed)
      deviceB.faults.before = (path) => {
        if (path.includes('/changes?')) throw new TypeError('Failed to fetch');
      };
    const record = await saveWithWrongReceipt(deviceB, 'taken, and the receipt false');
    await until(deviceB, () => !deviceB.phone.ctx.open.syncing.running);
    assert.equal((await versionFacts(deviceB, record))[0][2] !== null, isFed);
    await deviceA.app.renewKeys({ words: WORDS, newWords: NEW });
    for (const name of ['before', 'after']) delete deviceB.faults[name];
    deviceB.app.network();
    await until(deviceB, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
    await deviceB.app.catchUp({ words: NEW });
    await until(deviceB, isKept, 'kept');
    await deviceB.phone.ctx.open.syncing.now();
    await deviceA.phone.ctx.open.syncing.now();
    const [[[, c, , receiptFor]]] = [await versionFacts(deviceB, record)];
    assert.equal(c, receiptFor);
    assert.deepEqual(await versionFacts(deviceA, record), await versionFacts(deviceB, record));
    for (const { phone } of [deviceA, deviceB]) {
      const { doubts, troubles, outbox } = phone.ctx.open.store.root;
      assert.deepEqual([doubts, troubles, outbox], [{}, {}, []]);
    }
  });

test('entries written while signed out keep their order, whatever was under way when the keys came', async () => {
  const { deviceA, deviceB } = await twoPhones();
  await deviceA.app.renewKeys({ words: WORDS, newWords: NEW });
  const written = [];
  for (const text of ['two', 'three']) written.push((await saveEntry(deviceB.app, text)).record);
  await until(deviceB, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  const { syncing, store } = deviceB.phone.ctx.open;
  await syncing.current;
  // The first entry leaves sealed under the old keys, and reaches the server only when the new ones are in use.
  let underWay = null;
  let release = () => undefined;
  const released = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  const isUnderWay = new Promise((resolve) => {
    deviceB.faults.before = async (path, options) => {
      if (underWay || options?.method !== 'PUT' || !path.includes('/versions/')) return;
      underWay = path;
      resolve(undefined);
      await released;
    };
  });
  deviceB.app.network();
  await isUnderWay;
  await deviceB.app.catchUp({ words: NEW });
  assert.deepEqual(Object.keys(store.root.troubles), []);
  release();
  await until(deviceB, (state) => isKept(state) && state.entries.length === 3, 'kept');
  await syncing.now();
  assert.ok(underWay.includes(written[0]));
  const numbers = deviceB.app.state.entries.map(({ record, seq_no }) => [record, seq_no]);
  assert.deepEqual(
    written.map((record) => Object.fromEntries(numbers)[record]),
    [2, 3],
  );
  assert.deepEqual([store.root.troubles, store.root.doubts, store.root.outbox], [{}, {}, []]);
  for (const { phone } of [deviceA, deviceB]) phone.end();
});

test('when two phones renew keys at once, one succeeds, and its passphrase opens the diary', async () => {
  const { deviceA, deviceB } = await twoPhones();
  // The wraps of the first phone arrive between the last wraps of the second and its commit.
  /** @type {() => void} */
  let release = () => undefined;
  let [staged, second] = [null, null];
  deviceA.faults.before = async (path) => {
    if (second || !path.endsWith('/rotation/wraps')) return;
    const ready = new Promise((/** @type {(value?: undefined) => void} */ done) => {
      deviceB.faults.before = async (at) => {
        if (at.endsWith('/rotation/commit')) {
          done();
          await new Promise((/** @type {(value?: undefined) => void} */ on) => {
            release = on;
          });
        }
      };
    });
    second = deviceB.app.renewKeys({ words: WORDS, newWords: NEW });
    second.catch(() => undefined);
    await ready;
  };
  deviceA.faults.after = (path) => {
    if (path.endsWith('/rotation/wraps')) staged = true;
    if (staged) release();
  };
  const first = deviceA.app.renewKeys({ words: WORDS, newWords: 'glove pepper window harbor mint lamp' });
  const results = await Promise.allSettled([first, first.catch(() => undefined).then(() => second)]);
  delete deviceB.faults.before;
  assert.equal(
    results.filter(({ status }) => status === 'fulfilled').length,
    1,
    results.map((result) => result.status === 'rejected' && result.reason.code).join(),
  );
  const words = results[0].status === 'fulfilled' ? 'glove pepper window harbor mint lamp' : NEW;
  const [winner, loser] = words === NEW ? [deviceB, deviceA] : [deviceA, deviceB];
  await saveEntry(winner.app, 'after');
  await until(winner, (state) => isKept(state) && state.entries.length === 2, 'kept after');
  const newDevice = await addDevice(deviceA.login, words);
  await until(newDevice, ({ entries }) => entries.length === 2, 'everything opens on a new phone');
  assert.ok(newDevice.app.state.entries.every(({ flags }) => !flags.includes('altered')));
  assert.equal(newDevice.app.state.account.trouble, null);
  await loser.app.catchUp({ words });
  await until(loser, (state) => isKept(state) && state.entries.length === 2, 'and on the other');
  for (const { phone } of [deviceA, deviceB, newDevice]) phone.end();
});

for (const [name, isStep] of /** @type {[string, (path: string) => boolean][]} */ ([
  ['before it begins', (path) => path.endsWith('/rotation')],
  ['while wraps are sent', (path) => path.endsWith('/wraps')],
  ['before it takes effect', (path) => path.endsWith('/commit')],
])) {
  test(`interrupted ${name}: nothing has changed, and the new words resume it`, async () => {
    const deviceA = await registerPhone();
    deviceA.faults.before = (path) => {
      if (isStep(path)) throw new TypeError('Failed to fetch');
    };
    await assertRefused(deviceA.app.renewKeys({ words: WORDS, newWords: NEW }), 'offline', 'no_network');
    deviceA.phone.end();
    const newDevice = await addDevice(deviceA.login, WORDS);
    await until(newDevice, ({ entries }) => entries.length === 1);
    const reopened = await reopen(deviceA.phone, WORDS);
    await until(reopened, ({ account }) => account.rekeying, 'reported as unfinished');
    await assertRefused(reopened.app.renewOn({ newWords: 'glove pepper window harbor mint lamp' }), 'no_match');
    await reopened.app.renewOn({ newWords: NEW });
    await until(reopened, ({ account }) => !account.rekeying);
    await saveEntry(reopened.app, 'after');
    await until(reopened, (state) => isKept(state) && state.entries.length === 2, 'kept');
    await assertRefused(addDevice(deviceA.login, WORDS), 'sign_in_failed');
    await reopened.app.lock('asked');
    await assertRefused(reopened.app.unlock(WORDS), 'no_match');
  });
}

test('when the last response is lost and the phone restarts, the new passphrase finishes the change', async () => {
  const deviceA = await registerPhone();
  let done = false;
  deviceA.faults.after = (path) => {
    if (path.endsWith('/commit')) {
      done = true;
      deviceA.faults.off = true;
      throw new TypeError('Failed to fetch');
    }
  };
  await assertRefused(deviceA.app.renewKeys({ words: WORDS, newWords: NEW }), 'offline', 'no_network');
  assert.ok(done);
  deviceA.phone.end();
  const reopened = await reopen(deviceA.phone, WORDS);
  await until(reopened, ({ account }) => account.rekeying, 'reported as unfinished');
  await reopened.app.renewOn({ newWords: NEW });
  assert.equal(reopened.app.state.account.rekeying, false);
  await saveEntry(reopened.app, 'after');
  await until(reopened, (state) => isKept(state) && state.entries.length === 2, 'kept');
  await reopened.app.lock('asked');
  await reopened.app.unlock(NEW);
});

test('a diary only on this phone gets new keys too', async () => {
  const deviceA = await phoneWithEntry({ clock: fixedClock(Date.now()) }, 'only here');
  const stolenCopy = await copyPhone(deviceA.phone);
  await deviceA.app.renewKeys({ words: WORDS, newWords: NEW });
  await saveEntry(deviceA.app, 'after');
  const currentCopy = await copyPhone(deviceA.phone);
  const newRecords = new Map(
    [...currentCopy.table].filter(
      ([id, sealed]) => !stolenCopy.table.has(id) || Buffer.compare(stolenCopy.table.get(id), sealed) !== 0,
    ),
  );
  assert.equal((await recordsOpenedBy(stolenCopy.door, WORDS, newRecords, 'https://notes.example')).size, 0);
  await deviceA.app.lock('asked');
  await assertRefused(deviceA.app.unlock(WORDS), 'no_match');
  await deviceA.app.unlock(NEW);
  await until(deviceA, ({ entries }) => entries.length === 2);
});

test('a passphrase change after new keys leaves earlier entries readable and editable without a restart', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'Before.');
  await app.saveNote(record, 'Mine.');
  await app.setShort('274913', WORDS);
  await app.renewKeys({ words: WORDS, newWords: NEW });
  assert.equal((await app.readLocking()).short, false, 'new keys delete the short secret, and this is reported');
  await app.changeWords({ words: NEW, newWords: 'glove pepper window harbor mint lamp' });
  assert.equal((await app.readIncident(record)).note, 'Mine.');
  await app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await app.lock('asked');
  await app.unlock('glove pepper window harbor mint lamp');
  assert.deepEqual([(await app.readIncident(record)).fields.who, app.state.account.trouble], ['My ex', null]);
  phone.end();
});

test('a server restored to before the new keys is reported, and a sealed copy is complete', async () => {
  const deviceA = await registerPhone('before');
  const olderFolder = await mkdtemp(join(tmpdir(), 'older-'));
  await server.leave();
  await cp(server.folder, olderFolder, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  await deviceA.app.renewKeys({ words: WORDS, newWords: NEW });
  await saveEntry(deviceA.app, 'after');
  await until(deviceA, (state) => isKept(state) && state.entries.length === 2, 'kept after');
  await server.leave();
  await rm(server.folder, { recursive: true });
  await cp(olderFolder, server.folder, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  deviceA.app.network();
  await until(deviceA, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await assertRefused(deviceA.app.catchUp({ words: NEW }), 'sign_in_failed');
  await assertRefused(deviceA.app.catchUp({ words: WORDS }), 'keys_older');
  await saveEntry(deviceA.app, 'later');
  assert.deepEqual(titles(deviceA.app.state), ['after', 'before', 'later']);
  await deviceA.app.lock('asked');
  await assertRefused(deviceA.app.unlock(WORDS), 'no_match');
  await deviceA.app.unlock(NEW);
  await until(deviceA, ({ entries }) => entries.length === 3, 'all three, under the new passphrase');
  const copy = await deviceA.app.makeCopy({ words: NEW });
  assert.ok(copy);
  await rm(olderFolder, { recursive: true });
});
