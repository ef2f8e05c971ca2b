/**
 * The phone and the public log of a real server: proofs are checked and stored, lies are reported, and a new notary
 * key is accepted when the instance key signs for it.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { eventually } from './phone/eventually.mjs';
import { isKept } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { anotherPhone } from './phone/second_phone.mjs';
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
after(() => Promise.all(servers.map((each) => each.stop())));

const json = (body, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

/**
 * A phone with an entry, and the context behind its app. @param {string} base @param {object} faults @param {string}
 * [words]
 */
async function openDevice(base, faults, words) {
  let ctx;
  const packActions = (context) => {
    ctx = context;
    return {};
  };
  const device = await phoneWithEntry(
    { origin: base, send: sender(base, faults), clock: fixedClock(Date.now()), packActions },
    words,
  );
  return { ...device, ctx };
}

/** A registered phone; `faults` can answer instead of the server. @param {string} [words] */
async function registerDevice(words) {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const device = await openDevice(server.base, faults, words);
  const { login } = await device.app.register({ words: WORDS });
  await until(device, isKept, 'kept');
  return { ...device, faults, login };
}

/** Sync until `isDone` accepts the root of the phone's store. */
async function waitForLog(device, isDone, description = 'the log') {
  await eventually(
    () => {
      device.app.network();
      return storeOf(device)?.root;
    },
    (root) => root && isDone(root),
    { what: description },
  );
  return storeOf(device).root;
}

/** The sealed store of an open phone. */
function storeOf({ ctx }) {
  return ctx.open?.store;
}

test('inclusion proofs are checked and stored, and lead from the receipt to the signed root', async () => {
  const device = await registerDevice();
  const root = await waitForLog(device, ({ log, feed }) => log?.proved >= feed.seq && feed.seq > 0);
  assert.equal(device.app.state.account.trouble, null);
  const [shownVersion] = (await device.app.readIncident(device.record)).versions;
  assert.equal(shownVersion.listed, true);
  assert.ok(shownVersion.kept_at > 0);
  const meta = await storeOf(device).readJson(`r/${device.record}`);
  const proof = (await storeOf(device).readJson('l/0')).find(({ version }) => version === meta.versions[0].v);
  const { size, root: signedRoot } = (await storeOf(device).readJson('l/notes'))
    .map(readNote)
    .find((row) => row.size === proof.size);
  assert.ok(root.log.size >= size);
  verifyInclusion(leafHash(meta.versions[0].receipt), proof.i, size, proof.path.map(unb64), signedRoot);
});

test('the next version names the latest checkpoint', async () => {
  const device = await registerDevice();
  const { log } = await waitForLog(device, (root) => root.log);
  const { record } = await device.app.saveIncident({
    record: null,
    fields: { narrative: 'after the checkpoint' },
    restricted: {},
  });
  const [{ fields }] = await device.ctx.open.book.versions(record);
  assert.deepEqual(fields._beacon, { log: log.note.split('\n')[0], root: log.root, size: log.size });
  await until(device, isKept, 'kept, with a beacon');
});

test('a log that was altered after signing is reported in a sentence, and entries are still sent', async () => {
  const cases = {
    'another root of the same size': (answer, known) => ({
      ...answer,
      checkpoint: { ...answer.checkpoint, note: known.note.replace(/\n(\d+)\n/, `\n${Number(known.size)}\n`) },
    }),
    'a note nobody signed': (answer) => ({
      ...answer,
      checkpoint: { ...answer.checkpoint, note: answer.checkpoint.note.replace(/.{10}\n$/, 'AAAAAAAAA=\n') },
    }),
    'no log any more': (answer) => ({ ...answer, checkpoint: null }),
  };
  for (const [name, tamper] of Object.entries(cases)) {
    if (name === 'another root of the same size') continue; // tested below with a fork that has a real signature
    const device = await registerDevice(name);
    await waitForLog(device, ({ log }) => log);
    device.faults.after = async (path, _options, response) =>
      path === '/v1/log' ? json(tamper(await response.json(), storeOf(device).root.log)) : undefined;
    await waitForLog(device, ({ doubts }) => doubts?.log, name);
    const { account } = await until(device, (state) => state.account.trouble, 'reported');
    assert.equal(account.trouble.sentence, SENTENCES.log_changed, name);
    await device.app.saveIncident({ record: null, fields: { narrative: 'still goes' }, restricted: {} });
    await until(device, isKept, 'still kept');
  }
});

