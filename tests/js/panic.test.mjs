/** Clearing a phone that has a copy off it: what was sent goes, what was not stays, and the same words bring all of it back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { openDB } from '../../static/vendor/idb/index.js';
import { save } from './phone/keeper.mjs';
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
const said = (state) => state.entries.map(({ title }) => title).sort();

async function records(phone) {
  const db = await openDB(phone.name, 1);
  const all = await db.getAll('a');
  db.close();
  return all;
}

/** All that an entry says, and its file's bytes. */
async function whole(phone, record) {
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

/** A registered phone with an entry, its file, a note and an addition, all of it on the server. */
async function keeper() {
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

test('offline with three unsent entries: the notebook at once, nothing of what was sent is left, and all of it comes back', async () => {
  const { phone, app, record, faults } = await keeper();
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
  const before = await Promise.all([record, ...unsent].map((one) => whole(phone, one)));
  const held = await records(phone);
  app.notePut('a', 'Milk');
  await app.panicClear();
  assert.equal(app.state.phase, 'notebook');
  assert.deepEqual(
    app.state.notebook.notes.map(({ text }) => text),
    ['Milk'],
  );
  const left = await records(phone);
  const stayed = new Set(left.map((bytes) => Buffer.from(bytes).toString('latin1')));
  const gone = held.filter((bytes) => !stayed.has(Buffer.from(bytes).toString('latin1')));
  assert.ok(gone.length > 20, `${gone.length} of ${held.length} records went`);

  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base, { off: true }) });
  phone.end();
  await again.app.start();
  assert.equal(again.app.state.phase, 'locked', 'the slots stayed');
  await again.app.unlock(WORDS);
  await until(again, (state) => said(state).length === 4, 'what was not sent, with no signal');
  assert.deepEqual(
    said(again.app.state),
    ['First.', 'Fourth.', 'Second.', 'Third.'],
    'the first too: a version of it was not sent',
  );
  const here = await Promise.all(unsent.map((one) => whole(again, one)));
  assert.deepEqual(here, before.slice(1), 'with its note and its file');
  assert.equal(again.app.state.account.coming, true, 'what was sent is not all here');
  assert.equal(again.app.state.draft.fields.narrative, 'Half a sent');
  assert.deepEqual(await again.app.readTyped('person:new'), { fields: { name: 'Sam' } });
  again.end();

  const last = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  await last.app.start();
  await last.app.unlock(WORDS);
  await until(last, (state) => state.entries.length === 4 && isKept(state), 'kept again');
  await eventually(
    async () => (await last.app.usage()).waiting.files,
    (files) => files === 0,
  );
  assert.deepEqual(await Promise.all([record, ...unsent].map((one) => whole(last, one))), before);
  const { unsaved, half } = await last.app.readIncident(record);
  assert.deepEqual([unsaved.fields, half.narrative], [{ channel: 'call' }, 'First, and']);
  assert.deepEqual(
    last.app.state.entries.map(({ seq_no }) => seq_no),
    [4, 3, 2, 1],
  );
  assert.deepEqual([last.app.state.account.trouble, last.app.state.account.coming], [null, false]);
  last.end();

  const other = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await other.app.start();
  await other.app.signIn({ login: last.app.state.account.login, words: WORDS });
  await until(other, (state) => state.entries.length === 4, 'another device');
  assert.equal(other.app.state.account.trouble, null, 'no gap on the line of the phone that was cleared');
  other.end();
});

test('a half-sent file stays until the rest of it is sent', async () => {
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
  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await again.app.start();
  await again.app.unlock(WORDS);
  await eventually(
    async () => (await again.app.usage()).waiting.files,
    (files) => files === 0,
  );
  await until(again, isKept, 'kept');
  await again.app.checkFile(attachment);
  again.end();
});

test('a file that was sent stays while the server has not accepted the entry that names it', async () => {
  const { phone, app, record, faults } = await keeper();
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
  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base, { off: true }) });
  phone.end();
  await again.app.start();
  await again.app.unlock(WORDS);
  await again.app.checkFile(attachment);
  again.end();
});

