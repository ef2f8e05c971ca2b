/**
 * The diary's own record of a pack (docs/pack.md, "Signature"): sent before the pack is signed, proved in the pack, and
 * taken out when the pack is not finished.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test, { after, before } from 'node:test';
import { packActions } from '#app/features/share/actions.js';
import { b64 } from '#app/core/bytes.js';
import { fixedClock } from '#app/core/clock.js';
import { sha256 } from '#app/crypto/digests.js';
import { fileSource, openZip } from '#app/verify/pack_reader.js';
import { checkPack } from '#app/verify/verify.js';
import { readZip } from '#app/pack/zip.js';
import { isKept } from './phone/keeper.mjs';
import { WORDS, confirmPack, noNetwork, phoneWithEntry, until } from './phone/phone.mjs';
import { PYTHON, sender, startServer } from './phone/server.mjs';

const SAY = { when: (fields) => String(fields.occurred_local ?? ''), at: (ms) => new Date(ms).toISOString() };
const FILLED = { initials: 'JB', sheet: {}, own_words: '', start_with: [], say: SAY };
const HOUR = 3_600_000;
const PUSH = /\/versions\//;

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Return a registered phone whose clock is `ahead` of the server's, ms. */
async function keeper(ahead = 0) {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const clock = fixedClock(Date.now() + ahead);
  const setup = await phoneWithEntry(
    { packActions, origin: server.base, send: sender(server.base, faults), clock },
    'The first.',
  );
  await setup.app.register({ words: WORDS });
  await until(setup, isKept, 'kept');
  return { ...setup, faults, clock };
}

const make = async (app, step = (_step) => {}) => app.buildHere(await confirmPack(app, FILLED), (at) => step(at.step));

/** Return what the page finds in a pack, under the server's own key. */
async function judge(pack, notary) {
  const opened = /** @type {import('#app/verify/pack_reader.js').OpenedPack} */ (await openZip(pack.file));
  const { findings, ...report } = await checkPack(opened, { notary, instance: null, roots: [] });
  return { codes: findings.map(({ code }) => code), ...report };
}

async function proofOf(pack) {
  const members = readZip(new Uint8Array(await pack.file.arrayBuffer()));
  const name = [...members.keys()].find((path) => path.endsWith('/pack-export.json'));
  return name ? JSON.parse(new TextDecoder().decode(members.get(name))) : null;
}

test('with a connection the pack proves when the server received its record', async () => {
  const { app, phone } = await keeper();
  const { notary } = phone.ctx.open.store.root.account;
  const pack = await make(app);
  const { codes, status, receivedAt } = await judge(pack, notary);
  assert.deepEqual([codes, status], [[], 'received']);
  assert.ok(Math.abs(Number(receivedAt) - Date.now()) < HOUR);
  const proof = await proofOf(pack);
  assert.deepEqual(
    Object.keys(proof.fields).filter((name) => !name.startsWith('_')),
    ['kind', 'made_at', 'manifest_sha256', 'pack_id', 'pack_no'],
  );
  assert.equal(phone.ctx.open.store.root.unfinished_export, null);
  assert.equal((await app.readShared()).length, 1);
  phone.end();
});

test('without a signal the pack is made, and says that nobody confirmed it yet', async () => {
  const { app, phone, faults } = await keeper();
  const { notary } = phone.ctx.open.store.root.account;
  faults.before = (path) => (PUSH.test(path) ? Promise.reject(new TypeError('offline')) : null);
  const pack = await make(app);
  assert.deepEqual(await judge(pack, notary).then(({ codes, status }) => [codes, status]), [[], 'not_received']);
  assert.equal((await proofOf(pack)).receipt, null);
  phone.end();
});

const STAMP_SCRIPT = `
import json, sys, tempfile
from pathlib import Path
from diary.encoding import b64, unb64
from diary.ledger import timestamps
from diary.samples.timestamp_authority import make_authority
authority = make_authority(Path(tempfile.mkdtemp()))
request = timestamps.build_digest_request(unb64(sys.argv[1]))
print(json.dumps({"root": authority.root_pem.decode(), "stamp": {
    "authority": "local", "chain": authority.chain_pem.decode(), "nonce": b64(request.nonce),
    "policy": authority.policy, "tsr": b64(authority.answer_query(request.der))}}))
`;

/** Return a timestamp over a digest, as the server gives it, and the root of its authority. */
const stampOver = (/** @type {string} */ digest) =>
  JSON.parse(execFileSync(PYTHON, ['-c', STAMP_SCRIPT, digest], { encoding: 'utf8' }));

