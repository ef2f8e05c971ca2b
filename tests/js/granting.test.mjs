/** A keeper lets an advocate in: nine words, what was and what comes, a server between them, the end. The advocate is played here. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { b64, random, unb64 } from '../../static/js/core/bytes.js';
import { fixedClock } from '../../static/js/core/clock.js';
import { readFrames } from '../../static/js/core/encoding.js';
import { newId, idText } from '../../static/js/core/ids.js';
import { grantActions } from '../../static/js/actions/granting.js';
import { fingerprintWords } from '../../static/js/crypto/fingerprints.js';
import { openForAdvocate, unwrapKeys } from '../../static/js/crypto/grants.js';
import { openSummary } from '../../static/js/crypto/summaries.js';
import { importKey } from '../../static/js/crypto/cobblestone.js';
import * as envelope from '../../static/js/crypto/envelope.js';
import { unpad } from '../../static/js/crypto/padding.js';
import { desk } from './phone/desk.mjs';
import { WORDS, phoneWithEntry, until } from './phone/phone.mjs';
import { sender, startServer } from './phone/server.mjs';

const DAY = 86_400_000;
let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const isKept = ({ entries }) => entries.length > 0 && entries.every(({ state }) => state.code === 'kept');
const all = (app) => ({ scope: { all: true }, rights: ['view'], restricted: false, not_after: app.usualEnd(), purpose: 'Help with a report' });

async function keeper(words = 'He waited outside again.') {
  const faults = {};
  const made = await phoneWithEntry({ origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()), packActions: grantActions }, words);
  await made.app.register({ words: WORDS });
  await until(made, isKept, 'kept');
  return { ...made, faults };
}

/** What the advocate reads of the one client there is. */
async function reads(one) {
  const { clients } = await one.told('GET', '/v1/clients');
  const found = [];
  for (const row of clients) {
    const granted = await openForAdvocate(one.keys, unb64(row.sealed), row);
    const { bytes } = await one.ask('GET', `/v1/clients/${row.grant}/changes`);
    for (const frame of readFrames(bytes, { atMost: 400 })) {
      const [facts, sealed, wraps] = readFrames(frame);
      const { record, version } = JSON.parse(new TextDecoder().decode(facts));
      const [key] = await unwrapKeys(granted, version, readFrames(wraps));
      const parts = readFrames(sealed);
      const header = { diary: row.diary, part: 'open', record, t: 'version', version };
      const { fields } = JSON.parse(new TextDecoder().decode(unpad(await envelope.open(await importKey(key), parts[parts.length / 2], 'version', header))));
      found.push({ kind: fields._kind, narrative: fields.narrative });
    }
    if (row.summary) found.summary = await openSummary(granted.key, unb64(row.summary), row);
    found.granted = granted;
  }
  return found;
}

const narratives = (found) => found.flatMap(({ narrative }) => narrative ?? []).sort();

test('nine words, what was and what comes, a note never, and nothing after the end', async () => {
  const one = await keeper();
  const priya = await desk(server);
  await one.app.saveNote(one.app.state.entries[0].record, 'nobody else reads this');
  await until(one, isKept, 'kept');
  const met = await one.app.meetAdvocate(priya.words.toUpperCase());
  assert.deepEqual([met.name, met.organisation, met.words], ['Priya K', 'Stalking Support North', priya.words]);
  assert.equal((await one.app.previewGrant({ all: true })).entries, 1);
  await one.app.letIn(met, all(one.app), 'Maya');
  let seen = await reads(priya);
  assert.deepEqual(narratives(seen), ['He waited outside again.']);
  assert.equal(seen.granted.other.name, 'Maya');
  assert.equal(seen.summary.entries, 1);
  await one.app.saveIncident({ record: null, fields: { narrative: 'He was there on Monday too.' }, restricted: {} });
  await until(one, isKept, 'kept');
  for (let i = 0; i < 100 && narratives(seen).length < 2; i++) { await new Promise((go) => setTimeout(go, 50)); seen = await reads(priya); }
  assert.deepEqual(narratives(seen), ['He waited outside again.', 'He was there on Monday too.'].sort());
  assert.ok(seen.every(({ kind }) => !['note', 'settings', 'manifest'].includes(kind)));
  const { grants, looks } = await one.app.readGrants();
  assert.equal(grants[0].name, 'Priya K');
  assert.ok(grants[0].looked_at > 0 && looks.length > 0);
  await one.app.endGrant(grants[0].grant);
  assert.deepEqual(await reads(priya), []);
  await one.app.saveIncident({ record: null, fields: { narrative: 'After the end.' }, restricted: {} });
  await until(one, isKept, 'kept');
  assert.deepEqual(await reads(priya), []);
  assert.ok((await one.app.readGrants()).grants[0].ended_at > 0);
});

test('chosen records only, and a case with what comes into it', async () => {
  const one = await keeper('In the case.');
  const priya = await desk(server);
  const kase = idText(newId());
  const [{ record }] = one.app.state.entries;
  await one.app.saveIncident({ record: null, fields: { narrative: 'Of the case.', case_ids: [kase] }, restricted: {} });
  await until(one, isKept, 'kept');
  const met = await one.app.meetAdvocate(priya.words);
  const chosen = await one.app.letIn(met, { ...all(one.app), scope: { records: [record] } }, 'Maya');
  assert.deepEqual(narratives(await reads(priya)), ['In the case.']);
  await one.app.endGrant(chosen.grant);
  await one.app.letIn(met, { ...all(one.app), scope: { case: kase } }, 'Maya');
  assert.deepEqual(narratives(await reads(priya)), ['Of the case.']);
});

test('a server that puts itself between is refused before anything is given', async () => {
  const one = await keeper();
  const [priya, other] = [await desk(server), await desk(server)];
  one.faults.before = (path) => (path.startsWith('/v1/advocates/') ? new Response(JSON.stringify({
    ecdsa_pub: b64(other.keys.ecdsa.pub), fingerprint: path.split('/').pop(), hpke_pub: b64(other.keys.hpke.pub), name: 'Priya K', organisation: 'Stalking Support North',
  }), { status: 200, headers: { 'content-type': 'application/json' } }) : null);
  await assert.rejects(one.app.meetAdvocate(priya.words), ({ code }) => code === 'wrong_keys');
  one.faults.before = null;
  await assert.rejects(one.app.meetAdvocate('kept kept kept kept kept kept kept kept kept'), ({ code, unknown }) => code === 'bad_request' && unknown.length === 9);
  await assert.rejects(one.app.meetAdvocate(await fingerprintWords(random(12))), ({ code }) => code === 'not_found');
  assert.deepEqual((await one.app.readGrants()).grants, []);
});

test('no longer than half a year, and not before there is a copy off this phone', async () => {
  const one = await keeper();
  const priya = await desk(server);
  const met = await one.app.meetAdvocate(priya.words);
  await assert.rejects(one.app.letIn(met, { ...all(one.app), not_after: one.app.latestEnd() + DAY }, 'Maya'), ({ code }) => code === 'bad_signature');
  const alone = await phoneWithEntry({ packActions: grantActions }, 'Only here.');
  await assert.rejects(alone.app.meetAdvocate(priya.words), ({ code }) => code === 'not_registered');
});
