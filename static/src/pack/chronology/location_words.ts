/**
 * Words in the contents of a pack that may reveal where somebody is or how they are reached: restricted already, or
 * similar to an address or a number.
 */
import { noticeAll } from '../../record/guard.js';
import { leaves, squeeze } from '../redaction.js';
import type { Told } from '../../record/record_history.js';
import type { HeldBack } from '../redaction.js';

/** A place where words appear that may reveal where somebody is */
export type Words = {
  id: string;
  why: 'apart' | 'postcode' | 'number';
  found: string;
  record: string;
  kind: string;
  answered: boolean;
};

/** Fields of free text. An account or a number of the other person has fields of its own. */
const FREE = {
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

export function wordsOf({ record, newest }: Told, held: HeldBack, fine: ReadonlySet<string>): Words[] {
  const { kind, fields } = newest;
  const all = Object.entries(fields)
    .filter(([name]) => !name.startsWith('_'))
    .flatMap(([, value]) => leaves(value));
  const apart = all.flatMap((text) => held.found(text));
  const known = new Set(apart.map(squeeze));
  const free = (FREE[kind] ?? []).flatMap((name) => leaves(fields[name])).flatMap((text) => noticeAll(text, []));
  const looks = free.filter(
    ({ found }) => ![...known].some((one) => one.includes(squeeze(found)) || squeeze(found).includes(one)),
  );
  const row = (why: Words['why'], found: string) => {
    const id = `${record}/${squeeze(found)}`;
    return { id, why, found, record, kind, answered: why === 'apart' || fine.has(squeeze(found)) };
  };
  const rows = [
    ...apart.map((found) => row('apart', found)),
    ...looks.map((one) => row(one.kind as 'postcode' | 'number', one.found)),
  ];
  return [...new Map(rows.map((one) => [one.id, one])).values()];
}
