/** Feed numbers: each must follow the one before, whatever the server leaves out, repeats or moves. */
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
/** The header of the only page of the feed; `items` are its three items. */
let pageHeader;
let items;

before(async () => {
  server = await startServer();
  const setup = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()) },
    'one',
  );
  phone = setup.phone;
  for (const narrative of ['two', 'three'])
    await setup.app.saveIncident({ record: null, fields: { narrative }, restricted: {} });
  await setup.app.register({ words: WORDS });
  await until(setup, isKept, 'kept');
  const { api, diary } = phone.ctx.open.syncing.link();
  const [facts, ...frames] = decodeFrames(await api.changes(diary, 0), { maxParts: 501 });
  pageHeader = parseCanonicalObject(facts);
  items = frames;
});
after(() => {
  phone.end();
  return server.stop();
});

/** Return an item with changed facts. */
function withFacts(item, change) {
  const [facts, ...sealed] = decodeFrames(item, { maxParts: 5 });
  return encodeFrames([canonicalBytes({ ...parseCanonicalObject(facts), ...change }), ...sealed]);
}

/**
 * Let the phone read a page. Return the numbers it took and how the read ended. `overrides` changes the header of the
 * page.
 */
async function pullPage(page, overrides = {}) {
  const taken = [];
  const link = {
    ...phone.ctx.open.syncing.link(),
    api: { changes: async () => encodeFrames([canonicalBytes({ ...pageHeader, ...overrides }), ...page]) },
  };
  const end = await pullFeed(link, START, async (versions) => {
    taken.push(...versions.map(({ seq }) => seq));
  }).then(
    ({ seq }) => seq,
    ({ code }) => code,
  );
  return { taken, end };
}

test('an unchanged page returns every number once, in order', async () => {
  assert.deepEqual(
    items.map((item) => parseCanonicalObject(decodeFrames(item, { maxParts: 5 })[0]).seq),
    [...items.keys()].map((i) => i + 1),
  );
  assert.deepEqual(await pullPage(items), { taken: items.map((_item, i) => i + 1), end: items.length });
});

for (const [title, page, overrides] of /** @type {[string, () => Uint8Array[], object?][]} */ ([
  ['one is left out', () => items.toSpliced(1, 1)],
  ['the first is left out', () => items.slice(1)],
  ['one comes twice', () => items.toSpliced(1, 0, items[0])],
  ['two change places', () => [items[1], items[0], ...items.slice(2)]],
  ['a number is higher than it was', () => [items[0], withFacts(items[1], { seq: 3 }), ...items.slice(2)]],
  ['a number comes again', () => [items[0], withFacts(items[1], { seq: 1 }), ...items.slice(2)]],
  [
    'one is left out of a page that says nothing signed and has more after it',
    () => items.toSpliced(1, 1),
    { head: null, latest: 900 },
  ],
])) {
  test(`${title}: the phone reports an altered feed and takes nothing of it`, async () => {
    assert.deepEqual(await pullPage(page(), overrides), { taken: [], end: 'feed_altered' });
  });
}

for (const [title, overrides] of [
  ['how far it goes', { latest: '3' }],
  ['where the page ends', { to: null }],
]) {
  test(`a page that does not say ${title} is refused`, async () => {
    assert.deepEqual(await pullPage(items, overrides), { taken: [], end: 'garbage' });
  });
}

test('a feed shorter than what this phone has read is reported as an older server', async () => {
  const link = {
    ...phone.ctx.open.syncing.link(),
    api: { changes: async () => encodeFrames([canonicalBytes({ ...pageHeader, latest: 2, to: 2, head: null })]) },
  };
  await assert.rejects(
    pullFeed(link, { ...START, seq: 3 }, async () => assert.fail('nothing is to be taken')),
    { code: 'server_behind' },
  );
});

test('a page that ends where the feed ends, without a signed statement of that end, is refused', async () => {
  assert.deepEqual(await pullPage(items, { head: null }), { taken: [], end: 'head_differs' });
});
