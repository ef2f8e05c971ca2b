/** The draft and the files on their way to it, where a lock, a save or a failure falls in between. Nothing taken in is lost. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until, vaultInProcess } from './phone/phone.mjs';
import { KeptError } from '#app/core/errors.js';

/** A gate that something waits at until it is opened. */
function gate() {
  let open;
  const shut = new Promise((go) => {
    open = go;
  });
  return { shut, open };
}

test('words made in vain, tried again in the same page: text and picture are both there', async () => {
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

test('a lock while a captured picture is opened keeps it for the next unlock', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.getPicture();
  await app.pictureAdd([file(PNG)]);
  await app.pictureSave();
  const item = phone.database.trayItem;
  const [reached, held] = [gate(), gate()];
  phone.database.trayItem = async (key) => {
    reached.open();
    await held.shut;
    return item.call(phone.database, key);
  };
  const opening = app.unlock(WORDS);
  await reached.shut;
  const locked = app.lock('test');
  await locked;
  held.open();
  await opening.catch(() => undefined);
  assert.equal((await phone.database.trayKeys()).length, 1, 'still in the tray');
  delete phone.database.trayItem;
  await app.unlock(WORDS);
  await until(phone, ({ draft }) => draft?.attachments.length === 1, 'the picture');
});

test('a picture still being written to the tray at the unlock is waited for', async () => {
  const { phone, app } = await phoneWithEntry();
  await app.getPicture();
  const [reached, held] = [gate(), gate()];
  const write = phone.database.write;
  let parts = 0;
  phone.database.write = async (writing) => {
    if (writing.tray && ++parts === 2) {
      reached.open();
      await held.shut;
    }
    return write.call(phone.database, writing);
  };
  const adding = app.pictureAdd([file(new Uint8Array(1_200_000).fill(5), 'long.bin', '')]);
  await reached.shut;
  await app.pictureSave();
  const opening = app.unlock(WORDS);
  await phone.rest();
  held.open();
  await adding;
  await opening;
  assert.equal(app.state.draft.attachments.length, 1);
  assert.equal(app.state.busy, null);
});

test('a bad file among several costs only itself', async () => {
  const { app } = await phoneWithEntry();
  await app.getPicture();
  await assert.rejects(app.pictureAdd([file(PNG), file(new Uint8Array(0)), file(PNG)]), { code: 'empty_file' });
  assert.equal(app.state.picture.files.length, 2);
});

test('saved before the draft was sealed: it does not come back as a second one', async () => {
  const { phone, app } = await phoneWithEntry();
  app.putDraft({ fields: { narrative: 'Just now.' } });
  const saving = app.saveIncident({ record: null, fields: {}, restricted: {} });
  await saving;
  await phone.rest();
  phone.hurry(); // what would still seal the draft
  await phone.rest();
  await app.lock('test');
  await app.unlock(WORDS);
  assert.equal(app.state.draft, null);
  assert.equal(app.state.entries.length, 2);
});

test('a file on its way when Save is tapped goes into that entry, and what is typed meanwhile stays', async () => {
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

test('a file that ends after the lock neither shows on the lock nor hides the draft', async () => {
  const [asked, held] = [gate(), gate()];
  const { phone, app } = await phoneWithEntry({
    pictures: {
      make: async () => {
        asked.open();
        await held.shut;
        return null;
      },
    },
  });
  app.putDraft({ fields: { narrative: 'half a sen' } });
  const adding = app.addFile('draft', file(PNG), { route: 'files' });
  await asked.shut;
  await app.lock('test');
  held.open();
  await assert.rejects(adding, { code: 'locked' });
  assert.equal(app.state.draft, null);
  await app.unlock(WORDS);
  assert.equal(app.state.draft.fields.narrative, 'half a sen');
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

test('pictures looked at before the first words are let go of with the draft', async () => {
  const phone = makePhone();
  await phone.app.start();
  const { attachment } = await phone.app.addFile('draft', file(PNG), { route: 'files' });
  await phone.app.readPicture(attachment, 'preview');
  assert.equal(phone.urls.size, 1);
  await phone.app.enrolHere(WORDS);
  await phone.app.lock('test');
  assert.equal(phone.urls.size, 0);
});

test('an opening that fails half way leaves no rows on the lock', async () => {
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
