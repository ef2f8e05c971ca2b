/** The app without a network: drafts, passphrase, entries, additions, files and locking. Nothing typed is lost. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { measureCpu } from './phone/cpu_time.mjs';
import { eventually } from './phone/eventually.mjs';
import { NOON, PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { isMismatch, detectType } from '#app/media/file_type.js';
import { SENTENCES } from '#app/diary/sentences.js';
import { openDB } from '../../static/vendor/idb/index.js';

const MINUTE = 60_000;

async function restartPhone(phone) {
  phone.end();
  const restarted = makePhone({ after: phone });
  await restarted.app.start();
  return restarted;
}

test('before there is a passphrase, typed text is sealed within 300 ms and survives a crash', async () => {
  const phone = makePhone();
  await phone.app.start();
  assert.equal(phone.app.state.phase, 'fresh');
  phone.app.putDraft({ fields: { narrative: 'He was there ag' } });
  assert.equal(phone.app.state.draft.fields.narrative, 'He was there ag');
  await until(phone, (state) => state.draft.saved_at !== null, 'a sealed draft');
  const db = await openDB(phone.name, 1);
  const raw = Buffer.from(await db.get('b', 'f')).toString('latin1');
  assert.ok(!raw.includes('He was there'));
  const restarted = await restartPhone(phone);
  assert.equal(restarted.app.state.phase, 'fresh');
  assert.equal(restarted.app.state.draft.fields.narrative, 'He was there ag');
});

test('the first passphrase moves the draft and its files into the diary and deletes the draft key', async () => {
  const phone = makePhone();
  await phone.app.start();
  phone.app.putDraft({ fields: { narrative: 'With a picture.' } });
  const added = await phone.app.addFile('draft', file(PNG), { route: 'photo_picker' });
  assert.equal(added.sha256.length, 64);
  await phone.app.enrolHere(WORDS);
  assert.equal(phone.app.state.phase, 'open');
  assert.equal(phone.app.state.draft.attachments.length, 1);
  const db = await openDB(phone.name, 1);
  assert.deepEqual(
    (await db.getAllKeys('b')).filter((key) => !/^p\d$/.test(String(key))),
    ['d', 'l', 't'],
  );
  assert.deepEqual(await db.getAllKeys('c'), []);
  const { record } = await phone.app.saveIncident({ record: null, fields: {}, restricted: {} });
  assert.equal(phone.app.state.draft, null);
  const entry = await phone.app.readIncident(record);
  assert.equal(entry.fields.narrative, 'With a picture.');
  assert.equal(entry.attachments[0].sha256, added.sha256);
  const { url } = await phone.app.readReceived(added.attachment);
  assert.deepEqual(new Uint8Array(await phone.urls.get(url).arrayBuffer()), PNG);
});

test('setting a passphrase that fails because the phone is full leaves the phone as it was', async () => {
  const phone = makePhone();
  await phone.app.start();
  phone.app.putDraft({ fields: { narrative: 'Still here.' } });
  await until(phone, (state) => state.draft.saved_at !== null);
  const write = phone.database.write;
  phone.database.write = async (writing) => {
    if (writing.beside?.d) throw Object.assign(new (await import('#app/core/errors.js')).KeptError('no_space'));
    return write.call(phone.database, writing);
  };
  await assert.rejects(phone.app.enrolHere(WORDS), { code: 'no_space' });
  const restarted = await restartPhone(phone);
  assert.equal(restarted.app.state.phase, 'fresh');
  assert.equal(restarted.app.state.draft.fields.narrative, 'Still here.');
  await restarted.app.enrolHere(WORDS);
  assert.equal(restarted.app.state.draft.fields.narrative, 'Still here.');
});

test('a wrong passphrase opens nothing and loses nothing; the right one shows the entries again', async () => {
  const { phone, app } = await phoneWithEntry();
  app.putDraft({ fields: { narrative: 'half a sen' } });
  await app.lock('test');
  assert.equal(app.state.phase, 'locked');
  assert.deepEqual([app.state.entries, app.state.draft, app.state.account], [[], null, null]);
  await assert.rejects(app.unlock('not the words at all'), { code: 'no_match', message: SENTENCES.no_match });
  assert.equal(app.state.phase, 'locked');
  await app.unlock(WORDS);
  assert.equal(app.state.entries[0].title, 'He waited outside.');
  assert.equal(app.state.draft.fields.narrative, 'half a sen', 'the half sentence is there at the next unlock');
  const restarted = await restartPhone(phone);
  assert.equal(restarted.app.state.phase, 'locked');
  await restarted.app.unlock(WORDS);
  assert.equal(restarted.app.state.entries.length, 1);
});

test('locking ends the worker, drops pictures from memory and starts the next worker', async () => {
  const { phone, app, record } = await phoneWithEntry();
  const { attachment } = await app.addFile(record, file(PNG), { route: 'files' });
  await app.readPicture(attachment, 'preview');
  assert.equal(phone.urls.size, 1);
  const workersBefore = phone.made;
  await app.quickExit();
  assert.equal(phone.urls.size, 0);
  assert.equal(phone.made, workersBefore + 1);
  await assert.rejects(app.readIncident(record), { code: 'locked' });
});

test('the app locks after a minute out of sight, or on return before anything is drawn', async () => {
  const { phone, app } = await phoneWithEntry();
  phone.visible = false;
  app.seen();
  phone.clock.move(61_000);
  phone.visible = true;
  app.seen();
  await until(phone, ({ phase }) => phase === 'locked', 'the lock');
});

test('the app locks after five idle minutes, counts down the last twenty seconds, and a touch resets it', async () => {
  const { phone, app } = await phoneWithEntry();
  phone.clock.move(285_000);
  app.seen();
  assert.equal(app.state.lockIn, 15);
  app.touch();
  assert.equal(app.state.lockIn, null);
  phone.clock.move(301_000);
  app.seen();
  await until(phone, ({ phase }) => phase === 'locked', 'the lock');
});

test('a correction within ten minutes needs no reason; later, any change but an addition needs one', async () => {
  const { phone, app, record } = await phoneWithEntry();
  phone.clock.move(5 * MINUTE);
  assert.equal(await app.needsReason(record, { fields: { narrative: 'He waited inside.' }, restricted: {} }), false);
  await app.saveIncident({ record, fields: { narrative: 'He waited inside.' }, restricted: {} });
  phone.clock.move(20 * MINUTE);
  await app.saveIncident({ record, fields: { who: 'my ex' }, restricted: { place_detail: '12 High Street' } });
  assert.equal(await app.needsReason(record, { fields: { narrative: 'He waited.' }, restricted: {} }), true);
  await assert.rejects(app.saveIncident({ record, fields: { narrative: 'He waited.' }, restricted: {} }), {
    code: 'reason_needed',
  });
  await app.saveIncident({
    record,
    fields: { narrative: 'He waited.' },
    restricted: {},
    reason: 'I was not sure where.',
  });
  const { versions, fields, restricted } = await app.readIncident(record);
  assert.deepEqual(
    versions.map(({ kind }) => kind),
    ['first', 'first', 'addition', 'amendment'],
  );
  assert.equal(versions[3].reason, 'I was not sure where.');
  assert.deepEqual(versions[3].changes, [{ field: 'narrative', old: 'He waited inside.', new: 'He waited.' }]);
  assert.equal(versions[0].fields.narrative, 'He waited outside.', 'nothing is overwritten');
  assert.equal(fields.who, 'my ex');
  assert.equal(restricted.place_detail, '12 High Street');
  assert.deepEqual(app.restrictedWords(), ['12 High Street']);
  const [row] = app.state.entries;
  assert.deepEqual([row.additions, row.amendments], [1, 1]);
  await app.saveIncident({ record, fields: { who: 'my ex' }, restricted: {} });
  assert.equal((await app.readIncident(record)).versions.length, 4, 'saving what is there already adds nothing');
});

test('one answer is enough to save an entry, and no answer is not', async () => {
  const { app } = await phoneWithEntry();
  app.newDraft();
  await assert.rejects(app.saveIncident({ record: null, fields: {}, restricted: {} }), { code: 'nothing_to_save' });
  await app.saveIncident({
    record: null,
    fields: {
      precision: 'minute',
      occurred_start: NOON,
      tz: 'Europe/London',
      utc_offset_min: 0,
      occurred_local: '2026-11-24T12:00',
    },
    restricted: {},
  });
  assert.equal(app.state.entries.length, 2);
  assert.deepEqual(app.state.entries.map(({ seq_no }) => seq_no).sort(), [1, 2]);
});

test('a private note is a separate record and can be read back and changed', async () => {
  const { app, record } = await phoneWithEntry();
  await app.saveNote(record, 'only for me');
  await app.saveNote(record, 'only for me, still');
  assert.equal((await app.readIncident(record)).note, 'only for me, still');
});

for (const [title, makeFile, code] of /** @type {[string, () => File, keyof typeof SENTENCES][]} */ ([
  ['an empty file', () => file(new Uint8Array(0)), 'empty_file'],
  [
    'a file above 200 MB',
    () => Object.defineProperty(file(PNG), 'size', { value: 200 * 1024 * 1024 + 1 }),
    'too_large',
  ],
  [
    'a file that goes while it is read',
    () =>
      Object.defineProperty(file(PNG), 'slice', {
        value: () => ({
          arrayBuffer: async () => {
            throw new DOMException('', 'NotReadableError');
          },
        }),
      }),
    'file_changed',
  ],
  [
    'a file that is shorter than it said',
    () => Object.defineProperty(file(PNG), 'size', { value: 5000 }),
    'file_changed',
  ],
  [
    'a file whose bytes change while it is read',
    () => {
      let reads = 0;
      return Object.defineProperty(file(PNG), 'slice', {
        value: (from, to) => ({
          arrayBuffer: async () => {
            reads++;
            const bytes = PNG.slice(from, to);
            if (reads > 1) bytes[3] ^= 1;
            return bytes.buffer;
          },
        }),
      });
    },
    'file_changed',
  ],
])) {
  test(`${title} is refused with a sentence, before and after the first passphrase, without a trace`, async () => {
    const phone = makePhone();
    await phone.app.start();
    phone.app.putDraft({ fields: { narrative: 'x' } });
    const hasSentence = (error) =>
      error.code === code && error.sentence === SENTENCES[code] && /lost/.test(error.sentence);
    await assert.rejects(phone.app.addFile('draft', makeFile(), { route: 'files' }), hasSentence);
    await phone.app.enrolHere(WORDS);
    await assert.rejects(phone.app.addFile('draft', makeFile(), { route: 'files' }), hasSentence);
    assert.equal(phone.app.state.draft.attachments.length, 0);
    assert.equal(phone.app.state.draft.fields.narrative, 'x');
  });
}

