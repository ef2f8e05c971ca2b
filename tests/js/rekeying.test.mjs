/** New words, and new keys when somebody knows them: what the old ones open afterwards, interruptions at every step, and the other phone. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isKept, save } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { anotherPhone } from './phone/another.mjs';
import { fixedClock } from '#app/core/clock.js';
import { createEngine } from '#app/crypto/worker/engine.js';
import { argon2id } from '#app/crypto/argon2.js';
import { COST_CEILING } from '#app/crypto/kdf.js';
import { readDoor } from '#app/store/device_meta.js';

const NEW = 'orbit velvet canyon maple drift spoon';
const CHEAP = { m: 8, t: 1 };
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

async function keeper(words = 'one') {
  const faults = {};
  const made = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) },
    words,
  );
  const { login } = await made.app.register({ words: WORDS });
  await until(made, isKept, 'kept');
  return { ...made, faults, login };
}

const device = (login, words, faults) => anotherPhone(server.base, login, words, faults);

async function again(phone, words, faults = {}) {
  const next = makePhone({ after: phone, origin: server.base, send: sender(server.base, faults) });
  await next.app.start();
  await next.app.unlock(words);
  return { phone: next, app: next.app, faults };
}

const titles = ({ entries }) => entries.map(({ title }) => title).sort();
const refused = (promise, ...codes) => assert.rejects(promise, ({ code }) => codes.includes(code));

/** Everything that lies on a phone, as somebody with a copy of it has it. */
async function copyOf({ database }) {
  const db = await database.open();
  const [keys, values] = await Promise.all([db.getAllKeys('a'), db.getAll('a')]);
  const table = new Map(keys.map((key, i) => [Buffer.from(key).toString('hex'), new Uint8Array(values[i])]));
  return { door: await readDoor(database), table };
}

/** How many records of a copy the words of a door open: the store key, and all it opens. */
async function opensOf(door, words, table, origin) {
  const engine = createEngine({
    origin,
    argon2: argon2id,
    policy: { floor: CHEAP, ceiling: COST_CEILING },
    now: () => 0,
  });
  try {
    await engine.unlock(words, door);
  } catch {
    return null;
  }
  const opened = new Map();
  for (const [id, sealed] of table) {
    const found = await engine.boxOpen(Uint8Array.from(Buffer.from(id, 'hex')), sealed).catch(() => null);
    if (found) opened.set(id, found);
  }
  return opened;
}

/** Two phones of one diary that have all there is. */
async function twoPhones() {
  const one = await keeper();
  const two = await device(one.login, WORDS);
  await until(two, ({ entries }) => entries.length === 1);
  await two.phone.ctx.open.syncing.now();
  return { one, two };
}

test('new words: the old words and sessions end, the code and the other phone go on', async () => {
  const one = await keeper();
  const { crockford } = await one.app.makeCode();
  await one.app.confirmCode(crockford);
  const two = await device(one.login, WORDS);
  await until(two, ({ entries }) => entries.length === 1);
  await refused(one.app.changeWords({ words: 'quite other words here', newWords: NEW }), 'words_differ');
  await refused(one.app.changeWords({ words: WORDS, newWords: WORDS }), 'words_in_use');
  await one.app.changeWords({ words: WORDS, newWords: NEW });
  await save(one.app, 'two');
  await until(one, isKept, 'kept under the new words');
  await refused(device(one.login, WORDS), 'sign_in_failed');
  await one.app.lock('asked');
  await refused(one.app.unlock(WORDS), 'no_match');
  await one.app.unlock(NEW);
  await until(one, ({ entries }) => entries.length === 2);

  two.app.network();
  await until(two, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await save(two.app, 'three, written meanwhile');
  await refused(two.app.catchUp({ words: WORDS }), 'sign_in_failed');
  await two.app.catchUp({ words: NEW });
  await until(two, (state) => isKept(state) && state.entries.length === 3, 'all three');
  await two.app.lock('asked');
  await two.app.unlock(NEW);

  const faults = {};
  const three = makePhone({ origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()) });
  await three.app.start();
  await three.app.signInWithCode({
    login: one.login,
    code: crockford,
    newWords: 'glove pepper window harbor mint lamp',
  });
  await until(three, ({ entries }) => entries.length === 3, 'all by the code');
});

test('new words whose answer was lost: the same words again succeed, other new words do not', async () => {
  const one = await keeper();
  one.faults.after = async (path, { method }) => {
    if (method === 'PUT' && path === '/v1/account/words') throw new TypeError('Failed to fetch');
  };
  await refused(one.app.changeWords({ words: WORDS, newWords: NEW }), 'offline', 'no_network');
  delete one.faults.after;
  await refused(one.app.changeWords({ words: WORDS, newWords: 'glove pepper window harbor mint lamp' }), 'no_match');
  await one.app.changeWords({ words: WORDS, newWords: NEW });
  await save(one.app, 'two');
  await until(one, isKept, 'kept under the new words');
  await one.app.lock('asked');
  await refused(one.app.unlock(WORDS), 'no_match');
  await one.app.unlock(NEW);
  const two = await device(one.login, NEW);
  await until(two, ({ entries }) => entries.length === 2);
  for (const { phone } of [one, two]) phone.end();
});

