/**
 * Vectors of grants.json: words that name keys, grants in both envelopes, version keys, a summary, marks and letters.
 */
import { b64, hex, unb64, unhex } from '../../../static/js/core/bytes.js';
import { canonicalBytes } from '../../../static/js/core/encoding.js';
import { importKey } from '../../../static/js/crypto/cobblestone.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import { fingerprint, fingerprintWords, parseFingerprint } from '../../../static/js/crypto/sharing/fingerprints.js';
import {
  bindKeyStatements,
  checkGrant,
  givesDigests,
  grantHeader,
  sealForKeeper,
  makeGrant,
  newestStatements,
  openDigests,
  openForAdvocate,
  openKeeperCopy,
  sealDigests,
  sealForAdvocate,
  unwrapVersionKeys,
  wrapVersionKeys,
} from '../../../static/js/crypto/sharing/grants.js';
import { MARKS } from '../../../static/js/crypto/sharing/marks.js';
import { checkLetter, openLetter, sealLetter } from '../../../static/js/crypto/sharing/letters.js';
import { padVersion } from '../../../static/js/crypto/padding.js';
import { importSigningKey, newKeyPair } from '../../../static/js/crypto/signing.js';
import { signStatement } from '../../../static/js/crypto/sharing/statements.js';
import { SUMMARY } from '../../../static/js/crypto/sharing/summaries.js';
import { verifyVersionByAnyKey } from '../../../static/js/ledger/push.js';
import { assertRefused, assertSame } from './judging.js';

const text = (bytes) => new TextDecoder().decode(bytes);
const pairs = (member) => ({
  ecdsa: { scalar: unb64(member.ecdsa), pub: unb64(member.ecdsa_pub) },
  hpke: { scalar: unb64(member.hpke), pub: unb64(member.hpke_pub) },
});
const person = ({ ecdsa_pub, hpke_pub, name }) => ({ ecdsa_pub, hpke_pub, name });

export async function grants(vectors) {
  await fingerprints(vectors.fingerprints);
  const [keeper, advocate] = [pairs(vectors.keeper), pairs(vectors.advocate)];
  const { sig, t, ...fields } = vectors.grant;
  assertSame(text(canonicalBytes({ ...fields, t })), vectors.signed, 'what is signed');
  await checkGrant(vectors.grant, keeper.ecdsa.pub);
  const made = await makeGrant(await importSigningKey(keeper.ecdsa), keeper.ecdsa.pub, fields); // with another nonce
  assertSame(canonicalBytes({ ...made, sig }), canonicalBytes(vectors.grant), 'grant');
  for (const [i, example] of vectors.refused_grants.entries())
    await assertRefused(example.code, () => checkGrant(example.grant, keeper.ecdsa.pub), `grant ${i}`);
  await envelopes(vectors, keeper, advocate);
  await checkSuccession(vectors, keeper, advocate);
  await keys(vectors);
  await digests(vectors);
  await checkBoundSeal(SUMMARY, 'summary/v1', vectors.summary, vectors.key, vectors.grant);
  await checkBoundSeal(MARKS, 'marks/v1', vectors.marks, vectors.key, vectors.grant);
  await letter(vectors.letter, keeper, advocate);
  await checkAssisted(vectors.assisted, keeper, advocate);
  await checkFilePart(vectors.file_part, advocate);
}

async function digests({
  apart: { said: terms, version, digests: expected, envelope: sealed, refused: invalid },
  grant,
  key,
}) {
  const opener = await importKey(unb64(key));
  assertSame([givesDigests(terms), givesDigests(grant)], [true, false], 'who is given digests');
  assertSame(await openDigests(opener, terms, version, unb64(sealed)), expected, 'digests');
  assertSame(
    await openDigests(
      opener,
      terms,
      version,
      await sealDigests({ terms, key: unb64(key), other: null }, version, expected),
    ),
    expected,
    'sealed again',
  );
  await assertRefused(
    'not_opened',
    () => openDigests(opener, terms, terms.grant, unb64(sealed)),
    'digests of another version',
  );
  for (const [i, example] of invalid.entries())
    await assertRefused('not_opened', () => openDigests(opener, terms, version, unb64(example)), `digests ${i}`);
}

