/**
 * A pack, and entries that are still being downloaded. A pack that is asked for too early waits, and nothing that came
 * after the keeper's review goes into it.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { requireAllSeen } from '#app/features/share/pack_seen.js';
import { packActions } from '#app/features/share/actions.js';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '#app/core/encoding.js';
import { isKept, saveEntry } from './phone/keeper.mjs';
import { PNG, WORDS, confirmPack, file, makePhone, noNetwork, phoneWithEntry, until } from './phone/phone.mjs';
import { anotherPhone } from './phone/second_phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const ALL = { from: null, to: null, records: null };
const FORMATTERS = { when: (fields) => String(fields.occurred_local ?? ''), at: (ms) => new Date(ms).toISOString() };
const PACK_OPTIONS = { ...ALL, initials: 'JB', sheet: {}, own_words: '', start_with: [], say: FORMATTERS };
const SENTINEL = 'SENTINEL nobody looked at this';
const cameSince = { code: 'came_since' };
const html = () => new Response('<html>Sign in to Wi-Fi</html>', { headers: { 'content-type': 'text/html' } });
const json = (body) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
const isComing = ({ account }) => Boolean(account?.coming);

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Return a registered phone with `count` entries, all kept on the server. */
async function keeper(count = 1) {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const setup = await phoneWithEntry(
    { packActions, origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'Entry 1.',
  );
  const { login } = await setup.app.register({ words: WORDS });
  for (let n = 2; n <= count; n++) await saveEntry(setup.app, `Entry ${n}.`);
  await until(setup, (state) => state.entries.length === count && isKept(state), 'kept');
  return { ...setup, faults, login };
}

const signInDevice = (login, faults = {}) => anotherPhone(server.base, login, WORDS, faults, { packActions });

/**
 * Return faults that cut the feed into pages of two. `beforePage` may delay or fail the page after a number.
 * @param {(after: number) => Promise<Response|null|void>} beforePage
 */
const inPages = (beforePage) => ({
  before: (path) => (/\/changes\?/.test(path) ? beforePage(Number(/after=(\d+)/.exec(path)[1])) : null),
  async after(path, _options, response) {
    if (!/\/changes\?/.test(path)) return null;
    const [first, ...rest] = decodeFrames(new Uint8Array(await response.arrayBuffer()), { maxParts: 501 });
    const header = /** @type {{after: number}} */ (parseCanonicalObject(first));
    const shortened = rest.length > 2 ? { ...header, head: null, to: header.after + 2 } : header;
    return new Response(encodeFrames([canonicalBytes(shortened), ...rest.slice(0, 2)]), {
      headers: { 'content-type': 'application/octet-stream' },
    });
  },
});

test('a new phone answers questions about the diary only when it has every page', async () => {
  const { phone, login } = await keeper(5);
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const other = await signInDevice(
    login,
    inPages(async (number) => {
      if (number >= 2) await held;
    }),
  );
  await until(other, ({ entries }) => entries.length === 2, 'the first page');
  assert.deepEqual(other.app.state.account.coming, { here: 2, total: 5, state: 'fetching' });
  assert.equal(other.phone.ctx.open.store.root.coming, 3);
  const done = [];
  const answers = Object.entries({
    sum: other.app.chooseForPack(ALL),
    look: other.app.reviewPack(ALL),
    quick: other.app.readForQuick(),
    fresh: other.app.newSince(),
    items: other.app.findItems('1'),
    list: other.app.agree(WORDS).then((words) => other.app.readChronology({ ...ALL, agreed: words }, FORMATTERS)),
  }).map(([name, promise]) =>
    promise.then((result) => {
      done.push(name);
      return result;
    }),
  );
  await other.phone.waitUntilIdle({ held: true });
  assert.deepEqual(done, [], 'no question is answered from an incomplete diary');
  release();
  const [summary, , quick, added, , list] = await Promise.all(answers);
  assert.deepEqual([summary.entries, quick.records.length, added.length, list.rows.length], [5, 5, 5, 5]);
  await until(other, (state) => !isComing(state), 'all of it');
  assert.equal('coming' in other.phone.ctx.open.store.root, false);
  for (const device of [phone, other.phone]) device.end();
});

test('an interrupted first sync is reported without blocking the keeper until the whole feed is read', async () => {
  const { phone, login } = await keeper(5);
  let cutAt = 0;
  const faults = inPages(async (number) => {
    if (number >= cutAt) throw new TypeError('Failed to fetch');
  });
  const other = await signInDevice(login, faults);
  assert.equal((await other.app.chooseForPack(ALL)).entries, 0);
  assert.deepEqual(other.app.state.account.coming, { here: 0, total: null, state: 'offline' }, 'also before a page');
  cutAt = 2;
  other.app.network();
  await until(other, ({ entries }) => entries.length === 2, 'the first page');
  assert.equal((await other.app.chooseForPack(ALL)).entries, 2);
  assert.deepEqual(other.app.state.account.coming, { here: 2, total: 5, state: 'offline' });
  await other.app.lock('asked');
  faults.off = true;
  other.phone.online = false;
  await other.app.unlock(WORDS);
  await until(other, ({ account }) => account !== null);
  assert.deepEqual(other.app.state.account.coming, { here: 2, total: 5, state: 'offline' }, 'also after a lock');
  assert.equal((await other.app.chooseForPack(ALL)).entries, 2);
  // A public Wi-Fi answers every request with its own sign-in page.
  Object.assign(faults, { off: false, before: async () => html() });
  other.phone.online = true;
  other.app.network();
  assert.equal((await other.app.chooseForPack(ALL)).entries, 2);
  assert.deepEqual(other.app.state.account.coming, { here: 2, total: 5, state: 'stopped' });
  faults.before = async () => null;
  other.app.network();
  await until(other, (state) => !isComing(state), 'the rest');
  assert.equal((await other.app.chooseForPack(ALL)).entries, 5);
  await other.app.lock('asked');
  faults.off = true;
  await other.app.unlock(WORDS);
  assert.equal(other.app.state.account.coming, null);
  for (const device of [phone, other.phone]) device.end();
});

test('an empty diary is complete at once, and a diary without an account waits for nothing', async () => {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const phone = makePhone({
    packActions,
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  await phone.app.start();
  await phone.app.enrolHere(WORDS);
  assert.equal(phone.app.state.account.coming, null);
  const { login } = await phone.app.register({ words: WORDS });
  const other = await signInDevice(login);
  await until(other, (state) => !isComing(state), 'nothing');
  for (const device of [phone, other.phone]) device.end();
});

test('a picture added elsewhere between review and consent is in no pack; the next review shows it', async () => {
  const { app, phone, record, login } = await keeper();
  const other = await signInDevice(login);
  await until(other, ({ entries }) => entries.length === 1);
  const options = await confirmPack(app, PACK_OPTIONS);
  await other.app.addFile(record, file(PNG, `${SENTINEL}.png`), { route: 'photo_picker' });
  await until(other, isKept, 'sent');
  app.network();
  await until({ app }, ({ entries }) => entries[0].pictures === 1, 'the picture');
  await assert.rejects(
    app.buildHere(options, () => {}),
    cameSince,
  );
  assert.deepEqual(await app.readShared(), [], 'nothing was made');
  const secondLook = await app.chooseForPack(ALL);
  assert.equal(secondLook.pictures, 1);
  assert.ok(
    (await app.buildHere({ ...PACK_OPTIONS, looked: secondLook.looked, agreed: await app.agree(WORDS) }, () => {})).file
      .size > 0,
  );
  for (const device of [phone, other.phone]) device.end();
});

test('data that arrives in the last sync before a pack stops it: no capsule is sent, the job ends', async () => {
  const { app, phone, record, login, faults } = await keeper();
  const other = await signInDevice(login);
  await until(other, ({ entries }) => entries.length === 1);
  const options = await confirmPack(app, PACK_OPTIONS);
  faults.off = true;
  await other.app.addFile(record, file(PNG, 'IMG_0001.png'), { route: 'photo_picker' });
  await other.app.saveIncident({ record, fields: { narrative: `Entry 1. ${SENTINEL}` }, restricted: {} });
  await until(other, isKept, 'sent');
  const requests = [];
  let states = ['ready'];
  Object.assign(faults, {
    off: false,
    before: async (path, { method, body }) => {
      const bytes = body instanceof Uint8Array ? new TextDecoder('latin1').decode(body) : String(body ?? '');
      requests.push({ path, method, bytes });
      if (!path.startsWith('/v1/packs')) return null;
      if (method === 'POST') return json({ pack: 'p1' });
      return method === 'GET'
        ? json({ pack: 'p1', state: states.shift(), done: 0, total: 0, step: '' })
        : new Response(null, { status: 204 });
    },
  });
  await assert.rejects(
    app.buildPack(options, () => {}),
    cameSince,
  );
  assert.equal(app.state.entries[0].pictures, 1, 'it arrived in the sync before the pack');
  const packRequests = () =>
    requests.filter(({ path }) => path.startsWith('/v1/packs')).map(({ path, method }) => `${method} ${path}`);
  assert.deepEqual(packRequests(), ['POST /v1/packs', 'GET /v1/packs/p1', 'DELETE /v1/packs/p1']);
  assert.ok(!requests.some(({ bytes }) => bytes.includes('SENTINEL')));
  // After a review the same pack is sent, so the search above would have found the text.
  requests.length = 0;
  states = ['ready', 'failed'];
  await assert.rejects(
    confirmPack(app, PACK_OPTIONS).then((newOptions) => app.buildPack(newOptions, () => {})),
    { code: 'pack_failed' },
  );
  assert.ok(requests.find(({ path }) => path === '/v1/packs/p1/capsule').bytes.includes('SENTINEL'));
  for (const device of [phone, other.phone]) device.end();
});

test('text written between review and consent stops a pack; a picture decision or a removal does not', async () => {
  const { app, phone, record } = await phoneWithEntry({ packActions, send: noNetwork });
  const { attachment } = await app.addFile(record, file(PNG, 'IMG_0001.png'), { route: 'photo_picker' });
  const { record: second } = await saveEntry(app, 'Another.');
  await assert.rejects(
    app.buildHere({ ...(await confirmPack(app, PACK_OPTIONS)), looked: undefined }, () => {}),
    cameSince,
    'without the reviewed set, no pack is made',
  );
  const options = await confirmPack(app, PACK_OPTIONS);
  await app.decidePicture(attachment, 'hold');
  await app.decideWords('14 Elm Road', 'hold');
  assert.equal((await app.buildHere(options, () => {})).no, 1);
  const chosen = { ...PACK_OPTIONS, records: [record, second] };
  for (const change of [
    () => app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} }),
    () => app.addFile(second, file(PNG, 'IMG_0002.png'), { route: 'photo_picker' }),
    () =>
      app.saveRecord({
        kind: 'statement',
        record: null,
        restricted: { by_name: 'Sam Ray' },
        fields: { narrative: 'I saw him.' },
      }),
  ]) {
    const before = await confirmPack(app, chosen);
    await change();
    await assert.rejects(
      app.buildHere(before, () => {}),
      cameSince,
    );
  }
  const before = await confirmPack(app, PACK_OPTIONS);
  const chosenOptions = await confirmPack(app, chosen);
  await saveEntry(app, 'A third.');
  await assert.rejects(
    app.buildHere(before, () => {}),
    cameSince,
    '"everything" means everything at the review',
  );
  assert.equal((await app.buildHere(chosenOptions, () => {})).no, 2, 'the chosen entries are the reviewed ones');
  const lastOptions = await confirmPack(app, PACK_OPTIONS);
  await app.takeOutRecord(second, 'Not about this.');
  assert.equal((await app.buildHere(lastOptions, () => {})).no, 3);
  assert.ok(!(await app.readShared()).find(({ fields }) => fields.pack_no === 3).fields.record_ids.includes(second));
  const partOptions = { ...(await confirmPack(app, PACK_OPTIONS)), agreed: await app.agree(WORDS, 2) };
  assert.equal(
    (await app.buildHere({ ...partOptions, records: [record] }, () => {})).no,
    4,
    'a part contains only reviewed entries',
  );
  assert.equal(
    (await app.buildHere({ ...partOptions, records: [record] }, () => {})).no,
    5,
    'the record of the previous part is not a change',
  );
  phone.end();
});

