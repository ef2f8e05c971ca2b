/**
 * The sealed store: a change is written fully or not at all, and nothing is lost when the phone is full or the
 * connection fails.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually } from './phone/eventually.mjs';
import { failingDatabase, storageFull, connectionError } from './phone/failing_database.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { b64, randomBytes } from '#app/core/bytes.js';
import { fillBallast, isBallastComplete, releaseBallast } from '#app/store/reserved_space.js';
import { Database } from '#app/store/database.js';
import { Index, SEGMENT_ROWS } from '#app/store/index.js';
import { openDB } from '../../static/vendor/idb/index.js';

const isBallast = (key) => /^p\d$/.test(key);
const KEPT_DOOR_LENGTHS = { install: 16, salt: 16, capture_pub: 65 };

test('what is written is read back, and a missing id reads as null', async () => {
  const database = new Database({ name: 'plain' });
  const [id, bytes] = [randomBytes(16), randomBytes(5000)];
  await database.write({ put: [[id, bytes]] });
  const [stored, absent] = await database.read([id, randomBytes(16)]);
  assert.deepEqual(stored, bytes);
  assert.equal(absent, null);
});

test('a large write is put in slices, and one that fails between them leaves nothing', async () => {
  const database = new Database({ name: 'slices' });
  const ids = [randomBytes(16), randomBytes(16), randomBytes(16)];
  const bytes = ids.map(() => randomBytes(900_000));
  const put = ids.map((id, i) => [id, bytes[i]]);
  await assert.rejects(database.write({ put: [...put, [undefined, bytes[0]]] }), { name: 'DataError' });
  assert.deepEqual(await database.read(ids), [null, null, null]);
  await database.write({ put });
  assert.deepEqual(await database.read(ids), bytes);
});

test('a large change is sealed, stored and read back in slices, and each record is compared', async () => {
  const { phone } = await phoneWithEntry();
  const { store } = phone.ctx.open;
  const { boxSealMany } = store.vault;
  const slices = [];
  store.vault.boxSealMany = async (records) => {
    slices.push(records.length);
    return boxSealMany(records);
  };
  const names = Array.from({ length: 600 }, (_, i) => `t/large/${i}`);
  const fill = (_root, change) => {
    for (const name of names) change.putJson(name, 'x'.repeat(name.endsWith('7') ? 20_000 : 100));
  };
  await store.change(fill);
  assert.ok(slices.length >= 3 && Math.max(...slices) <= 256, slices.join());
  assert.equal((await store.readJsonMany(names)).filter(Boolean).length, names.length);
  const { read } = phone.database;
  const last = b64(store.idOf(names.at(-1)));
  phone.database.read = async function altered(ids) {
    const stored = await read.call(this, ids);
    return stored.map((bytes, i) => (bytes && b64(ids[i]) === last ? bytes.map((byte) => byte ^ 1) : bytes));
  };
  await assert.rejects(store.change(fill), { code: 'store_lost' });
  phone.database.read = read;
  phone.end();
});

test('a lost connection is opened again and the write is done once', async () => {
  const database = failingDatabase('lost', [connectionError()]);
  const [id, bytes] = [randomBytes(16), randomBytes(10)];
  await database.write({ put: [[id, bytes]] });
  assert.deepEqual((await database.read([id]))[0], bytes);
});

test('a connection that stays lost is reported', async () => {
  const database = failingDatabase('gone', [connectionError(), connectionError()]);
  await assert.rejects(database.write({ put: [[randomBytes(16), randomBytes(10)]] }), { code: 'store_lost' });
});

test('a save without space is reported and keeps only the draft; the same save works once there is room', async () => {
  const errors = [];
  const phone = makePhone({ database: failingDatabase('full', errors) });
  await phone.app.start();
  phone.app.putDraft({ fields: { narrative: 'Words that must not be lost.' } });
  await phone.app.enrolHere(WORDS);
  await until(phone, ({ draft }) => draft.saved_at !== null, 'a sealed draft');
  await eventually(() => isBallastComplete(phone.database), Boolean);
  while (await releaseBallast(phone.database)) {
    /* the room reserved for words is used up too */
  }
  errors.push(storageFull());
  await assert.rejects(
    phone.app.saveIncident({ record: null, fields: {}, restricted: {} }),
    ({ code, sentence }) => code === 'no_space' && /still here/.test(sentence),
  );
  assert.equal(phone.app.state.entries.length, 0);
  assert.equal(phone.app.state.draft.fields.narrative, 'Words that must not be lost.');
  await phone.app.saveIncident({ record: null, fields: {}, restricted: {} });
  assert.equal(phone.app.state.entries.length, 1);
});

