/**
 * An advocate types while the keeper speaks. The keeper then says Yes, changes the text, says No or decides later. Real
 * server, real letters.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { assistedActions } from '#app/features/assisted/actions.js';
import { grantActions } from '#app/features/advocates/actions.js';
import { anotherPhone } from './phone/second_phone.mjs';
import { makeAdvocate } from './phone/advocate.mjs';
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
const typedEntry = (more = {}) => ({
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
const hasWaiting =
  (n) =>
  ({ waiting }) =>
    waiting?.written === n;

const packActions = (ctx) => ({ ...grantActions(ctx), ...assistedActions(ctx) });

async function keeperWithAdvocate() {
  const keeper = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, {}), clock: fixedClock(Date.now()), packActions },
    'He waited outside again.',
  );
  const { login } = await keeper.app.register({ words: WORDS });
  await until(keeper, isKept, 'kept');
  const priya = await makeAdvocate(server);
  const advocate = await keeper.app.meetAdvocate(priya.words);
  /** @type {import('#app/shell/advocate_types.js').GrantChoice} */
  const choice = {
    scope: { all: true },
    rights: ['view', 'comment'],
    restricted: false,
    not_after: keeper.app.usualEnd(),
    purpose: 'Help with a report',
  };
  await keeper.app.letIn({ met: advocate, choice, name: 'Maya', words: WORDS });
  return { ...keeper, priya, login };
}

/** Sync once, and wait for the end. */
const sync = (keeper) => keeper.phone.ctx.open.syncing.now();
const readEntry = (keeper, record) => keeper.app.readIncident(record);
const lettersLeft = async (keeper) =>
  (await keeper.phone.ctx.api.withSession({ path: `/v1/diaries/${keeper.phone.ctx.open.identity.diary}/letters` }))
    .letters.length;

test('"yes" makes the whole letter one entry of the keeper and removes it from the server', async () => {
  const keeper = await keeperWithAdvocate();
  const letter = await keeper.priya.sendLetter('assisted', typedEntry());
  await sync(keeper);
  await until(keeper, hasWaiting(1), 'written');
  assert.equal(keeper.app.state.entries.length, 1, 'no letter enters the diary without the keeper');
  const [shown] = await keeper.app.readAssisted();
  assert.deepEqual(
    [shown.narrative, shown.mark.by, shown.name, shown.record],
    ['He stood by my car.\n\nTwice.', 'PK', 'Priya K', null],
  );
  await Promise.all([
    keeper.app.answerAssisted(shown.id, { answer: 'yes' }),
    keeper.app.answerAssisted(shown.id, { answer: 'yes' }).catch(() => undefined),
  ]);
  await until(keeper, (state) => state.entries.length === 2 && isKept(state), 'kept');
  const entry = await readEntry(keeper, letter);
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
  await sync(keeper);
  assert.equal(await lettersLeft(keeper), 0);
  assert.equal(keeper.app.state.waiting.written, 0);
});

test('"change" saves the keeper’s words as the entry, and keeps the advocate’s text with them', async () => {
  const keeper = await keeperWithAdvocate();
  const letter = await keeper.priya.sendLetter('assisted', typedEntry());
  await sync(keeper);
  await assert.rejects(
    keeper.app.answerAssisted(letter, { answer: 'changed', narrative: ' ' }),
    ({ code }) => code === 'nothing_to_save',
  );
  await keeper.app.answerAssisted(letter, { answer: 'changed', narrative: 'He stood by my car three times.' });
  const { fields } = await readEntry(keeper, letter);
  assert.deepEqual(
    [fields.narrative, fields.assisted.answer, fields.assisted.letter.fields.turns[1].said],
    ['He stood by my car three times.', 'changed', 'Twice.'],
  );
});

test('"no" keeps nothing of the letter in the diary, and the question does not return', async () => {
  const keeper = await keeperWithAdvocate();
  const letter = await keeper.priya.sendLetter('assisted', typedEntry());
  await sync(keeper);
  await keeper.app.answerAssisted(letter, { answer: 'no' });
  await sync(keeper);
  assert.deepEqual(
    [keeper.app.state.entries.length, keeper.app.state.waiting.written, await lettersLeft(keeper)],
    [1, 0, 0],
  );
});

