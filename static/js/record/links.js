/**
 * Following links between records. A link may point at nothing, at what was taken out, or in a circle: none of these
 * may stop a screen or a pack.
 */
import { codesOf, objectsOf, textOf } from './reading.js';

/** @typedef {import('./reading.js').Fields} Fields */
/** @typedef {{record: string, fields: Fields, restricted?: Fields}} Linked */

/**
 * The record that one stands for after mergings. In a circle, the lowest id of it stands for all.
 * @param {string} record @param {ReadonlyMap<string, Linked>} known
 */
export function rootOf(record, known) {
  /** @type {string[]} */
  const way = [];
  let here = record;
  while (!way.includes(here)) {
    way.push(here);
    const next = textOf(known.get(here)?.fields ?? {}, 'merged_into');
    if (!next || !known.has(next)) return here;
    here = next;
  }
  return /** @type {string} */ (way.slice(way.indexOf(here)).sort()[0]);
}

/** Every record that stands for the same one, itself included. @param {string} record @param {ReadonlyMap<string, Linked>} known @returns {string[]} */
export function mergedWith(record, known) {
  const root = rootOf(record, known);
  const all = [...known.keys()].filter((one) => rootOf(one, known) === root);
  return all.includes(record) ? all : [record, ...all];
}

/**
 * Where a record's own words name one of `ids`: the fields that do, and for alleged breaches the terms.
 * @param {Fields} fields @param {ReadonlySet<string>} ids
 * @returns {{fields: string[], terms: string[]}}
 */
export function mentions(fields, ids) {
  const named = Object.keys(fields).filter(
    (name) => /_ids?$/.test(name) && codesOf(fields, name).some((one) => ids.has(one)),
  );
  const told = objectsOf(fields, 'told_others').some((one) => ids.has(textOf(one, 'person_id')));
  const breaches = objectsOf(fields, 'alleged_breaches').filter((one) => ids.has(textOf(one, 'order_id')));
  return {
    fields: [...named, ...(told ? ['told_others'] : []), ...(breaches.length ? ['alleged_breaches'] : [])],
    terms: breaches.map((one) => String(one['term_no'] ?? '')),
  };
}
