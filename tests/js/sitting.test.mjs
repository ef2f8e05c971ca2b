/** A sitting: what an advocate collects with the keeper's consent, and what nobody but the keeper can decide. */
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { sittingActions } from '#app/features/sitting/actions.js';
import { SCHEMAS } from '#app/record/vocabulary/schemas.js';
import { selectRecords } from '#app/pack/selection.js';
import { openedOf } from '#app/pack/capsule.js';
import { readDiary } from '#app/diary/sharing/pack_sources.js';
import { buildReview } from '#app/features/share/pack_review.js';
import { isKept } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { openDB } from '../../static/vendor/idb/index.js';
import { eventually } from './phone/eventually.mjs';
import { sender, startServer } from './phone/server.mjs';
import { anotherPhone } from './phone/second_phone.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const START = {
  advocate: 'PK',
  name: 'Priya Sentinelname',
  organisation: 'Sentinelorg',
  police: 'no',
  trackersLeft: true,
  childPicturesKnown: true,
  under18: false,
  leadName: '',
  keeperAgreed: true,
};
const SOURCE = { kind: 'phone', name: 'Her phone Sentinelsource', looked: 'part', why: 'No time for the videos' };
const packActions = (ctx) => sittingActions(ctx);
const png = (n) => Uint8Array.of(...PNG, n);
const FROM = { route: 'files' };

async function phoneInSitting(options = {}) {
  const setup = await phoneWithEntry({ packActions, ...options });
  const { record: sitting } = await setup.app.startSitting(START);
  await setup.app.noteSource(sitting, SOURCE);
  return { ...setup, sitting };
}

const collect = (app, sitting, bytes, name = 'a.png') => app.collectFile(sitting, SOURCE.name, file(bytes, name), FROM);
const refused = (code) => ({ code });
/** The diary is locked, and opened again with the keeper's password. */
async function keeperComes(app) {
  await app.lock('asked');
  await app.unlock(WORDS);
}

test('nothing starts until each question is answered and the keeper said yes', async () => {
  const { app } = await phoneWithEntry({ packActions });
  for (const wrong of [
    { advocate: ' ' },
    { advocate: 'A very long name' },
    { police: '' },
    { police: 'yes' },
    { trackersLeft: false },
    { childPicturesKnown: false },
    { under18: null },
    { under18: true },
    { under18: true, leadName: ' ' },
    { keeperAgreed: false },
  ])
    await assert.rejects(
      app.startSitting({ ...START, ...wrong }),
      refused('sitting_not_agreed'),
      JSON.stringify(wrong),
    );
  assert.deepEqual(await app.readSittings(), []);
  await app.startSitting({ ...START, under18: true, leadName: 'Sam Sentinellead' });
  const [{ fields }] = await app.readSittings();
  assert.deepEqual([fields.under_18, fields.lead_agreed, typeof fields.agreed_at], [true, true, 'number']);
});

test('an advocate gives no person, no behaviour and no meaning, not even by an extra member', async () => {
  const { app, sitting } = await phoneInSitting();
  for (const name of ['actor_ids', 'person_ids', 'behaviours', 'narrative', 'channel', 'incident_ids'])
    assert.ok(!SCHEMAS.sitting['1'].open.includes(name), name);
  await app.noteSource(sitting, Object.assign({ person_ids: ['x'], behaviours: ['watch'] }, SOURCE));
  const check = { kind: 'tracker', found: 'yes', note: '' };
  await app.noteCheck(sitting, Object.assign({ behaviours: ['tracker_device'] }, check));
  await assert.rejects(app.noteCheck(sitting, { kind: 'watch', found: 'yes', note: '' }), refused('sitting_wrong'));
  const { attachment } = await collect(app, sitting, png(1));
  const [{ fields }] = await app.readSittings();
  assert.deepEqual(Object.keys(fields.sources[0]).sort(), ['at', 'kind', 'looked', 'name', 'why']);
  assert.deepEqual(Object.keys(fields.checks[0]).sort(), ['at', 'found', 'kind']);
  const collected = await app.readAttachment(attachment);
  assert.deepEqual(
    [collected.fields.person_ids, collected.fields.description, collected.entries],
    [undefined, undefined, []],
  );
});

