/** Saving, changing or ending leaves no old state in the way. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createDoorway } from '#app/app/doorway.js';
import { KeptError } from '#app/core/errors.js';
import { PNG, WORDS, file, makePhone, phoneWithEntry, vaultInProcess } from './phone/phone.mjs';

test('a saved note, and a save that changes nothing, remove the unsaved card', async () => {
  const { app, record } = await phoneWithEntry();
  await app.putCard(record, { fields: {}, restricted: {}, note: 'half' });
  await app.saveNote(record, 'whole');
  assert.equal((await app.readIncident(record)).unsaved, null);
  await app.putCard(record, { fields: { who: 'half' }, restricted: {}, note: 'again' });
  await app.saveNote(record, 'again');
  assert.deepEqual(
    (await app.readIncident(record)).unsaved,
    { fields: { who: 'half' }, restricted: {} },
    'the rest of the card stays',
  );
  await app.saveIncident({ record, fields: {}, restricted: {} });
  assert.equal((await app.readIncident(record)).unsaved, null);
});

test('half-changed text and typed cards are separate: neither is saved with the other', async () => {
  const { app, record } = await phoneWithEntry();
  const unsavedWords = { narrative: 'He waited. Or', restricted: {} };
  await app.putCard(record, { fields: { who: 'My ex' }, restricted: {} });
  await app.putWords(record, unsavedWords);
  const read = async () => {
    const { fields, unsaved, half } = await app.readIncident(record);
    return [fields.narrative, unsaved?.fields ?? null, half];
  };
  assert.deepEqual(await read(), ['He waited outside.', { who: 'My ex' }, unsavedWords]);
  await app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  assert.deepEqual(await read(), ['He waited outside.', null, unsavedWords]);
  await app.putWords(record, null);
  assert.deepEqual(await read(), ['He waited outside.', null, null]);
});

test('a draft that could not be sealed stops the update', async () => {
  let applied = 0;
  const { app, phone } = await phoneWithEntry({
    applyUpdate: async () => {
      applied++;
    },
  });
  const { write } = phone.database;
  phone.database.write = async () => {
    throw new KeptError('no_space');
  };
  app.putDraft({ fields: { narrative: 'not sealed yet' } });
  await assert.rejects(app.applyUpdate(), { code: 'no_space' });
  assert.equal(applied, 0);
  phone.database.write = write;
  await app.applyUpdate();
  assert.equal(applied, 1);
});

test('the picture page accepts nothing after its ten minutes, even if it stayed in view', async () => {
  const { app, phone } = await phoneWithEntry();
  await app.getPicture();
  phone.clock.move(601_000);
  await assert.rejects(app.pictureAdd([file(PNG)]), { code: 'locked' });
  assert.equal(app.state.phase, 'locked');
  await app.unlock(WORDS);
  assert.equal(app.state.draft, null, 'nothing was accepted');
});

test('a page that did not load fully offers a retry, and blames the browser only for a missing feature', async () => {
  const offlineDoorway = createDoorway({
    database: makePhone().database,
    load: async () => {
      throw new TypeError('Failed to fetch');
    },
    painted: async () => undefined,
  });
  await assert.rejects(offlineDoorway.start(), { code: 'unavailable' });
  assert.equal(offlineDoorway.state.phase, 'unfetched');

  const phoneWithBrokenVault = (code) =>
    makePhone({
      makeVault: () => ({
        ...vaultInProcess('https://notes.example'),
        close: () => undefined,
        selfTest: async () => {
          throw new KeptError(code);
        },
        newDoor: async () => {
          throw new KeptError(code);
        },
      }),
    });
  const unfetched = phoneWithBrokenVault('unavailable');
  await unfetched.app.start();
  assert.equal(unfetched.app.state.phase, 'unfetched', 'the worker could not be fetched');

  const unsupported = phoneWithBrokenVault('kdf_broken');
  await unsupported.app.start();
  assert.equal(unsupported.app.state.phase, 'unsupported');
});

test('the lock screen still shows when the rest of the app did not load', async () => {
  const { phone } = await phoneWithEntry();
  const offlineDoorway = createDoorway({
    database: phone.database,
    load: async () => {
      throw new TypeError('Failed to fetch');
    },
    painted: async () => undefined,
  });
  await assert.rejects(offlineDoorway.start(), { code: 'unavailable' });
  assert.equal(offlineDoorway.state.phase, 'locked');
  await assert.rejects(offlineDoorway.unlock(WORDS), { code: 'unavailable' });
});
