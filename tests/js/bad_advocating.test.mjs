/** What can go wrong between a keeper and those who help: grants that end at a bad moment, two at once, letters that wait. Real server. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { decodeFrames } from '#app/core/encoding.js';
import { assistedActions } from '#app/features/assisted/actions.js';
import { grantActions } from '#app/features/advocates/actions.js';
import { questionActions } from '#app/diary/sharing/questions.js';
import { decodePush } from '#app/ledger/push.js';
import { joined } from './phone/at_desk.mjs';
import { desk } from './phone/desk.mjs';
import { eventually } from './phone/eventually.mjs';
import { isKept } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const DAY = 86_400_000;
const TURNS = [{ asked: 'tell_me', said: 'He stood by my car.', words: '' }];
const TYPED = {
  by: 'PK',
  held_at: Date.UTC(2026, 10, 3, 15),
  how: 'call',
  incident: { precision: 'unknown', tz: 'Europe/London' },
  read_back: true,
  turns: TURNS,
  tz: 'Europe/London',
  under_18: false,
};
const packActions = (ctx) => ({ ...grantActions(ctx), ...questionActions(ctx), ...assistedActions(ctx) });
let server;
const servers = [];
let keepers = 0;
before(anew);
after(() => Promise.all(servers.map((one) => one.stop())));

/** Accounts from one address are few an hour on a server. */
async function anew() {
  server = await startServer();
  servers.push(server);
}

async function keeper() {
  if (++keepers % 3 === 0) await anew();
  const [faults, clock] = [{}, fixedClock(Date.now())];
  const pushes = [];
  const plain = sender(server.base, faults);
  const send = async (path, options = {}) => {
    if (options.method === 'PUT' && path.includes('/versions/')) pushes.push(decodePush(options.body).given.length);
    return plain(path, options);
  };
  const one = await phoneWithEntry({ origin: server.base, send, clock, packActions }, 'He waited outside again.');
  await one.app.register({ words: WORDS });
  await until(one, isKept, 'kept');
  const letIn = async (who, over = {}) => {
    const choice = {
      scope: { all: true },
      rights: ['view', 'comment'],
      restricted: false,
      not_after: one.app.usualEnd(),
      purpose: 'Help with a report',
      ...over,
    };
    return (await one.app.letIn({ met: await one.app.meetAdvocate(who.words), choice, name: 'Maya', words: WORDS }))[0];
  };
  return { ...one, clock, faults, pushes, letIn, run: () => one.phone.ctx.open.syncing.now() };
}

const left = async (one) =>
  (await one.phone.ctx.api.withSession({ path: `/v1/diaries/${one.phone.ctx.open.identity.diary}/letters` })).letters
    .length;
const reaches = async (who) => (await who.told('GET', '/v1/clients')).clients.length;

test('two advocates ask about one entry at once: both are answered, and one who is shut out meanwhile is asked nothing of', async () => {
  const one = await keeper();
  const [priya, sam] = [await desk(server), await desk(server, { name: 'Sam O' })];
  await one.letIn(priya);
  const second = await one.letIn(sam);
  const [first] = await Promise.all([
    priya.writes('question', { about: one.record, text: 'What did he wear?' }),
    sam.writes('question', { about: one.record, text: 'Was anybody with you?' }),
  ]);
  await one.run();
  assert.deepEqual((await one.app.readAsked(one.record)).map(({ name }) => name).sort(), ['Priya K', 'Sam O']);
  await one.app.answerQuestion({ letter: first, answer: 'A grey coat.' });
  const [other] = await one.app.readAsked(one.record);
  await one.app.answerQuestion({ letter: other.letter, answer: 'My sister.' });
  assert.equal(
    (await one.app.readIncident(one.record)).fields.narrative,
    'He waited outside again.\n\nA grey coat.\n\nMy sister.',
  );
  assert.deepEqual(
    (await one.app.readQuestions(one.record)).map(({ status }) => status),
    ['answered', 'answered'],
  );
  await sam.writes('question', { about: one.record, text: 'And then?' });
  await priya.writes('question', { about: one.record, text: 'Where was that?' });
  await one.app.endGrant(second.grant, { words: WORDS });
  await one.run();
  assert.deepEqual(
    (await one.app.readAsked()).map(({ text }) => text),
    ['Where was that?'],
  );
  assert.deepEqual([await reaches(priya), await reaches(sam)], [1, 0]);
});

test('a question that a copied session said was taken in is found again, once, and answered as any other', async () => {
  const one = await keeper();
  const priya = await desk(server);
  await one.letIn(priya);
  await one.run(); // no run of its own is on when the letter comes
  const letter = await priya.writes('question', { about: one.record, text: 'What did he wear?' });
  const { ctx } = one.phone;
  await ctx.api.withSession({
    path: `/v1/diaries/${ctx.open.identity.diary}/letters/${letter}/taken`,
    method: 'POST',
    expect: 'nothing',
  });
  await one.run();
  assert.deepEqual(await one.app.readAsked(), []);
  assert.deepEqual([await one.app.lookAgain(), await one.app.lookAgain()], [1, 0]);
  assert.deepEqual(
    (await one.app.readAsked()).map(({ text }) => text),
    ['What did he wear?'],
  );
  await one.app.answerQuestion({ letter, answer: 'A grey coat.' });
  await one.run();
  assert.deepEqual([await one.app.lookAgain(), await one.app.readAsked()], [0, []]);
});

