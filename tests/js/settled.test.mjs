/** What is saved, changed or ended leaves nothing of before in its way. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { KeptError } from '../../static/js/core/errors.js';
import { PNG, WORDS, file, phoneWithEntry } from './phone/phone.mjs';

test('a saved note, and a save that changes nothing, take the unsaved card away', async () => {
  const { app, record } = await phoneWithEntry();
  await app.putCard(record, { fields: {}, restricted: {}, note: 'half' });
  await app.saveNote(record, 'whole');
  assert.equal((await app.readIncident(record)).unsaved, null);
  await app.putCard(record, { fields: { who: 'half' }, restricted: {}, note: 'again' });
  await app.saveNote(record, 'again');
  assert.deepEqual((await app.readIncident(record)).unsaved, { fields: { who: 'half' }, restricted: {} }, 'the rest of the card stays');
  await app.saveIncident({ record, fields: {}, restricted: {} });
  assert.equal((await app.readIncident(record)).unsaved, null);
});

test('a draft that could not be sealed stops the update', async () => {
  let applied = 0;
  const { app, phone } = await phoneWithEntry({ applyUpdate: async () => { applied++; } });
  const { write } = phone.database;
  phone.database.write = async () => { throw new KeptError('no_space'); };
  app.putDraft({ fields: { narrative: 'not sealed yet' } });
  await assert.rejects(app.applyUpdate(), { code: 'no_space' });
  assert.equal(applied, 0);
  phone.database.write = write;
  await app.applyUpdate();
  assert.equal(applied, 1);
});

test('the picture page takes nothing after its ten minutes, though nobody looked away', async () => {
  const { app, phone } = await phoneWithEntry();
  await app.getPicture();
  phone.clock.move(601_000);
  await assert.rejects(app.pictureAdd([file(PNG)]), { code: 'locked' });
  assert.equal(app.state.phase, 'locked');
  await app.unlock(WORDS);
  assert.equal(app.state.draft, null, 'nothing was taken in');
});
