/** A keeper lets an advocate in: nine words, what was and what comes, a server between them, the end. The advocate is played here. */
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
import { desk, viewOfAll } from './phone/desk.mjs';
import { eventually } from './phone/eventually.mjs';
import { isKept } from './phone/keeper.mjs';
import { WORDS, makePhone, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const DAY = 86_400_000;
let server;
const servers = [];
before(anew);
after(() => Promise.all(servers.map((one) => one.stop())));

/** Accounts from one address are few an hour on a server, and every test makes some. */
async function anew() {
  server = await startServer();
  servers.push(server);
}

let keepers = 0;

async function keeper(words = 'He waited outside again.') {
  if (++keepers % 5 === 0) await anew();
  const faults = {};
  const made = await phoneWithEntry(
    {
      origin: server.base,
      send: sender(server.base, faults),
      clock: fixedClock(Date.now()),
      packActions: (ctx) => ({ ...grantActions(ctx), ...questionActions(ctx) }),
    },
    words,
  );
  await made.app.register({ words: WORDS });
  await until(made, isKept, 'kept');
  const letIn = (met, over = {}, more = {}) =>
    made.app.letIn({ met, choice: { ...viewOfAll(made.app), ...over }, name: 'Maya', words: WORDS, ...more });
  return { ...made, faults, letIn };
}

/** What the advocate reads of the one client there is. */
async function reads(one) {
  const { clients } = await one.told('GET', '/v1/clients');
  const found = [];
  for (const row of clients) {
    const granted = await openForAdvocate(one.keys, unb64(row.sealed), row);
    const { bytes } = await one.ask('GET', `/v1/clients/${row.grant}/changes`);
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

const narratives = (found) => found.flatMap(({ narrative }) => narrative ?? []).sort();

/** Until what the advocate reads is so. */
async function untilReads(one, is) {
  return eventually(() => reads(one), is);
}

test('nine words, what was and what comes, a note never, and nothing after the end', async () => {
  const one = await keeper();
  const priya = await desk(server);
  await one.app.saveNote(one.app.state.entries[0].record, 'nobody else reads this');
  await until(one, isKept, 'kept');
  const met = await one.app.meetAdvocate(priya.words.toUpperCase());
  assert.deepEqual([met.name, met.organisation, met.words], ['Priya K', 'Stalking Support North', priya.words]);
  assert.equal((await one.app.previewGrant({ all: true })).entries.length, 1);
  await one.letIn(met);
  let seen = await reads(priya);
  assert.deepEqual(narratives(seen), ['He waited outside again.']);
  assert.equal(seen.granted.other.name, 'Maya');
  assert.equal(seen.summary.entries, 1);
  await one.app.saveIncident({ record: null, fields: { narrative: 'He was there on Monday too.' }, restricted: {} });
  await until(one, isKept, 'kept');
  seen = await untilReads(priya, (read) => narratives(read).length === 2);
  assert.deepEqual(narratives(seen), ['He waited outside again.', 'He was there on Monday too.'].sort());
  assert.ok(seen.every(({ kind }) => !['note', 'settings', 'manifest'].includes(kind)));
  const { grants, looks } = await one.app.readGrants();
  assert.equal(grants[0].name, 'Priya K');
  assert.ok(grants[0].looked_at > 0 && looks.length > 0);
  await one.app.endGrant(grants[0].grant, { words: WORDS });
  assert.deepEqual(await reads(priya), []);
  await one.app.saveIncident({ record: null, fields: { narrative: 'After the end.' }, restricted: {} });
  await until(one, isKept, 'kept');
  assert.deepEqual(await reads(priya), []);
  assert.ok((await one.app.readGrants()).grants[0].ended_at > 0);
});

test('chosen records only, and a case with what comes into it', async () => {
  const one = await keeper('In the case.');
  const priya = await desk(server);
  const kase = formatId(newId());
  const [{ record }] = one.app.state.entries;
  await one.app.saveIncident({ record: null, fields: { narrative: 'Of the case.', case_ids: [kase] }, restricted: {} });
  await until(one, isKept, 'kept');
  const met = await one.app.meetAdvocate(priya.words);
  const [chosen] = await one.letIn(met, { scope: { records: [record] } });
  assert.deepEqual(narratives(await reads(priya)), ['In the case.']);
  await one.app.endGrant(chosen.grant, { words: WORDS });
  await one.letIn(met, { scope: { case: kase } });
  assert.deepEqual(narratives(await reads(priya)), ['Of the case.']);
});

test('a server that puts itself between is refused before anything is given', async () => {
  const one = await keeper();
  const [priya, other] = [await desk(server), await desk(server)];
  one.faults.before = (path) =>
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
  await assert.rejects(one.app.meetAdvocate(priya.words), ({ code }) => code === 'wrong_keys');
  one.faults.before = null;
  await assert.rejects(
    one.app.meetAdvocate('kept kept kept kept kept kept kept kept kept'),
    ({ code, unknown }) => code === 'bad_request' && unknown.length === 9,
  );
  await assert.rejects(
    one.app.meetAdvocate(await fingerprintWords(randomBytes(12))),
    ({ code }) => code === 'not_found',
  );
  assert.deepEqual((await one.app.readGrants()).grants, []);
});

test('no longer than half a year, and not before there is a copy off this phone', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const met = await one.app.meetAdvocate(priya.words);
  await assert.rejects(
    one.letIn(met, { not_after: one.app.latestEnd() + DAY }),
    ({ code }) => code === 'bad_signature',
  );
  const alone = await phoneWithEntry({ packActions: grantActions }, 'Only here.');
  await assert.rejects(alone.app.meetAdvocate(priya.words), ({ code }) => code === 'not_registered');
});

test('words typed afresh: wrong ones let nobody in', async () => {
  const one = await keeper();
  const met = await one.app.meetAdvocate((await desk(server)).words);
  await assert.rejects(
    one.letIn(met, {}, { words: 'not the words of this keeper' }),
    ({ code }) => code === 'no_match',
  );
  assert.deepEqual((await one.app.readGrants()).grants, []);
  assert.equal((await one.letIn(met)).length, 1);
});

test('a new entry carries its keys in its own push; what was taken out says so', async () => {
  const one = await keeper();
  const priya = await desk(server);
  await one.letIn(await one.app.meetAdvocate(priya.words));
  one.faults.before = (path) =>
    path.includes('/wraps')
      ? new Response('{}', { status: 503, headers: { 'content-type': 'application/json' } })
      : null;
  const { record } = await one.app.saveIncident({
    record: null,
    fields: { narrative: 'By its own push.' },
    restricted: {},
  });
  await until(one, isKept, 'kept');
  assert.ok(narratives(await reads(priya)).includes('By its own push.'));
  one.faults.before = null;
  await one.app.takeOutRecord(record);
  const seen = await untilReads(priya, (found) => found.some(({ fields }) => fields.taken_out));
  assert.ok(seen.some((each) => each.record === record && each.fields.taken_out));
});

test('a question is answered by the keeper as an addition, and the advocate reads it', async () => {
  const one = await keeper();
  const priya = await desk(server);
  await one.letIn(await one.app.meetAdvocate(priya.words), { rights: ['view', 'comment'] });
  const letter = await priya.writes('question', { about: one.record, text: 'What did he wear?' });
  await priya.writes('question', { about: formatId(newId()), text: 'About nothing there is.' });
  await one.phone.ctx.open.syncing.now();
  assert.deepEqual(one.app.state.asked, { n: 1, name: 'Priya K' });
  const [asked] = await one.app.readAsked(one.record);
  assert.deepEqual([asked.text, asked.letter, asked.name], ['What did he wear?', letter, 'Priya K']);
  await assert.rejects(one.app.answerQuestion({ letter, answer: '  ' }), ({ code }) => code === 'nothing_to_save');
  await one.app.answerQuestion({ letter, answer: 'A grey coat.' });
  assert.deepEqual(await one.app.readAsked(), []);
  const entry = await one.app.readIncident(one.record);
  assert.equal(entry.fields.narrative, 'He waited outside again.\n\nA grey coat.');
  assert.equal(entry.fields.help_given, 'prompted_questions');
  const [kept] = await one.app.readQuestions(one.record);
  assert.deepEqual(
    [kept.text, kept.answer, kept.status, kept.name],
    ['What did he wear?', 'A grey coat.', 'answered', 'Priya K, Stalking Support North'],
  );
  await until(one, isKept, 'kept');
  const later = await untilReads(priya, (found) => found.some(({ kind }) => kind === 'question'));
  assert.ok(narratives(later).some((text) => text.endsWith('A grey coat.')));
  assert.equal(later.find(({ kind }) => kind === 'question').fields.answer, 'A grey coat.');
  assert.ok(later.every(({ kind }) => kind !== 'consent'));
  await one.phone.ctx.open.syncing.now();
  assert.deepEqual(
    (await one.phone.ctx.api.withSession({ path: `/v1/diaries/${one.phone.ctx.open.identity.diary}/letters` })).letters,
    [],
  );
});

test('without the right to ask, nothing is asked', async () => {
  const one = await keeper();
  const priya = await desk(server);
  await one.letIn(await one.app.meetAdvocate(priya.words));
  await priya.writes('question', { about: one.record, text: 'May I?' });
  await one.phone.ctx.open.syncing.now();
  assert.deepEqual([await one.app.readAsked(), one.app.state.asked], [[], null]);
});

test('a stand-in of the same organisation, in one consent; nobody of another', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const sam = await desk(server, { name: 'Sam O' });
  const other = await desk(server, { name: 'Elsewhere' });
  const [met, standIn, far] = [
    await one.app.meetAdvocate(priya.words),
    await one.app.meetAdvocate(sam.words),
    await one.app.meetAdvocate(other.words),
  ];
  const elsewhere = { ...far, organisation: 'Another one' };
  await assert.rejects(one.letIn(met, {}, { standIn: elsewhere }), ({ code }) => code === 'other_organisation');
  assert.equal((await one.letIn(met, {}, { standIn })).length, 2);
  for (const each of [priya, sam]) assert.deepEqual(narratives(await reads(each)), ['He waited outside again.']);
  assert.deepEqual((await one.app.whoSees(one.record)).map(({ name }) => name).sort(), ['Priya K', 'Sam O']);
});

test('ended without a signal: nothing more is given from then on, the list says that the server has not ended it, and a later run ends it there', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const [made] = await one.letIn(await one.app.meetAdvocate(priya.words));
  one.faults.before = () => {
    throw new TypeError('Failed to fetch');
  };
  assert.deepEqual(await one.app.endGrant(made.grant, { words: WORDS }), { heard: false });
  await one.app.saveIncident({ record: null, fields: { narrative: 'Written after.' }, restricted: {} });
  const { grants, offline } = await one.app.readGrants();
  assert.deepEqual(
    [grants.map(({ grant, mine, unheard, name }) => ({ grant, mine, unheard, name })), offline],
    [[{ grant: made.grant, mine: true, unheard: true, name: 'Priya K' }], true],
  );
  one.faults.before = null;
  await one.phone.ctx.open.syncing.now();
  assert.deepEqual(await reads(priya), []);
  const [said] = (await one.app.readGrants()).grants;
  assert.deepEqual([said.mine, said.unheard], [true, false]);
});

