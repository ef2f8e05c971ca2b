/** Versions, marks and statements about keys: an invalid one is refused, whatever its fault. */
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { b64, randomBytes, unb64 } from '#app/core/bytes.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { formatId, newId } from '#app/core/ids.js';
import { importKey } from '#app/crypto/cobblestone.js';
import * as envelope from '#app/crypto/envelope.js';
import { versionWrapHeader, wrapKey } from '#app/crypto/keys.js';
import { MARKS } from '#app/crypto/sharing/marks.js';
import { padVersion } from '#app/crypto/padding.js';
import { importSigningKey, importVerifyingKey, newKeyPair } from '#app/crypto/signing.js';
import { verifyAuthorChain, verifyStatement, signStatement } from '#app/crypto/sharing/statements.js';
import { envelopeHeader, openVersion, openVersionWithKeys, sealVersion } from '#app/crypto/versions.js';

const id = () => formatId(newId());
const NAMES = { open: ['text'], restricted: ['home'] };
const place = { diary: id(), record: id(), version: id() };
const BY = 'author';

let diaryKey;
let authors;
let signKey;
let sealed;
let onePart;

const draft = (overrides = {}) => ({
  place,
  kind: 'note',
  schema: 1,
  parents: [],
  author: { account: 'a', device: 'd' },
  by: BY,
  line: { device: 'd', n: 1, prev: null },
  clock: { offset_ms: 0, tz: 'UTC', utc: 1 },
  open: { text: 'x' },
  restricted: { home: 'y' },
  openKeys: [],
  restrictedKeys: [],
  ...overrides,
});
const openResult = (pushed, keys = {}, namesOf = () => NAMES) =>
  openVersion({ place, ...pushed }, { diaryKey, authors, ...keys }, namesOf).then(
    ({ altered, fields, restricted }) => [altered, fields.text, restricted?.home ?? null],
    ({ code }) => code,
  );

before(async () => {
  diaryKey = await importKey(randomBytes(32));
  const pair = await newKeyPair();
  signKey = await importSigningKey(pair);
  authors = new Map([[BY, await importVerifyingKey(pair.pub)]]);
  sealed = await sealVersion(draft(), NAMES, { diaryKey, epoch: 1, signKey });
  onePart = await sealVersion(draft({ restricted: {} }), NAMES, { diaryKey, epoch: 1, signKey });
});

/** A part with its own key, so that it can be opened with and without the diary's key. */
async function makePart(plaintext, name = 'open') {
  const raw = randomBytes(32);
  const wrapped = await wrapKey(diaryKey, versionWrapHeader(place.diary, 1, name, place.version), raw);
  return {
    raw,
    wrapped,
    envelope: await envelope.seal(await importKey(raw), 'version', envelopeHeader(place, name), padVersion(plaintext)),
  };
}

test('a version opens as it was sealed, in one part and in two', async () => {
  assert.deepEqual(await openResult(sealed), [false, 'x', 'y']);
  assert.deepEqual(await openResult(onePart), [false, 'x', null]);
  assert.deepEqual([sealed.meta.parts, onePart.meta.parts], [['open', 'restricted'], ['open']]);
});

test('missing, extra or reordered parts are not a version', async () => {
  const { meta, wraps, envelopes } = sealed;
  for (const change of [
    { wraps: wraps.slice(0, 1) },
    { wraps: [...wraps, wraps[0]] },
    { envelopes: envelopes.slice(0, 1) },
    { envelopes: [...envelopes, envelopes[0]] },
    { meta: { ...meta, parts: ['open'] } },
    { meta: { ...meta, parts: ['restricted', 'open'] } },
    { meta: { ...meta, parts: ['open', 'open'] } },
    { meta: { ...meta, parts: ['open', 'restricted', 'open'] } },
    { wraps: [...wraps].reverse() },
    { envelopes: [...envelopes].reverse() },
  ])
    assert.equal(
      await openResult({ meta, wraps, envelopes, ...change }),
      'not_opened',
      JSON.stringify(Object.keys(change)),
    );
});

