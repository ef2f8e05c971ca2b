/** The shape of what a witness sends, and of the request to them: an invalid one is neither sealed nor opened. */
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { b64, randomBytes, unb64 } from '#app/core/bytes.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { formatId, newId } from '#app/core/ids.js';
import * as cobblestone from '#app/crypto/cobblestone.js';
import * as envelope from '#app/crypto/envelope.js';
import { padVersion } from '#app/crypto/padding.js';
import { hpkeSeal } from '#app/crypto/hpke.js';
import { newKeyPair } from '#app/crypto/signing.js';
import { fingerprint, fingerprintWords } from '#app/crypto/sharing/fingerprints.js';
import {
  openWitnessRequest,
  openWitnessStatement,
  sealWitnessRequest,
  sealWitnessStatement,
} from '#app/crypto/sharing/witness.js';

const FIELDS = {
  contact: '07700 900222',
  name: 'Sam Ray',
  saw_how: 'saw',
  when: 'Tuesday about nine',
  words: 'He stood by the blue gate.',
};
const FILE = { name: 'gate.jpg', size: 3, type: 'image/jpeg' };
const witness = formatId(newId());
const code = { name: randomBytes(16), key: randomBytes(32), proof: randomBytes(32) };
const files = (list, overrides = {}) => ({
  key: b64(new Uint8Array(32)),
  list,
  upload: formatId(newId()),
  ...overrides,
});
const makeStatement = (overrides = {}) => ({ fields: FIELDS, files: null, made_at: 1, ...overrides });
const withoutField = (object, name) => Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));

let pair;
before(async () => {
  pair = await newKeyPair();
});

/** What comes of a statement that some other page sealed: its contents, or the code of the refusal. */
async function read(statement) {
  const full = { ...statement, proof: b64(code.proof), t: 'statement/v1', witness };
  const sealed = await hpkeSeal(pair.pub, 'letter', { t: 'statement', witness }, padVersion(canonicalBytes(full)));
  return openWitnessStatement(pair.scalar, b64(code.proof), witness, sealed).then(
    (opened) => opened.said,
    (error) => error.code,
  );
}

for (const [description, list] of [
  ['one file', [FILE]],
  ['five files', Array(5).fill(FILE)],
  ['an empty file with no name and no type', [{ name: '', size: 0, type: '' }]],
  ['names and types as long as they may be', [{ name: 'n'.repeat(255), size: 1, type: 't'.repeat(255) }]],
]) {
  test(`${description}: read as it was sent`, async () => {
    const valid = makeStatement({ files: files(list) });
    assert.deepEqual(await read(valid), valid);
    await sealWitnessStatement(code, pair.pub, witness, valid);
  });
}

for (const [description, list] of [
  ['no file', []],
  ['six files', Array(6).fill(FILE)],
  ['a list that is not an array', { one: FILE }],
  ['a row that is a list', [[FILE]]],
  ['a row that is null', [FILE, null]],
  ...Object.keys(FILE).map((name) => [`a row without its ${name}`, [FILE, withoutField(FILE, name)]]),
  ['a row with an extra field', [{ ...FILE, path: '../gate.jpg' }]],
  ['a negative size', [{ ...FILE, size: -1 }]],
  ['a size as text', [{ ...FILE, size: '3' }]],
  ['a name that is a number', [{ ...FILE, name: 7 }]],
  ['a name that is too long', [{ ...FILE, name: 'n'.repeat(256) }]],
  ['a type that is null', [{ ...FILE, type: null }]],
  ['a type that is too long', [{ ...FILE, type: 't'.repeat(256) }]],
]) {
  test(`${description}: refused on the page and on the phone`, async () => {
    const invalid = makeStatement({ files: files(list) });
    assert.equal(await read(invalid), 'not_opened');
    await assert.rejects(sealWitnessStatement(code, pair.pub, witness, invalid), { code: 'not_opened' });
  });
}

