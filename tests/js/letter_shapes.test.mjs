/** Letters, summaries and statements about packs: the valid ones pass, and one with a single fault is refused. */
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { importKey } from '#app/crypto/cobblestone.js';
import * as envelope from '#app/crypto/envelope.js';
import { PROMPTS, checkLetter, letterHeader, openLetter, sealLetter } from '#app/crypto/sharing/letters.js';
import { padVersion } from '#app/crypto/padding.js';
import { hpkeSeal } from '#app/crypto/hpke.js';
import { sanitiseName, verifyPreparedStatement, signPreparedStatement } from '#app/crypto/sharing/prepared.js';
import { importSigningKey, sign } from '#app/crypto/signing.js';
import { SUMMARY } from '#app/crypto/sharing/summaries.js';
import { DAY, badSignature, withChanges, codeOf, signGrant, id, makePerson } from './phone/grants.mjs';

const [diary, grant] = [id(), id()];

let keeper;
let advocate;
before(async () => {
  [keeper, advocate] = [await makePerson('Jo'), await makePerson('PK')];
});
const makeGrant = (options) => signGrant(keeper, advocate, { diary, grant }, options);

const question = (overrides = {}) => ({ about: id(), text: 'When was it?', ...overrides });
const makeTurn = (overrides = {}) => withChanges({ asked: 'tell_me', said: 'He came.', words: '' }, overrides);
const assisted = (overrides = {}) =>
  withChanges(
    {
      by: 'PK',
      held_at: 5,
      how: 'call',
      incident: {},
      read_back: true,
      turns: [makeTurn()],
      tz: 'Europe/London',
      under_18: false,
    },
    overrides,
  );

test('letters: a question about an entry and an assisted entry are valid at every limit', async () => {
  const at = { diary, grant, letter: id() };
  for (const [kind, fields] of [
    ['question', question()],
    ['assisted', assisted()],
    ...['call', 'video_call', 'meeting'].map((talkKind) => ['assisted', assisted({ how: talkKind })]),
    ...PROMPTS.map((prompt) => ['assisted', assisted({ turns: [makeTurn({ asked: prompt })] })]),
    ['assisted', assisted({ turns: [makeTurn({ asked: 'own', words: 'Who?' }), makeTurn({ asked: '', said: '' })] })],
    [
      'assisted',
      assisted({ turns: [makeTurn({ asked: 'own', words: 'w'.repeat(2_000), said: '😢'.repeat(20_000) })] }),
    ],
    ['assisted', assisted({ turns: Array.from({ length: 100 }, () => makeTurn()) })],
    ['assisted', assisted({ held_at: 0, read_back: false, under_18: true, by: "Ä. O'N-R", tz: 'z'.repeat(64) })],
    [
      'assisted',
      assisted({
        incident: {
          who: 'x',
          behaviours: [],
          channel: 'sms',
          place_category: 'home',
          language: 'en',
          precision: 'day',
          tz: 'UTC',
          occurred_start: 1,
          occurred_end: 2,
          occurred_local: '',
          time_source: '',
          utc_offset_min: 0,
        },
      }),
    ],
    ['assisted', assisted({ under_18: true, incident: { language: 'en', precision: 'day' } })],
  ]) {
    const content = { fields, from: advocate.print, made_at: 7, what: kind };
    const letter = await openLetter(
      keeper.hpke.scalar,
      await sealLetter({ key: advocate.key, pub: advocate.ecdsa.pub }, keeper.hpke.pub, at, content),
      at,
      advocate.ecdsa.pub,
    );
    assert.deepEqual(letter, { ...content, ...at, t: 'letter/v1', sig: letter.sig });
  }
});

