/**
 * Clearing a phone whose diary is also on a server: what was sent goes, what was not sent stays, and the same words
 * bring everything back.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { openDB } from '../../static/vendor/idb/index.js';
import { saveEntry } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { Index } from '#app/store/index.js';
import { eventually } from './phone/eventually.mjs';
import { sender, startServer } from './phone/server.mjs';

const NEW = 'orbit velvet canyon maple drift spoon';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const isKept = ({ entries, busy }) =>
  entries.length > 0 && !busy && entries.every(({ state }) => state.code === 'kept');
const titlesOf = (state) => state.entries.map(({ title }) => title).sort();

async function allRecords(phone) {
  const db = await openDB(phone.name, 1);
  const values = await db.getAll('a');
  db.close();
  return values;
}

/** The contents of an entry, and the digests of its files. */
async function entryContents(phone, record) {
  const entry = await phone.app.readIncident(record);
  const files = await Promise.all(
    entry.attachments.map(async ({ attachment, sha256 }) => {
      await phone.app.checkFile(attachment);
      return sha256;
    }),
  );
  return {
    fields: entry.fields,
    restricted: entry.restricted,
    note: entry.note,
    files,
    versions: entry.versions.map(({ version, kind }) => [version, kind]),
  };
}

/** A registered phone with an entry, its file and a note, all of it on the server. */
async function registerPhone() {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const { phone, app, record } = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'First.',
  );
  await app.register({ words: WORDS });
  await app.addFile(record, file(Uint8Array.from([...PNG, ...new Uint8Array(70_000).fill(5)])), {
    route: 'photo_picker',
  });
  await app.saveNote(record, 'Only for me.');
  await until(phone, isKept, 'kept');
  await eventually(
    async () => (await app.usage()).waiting.files,
    (files) => files === 0,
  );
  return { phone, app, record, faults };
}

test('clearing the phone offline shows the notebook at once, removes what was sent, and loses nothing', async () => {
  const { phone, app, record, faults } = await registerPhone();
  faults.off = true;
  phone.online = false;
  app.network();
  const unsent = [];
  for (const words of ['Second.', 'Third.', 'Fourth.']) {
    phone.clock.move(1000);
    app.newDraft();
    app.putDraft({ fields: { narrative: words } });
    unsent.push((await app.saveIncident({ record: null, fields: {}, restricted: {} })).record);
  }
  await app.saveNote(unsent[1], 'Not sent either.');
  await app.addFile(unsent[2], file(Uint8Array.from([...PNG, ...new Uint8Array(1_500_000).fill(9)]), 'last.png'), {
    route: 'photo_picker',
  });
  phone.clock.move(700_000);
  await app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await app.putCard(record, { fields: { channel: 'call' }, restricted: {} });
  await app.putWords(record, { narrative: 'First, and', restricted: {} });
  await app.keepTyped('person:new', { fields: { name: 'Sam' } });
  app.newDraft();
  app.putDraft({ fields: { narrative: 'Half a sent' } });
  const before = await Promise.all([record, ...unsent].map((entryId) => entryContents(phone, entryId)));
  const recordsBefore = await allRecords(phone);
  app.notePut('a', 'Milk');
  await app.panicClear();
  assert.equal(app.state.phase, 'notebook');
  assert.deepEqual(
    app.state.notebook.notes.map(({ text }) => text),
    ['Milk'],
  );
  const recordsLeft = await allRecords(phone);
  const stayed = new Set(recordsLeft.map((bytes) => Buffer.from(bytes).toString('latin1')));
  const removedRecords = recordsBefore.filter((bytes) => !stayed.has(Buffer.from(bytes).toString('latin1')));
  assert.ok(removedRecords.length > 20, `${removedRecords.length} of ${recordsBefore.length} records went`);

  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base, { off: true }) });
  phone.end();
  await reopened.app.start();
  assert.equal(reopened.app.state.phase, 'locked', 'the slots are kept');
  await reopened.app.unlock(WORDS);
  await until(reopened, (state) => titlesOf(state).length === 4, 'what was not sent, with no signal');
  assert.deepEqual(
    titlesOf(reopened.app.state),
    ['First.', 'Fourth.', 'Second.', 'Third.'],
    'also the first, since one version of it was not sent',
  );
  const restored = await Promise.all(unsent.map((entryId) => entryContents(reopened, entryId)));
  assert.deepEqual(restored, before.slice(1), 'with its note and its file');
  assert.equal(reopened.app.state.account.coming?.total, null, 'not everything that was sent is here');
  assert.equal(reopened.app.state.draft.fields.narrative, 'Half a sent');
  assert.deepEqual(await reopened.app.readTyped('person:new'), { fields: { name: 'Sam' } });
  reopened.end();

  const reconnected = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  await reconnected.app.start();
  await reconnected.app.unlock(WORDS);
  await until(reconnected, (state) => state.entries.length === 4 && isKept(state), 'kept again');
  await eventually(
    async () => (await reconnected.app.usage()).waiting.files,
    (files) => files === 0,
  );
  assert.deepEqual(
    await Promise.all([record, ...unsent].map((entryId) => entryContents(reconnected, entryId))),
    before,
  );
  const { unsaved, half: unsavedWords } = await reconnected.app.readIncident(record);
  assert.deepEqual([unsaved.fields, unsavedWords.narrative], [{ channel: 'call' }, 'First, and']);
  assert.deepEqual(
    reconnected.app.state.entries.map(({ seq_no }) => seq_no),
    [4, 3, 2, 1],
  );
  assert.deepEqual([reconnected.app.state.account.trouble, reconnected.app.state.account.coming], [null, null]);
  reconnected.end();

  const otherPhone = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await otherPhone.app.start();
  await otherPhone.app.signIn({ login: reconnected.app.state.account.login, words: WORDS });
  await until(otherPhone, (state) => state.entries.length === 4, 'another device');
  assert.equal(otherPhone.app.state.account.trouble, null, 'no gap in the line of the cleared phone');
  otherPhone.end();
});

