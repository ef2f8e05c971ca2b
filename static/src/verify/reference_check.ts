/**
 * What the records and files of a pack are called in 12_record.json: `S1`, `O2`, `JB/3`. The twin of
 * diary/pack/verify/reference_check.py, which explains what can be checked.
 */
import { REGISTER_KINDS, registerCode } from '../pack/selection.js';
import { objectsOf, integerOf, textOf } from '../record/reading.js';
import { historiesOf, isTakenOut } from '../record/record_history.js';
import { canHaveCodes } from '../record/roles.js';
import { sameJson } from './proof_check.js';
import type { Fields } from '../record/reading.js';
import type { OpenedVersion } from '../record/record_history.js';

/** Check that the references follow from the records' order, and the codes of people from what they claim. */
export function hasValidCodes(record: Fields, versions: readonly OpenedVersion[]) {
  const rows = objectsOf(record, 'refs');
  const records = REGISTER_KINDS.flatMap((kind) => historiesOf(versions, kind).map((history) => history.record));
  const ranksOf = (wanted: string) =>
    rows.filter(({ kind }) => kind === wanted).map((row) => integerOf(row, 'no') ?? 0);
  const people = rows.filter(({ kind }) => kind === 'person');
  return (
    sameJson(
      rows.map((row) => textOf(row, 'record')),
      records,
    ) &&
    REGISTER_KINDS.every((kind) => isRising(ranksOf(kind))) &&
    rows.every((row) => row.kind === 'person' || row.ref === registerCode(textOf(row, 'kind'), Number(row.no))) &&
    canHaveCodes(
      versions
        .filter((version) => version.kind === 'person' && !isTakenOut(version))
        .map(({ record, fields }) => ({ record, role: textOf(fields, 'role'), code: textOf(fields, 'role_code') })),
      new Map(people.map((row) => [textOf(row, 'record'), textOf(row, 'ref')])),
    )
  );
}

/** Check that the files are called by the pack's initials and rising numbers. */
export function hasValidItems(exhibits: readonly Fields[], initials: string) {
  const items = exhibits.map((row) => textOf(row, 'item'));
  const numbers = items.map((item) => Number(/\/(\d{1,5})$/.exec(item)?.[1] ?? 0));
  return isRising(numbers) && items.every((item, i) => item === `${initials}/${numbers[i]}`);
}

const isRising = (numbers: readonly number[]) => numbers.every((number, i) => number > (numbers[i - 1] ?? 0));
