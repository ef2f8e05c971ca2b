/** What is said of a device's line: a version that is missing is named for as long as it is, and one that only came in another order never. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { checkLines } from '#app/diary/sync/lines.js';
import { anotherPhone } from './phone/another.mjs';
import { isKept, isPush, looks, registeredPhone, save, titles } from './phone/keeper.mjs';
import { WORDS, until } from './phone/phone.mjs';
import { copyServer, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const tries = (one) => looks(one).catch(() => undefined);

const keeper = (words) => registeredPhone(server, words);

/** Everything is kept on every one of them, and nothing is doubted: what each says, and what its root holds. */
async function areSound(phones, wanted) {
  for (const one of phones) {
    await looks(one);
    await until(one, (state) => isKept(state) && state.entries.length === wanted.length, wanted.join());
    assert.deepEqual(titles(one), wanted);
    assert.deepEqual([one.phone.ctx.open.store.root.doubts, one.app.state.account.trouble], [{}, null]);
  }
}

/** Off line it writes, and `then` something happens to it; after that the signal comes back. */
async function writesAway(one, words, then = async () => undefined) {
  one.faults.off = true;
  one.phone.online = false;
  one.app.network();
  for (const each of words) await save(one.app, each);
  await then();
  await one.phone.ctx.open.syncing.current;
  one.faults.off = false;
  one.phone.online = true;
}