test('a half-sent file stays until the rest of it is sent', async () => {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const { phone, app, record } = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'With a film.',
  );
  await app.register({ words: WORDS });
  await until(phone, isKept, 'kept');
  let parts = 0;
  faults.before = (path, { method }) => {
    if (method === 'PUT' && path.includes('/parts/') && ++parts > 1) throw new TypeError('Failed to fetch');
    return null;
  };
  const { attachment } = await app.addFile(
    record,
    file(Uint8Array.from([...PNG, ...new Uint8Array(2_500_000).fill(3)])),
    { route: 'photo_picker' },
  );
  await eventually(
    () => parts,
    (n) => n > 1,
  );
  await app.panicClear();
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  await eventually(
    async () => (await reopened.app.usage()).waiting.files,
    (files) => files === 0,
  );
  await until(reopened, isKept, 'kept');
  await reopened.app.checkFile(attachment);
  reopened.end();
});

test('a file that was sent stays while the server has not accepted the entry that names it', async () => {
  const { phone, app, record, faults } = await registerPhone();
  faults.before = (path, { method }) => {
    if (method !== 'PUT' || !path.includes('/versions/')) return null;
    const headers = { 'content-type': 'application/json' };
    return new Response('{"error":"bad_request","message":""}', { status: 400, headers });
  };
  const picture = file(Uint8Array.from([...PNG, ...new Uint8Array(90_000).fill(4)]));
  const { attachment } = await app.addFile(record, picture, { route: 'photo_picker' });
  await eventually(
    async () => (await app.usage()).waiting.files,
    (files) => files === 0,
  );
  await app.panicClear();
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base, { off: true }) });
  phone.end();
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  await reopened.app.checkFile(attachment);
  reopened.end();
});

