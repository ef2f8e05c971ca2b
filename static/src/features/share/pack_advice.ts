/** Where the pack's records give safety advice: the twin of diary/pack/documents/advice_rows.py. */
import { normalise } from '../../pack/redaction.js';
import { leadsOf } from '../../record/patterns/patterns.js';
import { textOf } from '../../record/reading.js';
import { sealedAt } from '../../record/record_history.js';
import type { RecordHistory } from '../../record/record_history.js';
import type { AdviceSource } from '../../record/safety_advice.js';
import type { Fields } from '../../diary/types.js';

/** `places`: the record and the day of each place; `names`: of each subject */
export type PackAdvice = {
  sources: AdviceSource[];
  places: Record<string, { record: string; at: number | null }>;
  names: Record<string, string>;
};

const SHEET_PLACES = ['safe_contact', 'needs', 'concerns'];
const PERSON_FIELDS = ['safe_to_approach', 'contact'];

/** Return what the sheet for the officer says of reaching the keeper. */
export function sheetAdvice(sheet: Fields): AdviceSource[] {
  return SHEET_PLACES.filter((name) => textOf(sheet, name)).map((name) => ({
    subject: '',
    place: name,
    text: textOf(sheet, name),
    answer: '',
    isWorry: name === 'concerns',
  }));
}

/** Return what the records of people say. `people`: those that go in, in order. */
export function personAdvice(people: readonly RecordHistory[]): PackAdvice {
  const subjects = subjectsOf(people);
  const advice: PackAdvice = { sources: [], places: {}, names: {} };
  for (const { record, first, newest, revisions } of people) {
    const subject = subjects.get(record) as string;
    advice.names[subject] ??= textOf(newest.restricted, 'real_name') || textOf(newest.fields, 'name');
    const stored = newest.restricted.safe_to_approach;
    const chosen = typeof stored === 'boolean' ? (stored ? 'yes' : 'no') : stored;
    const text = textOf(newest.restricted, 'contact');
    const given = { subject, isWorry: false };
    if (chosen === 'yes' || chosen === 'no')
      advice.sources.push({ ...given, place: `${record}/safe_to_approach`, text: '', answer: chosen });
    if (text) advice.sources.push({ ...given, place: `${record}/contact`, text, answer: '' });
    for (const field of PERSON_FIELDS) {
      const changed = revisions.filter(({ changes }) => changes.some((change) => change.field === field)).at(-1);
      advice.places[`${record}/${field}`] = { record, at: changed ? changed.at : sealedAt(first) };
    }
  }
  return advice;
}

/**
 * Return whom each record is about: people who were merged are one, and so are those with the same full name. A name
 * of one word is too common to tell that two records are the same person.
 */
function subjectsOf(people: readonly RecordHistory[]): Map<string, string> {
  const leads = leadsOf(people.map(({ record, newest }) => ({ record, fields: newest.fields })));
  const byRoot: Map<string, string> = new Map();
  const byName: Map<string, string> = new Map();
  return new Map(
    people.map(({ record, newest }) => {
      const root = leads.get(record) ?? record;
      const names = [textOf(newest.restricted, 'real_name'), textOf(newest.fields, 'name')]
        .filter((name) => name.trim().split(/\s+/).length > 1)
        .map(normalise);
      const known = names.map((name) => byName.get(name)).find((subject) => subject !== undefined) ?? root;
      const subject = byRoot.get(root) ?? known;
      byRoot.set(root, subject);
      for (const name of names) if (!byName.has(name)) byName.set(name, subject);
      return [record, subject];
    }),
  );
}
