/**
 * A lock, a save or a failure happens while the draft is written or files are added to it. Nothing that was taken in is
 * lost.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { NOON, PNG, WORDS, file, makePhone, phoneWithEntry, until, vaultInProcess } from './phone/phone.mjs';
import { KeptError } from '#app/core/errors.js';
import { resumeDraft } from '#app/diary/attachments/locked_capture.js';
import { blobsOf, deleteHalfFiles, sealFile } from '#app/diary/attachments/sealing.js';
import { fileSource } from '#app/diary/attachments/sources.js';
import { Drafts } from '#app/diary/drafts/drafts.js';
import { partName } from '#app/net/blobs.js';

/** Return a promise, `opened`, and the function that resolves it, `open`. */
function gate() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Return a maker of copies that waits: `started` opens when it is called, and it ends when `held` is opened. */
function heldPictures() {
  const [started, held] = [gate(), gate()];
  const make = async () => {
    started.open();
    await held.opened;
    return null;
  };
  return { pictures: { make }, started, held };
}

test('text and picture are kept when setting the passphrase fails and is tried again in the same page', async () => {
  const phone = makePhone();
  await phone.app.start();
  phone.app.putDraft({ fields: { narrative: 'Still here.' } });
  await phone.app.addFile('draft', file(PNG), { route: 'photo_picker' });
  const write = phone.database.write;
  phone.database.write = async (writing) => {
    if (writing.beside?.d) throw new KeptError('no_space');
    return write.call(phone.database, writing);
  };
  await assert.rejects(phone.app.enrolHere(WORDS), { code: 'no_space' });
  delete phone.database.write;
  phone.app.putDraft({ fields: { narrative: 'Still here, and more.' } });
  await until(phone, ({ draft }) => draft.saved_at !== null, 'sealed under the draft key, as before');
  await phone.app.enrolHere(WORDS);
  const { record } = await phone.app.saveIncident({ record: null, fields: {}, restricted: {} });
  const entry = await phone.app.readIncident(record);
  assert.equal(entry.fields.narrative, 'Still here, and more.');
  assert.equal(entry.attachments.length, 1);
});

test('a lock during the opening of a captured picture keeps it for the next unlock', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.getPicture();
  await app.pictureAdd([file(PNG)]);
  await app.pictureSave();
  const originalTrayItem = phone.database.trayItem;
  const [reached, held] = [gate(), gate()];
  phone.database.trayItem = async (key) => {
    reached.open();
    await held.opened;
    return originalTrayItem.call(phone.database, key);
  };
  const opening = app.unlock(WORDS);
  await reached.opened;
  const locking = app.lock('test');
  await locking;
  held.open();
  await opening.catch(() => undefined);
  assert.equal((await phone.database.trayKeys()).length, 1, 'still in the tray');
  delete phone.database.trayItem;
  await app.unlock(WORDS);
  await until(phone, ({ draft }) => draft?.attachments.length === 1, 'the picture');
});

test('unlocking waits for a picture that is still being written to the tray', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.getPicture();
  const [reached, held] = [gate(), gate()];
  const write = phone.database.write;
  let parts = 0;
  phone.database.write = async (writing) => {
    if (writing.tray && ++parts === 2) {
      reached.open();
      await held.opened;
    }
    return write.call(phone.database, writing);
  };
  const adding = app.pictureAdd([file(new Uint8Array(1_200_000).fill(5), 'long.bin', '')]);
  await reached.opened;
  await app.pictureSave();
  const opening = app.unlock(WORDS);
  await phone.waitUntilIdle();
  held.open();
  await adding;
  await opening;
  assert.equal(app.state.draft.attachments.length, 1);
  assert.equal(app.state.busy, null);
});

test('a bad file among several does not stop the others', async () => {
  const { app } = await phoneWithEntry();
  await app.getPicture();
  await assert.rejects(app.pictureAdd([file(PNG), file(new Uint8Array(0)), file(PNG)]), { code: 'empty_file' });
  assert.equal(app.state.picture.files.length, 2);
});