for (const [description, change] of [
  ['files with an extra field', { files: files([FILE], { more: 1 }) }],
  ['files with a short key', { files: files([FILE], { key: b64(new Uint8Array(31)) }) }],
  ['files with a key that is not text', { files: files([FILE], { key: 7 }) }],
  ['files with an invalid upload id', { files: files([FILE], { upload: 'x' }) }],
  ['files that are not an object', { files: 'none' }],
  ['no words', { fields: { ...FIELDS, words: '' } }],
  ['an unknown way of seeing', { fields: { ...FIELDS, saw_how: 'dreamt' } }],
  ...Object.keys(FIELDS).map((name) => [`fields without ${name}`, { fields: withoutField(FIELDS, name) }]),
  ...[
    ['contact', 300],
    ['name', 120],
    ['when', 300],
    ['words', 20_000],
  ].map(([name, limit]) => [`${name} longer than ${limit}`, { fields: { ...FIELDS, [name]: 'w'.repeat(limit + 1) } }]),
  ['an extra field', { fields: { ...FIELDS, more: '' } }],
  ['null fields', { fields: null }],
  ['a negative time', { made_at: -1 }],
  ['a time as text', { made_at: '1' }],
  ['an extra member', { more: 1 }],
]) {
  test(`a statement with ${description} is refused on the page and on the phone`, async () => {
    assert.equal(await read(makeStatement(change)), 'not_opened');
    await assert.rejects(sealWitnessStatement(code, pair.pub, witness, makeStatement(change)), { code: 'not_opened' });
  });
}

test('fields of the greatest length are read, counting a letter as a person sees it', async () => {
  const valid = makeStatement({
    fields: {
      contact: '\u{1f512}'.repeat(300),
      name: 'n'.repeat(120),
      saw_how: 'other',
      when: 'w'.repeat(300),
      words: '\u{1f512}'.repeat(20_000),
    },
    made_at: 0,
  });
  assert.deepEqual(await read(valid), valid);
});

test('a statement for another code is not opened, and one by somebody without the code is recognised', async () => {
  const sealed = await sealWitnessStatement({ ...code, proof: randomBytes(32) }, pair.pub, witness, makeStatement());
  assert.deepEqual(await openWitnessStatement(pair.scalar, b64(code.proof), witness, sealed), {
    said: makeStatement(),
    verified: false,
  });
  await assert.rejects(openWitnessStatement(pair.scalar, b64(code.proof), formatId(newId()), sealed), {
    code: 'not_opened',
  });
});

const KEY = 'A'.repeat(87);
const ASKED = { ecdsa_pub: KEY, hpke_pub: KEY, made_at: 1, name: 'Maya', note: 'Tuesday', until: 2 };

for (const [description, change] of [
  ['a name that is too long', { name: 'n'.repeat(81) }],
  ['a note that is too long', { note: 'n'.repeat(501) }],
  ['a name that is null', { name: null }],
  ['a key that is too short', { hpke_pub: KEY.slice(1) }],
  ['a key that is too long', { ecdsa_pub: `${KEY}A` }],
  ['a key that is a list', { ecdsa_pub: Array(87).fill('A') }],
  ['an end that is null', { until: null }],
  ['a creation time that is a fraction', { made_at: 0.5 }],
  ['an extra member', { more: 1 }],
]) {
  test(`a request with ${description} is not sealed`, async () => {
    await assert.rejects(sealWitnessRequest(code, witness, { ...ASKED, ...change }), { code: 'not_opened' });
  });
}

test('a request opens only with the code of its own key', async () => {
  const sealed = await sealWitnessRequest(code, witness, { ...ASKED, name: 'n'.repeat(80), note: 'n'.repeat(500) });
  await assert.rejects(openWitnessRequest(code, 'zoo zoo zoo zoo zoo', witness, sealed), { code: 'wrong_keys' });
});

test('an invalid request is not opened, even one sealed with the code and with the keeper’s own keys', async () => {
  const keys = { ecdsa_pub: ASKED.ecdsa_pub, hpke_pub: ASKED.hpke_pub };
  const words = (await fingerprintWords(fingerprint(unb64(keys.ecdsa_pub), unb64(keys.hpke_pub))))
    .split(' ')
    .slice(0, 5)
    .join(' ');
  const seal = async (document) =>
    envelope.seal(
      await cobblestone.importKey(code.key),
      'asking',
      envelope.readUnverifiedHeader(await sealWitnessRequest(code, witness, ASKED), 'asking'),
      padVersion(canonicalBytes(document)),
    );
  const valid = await openWitnessRequest(code, words, witness, await sealWitnessRequest(code, witness, ASKED));
  assert.deepEqual([valid.name, valid.note, valid.hpke_pub], [ASKED.name, ASKED.note, ASKED.hpke_pub]);
  assert.deepEqual(await openWitnessRequest(code, words, witness, await seal(valid)), valid);
  for (const invalid of [
    withoutField(valid, 'note'),
    { ...valid, note: 7 },
    { ...valid, more: 1 },
    { ...valid, name: 'n'.repeat(81) },
  ])
    await assert.rejects(openWitnessRequest(code, words, witness, await seal(invalid)), { code: 'not_opened' });
});
