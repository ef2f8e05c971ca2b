/** A server that is to close: the phone says so inside, brings its files home, keeps what is written, and its copy moves whole. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { eventually } from './phone/eventually.mjs';
import { WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
let another;
before(async () => {
  [server, another] = await Promise.all([startServer(), startServer()]);
});
after(() => Promise.all([server.stop(), another.stop()]));

const day = (ms) => new Date(ms).toISOString().slice(0, 10);
const DAY = 86_400_000;

/** Looks again until the phone knows: a worker's own knowledge is two seconds old at most. */
async function heard(app, is) {
  await eventually(async () => {
    await app.sendFiles();
    return app.state.account.closing;
  }, is);
}

test('announced, over, and moved to another server with every file', async () => {
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
  await app.makeRoom();
  assert.equal((await app.makeCopy({ words: WORDS })).lacking, 1, 'the file is on the server only');
  assert.equal(app.state.account.closing, null);

  await server.run('closing', day(Date.now() + 40 * DAY));
  await heard(app, (closing) => closing);
  const { on, off } = app.state.account.closing;
  assert.deepEqual([day(on), off - on], [day(Date.now() + 40 * DAY), 30 * DAY]);
  const { file: copy, lacking } = await app.makeCopy({ words: WORDS });
  assert.equal(lacking, 0, 'files came home');
  assert.equal(await app.makeRoom(), 0, 'and do not leave again');
  const late = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await late.app.start();
  late.app.putDraft({ fields: { narrative: 'Too late here.' } });
  await late.app.enrolHere(WORDS);
  await late.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await assert.rejects(
    late.app.register({ words: WORDS }),
    (error) => error.code === 'closing' && /safe on this phone/.test(error.sentence),
  );

  await app.lock('asked');
  faults.off = true;
  await app.unlock(WORDS);
  assert.equal(app.state.account.closing.on, on, 'said without a signal too');
  faults.off = false;
  await server.run('closing', day(Date.now()), '--at-once');
  await heard(app, (closing) => closing.on !== on);
  app.putDraft({ fields: { narrative: 'Written on the day.' } });
  await app.saveIncident({ record: null, fields: {}, restricted: {} });
  await app.sendFiles();
  const { entries, account } = await until(
    { app },
    (state) => state.entries.some((one) => one.state.code === 'trouble'),
    'closed',
  );
  assert.match(entries.find((one) => one.state.code === 'trouble').state.sentence, /closed.*safe on this phone/);
  assert.equal(account.trouble, null);

  const moved = makePhone({ origin: another.base, send: sender(another.base), clock: fixedClock(Date.now()) });
  await moved.app.start();
  await moved.app.takeCopy({ file: copy, words: WORDS, onProgress: () => undefined });
  await moved.app.register({ words: WORDS });
  await moved.app.sendFiles();
  const there = await until(
    moved,
    (state) => state.entries.length === 1 && state.entries[0].state.code === 'kept',
    'moved',
  );
  assert.equal(there.account.closing, null);
  for (const one of [phone, late, moved]) one.end();
});