test('an entry saved before its draft was sealed does not come back as a draft', async () => {
  const { phone, app } = await phoneWithEntry();
  app.putDraft({ fields: { narrative: 'Just now.' } });
  const saving = app.saveIncident({ record: null, fields: {}, restricted: {} });
  await saving;
  await phone.waitUntilIdle();
  phone.skipPauses(); // run the timer that would still seal the draft
  await phone.waitUntilIdle();
  await app.lock('test');
  await app.unlock(WORDS);
  assert.equal(app.state.draft, null);
  assert.equal(app.state.entries.length, 2);
});

test('a file still being added at Save joins that entry; text typed meanwhile stays in the draft', async () => {
  const { phone, app } = await phoneWithEntry();
  app.putDraft({ fields: { narrative: 'With a file.' } });
  const adding = app.addFile('draft', file(PNG), { route: 'files' });
  const saving = app.saveIncident({ record: null, fields: {}, restricted: {} });
  await adding;
  const { record } = await saving;
  assert.equal((await app.readIncident(record)).attachments.length, 1);
  const write = phone.database.write;
  phone.database.write = async (writing) => {
    if (phone.during) phone.during();
    phone.during = null;
    return write.call(phone.database, writing);
  };
  app.putDraft({ fields: { narrative: 'Another.' } });
  await until(phone, ({ draft }) => draft.saved_at !== null);
  phone.during = () => app.putDraft({ fields: { who: 'typed late' } });
  await app.saveIncident({ record: null, fields: {}, restricted: {} });
  assert.deepEqual(app.state.draft.fields, { who: 'typed late' });
  await app.lock('test');
  await app.unlock(WORDS);
  assert.deepEqual(app.state.draft.fields, { who: 'typed late' });
});

test('a file of the draft is shown only once it is stored, so that a reload just after does not lose it', async () => {
  const { phone, app } = await phoneWithEntry();
  const write = phone.database.write;
  const shownAtWrite = [];
  phone.database.write = async (writing) => {
    shownAtWrite.push(app.state.draft?.attachments.length ?? 0);
    return write.call(phone.database, writing);
  };
  await app.addFile('draft', file(PNG), { route: 'files' });
  assert.ok(shownAtWrite.length > 1, 'the file and the draft were written');
  assert.deepEqual(new Set(shownAtWrite), new Set([0]));
  assert.equal(app.state.draft.attachments.length, 1);
});

test('a file added after the lock does not show on the lock screen and does not hide the draft', async () => {
  const { pictures, started, held } = heldPictures();
  const { phone, app } = await phoneWithEntry({ pictures });
  app.putDraft({ fields: { narrative: 'half a sen' } });
  const adding = app.addFile('draft', file(PNG), { route: 'files' });
  await started.opened;
  await app.lock('test');
  held.open();
  await assert.rejects(adding, { code: 'locked' });
  assert.equal(app.state.draft, null);
  await app.unlock(WORDS);
  assert.equal(app.state.draft.fields.narrative, 'half a sen');
  phone.end();
});

test('a file whose copies are still being made at a lock and an unlock is asked about, with its bytes', async () => {
  const { pictures, started, held } = heldPictures();
  const { phone, app } = await phoneWithEntry({ pictures });
  const adding = assert.rejects(app.addFile('draft', file(PNG), { route: 'files' }), { code: 'locked' });
  await started.opened;
  await app.lock('test');
  const unlocking = app.unlock(WORDS);
  await until(phone, ({ phase }) => phase === 'open');
  held.open();
  await Promise.all([adding, unlocking]);
  const { asked } = await app.readCaptured();
  assert.deepEqual(
    asked.map(({ size, same }) => [size, same]),
    [[PNG.length, true]],
  );
  const waiting = /** @type {string} */ (await app.acceptCaptured(asked[0].attachment));
  await app.takeUpDraft(waiting);
  await app.readReceived(app.state.draft.attachments[0].attachment);
  phone.end();
});

