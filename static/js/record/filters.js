/** Which entries a filter leaves: by the facts in the list, so that ten thousand are gone through without opening one. */

/** @typedef {import('./patterns_facts.js').Fact} Fact */
/** @typedef {{record: string, f?: Fact|null, links?: string[], bare?: boolean}} Row */
/**
 * @typedef {object} Filter what is left out asks for nothing
 * @property {string} [person] anyone the entry names
 * @property {string} [behaviour]
 * @property {string} [channel]
 * @property {string} [order] named as in force, or as broken
 * @property {boolean} [file]
 * @property {boolean} [breach]
 * @property {boolean} [bare] nothing but words and a time
 * @property {string} [from] a local date; entries of unknown time are on no side of it
 * @property {string} [to]
 */

/** @param {Filter} filter @returns {boolean} */
export function isOn(filter) {
  return Object.values(filter).some(Boolean);
}

/**
 * @param {Row} row @param {Filter} filter
 * @param {Map<string, string>} [leads] what records that were brought together lead to
 * @returns {boolean}
 */
export function fits({ f, links, bare }, filter, leads) {
  /** @param {string} wanted */
  const names = (wanted) => Boolean(links?.some((one) => one === wanted || leads?.get(one) === wanted));
  if (!f) return !isOn(filter);
  return (
    (!filter.person || names(filter.person)) &&
    (!filter.behaviour || Boolean(f.behaviours?.includes(filter.behaviour))) &&
    (!filter.channel || f.channel === filter.channel) &&
    (!filter.order || names(filter.order)) &&
    (!filter.file || Boolean(f.files)) &&
    (!filter.breach || Boolean(f.breaches?.length)) &&
    (!filter.bare || Boolean(bare)) &&
    (!filter.from || (Boolean(f.day) && f.last >= filter.from)) &&
    (!filter.to || (Boolean(f.day) && f.day <= filter.to))
  );
}
