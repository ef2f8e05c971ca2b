/** What a count is called: people, accounts and orders by their names, months and terms in words. */
import { nameOf } from '../../components/text/record_names.js';
import { t } from '../../shell/strings.js';
import './words.js';
import type { Known } from '../../shell/app.js';

/** A person, account or order; an account that is only typed words stands for itself. */
export function whoOf(known: Record<string, Known>, record: string) {
  const one = known[record];
  if (one) return nameOf(one.kind, one.fields) || t('pat.unnamed');
  return record.startsWith('@') ? record.slice(1) : t('pat.someone');
}

export function placeOf(known: Record<string, Known>, order: string, term: number) {
  return `${whoOf(known, order)}: ${term ? t('pat.term', { n: term }) : t('pat.term_none')}`;
}
