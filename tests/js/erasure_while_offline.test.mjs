/**
 * An entry is erased for good while another phone is offline. It goes from that phone too. What was written there
 * meanwhile stays, and goes when it is erased in turn.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { isKept, syncOnce } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { anotherPhone } from './phone/second_phone.mjs';
import { PYTHON, sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const MAKE_DUE = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("UPDATE erasure SET due_at = 1")
database.execute("UPDATE purge_clock SET steady_since = seen_at - 3600000")
database.commit()
`;
const titles = ({ app }) => app.state.entries.map(({ title, flags }) => [title, ...flags]).sort();
const isErased = ({ app }, record) => app.state.removed.some((row) => row.record === record && row.erased);

/** Start a phone again after its list of entries was lost, so that it is rebuilt from the versions. */
async function restartWithoutList({ phone }) {
  await phone.ctx.open.store.change((_root, change) => change.drop('segment/0'));
  phone.end();
  const restarted = makePhone({ after: phone, origin: server.base, send: sender(server.base, {}) });
  await restarted.app.start();
  await restarted.app.unlock(WORDS);
  return restarted;
}

/** Make the pending erasures due, while the server is stopped. */
function makeDue() {
  const database = readdirSync(server.folder, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('.sqlite3'),
  );
  execFileSync(PYTHON, ['-c', MAKE_DUE, join(server.folder, database)]);
}

/** Make the pending erasures due and restart the server, which erases when it starts. */
async function letSevenDaysPass(first) {
  await server.leave();
  makeDue();
  Object.assign(server, await startServer({ again: server }));
  await until(
    first,
    () => {
      void syncOnce(first).catch(() => undefined);
      return first.app.state.erasing.length === 0;
    },
    'erased',
  );
  await syncOnce(first); // the run that learnt of it may still be erasing, and its record is sent after that
}

async function takeOutAndErase(first, record) {
  await first.app.takeOutRecord(record, '');
  await syncOnce(first);
  await first.app.askErasing(record, { words: WORDS });
}

async function twoPhones() {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const made = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'stays',
  );
  const first = { ...made, faults };
  const { login } = await first.app.register({ words: WORDS });
  first.app.putDraft({ fields: { narrative: 'goes' } });
  await first.app.addFile('draft', file(PNG), { route: 'photo_picker' });
  const { record } = await first.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await first.app.saveNote(record, 'mine');
  await until(first, isKept, 'kept');
  const second = await anotherPhone(server.base, login);
  await until(second, (state) => state.entries.length === 2 && isKept(state), 'on the second');
  await syncOnce(second);
  second.faults.off = true;
  return { first, second, record, login };
}

test('an offline phone erases an entry, its picture and its note once the keeper’s signed record arrives', async () => {
  const { first, second, record } = await twoPhones();
  await takeOutAndErase(first, record);
  await letSevenDaysPass(first);
  assert.ok(isErased(first, record));
  second.faults.off = false;
  // The phone does not believe a server that reports an erasure before the keeper's own signed record has arrived.
  second.faults.before = (path) => {
    if (path.endsWith('/erasures')) throw new TypeError('Failed to fetch');
  };
  await syncOnce(second).catch(() => undefined);
  assert.deepEqual(titles(second), [['goes'], ['stays']]);
  delete second.faults.before;
  await syncOnce(second);
  await syncOnce(second);
  assert.ok(isErased(second, record));
  assert.deepEqual(titles(second), [['stays']]);
  const { root } = second.phone.ctx.open.store;
  assert.deepEqual([root.doubts, root.fetch, root.told_erased], [{}, [], undefined]);
  assert.equal(await second.phone.ctx.open.store.readJson(`n/${record}`), null);
  for (const { phone } of [first, second]) phone.end();
});

