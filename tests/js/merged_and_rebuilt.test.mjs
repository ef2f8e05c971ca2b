/** Two ends of one entry that the keeper merges, and the list of entries when it is rebuilt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { readKnownVersions, readRecords, rebuildList } from '#app/diary/index/rebuild.js';
import { differInContent, headVersions, mergeVersions } from '#app/diary/records/merging.js';
import { saveEntry } from './phone/keeper.mjs';
import { standIn } from './phone/stand_in.mjs';
import { PNG, WORDS, file, phoneWithEntry } from './phone/phone.mjs';
import { anotherOnSmallServer, holdSync, phoneOnSmallServer, smallServer } from './phone/small_server.mjs';

/**
 * A phone on which one entry has two ends: the second is another phone's. `prepare` runs before they part.
 * @typedef {Awaited<ReturnType<typeof phoneOnSmallServer>>} Device
 * @param {{mine?: unknown, theirs?: unknown, prepare?: (one: Device) => Promise<void>}} [options]
 */
async function withTwoEnds({ mine = { who: 'mine' }, theirs = { who: 'theirs' }, prepare = async (_one) => {} } = {}) {
  const server = smallServer();
  const one = await phoneOnSmallServer(server);
  await prepare(one);
  await one.open.syncing.now();
  const two = await anotherOnSmallServer(server, one.login);
  holdSync(one);
  holdSync(two);
  const { record } = one;
  const change = async (device, fields) =>
    typeof fields === 'function'
      ? fields(device, record)
      : device.app.saveIncident({ record, fields, restricted: {}, reason: 'I looked again.' });
  await change(one, mine);
  await change(two, theirs);
  await one.open.syncing.now();
  await two.open.syncing.now();
  await one.open.syncing.now();
  return { ...one, two, server, record };
}

test('an entry with one end has nothing to merge, and one with two shows whose each is', async () => {
  const single = await phoneWithEntry();
  assert.deepEqual(await headVersions(single.phone.ctx.open, single.record), []);
  single.phone.end();
  const { open, record, two, phone } = await withTwoEnds();
  const heads = await headVersions(open, record);
  assert.deepEqual(
    heads.map(({ fields, here, taken_out: isOut, restricted, at }) => [fields.who, here, isOut, restricted, at > 0]),
    [
      ['mine', true, false, {}, true],
      ['theirs', false, false, {}, true],
    ],
  );
  assert.ok(heads.every(({ fields }) => !('reason' in fields) && fields.narrative === 'one'));
  assert.deepEqual(
    (await headVersions(two.open, record)).map(({ here }) => here),
    [false, true],
  );
  assert.equal(differInContent(heads), true);
  phone.end();
  two.phone.end();
});

test('ends differ in their content or in one of them being removed, and not in their files or reasons', () => {
  const end = (fields, more = {}) => ({
    version: 'v',
    at: 1,
    here: true,
    taken_out: false,
    fields,
    restricted: {},
    ...more,
  });
  assert.equal(differInContent([]), false);
  assert.equal(differInContent([end({ who: 'a' })]), false);
  assert.equal(differInContent([end({ who: 'a' }), end({ who: 'a' })]), false);
  assert.equal(differInContent([end({ attachment_ids: ['x'] }), end({ attachment_ids: ['y'] })]), false);
  assert.equal(differInContent([end({ who: 'a' }), end({ who: 'a' }), end({ who: 'b' })]), true);
  assert.equal(differInContent([end({}), end({}, { taken_out: true })]), true);
  assert.equal(differInContent([end({}), end({}, { restricted: { place_detail: 'x' } })]), true);
});

