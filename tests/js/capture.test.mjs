/**
 * Sealed capture: a locked phone can add files but not read them, asks about them after unlocking, and detects a
 * swapped public key.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { newKeyPair } from '#app/crypto/signing.js';
import { readDoor } from '#app/store/device_meta.js';

const NEW_WORDS = 'orbit velvet canyon maple drift spoon';
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const png = (n) => Uint8Array.from([...PNG, ...Array.from({ length: 5000 + n }, (_, i) => (i * 7 + n) & 255)]);

async function lockedPhone() {
  const setup = await phoneWithEntry();
  await setup.app.lock('asked');
  return setup;
}

test('the app asks after unlocking about a file that was chosen or half added when the diary locked', async () => {
  const { phone, app, record } = await phoneWithEntry();
  const person = (await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Sam' }, restricted: {} }))
    .record;
  const largeFile = file(Uint8Array.from([...PNG, ...new Uint8Array(3_000_000).fill(4)]), 'half-in.png');
  const pendingAdd = app.addFile('draft', largeFile, { route: 'photo_picker' });
  const [laterFile, entryFile, registerFile] = ['later.png', 'entry.png', 'register.png'].map((name) =>
    file(PNG, name),
  );
  await app.quickExit();
  const expectLocked = (promise) => assert.rejects(promise, ({ code }) => code === 'locked');
  await expectLocked(pendingAdd);
  await expectLocked(app.addFile('draft', laterFile, { route: 'photo_picker' }));
  await expectLocked(app.addFile(record, entryFile, { route: 'files' }));
  await expectLocked(
    app.addRecordFile({ kind: 'person', record: person, field: 'evidence_ids' }, registerFile, { route: 'files' }),
  );
  assert.equal(app.state.phase, 'notebook');
  await app.askLock();
  await app.unlock(WORDS);
  await until(phone, (state) => state.waiting?.captured === 4, 'four things');
  const { asked } = await app.readCaptured();
  assert.deepEqual(asked.map(({ name, size, same }) => [name, size, same]).sort(), [
    ['entry.png', PNG.length, true],
    ['half-in.png', largeFile.size, true],
    ['later.png', PNG.length, true],
    ['register.png', PNG.length, true],
  ]);
  assert.equal((await app.readIncident(record)).attachments.length, 0);
  phone.end();
});

test('five files added on a locked phone: the app asks about each; five drafts have the files’ digests', async () => {
  const { app, phone } = await lockedPhone();
  const chosenFiles = [file(png(1), 'a.png'), file(png(2), 'b.png'), file(png(3), 'c.png')];
  await app.capture();
  assert.equal(app.state.phase, 'picture');
  await app.pictureAdd(chosenFiles, { route: 'camera_in_app' });
  await app.pictureAdd([file(new TextEncoder().encode('He is outside.\nBlue car.'), 'note-1.txt', 'text/plain')], {
    route: 'paste',
  });
  await app.pictureSave();
  await app.shared([file(png(5), 'shared.png')]);
  assert.equal(app.state.picture.files.length, 1);
  await app.pictureSave();
  assert.equal(app.state.phase, 'locked');
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 5, 'five waiting');
  assert.equal(app.state.draft, null, 'no draft was made without the keeper');
  const { asked } = await app.readCaptured();
  /** @type {Map<string, string>} */
  const expected = new Map([
    ...[1, 2, 3].map((n) => /** @type {[string, string]} */ ([`${'abc'[n - 1]}.png`, sha256(png(n))])),
    ['note-1.txt', sha256(Buffer.from('He is outside.\nBlue car.'))],
    ['shared.png', sha256(png(5))],
  ]);
  assert.deepEqual(new Map(asked.map((item) => [item.name, item.sha256])), expected);
  assert.ok(asked.every(({ same }) => same));
  assert.deepEqual(asked.map(({ kind }) => kind).sort(), ['file', 'image', 'image', 'image', 'image']);
  for (const { attachment, kind } of asked)
    assert.equal(Boolean(await app.readPicture(attachment, 'preview')), kind === 'image', 'its picture can be shown');

  // They are still there after a lock. All five become drafts.
  await app.lock('asked');
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 5);
  for (const { attachment } of asked) await app.acceptCaptured(attachment);
  const { drafts, asked: remaining } = await app.readCaptured();
  assert.deepEqual(
    [drafts.length, remaining.length, app.state.waiting],
    [5, 0, { answers: 0, captured: 0, later: 5, written: 0 }],
  );
  assert.deepEqual(
    drafts.map(({ files }) => files.length),
    [1, 1, 1, 1, 1],
  );
  const textDraft = drafts.find(({ words }) => words);
  assert.equal(textDraft.words, 'He is outside.\nBlue car.');

  // One draft is opened instead of the text being written, which waits as a draft.
  await app.putDraft({ fields: { narrative: 'half a sentence' } });
  await app.takeUpDraft(drafts[0].id);
  assert.equal(app.state.draft.attachments[0].name, drafts[0].files[0].name);
  const { record } = await app.saveIncident({
    record: null,
    fields: { narrative: 'With the picture' },
    restricted: {},
  });
  const entry = await app.readIncident(record);
  assert.equal(entry.attachments[0].route, 'while_locked', 'the label is permanent');
  assert.equal(entry.attachments[0].sha256, expected.get(entry.attachments[0].name));
  const after = await app.readCaptured();
  assert.ok(after.drafts.some(({ words }) => words === 'half a sentence'));
  assert.equal(app.state.waiting.later, 5);
});

