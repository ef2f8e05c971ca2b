/**
 * A keeper makes a grant for an advocate: nine words, old and new entries, a hostile server between them, the end. The
 * test plays the advocate.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { b64, randomBytes, unb64 } from '#app/core/bytes.js';
import { fixedClock } from '#app/core/clock.js';
import { decodeFrames } from '#app/core/encoding.js';
import { newId, formatId } from '#app/core/ids.js';
import { grantActions } from '#app/features/advocates/actions.js';
import { questionActions } from '#app/diary/sharing/questions.js';
import { fingerprint, fingerprintWords } from '#app/crypto/sharing/fingerprints.js';
import { openForAdvocate, unwrapVersionKeys } from '#app/crypto/sharing/grants.js';
import { SUMMARY } from '#app/crypto/sharing/summaries.js';
import { importKey } from '#app/crypto/cobblestone.js';
import * as envelope from '#app/crypto/envelope.js';
import { unpad } from '#app/crypto/padding.js';
import { makeAdvocate, viewAllChoice } from './phone/advocate.mjs';
import { eventually } from './phone/eventually.mjs';
import { isKept } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const DAY = 86_400_000;
let server;
const servers = [];
before(startNewServer);
after(() => Promise.all(servers.map((running) => running.stop())));

/** Start another server: each allows only a few new accounts an hour from one address, and every test makes some. */
async function startNewServer() {
  server = await startServer();
  servers.push(server);
}

let keeperCount = 0;

async function registerKeeper(words = 'He waited outside again.') {
  if (++keeperCount % 5 === 0) await startNewServer();
  /** @type {import('./phone/server.mjs').Faults} */
  const faults = {};
  const setup = await phoneWithEntry(
    {
      origin: server.base,
      send: sender(server.base, faults),
      clock: fixedClock(Date.now()),
      packActions: (ctx) => ({ ...grantActions(ctx), ...questionActions(ctx) }),
    },
    words,
  );
  await setup.app.register({ words: WORDS });
  await until(setup, isKept, 'kept');
  const letIn = (met, overrides = {}, options = {}) =>
    setup.app.letIn({
      met,
      choice: { ...viewAllChoice(setup.app), ...overrides },
      name: 'Maya',
      words: WORDS,
      ...options,
    });
  return { ...setup, faults, letIn };
}

/**
 * What an advocate can read: versions, the summary, and the grant.
 * @typedef {{kind: string, narrative: string, fields: Fields, record: string, version: string}} Version
 * @typedef {import('#app/diary/types.js').Fields} Fields
 * @typedef {Version[] & {summary?: import('#app/crypto/sharing/summaries.js').Summary, granted?: OpenedGrant}} Found
 * @typedef {import('#app/crypto/sharing/grants.js').OpenedGrant} OpenedGrant
 */

/** Return what the advocate can read of the only client. @returns {Promise<Found>} */
async function readAsAdvocate(advocate) {
  const { clients } = await advocate.askJson('GET', '/v1/clients');
  const found = /** @type {Found} */ ([]);
  for (const row of clients) {
    const granted = await openForAdvocate(advocate.keys, unb64(row.sealed), row);
    const { bytes } = await advocate.ask('GET', `/v1/clients/${row.grant}/changes`);
    for (const frame of decodeFrames(bytes, { maxParts: 400 })) {
      const [facts, sealed, wraps] = decodeFrames(frame);
      const { record, version } = JSON.parse(new TextDecoder().decode(facts));
      const [key] = await unwrapVersionKeys(granted, version, decodeFrames(wraps));
      const parts = decodeFrames(sealed);
      const header = { diary: row.diary, part: 'open', record, t: 'version', version };
      const { fields } = JSON.parse(
        new TextDecoder().decode(
          unpad(await envelope.open(await importKey(key), parts[parts.length / 2], 'version', header)),
        ),
      );
      found.push({ kind: fields._kind, narrative: fields.narrative, fields, record, version });
    }
    if (row.summary) found.summary = await SUMMARY.open(granted.key, unb64(row.summary), row);
    found.granted = granted;
  }
  return found;
}

const narrativesOf = (found) => found.flatMap(({ narrative }) => narrative ?? []).sort();

/** Wait until what the advocate reads meets the condition. */
async function untilAdvocateReads(advocate, condition) {
  return eventually(() => readAsAdvocate(advocate), condition);
}

