/**
 * Links between records. A link may point at nothing, at a record taken out, or in a circle; none of these may stop a
 * screen or a pack.
 */
import { codesOf, objectsOf, textOf } from './reading.js';
import type { Fields } from './reading.js';

type Linked = { record: string; fields: Fields; restricted?: Fields };

/** Return the record that represents this one after merges. In a circle, the lowest id represents all. */
export function rootOf(record: string, known: ReadonlyMap<string, Linked>) {
  const way: string[] = [];
  let here = record;
  while (!way.includes(here)) {
    way.push(here);
    const next = textOf(known.get(here)?.fields ?? {}, 'merged_into');
    if (!next || !known.has(next)) return here;
    here = next;
  }
  return way.slice(way.indexOf(here)).sort()[0] as string;
}

/** Return every record with the same representative, itself included. */
export function mergedWith(record: string, known: ReadonlyMap<string, Linked>): string[] {
  const root = rootOf(record, known);
  const all = [...known.keys()].filter((one) => rootOf(one, known) === root);
  return all.includes(record) ? all : [record, ...all];
}

/** Return where a record names one of `ids`: the field names, and the terms of alleged breaches. */
export function mentions(fields: Fields, ids: ReadonlySet<string>): { fields: string[]; terms: string[] } {
  const named = Object.keys(fields).filter(
    (name) => /_ids?$/.test(name) && codesOf(fields, name).some((one) => ids.has(one)),
  );
  const told = objectsOf(fields, 'told_others').some((one) => ids.has(textOf(one, 'person_id')));
  const breaches = objectsOf(fields, 'alleged_breaches').filter((one) => ids.has(textOf(one, 'order_id')));
  return {
    fields: [...named, ...(told ? ['told_others'] : []), ...(breaches.length ? ['alleged_breaches'] : [])],
    terms: breaches.map((one) => String(one.term_no ?? '')),
  };
}
