/**
 * An attacker who can write the phone's database but has no key: whatever they remove, change or put back is noticed
 * when the list is rebuilt and when an entry is read, and no entry is lost with it.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { WORDS, file, makePhone, phoneWithEntry, PNG, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { fixedClock } from '#app/core/clock.js';
import { SEGMENT_ROWS } from '#app/store/index.js';
import { Store } from '#app/store/store.js';

const fields = (narrative, extraFields = {}) => ({
  record: null,
  fields: { narrative, precision: 'unknown', ...extraFields },
  restricted: {},
});
const ELEVEN_MINUTES = 11 * 60_000;

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** The last store that was opened: only it knows where a name is stored. */
let openedStore;
const { open } = Store.prototype;
Store.prototype.open = async function noted(...args) {
  await open.apply(this, args);
  if (this.root.line) openedStore = this;
};

const bytesAt = async (phone, name) => (await phone.database.read([openedStore.idOf(name)]))[0];
const put = (phone, name, bytes) =>
  phone.database.write(bytes ? { put: [[openedStore.idOf(name), bytes]] } : { drop: [openedStore.idOf(name)] });
const flipped = (bytes) => bytes.map((byte, i) => (i === 70 ? byte ^ 1 : byte));

/**
 * Lock the phone, `tamper` with its database, and open it again, offline unless `options` say how it sends.
 * `rowsRebuilt`: how many entries were listed anew, null for none.
 */
async function reopenTampered(phone, tamper, options = {}) {
  await phone.app.lock('test');
  await tamper();
  const reopened = makePhone({ after: phone, ...options });
  let rowsRebuilt = null;
  reopened.app.subscribe(() => {
    const { busy } = reopened.app.state;
    if (busy?.what === 'listing') rowsRebuilt = busy.total;
  });
  await reopened.app.start();
  await reopened.app.unlock(WORDS);
  return {
    reopened,
    app: reopened.app,
    rowsRebuilt,
    trouble: () => reopened.app.state.account.trouble?.code ?? null,
  };
}

/** Two entries: one with a picture, amended after the ten minutes, and another. */
async function twoEntries(options = {}) {
  const device = await phoneWithEntry(options, 'He stood outside.');
  const { app, phone, record } = device;
  await app.addFile(record, file(PNG, 'proof.png'), { route: 'files' });
  const { record: otherEntry } = await app.saveIncident(fields('A second time.', { behaviours: ['calls'], count: 3 }));
  phone.clock.move(ELEVEN_MINUTES);
  await app.saveIncident({
    record,
    fields: { narrative: 'He stood outside with a knife.' },
    restricted: {},
    reason: 'I had left it out',
  });
  return { ...device, otherEntry };
}

/** The same two entries, all sent to a server. */
async function sentEntries() {
  const device = await twoEntries({
    origin: server.base,
    send: sender(server.base, {}),
    clock: fixedClock(Date.now()),
  });
  await device.app.register({ words: WORDS });
  await until(device, ({ entries }) => entries.every(({ state }) => state.code === 'kept'), 'kept');
  return device;
}

/** @param {import('#app/shell/app.js').State} state */
const visibleFields = ({ entries, removed }) =>
  [...entries, ...removed].map(
    ({
      record,
      seq_no,
      title,
      pictures,
      additions,
      amendments,
      received_at,
      taken_out,
      flags,
      f,
      links,
      shots,
      bare,
    }) => ({
      record,
      seq_no,
      title,
      pictures,
      additions,
      amendments,
      received_at,
      taken_out,
      flags,
      f,
      links,
      shots,
      bare,
    }),
  );
const flagsOf = (app, record) => app.state.entries.find((row) => row.record === record)?.flags;

