/** Requests: an answer that is not from our server is recognised and never accepted. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import test from 'node:test';
import { Api } from '#app/net/api.js';
import { fetchAppFile, isTransient, makeRequest } from '#app/net/http.js';
import { standIn } from './phone/stand_in.mjs';

const json = (status, body, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
const html = (status) =>
  new Response('<html>Welcome to our Wi-Fi</html>', {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  });
const requestAnsweredBy = (response) => makeRequest(async () => response);

const CASES = [
  ['a sign-in page of the Wi-Fi', html(200), 'captive_portal'],
  ['a sign-in page that says 511', html(511), 'captive_portal'],
  ['a sign-in page instead of a 404', html(404), 'captive_portal'],
  [
    'a redirect',
    new Response(null, { status: 302, headers: { location: 'http://portal.example/' } }),
    'captive_portal',
  ],
  ['a proxy without its server', html(502), 'server_down'],
  [
    'a server error that is not JSON',
    new Response('oops', { status: 500, headers: { 'content-type': 'text/plain' } }),
    'server_down',
  ],
  ['a server error in JSON', json(500, { error: 'internal', message: 'Something went wrong.' }), 'internal'],
  [
    'invalid JSON',
    new Response('{"log":', { status: 200, headers: { 'content-type': 'application/json' } }),
    'garbage',
  ],
  ['JSON that is a number', json(200, 7), 'garbage'],
  [
    'JSON with another content type',
    new Response('{}', { status: 200, headers: { 'content-type': 'text/plain' } }),
    'garbage',
  ],
  ['no content type', new Response(new Uint8Array([1, 2, 3]), { status: 200 }), 'garbage'],
  ['a refusal with an invalid code', json(400, { error: '<script>', message: 'x' }), 'garbage'],
  ['a refusal', json(401, { error: 'signed_out', message: 'You are signed out.' }), 'signed_out'],
];
for (const [description, response, code] of CASES) {
  test(`${description} gives ${code}`, () =>
    assert.rejects(requestAnsweredBy(response)({ path: '/v1/server' }), { code }));
}

test('a response without a body is garbage where fields are promised', async () => {
  for (const [expect, response] of /** @type {['json'|'nothing', Response][]} */ ([
    ['json', json(200, null)],
    ['json', new Response(null, { status: 204 })],
    ['nothing', new Response(null, { status: 204 })],
  ]))
    await assert.rejects(
      requestAnsweredBy(/** @type {Response} */ (response))({
        path: '/x',
        expect: expect,
        fields: { to: 'number' },
      }),
      { code: 'garbage' },
    );
});

test('bytes are accepted only with their own content type', async () => {
  await assert.rejects(requestAnsweredBy(json(200, {}))({ path: '/x', expect: 'bytes' }), { code: 'garbage' });
  const bytes = await requestAnsweredBy(
    new Response(new Uint8Array([1, 2]), { headers: { 'content-type': 'application/octet-stream' } }),
  )({ path: '/x', expect: 'bytes' });
  assert.deepEqual(bytes, Uint8Array.of(1, 2));
});

test('no signal and a slow signal are different errors, and both clear by themselves', async () => {
  const offline = makeRequest(async () => {
    throw new TypeError('Failed to fetch');
  });
  await assert.rejects(
    offline({ path: '/x' }),
    (/** @type {import('#app/core/errors.js').KeptError} */ error) => error.code === 'no_network' && isTransient(error),
  );
  const slow = makeRequest(
    (_path, { signal } = /** @type {RequestInit} */ ({})) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  await assert.rejects(
    slow({ path: '/x', timeout: 5 }),
    (/** @type {import('#app/core/errors.js').KeptError} */ error) =>
      error.code === 'server_slow' && isTransient(error),
  );
});

test('every request says which app sent it and follows no redirect', async () => {
  let lastOptions;
  const request = makeRequest(async (_path, options) => {
    lastOptions = options;
    return json(200, {});
  });
  await request({ path: '/x', method: 'POST', json: { a: 1 }, proof: 'p' });
  assert.equal(lastOptions.headers['X-Requested-By'], 'app');
  assert.equal(lastOptions.headers['Content-Type'], 'application/json');
  assert.equal(lastOptions.headers['X-Proof'], 'p');
  assert.equal(lastOptions.redirect, 'manual');
  assert.equal(lastOptions.cache, 'no-store');
});

test('when a session has ended, all failed requests share one new sign-in', async () => {
  let signedIn = false;
  let signIns = 0;
  const send = async () => {
    if (!signedIn) throw Object.assign(new (await import('#app/core/errors.js')).KeptError('signed_out'));
    return { used_bytes: 1, quota_bytes: 2 };
  };
  const api = new Api(/** @type {import('#app/net/http.js').RequestFunction} */ (send));
  api.signInAgain = async () => {
    signIns++;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    signedIn = true;
  };
  const answers = await Promise.all([api.usage(), api.usage(), api.usage()]);
  assert.equal(answers.length, 3);
  assert.equal(signIns, 1);
});

test('a refusal’s code is one word of small letters and nothing else', async () => {
  for (const error of ['no way', 'conflict!', '!conflict', 'Conflict', 'x', 'a'.repeat(41), 7, null])
    await assert.rejects(requestAnsweredBy(json(400, { error }))({ path: '/x' }), { code: 'garbage' }, String(error));
  for (const error of ['no', 'a'.repeat(40)])
    await assert.rejects(requestAnsweredBy(json(400, { error, message: 7 }))({ path: '/x' }), { code: error });
});

test('a redirect of any kind is taken for another network’s page', async () => {
  const opaque = standIn({ type: 'opaqueredirect', status: 0, ok: false, headers: new Headers() });
  await assert.rejects(requestAnsweredBy(opaque)({ path: '/x' }), { code: 'captive_portal' });
  for (const status of [300, 304, 399])
    await assert.rejects(
      requestAnsweredBy(new Response(null, { status }))({ path: '/x', expect: 'bytes' }),
      { code: 'captive_portal' },
      String(status),
    );
});

test('an empty answer is an answer only where nothing is expected', async () => {
  const empty = () => new Response(null, { status: 204 });
  assert.equal(await requestAnsweredBy(empty())({ path: '/x', expect: 'nothing' }), null);
  for (const expect of /** @type {const} */ (['json', 'bytes']))
    await assert.rejects(requestAnsweredBy(empty())({ path: '/x', expect }), { code: 'garbage' });
});

test('a request that is over no longer listens to its signal', async () => {
  const controller = new AbortController();
  await requestAnsweredBy(json(200, {}))({ path: '/x', signal: controller.signal });
  await assert.rejects(requestAnsweredBy(html(200))({ path: '/x', signal: controller.signal }));
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('a file of the app is fetched from its own host, past the browser’s cache, and without a redirect', async (t) => {
  const fetched = [];
  t.mock.method(globalThis, 'fetch', async (...request) => {
    fetched.push(request);
    return json(200, {});
  });
  const { signal } = new AbortController();
  assert.equal((await fetchAppFile('/static/x.js', signal)).status, 200);
  assert.deepEqual(fetched, [
    ['/static/x.js', { credentials: 'same-origin', redirect: 'error', cache: 'no-store', signal }],
  ]);
});
