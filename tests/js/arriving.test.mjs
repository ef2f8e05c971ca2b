/** Entries that are still on their way, and a pack: one that is asked for too early waits, and nothing goes into one that came after the keeper's look. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { requireAllSeen } from '#app/features/share/pack_seen.js';
import { packActions } from '#app/features/share/actions.js';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes, encodeFrames, parseCanonicalObject, decodeFrames } from '#app/core/encoding.js';
import { isKept, save } from './phone/keeper.mjs';
import { PNG, WORDS, agreed, file, makePhone, noNetwork, phoneWithEntry, until } from './phone/phone.mjs';
import { anotherPhone } from './phone/another.mjs';
import { sender, startServer } from './phone/server.mjs';

const ALL = { from: null, to: null, records: null };
const SAY = { when: (fields) => String(fields.occurred_local ?? ''), at: (ms) => new Date(ms).toISOString() };
const FILLED = { ...ALL, initials: 'JB', sheet: {}, own_words: '', start_with: [], say: SAY };
const SENTINEL = 'SENTINEL nobody looked at this';
const late = { code: 'came_since' };
const html = () => new Response('<html>Sign in to Wi-Fi</html>', { headers: { 'content-type': 'text/html' } });
const json = (body) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
const isComing = ({ account }) => account?.coming === true;

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** A registered phone; `count` entries, all kept safe. */
async function keeper(count = 1) {
  const faults = {};
  const made = await phoneWithEntry(
    { packActions, origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    'Entry 1.',
  );
  const { login } = await made.app.register({ words: WORDS });
  for (let n = 2; n <= count; n++) await save(made.app, `Entry ${n}.`);
  await until(made, (state) => state.entries.length === count && isKept(state), 'kept');
  return { ...made, faults, login };
}

const device = (login, faults = {}) => anotherPhone(server.base, login, WORDS, faults, { packActions });

/** A feed in pages of two; `hold` may keep the one after that number, or fail it. @param {(after: number) => Promise<Response|null|void>} hold */
const inPages = (hold) => ({
  before: (path) => (/\/changes\?/.test(path) ? hold(Number(/after=(\d+)/.exec(path)[1])) : null),
  async after(path, _options, response) {
    if (!/\/changes\?/.test(path)) return null;
    const [first, ...rest] = decodeFrames(new Uint8Array(await response.arrayBuffer()), { maxParts: 501 });
    const said = parseCanonicalObject(first);
    const cut = rest.length > 2 ? { ...said, head: null, to: said.after + 2 } : said;
    return new Response(encodeFrames([canonicalBytes(cut), ...rest.slice(0, 2)]), {
      headers: { 'content-type': 'application/octet-stream' },
    });
  },
});

test('what is asked of a new phone waits for every page of its diary', async () => {
  const { phone, login } = await keeper(5);
  let release;
  const held = new Promise((go) => {
    release = go;
  });
  const other = await device(
    login,
    inPages(async (number) => {
      if (number >= 2) await held;
    }),
  );
  await until(other, ({ entries }) => entries.length === 2, 'the first page');
  assert.equal(other.app.state.account.coming, true);
  assert.equal(other.phone.ctx.open.store.root.coming, 3);
  const done = [];
  const asked = Object.entries({
    sum: other.app.chooseForPack(ALL),
    look: other.app.reviewPack(ALL),
    quick: other.app.readForQuick(),
    fresh: other.app.newSince(),
    items: other.app.findItems('1'),
    list: other.app.agree(WORDS).then((words) => other.app.readChronology({ ...ALL, agreed: words }, SAY)),
  }).map(([name, one]) =>
    one.then((found) => {
      done.push(name);
      return found;
    }),
  );
  await other.phone.rest({ held: true });
  assert.deepEqual(done, [], 'nothing is answered from a part');
  release();
  const [sum, , quick, fresh, , list] = await Promise.all(asked);
  assert.deepEqual([sum.entries, quick.records.length, fresh.length, list.rows.length], [5, 5, 5, 5]);
  await until(other, (state) => !isComing(state), 'all of it');
  assert.equal('coming' in other.phone.ctx.open.store.root, false);
  for (const one of [phone, other.phone]) one.end();
});

test('cut off half-way: it is said and nobody waits, after a lock with no signal too, until the feed was read to its end', async () => {
  const { phone, login } = await keeper(5);
  let cutAt = 0;
  const faults = inPages(async (number) => {
    if (number >= cutAt) throw new TypeError('Failed to fetch');
  });
  const other = await device(login, faults);
  assert.equal((await other.app.chooseForPack(ALL)).entries, 0);
  assert.equal(other.app.state.account.coming, true, 'before the first page too');
  cutAt = 2;
  other.app.network();
  await until(other, ({ entries }) => entries.length === 2, 'the first page');
  assert.equal((await other.app.chooseForPack(ALL)).entries, 2);
  assert.equal(other.app.state.account.coming, true);
  await other.app.lock('asked');
  faults.off = true;
  other.phone.online = false;
  await other.app.unlock(WORDS);
  await until(other, ({ account }) => account !== null);
  assert.equal(other.app.state.account.coming, true);
  assert.equal((await other.app.chooseForPack(ALL)).entries, 2);
  // Somebody else's Wi-Fi answers everything with its own page.
  Object.assign(faults, { off: false, before: async () => html() });
  other.phone.online = true;
  other.app.network();
  assert.equal((await other.app.chooseForPack(ALL)).entries, 2);
  assert.equal(other.app.state.account.coming, true);
  faults.before = async () => null;
  other.app.network();
  await until(other, (state) => !isComing(state), 'the rest');
  assert.equal((await other.app.chooseForPack(ALL)).entries, 5);
  await other.app.lock('asked');
  faults.off = true;
  await other.app.unlock(WORDS);
  assert.equal(other.app.state.account.coming, false);
  for (const one of [phone, other.phone]) one.end();
});

test('an empty diary has come at once, and one with no account waits for nothing', async () => {
  const faults = {};
  const phone = makePhone({
    packActions,
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
  });
  await phone.app.start();
  await phone.app.enrolHere(WORDS);
  assert.equal(phone.app.state.account.coming, false);
  const { login } = await phone.app.register({ words: WORDS });
  const other = await device(login);
  await until(other, (state) => !isComing(state), 'nothing');
  for (const one of [phone, other.phone]) one.end();
});

test('a picture that another device adds between look and consent is in no pack made here, and the next look has it', async () => {
  const { app, phone, record, login } = await keeper();
  const other = await device(login);
  await until(other, ({ entries }) => entries.length === 1);
  const looked = await agreed(app, FILLED);
  await other.app.addFile(record, file(PNG, `${SENTINEL}.png`), { route: 'photo_picker' });
  await until(other, isKept, 'sent');
  app.network();
  await until({ app }, ({ entries }) => entries[0].pictures === 1, 'the picture');
  await assert.rejects(
    app.buildHere(looked, () => {}),
    late,
  );
  assert.deepEqual(await app.readShared(), [], 'nothing was made');
  const again = await app.chooseForPack(ALL);
  assert.equal(again.pictures, 1);
  assert.ok(
    (await app.buildHere({ ...FILLED, looked: again.looked, agreed: await app.agree(WORDS) }, () => {})).file.size > 0,
  );
  for (const one of [phone, other.phone]) one.end();
});

test('what comes with the last run before a pack never reaches the server in the clear: no capsule is sent, and the place is given up', async () => {
  const { app, phone, record, login, faults } = await keeper();
  const other = await device(login);
  await until(other, ({ entries }) => entries.length === 1);
  const looked = await agreed(app, FILLED);
  faults.off = true;
  await other.app.addFile(record, file(PNG, 'IMG_0001.png'), { route: 'photo_picker' });
  await other.app.saveIncident({ record, fields: { narrative: `Entry 1. ${SENTINEL}` }, restricted: {} });
  await until(other, isKept, 'sent');
  const sent = [];
  let states = ['ready'];
  Object.assign(faults, {
    off: false,
    before: async (path, { method, body }) => {
      const bytes = body instanceof Uint8Array ? new TextDecoder('latin1').decode(body) : String(body ?? '');
      sent.push({ path, method, bytes });
      if (!path.startsWith('/v1/packs')) return null;
      if (method === 'POST') return json({ pack: 'p1' });
      return method === 'GET'
        ? json({ pack: 'p1', state: states.shift(), done: 0, total: 0, step: '' })
        : new Response(null, { status: 204 });
    },
  });
  await assert.rejects(
    app.buildPack(looked, () => {}),
    late,
  );
  assert.equal(app.state.entries[0].pictures, 1, 'it came with the run before the pack');
  const ofPack = () =>
    sent.filter(({ path }) => path.startsWith('/v1/packs')).map(({ path, method }) => `${method} ${path}`);
  assert.deepEqual(ofPack(), ['POST /v1/packs', 'GET /v1/packs/p1', 'DELETE /v1/packs/p1']);
  assert.ok(!sent.some(({ bytes }) => bytes.includes('SENTINEL')));
  // Looked at, the same goes: what is searched for above would have been found.
  sent.length = 0;
  states = ['ready', 'failed'];
  await assert.rejects(
    agreed(app, FILLED).then((again) => app.buildPack(again, () => {})),
    { code: 'pack_failed' },
  );
  assert.ok(sent.find(({ path }) => path === '/v1/packs/p1/capsule').bytes.includes('SENTINEL'));
  for (const one of [phone, other.phone]) one.end();
});

test('written here between look and consent it is not made; what was decided about a picture, or taken out, is no matter', async () => {
  const { app, phone, record } = await phoneWithEntry({ packActions, send: noNetwork });
  const { attachment } = await app.addFile(record, file(PNG, 'IMG_0001.png'), { route: 'photo_picker' });
  const { record: second } = await save(app, 'Another.');
  await assert.rejects(
    app.buildHere({ ...(await agreed(app, FILLED)), looked: undefined }, () => {}),
    late,
    'a screen that hands nothing back makes nothing',
  );
  const one = await agreed(app, FILLED);
  await app.decidePicture(attachment, 'hold');
  await app.decideWords('14 Elm Road', 'hold');
  assert.equal((await app.buildHere(one, () => {})).no, 1);
  const chosen = { ...FILLED, records: [record, second] };
  for (const write of [
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
    const before = await agreed(app, chosen);
    await write();
    await assert.rejects(
      app.buildHere(before, () => {}),
      late,
    );
  }
  const before = await agreed(app, FILLED);
  const some = await agreed(app, chosen);
  await save(app, 'A third.');
  await assert.rejects(
    app.buildHere(before, () => {}),
    late,
    'everything means what was everything then',
  );
  assert.equal((await app.buildHere(some, () => {})).no, 2, 'what was chosen is what was looked at');
  const last = await agreed(app, FILLED);
  await app.takeOutRecord(second, 'Not about this.');
  assert.equal((await app.buildHere(last, () => {})).no, 3);
  assert.ok(!(await app.readShared()).find(({ fields }) => fields.pack_no === 3).fields.record_ids.includes(second));
  const parts = { ...(await agreed(app, FILLED)), agreed: await app.agree(WORDS, 2) };
  assert.equal(
    (await app.buildHere({ ...parts, records: [record] }, () => {})).no,
    4,
    'a part is some of what was looked at',
  );
  assert.equal(
    (await app.buildHere({ ...parts, records: [record] }, () => {})).no,
    5,
    'the note of the part before is no news',
  );
  phone.end();
});

test('of a file only what is decided about its picture may have changed since', () => {
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
  const judge = (kind, now, restricted) => () =>
    requireAllSeen(
      {
        capsule: { versions: [{ version: 'one' }, { version: 'two' }] },
        versions: [version('one', kind, base), version('two', kind, { ...base, ...now }, restricted)],
      },
      ['one'],
    );
  for (const [now, restricted] of [
    [{ looked_at: 5 }, { shows_where_i_live: true }],
    [{ include_in_pack: false }, {}],
    [{ sensitivity: 'intimate_adult' }, {}],
    [
      { print_copy: 'masked', renditions: [print, { purpose: 'masked', sha256: 'b' }] },
      { masks: [{ at: 1 }], rendition_tools: [{ at: 1 }] },
    ],
  ])
    assert.doesNotThrow(judge('attachment', now, restricted));
  for (const now of [
    { description: SENTINEL },
    { renditions: [{ ...print, sha256: 'c' }] },
    { looked_at: 5, reason: SENTINEL },
    { transcript: SENTINEL },
  ])
    assert.throws(judge('attachment', now), late);
  for (const kind of ['incident', 'person', 'statement', 'order']) assert.throws(judge(kind, { looked_at: 5 }), late);
  assert.doesNotThrow(judge('export', { delivered_to: 'PC Hall' }));
});
