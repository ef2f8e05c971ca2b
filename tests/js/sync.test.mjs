/**
 * The phone and a real server: kept entries, a second device, two devices at once, and every false answer a network
 * gives.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { isKept } from './phone/keeper.mjs';
import { WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { eventually } from './phone/eventually.mjs';
import { sender, startServer } from './phone/server.mjs';
import { anotherPhone } from './phone/second_phone.mjs';
import { SENTENCES } from '#app/diary/sentences.js';
import { fixedClock } from '#app/core/clock.js';
import { KeptError } from '#app/core/errors.js';
import { canonicalBytes, encodeFrames, decodeFrames } from '#app/core/encoding.js';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const html = () => new Response('<html>Sign in to Wi-Fi</html>', { headers: { 'content-type': 'text/html' } });
const json = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

/** A registered phone with faults that can be changed at any time. */
async function registerDevice(words) {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const keeperPhone = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    words,
  );
  const { login } = await keeperPhone.app.register({ words: WORDS });
  return { ...keeperPhone, faults, login };
}

const addDevice = (login) => anotherPhone(server.base, login);

/** Wait until the phone has fetched every file, not only the words, and no sync is running. */
async function allFilesFetched({ ctx }) {
  const { open } = ctx;
  await eventually(
    () => [open.store.root.fetch.length, open.syncing.running],
    ([toFetch, isOn]) => toFetch === 0 && !isOn,
  );
}

test('an entry is "backed up" only if its receipt verifies, and shows the receipt’s time', async () => {
  const { app } = await registerDevice();
  const { entries, account } = await until({ app }, isKept, 'kept');
  assert.ok(entries[0].state.at > 0);
  assert.equal(entries[0].seq_no, 1);
  assert.equal(account.registered, true);
});

test('a version whose receipt this browser could not check is not called backed up in the history', async () => {
  const { phone, app } = await registerDevice();
  const { entries } = await until({ app }, isKept, 'kept');
  const { record } = entries[0];
  const stateInHistory = async () => {
    const [{ kept_at: keptAt, unproved }] = (await app.readIncident(record)).versions;
    return [Number(keptAt) > 0, unproved];
  };
  assert.deepEqual(await stateInHistory(), [true, false]);
  const { book, store } = phone.ctx.open;
  const meta = await book.meta(record);
  meta.versions[0].checked = false;
  await store.change((_root, change) => change.putJson(`r/${record}`, meta));
  assert.deepEqual(await stateInHistory(), [true, true]);
});

test('a list that a full phone could not rebuild is rebuilt by the next sync, without another unlock', async () => {
  const { phone, app } = await registerDevice('one');
  await until({ app }, isKept, 'kept');
  await phone.ctx.open.store.change((_root, change) => change.drop('segment/0'));
  phone.end();
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base, {}) });
  const write = reopened.database.write.bind(reopened.database);
  reopened.database.write = async () => {
    throw new KeptError('no_space');
  };
  await reopened.app.start();
  await assert.rejects(reopened.app.unlock(WORDS), { code: 'no_space' });
  assert.deepEqual(reopened.app.state.entries, []);
  reopened.database.write = write;
  await reopened.ctx.open.syncing.now();
  // Its number is known once every row is loaded again.
  await until(reopened, (state) => isKept(state) && state.entries[0].seq_no === 1, 'the list');
  reopened.end();
});

test('entries written offline are sent in order when the signal comes back, with the same numbers', async () => {
  const { phone, app, faults } = await registerDevice('one');
  await until({ app }, isKept);
  faults.off = true;
  phone.online = false;
  app.network();
  for (const words of ['two', 'three']) {
    phone.clock.move(1000);
    await app.saveIncident({ record: null, fields: { narrative: words }, restricted: {} });
  }
  const { entries } = app.state;
  assert.deepEqual(
    entries.map(({ seq_no }) => seq_no),
    [null, null, 1],
  );
  assert.deepEqual(entries[0].state, { code: 'sealed', at: null });
  assert.equal(app.state.account.trouble, null, 'being offline is not reported as a fault');
  faults.off = false;
  phone.online = true;
  app.network();
  await until({ app }, isKept, 'kept after signal');
  assert.deepEqual(
    app.state.entries.map(({ seq_no, title }) => [seq_no, title]),
    [
      [3, 'three'],
      [2, 'two'],
      [1, 'one'],
    ],
  );
});

