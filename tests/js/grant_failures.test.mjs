/**
 * What can go wrong between a keeper and advocates: grants that end at a bad moment, two advocates at once, letters
 * that wait. Real server.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fixedClock } from '#app/core/clock.js';
import { decodeFrames } from '#app/core/encoding.js';
import { assistedActions } from '#app/features/assisted/actions.js';
import { grantActions } from '#app/features/advocates/actions.js';
import { questionActions } from '#app/diary/sharing/questions.js';
import { decodePush } from '#app/ledger/push.js';
import { joinDesk } from './phone/desk_page.mjs';
import { makeAdvocate } from './phone/advocate.mjs';
import { eventually } from './phone/eventually.mjs';
import { isKept } from './phone/keeper.mjs';
import { PNG, WORDS, file, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const DAY = 86_400_000;
const TURNS = [{ asked: 'tell_me', said: 'He stood by my car.', words: '' }];
const TYPED_ENTRY = {
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
let keeperCount = 0;
before(startNewServer);
after(() => Promise.all(servers.map((running) => running.stop())));

/** Start another server: each allows only a few new accounts an hour from one address. */
async function startNewServer() {
  server = await startServer();
  servers.push(server);
}

/**
 * @typedef {Awaited<ReturnType<typeof registerKeeper>>} Keeper
 * @typedef {Awaited<ReturnType<typeof makeAdvocate>>} Advocate
 */

async function registerKeeper() {
  if (++keeperCount % 3 === 0) await startNewServer();
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const clock = fixedClock(Date.now());
  const pushes = [];
  const baseSend = sender(server.base, faults);
  const send = async (path, options = {}) => {
    if (options.method === 'PUT' && path.includes('/versions/')) pushes.push(decodePush(options.body).given.length);
    return baseSend(path, options);
  };
  const keeper = await phoneWithEntry({ origin: server.base, send, clock, packActions }, 'He waited outside again.');
  await keeper.app.register({ words: WORDS });
  await until(keeper, isKept, 'kept');
  const letIn = async (advocate, overrides = {}) => {
    /** @type {import('#app/shell/advocate_types.js').GrantChoice} */
    const choice = {
      scope: { all: true },
      rights: ['view', 'comment'],
      restricted: false,
      not_after: keeper.app.usualEnd(),
      purpose: 'Help with a report',
      ...overrides,
    };
    return (
      await keeper.app.letIn({ met: await keeper.app.meetAdvocate(advocate.words), choice, name: 'Maya', words: WORDS })
    )[0];
  };
  return { ...keeper, clock, faults, pushes, letIn, sync: () => keeper.phone.ctx.open.syncing.now() };
}

const lettersLeft = async (keeper) =>
  (await keeper.phone.ctx.api.withSession({ path: `/v1/diaries/${keeper.phone.ctx.open.identity.diary}/letters` }))
    .letters.length;
const clientCount = async (advocate) => (await advocate.askJson('GET', '/v1/clients')).clients.length;

