/** The server's key in the slots of a phone: it follows what was judged, and nothing else moves it. */
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

/** A server, and commands for the keys that its operator keeps. */
async function operated() {
  const made = { at: await startServer({ settings }) };
  const [key, wish, statement] = ['instance.key', 'wish', 'statement'].map((name) => join(made.at.folder, name));
  return Object.assign(made, {
    makeInstance: () => made.at.run('keys', 'new-instance', key),
    async sign(why) {
      await made.at.run('keys', 'wish', `${wish}-${why}`, '--why', why);
      await made.at.run('keys', 'sign', `${wish}-${why}`, `${statement}-${why}`, '--instance', key);
      await made.at.run('keys', 'publish', `${statement}-${why}`);
      await made.restart();
    },
    async restart() {
      await made.at.leave();
      made.at = await startServer({ settings, again: made.at });
    },
  });
}

/** A registered phone at that server, and what its slots say. */
async function keeper(server) {
  const faults = {};
  let ctx;
  const packActions = (given) => {
    ctx = given;
    return {};
  };
  const made = await phoneWithEntry({
    origin: server.at.base,
    send: sender(server.at.base, faults),
    clock: fixedClock(Date.now()),
    packActions,
  });
  await made.app.register({ words: WORDS });
  await until(made, isKept, 'kept');
  const pinned = async (words = WORDS) =>
    (await vaultInProcess(server.at.base).unlock(words, await readDoor(made.phone.database))).pins.log;
  return { ...made, faults, pinned, root: () => ctx.open.store.root };
}

async function writesOn(made, text) {
  await made.app.saveIncident({ record: null, fields: { narrative: text }, restricted: {} });
  made.app.network();
}

/** Somebody's own keys: an instance key and statements by it. */
function somebody() {
  const [instance, notary] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const pubOf = ({ publicKey }) => publicKey.export({ format: 'jwk' }).x;
  const logOf = (pub) => createHash('sha256').update(Buffer.from(pub, 'base64url')).digest('base64url');
  const stated = (pub, why, n, prev) => {
    const fields = {
      from: Date.now(),
      instance: pubOf(instance),
      last: null,
      log: logOf(pub),
      n,
      prev,
      pub,
      t: 'notary/v1',
      why,
    };
    return { ...fields, sig: sign(null, canonicalBytes(fields), instance.privateKey).toString('base64url') };
  };
  return { instance: pubOf(instance), pub: pubOf(notary), log: logOf(pubOf(notary)), stated };
}

let server;
before(async () => {
  server = await operated();
});
after(() => server.at.stop());

test('a phone that met the server before it had an instance key pins that key, and follows no other', async () => {
  const made = await keeper(server);
  const { notary, log } = made.root().account;
  const them = somebody();
  const sent = [];
  made.faults.before = (path, { method }) => {
    if (method === 'PUT') sent.push(path);
  };
  // Somebody in between: our key vouched for by theirs, and then replaced by theirs.
  const chains = [
    [them.stated(notary, 'first', 0, null), them.stated(them.pub, 'rotated', 1, log)],
    [them.stated(notary, 'first', 0, null), { ...them.stated(them.pub, 'lost', 1, log), sig: 'A'.repeat(86) }],
    [them.stated(them.pub, 'first', 0, null)],
  ];
  for (const statements of chains) {
    let told = 0;
    made.faults.after = async (path, _options, response) => {
      if (path !== '/v1/log') return undefined;
      told++;
      return json({ ...(await response.json()), log: them.log, statements });
    };
    await writesOn(made, 'not for a stranger');
    // The chain before this one left the same trouble standing: what counts is that this one was read, and more than once.
    const { account } = await until(
      made,
      (state) => {
        if (told < 2) made.app.network();
        return told > 1 && state.account.trouble;
      },
      'said',
    );
    assert.equal(account.trouble.code, 'wrong_notary');
    assert.deepEqual([made.root().account.log, made.root().account.instance, await made.pinned()], [log, null, log]);
  }
  assert.deepEqual(sent, []);
  // The operator's own, vouching for the key that is known: pinned, and followed from then on.
  made.faults.after = undefined;
  await server.makeInstance();
  await server.sign('first');
  made.app.network();
  await until(made, isKept, 'kept');
  const { instance } = made.root().account;
  assert.equal(typeof instance, 'string');
  assert.equal(await made.pinned(), log);
  await server.sign('rotated');
  await writesOn(made, 'after the rotation');
  await until(made, isKept, 'kept under the new key');
  assert.notEqual(made.root().account.log, log);
  assert.equal(await made.pinned(), made.root().account.log, 'the slot of the words says it too');
  made.phone.end();
});

