/** Grants and what their envelopes hold: what is whole holds, and what is wrong in one place does not. */
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { b64, randomBytes } from '#app/core/bytes.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { importKey } from '#app/crypto/cobblestone.js';
import * as envelope from '#app/crypto/envelope.js';
import * as grants from '#app/crypto/sharing/grants.js';
import { grantWrapHeader } from '#app/crypto/keys.js';
import { padVersion } from '#app/crypto/padding.js';
import { hpkeSeal } from '#app/crypto/hpke.js';
import { importSigningKey, newKeyPair, sign } from '#app/crypto/signing.js';
import { signStatement } from '#app/crypto/sharing/statements.js';
import { DAY, badSignature, bent, codeOf, fieldsOf, granted, id, person } from './phone/granted.mjs';

const [diary, grant] = [id(), id()];

let keeper;
let advocate;
let accountKey;
before(async () => {
  [keeper, advocate] = [await person('Jo'), await person('PK')];
  accountKey = await importKey(randomBytes(32));
});

const fields = (more) => fieldsOf(keeper, advocate, { diary, grant }, more);
const made = (more) => granted(keeper, advocate, { diary, grant }, more);
/** Signed by its keeper whatever it says, as a broken app would. */
const signed = async (more) => {
  const whole = { ...fields(more), t: more?.t ?? 'grant/v1' };
  return { ...whole, sig: b64(await sign(keeper.key, canonicalBytes(whole))) };
};

test('a grant within its bounds is made, at every edge of them', async () => {
  for (const more of [
    {},
    { prev: id() },
    { restricted: true },
    { rights: ['view', 'comment'] },
    { rights: ['view', 'pack'] },
    { rights: ['view', 'comment', 'pack'] },
    { scope: { case: id() } },
    { scope: { records: [id()] } },
    { scope: { records: Array.from({ length: 500 }, id) } },
    { purpose: 'p' },
    { purpose: '😢'.repeat(200) },
    { made_at: 0, not_after: 1 },
    { not_after: 185 * DAY },
    { earlier: b64(new Uint8Array(32)) },
  ]) {
    const said = await made(more);
    assert.deepEqual(said, { ...fields(more), t: 'grant/v1', sig: said.sig });
    await grants.checkGrant(said, keeper.ecdsa.pub);
  }
});

test('a grant that is wrong in one place is neither made nor taken', async () => {
  const one = id();
  for (const more of [
    { diary: 'x' },
    { grant: 'x' },
    { prev: 'x' },
    { prev: undefined },
    { restricted: 1 },
    { restricted: undefined },
    { rights: [] },
    { rights: ['comment'] },
    { rights: ['view', 'view'] },
    { rights: ['pack', 'view'] },
    { rights: ['view', 'pack', 'comment'] },
    { rights: ['view', 'all'] },
    { rights: 'view' },
    { rights: null },
    { scope: {} },
    { scope: null },
    { scope: [] },
    { scope: { all: false } },
    { scope: { all: true, case: id() } },
    { scope: { case: 'x' } },
    { scope: { case: null } },
    { scope: { records: [] } },
    { scope: { records: 'all' } },
    { scope: { records: [one, one] } },
    { scope: { records: [one, 'x'] } },
    { scope: { records: Array.from({ length: 501 }, id) } },
    { scope: { more: true } },
    { purpose: '' },
    { purpose: 'p'.repeat(201) },
    { purpose: 5 },
    { made_at: -1 },
    { made_at: '5' },
    { not_after: 5 * DAY },
    { not_after: 4 * DAY },
    { not_after: 185 * DAY + 1 },
    { not_after: null },
    { earlier: b64(new Uint8Array(31)) },
    { earlier: 5 },
    { from: b64(new Uint8Array(31)) },
    { to: 'x' },
    { to: undefined },
    { more: 1 },
  ]) {
    await assert.rejects(made(more), badSignature, JSON.stringify(more));
    await assert.rejects(grants.checkGrant(await signed(more), keeper.ecdsa.pub), badSignature, JSON.stringify(more));
  }
  await assert.rejects(grants.checkGrant(await signed({ t: 'grant/v2' }), keeper.ecdsa.pub), badSignature);
  await assert.rejects(grants.checkGrant(null, keeper.ecdsa.pub), badSignature);
  const said = await made();
  await assert.rejects(grants.checkGrant({ ...said, purpose: 'Other' }, keeper.ecdsa.pub), badSignature);
  await assert.rejects(grants.checkGrant(said, advocate.ecdsa.pub), badSignature);
  assert.equal(await codeOf(grants.checkGrant(await signed(), keeper.ecdsa.pub)), 'holds');
});

