/**
 * The advocate's page without its screens: joining, clients ordered by their dates, reading, what is left out, asking,
 * forgetting.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fileParts } from '#app/desk/clients.js';
import { grantActions } from '#app/features/advocates/actions.js';
import { b64, unb64 } from '#app/core/bytes.js';
import { fixedClock } from '#app/core/clock.js';
import { base32 } from '#app/desk/sign_in.js';
import { IdleLock } from '#app/desk/idle.js';
import { clientOf, groupClients } from '#app/desk/client_order.js';
import { looksCsv } from '#app/desk/organisation.js';
import { DESK_WORDS, codeOfNow, joinDesk } from './phone/desk_page.mjs';
import { eventually } from './phone/eventually.mjs';
import { isKept } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const DAY = 86_400_000;
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** @type {(app: {usualEnd(): number}) => import('#app/shell/advocate_types.js').GrantChoice} */
const viewOfAll = (app) => ({
  scope: { all: true },
  rights: ['view', 'comment'],
  restricted: false,
  not_after: app.usualEnd(),
  purpose: 'Help with a report',
});

async function registerKeeper(words, letsIn) {
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const setup = await phoneWithEntry(
    {
      origin: server.base,
      send: sender(server.base, faults),
      clock: fixedClock(Date.now()),
      packActions: grantActions,
    },
    words,
  );
  await setup.app.register({ words: WORDS });
  await until(setup, isKept, 'kept');
  return { ...setup, faults, nine: letsIn };
}

test('a file that has not fully arrived is reported as not available yet, not as a failure', async () => {
  const ctx = /** @type {Parameters<typeof fileParts>[0]} */ (
    /** @type {object} */ ({ api: { blob: async () => ({ complete: false, parts: 0 }) } })
  );
  await assert.rejects(fileParts(ctx, 'grant', { blob: 'blob', key: 'key', size: 1 }).next(), {
    message: 'That is not possible just now. Try again later.',
  });
});

test('an advocate joins, reads, asks and signs in again, and sees nothing after the grant ends', async () => {
  const { desk, secret, login, address, made: objectUrls, looksAround } = await joinDesk(server);
  assert.equal(desk.state.phase, 'in');
  assert.deepEqual(
    [desk.state.you.name, desk.state.you.organisation, desk.state.you.leads],
    ['Priya K', 'Stalking Support North', true],
  );
  assert.equal(new URL(address).searchParams.get('secret'), base32(secret));
  const nineWords = await desk.ownWords();
  assert.equal(nineWords.split(' ').length, 9);
  const keeper = await registerKeeper('He waited outside again.');
  const person = await keeper.app.meetAdvocate(nineWords);
  await keeper.app.letIn({ met: person, standIn: null, choice: viewOfAll(keeper.app), name: 'Maya', words: WORDS });
  await desk.listClients();
  assert.deepEqual(
    desk.state.clients.map(({ name, fresh, looked_at }) => [name, fresh, looked_at]),
    [['Maya', true, null]],
  );
  const [{ grant }] = desk.state.clients;
  await desk.openClient(grant);
  assert.deepEqual(
    desk.state.entries.map((/** @type {import('#app/shell/app.js').Row & {fresh?: boolean}} */ row) => [
      row.title,
      row.fresh,
    ]),
    [['He waited outside again.', true]],
  );
  const [{ record }] = desk.state.entries;
  const { fields: incident } = /** @type {import('#app/shell/app.js').Entry} */ (await desk.readIncident(record));
  assert.equal(incident.narrative, 'He waited outside again.');
  assert.deepEqual((await desk.readPatterns()).counts.all, [record]);
  assert.deepEqual(await desk.findEntries('WAITED'), [record]);
  assert.deepEqual(await desk.findEntries('nobody'), []);
  await desk.writeLetter('question', { about: record, text: 'What happened next?' });
  assert.equal((await keeper.app.readGrants()).looks.length, 1);
  await keeper.app.saveIncident({ record: null, fields: { narrative: 'After that.' }, restricted: {} });
  await until(keeper, isKept, 'kept');
  await eventually(async () => {
    await looksAround();
    return desk.state.newer;
  }, Boolean);
  assert.ok(desk.state.newer);
  assert.equal((await keeper.app.readGrants()).looks.length, 1); // a check for news is not recorded as a look
  await desk.lookAgain();
  assert.deepEqual(desk.state.entries.map(({ title }) => title).sort(), ['After that.', 'He waited outside again.']);
  desk.lock();
  assert.equal(desk.state.phase, 'out');
  assert.deepEqual([desk.state.clients, desk.state.entries, desk.state.client, objectUrls.size], [[], [], null, 0]);
  await assert.rejects(desk.openClient(grant), { code: 'signed_out' });
  await assert.rejects(desk.signIn({ login, words: 'other words altogether', digits: '000000' }), { code: 'no_match' });
  await assert.rejects(desk.signIn({ login, words: DESK_WORDS, digits: '000000' }), { code: 'second_step' });
  await desk.signInAgain(await codeOfNow(secret));
  assert.equal(desk.state.phase, 'in');
  await desk.openClient(desk.state.clients[0].grant);
  await keeper.app.endGrant((await keeper.app.readGrants()).grants[0].grant, { words: WORDS });
  await looksAround();
  assert.deepEqual(
    [desk.state.client, desk.state.entries, desk.state.ended, desk.state.clients],
    [null, [], 'Maya', []],
  );
  await assert.rejects(desk.openClient(grant), { code: 'not_found' });
  await desk.lock();
});