async function fingerprints(vectors) {
  for (const example of vectors.of) {
    assertSame(hex(fingerprint(unb64(example.ecdsa_pub), unb64(example.hpke_pub))), example.print, 'fingerprint');
    assertSame(await fingerprintWords(unhex(example.print)), example.words, 'words');
    assertSame(hex(await parseFingerprint(example.words)), example.print, 'read');
  }
  assertSame(await fingerprintWords(new Uint8Array(12)), vectors.print_of_zeros, 'zeros');
  for (const example of vectors.typed)
    assertSame(await fingerprintWords(await parseFingerprint(example.typed)), example.words, example.typed);
  for (const example of vectors.refused) {
    await assertRefused('bad_request', () => parseFingerprint(example.typed), example.typed);
    await parseFingerprint(example.typed).catch((error) => assertSame(error.unknown, example.unknown, example.typed));
  }
}

async function envelopes(vectors, keeper, advocate) {
  const [place, sealed] = [vectors.for_advocate.header, unb64(vectors.for_advocate.envelope)];
  assertSame(canonicalBytes(grantHeader(vectors.grant)), canonicalBytes(place), 'header');
  const given = await openForAdvocate(advocate, sealed, place);
  assertSame(
    [canonicalBytes(given.terms), b64(given.key), given.other.name],
    [canonicalBytes(vectors.grant), vectors.key, vectors.keeper.name],
    'for the advocate',
  );
  const resealed = await sealForAdvocate(
    person(vectors.advocate),
    person(vectors.keeper),
    vectors.grant,
    unb64(vectors.key),
  );
  assertSame(
    canonicalBytes((await openForAdvocate(advocate, resealed, place)).terms),
    canonicalBytes(vectors.grant),
    'sealed again',
  );
  await assertRefused(
    'not_opened',
    () => openForAdvocate(advocate, sealed, { ...place, grant: place.diary }),
    'another grant',
  );
  await assertRefused('not_opened', () => openForAdvocate(keeper, sealed, place), 'somebody else');
  const stranger = await sealForAdvocate(
    person(vectors.advocate),
    person(vectors.advocate),
    vectors.grant,
    unb64(vectors.key),
  );
  await assertRefused(
    'bad_signature',
    () => openForAdvocate(advocate, stranger, place),
    'a stranger in the keeper’s name',
  );
  const account = await importKey(unb64(vectors.account_key));
  const plain = canonicalBytes({
    ...(({ ecdsa_pub, hpke_pub, name }) => ({ ecdsa_pub, hpke_pub, name }))(vectors.advocate),
    grant: vectors.grant,
    key: vectors.key,
  });
  assertSame(
    b64(
      await envelope.seal(account, 'grant', vectors.kept.header, padVersion(plain), { salt: unb64(vectors.kept.salt) }),
    ),
    vectors.kept.envelope,
    'kept',
  );
  const keeperCopy = await openKeeperCopy(account, unb64(vectors.kept.envelope), keeper.ecdsa.pub, vectors.kept.header);
  assertSame(
    [canonicalBytes(keeperCopy.terms), keeperCopy.other.name],
    [canonicalBytes(vectors.grant), vectors.advocate.name],
    'the keeper’s copy',
  );
  assertSame(
    canonicalBytes(
      (
        await openKeeperCopy(
          account,
          await sealForKeeper(account, person(vectors.advocate), vectors.grant, unb64(vectors.key)),
          keeper.ecdsa.pub,
          vectors.kept.header,
        )
      ).terms,
    ),
    canonicalBytes(vectors.grant),
    'kept again',
  );
  await assertRefused(
    'bad_signature',
    () => openKeeperCopy(account, unb64(vectors.kept.envelope), advocate.ecdsa.pub, vectors.kept.header),
    'signed by another',
  );
}