test('an advocate reads earlier and new entries, never a note, and nothing after the grant ends', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  await keeper.app.saveNote(keeper.app.state.entries[0].record, 'nobody else reads this');
  await until(keeper, isKept, 'kept');
  const met = await keeper.app.meetAdvocate(priya.words.toUpperCase());
  assert.deepEqual([met.name, met.organisation, met.words], ['Priya K', 'Stalking Support North', priya.words]);
  assert.equal((await keeper.app.previewGrant({ all: true })).entries.length, 1);
  await keeper.letIn(met);
  let seen = await readAsAdvocate(priya);
  assert.deepEqual(narrativesOf(seen), ['He waited outside again.']);
  assert.equal(seen.granted.other.name, 'Maya');
  assert.equal(seen.summary.entries, 1);
  await keeper.app.saveIncident({ record: null, fields: { narrative: 'He was there on Monday too.' }, restricted: {} });
  await until(keeper, isKept, 'kept');
  seen = await untilAdvocateReads(priya, (read) => narrativesOf(read).length === 2);
  assert.deepEqual(narrativesOf(seen), ['He waited outside again.', 'He was there on Monday too.'].sort());
  assert.ok(seen.every(({ kind }) => !['note', 'settings', 'manifest'].includes(kind)));
  const { grants, looks } = await keeper.app.readGrants();
  assert.equal(grants[0].name, 'Priya K');
  assert.ok(grants[0].looked_at > 0 && looks.length > 0);
  await keeper.app.endGrant(grants[0].grant, { words: WORDS });
  assert.deepEqual(await readAsAdvocate(priya), []);
  await keeper.app.saveIncident({ record: null, fields: { narrative: 'After the end.' }, restricted: {} });
  await until(keeper, isKept, 'kept');
  assert.deepEqual(await readAsAdvocate(priya), []);
  assert.ok((await keeper.app.readGrants()).grants[0].ended_at > 0);
});

test('a grant covers chosen records only, or a case with the entries that join it later', async () => {
  const keeper = await registerKeeper('In the case.');
  const priya = await makeAdvocate(server);
  const caseId = formatId(newId());
  const [{ record }] = keeper.app.state.entries;
  await keeper.app.saveIncident({
    record: null,
    fields: { narrative: 'Of the case.', case_ids: [caseId] },
    restricted: {},
  });
  await until(keeper, isKept, 'kept');
  const met = await keeper.app.meetAdvocate(priya.words);
  const [chosen] = await keeper.letIn(met, { scope: { records: [record] } });
  assert.deepEqual(narrativesOf(await readAsAdvocate(priya)), ['In the case.']);
  await keeper.app.endGrant(chosen.grant, { words: WORDS });
  await keeper.letIn(met, { scope: { case: caseId } });
  assert.deepEqual(narrativesOf(await readAsAdvocate(priya)), ['Of the case.']);
});

test('a server that substitutes an advocate’s keys is refused before anything is shared', async () => {
  const keeper = await registerKeeper();
  const [priya, other] = [await makeAdvocate(server), await makeAdvocate(server)];
  keeper.faults.before = (path) =>
    path.startsWith('/v1/advocates/')
      ? new Response(
          JSON.stringify({
            ecdsa_pub: b64(other.keys.ecdsa.pub),
            fingerprint: path.split('/').pop(),
            hpke_pub: b64(other.keys.hpke.pub),
            name: 'Priya K',
            organisation: 'Stalking Support North',
          }),
          { status: 200, headers: { 'content-type': 'application/json' } },
        )
      : null;
  await assert.rejects(keeper.app.meetAdvocate(priya.words), ({ code }) => code === 'wrong_keys');
  keeper.faults.before = null;
  await assert.rejects(
    keeper.app.meetAdvocate('kept kept kept kept kept kept kept kept kept'),
    ({ code, unknown }) => code === 'bad_request' && unknown.length === 9,
  );
  await assert.rejects(
    keeper.app.meetAdvocate(await fingerprintWords(randomBytes(12))),
    ({ code }) => code === 'not_found',
  );
  assert.deepEqual((await keeper.app.readGrants()).grants, []);
});

