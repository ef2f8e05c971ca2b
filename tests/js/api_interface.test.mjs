/** Each request of the app against docs/openapi.json: its address, proof, session, body and answer. Then the tokens. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { KeptError } from '#app/core/errors.js';
import { Api } from '#app/net/api.js';
import { ticketUploads } from '#app/net/blobs.js';
import { makeRequest } from '#app/net/http.js';

const BYTES = Uint8Array.of(1, 2, 3);
const CREDENTIALS = { login: 'l', auth: 'a', device: 'd', device_name: 'n' };
const SESSION = { token: 'new token', session: 'new session' };
const LONG_MS = 120_000;

/**
 * Each method of the app's API: its arguments, the server's answer, and whether the request may take two minutes (it
 * derives keys, or moves many bytes).
 * @type {Record<string, [unknown[], object|Uint8Array|null, boolean?]>}
 */
const CALLS = {
  server: [[], { log: 'l' }],
  reserveName: [[], { login: 'l', ticket: 't' }],
  register: [
    [
      {
        ...Object.fromEntries(
          ['account', 'diary', 'ecdsa_pub', 'hpke_pub', 'kdf', 'keyset', 'ticket', 'words_wrap'].map((name) => [
            name,
            'x',
          ]),
        ),
        ...CREDENTIALS,
      },
    ],
    SESSION,
    true,
  ],
  prelogin: [['l'], { kdf: {} }],
  signIn: [[CREDENTIALS], SESSION, true],
  renew: [[{ renewal: 'r', device: 'd', device_name: 'n' }], SESSION, true],
  exchangeSession: [[CREDENTIALS], SESSION, true],
  recover: [[{ login: 'l', code_auth: 'a', device: 'd', device_name: 'n' }], SESSION, true],
  signOutNow: [[], null],
  session: [[], { account: 'a' }],
  signOut: [[], null],
  sessions: [['proof'], { sessions: [{}] }],
  endSession: [['s', 'proof'], null],
  endOthers: [['proof'], null],
  stamp: [['digest'], { authority: 'a', chain: 'c', nonce: 'n', policy: 'p', tsr: 't' }],
  rename: [['name'], null],
  access: [['proof'], { access: [{}] }],
  signIns: [['cursor'], { cursor: 'c', more: false, sign_ins: [] }],
  changeWords: [[{ auth: 'a', kdf: {}, words_wrap: 'w' }, 'proof'], null, true],
  rekeyBegin: [
    [
      'd',
      Object.fromEntries(
        ['auth', 'diary_wrap', 'ecdsa_pub', 'hpke_pub', 'kdf', 'keyset', 'statement', 'words_wrap'].map((name) => [
          name,
          'x',
        ]),
      ),
      'proof',
    ],
    { to: 4 },
    true,
  ],
  rekeyWraps: [['d', BYTES], { lacking: 0 }, true],
  rekeyCommit: [['d', 'proof'], null, true],
  setCode: [[{ code_auth: 'a', code_wrap: 'w' }, 'proof'], null, true],
  push: [['d', 'r', 'v', BYTES], { receipt: {}, head: {}, seq: 1 }],
  changes: [['d', 4], BYTES, true],
  log: [[], { log: 'l' }],
  consistency: [[4, 9], { path: [] }],
  proofs: [['d', 9, 4], { proofs: [], to: 9 }, true],
  declareBlob: [['d', 'b', { parts: 1, size: 2 }], { have: [], complete: false }],
  blob: [['d', 'b'], { have: [], complete: false, parts: 1 }],
  putPart: [['d', 'b', 0, BYTES], null, true],
  part: [['d', 'b', 0], BYTES, true],
  completeBlob: [['d', 'b', 'digest'], null],
  erase: [['d', { records: ['r'], why: 'keeper' }, 'proof'], { erasure: 'e' }, true],
  erasures: [['d'], { erasures: [] }],
  cancelErasure: [['d', 'e'], null],
  usage: [[], { used_bytes: 1, quota_bytes: 2 }],
};
/** These keep tokens and make no request of their own. */
const WITHOUT_REQUEST = ['constructor', 'open', 'lock', 'tokens', 'openSession', 'withSession'];