async function checkSuccession(
  {
    succeeded: succession,
    for_advocate: { header: place },
    advocate: advocateVectors,
    keeper: keeperVectors,
    key,
    account_key,
  },
  keeper,
  advocate,
) {
  const open = (sealed) => openForAdvocate(advocate, unb64(sealed), place);
  const given = await open(succession.envelope);
  assertSame(
    [canonicalBytes(given.terms), text(canonicalBytes(given.earlier)), text(canonicalBytes(given.authors))],
    [
      canonicalBytes(succession.said),
      text(canonicalBytes(succession.earlier)),
      text(canonicalBytes(succession.authors)),
    ],
    'keys before',
  );
  assertSame(bindKeyStatements(succession.earlier).earlier, succession.said.earlier, 'what is signed of them');
  for (const { sig, seq, holds, by } of succession.counts) {
    const check = () => verifyVersionByAnyKey(given.authors, succession.signed, sig, seq);
    if (holds) await check();
    else await assertRefused('bad_signature', check, `${by} for ${seq}`);
  }
  for (const example of succession.refused)
    await assertRefused(example.code, () => open(example.envelope), example.name);
  const resealed = await sealForAdvocate(
    person(advocateVectors),
    person(keeperVectors),
    succession.said,
    unb64(key),
    succession.earlier,
  );
  assertSame(
    text(canonicalBytes((await openForAdvocate(advocate, resealed, place)).earlier)),
    text(canonicalBytes(succession.earlier)),
    'sealed again',
  );
  await checkStatementLimit(
    succession,
    { theirs: advocateVectors, its: keeperVectors, key: unb64(key), signer: keeper.ecdsa },
    (sealed) => openForAdvocate(advocate, sealed, place),
  );
  const account = await importKey(unb64(account_key));
  const keeperCopy = await openKeeperCopy(
    account,
    await sealForKeeper(account, person(advocateVectors), succession.said, unb64(key)),
    keeper.ecdsa.pub,
    place,
  );
  assertSame(
    canonicalBytes(keeperCopy.terms),
    canonicalBytes(succession.said),
    'the keeper’s copy has the digest alone',
  );
}

/** A grant has at most forty statements. */
async function checkStatementLimit(
  { said: { sig: _, t: _t, ...fields }, earlier: [{ sig: _s, t: _type, ...statement }] },
  { theirs: advocateVectors, its: keeperVectors, key, signer },
  open,
) {
  const pairs = await Promise.all(Array.from({ length: 41 }, () => newKeyPair()));
  const author = await importSigningKey(signer);
  const statements = await Promise.all(
    pairs.map(async (pair, n) =>
      signStatement(await importSigningKey(pair), {
        ...statement,
        old: b64(pair.pub),
        ecdsa_pub: b64((pairs[n + 1] ?? signer).pub),
        epoch: n + 2,
      }),
    ),
  );
  const given = async (list) =>
    sealForAdvocate(
      person(advocateVectors),
      person(keeperVectors),
      await makeGrant(author, signer.pub, { ...fields, ...bindKeyStatements(list) }),
      key,
      list,
    );
  assertSame(
    (await open(await given(newestStatements(statements)))).earlier.map(({ epoch }) => epoch),
    Array.from({ length: 40 }, (__, n) => n + 3),
    'the newest',
  );
  await assertRefused('bad_signature', async () => open(await given(statements)), 'one more');
}

async function keys(vectors) {
  const granted = { terms: vectors.grant, key: unb64(vectors.key), other: person(vectors.keeper) };
  const version = vectors.wraps[0].header.wraps.split(':')[1];
  const opener = await importKey(granted.key);
  for (const example of vectors.wraps)
    assertSame(
      b64(await envelope.seal(opener, 'wrap', example.header, unb64(example.key), { salt: unb64(example.salt) })),
      example.envelope,
      example.part,
    );
  const sealed = vectors.wraps.map((example) => unb64(example.envelope));
  assertSame(
    (await unwrapVersionKeys(granted, version, sealed)).map(b64),
    vectors.wraps.map((example) => example.key),
    'keys',
  );
  assertSame(
    (
      await unwrapVersionKeys(
        granted,
        version,
        await wrapVersionKeys(
          granted,
          version,
          vectors.wraps.map((example) => unb64(example.key)),
        ),
      )
    ).map(b64),
    vectors.wraps.map((example) => example.key),
    'wrapped again',
  );
  const plain = { ...granted, terms: { ...vectors.grant, restricted: false } };
  assertSame(
    (
      await wrapVersionKeys(
        plain,
        version,
        vectors.wraps.map((example) => unb64(example.key)),
      )
    ).length,
    1,
    'without restricted',
  );
  await assertRefused('not_opened', () => unwrapVersionKeys(plain, version, sealed), 'a part that is not given');
  await assertRefused('not_opened', () => unwrapVersionKeys(granted, vectors.grant.grant, sealed), 'another version');
}

