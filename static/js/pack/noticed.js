/** Words in what goes into a pack that may say where somebody is or how they are reached: kept apart already, or looking like an address or a number. */
import { noticeAll } from '../record/guard.js';
import { leaves, squeeze } from './held_back.js';

/** @typedef {import('../record/told.js').Told} Told */
/** @typedef {{id: string, why: 'apart'|'postcode'|'number', found: string, record: string, kind: string, answered: boolean}} Words one place where words turn up that may say where somebody is */

/** Where a person writes freely. What is an account or a number of the other person has fields of its own. */
const FREE = /** @type {Record<string, string[]>} */ ({
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
});

/** @param {Told} told @param {import('./held_back.js').HeldBack} held @param {ReadonlySet<string>} fine @returns {Words[]} */
export function wordsOf({ record, newest }, held, fine) {
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
  const row = (/** @type {Words['why']} */ why, /** @type {string} */ found) => {
    const id = `${record}/${squeeze(found)}`;
    return { id, why, found, record, kind, answered: why === 'apart' || fine.has(squeeze(found)) };
  };
  const rows = [
    ...apart.map((found) => row('apart', found)),
    ...looks.map((one) => row(/** @type {'postcode'|'number'} */ (one.kind), one.found)),
  ];
  return [...new Map(rows.map((one) => [one.id, one])).values()];
}
