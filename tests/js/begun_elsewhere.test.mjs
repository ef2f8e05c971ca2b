/** A diary begun for somebody with no device, on one that is not theirs: kept on the server and nowhere else, marked, and theirs on a device of their own. */
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

const phone = () => makePhone({ origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()) });

test('begun there, marked as typed for them, and read on a device of their own; nothing is left where it began', async () => {
  const answers = [];
  const there = makePhone({
    origin: server.base,
    send: sender(server.base, {
      after: (path, _options, response) => {
        if (path === '/v1/accounts') answers.push(response.headers.getSetCookie());
      },
    }),
    clock: fixedClock(Date.now()),
  });
  await there.app.start();
  await there.app.borrow({ typed: true });
  there.app.putDraft({ fields: { narrative: 'He waited at the gate.' } });
  await there.app.enrolHere(WORDS);
  const { record: first } = await there.app.saveIncident({ record: null, fields: {}, restricted: {} });
  assert.equal(there.app.isOwing(), true); // nothing of it is anywhere else yet
  const { login } = await there.app.register({ words: WORDS });
  assert.deepEqual(
    answers.flat().filter((cookie) => !/max-age=0/i.test(cookie)),
    [],
  ); // the session is the page's alone
  there.app.putDraft({ fields: { narrative: 'He asked me this.', help_given: 'prompted_questions' } });
  const { record: second } = await there.app.saveIncident({ record: null, fields: {}, restricted: {} });
  await until(
    there,
    ({ entries }) => entries.length === 2 && entries.every(({ state }) => state.code === 'kept'),
    'kept',
  );
  assert.equal(there.app.isOwing(), false);
  assert.equal((await there.app.readIncident(first)).fields.help_given, 'typed_for_me');
  assert.equal((await there.app.readIncident(second)).fields.help_given, 'prompted_questions'); // what was said of it stands
  there.end();
  // The page is gone: another one on that device finds nothing.
  const again = makePhone({
    origin: server.base,
    send: sender(server.base, {}),
    clock: there.clock,
    after: there,
    database: there.database,
  });
  await again.app.start();
  assert.deepEqual([again.app.state.phase, again.app.state.entries], ['fresh', []]);
  // Theirs now, on a device of their own, with words nobody else has typed.
  const own = phone();
  await own.app.start();
  await own.app.signIn({ login, words: WORDS });
  await until(own, ({ entries }) => entries.length === 2, 'both');
  const { fields, versions } = await own.app.readIncident(first);
  assert.deepEqual(
    [fields.narrative, fields.help_given, versions[0].by],
    ['He waited at the gate.', 'typed_for_me', 'borrowed'],
  );
  const { record } = await own.app.saveIncident({
    record: null,
    fields: { narrative: 'I wrote this.' },
    restricted: {},
  });
  assert.equal((await own.app.readIncident(record)).fields.help_given, undefined);
});
