/**
 * The language chosen on the first screen: shown at once, stored with the first thing that is stored, and not before.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createDoorway } from '#app/app/doorway.js';
import { KeptError } from '#app/core/errors.js';
import { readLanguage } from '#app/store/device_meta.js';
import { eventually } from './phone/eventually.mjs';
import { WORDS, makePhone, phoneWithEntry } from './phone/phone.mjs';

test('a language chosen before anything is written is not stored; setting the first passphrase stores it', async () => {
  const phone = makePhone();
  await phone.app.start();
  await phone.app.setLanguage('ur');
  assert.equal(phone.app.state.language, 'ur');
  assert.equal(await phone.database.beside('g'), null, 'stopping here leaves nothing on the phone');
  const restarted = makePhone({ after: phone });
  await restarted.app.start();
  assert.equal(restarted.app.state.language, 'en');
  await restarted.app.setLanguage('cy');
  await restarted.app.setLanguage('pl');
  restarted.app.putDraft({ fields: { narrative: 'Był tu znowu.' } });
  await eventually(
    () => readLanguage(restarted.database),
    (code) => code === 'pl',
  );
  const restarted2 = makePhone({ after: restarted });
  await restarted2.app.start();
  assert.equal(restarted2.app.state.language, 'pl');
});

test('beginning without typing stores the language with the passphrase, and the lock screen uses it', async () => {
  const phone = makePhone();
  await phone.app.start();
  await phone.app.setLanguage('ur');
  await phone.app.enrolHere(WORDS);
  await eventually(
    () => readLanguage(phone.database),
    (code) => code === 'ur',
  );
  await phone.app.lock('asked');
  const restarted = makePhone({ after: phone });
  await restarted.app.start();
  assert.deepEqual([restarted.app.state.phase, restarted.app.state.language], ['locked', 'ur']);
});

test('a language chosen before the rest of the app has loaded is kept when it loads', async () => {
  const phone = makePhone();
  /** @type {(app?: unknown) => void} */
  let loadApp = () => undefined;
  const appLoaded = new Promise((done) => {
    loadApp = done;
  });
  const doorway = createDoorway({
    database: phone.database,
    load: async () => {
      await appLoaded;
      return phone.app;
    },
    painted: async () => undefined,
  });
  const started = doorway.start();
  await eventually(
    () => doorway.state.phase,
    (phase) => phase === 'fresh',
  );
  await doorway.setLanguage('cy');
  assert.equal(doorway.state.language, 'cy');
  // Read at the moment of the change: a fast machine knows a few milliseconds later what this phone is.
  const phaseWhenLoaded = new Promise((done) => {
    phone.app.subscribe(() => {
      if (phone.app.state.language === 'cy') done(phone.app.state.phase);
    });
  });
  loadApp();
  assert.equal(await phaseWhenLoaded, 'loading', 'it has loaded, and does not know yet what is on this phone');
  const languages = [];
  doorway.subscribe(() => languages.push(doorway.state.language));
  await doorway.setLanguage('ur');
  assert.equal(doorway.state.language, 'ur');
  await started;
  assert.equal(doorway.state, phone.app.state);
  assert.equal(doorway.state.language, 'ur');
  assert.deepEqual([...new Set(languages)], ['ur'], 'no English is shown in between');
});

test('in an open diary a language is stored at once, English removes it, and a full phone still shows it', async () => {
  const { app, phone } = await phoneWithEntry();
  await app.setLanguage('cy');
  assert.equal(await readLanguage(phone.database), 'cy');
  await app.setLanguage('en');
  assert.equal((await phone.database.beside('g')) ?? null, null);
  phone.database.write = async () => {
    throw new KeptError('no_space');
  };
  await assert.rejects(app.setLanguage('ur'), { code: 'no_space' });
  assert.equal(app.state.language, 'ur');
});
