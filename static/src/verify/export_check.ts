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
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proof, Proofs } from './proof_check.js';

/** `receivedAt`: when a server received the record, ms; null if no valid receipt says so */
export type ExportCheck = { findings: Finding[]; isPresent: boolean; receivedAt: number | null };

export const NO_EXPORT: ExportCheck = Object.freeze({ findings: [], isPresent: false, receivedAt: null });

/** @param keys the notary keys to trust */
export async function checkExport(pack: OpenedPack, proofs: Proofs, keys: readonly NotaryKey[]): Promise<ExportCheck> {
  if (!pack.digests.has(EXPORT_PROOF)) return NO_EXPORT;
  const invalid = findingFor('export', EXPORT_PROOF);
  const proof = parseProof(EXPORT_PROOF, readObject(await pack.read(EXPORT_PROOF)));
  if ('code' in proof) return { ...NO_EXPORT, findings: [invalid] };
  const authors = await authorsOf(proofs.keys).catch(() => new Map());
  const findings = await checkProof(proof, authors, keys, new Map());
  const ofReceipt = findings.filter(({ code }) => RECEIPT_CODES.has(code));
  if (ofReceipt.length < findings.length || !(await isAbout(proof, pack, proofs)))
    return { ...NO_EXPORT, findings: [invalid, ...ofReceipt] };
  const receivedAt = ofReceipt.length ? null : integerOf(objectOf(proof.raw, 'receipt'), 'ts');
  const madeAt = integerOf(proof.values, 'made_at') ?? 0;
  const isEarly = receivedAt !== null && receivedAt < madeAt - PACK_TIME_TOLERANCE_MS;
  return {
    findings: [...ofReceipt, ...(isEarly ? [findingFor('pack_time', EXPORT_PROOF)] : [])],
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
    diaries.size === 1 &&
    diaries.has(textOf(objectOf(values, '_ids'), 'diary')) &&
    list !== undefined &&
    values.manifest_sha256 === list.sha256 &&
    textOf(values, 'pack_id') === textOf(statement, 'pack') &&
    integerOf(values, 'pack_no') === integerOf(statement, 'no') &&
    integerOf(values, 'made_at') === integerOf(statement, 'made_at')
  );
}