test('a source that was not wholly looked at says why', async () => {
  const { app, sitting } = await phoneInSitting();
  for (const looked of ['part', 'none'])
    await assert.rejects(app.noteSource(sitting, { ...SOURCE, looked, why: ' ' }), refused('sitting_wrong'));
  await app.noteSource(sitting, { ...SOURCE, looked: 'all', why: '' });
  const [{ fields }] = await app.readSittings();
  assert.deepEqual([fields.sources.length, fields.sources[0].looked], [1, 'all']);
});

test('no picture is shown before the keeper opens it, and nobody else can open it for the keeper', async () => {
  const { app, phone, sitting, record } = await phoneInSitting();
  const { attachment } = await collect(app, sitting, png(2));
  for (const size of /** @type {const} */ (['preview', 'print', 'masked', 'unmasked']))
    assert.equal(await app.readPicture(attachment, size), null, size);
  await assert.rejects(app.readReceived(attachment), refused('not_found'));
  assert.equal(await app.readToPlay(attachment), null);
  const { url } = await app.lookInSitting(sitting, attachment);
  assert.ok(phone.urls.has(url), 'the advocate may open one');
  await assert.rejects(app.openCollected(attachment), refused('sitting_open'));
  assert.equal((await app.readAttachment(attachment)).unseen, true);
  await app.moveFile(attachment, record, '');
  const [shown] = (await app.readIncident(record)).attachments;
  assert.deepEqual([shown.unseen, shown.collected], [true, 'PK'], 'also in an entry');
  await app.endSitting(sitting);
  await assert.rejects(app.lookInSitting(sitting, attachment), refused('sitting_closed'));
  await assert.rejects(
    app.openCollected(attachment),
    refused('sitting_open'),
    'the advocate may still hold the device',
  );
  await keeperComes(app);
  await app.openCollected(attachment);
  const opened = await app.readAttachment(attachment);
  assert.deepEqual([opened.unseen, opened.collected], [false, 'PK']);
  assert.notEqual(await app.readPicture(attachment, 'preview'), null);
  assert.deepEqual(
    opened.custody.map(({ actor, action }) => [actor, action]),
    [
      ['app', 'received'],
      ['app', 'hashed'],
      ['advocate', 'viewed'],
      ['keeper', 'viewed'],
    ],
  );
});

test('the same file twice is one file, and one that was put away does not come back', async () => {
  const { app, sitting } = await phoneInSitting();
  const { attachment } = await collect(app, sitting, png(3));
  assert.deepEqual(await collect(app, sitting, png(3), 'other name.png'), { attachment: null, same: true });
  await app.takeOutRecord(attachment, '');
  assert.deepEqual(await collect(app, sitting, png(3)), { attachment: null, same: true });
  const [{ files }] = await app.readSittings();
  assert.deepEqual(files, []);
});

test('two taps at once lose nothing', async () => {
  const { app, sitting } = await phoneInSitting();
  await Promise.all([
    collect(app, sitting, png(4)),
    collect(app, sitting, png(5)),
    app.noteCheck(sitting, { kind: 'who_pays', found: 'not_looked', note: '' }),
  ]);
  const [{ fields, files }] = await app.readSittings();
  assert.deepEqual([fields.attachment_ids.length, files.length, fields.checks.length], [2, 2, 1]);
});

test('a file needs a source that was noted', async () => {
  const { app, sitting } = await phoneInSitting();
  await assert.rejects(app.collectFile(sitting, 'Unknown', file(png(6)), FROM), refused('sitting_wrong'));
  assert.deepEqual((await app.readSittings())[0].files, []);
});