/** What an envelope of a grant says, with one thing in it replaced. */
const told = (said, key, more = {}) =>
  padVersion(
    canonicalBytes(
      bent(
        { ecdsa_pub: keeper.pubs.ecdsa_pub, grant: said, hpke_pub: keeper.pubs.hpke_pub, key: b64(key), name: 'Jo' },
        more,
      ),
    ),
  );

test('an advocate opens what was sealed to them, and nothing that is not whole or is for somebody else', async () => {
  const [said, key] = [await made(), randomBytes(32)];
  const open = (sealed, at = { diary, grant }, by = advocate) => grants.openForAdvocate(by, sealed, at);
  const whole = await open(await grants.sealForAdvocate(advocate.pubs, keeper.pubs, said, key));
  assert.deepEqual([whole.terms, whole.key, whole.other, whole.earlier], [said, key, keeper.pubs, []]);
  assert.deepEqual(whole.authors, [{ pub: keeper.pubs.ecdsa_pub, seq: null }]);
  const sealed = (plaintext, header = grants.grantHeader(said)) =>
    hpkeSeal(advocate.hpke.pub, 'grant', header, plaintext);
  assert.equal(await codeOf(open(await sealed(told(said, key)))), 'holds');
  for (const more of [
    { more: 1 },
    { grant: null },
    { grant: undefined },
    { key: b64(randomBytes(31)) },
    { key: 5 },
    { name: '' },
    { name: 'n'.repeat(81) },
    { name: undefined },
    { ecdsa_pub: 'x' },
    { hpke_pub: undefined },
    { earlier: [] },
    { earlier: 'x' },
    { earlier: [5] },
  ])
    assert.equal(await codeOf(open(await sealed(told(said, key, more)))), 'not_opened', JSON.stringify(more));
  assert.equal(await codeOf(open(await sealed(told(said, key, { name: 'n'.repeat(80) })))), 'holds');
  for (const more of [{ diary: id() }, { grant: id() }, { to: keeper.print }, { from: advocate.print }]) {
    assert.equal(await codeOf(open(await sealed(told(await made(more), key)))), 'bad_signature', JSON.stringify(more));
  }
  const stranger = await person('Jo');
  assert.equal(
    await codeOf(open(await sealed(told(said, key, { hpke_pub: stranger.pubs.hpke_pub })))),
    'bad_signature',
  );
  assert.equal(await codeOf(open(await sealed(told(said, key, stranger.pubs)))), 'bad_signature');
  assert.equal(await codeOf(open(await sealed(told(said, key)), { diary, grant: id() })), 'not_opened');
  assert.equal(await codeOf(open(await sealed(told(said, key)), { diary, grant }, stranger)), 'not_opened');
});

test('the earlier keys in a grant are those it was signed with, of its own diary, and forty at most', async () => {
  const key = randomBytes(32);
  const pairs = await Promise.all(Array.from({ length: 3 }, newKeyPair));
  const chain = [...pairs, keeper.ecdsa];
  const statements = await Promise.all(
    pairs.map(async (pair, i) =>
      signStatement(await importSigningKey(pair), {
        account: diary,
        beacon: null,
        diary,
        ecdsa_pub: b64(chain[i + 1].pub),
        epoch: i + 2,
        head: b64(new Uint8Array(32)),
        hpke_pub: b64(chain[i + 1].pub),
        old: b64(pair.pub),
        seq: i,
        ts: i,
      }),
    ),
  );
  const open = async (said, earlier) =>
    grants.openForAdvocate(advocate, await grants.sealForAdvocate(advocate.pubs, keeper.pubs, said, key, earlier), {
      diary,
      grant,
    });
  const said = await made(grants.bindKeyStatements(statements));
  const whole = await open(said, statements);
  assert.deepEqual(whole.earlier, statements);
  assert.deepEqual(
    whole.authors.map(({ pub, seq }) => [pub, seq]),
    [...pairs.map(({ pub }, i) => [b64(pub), i]), [keeper.pubs.ecdsa_pub, null]],
  );
  for (const [what, one, earlier] of [
    ['others than were signed', said, statements.slice(1)],
    ['none where some were signed', said, []],
    ['some where none were signed', await made(), statements],
    ['in another order', await made(grants.bindKeyStatements(statements.toReversed())), statements.toReversed()],
    ['without the newest', await made(grants.bindKeyStatements(statements.slice(0, 2))), statements.slice(0, 2)],
  ])
    assert.equal(await codeOf(open(one, earlier)), 'bad_signature', what);
  const { sig: _sig, t: _t, ...last } = statements[2];
  const elsewhere = await signStatement(await importSigningKey(pairs[2]), { ...last, diary: id() });
  assert.equal(
    await codeOf(open(await made(grants.bindKeyStatements([elsewhere])), [elsewhere])),
    'bad_signature',
    'of another diary',
  );
  assert.deepEqual(grants.bindKeyStatements([]), {});
  const many = Array.from({ length: 41 }, (_, n) => n);
  assert.deepEqual([grants.newestStatements(many), grants.newestStatements([1])], [many.slice(1), [1]]);
});

