/** Vectors of keys from words, versions, receipts and heads. */
import { b64, fromUtf8, hex, unb64, unhex, utf8 } from '../../../static/js/core/bytes.js';
import { canonicalBytes, encodeFrames, decodeFrames } from '../../../static/js/core/encoding.js';
import { argon2id } from '../../../static/js/crypto/argon2.js';
import { importKey } from '../../../static/js/crypto/cobblestone.js';
import { RESERVED_NAMES } from '../../../static/js/crypto/commitment.js';
import { importHkdfKey, sha256Sync } from '../../../static/js/crypto/digests.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import * as kdfModule from '../../../static/js/crypto/kdf.js';
import { versionWrapHeader } from '../../../static/js/crypto/keys.js';
import { unpad } from '../../../static/js/crypto/padding.js';
import {
  authorKeyId,
  canVerifyNotary,
  importVerifyingKey,
  verifyAuthorSignature,
} from '../../../static/js/crypto/signing.js';
import { compose, envelopeHeader, openVersion, bytesToSign } from '../../../static/js/crypto/versions.js';
import { normaliseWords } from '../../../static/js/crypto/words.js';
import { firstHead, nextHead, verifyHead } from '../../../static/js/ledger/heads.js';
import { decodePush, encodePush, envDigest } from '../../../static/js/ledger/push.js';
import { SCHEMAS } from '../../../static/js/record/vocabulary/schemas.js';
import { shortCode } from '../../../static/js/ledger/manifest.js';
import { notaryKeyId, verifyReceipt } from '../../../static/js/ledger/receipts.js';
import { assertRefused, assertSame } from './judging.js';

const TESTS = { floor: { m: 8, t: 1 }, ceiling: kdfModule.COST_CEILING };

export async function kdf(vectors) {
  assertSame(
    hex(await argon2id(utf8(vectors.kat.password), unhex(vectors.kat.salt), vectors.kat)),
    vectors.kat.out,
    'known answer',
  );
  for (const example of vectors.derivations) {
    const checked = kdfModule.checkKdf(example.kdf, example.policy === 'tests' ? TESTS : kdfModule.DEFAULT_POLICY);
    assertSame(hex(kdfModule.deriveSalt(checked)), example.salt_eff, example.name);
    const normalised = normaliseWords(example.words);
    assertSame(
      hex(await argon2id(utf8(normalised), kdfModule.deriveSalt(checked), checked)),
      example.root,
      example.name,
    );
    const root = await kdfModule.deriveRoot(argon2id, normalised, checked);
    assertSame(hex(await kdfModule.deriveAuth(root, checked, checked.origin)), example.auth, example.name);
    assertSame(hex(await kdfModule.deriveWordsKek(root, checked)), example.kek_words, example.name);
  }
  for (const example of vectors.refused)
    await assertRefused(
      example.code,
      () => kdfModule.checkKdf(example.kdf, kdfModule.DEFAULT_POLICY, example.high),
      example.name,
    );
  for (const example of vectors.accepted)
    assertSame(kdfModule.checkKdf(example.kdf, kdfModule.DEFAULT_POLICY, example.high).m, example.kdf.m, example.name);
  for (const example of vectors.auth_refused) {
    const root = await importHkdfKey(unhex(example.root));
    await assertRefused(example.code, () => kdfModule.deriveAuth(root, example.kdf, example.origin), example.name);
  }
  assertSame(hex(await kdfModule.deriveCodeKek(unhex(vectors.code.code))), vectors.code.kek_code, 'code');
  assertSame(
    hex(await kdfModule.deriveCodeAuth(unhex(vectors.code.code), vectors.code.login)),
    vectors.code.code_auth,
    'code',
  );
}

