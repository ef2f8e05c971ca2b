/** Edge cases of padding, chosen passphrases, files in parts, recovery codes, key derivation and envelopes. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { formatId, newId } from '#app/core/ids.js';
import { recoveryCodeText, parseRecoveryCode } from '#app/crypto/code.js';
import * as cobblestone from '#app/crypto/cobblestone.js';
import * as envelope from '#app/crypto/envelope.js';
import { FILE_PART_BYTES } from '#app/core/constants.js';
import { FileSealer, openPart, partCount, sealedFileLength } from '#app/crypto/files.js';
import * as handover from '#app/crypto/sharing/handover.js';
import * as kdf from '#app/crypto/kdf.js';
import { readPackStatement, signPackStatement } from '#app/crypto/pack_statement.js';
import { paddedFileSize, padTo, padVersion, padme, unpad, paddedVersionSize } from '#app/crypto/padding.js';
import {
  canVerifyNotary,
  importSigningKey,
  importVerifyingKey,
  newKeyPair,
  sign,
  verifyNotarySignature,
} from '#app/crypto/signing.js';
import { importDraftKey, newDraftKey, newDraftKeyBytes, openDraft, sealDraft } from '#app/crypto/worker/draft_key.js';
import { mapConcurrently } from '#app/crypto/worker/stored_versions.js';
import { SLOT_BYTES, checkDoor, newDoor, clearShortSecret } from '#app/crypto/slots.js';
import { checkWords, foldWords, normaliseWords } from '#app/crypto/words.js';

const KIB = 1024;

test('a version is padded to the next of five classes, then by Padmé', () => {
  const classes = [4, 8, 16, 32, 64].map((kib) => kib * KIB);
  for (const [i, size] of classes.entries()) {
    assert.deepEqual(
      [paddedVersionSize(size - 1), paddedVersionSize(size)],
      [size, classes[i + 1] ?? padme(64 * KIB + 1)],
    );
  }
  assert.equal(paddedVersionSize(0), 4 * KIB);
  for (const [length, size] of [
    [2, 2],
    [9, 10],
    [64 * KIB + 1, 67_584],
    [100_000, 100_352],
    [1_000_000, 1_015_808],
    [2 ** 31 - 1, 2 ** 31],
  ])
    assert.equal(padme(length), size, String(length));
  for (const length of [1, 0, -1, 2 ** 31, Number.NaN]) assert.throws(() => padme(length), { code: 'too_large' });
  assert.deepEqual([paddedFileSize(0), paddedFileSize(4095), paddedFileSize(4096)], [4096, 4096, padme(4097)]);
});

test('padding is one mark byte and zeros, and can be removed again', () => {
  const parts = [Uint8Array.of(1, 0), Uint8Array.of(), Uint8Array.of(0x80, 0)];
  assert.deepEqual(padTo(parts, 6), Uint8Array.of(1, 0, 0x80, 0, 0x80, 0));
  assert.deepEqual(padTo(parts, 5), Uint8Array.of(1, 0, 0x80, 0, 0x80));
  assert.throws(() => padTo(parts, 4), { code: 'too_large' });
  assert.deepEqual(unpad(padVersion(...parts)), Uint8Array.of(1, 0, 0x80, 0));
  assert.equal(padVersion(new Uint8Array(2_000), new Uint8Array(2_096)).length, 8 * KIB);
  assert.deepEqual(unpad(Uint8Array.of(0x80)), Uint8Array.of());
  for (const bytes of [[], [0], [0, 0], [1], [0x80, 1, 0], [0x81]])
    assert.throws(() => unpad(Uint8Array.from(bytes)), { code: 'not_opened' });
});

const COMMON =
  `password passwordpassword passw0rd pass qwerty qwertyuiop qwertyuiopasdf asdfghjkl azerty azertyuiop qwertz zxcvbnm
  letmein iloveyou iloveyouforever ihateyou welcome admin administrator abcdefghijkl abcdefgh abcdef abc monkey dragon
  football liverpool arsenal chelsea princess sunshine superman batman charlie michael jessica trustno changeme secret
  diary mydiary notes notebook internet computer samsung iphone whatever`.split(/\s+/);
const weaknessOf = (text) => checkWords(text).why;

for (const word of COMMON.filter((candidate) => !/\d/.test(candidate))) {
  test(`a passphrase that is only "${word}" with digits and signs around it is too easy`, () => {
    for (const text of [`${word}#2026 1984!`, `19.84/2026-${word}`, `!2026${word.toUpperCase()}1984#5`])
      assert.deepEqual(checkWords(text), { ok: false, why: 'common' }, text);
    assert.equal(weaknessOf(`${word}x#2026 1984!`), null);
  });
}

test('a passphrase needs twelve characters, not counting spaces at the ends, and five different ones', () => {
  assert.deepEqual(checkWords('gate lamp ow'), { ok: true, why: null });
  assert.deepEqual(checkWords('gate lamp o'), { ok: false, why: 'short' });
  assert.equal(weaknessOf('  gate lamp o  '), 'short');
  assert.equal(weaknessOf('abcdabdcacbd'), 'common');
  assert.equal(weaknessOf('abcdeabdcacb'), null);
  assert.equal(weaknessOf('😢🙂😀😁😂🤣😃😄😅😆😉😊'), null);
  assert.equal(weaknessOf('😢🙂😀😁😂🤣😃😄😅😆😉'), 'short');
});

test('a repeated piece, and a run of characters in either direction, are too easy', () => {
  for (const text of [
    'gate1gate1gate1',
    'gatelampsgatelamps',
    'abcdefghijklm',
    'zyxwvutsrqpon',
    '123456789012',
    '987654321098',
    '890123456789',
    'ABCDEFGHIJKLM',
  ])
    assert.equal(weaknessOf(text), 'common', text);
  for (const text of ['gatelamps1gatelamps1', 'gate1gate1gate1x', 'abcdefghijkln', '123456789013', '135791357913x'])
    assert.equal(weaknessOf(text), null, text);
});

test('characters of a newer Unicode version are refused, and any run of white space counts as one space', () => {
  assert.deepEqual(checkWords('gate lamp owl \u{1fae8}'), { ok: false, why: 'new_character' });
  assert.equal(weaknessOf('gate \u{1fae8}'), 'short');
  assert.throws(() => normaliseWords('gate lamp owl \u{1fae8}'), { code: 'bad_request' });
  assert.throws(() => normaliseWords('gate lamp o'), { code: 'bad_request' });
  const spaces = '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000';
  assert.equal(foldWords(`${spaces}gate${spaces}lamp${spaces}`), 'gate lamp');
  for (const space of spaces) assert.equal(foldWords(`a${space}b`), 'a b', space.codePointAt(0).toString(16));
  assert.equal(foldWords('a\u200bb'), 'a\u200bb');
  assert.equal(foldWords('ﬁne'), 'fine');
});

test('a file in parts has the announced size and the file’s digests; each part opens only in its place', async () => {
  for (const size of [0, 1, 4_095, 4_096, FILE_PART_BYTES - 1, FILE_PART_BYTES, FILE_PART_BYTES + 20_000]) {
    const place = { diary: formatId(newId()), blob: formatId(newId()), key: randomBytes(32) };
    const bytes = new Uint8Array(size).map((_, i) => i * 7);
    const sealer = await FileSealer.create(place, size);
    const cut = Math.floor(size / 3);
    const parts = [...(await sealer.addBytes(bytes.slice(0, cut))), ...(await sealer.addBytes(bytes.slice(cut)))];
    const finished = await sealer.finish();
    parts.push(...finished.parts);
    assert.deepEqual(
      parts.map(({ i }) => i),
      [...parts.keys()],
    );
    assert.deepEqual(
      [parts.length, finished.n, finished.digests.length],
      [partCount(size), partCount(size), partCount(size)],
    );
    assert.equal(
      parts.reduce((sum, { sealed }) => sum + sealed.length, 0),
      sealedFileLength(place, size),
    );
    for (const [name, digest] of [
      ['sha256', finished.sha256],
      ['sha512', finished.sha512],
    ])
      assert.equal(digest, createHash(name).update(bytes).digest('hex'));
    const opened = [];
    for (const { i, sealed } of parts) opened.push(await openPart(place, i, parts.length, sealed, size));
    assert.deepEqual(Buffer.concat(opened), Buffer.from(bytes));
    await assert.rejects(openPart(place, 0, parts.length + 1, parts[0].sealed, size), { code: 'not_opened' });
    await assert.rejects(openPart({ ...place, blob: formatId(newId()) }, 0, parts.length, parts[0].sealed, size), {
      code: 'not_opened',
    });
  }
});

test('a file with more or fewer bytes than announced is refused', async () => {
  const place = { diary: formatId(newId()), blob: formatId(newId()), key: randomBytes(32) };
  const sealer = await FileSealer.create(place, 10);
  await assert.rejects(sealer.addBytes(new Uint8Array(11)), { code: 'too_large' });
  await sealer.addBytes(new Uint8Array(9));
  await assert.rejects(sealer.finish(), { code: 'incomplete' });
  await assert.rejects(sealer.addBytes(new Uint8Array(2)), { code: 'too_large' });
  await sealer.addBytes(new Uint8Array(1));
  assert.equal((await sealer.finish()).parts.length, 1);
});

test('a slot set with parts of other lengths is damaged', () => {
  const door = newDoor({ m: 8, t: 1 }, new Uint8Array(65));
  checkDoor(door);
  checkDoor(clearShortSecret(door));
  const slot = () => new Uint8Array(SLOT_BYTES);
  for (const change of [
    { install: new Uint8Array(15) },
    { salt: new Uint8Array(17) },
    { slots: [slot(), slot(), slot()] },
    { slots: [slot(), slot(), slot(), slot(), slot()] },
    { slots: [slot(), slot(), slot(), new Uint8Array(SLOT_BYTES - 1)] },
    { slots: [new Uint8Array(SLOT_BYTES + 1), slot(), slot(), slot()] },
  ])
    assert.throws(() => checkDoor({ ...door, ...change }), { code: 'bad_request' });
  const cleared = clearShortSecret(door);
  assert.deepEqual(cleared.slots.slice(0, 3), door.slots.slice(0, 3));
  assert.notDeepEqual(cleared.slots[3], door.slots[3]);
});

test('a recovery code is accepted with letters that look like digits, in lower case and with spaces', async () => {
  const code = Uint8Array.from({ length: 16 }, (_, i) => (i < 2 ? 0x08 : i * 3));
  const text = recoveryCodeText(code);
  assert.ok(text.includes('0') && text.includes('1'), text);
  for (const other of [
    text,
    text.toLowerCase(),
    text.replaceAll('0', 'O').replaceAll('1', 'I'),
    text.replaceAll('1', 'L'),
    text.replaceAll('0', 'o').replaceAll('1', 'l'),
    ` ${text.replaceAll('-', ' - ')} `,
  ])
    assert.deepEqual(await parseRecoveryCode(other), code, other);
  for (const other of [text.slice(1), `${text}0`, text.replace('0', 'U'), text.replace('0', '2'), ''])
    await assert.rejects(async () => parseRecoveryCode(other), { code: 'bad_request' }, other);
});

test('key derivation costs that are not whole numbers in the allowed range are refused', () => {
  const policy = { floor: { m: 8, t: 1 }, ceiling: { m: 64, t: 3 } };
  const handoverKdf = { ...handover.newHandoverKdf(), m: 8, t: 1 };
  assert.deepEqual(handover.checkHandoverKdf(handoverKdf, policy), handoverKdf);
  assert.deepEqual(handover.checkHandoverKdf({ ...handoverKdf, m: 64, t: 3 }, policy), { ...handoverKdf, m: 64, t: 3 });
  const accountKdf = kdf.newKdf({ m: 8, t: 1 }, 'abcdef', 'https://notes.example');
  assert.deepEqual(kdf.checkKdf(accountKdf, policy), accountKdf);
  assert.deepEqual(kdf.checkKdf(accountKdf, policy, 8), accountKdf);
  assert.throws(() => kdf.checkKdf(accountKdf, policy, 9), { code: 'kdf_refused' });
  for (const change of [
    { alg: 'scrypt' },
    { p: 2 },
    { m: 7 },
    { m: 65 },
    { t: 0 },
    { t: 4 },
    { m: 8.5 },
    { m: '8' },
    { t: 1.5 },
    { salt: 5 },
    { salt: 'AA' },
    { salt: '*' },
    { more: 1 },
    { salt: undefined },
  ]) {
    const without = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const { salt, ...rest } = handoverKdf;
    const changed = 'salt' in change ? { ...rest, ...without } : { ...rest, salt, ...without };
    assert.throws(() => handover.checkHandoverKdf(changed, policy), { code: 'kdf_refused' }, JSON.stringify(change));
    const { salt: ownSalt, ...others } = accountKdf;
    const ownChanged = 'salt' in change ? { ...others, ...without } : { ...others, salt: ownSalt, ...without };
    assert.throws(() => kdf.checkKdf(ownChanged, policy), { code: 'kdf_refused' }, JSON.stringify(change));
  }
  for (const notKdf of [null, undefined, 'text', 5, [], {}]) {
    assert.throws(() => handover.checkHandoverKdf(notKdf, policy), { code: 'kdf_refused' });
    assert.throws(() => kdf.checkKdf(notKdf, policy), { code: 'kdf_refused' });
  }
  for (const change of [
    { login: 'ABCDEF' },
    { login: 'abcde' },
    { login: 'a'.repeat(41) },
    { login: 5 },
    { login: '' },
    { origin: 5 },
  ])
    assert.throws(
      () => kdf.checkKdf({ ...accountKdf, ...change }, policy),
      { code: 'kdf_refused' },
      JSON.stringify(change),
    );
});

test('an envelope header of any length is read in full, and only from a valid envelope of its type', async () => {
  const key = await cobblestone.importKey(randomBytes(32));
  for (const length of [0, 200, 255, 256, 300, 4_000]) {
    const header = { t: 'x'.repeat(length) };
    const sealed = await envelope.seal(key, 'summary', header, new Uint8Array(10));
    assert.deepEqual(envelope.readUnverifiedHeader(sealed, 'summary'), header);
    assert.deepEqual(await envelope.open(key, sealed, 'summary', header), new Uint8Array(10));
    await assert.rejects(envelope.open(key, sealed, 'summary', { t: 'x'.repeat(length + 1) }), {
      code: 'not_opened',
    });
  }
  const sealed = await envelope.seal(key, 'summary', { t: 'x' }, new Uint8Array(10));
  for (const [at, value] of [
    [0, 0xe2],
    [1, 3],
    [1, 0],
    [2, 0],
    [3, 1],
    [4, 17],
    [5, 200],
    [6, 0],
  ])
    assert.throws(
      () => envelope.readUnverifiedHeader(sealed.with(at, value), 'summary'),
      { code: 'not_opened' },
      String([at, value]),
    );
  assert.throws(() => envelope.readUnverifiedHeader(sealed, 'wrap'), { code: 'not_opened' });
  const headerEnd = envelope.makePrefix(envelope.SUITE_KEY, 'summary', { t: 'x' }).length;
  assert.deepEqual(envelope.readUnverifiedHeader(sealed.subarray(0, headerEnd), 'summary'), { t: 'x' });
  for (const end of [8, headerEnd - 1])
    assert.throws(() => envelope.readUnverifiedHeader(sealed.subarray(0, end), 'summary'), { code: 'not_opened' });
  assert.throws(() => envelope.readUnverifiedHeader(new Uint8Array(0), 'summary'), { code: 'not_opened' });
});

test('a message opens with the keys derived from its own header, and with no others', async () => {
  const [key, other] = await Promise.all([randomBytes(32), randomBytes(32)].map(cobblestone.importKey));
  const context = Uint8Array.of(1);
  for (const size of [0, 10, 16_384, 40_000]) {
    const plaintext = new Uint8Array(size).fill(7);
    const sealed = await cobblestone.seal(key, context, plaintext, {});
    const head = sealed.subarray(0, cobblestone.HEAD_BYTES);
    const keys = await cobblestone.deriveSingleMessageKeys(key, context, head);
    assert.deepEqual(await cobblestone.openWithMessageKeys(keys, sealed), plaintext);
    assert.equal(await cobblestone.deriveSingleMessageKeys(other, context, head), null);
    assert.equal(await cobblestone.deriveSingleMessageKeys(key, Uint8Array.of(2), head), null);
    await assert.rejects(cobblestone.openWithMessageKeys(keys, sealed.with(-1, sealed.at(-1) ^ 1)), {
      code: 'not_opened',
    });
  }
});

test('a signed statement about a pack with a field too many, too few or of another type is refused', async () => {
  const pair = await newKeyPair();
  const key = await importSigningKey(pair);
  const keys = new Map([['k', await importVerifyingKey(pair.pub)]]);
  /** @type {import('#app/crypto/pack_statement.js').PackFacts} */
  const facts = { t: 'servable/v1', pack: 'p', no: 1, folder: 'f', made_at: 5, manifest: 'm' };
  const signed = await signPackStatement({ key, by: 'k', diary: 'd' }, facts);
  assert.deepEqual(await readPackStatement('servable/v1', signed, keys), { ...facts, by: 'k', diary: 'd' });
  // A forger with the diary's key signs what he likes: the signature is valid each time.
  const readChanged = async (change, type = facts.t) => {
    const unsigned = JSON.parse(JSON.stringify({ ...facts, by: 'k', diary: 'd', ...change }));
    const sig = b64(await sign(key, canonicalBytes(unsigned)));
    return readPackStatement(type, canonicalBytes({ ...unsigned, sig }), keys);
  };
  assert.deepEqual(await readChanged({}), { ...facts, by: 'k', diary: 'd' });
  for (const change of [
    { more: 1 },
    { manifest512: 'x' },
    { parts: [] },
    { manifest: undefined },
    { no: '1' },
    { made_at: '5' },
    { folder: 5 },
    { t: 'portal/v1' },
  ])
    await assert.rejects(readChanged(change), { code: 'bad_signature' }, JSON.stringify(change));
  await assert.rejects(readChanged({}, 'portal/v1'), { code: 'bad_signature' });
  await assert.rejects(signPackStatement({ key, by: 'k', diary: 'd' }, Object.assign({ more: 1 }, facts)), {
    code: 'bad_request',
  });
});