test('the file of an unsaved draft stays', async () => {
  const { phone, app } = await registerPhone();
  app.newDraft();
  app.putDraft({ fields: { narrative: 'With a picture.' } });
  const picture = file(Uint8Array.from([...PNG, ...new Uint8Array(90_000).fill(6)]));
  await app.addFile('draft', picture, { route: 'photo_picker' });
  await app.panicClear();
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base, { off: true }) });
  phone.end();
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  assert.equal(reopened.app.state.draft.attachments.length, 1);
  const words = { narrative: 'With a picture.' };
  const { record } = await reopened.app.saveIncident({ record: null, fields: words, restricted: {} });
  assert.equal((await entryContents(reopened, record)).files.length, 1, 'it opens');
  reopened.end();
});

test('text from before a key renewal can be read after the phone was cleared', async () => {
  const { phone, app } = await registerPhone();
  await app.keepTyped('person:new', { fields: { name: 'Sam' } });
  await app.renewKeys({ words: WORDS, newWords: NEW });
  await until(phone, isKept, 'kept');
  await app.panicClear();
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await reopened.app.start();
  await reopened.app.unlock(NEW);
  assert.deepEqual(await reopened.app.readTyped('person:new'), { fields: { name: 'Sam' } });
  reopened.end();
});

test('work that began before the phone was cleared writes nothing afterwards', async () => {
  const { phone, app } = await registerPhone();
  const slowUpload = app
    .addFile(app.state.entries[0].record, file(new Uint8Array(3_000_000).fill(1), 'slow.bin', ''), { route: 'files' })
    .then(
      () => 'done',
      ({ code }) => code,
    );
  await app.panicClear();
  assert.ok(['locked', 'done'].includes(await slowUpload));
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  await until(reopened, isKept, 'kept');
  assert.equal((await reopened.app.readIncident(reopened.app.state.entries[0].record)).attachments.length >= 1, true);
  reopened.end();
});

/** A long write, like the import of a long chat, that goes on until it is aborted. Resolves with how it ended. */
function writesLong(phone) {
  return phone.ctx.open.store
    .change(async (_root, change) => {
      for (let n = 0; ; n++) {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        change.putJson(`t/long${n % 200}`, { n });
      }
    })
    .then(
      () => 'written',
      ({ code }) => code,
    );
}

test('an entry that comes back while the list is being rebuilt is in the list', async (t) => {
  const { phone, app, faults } = await registerPhone();
  faults.off = true;
  app.network();
  await saveEntry(app, 'Second.');
  await app.panicClear();
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  const readDirectory = Index.prototype.readDirectory;
  t.after(() => {
    Index.prototype.readDirectory = readDirectory;
  });
  Index.prototype.readDirectory = async function readDirectoryOnce() {
    const found = await readDirectory.call(this);
    Index.prototype.readDirectory = readDirectory;
    await eventually(
      async () => this.store.root.feed.seq,
      (seq) => seq > 0,
    );
    return found;
  };
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  await until(reopened, (state) => isKept(state) && !state.account.coming, 'kept');
  assert.equal(Index.prototype.readDirectory, readDirectory, 'the list was rebuilt meanwhile');
  assert.deepEqual(titlesOf(reopened.app.state), ['First.', 'Second.']);
  reopened.end();
});

test('clearing interrupts a long task: the phone is cleared during an import, and what was typed is kept', async () => {
  const { phone, app, record } = await registerPhone();
  const entryBefore = await entryContents(phone, record);
  const recordsBefore = await allRecords(phone);
  const longWrite = writesLong(phone);
  app.newDraft();
  app.putDraft({ fields: { narrative: 'Half a sent' } });
  await app.panicClear();
  assert.equal(await longWrite, 'locked', 'it did not wait for all of it');
  const recordsLeft = new Set((await allRecords(phone)).map((bytes) => Buffer.from(bytes).toString('latin1')));
  assert.ok(
    recordsBefore.filter((bytes) => !recordsLeft.has(Buffer.from(bytes).toString('latin1'))).length > 20,
    'it was cleared, not only locked',
  );
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  await until(reopened, isKept, 'kept again');
  assert.equal(reopened.app.state.draft.fields.narrative, 'Half a sent');
  assert.deepEqual(await entryContents(reopened, record), entryBefore);
  reopened.end();
});

