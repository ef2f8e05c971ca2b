/**
 * Every warning comes with its cause and goes with it: those that no other file of tests brings about.
 * docs/warnings.md lists all.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { OF_ENTRIES, OF_RUNS } from '#app/diary/warnings.js';
import { SENTENCES, sentenceOf } from '#app/diary/sentences.js';
import { KeptError } from '#app/core/errors.js';
import { anotherPhone } from './phone/another.mjs';
import { isKept, isPush, looks, registeredPhone, save } from './phone/keeper.mjs';
import { WORDS, file, makePhone, until } from './phone/phone.mjs';
import { startServer } from './phone/server.mjs';

const DAY = 86_400_000;

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const keeper = (words, over) => registeredPhone(server, words, over);
const json = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const refusal = (code) => json(code === 'try_later' ? 429 : 409, { error: code, message: 'The server’s own words.' });
const tries = (one) => looks(one).catch(() => undefined);

/** The codes of all that is said about the record and the server. */
const said = ({
  app: {
    state: { account },
  },
}) => [account.trouble, ...(account.also ?? [])].flatMap((one) => one?.code ?? []);

/** Locks and opens again, and looks at the server. */
async function again(one) {
  await one.app.lock('asked');
  await one.app.unlock(WORDS);
  await tries(one);
}

test('all that stands is said: what never ends hides nothing, and what ends goes alone', async () => {
  const one = await keeper();
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await looks(two);
  // Kept back on the first phone, so that the next one shows a gap.
  const { store } = one.phone.ctx.open;
  let held = null;
  one.faults.off = true;
  await save(one.app, 'kept back');
  await save(one.app, 'after it');
  await one.phone.ctx.open.syncing.current;
  await store.change((root) => {
    held = root.outbox.shift();
  });
  one.faults.off = false;
  await looks(one);
  await two.phone.ctx.open.store.change((root) => {
    root.doubts = { ...root.doubts, altered: true, log: true };
  });
  await looks(two);
  assert.deepEqual(said(two), ['log_changed', 'altered', 'line_gap']);
  assert.deepEqual(
    two.app.state.account.also.map(({ sentence }) => sentence),
    [SENTENCES.altered, SENTENCES.line_gap],
  );
  two.faults.before = async () => json(500, {});
  await tries(two);
  assert.deepEqual(said(two), ['server_down', 'log_changed', 'altered', 'line_gap'], 'the way to the server first');
  delete two.faults.before;
  await store.change((root) => {
    root.outbox = [held, ...root.outbox];
  });
  await looks(one);
  await looks(two);
  assert.deepEqual(said(two), ['log_changed', 'altered']);
  for (const { phone } of [one, two]) phone.end();
});

test('each way in which a run to the server can fail is said, and no longer once one has gone through', async () => {
  const one = await keeper();
  const answers = {
    server_slow: () => {
      throw new KeptError('server_slow');
    },
    captive_portal: () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    server_down: () => new Response('', { status: 503 }),
    garbage: () => new Response('?', { headers: { 'content-type': 'application/json' } }),
  };
  for (const code of OF_RUNS) {
    one.faults.before = async (path) => (path.includes('/changes') ? (answers[code]?.() ?? refusal(code)) : undefined);
    // A session that is over is begun again by itself; here that is refused too.
    if (['signed_out', 'session_ended'].includes(code))
      one.faults.before = async () => json(401, { error: 'signed_out', message: 'x' });
    if (code === 'session_ended') continue; // this phone locks: returning.test.mjs
    await tries(one);
    assert.deepEqual(said(one), [code]);
    assert.equal(one.app.state.account.trouble.sentence, SENTENCES[code], code);
    delete one.faults.before;
    if (code === 'signed_out') await one.app.catchUp({ words: WORDS });
    await looks(one);
    assert.deepEqual(said(one), [], `${code} is over`);
  }
  one.phone.end();
});

test('a failure that has no sentence about the way to the server is said as the server’s own fault, and goes', async () => {
  const one = await keeper();
  for (const code of ['not_found', 'wrong_origin', 'words_weak', 'never_heard_of']) {
    one.faults.before = async (path) => (path.includes('/changes') ? refusal(code) : undefined);
    await tries(one);
    assert.deepEqual(said(one), ['internal'], code);
    delete one.faults.before;
    await looks(one);
    assert.deepEqual(said(one), []);
  }
  one.phone.end();
});

