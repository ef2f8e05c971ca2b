/**
 * Checks pack-export.json, the proof of the diary's own record of the pack. The twin of
 * diary/pack/verify/export_check.py, which explains what the record shows.
 */
import { PACK_TIME_TOLERANCE_MS } from '../core/constants.js';
import { EXPORT_PROOF, PACK_STATEMENT } from '../pack/signature.js';
import { objectOf, textOf, integerOf } from '../record/reading.js';
import { SHA256_LIST } from './bag_check.js';
import { findingFor } from './findings.js';
import { authorsOf, checkProof, parseProof, readObject, RECEIPT_CODES } from './proof_check.js';
import type { NotaryKey } from '../ledger/statements.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proof, Proofs } from './proof_check.js';

/** `receivedAt`: when a server received the record, ms; null if no valid receipt says so */
export type ExportCheck = { findings: Finding[]; isPresent: boolean; receivedAt: number | null };

export const NO_EXPORT: ExportCheck = Object.freeze({ findings: [], isPresent: false, receivedAt: null });

/** @param keys the notary keys to trust */
export async function checkExport(pack: OpenedPack, proofs: Proofs, keys: readonly NotaryKey[]): Promise<ExportCheck> {
  if (!pack.digests.has(EXPORT_PROOF)) return NO_EXPORT;
  const value = readObject(await pack.read(EXPORT_PROOF));
  return judgeExportProof('export', EXPORT_PROOF, value, pack, proofs, keys, new Map());
}

/**
 * Find what is wrong with a proof of the record of this pack, in the pack or beside it.
 * @param code the finding for one that is malformed or about another pack
 * @param places proven places in the log, by version
 */
export async function judgeExportProof(
  code: string,
  member: string,
  value: Fields | null,
  pack: OpenedPack,
  proofs: Proofs,
  keys: readonly NotaryKey[],
  places: ReadonlyMap<string, number>,
): Promise<ExportCheck> {
  const invalid = findingFor(code, member);
  const proof = parseProof(member, value);
  if ('code' in proof) return { ...NO_EXPORT, findings: [invalid] };
  const authors = await authorsOf(proofs.keys).catch(() => new Map());
  const findings = await checkProof(proof, authors, keys, places);
  const ofReceipt = findings.filter((finding) => RECEIPT_CODES.has(finding.code));
  if (ofReceipt.length < findings.length || !(await isAbout(proof, pack, proofs)))
    return { ...NO_EXPORT, findings: [invalid, ...ofReceipt] };
  const receivedAt = ofReceipt.length ? null : integerOf(objectOf(proof.raw, 'receipt'), 'ts');
  const madeAt = integerOf(proof.values, 'made_at') ?? 0;
  const isEarly = receivedAt !== null && receivedAt < madeAt - PACK_TIME_TOLERANCE_MS;
  return {
    findings: [...ofReceipt, ...(isEarly ? [findingFor('pack_time', member)] : [])],
    isPresent: true,
    receivedAt,
  };
}

/** Return whether a proof is of the export record of this pack. */
async function isAbout({ raw, values }: Proof, pack: OpenedPack, { primary }: Proofs) {
  const diaries = new Set([...primary.values()].map((proof) => textOf(objectOf(proof.values, '_ids'), 'diary')));
  // What the statement says is checked against the pack in signature_check.ts.
  const statement = readObject(await pack.read(PACK_STATEMENT)) ?? {};
  const list = pack.digests.get(SHA256_LIST);
  return (
    textOf(raw, 'kind') === 'export' &&
    raw.seq_no === null &&
    diaries.size === 1 &&
    diaries.has(textOf(objectOf(values, '_ids'), 'diary')) &&
    list !== undefined &&
    values.manifest_sha256 === list.sha256 &&
    textOf(values, 'pack_id') === textOf(statement, 'pack') &&
    integerOf(values, 'pack_no') === integerOf(statement, 'no') &&
    integerOf(values, 'made_at') === integerOf(statement, 'made_at')
  );
}