test('letters: one with a single fault is neither sealed nor opened', async () => {
  const at = { diary, grant, letter: id() };
  const sealLetterWith = async (change) =>
    sealLetter({ key: advocate.key, pub: advocate.ecdsa.pub }, keeper.hpke.pub, at, change);
  const forgeLetter = async (change) => {
    const valid = withChanges(
      { fields: question(), from: advocate.print, made_at: 7, what: 'question', ...at, t: 'letter/v1' },
      change,
    );
    const letter = { ...valid, sig: b64(await sign(advocate.key, canonicalBytes(valid))) };
    return hpkeSeal(keeper.hpke.pub, 'letter', letterHeader(at), padVersion(canonicalBytes(letter)));
  };
  const open = async (sealedBytes, signer = advocate) =>
    openLetter(keeper.hpke.scalar, sealedBytes, at, signer.ecdsa.pub);
  assert.equal(await codeOf(open(await forgeLetter({}))), 'holds');
  assert.equal(await codeOf(open(await forgeLetter({}), keeper)), 'bad_signature');
  for (const change of [
    { what: 'order' },
    { t: 'letter/v2' },
    { made_at: '7' },
    { fields: null },
    { fields: [] },
    { more: 1 },
    { from: undefined },
    { diary: id() },
    { grant: id() },
    { letter: id() },
    { fields: question({ about: 'x' }) },
    { fields: question({ text: '' }) },
    { fields: question({ text: 5 }) },
    { fields: question({ more: 1 }) },
    { fields: {} },
  ]) {
    assert.equal(await codeOf(open(await forgeLetter(change))), 'bad_signature', JSON.stringify(change));
    if (!change.diary && !change.grant && !change.letter && !change.t && !('from' in change)) {
      await assert.rejects(
        sealLetterWith({ fields: question(), from: advocate.print, made_at: 7, what: 'question', ...change }),
        badSignature,
        JSON.stringify(change),
      );
    }
  }
  for (const change of [
    { by: '' },
    { by: 'P'.repeat(13) },
    { by: ' PK' },
    { by: 'P1' },
    { by: "'" },
    { by: 5 },
    { held_at: -1 },
    { held_at: '5' },
    { how: 'letter' },
    { how: 5 },
    { how: undefined },
    { incident: null },
    { incident: [] },
    { incident: { narrative: 'x' } },
    { under_18: true, incident: { who: 'x' } },
    { under_18: true, incident: { behaviours: [] } },
    { read_back: 1 },
    { under_18: 0 },
    { turns: [] },
    { turns: null },
    { turns: Array.from({ length: 101 }, () => makeTurn()) },
    { turns: [makeTurn({ said: '' })] },
    { tz: '' },
    { tz: 'z'.repeat(65) },
    { tz: 5 },
    { more: 1 },
    { turns: [null] },
    { turns: [makeTurn({ more: 1 })] },
    { turns: [makeTurn({ words: undefined })] },
    { turns: [makeTurn({ asked: 'why' })] },
    { turns: [makeTurn({ said: 5 })] },
    { turns: [makeTurn({ said: 's'.repeat(20_001) })] },
    { turns: [makeTurn({ words: 'leading' })] },
    { turns: [makeTurn({ asked: 'own', words: '' })] },
    { turns: [makeTurn({ asked: 'own', words: 'w'.repeat(2_001) })] },
    { turns: [makeTurn({ asked: '', words: 'x' })] },
    { under_18: true, turns: [makeTurn({ asked: '' })] },
  ])
    assert.equal(
      await codeOf(open(await forgeLetter({ what: 'assisted', fields: assisted(change) }))),
      'bad_signature',
      JSON.stringify(change).slice(0, 90),
    );
  const valid = { fields: question(), from: advocate.print, made_at: 7, what: 'question', ...at, t: 'letter/v1' };
  const letter = { ...valid, sig: b64(await sign(advocate.key, canonicalBytes(valid))) };
  await checkLetter(letter, advocate.ecdsa.pub, at);
  for (const place of [
    { ...at, diary: id() },
    { ...at, grant: id() },
    { ...at, letter: id() },
  ])
    await assert.rejects(checkLetter(letter, advocate.ecdsa.pub, place), badSignature);
  await assert.rejects(checkLetter({ ...letter, made_at: 8 }, advocate.ecdsa.pub, at), badSignature);
  const garbage = await hpkeSeal(keeper.hpke.pub, 'letter', letterHeader(at), padVersion(new Uint8Array([1, 2])));
  assert.equal(await codeOf(open(garbage)), 'not_opened');
});

