/**
 * The app with words for its notebook and no diary: neither the screen nor the stored data shows whether there is a
 * diary behind it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { readDoor, readDraftKey } from '#app/store/device_meta.js';
import { WORDS, file, makePhone, phoneWithEntry, vaultInProcess } from './phone/phone.mjs';

const COVER = 'milk bread onions apples';
/** @type {import('#app/shell/app.js').Skin} */
const LOOK = { skin: 'notes', opens: 'lock' };

const hasCode = (code) => (error) => error instanceof KeptError && error.code === code;

/** An offline phone that records its requests, and has no ballast, because that appears at an unpredictable time. */
function offlinePhone(overrides = {}) {
  const requests = [];
  const phone = makePhone({
    send: async (path) => {
      requests.push(path);
      throw new TypeError('Failed to fetch');
    },
    roomBytes: async () => 0,
    keepOffline: async () => {
      phone.kept = (phone.kept ?? 0) + 1;
    },
    ...overrides,
  });
  return Object.assign(phone, { requests });
}

/** The values beside the table; bytes and times by their length only. */
async function openValues({ database }) {
  const db = await database.open();
  const keys = await db.getAllKeys('b');
  const shape = (_, value) =>
    value instanceof Uint8Array || value instanceof ArrayBuffer ? `bytes ${value.byteLength}` : value;
  return Promise.all(keys.map(async (key) => [key, JSON.stringify(await db.get('b', key), shape)]));
}

/** The state that a screen is drawn from. */
const shownState = ({ app }) => ({
  ...app.state,
  notebook: { ...app.state.notebook, notes: app.state.notebook.notes.map(({ text }) => text) },
});

test('a notebook without a diary looks and is stored like one with a diary, and contacts no server', async () => {
  const [notebookOnly, withDiary] = [offlinePhone(), offlinePhone()];
  await withDiary.app.start();
  withDiary.app.putDraft({ fields: { narrative: 'He waited outside.' } });
  await withDiary.app.enrolHere(WORDS);
  await withDiary.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await withDiary.app.setCover(COVER);
  await withDiary.app.lock('asked');
  await notebookOnly.app.start();
  await notebookOnly.app.onlyNotebook(COVER, LOOK);
  assert.equal(notebookOnly.app.state.phase, 'notebook');
  assert.ok(notebookOnly.kept, 'the page is cached for offline use from now on');
  await notebookOnly.app.askLock();
  withDiary.requests.length = 0;
  for (const phone of [notebookOnly, withDiary]) {
    const states = [shownState(phone)];
    await assert.rejects(phone.app.unlock('none of these at all'), hasCode('no_match'));
    states.push(shownState(phone));
    await phone.app.unlock(COVER);
    phone.app.notePut('a', 'Milk and bread');
    states.push(shownState(phone));
    await phone.app.askLock();
    states.push(shownState(phone), await openValues(phone));
    await assert.rejects(phone.app.readLocking(), hasCode('locked'), 'no diary settings can be read');
    assert.deepEqual(phone.requests, []);
    phone.seen = states;
  }
  assert.deepEqual(notebookOnly.seen, withDiary.seen);
  // Somebody with the words learns the same from the slot that they open.
  const [notebookSlot, diarySlot] = await Promise.all(
    [notebookOnly, withDiary].map(async ({ database }) =>
      vaultInProcess('https://notes.example').unlock(COVER, await readDoor(database)),
    ),
  );
  assert.deepEqual(notebookSlot, diarySlot);
  for (const phone of [notebookOnly, withDiary]) phone.end();
});

test('its notes survive a restart, also those from before its passphrase, which alone opens it', async () => {
  const phone = offlinePhone();
  await phone.app.start();
  await phone.app.quickExit();
  phone.app.notePut('a', 'Written before');
  await phone.app.askLock();
  assert.equal(phone.app.state.phase, 'fresh');
  await phone.app.onlyNotebook(COVER, { skin: 'lists', opens: 'straight' });
  phone.app.notePut('b', 'Written after');
  await phone.app.askLock();
  phone.end();
  const restarted = makePhone({ after: phone });
  await restarted.app.start();
  assert.deepEqual(
    [restarted.app.state.phase, restarted.app.state.look],
    ['notebook', { skin: 'lists', opens: 'straight' }],
    'as chosen',
  );
  await restarted.app.askLock();
  assert.equal(restarted.app.state.phase, 'locked');
  await assert.rejects(restarted.app.unlock(WORDS), hasCode('no_match'));
  await restarted.app.unlock(COVER);
  assert.deepEqual(restarted.app.state.notebook.notes.map(({ text }) => text).sort(), [
    'Written after',
    'Written before',
  ]);
  restarted.end();
});

test('no diary can begin behind it: by a first passphrase, by signing in, or as a borrowed phone', async () => {
  const phone = offlinePhone();
  await phone.app.start();
  await phone.app.onlyNotebook(COVER, LOOK);
  const before = await openValues(phone);
  await assert.rejects(phone.app.enrolHere(WORDS), hasCode('locked')); // nothing can begin behind an open notebook
  await assert.rejects(phone.app.onlyNotebook('other words than those', LOOK), hasCode('phone_has_diary'));
  await assert.rejects(phone.app.borrow(), hasCode('phone_has_diary'));
  assert.deepEqual(await openValues(phone), before);
  await phone.app.askLock();
  await phone.app.unlock(COVER);
  assert.equal(phone.app.state.phase, 'notebook');
  phone.end();
});

test('it is refused where data would be lost, and then nothing has changed', async () => {
  const { phone: phoneWithDiary } = await phoneWithEntry();
  await assert.rejects(phoneWithDiary.app.onlyNotebook(COVER, LOOK), hasCode('phone_has_diary'));
  await phoneWithDiary.app.lock('asked');
  await assert.rejects(phoneWithDiary.app.onlyNotebook(COVER, LOOK), hasCode('phone_has_diary'));
  await phoneWithDiary.app.unlock(WORDS);
  assert.equal(phoneWithDiary.app.state.entries.length, 1);
  phoneWithDiary.end();

  const phoneWithDraft = offlinePhone();
  await phoneWithDraft.app.start();
  phoneWithDraft.app.newDraft();
  await assert.rejects(phoneWithDraft.app.onlyNotebook('short', LOOK), hasCode('bad_request'));
  phoneWithDraft.app.putDraft({ fields: { narrative: 'He waited' } });
  await assert.rejects(phoneWithDraft.app.onlyNotebook(COVER, LOOK), hasCode('draft_waits'));
  phoneWithDraft.app.putDraft({ fields: { narrative: '' } });
  await phoneWithDraft.app.addFile('draft', file(Uint8Array.of(1, 2, 3)), { route: 'photo_picker' });
  await assert.rejects(phoneWithDraft.app.onlyNotebook(COVER, LOOK), hasCode('draft_waits'));
  assert.ok(await readDraftKey(phoneWithDraft.database));
  await phoneWithDraft.app.enrolHere(WORDS);
  assert.equal(phoneWithDraft.app.state.draft.attachments.length, 1, 'still there, and a diary can be begun');
  phoneWithDraft.end();
});

test('an empty draft does not prevent it', async () => {
  const phone = offlinePhone();
  await phone.app.start();
  phone.app.newDraft();
  phone.app.putDraft({ fields: { narrative: 'x' } });
  phone.app.putDraft({ fields: { narrative: '' } });
  await phone.app.onlyNotebook(COVER, LOOK);
  assert.equal(await phone.database.beside('f'), null);
  phone.end();
});
