/** grants.json: words that name keys, grants in both envelopes, keys for a version, a summary, marks, a letter. */
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
import { refused, same } from './judging.js';

const text = (bytes) => new TextDecoder().decode(bytes);
const pairs = (who) => ({
  ecdsa: { scalar: unb64(who.ecdsa), pub: unb64(who.ecdsa_pub) },
  hpke: { scalar: unb64(who.hpke), pub: unb64(who.hpke_pub) },
});
const person = ({ ecdsa_pub, hpke_pub, name }) => ({ ecdsa_pub, hpke_pub, name });

export async function grants(v) {
  await fingerprints(v.fingerprints);
  const [keeper, advocate] = [pairs(v.keeper), pairs(v.advocate)];
  const { sig, t, ...fields } = v.grant;
  same(text(canonicalBytes({ ...fields, t })), v.signed, 'what is signed');
  await checkGrant(v.grant, keeper.ecdsa.pub);
  const made = await makeGrant(await importSigningKey(keeper.ecdsa), keeper.ecdsa.pub, fields); // another nonce, the same words
  same(canonicalBytes({ ...made, sig }), canonicalBytes(v.grant), 'grant');
  for (const [i, one] of v.refused_grants.entries())
    await refused(one.code, () => checkGrant(one.grant, keeper.ecdsa.pub), `grant ${i}`);
  await envelopes(v, keeper, advocate);
  await succeeded(v, keeper, advocate);
  await keys(v);
  await digests(v);
  await stands(SUMMARY, 'summary/v1', v.summary, v.key, v.grant);
  await stands(MARKS, 'marks/v1', v.marks, v.key, v.grant);
  await letter(v.letter, keeper, advocate);
  await assisted(v.assisted, keeper, advocate);
}

async function digests({ apart: { said, version, digests: told, envelope: sealed, refused: bent }, grant, key }) {
  const opener = await importKey(unb64(key));
  same([givesDigests(said), givesDigests(grant)], [true, false], 'who is given digests');
  same(await openDigests(opener, said, version, unb64(sealed)), told, 'digests');
  same(
    await openDigests(
      opener,
      said,
      version,
      await sealDigests({ terms: said, key: unb64(key), other: /** @type {any} */ (null) }, version, told),
    ),
    told,
    'sealed again',
  );
  await refused('not_opened', () => openDigests(opener, said, said.grant, unb64(sealed)), 'digests of another version');
  for (const [i, one] of bent.entries())
    await refused('not_opened', () => openDigests(opener, said, version, unb64(one)), `digests ${i}`);
}

async function fingerprints(v) {
  for (const one of v.of) {
    same(hex(fingerprint(unb64(one.ecdsa_pub), unb64(one.hpke_pub))), one.print, 'fingerprint');
    same(await fingerprintWords(unhex(one.print)), one.words, 'words');
    same(hex(await parseFingerprint(one.words)), one.print, 'read');
  }
  same(await fingerprintWords(new Uint8Array(12)), v.print_of_zeros, 'zeros');
  for (const one of v.typed) same(await fingerprintWords(await parseFingerprint(one.typed)), one.words, one.typed);
  for (const one of v.refused) {
    await refused('bad_request', () => parseFingerprint(one.typed), one.typed);
    await parseFingerprint(one.typed).catch((error) => same(error.unknown, one.unknown, one.typed));
  }
}