test('two advocates who ask about one entry both get answers; questions end with their grant', async () => {
  const keeper = await registerKeeper();
  const [priya, sam] = [await makeAdvocate(server), await makeAdvocate(server, { name: 'Sam O' })];
  await keeper.letIn(priya);
  const samsGrant = await keeper.letIn(sam);
  const [priyasLetter] = await Promise.all([
    priya.sendLetter('question', { about: keeper.record, text: 'What did he wear?' }),
    sam.sendLetter('question', { about: keeper.record, text: 'Was anybody with you?' }),
  ]);
  await keeper.sync();
  assert.deepEqual((await keeper.app.readAsked(keeper.record)).map(({ name }) => name).sort(), ['Priya K', 'Sam O']);
  await keeper.app.answerQuestion({ letter: priyasLetter, answer: 'A grey coat.' });
  const [samsQuestion] = await keeper.app.readAsked(keeper.record);
  await keeper.app.answerQuestion({ letter: samsQuestion.letter, answer: 'My sister.' });
  assert.equal(
    (await keeper.app.readIncident(keeper.record)).fields.narrative,
    'He waited outside again.\n\nA grey coat.\n\nMy sister.',
  );
  assert.deepEqual(
    (await keeper.app.readQuestions(keeper.record)).map(({ status }) => status),
    ['answered', 'answered'],
  );
  await sam.sendLetter('question', { about: keeper.record, text: 'And then?' });
  await priya.sendLetter('question', { about: keeper.record, text: 'Where was that?' });
  await keeper.app.endGrant(samsGrant.grant, { words: WORDS });
  await keeper.sync();
  assert.deepEqual(
    (await keeper.app.readAsked()).map(({ text }) => text),
    ['Where was that?'],
  );
  assert.deepEqual([await clientCount(priya), await clientCount(sam)], [1, 0]);
});

test('a question that a copied session marked as received is found again once, and can be answered', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  await keeper.letIn(priya);
  await keeper.sync(); // no sync is running when the letter arrives
  const letter = await priya.sendLetter('question', { about: keeper.record, text: 'What did he wear?' });
  const { ctx } = keeper.phone;
  await ctx.api.withSession({
    path: `/v1/diaries/${ctx.open.identity.diary}/letters/${letter}/taken`,
    method: 'POST',
    expect: 'nothing',
  });
  await keeper.sync();
  assert.deepEqual(await keeper.app.readAsked(), []);
  assert.deepEqual([await keeper.app.lookAgain(), await keeper.app.lookAgain()], [1, 0]);
  assert.deepEqual(
    (await keeper.app.readAsked()).map(({ text }) => text),
    ['What did he wear?'],
  );
  await keeper.app.answerQuestion({ letter, answer: 'A grey coat.' });
  await keeper.sync();
  assert.deepEqual([await keeper.app.lookAgain(), await keeper.app.readAsked()], [0, []]);
});

test('a grant that expires offline shares nothing written after its end, even if the server accepts it', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  await keeper.letIn(priya, { not_after: keeper.clock.now() + DAY });
  keeper.faults.before = () => {
    throw new TypeError('Failed to fetch');
  };
  await keeper.app.saveIncident({ record: null, fields: { narrative: 'While it stood.' }, restricted: {} });
  keeper.clock.move(DAY + 1);
  await keeper.app.saveIncident({ record: null, fields: { narrative: 'After its end.' }, restricted: {} });
  assert.deepEqual(await keeper.app.whoSees(keeper.record), []);
  keeper.faults.before = null;
  const before = keeper.pushes.length;
  await keeper.sync();
  await until(keeper, isKept, 'kept');
  // Neither entry is shared: what was not shared while the grant was in force is not shared later.
  assert.ok(keeper.pushes.slice(before).every((n) => n === 0));
  assert.equal(keeper.pushes.slice(before).length >= 2, true);
  const { bytes } = await priya.ask(
    'GET',
    `/v1/clients/${(await priya.askJson('GET', '/v1/clients')).clients[0].grant}/changes`,
  );
  assert.equal(decodeFrames(bytes, { maxParts: 320 }).length, 1);
});