test('since the review, only the decisions about a file’s picture may have changed', () => {
  const part = (fields) => ({ fields, seed: new Uint8Array(32), keys: [] });
  const version = (id, kind, fields, restricted = {}) => ({
    record: kind,
    version: id,
    kind,
    open: part(fields),
    restricted: part(restricted),
  });
  const print = { purpose: 'print', sha256: 'a' };
  const base = { media_type: 'image/png', description: 'The gate', renditions: [print] };
  const check = (kind, changes, restricted) => () =>
    requireAllSeen(
      {
        capsule: { versions: [{ version: 'one' }, { version: 'two' }] },
        versions: [version('one', kind, base), version('two', kind, { ...base, ...changes }, restricted)],
      },
      ['one'],
    );
  for (const [changes, restricted] of [
    [{ looked_at: 5 }, { shows_where_i_live: true }],
    [{ include_in_pack: false }, {}],
    [{ sensitivity: 'intimate_adult' }, {}],
    [
      { print_copy: 'masked', renditions: [print, { purpose: 'masked', sha256: 'b' }] },
      { masks: [{ at: 1 }], rendition_tools: [{ at: 1 }] },
    ],
  ])
    assert.doesNotThrow(check('attachment', changes, restricted));
  for (const changes of [
    { description: SENTINEL },
    { renditions: [{ ...print, sha256: 'c' }] },
    { looked_at: 5, reason: SENTINEL },
    { transcript: SENTINEL },
  ])
    assert.throws(check('attachment', changes), cameSince);
  for (const kind of ['incident', 'person', 'statement', 'order'])
    assert.throws(check(kind, { looked_at: 5 }), cameSince);
  assert.doesNotThrow(check('export', { delivered_to: 'PC Hall' }));
});