test('a second device has every word and file, byte for byte', async () => {
  const { app, record, login } = await registerDevice();
  const bytes = new Uint8Array(1_200_000).map((_, i) => i % 253);
  const { attachment } = await app.addFile(record, file(bytes, 'long.bin', ''), { route: 'files' });
  await app.saveNote(record, 'private');
  await until({ app }, isKept, 'kept');
  const otherDevice = await addDevice(login);
  await until(otherDevice, ({ entries }) => entries.length === 1, 'the entry');
  const entry = await otherDevice.app.readIncident(record);
  assert.equal(entry.note, 'private');
  await until(otherDevice, () => otherDevice.phone.app.state.busy === null);
  otherDevice.app.network();
  await allFilesFetched(otherDevice.phone);
  otherDevice.faults.off = true;
  const { url, name } = await otherDevice.app.readReceived(attachment);
  assert.equal(name, 'long.bin');
  assert.deepEqual(new Uint8Array(await otherDevice.phone.urls.get(url).arrayBuffer()), bytes);
});

test('when two devices edit an entry offline, both versions are kept, and both devices show it', async () => {
  const deviceA = await registerDevice('where it began');
  await until(deviceA, isKept);
  const deviceB = await addDevice(deviceA.login);
  await until(deviceB, ({ entries }) => entries.length === 1);
  deviceA.faults.off = true;
  deviceB.faults.off = true;
  await deviceA.app.saveIncident({ record: deviceA.record, fields: { who: 'from one' }, restricted: {} });
  await deviceB.app.saveIncident({ record: deviceA.record, fields: { who: 'from two' }, restricted: {} });
  deviceA.faults.off = false;
  deviceA.app.network();
  await until(deviceA, isKept, 'one kept');
  deviceB.faults.off = false;
  deviceB.app.network();
  await until(deviceB, isKept, 'two kept');
  deviceA.app.network();
  await until(deviceA, ({ entries }) => entries[0].flags.includes('two'), 'both on the first');
  for (const app of [deviceA.app, deviceB.app]) {
    const { versions, flags } = await app.readIncident(deviceA.record);
    assert.deepEqual(
      versions.map(({ fields }) => fields.who ?? null),
      [null, 'from one', 'from two'],
    );
    assert.deepEqual(flags, ['two']);
    assert.equal(app.state.entries[0].seq_no, 1);
  }
});

/** A second phone that received one part of a file with one byte changed. */
async function withDamagedPart() {
  const { app, record, login } = await registerDevice();
  const bytes = new Uint8Array(3000).map((_, i) => i % 251);
  const { attachment } = await app.addFile(record, file(bytes, 'voice.bin', ''), { route: 'files' });
  await until({ app }, isKept, 'kept');
  const otherDevice = await addDevice(login);
  let damaged = 0;
  otherDevice.faults.after = async (path, _options, response) => {
    if (!path.includes('/parts/') || damaged) return null;
    damaged++;
    const sealed = new Uint8Array(await response.arrayBuffer());
    sealed[sealed.length - 9] ^= 1;
    return new Response(sealed, { headers: { 'content-type': 'application/octet-stream' } });
  };
  await until(otherDevice, ({ entries }) => entries.length === 1, 'the entry');
  await allFilesFetched(otherDevice.phone);
  assert.equal(damaged, 1);
  const read = async () => {
    const { url } = await otherDevice.app.readReceived(attachment);
    return new Uint8Array(await otherDevice.phone.urls.get(url).arrayBuffer());
  };
  return { otherDevice, read, bytes };
}

