/**
 * Checks 12_record.json against the restricted proofs, and what it derives against its own versions. The twin of
 * check_record in diary/pack/verify/proof_check.py.
 */
import { objectOf, objectsOf, textOf, integerOf } from '../record/reading.js';
import { allFaults } from '../record/rules.js';
import { hasDerivedRows, isDerivedFromProofs } from './derived_fields.js';
import { findingFor } from './findings.js';
import { readObject, sameJson } from './proof_check.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proof, Proofs } from './proof_check.js';

export const RECORD = 'data/restricted/12_record.json';
const LINE_END = 10;

/** Return 12_record.json; empty if it is absent or no JSON object, which `checkRecord` reports. */
export async function readRecord(pack: OpenedPack): Promise<Fields> {
  if (pack.record) return pack.record;
  const raw = (await pack.read(RECORD)) ?? new Uint8Array(0);
  return (pack.record = readObject(raw.at(-1) === LINE_END ? raw.subarray(0, -1) : raw) ?? {});
}

export async function checkRecord(pack: OpenedPack, { restricted }: Proofs): Promise<Finding[]> {
  const raw = await pack.read(RECORD);
  if (!raw) return [];
  const value = await readRecord(pack);
  if (raw.at(-1) !== LINE_END || value.t !== 'record/v1') return [findingFor('unreadable', RECORD)];
  const versions = objectsOf(value, 'versions');
  const rows = new Map(versions.map((row) => [textOf(row, 'version'), row]));
  const findings: Finding[] = [];
  if (
    rows.size !== versions.length ||
    rows.size !== restricted.size ||
    [...rows.keys()].some((version) => !restricted.has(version))
  )
    findings.push(findingFor('record', RECORD));
  for (const [version, row] of rows) {
    const proof = restricted.get(version);
    if (proof && !matchesProof(row, proof)) findings.push(findingFor('record', proof.member));
  }
  if (!hasDerivedRows(value) || !(await isDerivedFromProofs(value, pack))) findings.push(findingFor('record', RECORD));
  for (const { raw: proofRaw, values, member } of restricted.values()) {
    // A time in the future may come from a wrong clock: not a fault of the pack.
    if (allFaults(textOf(proofRaw, 'kind'), values, {}).some(({ code }) => code !== 'in_the_future'))
      findings.push(findingFor('odd', member));
  }
  return findings;
}

/** Return whether a row of the record agrees with the proof. */
function matchesProof(row: Fields, { raw, values }: Proof) {
  const fields = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const isSame = ['c', 'kind', 'record', 'seq_no'].every((name) => sameJson(row[name], raw[name]));
  return (
    isSame &&
    sameJson(row.fields, fields) &&
    sameJson(row.receipt_at, integerOf(objectOf(raw, 'receipt'), 'ts')) &&
    sameJson(row.schema, fields._schema) &&
    sameJson(row.parents, fields._parents)
  );
}