test('a file of several parts comes back byte for byte, and progress is reported', async () => {
  const { phone, app, record } = await phoneWithEntry();
  const bytes = new Uint8Array(2_500_000).map((_, i) => (i * 7) % 251);
  const progress = [];
  const added = await app.addFile(record, file(bytes, 'clip.bin', 'application/octet-stream'), {
    route: 'files',
    onProgress: (done, total) => progress.push([done, total]),
  });
  assert.deepEqual(progress.at(-1), [bytes.length, bytes.length]);
  assert.equal(progress.length, 3);
  const { url } = await app.readReceived(added.attachment);
  assert.deepEqual(new Uint8Array(await phone.urls.get(url).arrayBuffer()), bytes);
});

test('a crash while a file is added leaves no part of it', async () => {
  const { phone, app } = await phoneWithEntry();
  const db = await openDB(phone.name, 1);
  const before = (await db.getAllKeys('a')).length;
  const bytes = new Uint8Array(2_500_000);
  const stuckFile = Object.defineProperty(file(bytes), 'slice', {
    value: (from, to) => ({
      arrayBuffer: () => (from > 2_000_000 ? new Promise(() => {}) : Promise.resolve(bytes.slice(from, to).buffer)),
    }),
  });
  void app.addFile('draft', stuckFile, { route: 'files' });
  await eventually(
    async () => (await db.getAllKeys('a')).length,
    (count) => count >= before + 2,
  );
  assert.equal((await db.getAllKeys('a')).length, before + 2);
  const restarted = await restartPhone(phone);
  await restarted.app.unlock(WORDS);
  assert.equal((await db.getAllKeys('a')).length, before);
});