test('text that does not fit uses the ballast, files do not, and the ballast is filled again', async () => {
  const errors = [];
  const database = failingDatabase('ballast', errors);
  await fillBallast(database, randomBytes);
  assert.equal(await isBallastComplete(database), true);
  errors.push(storageFull());
  await assert.rejects(database.write({ put: [[randomBytes(16), randomBytes(10)]], bulky: true }), {
    code: 'no_space',
  });
  assert.equal(await isBallastComplete(database), true);
  const id = randomBytes(16);
  errors.push(storageFull(), null, storageFull(), null);
  await database.write({ put: [[id, randomBytes(10)]] });
  assert.equal((await database.read([id]))[0].length, 10);
  assert.deepEqual(
    [await isBallastComplete(database), await releaseBallast(database)],
    [false, false],
    'both pieces of the ballast were used',
  );
  await fillBallast(database, randomBytes);
  assert.equal(await isBallastComplete(database), true);
});

test('a tab killed during a save keeps everything from before it, and nothing is half saved', async () => {
  const errors = [];
  const killed = makePhone({ database: failingDatabase('killed', errors) });
  await killed.app.start();
  killed.app.putDraft({ fields: { narrative: 'The first.' } });
  await killed.app.enrolHere(WORDS);
  await killed.app.saveIncident({ record: null, fields: {}, restricted: {} });
  killed.app.putDraft({ fields: { narrative: 'The second.' } });
  await until(killed, ({ draft }) => draft.saved_at !== null, 'a sealed draft');
  errors.push(new DOMException('aborted', 'AbortError'), new DOMException('aborted', 'AbortError'));
  await assert.rejects(killed.app.saveIncident({ record: null, fields: {}, restricted: {} }), { code: 'store_lost' });
  killed.end();
  const reopened = makePhone({ after: killed, database: new Database({ name: 'killed' }) });
  await reopened.app.start();
  assert.equal(reopened.app.state.phase, 'locked');
  await reopened.app.unlock(WORDS);
  assert.deepEqual(
    reopened.app.state.entries.map(({ title }) => title),
    ['The first.'],
  );
  assert.equal(reopened.app.state.draft.fields.narrative, 'The second.');
});

test('the table reveals nothing: random ids, padded sizes, and chaff from the first start', async () => {
  const { phone } = await phoneWithEntry();
  const db = await openDB(phone.name, 1);
  const [keys, values, besideKeys] = await Promise.all([db.getAllKeys('a'), db.getAll('a'), db.getAllKeys('b')]);
  assert.ok(keys.length >= 20);
  assert.ok(keys.every((key) => /** @type {ArrayBuffer} */ (key).byteLength === 16));
  assert.ok(
    values.every((value) => (value.byteLength - 56) % 4096 < 512),
    'every record is a padded size class',
  );
  assert.deepEqual(
    besideKeys.filter((key) => !isBallast(key)),
    ['d', 'l', 't'],
    'with a passphrase, only slots, appearance, tries and ballast are beside the table',
  );
  const door = await db.get('b', 'd');
  for (const [name, length] of Object.entries(KEPT_DOOR_LENGTHS)) assert.equal(door[name].length, length);
  assert.deepEqual(
    door.slots.map((slot) => slot.length),
    [1144, 1144, 1144, 1144],
  );
  assert.deepEqual([...db.objectStoreNames], ['a', 'b', 'c']);
});

/** @typedef {import('#app/store/root.js').Root} Root */

/**
 * A store of plain values, with changes that are filled and saved as in the real one.
 * @param {Map<string, unknown>} [values]
 */