test('each refusal of one entry is said at that entry alone, and no longer once it is taken', async () => {
  const one = await keeper();
  for (const code of OF_ENTRIES) {
    one.faults.before = async (path, options) => (isPush(path, options) ? refusal(code) : undefined);
    await save(one.app, code);
    await tries(one);
    const { state } = one.app.state.entries.find(({ title }) => title === code);
    assert.deepEqual([state.code, state.sentence], ['trouble', sentenceOf(code)]);
    assert.deepEqual(one.app.state.entries.filter((row) => row.state.code === 'trouble').length, 1);
    assert.deepEqual(said(one), []);
    delete one.faults.before;
    await looks(one);
    assert.ok(isKept(one.app.state), `${code} is over`);
  }
  one.phone.end();
});

test('an entry that was refused and came by the feed all the same is in no trouble, then or with its next words', async () => {
  const one = await keeper();
  one.faults.after = async (path, options) => (isPush(path, options) ? refusal('conflict') : undefined);
  const { record } = await save(one.app, 'refused, and there');
  await tries(one);
  delete one.faults.after;
  await looks(one);
  assert.ok(isKept(one.app.state));
  assert.deepEqual(one.phone.ctx.open.store.root.troubles, {});
  one.faults.off = true;
  await one.app.saveIncident({ record, fields: { narrative: 'and more' }, restricted: {} });
  await tries(one);
  assert.equal(
    one.app.state.entries.find((row) => row.record === record).state.code,
    'sealed',
    'nothing was refused of this',
  );
  one.phone.end();
});

test('a refusal that concerns no entry is said among the lines about the server, until it is taken', async () => {
  const one = await keeper();
  one.faults.before = async (path, options) => (isPush(path, options) ? refusal('bad_signature') : undefined);
  await one.app.saveRecord({ kind: 'person', record: null, fields: { name: 'Sam' }, restricted: {} });
  await tries(one);
  assert.deepEqual(said(one), ['bad_signature']);
  assert.ok(isKept(one.app.state), 'no entry is in trouble');
  await again(one);
  assert.deepEqual(said(one), ['bad_signature'], 'and after a lock');
  delete one.faults.before;
  await looks(one);
  assert.deepEqual(said(one), []);
  assert.deepEqual(one.phone.ctx.open.store.root.troubles, {});
  one.phone.end();
});

test('no room for files on the server: said at the entry, and no longer once there is room', async () => {
  const one = await keeper();
  one.faults.before = async (path, { method }) =>
    path.includes('/blobs/') && method === 'PUT' ? refusal('over_quota') : undefined;
  await one.app.addFile(one.record, file(new Uint8Array(5000).fill(3), 'voice.bin', ''), { route: 'files' });
  await one.app.saveIncident({ record: one.record, fields: {}, restricted: {} });
  await tries(one);
  const [{ state }] = one.app.state.entries;
  assert.deepEqual([state.code, state.sentence], ['trouble', SENTENCES.over_quota]);
  delete one.faults.before;
  await looks(one);
  await until(one, isKept, 'kept');
  assert.deepEqual(one.phone.ctx.open.store.root.troubles, {});
  one.phone.end();
});

test('a phone that is full while it takes something in says so, and no longer once there is room', async () => {
  const one = await keeper();
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await save(one.app, 'from the other');
  await looks(one);
  const { store } = two.phone.ctx.open;
  const { change } = store;
  store.change = async () => {
    throw new KeptError('no_space');
  };
  await tries(two);
  assert.deepEqual(said(two), ['no_space']);
  store.change = change;
  await looks(two);
  assert.deepEqual(said(two), []);
  await until(two, (state) => state.entries.length === 2, 'it came');
  for (const { phone } of [one, two]) phone.end();
});

test('a clock that goes wrong while the diary is in use is said until it is set, with nothing to send', async () => {
  const one = await keeper();
  const { clock } = one.phone;
  for (const off of [-3 * DAY, 5 * 365 * DAY]) {
    const right = clock.now();
    clock.move(off);
    one.app.touch();
    await looks(one);
    assert.deepEqual(said(one), ['clock_off']);
    const { record } = await save(one.app, 'by a wrong clock');
    const [{ fields }] = await one.phone.ctx.open.book.versions(record);
    assert.ok(Math.abs(fields._clock.offset_ms + off) < DAY / 24, 'noted with the entry');
    await looks(one);
    assert.deepEqual(said(one), ['clock_off']);
    clock.move(right - clock.now());
    one.app.touch();
    await looks(one);
    assert.deepEqual(said(one), []);
  }
  one.phone.end();
});

