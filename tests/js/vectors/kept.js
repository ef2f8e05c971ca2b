/** Vectors of keys from words, versions, receipts and heads. */
import { b64, fromUtf8, hex, unb64, unhex, utf8 } from '../../../static/js/core/bytes.js';
import { canonicalBytes, encodeFrames, decodeFrames } from '../../../static/js/core/encoding.js';
import { argon2id } from '../../../static/js/crypto/argon2.js';
import { importKey } from '../../../static/js/crypto/cobblestone.js';
import { RESERVED_NAMES } from '../../../static/js/crypto/commitment.js';
import { importHkdfKey, sha256Sync } from '../../../static/js/crypto/digests.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import * as kdfOf from '../../../static/js/crypto/kdf.js';
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
import { refused, same } from './judging.js';

const TESTS = { floor: { m: 8, t: 1 }, ceiling: kdfOf.COST_CEILING };

export async function kdf(v) {
  same(hex(await argon2id(utf8(v.kat.password), unhex(v.kat.salt), v.kat)), v.kat.out, 'known answer');
  for (const one of v.derivations) {
    const checked = kdfOf.checkKdf(one.kdf, one.policy === 'tests' ? TESTS : kdfOf.DEFAULT_POLICY);
    same(hex(kdfOf.deriveSalt(checked)), one.salt_eff, one.name);
    const folded = normaliseWords(one.words);
    same(hex(await argon2id(utf8(folded), kdfOf.deriveSalt(checked), checked)), one.root, one.name);
    const root = await kdfOf.deriveRoot(argon2id, folded, checked);
    same(hex(await kdfOf.deriveAuth(root, checked, checked.origin)), one.auth, one.name);
    same(hex(await kdfOf.deriveWordsKek(root, checked)), one.kek_words, one.name);
  }
  for (const one of v.refused)
    await refused(one.code, () => kdfOf.checkKdf(one.kdf, kdfOf.DEFAULT_POLICY, one.high), one.name);
  for (const one of v.accepted) same(kdfOf.checkKdf(one.kdf, kdfOf.DEFAULT_POLICY, one.high).m, one.kdf.m, one.name);
  for (const one of v.auth_refused) {
    const root = await importHkdfKey(unhex(one.root));
    await refused(one.code, () => kdfOf.deriveAuth(root, one.kdf, one.origin), one.name);
  }
  same(hex(await kdfOf.deriveCodeKek(unhex(v.code.code))), v.code.kek_code, 'code');
  same(hex(await kdfOf.deriveCodeAuth(unhex(v.code.code), v.code.login)), v.code.code_auth, 'code');
}

export async function versions(v) {
  same([...RESERVED_NAMES], v.reserved, 'reserved names');
  const diaryKey = await importKey(unb64(v.diary_key));
  const pub = unb64(v.author.pub);
  same(authorKeyId(pub), v.author.key_id, 'author key id');
  const keys = { diaryKey, authors: new Map([[v.author.key_id, await importVerifyingKey(pub)]]) };
  for (const one of v.cases) await oneVersion(v, one, keys, pub);
  for (const one of v.altered) {
    const { meta, wraps, envelopes } = decodePush(unb64(one.body), one.place);
    const opened = await openVersion({ place: one.place, meta, wraps, envelopes }, keys, () => v.names);
    same(opened.altered, true, one.name);
  }
  for (const one of v.refused_signatures) {
    await refused(one.code, () => verifyAuthorSignature(unb64(one.pub), utf8(one.message), unb64(one.sig)), one.name);
  }
  await refusedPushes(v, keys.diaryKey);
}

/** Each kind of record, every field of its schema filled. */
export async function kinds(v) {
  const keys = {
    diaryKey: await importKey(unb64(v.diary_key)),
    authors: new Map([[v.author.key_id, await importVerifyingKey(unb64(v.author.pub))]]),
  };
  same(
    v.cases.map(({ name }) => name),
    Object.keys(SCHEMAS).sort(),
    'every kind',
  );
  for (const one of v.cases) {
    const names = SCHEMAS[one.name][one.draft.schema];
    const filled = [...Object.keys(one.draft.open), ...Object.keys(one.draft.restricted)].sort();
    same(
      filled,
      [...names.open, ...names.restricted].filter((name) => !name.startsWith('_')).sort(),
      `every field of ${one.name}`,
    );
    await oneVersion(
      { ...v, names: { ...names, open: names.open.filter((name) => !name.startsWith('_')) } },
      one,
      keys,
      unb64(v.author.pub),
    );
  }
}