function plainStore(values = new Map()) {
  const store = {
    values,
    root: { line: { n: 0 }, feed: { seq: 0 } },
    written: [],
    pauses: 0,
    pause: async () => {
      store.pauses++;
    },
    readJson: async (name) => structuredClone(values.get(name) ?? null),
    readJsonMany: async (names) => names.map((name) => structuredClone(values.get(name) ?? null)),
    // Like the worker: never in the same tick as the request.
    readJsonEach: async (names) => {
      await new Promise((done) => {
        setTimeout(done);
      });
      return names.map((name) => structuredClone(values.get(name) ?? null));
    },
    async change(fill) {
      const [beforeCommit, afterCommit] = [new Map(), []];
      const root = structuredClone(store.root);
      const put = new Map();
      await fill(root, {
        putJson: (name, value) => put.set(name, structuredClone(value)),
        drop: (name) => put.set(name, undefined),
        afterCommit: (act) => afterCommit.push(act),
        beforeCommit: (key, act) => {
          beforeCommit.delete(key);
          beforeCommit.set(key, act);
        },
      });
      for (const [key, act] of beforeCommit) {
        beforeCommit.delete(key);
        await act();
      }
      store.written = [...put.keys()];
      for (const [name, value] of put)
        if (value === undefined) values.delete(name);
        else values.set(name, value);
      store.root = root;
      afterCommit.forEach((act) => act());
    },
  };
  return /** @type {import('#app/store/store.js').Store<Root> & {values: typeof values, written: string[]}} */ (store);
}

/** @param {number} count @returns {{record: string, title: string, text?: string}[]} */
const manyRows = (count) =>
  Array.from({ length: count }, (_, i) => ({ record: `r${i}`, title: `row ${i}`, text: `text ${i}` }));

test('rows are stored 250 to a segment; the newest segment loads first, and a change rewrites one', async () => {
  const store = plainStore();
  const index = new Index(store);
  await store.change((root, change) => {
    index.putRows(root, change, manyRows(2 * SEGMENT_ROWS + 10));
    assert.equal(index.allRows().length, 0, 'nothing is counted before it is saved');
  });
  assert.deepEqual(
    store.written.filter((name) => name.startsWith('segment')),
    ['segment/0', 'segment/1', 'segment/2'],
  );
  assert.equal(store.pauses, 6, 'after the rows and the texts of each segment the screen may be drawn');
  await store.change((root, change) => index.putRows(root, change, [{ record: 'r255', title: 'changed' }]));
  assert.deepEqual(store.written, ['segment/1'], 'unchanged texts are not written again');
  const reloaded = new Index(store);
  let shown = 0;
  await reloaded.load(() => {
    shown = reloaded.allRows().length;
  });
  assert.equal(reloaded.allRows().length, 10, 'older segments load by themselves');
  await reloaded.whenLoaded();
  assert.deepEqual(
    [shown, reloaded.allRows().length, reloaded.findRow('r255').title, reloaded.isStale],
    [10, 2 * SEGMENT_ROWS + 10, 'changed', false],
  );
  assert.equal((await reloaded.allTexts()).get('r255'), 'text 255');
});

test('rows written by several parts of one change are all kept, and the last one of a record wins', async () => {
  const store = plainStore();
  const index = new Index(store);
  await store.change((root, change) => {
    index.putRows(root, change, [{ record: 'a', title: 'first', text: 'one' }]);
    index.putRows(root, change, [{ record: 'b', title: 'second' }]);
    assert.equal(index.findRow('a', change).title, 'first');
    index.putRows(root, change, [{ record: 'a', title: 'later' }]);
  });
  const reloaded = new Index(store);
  await reloaded.load();
  assert.deepEqual(
    reloaded.allRows().map(({ title }) => title),
    ['later', 'second'],
  );
  assert.equal((await reloaded.allTexts()).get('a'), 'one');
});

test('a long text is found in full, does not make its neighbours larger, and is removed with its entry', async () => {
  const store = plainStore();
  const index = new Index(store);
  const longText = `${'word '.repeat(2_000)}needle`;
  await store.change((root, change) =>
    index.putRows(root, change, [
      { record: 'a', text: longText },
      { record: 'b', text: 'short' },
    ]),
  );
  assert.ok(JSON.stringify(store.values.get('text/0')).length < 5_000);
  const reloaded = new Index(store);
  await reloaded.load();
  assert.equal((await reloaded.allTexts()).get('a'), longText);
  await store.change((root, change) => reloaded.putRows(root, change, [{ record: 'a', erased: 7 }]));
  assert.ok(!JSON.stringify([...store.values]).includes('word'));
});

