/**
 * Normalises text for search, and collects the searchable text of an entry. Text is stored as typed; only the
 * comparison folds it.
 */
import { isBlank } from '../reading.js';
import type { Fields } from '../reading.js';

/** The kinds whose names find an entry. */
export const NAMED_KINDS = ['person', 'account', 'vehicle', 'order'];
/** Their fields that hold a name. */
export const NAME_FIELDS = [
  'name',
  'aliases',
  'role_code',
  'handle',
  'display_name',
  'number',
  'url',
  'reg',
  'make',
  'model',
  'court',
  'case_no',
];
/** Codes, ids, times and bookkeeping: nobody searches for these by typing. */
const UNSEARCHED_FIELDS = new Set([
  'behaviours',
  'channel',
  'place_category',
  'feelings_then',
  'feared_violence',
  'precision',
  'time_source',
  'entry_kind',
  'carried_out_by',
  'attribution_basis',
  'response',
  'i_contacted_them',
  'hostility',
  'help_given',
  'content_warning',
  'language',
  'cards_opened',
  'tz',
  'occurred_local',
  'reg_certainty',
  'local',
  'source',
  'kind',
  'sensitivity',
  'shows',
  'flags',
  'media_type',
  'sha256',
  'sha512',
  'renditions',
  'alteration_before_receipt',
  'source_account',
  'direction',
  'type',
  'sent_local',
  'sent_source',
  'sent_note',
  'read',
  'outcome',
  'reason',
  'chat',
  'import_summary',
  'complete',
  'start_with_this',
  'print_copy',
]);
const COMBINING_MARKS = /\p{M}+/gu;
/** Invisible marks that set direction or join letters: a copied number is full of them. */
const INVISIBLE_MARKS = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Fold text: NFKC, no case, accents or invisible marks, single spaces. */
export function foldText(text: string): string {
  // Fast path: most typed text is plain ASCII and only needs lower case.
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase().replace(/ {2,}/g, ' ');
  return text
    .normalize('NFKC')
    .normalize('NFD')
    .replace(COMBINING_MARKS, '')
    .replace(INVISIBLE_MARKS, '')
    .toLowerCase()
    .normalize('NFC')
    .replace(/\s+/g, ' ');
}

/** @returns the words that must all be found; none for an empty query */
export function searchWords(query: string): string[] {
  return foldText(query).split(' ').filter(Boolean);
}

/** Return all text in some fields, folded. */
export function searchableText(parts: readonly (Fields | undefined | null)[]): string {
  const texts: string[] = [];
  for (const part of parts) collectText(part, texts, 0);
  return foldText(texts.join(' \n '));
}

function collectText(value: unknown, texts: string[], depth: number) {
  if (typeof value === 'string') {
    if (value) texts.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) collectText(item, texts, depth + 1);
  } else if (value && typeof value === 'object' && depth < 8 && !isBlank(value)) {
    for (const [name, item] of Object.entries(value)) if (isSearched(name)) collectText(item, texts, depth + 1);
  }
}

function isSearched(name: string) {
  return (
    !name.startsWith('_') &&
    !UNSEARCHED_FIELDS.has(name) &&
    !name.endsWith('_id') &&
    !name.endsWith('_ids') &&
    !name.endsWith('_at')
  );
}
