/**
 * The server is put back to an older copy, and then every key is made new by a phone that never had the entries that
 * were lost. The
 * phone that wrote them sends them again; whoever has the keys of before, and no more, gets nothing taken.
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
import { anotherPhone } from './phone/another.mjs';
import { beyondTheFeed, isKept, looks, registeredPhone, save, titles, twoPhones } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, until } from './phone/phone.mjs';
import { copyServer, sender, startServer } from './phone/server.mjs';

const NEW = 'orbit velvet canyon maple drift spoon';
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const GONE_BACK = ['server_behind', 'head_differs'];
const saysGoneBack = (one) =>
  until(one, ({ account }) => GONE_BACK.includes(account.trouble?.code), 'that the server has gone back');

/** A phone in a new process over the same database. */
async function again({ phone }, words) {
  const next = makePhone({ after: phone, origin: server.base, send: sender(server.base, {}) });
  await next.app.start();
  await next.app.unlock(words);
  return { phone: next, app: next.app };
}

/** Nothing is in doubt, and every entry opens from what lies on the phone. */
async function standsWell(one, wanted) {
  await looks(one);
  assert.deepEqual(titles(one), wanted);
  assert.ok(isKept(one.app.state));
  assert.deepEqual([one.phone.ctx.open.store.root.doubts, one.app.state.account.trouble], [{}, null]);
  assert.deepEqual(one.phone.ctx.open.store.root.outbox, []);
  for (const { record, title } of one.app.state.entries) {
    const { fields } = await one.app.readIncident(record);
    assert.equal(fields.narrative, title);
  }
}

