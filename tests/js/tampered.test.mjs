/**
 * Somebody who can write the phone's database, and has no key: what they take away, change or put back is noticed when the
 * list is made again and when an entry is read, and no entry goes with it.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { WORDS, file, makePhone, phoneWithEntry, PNG, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { fixedClock } from '#app/core/clock.js';
import { SEGMENT_ROWS } from '#app/store/index.js';
import { Store } from '#app/store/store.js';

const fields = (narrative, more = {}) => ({
  record: null,
  fields: { narrative, precision: 'unknown', ...more },
  restricted: {},
});
const MINUTES = 11 * 60_000;

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** The store that was opened last: only it can tell where a name lies. */
let opened;
const { open } = Store.prototype;
Store.prototype.open = async function noted(...given) {
  await open.apply(this, given);
  if (this.root.line) opened = this;
};

const bytesAt = async (phone, name) => (await phone.database.read([opened.idOf(name)]))[0];
const put = (phone, name, bytes) =>
  phone.database.write(bytes ? { put: [[opened.idOf(name), bytes]] } : { drop: [opened.idOf(name)] });
const flipped = (bytes) => bytes.map((byte, i) => (i === 70 ? byte ^ 1 : byte));

/**
 * Locked; `meddle` with what lies there; opened again, off line unless `over` says how it sends. `listed`: as many
 * entries as were listed anew, null where none had to be.
 */
async function meddled(phone, meddle, over = {}) {
  await phone.app.lock('test');
  await meddle();
  const next = makePhone({ after: phone, ...over });
  let listed = null;
  next.app.subscribe(() => {
    const { busy } = next.app.state;
    if (busy?.what === 'listing') listed = busy.total;
  });
  await next.app.start();
  await next.app.unlock(WORDS);
  return { next, app: next.app, listed, trouble: () => next.app.state.account.trouble?.code ?? null };
}

/** An entry written, amended after the ten minutes, with a picture; and another. */
async function twoEntries(options = {}) {
  const made = await phoneWithEntry(options, 'He stood outside.');
  const { app, phone, record } = made;
  await app.addFile(record, file(PNG, 'proof.png'), { route: 'files' });
  const { record: other } = await app.saveIncident(fields('A second time.', { behaviours: ['calls'], count: 3 }));
  phone.clock.move(MINUTES);
  await app.saveIncident({
    record,
    fields: { narrative: 'He stood outside with a knife.' },
    restricted: {},
    reason: 'I had left it out',
  });
  return { ...made, other };
}

/** The same with a server that has all of it. */
async function sentEntries() {
  const made = await twoEntries({ origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()) });
  await made.app.register({ words: WORDS });
  await until(made, ({ entries }) => entries.every(({ state }) => state.code === 'kept'), 'kept');
  return made;
}

const shown = ({ entries, removed }) =>
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

