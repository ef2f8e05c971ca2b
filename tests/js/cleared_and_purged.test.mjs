/** What a cleared phone keeps of its root and records, and the requests of a file that is removed at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { b64 } from '#app/core/bytes.js';
import { clearPhone } from '#app/diary/erasing/clear_phone.js';
import { purgeBeforeSend, sendPurges } from '#app/diary/erasing/purging.js';
import { partName } from '#app/net/blobs.js';
import { saveEntry } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry } from './phone/phone.mjs';
import { quietPhone, refusal } from './phone/small_server.mjs';
import { standIn } from './phone/stand_in.mjs';

/** @typedef {import('#app/store/root.js').Root} Root */
const partOfRoot = (fields) => standIn(fields);

const changeRoot = ({ open }, fields) =>
  open.store.change((root) => {
    Object.assign(root, fields);
  });
/** The phone after a restart without a signal. */
async function reopened({ phone }) {
  phone.end();
  const next = makePhone({ after: phone, origin: 'https://notes.example' });
  await next.app.start();
  await next.app.unlock(WORDS);
  next.ctx.open.syncing.stop();
  return next;
}

test('a diary without an account, or whose server has gone back, is not cleared', async () => {
  const alone = await phoneWithEntry();
  assert.equal(await clearPhone(alone.phone.ctx, alone.phone.ctx.open, null), false);
  alone.phone.end();
  const device = await quietPhone();
  const { ctx, open } = device;
  await changeRoot(device, { gone_back: true });
  assert.equal(await clearPhone(ctx, open, null), false);
  await changeRoot(device, { gone_back: undefined, again: true });
  assert.equal(await clearPhone(ctx, open, null), false);
  await changeRoot(device, { again: false });
  for (const code of ['server_behind', 'head_differs', 'feed_altered']) {
    open.syncing.trouble = code;
    assert.equal(await clearPhone(ctx, open, null), false, code);
  }
  open.syncing.trouble = 'garbage';
  await changeRoot(device, { half_erased: [device.record] });
  assert.equal(await clearPhone(ctx, open, null), false, 'the server may have erased parts of it');
  assert.equal(open.index.allRows().length, 1);
  await changeRoot(device, { half_erased: ['unknown'] });
  assert.equal(open.store.isClosed, false);
  device.phone.end();
});

test('the root of a cleared phone begins at the first number, and keeps this phone’s line and account', async () => {
  const device = await quietPhone();
  const { ctx, open, phone } = device;
  await changeRoot(
    device,
    partOfRoot({
      lines: { other: { n: 1, c: 'c' } },
      fetch: [{ blob: 'b', of: null, size: 1 }],
      filling: ['x'],
      blanks: 3,
      marked: 1,
      said: [0],
      log: { size: 1, root: 'r', note: 'n', proved: 1, late: false },
      custody: { on: 'today', record: 'custody', waiting: ['a line'] },
      troubles: {},
    }),
  );
  const before = structuredClone(open.store.root);
  assert.equal(await clearPhone(ctx, open, null), true);
  const { root, isClosed } = open.store;
  assert.equal(isClosed, true, 'work that began before writes nothing');
  assert.deepEqual(
    {
      cleared: root.cleared,
      count: root.count,
      unregistered: root.unregistered,
      segments: root.segments,
      lines: root.lines,
      lines_unsure: root.lines_unsure,
      feed: root.feed,
      fetch: root.fetch,
      filling: root.filling,
      blanks: root.blanks,
      again: root.again,
      coming: root.coming,
      owed: root.owed,
      numbered: root.numbered,
    },
    {
      cleared: true,
      count: 0,
      unregistered: 0,
      segments: 0,
      lines: {},
      lines_unsure: true,
      feed: { seq: 0, head: b64(new Uint8Array(32)) },
      fetch: [],
      filling: [],
      blanks: 0,
      again: false,
      coming: 1,
      owed: {},
      numbered: undefined,
    },
  );
  for (const name of ['index', 'manifest', 'marked', 'said', 'half_erased']) assert.equal(name in root, false, name);
  assert.deepEqual(root.log, { ...before.log, proved: 0 });
  assert.deepEqual(root.custody, { on: null, record: null, waiting: ['a line'] });
  assert.deepEqual([root.line, root.account], [before.line, before.account]);
  assert.equal(root.manifest_soon, undefined, 'no entry was removed');
  phone.end();
});

