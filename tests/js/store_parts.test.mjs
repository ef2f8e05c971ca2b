/**
 * The parts of the store by themselves: pages of numbers, the tray, values beside the table, what a change keeps and
 * drops.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { phoneWithEntry } from './phone/phone.mjs';
import { b64, randomBytes } from '#app/core/bytes.js';
import * as beside from '#app/store/device_meta.js';
import { Database } from '#app/store/database.js';
import {
  ALTERED,
  PAGE_SIZE,
  UNCHECKED,
  dropAfter,
  putNumbers,
  readNumbers,
  withFacts,
} from '#app/store/feed_numbers.js';
import { MemoryDatabase } from '#app/store/memory.js';
import { PendingChange, noteUnsavedText } from '#app/store/pending.js';
import { dropWithVersions, putSegmentTexts, readSegmentTexts } from '#app/store/segment_texts.js';
import { filesInTray, dropParts, putPart, trayKey } from '#app/store/staging.js';

let phone;
let store;
before(async () => {
  ({ phone } = await phoneWithEntry());
  ({ store } = phone.ctx.open);
});
after(() => phone.end());

/**
 * @typedef {import('#app/store/device_meta.js').Door} Door
 * @typedef {import('#app/store/root.js').Root} Root
 */

/** Whether anything stands beside the table under `key`, even an empty value. */
const holdsKey = async (database, key) =>
  database instanceof MemoryDatabase
    ? database.values.has(key)
    : database.withRetry(async (db) => (await db.getAllKeys('b')).includes(key));

/** @type {(seq: number) => [number, string, string, string, string]} */
const row = (seq) => [seq, `r${seq}`, `v${seq}`, 'c', 'e'];
const putRows = (...rows) => store.change((_root, change) => putNumbers(store, change, rows));

test('numbers are in pages of a hundred, in order, each once, and the later row of a number wins', async () => {
  await putRows(row(101), row(3), row(1));
  await putRows(row(100), row(2));
  await store.change((_root, change) => putNumbers(store, change, [[2, 'r2', 'other', 'c', 'e']]));
  assert.equal(PAGE_SIZE, 100);
  assert.deepEqual(await store.readJson('f/0'), [row(1), [2, 'r2', 'other', 'c', 'e'], row(3), row(100)]);
  assert.deepEqual(await store.readJson('f/1'), [row(101)]);
  assert.equal(await store.readJson('f/2'), null);
  const seqs = async (from, to) => (await readNumbers(store, from, to)).map(([seq]) => seq);
  assert.deepEqual(await seqs(2, 101), [2, 3, 100, 101]);
  assert.deepEqual(await seqs(100, 100), [100]);
  assert.deepEqual(await seqs(4, 99), []);
  assert.deepEqual(await seqs(3, 2), []);
  assert.deepEqual(await seqs(1, 900), [1, 2, 3, 100, 101]);
});

test('rows after a number are dropped, and none before it', async () => {
  const rowsLeft = async (seq, last) => {
    await putRows(row(1), row(99), row(100), row(101), row(250));
    await store.change((_root, change) => dropAfter(store, change, seq, last));
    return [
      ...((await store.readJson('f/0')) ?? ['no page']),
      ...((await store.readJson('f/1')) ?? ['no page']),
      ...((await store.readJson('f/2')) ?? ['no page']),
    ].map((row) => (Array.isArray(row) ? row[0] : row));
  };
  const before = (await store.readJson('f/0')).map(([seq]) => seq).filter((seq) => seq < 99);
  assert.deepEqual(await rowsLeft(100, 250), [...before, 99, 100, 'no page', 'no page']);
  assert.deepEqual(await rowsLeft(99, 250), [...before, 99, 'no page', 'no page']);
  assert.deepEqual(await rowsLeft(101, 250), [...before, 99, 100, 101, 'no page']);
  assert.deepEqual(await rowsLeft(0, 250), ['no page', 'no page', 'no page']);
});

