/** The phone and the public log of a real server: places checked and kept, lies said, keys followed when the instance key says so. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { eventually } from './phone/eventually.mjs';
import { isKept } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { anotherPhone } from './phone/another.mjs';
import { copyServer, sender, startServer } from './phone/server.mjs';
import { SENTENCES } from '#app/diary/sentences.js';
import { fixedClock } from '#app/core/clock.js';
import { unb64 } from '#app/core/bytes.js';
import { storedLog, logForPack } from '#app/diary/sync/log.js';
import { readDiary } from '#app/diary/sharing/pack_sources.js';
import { leafHash, verifyInclusion } from '#app/ledger/tree.js';
import { readNote } from '#app/ledger/checkpoint.js';

const settings = { DIARY_CHECKPOINT_SECONDS: '1' };
let server;
const servers = [];
before(async () => {
  server = await startServer({ settings });
  servers.push(server);
});
after(() => Promise.all(servers.map((one) => one.stop())));

const json = (body, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

/** A phone with an entry, and a hold on what is behind its app. @param {string} base @param {object} faults @param {string} [words] */
async function opened(base, faults, words) {
  let ctx;
  const packActions = (/** @type {any} */ given) => {
    ctx = given;
    return {};
  };
  const made = await phoneWithEntry(
    { origin: base, send: sender(base, faults), clock: fixedClock(Date.now()), packActions },
    words,
  );
  return { ...made, ctx };
}

/** A registered phone; `faults` may answer in the server's place. @param {string} [words] */
async function keeper(words) {
  const faults = {};
  const made = await opened(server.base, faults, words);
  const { login } = await made.app.register({ words: WORDS });
  await until(made, isKept, 'kept');
  return { ...made, faults, login };
}

/** Looks at the log until the phone has what `is` asks of its own notes. */
async function looked(made, is, what = 'the log') {
  await eventually(
    () => {
      made.app.network();
      return storeOf(made)?.root;
    },
    (root) => root && is(root),
    { what },
  );
  return storeOf(made).root;
}

/** The sealed store of an open phone. */
function storeOf({ ctx }) {
  return ctx.open?.store;
}

test('inclusion proofs are checked and stored, and lead from the receipt to the signed root', async () => {
  const made = await keeper();
  const root = await looked(made, ({ log, feed }) => log?.proved >= feed.seq && feed.seq > 0);
  assert.equal(made.app.state.account.trouble, null);
  const [shown] = (await made.app.readIncident(made.record)).versions;
  assert.equal(shown.listed, true);
  assert.ok(shown.kept_at > 0);
  const meta = await storeOf(made).readJson(`r/${made.record}`);
  const place = (await storeOf(made).readJson('l/0')).find(({ version }) => version === meta.versions[0].v);
  const { size, root: top } = (await storeOf(made).readJson('l/notes'))
    .map(readNote)
    .find((one) => one.size === place.size);
  assert.ok(root.log.size >= size);
  verifyInclusion(leafHash(meta.versions[0].receipt), place.i, size, place.path.map(unb64), top);
});

test('the next version names the latest checkpoint', async () => {
  const made = await keeper();
  const { log } = await looked(made, (root) => root.log);
  const { record } = await made.app.saveIncident({
    record: null,
    fields: { narrative: 'after the checkpoint' },
    restricted: {},
  });
  const [{ fields }] = await made.ctx.open.book.versions(record);
  assert.deepEqual(fields._beacon, { log: log.note.split('\n')[0], root: log.root, size: log.size });
  await until(made, isKept, 'kept with a beacon');
});

test('a log that was changed after it was signed is said in a sentence, and entries still go', async () => {
  const cases = {
    'another root of the same size': (told, last) => ({
      ...told,
      checkpoint: { ...told.checkpoint, note: last.note.replace(/\n(\d+)\n/, `\n${Number(last.size)}\n`) },
    }),
    'a note nobody signed': (told) => ({
      ...told,
      checkpoint: { ...told.checkpoint, note: told.checkpoint.note.replace(/.{10}\n$/, 'AAAAAAAAA=\n') },
    }),
    'no log any more': (told) => ({ ...told, checkpoint: null }),
  };
  for (const [name, bend] of Object.entries(cases)) {
    if (name === 'another root of the same size') continue; // judged below with a fork that is really signed
    const made = await keeper(name);
    await looked(made, ({ log }) => log);
    made.faults.after = async (path, _options, response) =>
      path === '/v1/log' ? json(bend(await response.json(), storeOf(made).root.log)) : undefined;
    await looked(made, ({ doubts }) => doubts?.log, name);
    const { account } = await until(made, (state) => state.account.trouble, 'said');
    assert.equal(account.trouble.sentence, SENTENCES.log_changed, name);
    await made.app.saveIncident({ record: null, fields: { narrative: 'still goes' }, restricted: {} });
    await until(made, isKept, 'still kept');
  }
});