test('a merged entry follows both ends, keeps the files of both once, and says why', async () => {
  let shared;
  const { open, app, record, two, phone } = await withTwoEnds({
    prepare: async (one) => {
      shared = (await one.app.addFile(one.record, file(PNG, 'shared.png'), { route: 'photo_picker' })).attachment;
    },
    mine: (device, id) => device.app.addFile(id, file(PNG, 'mine.png'), { route: 'photo_picker' }),
    theirs: (device, id) => device.app.addFile(id, file(PNG, 'theirs.png'), { route: 'photo_picker' }),
  });
  const heads = await headVersions(open, record);
  const looked = heads.map(({ version }) => version);
  const files = heads.flatMap(({ fields }) => fields.attachment_ids);
  await app.putCard(record, { fields: { who: 'half typed' }, restricted: {} });
  const merge = (change) =>
    mergeVersions(open, record, {
      looked,
      fields: { narrative: 'both' },
      restricted: {},
      reason: ' checked ',
      ...change,
    });
  for (const reason of ['', '   ']) await assert.rejects(merge({ reason }), { code: 'reason_needed' });
  await assert.rejects(merge({ looked: looked.slice(1) }), { code: 'conflict' });
  await assert.rejects(merge({ looked: [...looked, 'gone'] }), { code: 'conflict' });
  assert.deepEqual(await merge({}), { record });
  assert.deepEqual(await headVersions(open, record), []);
  const newest = await open.book.newest(record);
  assert.deepEqual(newest.fields.attachment_ids, [...new Set(files)]);
  assert.equal(newest.fields.attachment_ids.length, 3);
  assert.ok(newest.fields.attachment_ids.includes(shared));
  assert.deepEqual([newest.fields.narrative, newest.fields.reason], ['both', 'checked']);
  assert.deepEqual([...newest.fields._parents].sort(), [...looked].sort());
  assert.deepEqual(open.index.findRow(record)?.flags, []);
  assert.equal(open.index.findRow(record)?.title, 'both');
  assert.equal((await app.readIncident(record)).unsaved, null, 'what was half typed is settled');
  phone.end();
  two.phone.end();
});

test('without files a merged entry names none', async () => {
  const { open, record, two, phone } = await withTwoEnds();
  const looked = (await headVersions(open, record)).map(({ version }) => version);
  await mergeVersions(open, record, { looked, fields: { narrative: 'both' }, restricted: {}, reason: 'checked' });
  const { fields } = await open.book.newest(record);
  assert.equal('attachment_ids' in fields, false);
  phone.end();
  two.phone.end();
});

/** A phone with three entries whose list is out of date. */
async function withStaleList(over = {}) {
  const device = await phoneWithEntry(over, 'one');
  const records = [device.record];
  for (const words of ['two', 'three']) records.push((await saveEntry(device.app, words)).record);
  const { ctx } = device.phone;
  const { open } = ctx;
  const rows = structuredClone(open.index.allRows());
  return { ...device, ctx, open, records, rows, makeStale: () => makeStale(open.index) };
}
function makeStale(index) {
  index.isStale = true;
  index.staleSegments = new Set([0]);
}
const rowsOf = ({ open }) => open.index.allRows().map(({ text: _text, ...row }) => row);
const busyStates = (ctx) => {
  const states = [];
  const { set } = ctx.screen;
  ctx.screen.set = (change) => {
    if ('busy' in change) states.push(change.busy);
    return set.call(ctx.screen, change);
  };
  return states;
};

test('a list that matches is not rebuilt; one that does not is, once, with its progress', async () => {
  const device = await withStaleList();
  const { ctx, open, rows } = device;
  assert.equal(await rebuildList(ctx, open), false);
  device.makeStale();
  const states = busyStates(ctx);
  const [first, second] = [rebuildList(ctx, open), rebuildList(ctx, open)];
  assert.ok(open.index.rebuilding);
  assert.deepEqual(await Promise.all([first, second]), [true, true]);
  assert.equal(open.index.rebuilding, null);
  assert.deepEqual(states, [{ what: 'listing', done: 0, total: 3 }, null]);
  assert.equal(open.index.isStale, false);
  assert.deepEqual(
    rowsOf(device).map(({ record, local, title, seq }) => [record, local, title, seq]),
    rows.map(({ record, local, title, seq }) => [record, local, title, seq]),
  );
  assert.equal(await rebuildList(ctx, open), false);
  await device.app.lock('asked');
  device.phone.end();
});