test('a grant lasts at most half a year, and needs a copy of the diary off this phone', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const met = await keeper.app.meetAdvocate(priya.words);
  await assert.rejects(
    keeper.letIn(met, { not_after: keeper.app.latestEnd() + DAY }),
    ({ code }) => code === 'bad_signature',
  );
  const alone = await phoneWithEntry({ packActions: grantActions }, 'Only here.');
  await assert.rejects(alone.app.meetAdvocate(priya.words), ({ code }) => code === 'not_registered');
});

test('a grant needs the passphrase typed again: wrong words make no grant', async () => {
  const keeper = await registerKeeper();
  const met = await keeper.app.meetAdvocate((await makeAdvocate(server)).words);
  await assert.rejects(
    keeper.letIn(met, {}, { words: 'not the words of this keeper' }),
    ({ code }) => code === 'no_match',
  );
  assert.deepEqual((await keeper.app.readGrants()).grants, []);
  assert.equal((await keeper.letIn(met)).length, 1);
});

test('a new entry carries its keys in its own push, and the advocate sees that an entry was taken out', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  keeper.faults.before = (path) =>
    path.includes('/wraps')
      ? new Response('{}', { status: 503, headers: { 'content-type': 'application/json' } })
      : null;
  const { record } = await keeper.app.saveIncident({
    record: null,
    fields: { narrative: 'By its own push.' },
    restricted: {},
  });
  await until(keeper, isKept, 'kept');
  assert.ok(narrativesOf(await readAsAdvocate(priya)).includes('By its own push.'));
  keeper.faults.before = null;
  await keeper.app.takeOutRecord(record);
  const seen = await untilAdvocateReads(priya, (found) => found.some(({ fields }) => fields.taken_out));
  assert.ok(seen.some((each) => each.record === record && each.fields.taken_out));
});

test('a question is answered by the keeper as an addition, and the advocate reads it', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  await keeper.letIn(await keeper.app.meetAdvocate(priya.words), { rights: ['view', 'comment'] });
  const letter = await priya.sendLetter('question', { about: keeper.record, text: 'What did he wear?' });
  await priya.sendLetter('question', { about: formatId(newId()), text: 'About nothing there is.' });
  await keeper.phone.ctx.open.syncing.now();
  assert.deepEqual(keeper.app.state.asked, { n: 1, name: 'Priya K' });
  const [question] = await keeper.app.readAsked(keeper.record);
  assert.deepEqual([question.text, question.letter, question.name], ['What did he wear?', letter, 'Priya K']);
  await assert.rejects(keeper.app.answerQuestion({ letter, answer: '  ' }), ({ code }) => code === 'nothing_to_save');
  await keeper.app.answerQuestion({ letter, answer: 'A grey coat.' });
  assert.deepEqual(await keeper.app.readAsked(), []);
  const entry = await keeper.app.readIncident(keeper.record);
  assert.equal(entry.fields.narrative, 'He waited outside again.\n\nA grey coat.');
  assert.equal(entry.fields.help_given, 'prompted_questions');
  const [kept] = await keeper.app.readQuestions(keeper.record);
  assert.deepEqual(
    [kept.text, kept.answer, kept.status, kept.name],
    ['What did he wear?', 'A grey coat.', 'answered', 'Priya K, Stalking Support North'],
  );
  await until(keeper, isKept, 'kept');
  const later = await untilAdvocateReads(priya, (found) => found.some(({ kind }) => kind === 'question'));
  assert.ok(narrativesOf(later).some((text) => text.endsWith('A grey coat.')));
  assert.equal(later.find(({ kind }) => kind === 'question').fields.answer, 'A grey coat.');
  assert.ok(later.every(({ kind }) => kind !== 'consent'));
  await keeper.phone.ctx.open.syncing.now();
  assert.deepEqual(
    (await keeper.phone.ctx.api.withSession({ path: `/v1/diaries/${keeper.phone.ctx.open.identity.diary}/letters` }))
      .letters,
    [],
  );
});

test('a question from an advocate without the right to ask is dropped', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  await priya.sendLetter('question', { about: keeper.record, text: 'May I?' });
  await keeper.phone.ctx.open.syncing.now();
  assert.deepEqual([await keeper.app.readAsked(), keeper.app.state.asked], [[], null]);
});

