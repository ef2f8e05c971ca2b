/** The language chosen on the first screen: shown at once, kept with the first thing that is kept, and not before. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createDoorway } from '#app/app/doorway.js';
import { KeptError } from '#app/core/errors.js';
import { readLanguage } from '#app/store/device_meta.js';
import { eventually } from './phone/eventually.mjs';
import { WORDS, makePhone, phoneWithEntry } from './phone/phone.mjs';

test('a language chosen before anything is written is nowhere on the phone; the first words store it', async () => {
  const phone = makePhone();
  await phone.app.start();
  await phone.app.setLanguage('ur');
  assert.equal(phone.app.state.language, 'ur');
  assert.equal(await phone.database.beside('g'), null, 'whoever stops here has left nothing');
  const again = makePhone({ after: phone });
  await again.app.start();
  assert.equal(again.app.state.language, 'en');
  await again.app.setLanguage('cy');
  await again.app.setLanguage('pl');
  again.app.putDraft({ fields: { narrative: 'Był tu znowu.' } });
  await eventually(
    () => readLanguage(again.database),
    (code) => code === 'pl',
  );
  const third = makePhone({ after: again });
  await third.app.start();
  assert.equal(third.app.state.language, 'pl');
});

test('beginning without typing stores the language with the words, and the lock uses it', async () => {
  const phone = makePhone();
  await phone.app.start();
  await phone.app.setLanguage('ur');
  await phone.app.enrolHere(WORDS);
  await eventually(
    () => readLanguage(phone.database),
    (code) => code === 'ur',
  );
  await phone.app.lock('asked');
  const again = makePhone({ after: phone });
  await again.app.start();
  assert.deepEqual([again.app.state.phase, again.app.state.language], ['locked', 'ur']);
});

test('a language chosen before the rest of the app has loaded is kept when it loads', async () => {
  const phone = makePhone();
  let come = () => undefined;
  const coming = new Promise((done) => {
    come = done;
  });
  const early = createDoorway({
    database: phone.database,
    load: async () => {
      await coming;
      return phone.app;
    },
    painted: async () => undefined,
  });
  const started = early.start();
  await eventually(
    () => early.state.phase,
    (phase) => phase === 'fresh',
  );
  await early.setLanguage('cy');
  assert.equal(early.state.language, 'cy');
  // Looked at in the moment it changes: a quick machine knows a few milliseconds later what this phone is.
  const then = new Promise((done) => {
    phone.app.subscribe(() => {
      if (phone.app.state.language === 'cy') done(phone.app.state.phase);
    });
  });
  come();
  assert.equal(await then, 'loading', 'it has come, and does not know yet what this phone is');
  const seen = [];
  early.subscribe(() => seen.push(early.state.language));
  await early.setLanguage('ur');
  assert.equal(early.state.language, 'ur');
  await started;
  assert.equal(early.state, phone.app.state);
  assert.equal(early.state.language, 'ur');
  assert.deepEqual([...new Set(seen)], ['ur'], 'nobody sees English in between');
});

test('in an open diary a language is stored at once, English removes it, and a full phone still changes the screen', async () => {
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
