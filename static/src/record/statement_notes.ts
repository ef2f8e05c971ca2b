/**
 * One entry as notes for a statement: plain text in the order in which a statement is taken. It holds the keeper's own
 * words as they were typed, the time, and names. No sentence is made from an answer that was chosen from a list: a
 * statement must not hold words that an app put together. The labels are English, as those of a pack.
 */
import { objectOf, objectsOf, textOf } from './reading.js';
import type { Fields } from './reading.js';

/** Sign languages of Britain and Ireland: an account in one is given again to an interpreter, not read. */
const SIGNED_LANGUAGES = ['bfi', 'isg'];
const HELP_WITH_WRITING = ['typed_for_me', 'prompted_questions', 'other'];
/** Fields of words, under their labels, in the order of a statement */
const SECTIONS: readonly (readonly [label: string, fields: readonly string[]])[] = [
  ['When', ['time_source_text', 'late_reason']],
  ['Where', ['place_detail', 'place_category_text']],
  [
    'Who',
    [
      'who',
      'description_actor',
      'attribution_basis_text',
      'carried_out_by_names',
      'carried_out_by_text',
      'channel_account',
    ],
  ],
  ['Who else was there or saw it', ['witness_names', 'present_names', 'targeted_text']],
  ['What I saw and heard', ['narrative', 'behaviours_text', 'weapon_or_object', 'response_text']],
  ['What it did to me', ['feelings_then_text', 'feared_violence_text', 'physical_injury_text', 'property_effect']],
];

/**
 * Return whether an entry can be notes for a statement: it has words, and they are the keeper's own. An account that
 * was signed or spoken is in its recording; one that somebody else wrote, entered or translated is not in the keeper's
 * words.
 */
export function canBeStatementNotes(fields: Fields): boolean {
  const isByOthers = ['author_id', 'entered_by_id'].some((name) => textOf(fields, name) !== '');
  return (
    textOf(fields, 'narrative').trim() !== '' &&
    textOf(fields, 'narrative_media') === '' &&
    !SIGNED_LANGUAGES.includes(textOf(fields, 'language').toLowerCase().slice(0, 3)) &&
    textOf(fields, 'help_given') !== 'translated' &&
    !Object.keys(objectOf(fields, 'assisted')).length &&
    !isByOthers
  );
}

/** `kept`: when it was written, a line each; `words`: what was typed, one text an item */
export type StatementNotes = { title: string; kept: string[]; sections: { label: string; words: string[] }[] };

/**
 * Return the notes of an entry.
 * @param fields both parts of the entry, together
 * @param about `initials` of the keeper, '' where none are set; `when`, `written` and `changed` in words, '' for none;
 *   `people`: the names of who did it, '' for none; `entry`: the number, '' for none
 */
export function statementNotes(
  fields: Fields,
  about: { initials: string; entry: string; when: string; written: string; changed: string; people: string },
): StatementNotes {
  const given: Record<string, string> = { When: about.when, Who: about.people };
  return {
    title: `Notes, not a statement. Take ${about.initials ? `${about.initials}'s` : "the keeper's"} own account.`,
    kept: [
      about.entry,
      about.written && `First written down: ${about.written}`,
      about.changed && `Last changed: ${about.changed}`,
      HELP_WITH_WRITING.includes(textOf(fields, 'help_given')) ? 'Written with help. Ask what help.' : '',
    ].filter(Boolean),
    sections: SECTIONS.flatMap(([label, names]) => {
      const words = [given[label] ?? '', ...names.map((name) => textOf(fields, name))];
      if (label === 'Who') words.push(vehicleWords(fields));
      if (label === 'What I saw and heard') words.push(...quotes(fields));
      const said = words.map((text) => text.trim()).filter(Boolean);
      return said.length ? [{ label, words: said }] : [];
    }),
  };
}

/** Return notes as plain text. */
export function notesText({ title, kept, sections }: StatementNotes): string {
  const parts = [title, kept.join('\n'), ...sections.map(({ label, words }) => `${label}\n${words.join('\n')}`)];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

/** Return the words of a vehicle, as they were typed. */
function vehicleWords(fields: Fields): string {
  const vehicle = objectOf(fields, 'vehicle');
  return ['colour', 'make', 'model', 'reg']
    .map((name) => textOf(vehicle, name))
    .filter(Boolean)
    .join(' ');
}

/** Return what was said, word for word, each with its speaker. */
function quotes(fields: Fields): string[] {
  return objectsOf(fields, 'exact_words')
    .filter((quote) => textOf(quote, 'words'))
    .map((quote) => `${textOf(quote, 'speaker') ? `${textOf(quote, 'speaker')}: ` : ''}“${textOf(quote, 'words')}”`);
}
