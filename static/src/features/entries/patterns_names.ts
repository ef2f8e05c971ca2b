/** Labels of counts: people, accounts and orders by name, terms of an order as text. */
import { nameOf } from '../../components/text/record_names.js';
import { t } from '../../shell/strings.js';
import './words.js';
import type { Known } from '../../shell/app.js';

/** Return the name of a person, account or order. An account without a record (`@…`) is its own name. */
export function whoOf(known: Record<string, Known>, record: string) {
  const one = known[record];
  if (one) return nameOf(one.kind, one.fields) || t('pat.unnamed');
  return record.startsWith('@') ? record.slice(1) : t('pat.someone');
}

export function placeOf(known: Record<string, Known>, order: string, term: number) {
  return `${whoOf(known, order)}: ${term ? t('pat.term', { n: term }) : t('pat.term_none')}`;
}
