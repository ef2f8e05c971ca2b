/** Letters, summaries and statements about packs: what is whole holds, and what is wrong in one place does not. */
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { importKey } from '#app/crypto/cobblestone.js';
import * as envelope from '#app/crypto/envelope.js';
import { TALK_KINDS, PROMPTS, checkLetter, letterHeader, openLetter, sealLetter } from '#app/crypto/sharing/letters.js';
import { padVersion } from '#app/crypto/padding.js';
import { hpkeSeal } from '#app/crypto/hpke.js';
import { sanitiseName, verifyPreparedStatement, signPreparedStatement } from '#app/crypto/sharing/prepared.js';
import { importSigningKey, sign } from '#app/crypto/signing.js';
import { SUMMARY } from '#app/crypto/sharing/summaries.js';
import { DAY, badSignature, bent, codeOf, granted, id, person } from './phone/granted.mjs';

const [diary, grant] = [id(), id()];

let keeper;
let advocate;
before(async () => {
  [keeper, advocate] = [await person('Jo'), await person('PK')];
});
const made = (more) => granted(keeper, advocate, { diary, grant }, more);

const asked = (more = {}) => ({ about: id(), text: 'When was it?', ...more });
const turn = (more = {}) => bent({ asked: 'tell_me', said: 'He came.', words: '' }, more);
const assisted = (more = {}) =>
  bent(
    {
      by: 'PK',
      held_at: 5,
      how: 'call',
      incident: {},
      read_back: true,
      turns: [turn()],
      tz: 'Europe/London',
      under_18: false,
    },
    more,
  );