test('one consent can include a stand-in of the same organisation, and nobody of another', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const sam = await makeAdvocate(server, { name: 'Sam O' });
  const other = await makeAdvocate(server, { name: 'Elsewhere' });
  const [met, standIn, thirdAdvocate] = [
    await keeper.app.meetAdvocate(priya.words),
    await keeper.app.meetAdvocate(sam.words),
    await keeper.app.meetAdvocate(other.words),
  ];
  const outsider = { ...thirdAdvocate, organisation: 'Another one' };
  await assert.rejects(keeper.letIn(met, {}, { standIn: outsider }), ({ code }) => code === 'other_organisation');
  assert.equal((await keeper.letIn(met, {}, { standIn })).length, 2);
  for (const each of [priya, sam])
    assert.deepEqual(narrativesOf(await readAsAdvocate(each)), ['He waited outside again.']);
  assert.deepEqual((await keeper.app.whoSees(keeper.record)).map(({ name }) => name).sort(), ['Priya K', 'Sam O']);
});

test('a grant ended offline shares nothing more, is listed as pending, and ends at the next sync', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const [newGrant] = await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  keeper.faults.before = () => {
    throw new TypeError('Failed to fetch');
  };
  assert.deepEqual(await keeper.app.endGrant(newGrant.grant, { words: WORDS }), { heard: false });
  await keeper.app.saveIncident({ record: null, fields: { narrative: 'Written after.' }, restricted: {} });
  const { grants, offline } = await keeper.app.readGrants();
  assert.deepEqual(
    [grants.map(({ grant, mine, unheard, name }) => ({ grant, mine, unheard, name })), offline],
    [[{ grant: newGrant.grant, mine: true, unheard: true, name: 'Priya K' }], true],
  );
  keeper.faults.before = null;
  await keeper.phone.ctx.open.syncing.now();
  assert.deepEqual(await readAsAdvocate(priya), []);
  const [listed] = (await keeper.app.readGrants()).grants;
  assert.deepEqual([listed.mine, listed.unheard], [true, false]);
});

/** Record the proofs of the requests that end a grant. */
const recordEndRequests = (keeper) => {
  const requests = [];
  keeper.faults.before = (path, { method, headers }) => {
    if (method === 'DELETE' && path.includes('/grants/')) requests.push(headers['X-Proof']);
    return null;
  };
  return requests;
};

test('a grant ends only with the passphrase: a wrong one or a short secret ends nothing anywhere', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const [newGrant] = await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  await keeper.app.setShort('274913', WORDS);
  const requests = recordEndRequests(keeper);
  for (const words of ['not the words at all', '274913', ''])
    await assert.rejects(keeper.app.endGrant(newGrant.grant, { words }), { code: 'words_differ' });
  assert.deepEqual(requests, []);
  assert.deepEqual(
    (await keeper.app.whoSees(keeper.record)).map(({ name }) => name),
    ['Priya K'],
  );
  assert.deepEqual(narrativesOf(await readAsAdvocate(priya)), ['He waited outside again.']);
});

test('a pending end is sent at the next unlock with the passphrase, not with the short secret', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const [newGrant] = await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  await keeper.app.setShort('274913', WORDS);
  keeper.faults.before = () => {
    throw new TypeError('Failed to fetch');
  };
  await keeper.app.endGrant(newGrant.grant, { words: WORDS });
  await keeper.app.lock('asked');
  const requests = recordEndRequests(keeper);
  await keeper.app.unlock('274913');
  await keeper.phone.ctx.open.syncing.now();
  assert.deepEqual(
    [requests, (await keeper.app.readGrants()).grants.map(({ mine, unheard }) => [mine, unheard])],
    [[], [[true, true]]],
  );
  assert.deepEqual(narrativesOf(await readAsAdvocate(priya)), ['He waited outside again.']);
  await keeper.app.lock('asked');
  await keeper.app.unlock(WORDS);
  await keeper.phone.ctx.open.syncing.now();
  assert.deepEqual(await readAsAdvocate(priya), []);
  assert.equal((await keeper.app.readGrants()).grants[0].unheard, false);
  assert.deepEqual([requests.length, keeper.phone.ctx.open.typed], [1, null]);
});

