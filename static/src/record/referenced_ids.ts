/**
 * The ids of other records in a record's fields, at any depth; twin of diary/record/named.py.
 *
 * A link may point at nothing, at a record taken out, or in a circle. Code that follows links checks that the record
 * exists, and visits each record once.
 */
import type { Fields } from './reading.js';
import type { Told } from './record_history.js';

/** Links whose name does not end in `_id`: the person that one was merged into, and the file that is the account. */
const ALSO = new Set(['merged_into', 'narrative_media']);

/** Return every id in fields named `…_id` or `…_ids`, in nested objects too. Reserved names are skipped. */
export function idsIn(fields: Fields): string[] {
  return Object.entries(fields)
    .filter(([name]) => !name.startsWith('_'))
    .flatMap(([name, value]) => {
      const inner = Array.isArray(value) ? value : [value];
      const own =
        /_ids?$/.test(name) || ALSO.has(name) ? inner.filter((one) => typeof one === 'string' && one !== '') : [];
      const deeper = inner.filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
      return [...(own as string[]), ...deeper.flatMap((one) => idsIn(one as Fields))];
    });
}

/** Return every record that a record's newest version names. */
export function namedBy(told: Told): Set<string> {
  return new Set([...idsIn(told.newest.fields), ...idsIn(told.newest.restricted)]);
}

/** Return `start` and every record of `links` reachable from it, at any distance; circles end where they began. */
export function reached(start: Iterable<string>, names: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found: Set<string> = new Set();
  const waiting = [...start];
  for (let record = waiting.pop(); record !== undefined; record = waiting.pop()) {
    if (found.has(record)) continue;
    found.add(record);
    for (const one of names.get(record) ?? []) if (names.has(one)) waiting.push(one);
  }
  return found;
}
