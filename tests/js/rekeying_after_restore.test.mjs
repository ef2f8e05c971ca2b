/**
 * The server is put back to an older copy, and then all keys are renewed by a phone that never had the lost entries.
 * The phone that wrote them sends them again; somebody with only the old keys gets nothing accepted.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { formatId, newId } from '#app/core/ids.js';
import { importKey } from '#app/crypto/cobblestone.js';
import { authorKeyId, importSigningKey, importVerifyingKey, newKeyPair, sign } from '#app/crypto/signing.js';
import { openVersion, sealVersion, bytesToSign } from '#app/crypto/versions.js';
import { decodePush } from '#app/ledger/push.js';
import { Database } from '#app/store/database.js';
import { anotherPhone } from './phone/second_phone.mjs';
import {
  twoPhonesAheadOfFeed,
  isKept,
  syncOnce,
  registeredPhone,
  saveEntry,
  titlesOf,
  twoPhones,
} from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, until } from './phone/phone.mjs';
import { copyServer, sender, startServer } from './phone/server.mjs';

const NEW = 'orbit velvet canyon maple drift spoon';
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const GONE_BACK = ['server_behind', 'head_differs'];
const untilGoneBack = (device) =>
  until(device, ({ account }) => GONE_BACK.includes(account.trouble?.code), 'the restore is detected');

/** A phone in a new process over the same database. */
async function reopen({ phone }, words) {
  const reopened = makePhone({ after: phone, origin: server.base, send: sender(server.base, {}) });
  await reopened.app.start();
  await reopened.app.unlock(words);
  return { phone: reopened, app: reopened.app };
}

/** Assert that nothing is doubted, and every entry opens from what is stored on the phone. */
async function assertSound(device, expectedTitles) {
  await syncOnce(device);
  assert.deepEqual(titlesOf(device), expectedTitles);
  assert.ok(isKept(device.app.state));
  assert.deepEqual([device.phone.ctx.open.store.root.doubts, device.app.state.account.trouble], [{}, null]);
  assert.deepEqual(device.phone.ctx.open.store.root.outbox, []);
  for (const { record, title } of device.app.state.entries) {
    const { fields } = await device.app.readIncident(record);
    assert.equal(fields.narrative, title);
  }
}

