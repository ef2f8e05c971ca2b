/**
 * What a record names: the ids of other records in its fields, wherever they stand; the twin of diary/record/named.py.
 *
 * A link may point at nothing, at what was taken out, or in a circle. Whoever follows one asks first whether the
 * record is there, and goes through each record once.
 */

/** @typedef {import('./reading.js').Fields} Fields */
/** @typedef {import('./told.js').Told} Told */

/** Links that are not called an id: what a person was found to be, and the file that is the account. */
const ALSO = new Set(['merged_into', 'narrative_media']);

/**
 * Every id in fields called `…_id` or `…_ids`, in objects and lists of objects too. Reserved names are none.
 * @param {Fields} fields
 * @returns {string[]}
 */
export function idsIn(fields) {
  return Object.entries(fields)
    .filter(([name]) => !name.startsWith('_'))
    .flatMap(([name, value]) => {
      const inner = Array.isArray(value) ? value : [value];
      const own =
        /_ids?$/.test(name) || ALSO.has(name) ? inner.filter((one) => typeof one === 'string' && one !== '') : [];
      const deeper = inner.filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
      return [.../** @type {string[]} */ (own), ...deeper.flatMap((one) => idsIn(/** @type {Fields} */ (one)))];
    });
}

/** Every record that a record names now. @param {Told} told @returns {Set<string>} */
export function namedBy(told) {
  return new Set([...idsIn(told.newest.fields), ...idsIn(told.newest.restricted)]);
}

/**
 * `start` and every record of `names` that something reached names, however far: circles end where they began.
 * @param {Iterable<string>} start
 * @param {ReadonlyMap<string, ReadonlySet<string>>} names
 * @returns {Set<string>}
 */
export function reached(start, names) {
  /** @type {Set<string>} */ const found = new Set();
  const waiting = [...start];
  for (let record = waiting.pop(); record !== undefined; record = waiting.pop()) {
    if (found.has(record)) continue;
    found.add(record);
    for (const one of names.get(record) ?? []) if (names.has(one)) waiting.push(one);
  }
  return found;
}
