/** The engine of the crypto worker, in Node: what the app asks of it, and what it must refuse. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { argon2id } from '#app/crypto/argon2.js';
import { hkdfDeriver, sha256WithPrefix } from '#app/crypto/digests.js';
import { createEngine } from '#app/crypto/worker/engine.js';
import { COST_CEILING } from '#app/crypto/kdf.js';
import { hpkeSeal } from '#app/crypto/hpke.js';
import { SLOT_BYTES, slotIndexOf } from '#app/crypto/slots.js';
import { FUNCTION_NAMES } from '#app/crypto/worker/vault.js';
import { decodePush, envDigest, verifyVersionSignature } from '#app/ledger/push.js';
import { b64, randomBytes, unb64 } from '#app/core/bytes.js';

const ORIGIN = 'https://notes.example';
const LOGIN = 'calm-river-7f3k';
const WORDS = 'cage candy arch gather drum buyer';
const NEW_WORDS = 'other words that nobody has guessed';
const CHEAP = { m: 8, t: 1 };
const PINS = { notary: null, log: null, kdf_high: 0 };
const SCHEMAS = JSON.parse(await readFile(new URL('../../diary/record/schemas.json', import.meta.url), 'utf8'));
const CLOCK = { offset_ms: null, tz: 'Europe/London', utc: 1_790_000_000_000 };

/**
 * Return an engine with a cheap Argon2id. `counted.runs` is how often Argon2id ran.
 * @param {Partial<Parameters<typeof createEngine>[0]>} [settings]
 */
function cheapEngine({ origin = ORIGIN, ...settings } = {}) {
  const counted = { runs: 0 };
  const argon2 = (/** @type {Parameters<typeof argon2id>} */ ...args) => {
    counted.runs++;
    return argon2id(...args);
  };
  return {
    engine: createEngine({ origin, argon2, policy: { floor: CHEAP, ceiling: COST_CEILING }, ...settings }),
    counted,
  };
}

/** Return a phone whose diary opens with WORDS. */
async function newPhone() {
  const { engine, counted } = cheapEngine();
  await engine.setSchemas(SCHEMAS);
  const fresh = await engine.newDoor(CHEAP);
  const identity = await engine.newIdentity();
  const door = await engine.setSlot(fresh, WORDS, 'diary', { account: identity.account, login: '', pins: PINS });
  return { engine, counted, fresh, door, identity };
}

/** Return the server's answer at sign-in, made from the body of the registration. */
function signInAnswer(body) {
  const { account, words_wrap, code_wrap, keyset, diary } = body;
  return { account, words_wrap, code_wrap, keyset, diaries: [{ diary: diary.diary, epoch: 1, wrap: diary.wrap }] };
}

function expectCode(code, action) {
  return assert.rejects(
    action,
    (/** @type {import('#app/core/errors.js').KeptError} */ thrown) =>
      thrown.code === code || assert.fail(`${thrown.code} instead of ${code}: ${thrown.stack}`),
  );
}

test('the page can call every function of the engine, and no other', () => {
  assert.deepEqual([...FUNCTION_NAMES].sort(), Object.keys(createEngine({ origin: ORIGIN })).sort());
});

test('slots look alike before and after a passphrase is set, and the passphrase opens exactly one', async () => {
  const { fresh, door, identity } = await newPhone();
  assert.deepEqual(
    door.slots.map((slot) => slot.length),
    Array(4).fill(SLOT_BYTES),
  );
  const changed = door.slots.filter((slot, i) => Buffer.compare(slot, fresh.slots[i]) !== 0);
  assert.equal(changed.length, 1);
  const { engine, counted } = cheapEngine();
  const found = await engine.unlock(`  ${WORDS.toUpperCase().toLowerCase()} `, door);
  assert.deepEqual(found, { role: 'diary', account: identity.account, login: '', pins: PINS, short: false });
  assert.equal(counted.runs, 2, 'one derivation for the self-test and one for the passphrase');
  for (const wrong of ['cage candy arch gather drum', 'short', '', '\u{1fae8} new character words here']) {
    await expectCode('no_match', () => engine.unlock(wrong, door));
  }
  assert.equal(counted.runs, 6, 'one derivation for each try, whatever was typed');
});

