/**
 * Words in the contents of a pack that may reveal where somebody is or how they are reached: restricted already, or
 * similar to an address or a number.
 */
import { findAll } from '../../record/guard.js';
import { collectTexts, normalise } from '../redaction.js';
import type { RecordHistory } from '../../record/record_history.js';
import type { Redactor } from '../redaction.js';

/** A place where words appear that may reveal where somebody is */
export type LocationWords = {
  id: string;
  why: 'apart' | 'postcode' | 'number';
  found: string;
  record: string;
  kind: string;
  answered: boolean;
};

/** Fields of free text. An account or a number of the other person has fields of its own. */
const FREE_TEXT_FIELDS = {
  incident: [
    'narrative',
    'translation',
    'exact_words',
    'feelings_then_text',
    'property_effect',
    'weapon_or_object',
    'description_actor',
    'lawful_contact_context',
    'missing_evidence',
    'told_others',
    'response_text',
    'i_contacted_them_text',
    'physical_injury_text',
    'late_reason',
    'source_record',
    'targeted_text',
    'who',
    'place_in_chronology',
  ],
  attachment: ['description', 'transcript', 'alt_text'],
} as Record<string, string[]>;

export function findLocationWords(
  { record, newest }: RecordHistory,
  redactor: Redactor,
  accepted: ReadonlySet<string>,
): LocationWords[] {
  const { kind, fields } = newest;
  const texts = Object.entries(fields)
    .filter(([name]) => !name.startsWith('_'))
    .flatMap(([, value]) => collectTexts(value));
  const restrictedTexts = texts.flatMap((text) => redactor.findRestricted(text));
  const knownTexts = new Set(restrictedTexts.map(normalise));
  const noticed = (FREE_TEXT_FIELDS[kind] ?? [])
    .flatMap((name) => collectTexts(fields[name]))
    .flatMap((text) => findAll(text, []));
  const unknownNotices = noticed.filter(
    ({ found }) => ![...knownTexts].some((item) => item.includes(normalise(found)) || normalise(found).includes(item)),
  );
  const makeRow = (why: LocationWords['why'], found: string) => {
    const id = `${record}/${normalise(found)}`;
    return { id, why, found, record, kind, answered: why === 'apart' || accepted.has(normalise(found)) };
  };
  const rows = [
    ...restrictedTexts.map((found) => makeRow('apart', found)),
    ...unknownNotices.map((item) => makeRow(item.kind as 'postcode' | 'number', item.found)),
  ];
  return [...new Map(rows.map((item) => [item.id, item])).values()];
}