test('the keeper’s copy opens where it lies, under the keeper’s key, and nowhere else', async () => {
  const [said, key] = [await made(), randomBytes(32)];
  const open = (sealed, at = said) => grants.openKeeperCopy(accountKey, sealed, keeper.ecdsa.pub, at);
  assert.deepEqual(await open(await grants.sealForKeeper(accountKey, advocate.pubs, said, key)), {
    terms: said,
    key,
    other: advocate.pubs,
  });
  const sealed = (plaintext, header = grants.grantHeader(said)) =>
    envelope.seal(accountKey, 'grant', header, plaintext);
  const to = { ecdsa_pub: advocate.pubs.ecdsa_pub, hpke_pub: advocate.pubs.hpke_pub, name: 'PK' };
  assert.equal(await codeOf(open(await sealed(told(said, key, to)))), 'holds');
  for (const more of [{ diary: id() }, { grant: id() }, { to: keeper.print }]) {
    assert.equal(await codeOf(open(await sealed(told(await made(more), key, to)))), 'not_opened', JSON.stringify(more));
  }
  assert.equal(await codeOf(open(await sealed(told(said, key, { ...to, earlier: [{}] })))), 'not_opened');
  assert.equal(
    await codeOf(open(await sealed(told(said, key, { ...to, hpke_pub: keeper.pubs.hpke_pub })))),
    'not_opened',
  );
  assert.equal(await codeOf(open(await sealed(told(said, key, to)), { ...said, to: keeper.print })), 'not_opened');
});

test('keys and digests of a version: what a grant gives, in its order, and no part that it does not', async () => {
  const [version, key, keys] = [id(), randomBytes(32), [randomBytes(32), randomBytes(32)]];
  for (const restricted of [true, false]) {
    const given = { terms: await made({ restricted }), key };
    const wraps = await grants.wrapVersionKeys(given, version, keys);
    assert.deepEqual(await grants.unwrapVersionKeys(given, version, wraps), keys.slice(0, restricted ? 2 : 1));
    assert.deepEqual(grants.grantedParts(given.terms), restricted ? ['open', 'restricted'] : ['open']);
    assert.equal((await grants.wrapVersionKeys(given, version, keys.slice(0, 1))).length, 1);
    await assert.rejects(grants.unwrapVersionKeys(given, id(), wraps), { code: 'not_opened' });
    if (!restricted)
      await assert.rejects(grants.unwrapVersionKeys(given, version, [...wraps, ...wraps]), { code: 'not_opened' });
    else await assert.rejects(grants.unwrapVersionKeys(given, version, wraps.toReversed()), { code: 'not_opened' });
  }
  assert.deepEqual(
    [['view'], ['view', 'pack']].flatMap((rights) =>
      [true, false].map((restricted) => grants.givesDigests({ restricted, rights })),
    ),
    [false, false, false, true],
  );
  const given = { terms: await made({ rights: ['view', 'pack'] }), key };
  const [opener, digests] = [await importKey(key), { place_detail: b64(randomBytes(32)) }];
  const open = (sealed) => grants.openDigests(opener, given.terms, version, sealed);
  assert.deepEqual(await open(await grants.sealDigests(given, version, digests)), digests);
  assert.deepEqual(await open(await grants.sealDigests(given, version, {})), {});
  for (const one of [
    { digests: { a: b64(randomBytes(31)) }, t: 'apart/v1' },
    { digests: { a: 5 }, t: 'apart/v1' },
    { digests: [], t: 'apart/v1' },
    { digests, t: 'apart/v2' },
    { digests, t: 'apart/v1', more: 1 },
    { t: 'apart/v1' },
    [],
  ]) {
    const sealed = await envelope.seal(
      opener,
      'wrap',
      grantWrapHeader(given.terms, 'restricted', version),
      canonicalBytes(one),
    );
    await assert.rejects(open(sealed), { code: 'not_opened' }, JSON.stringify(one));
  }
});
