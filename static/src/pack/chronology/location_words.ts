/**
 * Words in the contents of a pack that may reveal where somebody is or how they are reached: restricted already, or
 * similar to an address or a number.
 */
import { findAll } from '../../record/guard.js';
import { collectTexts, normalise } from '../redaction.js';
import type { OpenedVersion, RecordHistory } from '../../record/record_history.js';
import type { Redactor } from '../redaction.js';

/** A place where words appear that may reveal where somebody is */
export type LocationWords = {
  id: string;
  why: 'apart' | 'postcode' | 'number';
  found: string;
  record: string;
  kind: string;
  answered: boolean;
  /** the newest version no longer has them; the pack prints the earlier ones too */
  isEarlier?: boolean;
};

/** The `kind` of words found in what the pack prints as "In my own words", which is in no record */
export const OWN_WORDS = 'own_words';

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

/** The reason for a change is printed below the entry, whatever kind of record was changed. */
const REASON_FIELD = 'reason';

/**
 * Return the words to review of these records, in every version that goes in: pages and proofs hold the earlier ones
 * too, so an address that the keeper amended away would otherwise be printed unasked. Each spelling is named once a
 * record.
 * @param packed every version of the pack
 */
export function findLocationWords(
  histories: readonly RecordHistory[],
  packed: readonly OpenedVersion[],
  redactor: Redactor,
  accepted: ReadonlySet<string>,
): LocationWords[] {
  const versions: Map<string, OpenedVersion[]> = new Map();
  for (const version of packed) versions.set(version.record, [...(versions.get(version.record) ?? []), version]);
  return histories.flatMap(({ record, newest }) => {
    const now = wordsOf([newest], redactor);
    const current = new Set(now.map(({ found }) => spellingOf(found)));
    const earlier = wordsOf(versions.get(record) ?? [], redactor)
      .filter(({ found }) => !current.has(spellingOf(found)))
      .map((words) => ({ ...words, isEarlier: true }));
    return rowsOf([...now, ...earlier], { record, kind: newest.kind }, accepted);
  });
}

/** Return the words to review in a text that is no record. */
export function findWordsOf(
  text: string,
  place: Pick<LocationWords, 'record' | 'kind'>,
  redactor: Redactor,
  accepted: ReadonlySet<string>,
): LocationWords[] {
  return rowsOf(findIn([text], [text], redactor), place, accepted);
}

type FoundWords = Pick<LocationWords, 'why' | 'found' | 'isEarlier'>;

function wordsOf(versions: readonly OpenedVersion[], redactor: Redactor): FoundWords[] {
  const texts = versions.flatMap(({ fields }) =>
    Object.entries(fields)
      .filter(([name]) => !name.startsWith('_'))
      .flatMap(([, value]) => collectTexts(value)),
  );
  const freeTexts = versions.flatMap(({ kind, fields }) =>
    [...(FREE_TEXT_FIELDS[kind] ?? []), REASON_FIELD].flatMap((name) => collectTexts(fields[name])),
  );
  return findIn(texts, freeTexts, redactor);
}

/**
 * @param texts searched for what is restricted already
 * @param freeTexts searched for what looks like an address or a number
 */
function findIn(texts: readonly string[], freeTexts: readonly string[], redactor: Redactor): FoundWords[] {
  const restrictedTexts = [...new Set(texts)].flatMap((text) => redactor.findRestricted(text));
  // What is printed: another spelling of a text that is restricted already may still be there.
  const noticed = [...new Set(freeTexts)].flatMap((text) => findAll(redactor.mask(text), []));
  return [
    ...restrictedTexts.map((found): FoundWords => ({ why: 'apart', found })),
    ...noticed.map((item): FoundWords => ({ why: item.kind as 'postcode' | 'number', found: item.found })),
  ];
}

/** Words are held back as they are spelled, but for their capitals and the width of their spaces. */
const spellingOf = (found: string) => found.toLowerCase().replace(/\s+/g, ' ');

/** Name each spelling once. */
function rowsOf(
  words: readonly FoundWords[],
  { record, kind }: Pick<LocationWords, 'record' | 'kind'>,
  accepted: ReadonlySet<string>,
): LocationWords[] {
  const rows: Map<string, LocationWords> = new Map();
  for (const { why, found, isEarlier } of words) {
    const id = `${record}/${spellingOf(found)}`;
    const answered = why === 'apart' || accepted.has(normalise(found));
    rows.set(id, { id, why, found, record, kind, answered, ...(isEarlier ? { isEarlier } : {}) });
  }
  return [...rows.values()];
}