test('a rebuilt list opens at the next unlock without another rebuild', async () => {
  const device = await withStaleList();
  device.makeStale();
  await rebuildList(device.ctx, device.open);
  const { index, line, feed } = device.open.store.root;
  assert.deepEqual([index.line, index.feed], [line.n, feed.seq]);
  device.phone.end();
});

test('an entry saved while the list is rebuilt is in it', async () => {
  const device = await withStaleList();
  const { ctx, open, app } = device;
  device.makeStale();
  const { readDirectory } = open.index;
  let late;
  open.index.readDirectory = async function () {
    const listed = await Reflect.apply(readDirectory, this, []);
    if (!late) {
      late = true;
      late = (await saveEntry(app, 'late')).record;
    }
    return listed;
  };
  await rebuildList(ctx, open);
  assert.deepEqual(
    rowsOf(device).map(({ title }) => title),
    ['one', 'two', 'three', 'late'],
  );
  assert.deepEqual(
    rowsOf(device).map(({ local }) => local),
    [1, 2, 3, 4],
  );
  device.phone.end();
});

test('an entry changed between its reading and its writing has the changed row', async () => {
  const device = await withStaleList();
  const { ctx, open, app, records } = device;
  device.makeStale();
  const { readAgain } = open.book;
  let isFirst = true;
  open.book.readAgain = async function (...args) {
    const read = await Reflect.apply(readAgain, this, args);
    if (isFirst) {
      isFirst = false;
      await app.saveIncident({ record: records[1], fields: { narrative: 'changed' }, restricted: {}, reason: 'x' });
    }
    return read;
  };
  await rebuildList(ctx, open);
  assert.equal(open.index.findRow(records[1])?.title, 'changed');
  device.phone.end();
});

test('an entry of which a version is missing keeps its place, and is marked', async () => {
  const device = await withStaleList();
  const { ctx, open, records } = device;
  const [, second] = records;
  const previous = open.index.findRow(second);
  await open.store.change((_root, change) => change.drop(`r/${second}`));
  open.book.seen.clear();
  device.makeStale();
  await rebuildList(ctx, open);
  await open.store.queue;
  const row = open.index.findRow(second);
  assert.deepEqual(
    [row?.local, row?.flags, row?.title, row?.taken_out, row?.erased],
    [2, ['altered'], previous?.title, null, undefined],
  );
  assert.equal(open.store.root.doubts.altered, true);
  assert.deepEqual(open.index.findRow(records[0])?.flags, []);
  device.phone.end();
});

test('a phone that lost the record of an unsent entry and its list still opens, and marks that entry', async () => {
  const { app, open, records, phone } = await withStaleList();
  await open.store.change((_root, change) => {
    change.drop(`r/${records[1]}`);
    change.drop('segment/0');
  });
  await app.lock('asked');
  await app.unlock(WORDS);
  assert.deepEqual(
    app.state.entries.map(({ record, flags }) => [record, flags]).sort(),
    [
      [records[0], []],
      [records[1], ['altered']],
      [records[2], []],
    ].sort(),
  );
  phone.end();
});