test('the facts stored with a number show the state of its receipt', () => {
  assert.deepEqual(withFacts(row(1), null), row(1));
  assert.deepEqual(withFacts(row(1), { at: null, altered: true }), row(1));
  assert.deepEqual(withFacts(row(1), { at: 0 }), [...row(1), 0, 0]);
  assert.deepEqual(withFacts(row(1), { at: 5, checked: true }), [...row(1), 5, 0]);
  assert.deepEqual(withFacts(row(1), { at: 5, checked: false }), [...row(1), 5, UNCHECKED]);
  assert.deepEqual(withFacts(row(1), { at: 5, altered: true }), [...row(1), 5, ALTERED]);
  assert.deepEqual(withFacts(row(1), { at: 5, checked: false, altered: true }), [...row(1), 5, UNCHECKED | ALTERED]);
});

for (const [place, make] of /** @type {[string, () => Database][]} */ ([
  ['the phone’s database', () => new Database({ name: `parts-${b64(randomBytes(6))}` })],
  ['memory', () => new MemoryDatabase()],
])) {
  test(`the tray in ${place}: parts are found by their file, in order, and go when they are dropped`, async () => {
    const database = make();
    const [fileA, fileB] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
    for (const [id, n] of /** @type {[typeof fileA, number][]} */ ([
      [fileB, 0],
      [fileA, 256],
      [fileA, 0],
      [fileA, 1],
    ]))
      await putPart(database, id, n, Uint8Array.of(...id.slice(0, 1), n % 251));
    const files = await filesInTray(database);
    assert.deepEqual(
      files.map(({ id }) => id),
      [fileA, fileB],
    );
    assert.deepEqual(
      files[0].keys,
      [0, 1, 256].map((n) => trayKey(fileA, n)),
    );
    assert.deepEqual([...files[0].keys[2]], [...fileA, 0, 0, 1, 0]);
    assert.deepEqual(
      await Promise.all(files[0].keys.map((key) => database.trayItem(key))),
      [0, 1, 256].map((n) => Uint8Array.of(1, n % 251)),
    );
    await dropParts(database, files[0].keys);
    await dropParts(database, []);
    assert.deepEqual(
      (await filesInTray(database)).map(({ id }) => id),
      [fileB],
    );
    assert.equal(await database.trayItem(files[0].keys[0]), null);
  });

  test(`beside the table in ${place}, a value is read as set, null removes it, and each has a default`, async () => {
    const database = make();
    assert.deepEqual(await beside.readAppearance(database), { skin: 'notes', opens: 'lock' });
    assert.deepEqual(await beside.readTries(database), { n: 0, at: 0, debt: 0 });
    assert.deepEqual(
      [
        await beside.readCaptureAllowed(database),
        await beside.readCaptureDeadline(database),
        await beside.readLanguage(database),
      ],
      [true, 0, 'en'],
    );
    assert.deepEqual(
      [await beside.readDoor(database), await beside.readDraftKey(database), await beside.readSealedDraft(database)],
      [null, null, null],
    );
    await beside.writeAppearance(database, { skin: 'lists', opens: 'straight' });
    await beside.writeTries(database, { n: 2, at: 7, debt: 9 });
    await beside.writeCaptureAllowed(database, false);
    await beside.writeCaptureDeadline(database, 12);
    await beside.writeLanguage(database, 'ur');
    await beside.writeSealedDraft(database, new Uint8Array([0, 1, 2, 3]).subarray(1, 3));
    assert.deepEqual(await beside.readAppearance(database), { skin: 'lists', opens: 'straight' });
    assert.deepEqual(await beside.readTries(database), { n: 2, at: 7, debt: 9 });
    assert.equal(await beside.readDoor(database), null, 'writing tries keeps the slots');
    assert.deepEqual(
      [
        await beside.readCaptureAllowed(database),
        await beside.readCaptureDeadline(database),
        await beside.readLanguage(database),
      ],
      [false, 12, 'ur'],
    );
    assert.deepEqual(await beside.readSealedDraft(database), Uint8Array.of(1, 2), 'not the bytes around it');
    const door = /** @type {Door} */ ({ install: Uint8Array.of(1) });
    /** @type {[Uint8Array, Uint8Array][]} */
    const chaff = [[randomBytes(16), randomBytes(8)]];
    await beside.installDevice(database, door, 'key', chaff);
    assert.deepEqual([await beside.readDoor(database), await beside.readDraftKey(database)], [door, 'key']);
    assert.deepEqual(
      await beside.readAppearance(database),
      { skin: 'lists', opens: 'straight' },
      'the chosen appearance stays',
    );
    assert.deepEqual(await beside.readTries(database), { n: 0, at: 0, debt: 0 });
    assert.deepEqual(await database.read([chaff[0][0]]), [chaff[0][1]]);
    await beside.writeTries(database, { n: 1, at: 1, debt: 0 }, /** @type {Door} */ ({ install: Uint8Array.of(2) }));
    assert.deepEqual((await beside.readDoor(database)).install, Uint8Array.of(2));
    await beside.writeCaptureAllowed(database, true);
    await beside.writeCaptureDeadline(database, null);
    await beside.writeLanguage(database, null);
    await beside.writeSealedDraft(database, null);
    assert.deepEqual(
      [
        await beside.readCaptureAllowed(database),
        await beside.readCaptureDeadline(database),
        await beside.readLanguage(database),
        await beside.readSealedDraft(database),
      ],
      [true, 0, 'en', null],
    );
    assert.equal(await holdsKey(database, 'f'), false, 'nothing shows that there was a draft');
  });

  test(`the table in ${place} reads in the order asked for, and returns copies, or null if missing`, async () => {
    const database = make();
    const [a, b, c] = [randomBytes(16), randomBytes(16), randomBytes(16)];
    const buffer = new Uint8Array([9, 1, 2, 9]);
    await database.write({
      put: [
        [a, buffer.subarray(1, 3)],
        [b, Uint8Array.of(3)],
      ],
    });
    assert.deepEqual(await database.read([b, c, a]), [Uint8Array.of(3), null, Uint8Array.of(1, 2)]);
    assert.deepEqual(await database.read([]), []);
    buffer.fill(7);
    (await database.read([a]))[0].fill(8);
    assert.deepEqual(await database.read([a]), [Uint8Array.of(1, 2)]);
    await database.write({ drop: [a], put: [[b, Uint8Array.of(4)]] });
    assert.deepEqual(await database.read([a, b]), [null, Uint8Array.of(4)]);
    // Written in hexadecimal without leading zeros, these two would be equal.
    const similarIds = [Uint8Array.of(1, 0x11), Uint8Array.of(0x11, 1)];
    await database.write({ put: similarIds.map((id, i) => [id, Uint8Array.of(i)]) });
    assert.deepEqual(await database.read(similarIds), [Uint8Array.of(0), Uint8Array.of(1)]);
  });

  test(`keepOnly in ${place} drops everything but the named ids, whatever is between`, async () => {
    const database = make();
    const ids = Array.from({ length: 9 }, (_, n) => new Uint8Array(16).fill(10 * n));
    const idsLeft = async (keep) => {
      await database.write({ put: ids.map((id) => [id, Uint8Array.of(1)]) });
      await database.write({ keepOnly: keep });
      return (await database.read(ids)).flatMap((bytes, i) => (bytes ? [ids[i][0]] : []));
    };
    assert.deepEqual(await idsLeft([ids[7], ids[2], ids[3]]), [20, 30, 70]);
    assert.deepEqual(await idsLeft([ids[0], ids[0], ids[8]]), [0, 80]);
    assert.deepEqual(await idsLeft([new Uint8Array(16).fill(35)]), []);
    assert.deepEqual(await idsLeft([]), []);
    assert.deepEqual(
      await idsLeft(undefined),
      ids.map(([first]) => first),
    );
  });
}