test('a file shared by another app is accepted in the notebook, beside another tab, without a passphrase', async () => {
  const { app, phone } = await lockedPhone();
  await app.unlock(WORDS);
  await app.chooseLook({ skin: 'notes', opens: 'straight' });
  await app.lock('asked');
  assert.equal(app.state.phase, 'notebook');
  await app.capture();
  assert.equal(app.state.phase, 'notebook', 'the notebook offers no capture');
  await app.shared([file(png(1), 'straight.png')]);
  assert.equal(app.state.picture.files.length, 1);
  await app.pictureSave();
  assert.equal(app.state.phase, 'notebook');
  const otherTab = makePhone({ after: phone, hold: async () => null });
  await otherTab.app.start();
  assert.equal(otherTab.app.state.phase, 'elsewhere');
  await otherTab.app.shared([file(png(2), 'beside.png')]);
  await otherTab.app.pictureSave();
  assert.equal(otherTab.app.state.phase, 'elsewhere', 'the other tab still has the diary open');
  otherTab.end();
  await app.askLock();
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 2, 'both asked about');
  const { asked } = await app.readCaptured();
  assert.deepEqual(asked.map((item) => item.sha256).sort(), [sha256(png(1)), sha256(png(2))].sort());

  const freshPhone = makePhone();
  await freshPhone.app.start();
  await freshPhone.app.shared([file(png(3), 'early.png')]);
  assert.deepEqual(
    freshPhone.app.state.draft.attachments.map(({ name }) => name),
    ['early.png'],
  );
  await freshPhone.app.enrolHere(WORDS);
  const { record } = await freshPhone.app.saveIncident({ record: null, fields: {}, restricted: {} });
  assert.equal((await freshPhone.app.readIncident(record)).attachments[0].sha256, sha256(png(3)));
  freshPhone.end();
});

test('a share says what came of it: nothing, some of its files, or none on a phone that takes none', async () => {
  const { app, phone } = await lockedPhone();
  const empty = 'This file is empty, so it was not added. Nothing was lost. Choose it again, or another one.';
  const some = [file(png(1), 'a.png'), file(new Uint8Array(0), 'b.png'), file(png(2), 'c.png')];
  await app.shared([]);
  assert.deepEqual([app.state.phase, app.state.picture.locked], ['picture', true], 'it can be chosen there');
  assert.deepEqual(app.state.arrival, { added: 0, isClosed: false, refused: [] });
  await app.pictureSave();
  assert.equal(app.state.arrival, null);
  await app.shared(some);
  assert.equal(app.state.picture.files.length, 2);
  assert.deepEqual(app.state.arrival, { added: 2, isClosed: false, refused: [{ name: 'b.png', sentence: empty }] });
  await app.pictureSave();
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 2, 'two waiting');
  await app.setCapturing(false);
  await app.lock('asked');
  await app.shared(some);
  assert.deepEqual([app.state.phase, app.state.arrival], ['locked', { added: 0, isClosed: true, refused: [] }]);
  await app.unlock(WORDS);
  assert.equal(app.state.arrival, null);

  // The page that adds pictures for ten minutes takes a share too.
  await app.getPicture();
  await app.shared([file(png(3), 'd.png')]);
  assert.deepEqual([app.state.picture.files.length, app.state.arrival.added], [1, 1]);
  phone.end();

  const freshPhone = makePhone();
  await freshPhone.app.start();
  await freshPhone.app.shared([]);
  assert.deepEqual(freshPhone.app.state.arrival, { added: 0, isClosed: false, refused: [] });
  await freshPhone.app.shared(some);
  assert.deepEqual(
    freshPhone.app.state.draft.attachments.map(({ name }) => name),
    ['a.png', 'c.png'],
  );
  assert.deepEqual(freshPhone.app.state.arrival.refused, [{ name: 'b.png', sentence: empty }]);
  freshPhone.end();
});

