/** Labels of counts: people, accounts and orders by name, terms of an order as text. */
import { recordName } from '../../components/text/record_names.js';
import { t } from '../../shell/strings.js';
import './words.js';
import type { RecordName } from '../../shell/app.js';

/** Return the name of a person, account or order. An account without a record (`@…`) is its own name. */
export function recordLabel(known: Record<string, RecordName>, record: string) {
  const match = known[record];
  if (match) return recordName(match.kind, match.fields) || t('pat.unnamed');
  return record.startsWith('@') ? record.slice(1) : t('pat.someone');
}

export function termLabel(known: Record<string, RecordName>, order: string, term: number) {
  return `${recordLabel(known, order)}: ${term ? t('pat.term', { n: term }) : t('pat.term_none')}`;
}