test('an error that a retry cannot fix is passed on unchanged, after one try', async () => {
  for (const name of ['DataCloneError', 'DataError', 'ConstraintError', 'VersionError']) {
    let attempts = 0;
    const database = new Database({
      name: 'final',
      open: async () => {
        attempts++;
        throw new DOMException('no', name);
      },
    });
    await assert.rejects(database.read([randomBytes(16)]), { name });
    assert.equal(attempts, 1);
  }
});

test('a reader is notified whether anything was written meanwhile', async () => {
  const since = store.changeCount;
  assert.equal(await store.changedSince(since), false);
  const change = store.change((_root, change) => change.putJson('t/between', 1));
  await change;
  assert.equal(await store.changedSince(since), true);
  assert.equal(await store.changedSince(store.changeCount), false);
  let finishWrite;
  const { write } = phone.database;
  phone.database.write = (change) =>
    new Promise((done) => {
      finishWrite = () => done(write.call(phone.database, change));
    });
  const countBefore = store.changeCount;
  const slowChange = store.change((_root, change) => change.putJson('t/between', 2));
  while (!finishWrite)
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
  phone.database.write = write;
  const changed = store.changedSince(countBefore);
  finishWrite();
  assert.equal(await changed, true, 'it waits for the write in progress');
  await slowChange;
});