test('a slip of a hand-over is opened only as a slip with its own fields', async () => {
  const place = { handover: formatId(newId()), key: randomBytes(32) };
  const slip = { made_at: 5, name: 'a.zip', sha256: 'ab', size: 10 };
  const parts = handover.handoverPartCount(slip.size);
  const header = { handover: place.handover, part: parts - 1, parts };
  const openChanged = async (change) => {
    const raw = padVersion(canonicalBytes({ ...slip, t: 'handover/v1', ...change }));
    const sealed = await envelope.seal(await cobblestone.importKey(place.key), 'handover', header, raw);
    return handover.openSlip(place, parts, sealed);
  };
  assert.deepEqual(await handover.openSlip(place, parts, await handover.sealSlip(place, slip)), slip);
  assert.deepEqual(await openChanged({}), slip);
  for (const change of [
    { t: 'handover/v2' },
    { t: '' },
    { more: 1 },
    { name: 5 },
    { sha256: null },
    { size: -1 },
    { size: '10' },
    { size: 2 ** 30 },
    { made_at: 'x' },
  ])
    await assert.rejects(openChanged(change), { code: 'not_opened' }, JSON.stringify(change));
});

test('new words of a hand-over are eight words that can be typed, and never the same', async () => {
  const made = await Promise.all([1, 2, 3].map(() => handover.newHandoverWords()));
  for (const words of made) {
    assert.equal(words.split(' ').length, 8);
    assert.equal(await handover.parseHandoverWords(words.toUpperCase()), words);
  }
  assert.equal(new Set(made).size, made.length);
});