test('statements by another instance key than the pinned one move neither root nor slot', async () => {
  const made = await keeper(server);
  const { notary, log, instance } = made.root().account;
  assert.equal(typeof instance, 'string');
  const them = somebody();
  made.faults.after = async (path, _options, response) => {
    if (path !== '/v1/log') return undefined;
    return json({
      ...(await response.json()),
      log: them.log,
      statements: [them.stated(notary, 'first', 0, null), them.stated(them.pub, 'rotated', 1, log)],
    });
  };
  await writesOn(made, 'not for a stranger');
  await until(made, (state) => state.account.trouble?.code === 'wrong_notary', 'said');
  assert.deepEqual([made.root().account.log, made.root().account.instance, await made.pinned()], [log, instance, log]);
  // A person who types the right letters is not given another key's name with them.
  made.faults.after = async (path, _options, response) =>
    path === '/v1/server' ? json({ ...(await response.json()), log: them.log }) : undefined;
  await assert.rejects(made.app.acceptKey(await made.app.knownKey()), { code: 'key_differs' });
  assert.equal(await made.pinned(), log);
  made.phone.end();
});

test('the short secret’s slot follows when it is opened, and an empty slot stays empty', async () => {
  const made = await keeper(server);
  const { log } = made.root().account;
  await made.app.setShort(SHORT, WORDS);
  assert.equal(await made.pinned(SHORT), log);
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
  await writesOn(made, 'after the key was lost');
  await until(made, isKept, 'kept under the new key');
  const now = made.root().account.log;
  assert.notEqual(now, log);
  assert.deepEqual(
    [await made.pinned(), await made.pinned(SHORT)],
    [now, log],
    'nothing but its own secret can seal the other slot',
  );
  await made.app.lock('asked');
  await made.app.unlock(SHORT);
  await eventually(
    () => made.pinned(SHORT),
    (pinned) => pinned === now,
  );
  assert.equal(await made.pinned(SHORT), now);
  await made.app.lock('asked');
  await made.app.unlock(WORDS);
  assert.equal((await made.app.readLocking()).short, true, 'sealed anew, it is still there');
  await made.app.lock('asked');
  await made.app.unlock(SHORT);
  // The short secret is taken back while the diary is open by it; a key that is followed now must not bring it back.
  await made.app.dropShort();
  const them = somebody();
  const told = { notary: them.pub, log: them.log };
  made.faults.after = async (path, _options, response) =>
    path === '/v1/server' ? json({ ...(await response.json()), ...told }) : undefined;
  await made.app.acceptKey(createHash('sha256').update(Buffer.from(them.pub, 'base64url')).digest('hex').slice(0, 24));
  assert.equal(made.root().account.log, them.log);
  await assert.rejects(made.pinned(SHORT), { code: 'no_match' });
  made.phone.end();
});

test('a new server key and new words at the same time: the new words open the phone', async () => {
  const made = await keeper(server);
  const them = somebody();
  made.faults.after = async (path, _options, response) =>
    path === '/v1/server' ? json({ ...(await response.json()), notary: them.pub, log: them.log }) : undefined;
  const letters = createHash('sha256').update(Buffer.from(them.pub, 'base64url')).digest('hex').slice(0, 24);
  await Promise.all([
    made.app.changeWords({ words: WORDS, newWords: 'lamp orbit kettle marsh tulip fence' }),
    made.app.acceptKey(letters),
  ]);
  await assert.rejects(made.pinned(WORDS), { code: 'no_match' });
  assert.equal(typeof (await made.pinned('lamp orbit kettle marsh tulip fence')), 'string');
  await made.app.lock('asked');
  await made.app.unlock('lamp orbit kettle marsh tulip fence');
  assert.equal(made.app.state.entries.length, 1);
  await eventually(
    () => made.pinned('lamp orbit kettle marsh tulip fence'),
    (pinned) => pinned === them.log,
  );
  assert.equal(await made.pinned('lamp orbit kettle marsh tulip fence'), them.log);
  made.phone.end();
});