test('a new door costs about 1.5 s on the phone that makes it, but never less than the floor', async () => {
  const costAfter = async (/** @type {number} */ elapsedMs) => {
    let now = 1_790_000_000_000;
    const { engine } = cheapEngine({
      now: () => now,
      argon2: (...args) => {
        now += elapsedMs;
        return argon2id(...args);
      },
    });
    return engine.measure();
  };
  // The floor is 47,104 KiB once, the default 65,536 KiB three times.
  assert.deepEqual(await costAfter(359), { m: 65_536, t: 3 });
  assert.deepEqual(await costAfter(360), { m: 65_536, t: 2 });
  assert.deepEqual(await costAfter(540), { m: 65_536, t: 1 });
  assert.deepEqual(await costAfter(1_079), { m: 47_104, t: 1 });
});

test('each role has its own slot, which no other role overwrites, and the fourth stays random', async () => {
  const { engine, door } = await newPhone();
  const both = await engine.setSlot(door, 'words for the notebook only', 'cover', {
    account: null,
    login: '',
    pins: PINS,
  });
  assert.notEqual(slotIndexOf(door, 'diary'), slotIndexOf(door, 'cover'));
  assert.ok(![slotIndexOf(door, 'diary'), slotIndexOf(door, 'cover')].includes(3));
  assert.deepEqual(both.slots[3], door.slots[3]);
  const { engine: second } = cheapEngine();
  assert.equal((await second.unlock(WORDS, both)).role, 'diary');
  const diaryRoot = await second.rootId();
  assert.equal((await second.unlock('words for the notebook only', both)).role, 'cover');
  assert.notDeepEqual(await second.rootId(), diaryRoot);
  await expectCode('words_in_use', () =>
    engine.setSlot(both, WORDS, 'cover', { account: null, login: '', pins: PINS }),
  );
});

test('a new passphrase keeps the store, and the old one opens nothing', async () => {
  const { engine, door, identity } = await newPhone();
  const id = crypto.getRandomValues(new Uint8Array(16));
  const sealed = await engine.boxSeal(id, { k: 'x' }, Uint8Array.of(1, 2, 3));
  const renewed = await engine.setSlot(door, NEW_WORDS, 'diary', { account: identity.account, login: '', pins: PINS });
  const pinned = await engine.renewSlot(renewed, {
    account: identity.account,
    login: LOGIN,
    pins: { ...PINS, kdf_high: 99 },
  });
  const { engine: second } = cheapEngine();
  await expectCode('no_match', () => second.unlock(WORDS, pinned));
  assert.equal((await second.unlock(NEW_WORDS, pinned)).pins.kdf_high, 99);
  assert.deepEqual(await second.boxOpen(id, sealed), { desc: { k: 'x' }, bytes: Uint8Array.of(1, 2, 3) });
  await expectCode('not_opened', () => second.boxOpen(crypto.getRandomValues(new Uint8Array(16)), sealed));
});

test('confirming the passphrase changes nothing, whichever words are typed', async () => {
  const { engine, door } = await newPhone();
  const both = await engine.setSlot(door, 'words for the notebook only', 'cover', {
    account: null,
    login: '',
    pins: PINS,
  });
  const root = await engine.rootId();
  await engine.confirmWords(WORDS, both);
  await expectCode('no_match', () => engine.confirmWords('words for the notebook only', both));
  await expectCode('no_match', () => engine.confirmWords('', both));
  assert.deepEqual(await engine.rootId(), root);
});

test('a registration repeated after a restart restores login and cost, and derives the proof again', async () => {
  const { engine, door } = await newPhone();
  const id = crypto.getRandomValues(new Uint8Array(16));
  const before = await engine.sealIdentity(id);
  const { body } = await engine.enrolment({ login: LOGIN, words: WORDS, cost: { m: 8, t: 2 } });
  const { engine: second } = cheapEngine();
  await second.unlock(WORDS, door);
  await second.loadIdentity(id, before);
  await expectCode('bad_request', () => second.newCode());
  assert.deepEqual(await second.auth({ words: WORDS, kdf: body.kdf, login: LOGIN }), { auth: body.auth });
  await second.registeredAs(body);
  assert.deepEqual([await second.earlierProof(), await second.kdfHigh()], [null, 16]);
  assert.equal((await second.newCode()).words12.length, 12);
});

