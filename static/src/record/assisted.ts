/**
 * An entry that an advocate typed while the keeper spoke: docs/formats.md, section 8; twin of
 * diary/record/assisted.py. The entry holds the whole letter with its signature, so it stays provable who typed which
 * words.
 */
import { objectOf, objectsOf, booleanOf, textOf } from './reading.js';
import { localAt } from './times.js';
import { validInstant } from './record_history.js';
import type { JsonObject } from '../core/encoding.js';
import type { Fields } from './reading.js';

const TALK_LABELS = {
  call: 'a call',
  video_call: 'a video call',
  meeting: 'a meeting',
} as Record<string, string>;
const PROMPT_LABELS = {
  tell_me: 'Tell me',
  what_happened_next: 'What happened next',
  explain: 'Explain',
  describe: 'Describe',
} as Record<string, string>;
const ANSWER_LABELS = {
  yes: 'confirmed by the keeper',
  changed: 'changed by the keeper',
} as Record<string, string>;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Return what the keeper said, in order; the prompts are left out. */
export function narrativeOf(turns: readonly Fields[]) {
  return turns
    .map((turn) => textOf(turn, 'said'))
    .filter(Boolean)
    .join('\n\n');
}

/**
 * Return the open fields of the entry made from a letter.
 * @param pub the writer's key, base64
 * @param answer null until the keeper confirms
 * @param answeredAt ms
 */
export function entryOf(
  letter: JsonObject,
  pub: string,
  answer: 'yes' | 'changed' | null,
  answeredAt: number | null,
): Fields {
  const fields = objectOf(letter, 'fields');
  const turns = objectsOf(fields, 'turns');
  const hasQuestions = turns.some((turn) => textOf(turn, 'asked'));
  return {
    ...objectOf(fields, 'incident'),
    assisted: { answer, answered_at: answeredAt, letter, pub },
    help_given: hasQuestions ? 'prompted_questions' : 'typed_for_me',
    narrative: narrativeOf(turns),
  };
}

/** Return the advocate's fields of an assisted entry; empty for every other. */
export function letterOf(entry: Fields): Fields {
  return objectOf(objectOf(objectOf(entry, 'assisted'), 'letter'), 'fields');
}

/** Return the advocate's text if the keeper has changed it; '' if it is unchanged. */
export function advocateNarrative(entry: Fields) {
  const advocateText = narrativeOf(objectsOf(letterOf(entry), 'turns'));
  return advocateText === textOf(entry, 'narrative') ? '' : advocateText;
}

/** Return who typed, in what kind of talk and when, and the keeper's answer; null for the keeper's own entry. */
export function assistedMarkOf(entry: Fields) {
  const assisted = objectOf(entry, 'assisted');
  const said = letterOf(entry);
  if (!Object.keys(assisted).length) return null;
  const heldAt = said.held_at;
  const answeredAt = assisted.answered_at;
  return {
    by: textOf(said, 'by'),
    how: textOf(said, 'how'),
    held_at: typeof heldAt === 'number' ? heldAt : null,
    tz: textOf(said, 'tz') || 'Europe/London',
    read_back: booleanOf(said, 'read_back') === true,
    answer: textOf(assisted, 'answer'),
    answered_at: typeof answeredAt === 'number' ? answeredAt : null,
    under_18: booleanOf(said, 'under_18') === true,
    turns: objectsOf(said, 'turns').map((turn) => ({
      asked: textOf(turn, 'asked'),
      words: textOf(turn, 'words'),
      said: textOf(turn, 'said'),
    })),
  };
}

/**
 * Return the mark in the English of packs, exactly as diary/record/assisted.py does: a returned pack without it is
 * refused.
 * @returns '' for the keeper's own entry
 */
export function assistedMarkText(entry: Fields): string {
  const mark = assistedMarkOf(entry);
  if (!mark) return '';
  const answer = ANSWER_LABELS[mark.answer];
  return [
    `Written by ${mark.by || 'somebody else'} from ${TALK_LABELS[mark.how] ?? 'a talk'}${onDay(mark.held_at, mark.tz)}`,
    mark.read_back ? 'read back' : 'not read back',
    answer ? answer + onDay(mark.answered_at, mark.tz) : 'not yet confirmed by the keeper',
  ].join(', ');
}

/** Return each question asked, in order: an open prompt by its words, the advocate's own question as typed. */
export function promptsOf(entry: Fields): string[] {
  return objectsOf(letterOf(entry), 'turns')
    .map((turn) => PROMPT_LABELS[textOf(turn, 'asked')] ?? textOf(turn, 'words'))
    .filter(Boolean);
}

function onDay(ms: number | null, tz: string) {
  if (validInstant(ms) === null) return '';
  const [year, month, day] = localDay(Number(ms), tz).split('-').map(Number);
  return ` on ${day} ${MONTHS[Number(month) - 1]} ${year}`;
}

/** Return the day in a zone; in UTC if the zone is unknown. */
function localDay(ms: number, tz: string) {
  try {
    return localAt(ms, tz).slice(0, 10);
  } catch {
    return new Date(ms).toISOString().slice(0, 10);
  }
}

export type AssistedMark = NonNullable<ReturnType<typeof assistedMarkOf>>;