test('a file added to a draft that is put aside at that moment keeps its bytes', async () => {
  const { phone } = await phoneWithEntry();
  const { open } = phone.ctx;
  const waiting = { id: 'waiting', fields: {}, restricted: {}, held: [], saved_at: NOON };
  await open.store.change((root, change) => {
    change.putJson('later', [waiting]);
    root.later = 1;
  });
  const held = await sealFile(open, fileSource(file(PNG)), { route: 'files', at: NOON, pictures: phone.ctx.pictures });
  const drafts = new Drafts(phone.ctx);
  drafts.ensure();
  const [reached, written] = [gate(), gate()];
  const { write } = phone.database;
  phone.database.write = async (batch) => {
    reached.open();
    await written.opened;
    return write.call(phone.database, batch);
  };
  const resuming = resumeDraft(open, drafts, waiting.id);
  await reached.opened; // the draft that is put aside is being written, still without the file
  const adding = drafts.addFile(held);
  written.open();
  await Promise.all([resuming, adding]);
  const [aside] = /** @type {import('#app/diary/drafts/drafts.js').StoredDraft[]} */ (
    await open.store.readJson('later')
  );
  assert.deepEqual(
    aside.held.map(({ attachment }) => attachment),
    [held.attachment],
  );
  assert.deepEqual(open.store.root.filling, [], 'the next unlock deletes nothing of it');
  phone.end();
});

test('what a draft has named since the unlock is not deleted as half a file', async () => {
  const { phone } = await phoneWithEntry();
  const { open } = phone.ctx;
  const held = await sealFile(open, fileSource(file(PNG)), { route: 'files', at: NOON, pictures: phone.ctx.pictures });
  const halfFiles = open.store.root.filling;
  assert.equal(halfFiles.length, 1 + held.renditions.length);
  await new Drafts(phone.ctx).addFile(held);
  await deleteHalfFiles(open.store, halfFiles);
  for (const { blob } of blobsOf(held)) assert.ok(await open.store.read(partName(blob, 0)));
  phone.end();
});

test('a file is not reported as added when the lock did not wait for the draft to be written', async () => {
  const { phone } = await phoneWithEntry();
  const held = await sealFile(phone.ctx.open, fileSource(file(PNG)), {
    route: 'files',
    at: NOON,
    pictures: phone.ctx.pictures,
  });
  const drafts = new Drafts(phone.ctx);
  const earlierWrite = gate();
  drafts.lastWrite = earlierWrite.opened;
  const adding = assert.rejects(drafts.addFile(held), { code: 'locked' });
  drafts.clear();
  earlierWrite.open();
  await adding;
  phone.end();
});

test('a save that was not read back leaves the draft sealed on the phone', async () => {
  const { phone, app } = await phoneWithEntry();
  app.putDraft({ fields: { narrative: 'Not read back.' } });
  await until(phone, ({ draft }) => draft.saved_at !== null);
  const read = phone.database.read;
  const write = phone.database.write;
  phone.database.write = async (writing) => {
    await write.call(phone.database, writing);
    phone.database.read = async (ids) => ids.map(() => null);
  };
  await assert.rejects(app.saveIncident({ record: null, fields: {}, restricted: {} }), { code: 'store_lost' });
  phone.database.read = read;
  phone.database.write = write;
  await app.lock('test');
  await app.unlock(WORDS);
  assert.equal(app.state.draft.fields.narrative, 'Not read back.');
});

test('pictures viewed before the first passphrase are dropped from memory at the lock', async () => {
  const phone = makePhone();
  await phone.app.start();
  const { attachment } = await phone.app.addFile('draft', file(PNG), { route: 'files' });
  await phone.app.readPicture(attachment, 'preview');
  assert.equal(phone.urls.size, 1);
  await phone.app.enrolHere(WORDS);
  await phone.app.lock('test');
  assert.equal(phone.urls.size, 0);
});

test('an unlock that fails half-way leaves no entries on the lock screen', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.lock('test');
  phone.end();
  const broken = makePhone({
    after: phone,
    makeVault: () => {
      const vault = vaultInProcess('https://notes.example');
      vault.loadIdentity = async () => {
        await until(broken, ({ entries }) => entries.length > 0, 'rows before it');
        throw new KeptError('not_opened');
      };
      return vault;
    },
  });
  await broken.app.start();
  await assert.rejects(broken.app.unlock(WORDS));
  assert.deepEqual([broken.app.state.phase, broken.app.state.entries], ['locked', []]);
});