test('an erased entry keeps its place without a word of its text', async () => {
  const device = await withStaleList();
  const { ctx, open, records } = device;
  const [, second] = records;
  const meta = await open.book.meta(second);
  await open.store.change((root, change) => {
    change.putJson(`r/${second}`, {
      ...meta,
      erased_at: 77,
      versions: meta.versions.map((facts) => ({ ...facts, seq: 9, at: 55, erased: 77 })),
    });
    for (const { v } of meta.versions) change.drop(`v/${v}`);
    root.outbox = root.outbox.filter(({ record }) => record !== second);
  });
  open.book.seen.clear();
  open.index.rows.delete(second);
  device.makeStale();
  await rebuildList(ctx, open);
  await open.store.queue;
  const { text: _text, ...row } = /** @type {NonNullable<ReturnType<typeof open.index.findRow>>} */ (
    open.index.findRow(second)
  );
  assert.deepEqual(row, {
    title: '',
    apart: '',
    pictures: 0,
    additions: 0,
    amendments: 0,
    unproved: false,
    received_at: 55,
    kept_at: null,
    recorded_at: 55,
    occurred: {
      occurred_start: null,
      occurred_end: null,
      occurred_local: null,
      tz: '',
      utc_offset_min: null,
      precision: 'unknown',
    },
    local: 2,
    v: null,
    record: second,
    seq: 9,
    flags: ['erased'],
    taken_out: 77,
    erased: 77,
  });
  assert.equal(open.store.root.doubts?.altered, undefined);
  device.phone.end();
});

test('a rebuild that fails is begun again at the next call, and leaves no progress on the screen', async () => {
  const device = await withStaleList();
  const { ctx, open } = device;
  device.makeStale();
  const states = busyStates(ctx);
  const { readAgain } = open.book;
  open.book.readAgain = async () => {
    throw new KeptError('no_space');
  };
  await assert.rejects(rebuildList(ctx, open), { code: 'no_space' });
  assert.deepEqual([open.index.rebuilding, open.index.isStale, states.at(-1)], [null, true, null]);
  open.book.readAgain = readAgain;
  assert.equal(await rebuildList(ctx, open), true);
  assert.equal(open.index.isStale, false);
  device.phone.end();
});

test('a lock stops a rebuild before it is complete', async () => {
  const device = await withStaleList();
  const { ctx, open } = device;
  device.makeStale();
  const states = busyStates(ctx);
  const { readAgain } = open.book;
  open.book.readAgain = async function (...args) {
    ctx.open = null;
    return Reflect.apply(readAgain, this, args);
  };
  await rebuildList(ctx, open);
  assert.equal(open.index.isStale, true, 'only a complete list is marked as complete');
  assert.ok(!states.includes(null), 'another screen is shown by then');
  device.phone.end();
});

test('where the lists name fewer entries than there are, every known record is looked at', async () => {
  const device = await withStaleList();
  const { ctx, open, records } = device;
  await open.store.change((_root, change) => change.putJson('list/0', [records[2]]));
  device.makeStale();
  open.index.segments = [];
  await rebuildList(ctx, open);
  assert.deepEqual(
    rowsOf(device).map(({ record }) => record),
    records,
    'in the order they came',
  );
  assert.equal(open.store.root.count, 3);
  device.phone.end();
});

test('on a cleared phone entries that wait to be sent are found though no list names them', async () => {
  const device = await withStaleList();
  const { ctx, open, records, app } = device;
  const { record: person } = await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Dan' } });
  const build = async (isCleared) => {
    await open.store.change((root, change) => {
      root.count = 1;
      root.cleared = isCleared;
      change.putJson('list/0', [records[2]]);
    });
    device.makeStale();
    open.index.segments = [];
    await rebuildList(ctx, open);
    return rowsOf(device).map(({ record }) => record);
  };
  assert.deepEqual(await build(true), records);
  assert.ok(!open.index.findRow(person));
  device.phone.end();
  const other = await withStaleList();
  await other.open.store.change((root, change) => {
    root.count = 1;
    change.putJson('list/0', [other.records[2]]);
  });
  other.makeStale();
  other.open.index.segments = [];
  await rebuildList(other.ctx, other.open);
  assert.deepEqual(
    rowsOf(other).map(({ record }) => record),
    [other.records[2]],
    'a list as long as the count is complete',
  );
  other.phone.end();
});

