/** An entry erased for good while another phone was away: it goes there too, what was written there meanwhile stands, and goes when it is erased in its turn. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { isKept, looks } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { anotherPhone } from './phone/another.mjs';
import { PYTHON, sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const DUE =
  'import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute("UPDATE erasure SET due_at = 1"); d.execute("UPDATE purge_clock SET steady_since = seen_at - 3600000"); d.commit()';
const titles = ({ app }) => app.state.entries.map(({ title, flags }) => [title, ...flags]).sort();
const isGone = ({ app }, record) => app.state.removed.some((row) => row.record === record && row.erased);

/** Make what waits due, while no server runs. */
function makeDue() {
  const database = readdirSync(server.folder, { recursive: true }).find((name) => name.endsWith('.sqlite3'));
  execFileSync(PYTHON, ['-c', DUE, join(server.folder, database)]);
}

/** What waits is made due; the server looks when it starts. */
async function sevenDaysPass(one) {
  await server.leave();
  makeDue();
  Object.assign(server, await startServer({ again: server }));
  await until(
    one,
    () => {
      void looks(one).catch(() => undefined);
      return one.app.state.erasing.length === 0;
    },
    'erased',
  );
}

async function erases(one, record) {
  await one.app.takeOutRecord(record, '');
  await looks(one);
  await one.app.askErasing(record, { words: WORDS });
}

async function twoPhones() {
  const one = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()) },
    'stays',
  );
  const { login } = await one.app.register({ words: WORDS });
  one.app.putDraft({ fields: { narrative: 'goes' } });
  await one.app.addFile('draft', file(PNG), { route: 'photo_picker' });
  const { record } = await one.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await one.app.saveNote(record, 'mine');
  await until(one, isKept, 'kept');
  const two = await anotherPhone(server.base, login);
  await until(two, (state) => state.entries.length === 2 && isKept(state), 'on the second');
  await looks(two);
  two.faults.off = true;
  return { one, two, record, login };
}

test('a phone that was away and changed nothing: the entry, its picture and its note are gone there too, told by the keeper and not by the server alone', async () => {
  const { one, two, record } = await twoPhones();
  await erases(one, record);
  await sevenDaysPass(one);
  assert.ok(isGone(one, record));
  two.faults.off = false;
  // A server that says so before the keeper's own word has come is not believed.
  two.faults.before = (path) => {
    if (path.endsWith('/erasures')) throw new TypeError('Failed to fetch');
  };
  await looks(two).catch(() => undefined);
  assert.deepEqual(titles(two), [['goes'], ['stays']]);
  delete two.faults.before;
  await looks(two);
  await looks(two);
  assert.ok(isGone(two, record));
  assert.deepEqual(titles(two), [['stays']]);
  const { root } = two.phone.ctx.open.store;
  assert.deepEqual([root.doubts, root.fetch, root.told_erased], [{}, [], undefined]);
  assert.equal(await two.phone.ctx.open.store.readJson(`n/${record}`), null);
  for (const { phone } of [one, two]) phone.end();
});