test('new keys: what was copied before opens nothing written after, and the keeper reads everything', async () => {
  const one = await keeper('before');
  await one.app.putDraft({ fields: { narrative: 'with a picture' } });
  await one.app.addFile('draft', file(PNG), { route: 'photo_picker' });
  await one.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await until(one, isKept, 'kept');
  const { crockford } = await one.app.makeCode();
  const stolen = await copyOf(one.phone);
  const oldFaults = {};
  const thief = await device(one.login, WORDS, oldFaults);
  await until(thief, ({ entries }) => entries.length === 2);

  const steps = [];
  await one.app.renewKeys({ words: WORDS, newWords: NEW, onProgress: (done, total) => steps.push([done, total]) });
  assert.ok(steps.length);
  await save(one.app, 'after');
  await until(one, (state) => isKept(state) && state.entries.length === 3, 'kept after');
  assert.equal(one.app.state.account.recovery, 'todo', 'a new code is owed');

  // Words, code, session.
  await refused(device(one.login, WORDS), 'sign_in_failed');
  const byCode = makePhone({ origin: server.base, send: sender(server.base), clock: fixedClock(Date.now()) });
  await byCode.app.start();
  await refused(byCode.app.signInWithCode({ login: one.login, code: crockford, newWords: NEW }), 'sign_in_failed');
  thief.app.network();
  await until(thief, ({ account }) => account.trouble?.code === 'signed_out', 'the session has ended');
  assert.deepEqual(titles(thief.app.state), ['before', 'with a picture'], 'nothing new came there');

  // Slots: the words and the copied door against what lies on the phone now.
  const now = await copyOf(one.phone);
  assert.equal(await opensOf(now.door, WORDS, now.table, server.base), null, 'the old words open no slot');
  const fresh = new Map(
    [...now.table].filter(
      ([id, sealed]) => !stolen.table.has(id) || Buffer.compare(stolen.table.get(id), sealed) !== 0,
    ),
  );
  assert.ok(fresh.size > 3);
  const opened = await opensOf(stolen.door, WORDS, fresh, server.base);
  assert.equal(opened.size, 0, 'the copied door opens no record written since');
  assert.ok((await opensOf(stolen.door, WORDS, stolen.table, server.base)).size > 3, 'as it did what was there before');
  assert.notDeepEqual(now.door.slots[3], stolen.door.slots[3], 'the short secret’s slot is random again');
  assert.notDeepEqual(now.door.capture_pub, stolen.door.capture_pub);

  // The keeper, here after a restart and on a new phone.
  one.phone.end();
  const back = await again(one.phone, NEW);
  await until(back, ({ entries }) => entries.length === 3);
  assert.deepEqual(titles(back.app.state), ['after', 'before', 'with a picture']);
  const { record } = back.app.state.entries.find(({ pictures }) => pictures === 1);
  const read = await back.app.readIncident(record);
  assert.equal(read.attachments.length, 1);
  const other = await device(one.login, NEW);
  await until(other, ({ entries }) => entries.length === 3);
  assert.deepEqual(titles(other.app.state), ['after', 'before', 'with a picture']);
  assert.equal(other.app.state.account.trouble, null);
  assert.ok(
    other.app.state.entries.every(({ flags }) => !flags.includes('altered')),
    'versions by the earlier key hold',
  );

  // And once more, over what was changed before.
  await other.app.renewKeys({ words: NEW, newWords: 'glove pepper window harbor mint lamp' });
  const third = await device(one.login, 'glove pepper window harbor mint lamp');
  await until(third, ({ entries }) => entries.length === 3);
  assert.ok(third.app.state.entries.every(({ flags }) => !flags.includes('altered')));
});