test('a damaged part is fetched again when the file is opened, and the file opens', async () => {
  const { read, bytes } = await withDamagedPart();
  assert.deepEqual(await read(), bytes);
});

test('a damaged part is reported without a signal, and is fetched again automatically with one', async () => {
  const { otherDevice, read, bytes } = await withDamagedPart();
  otherDevice.faults.off = true;
  await assert.rejects(read(), { code: 'file_damaged', sentence: SENTENCES.file_damaged });
  otherDevice.faults.off = false;
  otherDevice.app.network();
  await allFilesFetched(otherDevice.phone);
  otherDevice.faults.off = true;
  assert.deepEqual(await read(), bytes);
});

test('when two devices each add a file at once, the next version has both files and follows both', async () => {
  const deviceA = await registerDevice('where it began');
  await until(deviceA, isKept);
  const deviceB = await addDevice(deviceA.login);
  await until(deviceB, ({ entries }) => entries.length === 1);
  deviceA.faults.off = deviceB.faults.off = true;
  const fileA = await deviceA.app.addFile(deviceA.record, file(new Uint8Array(40).fill(1), 'one.bin'), {
    route: 'files',
  });
  const fileB = await deviceB.app.addFile(deviceA.record, file(new Uint8Array(50).fill(2), 'two.bin'), {
    route: 'files',
  });
  for (const device of [deviceA, deviceB]) {
    device.faults.off = false;
    device.app.network();
    await until(device, isKept);
  }
  deviceA.app.network();
  await until(deviceA, ({ entries }) => entries[0].flags.includes('two'), 'both on the first');
  await deviceA.app.saveIncident({ record: deviceA.record, fields: { who: 'him' }, restricted: {} });
  const { attachments, flags, versions } = await deviceA.app.readIncident(deviceA.record);
  assert.deepEqual(
    attachments.map(({ attachment }) => attachment),
    [fileA.attachment, fileB.attachment],
  );
  assert.deepEqual(flags, [], 'both are its parents');
  assert.equal(versions.at(-1).fields.narrative, 'where it began');
});

for (const [
  fault,
  tamper,
  code,
] of /** @type {[string, (answer: {receipt: Record<string, string>}) => void, keyof typeof SENTENCES][]} */ ([
  [
    'a wrong signature',
    (answer) => {
      answer.receipt.sig = answer.receipt.sig.replace(/^../, (letters) => (letters === 'AA' ? 'BB' : 'AA'));
    },
    'receipt_wrong',
  ],
  [
    'a wrong commitment',
    (answer) => {
      answer.receipt.c = answer.receipt.env;
    },
    'receipt_wrong',
  ],
  [
    'another notary',
    (answer) => {
      answer.receipt.log = answer.receipt.c;
    },
    'receipt_wrong',
  ],
])) {
  test(`a receipt with ${fault} is reported at the entry, which is kept once a valid one arrives`, async () => {
    const { phone, app, faults } = await registerDevice();
    await until({ app }, isKept);
    faults.after = async (path, { method }, response) => {
      if (method !== 'PUT' || !path.includes('/versions/')) return null;
      const answer = await response.json();
      tamper(answer);
      return json(201, answer);
    };
    phone.clock.move(1000);
    await app.saveIncident({ record: null, fields: { narrative: 'second' }, restricted: {} });
    const { entries } = await until({ app }, (state) => state.entries[0].state.code === 'trouble', 'a warning');
    assert.equal(entries[0].state.sentence, SENTENCES[code]);
    assert.equal(entries[1].state.code, 'kept');
    faults.after = null;
    app.network();
    await until({ app }, isKept, 'kept in the end');
  });
}