test('the warning of a changed log stays over a lock, and when the server shows the true log again', async () => {
  const made = await keeper();
  await looked(made, ({ log }) => log);
  made.faults.after = async (path, _options, response) =>
    path === '/v1/log' ? json({ ...(await response.json()), checkpoint: null }) : undefined;
  await looked(made, ({ doubts }) => doubts?.log, 'changed');
  made.faults.after = undefined;
  await made.app.saveIncident({ record: null, fields: { narrative: 'under the true one' }, restricted: {} });
  await looked(made, ({ log, feed }) => log?.proved >= feed.seq, 'the true one is followed');
  assert.equal(made.app.state.account.trouble.code, 'log_changed');
  await made.app.lock('asked');
  await made.app.unlock(WORDS);
  await until(made, ({ account }) => account?.trouble?.code === 'log_changed', 'said after a lock');
  made.phone.end();
});

test('after a put-back, phones that saw the newer log say it was changed, and a new phone does not', async (context) => {
  process.env.DIARY_CHECKPOINT_SECONDS = '1'; // also where it is started again
  const own = await startServer();
  context.after(() => own.stop());
  const earlier = server;
  server = own;
  const made = await keeper('one');
  const isFollowed = ({ log, feed }) => log?.proved >= feed.seq && feed.seq > 0;
  await looked(made, isFollowed);
  const putBack = await copyServer(own);
  await made.app.saveIncident({ record: null, fields: { narrative: 'two' }, restricted: {} });
  await until(made, isKept, 'kept');
  await looked(made, isFollowed);
  await putBack();
  made.app.network();
  await until(made, ({ account }) => account.trouble?.code === 'server_behind', 'it is said');
  await made.app.sendAgain();
  await until(made, isKept, 'sent again');
  await looked(made, ({ doubts }) => doubts?.log, 'the other log');
  await until(made, ({ account }) => account.trouble?.code === 'log_changed', 'said');
  const fresh = await anotherPhone(own.base, made.login);
  await until(fresh, (state) => isKept(state) && state.entries.length === 2, 'on a new phone');
  await looked({ app: fresh.app, ctx: fresh.phone.ctx }, isFollowed);
  assert.equal(fresh.app.state.account.trouble, null);
  for (const phone of [made.phone, fresh.phone]) phone.end();
  delete process.env.DIARY_CHECKPOINT_SECONDS;
  server = earlier;
});

test('a split view is found: two logs by one key that do not continue each other', async () => {
  const made = await keeper();
  await looked(made, ({ log, feed }) => log?.proved >= feed.seq);
  // The same key over another server's leaves: a real signature, and no way from one to the other.
  const fork = await startServer({
    settings: {
      ...settings,
      DIARY_NOTARY_KEY: Buffer.from((await import('node:fs')).readFileSync(join(server.folder, 'notary.key'))).toString(
        'base64url',
      ),
    },
  });
  servers.push(fork);
  const other = await opened(fork.base, {}, 'elsewhere');
  await other.app.register({ words: WORDS });
  for (let i = 0; i < 12; i++)
    await other.app.saveIncident({ record: null, fields: { narrative: `${i}` }, restricted: {} });
  await until(other, isKept);
  const forked = await looked(other, ({ log, feed }) => log?.proved >= feed.seq);
  assert.equal(readNote(forked.log.note).origin, readNote(storeOf(made).root.log.note).origin);
  made.faults.before = async (path) => {
    if (path === '/v1/log')
      return json({
        authorities: [],
        checkpoint: { n: 0, note: forked.log.note, size: forked.log.size },
        now: Date.now(),
        stamped: null,
        statements: [],
      });
    return path.startsWith('/v1/log/consistency') ? json({ path: [forked.log.root, forked.log.root] }) : undefined;
  };
  await looked(made, ({ doubts }) => doubts?.log, 'the fork');
});

test('a place that is not the entry’s is not taken', async () => {
  const made = await keeper();
  made.faults.after = async (path, _options, response) => {
    if (!path.includes('/proofs/')) return undefined;
    const told = await response.json();
    return json({
      ...told,
      proofs: told.proofs.map((one) => ({ ...one, i: 0, path: one.path.map(() => 'A'.repeat(43)) })),
    });
  };
  await looked(made, ({ doubts, log }) => doubts?.log || (log?.size === 1 && log.proved), 'the wrong place');
  assert.equal(storeOf(made).root.doubts?.log, true);
  assert.equal(storeOf(made).root.log.proved, 0);
});