test('a sitting outlives a lock and a restart without a network, and is still open', async () => {
  const { app, phone, sitting } = await phoneInSitting();
  await collect(app, sitting, png(7));
  await app.pauseSitting(sitting, true);
  await assert.rejects(collect(app, sitting, png(8)), refused('sitting_closed'));
  await app.lock('asked');
  await assert.rejects(app.readSittings(), refused('locked'));
  await app.unlock(WORDS);
  assert.equal((await app.readSittings())[0].files.length, 1);
  await app.lock('asked');
  phone.end();
  const again = makePhone({ packActions, after: phone, database: phone.database });
  await again.app.start();
  await again.app.unlock(WORDS);
  const [read] = await again.app.readSittings();
  assert.deepEqual([read.files.length, read.fields.ended_at, typeof read.paused], [1, undefined, 'number']);
  await assert.rejects(again.app.startSitting(START), refused('sitting_open'));
  await again.app.pauseSitting(sitting, false);
  await collect(again.app, sitting, png(8));
  await again.app.endSitting(sitting);
  await assert.rejects(collect(again.app, sitting, png(9)), refused('sitting_closed'));
  await again.app.startSitting(START);
});

test('a crash while a file is taken in leaves the sitting and its marks, and no part of the file', async () => {
  const { app, phone, sitting } = await phoneInSitting();
  const { attachment } = await collect(app, sitting, png(11));
  const db = await openDB(phone.name, 1);
  const before = (await db.getAllKeys('a')).length;
  const bytes = new Uint8Array(2_500_000);
  const stuckFile = Object.defineProperty(file(bytes), 'slice', {
    value: (from, to) => ({
      arrayBuffer: () => (from > 2_000_000 ? new Promise(() => {}) : Promise.resolve(bytes.slice(from, to).buffer)),
    }),
  });
  void app.collectFile(sitting, SOURCE.name, stuckFile, FROM).catch(() => undefined);
  const parts = async () => (await db.getAllKeys('a')).length;
  await eventually(parts, (count) => count >= before + 2);
  phone.end();
  const again = makePhone({ packActions, after: phone, database: phone.database });
  await again.app.start();
  await again.app.unlock(WORDS);
  assert.equal(await parts(), before);
  const [read] = await again.app.readSittings();
  assert.deepEqual(
    [read.files.map((one) => [one.attachment, one.unseen]), read.fields.attachment_ids, read.fields.ended_at],
    [[[attachment, true]], [attachment], undefined],
  );
});

test('a lock while a file is taken in keeps no part of it, and says so', async () => {
  const { app, sitting } = await phoneInSitting();
  const whole = file(png(12), 'a.png');
  const taking = app.collectFile(sitting, SOURCE.name, whole, { ...FROM, onProgress: () => void app.lock('asked') });
  await assert.rejects(taking, refused('locked'));
  await app.unlock(WORDS);
  assert.deepEqual((await app.readSittings())[0].files, []);
});

test('words, a move, a removal and a return keep the mark, and so does a look for a pack', async () => {
  const { app, sitting, record } = await phoneInSitting();
  const { attachment } = await collect(app, sitting, png(13));
  await app.saveAttachment({ attachment, fields: { description: 'Words', looked_at: 1 } });
  await app.moveFile(attachment, record, 'Belongs there');
  await app.takeOutRecord(attachment, 'Not now');
  await app.putBackRecord(attachment);
  await app.endSitting(sitting);
  const { unseen, collected, fields } = await app.readAttachment(attachment);
  assert.deepEqual([unseen, collected, fields.description], [true, 'PK', 'Words']);
  assert.equal(await app.readPicture(attachment, 'preview'), null);
});

