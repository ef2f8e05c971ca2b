/** The app with words for its notebook and no diary: nothing that shows, and nothing that lies on the phone, tells it from one with both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { readDoor, readDraftKey } from '#app/store/device_meta.js';
import { WORDS, file, makePhone, phoneWithEntry, vaultInProcess } from './phone/phone.mjs';

const COVER = 'milk bread onions apples';
const LOOK = { skin: 'notes', opens: 'lock' };

const is = (code) => (error) => error instanceof KeptError && error.code === code;

/** A phone whose questions to a server are noted, and whose ballast, which comes when it comes, stays away. */
function quiet(over = {}) {
  const asked = [];
  const phone = makePhone({
    send: async (path) => {
      asked.push(path);
      throw new TypeError('Failed to fetch');
    },
    roomBytes: async () => 0,
    keepOffline: async () => {
      phone.kept = (phone.kept ?? 0) + 1;
    },
    ...over,
  });
  return Object.assign(phone, { asked });
}

/** What lies in the open, with bytes and times by their length alone. */
async function beside({ database }) {
  const db = await database.open();
  const keys = await db.getAllKeys('b');
  const shape = (_, one) => (one instanceof Uint8Array || one instanceof ArrayBuffer ? `bytes ${one.byteLength}` : one);
  return Promise.all(keys.map(async (key) => [key, JSON.stringify(await db.get('b', key), shape)]));
}

/** Everything a screen is drawn from. */
const shown = ({ app }) => ({
  ...app.state,
  notebook: { ...app.state.notebook, notes: app.state.notebook.notes.map(({ text }) => text) },
});

test('at the lock, in the notebook and beside the table it is what a diary with a notebook in front is, and it asks no server', async () => {
  const [alone, withDiary] = [quiet(), quiet()];
  await withDiary.app.start();
  withDiary.app.putDraft({ fields: { narrative: 'He waited outside.' } });
  await withDiary.app.enrolHere(WORDS);
  await withDiary.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await withDiary.app.setCover(COVER);
  await withDiary.app.lock('asked');
  await alone.app.start();
  await alone.app.onlyNotebook(COVER, LOOK);
  assert.equal(alone.app.state.phase, 'notebook');
  assert.ok(alone.kept, 'the page is kept for offline from here on');
  await alone.app.askLock();
  withDiary.asked.length = 0;
  for (const phone of [alone, withDiary]) {
    const seen = [shown(phone)];
    await assert.rejects(phone.app.unlock('none of these at all'), is('no_match'));
    seen.push(shown(phone));
    await phone.app.unlock(COVER);
    phone.app.notePut('a', 'Milk and bread');
    seen.push(shown(phone));
    await phone.app.askLock();
    seen.push(shown(phone), await beside(phone));
    await assert.rejects(phone.app.readLocking(), is('locked'), 'settings of a diary are nowhere');
    assert.deepEqual(phone.asked, []);
    phone.seen = seen;
  }
  assert.deepEqual(alone.seen, withDiary.seen);
  // Whoever is given the words learns the same from the slot that they open.
  const [one, other] = await Promise.all(
    [alone, withDiary].map(async ({ database }) =>
      vaultInProcess('https://notes.example').unlock(COVER, await readDoor(database)),
    ),
  );
  assert.deepEqual(one, other);
  for (const phone of [alone, withDiary]) phone.end();
});

test('its notes survive a restart, also those written before it had words; only its own words open it', async () => {
  const phone = quiet();
  await phone.app.start();
  await phone.app.quickExit();
  phone.app.notePut('a', 'Written before');
  await phone.app.askLock();
  assert.equal(phone.app.state.phase, 'fresh');
  await phone.app.onlyNotebook(COVER, { skin: 'lists', opens: 'straight' });
  phone.app.notePut('b', 'Written after');
  await phone.app.askLock();
  phone.end();
  const again = makePhone({ after: phone });
  await again.app.start();
  assert.deepEqual(
    [again.app.state.phase, again.app.state.look],
    ['notebook', { skin: 'lists', opens: 'straight' }],
    'as it was chosen',
  );
  await again.app.askLock();
  assert.equal(again.app.state.phase, 'locked');
  await assert.rejects(again.app.unlock(WORDS), is('no_match'));
  await again.app.unlock(COVER);
  assert.deepEqual(again.app.state.notebook.notes.map(({ text }) => text).sort(), ['Written after', 'Written before']);
  again.end();
});

test('no diary can begin behind it: not with first words, not by signing in, not as a borrowed phone', async () => {
  const phone = quiet();
  await phone.app.start();
  await phone.app.onlyNotebook(COVER, LOOK);
  const before = await beside(phone);
  await assert.rejects(phone.app.enrolHere(WORDS), is('locked')); // behind an open notebook nothing begins
  await assert.rejects(phone.app.onlyNotebook('other words than those', LOOK), is('phone_has_diary'));
  await assert.rejects(phone.app.borrow(), is('phone_has_diary'));
  assert.deepEqual(await beside(phone), before);
  await phone.app.askLock();
  await phone.app.unlock(COVER);
  assert.equal(phone.app.state.phase, 'notebook');
  phone.end();
});

test('it is refused where it would lose something, and then nothing has changed', async () => {
  const { phone: full } = await phoneWithEntry();
  await assert.rejects(full.app.onlyNotebook(COVER, LOOK), is('phone_has_diary'));
  await full.app.lock('asked');
  await assert.rejects(full.app.onlyNotebook(COVER, LOOK), is('phone_has_diary'));
  await full.app.unlock(WORDS);
  assert.equal(full.app.state.entries.length, 1);
  full.end();

  const half = quiet();
  await half.app.start();
  half.app.newDraft();
  await assert.rejects(half.app.onlyNotebook('short', LOOK), is('bad_request'));
  half.app.putDraft({ fields: { narrative: 'He waited' } });
  await assert.rejects(half.app.onlyNotebook(COVER, LOOK), is('draft_waits'));
  half.app.putDraft({ fields: { narrative: '' } });
  await half.app.addFile('draft', file(Uint8Array.of(1, 2, 3)), { route: 'photo_picker' });
  await assert.rejects(half.app.onlyNotebook(COVER, LOOK), is('draft_waits'));
  assert.ok(await readDraftKey(half.database));
  await half.app.enrolHere(WORDS);
  assert.equal(half.app.state.draft.attachments.length, 1, 'still there, and a diary can begin');
  half.end();
});

test('an empty draft does not prevent it', async () => {
  const phone = quiet();
  await phone.app.start();
  phone.app.newDraft();
  phone.app.putDraft({ fields: { narrative: 'x' } });
  phone.app.putDraft({ fields: { narrative: '' } });
  await phone.app.onlyNotebook(COVER, LOOK);
  assert.equal(await phone.database.beside('f'), null);
  phone.end();
});
