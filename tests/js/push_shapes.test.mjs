/** Requests, answers, uploads and receipts: one with a single fault is refused. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import test, { before } from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { canonicalBytes, encodeFrames } from '#app/core/encoding.js';
import { PUSH_GRANTS_LIMIT } from '#app/core/constants.js';
import { KeptError } from '#app/core/errors.js';
import { importKey } from '#app/crypto/cobblestone.js';
import { grantWrapHeader, versionWrapHeader, wrapKey } from '#app/crypto/keys.js';
import * as envelope from '#app/crypto/envelope.js';
import { importSigningKey, newKeyPair, sign as signBytes } from '#app/crypto/signing.js';
import { bytesToSign, envelopeHeader } from '#app/crypto/versions.js';
import { manifestEntries } from '#app/ledger/manifest.js';
import { decodePush, encodePush, envDigest, verifyVersionByAnyKey } from '#app/ledger/push.js';
import { notaryKeyId, verifyReceipt } from '#app/ledger/receipts.js';
import { dropPart, partName } from '#app/net/blobs.js';
import { isSessionOver, isTransient, makeRequest } from '#app/net/http.js';
import { withChanges, id } from './phone/grants.mjs';

const place = { diary: id(), record: id(), version: id() };
const grant = id();
let upload;
let key;
before(async () => {
  key = await importKey(randomBytes(32));
  const wrapped = (part) => wrapKey(key, versionWrapHeader(place.diary, 1, part, place.version), randomBytes(32));
  const sealed = async (part) =>
    envelope.seal(await importKey(randomBytes(32)), 'version', envelopeHeader(place, part), new Uint8Array(4096));
  const advocateWrap = (part) =>
    wrapKey(key, grantWrapHeader({ diary: place.diary, grant }, part, place.version), randomBytes(32));
  const parts = ['open', 'restricted'];
  const meta = {
    blobs: [id()],
    c: b64(randomBytes(32)),
    grants: [[grant, 2]],
    parents: [id(), id()],
    parts,
    sig: b64(randomBytes(64)),
  };
  upload = {
    meta,
    wraps: await Promise.all(parts.map(wrapped)),
    envelopes: await Promise.all(parts.map(sealed)),
    given: [{ grant, wraps: await Promise.all(parts.map(advocateWrap)) }],
  };
});
const framesOf = (meta, sealed) => encodeFrames([canonicalBytes(meta), ...sealed]);
const allParts = () => [...upload.wraps, ...upload.envelopes, ...upload.given[0].wraps];
const refused = { code: 'bad_request' };

test('an upload is decoded as it was encoded, with and without the wraps for advocates', () => {
  assert.deepEqual(decodePush(encodePush(upload), place), upload);
  const { given: _given, ...ownUpload } = upload;
  const withoutGrants = { ...ownUpload, meta: { ...ownUpload.meta, grants: [] } };
  assert.deepEqual(decodePush(encodePush(withoutGrants), place), { ...withoutGrants, given: [] });
  assert.equal(
    envDigest(upload.envelopes),
    envDigest([new Uint8Array([...upload.envelopes[0], ...upload.envelopes[1]])]),
  );
});

test('an upload whose description has one fault is refused', () => {
  const sameId = id();
  for (const change of [
    { blobs: undefined },
    { more: 1 },
    { grants: null },
    { grants: [[grant, 0]] },
    { grants: [[grant, 3]] },
    { grants: [[grant, '2']] },
    { grants: [[grant]] },
    { grants: [[grant, 2, 0]] },
    { grants: [grant] },
    { grants: [['x', 2]] },
    {
      grants: [
        [grant, 1],
        [grant, 1],
      ],
    },
    { parts: ['restricted'] },
    { parts: ['restricted', 'open'] },
    { parts: [] },
    { parts: 'open' },
    { parts: ['open,restricted'] },
    { parts: [['open', 'restricted']] },
    { parts: ['open', 'open'] },
    { blobs: 'x' },
    { blobs: ['x'] },
    { blobs: [sameId, sameId] },
    { parents: [sameId, sameId] },
    { parents: null },
    { c: b64(randomBytes(31)) },
    { c: 5 },
    { sig: b64(randomBytes(63)) },
    { sig: null },
  ])
    assert.throws(
      () => decodePush(framesOf(withChanges(upload.meta, change), allParts())),
      refused,
      JSON.stringify(change),
    );
  for (const invalid of [[], 'text', null]) assert.throws(() => decodePush(framesOf(invalid, allParts())), refused);
  assert.throws(() => decodePush(encodeFrames([])), refused);
  assert.throws(() => decodePush(framesOf(upload.meta, allParts().slice(1))), refused);
  assert.throws(() => decodePush(framesOf(upload.meta, [...allParts(), new Uint8Array(1)])), refused);
});

test('a grant has a wrap for each part or for the first, and not more grants than the limit, whatever is sent', () => {
  const own = allParts().slice(0, 4);
  const [wrap] = upload.given[0].wraps;
  const decode = (grants, wrapCount) =>
    decodePush(framesOf({ ...upload.meta, grants }, [...own, ...Array(wrapCount).fill(wrap)]));
  assert.equal(decode([[grant, 1]], 1).given[0].wraps.length, 1);
  assert.equal(decode([[grant, 2]], 2).given[0].wraps.length, 2);
  for (const [pair, wrapCount] of [
    [[grant, 0], 0],
    [[grant, 3], 3],
    [[grant, 2, 0], 2],
    [[grant, 1, 'more'], 1],
  ])
    assert.throws(() => decode([pair], wrapCount), refused, JSON.stringify(pair));
  const many = (count) => Array.from({ length: count }, () => [id(), 1]);
  assert.equal(decode(many(PUSH_GRANTS_LIMIT), PUSH_GRANTS_LIMIT).given.length, PUSH_GRANTS_LIMIT);
  assert.throws(() => decode(many(PUSH_GRANTS_LIMIT + 1), PUSH_GRANTS_LIMIT + 1), refused);
});

test('wraps and envelopes of another place, part or kind are refused, also those for grants', async () => {
  const elsewhere = { ...place, version: id() };
  const wrapOf = (header, kind = 'wrap') => envelope.seal(key, kind, header, randomBytes(32));
  const withFirstWrap = (wrong) => ({ ...upload, wraps: [wrong, upload.wraps[1]] });
  for (const wrong of [
    await wrapOf(versionWrapHeader(place.diary, 1, 'open', elsewhere.version)),
    await wrapOf(versionWrapHeader(id(), 1, 'open', place.version)),
    await wrapOf(versionWrapHeader(place.diary, 1, 'restricted', place.version)),
    await wrapOf({ ...versionWrapHeader(place.diary, 1, 'open', place.version), epoch: 0 }),
    await wrapOf({ ...versionWrapHeader(place.diary, 1, 'open', place.version), epoch: '1' }),
    await wrapOf(versionWrapHeader(place.diary, 1, 'open', place.version), 'summary'),
    new Uint8Array(40),
  ])
    assert.throws(() => decodePush(encodePush(withFirstWrap(wrong)), place), refused);
  assert.throws(() => decodePush(encodePush({ ...upload, envelopes: upload.envelopes.toReversed() }), place), refused);
  assert.throws(() => decodePush(encodePush(upload), elsewhere), refused);
  const withGrantWraps = (wraps) => ({ ...upload, given: [{ grant, wraps }] });
  const header = grantWrapHeader({ diary: place.diary, grant }, 'open', place.version);
  for (const wrong of [
    await wrapOf(grantWrapHeader({ diary: place.diary, grant: id() }, 'open', place.version)),
    await wrapOf(grantWrapHeader({ diary: place.diary, grant }, 'restricted', place.version)),
    await wrapOf(header, 'summary'),
    new Uint8Array(3),
  ])
    assert.throws(() => decodePush(encodePush(withGrantWraps([wrong, upload.given[0].wraps[1]])), place), refused);
  assert.ok(decodePush(encodePush(withGrantWraps([await wrapOf(header), upload.given[0].wraps[1]])), place));
});

test('a signature counts by the last key, and by an earlier key up to the number where that ended', async () => {
  const [first, last, stranger] = await Promise.all([newKeyPair(), newKeyPair(), newKeyPair()]);
  const facts = { c: b64(randomBytes(32)), ...place };
  const { c, ...where } = facts;
  const signedBy = async (pair) => b64(await signBytes(await importSigningKey(pair), bytesToSign(c, where)));
  const authors = [
    { pub: b64(first.pub), seq: 7 },
    { pub: b64(last.pub), seq: null },
  ];
  const verify = async (pair, seq, change = {}) =>
    verifyVersionByAnyKey(authors, { ...facts, ...change }, await signedBy(pair), seq);
  for (const seq of [1, 7, 8, null]) await verify(last, seq);
  for (const seq of [1, 7]) await verify(first, seq);
  const invalid = { code: 'bad_signature' };
  for (const seq of [8, null]) await assert.rejects(verify(first, seq), invalid);
  await assert.rejects(verify(stranger, 1), invalid);
  for (const name of ['diary', 'record', 'version']) await assert.rejects(verify(last, 1, { [name]: id() }), invalid);
  await assert.rejects(verify(last, 1, { c: b64(randomBytes(32)) }), invalid);
});

test('a receipt is valid only from this notary, for exactly this version, with a time', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const notaryPub = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
  const fields = {
    c: b64(randomBytes(32)),
    env: b64(randomBytes(32)),
    log: notaryKeyId(notaryPub),
    n: b64(randomBytes(16)),
    t: 'rcpt/v1',
    ts: 7,
  };
  const signed = (fields) => ({
    ...fields,
    sig: b64(new Uint8Array(sign(null, Buffer.from(canonicalBytes(fields)), privateKey))),
  });
  const expect = { notaryPub, c: fields.c, env: fields.env };
  assert.equal(await verifyReceipt(signed(fields), expect), 7);
  assert.equal(await verifyReceipt(signed({ ...fields, ts: 0 }), { ...expect, log: fields.log }), 0);
  for (const change of [
    { c: b64(randomBytes(32)) },
    { env: b64(randomBytes(32)) },
    { log: b64(randomBytes(32)) },
    { t: 'rcpt/v2' },
    { ts: -1 },
    { ts: '7' },
    { ts: undefined },
    { more: 1 },
    { n: undefined },
  ])
    await assert.rejects(
      verifyReceipt(signed(withChanges(fields, change)), expect),
      { code: 'bad_signature' },
      JSON.stringify(change),
    );
  await assert.rejects(verifyReceipt({ ...signed(fields), ts: 8 }, expect), { code: 'bad_signature' });
  await assert.rejects(verifyReceipt(signed(fields), { ...expect, log: b64(randomBytes(32)) }), {
    code: 'bad_signature',
  });
  const otherLog = b64(randomBytes(32));
  await assert.rejects(
    verifyReceipt(signed({ ...fields, log: otherLog }), { ...expect, log: otherLog }),
    { code: 'bad_signature' },
    'the name of a key is not its own',
  );
  for (const invalid of [null, undefined, 'text'])
    await assert.rejects(verifyReceipt(invalid, expect), { code: 'bad_signature' });
});

test('a manifest lists its versions, and a damaged part is dropped', () => {
  assert.deepEqual(manifestEntries({ records: [['r', 'v', 'c', 'more'], ['r', 'v'], 'x', null] }), [
    'r v c',
    'r v',
    '',
    '',
  ]);
  for (const [have, remaining] of [
    [true, [0, 2]],
    [[0, 1], [0]],
    [[2], [2]],
  ]) {
    const [dropped, stored] = [[], []];
    dropPart(
      { drop: (name) => dropped.push(name), putJson: (...row) => stored.push(row) },
      { n: 3, size: 30, have },
      'b',
      1,
      10,
    );
    assert.deepEqual([dropped, stored], [[partName('b', 1)], [['b/b', { n: 3, size: 20, have: remaining }]]]);
  }
});

const json = (body, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const sendRequest = async (asked, response = json({})) => {
  let request;
  const answer = await makeRequest(async (path, options) => {
    request = { path, ...options };
    return response;
  })({ path: '/x', ...asked });
  return { answer, request };
};

test('a request has exactly the headers it needs', async () => {
  const { request } = await sendRequest({});
  assert.deepEqual(request.headers, { 'X-Requested-By': 'app' });
  const { signal: _signal, ...rest } = request;
  assert.deepEqual(rest, {
    path: '/x',
    method: 'GET',
    headers: { 'X-Requested-By': 'app' },
    body: null,
    redirect: 'manual',
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
  });
  const withOptions = await sendRequest({
    method: 'PUT',
    json: { a: 1 },
    proof: 'p',
    token: 't',
    ticket: 'k',
    leaveNothing: true,
    keepalive: true,
  });
  assert.deepEqual(withOptions.request.headers, {
    'X-Requested-By': 'app',
    'Content-Type': 'application/json',
    'X-Proof': 'p',
    Authorization: 'Bearer t',
    'X-Ticket': 'k',
    'X-Leave-Nothing': 'yes',
  });
  assert.deepEqual(
    [withOptions.request.body, withOptions.request.keepalive, withOptions.request.credentials],
    ['{"a":1}', true, 'same-origin'],
  );
  const bytes = await sendRequest({ bytes: Uint8Array.of(1), cookies: true });
  assert.deepEqual(
    [bytes.request.headers['Content-Type'], bytes.request.body, bytes.request.credentials],
    ['application/octet-stream', Uint8Array.of(1), 'same-origin'],
  );
});

test('a response must have the named fields, of their types', async () => {
  const fields = { list: 'array', flag: 'boolean', n: 'number', text: 'string' };
  const valid = { list: [{}, {}], flag: false, n: 0, text: '', more: 1 };
  assert.deepEqual((await sendRequest({ fields }, json(valid))).answer, valid);
  for (const change of [
    { list: {} },
    { list: [{}, null] },
    { list: [1] },
    { list: 'x' },
    { flag: 0 },
    { n: '0' },
    { text: 0 },
    { list: undefined },
    { text: undefined },
  ])
    await assert.rejects(
      sendRequest({ fields }, json(withChanges(valid, change))),
      { code: 'garbage' },
      JSON.stringify(change),
    );
});

test('an empty response is empty under any content type, and a refusal is never taken for an answer', async () => {
  assert.equal((await sendRequest({ expect: 'nothing' }, new Response(null, { status: 204 }))).answer, null);
  assert.equal((await sendRequest({ expect: 'nothing' }, json({ a: 1 }))).answer, null);
  await assert.rejects(
    sendRequest({ expect: 'nothing' }, new Response('<html>', { headers: { 'content-type': 'text/html' } })),
    { code: 'captive_portal' },
  );
  for (const expectedKind of ['nothing', 'bytes', 'json'])
    await assert.rejects(
      sendRequest({ expect: expectedKind }, json({ error: 'conflict', message: 'Changed.', missing: ['x'] }, 409)),
      {
        code: 'conflict',
        sentence: 'Changed.',
        missing: ['x'],
      },
    );
  const zip = new Response(Uint8Array.of(1), { headers: { 'content-type': 'application/zip; x=1' } });
  assert.deepEqual((await sendRequest({ expect: 'bytes' }, zip)).answer, Uint8Array.of(1));
  const tryLater = new Response('{"error":"try_later"}', {
    status: 429,
    headers: { 'content-type': 'application/json', 'retry-after': '7' },
  });
  await assert.rejects(sendRequest({}, tryLater), { code: 'try_later', retryAfter: 7 });
});

test('a cancelled request says so, before and after it was sent', async () => {
  const neverAnswers = makeRequest(
    (_path, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  const controller = new AbortController();
  const pending = neverAnswers({ path: '/x', signal: controller.signal });
  controller.abort();
  await assert.rejects(pending, { code: 'cancelled' });
  await assert.rejects(neverAnswers({ path: '/x', timeout: 1, signal: new AbortController().signal }), {
    code: 'server_slow',
  });
});

test('which failures are transient, and which mean that the session is over', () => {
  const transientAndOver = (code) => [isTransient(new KeptError(code)), isSessionOver(new KeptError(code))];
  for (const code of [
    'no_network',
    'server_slow',
    'captive_portal',
    'server_down',
    'garbage',
    'unavailable',
    'internal',
    'try_later',
  ])
    assert.deepEqual(transientAndOver(code), [true, false], code);
  for (const code of ['signed_out', 'session_ended']) assert.deepEqual(transientAndOver(code), [false, true], code);
  for (const code of ['conflict', 'bad_request', 'no_match'])
    assert.deepEqual(transientAndOver(code), [false, false], code);
  for (const wrong of [new Error('signed_out'), { code: 'signed_out' }, null])
    assert.deepEqual([isTransient(wrong), isSessionOver(wrong)], [false, false]);
});
