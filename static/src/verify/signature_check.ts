/**
 * Checks the statements that sign a pack as a whole. The twin of diary/pack/verify/signature_check.py, which explains
 * what the signature covers.
 */
import { unb64 } from '../core/bytes.js';
import { PACK_TIME_TOLERANCE_MS } from '../core/constants.js';
import { readPackStatement } from '../crypto/pack_statement.js';
import { authorKeyId, importVerifyingKey } from '../crypto/signing.js';
import { PACK_STATEMENT, SERVABLE_STATEMENT } from '../pack/signature.js';
import { objectOf, textOf, integerOf } from '../record/reading.js';
import { baggingDay, latin1, parseList, SERVABLE_LIST, SHA256_LIST, SHA512_LIST, TAG_LIST } from './bag_check.js';
import { findingFor } from './findings.js';
import { authorsOf, PREPARED, readObject, receiptsOf } from './proof_check.js';
import { readRecord, RECORD } from './record_check.js';
import type { PackStatement } from '../crypto/pack_statement.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proofs } from './proof_check.js';

type Signers = { keys: ReadonlyMap<string, CryptoKey>; replaced: ReadonlySet<string> };

const DAY_MS = 86_400_000;

/** Return every finding about the signature of the pack and of its servable folder. */
export async function checkSignature(pack: OpenedPack, proofs: Proofs): Promise<Finding[]> {
  // The servable folder has a statement of its own. Nothing else than the one of the whole covers the restricted part.
  const isBag =
    !pack.alone ||
    pack.isPortalSet ||
    [PACK_STATEMENT, SHA256_LIST, SHA512_LIST, TAG_LIST].some((name) => pack.digests.has(name));
  const required = isBag ? PACK_STATEMENT : SERVABLE_STATEMENT;
  const isDamaged = pack.findings.some(({ member }) => member === required);
  const signers = await signersOf(pack, proofs);
  return [
    ...(pack.digests.has(required) || isDamaged ? [] : [findingFor('not_signed')]),
    ...(await checkStatement(pack, proofs, signers, PACK_STATEMENT)),
    ...(await checkStatement(pack, proofs, signers, SERVABLE_STATEMENT)),
  ];
}

async function checkStatement(pack: OpenedPack, proofs: Proofs, { keys, replaced }: Signers, path: string) {
  if (!pack.digests.has(path)) return [];
  let statement;
  try {
    // A statement that is too large to be read is malformed, not absent.
    const raw = (await pack.read(path)) ?? new Uint8Array(0);
    const wholeType = pack.isPortalSet ? 'portal/v1' : 'pack/v1';
    statement = await readPackStatement(path === PACK_STATEMENT ? wholeType : 'servable/v1', raw, keys);
  } catch {
    return [findingFor('pack_signature', path)];
  }
  if (!statement) return [findingFor('pack_signer', path)];
  return [
    ...(replaced.has(statement.by) ? [findingFor('replaced_key', path)] : []),
    ...(pack.alone && statement.parts?.includes('restricted') ? [findingFor('part_only', path)] : []),
    ...checkLists(pack, path, statement),
    ...((await isAbout(statement, path, pack, proofs)) ? [] : [findingFor('other_pack', path)]),
    ...(lastReceivedAt(proofs) > statement.made_at + PACK_TIME_TOLERANCE_MS ? [findingFor('pack_time', path)] : []),
  ];
}

function lastReceivedAt(proofs: Proofs) {
  return [...receiptsOf(proofs).values()].reduce((last, receipt) => Math.max(last, integerOf(receipt, 'ts') ?? 0), 0);
}

/** Return the keys that may sign this pack, and the ids of those that were replaced. */
async function signersOf(pack: OpenedPack, proofs: Proofs): Promise<Signers> {
  const raw = await pack.read(PREPARED);
  try {
    if (raw) {
      const point = unb64(textOf(readObject(raw) ?? {}, 'ecdsa_pub'));
      return { keys: new Map([[authorKeyId(point), await importVerifyingKey(point)]]), replaced: new Set() };
    }
    const authors = await authorsOf(proofs.keys);
    const ids = [...authors.keys()];
    return { keys: new Map([...authors].map(([id, { key }]) => [id, key])), replaced: new Set(ids.slice(0, -1)) };
  } catch {
    return { keys: new Map(), replaced: new Set() }; // reported as `keys` or `preparer`
  }
}

/** Find the lists that are not the signed ones. Absent ones are reported by the check of the bag. */
function checkLists(pack: OpenedPack, path: string, { manifest, manifest512 }: PackStatement) {
  const signedDigests = new Map([[path === PACK_STATEMENT ? SHA256_LIST : SERVABLE_LIST, manifest]]);
  if (path === PACK_STATEMENT && manifest512 !== undefined) signedDigests.set(SHA512_LIST, manifest512);
  const findings = [];
  for (const [name, signedDigest] of signedDigests) {
    const digests = pack.digests.get(name);
    if (digests && signedDigest !== (name === SHA512_LIST ? digests.sha512 : digests.sha256))
      findings.push(findingFor('pack_changed', name));
  }
  return findings;
}

/** Return whether the statement names this pack: its diary, folder, number, time and parts. */
async function isAbout(statement: PackStatement, path: string, pack: OpenedPack, { primary }: Proofs) {
  const diaries = new Set([...primary.values()].map(({ values }) => textOf(objectOf(values, '_ids'), 'diary')));
  if (diaries.size !== 1 || !diaries.has(statement.diary)) return false;
  if (statement.folder !== pack.folder && !pack.isPart) return false;
  if (pack.digests.has(RECORD)) {
    const fields = objectOf(await readRecord(pack), 'pack');
    if (
      textOf(fields, 'id') !== statement.pack ||
      integerOf(fields, 'no') !== statement.no ||
      integerOf(fields, 'made_at') !== statement.made_at ||
      textOf(fields, 'folder') !== statement.folder
    )
      return false;
  }
  if (path === SERVABLE_STATEMENT || pack.isPortalSet) return true;
  const listedPaths = parseList((await pack.read(SHA256_LIST)) ?? new Uint8Array(0)) ?? new Map();
  const listed = new Set(
    [...listedPaths.keys()].filter((at) => at.split('/').length > 2).map((at) => at.split('/')[1]),
  );
  const signed = new Set(statement.parts);
  const day = baggingDay(latin1((await pack.read('bag-info.txt')) ?? new Uint8Array(0)));
  return (
    listed.size === signed.size &&
    [...listed].every((part) => signed.has(part ?? '')) &&
    (day === null || isDayOf(day, statement.made_at))
  );
}

/**
 * Return whether a time falls on a local date somewhere: on the UTC date or a day beside it.
 * @param day midnight UTC of the date, ms; NaN for no date
 */
function isDayOf(day: number, time: number) {
  return Math.abs(day / DAY_MS - Math.floor(time / DAY_MS)) <= 1;
}
