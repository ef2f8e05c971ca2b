/**
 * The details of a file: its description, its entry, its custody history, its masked copies, and its removal at once.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { after, before } from 'node:test';
import { eventually } from './phone/eventually.mjs';
import { isKept } from './phone/keeper.mjs';
import { NOON, PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { anotherPhone } from './phone/second_phone.mjs';
import { fixedClock } from '#app/core/clock.js';
import { KeptError } from '#app/core/errors.js';
import { Database } from '#app/store/database.js';
import { openDB } from '../../static/vendor/idb/index.js';

const MINUTE = 60_000;
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

async function phoneWithFile(options = {}) {
  const setup = await phoneWithEntry(options);
  const { attachment } = await setup.app.addFile(setup.record, file(PNG), { route: 'photo_picker' });
  return { ...setup, attachment };
}

async function keeper() {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const setup = await phoneWithFile({
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  const { login } = await setup.app.register({ words: WORDS });
  return { ...setup, faults, login };
}

const signInDevice = (login) => anotherPhone(server.base, login);

async function countRows({ name }) {
  const db = await openDB(name, 1);
  return db.count('a');
}

test('each description of a file is a version; an addition needs no reason, a change needs one', async () => {
  const { app, attachment, phone } = await phoneWithFile();
  await app.saveAttachment({
    attachment,
    fields: { description: 'His message', shows: ['clock'], not_shown: ['url'] },
    restricted: { source_device: { model: 'Phone 9', still_have_it: 'yes' } },
  });
  phone.clock.move(11 * MINUTE);
  assert.equal(
    await app.needsAttachmentReason(attachment, { fields: { account_or_number_shown: '@new' } }),
    false,
    'an addition needs none',
  );
  await app.saveAttachment({ attachment, fields: { account_or_number_shown: '@new' } });
  await assert.rejects(app.saveAttachment({ attachment, fields: { description: 'Her message' } }), {
    code: 'reason_needed',
  });
  await app.saveAttachment({ attachment, fields: { description: 'Her message' }, reason: 'Wrong name' });
  const read = await app.readAttachment(attachment);
  assert.deepEqual(
    [read.fields.description, read.fields.shows, read.fields.not_shown, read.restricted.source_device.model],
    ['Her message', ['clock'], ['url'], 'Phone 9'],
  );
  assert.deepEqual(
    read.versions.map(({ kind, reason }) => [kind, reason]),
    [
      ['first', null],
      ['first', null],
      ['addition', null],
      ['amendment', 'Wrong name'],
    ],
  );
  assert.equal(read.sha256.length, 64);
});

test('a file in a draft can be described, and the description is in its first version', async () => {
  const { app } = await phoneWithEntry();
  app.putDraft({ fields: { narrative: 'Another.' } });
  const { attachment } = await app.addFile('draft', file(PNG), { route: 'files' });
  await app.saveAttachment({ attachment, fields: { description: 'The letter' } });
  assert.equal((await app.readAttachment(attachment)).fields.description, 'The letter');
  await app.saveIncident({ record: null, fields: {}, restricted: {} });
  const read = await app.readAttachment(attachment);
  assert.deepEqual([read.draft, read.fields.description, read.versions.length], [false, 'The letter', 1]);
});

test('a file removed from a draft leaves nothing behind', async () => {
  const { app, phone } = await phoneWithEntry();
  app.putDraft({ fields: { narrative: 'Another.' } });
  await app.addFile('draft', file(PNG), { route: 'files' });
  const before = await countRows(phone);
  const { attachment } = await app.addFile('draft', file(PNG, 'two.png'), { route: 'files' });
  assert.ok((await countRows(phone)) > before);
  await app.dropHeld(attachment);
  assert.equal(await countRows(phone), before);
  assert.equal(app.state.draft.attachments.length, 1);
});

test('custody is recorded automatically: one record for each day, lines in order, sealed at the lock', async () => {
  const { app, attachment, phone } = await phoneWithFile();
  app.looked(attachment);
  app.looked(attachment);
  await app.checkFile(attachment);
  assert.deepEqual(
    (await app.readAttachment(attachment)).custody.map(({ action }) => action),
    ['received', 'hashed', 'viewed', 'verified'],
  );
  await app.lock('test');
  await app.unlock(WORDS);
  let [record, ...more] = await app.readRecords('custody');
  assert.deepEqual([record.fields.on, record.fields.lines.length, more.length], ['2026-11-24', 4, 0]);
  assert.deepEqual(record.fields.lines[1], {
    attachment,
    at: NOON,
    actor: 'app',
    action: 'hashed',
    detail: (await app.readAttachment(attachment)).sha256,
  });
  phone.clock.move(20 * MINUTE);
  app.looked(attachment);
  await app.lock('test');
  await app.unlock(WORDS);
  [record, ...more] = await app.readRecords('custody');
  assert.deepEqual(
    [record.fields.lines.length, record.versions, more.length],
    [5, 2, 0],
    'the same record is continued',
  );
  await app.lock('test');
  await app.unlock(WORDS);
  [record] = await app.readRecords('custody');
  assert.equal(record.versions, 2, 'no record is written without a line');
});

test('custody lines of a save survive a crash', async () => {
  const { app, phone, attachment } = await phoneWithFile();
  assert.equal((await app.readRecords('custody')).length, 0);
  phone.end();
  const restarted = makePhone({ after: phone });
  await restarted.app.start();
  await restarted.app.unlock(WORDS);
  assert.deepEqual(
    (await restarted.app.readAttachment(attachment)).custody.map(({ action }) => action),
    ['received', 'hashed'],
  );
  await restarted.app.lock('test');
  await restarted.app.unlock(WORDS);
  assert.equal((await restarted.app.readRecords('custody'))[0].fields.lines.length, 2);
});

test('a sealed file that differs from the received file is reported', async () => {
  const { app, attachment, phone } = await phoneWithFile();
  const originalRead = phone.database.read.bind(phone.database);
  phone.database.read = async (ids) =>
    (await originalRead(ids)).map((bytes) =>
      bytes && bytes.length > 4000 && bytes.length < 5200 && ids.length === 1
        ? bytes.map((byte, i) => (i === 1000 ? byte ^ 1 : byte))
        : bytes,
    );
  await assert.rejects(app.checkFile(attachment), ({ code }) => ['file_damaged', 'not_opened'].includes(code));
});

test('a file moves to another entry, and out of all entries; neither entry loses text', async () => {
  const { app, record, attachment } = await phoneWithFile();
  app.putDraft({ fields: { narrative: 'The right one.' } });
  const { record: right } = await app.saveIncident({ record: null, fields: {}, restricted: {} });
  await app.moveFile(attachment, right, 'It belongs to the other entry.');
  const [from, to] = [await app.readIncident(record), await app.readIncident(right)];
  assert.deepEqual([from.attachments.length, to.attachments.map((row) => row.attachment)], [0, [attachment]]);
  assert.deepEqual([from.fields.narrative, to.fields.narrative], ['He waited outside.', 'The right one.']);
  assert.deepEqual(
    (await app.readAttachment(attachment)).entries.map((row) => row.record),
    [right],
  );
  assert.deepEqual(await app.readLoose(), []);
  await app.moveFile(attachment, null, 'Not sure where it belongs.');
  assert.deepEqual(
    (await app.readLoose()).map((row) => row.attachment),
    [attachment],
  );
  assert.deepEqual((await app.readAttachment(attachment)).entries, []);
  await app.moveFile(attachment, record, '');
  assert.equal((await app.readIncident(record)).attachments.length, 1);
  assert.deepEqual(await app.readLoose(), []);
});

test('a masked copy is kept beside the received bytes, with place and reason, and can be set aside', async () => {
  const maskCalls = [];
  const pictures = {
    make: async () => [
      {
        purpose: 'print',
        bytes: new Uint8Array(5000).fill(7),
        width: 900,
        height: 1948,
        media_type: 'image/jpeg',
        recipe: 'test',
      },
    ],
    mask: async (blob, boxes) => {
      maskCalls.push([blob.size, boxes]);
      return {
        purpose: 'masked',
        bytes: new Uint8Array(4000).fill(maskCalls.length),
        width: 900,
        height: 1948,
        media_type: 'image/jpeg',
        recipe: 'test',
      };
    },
  };
  const { app, attachment, phone } = await phoneWithFile({ pictures });
  const digest = (await app.readAttachment(attachment)).sha256;
  const boxes = [{ x: 10, y: 20, w: 100, h: 40 }];
  await app.maskPicture(attachment, { boxes, what: ['address'], why: 'My street' });
  let read = await app.readAttachment(attachment);
  assert.deepEqual(
    [read.sha256, read.fields.print_copy, read.fields.renditions.map(({ purpose }) => purpose)],
    [digest, 'masked', ['print', 'masked']],
  );
  assert.deepEqual(
    [read.restricted.masks[0].boxes, read.restricted.masks[0].what, read.restricted.masks[0].why],
    [boxes, ['address'], 'My street'],
  );
  assert.equal(JSON.stringify(read.fields).includes('My street'), false, 'the covered areas are not in the open part');
  const bytes = async (size) =>
    new Uint8Array(await phone.urls.get((await app.readPicture(attachment, size)).url).arrayBuffer());
  assert.deepEqual([(await bytes('print'))[0], (await bytes('unmasked'))[0]], [1, 7]);
  await app.maskPicture(attachment, { boxes, what: [], why: '' });
  assert.equal((await bytes('print'))[0], 2, 'the newest masked copy counts');
  await app.printCopy(attachment, null);
  read = await app.readAttachment(attachment);
  assert.deepEqual(
    [read.fields.print_copy, read.fields.renditions.length, read.restricted.masks.length],
    [undefined, 3, 2],
  );
  assert.equal((await bytes('print'))[0], 7);
  await assert.rejects(app.maskPicture(attachment, { boxes: [], what: [], why: '' }), { code: 'nothing_to_save' });
  await app.lock('test');
  await app.unlock(WORDS);
  assert.equal((await bytes('masked'))[0], 2);
});

test('removing a file at once, offline or under hold, erases bytes, copies and texts and keeps its place', async () => {
  const { app, record, attachment, phone } = await phoneWithFile();
  await app.turnHoldOn({ who: 'Police', reference: '1' });
  await app.saveAttachment({ attachment, fields: { description: 'what it shows' } });
  await app.readPicture(attachment, 'preview');
  await assert.rejects(app.purgeFile(attachment, { words: 'not the words at all' }), { code: 'words_differ' });
  assert.equal((await app.readIncident(record)).attachments.length, 1);
  const before = await countRows(phone);
  await app.purgeFile(attachment, { words: WORDS });
  assert.ok((await countRows(phone)) < before);
  assert.equal(phone.urls.size, 0, 'no picture is left on the page');
  const entry = await app.readIncident(record);
  assert.deepEqual([entry.attachments, entry.fields.narrative], [[], 'He waited outside.']);
  const read = await app.readAttachment(attachment);
  assert.deepEqual([read.taken_out > 0, read.out_reason], [true, 'file_removed']);
  await assert.rejects(app.readReceived(attachment));
  await app.putBackRecord(attachment);
  await assert.rejects(app.readReceived(attachment), undefined, 'it does not come back');
  assert.equal(read.custody.at(-1).action, 'deleted');
});

test('a removed file is deleted on every device and on the server, however late they learn of it', async () => {
  const first = await keeper();
  await until(first, isKept, 'kept');
  const { attachment, record, faults } = first;
  const second = await signInDevice(first.login);
  await until(second, isKept, 'kept there');
  await eventually(
    () => second.app.readReceived(attachment).catch(() => null),
    (read) => read !== null,
  );
  faults.off = true;
  await first.app.purgeFile(attachment, { words: WORDS });
  await first.app.lock('test');
  faults.off = false;
  await first.app.unlock(WORDS);
  first.app.network();
  await until(first, isKept, 'kept');
  const third = await signInDevice(first.login);
  await until(third, ({ entries }) => entries.length === 1, 'the entry on a new device');
  assert.deepEqual((await third.app.readIncident(record)).attachments, [], 'a new device receives nothing of it');
  second.app.network();
  await eventually(
    () => second.app.readIncident(record),
    ({ attachments }) => !attachments.length,
  );
  assert.deepEqual((await second.app.readIncident(record)).attachments, []);
  await assert.rejects(second.app.readReceived(attachment));
  for (const phone of [first, second, third])
    assert.equal(phone.app.state.account.trouble, null, 'no warning is shown');
  await assert.rejects(third.app.readReceived(attachment));
});

test('a pending removal sends a refused passphrase only once, and completes when it is typed again', async () => {
  const { app, attachment, faults, phone } = await keeper();
  await until(phone, isKept, 'kept');
  let requests = 0;
  faults.before = (path, { method }) => {
    if (method !== 'POST' || !path.endsWith('/erasures')) return null;
    requests++;
    return new Response(JSON.stringify({ error: 'no_match', message: 'No.' }), {
      status: 401,
      headers: { 'content-type': 'application/json' },
    });
  };
  await app.purgeFile(attachment, { words: WORDS });
  for (let run = 0; run < 3; run++) await phone.ctx.open.syncing.now().catch(() => undefined);
  const { purges } = phone.ctx.open.store.root;
  assert.deepEqual([requests, purges], [1, [attachment]]);
  faults.before = null;
  await app.lock('asked');
  await app.unlock(WORDS);
  await phone.ctx.open.syncing.now();
  assert.deepEqual(phone.ctx.open.store.root.purges, []);
});

test('a removal whose request the server could not answer waits, and is not taken for done', async () => {
  const { app, attachment, faults, phone } = await keeper();
  await until(phone, isKept, 'kept');
  faults.before = (path, { method }) =>
    method === 'POST' && path.endsWith('/erasures') ? new Response('{}', { status: 503 }) : null;
  await app.purgeFile(attachment, { words: WORDS }).catch(() => undefined);
  await phone.ctx.open.syncing.now().catch(() => undefined);
  assert.deepEqual(phone.ctx.open.store.root.purges, [attachment]);
  faults.before = null;
  await phone.ctx.open.syncing.now();
  assert.deepEqual(phone.ctx.open.store.root.purges, []);
});

for (const [situation, isLate] of [
  ['and had not sent it', false],
  ['and sent it before it heard', true],
]) {
  test(`a file removed while another phone masked it, ${situation}, stays removed with all its text`, async () => {
    const rendered = (purpose, n) => ({
      purpose,
      bytes: new Uint8Array(3000).fill(n),
      width: 900,
      height: 1948,
      media_type: 'image/jpeg',
      recipe: 'test',
    });
    const pictures = {
      make: async () => [rendered('print', 7), rendered('preview', 8)],
      mask: async () => rendered('masked', 9),
    };
    const { phone, app, record } = await phoneWithEntry({
      origin: server.base,
      send: sender(server.base, {}),
      clock: fixedClock(Date.now()),
      pictures,
    });
    const { attachment } = await app.addFile(record, file(PNG), { route: 'photo_picker' });
    const { login } = await app.register({ words: WORDS });
    await until(phone, isKept, 'kept');
    const sync = (device) => device.phone.ctx.open.syncing.now();
    const first = { phone, app };
    const second = await anotherPhone(server.base, login, WORDS, {}, { pictures });
    await until(second, isKept, 'kept there');
    await sync(second);
    second.faults.off = true;
    await second.app.maskPicture(attachment, { boxes: [{ x: 1, y: 1, w: 10, h: 10 }], what: ['face'], why: '' });
    await second.app.saveAttachment({ attachment, fields: { description: 'what it shows' } });
    await app.purgeFile(attachment, { words: WORDS });
    // Late: the server has erased the file, and the other phone cannot read the feed before it sends.
    let isFeedCut = isLate;
    second.faults.before = (path) => {
      if (!isFeedCut || !path.includes('/changes')) return;
      isFeedCut = false;
      throw new TypeError('Failed to fetch');
    };
    await sync(first);
    second.faults.off = false;
    await sync(second);
    assert.equal(isFeedCut, false);
    for (const device of [first, second, first]) await sync(device);
    // A phone that learns of the removal sends the server a request that needs the passphrase. It waits until that is
    // typed there.
    for (const device of [second, first, second, first]) {
      await device.app.lock('asked');
      await device.app.unlock(WORDS);
      await sync(device);
    }
    const third = await signInDevice(login);
    await until(third, isKept, 'on a new phone');
    for (const device of [first, second, third]) {
      const { root } = device.phone.ctx.open.store;
      assert.deepEqual(
        [root.fetch, root.uploads, root.outbox, root.doubts, root.troubles, root.purges ?? []],
        [[], [], [], {}, {}, []],
      );
      assert.deepEqual((await device.app.readIncident(record)).attachments, []);
      const read = await device.app.readAttachment(attachment);
      assert.deepEqual([read.out_reason, read.fields.description], ['file_removed', undefined]);
      device.phone.end();
    }
  });
}

test('a phone that fills up while a film is added keeps the text and nothing of the film', async () => {
  const { app, record, phone } = await phoneWithFile();
  app.putDraft({ fields: { narrative: 'Half a sentence' } });
  await until(phone, (state) => state.draft?.saved_at, 'a sealed draft');
  const before = await countRows(phone);
  const write = phone.database.write.bind(phone.database);
  let bytesFree = 3_000_000;
  phone.database.write = async (writing) => {
    bytesFree -= (writing.put ?? []).reduce((sum, [, bytes]) => sum + bytes.length, 0);
    if (bytesFree < 0 && (writing.put ?? []).some(([, bytes]) => bytes.length > 500_000))
      throw new KeptError('no_space');
    return write(writing);
  };
  const film = new Uint8Array(6_000_000).fill(3);
  film.set([0, 0, 0, 20, 0x66, 0x74, 0x79, 0x70, 0x69, 0x73, 0x6f, 0x6d]);
  await assert.rejects(app.addFile(record, file(film, 'film.mp4', 'video/mp4'), { route: 'files' }), {
    code: 'no_space',
  });
  assert.equal(await countRows(phone), before, 'no part of it is left');
  assert.equal((await app.readIncident(record)).attachments.length, 1);
  app.putDraft({ fields: { narrative: 'Half a sentence and more' } });
  await until(
    phone,
    (state) => state.draft?.saved_at && state.draft.fields.narrative.endsWith('more'),
    'text still fits',
  );
  bytesFree = Infinity;
  const { kind, sha256 } = await app.addFile(record, file(film, 'film.mp4', 'video/mp4'), { route: 'files' });
  assert.deepEqual([kind, sha256.length, (await app.readIncident(record)).attachments.length], ['video', 64, 2]);
});

test('a file is not added when its copy does not fit, and copies are made from the sealed bytes', async () => {
  let isFull = true;
  const sources = [];
  const pictures = {
    make: async (blob) => {
      sources.push(new Uint8Array(await blob.arrayBuffer()));
      if (isFull) throw new KeptError('no_space');
      return [];
    },
  };
  const { app, phone, record } = await phoneWithEntry({ pictures });
  const before = await countRows(phone);
  await assert.rejects(app.addFile(record, file(PNG), { route: 'files' }), { code: 'no_space' });
  assert.equal(await countRows(phone), before);
  isFull = false;
  await app.addFile(record, file(PNG), { route: 'files' });
  assert.deepEqual(sources[1], PNG);
});

test('the length of a film that its file does not say is the one that its player found', async () => {
  const { app, phone, record } = await phoneWithEntry({
    pictures: { make: async () => null, film: async () => ({ made: [], duration_ms: 12_000 }) },
  });
  const film = new Uint8Array(3_000).fill(3);
  film.set([0, 0, 0, 20, 0x66, 0x74, 0x79, 0x70, 0x69, 0x73, 0x6f, 0x6d]);
  const { attachment } = await app.addFile(record, file(film, 'film.mp4', 'video/mp4'), { route: 'files' });
  const [version] = await phone.ctx.open.book.versions(attachment);
  assert.equal(version?.fields.duration_ms, 12_000);
});

test('copies are made from the bytes that were sealed, also if the file changes in its middle later', async () => {
  const copied = [];
  const pictures = {
    make: async (blob) => {
      copied.push(new Uint8Array(await blob.arrayBuffer()));
      return [];
    },
  };
  const { app, record } = await phoneWithEntry({ pictures });
  const picture = new Uint8Array(2_500_000).fill(7);
  picture.set(PNG);
  const changing = file(picture);
  const readBefore = new Set();
  changing.slice = (start, end) => {
    const bytes = picture.slice(start, end);
    // The middle of every range that is read again differs; the ends, which are compared, do not.
    if (readBefore.has(start) && bytes.length > 200_000) bytes[100_000] ^= 1;
    readBefore.add(start);
    return new Blob([bytes]);
  };
  const { sha256 } = await app.addFile(record, changing, { route: 'files' });
  assert.deepEqual(copied, [picture]);
  assert.equal(sha256, createHash('sha256').update(picture).digest('hex'));
});

for (const writes of [1, 2, 3]) {
  test(`a phone that dies after ${writes} writes of a file keeps no part of it`, async () => {
    const { app, phone, record } = await phoneWithEntry();
    const before = await countRows(phone);
    const write = phone.database.write.bind(phone.database);
    let begun = 0;
    phone.database.write = (batch) => (++begun > writes ? new Promise(() => {}) : write(batch));
    void app.addFile(record, file(new Uint8Array(2_500_000).fill(7)), { route: 'files' }).catch(() => undefined);
    await eventually(
      () => begun,
      (n) => n > writes,
    );
    const restarted = makePhone({ after: phone, database: new Database({ name: phone.name }) });
    phone.end();
    await restarted.app.start();
    await restarted.app.unlock(WORDS);
    await eventually(
      () => countRows(restarted),
      (n) => n <= before, // a small record may have used up a piece of chaff
    );
    assert.deepEqual((await restarted.app.readIncident(record)).attachments, []);
  });
}