test('words written on the phone that was away bring it back, with nothing to be looked at and after a lock; erased in their turn they go everywhere', async () => {
  const { one, two, record, login } = await twoPhones();
  await two.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await erases(one, record);
  await sevenDaysPass(one);
  two.faults.off = false;
  await looks(two);
  await looks(one);
  const three = await anotherPhone(server.base, login);
  await until(three, ({ entries }) => entries.length === 2, 'on a new phone');
  for (const phone of [one, two, three]) {
    assert.deepEqual(titles(phone), [['goes'], ['stays']]);
    assert.equal((await phone.app.readIncident(record)).fields.who, 'My ex');
    // As when the list is made again: what was erased before hides nothing that was said since.
    const read = await phone.phone.ctx.open.book.readAgain([record]);
    assert.ok([...read.opened.values()].some(({ fields, altered }) => fields.who === 'My ex' && !altered));
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
  await erases(one, record);
  for (const phone of [two, three]) await looks(phone);
  await sevenDaysPass(one);
  for (const phone of [two, three]) await looks(phone);
  for (const phone of [one, two, three]) {
    assert.ok(isGone(phone, record));
    assert.equal(
      (
        await phone.phone.ctx.open.store.readMany(
          (await phone.phone.ctx.open.book.meta(record)).versions.map(({ v }) => `v/${v}`),
        )
      ).filter(Boolean).length,
      0,
      'no word of it is left',
    );
    phone.phone.end();
  }
});

test('an entry that words from another phone brought back is not erased for good: it has to be taken out again first', async () => {
  const { one, two, record } = await twoPhones();
  await two.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await one.app.takeOutRecord(record, '');
  await looks(one);
  two.faults.off = false;
  await looks(two);
  await looks(one);
  assert.deepEqual(
    titles(one).map(([title]) => title),
    ['goes', 'stays'],
  );
  await assert.rejects(one.app.askErasing(record, { words: WORDS }), { code: 'not_out' });
  await looks(one);
  assert.deepEqual(one.app.state.erasing, []);
  await erases(one, record);
  assert.equal(one.app.state.erasing.length, 1);
  for (const { phone } of [one, two]) phone.end();
});

test('an entry that waits to be erased and comes back is not erased', async () => {
  const ways = {
    'put back': ({ one, record }) => one.app.putBackRecord(record),
    'written to on another phone': async ({ one, two }) => {
      two.faults.off = false;
      await looks(two);
      await looks(one);
    },
  };
  for (const [way, comesBack] of Object.entries(ways)) {
    const world = await twoPhones();
    const { one, two, record, login } = world;
    await two.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
    await erases(one, record);
    await looks(one);
    assert.equal(one.app.state.erasing.length, 1, 'it waits while it is out');
    await comesBack(world);
    await looks(one);
    assert.deepEqual(one.app.state.erasing, [], way);
    await sevenDaysPass(one);
    const three = await anotherPhone(server.base, login);
    await until(three, ({ entries }) => entries.length === 2, `on a new phone: ${way}`);
    for (const phone of [one, three])
      assert.deepEqual(
        titles(phone).map(([title]) => title),
        ['goes', 'stays'],
        way,
      );
    for (const { phone } of [one, two, three]) phone.end();
  }
});

test('after an entry was erased for good, a rebuilt list and a sealed copy raise no doubt', async () => {
  const { one, record } = await twoPhones();
  await erases(one, record);
  await sevenDaysPass(one);
  await one.phone.ctx.open.store.change((_root, change) => change.drop('segment/0'));
  one.phone.end();
  const next = makePhone({ after: one.phone, origin: server.base, send: sender(server.base, {}) });
  await next.app.start();
  await next.app.unlock(WORDS);
  await until(next, ({ entries }) => entries.length === 1, 'the list');
  await next.ctx.open.syncing.now();
  assert.deepEqual([next.ctx.open.store.root.doubts, next.app.state.account.trouble], [{}, null]);
  assert.deepEqual(titles({ app: next.app }), [['stays']]);
  assert.ok(isGone({ app: next.app }, record));
  const { file: copy } = await next.app.makeCopy({ words: WORDS });
  const restored = makePhone({});
  await restored.app.start();
  await restored.app.takeCopy({ file: copy, words: WORDS });
  assert.deepEqual(titles({ app: restored.app }), [['stays']]);
});

test('a server put back to before an entry was erased: the phone still holds it as erased, over a lock too, and a new phone shows it', async () => {
  const { one, two, record, login } = await twoPhones();
  two.phone.end();
  await server.leave();
  const older = await mkdtemp(join(tmpdir(), 'older-'));
  await cp(server.folder, older, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  await erases(one, record);
  await sevenDaysPass(one);
  assert.ok(isGone(one, record));
  await looks(one);
  await server.leave();
  await rm(server.folder, { recursive: true });
  await cp(older, server.folder, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  await looks(one).catch(() => undefined);
  await one.app.sendAgain();
  await until(one, ({ account }) => !account.trouble, 'sent again');
  await looks(one);
  const { open } = one.phone.ctx;
  const isHeldAsErased = async (phone) => {
    assert.ok(isGone(phone, record));
    assert.deepEqual(titles(phone), [['stays']]);
    const { versions } = await open.book.meta(record);
    assert.deepEqual(
      (await open.store.readMany(versions.map(({ v }) => `v/${v}`))).filter(Boolean),
      [],
      'no word of it came back',
    );
  };
  await isHeldAsErased(one);
  assert.deepEqual(open.store.root.fetch, [], 'nor is its picture asked for');
  assert.equal((await open.book.readAgain([record])).opened.size, 0);
  const three = await anotherPhone(server.base, login);
  await until(three, ({ entries }) => entries.length === 2, 'on a new phone');
  await looks(three);
  assert.deepEqual(titles(three), [['goes'], ['stays']]);
  // The taking out is on no server and on no phone. Its number is missing on the first phone's line, and that is said for good.
  assert.deepEqual(three.phone.ctx.open.store.root.doubts, { line_gap: true });
  await one.app.lock('test');
  await one.app.unlock(WORDS);
  await looks(one);
  assert.ok(isGone(one, record));
  assert.deepEqual(titles(one), [['stays']]);
  for (const { phone } of [one, three]) phone.end();
  await rm(older, { recursive: true });
});

test('a phone that is cleared before it hears of the erasure numbers its entries as a fresh phone does', async () => {
  const faults = {};
  const one = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'goes',
  );
  const { login } = await one.app.register({ words: WORDS });
  one.app.newDraft();
  one.app.putDraft({ fields: { narrative: 'stays' } });
  const { record } = await one.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await until(one, isKept, 'kept');
  const numberOf = ({ app }) => app.state.entries.find((row) => row.record === record)?.seq_no;
  assert.equal(numberOf(one), 2);
  await erases(one, one.record);
  // The lock writes a manifest, which waits on this phone until the signal is back.
  faults.off = true;
  await one.app.lock();
  await server.leave();
  makeDue();
  Object.assign(server, await startServer({ again: server }));
  await one.app.unlock(WORDS);
  await one.app.panicClear();
  faults.off = false;
  await one.app.unlock(WORDS);
  await until(one, (state) => state.entries.length === 1 && isKept(state), 'back after the clear');
  await looks(one);
  const fresh = await anotherPhone(server.base, login);
  await until(fresh, ({ entries }) => entries.length === 1, 'on a fresh phone');
  await looks(fresh);
  assert.deepEqual([numberOf(one), numberOf(fresh)], [2, 2]);
  for (const { phone } of [one, fresh]) phone.end();
});