test('a grant that runs out while the keeper has no signal: nothing written after its end is given, though the server would still take it', async () => {
  const one = await keeper();
  const priya = await desk(server);
  await one.letIn(priya, { not_after: one.clock.now() + DAY });
  one.faults.before = () => {
    throw new TypeError('Failed to fetch');
  };
  await one.app.saveIncident({ record: null, fields: { narrative: 'While it stood.' }, restricted: {} });
  one.clock.move(DAY + 1);
  await one.app.saveIncident({ record: null, fields: { narrative: 'After its end.' }, restricted: {} });
  assert.deepEqual(await one.app.whoSees(one.record), []);
  one.faults.before = null;
  const before = one.pushes.length;
  await one.run();
  await until(one, isKept, 'kept');
  // Neither goes along: what was not given while it stood is not given any more.
  assert.ok(one.pushes.slice(before).every((n) => n === 0));
  assert.equal(one.pushes.slice(before).length >= 2, true);
  const { bytes } = await priya.ask(
    'GET',
    `/v1/clients/${(await priya.told('GET', '/v1/clients')).clients[0].grant}/changes`,
  );
  assert.equal(decodeFrames(bytes, { maxParts: 320 }).length, 1);
});

for (const [how, end] of [
  ['ended by the keeper', (one, given) => one.app.endGrant(given.grant, { words: WORDS })],
  [
    'the advocate leaves',
    async (_one, _given, who) =>
      who.ask(
        'DELETE',
        `/v1/organisation/members/${(await who.told('GET', '/v1/session')).account}`,
        undefined,
        await who.proof(),
      ),
  ],
]) {
  test(`what was typed in a call and waits when its grant ends is the keeper’s to decide, a question that waits is gone: ${how}`, async () => {
    const one = await keeper();
    await desk(server); // who leads stays
    const priya = await desk(server, { name: 'Ana P' });
    const given = await one.letIn(priya);
    one.faults.before = (path) => {
      if (path.endsWith('/letters')) throw new TypeError('Failed to fetch');
    };
    const letter = await priya.writes('assisted', TYPED);
    await priya.writes('question', { about: one.record, text: 'May I still?' });
    await end(one, given, priya);
    assert.equal((await priya.ask('GET', `/v1/clients/${given.grant}/changes`)).status >= 400, true);
    one.faults.before = null;
    await one.run();
    assert.deepEqual([await one.app.readAsked(), one.app.state.waiting.written], [[], 1]);
    const [shown] = await one.app.readAssisted();
    assert.deepEqual([shown.id, shown.narrative, shown.name], [letter, 'He stood by my car.', 'Ana P']);
    await one.app.answerAssisted(letter, { answer: 'yes' });
    await until(one, (state) => state.entries.length === 2 && isKept(state), 'kept');
    await one.run();
    assert.equal(await left(one), 0);
  });
}

test('nobody types an entry for a keeper who did not let them', async () => {
  const one = await keeper();
  const priya = await desk(server);
  await one.letIn(priya, { rights: ['view'] });
  await priya.writes('assisted', TYPED);
  await one.run();
  assert.deepEqual(await one.app.readAssisted(), []);
});

test('a device that is new takes up what another one granted: what is written on it is given in its own push', async () => {
  const one = await keeper();
  await one.letIn(await desk(server));
  const sent = [];
  const plain = sender(server.base, {});
  const send = async (path, options = {}) => {
    if (options.method === 'PUT' && path.includes('/versions/')) sent.push(decodePush(options.body).given.length);
    return plain(path, options);
  };
  const two = makePhone({ origin: server.base, send, clock: one.clock, packActions });
  await two.app.start();
  await two.app.signIn({ login: one.app.state.account.login, words: WORDS });
  await two.ctx.open.syncing.now();
  await two.app.saveIncident({ record: null, fields: { narrative: 'Written on the new one.' }, restricted: {} });
  await until({ app: two.app, phone: { ctx: two.ctx } }, isKept, 'kept');
  assert.equal(sent[0], 1);
});

test('taken out while an advocate reads it: their page is told of news, and at the next look entry, picture and mark are gone from it', async () => {
  const one = await keeper();
  const { desk: page, made, looksAround } = await joined(server);
  const { attachment } = await one.app.addFile(one.record, file(PNG), { route: 'photo_picker' });
  await until(one, isKept, 'kept');
  await one.letIn({ words: await page.ownWords() });
  await page.listClients();
  const [{ grant }] = page.state.clients;
  await page.openClient(grant);
  await page.mark(one.record);
  assert.ok((await page.readPicture(attachment, 'preview')) ?? (await page.readPicture(attachment, 'print')));
  assert.equal(made.size, 1);
  await one.app.takeOutRecord(one.record, 'It was somebody else.');
  await one.run();
  await eventually(async () => {
    await looksAround();
    return page.state.newer;
  }, Boolean);
  assert.ok(page.state.newer);
  await page.lookAgain();
  assert.deepEqual([page.state.entries, page.state.removed.length], [[], 1]);
  const shown = await page.readIncident(one.record);
  assert.ok(shown.taken_out !== null && !JSON.stringify(shown.fields).includes('waited'));
  assert.deepEqual(await page.findEntries('waited'), []);
  page.lock();
  assert.equal(made.size, 0);
});