/** What an ending asked of the server, with which proof. */
const endings = (one) => {
  const asked = [];
  one.faults.before = (path, { method, headers }) => {
    if (method === 'DELETE' && path.includes('/grants/')) asked.push(headers['X-Proof']);
    return null;
  };
  return asked;
};

test('a grant ends after the words only: wrong ones and a short secret end nothing, here or there', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const [made] = await one.letIn(await one.app.meetAdvocate(priya.words));
  await one.app.setShort('274913', WORDS);
  const asked = endings(one);
  for (const words of ['not the words at all', '274913', ''])
    await assert.rejects(one.app.endGrant(made.grant, { words }), { code: 'words_differ' });
  assert.deepEqual(asked, []);
  assert.deepEqual(
    (await one.app.whoSees(one.record)).map(({ name }) => name),
    ['Priya K'],
  );
  assert.deepEqual(narratives(await reads(priya)), ['He waited outside again.']);
});

test('an end that waits needs the words again: the short secret sends nothing, and the next opening with the words ends it', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const [made] = await one.letIn(await one.app.meetAdvocate(priya.words));
  await one.app.setShort('274913', WORDS);
  one.faults.before = () => {
    throw new TypeError('Failed to fetch');
  };
  await one.app.endGrant(made.grant, { words: WORDS });
  await one.app.lock('asked');
  const asked = endings(one);
  await one.app.unlock('274913');
  await one.phone.ctx.open.syncing.now();
  assert.deepEqual(
    [asked, (await one.app.readGrants()).grants.map(({ mine, unheard }) => [mine, unheard])],
    [[], [[true, true]]],
  );
  assert.deepEqual(narratives(await reads(priya)), ['He waited outside again.']);
  await one.app.lock('asked');
  await one.app.unlock(WORDS);
  await one.phone.ctx.open.syncing.now();
  assert.deepEqual(await reads(priya), []);
  assert.equal((await one.app.readGrants()).grants[0].unheard, false);
  assert.deepEqual([asked.length, one.phone.ctx.open.typed], [1, null]);
});

