/** Functions that tests/browser/test_vectors.py calls in the page. All run under the product's own policy. */
import { b64, randomBytes } from '/static/js/core/bytes.js';
import { createVault } from '/static/js/crypto/worker/vault.js';
import { NAMES, run } from '/tests/js/vectors/all.js';

const PINS = { notary: null, log: null, kdf_high: 0 };
const policy = trustedTypes.createPolicy('app-url', { createScriptURL: (url) => url });
const trusted = (url) => policy.createScriptURL(url);
const load = async (file) => (await fetch(`/tests/vectors/${file}.json`)).json();

/** Run every check on the page. Returns the failures by title. */
async function inPage() {
  const failed = {};
  for (const name of NAMES)
    await run(name, load).catch((error) => {
      failed[name] = String(error.stack ?? error);
    });
  return { checks: NAMES.length, failed };
}

/** Run every check in a module worker. */
function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(trusted('/tests/browser/vectors/worker.js'), { type: 'module' });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = (event) => reject(new Error(event.message));
  });
}

/**
 * Use a vault as on a diary's first day: lock, identity, registration, versions, a file, restart, sign-in elsewhere.
 */
async function firstDay(workerUrl, words, cost) {
  const vault = createVault({ workerUrl, createScriptUrl: trusted });
  const tests = { ...(await vault.selfTest()), measured: await vault.measure() };
  await vault.setSchemas({ note: { 1: { open: ['text'], restricted: ['kept_apart'] } } });
  const identity = await vault.newIdentity();
  const door = await vault.setSlot(await vault.newDoor(cost), words, 'diary', {
    account: identity.account,
    login: '',
    pins: PINS,
  });
  const id = randomBytes(16);
  const kept = await vault.sealIdentity(id);
  const { body, code } = await vault.enrolment({
    login: 'calm-river-7f3k',
    words,
    cost: cost ?? undefined,
    withCode: true,
  });
  const version = await vault.sealVersion({
    kind: 'note',
    schema: 1,
    open: { text: 'ü' },
    restricted: { kept_apart: 1 },
    line: { n: 1, prev: null },
    clock: { offset_ms: null, tz: 'UTC', utc: 1 },
  });
  const bytes = randomBytes(1_500_000);
  const first = b64(bytes.subarray(0, 30));
  const { file, blob, key, parts } = await vault.fileStart({ size: bytes.length });
  const sealed = [...(await vault.filePart(file, bytes)), ...(await vault.fileEnd(file)).parts];
  const detached = bytes.length;
  vault.close();
  const afterClose = await vault.rootId().catch(({ code: reason }) => reason);

  const second = createVault({ workerUrl, createScriptUrl: trusted });
  const opened = await second.unlock(words, door);
  const same = await second.loadIdentity(id, kept);
  await second.setSchemas({ note: { 1: { open: ['text'], restricted: ['kept_apart'] } } });
  const [{ opened: read }] = await second.openMany([version]);
  const part = await second.openPart({ blob, key, i: 0, n: parts, sealed: sealed[0].sealed, size: 1_500_000 });
  const wrong = await second.unlock('not these words at all', door).catch(({ code: reason }) => reason);
  second.close();

  const third = createVault({ workerUrl, createScriptUrl: trusted });
  const { auth } = await third.auth({ words, kdf: body.kdf, login: 'calm-river-7f3k' });
  const answer = {
    account: body.account,
    words_wrap: body.words_wrap,
    keyset: body.keyset,
    diaries: [{ diary: body.diary.diary, epoch: 1, wrap: body.diary.wrap }],
  };
  const known = await third.openAccount({ answer, login: 'calm-river-7f3k' });
  const refused = await third
    .auth({ words, kdf: { ...body.kdf, m: 8, t: 1 }, login: 'calm-river-7f3k' })
    .catch(({ code: reason }) => reason);
  third.close();
  return {
    told: tests,
    afterClose,
    role: opened.role,
    sameIdentity: JSON.stringify(same) === JSON.stringify(identity),
    text: read.fields.text,
    altered: read.altered,
    sameBytes: b64(part.subarray(0, 30)) === first,
    detached,
    wrong,
    sameAuth: auth === body.auth,
    sameDiary: known.diary === identity.diary,
    refused,
    codeWords: code.words12.length,
    kdf: body.kdf,
  };
}

/** Return the errors of a vault whose Argon2 gives wrong results. */
async function brokenArgon2(words) {
  const vault = createVault({ workerUrl: '/tests/browser/vectors/broken_argon2.js', createScriptUrl: trusted });
  const door = {
    install: randomBytes(16),
    salt: randomBytes(16),
    m: 47104,
    t: 1,
    slots: Array.from({ length: 4 }, () => randomBytes(1144)),
    capture_pub: randomBytes(65),
  };
  await vault.newIdentity();
  const acts = [
    () => vault.selfTest(),
    () => vault.newDoor(),
    () => vault.unlock(words, door),
    () => vault.setSlot(door, words, 'diary', { account: null, login: '', pins: PINS }),
    () => vault.enrolment({ login: 'calm-river-7f3k', words }),
  ];
  const codes = [];
  for (const act of acts)
    codes.push(
      await act().then(
        () => 'accepted',
        ({ code }) => code,
      ),
    );
  vault.close();
  return codes;
}

/** Return the error of a vault whose worker cannot be loaded. */
function noWorker() {
  return createVault({ workerUrl: '/static/js/crypto/no_such_file.js', createScriptUrl: trusted })
    .selfTest()
    .then(
      () => 'started',
      ({ code }) => code,
    );
}

window.checks = { inPage, inWorker, firstDay, brokenArgon2, noWorker };
