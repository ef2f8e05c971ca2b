/** A server with a lower file limit than the app's: larger files are refused when chosen, and nothing else changes. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { FILE_LIMIT_BYTES, FILE_LIMIT_FLOOR_BYTES } from '#app/core/constants.js';
import { fixedClock } from '#app/core/clock.js';
import { SENTENCES } from '#app/diary/sentences.js';
import { WORDS, file, makePhone, phoneWithEntry } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const MIB = 1 << 20;
const settings = { DIARY_FILE_BYTES: String(2 * MIB), DIARY_QUOTA_BYTES: String(64 * MIB) };
let server;
before(async () => {
  server = await startServer({ settings });
});
after(() => server.stop());

const sized = (bytes, name = 'sound.bin') => file(new Uint8Array(bytes).fill(5), name, 'application/octet-stream');
const json = (body) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

/** A registered phone that has read the server's log answer, which `bend` may change. */
async function registered(faults = {}, bend = undefined) {
  if (bend)
    faults.after = async (path, _options, response) =>
      path === '/v1/log' && response.ok ? json(bend(await response.json())) : undefined;
  const made = await phoneWithEntry({
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  await made.app.register({ words: WORDS });
  await made.app.sendFiles();
  return { ...made, faults };
}

const add = (app, record, chosen) => app.addFile(record, chosen, { route: 'files' });
const refusedAt = (size) => (error) => {
  assert.equal(error.code, 'too_large');
  assert.match(error.sentence, new RegExp(`^${size} is the most that this server takes for one file\\.`));
  return true;
};
/** A file that claims a size, and that must not be read. */
function claiming(size) {
  const chosen = sized(1);
  Object.defineProperty(chosen, 'size', { value: size });
  chosen.slice = () => assert.fail('the file was read');
  return chosen;
}

test('a file above the server’s limit is refused unread, naming the limit, also offline after a reload', async () => {
  const { app, record, phone, faults } = await registered();
  await add(app, record, sized(2 * MIB, 'as large as may be.bin'));
  await assert.rejects(add(app, record, claiming(2 * MIB + 1)), refusedAt('2 MB'));
  await assert.rejects(add(app, 'draft', claiming(3 * MIB)), refusedAt('2 MB'));
  await app.sendFiles();
  const usage = await app.usage();
  assert.deepEqual(
    [usage.quota_bytes, usage.waiting.files],
    [64 * MIB, 0],
    'the limit is the server’s; everything is sent',
  );

  faults.off = true;
  phone.end();
  const again = makePhone({ origin: server.base, send: sender(server.base, { off: true }), after: phone });
  await again.app.start();
  await again.app.unlock(WORDS);
  await assert.rejects(add(again.app, record, claiming(2 * MIB + 1)), refusedAt('2 MB'));
  await add(again.app, record, sized(MIB));
});

test('a false limit only refuses new large files: nothing is removed, skipped or left unsent', async () => {
  let announced = 50 * MIB;
  const { app, record, faults } = await registered({}, (body) => ({ ...body, file_bytes: announced }));
  faults.off = true;
  await add(app, record, sized(MIB + 5000));
  announced = FILE_LIMIT_FLOOR_BYTES;
  faults.off = false;
  await app.sendFiles();
  await assert.rejects(add(app, record, claiming(MIB + 1)), refusedAt('1 MB'));
  const { waiting } = await app.usage();
  assert.equal(waiting.files, 0, 'the file that is above the limit now was sent');
  assert.equal((await app.readIncident(record)).attachments.length, 1, 'and it is in its entry');
});

for (const announced of [
  0,
  -1,
  1,
  FILE_LIMIT_FLOOR_BYTES - 1,
  1.5 * MIB + 0.5,
  '2000000',
  null,
  undefined,
  FILE_LIMIT_BYTES + 1,
  2 ** 60,
])
  test(`a limit of ${announced} is ignored, and ends one that was remembered`, async () => {
    /** @type {unknown} */
    let limit = 2 * MIB;
    const { app, record } = await registered({}, (body) => ({ ...body, file_bytes: limit }));
    await assert.rejects(add(app, record, claiming(2 * MIB + 1)), refusedAt('2 MB'));
    limit = announced;
    await app.sendFiles();
    await assert.rejects(add(app, record, claiming(FILE_LIMIT_BYTES + 1)), {
      code: 'too_large',
      sentence: SENTENCES.too_large,
    });
    await add(app, record, sized(2 * MIB + 1));
  });