test('"later" marks the entry as not confirmed until the keeper confirms, changes or removes it', async () => {
  const keeper = await keeperWithAdvocate();
  const [a, b, c] = [
    await keeper.priya.sendLetter('assisted', typedEntry()),
    await keeper.priya.sendLetter('assisted', typedEntry({ by: 'SB' })),
    await keeper.priya.sendLetter('assisted', typedEntry()),
  ];
  await sync(keeper);
  for (const id of [a, b, c]) await keeper.app.answerAssisted(id, { answer: 'later' });
  await keeper.app.lock('asked');
  await keeper.app.unlock(WORDS);
  await until(keeper, hasWaiting(3), 'asked again');
  assert.equal((await readEntry(keeper, a)).fields.assisted.answer, null);
  assert.deepEqual(keeper.app.state.entries.map(({ helped }) => helped).sort(), ['', 'waiting', 'waiting', 'waiting']);
  keeper.clock.move(3_600_000); // the time for corrections without a reason is over
  await keeper.app.answerAssisted(a, { answer: 'yes' });
  const entry = await readEntry(keeper, a);
  assert.deepEqual([entry.fields.assisted.answer, entry.versions.length], ['yes', 2]);
  await assert.rejects(
    keeper.app.answerAssisted(b, { answer: 'changed', narrative: 'Mine.' }),
    ({ code }) => code === 'reason_needed',
  );
  await keeper.app.answerAssisted(b, { answer: 'changed', narrative: 'Mine.', reason: 'I read it and changed it.' });
  assert.deepEqual(
    [(await readEntry(keeper, b)).fields.narrative, (await readEntry(keeper, b)).fields.assisted.answer],
    ['Mine.', 'changed'],
  );
  await keeper.app.answerAssisted(c, { answer: 'no' });
  assert.ok(keeper.app.state.removed.some(({ record }) => record === c));
  await until(keeper, hasWaiting(0), 'all reported');
});

test('a letter answered on one phone is not asked about on the other; a late answer overwrites nothing', async () => {
  const keeper = await keeperWithAdvocate();
  const secondPhone = await anotherPhone(server.base, keeper.login, WORDS, {}, { packActions });
  await until(secondPhone, ({ entries }) => entries.length === 1);
  const [a, b] = [
    await keeper.priya.sendLetter('assisted', typedEntry()),
    await keeper.priya.sendLetter('assisted', typedEntry()),
  ];
  for (const phone of [keeper, secondPhone]) await sync(phone);
  await keeper.app.answerAssisted(a, { answer: 'changed', narrative: 'Three times.' });
  await keeper.app.answerAssisted(b, { answer: 'changed', narrative: 'Once.' });
  await until(keeper, (state) => state.entries.length === 3 && isKept(state), 'kept');
  // This phone has downloaded the entries, but has not read the letters again when the keeper answers here too.
  secondPhone.faults.before = (path) => {
    if (path.endsWith('/erasures')) throw new TypeError('Failed to fetch');
  };
  await sync(secondPhone).catch(() => undefined);
  for (const answer of /** @type {const} */ (['yes', 'no']))
    await assert.rejects(secondPhone.app.answerAssisted(a, { answer }), ({ code }) => code === 'conflict');
  delete secondPhone.faults.before;
  await sync(secondPhone);
  assert.equal(secondPhone.app.state.waiting.written, 0);
  await sync(keeper);
  for (const phone of [keeper, secondPhone])
    assert.deepEqual(
      [
        (await readEntry(phone, a)).fields.narrative,
        (await readEntry(phone, a)).versions.length,
        (await readEntry(phone, b)).fields.narrative,
      ],
      ['Three times.', 1, 'Once.'],
    );
  for (const { phone } of [keeper, secondPhone]) phone.end();
});

test('an unsigned letter, one with an entry’s id and one that cannot be an entry change nothing', async () => {
  const keeper = await keeperWithAdvocate();
  await keeper.priya.sendLetter('assisted', typedEntry({ incident: { precision: ['not a code'] } }));
  await keeper.priya.sendLetter('assisted', typedEntry(), {
    change: (sealed) => {
      sealed[sealed.length - 1] ^= 1;
      return sealed;
    },
  });
  await sync(keeper);
  assert.deepEqual([keeper.app.state.waiting.written, keeper.app.state.entries.length], [0, 1]);
});
