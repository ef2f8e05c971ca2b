/**
 * Reading fields that somebody else wrote; the twin of diary/record/reading.py.
 *
 * An opened version is authentic, not well formed: an older or a broken app may have put a number where text
 * belongs. These readers give the value when it has the right shape and the empty one otherwise.
 */

/** @typedef {import('../core/encoding.js').Json} Json */
/** @typedef {{readonly [name: string]: Json | undefined}} Fields */

/** @param {Fields} fields @param {string} name @returns {string} the text, or '' */
export function textOf(fields, name) {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

/** @param {Fields} fields @param {string} name @returns {number | null} the whole number, or null */
export function wholeOf(fields, name) {
  const value = fields[name];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** @param {Fields} fields @param {string} name @returns {boolean | null} null for left blank */
export function switchOf(fields, name) {
  const value = fields[name];
  return typeof value === 'boolean' ? value : null;
}

/** @param {Fields} fields @param {string} name @returns {string[]} codes or ids, whether the field holds one or a list */
export function codesOf(fields, name) {
  const value = fields[name];
  if (typeof value === 'string') return value ? [value] : [];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string' && one !== '') : [];
}

/** @param {unknown} value @returns {value is Fields} */
function isFields(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {Fields} fields @param {string} name @returns {Fields} the object in a field, or an empty one */
export function objectOf(fields, name) {
  const value = fields[name];
  return isFields(value) ? value : {};
}

/** @param {Fields} fields @param {string} name @returns {Fields[]} the objects of a list */
export function objectsOf(fields, name) {
  const value = fields[name];
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** @param {Json | undefined} value @returns {boolean} whether nothing was said; false and 0 say something */
export function isBlank(value) {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