test('the type a file claims and the type of its bytes are compared', () => {
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0);
  const heic = new Uint8Array([0, 0, 0, 24, ...Buffer.from('ftypheic')]);
  assert.equal(detectType(jpeg), 'image/jpeg');
  assert.equal(detectType(heic), 'image/heic');
  assert.equal(detectType(new TextEncoder().encode('<svg onload=alert(1)>')), 'text/plain');
  assert.equal(
    detectType(new TextEncoder().encode('From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nhello')),
    'message/rfc822',
  );
  const webm = (/** @type {string} */ tracks) =>
    new Uint8Array([0x1a, 0x45, 0xdf, 0xa3, ...Buffer.from(`\x01webm${tracks}`)]);
  assert.equal(detectType(webm('A_OPUS')), 'audio/webm');
  assert.equal(detectType(webm('A_OPUS V_VP8')), 'video/webm');
  assert.equal(detectType(webm('')), 'video/webm');
  assert.equal(isMismatch('audio/webm', 'video/webm', 'voice.webm'), false);
  assert.equal(isMismatch('image/png', 'image/jpeg'), true);
  assert.equal(isMismatch('image/png', 'text/plain'), true);
  assert.equal(isMismatch('image/heif', 'image/heic'), false);
  assert.equal(isMismatch('', 'image/jpeg'), false);
  assert.equal(
    isMismatch('application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/zip'),
    false,
  );
});