test('summaries: counts and dates are valid at every limit, and nothing else is', async () => {
  const [key, at] = [randomBytes(32), { diary, grant }];
  const dueDate = (change = {}) => withChanges({ at: 1, what: 'update_due' }, change);
  const valid = {
    dates: [dueDate(), dueDate({ what: 'recording_wiped', at: -1 })],
    entries: 0,
    made_at: 0,
    newest_at: 0,
  };
  for (const change of [
    {},
    { newest_at: null },
    { entries: 5, made_at: 6, newest_at: 7 },
    { dates: [] },
    { dates: Array.from({ length: 40 }, () => dueDate()) },
  ]) {
    assert.deepEqual(await SUMMARY.open(key, await SUMMARY.seal(key, at, { ...valid, ...change }), at), {
      ...valid,
      ...change,
      t: 'summary/v1',
    });
  }
  for (const change of [
    { entries: -1 },
    { entries: '1' },
    { entries: undefined },
    { made_at: -1 },
    { newest_at: -1 },
    { newest_at: undefined },
    { newest_at: 'x' },
    { more: 1 },
    { dates: null },
    { dates: [null] },
    { dates: [dueDate({ at: '1' })] },
    { dates: [dueDate({ what: 'danger' })] },
    { dates: [dueDate({ more: 1 })] },
    { dates: [dueDate({ at: undefined })] },
    { dates: Array.from({ length: 41 }, () => dueDate()) },
  ]) {
    await assert.rejects(
      SUMMARY.seal(key, at, withChanges(valid, change)),
      { code: 'not_opened' },
      JSON.stringify(change),
    );
    const forged = await envelope.seal(
      await importKey(key),
      'summary',
      SUMMARY.header(at),
      padVersion(canonicalBytes(withChanges({ ...valid, t: 'summary/v1' }, change))),
    );
    await assert.rejects(SUMMARY.open(key, forged, at), { code: 'not_opened' }, JSON.stringify(change));
  }
  const typed = await envelope.seal(
    await importKey(key),
    'summary',
    SUMMARY.header(at),
    padVersion(canonicalBytes({ ...valid, t: 'marks/v1' })),
  );
  await assert.rejects(SUMMARY.open(key, typed, at), { code: 'not_opened' });
  const garbage = await envelope.seal(await importKey(key), 'summary', SUMMARY.header(at), new Uint8Array(4));
  await assert.rejects(SUMMARY.open(key, garbage, at), { code: 'not_opened' });
});

test('a statement about a pack names its advocate, organisation, and a grant that allows it', async () => {
  const advocateKeys = { ecdsa: advocate.ecdsa, hpke: advocate.hpke };
  const statementFields = {
    by: 'PK',
    organisation: 'A charity',
    pack: id(),
    folder: 'Pack-1',
    made_at: 6 * DAY,
    list: b64(randomBytes(32)),
    record: '',
  };
  const grantWithPack = await makeGrant({ rights: ['view', 'pack'] });
  const signPrepared = async (change = {}, grantSaid = grantWithPack) =>
    JSON.parse(
      new TextDecoder().decode(await signPreparedStatement(advocateKeys, grantSaid, { ...statementFields, ...change })),
    );
  const check = (statement) => codeOf(verifyPreparedStatement(statement, keeper.pubs.ecdsa_pub));
  const valid = await signPrepared();
  assert.equal(await verifyPreparedStatement(valid, keeper.pubs.ecdsa_pub), valid);
  for (const change of [
    { by: 'n'.repeat(80) },
    { organisation: '😢'.repeat(80) },
    { made_at: 5 * DAY },
    { made_at: 35 * DAY - 1 },
  ]) {
    assert.equal(await check(await signPrepared(change)), 'holds', JSON.stringify(change));
  }
  for (const [change, fieldsChanged] of [
    [{}, await makeGrant()],
    [{ made_at: 5 * DAY - 1 }, grantWithPack],
    [{ made_at: 35 * DAY }, grantWithPack],
  ]) {
    await assert.rejects(signPrepared(change, fieldsChanged), { code: 'not_found' });
  }
  const signAgain = async (change, signerKeys = advocateKeys) => {
    const { sig: _sig, ...fields } = withChanges(valid, change);
    return { ...fields, sig: b64(await sign(await importSigningKey(signerKeys.ecdsa), canonicalBytes(fields))) };
  };
  assert.equal(await check(await signAgain({})), 'holds');
  const stranger = await makePerson('x');
  for (const change of [
    { by: '' },
    { by: 5 },
    { by: 'n'.repeat(81) },
    { by: 'a\nb' },
    { by: 'a\u2028b' },
    { by: 'a\x7fb' },
    { by: '\x1b[2J' },
    { organisation: '' },
    { organisation: 'n'.repeat(81) },
    { organisation: 'a\tb' },
    { t: 'prepared/v2' },
    { more: 1 },
    { record: undefined },
    { made_at: 5 * DAY - 1 },
    { made_at: 35 * DAY },
    { made_at: '6' },
    { grant: await makeGrant() },
    { grant: await makeGrant({ rights: ['view', 'pack'], to: stranger.print }) },
    { ecdsa_pub: stranger.pubs.ecdsa_pub },
    { hpke_pub: stranger.pubs.hpke_pub },
  ])
    assert.equal(await check(await signAgain(change)), 'bad_signature', JSON.stringify(change).slice(0, 80));
  assert.equal(await check({ ...valid, by: 'XX' }), 'bad_signature');
  assert.equal(await codeOf(verifyPreparedStatement(valid, stranger.pubs.ecdsa_pub)), 'bad_signature');
  assert.deepEqual(['  PK ', 'a\nb\u2029c', '\x1b', '', 'n'.repeat(81), '😢'.repeat(81)].map(sanitiseName), [
    'PK',
    'a b c',
    '?',
    '?',
    'n'.repeat(80),
    '😢'.repeat(80),
  ]);
});
