/**
 * Giving people their codes: what every version claimed, and what a new one may claim (record/roles.js has the rule).
 */
import { nextCode } from '../../record/roles.js';
import { isTakenOut } from '../../record/current_version.js';
import { textOf } from '../../record/reading.js';
import type { Claim } from '../../record/roles.js';
import type { Fields, Open, Batch } from '../types.js';

/** Every version of every person in feed order; those without a number last, in the order they came. */
export async function claims({ store, book }: Open, batch?: Batch): Promise<Claim[]> {
  const records = batch?.kinds.get('person') ?? (await store.readJson<string[]>('k/person')) ?? [];
  const people = await book.manyVersions(records, batch);
  const seqs = new Map(people.flatMap(({ meta }) => meta.versions.map(({ v, seq }) => [v, seq ?? Infinity] as const)));
  const all = people.flatMap(({ versions }) =>
    versions.filter((version) => version.kind === 'person' && !isTakenOut(version)),
  );
  // Infinity minus itself is no number: equal, so that the order they came in stands.
  return all
    .sort((a, b) => (seqs.get(a.version) ?? Infinity) - (seqs.get(b.version) ?? Infinity) || 0)
    .map(({ record, fields }) => ({ record, role: textOf(fields, 'role'), code: textOf(fields, 'role_code') }));
}

/** Puts the code a person would have into `fields`, before they are sealed. */
export async function withCode(open: Open, batch: Batch, kind: string, record: string, fields: Fields) {
  if (kind !== 'person') return;
  fields.role_code = nextCode(await claims(open, batch), record, textOf(fields, 'role'));
}