for (const [who, make] of [
  ['on this phone only', twoEntries],
  ['with a server', sentEntries],
]) {
  test(`the rows are lost, ${who}: they are rebuilt exactly`, async () => {
    const { phone, app } = await make();
    const whole = shown(app.state);
    const names = [];
    const { readEach } = Store.prototype;
    Store.prototype.readEach = function noted(asked) {
      names.push(...asked);
      return readEach.call(this, asked);
    };
    const { next, listed, trouble } = await meddled(phone, () => put(phone, 'segment/0', null));
    Store.prototype.readEach = readEach;
    assert.deepEqual([listed, trouble()], [2, null]);
    assert.deepEqual(shown(next.app.state), whole);
    if (make === sentEntries)
      assert.ok(!names.some((name) => name.startsWith('r/')), 'what stands beside the numbers was enough');
    else assert.ok(names.some((name) => name.startsWith('r/')));
    assert.equal((await next.app.findEntries('knife')).length, 1);
    assert.equal((await next.app.findEntries('proof.png')).length, 1);
    next.end();
  });

  for (const [what, change] of [
    ['a byte of a version is changed', flipped],
    ['a version is taken away', () => null],
  ]) {
    test(`${what}, ${who}: its entry stays where it was, and it is reported`, async () => {
      const { phone, app, record, other } = await make();
      const numbered = ({ entries }) => entries.map((row) => [row.seq_no, row.record]).sort(([a], [b]) => a - b);
      const numbers = numbered(app.state);
      const [{ v }] = (await opened.readJson(`r/${other}`)).versions;
      const { next, trouble } = await meddled(phone, async () => {
        await put(phone, `v/${v}`, change(await bytesAt(phone, `v/${v}`)));
        await put(phone, 'segment/0', null);
      });
      await until(next, () => trouble() === 'altered', 'said');
      assert.deepEqual(numbered(next.app.state), numbers, 'none vanishes, no number moves');
      assert.deepEqual([flagsOf(next.app, other), flagsOf(next.app, record)], [['altered'], []]);
      await assert.rejects(next.app.readIncident(other), { code: 'altered' });
      assert.equal((await next.app.readIncident(record)).fields.narrative, 'He stood outside with a knife.');
      next.end();
    });
  }

  test(`the newest version of an entry is removed, ${who}: reading reports that something is missing`, async () => {
    const { phone, record } = await make();
    const { versions } = await opened.readJson(`r/${record}`);
    const { next, trouble } = await meddled(phone, () => put(phone, `v/${versions.at(-1).v}`, null));
    assert.equal(trouble(), null, 'nothing was read yet');
    await next.app.readIncident(record);
    next.app.network();
    await until(next, () => trouble() === 'altered', 'said');
    next.end();
  });

  test(`a record is put back as it was before an amendment, ${who}: reading notices it, and the list does not trust it`, async () => {
    const { phone, app, record } = await make();
    const before = await bytesAt(phone, `r/${record}`);
    phone.clock.move(MINUTES);
    await app.saveIncident({
      record,
      fields: { narrative: 'He stood outside with a knife and a rope.' },
      restricted: {},
      reason: 'More came back',
    });
    if (make === sentEntries)
      await until({ app }, ({ entries }) => entries.every(({ state }) => state.code === 'kept'), 'kept');
    const read = await meddled(phone, () => put(phone, `r/${record}`, before));
    await read.app.readIncident(record);
    read.app.network();
    await until(read.next, () => read.trouble() === 'altered', 'said');
    await read.app.lock('test');
    read.next.end();
    const again = await meddled(read.next, () => put(phone, 'segment/0', null));
    const row = again.app.state.entries.find((one) => one.record === record);
    // Where the number of the amendment is known, the list is made of it; where it only waits, the record was asked and lacks it.
    if (make === sentEntries)
      assert.deepEqual([row.title, row.flags], ['He stood outside with a knife and a rope.', []]);
    else assert.deepEqual([row.title, row.flags], ['He stood outside with a knife.', ['altered']]);
    again.next.end();
  });

  test(`the rows and the lists that name the entries are lost together, ${who}: every entry is found again`, async () => {
    const { phone, app } = await make();
    const whole = shown(app.state);
    const { next } = await meddled(phone, async () => {
      await put(phone, 'segment/0', null);
      await put(phone, 'list/0', null);
    });
    assert.deepEqual(shown(next.app.state), whole);
    next.end();
  });
}

test('an entry that was changed stays said, over a lock and with every run, and with others written since', async () => {
  const { phone, other } = await sentEntries();
  const [{ v }] = (await opened.readJson(`r/${other}`)).versions;
  const { next, app, trouble } = await meddled(
    phone,
    async () => {
      await put(phone, `v/${v}`, flipped(await bytesAt(phone, `v/${v}`)));
      await put(phone, 'segment/0', null);
    },
    { origin: server.base, send: sender(server.base, {}) },
  );
  await until(next, () => trouble() === 'altered', 'said');
  await app.saveIncident(fields('Written since.'));
  await until(
    next,
    ({ entries }) => entries.some(({ title, state }) => title === 'Written since.' && state.code === 'kept'),
    'kept',
  );
  await app.lock('test');
  await app.unlock(WORDS);
  await next.ctx.open.syncing.now();
  assert.equal(trouble(), 'altered');
  assert.deepEqual(flagsOf(app, other), ['altered']);
  next.end();
});

test('a page of numbers is put back as it was: it is reported, and every record is read', async () => {
  const { phone, app, record } = await sentEntries();
  const before = await bytesAt(phone, 'f/0');
  await app.saveIncident(fields('A third time.'));
  await until(
    { app },
    ({ entries }) => entries.length === 3 && entries.every(({ state }) => state.code === 'kept'),
    'kept',
  );
  const whole = shown(app.state);
  const { next, trouble } = await meddled(phone, async () => {
    await put(phone, 'f/0', before);
    await put(phone, 'segment/0', null);
  });
  await until(next, () => trouble() === 'altered', 'said');
  assert.deepEqual(shown(next.app.state), whole);
  assert.deepEqual(flagsOf(next.app, record), []);
  next.end();
});

test('one segment of a long list is put back as it was, or removed: only that one is rebuilt', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'The very first.');
  for (let n = 0; n < SEGMENT_ROWS + 10; n++) await app.saveIncident(fields(`Entry ${n}.`));
  const older = await bytesAt(phone, 'segment/0');
  await app.saveIncident({ record, fields: { narrative: 'The very first, and worse.' }, restricted: {} });
  const whole = shown(app.state);
  const back = await meddled(phone, () => put(phone, 'segment/0', older));
  assert.equal(back.listed, SEGMENT_ROWS);
  assert.deepEqual(shown(back.app.state), whole);
  const gone = await meddled(back.next, () => put(phone, 'segment/1', older));
  assert.equal(gone.listed, 11);
  assert.deepEqual(shown(gone.app.state), whole);
  const left = await meddled(gone.next, () => undefined);
  assert.equal(left.listed, null, 'and then it is left as it is');
});