test('an identity and its capture key survive a restart, and nothing works before the identity is loaded', async () => {
  const { engine, door, identity } = await newPhone();
  const id = crypto.getRandomValues(new Uint8Array(16));
  const sealedIdentity = await engine.sealIdentity(id);
  const header = { at: 1, install: 'aaaaaaaaaaaaaaaaaaaaaa', t: 'capture' };
  const capture = await hpkeSeal(door.capture_pub, 'capture', header, Uint8Array.of(7));
  const { engine: second } = cheapEngine();
  await expectCode('locked', () => second.boxOpen(id, sealedIdentity));
  await second.unlock(WORDS, door);
  await expectCode('locked', () =>
    second.sealVersion({ kind: 'note', schema: 1, open: {}, line: { n: 1, prev: null }, clock: CLOCK }),
  );
  assert.deepEqual(await second.loadIdentity(id, sealedIdentity), identity);
  assert.deepEqual(await second.openCapture(capture, header), Uint8Array.of(7));
  await expectCode('not_opened', () => second.openCapture(capture, { ...header, at: 2 }));
});

test('signing in elsewhere with the passphrase or the recovery code opens the registered diary', async () => {
  const { engine, identity } = await newPhone();
  const { body, code } = await engine.enrolment({ login: LOGIN, words: WORDS, cost: CHEAP, withCode: true });
  await expectCode('no_match', () => engine.confirmCode('0000-0000-0000-0000-0000-0000-006X'));
  await engine.confirmCode(code.words12.join(' '));
  assert.equal(await engine.earlierProof(), null, 'no proof is stored');
  const version = await engine.sealVersion({
    kind: 'note',
    schema: 1,
    open: { text: 'x' },
    line: { n: 1, prev: null },
    clock: CLOCK,
    names: SCHEMAS.note[1],
  });

  const { engine: second } = cheapEngine();
  assert.deepEqual(await second.auth({ words: WORDS, kdf: body.kdf, login: LOGIN }), { auth: body.auth });
  const known = await second.openAccount({ answer: signInAnswer(body), login: LOGIN });
  assert.deepEqual({ ...known, device: identity.device }, { ...identity, login: LOGIN });
  assert.notEqual(known.device, identity.device);
  await second.setSchemas(SCHEMAS);
  assert.equal((await second.openVersion(version)).fields.text, 'x');
  // Only the device that sealed a version signs it again, and only unchanged.
  const sig = await engine.signAgain(version);
  await verifyVersionSignature(
    unb64(identity.ecdsa_pub),
    { c: version.commitment, diary: identity.diary, record: version.record, version: version.version },
    sig,
  );
  await expectCode('not_opened', () => second.signAgain(version));
  await expectCode('not_opened', () =>
    engine.signAgain({ ...version, meta: { ...version.meta, c: b64(new Uint8Array(32)) } }),
  );

  const { engine: third } = cheapEngine();
  assert.deepEqual(await third.codeAuth({ code: code.crockford, login: LOGIN }), { code_auth: body.code_auth });
  await third.openAccount({ answer: signInAnswer(body), login: LOGIN });
  const changed = await third.changeWords({ words: NEW_WORDS, cost: CHEAP });
  assert.equal(await third.earlierProof(), null);
  const answer = { ...signInAnswer(body), words_wrap: changed.words_wrap };
  const { engine: fourth } = cheapEngine();
  await fourth.auth({ words: NEW_WORDS, kdf: changed.kdf, login: LOGIN });
  await fourth.openAccount({ answer, login: LOGIN });
  const { engine: fifth } = cheapEngine();
  await fifth.auth({ words: WORDS, kdf: body.kdf, login: LOGIN });
  await expectCode('not_opened', () => fifth.openAccount({ answer, login: LOGIN }));
});