test('letters: a question about an entry and an assisted entry are valid at every limit', async () => {
  const at = { diary, grant, letter: id() };
  for (const [what, said] of [
    ['question', asked()],
    ['assisted', assisted()],
    ...TALK_KINDS.map((how) => ['assisted', assisted({ how })]),
    ...PROMPTS.map((prompt) => ['assisted', assisted({ turns: [turn({ asked: prompt })] })]),
    ['assisted', assisted({ turns: [turn({ asked: 'own', words: 'Who?' }), turn({ asked: '', said: '' })] })],
    ['assisted', assisted({ turns: [turn({ asked: 'own', words: 'w'.repeat(2_000), said: '😢'.repeat(20_000) })] })],
    ['assisted', assisted({ turns: Array.from({ length: 100 }, () => turn()) })],
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
    const told = { fields: said, from: advocate.print, made_at: 7, what };
    const letter = await openLetter(
      keeper.hpke.scalar,
      await sealLetter({ key: advocate.key, pub: advocate.ecdsa.pub }, keeper.hpke.pub, at, told),
      at,
      advocate.ecdsa.pub,
    );
    assert.deepEqual(letter, { ...told, ...at, t: 'letter/v1', sig: letter.sig });
  }
});

test('letters: one with a single fault is neither sealed nor opened', async () => {
  const at = { diary, grant, letter: id() };
  const sealed = async (said) => sealLetter({ key: advocate.key, pub: advocate.ecdsa.pub }, keeper.hpke.pub, at, said);
  const forged = async (said) => {
    const whole = bent(
      { fields: asked(), from: advocate.print, made_at: 7, what: 'question', ...at, t: 'letter/v1' },
      said,
    );
    const letter = { ...whole, sig: b64(await sign(advocate.key, canonicalBytes(whole))) };
    return hpkeSeal(keeper.hpke.pub, 'letter', letterHeader(at), padVersion(canonicalBytes(letter)));
  };
  const open = async (sealedBytes, by = advocate) => openLetter(keeper.hpke.scalar, sealedBytes, at, by.ecdsa.pub);
  assert.equal(await codeOf(open(await forged({}))), 'holds');
  assert.equal(await codeOf(open(await forged({}), keeper)), 'bad_signature');
  for (const said of [
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
    { fields: asked({ about: 'x' }) },
    { fields: asked({ text: '' }) },
    { fields: asked({ text: 5 }) },
    { fields: asked({ more: 1 }) },
    { fields: {} },
  ]) {
    assert.equal(await codeOf(open(await forged(said))), 'bad_signature', JSON.stringify(said));
    if (!said.diary && !said.grant && !said.letter && !said.t && !('from' in said)) {
      await assert.rejects(
        sealed({ fields: asked(), from: advocate.print, made_at: 7, what: 'question', ...said }),
        badSignature,
        JSON.stringify(said),
      );
    }
  }
  for (const more of [
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
    { turns: Array.from({ length: 101 }, () => turn()) },
    { turns: [turn({ said: '' })] },
    { tz: '' },
    { tz: 'z'.repeat(65) },
    { tz: 5 },
    { more: 1 },
    { turns: [null] },
    { turns: [turn({ more: 1 })] },
    { turns: [turn({ words: undefined })] },
    { turns: [turn({ asked: 'why' })] },
    { turns: [turn({ said: 5 })] },
    { turns: [turn({ said: 's'.repeat(20_001) })] },
    { turns: [turn({ words: 'leading' })] },
    { turns: [turn({ asked: 'own', words: '' })] },
    { turns: [turn({ asked: 'own', words: 'w'.repeat(2_001) })] },
    { turns: [turn({ asked: '', words: 'x' })] },
    { under_18: true, turns: [turn({ asked: '' })] },
  ])
    assert.equal(
      await codeOf(open(await forged({ what: 'assisted', fields: assisted(more) }))),
      'bad_signature',
      JSON.stringify(more).slice(0, 90),
    );
  const whole = { fields: asked(), from: advocate.print, made_at: 7, what: 'question', ...at, t: 'letter/v1' };
  const letter = { ...whole, sig: b64(await sign(advocate.key, canonicalBytes(whole))) };
  await checkLetter(letter, advocate.ecdsa.pub, at);
  for (const place of [
    { ...at, diary: id() },
    { ...at, grant: id() },
    { ...at, letter: id() },
  ])
    await assert.rejects(checkLetter(letter, advocate.ecdsa.pub, place), badSignature);
  await assert.rejects(checkLetter({ ...letter, made_at: 8 }, advocate.ecdsa.pub, at), badSignature);
  const junk = await hpkeSeal(keeper.hpke.pub, 'letter', letterHeader(at), padVersion(new Uint8Array([1, 2])));
  assert.equal(await codeOf(open(junk)), 'not_opened');
});

test('summaries: counts and dates are valid at every limit, and nothing else is', async () => {
  const [key, at] = [randomBytes(32), { diary, grant }];
  const due = (more = {}) => bent({ at: 1, what: 'update_due' }, more);
  const whole = { dates: [due(), due({ what: 'recording_wiped', at: -1 })], entries: 0, made_at: 0, newest_at: 0 };
  for (const more of [
    {},
    { newest_at: null },
    { entries: 5, made_at: 6, newest_at: 7 },
    { dates: [] },
    { dates: Array.from({ length: 40 }, () => due()) },
  ]) {
    assert.deepEqual(await SUMMARY.open(key, await SUMMARY.seal(key, at, { ...whole, ...more }), at), {
      ...whole,
      ...more,
      t: 'summary/v1',
    });
  }
  for (const more of [
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
    { dates: [due({ at: '1' })] },
    { dates: [due({ what: 'danger' })] },
    { dates: [due({ more: 1 })] },
    { dates: [due({ at: undefined })] },
    { dates: Array.from({ length: 41 }, () => due()) },
  ]) {
    await assert.rejects(SUMMARY.seal(key, at, bent(whole, more)), { code: 'not_opened' }, JSON.stringify(more));
    const forged = await envelope.seal(
      await importKey(key),
      'summary',
      SUMMARY.header(at),
      padVersion(canonicalBytes(bent({ ...whole, t: 'summary/v1' }, more))),
    );
    await assert.rejects(SUMMARY.open(key, forged, at), { code: 'not_opened' }, JSON.stringify(more));
  }
  const typed = await envelope.seal(
    await importKey(key),
    'summary',
    SUMMARY.header(at),
    padVersion(canonicalBytes({ ...whole, t: 'marks/v1' })),
  );
  await assert.rejects(SUMMARY.open(key, typed, at), { code: 'not_opened' });
  const junk = await envelope.seal(await importKey(key), 'summary', SUMMARY.header(at), new Uint8Array(4));
  await assert.rejects(SUMMARY.open(key, junk, at), { code: 'not_opened' });
});

test('a statement about a pack says by whom, for which organisation, and under a grant that allows its advocate to make one', async () => {
  const own = { ecdsa: advocate.ecdsa, hpke: advocate.hpke };
  const prepared = {
    by: 'PK',
    organisation: 'A charity',
    pack: id(),
    folder: 'Pack-1',
    made_at: 6 * DAY,
    list: b64(randomBytes(32)),
    record: '',
  };
  const lets = await made({ rights: ['view', 'pack'] });
  const of = async (more = {}, said = lets) =>
    JSON.parse(new TextDecoder().decode(await signPreparedStatement(own, said, { ...prepared, ...more })));
  const check = (statement) => codeOf(verifyPreparedStatement(statement, keeper.pubs.ecdsa_pub));
  const whole = await of();
  assert.equal(await verifyPreparedStatement(whole, keeper.pubs.ecdsa_pub), whole);
  for (const more of [
    { by: 'n'.repeat(80) },
    { organisation: '😢'.repeat(80) },
    { made_at: 5 * DAY },
    { made_at: 35 * DAY - 1 },
  ]) {
    assert.equal(await check(await of(more)), 'holds', JSON.stringify(more));
  }
  for (const [more, said] of [
    [{}, await made()],
    [{ made_at: 5 * DAY - 1 }, lets],
    [{ made_at: 35 * DAY }, lets],
  ]) {
    await assert.rejects(of(more, said), { code: 'not_found' });
  }
  const signedAnew = async (more, pairs = own) => {
    const { sig: _sig, ...said } = bent(whole, more);
    return { ...said, sig: b64(await sign(await importSigningKey(pairs.ecdsa), canonicalBytes(said))) };
  };
  assert.equal(await check(await signedAnew({})), 'holds');
  const stranger = await person('x');
  for (const more of [
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
    { grant: await made() },
    { grant: await made({ rights: ['view', 'pack'], to: stranger.print }) },
    { ecdsa_pub: stranger.pubs.ecdsa_pub },
    { hpke_pub: stranger.pubs.hpke_pub },
  ])
    assert.equal(await check(await signedAnew(more)), 'bad_signature', JSON.stringify(more).slice(0, 80));
  assert.equal(await check({ ...whole, by: 'XX' }), 'bad_signature');
  assert.equal(await codeOf(verifyPreparedStatement(whole, stranger.pubs.ecdsa_pub)), 'bad_signature');
  assert.deepEqual(['  PK ', 'a\nb\u2029c', '\x1b', '', 'n'.repeat(81), '😢'.repeat(81)].map(sanitiseName), [
    'PK',
    'a b c',
    '?',
    '?',
    'n'.repeat(80),
    '😢'.repeat(80),
  ]);
});