test('the file of an unsaved draft stays', async () => {
  const { phone, app } = await keeper();
  app.newDraft();
  app.putDraft({ fields: { narrative: 'With a picture.' } });
  const picture = file(Uint8Array.from([...PNG, ...new Uint8Array(90_000).fill(6)]));
  await app.addFile('draft', picture, { route: 'photo_picker' });
  await app.panicClear();
  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base, { off: true }) });
  phone.end();
  await again.app.start();
  await again.app.unlock(WORDS);
  assert.equal(again.app.state.draft.attachments.length, 1);
  const words = { narrative: 'With a picture.' };
  const { record } = await again.app.saveIncident({ record: null, fields: words, restricted: {} });
  assert.equal((await whole(again, record)).files.length, 1, 'it opens');
  again.end();
});

test('what was typed before the keys were renewed can be read after the phone was cleared', async () => {
  const { phone, app } = await keeper();
  await app.keepTyped('person:new', { fields: { name: 'Sam' } });
  await app.renewKeys({ words: WORDS, newWords: NEW });
  await until(phone, isKept, 'kept');
  await app.panicClear();
  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await again.app.start();
  await again.app.unlock(NEW);
  assert.deepEqual(await again.app.readTyped('person:new'), { fields: { name: 'Sam' } });
  again.end();
});

test('work that began before the clearing does not arrive after it', async () => {
  const { phone, app } = await keeper();
  const slow = app
    .addFile(app.state.entries[0].record, file(new Uint8Array(3_000_000).fill(1), 'slow.bin', ''), { route: 'files' })
    .then(
      () => 'done',
      ({ code }) => code,
    );
  await app.panicClear();
  assert.ok(['locked', 'done'].includes(await slow));
  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await again.app.start();
  await again.app.unlock(WORDS);
  await until(again, isKept, 'kept');
  assert.equal((await again.app.readIncident(again.app.state.entries[0].record)).attachments.length >= 1, true);
  again.end();
});

