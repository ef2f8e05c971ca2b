/** handover.json: eight words, what they name and open, and packs sealed under them. */
import { b64, hex, unb64, unhex } from '../../../static/js/core/bytes.js';
import { canonicalBytes } from '../../../static/js/core/encoding.js';
import { argon2id } from '../../../static/js/crypto/argon2.js';
import { importKey } from '../../../static/js/crypto/cobblestone.js';
import { sha256Sync } from '../../../static/js/crypto/digests.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import { PART_BYTES, openPart, partCount, sealedFileLength } from '../../../static/js/crypto/files.js';
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
import { patterned, refused, same } from './judging.js';

const TESTS = { floor: { m: 8, t: 1 }, ceiling: DEFAULT_POLICY.ceiling };

export async function handover(v) {
  for (const one of v.words) same(await handoverWordsOf(unhex(one.raw)), one.words, one.raw);
  for (const one of v.typed) same(await parseHandoverWords(one.typed), one.words, one.typed);
  for (const one of v.refused_words) {
    await refused(one.code, () => parseHandoverWords(one.typed), one.name);
    await parseHandoverWords(one.typed).catch((error) => same(error.unknown, one.unknown, one.name));
  }
  for (const one of v.openers) {
    const policy = one.policy === 'tests' ? TESTS : DEFAULT_POLICY;
    const { auth, key } = await deriveHandoverKeys(argon2id, one.words, checkHandoverKdf(one.kdf, policy));
    same([hex(auth), hex(key), b64(deriveHandoverName(one.words))], [one.auth, one.key, one.name], one.policy);
  }
  await refused('kdf_refused', async () => checkHandoverKdf(v.openers[0].kdf, DEFAULT_POLICY), 'below the floor');
  for (const one of v.sealed) await sealed(one);
}

async function sealed(one) {
  const { slip, handover: place } = one;
  const [key, n, parts] = [unhex(one.key), partCount(slip.size), handoverPartCount(slip.size)];
  const padded = padTo([patterned(slip.size)], paddedFileSize(slip.size));
  const made = [];
  for (let i = 0; i < n; i++) {
    const plaintext = padded.subarray(i * PART_BYTES, (i + 1) * PART_BYTES);
    made.push(
      await envelope.seal(await importKey(key), 'handover', { handover: place, part: i, parts }, plaintext, {
        salt: unb64(one.parts[i].salt),
      }),
    );
  }
  made.push(await sealSlip({ handover: place, key }, slip, { salt: unb64(one.parts[n].salt) }));
  const digests = made.map((part) => sha256Sync(part));
  same(
    digests.map((digest) => hex(digest)),
    one.parts.map((part) => part.sha256),
    `${slip.size}`,
  );
  same(b64(sha256Sync(canonicalBytes(digests.map((digest) => b64(digest))))), one.digest, 'digest');
  same(
    made.reduce((sum, part) => sum + part.length, 0),
    sealedFileLength({ handover: place, key }, slip.size) + sealedSlipLength(place, parts),
    'size',
  );
  same(
    await openSlip({ handover: place, key }, parts, made[n]),
    { made_at: slip.made_at, name: slip.name, sha256: slip.sha256, size: slip.size },
    'slip',
  );
  for (let i = 0; i < n; i++) {
    same(
      await openPart({ handover: place, key }, i, n, made[i], slip.size),
      patterned(slip.size).subarray(i * PART_BYTES, (i + 1) * PART_BYTES),
      `part ${i}`,
    );
  }
  for (const bad of one.refused)
    await refused(bad.code, () => openSlip({ handover: bad.handover, key }, bad.parts, made[n]), bad.name);
}
