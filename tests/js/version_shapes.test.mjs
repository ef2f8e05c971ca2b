/** What is no version, no marks and no statement about keys is refused, whatever is wrong with it. */
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
let one;

const draft = (more = {}) => ({
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
  ...more,
});
const opens = (pushed, keys = {}, namesOf = () => NAMES) =>
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
  one = await sealVersion(draft({ restricted: {} }), NAMES, { diaryKey, epoch: 1, signKey });
});

/** A part with keys of its own, so that it can be opened with and without the diary's. */
async function part(plaintext, name = 'open') {
  const raw = randomBytes(32);
  const wrapped = await wrapKey(diaryKey, versionWrapHeader(place.diary, 1, name, place.version), raw);
  return {
    raw,
    wrapped,
    envelope: await envelope.seal(await importKey(raw), 'version', envelopeHeader(place, name), padVersion(plaintext)),
  };
}

test('a version opens as it was sealed, in one part and in two', async () => {
  assert.deepEqual(await opens(sealed), [false, 'x', 'y']);
  assert.deepEqual(await opens(one), [false, 'x', null]);
  assert.deepEqual([sealed.meta.parts, one.meta.parts], [['open', 'restricted'], ['open']]);
});

test('missing, extra or reordered parts are not a version', async () => {
  const { meta, wraps, envelopes } = sealed;
  for (const bent of [
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
    assert.equal(await opens({ meta, wraps, envelopes, ...bent }), 'not_opened', JSON.stringify(Object.keys(bent)));
});

test('a version is altered if its commitment, signature, place, parent or field names do not match', async () => {
  const { meta, wraps, envelopes } = sealed;
  const altered = async (bent, keys, namesOf) => (await opens({ meta, wraps, envelopes, ...bent }, keys, namesOf))[0];
  assert.equal(await altered({ meta: { ...meta, c: b64(randomBytes(32)) } }), true);
  assert.equal(await altered({ meta: { ...meta, sig: b64(new Uint8Array(64)) } }), true);
  assert.equal(await altered({ meta: { ...meta, parents: [id()] } }), true);
  assert.equal(
    await altered({ meta: { ...meta, sig: b64(new Uint8Array(64)) } }, { authors: new Map() }),
    false,
    'whoever is not known is not judged',
  );
  assert.equal(await altered({}, {}, () => ({ open: [], restricted: ['home'] })), true);
  assert.equal(await altered({}, {}, () => ({ open: ['text'], restricted: [] })), true);
  assert.equal(
    await altered({ meta: { ...meta, c: b64(randomBytes(32)) } }, { authors: new Map() }, () => null),
    false,
    'a kind that is not known cannot be made again',
  );
  const elsewhere = await openVersion(
    { place: { ...place, record: id() }, ...sealed },
    { diaryKey, authors },
    () => NAMES,
  ).catch(({ code }) => code);
  assert.equal(elsewhere, 'not_opened');
});

test('with its own keys: at least one and at most one for each part, in order', async () => {
  const content = (fields) =>
    canonicalBytes({
      fields: { _kind: 'note', _schema: 1, _ids: place, _parents: [], ...fields },
      keys: [],
      seed: b64(new Uint8Array(32)),
    });
  const [open, apart] = [
    await part(content({ text: 'x' })),
    await part(canonicalBytes({ fields: { home: 'y' }, keys: [], seed: b64(new Uint8Array(32)) }), 'restricted'),
  ];
  const meta = { c: '', sig: '', parents: [], parts: ['open', 'restricted'] };
  const envelopes = [open.envelope, apart.envelope];
  const read = (keys, more = {}) =>
    openVersionWithKeys({ place, meta, envelopes, ...more }, keys, () => null).then(
      ({ fields, restricted }) => [fields.text, restricted?.home ?? null],
      ({ code }) => code,
    );
  assert.deepEqual(await read([open.raw.slice(), apart.raw.slice()]), ['x', 'y']);
  assert.deepEqual(await read([open.raw.slice()]), ['x', null]);
  for (const [keys, more] of [
    [[], {}],
    [[open.raw, apart.raw, open.raw], {}],
    [[apart.raw, open.raw], {}],
    [[open.raw], { envelopes: [open.envelope] }],
    [[open.raw], { envelopes: [...envelopes, open.envelope] }],
    [[open.raw], { meta: { ...meta, parts: ['open', 'open'] } }],
    [[open.raw], { meta: { ...meta, parts: [] }, envelopes: [] }],
    [[open.raw], { meta: { ...meta, parts: ['restricted'] }, envelopes: [open.envelope] }],
  ])
    assert.equal(
      await read(
        keys.map((key) => key.slice()),
        more,
      ),
      'not_opened',
      JSON.stringify([keys.length, more.meta?.parts]),
    );
});

test('a payload is fields, keys and a seed, and nothing else', async () => {
  const whole = {
    fields: { _kind: 'note', _schema: 1, _ids: place, _parents: [], text: 'x' },
    keys: [[id(), b64(randomBytes(32))]],
    seed: b64(randomBytes(32)),
  };
  const read = async (payload) => {
    const { wrapped, envelope: made } = await part(payload instanceof Uint8Array ? payload : canonicalBytes(payload));
    return openVersion(
      { place, meta: { c: '', sig: '', parents: [], parts: ['open'] }, wraps: [wrapped], envelopes: [made] },
      { diaryKey, authors },
      () => null,
    ).then(
      ({ keys }) => keys.open.length,
      ({ code }) => code,
    );
  };
  assert.equal(await read(whole), 1);
  for (const bent of [
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
    { fields: { ...whole.fields, _kind: 7 } },
    { fields: { ...whole.fields, _schema: '1' } },
  ])
    assert.equal(await read({ ...whole, ...bent }), 'not_opened', JSON.stringify(bent).slice(0, 60));
  assert.equal(await read(canonicalBytes([1])), 'not_opened');
});

test('marks of a grant: a valid list opens, and an invalid one is neither sealed nor opened', async () => {
  const [key, at] = [randomBytes(32), { diary: id(), grant: id() }];
  const mark = () => ({ at: 1, record: id(), seq: 2 });
  const whole = { made_at: 0, marks: [mark(), { ...mark(), at: 0, seq: 0 }] };
  const told = await MARKS.open(key, await MARKS.seal(key, at, whole), at);
  assert.deepEqual([told.made_at, told.marks], [0, whole.marks]);
  await MARKS.seal(key, at, { made_at: 1, marks: [] });
  const twice = mark();
  for (const bent of [
    { made_at: -1 },
    { made_at: 0.5 },
    { made_at: '1' },
    { marks: null },
    { marks: [null] },
    { marks: [twice, twice] },
    { marks: [{ ...mark(), at: -1 }] },
    { marks: [{ ...mark(), seq: 0.5 }] },
    { marks: [{ ...mark(), record: 'x' }] },
    { marks: [{ ...mark(), more: 1 }] },
    { marks: [{ at: 1, seq: 1 }] },
    { more: 1 },
  ]) {
    await assert.rejects(MARKS.seal(key, at, { ...whole, ...bent }), { code: 'not_opened' }, JSON.stringify(bent));
    const header = MARKS.header(at);
    if (bent.made_at === 0.5 || bent.marks?.[0]?.seq === 0.5) continue; // not to be written at all
    const forged = await envelope.seal(
      await importKey(key),
      'summary',
      header,
      padVersion(canonicalBytes({ ...whole, t: 'marks/v1', ...bent })),
    );
    await assert.rejects(MARKS.open(key, forged, at), { code: 'not_opened' }, JSON.stringify(bent));
  }
  await assert.rejects(MARKS.open(key, await MARKS.seal(key, at, whole), { ...at, grant: id() }), {
    code: 'not_opened',
  });
});

test('a statement about keys has its shape and its signature, and a chain of them leads to the newest', async () => {
  const pairs = await Promise.all([newKeyPair(), newKeyPair(), newKeyPair()]);
  const keys = await Promise.all(pairs.map((pair) => importSigningKey(pair)));
  const [account, diary] = [id(), id()];
  const said = (from, to, more = {}) => ({
    account,
    beacon: null,
    diary,
    ecdsa_pub: b64(pairs[to].pub),
    epoch: to + 1,
    head: b64(new Uint8Array(32)),
    hpke_pub: b64(pairs[to].pub),
    old: b64(pairs[from].pub),
    seq: to,
    ts: 1,
    ...more,
  });
  const [first, second] = [await signStatement(keys[0], said(0, 1)), await signStatement(keys[1], said(1, 2))];
  const newest = b64(pairs[2].pub);
  assert.deepEqual(await verifyAuthorChain([first, second], newest), [
    { pub: b64(pairs[0].pub), seq: 1 },
    { pub: b64(pairs[1].pub), seq: 2 },
    { pub: newest, seq: null },
  ]);
  assert.deepEqual(await verifyAuthorChain([], newest), [{ pub: newest, seq: null }]);
  const beacon = { log: b64(new Uint8Array(32)), root: b64(new Uint8Array(32)), size: 3 };
  await signStatement(keys[0], said(0, 1, { beacon, seq: 0, ts: 0, epoch: 2 }));
  for (const bent of [
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
    await assert.rejects(signStatement(keys[0], said(0, 1, bent)), JSON.stringify(bent));
  for (const bent of [{ ...first, t: 'rekey/v2' }, { ...first, seq: 9 }, { ...first, sig: second.sig }, null, 'x', []])
    await assert.rejects(verifyStatement(bent), { code: 'bad_signature' });
  for (const [chain, end] of [
    [[second, first], b64(pairs[1].pub)],
    [[first], newest],
    [[first, second], b64(pairs[1].pub)],
    [[first, await signStatement(keys[1], said(1, 2, { account: id() }))], newest],
    [[first, await signStatement(keys[1], said(1, 2, { epoch: 2 }))], newest],
    [[first, await signStatement(keys[1], said(1, 2, { seq: 0 }))], newest],
    [[first, await signStatement(keys[0], said(0, 2))], newest],
  ])
    await assert.rejects(verifyAuthorChain(chain, end), { code: 'bad_signature' });
  assert.equal(
    (await verifyAuthorChain([first, await signStatement(keys[1], said(1, 2, { seq: 1 }))], newest)).length,
    3,
    'nothing need be written in between',
  );
  assert.equal(unb64(first.sig).length, 64);
});