test('an entry put back, and removed again while a phone was offline, is erased from that phone too', async () => {
  const { first, second, record } = await twoPhones();
  await first.app.takeOutRecord(record, '');
  await syncOnce(first);
  await first.app.putBackRecord(record);
  await syncOnce(first);
  second.faults.off = false;
  await syncOnce(second);
  second.faults.off = true;
  await takeOutAndErase(first, record);
  await letSevenDaysPass(first);
  second.faults.off = false;
  // It knows an earlier removal and that the entry was put back, but never received the last removal.
  for (let round = 0; round < 3; round++) for (const phone of [second, first]) await syncOnce(phone);
  assert.deepEqual([titles(first), titles(second)], [[['stays']], [['stays']]]);
  assert.ok(isErased(first, record) && isErased(second, record));
  for (const { phone } of [first, second]) phone.end();
});

for (const [order, isFirstAway] of /** @type {const} */ ([
  ['has followed the erasure', false],
  ['has yet to follow the erasure', true],
]))
  test(`a removal that a phone sends after the erasure brings nothing back: the other phone ${order}`, async () => {
    const { first, second, record, login } = await twoPhones();
    const { open } = first.phone.ctx;
    const [{ attachment }] = (await first.app.readIncident(record)).attachments;
    const { note } = /** @type {{note: string}} */ (await open.store.readJson(`n/${record}`));
    const texts = [];
    for (const id of [record, attachment, note]) texts.push(...(await open.book.meta(id)).versions.map(({ v }) => v));
    await second.app.takeOutRecord(record, '');
    await takeOutAndErase(first, record);
    if (isFirstAway) await eraseUnseen(first, second);
    else await letSevenDaysPass(first);
    for (const { faults } of [second, first]) faults.off = false;
    for (let round = 0; round < 3; round++) for (const phone of [second, first]) await syncOnce(phone);
    const third = await anotherPhone(server.base, login);
    await until(third, (state) => state.entries.length === 1 && isKept(state), 'on a new phone');
    await syncOnce(third);
    for (const phone of [first, second, third]) {
      assert.ok(isErased(phone, record), 'it is listed as erased, and cannot be put back');
      assert.deepEqual(titles(phone), [['stays']]);
      const { store } = phone.phone.ctx.open;
      const left = await store.readMany(texts.map((version) => `v/${version}`));
      assert.deepEqual(left.filter(Boolean), [], 'nothing of its text, its picture or its note is left');
      assert.notDeepEqual(await bytesOf(phone, attachment), PNG);
      assert.deepEqual([store.root.doubts, phone.app.state.account.trouble], [{}, null]);
      assert.deepEqual([store.root.half_erased, store.root.outbox], [undefined, []]);
    }
    const { file: copy } = await second.app.makeCopy({ words: WORDS });
    const restored = makePhone({});
    await restored.app.start();
    await restored.app.takeCopy({ file: copy, words: WORDS });
    assert.deepEqual(titles({ app: restored.app }), [['stays']], 'so does a sealed copy');
    const restarted = await restartWithoutList(second);
    await until(restarted, ({ entries }) => entries.length === 1, 'the list');
    assert.ok(isErased({ app: restarted.app }, record), 'as when the list is rebuilt');
    assert.deepEqual(restarted.ctx.open.store.root.doubts, {});
    for (const phone of [first.phone, restarted, third.phone, restored]) phone.end();
  });

test('an entry removed again, and on another phone too, goes with its picture and note', async () => {
  const { first, second, record } = await twoPhones();
  const [{ attachment }] = (await first.app.readIncident(record)).attachments;
  await first.app.takeOutRecord(record, '');
  await syncOnce(first);
  second.faults.off = false;
  await syncOnce(second);
  second.faults.off = true;
  await first.app.putBackRecord(record);
  await syncOnce(first);
  await takeOutAndErase(first, record);
  await letSevenDaysPass(first);
  second.faults.off = false;
  for (let round = 0; round < 3; round++) for (const phone of [second, first]) await syncOnce(phone);
  assert.ok(isErased(second, record));
  assert.notDeepEqual(await bytesOf(second, attachment), PNG);
  const { store } = second.phone.ctx.open;
  assert.deepEqual(
    [await store.readJson(`n/${record}`), store.root.doubts, store.root.half_erased],
    [null, {}, undefined],
  );
  for (const { phone } of [first, second]) phone.end();
});

