/**
 * Checks 12_record.json against the restricted proofs, and what it derives against its own versions. The twin of
 * check_record in diary/pack/proofcheck.py.
 */
import { objectOf, objectsOf, textOf, wholeOf } from '../record/reading.js';
import { oddities } from '../record/rules.js';
import { follows, standsBeside } from './derived_fields.js';
import { find } from './findings.js';
import { objectIn, sameJson } from './proof_check.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proof, Proofs } from './proof_check.js';

export const RECORD = 'data/restricted/12_record.json';
const LINE_END = 10;

export async function checkRecord(pack: OpenedPack, { restricted }: Proofs): Promise<Finding[]> {
  const raw = await pack.read(RECORD);
  if (!raw) return [];
  const value = raw.at(-1) === LINE_END ? objectIn(raw.subarray(0, -1)) : null;
  if (value?.t !== 'record/v1') return [find('unreadable', RECORD)];
  const versions = objectsOf(value, 'versions');
  const rows = new Map(versions.map((row) => [textOf(row, 'version'), row]));
  const found: Finding[] = [];
  if (
    rows.size !== versions.length ||
    rows.size !== restricted.size ||
    [...rows.keys()].some((version) => !restricted.has(version))
  )
    found.push(find('record', RECORD));
  for (const [version, row] of rows) {
    const proof = restricted.get(version);
    if (proof && !agrees(row, proof)) found.push(find('record', proof.member));
  }
  if (!follows(value) || !(await standsBeside(value, pack))) found.push(find('record', RECORD));
  for (const { raw: told, values, member } of restricted.values()) {
    // A time in the future may come from a wrong clock: not a fault of the pack.
    if (oddities(textOf(told, 'kind'), values, {}).some(({ code }) => code !== 'in_the_future'))
      found.push(find('odd', member));
  }
  return found;
}

/** Return whether a row of the record agrees with the proof. */
function agrees(row: Fields, { raw, values }: Proof) {
  const fields = Object.fromEntries(Object.entries(values).filter(([, held]) => held !== null));
  const same = ['c', 'kind', 'record', 'seq_no'].every((name) => sameJson(row[name], raw[name]));
  return (
    same &&
    sameJson(row.fields, fields) &&
    sameJson(row.receipt_at, wholeOf(objectOf(raw, 'receipt'), 'ts')) &&
    sameJson(row.schema, fields._schema) &&
    sameJson(row.parents, fields._parents)
  );
}