test('a picture that was collected is not shown to an officer as an order before the keeper opened it', async () => {
  const { app, sitting } = await phoneInSitting();
  const { attachment } = await collect(app, sitting, png(14));
  await app.saveRecord({ kind: 'order', record: null, fields: { court: 'Lewisham', copy_attachment_id: attachment } });
  assert.deepEqual((await app.readForShow({})).pictures, {});
});

test('a sitting with nothing collected is kept, and goes into a pack if the keeper says so', async () => {
  const { app, phone, sitting, record } = await phoneInSitting();
  await app.endSitting(sitting);
  await app.packSitting(sitting, true);
  const [read] = await app.readSittings();
  assert.deepEqual([read.files, read.fields.attachment_ids], [[], undefined]);
  const versions = (await readDiary(phone.ctx.open)).map(openedOf);
  assert.ok(selectRecords(versions, [record], {}).records.has(sitting));
});

test('two sittings that began on two phones without a network both stand, and each can be ended', async () => {
  const faults = {};
  const one = await phoneWithEntry({
    packActions,
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  const { login } = await one.app.register({ words: WORDS });
  await until(one, isKept, 'kept');
  const two = await anotherPhone(server.base, login, WORDS, {}, { packActions });
  await until(two, isKept, 'kept');
  faults.off = true;
  await one.app.startSitting(START);
  faults.off = false;
  const { record } = await two.app.startSitting({ ...START, advocate: 'SB' });
  await two.phone.ctx.open.syncing.now();
  await one.phone.ctx.open.syncing.now();
  const sittings = await one.app.readSittings();
  assert.deepEqual(sittings.map(({ fields }) => fields.advocate).sort(), ['PK', 'SB']);
  await one.app.endSitting(record);
  assert.equal((await one.app.readSittings()).filter(({ fields }) => !fields.ended_at).length, 1);
});

test('a pack has a sitting only if the keeper says so, and its look-through shows no unseen file', async () => {
  const { app, phone, sitting, record } = await phoneInSitting();
  const { attachment } = await collect(app, sitting, png(10));
  await app.endSitting(sitting);
  const { open } = phone.ctx;
  const select = async () => {
    const versions = await readDiary(open);
    return selectRecords(versions.map(openedOf), [record], {}).records;
  };
  assert.ok(!(await select()).has(attachment) && !(await select()).has(sitting));
  await app.packSitting(sitting, true);
  assert.ok((await select()).has(attachment) && (await select()).has(sitting));
  const review = async () =>
    (await buildReview(phone.ctx.open, await readDiary(phone.ctx.open), [record], {})).pictures;
  assert.deepEqual(await review(), []);
  await keeperComes(app);
  await app.openCollected(attachment);
  assert.deepEqual(
    (await review()).map((picture) => picture.attachment),
    [attachment],
  );
});

test('neither the server nor the wire has a name, a source or a file of a sitting', async () => {
  const wire = [];
  const send = sender(server.base, {});
  const keeper = await phoneInSitting({
    origin: server.base,
    clock: fixedClock(Date.now()),
    send: (path, options) => {
      wire.push(path, JSON.stringify(options.headers ?? {}), Buffer.from(options.body ?? '').toString('latin1'));
      return send(path, options);
    },
  });
  await keeper.app.register({ words: WORDS });
  const bytes = Uint8Array.of(...PNG, ...Buffer.from('Sentinelbytes'));
  await collect(keeper.app, keeper.sitting, bytes, 'Sentinelfile.png');
  await keeper.app.endSitting(keeper.sitting);
  await until(keeper, isKept, 'kept');
  await keeper.phone.ctx.open.syncing.now();
  assert.ok(wire.length > 10);
  assert.ok(!wire.some((text) => text.includes('Sentinel')), 'on the wire');
  const names = await readdir(server.folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  assert.ok(files.length > 0);
  for (const entry of files) {
    const stored = await readFile(join(entry.parentPath, entry.name), 'latin1');
    assert.ok(!stored.includes('Sentinel'), entry.name);
  }
});
