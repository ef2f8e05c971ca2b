/**
 * An entry that an advocate typed while the keeper spoke: docs/formats.md, section 8; twin of
 * diary/record/assisted.py. The entry holds the whole letter with its signature, so it stays provable who typed which
 * words.
 */
import { objectOf, objectsOf, switchOf, textOf } from './reading.js';
import { localAt } from './times.js';
import { possible } from './record_history.js';
import type { JsonObject } from '../core/encoding.js';
import type { Fields } from './reading.js';

const TALKS = {
  call: 'a call',
  video_call: 'a video call',
  meeting: 'a meeting',
} as Record<string, string>;
const PROMPTS = {
  tell_me: 'Tell me',
  what_happened_next: 'What happened next',
  explain: 'Explain',
  describe: 'Describe',
} as Record<string, string>;
const ANSWERS = {
  yes: 'confirmed by the keeper',
  changed: 'changed by the keeper',
} as Record<string, string>;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Return what the keeper said, in order; the prompts are left out. */
export function narrativeOf(turns: readonly Fields[]) {
  return turns
    .map((one) => textOf(one, 'said'))
    .filter(Boolean)
    .join('\n\n');
}

/**
 * Return the open fields of the entry made from a letter.
 * @param pub the writer's key, base64
 * @param answer null until the keeper confirms
 * @param answeredAt ms
 */
export function entryOf(letter: JsonObject, pub: string, answer: 'yes' | 'changed' | null, at: number | null): Fields {
  const fields = objectOf(letter, 'fields');
  const turns = objectsOf(fields, 'turns');
  const asked = turns.some((one) => textOf(one, 'asked'));
  return {
    ...objectOf(fields, 'incident'),
    assisted: { answer, answered_at: at, letter, pub },
    help_given: asked ? 'prompted_questions' : 'typed_for_me',
    narrative: narrativeOf(turns),
  };
}

/** Return the advocate's fields of an assisted entry; empty for every other. */
export function letterOf(entry: Fields): Fields {
  return objectOf(objectOf(objectOf(entry, 'assisted'), 'letter'), 'fields');
}

/** Return the advocate's text if the keeper has changed it; '' if it is unchanged. */
export function asTyped(entry: Fields) {
  const typed = narrativeOf(objectsOf(letterOf(entry), 'turns'));
  return typed === textOf(entry, 'narrative') ? '' : typed;
}

/** Return who typed, in what kind of talk and when, and the keeper's answer; null for the keeper's own entry. */
export function markOf(entry: Fields) {
  const written = objectOf(entry, 'assisted');
  const said = letterOf(entry);
  if (!Object.keys(written).length) return null;
  const held = said.held_at;
  const at = written.answered_at;
  return {
    by: textOf(said, 'by'),
    how: textOf(said, 'how'),
    held_at: typeof held === 'number' ? held : null,
    tz: textOf(said, 'tz') || 'Europe/London',
    read_back: switchOf(said, 'read_back') === true,
    answer: textOf(written, 'answer'),
    answered_at: typeof at === 'number' ? at : null,
    under_18: switchOf(said, 'under_18') === true,
    turns: objectsOf(said, 'turns').map((one) => ({
      asked: textOf(one, 'asked'),
      words: textOf(one, 'words'),
      said: textOf(one, 'said'),
    })),
  };
}

/**
 * Return the mark in the English of packs, exactly as diary/record/assisted.py does: a returned pack without it is
 * refused.
 * @returns '' for the keeper's own entry
 */
export function markText(entry: Fields): string {
  const mark = markOf(entry);
  if (!mark) return '';
  const answer = ANSWERS[mark.answer];
  return [
    `Written by ${mark.by || 'somebody else'} from ${TALKS[mark.how] ?? 'a talk'}${onDay(mark.held_at, mark.tz)}`,
    mark.read_back ? 'read back' : 'not read back',
    answer ? answer + onDay(mark.answered_at, mark.tz) : 'not yet confirmed by the keeper',
  ].join(', ');
}

/** Return each question asked, in order: an open prompt by its words, the advocate's own question as typed. */
export function promptsOf(entry: Fields): string[] {
  return objectsOf(letterOf(entry), 'turns')
    .map((one) => PROMPTS[textOf(one, 'asked')] ?? textOf(one, 'words'))
    .filter(Boolean);
}

function onDay(ms: number | null, tz: string) {
  if (possible(ms) === null) return '';
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

export type Mark = NonNullable<ReturnType<typeof markOf>>;