for (const [reason, breakList] of [
  ['a segment is missing', (store) => store.values.delete('segment/0')],
  ['a segment is an older one', (store, older) => store.values.set('segment/1', older)],
  [
    'a version was written without the list',
    (store) => {
      store.root.line.n += 1;
    },
  ],
  [
    'the feed went on without the list',
    (store) => {
      store.root.feed.seq += 1;
    },
  ],
  [
    'the rows are of another shape',
    (store) => {
      store.root.index.shape = 0;
    },
  ],
]) {
  test(`the list is stale when ${reason}, and still names every record`, async () => {
    const store = plainStore();
    const index = new Index(store);
    await store.change((root, change) => index.putRows(root, change, manyRows(SEGMENT_ROWS + 5)));
    const older = structuredClone(store.values.get('segment/1'));
    await store.change((root, change) =>
      index.putRows(root, change, [{ record: `r${SEGMENT_ROWS + 1}`, title: 'newer' }]),
    );
    breakList(store, older);
    const reloaded = new Index(store);
    await reloaded.load();
    await reloaded.whenLoaded();
    assert.equal(reloaded.isStale, true);
    assert.deepEqual(
      await reloaded.readDirectory(),
      manyRows(SEGMENT_ROWS + 5).map(({ record }) => record),
    );
  });
}

test('a record swapped for another record’s bytes does not open', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.lock('test');
  const db = await openDB(phone.name, 1);
  const keys = await db.getAllKeys('a');
  const values = await db.getAll('a');
  const rotated = [...values.slice(1), values[0]];
  for (const [i, key] of keys.entries()) await db.put('a', rotated[i], key);
  await assert.rejects(app.unlock(WORDS), { code: 'not_opened' });
  assert.equal(app.state.phase, 'locked');
});

test('a file that a change names is not half a file any more, also if that was not read back', async () => {
  const { phone } = await phoneWithEntry();
  const { store } = phone.ctx.open;
  await store.change((root) => {
    root.filling = ['named', 'not named'];
  });
  const { read } = phone.database;
  phone.database.read = async (ids) => ids.map(() => null);
  await assert.rejects(
    store.change((root) => {
      root.filling = ['not named'];
    }),
    { code: 'store_lost' },
  );
  phone.database.read = read;
  await store.change(() => undefined);
  assert.deepEqual(store.root.filling, ['not named']);
  phone.end();
});

test('a write cut off because the phone is full is reported as that', async () => {
  const quotaError = new DOMException('full', 'QuotaExceededError');
  const rejectWrite = () => Promise.reject(new DOMException('cut off', 'AbortError'));
  const transaction = () => {
    const done = Promise.reject(quotaError);
    done.catch(() => undefined);
    return { error: quotaError, done, objectStore: () => ({ put: rejectWrite, delete: rejectWrite }) };
  };
  const database = new Database({ name: 'full', open: async () => ({ transaction, close: () => undefined }) });
  await assert.rejects(database.write({ put: [[new Uint8Array(16), new Uint8Array(4)]] }), { code: 'no_space' });
});

test('a write that leaves an older record in the place of the new one is noticed', async () => {
  const { phone } = await phoneWithEntry();
  const { store } = phone.ctx.open;
  await store.change((_root, change) => change.putJson('t/older', { n: 1 }));
  const older = (await phone.database.read([store.idOf('t/older')]))[0];
  const { write } = phone.database;
  phone.database.write = async function undone(writing) {
    await write.call(this, writing);
    await write.call(this, { put: [[store.idOf('t/older'), older]] });
  };
  await assert.rejects(
    store.change((_root, change) => change.putJson('t/older', { n: 2 })),
    { code: 'store_lost' },
  );
  phone.database.write = write;
  assert.deepEqual(await store.readJson('t/older'), { n: 1 }, 'the older one opens: only its bytes tell them apart');
  phone.end();
});

