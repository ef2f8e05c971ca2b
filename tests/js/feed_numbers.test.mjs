/** The numbers of a feed: each follows the one before, whatever the server leaves out, repeats or puts elsewhere. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { until, WORDS, phoneWithEntry } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '#app/core/encoding.js';
import { b64 } from '#app/core/bytes.js';
import { pullFeed } from '#app/net/feed.js';

const START = { seq: 0, head: b64(new Uint8Array(32)) };
const isKept = ({ entries }) => entries.length === 3 && entries.every(({ state }) => state.code === 'kept');

let server;
let phone;
/** The only page there is: what is said of it, and its three items. */
let first;
let items;

before(async () => {
  server = await startServer();
  const made = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()) },
    'one',
  );
  phone = made.phone;
  for (const narrative of ['two', 'three'])
    await made.app.saveIncident({ record: null, fields: { narrative }, restricted: {} });
  await made.app.register({ words: WORDS });
  await until(made, isKept, 'kept');
  const { api, diary } = phone.ctx.open.syncing.link();
  const [said, ...rest] = decodeFrames(await api.changes(diary, 0), { maxParts: 501 });
  first = parseCanonicalObject(said);
  items = rest;
});
after(() => {
  phone.end();
  return server.stop();
});

/** An item whose facts are changed. */
function changed(item, change) {
  const [facts, ...sealed] = decodeFrames(item, { maxParts: 5 });
  return encodeFrames([canonicalBytes({ ...parseCanonicalObject(facts), ...change }), ...sealed]);
}

/** What a phone takes of a page; how it ends. `said` changes what the server says of the page. */
async function taken(page, said = {}) {
  const took = [];
  const link = {
    ...phone.ctx.open.syncing.link(),
    api: { changes: async () => encodeFrames([canonicalBytes({ ...first, ...said }), ...page]) },
  };
  const end = await pullFeed(link, START, async (read) => {
    took.push(...read.map(({ seq }) => seq));
  }).then(
    ({ seq }) => seq,
    ({ code }) => code,
  );
  return { took, end };
}

test('the page as it is: every number once, in order', async () => {
  assert.deepEqual(
    items.map((item) => parseCanonicalObject(decodeFrames(item, { maxParts: 5 })[0]).seq),
    [...items.keys()].map((i) => i + 1),
  );
  assert.deepEqual(await taken(items), { took: items.map((_item, i) => i + 1), end: items.length });
});

for (const [what, page, said] of [
  ['one is left out', () => items.toSpliced(1, 1)],
  ['the first is left out', () => items.slice(1)],
  ['one comes twice', () => items.toSpliced(1, 0, items[0])],
  ['two change places', () => [items[1], items[0], ...items.slice(2)]],
  ['a number is higher than it was', () => [items[0], changed(items[1], { seq: 3 }), ...items.slice(2)]],
  ['a number comes again', () => [items[0], changed(items[1], { seq: 1 }), ...items.slice(2)]],
  [
    'one is left out of a page that says nothing signed and has more after it',
    () => items.toSpliced(1, 1),
    { head: null, latest: 900 },
  ],
]) {
  test(`${what}: the feed is said to be altered, and nothing of it is taken`, async () => {
    assert.deepEqual(await taken(page(), said), { took: [], end: 'feed_altered' });
  });
}

for (const [what, said] of [
  ['how far it goes', { latest: '3' }],
  ['where the page ends', { to: null }],
]) {
  test(`a page that does not say ${what} is no page`, async () => {
    assert.deepEqual(await taken(items, said), { took: [], end: 'garbage' });
  });
}

test('less than this phone has read is said to be an older server', async () => {
  const link = {
    ...phone.ctx.open.syncing.link(),
    api: { changes: async () => encodeFrames([canonicalBytes({ ...first, latest: 2, to: 2, head: null })]) },
  };
  await assert.rejects(
    pullFeed(link, { ...START, seq: 3 }, async () => assert.fail('nothing is to be taken')),
    { code: 'server_behind' },
  );
});

test('a page that ends where the server ends and has nothing signed for it is not taken', async () => {
  assert.deepEqual(await taken(items, { head: null }), { took: [], end: 'head_differs' });
});