async function envelopes(v, keeper, advocate) {
  const [place, sealed] = [v.for_advocate.header, unb64(v.for_advocate.envelope)];
  same(canonicalBytes(grantHeader(v.grant)), canonicalBytes(place), 'header');
  const given = await openForAdvocate(advocate, sealed, place);
  same(
    [canonicalBytes(given.terms), b64(given.key), given.other.name],
    [canonicalBytes(v.grant), v.key, v.keeper.name],
    'for the advocate',
  );
  const again = await sealForAdvocate(person(v.advocate), person(v.keeper), v.grant, unb64(v.key));
  same(canonicalBytes((await openForAdvocate(advocate, again, place)).terms), canonicalBytes(v.grant), 'sealed again');
  await refused(
    'not_opened',
    () => openForAdvocate(advocate, sealed, { ...place, grant: place.diary }),
    'another grant',
  );
  await refused('not_opened', () => openForAdvocate(keeper, sealed, place), 'somebody else');
  const stranger = await sealForAdvocate(person(v.advocate), person(v.advocate), v.grant, unb64(v.key));
  await refused('bad_signature', () => openForAdvocate(advocate, stranger, place), 'a stranger in the keeper’s name');
  const account = await importKey(unb64(v.account_key));
  const plain = canonicalBytes({
    ...(({ ecdsa_pub, hpke_pub, name }) => ({ ecdsa_pub, hpke_pub, name }))(v.advocate),
    grant: v.grant,
    key: v.key,
  });
  same(
    b64(await envelope.seal(account, 'grant', v.kept.header, padVersion(plain), { salt: unb64(v.kept.salt) })),
    v.kept.envelope,
    'kept',
  );
  const mine = await openKeeperCopy(account, unb64(v.kept.envelope), keeper.ecdsa.pub, v.kept.header);
  same([canonicalBytes(mine.terms), mine.other.name], [canonicalBytes(v.grant), v.advocate.name], 'the keeper’s copy');
  same(
    canonicalBytes(
      (
        await openKeeperCopy(
          account,
          await sealForKeeper(account, person(v.advocate), v.grant, unb64(v.key)),
          keeper.ecdsa.pub,
          v.kept.header,
        )
      ).terms,
    ),
    canonicalBytes(v.grant),
    'kept again',
  );
  await refused(
    'bad_signature',
    () => openKeeperCopy(account, unb64(v.kept.envelope), advocate.ecdsa.pub, v.kept.header),
    'signed by another',
  );
}

async function succeeded(
  { succeeded: told, for_advocate: { header: place }, advocate: theirs, keeper: its, key, account_key },
  keeper,
  advocate,
) {
  const open = (sealed) => openForAdvocate(advocate, unb64(sealed), place);
  const given = await open(told.envelope);
  same(
    [canonicalBytes(given.terms), text(canonicalBytes(given.earlier)), text(canonicalBytes(given.authors))],
    [canonicalBytes(told.said), text(canonicalBytes(told.earlier)), text(canonicalBytes(told.authors))],
    'keys before',
  );
  same(bindKeyStatements(told.earlier).earlier, told.said.earlier, 'what is signed of them');
  for (const { sig, seq, holds, by } of told.counts) {
    const check = () => verifyVersionByAnyKey(given.authors, told.signed, sig, seq);
    if (holds) await check();
    else await refused('bad_signature', check, `${by} for ${seq}`);
  }
  for (const one of told.refused) await refused(one.code, () => open(one.envelope), one.name);
  const again = await sealForAdvocate(person(theirs), person(its), told.said, unb64(key), told.earlier);
  same(
    text(canonicalBytes((await openForAdvocate(advocate, again, place)).earlier)),
    text(canonicalBytes(told.earlier)),
    'sealed again',
  );
  await many(told, { theirs, its, key: unb64(key), signer: keeper.ecdsa }, (sealed) =>
    openForAdvocate(advocate, sealed, place),
  );
  const account = await importKey(unb64(account_key));
  const mine = await openKeeperCopy(
    account,
    await sealForKeeper(account, person(theirs), told.said, unb64(key)),
    keeper.ecdsa.pub,
    place,
  );
  same(canonicalBytes(mine.terms), canonicalBytes(told.said), 'the keeper’s copy has the digest alone');
}

/** Forty statements at most. */
async function many(
  { said: { sig: _, t: _t, ...fields }, earlier: [{ sig: _s, t: _type, ...one }] },
  { theirs, its, key, signer },
  open,
) {
  const pairs = await Promise.all(Array.from({ length: 41 }, () => newKeyPair()));
  const author = await importSigningKey(signer);
  const statements = await Promise.all(
    pairs.map(async (pair, n) =>
      signStatement(await importSigningKey(pair), {
        ...one,
        old: b64(pair.pub),
        ecdsa_pub: b64((pairs[n + 1] ?? signer).pub),
        epoch: n + 2,
      }),
    ),
  );
  const given = async (list) =>
    sealForAdvocate(
      person(theirs),
      person(its),
      await makeGrant(author, signer.pub, { ...fields, ...bindKeyStatements(list) }),
      key,
      list,
    );
  same(
    (await open(await given(newestStatements(statements)))).earlier.map(({ epoch }) => epoch),
    Array.from({ length: 40 }, (__, n) => n + 3),
    'the newest',
  );
  await refused('bad_signature', async () => open(await given(statements)), 'one more');
}