/** Writing that goes on until it is told to give way, as an import of a long chat does; how it ended. */
function writesLong(phone) {
  return phone.ctx.open.store
    .change(async (_root, change) => {
      for (let n = 0; ; n++) {
        await new Promise((go) => {
          setImmediate(go);
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
  const { phone, app, faults } = await keeper();
  faults.off = true;
  app.network();
  await save(app, 'Second.');
  await app.panicClear();
  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  const read = Index.prototype.readDirectory;
  t.after(() => {
    Index.prototype.readDirectory = read;
  });
  Index.prototype.readDirectory = async function listed() {
    const found = await read.call(this);
    Index.prototype.readDirectory = read;
    await eventually(
      async () => this.store.root.feed.seq,
      (seq) => seq > 0,
    );
    return found;
  };
  await again.app.start();
  await again.app.unlock(WORDS);
  await until(again, (state) => isKept(state) && !state.account.coming, 'kept');
  assert.equal(Index.prototype.readDirectory, read, 'the list was made again meanwhile');
  assert.deepEqual(said(again.app.state), ['First.', 'Second.']);
  again.end();
});

test('clearing interrupts a long task: the phone is cleared during an import, and what was typed is kept', async () => {
  const { phone, app, record } = await keeper();
  const was = await whole(phone, record);
  const held = await records(phone);
  const long = writesLong(phone);
  app.newDraft();
  app.putDraft({ fields: { narrative: 'Half a sent' } });
  await app.panicClear();
  assert.equal(await long, 'locked', 'it did not wait for all of it');
  const left = new Set((await records(phone)).map((bytes) => Buffer.from(bytes).toString('latin1')));
  assert.ok(
    held.filter((bytes) => !left.has(Buffer.from(bytes).toString('latin1'))).length > 20,
    'it was cleared, not only locked',
  );
  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await again.app.start();
  await again.app.unlock(WORDS);
  await until(again, isKept, 'kept again');
  assert.equal(again.app.state.draft.fields.narrative, 'Half a sent');
  assert.deepEqual(await whole(again, record), was);
  again.end();
});

test('half a sentence typed during a chat import is sealed when the diary locks or the keeper leaves', async () => {
  for (const leaves of [(app) => app.lock('idle'), (app) => app.quickExit()]) {
    const { phone, app } = await phoneWithEntry({}, 'First.');
    const long = writesLong(phone);
    app.newDraft();
    app.putDraft({ fields: { narrative: 'Half a sent' } });
    await leaves(app);
    assert.equal(await long, 'locked');
    if (app.state.phase === 'notebook') await app.askLock();
    await app.unlock(WORDS);
    assert.equal(app.state.draft.fields.narrative, 'Half a sent');
    phone.end();
  }
});

test('files captured while locked and waiting drafts have no other copy, so they stay', async () => {
  const { phone, app } = await keeper();
  await app.lock('asked');
  await app.capture();
  await app.pictureAdd(
    [1, 2].map((n) => file(Uint8Array.from([...PNG, ...new Uint8Array(1_100_000 + n).fill(n)]), `${n}.png`)),
  );
  await app.pictureSave();
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 2, 'asked about');
  const {
    asked: [one],
  } = await app.readCaptured();
  await app.acceptCaptured(one.attachment);
  const before = await app.readCaptured();
  assert.deepEqual([before.asked.length, before.drafts.length], [1, 1]);
  await app.panicClear();
  const again = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
  phone.end();
  await again.app.start();
  await again.app.unlock(WORDS);
  await until(again, isKept, 'kept again');
  assert.deepEqual(await again.app.readCaptured(), before);
  await again.app.acceptCaptured(before.asked[0].attachment);
  for (const { id, files } of (await again.app.readCaptured()).drafts) {
    await again.app.takeUpDraft(id);
    const { record } = await again.app.saveIncident({
      record: null,
      fields: { narrative: 'With it.' },
      restricted: {},
    });
    assert.deepEqual(
      (await whole(again, record)).files,
      files.map(({ sha256 }) => sha256),
    );
  }
  await until(again, (state) => state.entries.length === 3 && isKept(state), 'sent');
  again.end();
});

test('clearing during key renewal: the old or the new words still work, whether the server took the keys or not', async () => {
  for (const arrives of [true, false]) {
    const { phone, app, record, faults } = await keeper();
    const was = await whole(phone, record);
    let cleared = null;
    faults.before = (path) => {
      if (path.endsWith('/rotation/commit')) cleared = app.panicClear();
      if (cleared && !arrives) throw new TypeError('Failed to fetch');
      return null;
    };
    await assert.rejects(app.renewKeys({ words: WORDS, newWords: NEW }));
    await cleared;
    assert.equal(app.state.phase, 'notebook');
    const again = makePhone({ after: phone, origin: server.base, send: sender(server.base) });
    phone.end();
    await again.app.start();
    // What was under way may have ended before the keys were forgotten: then the new words open, and nothing is left to do.
    await again.app.unlock(WORDS).catch(() => {
      again.clock.move(60_001);
      return again.app.unlock(NEW);
    });
    if (again.app.state.account.rekeying) {
      if (!arrives) {
        // What is written as it fills again waits: while keys are being changed the server takes nothing else.
        await until(
          again,
          ({ entries, account, busy }) => entries.length > 0 && !account.coming && !busy,
          'filled again',
        );
        await again.app.saveNote(record, 'Only for me.');
      }
      await again.app.renewOn({ newWords: NEW });
    }
    if (again.app.state.account.trouble?.code === 'signed_out') await again.app.catchUp({ words: NEW });
    await until(again, isKept, 'kept');
    assert.deepEqual(await whole(again, record), was);
    await again.app.lock('asked');
    await again.app.unlock(NEW);
    again.end();
  }
});