test('entries that a restored server lost are sent again under the keys that another phone made', async () => {
  const { one: deviceA, two: deviceB } = await twoPhones(server);
  const putBack = await copyServer(server);
  deviceB.faults.off = true;
  for (const words of ['two', 'three']) await saveEntry(deviceA.app, words);
  const { attachment } = await deviceA.app.addFile(deviceA.record, file(PNG), { route: 'photo_picker' });
  await until(deviceA, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await syncOnce(deviceA);
  const before = await deviceA.phone.ctx.open.book.meta(deviceA.record);
  await putBack();
  deviceB.faults.off = false;
  await syncOnce(deviceB);
  await deviceB.app.renewKeys({ words: WORDS, newWords: NEW });
  await saveEntry(deviceB.app, 'four');
  await syncOnce(deviceB);
  // The phone that has the entries catches up, sees that the server has fewer, and sends them again
  await syncOnce(deviceA).catch(() => undefined);
  await deviceA.app.catchUp({ words: NEW });
  await syncOnce(deviceA).catch(() => undefined);
  await untilGoneBack(deviceA);
  await deviceA.app.sendAgain();
  await until(deviceA, (state) => state.entries.length === 4 && isKept(state), 'all kept');
  await saveEntry(deviceA.app, 'five');
  await syncOnce(deviceA);
  const deviceC = await anotherPhone(server.base, deviceA.login, NEW);
  const allTitles = ['five', 'four', 'one', 'three', 'two'];
  await until(deviceC, (state) => state.entries.length === 5 && isKept(state), 'on a new phone');
  for (const phone of [deviceA, deviceB, deviceC]) await assertSound(phone, allTitles);
  // The commitments are unchanged, and what is stored opens in a new process too
  const metaNow = await deviceA.phone.ctx.open.book.meta(deviceA.record);
  assert.deepEqual(
    metaNow.versions.map(({ c }) => c),
    before.versions.map(({ c }) => c),
  );
  for (const phone of [deviceA, deviceB, deviceC]) await assertSound(await reopen(phone, NEW), allTitles);
  await deviceC.app.checkFile(attachment);
});

/** A thief with a copy of a phone, its words and its session. */
async function copyToThief({ phone }) {
  const stolenDatabase = new Database({ name: `${phone.name} stolen` });
  const [source, target] = [await phone.database.open(), await stolenDatabase.open()];
  for (const table of source.objectStoreNames) {
    const [keys, values] = await Promise.all([source.getAllKeys(table), source.getAll(table)]);
    for (const [i, key] of keys.entries()) await target.put(table, values[i], key);
  }
  const thief = makePhone({ database: stolenDatabase, origin: server.base, send: sender(server.base, {}) });
  await thief.app.start();
  await thief.app.unlock(WORDS);
  return { phone: thief, app: thief.app };
}

/** The states of entries, by title. */
const statesByTitle = ({ app }) => Object.fromEntries(app.state.entries.map(({ title, state }) => [title, state.code]));

test('the new keys do not sign what a thief sent from a copy of the phone', async () => {
  const { one: deviceA, two: deviceB } = await twoPhones(server);
  const putBack = await copyServer(server);
  deviceB.faults.off = true;
  await saveEntry(deviceA.app, 'mine');
  await syncOnce(deviceA);
  const thief = await copyToThief(deviceA);
  await saveEntry(thief.app, 'forged');
  await until(thief, (state) => state.entries.length === 3 && isKept(state), 'received from the thief');
  thief.phone.end();
  await syncOnce(deviceA);
  assert.deepEqual(titlesOf(deviceA), ['forged', 'mine', 'one']);
  await putBack();
  deviceB.faults.off = false;
  await deviceB.app.renewKeys({ words: WORDS, newWords: NEW });
  await syncOnce(deviceA).catch(() => undefined);
  await deviceA.app.catchUp({ words: NEW });
  await syncOnce(deviceA).catch(() => undefined);
  await untilGoneBack(deviceA);
  await deviceA.app.sendAgain();
  await until(deviceA, () => statesByTitle(deviceA).mine === 'kept', 'its own is kept');
  await syncOnce(deviceA);
  assert.deepEqual(statesByTitle(deviceA), { one: 'kept', mine: 'kept', forged: 'trouble' });
  // A sealed copy contains what this phone has, and can be restored
  const { file: copy } = await deviceA.app.makeCopy({ words: NEW });
  const restored = makePhone();
  await restored.app.start();
  await restored.app.takeCopy({ file: copy, words: NEW });
  assert.deepEqual(titlesOf(restored), ['forged', 'mine', 'one']);
  const deviceC = await anotherPhone(server.base, deviceA.login, NEW);
  for (const phone of [deviceB, deviceC]) {
    await syncOnce(phone);
    assert.deepEqual(titlesOf(phone), ['mine', 'one']);
  }
});

test('another phone’s version waits for that phone, and is reported until it arrives', async () => {
  const deviceA = await registeredPhone(server);
  const [deviceB, writer] = [
    await anotherPhone(server.base, deviceA.login),
    await anotherPhone(server.base, deviceA.login),
  ];
  for (const phone of [deviceB, writer]) await syncOnce(phone);
  const putBack = await copyServer(server);
  deviceB.faults.off = true;
  await saveEntry(writer.app, 'theirs');
  await syncOnce(writer);
  writer.faults.off = true;
  await syncOnce(deviceA);
  assert.deepEqual(titlesOf(deviceA), ['one', 'theirs']);
  await putBack();
  deviceB.faults.off = false;
  await deviceB.app.renewKeys({ words: WORDS, newWords: NEW });
  for (const phone of [deviceA, writer]) {
    phone.faults.off = false;
    await syncOnce(phone).catch(() => undefined);
    await phone.app.catchUp({ words: NEW });
    await syncOnce(phone).catch(() => undefined);
    await untilGoneBack(phone);
    await phone.app.sendAgain();
    await syncOnce(phone).catch(() => undefined);
    if (phone === deviceA) assert.deepEqual(statesByTitle(deviceA), { one: 'kept', theirs: 'trouble' });
  }
  await until(writer, isKept, 'sent by the one that wrote it');
  const deviceC = await anotherPhone(server.base, deviceA.login, NEW);
  for (const phone of [deviceA, deviceB, writer, deviceC]) await syncOnce(phone);
  for (const phone of [deviceA, deviceB, writer, deviceC]) await assertSound(phone, ['one', 'theirs']);
  // Every phone has the same, valid signature for its packs
  const { record } = writer.app.state.entries.find(({ title }) => title === 'theirs');
  const signatures = [deviceA, deviceB, writer, deviceC].map(
    async ({
      phone: {
        ctx: { open },
      },
    }) => {
      const [{ v }] = (await open.book.meta(record)).versions;
      return decodePush((await open.store.read(`v/${v}`)).bytes).meta.sig;
    },
  );
  assert.equal(new Set(await Promise.all(signatures)).size, 1);
});

for (const [
  progress,
  begin,
  failingPath,
] of /** @type {[string, (phone: {app: import('./phone/phone.mjs').App}) => Promise<unknown>, string][]} */ ([
  ['not begun', async () => undefined, '/changes'],
  ['begun before, and the feed cannot be read', ({ app }) => app.sendAgain(), '/changes'],
  ['begun before, and nothing can be sent', ({ app }) => app.sendAgain(), '/versions/'],
])) {
  test(`after a key change while "send again" is ${progress}, everything opens, also in a new process`, async () => {
    const { one: deviceA, two: deviceB } = await twoPhones(server);
    const putBack = await copyServer(server);
    deviceB.faults.off = true;
    const { record } = await saveEntry(deviceA.app, 'two');
    await syncOnce(deviceA);
    const commitments = async ({ phone }) => (await phone.ctx.open.book.meta(record)).versions.map(({ c }) => c);
    const before = await commitments(deviceA);
    await putBack();
    deviceB.faults.off = false;
    await syncOnce(deviceA).catch(() => undefined);
    await untilGoneBack(deviceA);
    deviceA.faults.before = (path) => {
      if (path.includes(failingPath)) throw new TypeError('Failed to fetch');
    };
    await begin(deviceA);
    await syncOnce(deviceA).catch(() => undefined);
    await deviceB.app.renewKeys({ words: WORDS, newWords: NEW });
    await deviceA.app.catchUp({ words: NEW });
    delete deviceA.faults.before;
    await syncOnce(deviceA).catch(() => undefined);
    if (deviceA.app.state.account.trouble) await deviceA.app.sendAgain();
    await until(deviceA, isKept, 'kept');
    const deviceC = await anotherPhone(server.base, deviceA.login, NEW);
    for (const phone of [deviceA, deviceB, deviceC]) await assertSound(phone, ['one', 'two']);
    await assertSound(await reopen(deviceA, NEW), ['one', 'two']);
    assert.deepEqual(await commitments(deviceC), before);
  });
}

test('an entry with a number beyond the end of the feed opens after new keys were made elsewhere', async () => {
  const { one: deviceA, two: deviceB } = await twoPhonesAheadOfFeed(server);
  await until(deviceA, () => statesByTitle(deviceA).mine === 'kept', 'kept');
  await syncOnce(deviceB);
  await deviceB.app.renewKeys({ words: WORDS, newWords: NEW });
  await syncOnce(deviceA).catch(() => undefined);
  await deviceA.app.catchUp({ words: NEW });
  delete deviceA.faults.before;
  await until(deviceA, ({ entries }) => entries.length === 3, 'all here');
  await assertSound(await reopen(deviceA, NEW), ['mine', 'one', 'theirs']);
});

test('a signature is valid only by the key that a version names or by one of its successors', async () => {
  const pairs = [await newKeyPair(), await newKeyPair(), await newKeyPair(), await newKeyPair()];
  const keys = await Promise.all(
    pairs.map(async (pair) => ({
      id: authorKeyId(pair.pub),
      key: await importSigningKey(pair),
      pub: await importVerifyingKey(pair.pub),
    })),
  );
  const [first, second, third, stranger] = keys;
  const authors = new Map([first, second, third].map(({ id, pub }) => [id, pub]));
  const diaryKey = await importKey(randomBytes(32));
  const place = { diary: formatId(newId()), record: formatId(newId()), version: formatId(newId()) };
  const names = { open: ['narrative'], restricted: [] };
  const isAltered = async (named, signer) => {
    const { meta, wraps, envelopes } = await sealVersion(
      {
        place,
        kind: 'incident',
        schema: 1,
        author: { account: formatId(newId()), device: formatId(newId()) },
        by: named.id,
        line: { device: formatId(newId()), n: 1, prev: null },
        clock: { offset_ms: null, tz: 'Europe/London', utc: 0 },
        parents: [],
        open: { narrative: 'x' },
        restricted: {},
        openKeys: [],
        restrictedKeys: [],
      },
      names,
      { diaryKey, epoch: 1, signKey: named.key },
    );
    const sig = b64(await sign(signer.key, bytesToSign(meta.c, place)));
    return (await openVersion({ place, meta: { ...meta, sig }, wraps, envelopes }, { diaryKey, authors }, () => names))
      .altered;
  };
  for (const [named, signer, altered] of [
    [second, second, false],
    [second, third, false],
    [second, first, true],
    [second, stranger, true],
    [third, second, true],
    [first, third, false],
  ])
    assert.equal(await isAltered(named, signer), altered);
});