async function keys(v) {
  const granted = { terms: v.grant, key: unb64(v.key), other: person(v.keeper) };
  const version = v.wraps[0].header.wraps.split(':')[1];
  const opener = await importKey(granted.key);
  for (const one of v.wraps)
    same(
      b64(await envelope.seal(opener, 'wrap', one.header, unb64(one.key), { salt: unb64(one.salt) })),
      one.envelope,
      one.part,
    );
  const sealed = v.wraps.map((one) => unb64(one.envelope));
  same(
    (await unwrapVersionKeys(granted, version, sealed)).map(b64),
    v.wraps.map((one) => one.key),
    'keys',
  );
  same(
    (
      await unwrapVersionKeys(
        granted,
        version,
        await wrapVersionKeys(
          granted,
          version,
          v.wraps.map((one) => unb64(one.key)),
        ),
      )
    ).map(b64),
    v.wraps.map((one) => one.key),
    'wrapped again',
  );
  const plain = { ...granted, terms: { ...v.grant, restricted: false } };
  same(
    (
      await wrapVersionKeys(
        plain,
        version,
        v.wraps.map((one) => unb64(one.key)),
      )
    ).length,
    1,
    'without restricted',
  );
  await refused('not_opened', () => unwrapVersionKeys(plain, version, sealed), 'a part that is not given');
  await refused('not_opened', () => unwrapVersionKeys(granted, v.grant.grant, sealed), 'another version');
}

/** What stands beside a grant: the same bytes as the other program's, and what is none is neither sealed nor taken from somebody who sealed it. */
async function stands(kind, type, v, key, grant) {
  const sealedBy = async (told, options) =>
    envelope.seal(
      await importKey(unb64(key)),
      'summary',
      v.header,
      padVersion(canonicalBytes({ ...told, t: type })),
      options,
    );
  same(b64(await sealedBy(v.told, { salt: unb64(v.salt) })), v.envelope, type);
  same(canonicalBytes(kind.header(grant)), canonicalBytes(v.header), 'header');
  for (const sealed of [unb64(v.envelope), await kind.seal(unb64(key), grant, v.told)]) {
    const { t, ...told } = await kind.open(unb64(key), sealed, grant);
    same([t, text(canonicalBytes(told))], [type, text(canonicalBytes(v.told))], 'told');
  }
  for (const one of v.refused) {
    await refused('not_opened', () => kind.seal(unb64(key), grant, one), JSON.stringify(one));
    const sealed = await sealedBy(one);
    await refused('not_opened', () => kind.open(unb64(key), sealed, grant), JSON.stringify(one));
  }
}

async function letter(v, keeper, advocate) {
  const said = await openLetter(keeper.hpke.scalar, unb64(v.envelope), v.said, advocate.ecdsa.pub);
  same(text(canonicalBytes(said)), text(canonicalBytes(v.said)), 'letter');
  const author = { key: await importSigningKey(advocate.ecdsa), pub: advocate.ecdsa.pub };
  const { fields, from, made_at, what } = v.said;
  const again = await sealLetter(author, keeper.hpke.pub, v.said, { fields, from, made_at, what });
  same(
    (await openLetter(keeper.hpke.scalar, again, v.said, advocate.ecdsa.pub)).fields.text,
    fields.text,
    'written again',
  );
  await refused(
    'bad_signature',
    () => openLetter(keeper.hpke.scalar, unb64(v.envelope), v.said, keeper.ecdsa.pub),
    'by another',
  );
  for (const [i, one] of v.refused.entries())
    await refused(one.code, () => checkLetter(one.letter, advocate.ecdsa.pub, v.said), `letter ${i}`);
}

async function assisted(v, keeper, advocate) {
  const said = await openLetter(keeper.hpke.scalar, unb64(v.envelope), v.said, advocate.ecdsa.pub);
  same(text(canonicalBytes(said)), text(canonicalBytes(v.said)), 'assisted entry');
  await checkLetter(v.child, advocate.ecdsa.pub, v.said);
  for (const [i, one] of v.refused.entries())
    await refused(one.code, () => checkLetter(one.letter, advocate.ecdsa.pub, v.said), `assisted ${i}`);
}
