/** An answer of the right type whose fields are not what the address promises. */
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

test('whichever request is answered in another shape, nothing is lost and the app does not say that it failed', async () => {
  const { app, faults, phone } = await registeredPhone(server);
  const asked = new Set();
  const address = (path, method) =>
    `${method} ${path
      .split('?')[0]
      .split('/')
      .map((part) => (part.length >= 16 || /^\d+$/.test(part) ? '…' : part))
      .join('/')}`;
  const again = async (words) => {
    await app.lock();
    await app.unlock(WORDS);
    await app.saveIncident({ record: null, fields: { narrative: words }, restricted: {} });
    app.network();
  };
  faults.before = async (path, { method }) => {
    asked.add(address(path, method));
    return null;
  };
  await again('all is well');
  await until({ app }, isKept);
  await eventually(
    () => [...asked],
    (list) => list.some((one) => one.includes('/witnesses')),
  );
  const codes = {};
  for (const wrong of asked) {
    let met = false;
    faults.before = async (path, { method }) => {
      if (address(path, method) !== wrong) return null;
      met = true;
      return json(201, { hello: 1 });
    };
    await again(`while ${wrong} lies`);
    await eventually(() => met, Boolean);
    await eventually(
      () => phone.ctx.open.syncing.running,
      (isOn) => !isOn,
    );
    codes[wrong] = app.state.account.trouble?.code ?? null;
    faults.before = null;
    app.network();
    await until({ app }, isKept, `kept after ${wrong} was answered in another shape`);
  }
  assert.deepEqual(
    Object.entries(codes).filter(([, code]) => code !== null && code !== 'garbage'),
    [],
  );
});
