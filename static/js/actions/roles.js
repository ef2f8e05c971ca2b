/** Giving people their codes: what every version claimed, and what a new one may claim (record/roles.js has the rule). */
import { nextCode } from '../record/roles.js';
import { isTakenOut } from '../record/standing.js';
import { textOf } from '../record/reading.js';

/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('./book.js').Batch} Batch */
/** @typedef {import('../record/roles.js').Claim} Claim */

/** Every version of every person in feed order; those without a number last, in the order they came. @param {Open} open @param {Batch} [batch] @returns {Promise<Claim[]>} */
export async function claims({ store, book }, batch) {
  const records = batch?.kinds.get('person') ?? (await store.readJson('k/person')) ?? [];
  const people = await book.manyVersions(records, batch);
  const seqs = new Map(
    people.flatMap(({ meta }) => meta.versions.map(({ v, seq }) => /** @type {const} */ ([v, seq ?? Infinity]))),
  );
  const all = people.flatMap(({ versions }) =>
    versions.filter((version) => version.kind === 'person' && !isTakenOut(version)),
  );
  // Infinity minus itself is no number: equal, so that the order they came in stands.
  return all
    .sort((a, b) => (seqs.get(a.version) ?? Infinity) - (seqs.get(b.version) ?? Infinity) || 0)
    .map(({ record, fields }) => ({ record, role: textOf(fields, 'role'), code: textOf(fields, 'role_code') }));
}

/** Puts the code a person would have into `fields`, before they are sealed. @param {Open} open @param {Batch} batch @param {string} kind @param {string} record @param {Fields} fields */
export async function withCode(open, batch, kind, record, fields) {
  if (kind !== 'person') return;
  fields['role_code'] = nextCode(await claims(open, batch), record, textOf(fields, 'role'));
}
