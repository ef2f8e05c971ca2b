/**
 * The phone counts the outside witnesses of the public log, with an independent witness program, a real server and the
 * phone's own code.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WORDS, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';
import { logForPack } from '#app/diary/sync/log.js';
import { unb64 } from '#app/core/bytes.js';
import { fixedClock } from '#app/core/clock.js';
import { logFiles } from '#app/pack/log_files.js';

const PROGRAM = fileURLToPath(new URL('../../.venv/witness/bin/aics-witness', import.meta.url));
const NAME = 'witness.example/w1';
const run = promisify(execFile);
let server;
let folder;
let witness;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'witness-'));
  const port = await freePort();
  const config = join(folder, 'witness.json');
  const { stdout } = await run(PROGRAM, ['init', '--config', config, '--name', NAME]);
  const key = stdout.split(/\s+/).find((word) => word.startsWith(`${NAME}+`));
  const settings = JSON.parse(await readFile(config, 'utf8'));
  await writeFile(
    config,
    JSON.stringify({ ...settings, witness: { ...settings.witness, listen: `127.0.0.1:${port}` } }),
  );
  const witnessFile = join(folder, 'witnesses.toml');
  await writeFile(witnessFile, `[[witness]]\nname = "${NAME}"\nkey = "${key}"\nurl = "http://127.0.0.1:${port}"\n`);
  server = await startServer({ settings: { DIARY_CHECKPOINT_SECONDS: '1', DIARY_WITNESSES: witnessFile } });
  const notary = await publicPage('/notary.txt');
  const pub = Buffer.from(notary.trim(), 'base64url');
  const log = createHash('sha256').update(pub).digest('base64url');
  const hash = createHash('sha256').update(`${log}\n`).update(Buffer.of(1)).update(pub).digest().subarray(0, 4);
  await run(PROGRAM, [
    'add-log',
    '--config',
    config,
    // A name that starts with "-", as one in 64 does, is only taken after "=".
    `--origin=${log}`,
    `--vkey=${log}+${hash.toString('hex')}+${Buffer.concat([Buffer.of(1), pub]).toString('base64')}`,
  ]);
  witness = spawn(PROGRAM, ['serve', '--config', config], { stdio: 'ignore' });
  while (
    !(await fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  );
});

after(async () => {
  await server.stop();
  await new Promise((exited) => {
    witness.once('exit', exited);
    witness.kill();
  });
  await rm(folder, { recursive: true, force: true });
});

/** A page of the public host; fetch cannot set the Host header. @param {string} path @returns {Promise<string>} */
function publicPage(path) {
  return new Promise((done, failed) => {
    get(
      { host: '127.0.0.1', port: server.port, path, headers: { host: `public.localhost:${server.port}` } },
      (answer) => {
        let text = '';
        answer
          .setEncoding('utf8')
          .on('data', (piece) => {
            text += piece;
          })
          .on('end', () => done(text));
      },
    ).on('error', failed);
  });
}

