/** The server's key in the slots of a phone: it follows a checked key, and nothing else changes it. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { readDoor } from '#app/store/device_meta.js';
import { eventually } from './phone/eventually.mjs';
import { isKept } from './phone/keeper.mjs';
import { WORDS, phoneWithEntry, until, vaultInProcess } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const SHORT = '274913';
const settings = { DIARY_CHECKPOINT_SECONDS: '1' };
const json = (body) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

/** A server, and the key commands of its operator. */
async function startOperated() {
  const operator = { at: await startServer({ settings }) };
  const [key, request, statement] = ['instance.key', 'wish', 'statement'].map((name) => join(operator.at.folder, name));
  return Object.assign(operator, {
    makeInstance: () => operator.at.run('keys', 'new-instance', key),
    async sign(reason) {
      await operator.at.run('keys', 'wish', `${request}-${reason}`, '--why', reason);
      await operator.at.run('keys', 'sign', `${request}-${reason}`, `${statement}-${reason}`, '--instance', key);
      await operator.at.run('keys', 'publish', `${statement}-${reason}`);
      await operator.restart();
    },
    async restart() {
      await operator.at.leave();
      operator.at = await startServer({ settings, again: operator.at });
    },
  });
}

/** A registered phone of that server, with a function that reads the pinned log from its slots. */
async function registerDevice(server) {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  let ctx;
  const packActions = (context) => {
    ctx = context;
    return {};
  };
  const device = await phoneWithEntry({
    origin: server.at.base,
    send: sender(server.at.base, faults),
    clock: fixedClock(Date.now()),
    packActions,
  });
  await device.app.register({ words: WORDS });
  await until(device, isKept, 'kept');
  const pinnedLog = async (words = WORDS) =>
    (await vaultInProcess(server.at.base).unlock(words, await readDoor(device.phone.database))).pins.log;
  return { ...device, faults, pinnedLog, root: () => ctx.open.store.root };
}

async function saveAndSync(device, text) {
  await device.app.saveIncident({ record: null, fields: { narrative: text }, restricted: {} });
  device.app.network();
}

/** An impostor's keys: an instance key and statements signed by it. */
function makeImpostor() {
  const [instance, notary] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const pubOf = ({ publicKey }) => publicKey.export({ format: 'jwk' }).x;
  const logOf = (pub) => createHash('sha256').update(Buffer.from(pub, 'base64url')).digest('base64url');
  const signStatement = (pub, reason, n, prev) => {
    const fields = {
      from: Date.now(),
      instance: pubOf(instance),
      last: null,
      log: logOf(pub),
      n,
      prev,
      pub,
      t: 'notary/v1',
      why: reason,
    };
    return { ...fields, sig: sign(null, canonicalBytes(fields), instance.privateKey).toString('base64url') };
  };
  return { instance: pubOf(instance), pub: pubOf(notary), log: logOf(pubOf(notary)), signStatement };
}

let server;
before(async () => {
  server = await startOperated();
});
after(() => server.at.stop());

test('a phone that met the server before it had an instance key pins that key, and follows no other', async () => {
  const device = await registerDevice(server);
  const { notary, log } = device.root().account;
  const impostor = makeImpostor();
  const sent = [];
  device.faults.before = (path, { method }) => {
    if (method === 'PUT') sent.push(path);
  };
  // A man in the middle: the real key vouched for by the impostor's instance key, and then replaced by the impostor's
  // key.
  const chains = [
    [impostor.signStatement(notary, 'first', 0, null), impostor.signStatement(impostor.pub, 'rotated', 1, log)],
    [
      impostor.signStatement(notary, 'first', 0, null),
      { ...impostor.signStatement(impostor.pub, 'lost', 1, log), sig: 'A'.repeat(86) },
    ],
    [impostor.signStatement(impostor.pub, 'first', 0, null)],
  ];
  for (const statements of chains) {
    let logReads = 0;
    device.faults.after = async (path, _options, response) => {
      if (path !== '/v1/log') return undefined;
      logReads++;
      return json({ ...(await response.json()), log: impostor.log, statements });
    };
    await saveAndSync(device, 'not for a stranger');
    // The previous chain left the same trouble: this chain must have been read, and more than once.
    const { account } = await until(
      device,
      (state) => {
        if (logReads < 2) device.app.network();
        return logReads > 1 && state.account.trouble;
      },
      'reported',
    );
    assert.equal(account.trouble.code, 'wrong_notary');
    assert.deepEqual(
      [device.root().account.log, device.root().account.instance, await device.pinnedLog()],
      [log, null, log],
    );
  }
  assert.deepEqual(sent, []);
  // The operator's own instance key vouches for the known key: it is pinned, and followed from then on.
  device.faults.after = undefined;
  await server.makeInstance();
  await server.sign('first');
  device.app.network();
  await until(device, isKept, 'kept');
  const { instance } = device.root().account;
  assert.equal(typeof instance, 'string');
  assert.equal(await device.pinnedLog(), log);
  await server.sign('rotated');
  await saveAndSync(device, 'after the rotation');
  await until(device, isKept, 'kept under the new key');
  assert.notEqual(device.root().account.log, log);
  assert.equal(await device.pinnedLog(), device.root().account.log, 'the passphrase’s slot has it too');
  device.phone.end();
});

