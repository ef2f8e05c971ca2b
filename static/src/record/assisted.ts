/**
 * An entry that an advocate typed while the keeper spoke: the fields it becomes. docs/formats.md, section 8; the twin
 * of diary/record/assisted.py. The letter stands in the entry whole, with its signature, so who typed which words stays
 * provable.
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

/** What was said, in order, one thing after another; prompts are no part of it. */
export function narrativeOf(turns: readonly Fields[]) {
  return turns
    .map((one) => textOf(one, 'said'))
    .filter(Boolean)
    .join('\n\n');
}

/**
 * The open fields of the entry a letter becomes.
 * @param pub the writer's key, b64
 * @param answer null while not confirmed
 * @param at ms
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

/** What the advocate wrote, of an assisted entry; empty for every other. */
export function letterOf(entry: Fields): Fields {
  return objectOf(objectOf(objectOf(entry, 'assisted'), 'letter'), 'fields');
}

/** The advocate's words where the keeper's are other ones now; '' where they are the same. */
export function asTyped(entry: Fields) {
  const typed = narrativeOf(objectsOf(letterOf(entry), 'turns'));
  return typed === textOf(entry, 'narrative') ? '' : typed;
}

/** Who typed, in what talk and when, and what the keeper said to it; null for an entry of the keeper's own. */
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
 * In the English of packs, as diary/record/assisted.py says it: a pack that came back without it is refused.
 * @returns '' for an entry of the keeper's own
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

/** Each thing that was asked, in order: an open prompt by its words, the adult's own question as typed. */
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

/** The day in a zone; by UTC where nobody knows the zone. */
function localDay(ms: number, tz: string) {
  try {
    return localAt(ms, tz).slice(0, 10);
  } catch {
    return new Date(ms).toISOString().slice(0, 10);
  }
}

export type Mark = NonNullable<ReturnType<typeof markOf>>;