test('a version is altered if its commitment, signature, place, parent or field names do not match', async () => {
  const { meta, wraps, envelopes } = sealed;
  const isAltered = async (change, keys, namesOf) =>
    (await openResult({ meta, wraps, envelopes, ...change }, keys, namesOf))[0];
  assert.equal(await isAltered({ meta: { ...meta, c: b64(randomBytes(32)) } }), true);
  assert.equal(await isAltered({ meta: { ...meta, sig: b64(new Uint8Array(64)) } }), true);
  assert.equal(await isAltered({ meta: { ...meta, parents: [id()] } }), true);
  assert.equal(
    await isAltered({ meta: { ...meta, sig: b64(new Uint8Array(64)) } }, { authors: new Map() }),
    false,
    'a version by an unknown device is not checked',
  );
  assert.equal(await isAltered({}, {}, () => ({ open: [], restricted: ['home'] })), true);
  assert.equal(await isAltered({}, {}, () => ({ open: ['text'], restricted: [] })), true);
  assert.equal(
    await isAltered({ meta: { ...meta, c: b64(randomBytes(32)) } }, { authors: new Map() }, () => null),
    false,
    'the commitment of an unknown kind cannot be computed again',
  );
  const elsewhere = await openVersion(
    { place: { ...place, record: id() }, ...sealed },
    { diaryKey, authors },
    () => NAMES,
  ).catch(({ code }) => code);
  assert.equal(elsewhere, 'not_opened');
});

test('a version’s key is overwritten once it is imported, and the version opens all the same', async (t) => {
  const fields = { _kind: 'note', _schema: 1, _ids: place, _parents: [], text: 'x' };
  const {
    raw,
    wrapped,
    envelope: made,
  } = await makePart(canonicalBytes({ fields, keys: [], seed: b64(randomBytes(32)) }));
  const importPlainly = crypto.subtle.importKey.bind(crypto.subtle);
  const imported = [];
  t.mock.method(crypto.subtle, 'importKey', (format, key, ...rest) => {
    if (Buffer.from(key).equals(raw)) imported.push(key);
    return importPlainly(format, key, ...rest);
  });
  const meta = { c: '', sig: '', parents: [], parts: ['open'] };
  const opened = await openVersion(
    { place, meta, wraps: [wrapped], envelopes: [made] },
    { diaryKey, authors },
    () => null,
  );
  assert.equal(opened.fields.text, 'x');
  assert.deepEqual(
    imported.map((key) => key.every((byte) => byte === 0)),
    [true],
  );
});

test('with its own keys: at least one and at most one for each part, in order', async () => {
  const content = (fields) =>
    canonicalBytes({
      fields: { _kind: 'note', _schema: 1, _ids: place, _parents: [], ...fields },
      keys: [],
      seed: b64(new Uint8Array(32)),
    });
  const [open, restrictedPart] = [
    await makePart(content({ text: 'x' })),
    await makePart(canonicalBytes({ fields: { home: 'y' }, keys: [], seed: b64(new Uint8Array(32)) }), 'restricted'),
  ];
  const meta = { c: '', sig: '', parents: [], parts: ['open', 'restricted'] };
  const envelopes = [open.envelope, restrictedPart.envelope];
  const read = (keys, overrides = {}) =>
    openVersionWithKeys({ place, meta, envelopes, ...overrides }, keys, () => null).then(
      ({ fields, restricted }) => [fields.text, restricted?.home ?? null],
      ({ code }) => code,
    );
  assert.deepEqual(await read([open.raw.slice(), restrictedPart.raw.slice()]), ['x', 'y']);
  assert.deepEqual(await read([open.raw.slice()]), ['x', null]);
  for (const [keys, change] of [
    [[], {}],
    [[open.raw, restrictedPart.raw, open.raw], {}],
    [[restrictedPart.raw, open.raw], {}],
    [[open.raw], { envelopes: [open.envelope] }],
    [[open.raw], { envelopes: [...envelopes, open.envelope] }],
    [[open.raw], { meta: { ...meta, parts: ['open', 'open'] } }],
    [[open.raw], { meta: { ...meta, parts: [] }, envelopes: [] }],
    [[open.raw], { meta: { ...meta, parts: ['restricted'] }, envelopes: [open.envelope] }],
  ])
    assert.equal(
      await read(
        keys.map((key) => key.slice()),
        change,
      ),
      'not_opened',
      JSON.stringify([keys.length, change.meta?.parts]),
    );
});