let routes;
before(async () => {
  const { paths } = JSON.parse(await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
  routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => ({ path, method: method.toUpperCase(), route })),
  );
});

const answerOf = (body) =>
  body === null
    ? new Response(null, { status: 204 })
    : body instanceof Uint8Array
      ? new Response(/** @type {BodyInit} */ (body), { headers: { 'content-type': 'application/octet-stream' } })
      : new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

/** Make a request with a session. Returns the result, what was sent, and how long it may take. */
async function makeCall(name, { body = CALLS[name][1], args = CALLS[name][0], api = new Api(async () => null) } = {}) {
  let sent;
  let timeout;
  const send = makeRequest(async (path, options) => {
    sent = { path, ...options };
    return answerOf(body);
  });
  api.request = (options) => {
    ({ timeout } = options);
    return send(options);
  };
  api.token ??= 'token';
  const result = await api[name](...args);
  return { result, sent, timeout, api };
}
/** The documented route of a request. */
function routeOf({ path, method }) {
  const [address, query = ''] = path.split('?');
  const matching = routes.filter(
    (route) => route.method === method && new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(address),
  );
  // An address without parameters comes first: /v1/session/renewal is no session.
  const [route] = matching.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  assert.ok(route, `${method} ${path} is not documented`);
  for (const parameter of query.split('&').filter(Boolean))
    assert.ok(
      route.route.parameters.some(({ name, in: place }) => place === 'query' && name === parameter.split('=')[0]),
      path,
    );
  return route.route;
}

test('every method of the app’s API is in this test', () => {
  const methods = Object.getOwnPropertyNames(Api.prototype).filter((name) => !WITHOUT_REQUEST.includes(name));
  assert.deepEqual(methods.sort(), Object.keys(CALLS).sort());
});

for (const name of Object.keys(CALLS))
  test(`the request of ${name} is a documented one, with what it needs and no more`, async () => {
    const { result, sent, timeout } = await makeCall(name);
    const route = routeOf(sent);
    const { headers } = sent;
    const audience = route['x-audience'];
    assert.equal('X-Proof' in headers, audience === 'proved');
    if (audience !== 'anyone') assert.equal(headers.Authorization, 'Bearer token');
    const types = Object.keys(route.requestBody?.content ?? {});
    assert.deepEqual(headers['Content-Type'] ? [headers['Content-Type']] : [], types);
    if (types[0] === 'application/octet-stream') assert.deepEqual(sent.body, BYTES);
    else if (types.length) {
      const { properties, required = [] } = route.requestBody.content[types[0]].schema;
      const fields = JSON.parse(sent.body);
      assert.deepEqual(
        required.filter((field) => !(field in fields)),
        [],
      );
      assert.deepEqual(
        Object.keys(fields).filter((field) => !(field in properties)),
        [],
      );
    } else assert.equal(sent.body, null);
    assert.deepEqual(result, CALLS[name][1]);
    assert.equal(timeout ?? 20_000, CALLS[name][2] ? LONG_MS : 20_000);
    const [, success] = Object.entries(route.responses).find(([status]) => status.startsWith('2'));
    const answerTypes = Object.keys(success.content ?? {});
    if (!answerTypes.length) assert.equal(result, null);
  });

