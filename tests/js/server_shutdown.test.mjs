/**
 * A server that is closing: the app says so inside, downloads its files, keeps what is written, and its copy moves
 * complete to another server.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { eventually } from './phone/eventually.mjs';
import { WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
let secondServer;
before(async () => {
  [server, secondServer] = await Promise.all([startServer(), startServer()]);
});
after(() => Promise.all([server.stop(), secondServer.stop()]));

const isoDay = (ms) => new Date(ms).toISOString().slice(0, 10);
const DAY = 86_400_000;

/** Sync until the phone knows of the closing. What a server worker knows is at most two seconds old. */
async function untilClosing(app, condition) {
  await eventually(async () => {
    await app.sendFiles();
    return app.state.account.closing;
  }, condition);
}

test('a diary on a server that shuts down moves to another server with every file', async () => {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const { app, record, phone } = await phoneWithEntry({
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  await app.register({ words: WORDS });
  await app.addFile(record, file(new Uint8Array(90_000).fill(3), 'voice.bin'), { route: 'files' });
  await app.saveIncident({ record, fields: {}, restricted: {} });
  await app.sendFiles();
  await app.makeRoom(() => undefined);
  assert.equal((await app.makeCopy({ words: WORDS })).lacking, 1, 'the file is on the server only');
  assert.equal(app.state.account.closing, null);

  await server.run('closing', isoDay(Date.now() + 40 * DAY));
  await untilClosing(app, (closing) => closing);
  const { on, off } = app.state.account.closing;
  assert.deepEqual([isoDay(on), off - on], [isoDay(Date.now() + 40 * DAY), 30 * DAY]);
  const { file: copy, lacking } = await app.makeCopy({ words: WORDS });
  assert.equal(lacking, 0, 'every file was fetched from the server');
  assert.equal(await app.makeRoom(() => undefined), 0, 'and are not moved out again');
  const latePhone = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await latePhone.app.start();
  latePhone.app.putDraft({ fields: { narrative: 'Too late here.' } });
  await latePhone.app.enrolHere(WORDS);
  await latePhone.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await assert.rejects(
    latePhone.app.register({ words: WORDS }),
    ({ code, sentence }) => code === 'closing' && /safe on this phone/.test(sentence),
  );

  await app.lock('asked');
  faults.off = true;
  await app.unlock(WORDS);
  assert.equal(app.state.account.closing.on, on, 'shown offline too');
  faults.off = false;
  await server.run('closing', isoDay(Date.now()), '--at-once');
  await untilClosing(app, (closing) => closing.on !== on);
  app.putDraft({ fields: { narrative: 'Written on the day.' } });
  await app.saveIncident({ record: null, fields: {}, restricted: {} });
  await app.sendFiles();
  const { entries, account } = await until(
    { app },
    (state) => state.entries.some((entry) => entry.state.code === 'trouble'),
    'closed',
  );
  assert.match(entries.find((entry) => entry.state.code === 'trouble').state.sentence, /closed.*safe on this phone/);
  assert.equal(account.trouble, null);

  const moved = makePhone({
    origin: secondServer.base,
    send: sender(secondServer.base),
    clock: fixedClock(Date.now()),
  });
  await moved.app.start();
  await moved.app.takeCopy({ file: copy, words: WORDS, onProgress: () => undefined });
  await moved.app.register({ words: WORDS });
  await moved.app.sendFiles();
  const movedState = await until(
    moved,
    (state) => state.entries.length === 1 && state.entries[0].state.code === 'kept',
    'moved',
  );
  assert.equal(movedState.account.closing, null);
  for (const device of [phone, latePhone, moved]) device.end();
});
