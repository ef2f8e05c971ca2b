/** Grants and their envelopes: a valid one is accepted, and one that is wrong in one place is refused. */
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
import { DAY, badSignature, withChanges, codeOf, grantFieldsOf, signGrant, id, makePerson } from './phone/grants.mjs';

const [diary, grant] = [id(), id()];

let keeper;
let advocate;
let accountKey;
before(async () => {
  [keeper, advocate] = [await makePerson('Jo'), await makePerson('PK')];
  accountKey = await importKey(randomBytes(32));
});

const grantFields = (more) => grantFieldsOf(keeper, advocate, { diary, grant }, more);
const makeGrant = (more) => signGrant(keeper, advocate, { diary, grant }, more);
/** Sign a grant without checks, as a broken app would. */
const signUnchecked = async (more) => {
  const whole = { ...grantFields(more), t: more?.t ?? 'grant/v1' };
  return { ...whole, sig: b64(await sign(keeper.key, canonicalBytes(whole))) };
};

test('a grant at each limit is made and accepted', async () => {
  for (const changes of [
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
    const terms = await makeGrant(changes);
    assert.deepEqual(terms, { ...grantFields(changes), t: 'grant/v1', sig: terms.sig });
    await grants.checkGrant(terms, keeper.ecdsa.pub);
  }
});

test('a grant that is wrong in one place is neither made nor accepted', async () => {
  const recordId = id();
  for (const changes of [
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
    { scope: { records: [recordId, recordId] } },
    { scope: { records: [recordId, 'x'] } },
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
    await assert.rejects(makeGrant(changes), badSignature, JSON.stringify(changes));
    await assert.rejects(
      grants.checkGrant(await signUnchecked(changes), keeper.ecdsa.pub),
      badSignature,
      JSON.stringify(changes),
    );
  }
  await assert.rejects(grants.checkGrant(await signUnchecked({ t: 'grant/v2' }), keeper.ecdsa.pub), badSignature);
  await assert.rejects(grants.checkGrant(null, keeper.ecdsa.pub), badSignature);
  const terms = await makeGrant();
  await assert.rejects(grants.checkGrant({ ...terms, purpose: 'Other' }, keeper.ecdsa.pub), badSignature);
  await assert.rejects(grants.checkGrant(terms, advocate.ecdsa.pub), badSignature);
  assert.equal(await codeOf(grants.checkGrant(await signUnchecked(), keeper.ecdsa.pub)), 'holds');
});

/** Return the plaintext of a grant envelope, with some members replaced. */
const plaintextOf = (terms, key, more = {}) =>
  padVersion(
    canonicalBytes(
      withChanges(
        { ecdsa_pub: keeper.pubs.ecdsa_pub, grant: terms, hpke_pub: keeper.pubs.hpke_pub, key: b64(key), name: 'Jo' },
        more,
      ),
    ),
  );

test('an advocate opens what was sealed to them, and nothing that is incomplete or for somebody else', async () => {
  const [terms, key] = [await makeGrant(), randomBytes(32)];
  const open = (sealed, place = { diary, grant }, opener = advocate) => grants.openForAdvocate(opener, sealed, place);
  const whole = await open(await grants.sealForAdvocate(advocate.pubs, keeper.pubs, terms, key));
  assert.deepEqual([whole.terms, whole.key, whole.other, whole.earlier], [terms, key, keeper.pubs, []]);
  assert.deepEqual(whole.authors, [{ pub: keeper.pubs.ecdsa_pub, seq: null }]);
  const sealed = (plaintext, header = grants.grantHeader(terms)) =>
    hpkeSeal(advocate.hpke.pub, 'grant', header, plaintext);
  assert.equal(await codeOf(open(await sealed(plaintextOf(terms, key)))), 'holds');
  for (const changes of [
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
    assert.equal(
      await codeOf(open(await sealed(plaintextOf(terms, key, changes)))),
      'not_opened',
      JSON.stringify(changes),
    );
  assert.equal(await codeOf(open(await sealed(plaintextOf(terms, key, { name: 'n'.repeat(80) })))), 'holds');
  for (const changes of [{ diary: id() }, { grant: id() }, { to: keeper.print }, { from: advocate.print }]) {
    assert.equal(
      await codeOf(open(await sealed(plaintextOf(await makeGrant(changes), key)))),
      'bad_signature',
      JSON.stringify(changes),
    );
  }
  const stranger = await makePerson('Jo');
  assert.equal(
    await codeOf(open(await sealed(plaintextOf(terms, key, { hpke_pub: stranger.pubs.hpke_pub })))),
    'bad_signature',
  );
  assert.equal(await codeOf(open(await sealed(plaintextOf(terms, key, stranger.pubs)))), 'bad_signature');
  assert.equal(await codeOf(open(await sealed(plaintextOf(terms, key)), { diary, grant: id() })), 'not_opened');
  assert.equal(await codeOf(open(await sealed(plaintextOf(terms, key)), { diary, grant }, stranger)), 'not_opened');
});

test('a grant holds at most 40 earlier keys, which must be of its diary and those it was signed with', async () => {
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
  const open = async (terms, earlier) =>
    grants.openForAdvocate(advocate, await grants.sealForAdvocate(advocate.pubs, keeper.pubs, terms, key, earlier), {
      diary,
      grant,
    });
  const terms = await makeGrant(grants.bindKeyStatements(statements));
  const whole = await open(terms, statements);
  assert.deepEqual(whole.earlier, statements);
  assert.deepEqual(
    whole.authors.map(({ pub, seq }) => [pub, seq]),
    [...pairs.map(({ pub }, i) => [b64(pub), i]), [keeper.pubs.ecdsa_pub, null]],
  );
  for (const [title, signedTerms, earlier] of /** @type {[string, typeof terms, typeof statements][]} */ ([
    ['others than were signed', terms, statements.slice(1)],
    ['none where some were signed', terms, []],
    ['some where none were signed', await makeGrant(), statements],
    ['in another order', await makeGrant(grants.bindKeyStatements(statements.toReversed())), statements.toReversed()],
    ['without the newest', await makeGrant(grants.bindKeyStatements(statements.slice(0, 2))), statements.slice(0, 2)],
  ]))
    assert.equal(await codeOf(open(signedTerms, earlier)), 'bad_signature', title);
  const { sig: _sig, t: _t, ...last } = statements[2];
  const foreignStatement = await signStatement(await importSigningKey(pairs[2]), { ...last, diary: id() });
  assert.equal(
    await codeOf(open(await makeGrant(grants.bindKeyStatements([foreignStatement])), [foreignStatement])),
    'bad_signature',
    'of another diary',
  );
  assert.deepEqual(grants.bindKeyStatements([]), {});
  const numbers = Array.from({ length: 41 }, (_, n) => n);
  assert.deepEqual([grants.newestStatements(numbers), grants.newestStatements([1])], [numbers.slice(1), [1]]);
});

test('the keeper’s copy of a grant opens only under its own id, with the keeper’s key', async () => {
  const [terms, key] = [await makeGrant(), randomBytes(32)];
  const open = (sealed, place = terms) => grants.openKeeperCopy(accountKey, sealed, keeper.ecdsa.pub, place);
  assert.deepEqual(await open(await grants.sealForKeeper(accountKey, advocate.pubs, terms, key)), {
    terms,
    key,
    other: advocate.pubs,
  });
  const sealed = (plaintext, header = grants.grantHeader(terms)) =>
    envelope.seal(accountKey, 'grant', header, plaintext);
  const to = { ecdsa_pub: advocate.pubs.ecdsa_pub, hpke_pub: advocate.pubs.hpke_pub, name: 'PK' };
  assert.equal(await codeOf(open(await sealed(plaintextOf(terms, key, to)))), 'holds');
  for (const changes of [{ diary: id() }, { grant: id() }, { to: keeper.print }]) {
    assert.equal(
      await codeOf(open(await sealed(plaintextOf(await makeGrant(changes), key, to)))),
      'not_opened',
      JSON.stringify(changes),
    );
  }
  assert.equal(await codeOf(open(await sealed(plaintextOf(terms, key, { ...to, earlier: [{}] })))), 'not_opened');
  assert.equal(
    await codeOf(open(await sealed(plaintextOf(terms, key, { ...to, hpke_pub: keeper.pubs.hpke_pub })))),
    'not_opened',
  );
  assert.equal(
    await codeOf(open(await sealed(plaintextOf(terms, key, to)), { ...terms, to: keeper.print })),
    'not_opened',
  );
});

test('a grant contains keys and digests of its own parts of a version, in order, and of no other part', async () => {
  const [version, key, keys] = [id(), randomBytes(32), [randomBytes(32), randomBytes(32)]];
  for (const restricted of [true, false]) {
    const openedGrant = { terms: await makeGrant({ restricted }), key };
    const wraps = await grants.wrapVersionKeys(openedGrant, version, keys);
    assert.deepEqual(await grants.unwrapVersionKeys(openedGrant, version, wraps), keys.slice(0, restricted ? 2 : 1));
    assert.deepEqual(grants.grantedParts(openedGrant.terms), restricted ? ['open', 'restricted'] : ['open']);
    assert.equal((await grants.wrapVersionKeys(openedGrant, version, keys.slice(0, 1))).length, 1);
    await assert.rejects(grants.unwrapVersionKeys(openedGrant, id(), wraps), { code: 'not_opened' });
    if (!restricted)
      await assert.rejects(grants.unwrapVersionKeys(openedGrant, version, [...wraps, ...wraps]), {
        code: 'not_opened',
      });
    else
      await assert.rejects(grants.unwrapVersionKeys(openedGrant, version, wraps.toReversed()), { code: 'not_opened' });
  }
  assert.deepEqual(
    [['view'], ['view', 'pack']].flatMap((rights) =>
      [true, false].map((restricted) => grants.givesDigests({ restricted, rights })),
    ),
    [false, false, false, true],
  );
  const openedGrant = { terms: await makeGrant({ rights: ['view', 'pack'] }), key };
  const [opener, digests] = [await importKey(key), { place_detail: b64(randomBytes(32)) }];
  const open = (sealed) => grants.openDigests(opener, openedGrant.terms, version, sealed);
  assert.deepEqual(await open(await grants.sealDigests(openedGrant, version, digests)), digests);
  assert.deepEqual(await open(await grants.sealDigests(openedGrant, version, {})), {});
  for (const content of [
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
      grantWrapHeader(openedGrant.terms, 'restricted', version),
      canonicalBytes(content),
    );
    await assert.rejects(open(sealed), { code: 'not_opened' }, JSON.stringify(content));
  }
});