test('a path names the diary, record, version, file and part, and the number to start after', async () => {
  const paths = {};
  for (const [name, args] of Object.entries({
    push: ['D', 'R', 'V', BYTES],
    changes: ['D', 7],
    proofs: ['D', 9, 7],
    consistency: [3, 9],
    declareBlob: ['D', 'B', {}],
    blob: ['D', 'B'],
    putPart: ['D', 'B', 5, BYTES],
    part: ['D', 'B', 5],
    completeBlob: ['D', 'B', 'x'],
    cancelErasure: ['D', 'E'],
    endSession: ['S', 'proof'],
    signIns: ['C'],
  }))
    paths[name] = (await makeCall(name, { args })).sent.path;
  assert.deepEqual(paths, {
    push: '/v1/diaries/D/records/R/versions/V',
    changes: '/v1/diaries/D/changes?after=7',
    proofs: '/v1/diaries/D/proofs/9?after=7',
    consistency: '/v1/log/consistency/3/9',
    declareBlob: '/v1/diaries/D/blobs/B',
    blob: '/v1/diaries/D/blobs/B',
    putPart: '/v1/diaries/D/blobs/B/parts/5',
    part: '/v1/diaries/D/blobs/B/parts/5',
    completeBlob: '/v1/diaries/D/blobs/B/complete',
    cancelErasure: '/v1/diaries/D/erasures/E',
    endSession: '/v1/sessions/S',
    signIns: '/v1/sign-ins?after=C',
  });
  assert.equal((await makeCall('signIns', { args: [null] })).sent.path, '/v1/sign-ins');
});

test('an answer without a field that the app goes on with is refused', async () => {
  for (const name of ['reserveName', 'sessions', 'stamp', 'access', 'signIns', 'rekeyBegin', 'erasures', 'usage']) {
    const body = /** @type {Record<string, unknown>} */ (CALLS[name][1]);
    for (const field of Object.keys(body)) {
      const { [field]: _left, ...rest } = body;
      await assert.rejects(makeCall(name, { body: rest }), { code: 'garbage' }, `${name} without ${field}`);
      await assert.rejects(makeCall(name, { body: { ...rest, [field]: null } }), { code: 'garbage' });
    }
  }
});

test('an upload with a ticket is a documented one, without a session', async () => {
  const sent = [];
  const uploads = ticketUploads(
    async (options) => {
      sent.push(options);
      return makeRequest(async () => answerOf(options.expect === 'nothing' ? null : { have: [], complete: false }))(
        options,
      );
    },
    'D',
    'B',
    'ticket',
  );
  assert.deepEqual(await uploads.declare({ parts: 1, size: 2 }), { have: [], complete: false });
  assert.equal(await uploads.putPart(3, BYTES), null);
  assert.equal(await uploads.complete('digest'), null);
  for (const request of sent) {
    routeOf(request);
    assert.deepEqual([request.ticket, request.token], ['ticket', undefined]);
  }
  assert.deepEqual(
    sent.map(({ method, path }) => `${method} ${path}`),
    ['PUT /v1/diaries/D/blobs/B', 'PUT /v1/diaries/D/blobs/B/parts/3', 'POST /v1/diaries/D/blobs/B/complete'],
  );
  assert.deepEqual([sent[0].json, sent[1].bytes, sent[2].json], [{ parts: 1, size: 2 }, BYTES, { digest: 'digest' }]);
  assert.equal(sent[1].timeout, LONG_MS);
});

test('a sign-in brings the tokens, which are saved at once', async () => {
  const api = new Api(async () => null);
  const saved = [];
  api.open(null, async (tokens) => void saved.push(tokens));
  const answer = { token: 't', device_token: 'd', session: 's', upload_key: 'u', renewal: 'r' };
  await makeCall('signIn', { api, body: answer });
  const tokens = { token: 't', device: 'd', session: 's', upload: 'u', renewal: 'r' };
  assert.deepEqual(api.tokens(), tokens);
  assert.deepEqual(saved, [tokens]);
  await makeCall('renew', { api, body: { token: 't2', session: 's2' } });
  assert.deepEqual(api.tokens(), { token: 't2', device: null, session: 's2', upload: null, renewal: null });
  assert.equal(saved.length, 2);
});

test('the device token is sent at a sign-in only, and never from a borrowed device', async () => {
  const bodyOf = async (name, change = {}) => {
    const api = Object.assign(new Api(async () => null), { device: 'known device', ...change });
    const { sent } = await makeCall(name, { api });
    return { ...JSON.parse(sent.body), credentials: sent.credentials, headers: sent.headers };
  };
  assert.equal((await bodyOf('signIn')).device_token, 'known device');
  assert.equal((await bodyOf('signIn', { device: null })).device_token, undefined);
  for (const name of ['renew', 'recover', 'register', 'exchangeSession'])
    assert.equal((await bodyOf(name)).device_token, undefined, name);
  const borrowed = await bodyOf('signIn', { borrowed: true });
  assert.deepEqual([borrowed.device_token, borrowed.borrowed], [undefined, true]);
  assert.equal(borrowed.headers['X-Leave-Nothing'], 'yes');
  assert.equal((await bodyOf('signIn')).borrowed, undefined);
});

