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

export async function encoding(vectors) {
  for (const example of vectors.canonical) {
    same(canonicalText(JSON.parse(example.from)), example.canon, example.name);
    same(canonicalText(parseCanonical(canonicalBytes(JSON.parse(example.from)))), example.canon, example.name);
  }
  for (const example of vectors.accepted_by_rule)
    same(canonicalBytes(parseCanonical(rawOf(example))).length, rawOf(example).length, example.name);
  for (const example of vectors.refused)
    await refused(example.code, () => parseCanonical(rawOf(example)), example.name);
  for (const example of vectors.no_canonical_form)
    await refused(example.code, () => canonicalBytes(JSON.parse(example.json)), example.name);
  for (const { hex: raw, text } of vectors.base64url.good) {
    same(b64(unhex(raw)), text, text);
    same(hex(unb64(text)), raw, text);
  }
  for (const text of vectors.base64url.bad)
    await refused(vectors.base64url.code, () => unb64(text), JSON.stringify(text));
  for (const { hex: raw, text } of vectors.ids.good) {
    same(formatId(unhex(raw)), text, text);
    same(hex(parseId(text)), raw, text);
  }
  for (const text of vectors.ids.bad) await refused(vectors.ids.code, () => parseId(text), JSON.stringify(text));
  for (const { parts, bytes } of vectors.frames.good) {
    same(b64(encodeFrames(parts.map(unb64))), bytes, 'frames');
    same(decodeFrames(unb64(bytes)).map(b64), parts, 'frames');
  }
  for (const example of vectors.frames.bad)
    await refused(vectors.frames.code, () => decodeFrames(unb64(example.bytes)), example.name);
}

/** Twenty thousand objects have the same encoding in both languages. */
export async function random({ random: vectors }) {
  const { first, sha256 } = randomDigest(vectors.seed, vectors.count);
  same(first, vectors.first, 'first object');
  same(sha256, vectors.sha256, `${vectors.count} objects`);
}

/** Values that only JavaScript could encode wrongly are refused. */
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

export async function padding(vectors) {
  for (const { length, size } of vectors.padme) same(padme(length), size, `padme ${length}`);
  for (const { length, size } of vectors.version) same(paddedVersionSize(length), size, `version ${length}`);
  for (const { size, padded, parts } of vectors.file) {
    same([paddedFileSize(size), partCount(size)], [padded, parts], `file ${size}`);
    same(Math.ceil(padded / PART_BYTES), parts, `file ${size}`);
  }
  for (const { padded, plaintext } of vectors.unpad) same(unpad(unb64(padded)), unb64(plaintext), padded);
  for (const example of vectors.refused)
    await refused(example.code, () => unpad(unb64(example.padded)), example.padded);
}

export async function words(vectors) {
  const list = await wordList();
  same(hex(sha256Sync(new TextEncoder().encode(`${list.join('\n')}\n`))), vectors.list_sha256, 'word list');
  for (const { text, words: expected } of vectors.normalise) same(normaliseWords(text), expected, text);
  for (const example of vectors.refused) await refused(example.code, () => normaliseWords(example.text), example.name);
  for (const { code, words: expected, text } of vectors.codes) {
    same(await recoveryCodeWords(unhex(code)), expected, code);
    same(recoveryCodeText(unhex(code)), text, code);
  }
  for (const { text, code } of vectors.read) same(hex(await parseRecoveryCode(text)), code, text);
  for (const example of vectors.unreadable)
    await refused(example.code, () => parseRecoveryCode(example.text), example.name);
}
