/** A file dropped at an advocate's desk: sealed to one diary, kept only with the keeper's yes, and marked unseen. */
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { randomBytes, b64 } from '#app/core/bytes.js';
import { LETTER_FILE_PARTS_LIMIT, LETTER_FILE_PART_BYTES } from '#app/core/constants.js';
import { fixedClock } from '#app/core/clock.js';
import { formatId, newId } from '#app/core/ids.js';
import { grantActions } from '#app/features/advocates/actions.js';
import { assistedActions } from '#app/features/assisted/actions.js';
import { sittingActions } from '#app/features/sitting/actions.js';
import { makeAdvocate } from './phone/advocate.mjs';
import { joinDesk } from './phone/desk_page.mjs';
import { isKept } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const packActions = (ctx) => ({ ...grantActions(ctx), ...assistedActions(ctx), ...sittingActions(ctx) });
const SAID = { by: 'PK', source: 'Sentinelphone' };
const sync = (keeper) => keeper.phone.ctx.open.syncing.now();
const waiting = (keeper) => keeper.app.state.waiting.written;
const lettersLeft = async (keeper) =>
  (await keeper.phone.ctx.api.withSession({ path: `/v1/diaries/${keeper.phone.ctx.open.identity.diary}/letters` }))
    .letters.length;
/** Bytes of two letters, with words to look for. */
const bytesOfTwo = () => Uint8Array.of(...PNG, ...Buffer.from('Sentinelbytes'), ...randomBytes(LETTER_FILE_PART_BYTES));

async function keeperFor(nineWords, { rights = ['view', 'comment'], onWire = (..._texts) => undefined } = {}) {
  const send = sender(server.base, {});
  const keeper = await phoneWithEntry(
    {
      origin: server.base,
      clock: fixedClock(Date.now()),
      packActions,
      send: (path, options) => {
        onWire(path, Buffer.from(options.body ?? '').toString('latin1'));
        return send(path, options);
      },
    },
    'He waited outside again.',
  );
  await keeper.app.register({ words: WORDS });
  await until(keeper, isKept, 'kept');
  const advocate = await keeper.app.meetAdvocate(nineWords);
  /** @type {import('#app/shell/advocate_types.js').GrantChoice} */
  const choice = {
    scope: { all: true },
    rights: /** @type {import('#app/shell/advocate_types.js').GrantChoice['rights']} */ (rights),
    restricted: false,
    not_after: keeper.app.usualEnd(),
    purpose: 'Help with a report',
  };
  await keeper.app.letIn({ met: advocate, choice, name: 'Maya', words: WORDS });
  return keeper;
}

async function deskAndKeeper(options) {
  const { desk } = await joinDesk(server);
  const keeper = await keeperFor(await desk.ownWords(), options);
  await desk.listClients();
  return { desk, keeper, grant: desk.state.clients[0].grant };
}

/** A small picture, each `n` another. */
const png = (n) => Uint8Array.of(...PNG, n);

test('a file goes to one diary in parts, waits for the keeper, and is kept unseen', async () => {
  const wire = [];
  const { desk, keeper, grant } = await deskAndKeeper({ onWire: (...texts) => wire.push(...texts) });
  const bytes = bytesOfTwo();
  const parts = [];
  await desk.sendFile(grant, file(bytes, 'Sentinelfile.png'), SAID, (done, n) => parts.push([done, n]));
  assert.deepEqual(parts, [
    [1, 2],
    [2, 2],
  ]);
  await sync(keeper);
  assert.equal(waiting(keeper), 1);
  assert.equal(await lettersLeft(keeper), 0, 'no later run fetches the parts again');
  const [waits] = await keeper.app.readDeskFiles();
  assert.deepEqual(
    [waits.name, waits.source, waits.by, waits.sender],
    ['Sentinelfile.png', 'Sentinelphone', 'PK', 'Priya K'],
  );
  assert.ok(!JSON.stringify(keeper.phone.ctx.open.store.root).includes(b64(bytes.subarray(0, 300))), 'not in the root');
  await assert.rejects(keeper.app.readAttachment(waits.attachment), 'no letter enters the diary without the keeper');
  await Promise.all([keeper.app.answerDeskFile(waits, true), keeper.app.answerDeskFile(waits, true)]);
  await until(keeper, isKept, 'kept');
  const kept = await keeper.app.readAttachment(waits.attachment);
  assert.deepEqual(
    [kept.unseen, kept.collected, kept.name, kept.fields.person_ids],
    [true, 'PK', waits.name, undefined],
  );
  assert.deepEqual(kept.fields.collected, { by: 'PK', at: waits.at, source: 'Sentinelphone' });
  assert.equal(kept.fields.sha256, Buffer.from(waits.sha256, 'base64url').toString('hex'));
  assert.equal(await keeper.app.readPicture(waits.attachment, 'preview'), null);
  assert.deepEqual([waiting(keeper), await keeper.app.readDeskFiles()], [0, []]);
  await keeper.app.openCollected(waits.attachment);
  assert.equal((await keeper.app.readAttachment(waits.attachment)).unseen, false);
  await sync(keeper);
  assert.ok(wire.length > 10 && !wire.some((text) => text.includes('Sentinel')), 'on the wire');
  const names = await readdir(server.folder, { recursive: true, withFileTypes: true });
  for (const entry of names.filter((one) => one.isFile())) {
    const stored = await readFile(join(entry.parentPath, entry.name), 'latin1');
    assert.ok(!stored.includes('Sentinel'), entry.name);
  }
});