for (const [fault, answer, code] of /** @type {[string, () => Response, string][]} */ ([
  ['a Wi-Fi sign-in page', html, 'captive_portal'],
  ['500 and nothing else', () => new Response('', { status: 500 }), 'server_down'],
  ['garbage', () => new Response('\u0000\u0001', { headers: { 'content-type': 'application/json' } }), 'garbage'],
  ['an answer of another shape', () => json(201, { hello: 1 }), 'garbage'],
])) {
  test(`${fault} instead of the server is reported; nothing is lost, and the entry is sent later`, async () => {
    const { app, faults } = await registerDevice();
    await until({ app }, isKept);
    faults.before = async () => answer();
    await app.saveIncident({ record: null, fields: { narrative: 'while it lies' }, restricted: {} });
    const { account, entries } = await until({ app }, (state) => state.account.trouble, 'a warning');
    assert.equal(account.trouble.code, code);
    assert.equal(account.trouble.sentence, SENTENCES[code]);
    assert.notEqual(entries.find(({ title }) => title === 'while it lies').state.code, 'kept');
    faults.before = null;
    app.network();
    await until({ app }, isKept, 'kept in the end');
    assert.equal(app.state.account.trouble, null);
  });
}

test('a session that ends during an upload is renewed, and the upload continues where it was', async () => {
  const { app, record, faults } = await registerDevice();
  await until({ app }, isKept);
  let parts = 0;
  let signedIn = 0;
  faults.before = async (path, { method }) => {
    if (path === '/v1/session/renewal' && method === 'POST') signedIn++;
    if (method === 'PUT' && path.includes('/parts/') && ++parts === 2)
      return json(401, { error: 'signed_out', message: 'You are signed out.' });
    return null;
  };
  await app.addFile(record, file(new Uint8Array(3_000_000), 'long.bin', ''), { route: 'files' });
  await until({ app }, isKept, 'kept');
  assert.equal(signedIn, 1);
  assert.ok(parts <= 7, `${parts} parts sent: three and two small copies, one of them twice`);
});

test('when a response is lost, the same version is sent again: one entry, one receipt', async () => {
  const { app, faults } = await registerDevice();
  await until({ app }, isKept);
  let lostAnswers = 0;
  faults.after = async (path, { method }) => {
    if (method === 'PUT' && path.includes('/versions/') && lostAnswers++ === 0) throw new TypeError('Failed to fetch');
    return null;
  };
  await app.saveIncident({ record: null, fields: { narrative: 'once' }, restricted: {} });
  await until({ app }, (state) => state.entries.length === 2 && isKept(state), 'kept');
});

test('a wrong passphrase, a wrong code and an unknown name give one error, and typed text is kept', async () => {
  const { login } = await registerDevice();
  const phone = makePhone({ origin: server.base, send: sender(server.base) });
  await phone.app.start();
  phone.app.putDraft({ fields: { narrative: 'typed first' } });
  const sameError = { code: 'sign_in_failed', message: SENTENCES.sign_in_failed };
  await assert.rejects(phone.app.signIn({ login, words: 'quite other words here' }), sameError);
  await assert.rejects(phone.app.signIn({ login: 'nobody-has-this', words: WORDS }), sameError);
  const wrong = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
  await assert.rejects(phone.app.signInWithCode({ login, code: wrong, newWords: 'new words for this phone' }), {
    ...sameError,
    message: sameError.message.replace('the password', 'the recovery code'),
  });
  await assert.rejects(phone.app.signInWithCode({ login, code: 'not a code', newWords: 'new words for this phone' }), {
    code: 'code_wrong',
  });
  assert.equal(phone.app.state.phase, 'fresh');
  assert.equal(phone.app.state.draft.fields.narrative, 'typed first');
  await phone.app.signIn({ login, words: WORDS });
  await until(phone, ({ entries }) => entries.length === 1);
  assert.equal(phone.app.state.draft.fields.narrative, 'typed first', 'the draft is kept');
});