test('words that the server refuses are sent once: an end that waits does not use up the session', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const [made] = await one.letIn(await one.app.meetAdvocate(priya.words));
  const asked = [];
  one.faults.before = (path, { method }) => {
    if (method !== 'DELETE' || !path.includes('/grants/')) return null;
    asked.push(path);
    return new Response(JSON.stringify({ error: 'no_match', message: 'No.' }), {
      status: 401,
      headers: { 'content-type': 'application/json' },
    });
  };
  assert.deepEqual(await one.app.endGrant(made.grant, { words: WORDS }), { heard: false });
  for (let run = 0; run < 3; run++) await one.phone.ctx.open.syncing.now();
  assert.deepEqual([asked.length, (await one.app.readGrants()).grants[0].unheard], [1, true]);
  assert.deepEqual(await one.app.whoSees(one.record), []);
  one.faults.before = null;
  assert.deepEqual(await one.app.endGrant(made.grant, { words: WORDS }), { heard: true });
  assert.deepEqual(await reads(priya), []);
});

test('a server that withholds an ending is given nothing made after it', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const [made] = await one.letIn(await one.app.meetAdvocate(priya.words));
  // It says that it is done, does nothing, and goes on showing the grant as one that stands.
  one.faults.before = (path, options) =>
    options.method === 'DELETE' && path.includes('/grants/') ? new Response(null, { status: 204 }) : null;
  assert.deepEqual(await one.app.endGrant(made.grant, { words: WORDS }), { heard: true });
  await one.app.saveIncident({ record: null, fields: { narrative: 'Written after.' }, restricted: {} });
  await until(one, isKept, 'kept');
  await one.phone.ctx.open.syncing.now();
  assert.deepEqual(narratives(await reads(priya)), ['He waited outside again.']);
  const [said] = (await one.app.readGrants()).grants;
  assert.deepEqual([said.mine, said.unheard], [true, true]);
  assert.deepEqual(await one.app.whoSees(one.record), []);
  // Honest again, it ends the grant with words that are typed since.
  one.faults.before = null;
  assert.deepEqual(await one.app.endGrant(made.grant, { words: WORDS }), { heard: true });
  assert.deepEqual(await reads(priya), []);
  assert.equal((await one.app.readGrants()).grants[0].unheard, false);
});