test('without a log and custody the cleared root has none', async () => {
  const device = await quietPhone();
  await device.open.store.change((root) => {
    delete root.log;
    delete root.custody;
  });
  await clearPhone(device.ctx, device.open, null);
  const { root } = device.open.store;
  assert.deepEqual([root.log, root.custody], [undefined, undefined]);
  device.phone.end();
});

test('a cleared phone keeps the numbers of entries that were taken out, and has a manifest name them', async () => {
  const device = await quietPhone();
  const { app, ctx, open } = device;
  const { record: second } = await saveEntry(app, 'two');
  await open.syncing.now();
  await app.takeOutRecord(second, '');
  await open.syncing.now();
  await changeRoot(device, { numbered: { earlier: 7 } });
  assert.equal(await clearPhone(ctx, open, null), true);
  assert.deepEqual(open.store.root.numbered, { earlier: 7, [second]: 2 });
  assert.equal(open.store.root.manifest_soon, true);
  device.phone.end();
});

test('while the list is incomplete, no numbers are taken from it', async () => {
  for (const [isStale, loading] of /** @type {[boolean, Promise<void>|null][]} */ ([
    [true, null],
    [false, Promise.resolve()],
  ])) {
    const device = await quietPhone();
    const { app, ctx, open, record } = device;
    await app.takeOutRecord(record, '');
    await open.syncing.now();
    Object.assign(open.index, { isStale, loading });
    await clearPhone(ctx, open, null);
    assert.equal(open.store.root.numbered, undefined);
    device.phone.end();
  }
});

test('what was not sent stays: entries with only those versions, notes, people, and the list of entries', async () => {
  const device = await quietPhone();
  const { app, ctx, open, record } = device;
  const { record: unsent } = await saveEntry(app, 'not sent');
  await app.saveNote(unsent, 'my note');
  const { record: person } = await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Dan' } });
  const { record: second } = await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Sam' } });
  await app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  const { outbox } = structuredClone(open.store.root);
  assert.equal(await clearPhone(ctx, open, null), true);
  assert.deepEqual(open.store.root.outbox, outbox);
  assert.equal(open.store.root.segments, 1);
  const next = await reopened(device);
  const { store, book } = next.ctx.open;
  assert.deepEqual(await store.readJson('list/0'), [unsent, record]);
  assert.deepEqual(await store.readJson('k/person'), [person, second]);
  for (const kind of ['incident', 'note', 'settings', '']) assert.equal(await store.readJson(`k/${kind}`), null, kind);
  assert.equal((await book.meta(record))?.versions.length, 1, 'the version that was sent is gone');
  assert.equal((await next.app.readIncident(unsent)).note, 'my note');
  assert.deepEqual(next.app.state.entries.map(({ title }) => title).sort(), ['not sent', 'one']);
  next.end();
});

test('what was sent is gone from a cleared phone, with its files', async () => {
  const device = await quietPhone();
  const { app, ctx, open, record } = device;
  const { attachment } = await app.addFile(record, file(PNG), { route: 'photo_picker' });
  const [{ keys }] = await open.book.versions(attachment);
  const [[blob]] = keys.restricted;
  const { version } = open.store.root.outbox[0];
  await open.syncing.now();
  assert.deepEqual([open.store.root.outbox, open.store.root.uploads], [[], []]);
  assert.ok(await open.store.readJson(`b/${blob}`));
  await clearPhone(ctx, open, null);
  const next = await reopened(device);
  const { store } = next.ctx.open;
  assert.deepEqual(next.app.state.entries, []);
  for (const name of [`b/${blob}`, partName(blob, 0), `v/${version}`, `r/${record}`, 'segment/0', 'list/0', 'f/0'])
    assert.equal(await store.read(name), null, name);
  next.end();
});