test('a refused passphrase is sent only once, so a pending end does not use up the session', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const [newGrant] = await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  const requests = [];
  keeper.faults.before = (path, { method }) => {
    if (method !== 'DELETE' || !path.includes('/grants/')) return null;
    requests.push(path);
    return new Response(JSON.stringify({ error: 'no_match', message: 'No.' }), {
      status: 401,
      headers: { 'content-type': 'application/json' },
    });
  };
  assert.deepEqual(await keeper.app.endGrant(newGrant.grant, { words: WORDS }), { heard: false });
  for (let run = 0; run < 3; run++) await keeper.phone.ctx.open.syncing.now();
  assert.deepEqual([requests.length, (await keeper.app.readGrants()).grants[0].unheard], [1, true]);
  assert.deepEqual(await keeper.app.whoSees(keeper.record), []);
  keeper.faults.before = null;
  assert.deepEqual(await keeper.app.endGrant(newGrant.grant, { words: WORDS }), { heard: true });
  assert.deepEqual(await readAsAdvocate(priya), []);
});

test('after an end that the server withholds, the phone shares nothing new', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const [newGrant] = await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  // The server confirms the end, does nothing, and goes on listing the grant as in force.
  keeper.faults.before = (path, options) =>
    options.method === 'DELETE' && path.includes('/grants/') ? new Response(null, { status: 204 }) : null;
  assert.deepEqual(await keeper.app.endGrant(newGrant.grant, { words: WORDS }), { heard: true });
  await keeper.app.saveIncident({ record: null, fields: { narrative: 'Written after.' }, restricted: {} });
  await until(keeper, isKept, 'kept');
  await keeper.phone.ctx.open.syncing.now();
  assert.deepEqual(narrativesOf(await readAsAdvocate(priya)), ['He waited outside again.']);
  const [listed] = (await keeper.app.readGrants()).grants;
  assert.deepEqual([listed.mine, listed.unheard], [true, true]);
  assert.deepEqual(await keeper.app.whoSees(keeper.record), []);
  // Honest again, the server ends the grant when the passphrase is typed again.
  keeper.faults.before = null;
  assert.deepEqual(await keeper.app.endGrant(newGrant.grant, { words: WORDS }), { heard: true });
  assert.deepEqual(await readAsAdvocate(priya), []);
  assert.equal((await keeper.app.readGrants()).grants[0].unheard, false);
});

test('an advocate’s replaced keys are reported, and nothing new is shared until their words are checked', async () => {
  const keeper = await registerKeeper();
  const [priya, other] = [await makeAdvocate(server), await makeAdvocate(server)];
  await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  const swapped = b64(fingerprint(other.keys.ecdsa.pub, other.keys.hpke.pub));
  const honestAnswer = await keeper.phone.ctx.api.withSession({ path: '/v1/grants' });
  let wrapRequests = 0;
  keeper.faults.before = (path) => {
    if (path === '/v1/grants')
      return new Response(
        JSON.stringify({ ...honestAnswer, grants: honestAnswer.grants.map((row) => ({ ...row, to: swapped })) }),
        {
          status: 200,
          headers: { 'content-type': 'application/json' },
        },
      );
    if (path.includes('/wraps')) wrapRequests++;
    return null;
  };
  const [listed] = (await keeper.app.readGrants()).grants;
  assert.deepEqual([listed.changed, listed.name], [true, 'Priya K']);
  await assert.rejects(keeper.app.renewGrant(listed.grant, { words: WORDS }), ({ code }) => code === 'keys_changed');
  await keeper.phone.ctx.open.syncing.now();
  assert.equal(wrapRequests, 0);
  keeper.faults.before = null;
  assert.equal((await keeper.app.meetAdvocate(other.words)).before, true);
});

test('a grant is what the keeper signed, even if the server says longer, wider or somebody else’s', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const [newGrant] = await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  const honestAnswer = await keeper.phone.ctx.api.withSession({ path: '/v1/grants' });
  keeper.faults.before = (path) =>
    path === '/v1/grants'
      ? new Response(
          JSON.stringify({
            ...honestAnswer,
            grants: honestAnswer.grants.map((row) => ({
              ...row,
              not_after: row.not_after + 90 * DAY,
              grant: row.grant,
            })),
          }),
          { status: 200, headers: { 'content-type': 'application/json' } },
        )
      : null;
  assert.equal((await keeper.app.readGrants()).grants[0].not_after, newGrant.not_after);
  // Under another id the grant does not open, and gives nobody access.
  keeper.faults.before = (path) =>
    path === '/v1/grants'
      ? new Response(
          JSON.stringify({
            ...honestAnswer,
            grants: honestAnswer.grants.map((row) => ({ ...row, grant: formatId(newId()) })),
          }),
          { status: 200, headers: { 'content-type': 'application/json' } },
        )
      : null;
  assert.deepEqual((await keeper.app.readGrants()).grants, []);
});

