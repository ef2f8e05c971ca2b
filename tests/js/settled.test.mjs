/** What is saved, changed or ended leaves nothing of before in its way. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { phoneWithEntry } from './phone/phone.mjs';

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