test('the files of uploads, unsent versions and drafts stay on a cleared phone', async () => {
  const device = await quietPhone();
  const { app, ctx, open, record, server } = device;
  server.answer = (path) => (path.includes('/blobs/') ? refusal(507, 'over_quota') : null);
  const { attachment } = await app.addFile(record, file(PNG), { route: 'photo_picker' });
  const [{ keys }] = await open.book.versions(attachment);
  const [[waiting]] = keys.restricted;
  await open.syncing.now();
  assert.deepEqual(open.store.root.outbox, [], 'the version was sent, its file was not');
  const { attachment: late } = await app.addFile(record, file(PNG, 'late.png'), { route: 'photo_picker' });
  const [[unsent]] = (await open.book.versions(late))[0].keys.restricted;
  await changeRoot(device, { uploads: open.store.root.uploads.filter(({ blob }) => blob !== unsent) });
  const { attachment: other } = await app.addFile(record, file(PNG, 'other.png'), { route: 'photo_picker' });
  const [[drafted]] = (await open.book.versions(other))[0].keys.restricted;
  await changeRoot(device, { uploads: open.store.root.uploads.filter(({ blob }) => blob !== drafted) });
  const draft = standIn({ held: [{ received: { blob: drafted, key: 'k', n: 1 }, renditions: [] }] });
  await clearPhone(ctx, open, draft);
  const next = await reopened(device);
  const { store } = next.ctx.open;
  for (const blob of [waiting, unsent, drafted]) {
    assert.ok(await store.readJson(`b/${blob}`));
    assert.ok(await store.read(partName(blob, 0)));
  }
  next.end();
});

/** A quiet phone with a file that was sent. */
async function phoneWithSentFile() {
  const device = await quietPhone();
  const { attachment } = await device.app.addFile(device.record, file(PNG), { route: 'photo_picker' });
  await device.open.syncing.now();
  device.server.requests.length = 0;
  return { ...device, attachment };
}
const erasures = ({ server }) => server.requests.filter((request) => /^POST .*\/erasures$/.test(request)).length;
/** Answer requests to erase; other requests go to the server. */
function answerErasures(device, answer) {
  const bodies = [];
  device.server.answer = (path, { method, body }) => {
    if (method !== 'POST' || !path.endsWith('/erasures')) return null;
    bodies.push(JSON.parse(String(body)));
    return answer();
  };
  return bodies;
}
const done = () => new Response('{"erasure":"e"}', { status: 201, headers: { 'content-type': 'application/json' } });

test('a file removed at once is gone from the phone, and waits for the server to be asked', async () => {
  const device = await phoneWithSentFile();
  const { app, ctx, open, attachment, record } = device;
  await assert.rejects(app.purgeFile(record, { words: WORDS }), { code: 'not_found' });
  const [{ keys }] = await open.book.versions(attachment);
  const dropped = [];
  assert.deepEqual(open.index.findRow(record)?.shots, [attachment]);
  open.urls.add('blob:picture');
  ctx.objectUrl = { ...ctx.objectUrl, drop: (url) => void dropped.push(url) };
  await app.purgeFile(attachment, { words: WORDS });
  assert.deepEqual([dropped, open.urls.size], [['blob:picture'], 0]);
  const { root } = open.store;
  assert.deepEqual(root.purges, [attachment]);
  assert.deepEqual(
    root.outbox.map((item) => item.record),
    [attachment],
  );
  assert.equal(open.typed, WORDS, 'the server is asked with the words of this opening');
  for (const [blob] of [...keys.open, ...keys.restricted]) assert.equal(await open.store.readJson(`b/${blob}`), null);
  assert.ok(JSON.stringify(root.custody).includes('deleted'));
  assert.deepEqual(open.index.findRow(record)?.shots ?? [], [], 'the list shows it no more');
  const bodies = answerErasures(device, done);
  await open.syncing.now();
  assert.deepEqual(bodies, [{ records: [attachment], why: 'under_18_image' }]);
  assert.deepEqual([open.store.root.purges, open.store.root.outbox], [[], []]);
  const order = device.server.requests.filter((request) => /erasures$|versions/.test(request));
  assert.match(order[0], /^POST/, 'erased before the removal is sent');
  assert.match(order[1], /^PUT/);
  device.phone.end();
});