test('cookies of an earlier release are sent only where they are exchanged or asked for', async () => {
  const credentialsOf = async (name, args) => (await makeCall(name, args ? { args } : {})).sent.credentials;
  assert.equal(await credentialsOf('exchangeSession'), 'same-origin');
  assert.equal(await credentialsOf('signIn', [CREDENTIALS, { cookies: true }]), 'same-origin');
  for (const name of ['signIn', 'renew', 'register', 'recover', 'usage'])
    assert.equal(await credentialsOf(name), 'omit', name);
});

test('a stored session continues when the diary opens, and a lock drops it', () => {
  const api = new Api(async () => null);
  const save = async () => undefined;
  api.open({ token: 't', device: 'd', session: 's', upload: 'u', renewal: 'r' }, save);
  assert.deepEqual(api.tokens(), { token: 't', device: 'd', session: 's', upload: 'u', renewal: 'r' });
  assert.equal(api.saveTokens, save);
  api.signInAgain = async () => null;
  api.lock();
  assert.deepEqual(api.tokens(), { token: null, device: null, session: null, upload: null, renewal: null });
  assert.deepEqual([api.saveTokens, api.signInAgain, api.borrowedToken], [null, null, null]);
  api.open(undefined, save);
  assert.deepEqual(api.tokens(), { token: null, device: null, session: null, upload: null, renewal: null });
});

test('a borrowed session can still be ended after a lock, and leaves nothing in the browser', async () => {
  const api = Object.assign(new Api(async () => null), { borrowed: true, token: 'borrowed' });
  api.lock();
  api.lock();
  assert.equal(api.borrowedToken, 'borrowed');
  const sent = [];
  api.request = async (options) => void sent.push(options);
  await api.signOutNow();
  assert.deepEqual(sent[0], {
    path: '/v1/session',
    method: 'DELETE',
    expect: 'nothing',
    token: 'borrowed',
    keepalive: true,
    leaveNothing: true,
  });
  api.token = 'newer';
  await api.signOutNow();
  await api.signOut();
  api.borrowed = false;
  await api.signOut();
  assert.deepEqual(
    sent.slice(1).map(({ token, leaveNothing = false }) => [token, leaveNothing]),
    [
      ['newer', true],
      ['newer', true],
      ['newer', false],
    ],
  );
  api.lock();
  assert.equal(api.borrowedToken, null, 'the keeper’s own device remembers no token');
});

test('a request whose session is over is made again after one sign-in, with the new token', async () => {
  const api = new Api(async () => null);
  api.token = 'old';
  const tokens = [];
  const usage = makeRequest(async () => answerOf({ used_bytes: 1, quota_bytes: 2 }));
  api.request = async (options) => {
    tokens.push(options.token);
    if (options.token === 'old') throw new KeptError('session_ended');
    return usage(options);
  };
  await assert.rejects(api.usage(), { code: 'session_ended' }, 'locked: nobody signs in');
  const reasons = [];
  api.signInAgain = async (code) => {
    reasons.push(code);
    if (reasons.length === 1) throw new KeptError('no_network');
    api.token = 'new';
  };
  await assert.rejects(api.usage(), { code: 'no_network' });
  assert.equal(api.pendingSignIn, null, 'the next request tries again');
  await api.usage();
  assert.deepEqual(reasons, ['session_ended', 'session_ended']);
  assert.deepEqual(tokens, ['old', 'old', 'old', 'new']);
  api.request = async () => {
    throw new KeptError('conflict');
  };
  await assert.rejects(api.usage(), { code: 'conflict' });
  assert.equal(reasons.length, 2, 'another failure is not about the session');
});