for (const [setUp, make] of /** @type {[string, typeof twoEntries][]} */ ([
  ['on this phone only', twoEntries],
  ['with a server', sentEntries],
])) {
  test(`the rows are lost, ${setUp}: they are rebuilt exactly`, async () => {
    const { phone, app } = await make();
    const rowsBefore = visibleFields(app.state);
    const namesRead = [];
    const { readEach } = Store.prototype;
    Store.prototype.readEach = function noted(wanted) {
      namesRead.push(...wanted);
      return readEach.call(this, wanted);
    };
    const { reopened, rowsRebuilt, trouble } = await reopenTampered(phone, () => put(phone, 'segment/0', null));
    Store.prototype.readEach = readEach;
    assert.deepEqual([rowsRebuilt, trouble()], [2, null]);
    assert.deepEqual(visibleFields(reopened.app.state), rowsBefore);
    if (make === sentEntries)
      assert.ok(!namesRead.some((name) => name.startsWith('r/')), 'the facts stored with the numbers were enough');
    else assert.ok(namesRead.some((name) => name.startsWith('r/')));
    assert.equal((await reopened.app.findEntries('knife')).length, 1);
    assert.equal((await reopened.app.findEntries('proof.png')).length, 1);
    reopened.end();
  });

  for (const [tampering, change] of /** @type {[string, typeof flipped][]} */ ([
    ['a byte of a version is changed', flipped],
    ['a version is removed', () => null],
  ])) {
    test(`${tampering}, ${setUp}: its entry stays where it was, and it is reported`, async () => {
      const { phone, app, record, otherEntry } = await make();
      const numbersOf = ({ entries }) => entries.map((row) => [row.seq_no, row.record]).sort(([a], [b]) => a - b);
      const numbers = numbersOf(app.state);
      const [{ v }] = (await openedStore.readJson(`r/${otherEntry}`)).versions;
      const { reopened, trouble } = await reopenTampered(phone, async () => {
        await put(phone, `v/${v}`, change(await bytesAt(phone, `v/${v}`)));
        await put(phone, 'segment/0', null);
      });
      await until(reopened, () => trouble() === 'altered', 'reported');
      assert.deepEqual(numbersOf(reopened.app.state), numbers, 'no entry vanishes, and no number changes');
      assert.deepEqual([flagsOf(reopened.app, otherEntry), flagsOf(reopened.app, record)], [['altered'], []]);
      await assert.rejects(reopened.app.readIncident(otherEntry), { code: 'altered' });
      assert.equal((await reopened.app.readIncident(record)).fields.narrative, 'He stood outside with a knife.');
      reopened.end();
    });
  }

  test(`the newest version of an entry is removed, ${setUp}: reading reports that something is missing`, async () => {
    const { phone, record } = await make();
    const { versions } = await openedStore.readJson(`r/${record}`);
    const { reopened, trouble } = await reopenTampered(phone, () => put(phone, `v/${versions.at(-1).v}`, null));
    assert.equal(trouble(), null, 'nothing was read yet');
    await reopened.app.readIncident(record);
    reopened.app.network();
    await until(reopened, () => trouble() === 'altered', 'reported');
    reopened.end();
  });

  test(`a record replaced by an older copy, ${setUp}, is noticed by a read, and not trusted by the list`, async () => {
    const { phone, app, record } = await make();
    const before = await bytesAt(phone, `r/${record}`);
    phone.clock.move(ELEVEN_MINUTES);
    await app.saveIncident({
      record,
      fields: { narrative: 'He stood outside with a knife and a rope.' },
      restricted: {},
      reason: 'More came back',
    });
    if (make === sentEntries)
      await until({ app }, ({ entries }) => entries.every(({ state }) => state.code === 'kept'), 'kept');
    const read = await reopenTampered(phone, () => put(phone, `r/${record}`, before));
    await read.app.readIncident(record);
    read.app.network();
    await until(read.reopened, () => read.trouble() === 'altered', 'reported');
    await read.app.lock('test');
    read.reopened.end();
    const rebuilt = await reopenTampered(read.reopened, () => put(phone, 'segment/0', null));
    const row = rebuilt.app.state.entries.find((entry) => entry.record === record);
    // With a server the amendment's number is known, and the list uses it; without one the record is read, and it lacks
    // the amendment.
    if (make === sentEntries)
      assert.deepEqual([row.title, row.flags], ['He stood outside with a knife and a rope.', []]);
    else assert.deepEqual([row.title, row.flags], ['He stood outside with a knife.', ['altered']]);
    rebuilt.reopened.end();
  });

  test(`if rows and entry lists are lost together, ${setUp}, every entry is found again`, async () => {
    const { phone, app } = await make();
    const rowsBefore = visibleFields(app.state);
    const { reopened } = await reopenTampered(phone, async () => {
      await put(phone, 'segment/0', null);
      await put(phone, 'list/0', null);
    });
    assert.deepEqual(visibleFields(reopened.app.state), rowsBefore);
    reopened.end();
  });
}

