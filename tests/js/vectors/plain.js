/** Vectors without keys: encoding, padding, words. */
import { b64, fromUtf8, hex, unb64, unhex } from '../../../static/js/core/bytes.js';
import {
  canonicalBytes,
  canonicalText,
  encodeFrames,
  parseCanonical,
  decodeFrames,
} from '../../../static/js/core/encoding.js';
import { formatId, parseId } from '../../../static/js/core/ids.js';
import { recoveryCodeText, recoveryCodeWords, parseRecoveryCode } from '../../../static/js/crypto/code.js';
import { sha256Sync } from '../../../static/js/crypto/digests.js';
import { PART_BYTES, partCount } from '../../../static/js/crypto/files.js';
import { paddedFileSize, padme, unpad, paddedVersionSize } from '../../../static/js/crypto/padding.js';
import { normaliseWords, wordList } from '../../../static/js/crypto/words.js';
import { rawOf, refused, same } from './judging.js';
import { randomDigest } from './random_objects.js';

export async function encoding(v) {
  for (const one of v.canonical) {
    same(canonicalText(JSON.parse(one.from)), one.canon, one.name);
    same(canonicalText(parseCanonical(canonicalBytes(JSON.parse(one.from)))), one.canon, one.name);
  }
  for (const one of v.accepted_by_rule)
    same(canonicalBytes(parseCanonical(rawOf(one))).length, rawOf(one).length, one.name);
  for (const one of v.refused) await refused(one.code, () => parseCanonical(rawOf(one)), one.name);
  for (const one of v.no_canonical_form) await refused(one.code, () => canonicalBytes(JSON.parse(one.json)), one.name);
  for (const { hex: raw, text } of v.base64url.good) {
    same(b64(unhex(raw)), text, text);
    same(hex(unb64(text)), raw, text);
  }
  for (const text of v.base64url.bad) await refused(v.base64url.code, () => unb64(text), JSON.stringify(text));
  for (const { hex: raw, text } of v.ids.good) {
    same(formatId(unhex(raw)), text, text);
    same(hex(parseId(text)), raw, text);
  }
  for (const text of v.ids.bad) await refused(v.ids.code, () => parseId(text), JSON.stringify(text));
  for (const { parts, bytes } of v.frames.good) {
    same(b64(encodeFrames(parts.map(unb64))), bytes, 'frames');
    same(decodeFrames(unb64(bytes)).map(b64), parts, 'frames');
  }
  for (const one of v.frames.bad) await refused(v.frames.code, () => decodeFrames(unb64(one.bytes)), one.name);
}

/** Twenty thousand objects come out alike in both languages. */
export async function random({ random: v }) {
  const { first, sha256 } = randomDigest(v.seed, v.count);
  same(first, v.first, 'first object');
  same(sha256, v.sha256, `${v.count} objects`);
}

/** What only this language could get wrong. */
export async function ownTraps() {
  const traps = {
    undefined: () => canonicalBytes({ a: undefined }),
    hole: () => canonicalBytes([, 1]),
    map: () => canonicalBytes(new Map()),
    date: () => canonicalBytes(new Date(0)),
    bytes: () => canonicalBytes(Uint8Array.of(1)),
    bigint: () => canonicalBytes(1n),
    infinity: () => canonicalBytes(Infinity),
    'minus zero': () => canonicalBytes(-0),
    function: () => canonicalBytes(() => 1),
    'too large': () => canonicalBytes('a'.repeat(1 << 20)),
  };
  for (const [name, act] of Object.entries(traps)) await refused('not_canonical', act, name);
  same(canonicalText(Object.create(null)), '{}', 'no prototype');
  same(fromUtf8(canonicalBytes('\u2028')), '"\u2028"', 'line separator');
}

export async function padding(v) {
  for (const { length, size } of v.padme) same(padme(length), size, `padme ${length}`);
  for (const { length, size } of v.version) same(paddedVersionSize(length), size, `version ${length}`);
  for (const { size, padded, parts } of v.file) {
    same([paddedFileSize(size), partCount(size)], [padded, parts], `file ${size}`);
    same(Math.ceil(padded / PART_BYTES), parts, `file ${size}`);
  }
  for (const { padded, plaintext } of v.unpad) same(unpad(unb64(padded)), unb64(plaintext), padded);
  for (const one of v.refused) await refused(one.code, () => unpad(unb64(one.padded)), one.padded);
}

export async function words(v) {
  const list = await wordList();
  same(hex(sha256Sync(new TextEncoder().encode(`${list.join('\n')}\n`))), v.list_sha256, 'word list');
  for (const { text, words: said } of v.normalise) same(normaliseWords(text), said, text);
  for (const one of v.refused) await refused(one.code, () => normaliseWords(one.text), one.name);
  for (const { code, words: said, text } of v.codes) {
    same(await recoveryCodeWords(unhex(code)), said, code);
    same(recoveryCodeText(unhex(code)), text, code);
  }
  for (const { text, code } of v.read) same(hex(await parseRecoveryCode(text)), code, text);
  for (const one of v.unreadable) await refused(one.code, () => parseRecoveryCode(one.text), one.name);
}
