/** An advocate types while the keeper speaks; the keeper says Yes, changes it, says No, or puts it off. Real server, real letters. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { assistedActions } from '#app/features/assisted/actions.js';
import { grantActions } from '#app/features/advocates/actions.js';
import { anotherPhone } from './phone/another.mjs';
import { desk } from './phone/desk.mjs';
import { isKept } from './phone/keeper.mjs';
import { WORDS, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const TURNS = [
  { asked: 'tell_me', said: 'He stood by my car.', words: '' },
  { asked: 'own', said: 'Twice.', words: 'How often was that?' },
];
const HELD = Date.UTC(2026, 10, 3, 15);
const typed = (more = {}) => ({
  by: 'PK',
  held_at: HELD,
  how: 'call',
  incident: { precision: 'unknown', tz: 'Europe/London' },
  read_back: true,
  turns: TURNS,
  tz: 'Europe/London',
  under_18: false,
  ...more,
});
const waits =
  (n) =>
  ({ waiting }) =>
    waiting?.written === n;

const packActions = (ctx) => ({ ...grantActions(ctx), ...assistedActions(ctx) });

async function met() {
  const one = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()), packActions },
    'He waited outside again.',
  );
  const { login } = await one.app.register({ words: WORDS });
  await until(one, isKept, 'kept');
  const priya = await desk(server);
  const person = await one.app.meetAdvocate(priya.words);
  const choice = {
    scope: { all: true },
    rights: ['view', 'comment'],
    restricted: false,
    not_after: one.app.usualEnd(),
    purpose: 'Help with a report',
  };
  await one.app.letIn({ met: person, choice, name: 'Maya', words: WORDS });
  return { ...one, priya, login };
}

/** Another run to the server, to its end. */
const looks = (one) => one.phone.ctx.open.syncing.now();
const read = (one, record) => one.app.readIncident(record);
const left = async (one) =>
  (await one.phone.ctx.api.withSession({ path: `/v1/diaries/${one.phone.ctx.open.identity.diary}/letters` })).letters
    .length;

test('yes: it becomes the keeper’s, with the letter whole, once, and leaves the server', async () => {
  const one = await met();
  const letter = await one.priya.writes('assisted', typed());
  await looks(one);
  await until(one, waits(1), 'written');
  assert.equal(one.app.state.entries.length, 1, 'nothing enters a diary by itself');
  const [shown] = await one.app.readAssisted();
  assert.deepEqual(
    [shown.narrative, shown.mark.by, shown.name, shown.record],
    ['He stood by my car.\n\nTwice.', 'PK', 'Priya K', null],
  );
  await Promise.all([
    one.app.answerAssisted(shown.id, { answer: 'yes' }),
    one.app.answerAssisted(shown.id, { answer: 'yes' }).catch(() => undefined),
  ]);
  await until(one, (state) => state.entries.length === 2 && isKept(state), 'kept');
  const entry = await read(one, letter);
  assert.deepEqual(
    [
      entry.fields.assisted.answer,
      entry.fields.assisted.letter.fields.turns,
      entry.fields.help_given,
      entry.restricted.helped_by,
    ],
    ['yes', TURNS, 'prompted_questions', 'Priya K, Stalking Support North'],
  );
  assert.equal(entry.versions.length, 1);
  await looks(one);
  assert.equal(await left(one), 0);
  assert.equal(one.app.state.waiting.written, 0);
});

test('change: the keeper’s words stand, what was typed stays beside them', async () => {
  const one = await met();
  const letter = await one.priya.writes('assisted', typed());
  await looks(one);
  await assert.rejects(
    one.app.answerAssisted(letter, { answer: 'changed', narrative: ' ' }),
    ({ code }) => code === 'nothing_to_save',
  );
  await one.app.answerAssisted(letter, { answer: 'changed', narrative: 'He stood by my car three times.' });
  const { fields } = await read(one, letter);
  assert.deepEqual(
    [fields.narrative, fields.assisted.answer, fields.assisted.letter.fields.turns[1].said],
    ['He stood by my car three times.', 'changed', 'Twice.'],
  );
});