test('a grant can be renewed only in its last seven days, narrowed at any time and never widened', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const met = await keeper.app.meetAdvocate(priya.words);
  const [long] = await keeper.letIn(met, { rights: ['view', 'comment'] });
  await assert.rejects(keeper.app.renewGrant(long.grant, { words: WORDS }), ({ code }) => code === 'too_early');
  await assert.rejects(
    keeper.app.narrowGrant(long.grant, { rights: ['view', 'comment', 'pack'] }, { words: WORDS }),
    ({ code }) => code === 'wider',
  );
  await assert.rejects(
    keeper.app.narrowGrant(long.grant, { restricted: true }, { words: WORDS }),
    ({ code }) => code === 'wider',
  );
  const narrowed = await keeper.app.narrowGrant(
    long.grant,
    { rights: ['view'], scope: { records: [keeper.record] }, not_after: keeper.app.usualEnd() - 26 * DAY },
    { words: WORDS },
  );
  const inForce = (await keeper.app.readGrants()).grants.filter(({ ended_at }) => ended_at === null);
  assert.deepEqual(
    inForce.map(({ grant, said }) => [grant, said.rights, said.prev]),
    [[narrowed.grant, ['view'], long.grant]],
  );
  const renewed = await keeper.app.renewGrant(narrowed.grant, { words: WORDS });
  assert.ok(renewed.not_after > narrowed.not_after + 20 * DAY);
  // An entry that was being sent when the grant was made is shared by the sync that brings its receipt.
  const seen = await untilAdvocateReads(priya, (found) => narrativesOf(found).length === 1);
  assert.deepEqual(narrativesOf(seen), ['He waited outside again.']);
  assert.equal(seen.granted.other.name, 'Maya');
});

test('nine words typed offline are stored, and looked up when there is a signal', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  keeper.faults.before = () => {
    throw new TypeError('Failed to fetch');
  };
  assert.deepEqual((await keeper.app.meetAdvocate(priya.words)).name, '');
  assert.deepEqual(
    (await keeper.app.readMet()).map(({ ecdsa_pub, trouble }) => [ecdsa_pub, trouble]),
    [['', null]],
  );
  keeper.faults.before = null;
  const { store } = keeper.phone.ctx.open;
  store.change = async () => {
    throw new TypeError('of the browser, without a code');
  };
  assert.deepEqual(
    (await keeper.app.readMet()).map(({ trouble }) => trouble),
    ['internal'],
  );
  delete store.change;
  const [met] = await keeper.app.readMet();
  assert.equal(met.name, 'Priya K');
  await keeper.letIn(met);
  assert.deepEqual(narrativesOf(await readAsAdvocate(priya)), ['He waited outside again.']);
});

test('another device of the diary shares nothing either, even if the server says the grant is valid', async () => {
  const keeper = await registerKeeper();
  const priya = await makeAdvocate(server);
  const [newGrant] = await keeper.letIn(await keeper.app.meetAdvocate(priya.words));
  keeper.faults.before = (path, options) =>
    options.method === 'DELETE' && path.includes('/grants/') ? new Response(null, { status: 204 }) : null;
  await keeper.app.endGrant(newGrant.grant, { words: WORDS });
  await until(keeper, isKept, 'kept');
  await keeper.phone.ctx.open.syncing.now();
  const faults = { before: keeper.faults.before };
  const second = makePhone({
    origin: server.base,
    send: sender(server.base, faults),
    clock: keeper.phone.clock,
    packActions: grantActions,
  });
  await second.app.start();
  await second.app.signIn({ login: keeper.app.state.account.login, words: WORDS });
  await second.ctx.open.syncing.now();
  await second.app.saveIncident({ record: null, fields: { narrative: 'Written on the other one.' }, restricted: {} });
  await until(second, isKept, 'kept');
  await second.ctx.open.syncing.now();
  assert.deepEqual(narrativesOf(await readAsAdvocate(priya)), ['He waited outside again.']);
  const [listed] = (await second.app.readGrants()).grants;
  assert.deepEqual([listed.mine, listed.unheard], [true, true]);
  // The names come from what the keeper sealed; the server gives none.
  assert.deepEqual([listed.name, listed.organisation], ['Priya K', 'Stalking Support North']);
});
