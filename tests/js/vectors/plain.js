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
import { FILE_PART_BYTES } from '../../../static/js/core/constants.js';
import { partCount } from '../../../static/js/crypto/files.js';
import { paddedFileSize, padme, unpad, paddedVersionSize } from '../../../static/js/crypto/padding.js';
import { findListedWords, normaliseWords, wordList } from '../../../static/js/crypto/words.js';
import { rawOf, assertRefused, assertSame } from './judging.js';
import { randomDigest } from './random_objects.js';

export async function encoding(vectors) {
  for (const example of vectors.canonical) {
    assertSame(canonicalText(JSON.parse(example.from)), example.canon, example.name);
    assertSame(canonicalText(parseCanonical(canonicalBytes(JSON.parse(example.from)))), example.canon, example.name);
  }
  for (const example of vectors.accepted_by_rule)
    assertSame(canonicalBytes(parseCanonical(rawOf(example))).length, rawOf(example).length, example.name);
  for (const example of vectors.refused)
    await assertRefused(example.code, () => parseCanonical(rawOf(example)), example.name);
  for (const example of vectors.no_canonical_form)
    await assertRefused(example.code, () => canonicalBytes(JSON.parse(example.json)), example.name);
  for (const { hex: raw, text } of vectors.base64url.good) {
    assertSame(b64(unhex(raw)), text, text);
    assertSame(hex(unb64(text)), raw, text);
  }
  for (const text of vectors.base64url.bad)
    await assertRefused(vectors.base64url.code, () => unb64(text), JSON.stringify(text));
  for (const { hex: raw, text } of vectors.ids.good) {
    assertSame(formatId(unhex(raw)), text, text);
    assertSame(hex(parseId(text)), raw, text);
  }
  for (const text of vectors.ids.bad) await assertRefused(vectors.ids.code, () => parseId(text), JSON.stringify(text));
  for (const { parts, bytes } of vectors.frames.good) {
    assertSame(b64(encodeFrames(parts.map(unb64))), bytes, 'frames');
    assertSame(decodeFrames(unb64(bytes)).map(b64), parts, 'frames');
  }
  for (const example of vectors.frames.bad)
    await assertRefused(vectors.frames.code, () => decodeFrames(unb64(example.bytes)), example.name);
}

/** Twenty thousand objects have the same encoding in both languages. */
export async function random({ random: vectors }) {
  const { first, sha256 } = randomDigest(vectors.seed, vectors.count);
  assertSame(first, vectors.first, 'first object');
  assertSame(sha256, vectors.sha256, `${vectors.count} objects`);
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
  for (const [name, act] of Object.entries(traps)) await assertRefused('not_canonical', act, name);
  assertSame(canonicalText(Object.create(null)), '{}', 'no prototype');
  assertSame(fromUtf8(canonicalBytes('\u2028')), '"\u2028"', 'line separator');
}

export async function padding(vectors) {
  for (const { length, size } of vectors.padme) assertSame(padme(length), size, `padme ${length}`);
  for (const { length, size } of vectors.version) assertSame(paddedVersionSize(length), size, `version ${length}`);
  for (const { size, padded, parts } of vectors.file) {
    assertSame([paddedFileSize(size), partCount(size)], [padded, parts], `file ${size}`);
    assertSame(Math.ceil(padded / FILE_PART_BYTES), parts, `file ${size}`);
  }
  for (const { padded, plaintext } of vectors.unpad) assertSame(unpad(unb64(padded)), unb64(plaintext), padded);
  for (const example of vectors.refused)
    await assertRefused(example.code, () => unpad(unb64(example.padded)), example.padded);
}

export async function words(vectors) {
  const list = await wordList();
  assertSame(hex(sha256Sync(new TextEncoder().encode(`${list.join('\n')}\n`))), vectors.list_sha256, 'word list');
  for (const { text, words: expected } of vectors.normalise) assertSame(normaliseWords(text), expected, text);
  for (const example of vectors.refused)
    await assertRefused(example.code, () => normaliseWords(example.text), example.name);
  for (const { text, words: expected } of vectors.listed) assertSame(await findListedWords(text), expected, text);
  for (const { code, words: expected, text } of vectors.codes) {
    assertSame(await recoveryCodeWords(unhex(code)), expected, code);
    assertSame(recoveryCodeText(unhex(code)), text, code);
  }
  for (const { text, code } of vectors.read) assertSame(hex(await parseRecoveryCode(text)), code, text);
  for (const example of vectors.unreadable)
    await assertRefused(example.code, () => parseRecoveryCode(example.text), example.name);
}
