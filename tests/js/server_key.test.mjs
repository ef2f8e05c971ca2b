/**
 * A server that lost its keys: nothing is sent, and the new key is accepted only when a person has typed its letters.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { SENTENCES } from '#app/diary/sentences.js';
import { fixedClock } from '#app/core/clock.js';
import { WORDS, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

test('after an unannounced server key, nothing is sent until the operator’s right key letters are typed', async () => {
  const ownServer = await startServer();
  const requests = [];
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {
    before: (path, { method }) => {
      requests.push(`${method} ${path}`);
    },
  };
  const { app, phone } = await phoneWithEntry({
    origin: ownServer.base,
    send: sender(ownServer.base, faults),
    clock: fixedClock(Date.now()),
  });
  await app.register({ words: WORDS });
  const isKept = ({ entries }) => entries.every(({ state }) => state.code === 'kept');
  await until({ app }, isKept, 'kept');
  const oldKey = await app.knownKey();
  await ownServer.leave();
  await writeFile(join(ownServer.folder, 'notary.key'), randomBytes(32));
  const restarted = await startServer({ again: ownServer });
  requests.length = 0;
  await app.saveIncident({ record: null, fields: { narrative: 'not for a stranger' }, restricted: {} });
  app.network();
  const { account } = await until({ app }, (state) => state.account.trouble, 'reported');
  assert.deepEqual([account.trouble.code, account.trouble.sentence], ['wrong_notary', SENTENCES.wrong_notary]);
  assert.deepEqual(
    requests.filter((request) => request.startsWith('PUT')),
    [],
    'no version was sent',
  );
  const { port } = restarted;
  const text = await new Promise((done) => {
    get({ host: '127.0.0.1', port, path: '/keys.txt', headers: { host: `public.localhost:${port}` } }, async (answer) =>
      done((await answer.toArray()).join('')),
    );
  });
  const letters = text.split('notary key')[1].match(/(?:[0-9a-f]{4} ){5}[0-9a-f]{4}/)[0];
  assert.notEqual(letters, oldKey);
  for (const wrong of [
    '',
    oldKey,
    letters.slice(0, -1),
    letters.replace(/.$/, (letter) => (letter === '0' ? '1' : '0')),
  ]) {
    await assert.rejects(app.acceptKey(wrong), { code: 'key_differs' });
  }
  assert.equal(await app.knownKey(), oldKey);
  await app.acceptKey(letters.toUpperCase().replaceAll(' ', '-'));
  assert.equal(await app.knownKey(), letters);
  const lastState = await until({ app }, (state) => isKept(state) && !state.account.trouble, 'kept under the new key');
  assert.equal(lastState.entries.length, 2);
  await app.lock('asked');
  await app.unlock(WORDS);
  await app.sendFiles();
  await until({ app }, (state) => isKept(state) && !state.account.trouble, 'kept after a lock');
  phone.end();
  await restarted.stop();
});