test('a pending change is aborted, one begun later is not, and an uninterruptible one never is', async () => {
  const abortDuring = async (options) => {
    let resolve;
    const waits = new Promise((done) => {
      resolve = done;
    });
    const outcome = store
      .change(async (_root, change) => {
        await waits;
        change.putJson('t/way', options);
        return 'written';
      }, options)
      .catch(({ code }) => code);
    await new Promise((started) => {
      setTimeout(started);
    });
    store.abortPending();
    resolve();
    return outcome;
  };
  assert.equal(await abortDuring({}), 'locked');
  assert.equal(await store.readJson('t/way'), null);
  assert.equal(await abortDuring({ uninterruptible: true }), 'written');
  await store.change((_root, change) => change.putJson('t/way', 'after'));
  assert.equal(await store.readJson('t/way'), 'after');
});

test('a closed store accepts no change', async () => {
  const { phone: ownPhone } = await phoneWithEntry();
  ownPhone.ctx.open.store.isClosed = true;
  await assert.rejects(
    ownPhone.ctx.open.store.change(() => assert.fail('begun')),
    { code: 'locked' },
  );
  ownPhone.end();
});

test('a change with keepOnly leaves the named records, what it writes and the root, and nothing else', async () => {
  const { phone: ownPhone } = await phoneWithEntry();
  const ownStore = ownPhone.ctx.open.store;
  const id = randomBytes(16);
  await ownPhone.database.write({ put: [[id, randomBytes(9)]] });
  await ownStore.change((_root, change) => ['t/a', 't/b'].forEach((name) => change.putJson(name, { name })));
  await ownStore.change((root, change) => {
    root.chaff = [];
    change.putJson('t/c', { name: 't/c' });
    change.keepOnly(['t/a'], [id]);
  });
  const expectedIds = [ownStore.rootId, ownStore.idOf('t/a'), ownStore.idOf('t/c'), id].map((id) => b64(id)).sort();
  assert.deepEqual((await ownPhone.database.ids()).map((id) => b64(id)).sort(), expectedIds);
  assert.deepEqual(await ownStore.readJsonMany(['t/a', 't/b', 't/c']), [{ name: 't/a' }, null, { name: 't/c' }]);
  ownPhone.end();
});