/**
 * Check data sealed next to a grant. It has the same bytes as in Python. An invalid value is neither sealed nor
 * accepted from somebody who sealed it.
 */
async function checkBoundSeal(kind, type, vectors, key, grant) {
  const sealedBy = async (value, options) =>
    envelope.seal(
      await importKey(unb64(key)),
      'summary',
      vectors.header,
      padVersion(canonicalBytes({ ...value, t: type })),
      options,
    );
  assertSame(b64(await sealedBy(vectors.told, { salt: unb64(vectors.salt) })), vectors.envelope, type);
  assertSame(canonicalBytes(kind.header(grant)), canonicalBytes(vectors.header), 'header');
  for (const sealed of [unb64(vectors.envelope), await kind.seal(unb64(key), grant, vectors.told)]) {
    const { t, ...fields } = await kind.open(unb64(key), sealed, grant);
    assertSame([t, text(canonicalBytes(fields))], [type, text(canonicalBytes(vectors.told))], 'told');
  }
  for (const example of vectors.refused) {
    await assertRefused('not_opened', () => kind.seal(unb64(key), grant, example), JSON.stringify(example));
    const sealed = await sealedBy(example);
    await assertRefused('not_opened', () => kind.open(unb64(key), sealed, grant), JSON.stringify(example));
  }
}

async function letter(vectors, keeper, advocate) {
  const opened = await openLetter(keeper.hpke.scalar, unb64(vectors.envelope), vectors.said, advocate.ecdsa.pub);
  assertSame(text(canonicalBytes(opened)), text(canonicalBytes(vectors.said)), 'letter');
  const author = { key: await importSigningKey(advocate.ecdsa), pub: advocate.ecdsa.pub };
  const { fields, from, made_at, what } = vectors.said;
  const resealed = await sealLetter(author, keeper.hpke.pub, vectors.said, { fields, from, made_at, what });
  assertSame(
    (await openLetter(keeper.hpke.scalar, resealed, vectors.said, advocate.ecdsa.pub)).fields.text,
    fields.text,
    'written again',
  );
  await assertRefused(
    'bad_signature',
    () => openLetter(keeper.hpke.scalar, unb64(vectors.envelope), vectors.said, keeper.ecdsa.pub),
    'by another',
  );
  for (const [i, example] of vectors.refused.entries())
    await assertRefused(
      example.code,
      () => checkLetter(example.letter, advocate.ecdsa.pub, vectors.said),
      `letter ${i}`,
    );
}

async function checkAssisted(vectors, keeper, advocate) {
  const opened = await openLetter(keeper.hpke.scalar, unb64(vectors.envelope), vectors.said, advocate.ecdsa.pub);
  assertSame(text(canonicalBytes(opened)), text(canonicalBytes(vectors.said)), 'assisted entry');
  await checkLetter(vectors.child, advocate.ecdsa.pub, vectors.said);
  for (const [i, example] of vectors.refused.entries())
    await assertRefused(
      example.code,
      () => checkLetter(example.letter, advocate.ecdsa.pub, vectors.said),
      `assisted ${i}`,
    );
}

async function checkFilePart(vectors, advocate) {
  await checkLetter(vectors.said, advocate.ecdsa.pub, vectors.said);
  for (const [i, example] of vectors.refused.entries())
    await assertRefused(
      example.code,
      () => checkLetter(example.letter, advocate.ecdsa.pub, vectors.said),
      `part of a file ${i}`,
    );
}