test('"do not keep it" leaves nothing of the file, and the question does not return', async () => {
  const { desk, keeper, grant } = await deskAndKeeper();
  await desk.sendFile(grant, file(bytesOfTwo(), 'a.png'), SAID, () => undefined);
  await sync(keeper);
  const [waits] = await keeper.app.readDeskFiles();
  await keeper.app.answerDeskFile(waits, false);
  await sync(keeper);
  assert.deepEqual([await keeper.app.readDeskFiles(), waiting(keeper)], [[], 0]);
  const { store } = keeper.phone.ctx.open;
  for (const letter of waits.letters) assert.equal(await store.readJson(`q/${letter}`), null);
  assert.deepEqual([store.root.letters, await keeper.app.readLoose()], [[], []]);
});

test('a lock and a restart without a network keep a file that waits', async () => {
  const { desk, keeper, grant } = await deskAndKeeper();
  await desk.sendFile(grant, file(bytesOfTwo(), 'a.png'), SAID, () => undefined);
  await sync(keeper);
  await keeper.app.lock('asked');
  keeper.phone.end();
  const again = makePhone({ packActions, after: keeper.phone, database: keeper.phone.database });
  await again.app.start();
  await again.app.unlock(WORDS);
  const [waits] = await again.app.readDeskFiles();
  await again.app.answerDeskFile(waits, true);
  assert.equal((await again.app.readAttachment(waits.attachment)).unseen, true);
});

test('a file that the diary has already is not added again', async () => {
  const { desk, keeper, grant } = await deskAndKeeper();
  const bytes = bytesOfTwo();
  for (const name of ['a.png', 'b.png']) {
    await desk.sendFile(grant, file(bytes, name), SAID, () => undefined);
    await sync(keeper);
    const [waits] = await keeper.app.readDeskFiles();
    await keeper.app.answerDeskFile(waits, true);
  }
  assert.deepEqual([(await keeper.app.readLoose()).length, waiting(keeper)], [1, 0]);
});

test('an empty or too large file is refused unread, and so is a diary that gave no right to write', async () => {
  const { desk, keeper, grant } = await deskAndKeeper({ rights: ['view'] });
  const unread = (size) =>
    Object.defineProperties(file(png(1)), {
      size: { value: size },
      arrayBuffer: { value: () => assert.fail('it was read') },
    });
  for (const size of [0, LETTER_FILE_PARTS_LIMIT * LETTER_FILE_PART_BYTES + 1])
    await assert.rejects(
      desk.sendFile(grant, unread(size), SAID, () => undefined),
      { code: 'bad_request' },
    );
  await desk.sendFile(grant, file(png(1), 'a.png'), SAID, () => undefined);
  await sync(keeper);
  assert.deepEqual(await keeper.app.readDeskFiles(), []);
});

test('parts that do not fit together, or with other bytes than were signed for, are never one file', async () => {
  const priya = await makeAdvocate(server);
  const keeper = await keeperFor(priya.words);
  const bytes = bytesOfTwo();
  const sha256 = b64(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
  const part = (n, more = {}) => ({
    at: 1,
    by: 'PK',
    bytes: b64(bytes.subarray(n * LETTER_FILE_PART_BYTES, (n + 1) * LETTER_FILE_PART_BYTES)),
    file: formatId(newId()),
    name: 'a.png',
    part: n,
    parts: 2,
    sha256,
    size: bytes.length,
    source: 'x',
    ...more,
  });
  const one = { file: formatId(newId()) };
  await priya.sendLetter('file', part(0, one));
  await priya.sendLetter('file', part(1, { ...one, name: 'other.png' }));
  await sync(keeper);
  assert.deepEqual(await keeper.app.readDeskFiles(), [], 'names differ');
  await priya.sendLetter('file', part(1, one));
  await sync(keeper);
  assert.equal((await keeper.app.readDeskFiles()).length, 1, 'the same file, whole');
  const two = { file: formatId(newId()), sha256: b64(new Uint8Array(32)) };
  for (const n of [0, 1]) await priya.sendLetter('file', part(n, two));
  await sync(keeper);
  const wrong = (await keeper.app.readDeskFiles()).find(({ attachment }) => attachment === two.file);
  await assert.rejects(keeper.app.answerDeskFile(wrong, true), { code: 'file_damaged' });
  await keeper.app.answerDeskFile(wrong, false);
  assert.equal((await keeper.app.readDeskFiles()).length, 1);
});