async function freePort() {
  const socket = createServer();
  await new Promise((ready) => socket.listen(0, '127.0.0.1', () => ready(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (socket.address());
  await new Promise((closed) => socket.close(closed));
  return port;
}

/** A registered phone, and the context behind its app; `faults` can answer instead of the server. */
async function registerDevice() {
  let ctx;
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const packActions = (context) => {
    ctx = context;
    return {};
  };
  const device = await phoneWithEntry({
    origin: server.base,
    send: sender(server.base, faults),
    clock: fixedClock(Date.now()),
    packActions,
  });
  await device.app.register({ words: WORDS });
  await until(
    device,
    ({ entries }) => entries.length > 0 && entries.every(({ state }) => state.code === 'kept'),
    'kept',
  );
  const waitForLog = async (isDone) => {
    for (let i = 0; i < 600; i++) {
      device.app.network();
      const root = ctx.open?.store?.root;
      if (root && isDone(root)) return root;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the log did not come: ${JSON.stringify(ctx.open?.store?.root.log)}`);
  };
  return { ...device, faults, waitForLog, link: () => ctx.open.syncing.link(), open: () => ctx.open };
}

test('a witness that saw the log is counted, shown, and added to a pack with its line', async () => {
  const phone = await registerDevice();
  const root = await phone.waitForLog(
    ({ log }) => log?.witnessed?.names.length === 1 && log.witnessed.size === log.size,
  );
  assert.deepEqual(root.log.witnessed, { names: [NAME], named: 1, size: root.log.size });
  assert.equal(root.log.note.split('\n\n')[1].trimEnd().split('\n').length, 1);
  assert.deepEqual(root.doubts?.log, undefined);
  const answer = await (await fetch(`${server.base}/v1/log`)).json();
  const api = {
    log: async () => answer,
    proofs: async () => ({ proofs: [], to: 0 }),
    consistency: async () => ({ path: [] }),
  };
  const { account } = phone.open().store.root;
  const log = await logForPack(
    {
      ...phone.link(),
      api: Object.assign(Object.create(phone.link().api), api),
      diary: '',
      pins: { notary: account.notary, log: account.log },
    },
    new Map(),
  );
  assert.equal(log.checkpoints[0].cosignatures.length, 1);
  assert.ok(log.checkpoints[0].cosignatures[0].startsWith(`— ${NAME} `));
  const files = logFiles({ log, versions: [] });
  assert.deepEqual(
    JSON.parse(new TextDecoder().decode(files.get('data/restricted/proof/log.json')())).checkpoints[0].cosignatures,
    log.checkpoints[0].cosignatures,
  );
  assert.equal(unb64(answer.witnesses[0].pub).length, 32);
});

test('a witness line that does not verify is not counted, and a second log is reported', async () => {
  const phone = await registerDevice();
  let tamper = (note) => note;
  let changed = 0;
  phone.faults.after = async (path, _options, response) => {
    if (!path.startsWith('/v1/log') || path.includes('consistency') || !response.ok) return undefined;
    const answer = await response.json();
    const note = answer.witnessed && tamper(answer.witnessed.note);
    if (note && note !== answer.witnessed.note) changed += 1;
    if (note) answer.witnessed.note = note;
    return new Response(JSON.stringify(answer), { status: 200, headers: { 'content-type': 'application/json' } });
  };
  // Changes base64 letters in the witness's line, so that its signature is another.
  tamper = (note) =>
    note.replace(
      new RegExp(`(— ${NAME} .{40})(..)`),
      (_all, start, letters) => start + (letters === 'AA' ? 'BB' : 'AA'),
    );
  await phone.waitForLog(
    ({ log }) =>
      changed > 0 && log?.witnessed?.named === 1 && log.witnessed.names.length === 0 && log.witnessed.size === 0,
  );
  assert.equal(phone.open().store.root.doubts?.log, undefined);
  tamper = (note) => note.replace(/^(.+\n\d+\n).{8}/, '$1AAAAAAAA');
  await phone.waitForLog((root) => root.doubts?.log === true);
});

test('a witness that is dropped or rekeyed is reported until read; a new one is accepted silently', async () => {
  const phone = await registerDevice();
  let changeWitnesses = (witnesses) => witnesses;
  phone.faults.after = async (path, _options, response) => {
    if (path !== '/v1/log' || !response.ok) return undefined;
    const answer = await response.json();
    answer.witnesses = changeWitnesses(answer.witnesses);
    return new Response(JSON.stringify(answer), { status: 200, headers: { 'content-type': 'application/json' } });
  };
  const goneNames = () => phone.app.state.account.witnesses_gone;
  const hasKnown =
    (count) =>
    ({ log_witnesses: list }) =>
      list?.known.length === count && list.named.length === count;
  await phone.waitForLog(hasKnown(1));
  const otherWitness = { name: 'other.example', pub: 'A'.repeat(43) };
  changeWitnesses = (witnesses) => [...witnesses, otherWitness];
  await phone.waitForLog(hasKnown(2));
  assert.deepEqual(goneNames(), []);
  // Another key under the same name is another witness.
  changeWitnesses = ([first]) => [{ ...first, pub: 'B'.repeat(43) }, otherWitness];
  await phone.waitForLog(({ log_witnesses: list }) => list.gone.length > 0);
  assert.deepEqual(goneNames(), [NAME]);
  // No new name is accepted meanwhile, however often it comes, and an invalid witness is ignored.
  for (let i = 0; i < 3; i++) {
    changeWitnesses = () => [
      { name: `new-${i}.example`, pub: 'C'.repeat(43) },
      { name: 'x'.repeat(300), pub: 'C'.repeat(43) },
      { name: 5 },
      null,
      'no',
    ];
    await phone.waitForLog(
      ({ log_witnesses: list }) => list.named.length === 1 && list.named[0].name === `new-${i}.example`,
    );
  }
  assert.deepEqual([phone.open().store.root.log_witnesses.known.length, goneNames()], [2, [NAME, otherWitness.name]]);
  changeWitnesses = (witnesses) => [...witnesses, otherWitness];
  await phone.waitForLog(({ log_witnesses: list }) => list.named.length === 2);
  assert.deepEqual(goneNames(), [NAME, otherWitness.name], 'the gap is still reported after the witness came back');
  await phone.app.lock('asked');
  await phone.app.unlock(WORDS);
  assert.deepEqual(goneNames(), [NAME, otherWitness.name], 'after a lock too');
  await phone.app.acceptWitnessList();
  assert.deepEqual(goneNames(), []);
  changeWitnesses = () => undefined;
  await phone.waitForLog(({ log_witnesses: list }) => list.gone.length === 2);
  assert.deepEqual(goneNames(), [NAME, otherWitness.name], 'the server no longer names any witness');
  await phone.app.acceptWitnessList();
  await phone.waitForLog(hasKnown(0));
  assert.deepEqual(goneNames(), []);
  phone.phone.end();
});