for (const [
  title,
  endAccess,
] of /** @type {[string, (keeper: Keeper, granted: {grant: string}, advocate: Advocate) => Promise<unknown>][]} */ ([
  ['ended by the keeper', (keeper, granted) => keeper.app.endGrant(granted.grant, { words: WORDS })],
  [
    'the advocate leaves',
    async (_keeper, _granted, advocate) =>
      advocate.ask(
        'DELETE',
        `/v1/organisation/members/${(await advocate.askJson('GET', '/v1/session')).account}`,
        undefined,
        await advocate.proof(),
      ),
  ],
])) {
  test(`a grant ends (${title}): the keeper decides about typed text; waiting questions are dropped`, async () => {
    const keeper = await registerKeeper();
    await makeAdvocate(server); // the leader of the organisation stays
    const priya = await makeAdvocate(server, { name: 'Ana P' });
    const granted = await keeper.letIn(priya);
    keeper.faults.before = (path) => {
      if (path.endsWith('/letters')) throw new TypeError('Failed to fetch');
    };
    const letter = await priya.sendLetter('assisted', TYPED_ENTRY);
    await priya.sendLetter('question', { about: keeper.record, text: 'May I still?' });
    await endAccess(keeper, granted, priya);
    assert.equal((await priya.ask('GET', `/v1/clients/${granted.grant}/changes`)).status >= 400, true);
    keeper.faults.before = null;
    await keeper.sync();
    assert.deepEqual([await keeper.app.readAsked(), keeper.app.state.waiting.written], [[], 1]);
    const [shown] = await keeper.app.readAssisted();
    assert.deepEqual([shown.id, shown.narrative, shown.name], [letter, 'He stood by my car.', 'Ana P']);
    await keeper.app.answerAssisted(letter, { answer: 'yes' });
    await until(keeper, (state) => state.entries.length === 2 && isKept(state), 'kept');
    await keeper.sync();
    assert.equal(await lettersLeft(keeper), 0);
  });
}

test('an advocate without that right cannot write an entry for the keeper', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  await keeper.letIn(priya, { rights: ['view'] });
  await priya.sendLetter('assisted', TYPED_ENTRY);
  await keeper.sync();
  assert.deepEqual(await keeper.app.readAssisted(), []);
});

test('a new device honours a grant of another device: entries written on it are shared in its own push', async () => {
  const keeper = await registerKeeper();
  await keeper.letIn(await makeAdvocate(server));
  const sent = [];
  const baseSend = sender(server.base, {});
  const send = async (path, options = {}) => {
    if (options.method === 'PUT' && path.includes('/versions/')) sent.push(decodePush(options.body).given.length);
    return baseSend(path, options);
  };
  const second = makePhone({ origin: server.base, send, clock: keeper.clock, packActions });
  await second.app.start();
  await second.app.signIn({ login: keeper.app.state.account.login, words: WORDS });
  await second.ctx.open.syncing.now();
  await second.app.saveIncident({ record: null, fields: { narrative: 'Written on the new one.' }, restricted: {} });
  await until({ app: second.app, phone: { ctx: second.ctx } }, isKept, 'kept');
  assert.equal(sent[0], 1);
});

test('an entry removed while an advocate reads it is gone at their next read, with picture and mark', async () => {
  const keeper = await registerKeeper();
  const { desk: page, made: objectUrls, looksAround } = await joinDesk(server);
  const { attachment } = await keeper.app.addFile(keeper.record, file(PNG), { route: 'photo_picker' });
  await until(keeper, isKept, 'kept');
  await keeper.letIn({ words: await page.ownWords() });
  await page.listClients();
  const [{ grant }] = page.state.clients;
  await page.openClient(grant);
  await page.mark(keeper.record);
  assert.ok((await page.readPicture(attachment, 'preview')) ?? (await page.readPicture(attachment, 'print')));
  assert.equal(objectUrls.size, 1);
  await keeper.app.takeOutRecord(keeper.record, 'It was somebody else.');
  await keeper.sync();
  await eventually(async () => {
    await looksAround();
    return page.state.newer;
  }, Boolean);
  assert.ok(page.state.newer);
  await page.lookAgain();
  assert.deepEqual([page.state.entries, page.state.removed.length], [[], 1]);
  const shown = await page.readIncident(keeper.record);
  assert.ok(shown.taken_out !== null && !JSON.stringify(shown.fields).includes('waited'));
  assert.deepEqual(await page.findEntries('waited'), []);
  page.lock();
  assert.equal(objectUrls.size, 0);
});
