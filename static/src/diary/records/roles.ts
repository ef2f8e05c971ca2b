/**
 * Give people their codes: what every version claimed, and what a new one may claim (the rule is in record/roles.js).
 */
import { nextCode } from '../../record/roles.js';
import { isTakenOut } from '../../record/current_version.js';
import { textOf } from '../../record/reading.js';
import type { Claim } from '../../record/roles.js';
import type { Fields, Open, Batch } from '../types.js';

/**
 * Return the claims of every version of every person in feed order; those without a number last, in order of arrival.
 */
export async function readClaims({ store, book }: Open, batch?: Batch): Promise<Claim[]> {
  const records = batch?.kinds.get('person') ?? (await store.readJson<string[]>('k/person')) ?? [];
  const people = await book.manyVersions(records, batch);
  const seqs = new Map(people.flatMap(({ meta }) => meta.versions.map(({ v, seq }) => [v, seq ?? Infinity] as const)));
  const personVersions = people.flatMap(({ versions }) =>
    versions.filter((version) => version.kind === 'person' && !isTakenOut(version)),
  );
  // Infinity minus Infinity is NaN: treat as equal, so that the order of arrival stands.
  return personVersions
    .sort((a, b) => (seqs.get(a.version) ?? Infinity) - (seqs.get(b.version) ?? Infinity) || 0)
    .map(({ record, fields }) => ({ record, role: textOf(fields, 'role'), code: textOf(fields, 'role_code') }));
}

/** Set a person's code in `fields`, before they are sealed. */
export async function setRoleCode(open: Open, batch: Batch, kind: string, record: string, fields: Fields) {
  if (kind !== 'person') return;
  fields.role_code = nextCode(await readClaims(open, batch), record, textOf(fields, 'role'));
}