test('the warning about an altered log stays after a lock, and when the server shows the true log again', async () => {
  const device = await registerDevice();
  await waitForLog(device, ({ log }) => log);
  device.faults.after = async (path, _options, response) =>
    path === '/v1/log' ? json({ ...(await response.json()), checkpoint: null }) : undefined;
  await waitForLog(device, ({ doubts }) => doubts?.log, 'changed');
  device.faults.after = undefined;
  await device.app.saveIncident({ record: null, fields: { narrative: 'under the true one' }, restricted: {} });
  await waitForLog(device, ({ log, feed }) => log?.proved >= feed.seq, 'the true log is followed');
  assert.equal(device.app.state.account.trouble.code, 'log_changed');
  await device.app.lock('asked');
  await device.app.unlock(WORDS);
  await until(device, ({ account }) => account?.trouble?.code === 'log_changed', 'reported after a lock');
  device.phone.end();
});

test('after a restore, phones that saw the newer log report it altered, and a new phone does not', async (context) => {
  process.env.DIARY_CHECKPOINT_SECONDS = '1'; // also for the restarted server
  const ownServer = await startServer();
  context.after(() => ownServer.stop());
  const sharedServer = server;
  server = ownServer;
  const device = await registerDevice('one');
  const isProved = ({ log, feed }) => log?.proved >= feed.seq && feed.seq > 0;
  await waitForLog(device, isProved);
  const putBack = await copyServer(ownServer);
  await device.app.saveIncident({ record: null, fields: { narrative: 'two' }, restricted: {} });
  await until(device, isKept, 'kept');
  await waitForLog(device, isProved);
  await putBack();
  device.app.network();
  await until(device, ({ account }) => account.trouble?.code === 'server_behind', 'reported');
  await device.app.sendAgain();
  await until(device, isKept, 'sent again');
  await waitForLog(device, ({ doubts }) => doubts?.log, 'the other log');
  await until(device, ({ account }) => account.trouble?.code === 'log_changed', 'reported');
  const newDevice = await anotherPhone(ownServer.base, device.login);
  await until(newDevice, (state) => isKept(state) && state.entries.length === 2, 'on a new phone');
  await waitForLog({ app: newDevice.app, ctx: newDevice.phone.ctx }, isProved);
  assert.equal(newDevice.app.state.account.trouble, null);
  for (const phone of [device.phone, newDevice.phone]) phone.end();
  delete process.env.DIARY_CHECKPOINT_SECONDS;
  server = sharedServer;
});