test('statements by an instance key other than the pinned one change neither root nor slot', async () => {
  const device = await registerDevice(server);
  const { notary, log, instance } = device.root().account;
  assert.equal(typeof instance, 'string');
  const impostor = makeImpostor();
  device.faults.after = async (path, _options, response) => {
    if (path !== '/v1/log') return undefined;
    return json({
      ...(await response.json()),
      log: impostor.log,
      statements: [
        impostor.signStatement(notary, 'first', 0, null),
        impostor.signStatement(impostor.pub, 'rotated', 1, log),
      ],
    });
  };
  await saveAndSync(device, 'not for a stranger');
  await until(device, (state) => state.account.trouble?.code === 'wrong_notary', 'reported');
  assert.deepEqual(
    [device.root().account.log, device.root().account.instance, await device.pinnedLog()],
    [log, instance, log],
  );
  // Typing the right letters must not accept another key's log name along with them.
  device.faults.after = async (path, _options, response) =>
    path === '/v1/server' ? json({ ...(await response.json()), log: impostor.log }) : undefined;
  await assert.rejects(device.app.acceptKey(await device.app.knownKey()), { code: 'key_differs' });
  assert.equal(await device.pinnedLog(), log);
  device.phone.end();
});

test('the short secret’s slot follows when it is opened, and an empty slot stays empty', async () => {
  const device = await registerDevice(server);
  const { log } = device.root().account;
  await device.app.setShort(SHORT, WORDS);
  assert.equal(await device.pinnedLog(SHORT), log);
  await writeFile(join(server.at.folder, 'notary.key'), randomBytes(32));
  await server.at.run('keys', 'wish', join(server.at.folder, 'w'), '--why', 'lost');
  await server.at.run(
    'keys',
    'sign',
    join(server.at.folder, 'w'),
    join(server.at.folder, 's'),
    '--instance',
    join(server.at.folder, 'instance.key'),
  );
  await server.at.run('keys', 'publish', join(server.at.folder, 's'));
  await server.restart();
  await saveAndSync(device, 'after the key was lost');
  await until(device, isKept, 'kept under the new key');
  const newLog = device.root().account.log;
  assert.notEqual(newLog, log);
  assert.deepEqual(
    [await device.pinnedLog(), await device.pinnedLog(SHORT)],
    [newLog, log],
    'only its own secret can seal the other slot',
  );
  await device.app.lock('asked');
  await device.app.unlock(SHORT);
  await eventually(
    () => device.pinnedLog(SHORT),
    (pinned) => pinned === newLog,
  );
  assert.equal(await device.pinnedLog(SHORT), newLog);
  await device.app.lock('asked');
  await device.app.unlock(WORDS);
  assert.equal((await device.app.readLocking()).short, true, 'sealed again, it is still there');
  await device.app.lock('asked');
  await device.app.unlock(SHORT);
  // The short secret is removed while it has the diary open; accepting a key now must not bring it back.
  await device.app.dropShort();
  const impostor = makeImpostor();
  const impostorKeys = { notary: impostor.pub, log: impostor.log };
  device.faults.after = async (path, _options, response) =>
    path === '/v1/server' ? json({ ...(await response.json()), ...impostorKeys }) : undefined;
  await device.app.acceptKey(
    createHash('sha256').update(Buffer.from(impostor.pub, 'base64url')).digest('hex').slice(0, 24),
  );
  assert.equal(device.root().account.log, impostor.log);
  await assert.rejects(device.pinnedLog(SHORT), { code: 'no_match' });
  device.phone.end();
});

test('a new server key and new words at the same time: the new words open the phone', async () => {
  const device = await registerDevice(server);
  const impostor = makeImpostor();
  device.faults.after = async (path, _options, response) =>
    path === '/v1/server' ? json({ ...(await response.json()), notary: impostor.pub, log: impostor.log }) : undefined;
  const letters = createHash('sha256').update(Buffer.from(impostor.pub, 'base64url')).digest('hex').slice(0, 24);
  await Promise.all([
    device.app.changeWords({ words: WORDS, newWords: 'lamp orbit kettle marsh tulip fence' }),
    device.app.acceptKey(letters),
  ]);
  await assert.rejects(device.pinnedLog(WORDS), { code: 'no_match' });
  assert.equal(typeof (await device.pinnedLog('lamp orbit kettle marsh tulip fence')), 'string');
  await device.app.lock('asked');
  await device.app.unlock('lamp orbit kettle marsh tulip fence');
  assert.equal(device.app.state.entries.length, 1);
  await eventually(
    () => device.pinnedLog('lamp orbit kettle marsh tulip fence'),
    (pinned) => pinned === impostor.log,
  );
  assert.equal(await device.pinnedLog('lamp orbit kettle marsh tulip fence'), impostor.log);
  device.phone.end();
});