test('on a phone without an account the words are not kept, and a locked phone removes nothing', async () => {
  const alone = await phoneWithEntry();
  const { attachment } = await alone.app.addFile(alone.record, file(PNG), { route: 'photo_picker' });
  await alone.app.purgeFile(attachment, { words: WORDS });
  assert.equal(alone.phone.ctx.open.typed ?? null, null);
  await alone.app.lock('asked');
  await assert.rejects(alone.app.purgeFile(attachment, { words: WORDS }), { code: 'locked' });
  alone.phone.end();
});

test('the server is asked to erase only once the removal is the last that waits of its record', async () => {
  const device = await phoneWithSentFile();
  const { ctx, open, attachment } = device;
  answerErasures(device, done);
  open.typed = WORDS;
  const item = { record: attachment, version: 'v', of: null };
  const asked = async (fields, record = attachment) => {
    await changeRoot(device, fields);
    const before = erasures(device);
    await purgeBeforeSend(ctx, open, record);
    return erasures(device) - before;
  };
  assert.equal(await asked({ purges: [attachment], outbox: [item, { ...item, version: 'w' }] }), 0);
  assert.equal(await asked({ purges: [attachment], outbox: [] }), 0);
  assert.equal(await asked({ purges: ['other'], outbox: [item] }), 0);
  assert.equal(await asked({ purges: undefined, outbox: [item] }), 0);
  assert.equal(await asked({ purges: [attachment, 'other'], outbox: [item, { ...item, record: 'x' }] }), 1);
  assert.deepEqual(open.store.root.purges, ['other'], 'the others still wait');
  device.phone.end();
});

test('requests that could not be made in their turn are made in a later run, each by itself', async () => {
  const device = await phoneWithSentFile();
  const { ctx, open, attachment } = device;
  const waiting = { record: 'waiting', version: 'v', of: null };
  await changeRoot(device, { purges: [attachment, 'waiting', 'unknown'], outbox: [waiting] });
  open.typed = null;
  await sendPurges(ctx, open);
  assert.equal(erasures(device), 0, 'the words must be typed again');
  assert.equal(open.store.root.purges?.length, 3);
  open.typed = WORDS;
  const bodies = answerErasures(device, done);
  await sendPurges(ctx, open);
  assert.deepEqual(
    bodies.map(({ records }) => records),
    [[attachment], ['unknown']],
  );
  assert.deepEqual(open.store.root.purges, ['waiting']);
  await changeRoot(device, { purges: undefined, outbox: [] });
  await sendPurges(ctx, open);
  assert.equal(bodies.length, 2);
  device.phone.end();
});

test('a record that the server lacks counts as erased; any other refusal leaves the request waiting', async () => {
  const device = await phoneWithSentFile();
  const { ctx, open, attachment } = device;
  for (const [error, isDone] of /** @type {[string, boolean][]} */ ([
    ['not_found', true],
    ['bad_request', true],
    ['erased', true],
    ['conflict', false],
    ['unavailable', false],
  ])) {
    await changeRoot(device, { purges: [attachment], outbox: [] });
    open.typed = WORDS;
    answerErasures(device, () => refusal(409, error));
    const code = await sendPurges(ctx, open).then(
      () => null,
      (failure) => failure.code,
    );
    assert.equal(code, isDone ? null : error);
    assert.deepEqual(open.store.root.purges, isDone ? [] : [attachment]);
  }
  answerErasures(device, () => refusal(401, 'no_match'));
  await sendPurges(ctx, open);
  assert.deepEqual([open.store.root.purges, open.typed], [[attachment], null], 'words that are refused are forgotten');
  device.phone.end();
});

test('a purge drops what the phone still has of the file', async () => {
  const device = await phoneWithSentFile();
  const { ctx, open, attachment } = device;
  const [{ keys }] = await open.book.versions(attachment);
  const [[blob]] = keys.restricted;
  await changeRoot(device, { purges: [attachment] });
  open.typed = WORDS;
  answerErasures(device, done);
  await sendPurges(ctx, open);
  assert.equal(await open.store.readJson(`b/${blob}`), null);
  assert.equal(await open.store.read(partName(blob, 0)), null);
  device.phone.end();
});
