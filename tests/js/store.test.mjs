/** The sealed store: all of a change or nothing, nothing lost when the phone is full or the connection goes. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { random } from '../../static/js/core/bytes.js';
import { Database } from '../../static/js/store/database.js';
import { Index, ROWS } from '../../static/js/store/index.js';
import { openDB } from '../../static/vendor/idb/index.js';

const KEPT_DOOR_LENGTHS = { install: 16, salt: 16, capture_pub: 65 };

/** A database whose transactions fail with the errors given, one each, before it works again. */
function failing(name, errors) {
  return new Database({
    name,
    open: async (...args) => {
      const db = await openDB(...args);
      return new Proxy(db, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (key !== 'transaction') return typeof value === 'function' ? value.bind(target) : value;
          return (...given) => {
            const error = given[1] === 'readwrite' ? errors.shift() : undefined;
            if (error) throw error;
            return target.transaction(...given);
          };
        },
      });
    },
  });
}

const full = () => new DOMException('full', 'QuotaExceededError');
const lost = () => new DOMException('Connection to Indexed Database server lost. Refresh the page to try again', 'UnknownError');

test('what is written is read back; an id that is not there reads as null', async () => {
  const database = new Database({ name: 'plain' });
  const [id, bytes] = [random(16), random(5000)];
  await database.write({ put: [[id, bytes]] });
  const [there, absent] = await database.read([id, random(16)]);
  assert.deepEqual(there, bytes);
  assert.equal(absent, null);
});

test('a lost connection is opened anew and the write done, once', async () => {
  const database = failing('lost', [lost()]);
  const [id, bytes] = [random(16), random(10)];
  await database.write({ put: [[id, bytes]] });
  assert.deepEqual((await database.read([id]))[0], bytes);
});

test('a connection that stays lost is said to be', async () => {
  const database = failing('gone', [lost(), lost()]);
  await assert.rejects(database.write({ put: [[random(16), random(10)]] }), { code: 'store_lost' });
});

test('no space left: named, the entry is not there, the draft is, and the same save works once there is room', async () => {
  const errors = [];
  const phone = makePhone({ database: failing('full', errors) });
  await phone.app.start();
  phone.app.putDraft({ fields: { narrative: 'Words that must not be lost.' } });
  await phone.app.enrolHere(WORDS);
  await until(phone, ({ draft }) => draft.saved_at !== null, 'a sealed draft');
  errors.push(full());
  await assert.rejects(phone.app.saveIncident({ record: null, fields: {}, restricted: {} }), (error) => error.code === 'no_space' && /still here/.test(error.sentence));
  assert.equal(phone.app.state.entries.length, 0);
  assert.equal(phone.app.state.draft.fields.narrative, 'Words that must not be lost.');
  await phone.app.saveIncident({ record: null, fields: {}, restricted: {} });
  assert.equal(phone.app.state.entries.length, 1);
});

test('a tab killed in the middle of a save: everything before it stands, nothing is half there', async () => {
  const errors = [];
  const first = makePhone({ database: failing('killed', errors) });
  await first.app.start();
  first.app.putDraft({ fields: { narrative: 'The first.' } });
  await first.app.enrolHere(WORDS);
  await first.app.saveIncident({ record: null, fields: {}, restricted: {} });
  first.app.putDraft({ fields: { narrative: 'The second.' } });
  await until(first, ({ draft }) => draft.saved_at !== null, 'a sealed draft');
  errors.push(new DOMException('aborted', 'AbortError'), new DOMException('aborted', 'AbortError'));
  await assert.rejects(first.app.saveIncident({ record: null, fields: {}, restricted: {} }), { code: 'store_lost' });
  first.end();
  const again = makePhone({ after: first, database: new Database({ name: 'killed' }) });
  await again.app.start();
  assert.equal(again.app.state.phase, 'locked');
  await again.app.unlock(WORDS);
  assert.deepEqual(again.app.state.entries.map(({ title }) => title), ['The first.']);
  assert.equal(again.app.state.draft.fields.narrative, 'The second.');
});

test('the table says nothing: random ids, one size class for small records, and chaff from the first start', async () => {
  const { phone } = await phoneWithEntry();
  const db = await openDB(phone.name, 1);
  const [keys, values, beside] = await Promise.all([db.getAllKeys('a'), db.getAll('a'), db.getAllKeys('b')]);
  assert.ok(keys.length >= 20);
  assert.ok(keys.every((key) => key.byteLength === 16));
  assert.ok(values.every((value) => (value.byteLength - 56) % 4096 < 512), 'every record is a padded size class');
  assert.deepEqual(beside, ['d'], 'only the door lies beside the table once words exist');
  const door = await db.get('b', 'd');
  for (const [name, length] of Object.entries(KEPT_DOOR_LENGTHS)) assert.equal(door[name].length, length);
  assert.deepEqual(door.slots.map((slot) => slot.length), [1144, 1144, 1144, 1144]);
  assert.deepEqual([...db.objectStoreNames], ['a', 'b', 'c']);
});

test('rows are kept 250 to a segment, the newest segment comes first, and a change rewrites one', async () => {
  const written = [];
  const sealed = new Map();
  const store = { root: {}, readJson: async (name) => sealed.get(name), readJsonMany: async (names) => names.map((name) => sealed.get(name)) };
  const afterwards = [];
  const change = { putJson: (name, value) => { written.push(name); sealed.set(name, structuredClone(value)); }, after: (act) => afterwards.push(act) };
  const index = new Index(store);
  const rows = Array.from({ length: 2 * ROWS + 10 }, (_, i) => ({ record: `r${i}`, title: `row ${i}` }));
  index.write(store.root, change, rows);
  assert.equal(index.all().length, 0, 'nothing counts before it is saved');
  afterwards.splice(0).forEach((act) => act());
  assert.deepEqual(written, ['segment/0', 'segment/1', 'segment/2']);
  written.length = 0;
  index.write(store.root, change, [{ record: 'r255', title: 'changed' }]);
  assert.deepEqual(written, ['segment/1']);
  const again = new Index(store);
  let shown = 0;
  await again.load(() => { shown = again.all().length; });
  assert.equal(shown, 10);
  assert.equal(again.all().length, rows.length);
  assert.equal(again.find('r255').title, 'changed');
});

test('a record swapped for another record’s bytes does not open', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.lock('test');
  const db = await openDB(phone.name, 1);
  const keys = await db.getAllKeys('a');
  const values = await db.getAll('a');
  const turned = [...values.slice(1), values[0]];
  for (const [i, key] of keys.entries()) await db.put('a', turned[i], key);
  await assert.rejects(app.unlock(WORDS), { code: 'not_opened' });
  assert.equal(app.state.phase, 'locked');
});

test('a write cut off because the phone is full is said to be that', async () => {
  const full = new DOMException('full', 'QuotaExceededError');
  const cut = () => Promise.reject(new DOMException('cut off', 'AbortError'));
  const transaction = () => {
    const done = Promise.reject(full);
    done.catch(() => undefined);
    return { error: full, done, objectStore: () => ({ put: cut, delete: cut }) };
  };
  const database = new Database({ name: 'full', open: async () => ({ transaction, close: () => undefined }) });
  await assert.rejects(database.write({ put: [[new Uint8Array(16), new Uint8Array(4)]] }), { code: 'no_space' });
});
