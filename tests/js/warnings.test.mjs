/**
 * Every warning appears with its cause and goes with it: the warnings that no other test file covers. docs/warnings.md
 * lists all.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { OF_ENTRIES, OF_RUNS } from '#app/diary/warnings.js';
import { SENTENCES, sentenceOf } from '#app/diary/sentences.js';
import { KeptError } from '#app/core/errors.js';
import { anotherPhone } from './phone/second_phone.mjs';
import { isKept, isPush, syncOnce, registeredPhone, saveEntry } from './phone/keeper.mjs';
import { WORDS, file, makePhone, until } from './phone/phone.mjs';
import { startServer } from './phone/server.mjs';

const DAY = 86_400_000;

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const registerDevice = (words, options) => registeredPhone(server, words, options);
const json = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const refusal = (code) => json(code === 'try_later' ? 429 : 409, { error: code, message: 'The server’s own words.' });
const trySync = (device) => syncOnce(device).catch(() => undefined);

/** The codes of all warnings shown about the record and the server. */
const codesShown = ({
  app: {
    state: { account },
  },
}) => [account.trouble, ...(account.also ?? [])].flatMap((warning) => warning?.code ?? []);

/** Lock, unlock and sync. */
async function reopen(device) {
  await device.app.lock('asked');
  await device.app.unlock(WORDS);
  await trySync(device);
}

test('every current warning is shown; a permanent one hides no other, and each ends on its own', async () => {
  const deviceA = await registerDevice();
  const deviceB = await anotherPhone(server.base, deviceA.login);
  await until(deviceB, isKept, 'on the second');
  await syncOnce(deviceB);
  // One version is held back on the first phone, so that the next one shows a gap.
  const { store } = deviceA.phone.ctx.open;
  let withheld = null;
  deviceA.faults.off = true;
  await saveEntry(deviceA.app, 'kept back');
  await saveEntry(deviceA.app, 'after it');
  await deviceA.phone.ctx.open.syncing.current;
  await store.change((root) => {
    withheld = root.outbox.shift();
  });
  deviceA.faults.off = false;
  await syncOnce(deviceA);
  await deviceB.phone.ctx.open.store.change((root) => {
    root.doubts = { ...root.doubts, altered: true, log: true };
  });
  await syncOnce(deviceB);
  assert.deepEqual(codesShown(deviceB), ['log_changed', 'altered', 'line_gap']);
  assert.deepEqual(
    deviceB.app.state.account.also.map(({ sentence }) => sentence),
    [SENTENCES.altered, SENTENCES.line_gap],
  );
  deviceB.faults.before = async () => json(500, {});
  await trySync(deviceB);
  assert.deepEqual(
    codesShown(deviceB),
    ['server_down', 'log_changed', 'altered', 'line_gap'],
    'the connection warning comes first',
  );
  delete deviceB.faults.before;
  await store.change((root) => {
    root.outbox = [withheld, ...root.outbox];
  });
  await syncOnce(deviceA);
  await syncOnce(deviceB);
  assert.deepEqual(codesShown(deviceB), ['log_changed', 'altered']);
  for (const { phone } of [deviceA, deviceB]) phone.end();
});

test('every kind of sync failure is reported until a sync succeeds', async () => {
  const deviceA = await registerDevice();
  const answers = {
    server_slow: () => {
      throw new KeptError('server_slow');
    },
    captive_portal: () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    server_down: () => new Response('', { status: 503 }),
    garbage: () => new Response('?', { headers: { 'content-type': 'application/json' } }),
  };
  for (const code of OF_RUNS) {
    deviceA.faults.before = async (path) =>
      path.includes('/changes') ? (answers[code]?.() ?? refusal(code)) : undefined;
    // An expired session is renewed automatically; here that is refused too.
    if (['signed_out', 'session_ended'].includes(code))
      deviceA.faults.before = async () => json(401, { error: 'signed_out', message: 'x' });
    if (code === 'session_ended') continue; // this phone locks: ended_session.test.mjs
    await trySync(deviceA);
    assert.deepEqual(codesShown(deviceA), [code]);
    assert.equal(deviceA.app.state.account.trouble.sentence, SENTENCES[code], code);
    delete deviceA.faults.before;
    if (code === 'signed_out') await deviceA.app.catchUp({ words: WORDS });
    await syncOnce(deviceA);
    assert.deepEqual(codesShown(deviceA), [], `${code} is over`);
  }
  deviceA.phone.end();
});

test('a sync failure without a sentence of its own is reported as a server fault until a sync succeeds', async () => {
  const deviceA = await registerDevice();
  for (const code of ['not_found', 'wrong_origin', 'words_weak', 'never_heard_of']) {
    deviceA.faults.before = async (path) => (path.includes('/changes') ? refusal(code) : undefined);
    await trySync(deviceA);
    assert.deepEqual(codesShown(deviceA), ['internal'], code);
    delete deviceA.faults.before;
    await syncOnce(deviceA);
    assert.deepEqual(codesShown(deviceA), []);
  }
  deviceA.phone.end();
});