test('a new recovery code needs the passphrase, so an open diary in other hands gives no access', async () => {
  const { app } = await registerDevice();
  assert.equal(app.state.account.proved, true, 'the passphrase was typed a moment ago');
  const { crockford } = await app.makeCode();
  assert.equal(app.state.account.proved, false);
  await assert.rejects(app.makeCode(), ({ code }) => code === 'words_differ');
  await app.lock('asked');
  await app.unlock(WORDS);
  await app.setShort('274913', WORDS);
  for (const words of [undefined, '', '274913', 'none of these words'])
    await assert.rejects(app.makeCode({ words }), ({ code }) => code === 'words_differ');
  await app
    .makeCode({ words: WORDS })
    .then((newCode) => {
      assert.notEqual(newCode.crockford, crockford);
      return app.confirmCode(newCode.crockford);
    })
    .then(() => app.makeCode({ words: WORDS }));
  assert.deepEqual(
    [app.state.account.recovery, app.state.account.coded],
    ['later', true],
    'the replaced code opens nothing',
  );
});

test('the code opens the diary on a new phone with new words, and the old words no longer sign in', async () => {
  const { app, login } = await registerDevice();
  const { words12, crockford } = await app.makeCode();
  await assert.rejects(app.confirmCode('wrong'), { code: 'no_match' });
  await app.confirmCode(words12.join(' '));
  assert.equal(app.state.account.recovery, 'done');
  await until({ app }, isKept);
  const phone = makePhone({ origin: server.base, send: sender(server.base) });
  await phone.app.start();
  await phone.app.signInWithCode({ login, code: crockford, newWords: 'quite new words for this' });
  await until(phone, ({ entries }) => entries.length === 1, 'the entry');
  const thirdPhone = makePhone({ origin: server.base, send: sender(server.base) });
  await thirdPhone.app.start();
  await assert.rejects(thirdPhone.app.signIn({ login, words: WORDS }), { code: 'sign_in_failed' });
  await thirdPhone.app.signIn({ login, words: 'quite new words for this' });
});

test('a weaker lock from the server is refused before anything is sent', async () => {
  const { login } = await registerDevice();
  const sent = [];
  const phone = makePhone({
    origin: server.base,
    send: sender(server.base, {
      before: async (path) => {
        sent.push(path);
        return null;
      },
      after: async (path, _options, response) => {
        if (path !== '/v1/prelogin') return null;
        const { kdf } = await response.json();
        return json(200, { kdf: { ...kdf, m: 4 } });
      },
    }),
  });
  await phone.app.start();
  await assert.rejects(phone.app.signIn({ login, words: WORDS }), { code: 'kdf_refused' });
  assert.ok(!sent.includes('/v1/sessions'));
});

test('a registration whose response is lost is finished by trying again: one account, one name', async () => {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const { app } = await phoneWithEntry({ origin: server.base, send: sender(server.base, faults) });
  await assert.rejects(app.register({ words: 'not the words of it' }), { code: 'words_differ' });
  const names = [];
  faults.after = async (path, options) => {
    if (path !== '/v1/accounts') return null;
    names.push(JSON.parse(String(options.body)).login);
    if (names.length === 1) throw new TypeError('Failed to fetch');
    return null;
  };
  await assert.rejects(app.register({ words: WORDS }), { code: 'offline' });
  assert.equal(app.state.account.registered, false);
  const { login } = await app.register({ words: WORDS });
  assert.deepEqual(names, [login, login]);
  await until({ app }, isKept, 'kept');
});