export async function versions(vectors) {
  assertSame([...RESERVED_NAMES], vectors.reserved, 'reserved names');
  const diaryKey = await importKey(unb64(vectors.diary_key));
  const pub = unb64(vectors.author.pub);
  assertSame(authorKeyId(pub), vectors.author.key_id, 'author key id');
  const keys = { diaryKey, authors: new Map([[vectors.author.key_id, await importVerifyingKey(pub)]]) };
  for (const example of vectors.cases) await checkVersion(vectors, example, keys, pub);
  for (const example of vectors.altered) {
    const { meta, wraps, envelopes } = decodePush(unb64(example.body), example.place);
    const opened = await openVersion({ place: example.place, meta, wraps, envelopes }, keys, () => vectors.names);
    assertSame(opened.altered, true, example.name);
  }
  for (const example of vectors.refused_signatures) {
    await assertRefused(
      example.code,
      () => verifyAuthorSignature(unb64(example.pub), utf8(example.message), unb64(example.sig)),
      example.name,
    );
  }
  await refusedPushes(vectors, keys.diaryKey);
}

/** Check each kind of record, with every field of its schema filled. */
export async function kinds(vectors) {
  const keys = {
    diaryKey: await importKey(unb64(vectors.diary_key)),
    authors: new Map([[vectors.author.key_id, await importVerifyingKey(unb64(vectors.author.pub))]]),
  };
  assertSame(
    vectors.cases.map(({ name }) => name),
    Object.keys(SCHEMAS).sort(),
    'every kind',
  );
  for (const example of vectors.cases) {
    const names = SCHEMAS[example.name][example.draft.schema];
    const filled = [...Object.keys(example.draft.open), ...Object.keys(example.draft.restricted)].sort();
    assertSame(
      filled,
      [...names.open, ...names.restricted].filter((name) => !name.startsWith('_')).sort(),
      `every field of ${example.name}`,
    );
    await checkVersion(
      { ...vectors, names: { ...names, open: names.open.filter((name) => !name.startsWith('_')) } },
      example,
      keys,
      unb64(vectors.author.pub),
    );
  }
}

async function checkVersion(vectors, example, keys, pub) {
  const { place, draft, seeds, name } = example;
  const open = draft.open.rule ? { narrative: 'Again. '.repeat(9500), kinds: ['following', 'calls'] } : draft.open;
  const composed = compose(
    {
      place,
      kind: draft.kind,
      schema: draft.schema,
      author: { account: draft.account, device: draft.device },
      by: vectors.author.key_id,
      line: draft.line,
      clock: draft.clock,
      beacon: draft.beacon,
      parents: draft.parents,
      open,
      restricted: draft.restricted,
      openKeys: draft.open_keys,
      restrictedKeys: draft.restricted_keys,
    },
    vectors.names,
    { open: unb64(seeds.open), restricted: unb64(seeds.restricted) },
  );
  assertSame(
    composed.payloads.map((payload) => payload.length),
    example.payload_bytes,
    name,
  );
  if (example.payloads)
    assertSame(
      composed.payloads.map((payload) => fromUtf8(unpad(payload))),
      example.payloads,
      name,
    );
  assertSame(Object.entries(composed.digests).sort(), Object.entries(example.digests).sort(), name);
  assertSame(b64(composed.commitment), example.c, name);
  assertSame(fromUtf8(bytesToSign(example.c, place)), example.signed, name);
  await verifyAuthorSignature(pub, utf8(example.signed), unb64(example.sig));
  const body = await sealedBody(example, composed.payloads, keys.diaryKey);
  assertSame(hex(sha256Sync(body)), example.body_sha256, name);
  if (example.body) assertSame(b64(body), example.body, name);
  await checkReadBack(vectors, example, body, keys, open);
}

/** Seal the body with the keys and salts of the vector. */
async function sealedBody({ place, given: secrets, meta }, payloads, diaryKey) {
  const sealed = await Promise.all(
    payloads.map(async (payload, i) => {
      const part = i ? 'restricted' : 'open';
      const raw = unb64(secrets[`${part}_key`]);
      const salts = [secrets[`${part}_wrap_salt`], secrets[`${part}_salt`]].map(unb64);
      return [
        await envelope.seal(diaryKey, 'wrap', versionWrapHeader(place.diary, 1, part, place.version), raw, {
          salt: salts[0],
        }),
        await envelope.seal(await importKey(raw), 'version', envelopeHeader(place, part), payload, { salt: salts[1] }),
      ];
    }),
  );
  return encodeFrames([utf8(meta), ...sealed.map(([wrap]) => wrap), ...sealed.map(([, made]) => made)]);
}

