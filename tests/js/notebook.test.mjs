/** The notebook, what opens it, the counted tries, and clearing the phone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { Notebook } from '#app/features/notebook/actions.js';
import { readDoor, readSealedDraft, readTries } from '#app/store/device_meta.js';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { eventually } from './phone/eventually.mjs';

const COVER = 'milk bread onions apples';
const PIN = '274913';

const hasCode = (code) => (error) => error instanceof KeptError && error.code === code;

test('a quick exit shows the notebook, which keeps its own notes and shows nothing of the diary', async () => {
  const { phone, app } = await phoneWithEntry({}, 'He waited outside.');
  app.putDraft({ fields: { narrative: 'Half a sent' } });
  const leaving = app.quickExit();
  assert.equal(app.state.phase, 'notebook', 'the notebook is drawn first');
  assert.deepEqual([app.state.entries, app.state.draft], [[], null]);
  app.notePut('a', 'Milk and bread');
  await leaving;
  assert.deepEqual([app.state.phase, app.state.draft], ['notebook', null]);
  await app.askLock();
  assert.equal(app.state.phase, 'locked');
  await app.unlock(WORDS);
  assert.equal(app.state.draft.fields.narrative, 'Half a sent');
  const restarted = makePhone({ after: phone });
  phone.end();
  await restarted.app.start();
  await restarted.app.unlock(WORDS);
  await restarted.app.quickExit();
  assert.deepEqual(
    restarted.app.state.notebook.notes.map(({ text }) => text),
    ['Milk and bread'],
  );
  await restarted.app.noteDrop('a');
  assert.deepEqual(restarted.app.state.notebook.notes, []);
  restarted.end();
});

test('text typed during a write is written too; text refused by a full phone is written at the next key', async () => {
  const { phone, app } = await phoneWithEntry({}, 'He waited outside.');
  await app.quickExit();
  const { database } = phone;
  const write = database.write.bind(database);
  let onNextWrite = () => app.notePut('a', 'Milk, bread and eggs');
  database.write = async (change) => {
    const action = onNextWrite;
    onNextWrite = () => undefined;
    action();
    return write(change);
  };
  const storedTexts = async () => {
    const notebook = new Notebook({
      ...phone.ctx,
      screen: Object.assign(Object.create(phone.ctx.screen), { set: () => undefined }),
    });
    await notebook.open();
    return [...notebook.notes.values()].map(({ text }) => text).sort();
  };
  const untilStored = (texts) => eventually(storedTexts, (found) => JSON.stringify(found) === JSON.stringify(texts));
  app.notePut('a', 'Milk');
  await untilStored(['Milk, bread and eggs']);
  let refused = false;
  onNextWrite = () => {
    refused = true;
    throw new DOMException('full', 'QuotaExceededError');
  };
  app.notePut('a', 'Milk, bread, eggs and tea');
  await eventually(() => refused, Boolean);
  app.notePut('b', 'Other');
  await untilStored(['Milk, bread, eggs and tea', 'Other']);
  phone.end();
});

test('a quick exit while the first passphrase is set stays in the notebook, and the text is sealed', async () => {
  for (const comesBack of [false, true]) {
    const phone = makePhone();
    const { app } = phone;
    await app.start();
    app.putDraft({ fields: { narrative: 'He is at the door.' } });
    const phases = [];
    app.subscribe(() => phases.push(app.state.phase));
    const enrolling = assert.rejects(app.enrolHere(WORDS), hasCode('locked'));
    await app.quickExit();
    if (comesBack) await app.askLock();
    await enrolling;
    assert.ok(!phases.includes('open'), phases.join());
    assert.deepEqual(
      [app.state.phase, app.state.draft, app.state.entries],
      [comesBack ? 'locked' : 'notebook', null, []],
    );
    assert.equal(await readSealedDraft(phone.database), null);
    if (!comesBack) {
      await assert.rejects(app.enrolHere(WORDS), hasCode('locked'), 'requested by a page that was left');
      await app.askLock();
    }
    await app.unlock(WORDS);
    assert.equal(app.state.draft.fields.narrative, 'He is at the door.');
    await app.saveIncident({ record: null, fields: {}, restricted: {} });
    assert.equal(app.state.entries.length, 1);
    phone.end();
  }
});

test('the picture page does not open over the notebook after a quick exit', async () => {
  const { app, phone } = await phoneWithEntry();
  const opening = app.getPicture();
  await app.quickExit();
  await opening;
  assert.equal(app.state.phase, 'notebook');
  const restarted = makePhone({ after: phone });
  phone.end();
  await restarted.app.start();
  assert.equal(restarted.app.state.phase, 'locked', 'nor after a restart');
  restarted.end();
});

test('the notebook’s words open the notebook, which contacts no server; the diary’s words open the diary', async () => {
  const requests = [];
  const { phone, app } = await phoneWithEntry({
    send: async (path) => {
      requests.push(path);
      throw new TypeError('Failed to fetch');
    },
  });
  await assert.rejects(app.setCover(WORDS), hasCode('words_in_use'));
  await app.setCover(COVER);
  await app.lock('asked');
  requests.length = 0;
  await assert.rejects(app.unlock('none of these at all'), hasCode('no_match'));
  assert.equal(app.state.phase, 'locked');
  await app.unlock(COVER);
  assert.equal(app.state.phase, 'notebook');
  app.notePut('a', 'Milk');
  await app.noteDrop('a');
  assert.deepEqual(requests, []);
  await assert.rejects(app.readLocking(), hasCode('locked'), 'diary settings are only readable in the diary');
  await app.askLock();
  await app.unlock(WORDS);
  assert.equal(app.state.entries.length, 1);
  await app.dropCover();
  await app.lock('asked');
  await assert.rejects(app.unlock(COVER), hasCode('no_match'));
  phone.end();
});

test('with “straight into the notebook”, a lock shows the notebook; its held title opens the lock screen', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.chooseLook({ skin: 'lists', opens: 'straight' });
  await app.lock('idle');
  assert.equal(app.state.phase, 'notebook');
  const restarted = makePhone({ after: phone });
  phone.end();
  await restarted.app.start();
  assert.deepEqual(
    [restarted.app.state.phase, restarted.app.state.look],
    ['notebook', { skin: 'lists', opens: 'straight' }],
  );
  await restarted.app.askLock();
  await restarted.app.unlock(WORDS);
  assert.equal(restarted.app.state.phase, 'open');
  restarted.end();
});

test('on a phone without a passphrase, quick exit shows the notebook and the draft waits', async () => {
  const phone = makePhone();
  await phone.app.start();
  phone.app.putDraft({ fields: { narrative: 'He was' } });
  await phone.app.quickExit();
  assert.deepEqual([phone.app.state.phase, phone.app.state.draft], ['notebook', null]);
  await phone.app.askLock();
  assert.deepEqual([phone.app.state.phase, phone.app.state.draft.fields.narrative], ['fresh', 'He was']);
  phone.end();
});

test('ten wrong tries in a row, also over restarts and with delays, delete the short secret', async () => {
  const { phone, app } = await phoneWithEntry();
  await assert.rejects(app.setShort('1234', WORDS), hasCode('words_weak'));
  await app.setShort(PIN, WORDS);
  assert.equal((await app.readLocking()).short, true);
  await app.lock('asked');
  await app.unlock(PIN);
  assert.equal(app.state.entries.length, 1);
  assert.equal((await app.readLocking()).short, true);
  await app.lock('asked');
  const before = await readDoor(phone.database);
  let current = phone;
  for (let n = 1; n <= 10; n++) {
    if (n === 5) {
      const restarted = makePhone({ after: current });
      current.end();
      current = restarted;
      await current.app.start();
    }
    if (n > 3) await assert.rejects(current.app.unlock(WORDS), hasCode('too_soon'), `a wait after ${n - 1}`);
    current.clock.move(60_001);
    await assert.rejects(current.app.unlock(`00000${n}`), hasCode('no_match'));
  }
  const after = await readDoor(current.database);
  assert.deepEqual(
    after.slots.map((slot, i) => Buffer.from(slot).equals(Buffer.from(before.slots[i]))),
    [true, true, true, false],
  );
  current.clock.move(60_001);
  await assert.rejects(current.app.unlock(PIN), hasCode('no_match'));
  current.clock.move(60_001);
  await current.app.unlock(WORDS);
  assert.equal(current.app.state.entries.length, 1, 'the diary is untouched');
  assert.equal((await current.app.readLocking()).short, false, 'and the screen no longer shows one');
  assert.equal((await readTries(current.database)).n, 0);
  current.end();
});

test('an open diary sets no short secret and makes no copy without the passphrase', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.setShort(PIN, WORDS);
  await app.lock('asked');
  await app.unlock(PIN);
  for (const words of ['', PIN, COVER]) {
    await assert.rejects(app.setShort('918273', words), hasCode('words_differ'));
    await assert.rejects(app.makeCopy({ words }), hasCode('words_differ'));
    await assert.rejects(app.changeWords({ words, newWords: COVER }), hasCode('words_differ'));
  }
  await app.setShort('918273', WORDS);
  phone.end();
});

test('ten wrong tries replace the fourth slot on an install without a short secret too', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.lock('asked');
  const before = await readDoor(phone.database);
  for (let n = 1; n <= 10; n++) {
    phone.clock.move(60_001);
    await assert.rejects(app.unlock(`wrong words number ${n}`), hasCode('no_match'));
  }
  const after = await readDoor(phone.database);
  assert.deepEqual(
    after.slots.map((slot, i) => Buffer.from(slot).equals(Buffer.from(before.slots[i]))),
    [true, true, true, false],
  );
  phone.end();
});

test('thirty wrong tries in about a day delete the short secret, even if the notebook opened in between', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.setCover(COVER);
  await app.setShort(PIN, WORDS);
  await app.lock('asked');
  const guess = async (n) => {
    phone.clock.move(60_001);
    await assert.rejects(app.unlock(`guess ${n} at the secret`), hasCode('no_match'));
    if (n % 5) return;
    phone.clock.move(60_001);
    await app.unlock(COVER);
    assert.equal((await readTries(phone.database)).n, 0, 'the notebook’s words reset the count, as the diary’s do');
    await app.askLock();
  };
  for (let n = 1; n <= 29; n++) await guess(n);
  phone.clock.move(60_001);
  await app.unlock(PIN);
  await app.lock('asked');
  // Each hour forgives one try: after 48 hours no try is counted, and the half hour of guessing forgives half a try.
  phone.clock.move(48 * 3_600_000);
  for (let n = 1; n <= 31; n++) await guess(n);
  phone.clock.move(60_001);
  await assert.rejects(app.unlock(PIN), hasCode('no_match'), 'the thirtieth try deleted it');
  phone.clock.move(60_001);
  await app.unlock(WORDS);
  assert.equal(app.state.entries.length, 1);
  phone.end();
});

test('a cleared phone that was never registered keeps its whole diary, sealed', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'He waited outside.');
  app.putDraft({ fields: { narrative: 'Half a sent' } });
  await app.panicClear();
  assert.equal(app.state.phase, 'notebook');
  await app.askLock();
  await app.unlock(WORDS);
  assert.equal((await app.readIncident(record)).fields.narrative, 'He waited outside.');
  assert.equal(app.state.draft.fields.narrative, 'Half a sent');
  phone.end();
});

test('automatic locking follows the time that the keeper chose on this phone', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.chooseLocking({ idle: 900_000 });
  phone.clock.move(600_000);
  phone.visible = true;
  app.seen();
  assert.equal(app.state.phase, 'open');
  phone.clock.move(301_000);
  app.seen();
  await until(phone, ({ phase }) => phase === 'locked');
  phone.end();
});
