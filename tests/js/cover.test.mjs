/** The notebook, what opens it, the tries that are counted, and clearing the phone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { Notebook } from '#app/features/notebook/actions.js';
import { randomBytes } from '#app/core/bytes.js';
import { readDoor, readSealedDraft, readTries } from '#app/store/device_meta.js';
import { WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { eventually } from './phone/eventually.mjs';

const COVER = 'milk bread onions apples';
const PIN = '274913';

const is = (code) => (error) => error instanceof KeptError && error.code === code;

test('leaving ends in the notebook; what is written there is there again, and nothing of the diary', async () => {
  const { phone, app } = await phoneWithEntry({}, 'He waited outside.');
  app.putDraft({ fields: { narrative: 'Half a sent' } });
  const left = app.quickExit();
  assert.equal(app.state.phase, 'notebook', 'drawn before anything else happens');
  assert.deepEqual([app.state.entries, app.state.draft], [[], null]);
  app.notePut('a', 'Milk and bread');
  await left;
  assert.deepEqual([app.state.phase, app.state.draft], ['notebook', null]);
  await app.askLock();
  assert.equal(app.state.phase, 'locked');
  await app.unlock(WORDS);
  assert.equal(app.state.draft.fields.narrative, 'Half a sent');
  const again = makePhone({ after: phone });
  phone.end();
  await again.app.start();
  await again.app.unlock(WORDS);
  await again.app.quickExit();
  assert.deepEqual(
    again.app.state.notebook.notes.map(({ text }) => text),
    ['Milk and bread'],
  );
  await again.app.noteDrop('a');
  assert.deepEqual(again.app.state.notebook.notes, []);
  again.end();
});

test('what is typed into a note while it is being written is written too; and what a full phone refused, at the next letter', async () => {
  const { phone, app } = await phoneWithEntry({}, 'He waited outside.');
  await app.quickExit();
  const { database } = phone;
  const write = database.write.bind(database);
  let once = () => app.notePut('a', 'Milk, bread and eggs');
  database.write = async (change) => {
    const now = once;
    once = () => undefined;
    now();
    return write(change);
  };
  const kept = async () => {
    const read = new Notebook({ ...phone.ctx, screen: { set: () => undefined } });
    await read.open();
    return [...read.notes.values()].map(({ text }) => text).sort();
  };
  const stands = (texts) => eventually(kept, (found) => JSON.stringify(found) === JSON.stringify(texts));
  app.notePut('a', 'Milk');
  await stands(['Milk, bread and eggs']);
  let refused = false;
  once = () => {
    refused = true;
    throw new DOMException('full', 'QuotaExceededError');
  };
  app.notePut('a', 'Milk, bread, eggs and tea');
  await eventually(() => refused, Boolean);
  app.notePut('b', 'Other');
  await stands(['Milk, bread, eggs and tea', 'Other']);
  phone.end();
});

test('whoever leaves while the first words are being made stays in the notebook, and what was written is behind the words', async () => {
  for (const comesBack of [false, true]) {
    const phone = makePhone();
    const { app } = phone;
    await app.start();
    app.putDraft({ fields: { narrative: 'He is at the door.' } });
    const phases = [];
    app.subscribe(() => phases.push(app.state.phase));
    const making = assert.rejects(app.enrolHere(WORDS), is('locked'));
    await app.quickExit();
    if (comesBack) await app.askLock();
    await making;
    assert.ok(!phases.includes('open'), phases.join());
    assert.deepEqual(
      [app.state.phase, app.state.draft, app.state.entries],
      [comesBack ? 'locked' : 'notebook', null, []],
    );
    assert.equal(await readSealedDraft(phone.database), null);
    if (!comesBack) {
      await assert.rejects(app.enrolHere(WORDS), is('locked'), 'asked for by a page that was left');
      await app.askLock();
    }
    await app.unlock(WORDS);
    assert.equal(app.state.draft.fields.narrative, 'He is at the door.');
    await app.saveIncident({ record: null, fields: {}, restricted: {} });
    assert.equal(app.state.entries.length, 1);
    phone.end();
  }
});

test('the page for a picture does not come up over the notebook of somebody who left as it was asked for', async () => {
  const { app, phone } = await phoneWithEntry();
  const asked = app.getPicture();
  await app.quickExit();
  await asked;
  assert.equal(app.state.phase, 'notebook');
  const again = makePhone({ after: phone });
  phone.end();
  await again.app.start();
  assert.equal(again.app.state.phase, 'locked', 'nor at the next opening');
  again.end();
});

test('the words of the notebook open the notebook, the diary’s the diary, others nothing; the notebook asks no server', async () => {
  const asked = [];
  const { phone, app } = await phoneWithEntry({
    send: async (path) => {
      asked.push(path);
      throw new TypeError('Failed to fetch');
    },
  });
  await assert.rejects(app.setCover(WORDS), is('words_in_use'));
  await app.setCover(COVER);
  await app.lock('asked');
  asked.length = 0;
  await assert.rejects(app.unlock('none of these at all'), is('no_match'));
  assert.equal(app.state.phase, 'locked');
  await app.unlock(COVER);
  assert.equal(app.state.phase, 'notebook');
  app.notePut('a', 'Milk');
  await app.noteDrop('a');
  assert.deepEqual(asked, []);
  await assert.rejects(app.readLocking(), is('locked'), 'diary settings only inside the diary');
  await app.askLock();
  await app.unlock(WORDS);
  assert.equal(app.state.entries.length, 1);
  await app.dropCover();
  await app.lock('asked');
  await assert.rejects(app.unlock(COVER), is('no_match'));
  phone.end();
});

test('opening straight into the notebook: locks end there, and holding the title leads to the lock', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.chooseLook({ skin: 'lists', opens: 'straight' });
  await app.lock('idle');
  assert.equal(app.state.phase, 'notebook');
  const again = makePhone({ after: phone });
  phone.end();
  await again.app.start();
  assert.deepEqual([again.app.state.phase, again.app.state.look], ['notebook', { skin: 'lists', opens: 'straight' }]);
  await again.app.askLock();
  await again.app.unlock(WORDS);
  assert.equal(again.app.state.phase, 'open');
  again.end();
});

test('a phone without words leaves for the notebook, and its half sentence waits', async () => {
  const phone = makePhone();
  await phone.app.start();
  phone.app.putDraft({ fields: { narrative: 'He was' } });
  await phone.app.quickExit();
  assert.deepEqual([phone.app.state.phase, phone.app.state.draft], ['notebook', null]);
  await phone.app.askLock();
  assert.deepEqual([phone.app.state.phase, phone.app.state.draft.fields.narrative], ['fresh', 'He was']);
  phone.end();
});

test('the short secret opens the diary until ten wrong tries in a row, over restarts, with waits', async () => {
  const { phone, app } = await phoneWithEntry();
  await assert.rejects(app.setShort('1234', WORDS), is('words_weak'));
  await app.setShort(PIN, WORDS);
  assert.equal((await app.readLocking()).short, true);
  await app.lock('asked');
  await app.unlock(PIN);
  assert.equal(app.state.entries.length, 1);
  assert.equal((await app.readLocking()).short, true);
  await app.lock('asked');
  const before = await readDoor(phone.database);
  let now = phone;
  for (let n = 1; n <= 10; n++) {
    if (n === 5) {
      const again = makePhone({ after: now });
      now.end();
      now = again;
      await now.app.start();
    }
    if (n > 3) await assert.rejects(now.app.unlock(WORDS), is('too_soon'), `a wait after ${n - 1}`);
    now.clock.move(60_001);
    await assert.rejects(now.app.unlock(`00000${n}`), is('no_match'));
  }
  const after = await readDoor(now.database);
  assert.deepEqual(
    after.slots.map((slot, i) => Buffer.from(slot).equals(Buffer.from(before.slots[i]))),
    [true, true, true, false],
  );
  now.clock.move(60_001);
  await assert.rejects(now.app.unlock(PIN), is('no_match'));
  now.clock.move(60_001);
  await now.app.unlock(WORDS);
  assert.equal(now.app.state.entries.length, 1, 'the diary is untouched');
  assert.equal((await now.app.readLocking()).short, false, 'and the screen does not say that there still is one');
  assert.equal((await readTries(now.database)).n, 0);
  now.end();
});

test('whoever has the open diary sets no short secret and copies nothing without the words: another short secret is not enough', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.setShort(PIN, WORDS);
  await app.lock('asked');
  await app.unlock(PIN);
  for (const words of ['', PIN, COVER]) {
    await assert.rejects(app.setShort('918273', words), is('words_differ'));
    await assert.rejects(app.makeCopy({ words }), is('words_differ'));
    await assert.rejects(app.changeWords({ words, newWords: COVER }), is('words_differ'));
  }
  await app.setShort('918273', WORDS);
  phone.end();
});

test('an install with no short secret has its fourth slot made anew all the same', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.lock('asked');
  const before = await readDoor(phone.database);
  for (let n = 1; n <= 10; n++) {
    phone.clock.move(60_001);
    await assert.rejects(app.unlock(`wrong words number ${n}`), is('no_match'));
  }
  const after = await readDoor(phone.database);
  assert.deepEqual(
    after.slots.map((slot, i) => Buffer.from(slot).equals(Buffer.from(before.slots[i]))),
    [true, true, true, false],
  );
  phone.end();
});

test('whoever was told the notebook’s words cannot guess for ever: thirty tries in about a day, whatever opened in between', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.setCover(COVER);
  await app.setShort(PIN, WORDS);
  await app.lock('asked');
  const guess = async (n) => {
    phone.clock.move(60_001);
    await assert.rejects(app.unlock(`guess ${n} at the secret`), is('no_match'));
    if (n % 5) return;
    phone.clock.move(60_001);
    await app.unlock(COVER);
    assert.equal((await readTries(phone.database)).n, 0, 'the notebook’s words end a row, as the diary’s do');
    await app.askLock();
  };
  for (let n = 1; n <= 29; n++) await guess(n);
  phone.clock.move(60_001);
  await app.unlock(PIN);
  await app.lock('asked');
  // An hour forgives one: so much later none is left, and half an hour of guessing is worth half a try.
  phone.clock.move(48 * 3_600_000);
  for (let n = 1; n <= 31; n++) await guess(n);
  phone.clock.move(60_001);
  await assert.rejects(app.unlock(PIN), is('no_match'), 'the thirtieth took it');
  phone.clock.move(60_001);
  await app.unlock(WORDS);
  assert.equal(app.state.entries.length, 1);
  phone.end();
});

test('a cleared phone that was never registered keeps everything, sealed', async () => {
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

test('locking by itself follows what the keeper chose on this phone', async () => {
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
