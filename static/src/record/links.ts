/**
 * Links between records. A link may point at nothing, at a record taken out, or in a circle; none of these may stop a
 * screen or a pack.
 */
import { codesOf, objectsOf, textOf } from './reading.js';
import type { Fields } from './reading.js';

type LinkedRecord = { record: string; fields: Fields; restricted?: Fields };

/** Return the record that represents this one after merges. In a circle, the lowest id represents all. */
export function representativeOf(record: string, recordsById: ReadonlyMap<string, LinkedRecord>) {
  const visited: string[] = [];
  let current = record;
  while (!visited.includes(current)) {
    visited.push(current);
    const target = textOf(recordsById.get(current)?.fields ?? {}, 'merged_into');
    if (!target || !recordsById.has(target)) return current;
    current = target;
  }
  return visited.slice(visited.indexOf(current)).sort()[0] as string;
}

/** Return every record with the same representative, itself included. */
export function mergedWith(record: string, recordsById: ReadonlyMap<string, LinkedRecord>): string[] {
  const root = representativeOf(record, recordsById);
  const merged = [...recordsById.keys()].filter((candidate) => representativeOf(candidate, recordsById) === root);
  return merged.includes(record) ? merged : [record, ...merged];
}

/** Return where a record names one of `ids`: the field names, and the terms of alleged breaches. */
export function mentionsOf(fields: Fields, ids: ReadonlySet<string>): { fields: string[]; terms: string[] } {
  const fieldNames = Object.keys(fields).filter(
    (name) => /_ids?$/.test(name) && codesOf(fields, name).some((item) => ids.has(item)),
  );
  const isTold = objectsOf(fields, 'told_others').some((item) => ids.has(textOf(item, 'person_id')));
  const breaches = objectsOf(fields, 'alleged_breaches').filter((item) => ids.has(textOf(item, 'order_id')));
  return {
    fields: [...fieldNames, ...(isTold ? ['told_others'] : []), ...(breaches.length ? ['alleged_breaches'] : [])],
    terms: breaches.map((item) => String(item.term_no ?? '')),
  };
}