test('entries that a phone wrote and the server lost are sent again under the keys that another phone made', async () => {
  const { one, two } = await twoPhones(server);
  const putBack = await copyServer(server);
  two.faults.off = true;
  for (const words of ['two', 'three']) await save(one.app, words);
  const { attachment } = await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await until(one, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await looks(one);
  const before = await one.phone.ctx.open.book.meta(one.record);
  await putBack();
  two.faults.off = false;
  await looks(two);
  await two.app.renewKeys({ words: WORDS, newWords: NEW });
  await save(two.app, 'four');
  await looks(two);
  // The one that has them follows, hears that the server has less, and sends them again
  await looks(one).catch(() => undefined);
  await one.app.catchUp({ words: NEW });
  await looks(one).catch(() => undefined);
  await saysGoneBack(one);
  await one.app.sendAgain();
  await until(one, (state) => state.entries.length === 4 && isKept(state), 'all kept');
  await save(one.app, 'five');
  await looks(one);
  const three = await anotherPhone(server.base, one.login, NEW);
  const all = ['five', 'four', 'one', 'three', 'two'];
  await until(three, (state) => state.entries.length === 5 && isKept(state), 'on a new phone');
  for (const phone of [one, two, three]) await standsWell(phone, all);
  // What was committed to is what it was, and what lies there opens in a new process too
  const now = await one.phone.ctx.open.book.meta(one.record);
  assert.deepEqual(
    now.versions.map(({ c }) => c),
    before.versions.map(({ c }) => c),
  );
  for (const phone of [one, two, three]) await standsWell(await again(phone, NEW), all);
  await three.app.checkFile(attachment);
});

/** Somebody with a copy of a phone, its words and its session. */
async function thiefOf({ phone }) {
  const stolen = new Database({ name: `${phone.name} stolen` });
  const [from, to] = [await phone.database.open(), await stolen.open()];
  for (const table of from.objectStoreNames) {
    const [keys, values] = await Promise.all([from.getAllKeys(table), from.getAll(table)]);
    for (const [i, key] of keys.entries()) await to.put(table, values[i], key);
  }
  const thief = makePhone({ database: stolen, origin: server.base, send: sender(server.base, {}) });
  await thief.app.start();
  await thief.app.unlock(WORDS);
  return { phone: thief, app: thief.app };
}

/** The states of entries, by title. */
const statesOf = ({ app }) => Object.fromEntries(app.state.entries.map(({ title, state }) => [title, state.code]));

test('what a thief with a copy of the phone sent in its name is not signed by the new keys', async () => {
  const { one, two } = await twoPhones(server);
  const putBack = await copyServer(server);
  two.faults.off = true;
  await save(one.app, 'mine');
  await looks(one);
  const thief = await thiefOf(one);
  await save(thief.app, 'forged');
  await until(thief, (state) => state.entries.length === 3 && isKept(state), 'taken from the thief');
  thief.phone.end();
  await looks(one);
  assert.deepEqual(titles(one), ['forged', 'mine', 'one']);
  await putBack();
  two.faults.off = false;
  await two.app.renewKeys({ words: WORDS, newWords: NEW });
  await looks(one).catch(() => undefined);
  await one.app.catchUp({ words: NEW });
  await looks(one).catch(() => undefined);
  await saysGoneBack(one);
  await one.app.sendAgain();
  await until(one, () => statesOf(one).mine === 'kept', 'its own is kept');
  await looks(one);
  assert.deepEqual(statesOf(one), { one: 'kept', mine: 'kept', forged: 'trouble' });
  // A sealed copy has it as this phone has it, and can be taken in
  const { file: copy } = await one.app.makeCopy({ words: NEW });
  const restored = makePhone();
  await restored.app.start();
  await restored.app.takeCopy({ file: copy, words: NEW });
  assert.deepEqual(titles(restored), ['forged', 'mine', 'one']);
  const three = await anotherPhone(server.base, one.login, NEW);
  for (const phone of [two, three]) {
    await looks(phone);
    assert.deepEqual(titles(phone), ['mine', 'one']);
  }
});

test('what another phone wrote waits for that phone, and is reported until it arrives', async () => {
  const one = await registeredPhone(server);
  const [two, writer] = [await anotherPhone(server.base, one.login), await anotherPhone(server.base, one.login)];
  for (const phone of [two, writer]) await looks(phone);
  const putBack = await copyServer(server);
  two.faults.off = true;
  await save(writer.app, 'theirs');
  await looks(writer);
  writer.faults.off = true;
  await looks(one);
  assert.deepEqual(titles(one), ['one', 'theirs']);
  await putBack();
  two.faults.off = false;
  await two.app.renewKeys({ words: WORDS, newWords: NEW });
  for (const phone of [one, writer]) {
    phone.faults.off = false;
    await looks(phone).catch(() => undefined);
    await phone.app.catchUp({ words: NEW });
    await looks(phone).catch(() => undefined);
    await saysGoneBack(phone);
    await phone.app.sendAgain();
    await looks(phone).catch(() => undefined);
    if (phone === one) assert.deepEqual(statesOf(one), { one: 'kept', theirs: 'trouble' });
  }
  await until(writer, isKept, 'sent by the one that wrote it');
  const three = await anotherPhone(server.base, one.login, NEW);
  for (const phone of [one, two, writer, three]) await looks(phone);
  for (const phone of [one, two, writer, three]) await standsWell(phone, ['one', 'theirs']);
  // A pack of any of them has the signature that counts
  const { record } = writer.app.state.entries.find(({ title }) => title === 'theirs');
  const signatures = [one, two, writer, three].map(
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

for (const [when, begin, fails] of [
  ['not begun', async () => undefined, '/changes'],
  ['begun before, and the feed cannot be read', ({ app }) => app.sendAgain(), '/changes'],
  ['begun before, and nothing can be sent', ({ app }) => app.sendAgain(), '/versions/'],
]) {
  test(`the keys change while "send again" is ${when}: everything opens afterwards, in a new process too`, async () => {
    const { one, two } = await twoPhones(server);
    const putBack = await copyServer(server);
    two.faults.off = true;
    const { record } = await save(one.app, 'two');
    await looks(one);
    const commitments = async ({ phone }) => (await phone.ctx.open.book.meta(record)).versions.map(({ c }) => c);
    const before = await commitments(one);
    await putBack();
    two.faults.off = false;
    await looks(one).catch(() => undefined);
    await saysGoneBack(one);
    one.faults.before = (path) => {
      if (path.includes(fails)) throw new TypeError('Failed to fetch');
    };
    await begin(one);
    await looks(one).catch(() => undefined);
    await two.app.renewKeys({ words: WORDS, newWords: NEW });
    await one.app.catchUp({ words: NEW });
    delete one.faults.before;
    await looks(one).catch(() => undefined);
    if (one.app.state.account.trouble) await one.app.sendAgain();
    await until(one, isKept, 'kept');
    const three = await anotherPhone(server.base, one.login, NEW);
    for (const phone of [one, two, three]) await standsWell(phone, ['one', 'two']);
    await standsWell(await again(one, NEW), ['one', 'two']);
    assert.deepEqual(await commitments(three), before);
  });
}

test('an entry with a number beyond the end of the feed opens after new keys were made elsewhere', async () => {
  const { one, two } = await beyondTheFeed(server);
  await until(one, () => statesOf(one).mine === 'kept', 'kept');
  await looks(two);
  await two.app.renewKeys({ words: WORDS, newWords: NEW });
  await looks(one).catch(() => undefined);
  await one.app.catchUp({ words: NEW });
  delete one.faults.before;
  await until(one, ({ entries }) => entries.length === 3, 'all here');
  await standsWell(await again(one, NEW), ['mine', 'one', 'theirs']);
});

test('a signature holds when it is by the key that a version names or by one that came after it, and by no other', async () => {
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
  const place = Object.fromEntries(['diary', 'record', 'version'].map((name) => [name, formatId(newId())]));
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