test('an entry that is not on the list twenty minutes after its receipt is said, and no longer once it is', async () => {
  const made = await keeper();
  await looked(made, ({ log, feed }) => log?.proved >= feed.seq);
  await made.app.saveIncident({ record: null, fields: { narrative: 'late' }, restricted: {} });
  await until(made, isKept);
  made.faults.after = async (path, _options, response) => {
    if (path === '/v1/log') return json({ ...(await response.json()), now: Date.now() + 21 * 60_000 });
    if (!path.includes('/proofs/')) return undefined;
    const told = await response.json();
    return json({ ...told, proofs: [] });
  };
  await looked(made, ({ log }) => log?.late, 'late');
  await until(made, (state) => state.account.trouble?.sentence === SENTENCES.log_late, 'said');
  made.faults.after = undefined;
  await looked(made, ({ log, feed }) => log && !log.late && log.proved >= feed.seq, 'no longer late');
});

test('a notary key replaced by a signed statement is followed; one that is merely replaced is not', async (context) => {
  const own = await startServer({ settings });
  let running = own;
  context.after(() => running.stop());
  const earlier = server;
  server = own;
  const [key, wish, statement] = ['instance.key', 'wish.json', 'statement.json'].map((name) => join(own.folder, name));
  await own.run('keys', 'new-instance', key);
  const sign = async (why) => {
    await own.run('keys', 'wish', `${wish}-${why}`, '--why', why);
    await own.run('keys', 'sign', `${wish}-${why}`, `${statement}-${why}`, '--instance', key);
    await own.run('keys', 'publish', `${statement}-${why}`);
  };
  await sign('first');
  await own.leave();
  running = await startServer({ settings, again: own });
  const made = await keeper('before the rotation');
  const before = storeOf(made).root.account;
  assert.equal(typeof before.instance, 'string');
  await sign('rotated');
  await running.leave();
  running = await startServer({ settings, again: own });
  await made.app.saveIncident({ record: null, fields: { narrative: 'after the rotation' }, restricted: {} });
  made.app.network();
  await until(made, isKept, 'kept under the new key');
  const { account } = storeOf(made).root;
  assert.notEqual(account.notary, before.notary);
  assert.deepEqual(
    account.olds.map(({ pub }) => pub),
    [before.notary],
  );
  // A pack that asks nobody has what vouches for both keys: its receipts are by the one and the other.
  await looked(made, ({ log }) => log);
  assert.deepEqual(
    (await storedLog(made.ctx.open, new Map())).statements.map(({ pub }) => pub),
    [before.notary, account.notary],
  );
  // Another phone takes in the versions of both keys.
  const second = makePhone({ origin: running.base, send: sender(running.base, {}), clock: fixedClock(Date.now()) });
  await second.app.start();
  await second.app.signIn({ login: made.login, words: WORDS });
  await until(second, ({ entries }) => entries.length === 2, 'both entries');
  assert.ok(second.app.state.entries.every(({ state }) => state.code === 'kept'));
  // The server's key changed behind everyone's back: statements by an instance key that is not the pinned one.
  made.faults.after = async (path, _options, response) => {
    if (path !== '/v1/log') return undefined;
    const told = await response.json();
    return json({ ...told, statements: told.statements.map((one) => ({ ...one, n: one.n + 1 })).slice(1) });
  };
  await made.app.saveIncident({ record: null, fields: { narrative: 'not sent to a stranger' }, restricted: {} });
  const { account: said } = await until(made, (state) => state.account.trouble, 'said');
  assert.equal(said.trouble.sentence, SENTENCES.wrong_notary);
  server = earlier;
});

test('a pack contains each version of the diary once, under consistent checkpoints', async () => {
  const made = await keeper();
  await looked(made, ({ log, feed }) => log?.proved >= feed.seq);
  const { open } = made.ctx;
  const versions = await readDiary(open);
  const receipts = new Map(versions.map(({ version, receipt }) => [version, receipt]));
  const log = await logForPack(open, open.syncing.link(), receipts);
  assert.deepEqual(log.proofs.map(({ version }) => version).sort(), [...receipts.keys()].sort());
  for (const { version, i, path, size } of log.proofs) {
    const { root } = readNote(log.checkpoints.find((one) => one.size === size).note);
    verifyInclusion(leafHash(receipts.get(version)), i, size, path.map(unb64), root);
  }
  assert.deepEqual(log.authorities, []);
  made.faults.after = async (path, _options, response) =>
    path === '/v1/log' ? json({ ...(await response.json()), checkpoint: null }) : undefined;
  assert.equal(await logForPack(open, open.syncing.link(), receipts), null);
});

test('an entry is kept even while the log is unavailable', async () => {
  const made = await keeper();
  for (const path of ['/v1/log', '/proofs/']) {
    made.faults.before = async (asked) =>
      asked.includes(path) ? json({ error: 'try_later', message: 'x' }, 429) : undefined;
    await made.app.saveIncident({ record: null, fields: { narrative: `without ${path}` }, restricted: {} });
    await until(made, isKept, `kept without ${path}`);
    assert.equal(made.app.state.account.trouble, null);
  }
});