test('a split view is detected: two logs by one key that do not continue each other', async () => {
  const device = await registerDevice();
  await waitForLog(device, ({ log, feed }) => log?.proved >= feed.seq);
  // The same key signs another server's leaves: the signature is real, and no proof leads from one log to the other.
  const fork = await startServer({
    settings: {
      ...settings,
      DIARY_NOTARY_KEY: Buffer.from((await import('node:fs')).readFileSync(join(server.folder, 'notary.key'))).toString(
        'base64url',
      ),
    },
  });
  servers.push(fork);
  const forkDevice = await openDevice(fork.base, {}, 'elsewhere');
  await forkDevice.app.register({ words: WORDS });
  for (let i = 0; i < 12; i++)
    await forkDevice.app.saveIncident({ record: null, fields: { narrative: `${i}` }, restricted: {} });
  await until(forkDevice, isKept);
  const forked = await waitForLog(forkDevice, ({ log, feed }) => log?.proved >= feed.seq);
  assert.equal(readNote(forked.log.note).origin, readNote(storeOf(device).root.log.note).origin);
  device.faults.before = async (path) => {
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
  await waitForLog(device, ({ doubts }) => doubts?.log, 'the fork');
});

test('an inclusion proof for another entry’s place is refused', async () => {
  const device = await registerDevice();
  device.faults.after = async (path, _options, response) => {
    if (!path.includes('/proofs/')) return undefined;
    const answer = await response.json();
    return json({
      ...answer,
      proofs: answer.proofs.map((row) => ({ ...row, i: 0, path: row.path.map(() => 'A'.repeat(43)) })),
    });
  };
  await waitForLog(device, ({ doubts, log }) => doubts?.log || (log?.size === 1 && log.proved), 'the wrong place');
  assert.equal(storeOf(device).root.doubts?.log, true);
  assert.equal(storeOf(device).root.log.proved, 0);
});

test('an entry missing from the log twenty minutes after its receipt is reported until it is there', async () => {
  const device = await registerDevice();
  await waitForLog(device, ({ log, feed }) => log?.proved >= feed.seq);
  await device.app.saveIncident({ record: null, fields: { narrative: 'late' }, restricted: {} });
  await until(device, isKept);
  device.faults.after = async (path, _options, response) => {
    if (path === '/v1/log') return json({ ...(await response.json()), now: Date.now() + 21 * 60_000 });
    if (!path.includes('/proofs/')) return undefined;
    const answer = await response.json();
    return json({ ...answer, proofs: [] });
  };
  await waitForLog(device, ({ log }) => log?.late, 'late');
  await until(device, (state) => state.account.trouble?.sentence === SENTENCES.log_late, 'reported');
  device.faults.after = undefined;
  await waitForLog(device, ({ log, feed }) => log && !log.late && log.proved >= feed.seq, 'no longer late');
});

test('a notary key replaced by a signed statement is accepted; one replaced without it is not', async (context) => {
  const ownServer = await startServer({ settings });
  let running = ownServer;
  context.after(() => running.stop());
  const sharedServer = server;
  server = ownServer;
  const [key, request, statement] = ['instance.key', 'wish.json', 'statement.json'].map((name) =>
    join(ownServer.folder, name),
  );
  await ownServer.run('keys', 'new-instance', key);
  const sign = async (reason) => {
    await ownServer.run('keys', 'wish', `${request}-${reason}`, '--why', reason);
    await ownServer.run('keys', 'sign', `${request}-${reason}`, `${statement}-${reason}`, '--instance', key);
    await ownServer.run('keys', 'publish', `${statement}-${reason}`);
  };
  await sign('first');
  await ownServer.leave();
  running = await startServer({ settings, again: ownServer });
  const device = await registerDevice('before the rotation');
  const before = storeOf(device).root.account;
  assert.equal(typeof before.instance, 'string');
  await sign('rotated');
  await running.leave();
  running = await startServer({ settings, again: ownServer });
  await device.app.saveIncident({ record: null, fields: { narrative: 'after the rotation' }, restricted: {} });
  device.app.network();
  await until(device, isKept, 'kept under the new key');
  const { account } = storeOf(device).root;
  assert.notEqual(account.notary, before.notary);
  assert.deepEqual(
    account.olds.map(({ pub }) => pub),
    [before.notary],
  );
  // A pack made without the server has the statements for both keys: its receipts are by either.
  await waitForLog(device, ({ log }) => log);
  assert.deepEqual(
    (await storedLog(device.ctx.open, new Map())).statements.map(({ pub }) => pub),
    [before.notary, account.notary],
  );
  // Another phone accepts the versions of both keys.
  const secondPhone = makePhone({
    origin: running.base,
    send: sender(running.base, {}),
    clock: fixedClock(Date.now()),
  });
  await secondPhone.app.start();
  await secondPhone.app.signIn({ login: device.login, words: WORDS });
  await until(secondPhone, ({ entries }) => entries.length === 2, 'both entries');
  assert.ok(secondPhone.app.state.entries.every(({ state }) => state.code === 'kept'));
  // The server's key changes without a valid statement: the statements are by an instance key that is not pinned.
  device.faults.after = async (path, _options, response) => {
    if (path !== '/v1/log') return undefined;
    const answer = await response.json();
    return json({ ...answer, statements: answer.statements.map((row) => ({ ...row, n: row.n + 1 })).slice(1) });
  };
  await device.app.saveIncident({ record: null, fields: { narrative: 'not sent to a stranger' }, restricted: {} });
  const { account: wrongAccount } = await until(device, (state) => state.account.trouble, 'reported');
  assert.equal(wrongAccount.trouble.sentence, SENTENCES.wrong_notary);
  server = sharedServer;
});

test('a pack contains each version of the diary once, under consistent checkpoints', async () => {
  const device = await registerDevice();
  await waitForLog(device, ({ log, feed }) => log?.proved >= feed.seq);
  const { open } = device.ctx;
  const versions = await readDiary(open);
  const receipts = new Map(
    versions.map(({ version, receipt }) => [
      version,
      /** @type {import('#app/crypto/signing.js').Receipt} */ (receipt),
    ]),
  );
  const log = await logForPack(open.syncing.link(), receipts);
  assert.deepEqual(log.proofs.map(({ version }) => version).sort(), [...receipts.keys()].sort());
  for (const { version, i, path, size } of log.proofs) {
    const { root } = readNote(log.checkpoints.find((row) => row.size === size).note);
    verifyInclusion(leafHash(receipts.get(version)), i, size, path.map(unb64), root);
  }
  assert.deepEqual(log.authorities, []);
  device.faults.after = async (path, _options, response) =>
    path === '/v1/log' ? json({ ...(await response.json()), checkpoint: null }) : undefined;
  assert.equal(await logForPack(open.syncing.link(), receipts), null);
});

test('an entry is kept even while the log is unavailable', async () => {
  const device = await registerDevice();
  for (const path of ['/v1/log', '/proofs/']) {
    device.faults.before = async (requestedPath) =>
      requestedPath.includes(path) ? json({ error: 'try_later', message: 'x' }, 429) : undefined;
    await device.app.saveIncident({ record: null, fields: { narrative: `without ${path}` }, restricted: {} });
    await until(device, isKept, `kept without ${path}`);
    assert.equal(device.app.state.account.trouble, null);
  }
});
