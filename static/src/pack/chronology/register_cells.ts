/**
 * What the codes of a chronology stand for, on the pages a phone makes by itself: people, accounts, orders with their
 * terms, reports with their references and the rest, as far as they may be passed on. A witness, a child and a helper
 * have no name here.
 */
import { codesOf, textOf } from '../../record/reading.js';
import { tellAll } from '../../record/record_history.js';
import { fieldsInWords } from './field_words.js';
import type { Opened, Told } from '../../record/record_history.js';
import type { Saying } from './field_words.js';
import type { Cell } from './cells.js';

/** A record: its reference, its kind, and all its cells */
export type Named = { ref: string; kind: string; cells: Cell[] };

/** In the order an officer asks, each with the fields that come first. */
const KINDS: readonly (readonly [string, readonly string[]])[] = [
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
const TOLD_WHOLE = new Set(['suspect', '']);
const OF_OTHERS = new Set(['role', 'relationship', 'age_band', 'merged_into']);
/** Bookkeeping, and fields that have a table of their own. */
const WITHOUT = new Set([
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
export function registersSaid(
  opened: readonly Opened[],
  saying: Saying,
  refs: ReadonlyMap<string, string>,
  mask: (text: string) => string,
): Named[] {
  return KINDS.flatMap(([kind, first]) =>
    tellAll(opened, kind)
      .filter(({ record }) => refs.has(record))
      .map(({ record, newest: { fields } }) => {
        const whole = kind !== 'person' || TOLD_WHOLE.has(textOf(fields, 'role'));
        const said = fieldsInWords(kind, fields, saying, { first, without: WITHOUT }).filter(
          ({ key }) => whole || OF_OTHERS.has(key),
        );
        const cells = said.map((one) => ({ ...one, text: mask(one.text) }));
        return { ref: refs.get(record) ?? '', kind, cells };
      }),
  ).filter(({ cells }) => cells.length);
}

/** Return orders and references in a line each, for the top of the page. */
export function referencesOf(named: readonly Named[]): string[] {
  const said = (one: Named, keys: readonly string[]) =>
    [
      one.ref,
      ...keys
        .map((key) => one.cells.find((cell) => cell.key === key))
        .flatMap((cell) => (cell ? [DATED.has(cell.key) ? `${cell.label} ${cell.text}` : cell.text] : [])),
    ].join(', ');
  return named.flatMap((one) =>
    one.kind === 'order'
      ? [said(one, ['kind', 'court', 'case_no', 'served_on', 'expires_on'])]
      : one.kind === 'report'
        ? [said(one, ['to', 'force', 'crime_ref', 'incident_ref'])]
        : [],
  );
}
const DATED = new Set(['served_on', 'expires_on', 'crime_ref', 'incident_ref']);

/** Return the people the keeper names as doing it, with how often: the first line an officer looks for. */
export function whoDidIt(
  entries: readonly Told[],
  named: readonly Named[],
  refs: ReadonlyMap<string, string>,
): string[] {
  return named
    .filter(({ kind }) => kind === 'person')
    .flatMap(({ ref, cells }) => {
      const many = entries.filter(({ newest }) =>
        codesOf(newest.fields, 'actor_ids').some((id) => refs.get(id) === ref),
      ).length;
      return many ? [`${ref} ${cells.find(({ key }) => key === 'name')?.text ?? ''}: ${many}`] : [];
    });
}