test('other keys in an advocate’s place are noticed on the list, and nothing new is given until the words are checked again', async () => {
  const one = await keeper();
  const [priya, other] = [await desk(server), await desk(server)];
  await one.letIn(await one.app.meetAdvocate(priya.words));
  const swapped = b64(fingerprint(other.keys.ecdsa.pub, other.keys.hpke.pub));
  const own = await one.phone.ctx.api.withSession({ path: '/v1/grants' });
  let asked = 0;
  one.faults.before = (path) => {
    if (path === '/v1/grants')
      return new Response(JSON.stringify({ ...own, grants: own.grants.map((row) => ({ ...row, to: swapped })) }), {
        status: 200,
        headers: { 'content-type': 'application/json' },
      });
    if (path.includes('/wraps')) asked++;
    return null;
  };
  const [said] = (await one.app.readGrants()).grants;
  assert.deepEqual([said.changed, said.name], [true, 'Priya K']);
  await assert.rejects(one.app.renewGrant(said.grant, { words: WORDS }), ({ code }) => code === 'keys_changed');
  await one.phone.ctx.open.syncing.now();
  assert.equal(asked, 0);
  one.faults.before = null;
  assert.equal((await one.app.meetAdvocate(other.words)).before, true);
});

test('a grant that the server says is longer, wider or somebody else’s is what the keeper signed', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const [made] = await one.letIn(await one.app.meetAdvocate(priya.words));
  const own = await one.phone.ctx.api.withSession({ path: '/v1/grants' });
  one.faults.before = (path) =>
    path === '/v1/grants'
      ? new Response(
          JSON.stringify({
            ...own,
            grants: own.grants.map((row) => ({ ...row, not_after: row.not_after + 90 * DAY, grant: row.grant })),
          }),
          { status: 200, headers: { 'content-type': 'application/json' } },
        )
      : null;
  assert.equal((await one.app.readGrants()).grants[0].not_after, made.not_after);
  // Under another id it does not open, and lets nobody in.
  one.faults.before = (path) =>
    path === '/v1/grants'
      ? new Response(
          JSON.stringify({ ...own, grants: own.grants.map((row) => ({ ...row, grant: formatId(newId()) })) }),
          { status: 200, headers: { 'content-type': 'application/json' } },
        )
      : null;
  assert.deepEqual((await one.app.readGrants()).grants, []);
});