test('the code opens a sealed copy, and its bytes are overwritten once they are imported', async (t) => {
  const { engine, identity } = await newPhone();
  const { body, code } = await engine.enrolment({ login: LOGIN, words: WORDS, cost: CHEAP, withCode: true });
  await engine.confirmCode(code.words12.join(' '));
  const { account, words_wrap, code_wrap, keyset, diary } = body;
  const copied = { account, words_wrap, code_wrap, keyset, kdf: body.kdf };
  const keys = { ...copied, diary: diary.diary, diary_epoch: 1, diary_wrap: diary.wrap };
  const importPlainly = crypto.subtle.importKey.bind(crypto.subtle);
  const codes = [];
  t.mock.method(crypto.subtle, 'importKey', (format, raw, algorithm, ...rest) => {
    if (raw.length === 16 && algorithm === 'HKDF') codes.push(raw);
    return Reflect.apply(importPlainly, crypto.subtle, [format, raw, algorithm, ...rest]);
  });
  const opened = await cheapEngine().engine.openCopy({ keys, code: code.crockford });
  assert.equal(opened.diary, identity.diary);
  assert.deepEqual(
    codes.map((raw) => raw.every((byte) => byte === 0)),
    [true],
  );
});

test('a server that swaps stored keys or proofs is refused', async () => {
  const { engine } = await newPhone();
  const { body } = await engine.enrolment({ login: LOGIN, words: WORDS, cost: CHEAP });
  const other = await newPhone();
  const { body: otherBody } = await other.engine.enrolment({ login: 'warm-river-7f3k', words: WORDS, cost: CHEAP });
  const good = signInAnswer(body);
  const swaps = {
    account: { ...good, account: otherBody.account },
    keyset: { ...good, keyset: otherBody.keyset },
    'words wrap': { ...good, words_wrap: otherBody.words_wrap },
    diary: { ...good, diaries: signInAnswer(otherBody).diaries },
    'no diary': { ...good, diaries: [] },
  };
  for (const [name, answer] of Object.entries(swaps)) {
    const { engine: second } = cheapEngine();
    await second.auth({ words: WORDS, kdf: body.kdf, login: LOGIN });
    await assert.rejects(() => second.openAccount({ answer, login: LOGIN }), { code: 'not_opened' }, name);
  }
});

test('a KDF that is too cheap, too costly, older or unknown is refused before anything is derived', async () => {
  const { engine, counted } = cheapEngine({ policy: undefined });
  await engine.selfTest();
  const base = { alg: 'argon2id', login: LOGIN, m: 65536, origin: ORIGIN, p: 1, salt: 'AQHMEPRKVXceXnOALmFagg', t: 3 };
  const changes = [
    { m: 47103 },
    { m: 8, t: 1 },
    { m: 262145 },
    { t: 17 },
    { t: 0 },
    { p: 2 },
    { alg: 'argon2i' },
    { salt: 'AA' },
    { more: 1 },
    { login: 'warm-river-7f3k' },
    { origin: 'https://n0tes.example' },
    { login: '', origin: 'local' },
  ];
  const before = counted.runs;
  for (const request of changes)
    await expectCode('kdf_refused', () => engine.auth({ words: WORDS, kdf: { ...base, ...request }, login: LOGIN }));
  await expectCode('kdf_refused', () =>
    engine.auth({ words: WORDS, kdf: { ...base, t: 2 }, login: LOGIN, high: 65536 * 3 }),
  );
  assert.equal(counted.runs, before);
});

test('the slot stores the highest KDF cost seen, which applies at the next sign-in', async () => {
  const { engine } = await newPhone();
  const { body } = await engine.enrolment({ login: LOGIN, words: WORDS, cost: { m: 8, t: 2 } });
  assert.equal(await engine.kdfHigh(), 16);
  const door = await engine.setSlot(await engine.newDoor(CHEAP), WORDS, 'diary', {
    account: null,
    login: LOGIN,
    pins: { ...PINS, kdf_high: 16 },
  });
  const { engine: second } = cheapEngine();
  await second.unlock(WORDS, door);
  await second.auth({ words: WORDS, kdf: body.kdf, login: LOGIN });
  await expectCode('kdf_refused', () => second.auth({ words: WORDS, kdf: { ...body.kdf, t: 1 }, login: LOGIN }));
});

