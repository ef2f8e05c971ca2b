/** A proof of the words is derived from typed words and stored nowhere: the short secret gives none. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { isKept } from './phone/keeper.mjs';
import { WORDS, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const SHORT = '274913';
const NONE = 'A'.repeat(22);
const NEW = 'glove pepper window harbor mint lamp';
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/**
 * Every request that ends, destroys, reveals or changes who may open (docs/api.md: needs `X-Proof`).
 * @type {(diary: string) => [method: string, path: string, json?: object][]}
 */
const provenRequests = (diary) => [
  ['GET', '/v1/sessions'],
  ['DELETE', '/v1/sessions'],
  ['GET', '/v1/access'],
  ['PUT', '/v1/account/words', {}],
  ['PUT', '/v1/account/code', {}],
  ['POST', `/v1/diaries/${diary}/erasures`, { records: ['A'.repeat(22)], why: 'keeper' }],
  ['POST', '/v1/account/closing'],
  ['POST', `/v1/diaries/${diary}/rotation/commit`],
  ['DELETE', `/v1/diaries/${diary}/grants/${NONE}`],
  ['DELETE', `/v1/diaries/${diary}/letters/${NONE}`],
  ['DELETE', `/v1/diaries/${diary}/witnesses/${NONE}`],
  ['DELETE', `/v1/handovers/${NONE}`],
  ['POST', `/v1/diaries/${diary}/witnesses`, {}],
  ['POST', '/v1/handovers', {}],
];

async function phoneOpenedWith(secret) {
  const requests = [];
  const send = sender(server.base, {
    before: (path, { headers }) => {
      requests.push({ path, proof: headers['X-Proof'] });
    },
  });
  const device = await phoneWithEntry({ origin: server.base, send, clock: fixedClock(Date.now()) });
  const { login } = await device.app.register({ words: WORDS });
  await until(device, isKept, 'kept');
  await device.app.makeCode({ words: WORDS });
  await device.app.setShort(SHORT, WORDS);
  const { vault, api } = device.phone.ctx;
  const { auth } = await vault.auth({ words: WORDS, kdf: (await api.prelogin(login)).kdf, login });
  await device.app.lock('asked');
  await device.app.unlock(secret);
  await until(device, isKept, 'open');
  return { ...device, auth, requests, ctx: device.phone.ctx };
}

test('an open diary holds no proof of the passphrase, whichever secret opened it', async () => {
  for (const secret of [SHORT, WORDS]) {
    const { auth, ctx } = await phoneOpenedWith(secret);
    const { store, vault, identity } = ctx.open;
    const place = store.idOf('identity');
    const { desc } = await vault.boxOpen(place, (await store.database.read([place]))[0]);
    assert.equal(desc.proof, null);
    assert.ok(
      !JSON.stringify([store.root, desc, ctx.api.tokens(), ctx.open.typed ?? null, ctx.open.proved ?? null]).includes(
        auth,
      ),
    );
    assert.equal(await vault.earlierProof(), null);
    for (const [method, path, json] of provenRequests(identity.diary)) {
      for (const proof of [null, ...Object.values(ctx.api.tokens()), store.root.account.code_wrap]) {
        await assert.rejects(
          ctx.api.request({ method, path, proof, token: ctx.api.token, ...(json ? { json } : {}) }),
          ({ code }) => ['no_match', 'bad_request', 'signed_out'].includes(code),
          `${method} ${path}`,
        );
      }
    }
  }
});

test('the short secret proves nothing: each act asks for the passphrase and refuses the secret', async () => {
  const { app, requests, record } = await phoneOpenedWith(SHORT);
  requests.length = 0;
  const acts = [
    () => app.endOthers({ words: SHORT }),
    () => app.sessions({ words: SHORT }),
    () => app.accessLog({ words: SHORT }),
    () => app.changeWords({ words: SHORT, newWords: NEW }),
    () => app.renewKeys({ words: SHORT, newWords: NEW }),
    () => app.makeCode({ words: SHORT }),
    () => app.makeCode(),
    () => app.askErasing(record, { words: SHORT }),
  ];
  for (const act of acts)
    await assert.rejects(
      act(),
      ({ code }) =>
        ['words_differ', 'no_match', 'bad_request', 'signed_out'].includes(code) || assert.fail(`${act}: ${code}`),
    );
  assert.equal((await app.readIncident(record)).record, record);
  assert.ok(requests.every(({ proof }) => !proof || proof.length === 43));
});
