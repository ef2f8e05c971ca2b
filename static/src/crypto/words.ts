/** The words a person chooses, and the six suggested ones: docs/formats.md, section 4. */
import { KeptError } from '../core/errors.js';
import { isAssigned } from './unicode14.js';

export const SUGGESTED_WORDS = 6;
export const LEAST_CHARACTERS = 12;

// Unicode's White_Space property as a list: JavaScript's `\s` and Python's `str.isspace` each differ from it.
const SPACES = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;
const LIST_WORDS = 2048;
const FEWEST_DIFFERENT = 5;
// What people type when asked for twelve characters. Added digits and signs do not make them rarer.
const COMMON = new Set([
  'password',
  'passwordpassword',
  'passw0rd',
  'pass',
  'qwerty',
  'qwertyuiop',
  'qwertyuiopasdf',
  'asdfghjkl',
  'azerty',
  'azertyuiop',
  'qwertz',
  'zxcvbnm',
  'letmein',
  'iloveyou',
  'iloveyouforever',
  'ihateyou',
  'welcome',
  'admin',
  'administrator',
  'abcdefghijkl',
  'abcdefgh',
  'abcdef',
  'abc',
  'monkey',
  'dragon',
  'football',
  'liverpool',
  'arsenal',
  'chelsea',
  'princess',
  'sunshine',
  'superman',
  'batman',
  'charlie',
  'michael',
  'jessica',
  'trustno',
  'changeme',
  'secret',
  'diary',
  'mydiary',
  'notes',
  'notebook',
  'internet',
  'computer',
  'samsung',
  'iphone',
  'whatever',
]);

let loading: Promise<string[]> | undefined;

/** Return the 2,048 words, in order; loaded on first use. Throws `internal` when the file is damaged. */
export async function wordList(): Promise<readonly string[]> {
  loading ??= import('../../vendor/words-en.js').then((list) => list.default);
  const words = await loading;
  const isWhole = words.length === LIST_WORDS && words.every((word, i) => i === 0 || (words[i - 1] as string) < word);
  if (!isWhole) throw new KeptError('internal', 'The word list is damaged.');
  return words;
}

/** Return six random words, about 66 bits. */
export async function suggestWords(): Promise<string> {
  const words = await wordList();
  // 2,048 divides 65,536, so the remainder has no bias.
  const picks = crypto.getRandomValues(new Uint16Array(SUGGESTED_WORDS));
  return Array.from(picks, (pick) => words[pick % LIST_WORDS]).join(' ');
}

/** Return the words as they go into Argon2id: NFKC, trimmed, each run of white space as one space. */
export function fold(text: string): string {
  return text.normalize('NFKC').replace(SPACES, ' ').replace(/^ | $/g, '');
}

/**
 * Fold words that are new or must be valid. Throws `bad_request` when they cannot be used: a character that Unicode 14
 * had not assigned could fold differently on an older device.
 */
export function normalise(text: string): string {
  if (!Array.from(text).every((character) => isAssigned(character.codePointAt(0) as number))) {
    throw new KeptError('bad_request', 'One of these characters is too new for some phones. Use another.');
  }
  const folded = fold(text);
  if (Array.from(folded).length < LEAST_CHARACTERS) throw new KeptError('bad_request', 'Use at least 12 characters.');
  return folded;
}

/** Return whether words may be chosen, and if not, why: `short`, `new_character` or `common`. Sends nothing. */
export function checkWords(text: string): { ok: boolean; why: null | 'short' | 'new_character' | 'common' } {
  let folded;
  try {
    folded = normalise(text);
  } catch {
    return { ok: false, why: Array.from(fold(text)).length < LEAST_CHARACTERS ? 'short' : 'new_character' };
  }
  return isCommon(folded.toLowerCase()) ? { ok: false, why: 'common' } : { ok: true, why: null };
}

/** @param folded lower case */
function isCommon(folded: string): boolean {
  const characters = Array.from(folded);
  if (new Set(characters).size < FEWEST_DIFFERENT) return true;
  if (COMMON.has(folded.replace(/[^\p{L}]+/gu, ''))) return true;
  return isRepeated(folded) || isRun(characters);
}

/** Return whether the text is one short piece, repeated. */
function isRepeated(text: string): boolean {
  const again = (text + text).indexOf(text, 1);
  return again < text.length && again < FEWEST_DIFFERENT * 2;
}

/** Return whether each character follows, or precedes, the one before it: 123456789012 or abcdefghijkl. */
function isRun(characters: readonly string[]): boolean {
  const steps = characters.slice(1).map((character, i) => {
    const step = code(character) - code(characters[i] ?? '');
    // On a keyboard, 0 follows 9.
    return step === -9 ? 1 : step === 9 ? -1 : step;
  });
  return steps.every((step) => step === 1) || steps.every((step) => step === -1);
}

function code(character: string): number {
  return character.codePointAt(0) ?? 0;
}
