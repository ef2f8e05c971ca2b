/**
 * A helper begins a diary for somebody without a device, on a borrowed device. The diary is kept only on the server,
 * its entries are marked, and the keeper opens it on a device of their own.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { WORDS, makePhone, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const newPhone = () => makePhone({ origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()) });

test('a diary begun on a borrowed device opens on the keeper’s device and leaves nothing behind', async () => {
  const cookies = [];
  const borrowed = makePhone({
    origin: server.base,
    send: sender(server.base, {
      after: (path, _options, response) => {
        if (path === '/v1/accounts') cookies.push(response.headers.getSetCookie());
      },
    }),
    clock: fixedClock(Date.now()),
  });
  await borrowed.app.start();
  await borrowed.app.borrow({ ordinary: false, typed: true });
  borrowed.app.putDraft({ fields: { narrative: 'He waited at the gate.' } });
  await borrowed.app.enrolHere(WORDS);
  const { record: first } = await borrowed.app.saveIncident({ record: null, fields: {}, restricted: {} });
  assert.equal(borrowed.app.isOwing(), true); // the entry is nowhere else yet
  const { login } = await borrowed.app.register({ words: WORDS });
  assert.deepEqual(
    cookies.flat().filter((cookie) => !/max-age=0/i.test(cookie)),
    [],
  ); // only the page has the session, no cookie
  borrowed.app.putDraft({ fields: { narrative: 'He asked me this.', help_given: 'prompted_questions' } });
  const { record: second } = await borrowed.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await until(
    borrowed,
    ({ entries }) => entries.length === 2 && entries.every(({ state }) => state.code === 'kept'),
    'kept',
  );
  assert.equal(borrowed.app.isOwing(), false);
  assert.equal((await borrowed.app.readIncident(first)).fields.help_given, 'typed_for_me');
  // An answer given in the draft is not replaced.
  assert.equal((await borrowed.app.readIncident(second)).fields.help_given, 'prompted_questions');
  borrowed.end();
  // The page is closed. Another page on that device finds nothing.
  const reopened = makePhone({
    origin: server.base,
    send: sender(server.base, {}),
    clock: borrowed.clock,
    after: borrowed,
    database: borrowed.database,
  });
  await reopened.app.start();
  assert.deepEqual([reopened.app.state.phase, reopened.app.state.entries], ['fresh', []]);
  // The keeper signs in on a device of their own.
  const ownPhone = newPhone();
  await ownPhone.app.start();
  await ownPhone.app.signIn({ login, words: WORDS });
  await until(ownPhone, ({ entries }) => entries.length === 2, 'both');
  const { fields, versions } = await ownPhone.app.readIncident(first);
  assert.deepEqual(
    [fields.narrative, fields.help_given, versions[0].by],
    ['He waited at the gate.', 'typed_for_me', 'borrowed'],
  );
  const { record } = await ownPhone.app.saveIncident({
    record: null,
    fields: { narrative: 'I wrote this.' },
    restricted: {},
  });
  assert.equal((await ownPhone.app.readIncident(record)).fields.help_given, undefined);
});