test('a payload is fields, keys and a seed, and nothing else', async () => {
  const valid = {
    fields: { _kind: 'note', _schema: 1, _ids: place, _parents: [], text: 'x' },
    keys: [[id(), b64(randomBytes(32))]],
    seed: b64(randomBytes(32)),
  };
  const read = async (payload) => {
    const { wrapped, envelope: sealedPart } = await makePart(
      payload instanceof Uint8Array ? payload : canonicalBytes(payload),
    );
    return openVersion(
      { place, meta: { c: '', sig: '', parents: [], parts: ['open'] }, wraps: [wrapped], envelopes: [sealedPart] },
      { diaryKey, authors },
      () => null,
    ).then(
      ({ keys }) => keys.open.length,
      ({ code }) => code,
    );
  };
  assert.equal(await read(valid), 1);
  for (const change of [
    { fields: [] },
    { fields: null },
    { keys: null },
    { keys: { a: 1 } },
    { keys: [[id()]] },
    { keys: [[id(), b64(randomBytes(32)), 'x']] },
    { keys: [['x', b64(randomBytes(32))]] },
    { keys: [[id(), b64(randomBytes(31))]] },
    { keys: [null] },
    { seed: b64(randomBytes(31)) },
    { seed: b64(randomBytes(33)) },
    { seed: 7 },
    { more: 1 },
    { fields: { ...valid.fields, _kind: 7 } },
    { fields: { ...valid.fields, _schema: '1' } },
  ])
    assert.equal(await read({ ...valid, ...change }), 'not_opened', JSON.stringify(change).slice(0, 60));
  assert.equal(await read(canonicalBytes([1])), 'not_opened');
});

test('marks of a grant: a valid list opens, and an invalid one is neither sealed nor opened', async () => {
  const [key, at] = [randomBytes(32), { diary: id(), grant: id() }];
  const mark = () => ({ at: 1, record: id(), seq: 2 });
  const valid = { made_at: 0, marks: [mark(), { ...mark(), at: 0, seq: 0 }] };
  const opened = await MARKS.open(key, await MARKS.seal(key, at, valid), at);
  assert.deepEqual([opened.made_at, opened.marks], [0, valid.marks]);
  assert.deepEqual(MARKS.header(at), { ...at, t: 'marks' });
  await MARKS.seal(key, at, { made_at: 1, marks: [] });
  const sameMark = mark();
  for (const change of [
    { made_at: -1 },
    { made_at: 0.5 },
    { made_at: '1' },
    { marks: null },
    { marks: [null] },
    { marks: [sameMark, sameMark] },
    { marks: [{ ...mark(), at: -1 }] },
    { marks: [{ ...mark(), seq: 0.5 }] },
    { marks: [{ ...mark(), record: 'x' }] },
    { marks: [{ ...mark(), more: 1 }] },
    { marks: [{ at: 1, seq: 1 }] },
    { more: 1 },
  ]) {
    await assert.rejects(MARKS.seal(key, at, { ...valid, ...change }), { code: 'not_opened' }, JSON.stringify(change));
    const header = MARKS.header(at);
    if (change.made_at === 0.5 || change.marks?.[0]?.seq === 0.5) continue; // JSON in canonical form has no fractions
    const forged = await envelope.seal(
      await importKey(key),
      'summary',
      header,
      padVersion(canonicalBytes({ ...valid, t: 'marks/v1', ...change })),
    );
    await assert.rejects(MARKS.open(key, forged, at), { code: 'not_opened' }, JSON.stringify(change));
  }
  await assert.rejects(MARKS.open(key, await MARKS.seal(key, at, valid), { ...at, grant: id() }), {
    code: 'not_opened',
  });
});