test('a wrong Argon2 blocks new slots, registration and unlocking', async () => {
  const { door } = await newPhone();
  const brokenArgon2 = async (/** @type {Parameters<typeof argon2id>} */ ...args) => {
    const out = await argon2id(...args);
    out[31] ^= 1;
    return out;
  };
  const { engine } = cheapEngine({ argon2: brokenArgon2 });
  await expectCode('kdf_broken', () => engine.selfTest());
  await expectCode('kdf_broken', () => engine.newDoor());
  await expectCode('kdf_broken', () => engine.unlock(WORDS, door));
  await engine.newIdentity();
  await expectCode('kdf_broken', () => engine.setSlot(door, WORDS, 'diary', { account: null, login: '', pins: PINS }));
  await expectCode('kdf_broken', () => engine.enrolment({ login: LOGIN, words: WORDS, cost: CHEAP }));
  await expectCode('kdf_broken', () =>
    engine.auth({
      words: WORDS,
      kdf: { alg: 'argon2id', login: LOGIN, m: 8, origin: ORIGIN, p: 1, salt: 'AQHMEPRKVXceXnOALmFagg', t: 1 },
      login: LOGIN,
    }),
  );
});

test('too little memory has its own error and does not count as wrong words', async () => {
  const { door } = await newPhone();
  const outOfMemory = (password, salt, cost) =>
    cost.m === 64 ? argon2id(password, salt, cost) : Promise.reject(new RangeError('out of memory'));
  const { engine } = cheapEngine({ argon2: outOfMemory });
  await expectCode('unavailable', () => engine.unlock(WORDS, door));
});

test('the same words on a copy of the site, or under another name, give another proof', async () => {
  const { engine } = await newPhone();
  const { body } = await engine.enrolment({ login: LOGIN, words: WORDS, cost: CHEAP });
  const clone = cheapEngine({ origin: 'https://n0tes.example' }).engine;
  await expectCode('kdf_refused', () => clone.auth({ words: WORDS, kdf: body.kdf, login: LOGIN }));
  const { auth } = await clone.auth({
    words: WORDS,
    kdf: { ...body.kdf, origin: 'https://n0tes.example' },
    login: LOGIN,
  });
  assert.notEqual(auth, body.auth);
});

test('a version is sealed, signed, sent and opened, and any change to it is refused or reported', async () => {
  const { engine, identity } = await newPhone();
  const request = {
    kind: 'incident',
    schema: 1,
    open: { narrative: 'He waited outside.', who: null },
    restricted: { place_detail: 'by the bins' },
    line: { n: 1, prev: null },
    clock: CLOCK,
  };
  const sealedVersion = await engine.sealVersion(request);
  const { record, version } = sealedVersion;
  const push = decodePush(sealedVersion.push, { diary: identity.diary, record, version });
  assert.equal(envDigest(push.envelopes), sealedVersion.env);
  await verifyVersionSignature(
    unb64(identity.ecdsa_pub),
    { c: sealedVersion.commitment, diary: identity.diary, record, version },
    push.meta.sig,
  );
  const opened = await engine.openVersion({ record, version, ...push });
  assert.deepEqual(
    [opened.fields, opened.restricted, opened.altered],
    [{ narrative: 'He waited outside.' }, { place_detail: 'by the bins' }, false],
  );
  const other = await engine.sealVersion({ ...request, record });
  await expectCode('not_opened', () => engine.openVersion({ record, version: other.version, ...push }));
  await expectCode('not_opened', () => engine.openVersion({ record: other.version, version, ...push }));
  await expectCode('not_opened', () =>
    engine.openVersion({ record, version, ...push, envelopes: [push.envelopes[0], other.envelopes[1]] }),
  );
  await expectCode('not_opened', () =>
    engine.openVersion({ record, version, ...push, meta: { ...push.meta, parts: ['open'] } }),
  );
  const list = [
    { record, version, ...push },
    { record, version: other.version, ...push },
  ];
  assert.deepEqual(
    (await engine.openMany(list)).map(({ error }) => error),
    [null, 'not_opened'],
  );
  const forged = { ...list[0], meta: { ...push.meta, c: other.commitment } };
  assert.deepEqual(
    (await engine.openMany([list[0], forged])).map(({ opened: result }) => [result.altered, result.digests]),
    [
      [false, null],
      [true, null],
    ],
  );
  await expectCode('bad_request', () => engine.sealVersion({ ...request, open: { no_such_field: 1 } }));
  await expectCode('bad_request', () => engine.sealVersion({ ...request, kind: 'constructor' }));
  await expectCode('not_canonical', () => engine.sealVersion({ ...request, open: { narrative: 'half \ud800' } }));
});