test('renewed in the last seven days only, with one tap; narrowed at any time, never widened', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const met = await one.app.meetAdvocate(priya.words);
  const [long] = await one.letIn(met, { rights: ['view', 'comment'] });
  await assert.rejects(one.app.renewGrant(long.grant, { words: WORDS }), ({ code }) => code === 'too_early');
  await assert.rejects(
    one.app.narrowGrant(long.grant, { rights: ['view', 'comment', 'pack'] }, { words: WORDS }),
    ({ code }) => code === 'wider',
  );
  await assert.rejects(
    one.app.narrowGrant(long.grant, { restricted: true }, { words: WORDS }),
    ({ code }) => code === 'wider',
  );
  const less = await one.app.narrowGrant(
    long.grant,
    { rights: ['view'], scope: { records: [one.record] }, not_after: one.app.usualEnd() - 26 * DAY },
    { words: WORDS },
  );
  const standing = (await one.app.readGrants()).grants.filter(({ ended_at }) => ended_at === null);
  assert.deepEqual(
    standing.map(({ grant, said }) => [grant, said.rights, said.prev]),
    [[less.grant, ['view'], long.grant]],
  );
  const renewed = await one.app.renewGrant(less.grant, { words: WORDS });
  assert.ok(renewed.not_after > less.not_after + 20 * DAY);
  // What was on its way when they were let in is given in the run that brings its receipt.
  const seen = await untilReads(priya, (found) => narratives(found).length === 1);
  assert.deepEqual(narratives(seen), ['He waited outside again.']);
  assert.equal(seen.granted.other.name, 'Maya');
});

test('nine words typed without a signal are kept, and looked up when there is one', async () => {
  const one = await keeper();
  const priya = await desk(server);
  one.faults.before = () => {
    throw new TypeError('Failed to fetch');
  };
  assert.deepEqual((await one.app.meetAdvocate(priya.words)).name, '');
  assert.deepEqual(
    (await one.app.readMet()).map(({ ecdsa_pub, trouble }) => [ecdsa_pub, trouble]),
    [['', null]],
  );
  one.faults.before = null;
  const [met] = await one.app.readMet();
  assert.equal(met.name, 'Priya K');
  await one.letIn(met);
  assert.deepEqual(narratives(await reads(priya)), ['He waited outside again.']);
});

test('another device of the diary gives nothing either, though the server says that the grant stands', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const [made] = await one.letIn(await one.app.meetAdvocate(priya.words));
  one.faults.before = (path, options) =>
    options.method === 'DELETE' && path.includes('/grants/') ? new Response(null, { status: 204 }) : null;
  await one.app.endGrant(made.grant, { words: WORDS });
  await until(one, isKept, 'kept');
  await one.phone.ctx.open.syncing.now();
  const faults = { before: one.faults.before };
  const two = makePhone({
    origin: server.base,
    send: sender(server.base, faults),
    clock: one.phone.clock,
    packActions: grantActions,
  });
  await two.app.start();
  await two.app.signIn({ login: one.app.state.account.login, words: WORDS });
  await two.ctx.open.syncing.now();
  await two.app.saveIncident({ record: null, fields: { narrative: 'Written on the other one.' }, restricted: {} });
  await until(two, isKept, 'kept');
  await two.ctx.open.syncing.now();
  assert.deepEqual(narratives(await reads(priya)), ['He waited outside again.']);
  const [said] = (await two.app.readGrants()).grants;
  assert.deepEqual([said.mine, said.unheard], [true, true]);
  // Out of what the keeper sealed: the server gives no names.
  assert.deepEqual([said.name, said.organisation], ['Priya K', 'Stalking Support North']);
});