test('a statement about keys has its shape and its signature, and a chain of them leads to the newest', async () => {
  const pairs = await Promise.all([newKeyPair(), newKeyPair(), newKeyPair()]);
  const keys = await Promise.all(pairs.map((pair) => importSigningKey(pair)));
  const [account, diary] = [id(), id()];
  const statement = (fromKey, toKey, overrides = {}) => ({
    account,
    beacon: null,
    diary,
    ecdsa_pub: b64(pairs[toKey].pub),
    epoch: toKey + 1,
    head: b64(new Uint8Array(32)),
    hpke_pub: b64(pairs[toKey].pub),
    old: b64(pairs[fromKey].pub),
    seq: toKey,
    ts: 1,
    ...overrides,
  });
  const [first, second] = [
    await signStatement(keys[0], statement(0, 1)),
    await signStatement(keys[1], statement(1, 2)),
  ];
  const newest = b64(pairs[2].pub);
  assert.deepEqual(await verifyAuthorChain([first, second], newest), [
    { pub: b64(pairs[0].pub), seq: 1 },
    { pub: b64(pairs[1].pub), seq: 2 },
    { pub: newest, seq: null },
  ]);
  assert.deepEqual(await verifyAuthorChain([], newest), [{ pub: newest, seq: null }]);
  const beacon = { log: b64(new Uint8Array(32)), root: b64(new Uint8Array(32)), size: 3 };
  await signStatement(keys[0], statement(0, 1, { beacon, seq: 0, ts: 0, epoch: 2 }));
  for (const change of [
    { beacon: { ...beacon, size: '3' } },
    { beacon: { ...beacon, log: 'AA' } },
    { beacon: { ...beacon, root: b64(new Uint8Array(31)) } },
    { beacon: { ...beacon, more: 1 } },
    { beacon: {} },
    { beacon: 7 },
    { account: 'x' },
    { diary: 'x' },
    { epoch: 1 },
    { epoch: '2' },
    { seq: -1 },
    { seq: null },
    { ts: -1 },
    { head: b64(new Uint8Array(31)) },
    { head: 7 },
    { more: 1 },
    { old: b64(pairs[1].pub) },
    { ecdsa_pub: 'AA' },
    { hpke_pub: 'AA' },
  ])
    await assert.rejects(signStatement(keys[0], statement(0, 1, change)), JSON.stringify(change));
  for (const change of [
    { ...first, t: 'rekey/v2' },
    { ...first, seq: 9 },
    { ...first, sig: second.sig },
    null,
    'x',
    [],
  ])
    await assert.rejects(verifyStatement(change), { code: 'bad_signature' });
  for (const [chain, end] of [
    [[second, first], b64(pairs[1].pub)],
    [[first], newest],
    [[first, second], b64(pairs[1].pub)],
    [[first, await signStatement(keys[1], statement(1, 2, { account: id() }))], newest],
    [[first, await signStatement(keys[1], statement(1, 2, { epoch: 2 }))], newest],
    [[first, await signStatement(keys[1], statement(1, 2, { seq: 0 }))], newest],
    [[first, await signStatement(keys[0], statement(0, 2))], newest],
  ])
    await assert.rejects(verifyAuthorChain(chain, end), { code: 'bad_signature' });
  assert.equal(
    (await verifyAuthorChain([first, await signStatement(keys[1], statement(1, 2, { seq: 1 }))], newest)).length,
    3,
    'no write is needed in between',
  );
  assert.equal(unb64(first.sig).length, 64);
});