test('a phone that comes back after new keys: opens with its old words, sends nothing, and follows with the new', async () => {
  const one = await keeper();
  const two = await device(one.login, WORDS);
  await until(two, ({ entries }) => entries.length === 1);
  two.faults.off = true;
  two.phone.online = false;
  two.app.network();
  const written = await save(two.app, 'written offline');
  await save(two.app, 'and another');
  two.phone.clock.move(3_600_000);
  await two.app.saveIncident({
    record: written.record,
    fields: { narrative: 'written offline, and added to' },
    restricted: {},
  });
  await one.app.renewKeys({ words: WORDS, newWords: NEW });
  await save(one.app, 'after');
  await until(one, (state) => isKept(state) && state.entries.length === 2);
  two.faults.off = false;
  two.phone.online = true;
  two.app.network();
  await until(two, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await two.app.lock('asked');
  await two.app.unlock(WORDS);
  await until(two, ({ account }) => account.trouble?.code === 'signed_out', 'still');
  await two.app.catchUp({ words: NEW });
  const all = await until(two, (state) => isKept(state) && state.entries.length === 4, 'everything both ways');
  assert.ok(all.entries.every(({ flags }) => !flags.includes('altered')));
  await until(one, ({ entries }) => entries.length === 4 || (one.app.network(), false), 'and on the first');
  assert.equal(one.app.state.account.trouble, null);
  assert.ok(one.app.state.entries.every(({ flags }) => !flags.includes('altered')));
  await two.app.lock('asked');
  await refused(two.app.unlock(WORDS), 'no_match');
  await two.app.unlock(NEW);
  await until(two, ({ entries }) => entries.length === 4);
});

test('a lost answer, and then new keys on the other phone: the version stays as receipted, and no line has a gap', async () => {
  const { one, two } = await twoPhones();
  two.faults.after = (path, { method }) => {
    if (method === 'PUT' && path.includes('/versions/')) {
      two.faults.off = true;
      throw new TypeError('Failed to fetch');
    }
  };
  const { record } = await save(two.app, 'taken, and the answer lost');
  await until(two, () => two.faults.off && !two.phone.ctx.open.syncing.running, 'lost');
  delete two.faults.after;
  await save(two.app, 'written after it');
  await one.app.renewKeys({ words: WORDS, newWords: NEW });
  two.faults.off = false;
  two.app.network();
  await until(two, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await two.app.catchUp({ words: NEW });
  await until(two, (state) => isKept(state) && state.entries.length === 3, 'kept');
  await two.phone.ctx.open.syncing.now();
  await one.phone.ctx.open.syncing.now();
  const metas = await Promise.all([one, two].map(({ phone }) => phone.ctx.open.book.meta(record)));
  assert.deepEqual(...metas.map(({ versions }) => versions.map(({ v, c, seq }) => [v, c, seq])));
  for (const { phone } of [one, two])
    assert.deepEqual([phone.ctx.open.store.root.doubts, phone.ctx.open.store.root.troubles], [{}, {}]);
});

test('two phones make new keys at once: one of them succeeds, and the diary on the server opens with its words', async () => {
  const { one, two } = await twoPhones();
  // The wraps of the first arrive between the last wraps of the second and the moment that counts.
  let [go, staged, second] = [() => undefined, null, null];
  one.faults.before = async (path) => {
    if (second || !path.endsWith('/rotation/wraps')) return;
    const ready = new Promise((done) => {
      two.faults.before = async (at) => {
        if (at.endsWith('/rotation/commit')) {
          done();
          await new Promise((on) => {
            go = on;
          });
        }
      };
    });
    second = two.app.renewKeys({ words: WORDS, newWords: NEW });
    second.catch(() => undefined);
    await ready;
  };
  one.faults.after = (path) => {
    if (path.endsWith('/rotation/wraps')) staged = true;
    if (staged) go();
  };
  const first = one.app.renewKeys({ words: WORDS, newWords: 'glove pepper window harbor mint lamp' });
  const ended = await Promise.allSettled([first, first.catch(() => undefined).then(() => second)]);
  delete two.faults.before;
  assert.equal(
    ended.filter(({ status }) => status === 'fulfilled').length,
    1,
    ended.map(({ reason }) => reason?.code).join(),
  );
  const words = ended[0].status === 'fulfilled' ? 'glove pepper window harbor mint lamp' : NEW;
  const [winner, loser] = words === NEW ? [two, one] : [one, two];
  await save(winner.app, 'after');
  await until(winner, (state) => isKept(state) && state.entries.length === 2, 'kept after');
  const fresh = await device(one.login, words);
  await until(fresh, ({ entries }) => entries.length === 2, 'everything opens on a new phone');
  assert.ok(fresh.app.state.entries.every(({ flags }) => !flags.includes('altered')));
  assert.equal(fresh.app.state.account.trouble, null);
  await loser.app.catchUp({ words });
  await until(loser, (state) => isKept(state) && state.entries.length === 2, 'and on the other');
  for (const { phone } of [one, two, fresh]) phone.end();
});

for (const [name, hit] of [
  ['before it is begun', (path) => path.endsWith('/rotation')],
  ['while wraps are sent', (path) => path.endsWith('/wraps')],
  ['before it takes effect', (path) => path.endsWith('/commit')],
]) {
  test(`interrupted ${name}: nothing has changed, and the new words resume it`, async () => {
    const one = await keeper();
    one.faults.before = (path) => {
      if (hit(path)) throw new TypeError('Failed to fetch');
    };
    await refused(one.app.renewKeys({ words: WORDS, newWords: NEW }), 'offline', 'no_network');
    one.phone.end();
    const here = await device(one.login, WORDS);
    await until(here, ({ entries }) => entries.length === 1);
    const back = await again(one.phone, WORDS);
    await until(back, ({ account }) => account.rekeying, 'says it is unfinished');
    await refused(back.app.renewOn({ newWords: 'glove pepper window harbor mint lamp' }), 'no_match');
    await back.app.renewOn({ newWords: NEW });
    await until(back, ({ account }) => !account.rekeying);
    await save(back.app, 'after');
    await until(back, (state) => isKept(state) && state.entries.length === 2, 'kept');
    await refused(device(one.login, WORDS), 'sign_in_failed');
    await back.app.lock('asked');
    await refused(back.app.unlock(WORDS), 'no_match');
  });
}

test('the last answer is lost and the phone restarts: the new words finish it here', async () => {
  const one = await keeper();
  let done = false;
  one.faults.after = (path) => {
    if (path.endsWith('/commit')) {
      done = true;
      one.faults.off = true;
      throw new TypeError('Failed to fetch');
    }
  };
  await refused(one.app.renewKeys({ words: WORDS, newWords: NEW }), 'offline', 'no_network');
  assert.ok(done);
  one.phone.end();
  const back = await again(one.phone, WORDS);
  await until(back, ({ account }) => account.rekeying, 'says it is unfinished');
  await back.app.renewOn({ newWords: NEW });
  assert.equal(back.app.state.account.rekeying, false);
  await save(back.app, 'after');
  await until(back, (state) => isKept(state) && state.entries.length === 2, 'kept');
  await back.app.lock('asked');
  await back.app.unlock(NEW);
});

test('a diary only on this phone gets new keys too', async () => {
  const one = await phoneWithEntry({ clock: fixedClock(Date.now()) }, 'only here');
  const stolen = await copyOf(one.phone);
  await one.app.renewKeys({ words: WORDS, newWords: NEW });
  await save(one.app, 'after');
  const now = await copyOf(one.phone);
  const fresh = new Map(
    [...now.table].filter(
      ([id, sealed]) => !stolen.table.has(id) || Buffer.compare(stolen.table.get(id), sealed) !== 0,
    ),
  );
  assert.equal((await opensOf(stolen.door, WORDS, fresh, 'https://notes.example')).size, 0);
  await one.app.lock('asked');
  await refused(one.app.unlock(WORDS), 'no_match');
  await one.app.unlock(NEW);
  await until(one, ({ entries }) => entries.length === 2);
});

test('words changed after new keys: what was sealed before those can be read without a restart, and changed', async () => {
  const { phone, app, record } = await phoneWithEntry({}, 'Before.');
  await app.saveNote(record, 'Mine.');
  await app.setShort('274913', WORDS);
  await app.renewKeys({ words: WORDS, newWords: NEW });
  assert.equal((await app.readLocking()).short, false, 'new keys take a short secret away, and it is said');
  await app.changeWords({ words: NEW, newWords: 'glove pepper window harbor mint lamp' });
  assert.equal((await app.readIncident(record)).note, 'Mine.');
  await app.saveIncident({ record, fields: { who: 'My ex' }, restricted: {} });
  await app.lock('asked');
  await app.unlock('glove pepper window harbor mint lamp');
  assert.deepEqual([(await app.readIncident(record)).fields.who, app.state.account.trouble], ['My ex', null]);
  phone.end();
});

test('a server put back to before the new keys: it is reported, nothing changes, and a sealed copy has everything', async () => {
  const one = await keeper('before');
  const older = await mkdtemp(join(tmpdir(), 'older-'));
  await server.leave();
  await cp(server.folder, older, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  await one.app.renewKeys({ words: WORDS, newWords: NEW });
  await save(one.app, 'after');
  await until(one, (state) => isKept(state) && state.entries.length === 2, 'kept after');
  await server.leave();
  await rm(server.folder, { recursive: true });
  await cp(older, server.folder, { recursive: true });
  Object.assign(server, await startServer({ again: server }));
  one.app.network();
  await until(one, ({ account }) => account.trouble?.code === 'signed_out', 'signed out');
  await refused(one.app.catchUp({ words: NEW }), 'sign_in_failed');
  await refused(one.app.catchUp({ words: WORDS }), 'keys_older');
  await save(one.app, 'later');
  assert.deepEqual(titles(one.app.state), ['after', 'before', 'later']);
  await one.app.lock('asked');
  await refused(one.app.unlock(WORDS), 'no_match');
  await one.app.unlock(NEW);
  await until(one, ({ entries }) => entries.length === 3, 'all three, under the new words');
  const copy = await one.app.makeCopy({ words: NEW });
  assert.ok(copy);
  await rm(older, { recursive: true });
});
