/** A response has the right type, but not the fields that its address promises. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { eventually } from './phone/eventually.mjs';
import { isKept, registeredPhone } from './phone/keeper.mjs';
import { WORDS, until } from './phone/phone.mjs';
import { startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const json = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

test('a malformed response to any request loses nothing and causes no internal error', async () => {
  const { app, faults, phone } = await registeredPhone(server);
  const requests = new Set();
  const address = (path, method) =>
    `${method} ${path
      .split('?')[0]
      .split('/')
      .map((part) => (part.length >= 16 || /^\d+$/.test(part) ? '…' : part))
      .join('/')}`;
  const reopenAndSave = async (narrative) => {
    await app.lock('asked');
    await app.unlock(WORDS);
    await app.saveIncident({ record: null, fields: { narrative }, restricted: {} });
    app.network();
  };
  faults.before = async (path, { method }) => {
    requests.add(address(path, method));
    return null;
  };
  await reopenAndSave('all is well');
  await until({ app }, isKept);
  await eventually(
    () => [...requests],
    (list) => list.some((request) => request.includes('/witnesses')),
  );
  const codes = {};
  for (const target of requests) {
    let wasAsked = false;
    faults.before = async (path, { method }) => {
      if (address(path, method) !== target) return null;
      wasAsked = true;
      return json(201, { hello: 1 });
    };
    await reopenAndSave(`while ${target} lies`);
    await eventually(() => wasAsked, Boolean);
    await eventually(
      () => phone.ctx.open.syncing.running,
      (isOn) => !isOn,
    );
    codes[target] = app.state.account.trouble?.code ?? null;
    faults.before = null;
    app.network();
    await until({ app }, isKept, `kept after ${target} was answered in another shape`);
  }
  assert.deepEqual(
    Object.entries(codes).filter(([, code]) => code !== null && code !== 'garbage'),
    [],
  );
});
