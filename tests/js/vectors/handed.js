/** Vectors of handover.json: eight words, the name and keys derived from them, and packs sealed under them. */
import { b64, hex, unb64, unhex } from '../../../static/js/core/bytes.js';
import { canonicalBytes } from '../../../static/js/core/encoding.js';
import { argon2id } from '../../../static/js/crypto/argon2.js';
import { importKey } from '../../../static/js/crypto/cobblestone.js';
import { sha256Sync } from '../../../static/js/crypto/digests.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import { FILE_PART_BYTES } from '../../../static/js/core/constants.js';
import { openPart, partCount, sealedFileLength } from '../../../static/js/crypto/files.js';
import {
  checkHandoverKdf,
  deriveHandoverName,
  openSlip,
  deriveHandoverKeys,
  handoverPartCount,
  parseHandoverWords,
  sealSlip,
  sealedSlipLength,
  handoverWordsOf,
} from '../../../static/js/crypto/sharing/handover.js';
import { DEFAULT_POLICY } from '../../../static/js/crypto/kdf.js';
import { paddedFileSize, padTo } from '../../../static/js/crypto/padding.js';
import { patterned, assertRefused, assertSame } from './judging.js';

const TESTS = { floor: { m: 8, t: 1 }, ceiling: DEFAULT_POLICY.ceiling };

export async function handover(vectors) {
  for (const example of vectors.words)
    assertSame(await handoverWordsOf(unhex(example.raw)), example.words, example.raw);
  for (const example of vectors.typed)
    assertSame(await parseHandoverWords(example.typed), example.words, example.typed);
  for (const example of vectors.refused_words) {
    await assertRefused(example.code, () => parseHandoverWords(example.typed), example.name);
    await parseHandoverWords(example.typed).catch((error) => assertSame(error.unknown, example.unknown, example.name));
  }
  for (const example of vectors.openers) {
    const policy = example.policy === 'tests' ? TESTS : DEFAULT_POLICY;
    const { auth, key } = await deriveHandoverKeys(argon2id, example.words, checkHandoverKdf(example.kdf, policy));
    assertSame(
      [hex(auth), hex(key), b64(deriveHandoverName(example.words))],
      [example.auth, example.key, example.name],
      example.policy,
    );
  }
  await assertRefused(
    'kdf_refused',
    async () => checkHandoverKdf(vectors.openers[0].kdf, DEFAULT_POLICY),
    'below the floor',
  );
  for (const example of vectors.sealed) await sealed(example);
}

async function sealed(example) {
  const { slip, handover: place } = example;
  const [key, fileParts, parts] = [unhex(example.key), partCount(slip.size), handoverPartCount(slip.size)];
  const padded = padTo([patterned(slip.size)], paddedFileSize(slip.size));
  const sealedParts = [];
  for (let i = 0; i < fileParts; i++) {
    const plaintext = padded.subarray(i * FILE_PART_BYTES, (i + 1) * FILE_PART_BYTES);
    sealedParts.push(
      await envelope.seal(await importKey(key), 'handover', { handover: place, part: i, parts }, plaintext, {
        salt: unb64(example.parts[i].salt),
      }),
    );
  }
  sealedParts.push(await sealSlip({ handover: place, key }, slip, { salt: unb64(example.parts[fileParts].salt) }));
  const digests = sealedParts.map((part) => sha256Sync(part));
  assertSame(
    digests.map((digest) => hex(digest)),
    example.parts.map((part) => part.sha256),
    `${slip.size}`,
  );
  assertSame(b64(sha256Sync(canonicalBytes(digests.map((digest) => b64(digest))))), example.digest, 'digest');
  assertSame(
    sealedParts.reduce((sum, part) => sum + part.length, 0),
    sealedFileLength({ handover: place, key }, slip.size) + sealedSlipLength(place, parts),
    'size',
  );
  assertSame(
    await openSlip({ handover: place, key }, parts, sealedParts[fileParts]),
    { made_at: slip.made_at, name: slip.name, sha256: slip.sha256, size: slip.size },
    'slip',
  );
  for (let i = 0; i < fileParts; i++) {
    assertSame(
      await openPart({ handover: place, key }, i, fileParts, sealedParts[i], slip.size),
      patterned(slip.size).subarray(i * FILE_PART_BYTES, (i + 1) * FILE_PART_BYTES),
      `part ${i}`,
    );
  }
  for (const bad of example.refused)
    await assertRefused(
      bad.code,
      () => openSlip({ handover: bad.handover, key }, bad.parts, sealedParts[fileParts]),
      bad.name,
    );
}
