/** What a count is called: people, accounts and orders by their names, months and terms in words. */
import { nameOf } from './record_names.js';
import { t } from './strings.js';
import './strings_registers.js';

/** @typedef {import('./app.d.ts').Known} Known */

/** A person, account or order; an account that is only typed words stands for itself. @param {Record<string, Known>} known @param {string} record */
export function whoOf(known, record) {
  const one = known[record];
  if (one) return nameOf(one.kind, one.fields) || t('pat.unnamed');
  return record.startsWith('@') ? record.slice(1) : t('pat.someone');
}

/** @param {Record<string, Known>} known @param {string} order @param {number} term */
export function placeOf(known, order, term) {
  return `${whoOf(known, order)}: ${term ? t('pat.term', { n: term }) : t('pat.term_none')}`;
}