async function checkReadBack(vectors, { name, place, draft, env, c }, body, keys, open) {
  const push = decodePush(body, place);
  assertSame(b64(encodePush(push)), b64(body), name);
  assertSame(envDigest(push.envelopes), env, name);
  const opened = await openVersion({ place, ...push }, keys, () => vectors.names);
  assertSame([opened.altered, opened.commitment], [false, c], name);
  assertSame(canonOf(opened.fields), canonOf(open), name);
  const restricted = Object.fromEntries(Object.entries(draft.restricted).filter(([, value]) => value !== null));
  assertSame(canonOf(opened.restricted ?? {}), canonOf(restricted), name);
  assertSame([opened.keys.open, opened.keys.restricted], [draft.open_keys, draft.restricted_keys], name);
  assertSame(
    (
      await openVersion(
        { place, ...push, meta: { ...push.meta, sig: b64(new Uint8Array(64)) } },
        keys,
        () => vectors.names,
      )
    ).altered,
    true,
    `${name}, signature gone`,
  );
  const unknownKind = await openVersion({ place, ...push }, keys, () => null);
  assertSame([unknownKind.altered, unknownKind.commitment], [false, null], `${name}, kind unknown here`);
}

function canonOf(value) {
  return fromUtf8(canonicalBytes(value));
}

async function refusedPushes(vectors, diaryKey) {
  const first = vectors.cases[0];
  const { payloads, place } = { payloads: null, ...first };
  const padded = payloads.map((text) => utf8(text));
  const firstBody = await sealedBody(first, padded, diaryKey);
  const [meta, wrap, sealed] = decodeFrames(firstBody);
  const framesByName = { meta, wrap, envelope: sealed };
  for (const example of vectors.refused_pushes) {
    const changedMeta = example.meta ? utf8(sortedText({ ...JSON.parse(fromUtf8(meta)), ...example.meta })) : meta;
    const body = encodeFrames(
      example.frames ? example.frames.map((frame) => framesByName[frame]) : [changedMeta, wrap, sealed],
    );
    await assertRefused(example.code, () => decodePush(body, example.place ?? place), example.name);
  }
}

function sortedText(map) {
  return `{${Object.keys(map)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(map[key])}`)
    .join(',')}}`;
}

export async function receipts(vectors) {
  const notaryPub = unb64(vectors.notary.pub);
  assertSame(notaryKeyId(notaryPub), vectors.notary.log, 'notary');
  const canVerify = await canVerifyNotary();
  const holds = (act, name) => (canVerify ? act() : assertRefused('unavailable', act, name));
  let head = firstHead();
  const heads = [];
  for (const example of vectors.chain) {
    head = nextHead(head, example);
    heads[example.seq] = head;
    assertSame(
      shortCode({ entries: example.seq * 40, head: b64(head), seq: example.seq }),
      example.short_code,
      `short code ${example.seq}`,
    );
    await holds(
      () => verifyReceipt(example.receipt, { notaryPub, c: example.c, env: example.env }),
      `receipt ${example.seq}`,
    );
    await holds(
      () => verifyHead(example.head, { notaryPub, diary: vectors.diary, seq: example.seq, head }),
      `head ${example.seq}`,
    );
  }
  // Without Ed25519 no signature can be verified, and the error is `unavailable` or `bad_signature`.
  const codes = (example) => (canVerify ? [example.code] : [example.code, 'unavailable']);
  for (const example of vectors.refused_receipts) {
    await refusedWithAny(
      codes(example),
      () => verifyReceipt(example.receipt, { notaryPub, c: example.c, env: example.env }),
      example.name,
    );
  }
  for (const example of vectors.refused_heads) {
    await refusedWithAny(
      codes(example),
      () => verifyHead(example.head, { notaryPub, diary: vectors.diary, seq: example.of, head: heads[example.of] }),
      example.name,
    );
  }
  return { ed25519: canVerify };
}

async function refusedWithAny(codes, act, name) {
  const attempts = await Promise.allSettled(codes.map((code) => assertRefused(code, act, name)));
  if (attempts.every((example) => example.status === 'rejected')) throw attempts[0].reason;
}
