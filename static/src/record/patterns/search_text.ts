/**
 * Normalises text for search, and collects the searchable text of an entry. Text is stored as typed; only the
 * comparison folds it.
 */
import { isBlank } from '../reading.js';
import type { Fields } from '../reading.js';

/** Codes, ids, times and bookkeeping: nobody searches for these by typing. */
const UNSAID = new Set([
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
const MARK = /\p{M}+/gu;
/** Invisible marks that set direction or join letters: a copied number is full of them. */
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Fold text: NFKC, no case, accents or invisible marks, single spaces. */
export function folded(text: string): string {
  // Fast path: most typed text is plain ASCII and only needs lower case.
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase().replace(/ {2,}/g, ' ');
  return text
    .normalize('NFKC')
    .normalize('NFD')
    .replace(MARK, '')
    .replace(UNSEEN, '')
    .toLowerCase()
    .normalize('NFC')
    .replace(/\s+/g, ' ');
}

/** @returns the words that must all be found; none for an empty query */
export function wanted(query: string): string[] {
  return folded(query).split(' ').filter(Boolean);
}

/** Return all text in some fields, folded. */
export function spokenIn(parts: readonly (Fields | undefined | null)[]): string {
  const found: string[] = [];
  for (const part of parts) gather(part, found, 0);
  return folded(found.join(' \n '));
}

function gather(value: unknown, found: string[], depth: number) {
  if (typeof value === 'string') {
    if (value) found.push(value);
  } else if (Array.isArray(value)) {
    for (const one of value) gather(one, found, depth + 1);
  } else if (value && typeof value === 'object' && depth < 8 && !isBlank(value)) {
    for (const [name, one] of Object.entries(value)) if (isSaid(name)) gather(one, found, depth + 1);
  }
}

function isSaid(name: string) {
  return (
    !name.startsWith('_') &&
    !UNSAID.has(name) &&
    !name.endsWith('_id') &&
    !name.endsWith('_ids') &&
    !name.endsWith('_at')
  );
}