test('each refusal of an entry is shown at that entry only, until the server accepts it', async () => {
  const deviceA = await registerDevice();
  for (const code of OF_ENTRIES) {
    deviceA.faults.before = async (path, options) => (isPush(path, options) ? refusal(code) : undefined);
    await saveEntry(deviceA.app, code);
    await trySync(deviceA);
    const { state } = deviceA.app.state.entries.find(({ title }) => title === code);
    assert.deepEqual([state.code, state.sentence], ['trouble', sentenceOf(code)]);
    assert.deepEqual(deviceA.app.state.entries.filter((row) => row.state.code === 'trouble').length, 1);
    assert.deepEqual(codesShown(deviceA), []);
    delete deviceA.faults.before;
    await syncOnce(deviceA);
    assert.ok(isKept(deviceA.app.state), `${code} is over`);
  }
  deviceA.phone.end();
});

test('a refused entry that arrives in the feed anyway shows no warning, nor does its next version', async () => {
  const deviceA = await registerDevice();
  deviceA.faults.after = async (path, options) => (isPush(path, options) ? refusal('conflict') : undefined);
  const { record } = await saveEntry(deviceA.app, 'refused, and there');
  await trySync(deviceA);
  delete deviceA.faults.after;
  await syncOnce(deviceA);
  assert.ok(isKept(deviceA.app.state));
  assert.deepEqual(deviceA.phone.ctx.open.store.root.troubles, {});
  deviceA.faults.off = true;
  await deviceA.app.saveIncident({ record, fields: { narrative: 'and more' }, restricted: {} });
  await trySync(deviceA);
  assert.equal(
    deviceA.app.state.entries.find((row) => row.record === record).state.code,
    'sealed',
    'none of this was refused',
  );
  deviceA.phone.end();
});

test('a refusal that concerns no entry is shown with the server warnings until the push is accepted', async () => {
  const deviceA = await registerDevice();
  deviceA.faults.before = async (path, options) => (isPush(path, options) ? refusal('bad_signature') : undefined);
  await deviceA.app.saveRecord({ kind: 'person', record: null, fields: { name: 'Sam' }, restricted: {} });
  await trySync(deviceA);
  assert.deepEqual(codesShown(deviceA), ['bad_signature']);
  assert.ok(isKept(deviceA.app.state), 'no entry shows a warning');
  await reopen(deviceA);
  assert.deepEqual(codesShown(deviceA), ['bad_signature'], 'and after a lock');
  delete deviceA.faults.before;
  await syncOnce(deviceA);
  assert.deepEqual(codesShown(deviceA), []);
  assert.deepEqual(deviceA.phone.ctx.open.store.root.troubles, {});
  deviceA.phone.end();
});

test('the entry shows that the server has no room for its files, until there is room', async () => {
  const deviceA = await registerDevice();
  deviceA.faults.before = async (path, { method }) =>
    path.includes('/blobs/') && method === 'PUT' ? refusal('over_quota') : undefined;
  await deviceA.app.addFile(deviceA.record, file(new Uint8Array(5000).fill(3), 'voice.bin', ''), { route: 'files' });
  await deviceA.app.saveIncident({ record: deviceA.record, fields: {}, restricted: {} });
  await trySync(deviceA);
  const [{ state }] = deviceA.app.state.entries;
  assert.deepEqual([state.code, state.sentence], ['trouble', SENTENCES.over_quota]);
  delete deviceA.faults.before;
  await syncOnce(deviceA);
  await until(deviceA, isKept, 'kept');
  assert.deepEqual(deviceA.phone.ctx.open.store.root.troubles, {});
  deviceA.phone.end();
});

test('a phone that is full while it receives data reports that until there is room', async () => {
  const deviceA = await registerDevice();
  const deviceB = await anotherPhone(server.base, deviceA.login);
  await until(deviceB, isKept, 'on the second');
  await saveEntry(deviceA.app, 'from the other');
  await syncOnce(deviceA);
  const { store } = deviceB.phone.ctx.open;
  const { change } = store;
  store.change = async () => {
    throw new KeptError('no_space');
  };
  await trySync(deviceB);
  assert.deepEqual(codesShown(deviceB), ['no_space']);
  store.change = change;
  await syncOnce(deviceB);
  assert.deepEqual(codesShown(deviceB), []);
  await until(deviceB, (state) => state.entries.length === 2, 'it came');
  for (const { phone } of [deviceA, deviceB]) phone.end();
});

test('a clock that goes wrong during use is reported until it is set, even with nothing to send', async () => {
  const device = await registerDevice();
  const { clock } = device.phone;
  for (const off of [-3 * DAY, 5 * 365 * DAY]) {
    const right = clock.now();
    clock.move(off);
    device.app.touch();
    await syncOnce(device);
    assert.deepEqual(codesShown(device), ['clock_off']);
    const { record } = await saveEntry(device.app, 'by a wrong clock');
    const [{ fields }] = await device.phone.ctx.open.book.versions(record);
    assert.ok(Math.abs(fields._clock.offset_ms + off) < DAY / 24, 'recorded with the entry');
    await syncOnce(device);
    assert.deepEqual(codesShown(device), ['clock_off']);
    clock.move(right - clock.now());
    device.app.touch();
    await syncOnce(device);
    assert.deepEqual(codesShown(device), []);
  }
  device.phone.end();
});