test('a new record replaces chaff, and a dropped one leaves chaff: the table keeps its sizes', async () => {
  const { phone: ownPhone } = await phoneWithEntry();
  const ownStore = ownPhone.ctx.open.store;
  const sizes = async () =>
    (await ownPhone.database.read(await ownPhone.database.ids())).map(({ length }) => length).sort((a, b) => a - b);
  await ownStore.change((_root, change) =>
    change.addChaff(Array.from({ length: 6 }, () => [randomBytes(16), new Uint8Array(4096 + 72)])),
  );
  const sizesBefore = await sizes();
  await ownStore.change((_root, change) => change.putJson('t/new', { n: 1 }));
  assert.deepEqual(await sizes(), sizesBefore);
  await ownStore.change((_root, change) => change.putJson('t/new', { n: 2 }));
  assert.deepEqual(await sizes(), sizesBefore, 'written again, it replaces no other record');
  await ownStore.change((_root, change) => change.drop('t/new'));
  assert.deepEqual(await sizes(), sizesBefore);
  ownPhone.end();
});

test('segment texts are dropped when any version is dropped, and only then', async () => {
  await store.change((root, change) => {
    putSegmentTexts(root, change, 1, { v1: ['incident', {}, null] });
    putSegmentTexts(root, change, 2, { v2: ['note', {}, null] });
    putSegmentTexts(root, change, 2, { v2: ['note', { n: 2 }, null] });
  });
  assert.deepEqual(store.root.said, [1, 2]);
  assert.deepEqual(
    [...(await readSegmentTexts(store, [2, 1, 3]))],
    [
      ['v2', ['note', { n: 2 }, null]],
      ['v1', ['incident', {}, null]],
    ],
  );
  await store.change((_root, change) => {
    change.putJson('v/kept', {});
    change.drop('t/v/none');
    change.putSealed('v/sealed', randomBytes(8));
  });
  assert.equal((await readSegmentTexts(store, [1])).size, 1);
  await store.change((_root, change) => change.drop('v/gone'));
  assert.deepEqual(
    [store.root.said, (await readSegmentTexts(store, [1, 2])).size, await store.readJson('said/1')],
    [[], 0, null],
  );
  dropWithVersions(/** @type {Root} */ ({}), new PendingChange());
});

test('unsaved text is listed by name until it is saved', () => {
  const root = /** @type {Root} */ ({});
  noteUnsavedText(
    root,
    new Map([
      ['v/1', {}],
      ['ux/1', {}],
      ['xu/1', {}],
    ]),
  );
  assert.deepEqual(root, {});
  noteUnsavedText(
    root,
    new Map([
      ['u/1', {}],
      ['us/1', {}],
      ['uw/1', {}],
      ['t/1', {}],
      ['r/1', {}],
    ]),
  );
  assert.deepEqual(root.typed, ['u/1', 'us/1', 'uw/1', 't/1']);
  noteUnsavedText(
    root,
    new Map([
      ['u/1', null],
      ['uw/1', {}],
      ['t/2', null],
    ]),
  );
  assert.deepEqual(root.typed, ['us/1', 'uw/1', 't/1']);
  noteUnsavedText(
    root,
    new Map([
      ['us/1', null],
      ['uw/1', null],
      ['t/1', null],
    ]),
  );
  assert.deepEqual(root.typed, []);
});

test('an aborted change writes nothing, whether while filling or while ending', async () => {
  let isAborted = false;
  const pending = new PendingChange(() => isAborted);
  pending.putJson('a', 1);
  isAborted = true;
  assert.throws(() => pending.putJson('b', 1), { code: 'locked' });
  await assert.rejects(pending.runBeforeCommit(), { code: 'locked' });
  assert.deepEqual([...pending.records.keys()], ['a']);
});

test('a beforeCommit action runs once, the latest of each key, after the rest, and may add more', async () => {
  const done = [];
  const pending = new PendingChange();
  pending.beforeCommit('a', () => done.push('a before'));
  pending.beforeCommit('b', () => {
    done.push('b');
    pending.beforeCommit('c', () => done.push('c'));
  });
  pending.beforeCommit('a', () => done.push('a'));
  await pending.runBeforeCommit();
  await pending.runBeforeCommit();
  assert.deepEqual(done, ['b', 'a', 'c']);
});