test('"get a picture" locks the phone, takes pictures while locked, and adds them to the draft at unlock', async () => {
  const { phone, app } = await phoneWithEntry();
  app.putDraft({ fields: { narrative: 'A message came.' } });
  await app.getPicture();
  assert.equal(app.state.phase, 'picture');
  assert.deepEqual([app.state.entries, app.state.draft], [[], null]);
  await app.pictureAdd([file(PNG, 'Screenshot_1.png')]);
  assert.equal(app.state.picture.files.length, 1);
  const restarted = await restartPhone(phone);
  assert.equal(restarted.app.state.phase, 'picture', 'a reload within ten minutes shows the page again');
  await restarted.app.pictureAdd([file(PNG, 'Screenshot_2.png')]);
  await restarted.app.pictureSave();
  assert.equal(restarted.app.state.phase, 'locked');
  await restarted.app.unlock(WORDS);
  await until(restarted, ({ draft }) => draft?.attachments.length === 2, 'both pictures');
  assert.equal(restarted.app.state.draft.fields.narrative, 'A message came.');
  const { record } = await restarted.app.saveIncident({ record: null, fields: {}, restricted: {} });
  assert.equal((await restarted.app.readIncident(record)).attachments.length, 2);
});

test('the picture page closes after ten minutes, and after the clock was set back', async () => {
  for (const move of [11 * MINUTE, -20 * MINUTE]) {
    const { phone, app } = await phoneWithEntry();
    await app.getPicture();
    phone.clock.move(move);
    const restarted = await restartPhone(phone);
    assert.equal(restarted.app.state.phase, 'locked');
  }
});

test('a second tab says that the diary is open elsewhere and starts no worker', async () => {
  const phone = makePhone({ hold: async () => null });
  await phone.app.start();
  assert.equal(phone.app.state.phase, 'elsewhere');
  assert.equal(phone.made, 0);
});

test('a browser without the needed functions shows that it is not supported', async () => {
  const phone = makePhone({ supported: () => false });
  await phone.app.start();
  assert.equal(phone.app.state.phase, 'unsupported');
});

test('the answer about the copy among the phone’s photos is kept with the file', async () => {
  const { app, record } = await phoneWithEntry();
  const { attachment } = await app.addFile(record, file(PNG), { route: 'photo_picker' });
  await app.answerPhoneCopy(record, attachment, 'removed_for_safety');
  assert.equal((await app.readIncident(record)).attachments[0].outside_copy, 'removed_for_safety');
});

test('unlocking shows hundreds of entries with little processor time', async () => {
  const { phone, app } = await phoneWithEntry();
  for (let i = 0; i < 300; i++)
    await app.saveIncident({ record: null, fields: { narrative: `entry ${i}` }, restricted: {} });
  await app.lock('test');
  const elapsed = measureCpu();
  await app.unlock(WORDS);
  const elapsedMs = elapsed();
  assert.equal(app.state.entries.length, 301);
  assert.ok(elapsedMs < 1500, `${elapsedMs} ms`);
  phone.end();
});

test('every error sentence ends with a full stop and avoids "victim", "evidence", "invalid" and the like', () => {
  for (const [code, sentence] of Object.entries(SENTENCES)) {
    assert.match(sentence, /\.$/, code);
    assert.doesNotMatch(sentence, /victim|evidence|invalid|failed|error/i, code);
  }
});

test('a passphrase typed while the lock still seals the draft unlocks the diary, and the draft is kept', async () => {
  const phone = makePhone();
  await phone.app.start();
  await phone.app.enrolHere(WORDS);
  phone.app.putDraft({ fields: { narrative: 'Half a sentence' } });
  const locking = phone.app.lock('asked');
  await phone.app.unlock(WORDS);
  await locking;
  assert.equal(phone.app.state.phase, 'open');
  assert.equal(phone.app.state.draft.fields.narrative, 'Half a sentence');
});