test('no: nothing of it is in the diary, and it is not asked again', async () => {
  const one = await met();
  const letter = await one.priya.writes('assisted', typed());
  await looks(one);
  await one.app.answerAssisted(letter, { answer: 'no' });
  await looks(one);
  assert.deepEqual([one.app.state.entries.length, one.app.state.waiting.written, await left(one)], [1, 0, 0]);
});

test('later: it stands marked as not confirmed, across a lock, until the keeper says so; then changed, or taken out', async () => {
  const one = await met();
  const [a, b, c] = [
    await one.priya.writes('assisted', typed()),
    await one.priya.writes('assisted', typed({ by: 'SB' })),
    await one.priya.writes('assisted', typed()),
  ];
  await looks(one);
  for (const id of [a, b, c]) await one.app.answerAssisted(id, { answer: 'later' });
  await one.app.lock('asked');
  await one.app.unlock(WORDS);
  await until(one, waits(3), 'asked again');
  assert.equal((await read(one, a)).fields.assisted.answer, null);
  assert.deepEqual(one.app.state.entries.map(({ helped }) => helped).sort(), ['', 'waiting', 'waiting', 'waiting']);
  one.clock.move(3_600_000); // its words are settled by now
  await one.app.answerAssisted(a, { answer: 'yes' });
  const entry = await read(one, a);
  assert.deepEqual([entry.fields.assisted.answer, entry.versions.length], ['yes', 2]);
  await assert.rejects(
    one.app.answerAssisted(b, { answer: 'changed', narrative: 'Mine.' }),
    ({ code }) => code === 'reason_needed',
  );
  await one.app.answerAssisted(b, { answer: 'changed', narrative: 'Mine.', reason: 'I read it and changed it.' });
  assert.deepEqual(
    [(await read(one, b)).fields.narrative, (await read(one, b)).fields.assisted.answer],
    ['Mine.', 'changed'],
  );
  await one.app.answerAssisted(c, { answer: 'no' });
  assert.ok(one.app.state.removed.some(({ record }) => record === c));
  await until(one, waits(0), 'all said');
});

test('answered on one phone: the other no longer asks, and what is said there all the same writes over nothing', async () => {
  const one = await met();
  const two = await anotherPhone(server.base, one.login, WORDS, {}, { packActions });
  await until(two, ({ entries }) => entries.length === 1);
  const [a, b] = [await one.priya.writes('assisted', typed()), await one.priya.writes('assisted', typed())];
  for (const phone of [one, two]) await looks(phone);
  await one.app.answerAssisted(a, { answer: 'changed', narrative: 'Three times.' });
  await one.app.answerAssisted(b, { answer: 'changed', narrative: 'Once.' });
  await until(one, (state) => state.entries.length === 3 && isKept(state), 'kept');
  // The words have come down, and letters were not looked at again before the keeper answered here too.
  two.faults.before = (path) => {
    if (path.endsWith('/erasures')) throw new TypeError('Failed to fetch');
  };
  await looks(two).catch(() => undefined);
  for (const answer of ['yes', 'no'])
    await assert.rejects(two.app.answerAssisted(a, { answer }), ({ code }) => code === 'conflict');
  delete two.faults.before;
  await looks(two);
  assert.equal(two.app.state.waiting.written, 0);
  await looks(one);
  for (const phone of [one, two])
    assert.deepEqual(
      [
        (await read(phone, a)).fields.narrative,
        (await read(phone, a)).versions.length,
        (await read(phone, b)).fields.narrative,
      ],
      ['Three times.', 1, 'Once.'],
    );
  for (const { phone } of [one, two]) phone.end();
});

test('a letter in an entry’s place, one that cannot be an entry, and one nobody signed change nothing', async () => {
  const one = await met();
  await one.priya.writes('assisted', typed({ incident: { precision: ['not a code'] } }));
  await one.priya.writes('assisted', typed(), {
    change: (sealed) => {
      sealed[sealed.length - 1] ^= 1;
      return sealed;
    },
  });
  await looks(one);
  assert.deepEqual([one.app.state.waiting.written, one.app.state.entries.length], [0, 1]);
});