test('the versions of each record come from the numbers and from what waits, in that order', async () => {
  const server = smallServer();
  const { open, app, record, phone } = await phoneOnSmallServer(server);
  holdSync({ open });
  await saveEntry(app, 'two');
  await open.syncing.now();
  await app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  const [waiting] = open.store.root.outbox;
  const { records, known } = await readKnownVersions(open);
  const [first, second] = server.versions;
  assert.deepEqual(
    [...records],
    [
      [record, [first.version, waiting.version]],
      [second.record, [second.version]],
    ],
  );
  assert.deepEqual([...known.keys()], [second.record], 'a record with a waiting version is read');
  assert.deepEqual(known.get(second.record), {
    record: second.record,
    kind: '',
    of: null,
    versions: [{ v: second.version, parents: [], c: second.c, seq: 2, at: server.now, receipt: true, checked: true }],
  });
  const page = await open.store.readJson('f/0');
  const withState = async (state) => {
    const changed = structuredClone(page);
    if (state === undefined) changed[1].length = 5;
    else changed[1][6] = state;
    await open.store.change((_root, change) => change.putJson('f/0', changed));
    return (await readKnownVersions(open)).known.get(second.record)?.versions[0];
  };
  const factsOf = (facts) => [facts?.checked, facts?.altered];
  assert.deepEqual(factsOf(await withState(1)), [false, undefined]);
  assert.deepEqual(factsOf(await withState(2)), [true, true]);
  assert.deepEqual(factsOf(await withState(3)), [false, true]);
  assert.equal(await withState(undefined), undefined, 'without facts the record is read');
  phone.end();
});

test('numbers that are fewer than the account’s raise a doubt, unless something arrived meanwhile', async () => {
  const server = smallServer();
  const { open, phone } = await phoneOnSmallServer(server);
  holdSync({ open });
  const page = await open.store.readJson('f/0');
  await open.store.change((_root, change) => change.drop('f/0'));
  const doubts = [];
  const { doubt } = open.book;
  open.book.doubt = () => void doubts.push(1);
  const { known } = await readKnownVersions(open);
  assert.deepEqual([doubts.length, known.size], [1, 0]);
  const { readJsonMany } = open.store;
  let isFirst = true;
  open.store.readJsonMany = async function (names) {
    const read = standIn(await Reflect.apply(readJsonMany, this, [names]));
    if (isFirst) {
      isFirst = false;
      await open.store.change((_root, change) => change.putJson('f/0', page));
    }
    return read;
  };
  assert.equal((await readKnownVersions(open)).known.size, 1);
  assert.equal(doubts.length, 1, 'read again, and complete');
  open.store.readJsonMany = async () => {
    throw new KeptError('store_lost');
  };
  assert.equal((await readKnownVersions(open)).known.size, 0);
  assert.equal(doubts.length, 2);
  open.book.doubt = doubt;
  phone.end();
});

test('what a row is made from includes the files of the entry, with the parents that the versions name', async () => {
  const server = smallServer();
  const { open, app, record, phone } = await phoneOnSmallServer(server);
  holdSync({ open });
  const { attachment } = await app.addFile(record, file(PNG), { route: 'photo_picker' });
  await open.syncing.now();
  const known = await readKnownVersions(open);
  const { metas, opened, others, records } = await readRecords(open, [record], known, 4);
  assert.deepEqual([records, others], [[record], 4]);
  assert.deepEqual(
    metas.map((meta) => meta.record),
    [record, attachment],
  );
  const [first, second] = metas[0].versions;
  assert.deepEqual([first.parents, second.parents], [[], [first.v]]);
  assert.equal(opened.get(metas[1].versions[0].v)?.kind, 'attachment');
  const alone = await readRecords(open, [record], null, 0);
  assert.deepEqual(
    alone.metas.map((meta) => [meta.record, meta.kind]),
    [
      [record, 'incident'],
      [attachment, 'attachment'],
    ],
  );
  phone.end();
});
