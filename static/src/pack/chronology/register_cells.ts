/**
 * What the codes of a chronology stand for, on the pages a phone makes by itself: people, accounts, orders with their
 * terms, reports with their references and the rest, as far as they may be passed on. A witness, a child and a helper
 * have no name here.
 */
import { textOf } from '../../record/reading.js';
import { compareText, dayMomentOf } from '../../record/patterns/patterns_facts.js';
import { historiesOf } from '../../record/record_history.js';
import { describeFields } from './field_words.js';
import { wordsFor } from './chronology_words.js';
import type { Fields } from '../../record/reading.js';
import type { OpenedVersion } from '../../record/record_history.js';
import type { FieldFormat } from './field_words.js';
import type { Cell } from './cells.js';

/** A record: its reference, its kind, all its cells, and when it was, '' where that is not known */
export type Register = { ref: string; kind: string; cells: Cell[]; sortKey: string };

/** For days and times that a record holds without a zone. */
const DEFAULT_ZONE = 'Europe/London';
/** In the order an officer asks, each with the fields that come first. */
const REGISTER_FIELDS: readonly (readonly [string, readonly string[]])[] = [
  ['person', ['name', 'aliases', 'role', 'relationship', 'relationship_dates', 'dob_or_age', 'description']],
  [
    'account',
    [
      'platform',
      'handle',
      'number',
      'url',
      'person_id',
      'attribution_basis',
      'first_seen',
      'blocked_on',
      'new_after_block',
    ],
  ],
  ['sighting', ['at', 'platform', 'handle', 'number', 'account_id', 'how_found', 'how_linked']],
  ['vehicle', ['type', 'colour', 'make', 'model', 'reg', 'reg_certainty', 'person_ids']],
  ['case', ['title', 'about']],
  ['notice', ['at', 'by_whom', 'how', 'to_ids', 'exact_words', 'what_happened_next']],
  ['order', ['kind', 'court', 'case_no', 'made_on', 'served_on', 'expires_on', 'terms']],
  [
    'report',
    [
      'to',
      'force',
      'at',
      'crime_ref',
      'incident_ref',
      'officer_name',
      'collar_no',
      'what_they_said',
      'promised',
      'next_update_due',
      'outcome',
    ],
  ],
  ['statement', ['by_id', 'saw_how', 'at', 'narrative', 'exact_words', 'received_how']],
  ['impact', ['domain', 'after', 'before', 'started']],
  ['background', ['relationship', 'narrative']],
  ['schedule', ['title', 'channel', 'count', 'complete']],
];
/**
 * Roles described in full: a suspect, or none given. Anybody else has no name and nothing to identify them, as in the
 * set pages.
 */
const DESCRIBED_ROLES = new Set(['suspect', '']);
const ANONYMOUS_FIELDS = new Set(['role', 'relationship', 'age_band', 'merged_into']);
/** Bookkeeping, and fields that have a table of their own. */
const EXCLUDED_FIELDS = new Set([
  'accounts',
  'chat',
  'gap_hours',
  'import_summary',
  'imported_at',
  'initials',
  'part_no',
  'reason',
  'role_code',
  'rows',
  'series_id',
  'source_attachment_id',
  'taken_out',
  'tz',
  'vehicles',
  'arrived',
  'translation_of',
]);

/**
 * Return the registers in words.
 * @param refs the references of the included records
 * @param mask replaces words that may not be passed on
 */
export function describeRegisters(
  opened: readonly OpenedVersion[],
  format: FieldFormat,
  refs: ReadonlyMap<string, string>,
  mask: (text: string) => string,
): Register[] {
  return REGISTER_FIELDS.flatMap(([kind, first]) =>
    historiesOf(opened, kind)
      .filter(({ record }) => refs.has(record))
      .map(({ record, newest: { fields } }) => {
        const isDescribed = kind !== 'person' || DESCRIBED_ROLES.has(textOf(fields, 'role'));
        const describedFields = describeFields(kind, fields, format, { first, without: EXCLUDED_FIELDS }).filter(
          ({ key }) => isDescribed || ANONYMOUS_FIELDS.has(key),
        );
        const cells = describedFields.map((cell) => ({ ...cell, text: mask(cell.text) }));
        return {
          ref: refs.get(record) ?? '',
          kind,
          cells,
          sortKey: timeKey(fields, kind === 'order' ? 'made_on' : 'at'),
        };
      }),
  ).filter(({ cells }) => cells.length);
}

/** Return a text that sorts as the time of a record does; '' where it has none. */
function timeKey(fields: Fields, name: string) {
  const moment = dayMomentOf(fields[name], DEFAULT_ZONE);
  return moment ? `${moment.day} ${String(moment.at ?? 0).padStart(15, '0')}` : '';
}

/**
 * Return orders, notices to stop and every reference in a line each, for the top of the page: the newest first in each
 * kind.
 * @param platformLines the references that apps and websites gave
 * @param breaches the entries in which each order is said to be broken
 */
export function referencesOf(
  registers: readonly Register[],
  platformLines: readonly string[],
  breaches: ReadonlyMap<string, string>,
): string[] {
  const referenceLine = (register: Register, keys: readonly string[]) =>
    [
      register.ref,
      ...keys
        .map((key) => register.cells.find((cell) => cell.key === key))
        .flatMap((cell) => (cell ? [LABELLED_KEYS.has(cell.key) ? `${cell.label} ${cell.text}` : cell.text] : [])),
      ...(breaches.has(register.ref) ? [wordsFor('broken', { entries: breaches.get(register.ref) ?? '' })] : []),
    ].join(', ');
  const lines = Object.entries(REFERENCE_KEYS).flatMap(([kind, keys]) =>
    registers
      .filter((register) => register.kind === kind && hasReference(register))
      .sort((a, b) => compareText(b.sortKey, a.sortKey))
      .map((register) => referenceLine(register, keys)),
  );
  return [...lines, ...platformLines];
}
const REFERENCE_KEYS: Readonly<Record<string, readonly string[]>> = {
  order: ['kind', 'court', 'case_no', 'served_on', 'expires_on'],
  notice: ['by_whom', 'at'],
  report: ['to', 'force', 'crime_ref', 'incident_ref', 'at'],
  case: ['title', 'references'],
};
const LABELLED_KEYS = new Set(['served_on', 'expires_on', 'crime_ref', 'incident_ref']);
/** Orders, notices and reports are named with or without a reference; a matter only for its references. */
const hasReference = ({ kind, cells }: Register) => kind !== 'case' || cells.some(({ key }) => key === 'references');