test('a draft key stored as bytes seals and opens drafts, and cannot be read again', async () => {
  const raw = newDraftKeyBytes();
  const [key, again, other] = await Promise.all([raw, raw, newDraftKeyBytes()].map(importDraftKey));
  const sealed = await sealDraft(key, Uint8Array.of(1, 2, 3));
  assert.deepEqual(await openDraft(again, sealed), Uint8Array.of(1, 2, 3));
  await assert.rejects(openDraft(other, sealed), { code: 'not_opened' });
  assert.equal(key.extractable, false);
  const stored = await newDraftKey();
  assert.equal(await importDraftKey(stored), stored);
});

test('at most 256 of many are worked on at once, each once, and the results are in order', async () => {
  for (const count of [0, 3, 256, 600]) {
    const items = Array.from({ length: count }, (_, i) => i);
    let [running, most] = [0, 0];
    const results = await mapConcurrently(items, async (item, i) => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, item % 3));
      running--;
      return [item, i];
    });
    assert.deepEqual(
      results,
      items.map((item) => [item, item]),
    );
    assert.equal(most, Math.min(count, 256));
  }
});

test('only a browser that does not know Ed25519 leaves a notary’s signature unchecked', async (t) => {
  const { importKey } = crypto.subtle;
  assert.equal(await canVerifyNotary(), true);
  const formats = ['raw', 'pkcs8', 'spki', 'jwk'];
  t.mock.method(crypto.subtle, 'importKey', (format, keyBytes, algorithm, extractable, uses) => {
    // As browsers do it: an unknown format is refused before the algorithm is looked at.
    if (!formats.includes(format)) return Promise.reject(new TypeError('not a key format'));
    if (algorithm.name === 'Ed25519') return Promise.reject(new DOMException('no Ed25519', 'NotSupportedError'));
    return importKey.call(crypto.subtle, format, keyBytes, algorithm, extractable, uses);
  });
  assert.equal(await canVerifyNotary(), false);
  await assert.rejects(verifyNotarySignature(new Uint8Array(32), new Uint8Array(1), new Uint8Array(64)), {
    code: 'unavailable',
  });
});