test('half a sentence typed during a chat import is sealed at a lock and at a quick exit', async () => {
  for (const leaveDiary of [(app) => app.lock('idle'), (app) => app.quickExit()]) {
    const { phone, app } = await phoneWithEntry({}, 'First.');
    const longWrite = writesLong(phone);
    app.newDraft();
    app.putDraft({ fields: { narrative: 'Half a sent' } });
    await leaveDiary(app);
    assert.equal(await longWrite, 'locked');
    if (app.state.phase === 'notebook') await app.askLock();
    await app.unlock(WORDS);
    assert.equal(app.state.draft.fields.narrative, 'Half a sent');
    phone.end();
  }
});

test('files captured while locked and waiting drafts have no other copy, so they are kept', async () => {
  const { phone, app } = await registerPhone();
  await app.lock('asked');
  await app.capture();
  await app.pictureAdd(
    [1, 2].map((n) => file(Uint8Array.from([...PNG, ...new Uint8Array(1_100_000 + n).fill(n)]), `${n}.png`)),
  );
  await app.pictureSave();
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 2, 'asked about');
  const {
    asked: [captured],
  } = await app.readCaptured();
  await app.acceptCaptured(captured.attachment);
  const before = await app.readCaptured();
  assert.deepEqual([before.asked.length, before.drafts.length], [1, 1]);
  await app.panicClear();
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  await until(reopened, isKept, 'kept again');
  assert.deepEqual(await reopened.app.readCaptured(), before);
  await reopened.app.acceptCaptured(before.asked[0].attachment);
  for (const { id, files } of (await reopened.app.readCaptured()).drafts) {
    await reopened.app.takeUpDraft(id);
    const { record } = await reopened.app.saveIncident({
      record: null,
      fields: { narrative: 'With it.' },
      restricted: {},
    });
    assert.deepEqual(
      (await entryContents(reopened, record)).files,
      files.map(({ sha256 }) => sha256),
    );
  }
  await until(reopened, (state) => state.entries.length === 3 && isKept(state), 'sent');
  reopened.end();
});

test('after clearing during key renewal, either the old or the new passphrase works', async () => {
  for (const arrives of [true, false]) {
    const { phone, app, record, faults } = await registerPhone();
    const entryBefore = await entryContents(phone, record);
    let cleared = null;
    faults.before = (path) => {
      if (path.endsWith('/rotation/commit')) cleared = app.panicClear();
      if (cleared && !arrives) throw new TypeError('Failed to fetch');
      return null;
    };
    await assert.rejects(app.renewKeys({ words: WORDS, newWords: NEW }));
    await cleared;
    assert.equal(app.state.phase, 'notebook');
    const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
    phone.end();
    await reopened.app.start();
    // The renewal may have finished before the keys were forgotten: then the new words open, and nothing is left to do.
    await reopened.app.unlock(WORDS).catch(() => {
      reopened.clock.move(60_001);
      return reopened.app.unlock(NEW);
    });
    if (reopened.app.state.account.rekeying) {
      if (!arrives) {
        // What is written while the phone fills again waits: during a renewal the server accepts nothing else.
        await until(
          reopened,
          ({ entries, account, busy }) => entries.length > 0 && !account.coming && !busy,
          'filled again',
        );
        await reopened.app.saveNote(record, 'Only for me.');
      }
      await reopened.app.renewOn({ newWords: NEW });
    }
    if (reopened.app.state.account.trouble?.code === 'signed_out') await reopened.app.catchUp({ words: NEW });
    await until(reopened, isKept, 'kept');
    assert.deepEqual(await entryContents(reopened, record), entryBefore);
    await reopened.app.lock('asked');
    await reopened.app.unlock(NEW);
    reopened.end();
  }
});