test('a grant or an entry that was altered in transit is left out, counted and never shown', async () => {
  const { desk, meddled } = await joinDesk(server);
  const nineWords = await desk.ownWords();
  for (const [name, text] of [
    ['Maya', 'True words.'],
    ['Anna', 'Other words.'],
  ]) {
    const keeper = await registerKeeper(text);
    await keeper.app.letIn({
      met: await keeper.app.meetAdvocate(nineWords),
      standIn: null,
      choice: viewOfAll(keeper.app),
      name,
      words: WORDS,
    });
  }
  const json = (change) => (bytes) => {
    const body = JSON.parse(Buffer.from(bytes).toString());
    change(body);
    return Buffer.from(JSON.stringify(body));
  };
  meddled.set(
    '/v1/clients$',
    json(({ clients }) => {
      [clients[0].sealed, clients[1].sealed] = [clients[1].sealed, clients[0].sealed];
    }),
  );
  await desk.listClients();
  assert.deepEqual([desk.state.clients, desk.state.refused], [[], 2]);
  meddled.set(
    '/v1/clients$',
    json((body) => {
      body.now += 200 * DAY;
    }),
  );
  await desk.listClients();
  assert.deepEqual([desk.state.clients, desk.state.refused], [[], 2]); // expired, although the server lists it
  meddled.set(
    '/v1/clients$',
    json(({ clients }) => {
      const sealed = unb64(clients[0].sealed);
      sealed[sealed.length - 1] ^= 1;
      clients[0].sealed = b64(sealed);
    }),
  );
  await desk.listClients();
  assert.deepEqual([desk.state.clients.length, desk.state.refused], [1, 1]);
  meddled.clear();
  await desk.listClients();
  assert.equal(desk.state.refused, 0);
  meddled.set('/changes', (bytes) => {
    if (bytes.length) bytes[bytes.length - 1] ^= 1;
    return bytes;
  });
  await desk.openClient(desk.state.clients[0].grant);
  assert.equal(desk.unsigned(), 1);
  meddled.set('/changes', (bytes) =>
    Buffer.from(
      Buffer.from(bytes)
        .toString('latin1')
        .replace(/"c":"./, (found) => `${found.slice(0, -1)}${found.endsWith('A') ? 'B' : 'A'}`),
      'latin1',
    ),
  );
  await desk.openClient(desk.state.clients[0].grant);
  assert.ok(desk.unsigned() >= 1); // not the commitment that the keeper signed
  meddled.clear();
  meddled.set('/v1/session$', () => Buffer.from('{}'));
  await desk.lock();
});

const NOW = Date.UTC(2026, 10, 26, 9);
const clientRow = (name, { dates = [], ends = 30, newest = -9, looked = -1, entries = 3 } = {}) =>
  clientOf(
    {
      said: /** @type {import('#app/crypto/sharing/grants.js').GrantTerms} */ ({ not_after: NOW + ends * DAY }),
      other: { name },
      summary: {
        dates: dates.map(([days, what]) => ({ at: NOW + days * DAY, what })),
        entries,
        made_at: NOW,
        newest_at: NOW + newest * DAY,
      },
    },
    { grant: name, looked_at: looked === null ? null : NOW + looked * DAY },
    NOW,
  );

test('a mark for a reviewed entry reaches every device, outlives the grant, and moves to a renewed one', async () => {
  const { desk, meddled } = await joinDesk(server);
  const keeper = await registerKeeper('He waited outside again.');
  const syncKeeper = async () => {
    await keeper.phone.ctx.open.syncing.now();
  };
  const marksOnPhone = async () => (await keeper.app.markedOf(keeper.record)).map(({ name, since }) => [name, since]);
  const [granted] = await keeper.app.letIn({
    met: await keeper.app.meetAdvocate(await desk.ownWords()),
    standIn: null,
    choice: { ...viewOfAll(keeper.app), not_after: Date.now() + 5 * DAY },
    name: 'Maya',
    words: WORDS,
  });
  await desk.listClients();
  await desk.openClient(granted.grant);
  assert.deepEqual([desk.marked(keeper.record), await marksOnPhone()], [null, []]);
  await desk.mark(keeper.record);
  assert.equal(desk.marked(keeper.record).since, false);
  await syncKeeper();
  assert.deepEqual(
    [await marksOnPhone(), (await keeper.app.readMarked()).get(keeper.record)],
    [[['Priya K', false]], ['Priya K']],
  );
  // after an addition, both sides know that there is something new
  await keeper.app.saveIncident({
    record: keeper.record,
    fields: { narrative: 'He waited outside again. And he shouted.' },
    restricted: {},
    reason: 'More.',
  });
  assert.deepEqual(await marksOnPhone(), [['Priya K', true]]);
  await until(keeper, isKept, 'kept');
  await eventually(async () => {
    await desk.lookAgain();
    return desk.marked(keeper.record)?.since;
  }, Boolean);
  assert.equal(desk.marked(keeper.record).since, true);
  await desk.mark(keeper.record);
  await syncKeeper();
  assert.deepEqual(await marksOnPhone(), [['Priya K', false]]);
  // older or changed marks from the server remove nothing from the phone
  const oldMarks = await marksOnServer(keeper, granted.grant);
  await desk.mark((await desk.readRecords('incident'))[0].record);
  await syncKeeper();
  for (const answer of [oldMarks, null, oldMarks.slice(0, -2) + 'AA']) {
    keeper.faults.before = (path, { method = 'GET' }) =>
      method === 'GET' && path.endsWith('/marks') ? new Response(JSON.stringify({ marks: answer })) : null;
    await keeper.phone.ctx.open.store.change((root) => {
      root.marked = root.marked.map(({ grant }) => ({ grant, n: 0 }));
    });
    await syncKeeper();
    assert.deepEqual(await marksOnPhone(), [['Priya K', false]]);
  }
  keeper.faults.before = null;
  meddled.set('/marks$', () => new TextEncoder().encode(JSON.stringify({ marks: b64(new Uint8Array(200)) })));
  await desk.lookAgain();
  assert.equal(desk.marked(keeper.record), null);
  meddled.clear();
  // another device has the marks, and so has the renewed grant
  const secondPhone = makePhone({
    origin: server.base,
    send: sender(server.base, {}),
    clock: keeper.phone.clock,
    packActions: grantActions,
  });
  await secondPhone.app.start();
  await secondPhone.app.signIn({ login: keeper.app.state.account.login, words: WORDS });
  await secondPhone.ctx.open.syncing.now();
  assert.deepEqual(
    (await secondPhone.app.markedOf(keeper.record)).map(({ name }) => name),
    ['Priya K'],
  );
  const renewed = await keeper.app.renewGrant(granted.grant, { words: WORDS });
  await desk.listClients();
  await desk.openClient(renewed.grant);
  assert.equal(desk.marked(keeper.record).since, false);
  await desk.unmark(keeper.record);
  await keeper.app.endGrant(renewed.grant, { words: WORDS });
  await syncKeeper();
  keeper.faults.before = () => {
    throw new TypeError('Failed to fetch');
  };
  assert.deepEqual(await marksOnPhone(), [['Priya K', false]]);
  await assert.rejects(desk.mark(keeper.record), { code: 'not_found' });
  desk.lock();
  assert.deepEqual(desk.state.marks, {});
});

/** Return the sealed marks that the server holds for a grant. */
async function marksOnServer(keeper, grant) {
  const { api, open } = keeper.phone.ctx;
  return (await api.withSession({ path: `/v1/diaries/${open.identity.diary}/grants/${grant}/marks` })).marks;
}

test('clients are ordered by their dates, regardless of how much they wrote', () => {
  const unordered = [
    clientRow('Many', { entries: 900 }),
    clientRow('Ends', { ends: 5 }),
    clientRow('Late', { dates: [[-4, 'update_due']] }),
    clientRow('Wiped', { dates: [[2, 'recording_wiped']] }),
    clientRow('Gone', { dates: [[-2, 'recording_wiped']] }),
    clientRow('New', { newest: -1, looked: -3 }),
    clientRow('Newer', { newest: 0, looked: null }),
    clientRow('Quiet', { ends: 12 }),
  ];
  const order = (list) => groupClients(list, NOW).map(({ what, clients }) => [what, clients.map(({ name }) => name)]);
  const expected = [
    ['soon', ['Late', 'Wiped', 'Ends']],
    ['fresh', ['New', 'Newer']],
    ['rest', ['Quiet', 'Gone', 'Many']],
  ];
  assert.deepEqual(order(unordered), expected);
  assert.deepEqual(order([...unordered].reverse()), expected);
});

test('the desk locks after five idle minutes or one out of sight, with a warning, also if the clock goes back', () => {
  const clock = { at: 0 };
  let [visible, locked, next, countdown] = [true, 0, null, []];
  const idle = new IdleLock({
    now: () => clock.at,
    visible: () => visible,
    after: (ms, callback) => {
      next = { ms, act: callback };
      return next;
    },
    stop: () => undefined,
    onCountdown: (left) => countdown.push(left),
    lock: () => {
      locked++;
    },
  });
  const wait = () => {
    clock.at += next.ms;
    next.act();
  };
  idle.start();
  assert.equal(next.ms, 280_000);
  wait();
  assert.deepEqual([countdown.at(-1), locked], [20, 0]);
  idle.touch();
  assert.deepEqual([countdown.at(-1), next.ms], [null, 280_000]);
  wait();
  for (let i = 0; i < 20; i++) wait();
  assert.equal(locked, 1);
  idle.start();
  visible = false;
  idle.seen();
  assert.equal(next.ms, 40_000);
  clock.at += 61_000;
  visible = true;
  idle.seen();
  assert.equal(locked, 2);
  idle.start();
  clock.at -= 1_000;
  idle.check();
  assert.equal(locked, 3);
});

test('names in the CSV table of views cannot run as spreadsheet formulas', () => {
  const table = looksCsv([
    { at: NOW, client: '0a1b2c3d', name: '=HYPERLINK("x")', what: 'read' },
    { at: NOW, client: '0a1b2c3d', name: 'Priya, "K"', what: 'pack' },
  ]);
  assert.deepEqual(table.split('\r\n'), [
    '"when_utc","who","client_code","what"',
    '"2026-11-26 09:00","\'=HYPERLINK(""x"")","0a1b2c3d","read"',
    '"2026-11-26 09:00","Priya, ""K""","0a1b2c3d","pack"',
    '',
  ]);
});