/** Make the pending erasures due while no phone has a signal. */
async function eraseUnseen(...phones) {
  for (const { faults } of phones) faults.off = true;
  await server.leave();
  makeDue();
  Object.assign(server, await startServer({ again: server }));
  await new Promise((resolve) => {
    setTimeout(resolve, 300); // it erases when it starts
  });
}

/** Return a file as a phone reads it, or the code of the error. */
async function bytesOf({ app, phone }, attachment) {
  try {
    const { url } = await app.readReceived(attachment);
    return new Uint8Array(await phone.urls.get(url).arrayBuffer());
  } catch (error) {
    return error.code;
  }
}

/** Return the first picture of an entry as a phone reads it, or the code of the error. */
async function pictureOf(phone, record) {
  const { fields } = await phone.app.readIncident(record);
  return bytesOf(phone, fields.attachment_ids[0]);
}
const flagsOf = ({ app }, record) => app.state.entries.find((row) => row.record === record)?.flags;

test('an entry put back offline after it was erased keeps its picture and note on every phone', async () => {
  const { first, second, record, login } = await twoPhones();
  await takeOutAndErase(first, record);
  await syncOnce(first);
  await eraseUnseen(first, second);
  await first.app.putBackRecord(record);
  first.faults.off = false;
  await syncOnce(first);
  await until(first, isKept, 'kept');
  assert.equal(first.phone.ctx.open.store.root.half_erased, undefined);
  const third = await anotherPhone(server.base, login);
  await until(third, (state) => state.entries.length === 2 && isKept(state), 'on a new phone');
  await syncOnce(third);
  second.faults.off = false;
  await syncOnce(second);
  await syncOnce(second);
  for (const phone of [first, second, third]) {
    assert.deepEqual(titles(phone), [['goes'], ['stays']]);
    assert.deepEqual(await pictureOf(phone, record), PNG);
    assert.equal((await phone.app.readIncident(record)).note, 'mine');
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
  for (const { phone } of [first, second, third]) phone.end();
});

test('a phone that is cleared before it has sent an erased picture again still has it', async () => {
  const { first, second, record, login } = await twoPhones();
  await takeOutAndErase(first, record);
  await syncOnce(first);
  await eraseUnseen(first, second);
  await first.app.putBackRecord(record);
  first.faults.off = false;
  let hasCancelled = false;
  first.faults.before = (path) => {
    hasCancelled ||= path.includes('/erasures/');
    if (hasCancelled && path.includes('/changes')) throw new TypeError('Failed to fetch');
  };
  await syncOnce(first).catch(() => undefined);
  assert.deepEqual(first.phone.ctx.open.store.root.half_erased, [record]);
  assert.ok(!isKept(first.app.state), 'it is not shown as kept safe');
  await first.app.panicClear();
  delete first.faults.before;
  await first.app.unlock(WORDS);
  await until(first, (state) => state.entries.length === 2 && isKept(state), 'kept');
  const third = await anotherPhone(server.base, login);
  await until(third, (state) => state.entries.length === 2 && isKept(state), 'on a new phone');
  assert.deepEqual(await pictureOf(third, record), PNG);
  for (const { phone } of [first, second, third]) phone.end();
});

test('an entry is in two versions on every phone or on none after it was erased', async () => {
  const { first, second, record, login } = await twoPhones();
  await second.app.addFile(record, file(PNG, 'second.png'), { route: 'photo_picker' });
  await takeOutAndErase(first, record);
  await syncOnce(first);
  await eraseUnseen(first);
  second.faults.off = false;
  await syncOnce(second);
  first.faults.off = false;
  await syncOnce(first);
  const third = await anotherPhone(server.base, login);
  await until(third, (state) => state.entries.length === 2 && isKept(state), 'on a new phone');
  await syncOnce(third);
  for (const phone of [first, second, third]) assert.deepEqual(flagsOf(phone, record), []);
  const restarted = await restartWithoutList(first);
  await until(restarted, ({ entries }) => entries.length === 2, 'the list');
  assert.deepEqual(flagsOf({ app: restarted.app }, record), [], 'as when the list is rebuilt');
  for (const phone of [restarted, second.phone, third.phone]) phone.end();
});

test('text written offline restores the entry without a warning; erased again, it is gone everywhere', async () => {
  const { first, second, record, login } = await twoPhones();
  await second.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await takeOutAndErase(first, record);
  await letSevenDaysPass(first);
  second.faults.off = false;
  await syncOnce(second);
  await syncOnce(first);
  const third = await anotherPhone(server.base, login);
  await until(third, (state) => state.entries.length === 2 && isKept(state), 'on a new phone');
  for (const phone of [first, second, third]) {
    assert.deepEqual(titles(phone), [['goes'], ['stays']]);
    assert.equal((await phone.app.readIncident(record)).fields.who, 'My ex');
    assert.deepEqual(await pictureOf(phone, record), PNG, 'the second phone still had it, and sent it again');
    // As when the list is rebuilt: the earlier erasure hides nothing that was written since.
    const read = await phone.phone.ctx.open.book.readAgain([record]);
    assert.ok([...read.opened.values()].some(({ fields, altered }) => fields.who === 'My ex' && !altered));
    assert.deepEqual([phone.phone.ctx.open.store.root.doubts, phone.app.state.account.trouble], [{}, null]);
  }
  await takeOutAndErase(first, record);
  for (const phone of [second, third]) await syncOnce(phone);
  await letSevenDaysPass(first);
  for (const phone of [second, third]) await syncOnce(phone);
  for (const phone of [first, second, third]) {
    assert.ok(isErased(phone, record));
    assert.equal(
      (
        await phone.phone.ctx.open.store.readMany(
          (await phone.phone.ctx.open.book.meta(record)).versions.map(({ v }) => `v/${v}`),
        )
      ).filter(Boolean).length,
      0,
      'none of its text is left',
    );
    phone.phone.end();
  }
});

test('a file not sent yet when its entry was erased is sent once the entry is back, without a warning', async () => {
  const { first, second, record, login } = await twoPhones();
  Object.assign(second.faults, {
    off: false,
    before: (path) => {
      if (path.includes('/blobs/')) throw new TypeError('Failed to fetch');
    },
  });
  const { attachment } = await second.app.addFile(record, file(PNG, 'second.png'), { route: 'photo_picker' });
  await syncOnce(second).catch(() => undefined);
  const { root } = second.phone.ctx.open.store;
  assert.deepEqual([root.outbox.length, root.uploads.length > 0], [0, true], 'its text was sent, its bytes were not');
  second.faults.off = true;
  delete second.faults.before;
  await second.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await syncOnce(first);
  await takeOutAndErase(first, record);
  await letSevenDaysPass(first);
  second.faults.off = false;
  for (let round = 0; round < 2; round++) await syncOnce(second);
  // The file has a new id now. Nothing waits under the old one, of which no bytes are left.
  const { uploads, troubles } = second.phone.ctx.open.store.root;
  assert.deepEqual([uploads, troubles, isKept(second.app.state)], [[], {}, true]);
  await syncOnce(first);
  const third = await anotherPhone(server.base, login);
  await until(third, (state) => state.entries.length === 2 && isKept(state), 'on a new phone');
  for (const phone of [first, second, third]) assert.deepEqual(await bytesOf(phone, attachment), PNG);
  for (const { phone } of [first, second, third]) phone.end();
});

test('an entry that another phone’s text restored must be removed again before it can be erased', async () => {
  const { first, second, record } = await twoPhones();
  await second.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await first.app.takeOutRecord(record, '');
  await syncOnce(first);
  second.faults.off = false;
  await syncOnce(second);
  await syncOnce(first);
  assert.deepEqual(
    titles(first).map(([title]) => title),
    ['goes', 'stays'],
  );
  await assert.rejects(first.app.askErasing(record, { words: WORDS }), { code: 'not_out' });
  await syncOnce(first);
  assert.deepEqual(first.app.state.erasing, []);
  await takeOutAndErase(first, record);
  assert.equal(first.app.state.erasing.length, 1);
  for (const { phone } of [first, second]) phone.end();
});

test('an entry that comes back while its erasure is pending is not erased', async () => {
  const ways = {
    'put back': ({ first, record }) => first.app.putBackRecord(record),
    'written to on another phone': async ({ first, second }) => {
      second.faults.off = false;
      await syncOnce(second);
      await syncOnce(first);
    },
  };
  for (const [way, comesBack] of Object.entries(ways)) {
    const phones = await twoPhones();
    const { first, second, record, login } = phones;
    await second.app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
    await takeOutAndErase(first, record);
    await syncOnce(first);
    assert.equal(first.app.state.erasing.length, 1, 'the erasure is pending while the entry is removed');
    await comesBack(phones);
    await syncOnce(first);
    assert.deepEqual(first.app.state.erasing, [], way);
    await letSevenDaysPass(first);
    const third = await anotherPhone(server.base, login);
    await until(third, ({ entries }) => entries.length === 2, `on a new phone: ${way}`);
    for (const phone of [first, third])
      assert.deepEqual(
        titles(phone).map(([title]) => title),
        ['goes', 'stays'],
        way,
      );
    for (const { phone } of [first, second, third]) phone.end();
  }
});

test('after an erasure, a rebuilt list and a sealed copy raise no doubt', async () => {
  const { first, record } = await twoPhones();
  await takeOutAndErase(first, record);
  await letSevenDaysPass(first);
  const restarted = await restartWithoutList(first);
  await until(restarted, ({ entries }) => entries.length === 1, 'the list');
  await restarted.ctx.open.syncing.now();
  assert.deepEqual([restarted.ctx.open.store.root.doubts, restarted.app.state.account.trouble], [{}, null]);
  assert.deepEqual(titles({ app: restarted.app }), [['stays']]);
  assert.ok(isErased({ app: restarted.app }, record));
  const { file: copy } = await restarted.app.makeCopy({ words: WORDS });
  const restored = makePhone({});
  await restored.app.start();
  await restored.app.takeCopy({ file: copy, words: WORDS });
  assert.deepEqual(titles({ app: restored.app }), [['stays']]);
});

test('after a restore to before an erasure, the phone keeps the entry erased; a new phone shows it', async () => {
  const { first, second, record, login } = await twoPhones();
  second.phone.end();
  await server.leave();
  const backup = await mkdtemp(join(tmpdir(), 'older-'));
  await cp(server.folder, backup, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  await takeOutAndErase(first, record);
  await letSevenDaysPass(first);
  assert.ok(isErased(first, record));
  await syncOnce(first);
  await server.leave();
  await rm(server.folder, { recursive: true });
  await cp(backup, server.folder, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  await syncOnce(first).catch(() => undefined);
  await first.app.sendAgain();
  await until(first, ({ account }) => !account.trouble, 'sent again');
  await syncOnce(first);
  const { open } = first.phone.ctx;
  const expectErased = async (phone) => {
    assert.ok(isErased(phone, record));
    assert.deepEqual(titles(phone), [['stays']]);
    const { versions } = await open.book.meta(record);
    assert.deepEqual(
      (await open.store.readMany(versions.map(({ v }) => `v/${v}`))).filter(Boolean),
      [],
      'none of its text came back',
    );
  };
  await expectErased(first);
  assert.deepEqual(open.store.root.fetch, [], 'its picture is not requested');
  assert.equal((await open.book.readAgain([record])).opened.size, 0);
  const third = await anotherPhone(server.base, login);
  await until(third, ({ entries }) => entries.length === 2, 'on a new phone');
  await syncOnce(third);
  assert.deepEqual(titles(third), [['goes'], ['stays']]);
  // No server and no phone has the version that took the entry out. The first phone's line lacks its number, and so
  // does its manifest, which names that version. The warnings stay.
  assert.deepEqual(third.phone.ctx.open.store.root.doubts, { line_gap: true, omitted: true });
  await first.app.lock('test');
  await first.app.unlock(WORDS);
  await syncOnce(first);
  assert.ok(isErased(first, record));
  assert.deepEqual(titles(first), [['stays']]);
  for (const { phone } of [first, third]) phone.end();
  await rm(backup, { recursive: true });
});

/**
 * Return a registered phone with two kept entries: `first.record` goes, the other stays. `numberOf` gives the number of
 * the one that stays.
 * @param {import('./phone/server.mjs').Faults} [faults]
 */
async function phoneWithTwoEntries(faults = {}) {
  const first = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'goes',
  );
  const { login } = await first.app.register({ words: WORDS });
  first.app.newDraft();
  first.app.putDraft({ fields: { narrative: 'stays' } });
  const { record } = await first.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await until(first, isKept, 'kept');
  return { first, login, numberOf: ({ app }) => app.state.entries.find((row) => row.record === record)?.seq_no };
}

/** Assert that a fresh phone gives the entry that stays the number it had, and end both phones. */
async function assertFreshPhoneAgrees(first, login, numberOf) {
  const freshPhone = await anotherPhone(server.base, login);
  await until(freshPhone, ({ entries }) => entries.length === 1, 'on a fresh phone');
  await syncOnce(freshPhone);
  assert.deepEqual([numberOf(first), numberOf(freshPhone)], [2, 2]);
  for (const { phone } of [first, freshPhone]) phone.end();
}

test('a fresh phone numbers entries as before an erasure, though no lock has written a manifest', async () => {
  const { first, login, numberOf } = await phoneWithTwoEntries();
  await takeOutAndErase(first, first.record);
  await letSevenDaysPass(first);
  await syncOnce(first);
  await syncOnce(first);
  await assertFreshPhoneAgrees(first, login, numberOf);
});

test('a phone that joins after an erasure numbers entries alike, though the one that asked is away since', async () => {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const { first, login, numberOf } = await phoneWithTwoEntries(faults);
  await takeOutAndErase(first, first.record);
  faults.off = true;
  await server.leave();
  makeDue();
  Object.assign(server, await startServer({ again: server }));
  await assertFreshPhoneAgrees(first, login, numberOf);
});

test('a phone that is cleared before a manifest names an erased entry states its number later', async () => {
  const { first, login, numberOf } = await phoneWithTwoEntries();
  await takeOutAndErase(first, first.record);
  await first.app.panicClear();
  await server.leave();
  makeDue();
  Object.assign(server, await startServer({ again: server }));
  await first.app.unlock(WORDS);
  await until(first, (state) => state.entries.length === 1 && isKept(state), 'back after the clear');
  await syncOnce(first);
  await syncOnce(first);
  await assertFreshPhoneAgrees(first, login, numberOf);
});

test('a phone that is cleared before it learns of an erasure numbers its entries as a fresh phone does', async () => {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const { first, login, numberOf } = await phoneWithTwoEntries(faults);
  assert.equal(numberOf(first), 2);
  await takeOutAndErase(first, first.record);
  // The lock writes a manifest, which waits on this phone until there is a signal.
  faults.off = true;
  await first.app.lock('asked');
  await server.leave();
  makeDue();
  Object.assign(server, await startServer({ again: server }));
  await first.app.unlock(WORDS);
  await first.app.panicClear();
  faults.off = false;
  await first.app.unlock(WORDS);
  await until(first, (state) => state.entries.length === 1 && isKept(state), 'back after the clear');
  await syncOnce(first);
  await assertFreshPhoneAgrees(first, login, numberOf);
});
