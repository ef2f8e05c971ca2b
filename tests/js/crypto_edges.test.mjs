/** Padding, chosen words and files cut into parts, at their edges. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { randomBytes } from '#app/core/bytes.js';
import { formatId, newId } from '#app/core/ids.js';
import { recoveryCodeText, parseRecoveryCode } from '#app/crypto/code.js';
import * as cobblestone from '#app/crypto/cobblestone.js';
import * as envelope from '#app/crypto/envelope.js';
import { FileSealer, PART_BYTES, openPart, partCount, sealedFileLength } from '#app/crypto/files.js';
import * as handover from '#app/crypto/sharing/handover.js';
import * as kdf from '#app/crypto/kdf.js';
import { paddedFileSize, padTo, padVersion, padme, unpad, paddedVersionSize } from '#app/crypto/padding.js';
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

test('padding is a mark and nothing, and comes off again', () => {
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
  letmein iloveyou iloveyouforever ihateyou welcome admin administrator abcdefghijkl abcdefgh abcdef abc monkey dragon football
  liverpool arsenal chelsea princess sunshine superman batman charlie michael jessica trustno changeme secret diary mydiary notes
  notebook internet computer samsung iphone whatever`.split(/\s+/);
const why = (text) => checkWords(text).why;

for (const word of COMMON.filter((one) => !/\d/.test(one))) {
  test(`words that are only "${word}" with digits and signs round it are too easy`, () => {
    for (const text of [`${word}#2026 1984!`, `19.84/2026-${word}`, `!2026${word.toUpperCase()}1984#5`])
      assert.deepEqual(checkWords(text), { ok: false, why: 'common' }, text);
    assert.equal(why(`${word}x#2026 1984!`), null);
  });
}

test('twelve characters, not counting spaces at the ends, five of them different', () => {
  assert.deepEqual(checkWords('gate lamp ow'), { ok: true, why: null });
  assert.deepEqual(checkWords('gate lamp o'), { ok: false, why: 'short' });
  assert.equal(why('  gate lamp o  '), 'short');
  assert.equal(why('abcdabdcacbd'), 'common');
  assert.equal(why('abcdeabdcacb'), null);
  assert.equal(why('😢🙂😀😁😂🤣😃😄😅😆😉😊'), null);
  assert.equal(why('😢🙂😀😁😂🤣😃😄😅😆😉'), 'short');
});

test('one piece said again, and a run of characters either way, are too easy', () => {
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
    assert.equal(why(text), 'common', text);
  for (const text of ['gatelamps1gatelamps1', 'gate1gate1gate1x', 'abcdefghijkln', '123456789013', '135791357913x'])
    assert.equal(why(text), null, text);
});

test('characters that are too new are refused, and every white space is one space', () => {
  assert.deepEqual(checkWords('gate lamp owl \u{1fae8}'), { ok: false, why: 'new_character' });
  assert.equal(why('gate \u{1fae8}'), 'short');
  assert.throws(() => normaliseWords('gate lamp owl \u{1fae8}'), { code: 'bad_request' });
  assert.throws(() => normaliseWords('gate lamp o'), { code: 'bad_request' });
  const spaces = '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000';
  assert.equal(foldWords(`${spaces}gate${spaces}lamp${spaces}`), 'gate lamp');
  for (const space of spaces) assert.equal(foldWords(`a${space}b`), 'a b', space.codePointAt(0).toString(16));
  assert.equal(foldWords('a\u200bb'), 'a\u200bb');
  assert.equal(foldWords('ﬁne'), 'fine');
});

test('a file in parts: as many bytes as were announced, digests of the file itself, and every part in its place', async () => {
  for (const size of [0, 1, 4_095, 4_096, PART_BYTES - 1, PART_BYTES, PART_BYTES + 20_000]) {
    const place = { diary: formatId(newId()), blob: formatId(newId()), key: randomBytes(32) };
    const bytes = new Uint8Array(size).map((_, i) => i * 7);
    const sealer = await FileSealer.create(place, size);
    const cut = Math.floor(size / 3);
    const parts = [...(await sealer.addBytes(bytes.slice(0, cut))), ...(await sealer.addBytes(bytes.slice(cut)))];
    const ended = await sealer.finish();
    parts.push(...ended.parts);
    assert.deepEqual(
      parts.map(({ i }) => i),
      [...parts.keys()],
    );
    assert.deepEqual(
      [parts.length, ended.n, ended.digests.length],
      [partCount(size), partCount(size), partCount(size)],
    );
    assert.equal(
      parts.reduce((sum, { sealed }) => sum + sealed.length, 0),
      sealedFileLength(place, size),
    );
    for (const [name, told] of [
      ['sha256', ended.sha256],
      ['sha512', ended.sha512],
    ])
      assert.equal(told, createHash(name).update(bytes).digest('hex'));
    const opened = [];
    for (const { i, sealed } of parts) opened.push(await openPart(place, i, parts.length, sealed, size));
    assert.deepEqual(Buffer.concat(opened), Buffer.from(bytes));
    await assert.rejects(openPart(place, 0, parts.length + 1, parts[0].sealed, size), { code: 'not_opened' });
    await assert.rejects(openPart({ ...place, blob: formatId(newId()) }, 0, parts.length, parts[0].sealed, size), {
      code: 'not_opened',
    });
  }
});

test('more than was said, or less, is no file', async () => {
  const place = { diary: formatId(newId()), blob: formatId(newId()), key: randomBytes(32) };
  const sealer = await FileSealer.create(place, 10);
  await assert.rejects(sealer.addBytes(new Uint8Array(11)), { code: 'too_large' });
  await sealer.addBytes(new Uint8Array(9));
  await assert.rejects(sealer.finish(), { code: 'incomplete' });
  await assert.rejects(sealer.addBytes(new Uint8Array(2)), { code: 'too_large' });
  await sealer.addBytes(new Uint8Array(1));
  assert.equal((await sealer.finish()).parts.length, 1);
});

test('a door has its parts in their lengths, or it is damaged', () => {
  const door = newDoor({ m: 8, t: 1 }, new Uint8Array(65));
  checkDoor(door);
  checkDoor(clearShortSecret(door));
  const slot = () => new Uint8Array(SLOT_BYTES);
  for (const more of [
    { install: new Uint8Array(15) },
    { salt: new Uint8Array(17) },
    { slots: [slot(), slot(), slot()] },
    { slots: [slot(), slot(), slot(), slot(), slot()] },
    { slots: [slot(), slot(), slot(), new Uint8Array(SLOT_BYTES - 1)] },
    { slots: [new Uint8Array(SLOT_BYTES + 1), slot(), slot(), slot()] },
  ])
    assert.throws(() => checkDoor({ ...door, ...more }), { code: 'bad_request' });
  const without = clearShortSecret(door);
  assert.deepEqual(without.slots.slice(0, 3), door.slots.slice(0, 3));
  assert.notDeepEqual(without.slots[3], door.slots[3]);
});

test('a recovery code is read with letters that look like its numbers, in small letters and with spaces', async () => {
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

test('costs of a derivation are whole and allowed, or refused', () => {
  const policy = { floor: { m: 8, t: 1 }, ceiling: { m: 64, t: 3 } };
  const given = { ...handover.newHandoverKdf(), m: 8, t: 1 };
  assert.deepEqual(handover.checkHandoverKdf(given, policy), given);
  assert.deepEqual(handover.checkHandoverKdf({ ...given, m: 64, t: 3 }, policy), { ...given, m: 64, t: 3 });
  const own = kdf.newKdf({ m: 8, t: 1 }, 'abcdef', 'https://notes.example');
  assert.deepEqual(kdf.checkKdf(own, policy), own);
  assert.deepEqual(kdf.checkKdf(own, policy, 8), own);
  assert.throws(() => kdf.checkKdf(own, policy, 9), { code: 'kdf_refused' });
  for (const more of [
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
    const without = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined));
    const { salt, ...rest } = given;
    const bent = 'salt' in more ? { ...rest, ...without } : { ...rest, salt, ...without };
    assert.throws(() => handover.checkHandoverKdf(bent, policy), { code: 'kdf_refused' }, JSON.stringify(more));
    const { salt: ownSalt, ...others } = own;
    const ownBent = 'salt' in more ? { ...others, ...without } : { ...others, salt: ownSalt, ...without };
    assert.throws(() => kdf.checkKdf(ownBent, policy), { code: 'kdf_refused' }, JSON.stringify(more));
  }
  for (const none of [null, undefined, 'text', 5, [], {}]) {
    assert.throws(() => handover.checkHandoverKdf(none, policy), { code: 'kdf_refused' });
    assert.throws(() => kdf.checkKdf(none, policy), { code: 'kdf_refused' });
  }
  for (const more of [
    { login: 'ABCDEF' },
    { login: 'abcde' },
    { login: 'a'.repeat(41) },
    { login: 5 },
    { login: '' },
    { origin: 5 },
  ])
    assert.throws(() => kdf.checkKdf({ ...own, ...more }, policy), { code: 'kdf_refused' }, JSON.stringify(more));
});

test('what an envelope says of itself is read to its end, however long, and only where it is one', async () => {
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
  assert.throws(() => envelope.readUnverifiedHeader(sealed.subarray(0, 8), 'summary'), { code: 'not_opened' });
  assert.throws(() => envelope.readUnverifiedHeader(new Uint8Array(0), 'summary'), { code: 'not_opened' });
});

test('one message opens with the keys of its own head, and with no others', async () => {
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