test('a stored version opens only in its own place, under its own id, and with every byte unchanged', async () => {
  const { engine, identity } = await newPhone();
  const request = {
    kind: 'incident',
    schema: 1,
    open: { narrative: 'He waited outside.' },
    restricted: { place_detail: 'by the bins' },
    line: { n: 1, prev: null },
    clock: CLOCK,
  };
  const [first, second] = [await engine.sealVersion(request), await engine.sealVersion(request)];
  const ids = [randomBytes(16), randomBytes(16)];
  const [sealed, sealedOther] = await engine.boxSealMany([
    [ids[0], { k: 'version' }, first.push],
    [ids[1], { k: 'version' }, second.push],
  ]);
  const stored = { id: ids[0], sealed, record: first.record, version: first.version };
  const [read] = await engine.openStored([stored]);
  const { place: _place, ...checked } = await engine.openVersion({
    record: first.record,
    version: first.version,
    ...decodePush(first.push, { diary: identity.diary, record: first.record, version: first.version }),
  });
  assert.deepEqual(read, {
    kind: 'incident',
    fields: { ...checked.fields, ...checked.reserved },
    restricted: checked.restricted,
    keys: checked.keys,
  });
  const changed = (at) => ({ ...stored, sealed: sealed.map((byte, i) => (i === at ? byte ^ 1 : byte)) });
  const attempts = [
    changed(0),
    changed(30),
    changed(60),
    changed(4000),
    changed(sealed.length - 1),
    { ...stored, sealed: sealed.slice(0, -1) },
    { ...stored, sealed: new Uint8Array(0) },
    { ...stored, sealed: sealedOther },
    { ...stored, id: ids[1] },
    { ...stored, id: ids[1], sealed: sealedOther },
    { ...stored, version: second.version },
    { ...stored, record: second.record },
  ];
  const answers = await engine.openStored([...attempts, stored]);
  assert.deepEqual(
    answers.map(Boolean),
    [...attempts.map(() => false), true],
    'one that does not open does not stop the others',
  );
});

test('a store record that cannot be opened does not stop the others that are opened with it', async () => {
  const { engine } = await newPhone();
  const ids = [randomBytes(16), randomBytes(16), randomBytes(16)];
  const sealed = await engine.boxSealMany(ids.map((id, n) => [id, { n }]));
  sealed[1] = sealed[0];
  const pairs = ids.map((id, i) => /** @type {const} */ ([id, sealed[i]]));
  assert.deepEqual(
    (await engine.boxOpenEach(pairs)).map((record) => record?.desc.n ?? null),
    [0, null, 2],
  );
  await expectCode('not_opened', () => engine.boxOpenMany(pairs));
});

test('a short entry and a longer one look alike to the server', async () => {
  const { engine } = await newPhone();
  const lengths = new Set();
  for (const count of [10, 300, 900]) {
    const { push } = await engine.sealVersion({
      kind: 'incident',
      schema: 1,
      open: { narrative: 'x'.repeat(count) },
      line: { n: 1, prev: null },
      clock: CLOCK,
    });
    lengths.add(push.length);
  }
  assert.equal(lengths.size, 1);
});