test('an altered entry stays reported after a lock, every sync and new entries', async () => {
  const { phone, otherEntry } = await sentEntries();
  const [{ v }] = (await openedStore.readJson(`r/${otherEntry}`)).versions;
  const { reopened, app, trouble } = await reopenTampered(
    phone,
    async () => {
      await put(phone, `v/${v}`, flipped(await bytesAt(phone, `v/${v}`)));
      await put(phone, 'segment/0', null);
    },
    { origin: server.base, send: sender(server.base, {}) },
  );
  await until(reopened, () => trouble() === 'altered', 'reported');
  await app.saveIncident(fields('Written since.'));
  await until(
    reopened,
    ({ entries }) => entries.some(({ title, state }) => title === 'Written since.' && state.code === 'kept'),
    'kept',
  );
  await app.lock('test');
  await app.unlock(WORDS);
  await reopened.ctx.open.syncing.now();
  assert.equal(trouble(), 'altered');
  assert.deepEqual(flagsOf(app, otherEntry), ['altered']);
  reopened.end();
});

test('a page of numbers replaced by an older copy is reported, and every record is read', async () => {
  const { phone, app, record } = await sentEntries();
  const before = await bytesAt(phone, 'f/0');
  await app.saveIncident(fields('A third time.'));
  await until(
    { app },
    ({ entries }) => entries.length === 3 && entries.every(({ state }) => state.code === 'kept'),
    'kept',
  );
  const rowsBefore = visibleFields(app.state);
  const { reopened, trouble } = await reopenTampered(phone, async () => {
    await put(phone, 'f/0', before);
    await put(phone, 'segment/0', null);
  });
  await until(reopened, () => trouble() === 'altered', 'reported');
  assert.deepEqual(visibleFields(reopened.app.state), rowsBefore);
  assert.deepEqual(flagsOf(reopened.app, record), []);
  reopened.end();
});

test('if one segment of a long list is replaced by an older copy or removed, only that one is rebuilt', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'The very first.');
  for (let n = 0; n < SEGMENT_ROWS + 10; n++) await app.saveIncident(fields(`Entry ${n}.`));
  const olderSegment = await bytesAt(phone, 'segment/0');
  await app.saveIncident({ record, fields: { narrative: 'The very first, and worse.' }, restricted: {} });
  const rowsBefore = visibleFields(app.state);
  const withOlderSegment = await reopenTampered(phone, () => put(phone, 'segment/0', olderSegment));
  assert.equal(withOlderSegment.rowsRebuilt, SEGMENT_ROWS);
  assert.deepEqual(visibleFields(withOlderSegment.app.state), rowsBefore);
  const withoutSegment = await reopenTampered(withOlderSegment.reopened, () => put(phone, 'segment/1', olderSegment));
  assert.equal(withoutSegment.rowsRebuilt, 11);
  assert.deepEqual(visibleFields(withoutSegment.app.state), rowsBefore);
  const untouched = await reopenTampered(withoutSegment.reopened, () => undefined);
  assert.equal(untouched.rowsRebuilt, null, 'and afterwards it is left unchanged');
});