test('a server put back while a phone is open: what it writes next waits for what the server lacks, and no number moves', async () => {
  const one = await keeper();
  const putBack = await copyServer(server);
  for (const words of ['two', 'three']) await save(one.app, words);
  await until(one, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await looks(one);
  await putBack();
  await writesAway(one, ['C']);
  one.app.network();
  await until(one, ({ account }) => account.trouble?.code === 'server_behind', 'it is said');
  await one.app.sendAgain();
  await until(one, (state) => state.entries.length === 4 && isKept(state), 'all kept');
  assert.deepEqual(
    one.app.state.entries.map(({ title, seq_no }) => [title, seq_no]).sort(([, a], [, b]) => a - b),
    [
      ['one', 1],
      ['two', 2],
      ['three', 3],
      ['C', 4],
    ],
  );
  const fresh = await anotherPhone(server.base, one.login);
  await areSound([one, fresh], ['C', 'one', 'three', 'two']);
  for (const { phone } of [one, fresh]) phone.end();
});

test('a server put back while a phone is sending: what was sent too early is no gap to a new phone', async () => {
  const one = await keeper();
  const putBack = await copyServer(server);
  for (const words of ['two', 'three']) await save(one.app, words);
  await until(one, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await looks(one);
  await writesAway(one, ['C']);
  one.faults.before = async (path, options) => {
    if (!isPush(path, options)) return;
    delete one.faults.before;
    await putBack();
  };
  one.app.network();
  await until(one, ({ account }) => account.trouble?.code === 'server_behind', 'it is said');
  await one.app.sendAgain();
  await until(one, (state) => state.entries.length === 4 && isKept(state), 'all kept');
  const fresh = await anotherPhone(server.base, one.login);
  await areSound([one, fresh], ['C', 'one', 'three', 'two']);
  for (const { phone } of [one, fresh]) phone.end();
});

test('a manifest of before the server was put back is doubted until a later one holds, on every phone and a new one', async () => {
  const one = await keeper();
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await looks(two);
  const putBack = await copyServer(server);
  for (const words of ['two', 'three']) await save(two.app, words);
  await until(two, (state) => state.entries.length === 3 && isKept(state), 'kept');
  await two.app.lock('asked'); // writes the manifest
  await two.app.unlock(WORDS);
  await looks(two);
  await putBack();
  const three = await anotherPhone(server.base, one.login);
  await until(three, isKept, 'on the third');
  await save(three.app, 'C');
  await until(three, (state) => state.entries.length === 2 && isKept(state), 'C has the number that two had');
  await tries(two);
  await until(two, ({ account }) => ['server_behind', 'head_differs'].includes(account.trouble?.code), 'it is said');
  // The manifest goes up again, and its writer then ends before it can write another.
  const { counter } = two.phone.ctx.open.store.root.manifest;
  two.faults.before = async (path, options) => {
    const { outbox, manifest } = two.phone.ctx.open.store.root;
    if (isPush(path, options) && outbox.length === 1 && manifest.counter > counter)
      throw new TypeError('Failed to fetch');
  };
  await two.app.sendAgain();
  await tries(two);
  const early = await anotherPhone(server.base, one.login);
  await until(early, (state) => state.entries.length === 4 && isKept(state), 'all are there');
  await looks(early);
  assert.equal(
    early.app.state.account.trouble?.code,
    'omitted',
    'a statement of the keeper’s own is contradicted, and no later one is there yet',
  );
  delete two.faults.before;
  await looks(two);
  for (const other of [one, three, early]) await looks(other);
  const fresh = await anotherPhone(server.base, one.login);
  const phones = [one, two, three, early, fresh];
  await areSound(phones, ['C', 'one', 'three', 'two']);
  for (const { phone } of phones) phone.end();
});

test('two phones ahead of a server that was put back, each sending before it knows: neither doubts the other, nor does a new one', async () => {
  const one = await keeper();
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await looks(two);
  const putBack = await copyServer(server);
  const all = ['by one', 'by two'];
  for (const [i, phone] of [one, two].entries()) {
    await save(phone.app, all[i]);
    await until(phone, isKept, 'kept');
    await looks(phone);
  }
  for (const phone of [one, two]) await looks(phone);
  await writesAway(one, ['C']);
  await writesAway(two, ['D']);
  // Both have asked for the feed, and both send, when the server is the one of before.
  let [waiting, go] = [0, null];
  const back = new Promise((done) => {
    go = done;
  });
  for (const { faults } of [one, two]) {
    faults.before = async (path, options) => {
      if (!isPush(path, options)) return;
      delete faults.before;
      if (++waiting === 2) await putBack().then(go);
      await back;
    };
  }
  for (const { app } of [one, two]) app.network();
  await back;
  for (const phone of [one, two]) {
    await tries(phone);
    await until(
      phone,
      ({ account }) => ['server_behind', 'head_differs'].includes(account.trouble?.code),
      'it is said',
    );
    await phone.app.sendAgain();
    await until(phone, isKept, 'kept');
    await looks(phone);
  }
  const fresh = await anotherPhone(server.base, one.login);
  await areSound([one, two, fresh], ['C', 'D', 'by one', 'by two', 'one']);
  for (const { phone } of [one, two, fresh]) phone.end();
});

test('a version that is truly missing is said on every other phone, and no longer once it has come', async () => {
  const one = await keeper();
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  const { store } = one.phone.ctx.open;
  let held = null;
  await writesAway(one, ['kept back', 'after it'], () =>
    store.change((root) => {
      held = root.outbox.shift();
    }),
  );
  await looks(one);
  const fresh = await anotherPhone(server.base, one.login);
  for (const phone of [two, fresh]) {
    await looks(phone);
    assert.equal(phone.app.state.account.trouble?.code, 'line_gap');
    await phone.app.lock('asked');
    await phone.app.unlock(WORDS);
    await looks(phone);
    assert.equal(phone.app.state.account.trouble?.code, 'line_gap', 'and still, when nothing has come');
  }
  await save(one.app, 'and another');
  await looks(one);
  for (const phone of [two, fresh]) {
    await looks(phone);
    assert.equal(phone.app.state.account.trouble?.code, 'line_gap', 'whatever else came');
  }
  await store.change((root) => {
    root.outbox = [held, ...root.outbox];
  });
  await looks(one);
  const last = await anotherPhone(server.base, one.login);
  await areSound([one, two, fresh, last], ['after it', 'and another', 'kept back', 'one']);
  for (const { phone } of [one, two, fresh, last]) phone.end();
});

test('a phone that was told so by the version before looks again at what it has, and says it no longer', async () => {
  const one = await keeper();
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await two.phone.ctx.open.store.change((root) => {
    root.doubts = { line_gap: true };
    root.lines = { [one.phone.ctx.open.identity.device]: { n: 1, c: 'of another' } };
  });
  await areSound([one, two], ['one']);
  await save(one.app, 'two');
  await areSound([one, two], ['one', 'two']);
  for (const { phone } of [one, two]) phone.end();
});

/** What is judged of a diary with these versions: [device, number, commitment before, its own], or null for one that was erased for good. */
async function judged(versions) {
  const root = { doubts: {}, lines: {}, lines_unsure: true, outbox: [], feed: { seq: versions.length } };
  const metas = versions.map((one, i) => ({
    record: `r${i}`,
    versions: [{ v: `v${i}`, c: one?.[3] ?? `erased${i}` }],
  }));
  const opened = new Map(
    versions.flatMap((one, i) =>
      one ? [[`v${i}`, { fields: { _line: { device: one[0], n: one[1], prev: one[2] } } }]] : [],
    ),
  );
  const store = {
    root,
    readJsonMany: async () => [versions.map((_one, i) => [i + 1, `r${i}`, `v${i}`, '', ''])],
    change: async (fill) => fill(root),
  };
  await checkLines({ store, identity: { device: 'own' }, book: { readAgain: async () => ({ metas, opened }) } });
  return root;
}

test('as many numbers may be missing as versions were erased for good; a version in the place of another does not count', async () => {
  const [first, second, third] = [
    ['a', 1, null, 'a1'],
    ['a', 2, 'a1', 'a2'],
    ['a', 3, 'a2', 'a3'],
  ];
  assert.deepEqual((await judged([first, third, second])).doubts, {});
  assert.deepEqual((await judged([null, third, first])).doubts, {}, 'erased');
  assert.equal((await judged([null, third, first])).blanks, 0, 'and it stands for one number only');
  assert.deepEqual((await judged([third, first])).doubts, { line_gap: true });
  assert.deepEqual(
    (await judged([null, ['b', 2, 'b1', 'b2'], third, first])).doubts,
    { line_gap: true },
    'two are missing, and one was erased',
  );
  assert.deepEqual((await judged([first, ['a', 2, 'a1', 'another'], third])).doubts, { line_gap: true });
  assert.deepEqual((await judged([first, second, ['a', 2, 'a1', 'another'], third])).doubts, { line_gap: true });
  assert.deepEqual(
    (await judged([['own', 4, 'x', 'y'], first])).doubts,
    {},
    'this device’s own line is its own to know',
  );
  const { lines, lines_unsure } = await judged([first, third, second]);
  assert.deepEqual([lines, lines_unsure], [{ a: { n: 3, c: 'a3' } }, undefined]);
});