test('a picture added while the lock is not finished is sealed to this install', async () => {
  const { app, phone } = await phoneWithEntry();
  app.newDraft();
  app.putDraft({ fields: { narrative: 'half a sentence' } });
  const locking = app.lock('asked');
  assert.equal(app.state.phase, 'locked', 'the phone is locked at once');
  await app.capture();
  await app.pictureAdd([file(png(1), 'a.png')], { route: 'camera_in_app' });
  await locking;
  assert.deepEqual([app.state.phase, app.state.picture?.locked, app.state.picture?.files.length], ['picture', true, 1]);
  await app.pictureSave();
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 1, 'one waiting');
  phone.end();
});

test('a discarded file leaves none of its bytes', async () => {
  const { app, phone } = await lockedPhone();
  const db = await phone.database.open();
  await app.unlock(WORDS);
  const before = await db.count('a');
  await app.lock('asked');
  await app.capture();
  await app.pictureAdd([file(png(1))]);
  await app.pictureSave();
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 1);
  const {
    asked: [item],
  } = await app.readCaptured();
  await app.discardCaptured(item.attachment);
  assert.equal(app.state.waiting.captured, 0);
  assert.ok((await db.count('a')) <= before + 1, 'only the list itself is left');
  assert.equal(await db.count('c'), 0);
});

test('files in the tray show no name and have the length of a size class', async () => {
  const { app, phone } = await lockedPhone();
  await app.capture();
  await app.pictureAdd([file(png(1), 'secret-name.png'), file(png(9), 'other.png')]);
  const keys = await phone.database.trayKeys();
  const items = await Promise.all(keys.map((key) => phone.database.trayItem(key)));
  assert.equal(new Set(items.map(({ length }) => length)).size, 1, 'eight bytes more or less do not change the size');
  for (const item of items) assert.equal(Buffer.from(item).includes('secret-name'), false);
});

test('capture that is switched off stays off after a restart', async () => {
  const { app, phone } = await lockedPhone();
  await app.unlock(WORDS);
  await app.setCapturing(false);
  await app.lock('asked');
  await app.capture();
  assert.equal(app.state.phase, 'locked');
  phone.end();
  const restarted = makePhone({ after: phone });
  await restarted.app.start();
  assert.equal(restarted.app.state.capture, false);
  await restarted.app.capture();
  assert.equal(restarted.app.state.phase, 'locked');
});

test('a swapped public key is reported at the next unlock and corrected; nothing else is lost', async () => {
  const { app, phone } = await lockedPhone();
  const door = await readDoor(phone.database);
  const { pub } = await newKeyPair();
  await phone.database.write({ beside: { d: { ...door, capture_pub: pub } } });
  await app.capture();
  await app.pictureAdd([file(png(1))]);
  await app.pictureSave();
  await app.unlock(WORDS);
  await until(phone, ({ account }) => account?.trouble?.code === 'capture_key', 'reported');
  assert.equal(app.state.waiting.captured, 0);
  assert.deepEqual(
    new Uint8Array((await readDoor(phone.database)).capture_pub),
    new Uint8Array(door.capture_pub),
    'corrected',
  );
  await app.knowCaptureKey();
  assert.equal(app.state.account.trouble, null);
  await app.lock('asked');
  await app.capture();
  await app.pictureAdd([file(png(2))]);
  await app.pictureSave();
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 1, 'taken in again');
});

test('after new keys, waiting captures are kept and later captures open', async () => {
  const { app, phone } = await lockedPhone();
  await app.capture();
  await app.pictureAdd([file(png(1))]);
  await app.pictureSave();
  await app.unlock(WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 1);
  await app.renewKeys({ words: WORDS, newWords: NEW_WORDS });
  await app.lock('asked');
  await app.capture();
  await app.pictureAdd([file(png(2))]);
  await app.pictureSave();
  await app.unlock(NEW_WORDS);
  await until(phone, ({ waiting }) => waiting?.captured === 2, 'both');
  assert.equal(app.state.account.trouble, null);
  const { asked } = await app.readCaptured();
  assert.ok(asked.every(({ same }) => same));
});