test('what comes after a pack is saved beside it: the late receipt, and a timestamp of its list alone', async () => {
  const { app, phone, faults } = await keeper();
  const { notary } = phone.ctx.open.store.root.account;
  faults.before = (path) => (PUSH.test(path) ? Promise.reject(new TypeError('offline')) : null);
  const pack = await make(app);
  assert.deepEqual(await app.readBeside(pack.record), [], 'not confirmed, and this server asks no authority');
  /** @type {string[]} */
  const asked = [];
  let over = (/** @type {string} */ digest) => digest;
  let root = '';
  faults.before = (path, { body }) => {
    if (path !== '/v1/stamps') return null;
    const text = String(body);
    asked.push(text);
    const made = stampOver(over(JSON.parse(text).digest));
    ({ root } = made);
    return Response.json(made.stamp);
  };
  await phone.ctx.open.syncing.now();
  const files = await app.readBeside(pack.record);
  assert.deepEqual(
    files.map(({ name }) => name),
    ['receipt-slip.json', 'pack.tsr'],
  );
  const list = readZip(new Uint8Array(await pack.file.arrayBuffer()));
  const [, bytes] = [...list].find(([path]) => /^[^/]+\/manifest-sha256\.txt$/.test(path)) ?? [];
  assert.deepEqual(asked, [
    JSON.stringify({ digest: b64(await sha256(/** @type {Uint8Array<ArrayBuffer>} */ (bytes))) }),
  ]);
  const opened = /** @type {import('#app/verify/pack_reader.js').OpenedPack} */ (await openZip(pack.file));
  opened.beside = files.map(({ name, file }) => ({ name, source: fileSource(file) }));
  const report = await checkPack(opened, { notary, instance: null, roots: [root] });
  assert.deepEqual([report.findings.map(({ code }) => code), report.status], [['no_timestamps'], 'received']);
  assert.ok(Math.abs(Number(report.stampedAt) - Date.now()) < HOUR);
  over = () => b64(new Uint8Array(32));
  assert.deepEqual(
    (await app.readBeside(pack.record)).map(({ name }) => name),
    ['receipt-slip.json'],
    'a timestamp of something else is not given out',
  );
  phone.end();
});

test('a diary of this phone only says that nothing outside it confirms when', async () => {
  const { app, phone } = await phoneWithEntry({ packActions, send: noNetwork, clock: fixedClock(Date.now()) }, 'One.');
  const { codes, status } = await judge(await make(app), null);
  assert.deepEqual([codes, status], [['never_received'], 'no_server']);
  phone.end();
});

for (const ahead of [HOUR, -HOUR])
  test(`a phone whose clock is an hour ${ahead > 0 ? 'fast' : 'slow'} makes a pack without a finding`, async () => {
    const { app, phone } = await keeper(ahead);
    const { notary } = phone.ctx.open.store.root.account;
    const first = await make(app);
    assert.deepEqual(await judge(first, notary).then(({ codes }) => codes), []);
    assert.deepEqual(await app.newSince(), [], 'and what is in it is not called new again');
    phone.end();
  });

test('a pack that is stopped while its record is sent leaves no record that stands', async () => {
  const { app, phone, faults } = await keeper();
  const steps = [];
  await assert.rejects(
    make(app, (step) => {
      steps.push(step);
      if (step === 'recording') phone.ctx.open.vault.signPack = () => Promise.reject(new TypeError('disk'));
    }),
    'the pack is not handed out',
  );
  assert.ok(steps.includes('recording'));
  assert.deepEqual(await app.readShared(), []);
  assert.equal(phone.ctx.open.store.root.unfinished_export, null);
  faults.before = null;
  phone.end();
});

test('a lock while the record is sent takes the record out at the next opening', async () => {
  const { app, phone, faults } = await keeper();
  const { notary } = phone.ctx.open.store.root.account;
  let stored = null;
  faults.before = (path) => {
    if (!PUSH.test(path) || stored) return null;
    stored = phone.ctx.open?.store.root.unfinished_export;
    if (stored) void app.lock('asked');
    return null;
  };
  await assert.rejects(make(app));
  assert.ok(stored, 'the lock came after the record was stored');
  faults.before = null;
  await packAgain(app, phone, notary);
  assert.equal(phone.ctx.open.store.root.unfinished_export, null);
  phone.end();
});

test('a lock before the record is stored leaves no record', async () => {
  const { app, phone } = await keeper();
  const { notary } = phone.ctx.open.store.root.account;
  const { store } = phone.ctx.open;
  await assert.rejects(
    make(app, (step) => {
      if (step !== 'recording') return;
      store.isClosed = true; // what is not begun by now is not stored
      void app.lock('asked');
    }),
  );
  await packAgain(app, phone, notary);
  phone.end();
});

/** Unlock, and expect that no record of a pack stands and that the next pack is number 1. */
async function packAgain(app, phone, notary) {
  await app.unlock(WORDS);
  await until({ app }, () => phone.ctx.open && !phone.ctx.open.store.root.unfinished_export, 'taken out');
  assert.deepEqual(await app.readShared(), []);
  const pack = await make(app);
  assert.equal(pack.no, 1, 'the number of an unfinished pack is used again');
  assert.deepEqual(await judge(pack, notary).then(({ codes, status }) => [codes, status]), [[], 'received']);
}
