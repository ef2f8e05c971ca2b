/**
 * The ids of other records in a record's fields, at any depth; twin of diary/record/referenced_ids.py.
 *
 * A link may point at nothing, at a record taken out, or in a circle. Code that follows links checks that the record
 * exists, and visits each record once.
 */
import type { Fields } from './reading.js';
import type { RecordHistory } from './record_history.js';

/** Links whose name does not end in `_id`: the person that one was merged into, and the file that is the account. */
const OTHER_LINK_FIELDS = new Set(['merged_into', 'narrative_media']);

/** Return every id in fields named `…_id` or `…_ids`, in nested objects too. Reserved names are skipped. */
export function idsIn(fields: Fields): string[] {
  return Object.entries(fields)
    .filter(([name]) => !name.startsWith('_'))
    .flatMap(([name, value]) => {
      const values = Array.isArray(value) ? value : [value];
      const direct =
        /_ids?$/.test(name) || OTHER_LINK_FIELDS.has(name)
          ? values.filter((item) => typeof item === 'string' && item !== '')
          : [];
      const nested = values.filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
      return [...(direct as string[]), ...nested.flatMap((item) => idsIn(item as Fields))];
    });
}

/** Return every record that a record's newest version names. */
export function referencedIds(history: RecordHistory): Set<string> {
  return new Set([...idsIn(history.newest.fields), ...idsIn(history.newest.restricted)]);
}

/** Return `start` and every record of `links` reachable from it, at any distance; circles end where they began. */
export function reachableFrom(start: Iterable<string>, links: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const visited: Set<string> = new Set();
  const queue = [...start];
  for (let record = queue.pop(); record !== undefined; record = queue.pop()) {
    if (visited.has(record)) continue;
    visited.add(record);
    for (const linked of links.get(record) ?? []) if (links.has(linked)) queue.push(linked);
  }
  return visited;
}