test('a feed with an altered version is not accepted, and this is reported', async () => {
  const deviceA = await registerDevice();
  await until(deviceA, isKept);
  const deviceB = await addDevice(deviceA.login);
  await until(deviceB, ({ entries }) => entries.length === 1);
  deviceB.faults.after = async (path, _options, response) => {
    if (!path.includes('/changes')) return null;
    const [header, ...rest] = decodeFrames(new Uint8Array(await response.arrayBuffer()), { maxParts: 501 });
    const altered = rest.map((frame) => {
      const bytes = frame.slice();
      bytes[bytes.length - 1] ^= 1;
      return bytes;
    });
    return new Response(encodeFrames([header, ...altered]), {
      headers: { 'content-type': 'application/octet-stream' },
    });
  };
  await deviceA.app.saveIncident({ record: null, fields: { narrative: 'later' }, restricted: {} });
  await until(deviceA, isKept);
  deviceB.app.network();
  const { account, entries } = await until(deviceB, (state) => state.account.trouble, 'a warning');
  assert.ok(['feed_altered', 'receipt_wrong'].includes(account.trouble.code), account.trouble.code);
  assert.equal(entries.length, 1);
  deviceB.faults.after = null;
  deviceB.app.network();
  await until(deviceB, (state) => state.entries.length === 2 && state.account.trouble === null, 'the true feed');
});

test('a server with fewer entries than before is noticed', async () => {
  const { app, faults } = await registerDevice();
  await until({ app }, isKept);
  faults.after = async (path, _options, response) => {
    if (!path.includes('/changes')) return null;
    await response.arrayBuffer();
    return new Response(encodeFrames([canonicalBytes({ after: 1, head: null, latest: 0, to: 0 })]), {
      headers: { 'content-type': 'application/octet-stream' },
    });
  };
  app.network();
  const { account } = await until({ app }, (state) => state.account.trouble, 'a warning');
  assert.equal(account.trouble.code, 'server_behind');
});

test('a clock that is years off is recorded with every later version, and reported', async () => {
  const { app } = await registerDevice();
  assert.equal(app.state.account.trouble, null);
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const wrong = await phoneWithEntry({
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.UTC(2011, 0, 1)),
  });
  await wrong.app.register({ words: WORDS });
  await until(wrong, isKept, 'kept');
  assert.equal(wrong.app.state.account.trouble.code, 'clock_off');
  assert.ok(wrong.app.state.entries[0].state.at > Date.UTC(2020, 0, 1), 'kept safe by the server’s clock');
  wrong.phone.clock.move(Date.now() - wrong.phone.clock.now());
  wrong.app.touch();
  await wrong.app.saveIncident({ record: null, fields: { narrative: 'after the clock was set' }, restricted: {} });
  await until(
    wrong,
    (state) => state.entries.length === 2 && isKept(state) && state.account.trouble === null,
    'no warning any more',
  );
});

test('signing out ends the session and locks, even during a sync; opening again signs in again', async () => {
  const keeperDevice = await registerDevice();
  const otherDevice = await addDevice(keeperDevice.login);
  keeperDevice.faults.off = true;
  await assert.rejects(keeperDevice.app.signOut(), { code: 'offline' });
  assert.equal(keeperDevice.app.state.phase, 'open', 'offline, the phone is not signed out and does not show it');
  keeperDevice.faults.off = false;
  keeperDevice.app.network();
  await keeperDevice.app.signOut();
  assert.equal(keeperDevice.app.state.phase, 'locked');
  await keeperDevice.phone.waitUntilIdle();
  assert.equal((await otherDevice.app.sessions({ words: WORDS })).length, 1, 'nothing signed in again while locked');
  await keeperDevice.app.unlock(WORDS);
  await keeperDevice.app.usage();
  assert.equal((await otherDevice.app.sessions({ words: WORDS })).length, 2);
});

test('sessions are listed and ended with words typed again, and wrong words do not sign the phone out', async () => {
  const keeperDevice = await registerDevice();
  const otherDevice = await addDevice(keeperDevice.login);
  await allFilesFetched(otherDevice.phone);
  await assert.rejects(keeperDevice.app.sessions({ words: 'wrong words entirely' }), { code: 'no_match' });
  const sessions = await keeperDevice.app.sessions({ words: WORDS });
  assert.equal(sessions.length, 2);
  await keeperDevice.app.endSession(sessions.find(({ here }) => !here).session, { words: WORDS });
  assert.equal((await keeperDevice.app.sessions({ words: WORDS })).length, 1);
});
