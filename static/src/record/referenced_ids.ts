/**
 * What a record names: the ids of other records in its fields, wherever they stand; the twin of diary/record/named.py.
 *
 * A link may point at nothing, at what was taken out, or in a circle. Whoever follows one asks first whether the
 * record is there, and goes through each record once.
 */
import type { Fields } from './reading.js';
import type { Told } from './record_history.js';

/** Links that are not called an id: what a person was found to be, and the file that is the account. */
const ALSO = new Set(['merged_into', 'narrative_media']);

/** Every id in fields called `…_id` or `…_ids`, in objects and lists of objects too. Reserved names are none. */
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

/** Every record that a record names now. */
export function namedBy(told: Told): Set<string> {
  return new Set([...idsIn(told.newest.fields), ...idsIn(told.newest.restricted)]);
}

/** `start` and every record of `names` that something reached names, however far: circles end where they began. */
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