test('the directory has 2,000 records to a part, and a change writes only the part that grew', async () => {
  const store = plainStore();
  const index = new Index(store);
  const rows = manyRows(4_003).map(({ record }) => ({ record }));
  await store.change((root, change) => index.putRows(root, change, rows.slice(0, 3_999)));
  assert.deepEqual([store.values.get('list/0').length, store.values.get('list/1').length], [2_000, 1_999]);
  await store.change((root, change) => index.putRows(root, change, rows.slice(3_999, 4_002)));
  assert.deepEqual(
    store.written.filter((name) => name.startsWith('list')),
    ['list/1', 'list/2'],
  );
  await store.change((root, change) => index.putRows(root, change, rows.slice(4_002)));
  assert.deepEqual(
    store.written.filter((name) => name.startsWith('list')),
    ['list/2'],
  );
  assert.deepEqual(
    ['list/0', 'list/1', 'list/2'].flatMap((name) => store.values.get(name)),
    rows.map(({ record }) => record),
  );
  const reloaded = new Index(store);
  await reloaded.load();
  store.root.segments = 0;
  reloaded.segments = [];
  assert.deepEqual(
    await reloaded.readDirectory(),
    rows.map(({ record }) => record),
  );
});

test('stale segments are rebuilt alone, or all where the others differ from the directory', async () => {
  const store = plainStore();
  const index = new Index(store);
  const records = manyRows(2 * SEGMENT_ROWS + 10).map(({ record }) => record);
  await store.change((root, change) => index.putRows(root, change, manyRows(2 * SEGMENT_ROWS + 10)));
  assert.deepEqual(index.segmentsToRebuild(records), []);
  index.markStale(1);
  assert.deepEqual([index.isStale, index.segmentsToRebuild(records)], [true, [1]]);
  assert.equal(index.segmentsToRebuild(records.slice(0, -1)), null, 'the last segment is shorter by the directory');
  assert.equal(index.segmentsToRebuild([...records, 'one more']), null, 'or longer');
  assert.equal(index.segmentsToRebuild([records[1], records[0], ...records.slice(2)]), null, 'or in another order');
  assert.equal(index.segmentsToRebuild(records.slice(0, 2 * SEGMENT_ROWS)), null, 'or there is one segment fewer');
  assert.deepEqual(
    index.segmentsToRebuild([
      ...records.slice(0, SEGMENT_ROWS),
      ...records.slice(SEGMENT_ROWS, 2 * SEGMENT_ROWS).reverse(),
      ...records.slice(2 * SEGMENT_ROWS),
    ]),
    [1],
    'a stale segment may have any content',
  );
  index.markStale(0);
  index.markStale(2);
  assert.equal(index.segmentsToRebuild(records), null, 'no segment is left to compare');
  index.markRebuilt();
  assert.deepEqual([index.isStale, index.segmentsToRebuild(records)], [false, []]);
});

test('the texts of a segment are opened once, and again only where they were rewritten', async () => {
  const store = plainStore();
  const index = new Index(store);
  await store.change((root, change) => index.putRows(root, change, manyRows(SEGMENT_ROWS + 1)));
  const reloaded = new Index(store);
  await reloaded.load();
  const namesRead = [];
  const { readJsonEach } = store;
  store.readJsonEach = (names) => {
    namesRead.push(...names);
    return readJsonEach.call(store, names);
  };
  await reloaded.allTexts();
  await reloaded.allTexts();
  assert.deepEqual(namesRead.filter((name) => name.startsWith('text')).sort(), ['text/0', 'text/1']);
  store.values.delete('text/0');
  const reloadedAgain = new Index(store);
  await reloadedAgain.load();
  await reloadedAgain.allTexts();
  assert.deepEqual(
    [reloadedAgain.isStale, [...reloadedAgain.staleSegments]],
    [true, [0]],
    'missing texts make a segment stale, like missing rows',
  );
});

test('a long text whose end is lost is found by its beginning, and nothing is invented', async () => {
  const store = plainStore();
  await store.change((root, change) =>
    new Index(store).putRows(root, change, [{ record: 'a', text: 'w'.repeat(5_000) }]),
  );
  store.values.delete('long/a');
  const index = new Index(store);
  await index.load();
  assert.equal((await index.allTexts()).get('a'), 'w'.repeat(4_000));
});
