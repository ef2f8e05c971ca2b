/** Files of several megabytes give way, after each part, to what a person waits for: an entry, and a pack. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { packActions } from '#app/features/share/actions.js';
import { fixedClock } from '#app/core/clock.js';
import { FILE_PART_BYTES } from '#app/core/constants.js';
import { isKept, saveEntry } from './phone/keeper.mjs';
import { WORDS, confirmPack, file, phoneWithEntry, until } from './phone/phone.mjs';
import { eventually } from './phone/eventually.mjs';
import { anotherPhone } from './phone/second_phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const FORMATTERS = { when: (fields) => String(fields.occurred_local ?? ''), at: (ms) => new Date(ms).toISOString() };
const PACK_OPTIONS = { from: null, to: null, records: null, initials: 'JB', sheet: {}, own_words: '', start_with: [] };
const PART = /\/blobs\/[^/]+\/parts\/(\d+)$/;
const PARTS = 4;

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const film = () => file(new Uint8Array(PARTS * FILE_PART_BYTES - 5000), 'film.bin', 'application/octet-stream');

/** Return a promise, and what resolves it. */
function latch() {
  let open = () => {};
  const opened = new Promise((resolve) => {
    open = () => resolve(undefined);
  });
  return { opened, open };
}

/**
 * Return faults that note each request about entries and files, and hold back the first part of a file.
 * @param {string} partMethod PUT or GET
 */
function holdFirstPart(partMethod) {
  const requests = [];
  const gate = latch();
  const reached = latch();
  return {
    requests,
    reached: reached.opened,
    release: gate.open,
    async before(path, { method = 'GET' }) {
      const part = method === partMethod && PART.exec(path);
      if (part) requests.push(`part ${part[1]}`);
      else if (method === 'PUT' && path.includes('/versions/')) requests.push('entry');
      if (!part || part[1] !== '0') return null;
      reached.open();
      await gate.opened;
      return null;
    },
  };
}

/** Return a registered phone with one entry. */
async function keeper(faults = {}) {
  const setup = await phoneWithEntry(
    { packActions, origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'Entry 1.',
  );
  const { login } = await setup.app.register({ words: WORDS });
  await until(setup, isKept, 'kept');
  return { ...setup, login };
}

test('an entry written while a film goes up is sent before the next part of the film', async () => {
  const hold = holdFirstPart('PUT');
  const { app, phone, record } = await keeper(hold);
  await app.addFile(record, film(), { route: 'file_picker' });
  await hold.reached;
  await saveEntry(app, 'He is outside.');
  hold.release();
  await until({ app }, isKept, 'all sent');
  const { requests } = hold;
  assert.deepEqual(requests.slice(requests.indexOf('part 0')), ['part 0', 'entry', 'part 1', 'part 2', 'part 3']);
  phone.end();
});

test('an entry written while a film comes down is sent before the next part of the film', async () => {
  const { app, phone, record, login } = await keeper();
  await app.addFile(record, film(), { route: 'file_picker' });
  await until({ app }, isKept, 'sent');
  const hold = holdFirstPart('GET');
  const other = await anotherPhone(server.base, login, WORDS, hold);
  await hold.reached;
  await saveEntry(other.app, 'He is outside.');
  hold.release();
  await eventually(
    () => other.phone.ctx.open.store.root.fetch.length,
    (waiting) => waiting === 0,
  );
  assert.deepEqual(hold.requests, ['part 0', 'entry', 'part 1', 'part 2', 'part 3']);
  for (const device of [phone, other.phone]) device.end();
});

test('while a pack is made, files of other devices wait; afterwards they come, also if it failed', async () => {
  const { app, phone, record, login } = await keeper();
  await app.addFile(record, film(), { route: 'file_picker' });
  await until({ app }, isKept, 'sent');
  for (const isCancelled of [false, true]) {
    const hold = holdFirstPart('GET');
    const other = await anotherPhone(server.base, login, WORDS, hold, { packActions });
    await hold.reached;
    await until(other, ({ entries }) => entries.length === 1);
    const options = await confirmPack(other.app, { ...PACK_OPTIONS, filesLater: true, say: FORMATTERS });
    const partsDuringPack = [];
    let steps = 0;
    const made = other.app.buildHere(options, () => {
      if (!steps++) hold.release();
      partsDuringPack.push(...hold.requests.filter((request) => request.startsWith('part ')));
      if (isCancelled) void other.app.cancelPack();
    });
    if (isCancelled) await assert.rejects(made, { code: 'cancelled' });
    else assert.ok((await made).file.size > 0);
    assert.deepEqual([...new Set(partsDuringPack)], ['part 0']);
    await eventually(
      () => other.phone.ctx.open.store.root.fetch.length,
      (waiting) => waiting === 0,
    );
    assert.deepEqual(
      hold.requests.filter((request) => request.startsWith('part ')),
      ['part 0', 'part 1', 'part 2', 'part 3'],
    );
    other.phone.end();
  }
  phone.end();
});