test('an announced end of the server is said until it is taken back, also after its day and a refused entry', async () => {
  const own = await startServer();
  const one = await registeredPhone(own);
  const day = (ms) => new Date(ms).toISOString().slice(0, 10);
  const heard = (is) =>
    until(
      one,
      ({ account }) => {
        void tries(one);
        return is(account.closing);
      },
      'heard',
    );
  assert.equal(one.app.state.account.closing, null);
  await own.run('closing', day(Date.now()), '--at-once');
  await heard((closing) => closing);
  await save(one.app, 'on the day');
  await until(
    one,
    (state) => {
      void tries(one);
      return state.entries.some((row) => row.state.sentence === SENTENCES.closed);
    },
    'refused',
  );
  await own.run('closing', 'never');
  await heard((closing) => !closing);
  await until(
    one,
    (state) => {
      void tries(one);
      return isKept(state);
    },
    'kept',
  );
  assert.deepEqual(said(one), []);
  one.phone.end();
  await own.stop();
});

test('an entry that is to be erased is said on every phone, and no longer once it is to stay', async () => {
  const one = await keeper();
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await one.app.takeOutRecord(one.record, '');
  await looks(one);
  assert.deepEqual(one.app.state.erasing, []);
  await one.app.askErasing(one.record, { words: WORDS });
  for (const phone of [one, two]) {
    await looks(phone);
    assert.deepEqual(
      phone.app.state.erasing.map(({ record }) => record),
      [one.record],
    );
  }
  await two.app.stopErasing(one.record);
  for (const phone of [one, two]) {
    await looks(phone);
    assert.deepEqual(phone.app.state.erasing, []);
  }
  for (const { phone } of [one, two]) phone.end();
});

test('a weaker lock that the server asks for stops the run and is said until it asks for the right one', async () => {
  const one = await keeper();
  await again(one);
  one.faults.before = async (path) =>
    path.includes('/changes') || path === '/v1/session/renewal'
      ? json(401, { error: 'signed_out', message: 'x' })
      : undefined;
  one.faults.after = async (path, _options, response) => {
    if (path !== '/v1/prelogin') return undefined;
    const { kdf } = await response.json();
    return json(200, { kdf: { ...kdf, m: 4 } });
  };
  await one.phone.ctx.open.store.change((root) => {
    root.session = null;
  });
  one.phone.ctx.open.typed = WORDS;
  await tries(one);
  assert.deepEqual(said(one), ['kdf_refused']);
  delete one.faults.before;
  delete one.faults.after;
  await looks(one);
  assert.deepEqual(said(one), []);
  one.phone.end();
});

/** Types what cannot be sealed, and then what can. */
async function typesOnAFullPhone(one) {
  const { database } = one.phone;
  const { write } = database;
  database.write = async () => {
    throw new KeptError('no_space');
  };
  one.app.putDraft({ fields: { narrative: 'half a sentence' } });
  await until(one, ({ account }) => account?.trouble?.code === 'no_space', 'said');
  one.app.network();
  await one.phone.rest();
  assert.equal(one.app.state.account.trouble?.sentence, SENTENCES.no_space, 'it is not sealed yet');
  database.write = write;
  one.app.putDraft({ fields: { narrative: 'half a sentence and more' } });
  await until(one, ({ draft }) => draft.saved_at !== null, 'sealed');
  assert.equal(one.app.state.account?.trouble ?? null, null);
  one.phone.end();
}

test('what is typed before the first words and cannot be sealed: said until it is', async () => {
  const phone = makePhone();
  await phone.app.start();
  await typesOnAFullPhone({ phone, app: phone.app });
});

test('what is typed in an open diary and cannot be sealed: said until it is, whatever else is shown', async () => {
  await typesOnAFullPhone(await keeper());
});

test('a new version by another key is said and not offered, and the next one by the right key ends that', async () => {
  const { app } = makePhone();
  await app.start();
  const waits = () => [app.state.update, Boolean(app.state.unsigned)];
  assert.deepEqual(waits(), [false, false]);
  app.updateWaits(true);
  assert.deepEqual(waits(), [true, false]);
  app.updateWaits(false);
  assert.deepEqual(waits(), [false, true], 'a tap would begin the one that waits, and that is another by now');
  app.updateWaits(true);
  assert.deepEqual(waits(), [true, false]);
});