test('an announced shutdown is shown until it is cancelled, even after its date and a refused entry', async () => {
  const ownServer = await startServer();
  const device = await registeredPhone(ownServer);
  const day = (ms) => new Date(ms).toISOString().slice(0, 10);
  const untilClosing = (isDone) =>
    until(
      device,
      ({ account }) => {
        void trySync(device);
        return isDone(account.closing);
      },
      'received',
    );
  assert.equal(device.app.state.account.closing, null);
  await ownServer.run('closing', day(Date.now()), '--at-once');
  await untilClosing((closing) => closing);
  await saveEntry(device.app, 'on the day');
  await until(
    device,
    (state) => {
      void trySync(device);
      return state.entries.some((row) => row.state.sentence === SENTENCES.closed);
    },
    'refused',
  );
  await ownServer.run('closing', 'never');
  await untilClosing((closing) => !closing);
  await until(
    device,
    (state) => {
      void trySync(device);
      return isKept(state);
    },
    'kept',
  );
  assert.deepEqual(codesShown(device), []);
  device.phone.end();
  await ownServer.stop();
});

test('every phone shows that an entry is to be erased, until the erasure is cancelled', async () => {
  const device = await registerDevice();
  const deviceB = await anotherPhone(server.base, device.login);
  await until(deviceB, isKept, 'on the second');
  await device.app.takeOutRecord(device.record, '');
  await syncOnce(device);
  assert.deepEqual(device.app.state.erasing, []);
  await device.app.askErasing(device.record, { words: WORDS });
  for (const phone of [device, deviceB]) {
    await syncOnce(phone);
    assert.deepEqual(
      phone.app.state.erasing.map(({ record }) => record),
      [device.record],
    );
  }
  await deviceB.app.stopErasing(device.record);
  for (const phone of [device, deviceB]) {
    await syncOnce(phone);
    assert.deepEqual(phone.app.state.erasing, []);
  }
  for (const { phone } of [device, deviceB]) phone.end();
});

test('a weaker lock from the server stops the sync and is reported until the right one comes back', async () => {
  const device = await registerDevice();
  await reopen(device);
  device.faults.before = async (path) =>
    path.includes('/changes') || path === '/v1/session/renewal'
      ? json(401, { error: 'signed_out', message: 'x' })
      : undefined;
  device.faults.after = async (path, _options, response) => {
    if (path !== '/v1/prelogin') return undefined;
    const { kdf } = await response.json();
    return json(200, { kdf: { ...kdf, m: 4 } });
  };
  await device.phone.ctx.open.store.change((root) => {
    root.session = null;
  });
  device.phone.ctx.open.typed = WORDS;
  await trySync(device);
  assert.deepEqual(codesShown(device), ['kdf_refused']);
  delete device.faults.before;
  delete device.faults.after;
  await syncOnce(device);
  assert.deepEqual(codesShown(device), []);
  device.phone.end();
});

/** Type something that cannot be sealed, and then something that can. */
async function typeOnFullPhone(device) {
  const { database } = device.phone;
  const { write } = database;
  database.write = async () => {
    throw new KeptError('no_space');
  };
  device.app.putDraft({ fields: { narrative: 'half a sentence' } });
  await until(device, ({ account }) => account?.trouble?.code === 'no_space', 'reported');
  device.app.network();
  await device.phone.waitUntilIdle();
  assert.equal(device.app.state.account.trouble?.sentence, SENTENCES.no_space, 'it is not sealed yet');
  database.write = write;
  device.app.putDraft({ fields: { narrative: 'half a sentence and more' } });
  // The draft is saved first; the warning goes when the phone has looked again.
  await until(
    device,
    ({ draft, account }) => draft.saved_at !== null && !account?.trouble,
    'sealed, no longer reported',
  );
  device.phone.end();
}

test('text that cannot be sealed before the first passphrase is reported until it is sealed', async () => {
  const phone = makePhone();
  await phone.app.start();
  await typeOnFullPhone({ phone, app: phone.app });
});

test('text that cannot be sealed in an open diary is reported until it is sealed, beside other warnings', async () => {
  await typeOnFullPhone(await registerDevice());
});

test('a release by another key is reported and not offered, until one by the right key arrives', async () => {
  const { app } = makePhone();
  await app.start();
  const waits = () => [app.state.update, Boolean(app.state.unsigned)];
  assert.deepEqual(waits(), [false, false]);
  app.updateWaits(true);
  assert.deepEqual(waits(), [true, false]);
  app.updateWaits(false);
  assert.deepEqual(waits(), [false, true], 'a tap would start the waiting release, which is a different one by now');
  app.updateWaits(true);
  assert.deepEqual(waits(), [true, false]);
});