test('files: wrong sizes, wrong places and altered padding are refused', async () => {
  const { engine } = await newPhone();
  const { file, blob, key, parts } = await engine.fileStart({ size: 5000 });
  await engine.filePart(file, new Uint8Array(4999));
  await expectCode('incomplete', () => engine.fileEnd(file));
  await expectCode('too_large', () => engine.filePart(file, new Uint8Array(2)));
  await engine.filePart(file, new Uint8Array(1));
  const ended = await engine.fileEnd(file);
  const [{ sealed }] = ended.parts;
  assert.equal((await engine.openPart({ blob, key, i: 0, n: parts, sealed, size: 5000 })).length, 5000);
  await expectCode('not_opened', () => engine.openPart({ blob, key, i: 0, n: parts, sealed, size: 4999 }));
  await expectCode('not_opened', () => engine.openPart({ blob, key, i: 1, n: parts, sealed, size: 5000 }));
  await expectCode('bad_request', () => engine.fileEnd(file));
  await expectCode('too_large', () => engine.fileStart({ size: 2 ** 31 }));
});

test('the digests of a large file are computed while it is sealed, and are the same', async () => {
  const { engine } = await newPhone();
  const size = 9_000_000;
  const piece = new Uint8Array(450_000).fill(9);
  const { file } = await engine.fileStart({ size });
  for (let at = 0; at < size; at += piece.length) await engine.filePart(file, piece);
  const { sha256, sha512, n } = await engine.fileEnd(file);
  const whole = Buffer.alloc(size, 9);
  assert.deepEqual(
    [sha256, sha512],
    ['sha256', 'sha512'].map((name) => createHash(name).update(whole).digest('hex')),
  );
  assert.equal(n, 9);
});

test('2,000 store records that are sealed together open in order', async () => {
  const { engine } = await newPhone();
  const records = Array.from(
    { length: 2000 },
    (_, n) => /** @type {const} */ ([crypto.getRandomValues(new Uint8Array(16)), { n }, Uint8Array.of(n & 255)]),
  );
  const sealed = await engine.boxSealMany(records);
  assert.equal(new Set(sealed.map((bytes) => bytes.length)).size, 1);
  const opened = await engine.boxOpenMany(records.map(([id], i) => /** @type {const} */ ([id, sealed[i]])));
  assert.deepEqual(
    opened.map(({ desc }) => desc.n),
    records.map((_, n) => n),
  );
});

test('a passphrase that is too easy is refused with the reason', async () => {
  const { engine } = cheapEngine();
  const weakWords = {
    short: ['tiny', '  eleven char '],
    common: ['Password1234!', 'aaaaaaaaaaaa', '123456789012', 'abcabcabcabc', 'iloveyou2024!!'],
    new_character: ['cage candy arch \u{1fae8}'],
  };
  for (const [why, list] of Object.entries(weakWords))
    for (const text of list) assert.deepEqual(await engine.checkWords(text), { ok: false, why }, text);
  const suggested = await engine.suggestWords();
  assert.equal(suggested.split(' ').length, 6);
  assert.deepEqual(await engine.checkWords(suggested), { ok: true, why: null });
});

test('digests made many at a time equal those of Node for all lengths, and one leaves nothing in the next', () => {
  for (let i = 0; i < 300; i++) {
    const [key, prefix, short, long] = [
      randomBytes(32),
      'l'.repeat(i % 130),
      randomBytes(i % 70),
      randomBytes((i * 7) % 140),
    ];
    const prk = createHmac('sha256', Buffer.alloc(32)).update(key).digest();
    const [derive, digest] = [hkdfDeriver(key, prefix), sha256WithPrefix(Buffer.from(prefix))];
    const [first, second, whole, part] = [derive(long), derive(short), digest(short, long), digest(short)].map(
      Buffer.from,
    );
    for (const [got, input] of [
      [first, long],
      [second, short],
    ])
      assert.deepEqual(got, createHmac('sha256', prk).update(prefix).update(input).update(Buffer.of(1)).digest());
    assert.deepEqual(whole, createHash('sha256').update(prefix).update(short).update(long).digest());
    assert.deepEqual(part, createHash('sha256').update(prefix).update(short).digest());
  }
});