async function oneVersion(v, one, keys, pub) {
  const { place, draft, seeds, name } = one;
  const open = draft.open.rule ? { narrative: 'Again. '.repeat(9500), kinds: ['following', 'calls'] } : draft.open;
  const composed = compose(
    {
      place,
      kind: draft.kind,
      schema: draft.schema,
      author: { account: draft.account, device: draft.device },
      by: v.author.key_id,
      line: draft.line,
      clock: draft.clock,
      beacon: draft.beacon,
      parents: draft.parents,
      open,
      restricted: draft.restricted,
      openKeys: draft.open_keys,
      restrictedKeys: draft.restricted_keys,
    },
    v.names,
    { open: unb64(seeds.open), restricted: unb64(seeds.restricted) },
  );
  same(
    composed.payloads.map((payload) => payload.length),
    one.payload_bytes,
    name,
  );
  if (one.payloads)
    same(
      composed.payloads.map((payload) => fromUtf8(unpad(payload))),
      one.payloads,
      name,
    );
  same(Object.entries(composed.digests).sort(), Object.entries(one.digests).sort(), name);
  same(b64(composed.commitment), one.c, name);
  same(fromUtf8(bytesToSign(one.c, place)), one.signed, name);
  await verifyAuthorSignature(pub, utf8(one.signed), unb64(one.sig));
  const body = await sealedBody(one, composed.payloads, keys.diaryKey);
  same(hex(sha256Sync(body)), one.body_sha256, name);
  if (one.body) same(b64(body), one.body, name);
  await readBack(v, one, body, keys, open);
}

/** The body with every key and salt the vector gives. */
async function sealedBody({ place, given, meta }, payloads, diaryKey) {
  const sealed = await Promise.all(
    payloads.map(async (payload, i) => {
      const part = i ? 'restricted' : 'open';
      const raw = unb64(given[`${part}_key`]);
      const salts = [given[`${part}_wrap_salt`], given[`${part}_salt`]].map(unb64);
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

async function readBack(v, { name, place, draft, env, c }, body, keys, open) {
  const push = decodePush(body, place);
  same(b64(encodePush(push)), b64(body), name);
  same(envDigest(push.envelopes), env, name);
  const opened = await openVersion({ place, ...push }, keys, () => v.names);
  same([opened.altered, opened.commitment], [false, c], name);
  same(canonOf(opened.fields), canonOf(open), name);
  const restricted = Object.fromEntries(Object.entries(draft.restricted).filter(([, value]) => value !== null));
  same(canonOf(opened.restricted ?? {}), canonOf(restricted), name);
  same([opened.keys.open, opened.keys.restricted], [draft.open_keys, draft.restricted_keys], name);
  same(
    (await openVersion({ place, ...push, meta: { ...push.meta, sig: b64(new Uint8Array(64)) } }, keys, () => v.names))
      .altered,
    true,
    `${name}, signature gone`,
  );
  const known = await openVersion({ place, ...push }, keys, () => null);
  same([known.altered, known.commitment], [false, null], `${name}, kind unknown here`);
}

function canonOf(value) {
  return fromUtf8(canonicalBytes(value));
}

async function refusedPushes(v, diaryKey) {
  const first = v.cases[0];
  const { payloads, place } = { payloads: null, ...first };
  const padded = payloads.map((text) => utf8(text));
  const made = await sealedBody(first, padded, diaryKey);
  const [meta, wrap, sealed] = decodeFrames(made);
  const named = { meta, wrap, envelope: sealed };
  for (const one of v.refused_pushes) {
    const changedMeta = one.meta ? utf8(sortedText({ ...JSON.parse(fromUtf8(meta)), ...one.meta })) : meta;
    const body = encodeFrames(one.frames ? one.frames.map((frame) => named[frame]) : [changedMeta, wrap, sealed]);
    await refused(one.code, () => decodePush(body, one.place ?? place), one.name);
  }
}

function sortedText(map) {
  return `{${Object.keys(map)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(map[key])}`)
    .join(',')}}`;
}

export async function receipts(v) {
  const notaryPub = unb64(v.notary.pub);
  same(notaryKeyId(notaryPub), v.notary.log, 'notary');
  const canVerify = await canVerifyNotary();
  const holds = (act, name) => (canVerify ? act() : refused('unavailable', act, name));
  let head = firstHead();
  const heads = [];
  for (const one of v.chain) {
    head = nextHead(head, one);
    heads[one.seq] = head;
    same(shortCode({ entries: one.seq * 40, head: b64(head), seq: one.seq }), one.short_code, `short code ${one.seq}`);
    await holds(() => verifyReceipt(one.receipt, { notaryPub, c: one.c, env: one.env }), `receipt ${one.seq}`);
    await holds(() => verifyHead(one.head, { notaryPub, diary: v.diary, seq: one.seq, head }), `head ${one.seq}`);
  }
  // Where there is no Ed25519 nothing can be said to hold, and what is said is `unavailable` or `bad_signature`.
  const codes = (one) => (canVerify ? [one.code] : [one.code, 'unavailable']);
  for (const one of v.refused_receipts) {
    await refusedAs(codes(one), () => verifyReceipt(one.receipt, { notaryPub, c: one.c, env: one.env }), one.name);
  }
  for (const one of v.refused_heads) {
    await refusedAs(
      codes(one),
      () => verifyHead(one.head, { notaryPub, diary: v.diary, seq: one.of, head: heads[one.of] }),
      one.name,
    );
  }
  return { ed25519: canVerify };
}

async function refusedAs(codes, act, name) {
  const attempts = await Promise.allSettled(codes.map((code) => refused(code, act, name)));
  if (attempts.every((one) => one.status === 'rejected')) throw attempts[0].reason;
}
